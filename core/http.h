#ifndef GONG_CORE_HTTP_H
#define GONG_CORE_HTTP_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Fetches one file://, http:// or https:// address whole into `out` (appended), whose maximum is
// the limit. On failure `out` is as it was: no part is ever seen.
//
// TLS certificates and names are verified; at most five redirects, and only to http and https; no
// netrc, no cookies, no proxy but the environment's.
//
//   ERR_MISSING  404, 410, or no such file: it may come later
//   ERR_LATER    no connection, timeout, 408, 425, 429, 5xx, a transfer that broke off
//   ERR_REFUSED  another 4xx, a certificate that is not trusted
//   ERR_INPUT    larger than the limit, an address that is none of the three, an answer that is no
//   HTTP
MUST_USE enum err_kind http_get(const char *url, int64_t timeout_s, struct buf *out,
                                struct err *err);

// The same of an address that somebody else chose, each redirect with it.
struct http_reach {
    bool outside; // may lead to no address within (http_is_within): ERR_REFUSED. A proxy of the
                  // environment's counts by its own address
    bool within;  // set when an address within was asked; never cleared
};
MUST_USE enum err_kind http_get_within(const char *url, int64_t timeout_s, struct http_reach *reach,
                                       struct buf *out, struct err *err);

// Whether an address is of this machine or its network, or of none: not one of the world's.
struct sockaddr;
bool http_is_within(const struct sockaddr *address);

// One question to another program, and what it answered.
struct http_request {
    const char *method, *url;   // "GET", "POST", ...; http:// or https:// only
    const char *const *headers; // "Name: value", NULL-ended; NULL for none
    struct str body;            // sent as it is; at NULL: no body
    int64_t timeout_ms;         // for the whole of it
    bool once;                  // money: its own connection, so that libcurl never sends it twice
    bool by_proxy; // http_proxy and its like are obeyed: not for what may have its effect once only
    const char *resolve;   // "host:port:address" pins the name to an address; NULL: asked for
    const char *authority; // file of certificates to trust instead of the system's; or NULL
};

enum { HTTP_TYPE_MAX = 64 };

struct http_reply {
    struct buf body; // made by the caller with its maximum; cleared first
    long status;     // 0: no whole answer came
    // False is the proof that no byte of the request left this machine. True without an answer
    // means: whether it was done is not known.
    bool sent;
    char type[HTTP_TYPE_MAX]; // Content-Type; "" when none
    int64_t retry_after_s;    // as the answer says; -1: it does not (or as a date)
};

// A client that keeps its connections between exchanges; one thread.
struct http;
struct http *http_new(void);
void http_close(struct http **http);

// Asks once: no redirect is followed, no cookie kept, nothing tried again by us (by libcurl on a
// kept connection that broke, unless it is `once`). It goes straight to the address, or to what
// `resolve` pins it to, unless it is `by_proxy`: a proxy is one more that can send it twice, or
// answer for the other side. OK when a whole answer came, whatever its status. Else reply->sent
// says whether the effect is unknown:
//   ERR_LATER    no connection, timeout, an answer that broke off
//   ERR_REFUSED  a certificate that is not trusted
//   ERR_INPUT    an address that is none, an answer over the maximum or that is no HTTP
// The words name scheme, host and port, never path or query (they may hold numbers or secrets).
MUST_USE enum err_kind http_exchange(struct http *http, const struct http_request *request,
                                     struct http_reply *reply, struct err *err);

enum { HTTP_AT_ONCE_MAX = 64 }; // exchanges on their way on one client

// The same for many at once, at most `parallel` at a time; `kind` and `why` of each are its own.
struct http_job {
    struct http_request request;
    struct http_reply reply;
    enum err_kind kind;
    struct err why;
};
void http_exchange_many(struct http *http, struct http_job *job, size_t count, size_t parallel);

// The same one by one: starts an exchange (`job` stays where it is until it is returned below)...
void http_start(struct http *http, struct http_job *job);
// ...and returns one that ended, with kind, why and reply set, waiting up to wait_ms; NULL: none
// yet. It is in the wait that they move on: with 0 only what has ended already is returned. Closing
// the client gives up what is on its way.
struct http_job *http_finished(struct http *http, int64_t wait_ms);

// Appends text with everything but letters, digits and -._~ as %XX.
void http_escape(struct buf *out, struct str text);

// Appends "name=value" (escaped), after "&" unless `out` is empty or ends with "?".
void http_field(struct buf *out, const char *name, struct str value);

// "file://" and the path with what is special in addresses written as %XX; heap, mem_free.
char *http_file_url(const char *absolute_path);

#endif
