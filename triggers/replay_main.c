// gong-replay: from the archived raw files to every decision, again, compared bit for bit.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "triggers/replay.h"
#include "triggers/unbundle.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 20, OUTPUT_BYTES_MAX = 64 * 1024, TAR_BYTES_MAX = 1 << 30 };

// A folder that goes when the program ends.
struct scratch {
    char *folder; // heap
};

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void scratch_free(struct scratch *scratch)
{
    if (scratch->folder)
        (void)nftw(scratch->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    mem_free(&scratch->folder);
}

static enum err_kind scratch_make(const struct site *site, struct scratch *out, struct err *err)
{
    AUTO(mem_drop) char *run = site_path(site, "run");
    char *folder = file_join(run, "replay-XXXXXX");
    if (!mkdtemp(folder)) {
        mem_free(&folder);
        return err_errno(err, ERR_LATER, "cannot make a folder in %s", run);
    }
    out->folder = folder;
    return OK;
}

// gong-ingest makes the readings again: this program never opens a weather file.
static enum err_kind derive_readings(const struct site *site, const char *into, struct err *err)
{
    AUTO(mem_drop) char *program = proc_program("gong-ingest");
    AUTO(buf_free) struct buf out = buf_new(OUTPUT_BYTES_MAX);
    AUTO(buf_free) struct buf complaint = buf_new(OUTPUT_BYTES_MAX);
    const char *argv[] = {program,  "replay",          "--into",  into,
                          "--site", site_folder(site), "--quiet", NULL};
    struct proc_limits limits = {.output_bytes_max = OUTPUT_BYTES_MAX};
    int code = 0;
    if (proc_run(argv, -1, &limits, &out, &complaint, &code, err))
        return err_of(err);
    if (code != EXIT_YES)
        return err_set(err, ERR_BROKEN, "the raw files could not be read again: %s",
                       complaint.at ? complaint.at : "gong-ingest ended badly");
    return OK;
}

struct screen {
    const struct cli *cli;
    size_t shown;
    struct doc *differences; // array
    struct progress progress;
};

static void show_difference(void *self, const char *what)
{
    struct screen *screen = self;
    if (screen->shown++ >= SHOWN_MAX)
        return;
    doc_push_text(screen->differences, what);
    if (!cli_json(screen->cli))
        (void)fprintf(stderr, "differs: %s\n", what);
}

static void show_progress(void *self, size_t done, size_t total)
{
    struct screen *screen = self;
    if (!screen->progress.total)
        screen->progress = progress_new(screen->cli, "deciding again", total);
    progress_step(&screen->progress, done);
}

// `bundle`: what it came out of; NULL: a site.
static void print_report(const struct cli *cli, const struct replay_report *report,
                         const struct unbundled *bundle, const struct screen *screen)
{
    AUTO(doc_free) struct doc *result = doc_object();
    doc_put_bool(result, "identical", report->differences == 0);
    if (bundle)
        doc_put_bool(result, "signed", bundle->vouched);
    doc_put_int(result, "decisions", (int64_t)report->decisions);
    doc_put_int(result, "alerts", (int64_t)report->alerts);
    doc_put_int(result, "readings", (int64_t)report->readings);
    doc_put_int(result, "payouts", (int64_t)report->payouts);
    doc_put_int(result, "unchecked", (int64_t)report->unchecked);
    doc_put_int(result, "differences", (int64_t)report->differences);
    doc_put_same(result, "first", screen->differences);
    if (cli_json(cli)) {
        cli_print(result);
        return;
    }
    if (report->unchecked)
        (void)printf("replay: %zu payouts could not be checked: their contracts are no longer in "
                     "the register\n",
                     report->unchecked);
    if (report->differences)
        (void)printf("replay: %zu differences (%zu decisions, %zu readings, %zu payouts)\n",
                     report->differences, report->decisions, report->readings, report->payouts);
    else
        (void)printf("replay: identical (%zu decisions, %zu readings, %zu payouts)\n",
                     report->decisions, report->readings, report->payouts);
}

// Everything that is open.
struct desk {
    struct site *site;
    struct scratch scratch;
    struct ledger *ledger, *readings;
    struct people *people;
    struct map *map;
};

static void desk_close(struct desk *desk)
{
    ledger_close(&desk->ledger);
    ledger_close(&desk->readings);
    people_close(&desk->people);
    map_close(&desk->map);
    scratch_free(&desk->scratch);
    site_free(&desk->site);
}

static enum err_kind desk_open(const struct cli *cli, struct desk *desk, struct err *err)
{
    if (cli_site(cli, &desk->site, err))
        return err_of(err);
    const char *folder = site_folder(desk->site);
    if (ledger_open(folder, LEDGER_READ, &desk->ledger, err) ||
        people_open(folder, LEDGER_READ, &desk->people, err) ||
        map_open(folder, LEDGER_READ, &desk->map, err) ||
        scratch_make(desk->site, &desk->scratch, err) ||
        derive_readings(desk->site, desk->scratch.folder, err) ||
        ledger_open(desk->scratch.folder, LEDGER_READ, &desk->readings, err))
        return err_of(err);
    return OK;
}

// --- a bundle

static void say_vouched(const struct unbundled *seen)
{
    if (seen->vouched) {
        (void)printf("files: as the site listed and signed them\n");
        return;
    }
    (void)printf("files: the site did NOT sign the list of them; what the ledger does not prove "
                 "(%s, CHECK.md) is anybody's word\n",
                 seen->is_whole ? "contracts.jsonl, stations.jsonl"
                                : "outbox.jsonl, history.jsonl");
}

static void say_one(const struct cli *cli, const struct unbundled *seen)
{
    const struct receipt_report *report = &seen->receipt;
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_bool(result, "identical", true);
        doc_put_bool(result, "signed", seen->vouched);
        doc_put_int(result, "decisions", 1);
        doc_put_int(result, "readings", (int64_t)report->readings);
        doc_put_int(result, "payouts", (int64_t)report->payouts);
        doc_put_int(result, "proofs", (int64_t)report->proofs);
        cli_print(result);
        return;
    }
    say_vouched(seen);
    (void)printf("replay: identical (1 decision, %zu readings, %zu payouts; %zu proofs under %s)\n",
                 report->readings, report->payouts, report->proofs, report->origin);
}

