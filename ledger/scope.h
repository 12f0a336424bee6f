#ifndef GONG_LEDGER_SCOPE_H
#define GONG_LEDGER_SCOPE_H

#include "core/doc.h"
#include "core/text.h"
#include "ledger/act.h"
#include "ledger/ledger.h"

// What a person's role is for: some provinces, some policies, or both; without either the whole
// site. It is named with the person and stays for good. A policy applies in the provinces that its
// proposals named (the zones of its communes, or the former provinces where these have no zone):
// all of them must be the person's. Who has a scope does nothing for the whole site but stop it
// ("hold") and replace their own key: a stop is open to everybody, and only delays.
enum {
    SCOPE_NAMES_MAX = 20,
    SCOPE_NAME_SIZE = 64,
    SCOPE_WORDS_MAX = 2 * SCOPE_NAMES_MAX * SCOPE_NAME_SIZE + 100,
};

// Puts "a, b" as provinces and as policies into the text of a role-add; NULL: all. ERR_INPUT for an
// empty name, one that is too long, or too many.
MUST_USE enum err_kind scope_word(struct act *act, const char *provinces, const char *policies,
                                  struct err *err);
// Writes what the text of a role-add says.
MUST_USE enum err_kind scope_put(struct txn *txn, const struct doc *text, struct err *err);
// Where a policy applies, as the text of a proposal says (scope_places).
MUST_USE enum err_kind scope_place(struct txn *txn, const struct doc *text, struct err *err);

// "for provinces a, b; for policies c" of a person, appended; nothing for the whole site.
MUST_USE enum err_kind scope_words(struct ledger *ledger, const char *person, struct buf *out,
                                   struct err *err);

// Before a person who has a scope signs: puts the policy that the act is about into its text, where
// that names a hold, a dispute, a decision or a payment only.
MUST_USE enum err_kind scope_note(struct ledger *ledger, struct act *act, struct err *err);

// ERR_REFUSED when the act is about a policy, or the whole site, that is not in the scope of who
// does it, or says another policy than that of what it names.
MUST_USE enum err_kind scope_check(struct ledger *ledger, const struct act *act, struct err *err);
// The same for a policy.
MUST_USE enum err_kind scope_check_policy(struct ledger *ledger, const char *person,
                                          const char *policy, struct err *err);
// The same for a payment; ERR_MISSING when there is none of this reference.
MUST_USE enum err_kind scope_check_payment(struct ledger *ledger, const char *person,
                                           const char *reference, struct err *err);

// For verification: whether the hold, dispute, decision or payment that a text names is of another
// policy than the text says; false where it names none.
MUST_USE enum err_kind scope_find_other(struct ledger *ledger, const struct doc *text,
                                        bool *is_other, struct err *err);

// Where the text of a proposal says that a policy applies: its `provinces`, sorted; "" where nobody
// can say in which a commune lies, and for a text from before that was said. The caller's to free.
struct doc *scope_places(const struct doc *text);
// Whether a list of names has this one.
bool scope_has(const struct doc *names, const char *name);

// Pure, for verification: the policy that the text of an act is about; "" for the whole site.
const char *scope_policy(const struct doc *text);
// Whether an act is open to everybody who has the role, whatever the scope.
bool scope_is_open(const char *act);

#endif
