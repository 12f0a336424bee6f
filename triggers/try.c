#include "triggers/try.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "policies/policy.h"
#include "triggers/grounds.h"
#include "triggers/override.h"
#include "triggers/split.h"

#include <stdio.h>
#include <string.h>

const char *const try_reads[] = {"series", "observed", "reported", NULL};

enum { PERCENT_MILLI = 100000 };

void try_close(struct try *try)
{
    backtest_free(&try->backtest);
    losses_free(&try->losses);
    boundary_set_free(&try->set);
    map_close(&try->map);
    ledger_close(&try->ledger);
    site_free(&try->site);
    seriesfile_close(&try->series);
    for (size_t i = 0; i < HISTORY_BESIDE_MAX; i++)
        seriesfile_close(&try->beside_series[i]);
    for (size_t i = 0; i < COUNT_OF(try->observed_series); i++)
        seriesfile_close(&try->observed_series[i]);
    policy_free(&try->policy);
}

static void head_of_series(const struct seriesfile *series, struct try *out)
{
    (void)snprintf(out->heading, sizeof(out->heading),
                   "%s of %s over %s: %zu steps of %zu places, %.20s to %.20s", series->variable,
                   series->source, series->boundary_set, series->count, series->places,
                   series->count ? utc_text(series->span[0].from).at : "-",
                   series->count ? utc_text(series->span[series->count - 1].to).at : "-");
}

// Behind what else the heading says.
static void say(struct try *out, const char *what, const char *value)
{
    size_t len = strlen(out->heading);
    if (value)
        (void)snprintf(out->heading + len, sizeof(out->heading) - len, "; %s: %.200s", what, value);
}

// "SOURCE=FILE"; a path alone is of the policy's own source, which is also in `source` then.
static const char *split_series(const struct policy *policy, const char *given, char source[64])
{
    const char *sign = strchr(given, '='), *slash = strchr(given, '/');
    bool named = sign && sign != given && (!slash || sign < slash) && sign - given < 64;
    (void)snprintf(source, 64, "%.*s", named ? (int)(sign - given) : 63,
                   named ? given : policy->source);
    return named ? sign + 1 : given;
}

// A name that is written otherwise would be passed over, and what it stands for be looked for where
// the policy's own source was observed.
static enum err_kind check_forecast(const struct policy *policy, const struct observed *observed,
                                    const char *source, struct err *err)
{
    AUTO(buf_free) struct buf names = buf_new(4000);
    bool found = strcmp(policy->source, source) == 0;
    buf_text(&names, policy->source);
    for (size_t i = 0; i < policy->parts; i++) {
        found = found || strcmp(policy->part[i].source, source) == 0;
        if (strcmp(policy->part[i].source, policy->source) != 0)
            buf_print(&names, ", %s", policy->part[i].source);
    }
    if (!found)
        return err_usage(err,
                         "--observed %s=...: policy %s looks at no such source; write one of %s",
                         source, policy->id, names.at);
    for (size_t i = 0; i < observed->count; i++) {
        if (strcmp(observed->as[i].of, source) == 0)
            return err_usage(err, "--observed is given twice for %s; keep one", source);
    }
    return OK;
}

static enum err_kind open_beside(const char *option, const char *source, struct seriesfile *series,
                                 struct history *history, struct err *err)
{
    for (size_t i = 0; i < history->besides; i++) {
        if (strcmp(history->beside[i].source, source) == 0 &&
            strcmp(history->beside[i].series->variable, series->variable) == 0)
            return err_usage(err, "--%s is given twice for %s of %s; keep one", option,
                             series->variable, source);
    }
    struct history_beside *beside = &history->beside[history->besides++];
    (void)snprintf(beside->source, sizeof(beside->source), "%s", source);
    beside->series = series;
    return OK;
}

