#include "policies/in_force.h"

#include "core/mem.h"
#include "policies/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void in_force_free(struct in_force *list)
{
    for (size_t i = 0; i < list->count; i++)
        policy_free(&list->at[i]);
    mem_free(&list->at);
    mem_free(&list->refused);
    list->count = list->refused_count = 0;
}

bool in_force_counts(const struct proposal_row *row)
{
    return strcmp(row->state, "in force") == 0 && !row->drill;
}

// The version before ends when this one begins.
static void end_before(struct in_force *list, const struct policy *policy)
{
    int64_t day = civil_days(policy->effective_from);
    for (size_t i = 0; i < list->count; i++) {
        struct policy *other = list->at[i];
        if (strcmp(other->id, policy->id) == 0 && civil_days(other->effective_to) >= day)
            other->effective_to = date_of_days(day - 1);
    }
}

static void refuse(struct in_force *list, const struct err *why)
{
    list->refused = mem_resize(list->refused, list->refused_count + 1, sizeof(*list->refused));
    list->refused[list->refused_count++] = *why;
}

static enum err_kind load_one(struct in_force *list, struct ledger *ledger,
                              const struct proposal_row *row,
                              enum err_kind (*check)(const struct policy *policy, struct err *err),
                              struct err *err)
{
    AUTO(buf_free) struct buf yaml = buf_new(POLICY_BYTES_MAX);
    AUTO(policy_free) struct policy *policy = NULL;
    struct err why = {0};
    char name[100];
    (void)snprintf(name, sizeof(name), "%s version %" PRId64 " (signed)", row->policy,
                   row->version);
    if (proposal_yaml(ledger, row->seq, &yaml, err))
        return err_of(err);
    if (policy_parse(buf_slice(&yaml), name, &policy, &why) || (check && check(policy, &why))) {
        refuse(list, &why);
        return OK;
    }
    if (civil_days(row->starts) > civil_days(policy->effective_from))
        policy->effective_from = row->starts;
    end_before(list, policy);
    list->at = mem_resize(list->at, list->count + 1, sizeof(struct policy *));
    list->at[list->count++] = TAKE(policy);
    return OK;
}

static int by_decided(const void *a, const void *b)
{
    const struct proposal_row *x = a, *y = b;
    return (x->decided > y->decided) - (x->decided < y->decided);
}

enum err_kind in_force_load(struct ledger *ledger,
                            enum err_kind (*check)(const struct policy *policy, struct err *err),
                            struct in_force *out, struct err *err)
{
    AUTO(in_force_free) struct in_force list = {0};
    AUTO(proposal_rows_free) struct proposal_rows rows = {0};
    if (proposal_list(ledger, NULL, &rows, err))
        return err_of(err);
    if (rows.count)
        qsort(rows.at, rows.count, sizeof(*rows.at), by_decided);
    for (size_t i = 0; i < rows.count; i++) {
        if (in_force_counts(&rows.at[i]) && load_one(&list, ledger, &rows.at[i], check, err))
            return err_of(err);
    }
    *out = MOVE(list);
    return OK;
}

enum err_kind in_force_check_file(const char *path, const struct proposal_rows *rows,
                                  struct err *err)
{
    AUTO(policy_free) struct policy *policy = NULL;
    if (policy_load(path, &policy, err))
        return err_of(err);
    for (size_t i = 0; i < rows->count; i++) {
        const struct proposal_row *row = &rows->at[i];
        if (!hash_same(row->hash, policy->hash))
            continue;
        if (in_force_counts(row))
            return OK;
        return err_set(err, ERR_REFUSED, "%s: version %" PRId64 " of %s is %s%s", path,
                       row->version, row->policy,
                       strcmp(row->state, "open") == 0 ? "not signed by all who must: gong policy "
                                                         "show"
                                                       : row->state,
                       row->drill ? ", at a drill" : "");
    }
    return err_set(err, ERR_REFUSED,
                   "%s: nobody signed it, and a live site takes only what is signed: gong policy "
                   "propose",
                   path);
}
