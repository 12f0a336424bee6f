// gong-series: series files, values by place and step over years, for backtests and prices.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "ingest/convoy.h"
#include "ingest/series.h"
#include "ingest/work.h"
#include "ledger/seriesfile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int usage(const char *sentence)
{
    (void)fprintf(stderr, "gong-series: %s\n", sentence);
    return EXIT_USAGE;
}

static void show_progress(void *self, size_t done, size_t total)
{
    struct progress *progress = self;
    progress->total = total;
    progress_step(progress, done);
}

static void print_report(const struct cli *cli, const char *path,
                         const struct series_report *report)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *doc = doc_object();
        doc_put_text(doc, "file", path);
        doc_put_int(doc, "places", (int64_t)report->places);
        doc_put_int(doc, "steps", (int64_t)report->steps);
        doc_put_text(doc, "from", utc_text(report->first).at);
        doc_put_text(doc, "to", utc_text(report->last).at);
        doc_put_int(doc, "missing", report->missing);
        cli_print(doc);
    } else if (!cli_quiet(cli)) {
        (void)printf("%s: %zu steps of %zu places, %s to %s; %" PRId64 " values not known\n", path,
                     report->steps, report->places, utc_text(report->first).at,
                     utc_text(report->last).at, report->missing);
    }
}

static enum err_kind times(const struct cli *cli, struct series_wish *wish, struct err *err)
{
    const char *from = cli_value(cli, "from"), *to = cli_value(cli, "to");
    wish->from = wish->to = UTC_NEVER;
    if (from && utc_parse(str_of(from), &wish->from, err))
        return err_add(err, "reading --from");
    if (to && utc_parse(str_of(to), &wish->to, err))
        return err_add(err, "reading --to");
    return OK;
}

static enum err_kind build(const struct cli *cli, const struct work *work, struct convoy *convoy,
                           const struct series_wish *wish, struct series_report *report,
                           struct err *err)
{
    const struct source *source = NULL;
    const char *grids = cli_value(cli, "grids"), *set = cli_value(cli, "set");
    struct decode_limits limits = {
        .mib_max = site_whole(work->site, "decode_mib_max"),
        .cpu_s = site_whole(work->site, "decode_cpu_s"),
    };
    if (sources_find(work->sources, cli_value(cli, "source"), &source, err))
        return err_of(err);
    struct series_wish told = *wish;
    told.product = source->title;
    told.licence = source->licence;
    if (grids)
        return series_of_grids(work->map,
                               &(struct series_grids){grids, work->site, source, &limits, convoy},
                               &told, report, err);
    return series_of_site(work->ledger, work->map, source->name, set ? set : source->boundary_set,
                          &told, report, err);
}

static const char *const written[] = {"out", NULL};

// Every file of the folder of grids is read.
static enum err_kind apart_from_grids(const struct cli *cli, struct err *err)
{
    const char *grids = cli_value(cli, "grids"), *out = cli_value(cli, "out");
    AUTO(mem_drop) char *folder = file_folder(out);
    if (grids && file_same(folder, grids))
        return err_usage(err,
                         "--out %s lies among the --grids, which are all read; name another file "
                         "elsewhere",
                         out);
    return OK;
}

static int run_build(const struct cli *cli)
{
    struct err err = {0};
    AUTO(work_close) struct work work = {0};
    AUTO(convoy_free) struct convoy *convoy = NULL;
    struct progress progress = progress_new(cli, "series", 1);
    struct series_report report = {0};
    struct series_wish wish = {.variable = cli_value(cli, "variable"),
                               .out = cli_value(cli, "out"),
                               .progress = show_progress,
                               .self = &progress};
    if (!wish.out || !cli_value(cli, "source"))
        return usage("build needs --source NAME and --out FILE");
    static const char *const read[] = {NULL};
    if (cli_apart(cli, written, read, &err) || apart_from_grids(cli, &err) ||
        times(cli, &wish, &err))
        return cli_fail(cli, &err);
    bool grids = cli_value(cli, "grids");
    if (grids)
        convoy = convoy_new(NULL);
    if ((grids ? work_open_map(cli, &work, &err) : work_open(cli, &work, &err)) ||
        build(cli, &work, convoy, &wish, &report, &err))
        return cli_fail(cli, &err);
    progress_end(&progress);
    print_report(cli, wish.out, &report);
    return EXIT_YES;
}

