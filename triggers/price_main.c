// gong-price: what a cover must cost and how sure that is; how good an alert was.
#include "core/cli.h"
#include "core/mem.h"
#include "core/num.h"
#include "policies/policy.h"
#include "triggers/chart.h"
#include "triggers/price.h"
#include "triggers/report.h"
#include "triggers/try.h"
#include "triggers/verified.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_BYTES_MAX = 1 << 26, TABLE_BYTES_MAX = 1 << 30 };

// --- the command line ----------------------------------------------------------------------------

// "15" or "12.5", in per cent.
static enum err_kind read_percent(const struct cli *cli, const char *option, double otherwise,
                                  double most, double *out, struct err *err)
{
    int64_t milli;
    const char *text = cli_value(cli, option);
    *out = otherwise;
    if (!text)
        return OK;
    if (num_milli(str_of(text), &milli, err))
        return err_add(err, "reading --%s", option);
    *out = (double)milli / 1000;
    if (*out < 0 || *out > most)
        return err_usage(err, "--%s is 0 to %.0f, in per cent", option, most);
    return OK;
}

// The season that is covered, by its year: that of the last season, or a later one.
static enum err_kind read_cover(const struct cli *cli, const struct try *try,
                                struct price_query *out, struct err *err)
{
    enum { YEARS_MOST = 20, YEAR_MOST = 2200 };
    const char *text = cli_value(cli, "detrend-to");
    const struct occasions *all = &try->backtest.occasions;
    int64_t year;
    if (!text)
        return OK;
    if (num_whole(str_of(text), 1, YEAR_MOST, &year, err))
        return err_add(err, "reading --detrend-to");
    if (try->policy->period.kind != PERIOD_SEASON)
        return err_usage(err, "--detrend-to names a season by its year; policy %s has no seasons",
                         try->policy->id);
    int64_t last = all->at[all->count - 1].first.year;
    if (year < last || year > last + YEARS_MOST)
        return err_usage(err, "--detrend-to is %lld, the last season, to %lld", (long long)last,
                         (long long)last + YEARS_MOST);
    out->detrend = true;
    out->detrend_seasons = year - last;
    return OK;
}

static enum err_kind read_query(const struct cli *cli, const struct try *try,
                                struct price_query *out, struct err *err)
{
    double risk, expense, sd;
    const char *place = cli_value(cli, "place");
    *out =
        (struct price_query){.place = SIZE_MAX, .threads = 1, .detrend = cli_has(cli, "detrend")};
    if (read_percent(cli, "risk-return", 6, 100, &risk, err) ||
        read_percent(cli, "expense", 15, 90, &expense, err) ||
        read_percent(cli, "sd-share", 30, 1000, &sd, err) ||
        read_percent(cli, "catastrophe", 40, 100, &out->catastrophe, err) ||
        read_percent(cli, "small-loss", 20, 100, &out->small, err) ||
        read_cover(cli, try, out, err))
        return err_of(err);
    out->loading = (struct loading){risk / 100, expense / 100, sd / 100};
    for (size_t c = 0; place && c < try->backtest.communes; c++) {
        if (strcmp(history_place(&try->history, try->backtest.place[c]).code, place) == 0)
            out->place = c;
    }
    if (place && out->place == SIZE_MAX)
        return err_set(err, ERR_MISSING, "the backtest has no place \"%s\"", place);
    return OK;
}

// --- what is said beside the figures -------------------------------------------------------------

static void put_notes(const struct try *try, const struct price_query *query, struct buf *out)
{
    const struct policy *policy = try->policy;
    const struct backtest *b = &try->backtest;
    AUTO(buf_free) struct buf insured = buf_new(40);
    text_grouped(&insured, b->sum_insured_vnd, ',');
    buf_print(out, "policy: %s version %" PRId64 ", sha256 %s\n", policy->id, policy->version,
              hash_hex(policy->hash).at);
    buf_print(out, "series: %s\n", try->heading);
    buf_print(out, "boundary set of the policy: %s; source of the policy: %s\n",
              policy->boundary_set, policy->source);
    if (try_product(try))
        buf_print(out, "product, run and version of the series: %s\n", try_product(try));
    buf_print(out, "seasons: %s to %s, %zu of them; %s\n", b->occasions.at[0].period,
              b->occasions.at[b->occasions.count - 1].period, b->occasions.count,
              policy->kind == POLICY_ALERT ? "each place by itself"
              : query->place == SIZE_MAX   ? "all places as one portfolio, each with the same sum"
                                           : "one place alone");
    if (policy->kind == POLICY_ALERT)
        return;
    buf_print(out, "sum insured: %s VND for each place and season\n", insured.at);
    buf_print(out, "trend: %s",
              query->detrend ? "each place's index was moved along its trend to the last season"
                             : "the index as it was, no trend taken off (--detrend does)");
    if (query->detrend_seasons)
        buf_print(out, " and %lld past it", (long long)query->detrend_seasons);
    buf_text(out, "\n");
    buf_print(
        out,
        "loadings: %.2f %% return on risk, %.2f %% of the gross premium for expenses, %.2f of "
        "the standard deviation\n",
        100 * query->loading.risk_return, 100 * query->loading.expense, query->loading.sd_share);
}

