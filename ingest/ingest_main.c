// gong-ingest: from sources to readings. See ingest/README.md.
#include "core/cli.h"
#include "core/doc.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/proc.h"
#include "ingest/derive.h"
#include "ingest/fetch.h"
#include "ingest/prune.h"
#include "ingest/replay.h"
#include "ingest/show.h"
#include "ingest/silence.h"
#include "ingest/stations.h"
#include "ingest/work.h"
#include "ledger/now.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct decode_limits limits_of(const struct work *work)
{
    return (struct decode_limits){
        .mib_max = site_whole(work->site, "decode_mib_max"),
        .cpu_s = site_whole(work->site, "decode_cpu_s"),
    };
}

// Entries of a drill whose clock is the data carry the data's time, never the machine's.
static bool is_by_data(const struct work *work)
{
    return strcmp(site_text(work->site, "clock"), "data") == 0 && !cli_value(work->cli, "now");
}

// --- decode
// -----------------------------------------------------------------------------------------

// What waits for another file is tried again when others have been read: they come in any order.
struct waiting {
    size_t count;
    const struct raw **raw; // [count]
    struct err *why;        // [count]
};

static void waiting_free(struct waiting *waiting)
{
    mem_free(&waiting->raw);
    mem_free(&waiting->why);
}

// A file that is read after a later version of it would be the newest revision, with the older
// figures: it stays behind an earlier one that waits, of the same address, or a table
// (each carries on what those before it said) of the same source. OK when there is none.
static enum err_kind stay_behind(const struct work *work, const struct raw *raw,
                                 const struct waiting *waiting, struct err *err)
{
    struct err unknown = {0}; // told when it is read
    const struct source *source = NULL;
    bool table = sources_find(work->sources, raw->source, &source, &unknown) == OK &&
                 source_is_table(source);
    for (size_t i = 0; i < waiting->count; i++) {
        const struct raw *before = waiting->raw[i];
        if (strcmp(before->source, raw->source) == 0 &&
            (table || strcmp(before->url, raw->url) == 0))
            return err_set(err, ERR_LATER, "%s, which came before it, waits; it is read after that",
                           table ? before->url : "an earlier version of it");
    }
    return OK;
}

static void count_made(const struct raw *raw, const struct derived *made,
                       struct work_report *report)
{
    struct err why = {0};
    report->readings += made->fresh;
    if (!made->refused) {
        report->read++;
        return;
    }
    report->refused++;
    (void)err_set(&why, ERR_INPUT, "%s", made->why);
    work_failed(report, raw->url, &why);
}

static enum err_kind decode_one(const struct work *work, struct derive *derive,
                                const struct raw *raw, struct waiting *waiting,
                                struct work_report *report, struct err *err)
{
    struct utc now;
    struct derived made;
    struct err why = {0};
    if (ledger_now(work->cli, work->site, work->ledger, &now, err))
        return err->kind;
    enum err_kind kind = stay_behind(work, raw, waiting, &why);
    if (!kind)
        kind = derive_raw(derive, raw, now, is_by_data(work), &made, &why);
    if (kind == ERR_BROKEN) {
        *err = why;
        return kind;
    }
    if (kind != OK) { // it stays, and is tried again
        waiting->raw[waiting->count] = raw;
        waiting->why[waiting->count++] = why;
        return OK;
    }
    count_made(raw, &made, report);
    return OK;
}

// Tries all of `list`; what has to wait is left in it.
static enum err_kind decode_round(const struct work *work, struct derive *derive,
                                  struct waiting *list, struct work_report *report, struct err *err)
{
    struct progress progress = work_progress(work, "decode", list->count);
    size_t count = list->count;
    list->count = 0;
    for (size_t i = 0, ahead = 0; i < count && !cli_stopped(); i++) {
        for (; ahead < count && ahead < i + DERIVE_AHEAD; ahead++)
            derive_ahead(derive, list->raw[ahead]);
        if (work->tick)
            work->tick(work->tick_self);
        if (decode_one(work, derive, list->raw[i], list, report, err))
            return err->kind;
        progress_step(&progress, i + 1);
    }
    if (count)
        progress_end(&progress);
    return OK;
}

