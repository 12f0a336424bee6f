#ifndef GONG_CORE_BUS_KEY_H
#define GONG_CORE_BUS_KEY_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Keys of the bus (CURVE: Curve25519), as 40 characters of Z85.
enum { BUS_KEY_LEN = 40, BUS_RAW_KEY_LEN = 32, BUS_ROLE_MAX = 16, BUS_NAME_MAX = 48 };

// What one end holds, in a file of its own (0600), a line each: "public Z85", "secret Z85", and for
// a worker "server Z85", the dispatcher's public key, by which it knows that it is the right one.
struct bus_key {
    char public_key[BUS_KEY_LEN + 1], secret_key[BUS_KEY_LEN + 1], server_key[BUS_KEY_LEN + 1];
};

// ERR_MISSING when it is not there, ERR_REFUSED when others may read it, ERR_INPUT when a key is
// missing or none. `is_server`: no server line is wanted.
MUST_USE enum err_kind bus_key_load(const char *path, bool is_server, struct bus_key *out,
                                    struct err *err);
void bus_key_print(const struct bus_key *key, struct buf *out);

// Who may come in: a file with a line "ROLE NAME Z85" for each worker; the role is the channel it
// may work for. "#" begins a comment. A file that is not there, that others may write, or that has
// one wrong line lets nobody in.
struct bus_allowed {
    char role[BUS_ROLE_MAX], name[BUS_NAME_MAX], key[BUS_KEY_LEN + 1];
};
struct bus_allow {
    struct bus_allowed *at;
    size_t count;
};
enum { BUS_ALLOWED_MAX = 1000 };
void bus_allow_free(struct bus_allow *allow);
MUST_USE enum err_kind bus_allow_load(const char *path, struct bus_allow *out, struct err *err);
void bus_allow_print(const struct bus_allow *allow, struct buf *out);

// Whether a text is 40 characters of Z85; whether a role or name is 1 to `max` - 1 letters, digits,
// "-" and "_".
bool bus_key_is_good(struct str text);
bool bus_name_is_good(struct str text, size_t max);

#endif