// --- HTML
// -------------------------------------------------------------------------------------------

static const char style[] =
    "body{font-family:sans-serif;max-width:60rem;margin:1rem auto;padding:0 "
    "1rem;color:#222}pre{overflow-x:auto}"
    "table{border-collapse:collapse;margin:1rem 0;width:100%}"
    "th,td{border-bottom:1px solid #ccc;padding:.25rem .5rem;text-align:left}"
    ".number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "th[scope=rowgroup]{background:#f2f2f2}svg{width:100%;height:auto;border:1px solid #ccc}";

// The seasons from the worst on, each with its return period.
static void put_returns(const struct try *try, const struct price *price, struct buf *out)
{
    size_t count = price->known;
    AUTO(mem_drop) struct price_rank *worst = mem_new(count + 1, sizeof(*worst));
    AUTO(mem_drop) struct chart_bar *bar = mem_new(count + 1, sizeof(*bar));
    AUTO(mem_drop) char *names = mem_new(count + 1, 32);
    price_ranks(price, worst);
    for (size_t i = 0; i < count; i++) {
        const struct price_season *season = worst[i].season;
        char *name = names + 32 * i;
        (void)snprintf(name, 32, "%.1f", sample_return(worst[i].rank, count));
        bar[i] = (struct chart_bar){.name = name,
                                    .least = season->index,
                                    .mean = season->index,
                                    .most = season->index,
                                    .paid = season->payout / (double)try->backtest.sum_insured_vnd};
    }
    double line[14];
    struct chart chart = {.title = "Seasons from the worst on, by return period (n + 1) / rank",
                          .index = "mean index of the season",
                          .paid = "paid, of the sum insured",
                          .bar = bar,
                          .count = count,
                          .line = line,
                          .lines = report_lines(&try->backtest, line, COUNT_OF(line))};
    chart_svg(&chart, out);
}

static void put_seasons(const struct price *price, struct buf *out)
{
    buf_text(out, "<h2>Seasons</h2>\n<table>\n<thead><tr><th scope=\"col\">season</th><th "
                  "scope=\"col\">days</th><th scope=\"col\" class=\"number\">mean index</th>"
                  "<th scope=\"col\" class=\"number\">mean payout, VND</th></tr>"
                  "</thead>\n");
    for (size_t i = 0; i < price->seasons; i++) {
        const struct price_season *season = &price->season[i];
        buf_text(out, "<tr><td>");
        chart_text(out, season->when->period);
        buf_print(out, "</td><td>%s to %s", date_text(season->when->first).at,
                  date_text(season->when->last).at);
        buf_text(out, "</td><td class=\"number\">");
        report_number(out, season->index, 3);
        buf_text(out, "</td><td class=\"number\">");
        if (season->known)
            text_grouped(out, llround(season->payout), ',');
        else
            buf_char(out, '-');
        buf_text(out, "</td></tr>\n");
    }
    buf_text(out, "</table>\n");
}

// What there is to say; NULL: not that.
struct said {
    const struct price *price;
    const struct verified *verified;
    const struct buf *notes;
};

static enum err_kind write_html(const char *path, const struct try *try,
                                const struct report *report, const struct said *said,
                                struct err *err)
{
    const struct price *price = said->price;
    AUTO(buf_free) struct buf out = buf_new(TEXT_BYTES_MAX);
    buf_text(&out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
                   "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    chart_text(&out, try->policy->id);
    buf_print(&out, "</title><style>%s</style></head>\n<body>\n<h1>", style);
    chart_text(&out, try->policy->title.at[LANGUAGE_EN]);
    buf_text(&out, "</h1>\n<pre>");
    chart_text(&out, said->notes->at);
    buf_text(&out, "</pre>\n");
    report_svg(report, &out);
    if (price) {
        put_returns(try, price, &out);
        buf_text(&out, "<h2>Figures</h2>\n");
        figures_html(&price->figures, &out);
        put_seasons(price, &out);
    }
    if (said->verified)
        report_forecasts_html(said->verified, &out);
    if (report->losses) {
        AUTO(buf_free) struct buf skill = buf_new(TEXT_BYTES_MAX);
        report_skill(report, &skill);
        buf_text(&out, "<h2>Beside what was reported</h2>\n<pre>");
        chart_text(&out, skill.at);
        buf_text(&out, "</pre>\n");
    }
    buf_text(&out, "</body>\n</html>\n");
    return try_write(path, &out, err);
}

// --- the program
// ------------------------------------------------------------------------------------

static void print(const struct cli *cli, const struct report *report, const struct said *said)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *doc = report_doc(report);
        if (said->price)
            doc_put(doc, "figures", figures_doc(&said->price->figures));
        if (said->verified)
            doc_put(doc, "forecasts", report_forecasts_doc(said->verified));
        cli_print(doc);
        return;
    }
    if (cli_quiet(cli))
        return;
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
    buf_str(&text, buf_slice(said->notes));
    if (said->price)
        figures_text(&said->price->figures, &text);
    if (said->verified)
        report_forecasts(said->verified, &text);
    if (report->losses)
        report_skill(report, &text);
    (void)fputs(text.at, stdout);
}

