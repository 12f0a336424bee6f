#include "triggers/shelf.h"

#include "core/file.h"
#include "core/mem.h"
#include "policies/calendar.h"
#include "policies/in_force.h"
#include "policies/policy.h"
#include "triggers/trial.h"

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

static enum err_kind check_alone(const struct shelf *shelf, const struct policy *policy,
                                 const char *path, struct err *err)
{
    for (size_t i = 0; i < shelf->count; i++) {
        const struct policy *other = shelf->at[i];
        if (strcmp(other->id, policy->id) == 0 &&
            calendar_covers(other, policy->effective_from, policy->effective_to))
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

// Cases of series files are left out: those were tried when it was proposed.
static enum err_kind try_cases(const struct policy *policy, struct err *err)
{
    return trial_run(policy, NULL, NULL, err);
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
        if (in_force_check_file(path, rows, &why))
            refuse(shelf, &why);
    }
    return OK;
}

enum err_kind shelf_load_signed(struct ledger *ledger, const char *folder, struct shelf *out,
                                struct err *err)
{
    AUTO(shelf_free) struct shelf shelf = {0};
    AUTO(in_force_free) struct in_force list = {0};
    AUTO(proposal_rows_free) struct proposal_rows rows = {0};
    if (in_force_load(ledger, try_cases, &list, err) || proposal_list(ledger, NULL, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < list.refused_count; i++)
        refuse(&shelf, &list.refused[i]);
    if (check_files(folder, &rows, &shelf, err))
        return err_of(err);
    shelf.at = TAKE(list.at);
    shelf.count = list.count;
    list.count = 0;
    if (shelf.count)
        qsort(shelf.at, shelf.count, sizeof(struct policy *), by_id);
    *out = MOVE(shelf);
    return OK;
}
