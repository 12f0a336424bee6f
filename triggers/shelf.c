#include "triggers/shelf.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/proposal.h"
#include "policies/policy.h"
#include "triggers/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void shelf_free(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->count; i++)
        policy_free(&shelf->at[i]);
    mem_free(&shelf->at);
    mem_free(&shelf->refused);
    shelf->count = shelf->refused_count = 0;
}

static int by_id(const void *a, const void *b)
{
    const struct policy *x = *(struct policy *const *)a, *y = *(struct policy *const *)b;
    int order = strcmp(x->id, y->id);
    return order ? order : (x->version > y->version) - (x->version < y->version);
}

static void refuse(struct shelf *shelf, const struct err *why)
{
    shelf->refused = mem_resize(shelf->refused, shelf->refused_count + 1, sizeof(*shelf->refused));
    shelf->refused[shelf->refused_count++] = *why;
}

static bool same_time(const struct policy *a, const struct policy *b)
{
    return civil_days(a->effective_from) <= civil_days(b->effective_to) &&
           civil_days(b->effective_from) <= civil_days(a->effective_to);
}

static enum err_kind check_alone(const struct shelf *shelf, const struct policy *policy,
                                 const char *path, struct err *err)
{
    for (size_t i = 0; i < shelf->count; i++) {
        const struct policy *other = shelf->at[i];
        if (strcmp(other->id, policy->id) == 0 && same_time(other, policy))
            return err_set(err, ERR_INPUT,
                           "%s:1:1: policy %s is in another file too, effective at the same time; "
                           "end one before the other begins",
                           path, policy->id);
    }
    return OK;
}

static void load_one(struct shelf *shelf, const char *path)
{
    struct err why = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    if (trial_load(path, &policy, &why) || check_alone(shelf, policy, path, &why)) {
        refuse(shelf, &why);
        return;
    }
    shelf->at = mem_resize(shelf->at, shelf->count + 1, sizeof(struct policy *));
    shelf->at[shelf->count++] = TAKE(policy);
}

enum err_kind shelf_load(const char *folder, struct shelf *out, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    if (file_names(folder, &names, err))
        return err_add(err, "looking for policies");
    AUTO(shelf_free) struct shelf shelf = {0};
    for (size_t i = 0; names[i]; i++) {
        if (!str_ends(str_of(names[i]), ".yaml") || names[i][0] == '.')
            continue;
        AUTO(mem_drop) char *path = file_join(folder, names[i]);
        load_one(&shelf, path);
    }
    if (shelf.count)
        qsort(shelf.at, shelf.count, sizeof(struct policy *), by_id);
    *out = MOVE(shelf);
    return OK;
}

// --- what people signed

static bool is_ours(const struct proposal_row *row)
{
    return strcmp(row->state, "in force") == 0 && !row->drill;
}

// The version before ends when this one begins.
static void end_before(struct shelf *shelf, const struct policy *policy)
{
    int64_t day = civil_days(policy->effective_from);
    for (size_t i = 0; i < shelf->count; i++) {
        struct policy *other = shelf->at[i];
        if (strcmp(other->id, policy->id) == 0 && civil_days(other->effective_to) >= day)
            other->effective_to = date_of_days(day - 1);
    }
}

static enum err_kind load_signed(struct shelf *shelf, struct ledger *ledger,
                                 const struct proposal_row *row, struct err *err)
{
    AUTO(buf_free) struct buf yaml = buf_new(POLICY_BYTES_MAX);
    AUTO(policy_free) struct policy *policy = NULL;
    struct err why = {0};
    char name[100];
    (void)snprintf(name, sizeof(name), "%s version %" PRId64 " (signed)", row->policy,
                   row->version);
    if (proposal_yaml(ledger, row->seq, &yaml, err))
        return err_of(err);
    if (policy_parse(buf_slice(&yaml), name, &policy, &why) ||
        trial_run(policy, NULL, NULL, &why)) {
        refuse(shelf, &why);
        return OK;
    }
    if (civil_days(row->starts) > civil_days(policy->effective_from))
        policy->effective_from = row->starts;
    end_before(shelf, policy);
    shelf->at = mem_resize(shelf->at, shelf->count + 1, sizeof(struct policy *));
    shelf->at[shelf->count++] = TAKE(policy);
    return OK;
}

static int by_decided(const void *a, const void *b)
{
    const struct proposal_row *x = a, *y = b;
    return (x->decided > y->decided) - (x->decided < y->decided);
}

// Why a file of the folder does not count, when it does not.
static enum err_kind check_file(const char *path, const struct proposal_rows *rows, struct err *err)
{
    AUTO(policy_free) struct policy *policy = NULL;
    if (policy_load(path, &policy, err))
        return err_of(err);
    for (size_t i = 0; i < rows->count; i++) {
        const struct proposal_row *row = &rows->at[i];
        if (!hash_same(row->hash, policy->hash))
            continue;
        if (is_ours(row))
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

static enum err_kind check_files(const char *folder, const struct proposal_rows *rows,
                                 struct shelf *shelf, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    if (file_names(folder, &names, err))
        return err_add(err, "looking for policies");
    for (size_t i = 0; names[i]; i++) {
        struct err why = {0};
        if (!str_ends(str_of(names[i]), ".yaml") || names[i][0] == '.')
            continue;
        AUTO(mem_drop) char *path = file_join(folder, names[i]);
        if (check_file(path, rows, &why))
            refuse(shelf, &why);
    }
    return OK;
}

enum err_kind shelf_load_signed(struct ledger *ledger, const char *folder, struct shelf *out,
                                struct err *err)
{
    AUTO(shelf_free) struct shelf shelf = {0};
    AUTO(proposal_rows_free) struct proposal_rows rows = {0};
    if (proposal_list(ledger, NULL, &rows, err))
        return err_of(err);
    if (rows.count)
        qsort(rows.at, rows.count, sizeof(*rows.at), by_decided);
    for (size_t i = 0; i < rows.count; i++) {
        if (is_ours(&rows.at[i]) && load_signed(&shelf, ledger, &rows.at[i], err))
            return err_of(err);
    }
    if (check_files(folder, &rows, &shelf, err))
        return err_of(err);
    if (shelf.count)
        qsort(shelf.at, shelf.count, sizeof(struct policy *), by_id);
    *out = MOVE(shelf);
    return OK;
}