static enum err_kind write_files(const struct cli *cli, const struct try *try,
                                 const struct report *report, const struct said *said,
                                 struct err *err)
{
    const char *html = cli_value(cli, "html"), *csv = cli_value(cli, "csv");
    AUTO(buf_free) struct buf table = buf_new(TABLE_BYTES_MAX);
    if (html && write_html(html, try, report, said, err))
        return err_of(err);
    if (!csv)
        return OK;
    if (!said->verified)
        return err_usage(err, "--csv is of forecasts beside what was --observed; gong backtest has "
                              "the table of seasons");
    report_forecasts_csv(report, &table);
    return try_write(csv, &table, err);
}

static enum err_kind price_or_score(const struct cli *cli, const struct try *try,
                                    const struct report *report, struct err *err)
{
    struct price_query query;
    AUTO(price_free) struct price price = {0};
    AUTO(verified_free) struct verified verified = {0};
    AUTO(buf_free) struct buf notes = buf_new(TEXT_BYTES_MAX);
    bool is_alert = try->policy->kind == POLICY_ALERT;
    const struct forecasts *forecasts = try->backtest.forecasts;
    const struct said said = {is_alert ? NULL : &price, forecasts ? &verified : NULL, &notes};
    if (is_alert && !report->losses && !forecasts)
        return err_set(
            err, ERR_INPUT, "policy %s is an alert: give --reported CSV%s to see how good it was",
            try->policy->id, try->policy->watch == WATCH_FORECAST ? " or --observed SOURCE" : "");
    if (read_query(cli, try, &query, err) ||
        (!is_alert && price_make(&try->backtest, report->losses, &query, &price, err)) ||
        (forecasts && verified_make(&try->backtest, &verified, err)))
        return err_of(err);
    put_notes(try, &query, &notes);
    if (write_files(cli, try, report, &said, err))
        return err_of(err);
    print(cli, report, &said);
    return OK;
}

static int run(const struct cli *cli)
{
    struct err err = {0};
    static const char *const writes[] = {"csv", "html", NULL};
    AUTO(try_close) struct try try = {0};
    if (cli_apart(cli, writes, try_reads, &err) || try_run(cli, &try, &err))
        return cli_fail(cli, &err);
    struct report report = {.backtest = &try.backtest,
                            .history = &try.history,
                            .losses = try.has_losses ? &try.losses : NULL,
                            .share = try.share,
                            .series = try.heading,
                            .product = try_product(&try)};
    if (price_or_score(cli, &try, &report, &err))
        return cli_fail(cli, &err);
    return EXIT_YES;
}

static const struct cli_option options[] = {
    TRY_OPTIONS,
    {"place", "CODE", "one place alone instead of all as one portfolio"},
    {"detrend", NULL, "move each place's index along its trend to the last season"},
    {"detrend-to", "YEAR", "or to the season of that year, which is covered"},
    {"risk-return", "PERCENT", "return on the risk that is carried; 6 without it"},
    {"expense", "PERCENT", "of the gross premium for expenses; 15 without it"},
    {"sd-share", "PERCENT", "of the standard deviation that is loaded; 30 without it"},
    {"catastrophe", "PERCENT", "a loss of this much is one; 40 without it"},
    {"small-loss", "PERCENT", "a loss under this is small; 20 without it"},
    {"csv", "FILE", "of forecasts: every run and place beside what was observed"},
    {"html", "FILE", "the whole as a page with charts"},
    {0},
};

int main(int argc, char **argv)
{
    static const struct cli_verb verbs[] = {
        {.name = "",
         .args = "POLICY",
         .help = "price a cover, or score an alert beside what was reported",
         .example =
             "gong price cover.yaml --series rain.nc --reported losses.csv --html price.html",
         .options = options,
         .args_min = 1,
         .args_max = 1,
         .run = run},
    };
    static const struct cli_program program = {
        "gong-price", "what a cover must cost, and how sure that is; how good an alert was", verbs,
        COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
