// From a raw file to readings: three square communes over a small grid, the real decoder, a real
// ledger. One lies within the grid, one half outside it, one beyond.
#include "ingest/derive.h"

#include "core/doc.h"
#include "core/file.h"
#include "core/proc.h"
#include "ingest/archive.h"
#include "ledger/reading.h"
#include "tests/check.h"

#include <netcdf.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { BYTES_MAX = 1 << 20, COMMUNES = 3 };

static const char yaml[] =
    "sources:\n"
    "  land:\n    title: T\n    licence: L\n    kind: observation\n"
    "    boundary_set: squares\n"
    "    variables: [{reads: tp, means: rain, unit: m day-1, interval: month,"
    " stamp: start}]\n"
    "  nowhere:\n    title: T\n    licence: L\n    kind: observation\n"
    "    boundary_set: unknown\n"
    "    variables: [{reads: tp, means: rain, interval: month, stamp: end}]\n";

static struct work work;
static struct derive *derive;
static char *program;
static char folder[] = "/tmp/gong-test-XXXXXX";

// Well-known binary of a square, little-endian as on this machine.
static struct str square(struct buf *out, double west, double south, double side)
{
    const uint32_t head[] = {3, 1, 5};
    const double ring[] = {west,         south, west + side,  south, west + side,
                           south + side, west,  south + side, west,  south};
    buf_char(out, 1);
    buf_add(out, head, sizeof(head));
    buf_add(out, ring, sizeof(ring));
    return buf_slice(out);
}

static void put_squares(struct map *map)
{
    struct err err = {0};
    bool fresh;
    struct buf shapes[COMMUNES];
    static const double west[] = {106.05, 105.95, 120};
    static const char *const codes[] = {"00001", "00002", "00003"};
    struct commune communes[COMMUNES] = {0};
    for (size_t i = 0; i < COMMUNES; i++) {
        shapes[i] = buf_new(1000);
        communes[i].code = mem_text(codes[i]);
        communes[i].name = mem_text("Xã (diễn tập)");
        communes[i].zone = mem_text("");
        communes[i].area_km2 = 123;
        communes[i].shape = square(&shapes[i], west[i] - (i == 1 ? 0.05 : 0), 18.05, 0.1);
    }
    struct boundary_set set = {.name = "squares", .count = COMMUNES, .commune = communes};
    set.hash = boundary_set_hash(&set);
    CHECK_OK(boundary_set_put(map, &set, &fresh, &err), err);
    for (size_t i = 0; i < COMMUNES; i++) {
        buf_free(&shapes[i]);
        mem_free(&communes[i].code);
        mem_free(&communes[i].name);
        mem_free(&communes[i].zone);
    }
}

// October 2020 on cells of 0.1 degrees from 105.95 E and 18.05 N: `base` metres a day in the west
// column, twice as much in the next.
static struct buf make(double base)
{
    int file, dims[3], var;
    struct err err = {0};
    static const char *const names[] = {"time", "latitude", "longitude"};
    static const char *const units[] = {"hours since 1900-01-01", "degrees_north", "degrees_east"};
    static const double axes[3][3] = {{1058472}, {18.2, 18.1}, {106, 106.1, 106.2}};
    const double field[] = {base, 2 * base, base, base, 2 * base, base};
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    CHECK_INT(nc_create(path, NC_CLOBBER, &file), NC_NOERR);
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(nc_def_dim(file, names[i], i + 1, &dims[i]), NC_NOERR);
        CHECK_INT(nc_def_var(file, names[i], NC_DOUBLE, 1, &dims[i], &var), NC_NOERR);
        CHECK_INT(nc_put_att_text(file, var, "units", strlen(units[i]), units[i]), NC_NOERR);
        CHECK_INT(nc_enddef(file), NC_NOERR);
        CHECK_INT(nc_put_var_double(file, var, axes[i]), NC_NOERR);
        CHECK_INT(nc_redef(file), NC_NOERR);
    }
    CHECK_INT(nc_def_var(file, "tp", NC_DOUBLE, 3, dims, &var), NC_NOERR);
    CHECK_INT(nc_enddef(file), NC_NOERR);
    CHECK_INT(nc_put_var_double(file, var, field), NC_NOERR);
    CHECK_INT(nc_close(file), NC_NOERR);
    struct buf bytes = buf_new(BYTES_MAX);
    CHECK_OK(file_read(path, &bytes, &err), err);
    return bytes;
}

static struct raw arrive(struct str bytes, const char *source)
{
    bool fresh;
    struct err err = {0};
    struct raw raw = {.url = mem_text("file:///x.nc"), .bytes = (int64_t)bytes.len};
    (void)snprintf(raw.source, sizeof(raw.source), "%s", source);
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(archive_put(work.archive, bytes, &raw.hash, &err), err);
    CHECK_OK(ledger_begin(work.ledger, &txn, &err), err);
    CHECK_OK(raw_put(txn, &raw, &fresh, &err), err);
    CHECK_OK(ledger_commit(&txn, &err), err);
    return raw;
}

