#ifndef GONG_CORE_SMS_FIT_H
#define GONG_CORE_SMS_FIT_H

#include "core/err.h"
#include "core/sms.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// What a message may say where a route has no room for all of it, or not the letters.
enum { SMS_OPTIONAL_MAX = 2 };
struct sms_texts {
    const char *whole;                      // NULL: none
    const char *optional[SMS_OPTIONAL_MAX]; // parts of it that may go, the first first; NULL: none
    const char *brief;                      // the short text; NULL: none
};

enum sms_said { SMS_SAID_WHOLE, SMS_SAID_LESS, SMS_SAID_BRIEF };
extern const char *const sms_said_names[]; // "", "without what may be left out", "the short text"

struct sms_fitted {
    struct sms_size size;
    enum sms_said said;
    bool plain;  // accents are off, though the route wants them kept
    size_t lost; // letters that have no form in the 7-bit alphabet, and were left out
};

// The most of a message that the route takes. In this order: the whole text, without its first
// optional part, without both, as the policy says; the same with accents off (a letter without such
// a form is left out); then the short text, as the policy says, then with accents off. With
// ascii160 the short text is the first. Content goes before accents: the short text has none, so as
// UTF-16 it says less and keeps nothing. ERR_INPUT, with why the first was refused, only when none
// of them fits.
MUST_USE enum err_kind sms_fit(const struct sms_texts *texts, const struct sms_limits *limits,
                               struct buf *out, struct sms_fitted *fitted, struct err *err);

// As much of a text as goes into one SMS without accents: as many whole words as fit, with "..."
// where some are left out. For what has no short text of its own. Appended to `out`, with accents.
void sms_shorten(struct str text, struct buf *out);

#endif