static enum err_kind decode_all(const struct work *work, struct work_report *report,
                                struct err *err)
{
    struct decode_limits limits = limits_of(work);
    AUTO(raws_free) struct raws raws = {0};
    AUTO(waiting_free) struct waiting list = {0};
    AUTO(derive_free) struct derive *derive = derive_new(work, work->ledger, &limits);
    AUTO(work_unlock) int lock = -1;
    if (work_lock(work, &lock, err) || raw_list(work->ledger, NULL, RAW_FETCHED, 0, &raws, err))
        return err->kind;
    list.raw = mem_new(raws.count + 1, sizeof(const struct raw *));
    list.why = mem_new(raws.count + 1, sizeof(*list.why));
    for (; list.count < raws.count; list.count++)
        list.raw[list.count] = &raws.at[list.count];
    for (size_t before = SIZE_MAX; list.count && list.count < before && !cli_stopped();) {
        before = list.count;
        if (decode_round(work, derive, &list, report, err))
            return err->kind;
    }
    for (size_t i = 0; i < list.count; i++) {
        report->waiting++;
        work_failed(report, list.raw[i]->url, &list.why[i]);
    }
    return OK;
}

// --- fetch
// ------------------------------------------------------------------------------------------

static enum err_kind fetch_all(const struct work *work, bool dry, struct work_report *report,
                               struct err *err)
{
    const char *only = cli_value(work->cli, "source");
    const struct source *one = NULL;
    if (only && sources_find(work->sources, only, &one, err))
        return err->kind;
    return fetch_sources(work, one, dry, report, err);
}

static enum err_kind read_day(const struct work *work, const char *option, struct utc *out,
                              struct err *err)
{
    const char *text = cli_value(work->cli, option);
    if (!text)
        return err_usage(err, "from when to when? write: gong ingest backfill --source NAME --from "
                              "2024-09-01 --to 2024-09-30");
    return utc_parse(str_of(text), out, err) ? err_add(err, "reading --%s", option) : OK;
}

static enum err_kind backfill(const struct work *work, struct work_report *report, struct err *err)
{
    const char *name = cli_value(work->cli, "source");
    const struct source *source = NULL;
    struct fetch_range range = {.dry = cli_has(work->cli, "dry-run")};
    if (!name)
        return err_usage(err, "of which source? write --source NAME");
    if (sources_find(work->sources, name, &source, err) ||
        read_day(work, "from", &range.from, err) || read_day(work, "to", &range.to, err))
        return err_of(err);
    // A day alone is the whole of it.
    if (strlen(cli_value(work->cli, "to")) == strlen("2024-09-30"))
        range.to.s += DAY_S - 1;
    return fetch_backfill(work, source, &range, report, err);
}

static enum err_kind fetch_named(const struct work *work, struct work_report *report,
                                 struct err *err)
{
    const char *name = cli_value(work->cli, "source");
    const struct source *source = NULL;
    if (cli_count(work->cli) == 0)
        return fetch_all(work, cli_has(work->cli, "dry-run"), report, err);
    if (!name)
        return err_usage(err, "whose file is it? write: gong ingest fetch URL --source NAME");
    if (sources_find(work->sources, name, &source, err))
        return err->kind;
    bool named = cli_has(work->cli, "as");
    if (named && cli_count(work->cli) % 2)
        return err_usage(
            err, "with --as every file is followed by the address that it is recorded under");
    for (size_t i = 0; i < cli_count(work->cli); i += named ? 2 : 1) {
        if (fetch_url(work, source, cli_arg(work->cli, i), named ? cli_arg(work->cli, i + 1) : NULL,
                      report, err))
            return err->kind;
    }
    return OK;
}

static enum err_kind run_once(const struct work *work, struct work_report *report, struct err *err)
{
    struct err why = {0};
    if (fetch_all(work, false, report, err) || decode_all(work, report, err))
        return err->kind;
    enum err_kind kind = silence_look(work, &why);
    if (kind == ERR_BROKEN) {
        *err = why;
        return kind;
    }
    if (kind) // an alarm that could not be told stays, and is told by the next run
        log_err("silence", &why);
    return OK;
}

static enum err_kind replay(const struct work *work, struct work_report *report, struct err *err)
{
    struct decode_limits limits = limits_of(work);
    const char *folder = cli_value(work->cli, "into");
    if (!folder)
        return err_usage(err, "where to? write: gong ingest replay --into FOLDER");
    return replay_into(work, folder, &limits, report, err);
}

// What must not wait for a slow server: the look at the clock, and the sign of life.
struct pulse {
    const struct work *work;
    int64_t every_ms, next_ms;
};

static void pulse_tick(void *self)
{
    struct pulse *pulse = self;
    struct err err = {0};
    if (clock_ticks_ms() < pulse->next_ms)
        return;
    pulse->next_ms = clock_ticks_ms() + pulse->every_ms;
    if (silence_look(pulse->work, &err) || silence_beat(pulse->work, &err))
        log_err("silence", &err);
}

