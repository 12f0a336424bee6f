#ifndef GONG_POLICIES_MESSAGE_SAMPLE_H
#define GONG_POLICIES_MESSAGE_SAMPLE_H

#include "core/doc.h"

struct phrase_book;
struct policy;

// What a policy's author sees before anybody is warned with it: the message in each language of the
// book with long but possible values, and its size as SMS. Appends to `list` one object a language,
// of an alert with stages one a language and stage: language, stage, text, accents {coding, units,
// parts} (as it is) and plain (accents off); or language and missing, when it falls back to
// Vietnamese. parts 0: more than an SMS may have.
void message_samples(const struct policy *policy, const struct phrase_book *book, struct doc *list);

#endif
