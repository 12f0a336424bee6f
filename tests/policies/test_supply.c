// What sources.yaml must have for a policy that names it; and the file that ships for the policies
// that ship.
#include "policies/supply.h"

#include "core/file.h"
#include "core/mem.h"
#include "policies/policy.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static const char sources[] =
    "sources:\n"
    "  imerg-late:\n"
    "    kind: observation\n"
    "    boundary_set: pilots\n"
    "    variables: [{reads: p, means: rain}]\n"
    "  gefs:\n"
    "    kind: forecast\n"
    "    boundary_set: pilots\n"
    "    members: {first: 1, last: 30}\n"
    "    variables: [{reads: tp, means: rain}]\n"
    "  gfs:\n"
    "    kind: forecast\n"
    "    boundary_set: vn2025\n"
    "    variables: [{reads: tp, means: rain}]\n"
    "  gauges:\n"
    "    kind: observation\n"
    "    format: stations\n"
    "    variables: [{reads: r, means: rain}]\n"
    "  many:\n"
    "    kind: observation\n"
    "    boundary_set: pilots\n"
    "    variables: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, "
    "{reads: r, means: rain}]\n"
    "  tracks: {kind: observation, format: tracks}\n"
    "  warnings: {kind: observation, format: cap}\n"
    "  survey: {kind: observation, format: reports, boundary_set: pilots, figures: "
    "[{reads: r, means: loss}]}\n";

static void load(const char *text, struct supplies *out, struct err *err)
{
    char path[] = "/tmp/gong-test-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    (void)close(fd);
    CHECK_OK(file_write(path, str_of(text), 0600, err), *err);
    CHECK_INT(supplies_load(path, out, err), err->kind);
    (void)unlink(path);
}

static void test_one(void **state)
{
    (void)state;
    static const struct {
        const char *name, *source, *variable, *station;
        bool forecast;
        int64_t members;
        const char *words; // NULL: nothing is missing
    } rows[] = {
        {"a grid that gives it", "imerg-late", "rain", "", false, 0, NULL},
        {"the last of as many variables as a source may have", "many", "rain", "", false, 0, NULL},
        {"a name that is misspelt", "imerg-lste", "rain", "", false, 0,
         "sources.yaml has no source \"imerg-lste\"; did you mean \"imerg-late\"?"},
        {"a name like no other", "station-x", "rain", "", false, 0, "or add an entry"},
        {"another variable", "imerg-late", "gust", "", false, 0, "source imerg-late gives no gust"},
        {"observations where a forecast is watched", "imerg-late", "rain", "", true, 0,
         "gives observations, and is asked for forecasts"},
        {"a forecast where it is observed", "gfs", "rain", "", false, 0,
         "gives forecasts, and is asked for observations"},
        {"gauges, and no one is named", "gauges", "rain", "", false, 0, "with station:"},
        {"a gauge", "gauges", "rain", "48/73", false, 0, NULL},
        {"a gauge of a grid", "imerg-late", "rain", "48/73", false, 0, "has no gauges"},
        {"storms of tracks", "tracks", "storm_wind", "", false, 0, NULL},
        {"rain of tracks", "tracks", "rain", "", false, 0, "gives no rain"},
        {"storms of a grid", "imerg-late", "storm_distance", "", false, 0,
         "gives no storm_distance"},
        {"warnings", "warnings", "rain", "", false, 0, "nothing is decided"},
        {"figures that people bring", "survey", "loss", "", false, 0, NULL},
        {"other figures", "survey", "yield", "", false, 0, "gives no yield"},
        {"members without an ensemble", "gefs", "rain", "", true, 0, "the policy no ensemble"},
        {"as many members as there are", "gefs", "rain", "", true, 30, NULL},
        {"one more", "gefs", "rain", "", true, 31, "at least 31 are asked for"},
        {"another boundary set", "gfs", "rain", "", true, 0,
         "is read for boundary set vn2025, the policy is for pilots"},
    };
    struct err err = {0};
    AUTO(supplies_free) struct supplies supplies = {0};
    load(sources, &supplies, &err);
    CHECK_INT(supplies.count, 8);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf out = buf_new(4096);
        struct policy policy = {
            .id = "p",
            .kind = POLICY_ALERT,
            .boundary_set = "pilots",
            .watch = rows[i].forecast ? WATCH_FORECAST : WATCH_OBSERVATION,
            .ensemble = {.members = rows[i].members, .minimum = rows[i].members}};
        (void)snprintf(policy.source, sizeof(policy.source), "%s", rows[i].source);
        (void)snprintf(policy.variable, sizeof(policy.variable), "%s", rows[i].variable);
        (void)snprintf(policy.station, sizeof(policy.station), "%s", rows[i].station);
        CHECK_INT(supplies_miss(&policy, &supplies, true, &out), rows[i].words != NULL);
        CHECK_HAS(out.at ? out.at : "", rows[i].words ? rows[i].words : "");
    }
    ROW("what ships names no site's boundary set");
    struct policy policy = {
        .boundary_set = "pilots", .watch = WATCH_FORECAST, .source = "gfs", .variable = "rain"};
    AUTO(buf_free) struct buf out = buf_new(4096);
    CHECK_INT(supplies_miss(&policy, &supplies, false, &out), 0);
}

