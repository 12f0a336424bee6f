#ifndef GONG_LEDGER_ROLE_H
#define GONG_LEDGER_ROLE_H

#include "core/date.h"
#include "core/err.h"
#include "core/sign.h"
#include "ledger/act.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Who may do something at a site: pseudonymous persons, each with one role and one Ed25519 key
// whose public half is an entry. While nothing but roles was ever acted on (the founding), a person
// whom the operator names is in at once; afterwards somebody else must confirm it (role-confirm). A
// retired person does nothing more, and neither name nor key is used again, an old key neither.
struct role_row {
    char person[ACT_PERSON_SIZE];
    enum role role;
    struct sign_public key;
    int64_t seq;     // the entry that named the person
    int64_t since;   // the entry from which on it counts; 0: waits to be confirmed
    int64_t retired; // the entry that ended it; 0: none
    int64_t last;    // the person's newest act, or `seq`
};
struct role_rows {
    struct role_row *at;
    size_t count;
};
void role_rows_free(struct role_rows *rows);

// By person.
MUST_USE enum err_kind role_list(struct ledger *ledger, struct role_rows *out, struct err *err);
// Whether anybody ever had a role.
MUST_USE enum err_kind role_any(struct ledger *ledger, bool *any, struct err *err);
// ERR_REFUSED when nobody of that name has or had a role.
MUST_USE enum err_kind role_find(struct ledger *ledger, const char *person, struct role_row *out,
                                 struct err *err);
// ERR_REFUSED when the role does not count: not yet confirmed, or retired.
MUST_USE enum err_kind role_check(const struct role_row *row, struct err *err);
// ERR_INPUT: letters, digits and "-", not a number, at most 40.
MUST_USE enum err_kind role_check_name(const char *person, struct err *err);

// Words the text of the act and writes it, once it is signed. `*in` is whether the person counts
// already.
void role_word_add(struct act *act, const char *person, enum role role,
                   const struct sign_public *key);
MUST_USE enum err_kind role_add(struct ledger *ledger, const struct act *act, struct utc at,
                                bool *in, struct err *err);
void role_word_person(struct act *act, const char *person);
// The key that is confirmed stands in the text. ERR_REFUSED for who named the person or asked for
// the key last, for the person, and when the person has another key by now.
void role_word_confirm(struct act *act, const struct role_row *row);
MUST_USE enum err_kind role_confirm(struct ledger *ledger, const struct act *act, struct utc at,
                                    struct err *err);
// Another key for a person, who signs with the one that the table has (act "role-key"), or for whom
// an operator asks because it is lost ("role-key-for"): then the person waits to be confirmed, as
// one who is new. What the old key signed before stays good; from this entry on it signs nothing.
void role_word_key(struct act *act, const struct role_row *row, const struct sign_public *key);
// `*in` is whether the person counts at once. ERR_LATER when the key was replaced meanwhile.
MUST_USE enum err_kind role_key(struct ledger *ledger, const struct act *act, struct utc at,
                                bool *in, struct err *err);
MUST_USE enum err_kind role_retire(struct ledger *ledger, const struct act *act, struct utc at,
                                   struct err *err);

#endif
