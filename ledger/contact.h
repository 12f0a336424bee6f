#ifndef GONG_LEDGER_CONTACT_H
#define GONG_LEDGER_CONTACT_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"
#include "ledger/people.h"

#include <stdbool.h>
#include <stddef.h>

// What people asked of gong and answered: opt-outs, what came in from their phones, how often they
// were written to. In people.db, because it can be forgotten with them.

// What a message is. They are never mixed in one text.
enum contact_class {
    CONTACT_WARNING,     // danger: goes at any hour
    CONTACT_SERVICE,     // a payout ordered, a question back, an answer asked for
    CONTACT_ADVERTISING, // anything that sells; gong has none of its own
};
enum { CONTACT_CLASSES = CONTACT_ADVERTISING + 1 };
extern const char *const contact_class_names[]; // "warning", "service", "advertising", NULL

// Opts out of a class (or in again), with the words by which it was asked for; the last one counts.
MUST_USE enum err_kind contact_opt(struct people *people, const char *person,
                                   enum contact_class class, bool out, struct utc at,
                                   const char *words, struct err *err);
MUST_USE enum err_kind contact_is_out(struct people *people, const char *person,
                                      enum contact_class class, bool *out, struct err *err);

// Notes that a message that is no warning went to a person; how many did since a time.
MUST_USE enum err_kind contact_note_sent(struct people *people, const char *person, struct utc at,
                                         struct err *err);
MUST_USE enum err_kind contact_sent_since(struct people *people, const char *person,
                                          struct utc since, int64_t *count, struct err *err);

// Who has a number (E.164 digits), sorted by id; a phone may be shared in a household. `*count` may
// be over `max`: then only the first are given.
MUST_USE enum err_kind contact_of_phone(struct people *people, const char *phone,
                                        struct person *out, size_t max, size_t *count,
                                        struct err *err);

// A message that came in, kept before the carrier is told so. `*fresh` is false when this carrier's
// id was there and is done (contact_inbound_done). How many came from a number since a time, this
// one included; parts of longer texts are not counted, what they are joined to is.
struct contact_inbound {
    const char *carrier, *id, *phone, *to, *text; // id: the carrier's, or of ours
    struct utc at;
};
MUST_USE enum err_kind contact_inbound_put(struct people *people,
                                           const struct contact_inbound *inbound, bool *fresh,
                                           struct err *err);
MUST_USE enum err_kind contact_inbound_since(struct people *people, const char *phone,
                                             struct utc since, int64_t *count, struct err *err);

// What was understood of an inbound message and done about it, for those who look.
MUST_USE enum err_kind contact_inbound_done(struct people *people, const char *carrier,
                                            const char *id, const char *understood,
                                            struct err *err);

// A part of a longer text that came in, until all of it is there: kept among the inbound messages,
// so that who asks for their data or is forgotten has these too.
struct contact_part {
    const char *carrier, *phone, *to, *text; // no '/' in `to`
    int64_t reference, total, number;        // of the text; parts in all, 1..255; which one, from 1
    struct utc at;
};
// The same part again changes nothing: not within a day after it was joined, either. With other
// words than what was joined it is of a new text.
MUST_USE enum err_kind contact_part_put(struct people *people, const struct contact_part *part,
                                        struct err *err);

// The parts of one text. `text`: those that are there, in their order; appended to.
struct contact_parts {
    char carrier[16], phone[20], to[24];
    int64_t reference, total, there;
    struct utc first; // when the first of them came
    struct buf text;
};
void contact_parts_free(struct contact_parts *parts); // serves as cleanup attribute
// Of the text that a part belongs to, without those that were joined. ERR_MISSING when none is
// there.
MUST_USE enum err_kind contact_parts_get(struct people *people, const struct contact_part *part,
                                         struct contact_parts *out, struct err *err);
// Of any text whose last part came before a time. ERR_MISSING when there is none.
MUST_USE enum err_kind contact_parts_stale(struct people *people, struct utc before,
                                           struct contact_parts *out, struct err *err);
// They were taken as one message: joined. Forgets what was joined more than a day before they came.
MUST_USE enum err_kind contact_parts_done(struct people *people, const struct contact_parts *parts,
                                          struct err *err);

#endif
