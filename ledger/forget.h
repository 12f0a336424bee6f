#ifndef GONG_LEDGER_FORGET_H
#define GONG_LEDGER_FORGET_H

#include "core/date.h"
#include "core/doc.h"
#include "core/err.h"
#include "ledger/ledger.h"
#include "ledger/people.h"

#include <stdbool.h>

// What a person may ask: to see everything that is held of them, and to be forgotten.

// Everything that the site holds of a person, as one document: person, contracts with consent,
// opt-outs, what came in from the phone, messages; the ledger's decisions and payouts about the
// contracts; who looked at it. ERR_MISSING when there is no such person; a forgotten one is given
// without what was erased.
MUST_USE enum err_kind forget_dossier(struct people *people, struct ledger *ledger,
                                      const char *person, struct doc **out, struct err *err);

struct forget {
    const char *folder; // of the site
    const char *person;
    const char *who; // asks for it, as in access.h
    const char *why; // kept in people.db beside the identifier; no name, phone or account
    struct utc at;
    bool end_contracts; // those in force end today
};

// Whether forget_person would do it: the same errors, and nothing is done.
MUST_USE enum err_kind forget_check(struct people *people, struct ledger *ledger,
                                    const struct forget *forget, struct err *err);

// Removes name, phone, account, language, opt-outs, counts of messages, and what came in from the
// phone (unless somebody else has the number too), and blanks the person's lines in out/sms.jsonl
// and out/pay.jsonl in place; nothing of it is left in the bytes of people.db. The identifier, its
// contracts and the ledger stay: every proof stands. One entry "erased" in the ledger. `*kept` says
// what stays and why. ERR_REFUSED, and nothing is done, while money is owed (a payout that is
// neither paid nor rejected, a dispute that is open) or a contract is in force and end_contracts is
// not given. ERR_MISSING when there is no such person. Again for the same person it finishes what
// was broken off.
MUST_USE enum err_kind forget_person(struct people *people, struct ledger *ledger,
                                     const struct forget *forget, struct doc **kept,
                                     struct err *err);

#endif
