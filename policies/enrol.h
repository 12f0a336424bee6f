#ifndef GONG_POLICIES_ENROL_H
#define GONG_POLICIES_ENROL_H

#include "core/err.h"

struct contract;

// Whether a contract may be taken: by the policies that a site decides by. Those are the files of
// its folder policies/ at a drill, and what people signed at a live site (policies/in_force.h).
struct commune;
struct enrol;
struct ledger;

// Reads every *.yaml of the folder; ERR_MISSING when there is no folder. A file that cannot be read
// as a policy is remembered with its reason, for contracts that ask for it.
MUST_USE enum err_kind enrol_load(const char *folder, struct enrol **out, struct err *err);
// The texts in force in the ledger of a live site. Their cases are not run here: where a signed
// text's cases fail with this build, gong-trigger goes on by the version before (and says so as
// left out in gong status), while contracts are still held against the newer text as it was signed.
// Why a file of the folder does not count is remembered, for contracts that ask for that policy.
MUST_USE enum err_kind enrol_load_signed(struct ledger *ledger, const char *folder,
                                         struct enrol **out, struct err *err);
void enrol_free(struct enrol **enrol);

// For struct import_rules (ledger/people.h). ERR_INPUT when the site has no such policy, or it is
// no insurance, is for another boundary set, does not cover the commune (by code, by its zone, or
// by what it was), ends before the contract starts or begins after it ends, or when a legal cap
// that holds within the contract's dates is below the sum insured. Several versions of a policy:
// one must fit.
MUST_USE enum err_kind enrol_covers(void *enrol, const struct contract *contract,
                                    const struct commune *place, struct err *err);

#endif