// Runs every poll_s until it is told to stop. What fails is logged and tried again.
static enum err_kind watch(const struct work *work, struct work_report *report, struct err *err)
{
    struct utc fixed;
    struct clock clock;
    if (cli_clock(work->cli, work->site, &fixed, &clock, err))
        return err->kind;
    struct work quiet = *work; // borrows all that it holds
    quiet.silent = true;
    quiet.patient = true;
    struct pulse pulse = {.work = work, .every_ms = site_whole(work->site, "poll_s") * 1000};
    quiet.tick = pulse_tick;
    quiet.tick_self = &pulse;
    log_info("watching %zu sources", work->sources->count);
    while (!cli_stopped()) {
        struct work_report round = {0};
        pulse_tick(&pulse);
        if (run_once(&quiet, &round, err)) {
            if (err->kind == ERR_BROKEN)
                return err->kind;
            log_err("ingest", err);
        }
        if (round.read || round.refused)
            log_info("%" PRId64 " files read, %" PRId64 " refused, %" PRId64 " new readings",
                     round.read, round.refused, round.readings);
        report->readings += round.readings;
        if (!cli_stopped())
            clock.pause_ms(clock.self, site_whole(work->site, "poll_s") * 1000);
    }
    return OK;
}

// --- the end of every verb
// --------------------------------------------------------------------------

static void print_report(const struct cli *cli, const struct work_report *report)
{
    const struct {
        const char *name;
        int64_t count;
    } counts[] = {
        {"fetched", report->fetched}, {"known", report->known},       {"missing", report->missing},
        {"failed", report->failed},   {"read", report->read},         {"refused", report->refused},
        {"waiting", report->waiting}, {"readings", report->readings}, {"planned", report->planned},
    };
    AUTO(buf_free) struct buf line = buf_new(4096);
    AUTO(doc_free) struct doc *doc = doc_object();
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        doc_put_int(doc, counts[i].name, counts[i].count);
        if (!cli_json(cli) && (counts[i].count || i == 0))
            buf_print(&line, "%s%s %" PRId64, i ? ", " : "", counts[i].name, counts[i].count);
    }
    if (cli_json(cli))
        doc_canonical(doc, &line);
    if (cli_json(cli) || !cli_quiet(cli))
        (void)printf("%s\n", line.at);
}

static int run_verb(const struct cli *cli,
                    enum err_kind (*verb)(const struct work *work, struct work_report *report,
                                          struct err *err))
{
    struct err err = {0};
    struct work_report report = {0};
    AUTO(work_close) struct work work = {0};
    if (!proc_has_landlock())
        log_warn(
            "this kernel has no landlock (Linux 5.13 or later, switched on): files are read by "
            "a child that is held by seccomp alone; GRIB and OPeNDAP are not read");
    if (work_open(cli, &work, &err) || verb(&work, &report, &err))
        return cli_fail(cli, &err);
    print_report(cli, &report);
    return err_exit_code(report.worst);
}

