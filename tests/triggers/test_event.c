// Cases that are dated events in a series file beside the policy.
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "ledger/reading.h"
#include "ledger/seriesfile.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/trial.h"

#include <stdlib.h>
#include <unistd.h>

static const double burn[] = {96,  143, 58, 121, 88, 170, 101, 40,  133, 77,
                              115, 160, 92, 109, 35, 128, 84,  150, 99,  119};
enum { FIRST_YEAR = 2000 };

// A folder with twenty Januaries of rain at one place.
struct place {
    char folder[64];
    char *path;
    struct hash hash;
};

static void place_free(struct place *place)
{
    (void)unlink(place->path);
    (void)rmdir(place->folder);
    mem_free(&place->path);
}

static struct place place_new(void)
{
    static const uint16_t cover = READING_COVER_FULL;
    struct place made = {.folder = "/tmp/gong-test-XXXXXX"};
    struct err err = {0};
    struct seriesfile_writer *writer = NULL;
    struct series_place place = {"48/73", "B", "", NAN, NAN};
    struct seriesfile_head head = {.variable = "rain",
                                   .source = "past",
                                   .boundary_set = "test",
                                   .origin = "a test",
                                   .place = &place,
                                   .places = 1};
    CHECK(mkdtemp(made.folder) != NULL);
    made.path = file_join(made.folder, "b.nc");
    CHECK_OK(seriesfile_create(made.path, &head, &writer, &err), err);
    for (size_t i = 0; i < COUNT_OF(burn); i++) {
        int year = FIRST_YEAR + (int)i;
        struct span january = {{date_days(year, 1, 1) * DAY_S}, {date_days(year, 2, 1) * DAY_S}};
        int32_t milli = (int32_t)lround(burn[i] * 1000);
        CHECK_OK(seriesfile_append(writer, january, &milli, &cover, &err), err);
    }
    CHECK_OK(seriesfile_finish(&writer, &err), err);
    AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
    CHECK_OK(file_read(made.path, &bytes, &err), err);
    made.hash = hash_of(buf_slice(&bytes));
    return made;
}

static const char head[] =
    "gong: 1\nid: cover\nversion: 1\nkind: insurance\ntitle: {vi: Hạn, en: Drought}\n"
    "effective: {from: 2027-01-01, to: 2028-12-31}\narea: all\n"
    "period: {from: 01-01, to: 01-31, day: utc00}\nindex: {take: total}\n"
    "minimum_coverage: any\nsettle_after: 7 days\nsettlement: settle_once\n"
    "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} {commune}\"}\n";
#define LOOK "boundary_set: test\nsource: past\nvariable: rain\nrounding: 0.1 mm\n"
#define PAYS "payout: {form: linear_deficit, strike: 90 mm, exit: 30 mm, rounding: 1 VND}\n"
#define EVENT(place, period, rest)                                                                 \
    "{name: event, series: b.nc, sha256: HASH, place: " place ", period: " period rest "}"
#define FIRE EVENT("48/73", "\"2014\"", ", sum_insured: 10000000 VND, pays: 9166667 VND")
#define QUIET EVENT("48/73", "\"2000\"", "")

static void put_hash(struct buf *out, const char *text, struct hash hash)
{
    const char *at;
    while ((at = strstr(text, "HASH"))) {
        buf_str(out, (struct str){text, (size_t)(at - text)});
        buf_text(out, hash_hex(hash).at);
        text = at + strlen("HASH");
    }
    buf_text(out, text);
}

