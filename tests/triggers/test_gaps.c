#include "triggers/gaps.h"

#include "core/mem.h"
#include "ledger/left_out.h"
#include "ledger/subscriber.h"
#include "policies/policy.h"
#include "tests/ledger/place.h"
#include "triggers/shelf.h"

// A policy whose area names a zone that the boundary set lacks, seen on 2024-09-07.
static void test_over(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct civil from, to;
        size_t left_out;
    } rows[] = {
        {"in force", {.year = 2024, 1, 1}, {.year = 2024, 12, 31}, 1},
        {"its season comes", {.year = 2025, 1, 1}, {.year = 2025, 12, 31}, 1},
        {"its last day", {.year = 2024, 1, 1}, {.year = 2024, 9, 7}, 1},
        {"ended", {.year = 2024, 1, 1}, {.year = 2024, 9, 5}, 0},
        {"a newer version replaced all of it", {.year = 2025, 1, 1}, {.year = 2024, 12, 31}, 0},
    };
    char a[] = "00001", name[] = "Xã", zone[] = "north", wrong[] = "nroth", *names[] = {wrong};
    struct commune communes[] = {{.code = a, .name = name, .zone = zone, .area_km2 = 1}};
    struct boundary_set set = {.name = "one", .count = 1, .commune = communes};
    struct place place = place_new();
    const struct subscribers nobody = {0};
    bool fresh;
    set.hash = boundary_set_hash(&set);
    CHECK_OK(boundary_set_put(place.map, &set, &fresh, &place.err), place.err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct policy policy = {.id = "rain",
                                .boundary_set = "one",
                                .area = {.kind = AREA_ZONES, .name = names, .count = 1},
                                .effective_from = rows[i].from,
                                .effective_to = rows[i].to};
        struct policy *shelved = &policy;
        const struct shelf shelf = {.at = &shelved, .count = 1};
        const struct utc now = {1725696000}; // 2024-09-07T08:00:00Z
        AUTO(left_outs_free) struct left_outs out = {0};
        CHECK_OK(gaps_look(place.map, &shelf, now, &nobody, &out, &place.err), place.err);
        CHECK_INT(out.count, rows[i].left_out);
        if (out.count)
            CHECK_HAS(out.at[0].why, "no \"nroth\"");
    }
    place_free(&place);
}

TEST_MAIN(cmocka_unit_test(test_over))
