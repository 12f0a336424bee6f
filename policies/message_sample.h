#ifndef GONG_POLICIES_MESSAGE_SAMPLE_H
#define GONG_POLICIES_MESSAGE_SAMPLE_H

#include "core/doc.h"

#include <stddef.h>

struct phrase_book;
struct policy;

// What a policy's author sees before anybody is warned with it: the message in each language of the
// book with long but possible values (the index just past what sets it off, a place with four
// former names, the number of an official bulletin), and its size as SMS. Appends to `list` one
// object a language, of an alert with stages one a language and stage, with another for a stage
// that an alert can fall to without being told to, and of an alert one a language more for what is
// said when it is over:
//   language, stage, kept (true), over (true), text, accents {coding, units, parts} (as it is),
//   plain (accents off), lost; sent {POLICY: {coding, units, parts, said, text} or {refused}} by
//   each sms_policy of a route that takes `parts` (1 to SMS_PARTS_MAX)
// or language and missing, when it falls back to Vietnamese. parts 0: more than an SMS may have.
void message_samples(const struct policy *policy, const struct phrase_book *book, size_t parts,
                     struct doc *list);

#endif
