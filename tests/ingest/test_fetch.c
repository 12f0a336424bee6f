// What gong-ingest fetches, by the real program on a site of its own: counts of each run.
#include "core/file.h"
#include "core/proc.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/gong-test-XXXXXX";
static char *programs, *site;

static const char yaml[] =
    "sources:\n"
    "  shelf:\n    title: T\n    licence: L\n    kind: observation\n    boundary_set: none\n"
    "    url: shelf/\n"
    "    variables: [{reads: tp, means: rain, interval: day, stamp: start}]\n"
    "  hourly:\n    title: T\n    licence: L\n    kind: observation\n    boundary_set: none\n"
    "    url: file://%s/hourly/x{YYYY}{MM}{DD}{hh}.nc\n"
    "    every: 6 h\n    from: 2024-09-01\n    latency: 4 h\n"
    "    variables: [{reads: tp, means: rain, interval: 6 h, stamp: start}]\n"
    "  runs:\n    title: T\n    licence: L\n    kind: forecast\n    boundary_set: none\n"
    "    url: file://%s/runs/{YYYY}{MM}{DD}{hh}f{lead}m{member}.nc\n"
    "    every: 12 h\n    from: 2024-09-01\n    latency: 6 h\n    missing_after: 1 days\n"
    "    leads: {first: 3 h, last: 72 h, every: 3 h}\n    members: {first: 1, last: 30}\n"
    "    variables: [{reads: tp, means: rain, interval: since run}]\n"
    "  yearly:\n    title: T\n    licence: L\n    kind: observation\n    boundary_set: none\n"
    "    url: file://%s/yearly/{YYYY}.nc\n"
    "    every: year\n    from: 2026-01-01\n    latency: 7 days\n    recheck: 30 days\n"
    "    variables: [{reads: tp, means: rain, interval: day, stamp: start}]\n";

// Runs a program of gong; its exit code, and what it printed in `out` and as a complaint.
static int run_any(const char *name, const char *const *args, struct buf *out,
                   struct buf *complaint)
{
    const char *argv[12] = {NULL};
    struct err err = {0};
    int code = -1;
    AUTO(mem_drop) char *program = file_join(programs, name);
    argv[0] = program;
    for (size_t i = 0; args[i]; i++)
        argv[i + 1] = args[i];
    buf_clear(out);
    CHECK_OK(
        proc_run(argv, -1, &(struct proc_limits){.wall_ms = 60000}, out, complaint, &code, &err),
        err);
    return code;
}

// The same, of words that are right.
static int run(const char *name, const char *const *args, struct buf *out)
{
    AUTO(buf_free) struct buf complaint = buf_new(1000);
    int code = run_any(name, args, out, &complaint);
    if (code == EXIT_USAGE)
        CHECK_FAILED("%s: %s", name, complaint.at);
    return code;
}

static void put(const char *name, const char *bytes)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(site, name);
    CHECK_OK(file_write(path, str_of(bytes), 0600, &err), err);
}

static int fetch(const char *source, const char *now, struct buf *out)
{
    const char *const args[] = {"fetch",  "--source", source,   "--now", now,
                                "--site", site,       "--json", NULL};
    return run("gong-ingest", args, out);
}

#define COUNTS(failed, fetched, known, missing)                                                    \
    "{\"failed\":" #failed ",\"fetched\":" #fetched ",\"known\":" #known ",\"missing\":" #missing

static void test_folder(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf out = buf_new(10000);
    static const char now[] = "2024-09-02T00:00:00Z";
    ROW("a folder that is not there yet");
    CHECK_INT(fetch("shelf", now, &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 0, 0, 1));

    ROW("two files, and three that are none of ours");
    struct err err = {0};
    AUTO(mem_drop) char *shelf = file_join(site, "shelf");
    CHECK_OK(file_make_folder(shelf, 0700, &err), err);
    put("shelf/a.nc", "a");
    put("shelf/b.nc", "b");
    put("shelf/c.nc.part", "half");
    put("shelf/d.tmp", "half");
    put("shelf/.hidden", "x");
    CHECK_INT(fetch("shelf", now, &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 2, 0, 0));

    ROW("again: nothing is new");
    CHECK_INT(fetch("shelf", now, &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 0, 2, 0));

    ROW("one was corrected in its place, to the same size");
    put("shelf/a.nc", "A");
    CHECK_INT(fetch("shelf", now, &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 1, 1, 0));

    ROW("one came under another name: its bytes are known");
    put("shelf/e.nc", "b");
    CHECK_INT(fetch("shelf", now, &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 0, 3, 0));

    ROW("a name that is not UTF-8 is counted, and the others go on");
    put("shelf/\xff.nc", "z");
    put("shelf/f.nc", "f");
    CHECK_INT(fetch("shelf", now, &out), EXIT_INVALID);
    CHECK_HAS(out.at, COUNTS(1, 1, 3, 0));
}