static const struct {
    const char *name, *look, *pays, *fire, *not_fire;
    const char *words; // of the refusal; NULL: it is right
} events[] = {
    {"a drought and a wet year, long before the policy", LOOK, PAYS, FIRE, QUIET, NULL},
    {"an event beside written values", LOOK, PAYS, FIRE, "{name: wet, step: period, values: [90]}",
     NULL},
    {"a season that did not pay", LOOK, PAYS, EVENT("48/73", "\"2000\"", ""), QUIET,
     "p.yaml:20:10: the case \"event\" is under fire, but the answer is no"},
    {"another amount", LOOK, PAYS,
     EVENT("48/73", "\"2014\"", ", sum_insured: 10000000 VND, pays: 9166666 VND"), QUIET,
     "says it pays 9166666 VND, but it is 9166667 VND"},
    {"a place that it does not have", LOOK, PAYS, EVENT("48/74", "\"2014\"", ""), QUIET,
     "the case \"event\": its series file has no place 48/74"},
    {"a year that it does not have", LOOK, PAYS, EVENT("48/73", "\"2050\"", ""), QUIET,
     "its series file has no period 2050"},
    {"another file", LOOK, PAYS,
     "{name: event, series: b.nc, sha256: "
     "0000000000000000000000000000000000000000000000000000000000000000, place: 48/73, period: "
     "\"2014\"}",
     QUIET, "its series file is another one; the SHA-256 of this is"},
    {"no file", LOOK, PAYS,
     "{name: event, series: c.nc, sha256: HASH, place: 48/73, period: \"2014\"}", QUIET,
     "its series file cannot be read"},
    {"another source", "boundary_set: test\nsource: other\nvariable: rain\nrounding: 1 mm\n", PAYS,
     FIRE, QUIET, "the policy looks at another source, the file is of past"},
    {"another boundary set", "boundary_set: other\nsource: past\nvariable: rain\nrounding: 1 mm\n",
     PAYS, FIRE, QUIET, "the policy is of another boundary set, the file is of test"},
    {"a gauge has no boundary set",
     "boundary_set: other\nsource: past\nstation: \"48/73\"\nvariable: rain\nrounding: 0.1 mm\n",
     PAYS, FIRE, QUIET, NULL},
    {"another place than the gauge",
     "boundary_set: other\nsource: past\nstation: G\nvariable: rain\nrounding: 0.1 mm\n", PAYS,
     FIRE, QUIET, "p.yaml:21:119: the policy looks at the gauge G alone; write that as the place"},
    {"a rung of another source",
     LOOK "substitutes: [{source: other, ratio: 1}]\nmissing_at_most: 10 %\n", PAYS, FIRE, QUIET,
     "a series file has one variable of one source"},
    {"a rung of neighbours",
     LOOK "substitutes: [{neighbours: 3, within: 30 km}]\nmissing_at_most: 10 %\n", PAYS, FIRE,
     QUIET, "a series file has one variable of one source"},
    {"what is usual needs no file",
     LOOK "substitutes: [{climatology: [1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 mm, 1 "
          "mm, 1 mm, 1 mm]}]\nmissing_at_most: 10 %\n",
     PAYS, FIRE, QUIET, NULL},
    {"a folder above", LOOK, PAYS,
     "{name: event, series: ../b.nc, sha256: HASH, place: 48/73, period: \"2014\"}", QUIET,
     "p.yaml:20:32: the series file lies beside the policy; write its name alone"},
    {"a hidden file", LOOK, PAYS,
     "{name: event, series: .b.nc, sha256: HASH, place: 48/73, period: \"2014\"}", QUIET,
     "write its name alone"},
    {"half a hash", LOOK, PAYS,
     "{name: event, series: b.nc, sha256: abcd, place: 48/73, period: \"2014\"}", QUIET,
     "p.yaml:20:46: "},
    {"no hash", LOOK, PAYS, "{name: event, series: b.nc, place: 48/73, period: \"2014\"}", QUIET,
     "\"sha256\" is missing"},
    {"no place", LOOK, PAYS, "{name: event, series: b.nc, sha256: HASH, period: \"2014\"}", QUIET,
     "\"place\" is missing"},
    {"no period", LOOK, PAYS, "{name: event, series: b.nc, sha256: HASH, place: 48/73}", QUIET,
     "\"period\" is missing"},
    {"values as well", LOOK, PAYS, EVENT("48/73", "\"2014\"", ", values: [1]"), QUIET,
     "the series file says it; take \"values\" out"},
    {"a place of written values", LOOK, PAYS,
     "{name: dry, step: period, values: [35], place: 48/73}", QUIET,
     "\"place\" belongs to a case of a series file"},
    {"two sources", LOOK "also: {name: second, source: other}\n",
     "payout: {form: tiers, tiers: [{below: 50 mm, also_below: 60 mm, pay: 100 %}], rounding: "
     "1 "
     "VND}\n",
     FIRE, QUIET, "one variable of one source that was observed"},
};

static void test_events(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        ROW(events[i].name);
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(buf_free) struct buf raw = buf_new(20000), text = buf_new(20000);
        buf_print(&raw, "%s%s%scases:\n  fire: [%s]\n  not_fire: [%s]\n", head, events[i].look,
                  events[i].pays, events[i].fire, events[i].not_fire);
        put_hash(&text, raw.at, place.hash);
        enum err_kind kind = policy_parse(buf_slice(&text), "p.yaml", &policy, &err);
        size_t ran = 0;
        if (!kind)
            kind = trial_run(policy, place.folder, &ran, &err);
        if (events[i].words) {
            CHECK_INT(kind, ERR_INPUT);
            CHECK_HAS(err.text, events[i].words);
            continue;
        }
        CHECK_TEXT(err.text, "");
        CHECK_INT(ran, 2);
        CHECK_OK(trial_run(policy, NULL, &ran, &err), err); // events are left out
        CHECK_INT(ran, strstr(events[i].not_fire, "series") ? 0 : 1);
    }
}

// A policy of steps names its event by the moment at which the window ends.
static void test_moment(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(buf_free) struct buf raw = buf_new(20000), text = buf_new(20000);
    struct err err = {0};
    buf_print(&raw,
              "gong: 1\nid: wet\nversion: 1\nkind: alert\ntitle: {vi: Mưa, en: Rain}\n"
              "effective: {from: 2027-01-01, to: 2028-12-31}\narea: all\nwatch: observation\n" LOOK
              "index: {take: total, within: 744 h}\nminimum_coverage: any\n"
              "trigger: {index: \">=\", threshold: 170 mm}\npersistence: 1\nnext_update: 24 h\n"
              "message: {vi: \"{commune} {index} {issued} {next}\", en: \"{commune} {index} "
              "{issued} {next}\"}\n"
              "cases:\n  fire: [" EVENT(
                  "48/73", "\"2005-02-01T00:00:00Z\"",
                  ", level: 1") "]\n"
                                "  not_fire: [" EVENT("48/73", "\"2004-02-01T00:00:00Z\"",
                                                      "") "]\n"
                                                          "  not_known: [" EVENT(
                                                              "48/73", "\"2004-03-01T00:00:00Z\"",
                                                              "") "]\n");
    put_hash(&text, raw.at, place.hash);
    CHECK_OK(policy_parse(buf_slice(&text), "p.yaml", &policy, &err), err);
    CHECK_OK(trial_run(policy, place.folder, NULL, &err), err);
}

TEST_MAIN(cmocka_unit_test(test_events), cmocka_unit_test(test_moment))