// The policy's own source and variable is what it is tried on; the others are beside it.
static enum err_kind open_series(const struct cli *cli, struct try *out, struct err *err)
{
    const struct policy *policy = out->policy;
    const char *given;
    for (size_t i = 0; (given = cli_each(cli, "series", i)) != NULL; i++) {
        char source[64];
        const char *path = split_series(policy, given, source);
        if (i > HISTORY_BESIDE_MAX)
            return err_usage(err, "--series is given more than %d times", HISTORY_BESIDE_MAX + 1);
        struct seriesfile **place = out->series ? &out->beside_series[i - 1] : &out->series;
        if (!out->series && strcmp(source, policy->source) != 0)
            return err_usage(err, "--series begins with that of the policy's own source, %s",
                             policy->source);
        if (seriesfile_open(path, place, err))
            return err_of(err);
        if (i == 0) {
            out->history = (struct history){.series = *place};
            head_of_series(*place, out);
            continue;
        }
        bool own = strcmp(source, policy->source) == 0 &&
                   strcmp((*place)->variable, policy->variable) == 0;
        if (own)
            return err_usage(err,
                             "--series is given twice for %s of %s; keep one, or say of which "
                             "source the other is, as SOURCE=FILE",
                             policy->variable, policy->source);
        if (open_beside("series", source, *place, &out->history, err))
            return err_of(err);
        say(out, source, path);
    }
    return OK;
}

static enum err_kind open_site(const struct cli *cli, struct try *out, struct err *err)
{
    const struct policy *policy = out->policy;
    if (cli_site(cli, &out->site, err) ||
        ledger_open(site_folder(out->site), LEDGER_READ, &out->ledger, err) ||
        map_open(site_folder(out->site), LEDGER_READ, &out->map, err) ||
        boundary_set_load(out->map, policy->boundary_set, grounds_wants_shapes(policy), &out->set,
                          err))
        return err_of(err);
    out->history = (struct history){.ledger = out->ledger,
                                    .set = out->set,
                                    .source = policy->source,
                                    .variable = policy->variable,
                                    .gauge = policy->station[0] != 0};
    (void)snprintf(out->heading, sizeof(out->heading),
                   "%s of %s over %s: the readings of a site, %zu communes", policy->variable,
                   policy->source, policy->boundary_set, out->set->count);
    return OK;
}

static bool is_file(const char *name)
{
    return strchr(name, '.') || strchr(name, '/');
}

// The i-th --observed: of the policy's own source the first.
static enum err_kind take_observed(const char *source, const char *name, size_t i, struct try *out,
                                   struct err *err)
{
    const struct policy *policy = out->policy;
    struct observed *observed = &out->observed;
    if (i == 0 && !is_file(name)) {
        observed->history = (struct history){.ledger = out->ledger,
                                             .set = out->set,
                                             .source = name,
                                             .variable = policy->variable,
                                             .gauge = policy->station[0] != 0};
        return OK;
    }
    if (i > 0 && is_file(name) != (observed->history.series != NULL))
        return err_usage(err, "--observed is either series files or sources of the site, not both");
    if (i > 0 && !is_file(name)) {
        struct observed_as *as = &observed->as[observed->count++];
        text_copy(as->of, sizeof(as->of), source);
        text_copy(as->by, sizeof(as->by), name);
        return OK;
    }
    if (seriesfile_open(name, &out->observed_series[i], err))
        return err_add(err, "reading --observed");
    if (i > 0)
        return open_beside("observed", source, out->observed_series[i], &observed->history, err);
    observed->history = (struct history){.series = out->observed_series[0]};
    return OK;
}

// What happened: other sources of the same site, or series files.
static enum err_kind open_observed(const struct cli *cli, struct try *out, struct err *err)
{
    const struct policy *policy = out->policy;
    const char *given;
    if (!cli_value(cli, "observed"))
        return OK;
    if (policy->kind != POLICY_ALERT || policy->watch != WATCH_FORECAST)
        return err_usage(err,
                         "--observed is for alerts on forecasts; policy %s decides on what "
                         "was observed already",
                         policy->id);
    if (out->series)
        return err_usage(err, "--observed is beside the runs of a site: give --site DIR, and the "
                              "series as --observed");
    for (size_t i = 0; (given = cli_each(cli, "observed", i)) != NULL; i++) {
        char source[64];
        const char *name = split_series(policy, given, source);
        if (i > HISTORY_BESIDE_MAX)
            return err_usage(err, "--observed is given more than %d times", HISTORY_BESIDE_MAX + 1);
        if (i == 0 ? strcmp(source, policy->source) != 0 : name == given)
            return err_usage(err,
                             "--observed begins with what stands for the policy's own source, %s, "
                             "and each further one says for which it stands, as FORECAST=SOURCE",
                             policy->source);
        if (check_forecast(policy, &out->observed, source, err) ||
            take_observed(source, name, i, out, err))
            return err_of(err);
        say(out, i ? source : "observed", name);
    }
    return OK;
}