static int run_stations(const struct cli *cli)
{
    struct err err = {0};
    AUTO(work_close) struct work work = {0};
    if (work_open(cli, &work, &err))
        return cli_fail(cli, &err);
    struct decode_limits limits = limits_of(&work);
    return stations_verb(&work, &limits, &err) ? cli_fail(cli, &err) : EXIT_YES;
}
static int run_prune(const struct cli *cli)
{
    struct err err = {0};
    const struct source *only = NULL;
    const char *name = cli_value(cli, "source");
    bool dry = cli_has(cli, "dry-run");
    struct prune_report report;
    AUTO(work_close) struct work work = {0};
    if (work_open(cli, &work, &err) || (name && sources_find(work.sources, name, &only, &err)) ||
        prune_archive(&work, only, dry, &report, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *doc = doc_object();
        doc_put_int(doc, "released", report.released);
        doc_put_int(doc, "bytes", report.bytes);
        doc_put_int(doc, "kept", report.kept);
        cli_print(doc);
    } else if (!cli_quiet(cli)) {
        (void)printf(
            "%s %" PRId64 " files, %" PRId64 " bytes; %" PRId64 " older ones are needed and stay\n",
            dry ? "would let go of" : "let go of", report.released, report.bytes, report.kept);
    }
    return EXIT_YES;
}
static int run_origin(const struct cli *cli)
{
    struct err err = {0};
    AUTO(work_close) struct work work = {0};
    if (work_open(cli, &work, &err) || show_origin(&work, &err))
        return cli_fail(cli, &err);
    return EXIT_YES;
}
static int run_heartbeat(const struct cli *cli)
{
    struct err err = {0};
    AUTO(work_close) struct work work = {0};
    if (work_open(cli, &work, &err) || silence_heard(&work, &err))
        return cli_fail(cli, &err);
    return EXIT_YES;
}
// Without ledger and map: also where those cannot be opened, it says what is wrong in the file.
static int run_check(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(sources_free) struct sources *sources = NULL;
    if (cli_site(cli, &site, &err))
        return cli_fail(cli, &err);
    AUTO(mem_drop) char *path = site_path(site, "sources.yaml");
    if (sources_load(path, &sources, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "sources", (int64_t)sources->count);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("%s: ok, %zu sources\n", path, sources->count);
    }
    return EXIT_YES;
}
static int run_fetch(const struct cli *cli)
{
    return run_verb(cli, fetch_named);
}
static int run_backfill(const struct cli *cli)
{
    return run_verb(cli, backfill);
}
static int run_decode(const struct cli *cli)
{
    return run_verb(cli, decode_all);
}
static int run_run(const struct cli *cli)
{
    return run_verb(cli, run_once);
}
static int run_watch(const struct cli *cli)
{
    return run_verb(cli, watch);
}
static int run_replay(const struct cli *cli)
{
    return run_verb(cli, replay);
}

static const struct cli_option source_option[] = {
    {"source", "NAME", "only this source of sources.yaml"},
    {NULL, NULL, NULL},
};
static const struct cli_option fetch_options[] = {
    {"source", "NAME", "only this source of sources.yaml"},
    {"dry-run", NULL, "print what would be done, do nothing"},
    {"as", NULL, "each file is followed by the address that it is recorded under"},
    {NULL, NULL, NULL},
};
static const struct cli_option backfill_options[] = {
    {"source", "NAME", "the source of sources.yaml"},
    {"from", "TIME", "first step: 2024-09-01 or 2024-09-01T06:00Z"},
    {"to", "TIME", "last step; a day alone is the whole of it"},
    {"dry-run", NULL, "print the addresses, fetch nothing"},
    {NULL, NULL, NULL},
};
static const struct cli_option stations_options[] = {
    {"source", "NAME", "the source of sources.yaml"},
    {"code", "COLUMN", "column of FILE that holds the station's code"},
    {"name", "COLUMN", "column that holds its name"},
    {"latitude", "COLUMN", "column that holds its latitude"},
    {"longitude", "COLUMN", "column that holds its longitude"},
    {NULL, NULL, NULL},
};
static const struct cli_option heartbeat_options[] = {
    {"max-age", "SPAN", "how old the last sign of life may be (5 min)"},
    {NULL, NULL, NULL},
};
static const struct cli_option into_option[] = {
    {"into", "FOLDER", "where the new ledger is made"},
    {NULL, NULL, NULL},
};

int main(int argc, char **argv)
{
    static const struct cli_verb verbs[] = {
        {"fetch", "[URL...]", "bring what is new at the sources, or these files, into the archive",
         "gong ingest fetch file:///data/tp_2020.nc --source era5land-monthly", fetch_options, 0,
         1000, run_fetch, false},
        {"backfill", "", "bring every file of a time that is past; may be stopped and begun again",
         "gong ingest backfill --source imerg-late --from 2024-09-01 --to 2024-09-30 --dry-run",
         backfill_options, 0, 0, run_backfill, false},
        {"decode", "", "make readings of every raw file that was fetched", "gong ingest decode",
         NULL, 0, 0, run_decode, false},
        {"run", "", "fetch, then decode, once", "gong ingest run --source demo-observed",
         source_option, 0, 0, run_run, false},
        {"stations", "[FILE]",
         "list the stations of a source, or take a list of them from a CSV file",
         "gong ingest stations gauges.csv --source my-gauges --code id --latitude lat --longitude "
         "lon",
         stations_options, 0, 1, run_stations, false},
        {"origin", "HASH", "where bytes of the archive came from: address, time, headers, proof",
         "gong ingest origin 6e645d09f6d93454c0bf2c014e4498ef062a624207ecfcbb22c58afd450da0c8",
         NULL, 1, 1, run_origin, false},
        {"prune", "", "let go of raw files older than their retention that no decision refers to",
         "gong ingest prune --dry-run", fetch_options, 0, 0, run_prune, false},
        {"check", "", "say whether sources.yaml can be read, and what is wrong where: exit 3",
         "gong ingest check --site mysite", NULL, 0, 0, run_check, false},
        {"heartbeat", "",
         "say whether gong-ingest is alive, for a watcher outside: exit 4 when not",
         "gong ingest heartbeat --max-age '5 min'", heartbeat_options, 0, 0, run_heartbeat, false},
        {"watch", "", "run every poll_s seconds until told to stop", "gong ingest watch",
         source_option, 0, 0, run_watch, true},
        {"replay", "", "derive all readings again from the archive, into a new ledger",
         "gong ingest replay --into again", into_option, 0, 0, run_replay, false},
    };
    static const struct cli_program program = {
        .name = "gong-ingest",
        .help = "from weather sources to readings of communes",
        .verbs = verbs,
        .count = COUNT_OF(verbs),
    };
    return cli_main(&program, argc, argv);
}