static void test_template(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf out = buf_new(10000);
    put("hourly/x2024090100.nc", "0");
    put("hourly/x2024090112.nc", "12");
    put("hourly/x2024090118.nc", "18");
    ROW("before the first is due");
    CHECK_INT(fetch("hourly", "2024-09-01T03:59:59Z", &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 0, 0, 0));
    ROW("the first, four hours after its time");
    CHECK_INT(fetch("hourly", "2024-09-01T04:00:00Z", &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 1, 0, 0));
    ROW("one is missing, the later one comes, the last is not due");
    CHECK_INT(fetch("hourly", "2024-09-01T21:59:00Z", &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 1, 0, 1));
    ROW("the missing one comes late");
    put("hourly/x2024090106.nc", "6");
    CHECK_INT(fetch("hourly", "2024-09-01T22:00:00Z", &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 2, 0, 0));
    ROW("nothing more");
    CHECK_INT(fetch("hourly", "2024-09-01T22:00:00Z", &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 0, 0, 0));
    ROW("after twenty days, one that is older than the newest by ten is no longer asked for");
    put("hourly/x2024092100.nc", "21");
    CHECK_INT(fetch("hourly", "2024-09-21T04:00:00Z", &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 1, 0, 76));
    put("hourly/x2024090200.nc", "too late");
    put("hourly/x2024091500.nc", "in time");
    CHECK_INT(fetch("hourly", "2024-09-21T04:00:00Z", &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 1, 0, 39));
}

// A site that begins long after the first run asks for those that are not given up, from there on.
static void test_runs(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf out = buf_new(2000000);
    const char *const args[] = {"fetch",  "--source", "runs",      "--now", "2026-09-10T07:00:00Z",
                                "--site", site,       "--dry-run", NULL};
    CHECK_INT(run("gong-ingest", args, &out), EXIT_YES);
    CHECK_HAS(out.at, "/runs/2026090900f3m1.nc");
    CHECK(!strstr(out.at, "/runs/2026090812f"));
    put("runs/2026090900f3m1.nc", "r");
    CHECK_INT(fetch("runs", "2026-09-10T07:00:00Z", &out), EXIT_YES);
    CHECK_HAS(out.at, COUNTS(0, 1, 0, 719));
}

// A file a year, which grows: it is asked for again each day, and some weeks beyond its year, when
// that of the next year is there already.
static void test_yearly(void **state)
{
    (void)state;
    static const struct {
        const char *name, *now, *file, *bytes; // file NULL: none is written before
        const char *counts;
    } rows[] = {
        {"the first", "2026-02-01T00:00:00Z", "yearly/2026.nc", "a", COUNTS(0, 1, 0, 0)},
        {"it grew an hour ago", "2026-02-01T01:00:00Z", "yearly/2026.nc", "ab", COUNTS(0, 0, 0, 0)},
        {"the next day it comes again", "2026-02-02T00:00:00Z", NULL, "", COUNTS(0, 1, 0, 0)},
        {"in the next year both are asked for", "2027-01-10T00:00:00Z", "yearly/2027.nc", "c",
         COUNTS(0, 1, 1, 0)},
        {"the last days of December come in January", "2027-01-20T00:00:00Z", "yearly/2026.nc",
         "abc", COUNTS(0, 1, 1, 0)},
        {"then the old year is done", "2027-02-01T00:00:00Z", "yearly/2026.nc", "abcd",
         COUNTS(0, 0, 1, 0)},
        {"after a leap year the new one begins in January", "2029-01-10T00:00:00Z",
         "yearly/2029.nc", "e", COUNTS(0, 1, 0, 1)},
    };
    AUTO(buf_free) struct buf out = buf_new(10000);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        if (rows[i].file)
            put(rows[i].file, rows[i].bytes);
        CHECK_INT(fetch("yearly", rows[i].now, &out), EXIT_YES);
        CHECK_HAS(out.at, rows[i].counts);
    }
    ROW("a time amid a year is filled back by the file of that year");
    const char *const args[] = {"backfill",   "--source",  "yearly",     "--from",
                                "2024-06-01", "--to",      "2025-06-30", "--site",
                                site,         "--dry-run", NULL};
    CHECK_INT(run("gong-ingest", args, &out), EXIT_YES);
    CHECK_HAS(out.at, "/yearly/2024.nc");
    CHECK_HAS(out.at, "/yearly/2025.nc");
    CHECK(!strstr(out.at, "/yearly/2026.nc"));
}