// The newest entry as JSON.
static struct doc *newest(const char *kind)
{
    int64_t seq;
    struct hash hash;
    struct err err = {0};
    struct doc *body = NULL;
    AUTO(entry_free) struct entry entry = {0};
    CHECK_OK(ledger_head(work.ledger, &seq, &hash, &err), err);
    CHECK_OK(ledger_entry(work.ledger, seq, &entry, &err), err);
    CHECK_TEXT(entry.kind, kind);
    CHECK_OK(doc_parse(str_of(entry.text), "entry", &body, &err), err);
    return body;
}

static size_t count_state(enum raw_state state)
{
    struct err err = {0};
    AUTO(raws_free) struct raws raws = {0};
    CHECK_OK(raw_list(work.ledger, NULL, state, 0, &raws, &err), err);
    return raws.count;
}

static struct readings load(void)
{
    struct err err = {0};
    struct readings readings = {0};
    const struct reading_query query = {
        .source = "land",
        .variable = "rain",
        .boundary_set = "squares",
        .issued_at = UTC_NEVER,
        .from = {0},
        .to = {INT64_C(4000000000)},
    };
    CHECK_OK(reading_load(work.ledger, &query, &readings, &err), err);
    return readings;
}

static void test_read(void **state)
{
    (void)state;
    struct err err = {0};
    struct derived made;
    AUTO(buf_free) struct buf bytes = make(0.001);
    AUTO(raw_free) struct raw raw = arrive(buf_slice(&bytes), "land");
    CHECK_OK(derive_raw(derive, &raw, (struct utc){7}, true, &made, &err), err);
    CHECK(!made.refused);
    CHECK_INT(made.readings, 1);
    CHECK_INT(made.fresh, 1);

    ROW("a commune within one cell, one half outside, one beyond the grid");
    AUTO(readings_free) struct readings readings = load();
    CHECK_INT(readings.count, 1);
    CHECK_INT(readings.value[0], 62000); // 0.002 m x 1,000 x 31 days
    CHECK_INT(readings.cover[0], READING_COVER_FULL);
    CHECK_INT(readings.value[1], 31000); // of the half that is observed
    CHECK_NEAR(readings.cover[1], READING_COVER_FULL / 2.0, 1);
    CHECK_INT(readings.value[2], READING_NONE);
    CHECK_INT(readings.cover[2], 0);
    CHECK_TEXT(utc_text(readings.meta[0].valid_to).at, "2020-11-01T00:00:00Z");

    ROW("the entry says where it comes from, at the time of the data");
    AUTO(doc_free) struct doc *body = newest("ingest");
    CHECK_TEXT(doc_text(doc_get(body, "at"), ""), "2020-11-01T00:00:00Z");
    CHECK_TEXT(doc_text(doc_get(body, "raw"), ""), hash_hex(raw.hash).at);
    CHECK_TEXT(doc_text(doc_get(body, "source"), ""), "land");
    CHECK_TEXT(doc_text(doc_get(body, "licence"), ""), "L");
    CHECK_TEXT(doc_text(doc_get(body, "weights"), ""), hash_hex(readings.meta[0].weights).at);
    CHECK_INT(doc_int(doc_get(body, "steps"), -1), 1);
    CHECK_INT(count_state(RAW_READ), 1);

    ROW("done again it gives the same reading");
    CHECK_OK(derive_raw(derive, &raw, (struct utc){7}, true, &made, &err), err);
    CHECK_INT(made.fresh, 0);

    ROW("a correction is another revision, by the clock that is given");
    AUTO(buf_free) struct buf later = make(0.003);
    AUTO(raw_free) struct raw correction = arrive(buf_slice(&later), "land");
    CHECK_OK(derive_raw(derive, &correction, (struct utc){86400}, false, &made, &err), err);
    AUTO(readings_free) struct readings corrected = load();
    CHECK_INT(corrected.count, 1);
    CHECK_INT(corrected.meta[0].revision, 1);
    CHECK_INT(corrected.value[0], 186000);
    AUTO(doc_free) struct doc *second = newest("ingest");
    CHECK_TEXT(doc_text(doc_get(second, "at"), ""), "1970-01-02T00:00:00Z");
}

