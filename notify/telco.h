#ifndef GONG_NOTIFY_TELCO_H
#define GONG_NOTIFY_TELCO_H

#include "core/err.h"
#include "core/text.h"

struct doc;
struct note;
struct site;
struct subscriber;

// The request by which a command board has operators of mobile networks send a text to everybody in
// some communes: a form by mail, confirmed by telephone (delivery-reference 1.8).

// ERR_INPUT when a live site does not say who signs and which number confirms.
MUST_USE enum err_kind telco_ready(const struct site *site, struct err *err);

// Subject and text of the form for one operator. The text to be sent is `short`.vi of the body: at
// most 160 letters of the 7-bit alphabet, else ERR_INPUT.
MUST_USE enum err_kind telco_form(const struct site *site, const struct note *note,
                                  const struct subscriber *to, const struct doc *body,
                                  struct buf *subject, struct buf *text, struct err *err);

#endif