static void test_named(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf out = buf_new(10000);
    AUTO(mem_drop) char *path = file_join(site, "shelf/a.nc");
    const struct {
        const char *name, *args[8];
        int code;
    } rows[] = {
        {"a path", {"fetch", path, "--source", "hourly", "--site", site, NULL}, EXIT_YES},
        {"no source named", {"fetch", path, "--site", site, NULL}, EXIT_USAGE},
        {"an unknown source", {"fetch", path, "--source", "x", "--site", site, NULL}, EXIT_MISSING},
        {"a path that leads nowhere",
         {"fetch", "nothing.nc", "--source", "hourly", "--site", site, NULL},
         EXIT_MISSING},
        {"a folder is no file",
         {"fetch", site, "--source", "hourly", "--site", site, NULL},
         EXIT_INVALID},
        {"files whose boundary set is not imported wait",
         {"decode", "--site", site, "--json", NULL},
         EXIT_MISSING},
        {"a replay without a place", {"replay", "--site", site, NULL}, EXIT_USAGE},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf_free) struct buf complaint = buf_new(1000);
        ROW(rows[i].name);
        CHECK_INT(run_any("gong-ingest", rows[i].args, &out, &complaint), rows[i].code);
    }
}

static int start(void **state)
{
    (void)state;
    struct err err = {0};
    const char *built = getenv("GONG_BIN");
    AUTO(mem_drop) char *own = proc_folder(); // BUILD/tests/ingest
    AUTO(mem_drop) char *beside = file_join(own, "../..");
    AUTO(buf_free) struct buf out = buf_new(10000);
    AUTO(buf_free) struct buf sources = buf_new(10000);
    programs = mem_text(built ? built : beside);
    if (!mkdtemp(folder))
        return -1;
    site = file_join(folder, "site");
    const char *const args[] = {site, "--mode", "drill", NULL};
    if (run("gong-init", args, &out) != EXIT_YES)
        return -1;
    AUTO(mem_drop) char *hourly = file_join(site, "hourly");
    if (file_make_folder(hourly, 0700, &err))
        return -1;
    for (const char *at = yaml; *at; at++) { // "%s" is the site
        if (at[0] == '%')
            buf_text(&sources, site);
        else if (at == yaml || at[-1] != '%')
            buf_char(&sources, *at);
    }
    AUTO(mem_drop) char *yearly = file_join(site, "yearly");
    AUTO(mem_drop) char *runs = file_join(site, "runs");
    if (file_make_folder(yearly, 0700, &err) || file_make_folder(runs, 0700, &err))
        return -1;
    AUTO(mem_drop) char *path = file_join(site, "sources.yaml");
    return file_write(path, buf_slice(&sources), 0600, &err) ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/rm", "-rf", folder, NULL};
    AUTO(buf_free) struct buf out = buf_new(1000);
    AUTO(buf_free) struct buf complaint = buf_new(1000);
    int code = -1;
    struct err err = {0};
    mem_free(&programs);
    mem_free(&site);
    enum err_kind kind =
        proc_run(argv, -1, &(struct proc_limits){.wall_ms = 120000}, &out, &complaint, &code, &err);
    return kind == OK && code == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder), cmocka_unit_test(test_template),
        cmocka_unit_test(test_yearly), cmocka_unit_test(test_runs), cmocka_unit_test(test_named)};
    return cmocka_run_group_tests(tests, start, stop);
}
