#ifndef GONG_TESTS_TRIGGERS_PAST_H
#define GONG_TESTS_TRIGGERS_PAST_H

// A past for tests: a series file of invented rain, and policies over it.
#include "ledger/reading.h"
#include "ledger/seriesfile.h"
#include "policies/policy.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

struct past {
    char folder[64], path[96];
    struct seriesfile *series;
    uint64_t random;
};

// xorshift64*: seeded, the same everywhere.
static inline uint32_t past_random(struct past *past, uint32_t below)
{
    past->random ^= past->random >> 12;
    past->random ^= past->random << 25;
    past->random ^= past->random >> 27;
    return (uint32_t)((past->random * 2685821657736338717U) >> 33) % below;
}

struct past_shape {
    size_t places, days, steps_a_day;
    bool covers, holes;
    bool odd; // some numbers below 0, and some that 32 bits cannot add up
};

static inline int32_t past_rain(struct past *past, const struct past_shape *shape)
{
    if (shape->holes && past_random(past, 400) == 0)
        return READING_NONE;
    if (shape->odd && past_random(past, 700) == 0)
        return past_random(past, 2) ? -1 - (int32_t)past_random(past, 4000) : 900000000;
    if (past_random(past, 5) < 3)
        return 0;
    int32_t a = (int32_t)past_random(past, 300), b = (int32_t)past_random(past, 300);
    return a * b / (int32_t)shape->steps_a_day;
}

static inline struct past past_new(const struct past_shape *shape)
{
    enum { PLACES_MAX = 600, CODE = 8 };
    static struct series_place place[PLACES_MAX];
    static char code[PLACES_MAX][CODE];
    static int32_t value[PLACES_MAX];
    static uint16_t cover[PLACES_MAX];
    const char *seed = getenv("GONG_SEED");
    struct past past = {.folder = "/tmp/gong-test-XXXXXX",
                        .random = seed ? strtoull(seed, NULL, 10) : 20241125};
    struct err err = {0};
    struct seriesfile_writer *writer = NULL;
    printf("# seed %llu\n", (unsigned long long)past.random);
    CHECK(shape->places <= PLACES_MAX);
    CHECK(mkdtemp(past.folder) != NULL);
    (void)snprintf(past.path, sizeof(past.path), "%s/past.nc", past.folder);
    for (size_t i = 0; i < shape->places; i++) {
        (void)snprintf(code[i], CODE, "%05u", (unsigned)i % 100000);
        place[i] = (struct series_place){code[i], code[i], i % 2 ? "south" : "north", NAN, NAN};
    }
    struct seriesfile_head head = {.variable = "rain",
                                   .source = "past",
                                   .boundary_set = "test",
                                   .origin = "a test",
                                   .place = place,
                                   .places = shape->places,
                                   .covers = shape->covers};
    CHECK_OK(seriesfile_create(past.path, &head, &writer, &err), err);
    int64_t first_s = date_days(2001, 1, 1) * DAY_S, step_s = DAY_S / (int64_t)shape->steps_a_day;
    for (size_t i = 0; i < shape->days * shape->steps_a_day; i++) {
        for (size_t c = 0; c < shape->places; c++) {
            value[c] = past_rain(&past, shape);
            cover[c] =
                past_random(&past, 500) ? READING_COVER_FULL : (uint16_t)past_random(&past, 10000);
        }
        struct span span = {{first_s + (int64_t)i * step_s}, {first_s + (int64_t)(i + 1) * step_s}};
        CHECK_OK(seriesfile_append(writer, span, value, cover, &err), err);
    }
    CHECK_OK(seriesfile_finish(&writer, &err), err);
    CHECK_OK(seriesfile_open(past.path, &past.series, &err), err);
    return past;
}

static inline void past_free(struct past *past)
{
    seriesfile_close(&past->series);
    (void)unlink(past->path);
    (void)rmdir(past->folder);
}

// What a policy of a test says of itself; the cases are never run here.
struct past_policy {
    const char *kind, *period, *index, *rounding, *coverage, *rest;
};

static inline struct policy *past_policy(const struct past_policy *says)
{
    struct err err = {0};
    struct policy *policy = NULL;
    AUTO(buf_free) struct buf text = buf_new(10000);
    bool alert = strcmp(says->kind, "alert") == 0;
    buf_print(&text,
              "gong: 1\nid: past-%s\nversion: 1\nkind: %s\ntitle: {vi: Thử, en: Trial}\n"
              "effective: {from: 2001-01-01, to: 2010-12-31}\nboundary_set: test\narea: all\n"
              "source: past\nvariable: rain\n%s\nindex: %s\nrounding: %s\n"
              "minimum_coverage: %s\n%s\n%s\n"
              "cases:\n  fire: [{name: a, step: 24 h, values: [1]}]\n"
              "  not_fire: [{name: b, step: 24 h, values: [2]}]\n",
              says->kind, says->kind, says->period, says->index, says->rounding, says->coverage,
              says->rest,
              alert ? "watch: observation\npersistence: 1\nnext_update: 1 days\n"
                      "message: {vi: \"{commune} {index} {issued} {next}\", en: \"{commune} "
                      "{index} {issued} {next}\"}"
                    : "settle_after: 1 days\nsettlement: settle_once\n"
                      "message: {vi: \"{contract} {amount} {commune}\", en: \"{contract} {amount} "
                      "{commune}\"}");
    CHECK_OK(policy_parse(buf_slice(&text), "past.yaml", &policy, &err), err);
    return policy;
}

#endif
