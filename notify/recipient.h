#ifndef GONG_NOTIFY_RECIPIENT_H
#define GONG_NOTIFY_RECIPIENT_H

#include "core/doc.h"
#include "core/err.h"
#include "ledger/people.h"

// A text of a message body ("text", "short", "title") in the person's language; else in Vietnamese,
// else in English, else NULL. `*language` becomes the one that was found. Borrowed from `body`.
const char *recipient_text(const struct doc *body, const char *member, const char *wanted,
                           const char **language);

// Who a message goes to, looked up when it is sent: people can be forgotten. ERR_REFUSED when the
// register does not have them any more, ERR_LATER or ERR_BROKEN when it cannot be asked.
MUST_USE enum err_kind recipient_find(struct people *people, const char *person, struct person *out,
                                      struct err *err);

#endif