static int run_bundle(const struct cli *cli, const char *path)
{
    struct err err = {0};
    AUTO(buf_free) struct buf tar = buf_new(TAR_BYTES_MAX);
    AUTO(doc_free) struct doc *differences = doc_array();
    struct screen screen = {.cli = cli, .differences = differences};
    struct unbundled seen;
    struct note_key key;
    struct quorum quorum;
    const char *witnesses = cli_value(cli, "witnesses");
    struct whole_check check = {.key = &key,
                                .quorum = witnesses ? &quorum : NULL,
                                .differs = show_difference,
                                .progress = show_progress,
                                .self = &screen};
    if (note_key_load(cli_value(cli, "key"), &key, &err) ||
        (witnesses && quorum_load(witnesses, &quorum, &err)) || file_read(path, &tar, &err))
        return cli_fail(cli, &err);
    enum err_kind kind = unbundle_check(buf_slice(&tar), path, &check, &seen, &err);
    if (kind) {
        (void)cli_fail(cli, &err);
        return kind == ERR_REFUSED ? EXIT_BROKEN : err_exit_code(kind);
    }
    progress_end(&screen.progress);
    if (!seen.is_whole) {
        say_one(cli, &seen);
        return EXIT_YES;
    }
    if (!cli_json(cli)) {
        say_vouched(&seen);
        (void)printf("ledger: %" PRIu64 " entries, whose root %s signed\n", seen.whole.size,
                     seen.whole.origin);
    }
    print_report(cli, &seen.whole.replay, &seen, &screen);
    if (seen.whole.replay.unchecked && !seen.vouched) {
        (void)fprintf(stderr, "replay: payouts could not be checked, and nobody signed that their "
                              "contracts are gone; ask the site for a bundle that it signed\n");
        return EXIT_NO;
    }
    return seen.whole.replay.differences ? EXIT_NO : EXIT_YES;
}

static int run_replay(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    struct replay_report report;
    if (cli_value(cli, "bundle"))
        return run_bundle(cli, cli_value(cli, "bundle"));
    if (desk_open(cli, &desk, &err))
        return cli_fail(cli, &err);
    AUTO(doc_free) struct doc *differences = doc_array();
    struct screen screen = {.cli = cli, .differences = differences};
    struct replay replay = {.ledger = desk.ledger,
                            .readings = desk.readings,
                            .sum_insured = contract_sum_insured,
                            .sums = desk.people,
                            .map = desk.map,
                            .differs = show_difference,
                            .progress = show_progress,
                            .self = &screen};
    if (replay_run(&replay, &report, &err))
        return cli_fail(cli, &err);
    progress_end(&screen.progress);
    print_report(cli, &report, NULL, &screen);
    return report.differences ? EXIT_NO : EXIT_YES;
}

static const struct cli_option options[] = {
    {"bundle", "FILE", "replay a bundle (gong bundle) instead of a site, with nothing else"},
    {"key", "FILE", "for --bundle: the log's public key (keys/log.vkey), from a trusted hand"},
    {"witnesses", "FILE", "for --bundle: who must have cosigned the checkpoint (C2SP tlog-policy)"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "",
     .help = "derive all decisions again from the archived raw files and compare them bit for bit; "
             "exit 1 when something differs, or when a bundle that nobody signed lacks contracts",
     .example = "gong replay --site mysite; gong replay --bundle gong-825.tar --key log.vkey",
     .options = options,
     .run = run_replay},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-replay",
                                        .help = "Derives all decisions again.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
