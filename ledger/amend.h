#ifndef GONG_LEDGER_AMEND_H
#define GONG_LEDGER_AMEND_H

#include "core/date.h"
#include "core/doc.h"
#include "ledger/people.h"

// What is held of a person is put right, or they say what they do not want to get, at an office and
// not by SMS. The ledger learns which fields changed, never what they hold.
struct amend {
    const char *person;
    const char *name, *phone, *account, *language; // NULL: stays
    const char *opt_out;                           // "none", "service", "all"; NULL: stays
    bool drill;                                    // a drill's phones only
    const char *who, *why;
    struct utc at;
};

// Checks it and lists what would change ("account", "phone", "opt_out" ...) in `changed`. ERR_INPUT
// for what an import would refuse, or when nothing changes; ERR_REFUSED for name or account while
// money is on its way to the person (a payout that is approved and neither paid nor rejected), and
// for who was forgotten. ERR_MISSING: there is no such person.
MUST_USE enum err_kind amend_check(struct people *people, struct ledger *ledger,
                                   const struct amend *amend, struct doc *changed, struct err *err);

// Does it, in one commit with the row of the log of access.
MUST_USE enum err_kind amend_person(struct people *people, struct ledger *ledger,
                                    const struct amend *amend, struct err *err);

#endif