// Each look of a policy is asked about, once.
static void test_parts(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(supplies_free) struct supplies supplies = {0};
    AUTO(buf_free) struct buf out = buf_new(4096);
    struct part part[] = {{.source = "nowhere", .variable = "rain", .watch = WATCH_FORECAST},
                          {.source = "nowhere", .variable = "rain", .watch = WATCH_FORECAST},
                          {.source = "imerg-late", .variable = "rain"}};
    part[2].watch = WATCH_OBSERVATION;
    struct policy policy = {.kind = POLICY_ALERT,
                            .boundary_set = "pilots",
                            .watch = WATCH_FORECAST,
                            .source = "gefs",
                            .variable = "rain",
                            .stages = true,
                            .part = part,
                            .parts = COUNT_OF(part),
                            .ensemble = {.members = 20, .minimum = 16, .models = 1},
                            .substitutes = 1};
    policy.ensemble.model[0] = (struct model){.source = "icon", .members = 5, .minimum = 4};
    policy.substitute[0] = (struct substitute){.rung = RUNG_SOURCE, .source = "chirps"};
    load(sources, &supplies, &err);
    CHECK_INT(supplies_miss(&policy, &supplies, true, &out), 3);
    CHECK_HAS(out.at, "\"nowhere\"");
    CHECK_HAS(out.at, "\"icon\"");
    CHECK_HAS(out.at, "\"chirps\"");
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *words;
    } rows[] = {
        {"no sources", "a: b\n", "sources"},
        {"a source that is none", "sources: {a: b}\n", "a source is wanted here"},
        {"a format that nobody knows", "sources:\n  a: {format: gird}\n", "grid"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(supplies_free) struct supplies supplies = {0};
        load(rows[i].text, &supplies, &err);
        CHECK_HAS(err.text, rows[i].words);
        CHECK_INT(supplies.count, 0);
    }
}

// Every source that a shipped policy names is in the file that ships, and gives what is asked of
// it.
static void test_shipped(void **state)
{
    (void)state;
    static const char *const folders[] = {"policies", "policies/products"};
    struct err err = {0};
    AUTO(supplies_free) struct supplies supplies = {0};
    size_t seen = 0;
    CHECK_OK(supplies_load("data/sources.yaml", &supplies, &err), err);
    for (size_t f = 0; f < COUNT_OF(folders); f++) {
        AUTO(file_names_free) char **names = NULL;
        CHECK_OK(file_names(folders[f], &names, &err), err);
        for (char **name = names; *name; name++) {
            AUTO(mem_drop) char *path = file_join(folders[f], *name);
            AUTO(policy_free) struct policy *policy = NULL;
            AUTO(buf_free) struct buf out = buf_new(4096);
            if (!str_ends(str_of(*name), ".yaml"))
                continue;
            ROW(*name);
            CHECK_OK(policy_load(path, &policy, &err), err);
            seen++;
            CHECK_INT(supplies_miss(policy, &supplies, false, &out), 0);
            CHECK_TEXT(out.at ? out.at : "", "");
            ROW("and at a site, for the boundary set that the sources are read for");
            bool product = f == 1;
            (void)snprintf(policy->boundary_set, sizeof(policy->boundary_set), "%s",
                           product ? "vn2025" : "pilots");
            CHECK_INT(supplies_miss(policy, &supplies, true, &out), 0);
            CHECK_TEXT(out.at ? out.at : "", "");
        }
    }
    CHECK(seen >= 29);
}

TEST_MAIN(cmocka_unit_test(test_one), cmocka_unit_test(test_parts), cmocka_unit_test(test_refused),
          cmocka_unit_test(test_shipped))
