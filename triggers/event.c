#include "triggers/event.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/reading.h"
#include "ledger/seriesfile.h"
#include "policies/calendar.h"
#include "policies/policy.h"
#include "triggers/evaluate.h"
#include "triggers/history.h"

#include <string.h>

enum { FILE_BYTES_MAX = 1 << 28 };

static enum err_kind refuse(const struct policy_case *one, struct err *err, const char *what,
                            const char *name)
{
    return err_set(err, ERR_INPUT, "%s: the case \"%s\": %s%s", one->where,
                   one->name.at[LANGUAGE_EN], what, name);
}

// The very file that the policy means, by its hash.
static enum err_kind open_file(const struct policy *policy, const struct policy_case *one,
                               const char *path, struct seriesfile **out, struct err *err)
{
    struct err why = {0};
    AUTO(buf_free) struct buf bytes = buf_new(FILE_BYTES_MAX);
    AUTO(seriesfile_close) struct seriesfile *series = NULL;
    if (file_read(path, &bytes, &why))
        return refuse(one, err, "its series file cannot be read: ", why.text);
    struct hash hash = hash_of(buf_slice(&bytes));
    if (!hash_same(hash, one->event.hash))
        return refuse(one, err, "its series file is another one; the SHA-256 of this is ",
                      hash_hex(hash).at);
    if (seriesfile_open(path, &series, &why))
        return refuse(one, err, "its series file: ", why.text);
    bool gauge = policy->station[0] != '\0';
    if (strcmp(series->variable, policy->variable) != 0)
        return refuse(one, err, "the policy looks at another variable, the file has ",
                      series->variable);
    if (strcmp(series->source, policy->source) != 0)
        return refuse(one, err, "the policy looks at another source, the file is of ",
                      series->source);
    if (!gauge && strcmp(series->boundary_set, policy->boundary_set) != 0)
        return refuse(one, err, "the policy is of another boundary set, the file is of ",
                      series->boundary_set);
    *out = TAKE(series);
    return OK;
}

// The occasion of that name among those of the file's years; a moment for a policy without periods.
static bool find_occasion(const struct policy *policy, const struct seriesfile *series,
                          const char *period, struct occasion *out)
{
    struct err ignored = {0};
    struct utc moment;
    if (policy->period.kind == PERIOD_NONE) {
        if (utc_parse(str_of(period), &moment, &ignored))
            return false;
        *out = calendar_looks(policy, moment);
        return true;
    }
    if (series->count == 0)
        return false;
    AUTO(occasions_free) struct occasions all = {0};
    struct civil first = local_date((struct utc){series->span[0].from.s - DAY_S});
    struct civil last = local_date((struct utc){series->span[series->count - 1].to.s + DAY_S});
    period_list(&policy->period, first, last, &all);
    for (size_t i = 0; i < all.count; i++) {
        if (strcmp(all.at[i].period, period) != 0)
            continue;
        *out = all.at[i];
        return true;
    }
    return false;
}

enum err_kind event_decide(const struct policy *policy, const struct policy_case *one,
                           const char *files, struct occasion *occasion,
                           struct decision_result *out, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(files, one->event.file);
    AUTO(seriesfile_close) struct seriesfile *series = NULL;
    AUTO(window_free) struct window window = {0};
    AUTO(readings_free) struct readings readings = {0};
    if (open_file(policy, one, path, &series, err))
        return err_of(err);
    size_t place = seriesfile_find(series, one->event.place);
    if (place == SIZE_MAX)
        return refuse(one, err, "its series file has no place ", one->event.place);
    if (!find_occasion(policy, series, one->event.period, occasion))
        return refuse(one, err, "its series file has no period ", one->event.period);
    struct history history = {.series = series};
    struct occasion seen = policy_window(&policy->index, occasion);
    if (history_window(&history, seen.from, seen.to, &window, err))
        return err_of(err);
    window_readings(&window, policy, place, &readings);
    evaluate(policy, &readings, 0, occasion, out);
    return OK;
}
