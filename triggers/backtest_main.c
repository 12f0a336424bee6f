// gong-backtest: what a policy would have said and paid in every season of the past.
#include "core/cli.h"
#include "core/mem.h"
#include "triggers/report.h"
#include "triggers/sweep.h"
#include "triggers/try.h"

#include <stdio.h>

enum { TABLE_BYTES_MAX = 1 << 30 };

static enum err_kind write_files(const struct cli *cli, const struct report *report,
                                 struct err *err)
{
    const char *csv = cli_value(cli, "csv"), *svg = cli_value(cli, "svg"),
               *netcdf = cli_value(cli, "netcdf");
    AUTO(buf_free) struct buf table = buf_new(TABLE_BYTES_MAX);
    AUTO(buf_free) struct buf picture = buf_new(TABLE_BYTES_MAX);
    if (csv) {
        report_csv(report, &table);
        if (try_write(csv, &table, err))
            return err_of(err);
    }
    if (svg) {
        report_svg(report, &picture);
        if (try_write(svg, &picture, err))
            return err_of(err);
    }
    return netcdf ? report_netcdf(report, netcdf, err) : OK;
}

static int run(const struct cli *cli)
{
    struct err err = {0};
    static const char *const writes[] = {"csv", "netcdf", "svg", NULL};
    AUTO(try_close) struct try try = {0};
    if (cli_apart(cli, writes, try_reads, &err) || try_run(cli, &try, &err))
        return cli_fail(cli, &err);
    struct report report = {.backtest = &try.backtest,
                            .history = &try.history,
                            .losses = try.has_losses ? &try.losses : NULL,
                            .share = try.share,
                            .series = try.heading,
                            .product = try_product(&try)};
    AUTO(sweep_free) struct sweep_rows sweep = {0};
    const char *range = cli_value(cli, "sweep");
    if ((range && sweep_make(&try.backtest, report.losses, range, &sweep, &err)) ||
        write_files(cli, &report, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *doc = report_doc(&report);
        if (range)
            doc_put(doc, "sweep", sweep_doc(&sweep));
        cli_print(doc);
    } else if (!cli_quiet(cli)) {
        AUTO(buf_free) struct buf text = buf_new(TABLE_BYTES_MAX);
        report_text(&report, &text);
        if (range)
            sweep_text(&sweep, &try.backtest, report.losses, &text);
        (void)fputs(text.at ? text.at : "", stdout);
    }
    return EXIT_YES;
}

static const struct cli_option options[] = {
    TRY_OPTIONS,
    {"sweep", "FROM,TO,STEP", "every threshold of a range beside the past: 100,300,10"},
    {"csv", "FILE", "every season and place as a table"},
    {"netcdf", "FILE", "the same as CF timeSeries, for xarray and CDO"},
    {"svg", "FILE", "a chart of index, strike and payouts by season"},
    {0},
};

int main(int argc, char **argv)
{
    static const struct cli_verb verbs[] = {
        {.name = "",
         .args = "POLICY",
         .help = "try a policy on every season of a series file, or of a site's readings",
         .example = "gong backtest cover.yaml --series rain.nc --set \"strike=120 mm\" --svg a.svg",
         .options = options,
         .args_min = 1,
         .args_max = 1,
         .run = run},
    };
    static const struct cli_program program = {
        "gong-backtest", "what a policy would have said and paid in every past season", verbs,
        COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