static void test_refused(void **state)
{
    (void)state;
    struct err err = {0};
    struct derived made;
    AUTO(buf_free) struct buf bytes = make(0.002);
    bytes.len -= 20;
    AUTO(raw_free) struct raw raw = arrive(buf_slice(&bytes), "land");
    CHECK_OK(derive_raw(derive, &raw, (struct utc){86400}, true, &made, &err), err);
    CHECK(made.refused);
    CHECK_HAS(made.why, "the file is cut off: it has");
    AUTO(doc_free) struct doc *body = newest("refused");
    CHECK_TEXT(doc_text(doc_get(body, "why"), ""), made.why);
    CHECK_TEXT(doc_text(doc_get(body, "raw"), ""), hash_hex(raw.hash).at);
    CHECK_INT(count_state(RAW_REFUSED), 1);
    AUTO(buf_free) struct buf kept = buf_new(BYTES_MAX); // for inspection
    CHECK_OK(archive_get(work.archive, raw.hash, &kept, &err), err);
    CHECK_INT(kept.len, bytes.len);
}

static void test_not_now(void **state)
{
    (void)state;
    struct err err = {0};
    struct derived made;
    ROW("a boundary set that is not imported yet: the file waits");
    AUTO(raw_free) struct raw early = arrive(STR("early"), "nowhere");
    size_t waiting = count_state(RAW_FETCHED);
    CHECK_INT(derive_raw(derive, &early, (struct utc){0}, false, &made, &err), ERR_MISSING);
    CHECK_HAS(err.text, "unknown");
    CHECK_INT(count_state(RAW_FETCHED), waiting);

    ROW("a source that is gone from sources.yaml");
    AUTO(raw_free) struct raw stray = arrive(STR("stray"), "lang");
    CHECK_INT(derive_raw(derive, &stray, (struct utc){0}, false, &made, &err), ERR_MISSING);
    CHECK_HAS(err.text, "did you mean \"land\"?");

    ROW("bytes that the archive lost");
    AUTO(raw_free) struct raw lost = arrive(STR("lost"), "land");
    AUTO(mem_drop) char *path = archive_path(work.archive, lost.hash);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(derive_raw(derive, &lost, (struct utc){0}, false, &made, &err), ERR_BROKEN);

    ROW("the ledger is whole after all this");
    struct ledger_report report;
    CHECK_OK(ledger_verify(work.ledger, &report, &err), err);
}

// Every child of this process, as somebody does who ends decoders.
static void kill_children(void)
{
    struct err err = {0};
    char path[64];
    AUTO(buf_free) struct buf list = buf_new(4096);
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
    CHECK_OK(file_read(path, &list, &err), err);
    buf_char(&list, '\0');
    size_t count = 0;
    for (char *at = list.at, *end;; at = end, count++) {
        long child = strtol(at, &end, 10);
        if (end == at)
            break;
        CHECK_INT(kill((pid_t)child, SIGKILL), 0);
    }
    CHECK(count >= 2); // the program, and its fork that has the file
}

// What comes after it would be read, and decided on, before it.
static void test_killed(void **state)
{
    (void)state;
    struct err err = {0};
    struct derived made;
    AUTO(buf_free) struct buf bytes = make(0.003);
    AUTO(raw_free) struct raw raw = arrive(buf_slice(&bytes), "land");
    derive_ahead(derive, &raw);
    kill_children();
    CHECK_OK(derive_raw(derive, &raw, (struct utc){86400}, true, &made, &err), err);
    CHECK(!made.refused);
}

static int start(void **state)
{
    (void)state;
    struct err err = {0};
    const char *built = getenv("GONG_BIN");
    AUTO(mem_drop) char *own = proc_folder(); // BUILD/tests/ingest
    AUTO(mem_drop) char *beside = file_join(own, "../..");
    program = file_join(built ? built : beside, "gong-decode");
    if (!mkdtemp(folder) || ledger_create(folder, &err) || map_create(folder, &err) ||
        ledger_open(folder, LEDGER_WRITE, &work.ledger, &err) ||
        map_open(folder, LEDGER_WRITE, &work.map, &err) ||
        sources_parse(STR(yaml), "sources.yaml", &work.sources, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    work.archive = file_join(folder, "archive");
    put_squares(work.map);
    derive = derive_new(&work, work.ledger,
                        &(struct decode_limits){.mib_max = 512, .cpu_s = 10, .program = program});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/rm", "-rf", folder, NULL};
    struct buf out = buf_new(1000), complaint = buf_new(1000);
    int code = -1;
    struct err err = {0};
    derive_free(&derive);
    work_close(&work);
    mem_free(&program);
    enum err_kind kind =
        proc_run(argv, -1, &(struct proc_limits){.wall_ms = 120000}, &out, &complaint, &code, &err);
    buf_free(&out);
    buf_free(&complaint);
    return kind == OK && code == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_not_now),
                                       cmocka_unit_test(test_killed)};
    return cmocka_run_group_tests(tests, start, stop);
}
