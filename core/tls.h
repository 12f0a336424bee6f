#ifndef GONG_CORE_TLS_H
#define GONG_CORE_TLS_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// The client's end of a TLS conversation (1.2 or newer), by OpenSSL, without a socket: encrypted
// bytes go in and come out, plain ones on our side.
struct tls;

struct tls_trust {
    const char *host;    // the name or address that the certificate must be for
    const char *ca_file; // PEM, whose certificates are believed; NULL: those of the system
};

// Begins: what must be sent first is in tls_output. ERR_MISSING or ERR_INPUT for a ca_file that
// cannot be read.
MUST_USE enum err_kind tls_begin(const struct tls_trust *trust, struct tls **out, struct err *err);
void tls_free(struct tls **tls);

// Whether the other side has shown who it is: only then is anything said (tls_put).
bool tls_is_open(const struct tls *tls);

// Encrypted bytes came; what they say is appended to `plain`. `*ended`: the other side said
// good-bye. ERR_REFUSED: it is not who it should be; ERR_LATER: the conversation broke.
MUST_USE enum err_kind tls_take(struct tls *tls, struct str bytes, struct buf *plain, bool *ended,
                                struct err *err);

// Says plain bytes, at most TLS_PUT_MAX at once: they are encrypted into tls_output.
enum { TLS_PUT_MAX = 16384 };
MUST_USE enum err_kind tls_put(struct tls *tls, struct str plain, struct err *err);

// Bytes to be sent, until the next call of anything here; tls_sent takes the first `len` away.
struct str tls_output(struct tls *tls);
void tls_sent(struct tls *tls, size_t len);

#endif
