#ifndef GONG_CORE_LISTEN_H
#define GONG_CORE_LISTEN_H

#include "core/err.h"
#include "core/text.h"

#include <stdint.h>

// A small HTTP server for what other programs call back: delivery reports, inbound messages,
// payment callbacks (libmicrohttpd, one thread, the caller's loop). A handler stores first and
// answers fast; what it answers is what the other side believes.
struct listener;
struct listen_request;

enum { LISTEN_LATER = 0 }; // a status: listener_answer will say it

struct listen_reply {
    unsigned status;  // 200 unless the handler says otherwise
    const char *type; // "text/plain; charset=utf-8" unless the handler says otherwise
    struct buf body;  // the handler writes; at most 64 KiB
};

struct listen_settings {
    const char *address;  // "127.0.0.1", or another address of this machine
    uint16_t port;        // 0: a free one
    size_t body_max;      // a larger request gets 413 and no handler
    unsigned connections; // at most, all of one peer if need be; 0: 64, 16 of one peer
    void (*handle)(void *self, struct listen_request *request, struct listen_reply *reply);
    void *self;
};

// ERR_LATER when the port is taken, ERR_INPUT when the address is none.
// Each connection is idle for at most 10 s.
MUST_USE enum err_kind listener_open(const struct listen_settings *settings, struct listener **out,
                                     struct err *err);
// What comes while it closes is answered 503 and no handler is asked.
void listener_close(struct listener **listener);
uint16_t listener_port(const struct listener *listener);

// Serves what came, waiting up to timeout_ms for something to come.
void listener_step(struct listener *listener, int64_t timeout_ms);

// Answers a request that the handler left for later; it must not be named any more. A later
// listener_step sends it. What is left when the listener closes is answered 503.
void listener_answer(struct listener *listener, struct listen_request *request, unsigned status);

// Readable when listener_step has something to do: for a loop that waits for other things too.
int listener_descriptor(const struct listener *listener);

// What the handler is asked; borrowed, good until it returns. Names are found without case.
const char *listen_method(const struct listen_request *request); // "GET", "POST", ...
const char *listen_path(const struct listen_request *request);   // "/dlr", without the query
struct str listen_body(const struct listen_request *request);    // at is never NULL
// Not there: at is NULL. A value is the bytes that %XX mean: it may hold NUL and be no UTF-8.
struct str listen_query(const struct listen_request *request, const char *name);
struct str listen_header(const struct listen_request *request, const char *name);

#endif
