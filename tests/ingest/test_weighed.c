// The steps of a file, weighed part by part: kept beyond what is held in memory, and in order.
#include "ingest/weighed.h"

#include "core/mem.h"
#include "ingest/aggregate.h"
#include "ledger/quality.h"
#include "ledger/reading.h"
#include "tests/check.h"
#include "tests/ingest/one_to_one.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// 200,000 communes take 1.4 MB a step: 40 steps are more than is held in memory.
enum { COMMUNES = 200000, COLUMNS = 500, TIMES = 20, PART = 8, VARIABLES = 2 };

static const char *const names[VARIABLES] = {"rain", "gust"};

// What a variable has at a time, the same in every cell from the tenth on: so that what stands
// still over the seam of two parts can be told.
static float value_of(size_t variable, size_t time, size_t cell)
{
    size_t moves = time == PART ? time - 1 : time; // the first time of the second part
    return (float)(variable * 20 + moves) + (float)(cell % 100) / 100;
}

static struct frame part_of(size_t first)
{
    size_t end = first + PART < TIMES ? first + PART : TIMES, times = end - first;
    struct frame part = {.grid = {.rows = COMMUNES / COLUMNS, .columns = COLUMNS},
                         .count = VARIABLES * times,
                         .next = end < TIMES ? end : 0};
    part.step = mem_new(part.count, sizeof(*part.step));
    part.value = mem_new(part.count * COMMUNES, sizeof(*part.value));
    for (size_t i = 0; i < part.count; i++) {
        struct grid_step *step = &part.step[i];
        size_t variable = i / times, time = first + i % times;
        memcpy(step->variable, names[variable], strlen(names[variable]) + 1);
        step->valid_from.s = (int64_t)time * HOUR_S;
        step->valid_to.s = step->valid_from.s + HOUR_S;
        step->issued_at = UTC_NEVER;
        step->member = MEMBER_NONE;
        for (size_t c = 0; c < COMMUNES; c++)
            part.value[i * COMMUNES + c] = value_of(variable, time, c);
    }
    return part;
}

static void check_step(const struct weighed *weighed, size_t i, struct err *err)
{
    size_t variable = i / TIMES, time = i % TIMES;
    AUTO(mem_drop) int32_t *value = mem_new(COMMUNES, sizeof(*value));
    AUTO(mem_drop) uint16_t *cover = mem_new(COMMUNES, sizeof(*cover));
    AUTO(mem_drop) uint8_t *flag = mem_new(COMMUNES, sizeof(*flag));
    CHECK_TEXT(weighed->step[i].variable, names[variable]);
    CHECK_INT(weighed->step[i].valid_from.s, (int64_t)time * HOUR_S);
    CHECK_OK(weighed_read(weighed, i, value, cover, flag, err), *err);
    for (size_t c = 0; c < COMMUNES; c += COMMUNES - 1) {
        CHECK_INT(value[c], lround((double)value_of(variable, time, c) * 1000));
        CHECK_INT(cover[c], READING_COVER_FULL);
        CHECK_INT(flag[c], time == PART ? QUALITY_FROZEN : 0);
    }
}

static void test_parts(void **state)
{
    (void)state;
    struct err err = {0};
    char folder[] = "/tmp/gong-weighed-XXXXXX";
    CHECK(mkdtemp(folder));
    AUTO(weighed_free) struct weighed weighed = {.count = 0};
    AUTO(weights_free) struct weights *weights = one_to_one(COMMUNES);
    AUTO(aggregate_free) struct aggregate *aggregate = aggregate_new(weights);
    struct area area = {.weights = weights, .aggregate = aggregate};
    struct wanted_list wanted = {.count = VARIABLES};
    for (size_t i = 0; i < VARIABLES; i++)
        memcpy(wanted.at[i].variable, names[i], strlen(names[i]));
    for (size_t first = 0; first < TIMES; first += PART) {
        struct frame part = part_of(first);
        CHECK_OK(weighed_add(&weighed, &part, &area, 0, folder, &err), err);
        CHECK(!part.value);
    }
    CHECK(weighed.has_away && weighed.kept_room <= WEIGHED_KEPT);
    CHECK_INT(rmdir(folder), 0); // nothing has a name there
    weighed_end(&weighed, &wanted);
    CHECK_INT(weighed.count, VARIABLES * TIMES);
    for (size_t i = 0; i < weighed.count; i++)
        check_step(&weighed, i, &err);
    weights->hash.at[0] ^= 1;
    AUTO(weighed_free) struct weighed other = {.count = 0};
    struct frame part = part_of(0), next = part_of(PART);
    CHECK_OK(weighed_add(&other, &part, &area, 0, "/tmp", &err), err);
    weights->hash.at[0] ^= 1;
    CHECK_INT(weighed_add(&other, &next, &area, 0, "/tmp", &err), ERR_INPUT);
    CHECK_TEXT(err.text, "the parts of the file are on two grids");
    frame_free(&next);
}

TEST_MAIN(cmocka_unit_test(test_parts))
