#ifndef GONG_LEDGER_ACT_H
#define GONG_LEDGER_ACT_H

#include "core/date.h"
#include "core/doc.h"
#include "core/err.h"
#include "core/sign.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// An act is what a person does that others must be able to hold against them: approve payouts, sign
// a policy, stop everything. Its text is canonical JSON that the person signs (Ed25519): the act,
// the role, who, which log it is for, `after` (the number of the person's entry before this one,
// so that no signature is good twice) and what it is about. The entry is that text with the
// signature beside it; `jq -cS 'del(.at,.kind,.seq,.signature)'` gives the signed bytes back.
enum role { ROLE_OFFICER, ROLE_APPROVER, ROLE_INSURER, ROLE_AUDITOR, ROLE_OPERATOR };
enum { ROLES = ROLE_OPERATOR + 1, ACT_PERSON_SIZE = 48 };
const char *role_name(enum role role); // "officer" ...
// ERR_INPUT names the ones there are.
MUST_USE enum err_kind role_parse(const char *name, enum role *out, struct err *err);

// Which role may do which act, declared once; every verb asks this table. Ends with name NULL.
struct act_rule {
    const char *name;  // "pay-approve"
    const char *entry; // kind of its ledger entry; "": it has none of its own
    unsigned roles;    // bit 1 << role: may do it
    const char *help;  // one line, what it is
};
extern const struct act_rule act_rules[];
const struct act_rule *act_rule_of(const char *name); // NULL when there is none
bool act_allows(const struct act_rule *rule, enum role role);

// The one person of a drill site where nobody has a role yet: acts without a key, and unsigned. It
// is gone with the first `gong role add`; a live site never has it.
extern const char act_drill_person[]; // "drill"

// An act in the making.
struct act {
    const struct act_rule *rule;
    char by[ACT_PERSON_SIZE];
    enum role role;
    bool drill;       // by act_drill_person: nothing is signed
    struct doc *text; // owned; the verb adds what it is about, then it is signed
    struct sign_public key;
    bool is_signed;
    struct signature signature;
};
void act_free(struct act *act);

// Begins an act. `by` NULL or "": the drill's person, if the site has it. ERR_REFUSED when the
// person has no role (yet, or any more), or one that may not do this: asked before anything else.
MUST_USE enum err_kind act_begin(struct ledger *ledger, bool drill, const char *name,
                                 const char *by, struct act *out, struct err *err);

// The first person of a ledger founds it: `gong role add` by and for themselves, as operator.
MUST_USE enum err_kind act_found(struct ledger *ledger, bool drill, const char *by,
                                 const struct sign_public *key, struct act *out, struct err *err);

void act_text(const struct act *act, struct buf *out); // the bytes to be signed
// ERR_REFUSED when the key is not that of the person.
MUST_USE enum err_kind act_sign(struct act *act, const struct sign_secret *secret, struct err *err);
void act_put_signature(struct act *act, const struct signature *signature);

// Says what the act is about, in a form by which it is found again: "role/officer-1". Once, before
// it is signed.
void act_about(struct act *act, const char *format, ...) PRINTF(2, 3);
const char *act_subject(const struct act *act);

// Appends the act's entry and its row. Everything is asked again within the transaction: the role,
// `after`, and that the signature holds over the text; ERR_REFUSED when not.
MUST_USE enum err_kind act_put(struct txn *txn, const struct act *act, struct utc at, int64_t *seq,
                               struct err *err);

// ERR_REFUSED when the person did `name` (NULL: anything) on the act's subject before: nobody
// approves their own act.
MUST_USE enum err_kind act_not_own(struct ledger *ledger, const struct act *act, const char *name,
                                   struct err *err);

// The name of the ledger's log; "" when it has no log key.
MUST_USE enum err_kind act_log(struct ledger *ledger, char *out, size_t size, struct err *err);

#endif
