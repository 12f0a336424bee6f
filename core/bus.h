#ifndef GONG_CORE_BUS_H
#define GONG_CORE_BUS_H

#include "core/bus_key.h"
#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Messages of a few frames between the processes of one site, by ZeroMQ over a Unix socket in a
// folder that only the site's user may enter, and, where that is wanted, over TCP with CURVE. The
// bus may lose anything: what counts is in the ledger. One bus is used by one thread.
//
// A connection has a name that the serving end makes, and no other: nobody can take another's and
// be sent what is meant for it. Who speaks on it is said by its key (role and key), and beyond that
// by what is said. A connection that broke comes back as another.
struct bus;

enum {
    BUS_FRAMES_MAX = 4,
    BUS_BYTES_MAX = 1 << 20,
    BUS_PEER_MAX = 64,
    BUS_PATH_MAX = 107,
    BUS_WATCHED_MAX = 16
};

// The end that tells its connections apart (ROUTER, binds). ERR_INPUT when the path is too long for
// a Unix socket, ERR_REFUSED when others than the owner may enter its folder, ERR_LATER when it
// cannot be bound.
MUST_USE enum err_kind bus_serve(const char *path, struct bus **out, struct err *err);

// Serves on TCP as well ("tcp://127.0.0.1:5570"; port 0 or "*": a free one). Encrypted; `key` is
// the server's, and only who has a key of the allow-list at `allow_path` gets in, under its role
// and name there (bus_message). The list is read anew when the file changes; without a good list
// nobody gets in, and who is in and is not on a good list any more is_revoked. A connection that
// has not said who it is after 5 s is closed; a frame over BUS_BYTES_MAX (as it travels, encrypted)
// closes its connection.
// ERR_INPUT for an address that is none, ERR_LATER when it cannot be bound.
MUST_USE enum err_kind bus_serve_tcp(struct bus *bus, const char *address,
                                     const struct bus_key *key, const char *allow_path,
                                     struct err *err);
// Where bus_serve_tcp serves: "tcp://127.0.0.1:5570".
void bus_tcp_address(const struct bus *bus, char *out, size_t size);

// A new key pair; `server_key` stays empty.
void bus_key_make(struct bus_key *out);

// The other end by TCP; `key` is its own, with the server's public key in it. A server with another
// key is not spoken to.
MUST_USE enum err_kind bus_join_tcp(const char *address, const struct bus_key *key,
                                    struct bus **out, struct err *err);

// The other end (DEALER, connects and connects again).
MUST_USE enum err_kind bus_join(const char *path, struct bus **out, struct err *err);
void bus_close(struct bus **bus);

struct bus_message {
    char peer[BUS_PEER_MAX]; // the connection it came by, at the serving end ("#1a2b3c4d"); else ""
    bool is_named;           // the other end chose the connection's name, which `peer` is now: it
                             // is to be sent nothing but why it is refused
    bool is_revoked;         // its key is on the list no more: nothing it says counts
    char role[BUS_ROLE_MAX]; // what its key is for; "" for one that came by the Unix socket
    char key[BUS_NAME_MAX];  // whose key it is; "" for one that came by the Unix socket
    char public_key[BUS_KEY_LEN + 1]; // the key; "" for one that came by the Unix socket
    size_t count;
    char *frame[BUS_FRAMES_MAX]; // [len] with a NUL added; heap
    size_t len[BUS_FRAMES_MAX];
};
void bus_message_free(struct bus_message *message);                // serves as cleanup attribute
struct str bus_frame(const struct bus_message *message, size_t i); // {"", 0} when not there

// Whether one that came in by TCP with this key, as this name and for this role, is on a good list
// no more: what is_revoked says, before anything is sent to one that says nothing.
bool bus_is_revoked(struct bus *bus, const char *role, const char *name, const char *public_key);

// A descriptor that ends a wait early when it can be read; at most BUS_WATCHED_MAX, set anew by
// bus_watch(bus, fds, count).
void bus_watch(struct bus *bus, const int *fd, size_t count);

// Waits up to timeout_ms for a message; `*got` is false when none came, or a signal did, or a
// watched descriptor can be read. A message with too many frames, or by a connection with an odd
// name, is dropped.
MUST_USE enum err_kind bus_receive(struct bus *bus, int64_t timeout_ms, struct bus_message *out,
                                   bool *got, struct err *err);

// Sends frames, by the connection `peer` from the serving end (NULL from the other). Never waits:
// ERR_MISSING when the connection is gone, ERR_LATER when its queue is full; nothing was sent then.
MUST_USE enum err_kind bus_send(struct bus *bus, const char *peer, const struct str *frame,
                                size_t count, struct err *err);

#endif