static int run_import(const struct cli *cli)
{
    struct err err = {0};
    struct series_report report = {0};
    const char *source = cli_value(cli, "source"), *set = cli_value(cli, "set");
    struct series_wish wish = {.variable = cli_value(cli, "variable"),
                               .out = cli_value(cli, "out"),
                               .from = UTC_NEVER,
                               .to = UTC_NEVER};
    struct series_table table = {
        .path = cli_arg(cli, 0),
        .place = cli_value(cli, "place"),
        .value = cli_value(cli, "value"),
        .year = cli_value(cli, "year"),
        .month = cli_value(cli, "month"),
        .date = cli_value(cli, "date"),
        .places = cli_value(cli, "places"),
        .source = source ? source : "table",
        .boundary_set = set ? set : "stations",
    };
    if (!wish.out || !table.place || !table.value || (!table.date && (!table.year || !table.month)))
        return usage("import needs --out FILE and the columns: --place, --value, and --date or "
                     "--year with --month");
    static const char *const read[] = {"places", NULL};
    if (cli_apart(cli, written, read, &err) || series_of_table(&table, &wish, &report, &err))
        return cli_fail(cli, &err);
    print_report(cli, wish.out, &report);
    return EXIT_YES;
}

static int run_show(const struct cli *cli)
{
    struct err err = {0};
    AUTO(seriesfile_close) struct seriesfile *series = NULL;
    if (seriesfile_open(cli_arg(cli, 0), &series, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *doc = doc_object();
        doc_put_text(doc, "variable", series->variable);
        doc_put_text(doc, "source", series->source);
        doc_put_text(doc, "boundary_set", series->boundary_set);
        doc_put_int(doc, "places", (int64_t)series->places);
        doc_put_int(doc, "steps", (int64_t)series->count);
        cli_print(doc);
        return EXIT_YES;
    }
    (void)printf("%s of %s over %s: %zu steps of %zu places", series->variable, series->source,
                 series->boundary_set, series->count, series->places);
    if (series->count)
        (void)printf(", %s to %s", utc_text(series->span[0].from).at,
                     utc_text(series->span[series->count - 1].to).at);
    (void)printf("%s\n", series->cover ? ", with coverage" : "");
    return EXIT_YES;
}

static const struct cli_option build_options[] = {
    {"source", "NAME", "the source in sources.yaml"},
    {"variable", "NAME", "rain, wind, gust or temperature; the source's first without it"},
    {"out", "FILE", "the series file that is made"},
    {"grids", "DIR", "every file of this folder instead of the site's readings"},
    {"set", "NAME", "boundary set of the readings; the source's without it"},
    {"from", "TIME", "steps from this time on"},
    {"to", "TIME", "steps up to this time"},
    {0},
};

static const struct cli_option import_options[] = {
    {"out", "FILE", "the series file that is made"},
    {"place", "COLUMN", "column of the place's name or code"},
    {"value", "COLUMN", "column of the value, in mm (m/s, K); empty: not known"},
    {"year", "COLUMN", "column of the year, with --month"},
    {"month", "COLUMN", "column of the month, 1 to 12"},
    {"date", "COLUMN", "column of the day, 2024-09-07, for daily values"},
    {"places", "CSV", "table with the same column of places, and lat, lon"},
    {"variable", "NAME", "what is measured; rain without it"},
    {"source", "NAME", "name of the source in the file; table without it"},
    {"set", "NAME", "name of the set of places; stations without it"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "build",
     .args = "",
     .help = "make a series file of the site's readings, or of a folder of grids",
     .example = "gong series build --source demo-daily --out rain.nc --site mysite",
     .options = build_options,
     .run = run_build},
    {.name = "import",
     .args = "CSV",
     .help = "make a series file of a table of stations",
     .example = "gong series import stations.csv --place station --value rainfall_mm --year year "
                "--month month --out stations.nc",
     .options = import_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_import},
    {.name = "show",
     .args = "FILE",
     .help = "what a series file holds",
     .example = "gong series show rain.nc",
     .args_min = 1,
     .args_max = 1,
     .run = run_show},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        "gong-series", "series files: values by place and step over years", verbs, COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