static enum err_kind read_time(const struct cli *cli, const char *option, int64_t later_s,
                               struct utc *out, struct err *err)
{
    const char *text = cli_value(cli, option);
    *out = UTC_NEVER;
    if (!text)
        return OK;
    if (utc_parse(str_of(text), out, err))
        return err_add(err, "reading --%s", option);
    out->s += strlen(text) == strlen("2024-09-07") ? later_s : 0; // a day alone is all of it
    return OK;
}

static enum err_kind read_whole(const struct cli *cli, const char *option, int64_t most,
                                int64_t otherwise, int64_t *out, struct err *err)
{
    const char *text = cli_value(cli, option);
    *out = otherwise;
    if (text && num_whole(str_of(text), 1, most, out, err))
        return err_add(err, "reading --%s", option);
    return OK;
}

static enum err_kind read_percent(const struct cli *cli, const char *option, int64_t *milli,
                                  struct err *err)
{
    const char *text = cli_value(cli, option);
    *milli = 0;
    if (text && num_milli(str_of(text), milli, err))
        return err_add(err, "reading --%s", option);
    if (*milli < 0 || *milli > PERCENT_MILLI)
        return err_usage(err, "--%s is 0 to 100, in per cent", option);
    return OK;
}

static enum err_kind read_query(const struct cli *cli, struct backtest_query *out, struct err *err)
{
    const int64_t insured = 10000000, insured_most = 1000000000000;
    int64_t threads;
    // A day boundary may lie up to seven hours before midnight UTC.
    if (read_time(cli, "from", -VIETNAM_OFFSET_S, &out->from, err) ||
        read_time(cli, "to", DAY_S, &out->to, err) ||
        read_whole(cli, "sum-insured", insured_most, insured, &out->sum_insured_vnd, err) ||
        read_whole(cli, "threads", SPLIT_MAX, (int64_t)split_threads(), &threads, err))
        return err_of(err);
    out->threads = (size_t)threads;
    out->everywhere = cli_has(cli, "everywhere");
    return OK;
}

static enum err_kind read_losses(const struct cli *cli, struct try *out, struct err *err)
{
    const char *path = cli_value(cli, "reported");
    int64_t at_least, share;
    if (read_percent(cli, "bad-from", &at_least, err) ||
        read_percent(cli, "bad-share", &share, err))
        return err_of(err);
    out->share = (double)share / PERCENT_MILLI;
    out->has_losses = path != NULL;
    if (!path)
        return OK;
    return losses_load(path, &out->backtest, &out->history, at_least, &out->losses, err);
}

static enum err_kind run(const struct cli *cli, struct try *out, struct err *err)
{
    struct backtest_query query = {0};
    const char *series = cli_value(cli, "series");
    const char *stage = cli_value(cli, "stage");
    if (override_load(cli_arg(cli, 0), cli_value(cli, "set"), &out->policy, err) ||
        (stage && policy_stage_alone(out->policy, stage, &query.lead_s, err)) ||
        (series ? open_series(cli, out, err) : open_site(cli, out, err)) ||
        open_observed(cli, out, err) || read_query(cli, &query, err))
        return err_of(err);
    query.observed = cli_value(cli, "observed") ? &out->observed : NULL;
    if (backtest_run(out->policy, &out->history, &query, &out->backtest, err))
        return err_of(err);
    say(out, "what if", cli_value(cli, "set"));
    say(out, "stage alone", stage);
    return read_losses(cli, out, err);
}

enum err_kind try_run(const struct cli *cli, struct try *out, struct err *err)
{
    struct try try = {0};
    if (run(cli, &try, err)) {
        try_close(&try);
        return err_of(err);
    }
    *out = try;
    return OK;
}

const char *try_product(const struct try *try)
{
    return try->series && try->series->product[0] ? try->series->product : NULL;
}

enum err_kind try_write(const char *path, const struct buf *bytes, struct err *err)
{
    if (bytes->full)
        return err_set(err, ERR_INPUT, "%s would be too large", path);
    return file_write(path, buf_slice(bytes), 0644, err);
}
