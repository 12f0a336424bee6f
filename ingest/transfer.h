#ifndef GONG_INGEST_TRANSFER_H
#define GONG_INGEST_TRANSFER_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Files brought over file, http, https, ftp and ftps, many side by side on one thread (libcurl's
// multi interface). TLS certificates and names are verified; at most five redirects, and only to
// http and https. What is kept of a body, and what is tried again, is the caller's: ingest/pull.h.

// What a server said of a body, before its first byte.
struct transfer_answer {
    long status;                       // 200, 206, 304, 404 ...; 0 for file and ftp
    int64_t length;                    // of the whole file, -1 when it was not said
    int64_t first;                     // where the body begins in it: not 0 only for a resumed one
    int64_t modified_s;                // seconds since 1970 UTC, -1 when it was not said
    int64_t retry_after_s;             // -1 when it was not said
    char etag[256], last_modified[64]; // as sent; "" when not, or longer
    char type[128];                    // Content-Type
    char digest[160];                  // Repr-Digest or Digest, as sent
    char md5[64];                      // Content-MD5, as sent
    char url[2048];                    // that answered, after redirects
    char address[64];                  // its IP address
    struct buf headers;                // lines as sent, of the last answer; owned, at most 16 KiB
};
void transfer_answer_free(struct transfer_answer *answer);

// One transfer. All pointers are borrowed until it has ended.
struct transfer_ask {
    const char *url;          // file, http, https, ftp or ftps
    int64_t timeout_s;        // of the whole transfer
    int64_t resume_from;      // ask for what comes after so many bytes; 0: the whole file
    const struct piece *part; // only these bytes of it, for a file that is had in pieces; NULL: all
    int64_t bytes_max;        // of the body
    const char *const *header; // NULL-ended lines to send; may be NULL
    const char *login;         // netrc file; only over https, ftp and ftps; NULL: none
    const char *cookies;       // file of cookies, read and written; NULL: none
    const char *ca_file;       // certificates to trust; NULL: the system's
    bool alone;                // over a connection of its own
    bool stays;                // a redirect is not followed, and is ERR_REFUSED
    // Called once, before the first byte of a body that is wanted (200, 206, a file): false ends
    // it.
    bool (*begin)(void *self, const struct transfer_answer *answer);
    bool (*take)(void *self, const void *bytes, size_t len); // false ends it
    void *self;
};

// Transfers that run side by side on one thread.
struct transfers;
struct transfers *transfers_new(void);
void transfers_free(struct transfers **pool); // ends what still runs

// Starts one; what it needs is kept until it is done.
MUST_USE enum err_kind transfers_add(struct transfers *pool, const struct transfer_ask *ask,
                                     struct err *err);

struct transfer_done {
    void *self; // as asked
    // OK: the body came whole, or the answer was 304.
    //   ERR_MISSING  404, 410, or no such file: it may come later
    //   ERR_LATER    no connection, timeout, 408, 416, 425, 429, 5xx, a transfer that broke off
    //   ERR_REFUSED  another 4xx, a certificate that is not trusted, too many redirects
    //   ERR_INPUT    larger than bytes_max, an address that is none of these
    enum err_kind kind;
    struct err err;                // its sentence
    struct transfer_answer answer; // owned: transfer_answer_free
};
// Waits until one has ended, at most wait_ms; false when none has. True: `*out` is its end.
bool transfers_next(struct transfers *pool, int64_t wait_ms, struct transfer_done *out);

#endif
