#ifndef GONG_CORE_MAIL_H
#define GONG_CORE_MAIL_H

#include "core/err.h"
#include "core/text.h"

#include <stdint.h>

// One message to one recipient by SMTP (libcurl): so that a refusal of one does not hide the rest.
struct mail {
    const char *url;             // smtp://host:port or smtps://host
    const char *user, *password; // "" for none
    const char *authority;       // file of certificates to trust instead of the system's; or ""
    const char *from, *to;       // addresses without names
    struct str message;          // whole, with its headers, lines ended by CR LF
    int64_t timeout_ms;
};

// ERR_LATER: 4xx, or no connection; ERR_REFUSED: 5xx. `*code` is the server's last answer, 0 when
// there was none, or none that counts: TLS that could not be had, a certificate that is not
// trusted. A password goes over TLS only, and so does all of a letter then. A connection that broke
// after the message was sent is ERR_LATER: it may come twice, with the same Message-ID.
MUST_USE enum err_kind mail_send(const struct mail *mail, long *code, struct err *err);

// Connects and authenticates, sends nothing (message, from and to are not looked at). Errors as
// above.
MUST_USE enum err_kind mail_try(const struct mail *mail, long *code, struct err *err);

// A whole message: UTF-8 subject and body, base 64, sent by a program. `id` is the left side of the
// Message-ID, the same for every try. `out` is appended to.
struct letter {
    const char *from, *to, *subject, *body, *id, *date; // date as RFC 5322 writes it
};
void mail_write(const struct letter *letter, struct buf *out);

#endif
