#include "policies/enrol.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "policies/calendar.h"
#include "policies/in_force.h"
#include "policies/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct enrol {
    struct policy **at; // [count]
    size_t count;
    struct err *refused; // [refused_count] files, texts
    size_t refused_count;
    bool is_signed;              // `at` is what people signed
    struct unsigned_file *other; // [others] files whose texts do not count
    size_t others;
};
struct unsigned_file {
    char id[POLICY_ID_SIZE];
    struct err why;
};

void enrol_free(struct enrol **enrol)
{
    if (!*enrol)
        return;
    for (size_t i = 0; i < (*enrol)->count; i++)
        policy_free(&(*enrol)->at[i]);
    mem_free(&(*enrol)->at);
    mem_free(&(*enrol)->refused);
    mem_free(&(*enrol)->other);
    mem_free(enrol);
}

static void refuse(struct enrol *enrol, const struct err *why)
{
    enrol->refused = mem_resize(enrol->refused, enrol->refused_count + 1, sizeof(*enrol->refused));
    enrol->refused[enrol->refused_count++] = *why;
}

// `rows` are the proposals of a live site; NULL at a drill, where the file itself counts.
static void load_one(struct enrol *enrol, const char *path, const struct proposal_rows *rows)
{
    struct err why = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    if (policy_load(path, &policy, &why)) {
        refuse(enrol, &why);
        return;
    }
    if (!rows) {
        enrol->at = mem_resize(enrol->at, enrol->count + 1, sizeof(struct policy *));
        enrol->at[enrol->count++] = TAKE(policy);
        return;
    }
    if (in_force_check_file(path, rows, &why) == OK)
        return;
    enrol->other = mem_resize(enrol->other, enrol->others + 1, sizeof(*enrol->other));
    struct unsigned_file *other = &enrol->other[enrol->others++];
    (void)snprintf(other->id, sizeof(other->id), "%s", policy->id);
    other->why = why;
}

static enum err_kind load_files(struct enrol *enrol, const char *folder,
                                const struct proposal_rows *rows, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    if (file_names(folder, &names, err))
        return err_add(err, "looking for policies");
    for (size_t i = 0; names[i]; i++) {
        if (!str_ends(str_of(names[i]), ".yaml") || names[i][0] == '.')
            continue;
        AUTO(mem_drop) char *path = file_join(folder, names[i]);
        load_one(enrol, path, rows);
    }
    return OK;
}

enum err_kind enrol_load(const char *folder, struct enrol **out, struct err *err)
{
    AUTO(enrol_free) struct enrol *enrol = mem_new(1, sizeof(*enrol));
    if (load_files(enrol, folder, NULL, err))
        return err_of(err);
    *out = TAKE(enrol);
    return OK;
}

enum err_kind enrol_load_signed(struct ledger *ledger, const char *folder, struct enrol **out,
                                struct err *err)
{
    AUTO(enrol_free) struct enrol *enrol = mem_new(1, sizeof(*enrol));
    AUTO(in_force_free) struct in_force list = {0};
    AUTO(proposal_rows_free) struct proposal_rows rows = {0};
    enrol->is_signed = true;
    if (in_force_load(ledger, NULL, &list, err) || proposal_list(ledger, NULL, &rows, err) ||
        load_files(enrol, folder, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < list.refused_count; i++)
        refuse(enrol, &list.refused[i]);
    enrol->at = TAKE(list.at);
    enrol->count = list.count;
    list.count = 0;
    *out = TAKE(enrol);
    return OK;
}

static int64_t day_of(struct civil date)
{
    return date_days(date.year, date.month, date.day);
}

static enum err_kind check_caps(const struct policy *policy, const struct contract *contract,
                                struct err *err)
{
    for (size_t i = 0; i < policy->caps; i++) {
        const struct legal_cap *cap = &policy->cap[i];
        if (day_of(cap->from) > day_of(contract->ends) ||
            day_of(cap->to) < day_of(contract->starts) ||
            contract->sum_insured.minor <= cap->most_vnd)
            continue;
        return err_set(err, ERR_INPUT,
                       "the sum insured %" PRId64 " is over the legal cap of %" PRId64
                       " that policy %s names for %04d-%02d-%02d to %04d-%02d-%02d",
                       contract->sum_insured.minor, cap->most_vnd, policy->id, cap->from.year,
                       cap->from.month, cap->from.day, cap->to.year, cap->to.month, cap->to.day);
    }
    return OK;
}

static enum err_kind check_place(const struct policy *policy, const struct contract *contract,
                                 const struct commune *place, struct err *err)
{
    if (strcmp(policy->boundary_set, contract->boundary_set) != 0)
        return err_set(err, ERR_INPUT, "policy %s is for boundary set %s, not %s", policy->id,
                       policy->boundary_set, contract->boundary_set);
    if (!area_holds(&policy->area, contract->commune, place->zone, place->former))
        return err_set(err, ERR_INPUT, "policy %s does not cover commune %s%s%s", policy->id,
                       contract->commune, *place->zone ? " of zone " : "", place->zone);
    return OK;
}

static enum err_kind check_policy(const struct policy *policy, const struct contract *contract,
                                  const struct commune *place, struct err *err)
{
    if (policy->kind != POLICY_INSURANCE)
        return err_set(err, ERR_INPUT, "policy %s is an alert: it pays nobody", policy->id);
    if (check_place(policy, contract, place, err))
        return err_of(err);
    if (!calendar_covers(policy, contract->starts, contract->ends))
        return err_set(err, ERR_INPUT,
                       "policy %s is effective %04d-%02d-%02d to %04d-%02d-%02d, not when the "
                       "contract is",
                       policy->id, policy->effective_from.year, policy->effective_from.month,
                       policy->effective_from.day, policy->effective_to.year,
                       policy->effective_to.month, policy->effective_to.day);
    return check_caps(policy, contract, err);
}

// A contract may ask for a policy whose file has a fault, or that nobody signed: then that is what
// to mend.
static enum err_kind refuse_unknown(const struct enrol *enrol, const char *id, struct err *err)
{
    for (size_t i = 0; i < enrol->others; i++) {
        if (strcmp(enrol->other[i].id, id) == 0)
            return err_set(err, ERR_INPUT, "no version of policy %s is in force: %.400s", id,
                           enrol->other[i].why.text);
    }
    const char **names = mem_new(enrol->count + 1, sizeof(*names));
    for (size_t i = 0; i < enrol->count; i++)
        names[i] = enrol->at[i]->id;
    const char *near = text_nearest(str_of(id), names);
    err_write(err, ERR_INPUT, "%s %s%s%s%s",
              enrol->is_signed ? "nobody signed a policy" : "the site has no policy", id,
              near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    mem_free(&names);
    if (!near && enrol->refused_count)
        return err_add(err, "%zu policies are refused, the first: %.200s", enrol->refused_count,
                       enrol->refused[0].text);
    return err_of(err);
}

enum err_kind enrol_covers(void *self, const struct contract *contract, const struct commune *place,
                           struct err *err)
{
    const struct enrol *enrol = self;
    bool known = false;
    for (size_t i = 0; i < enrol->count; i++) {
        struct err why = {0};
        const struct policy *policy = enrol->at[i];
        if (strcmp(policy->id, contract->policy) != 0 ||
            day_of(policy->effective_to) < day_of(policy->effective_from)) // wholly replaced
            continue;
        known = true;
        if (check_policy(policy, contract, place, &why) == OK)
            return OK;
        *err = why;
    }
    return known ? err_of(err) : refuse_unknown(enrol, contract->policy, err);
}
