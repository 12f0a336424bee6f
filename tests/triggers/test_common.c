#include "triggers/common.h"

#include "ledger/reading.h"
#include "policies/policy.h"
#include "policies/share_rule.h"
#include "tests/ledger/place.h"
#include "triggers/grounds.h"

// Two communes and twelve days in a real ledger; policies ask for them in turn.
enum { DAYS = 12 };

static char code_a[] = "01840", code_b[] = "01843", name_a[] = "Chợ Đồn", name_b[] = "Na Rì",
            zone[] = "north";

static void put_day(struct place *place, int64_t day)
{
    const int32_t values[] = {(int32_t)day * 1000, (int32_t)day * 2000};
    const uint16_t cover[] = {READING_COVER_FULL, READING_COVER_FULL};
    struct reading reading = {.meta = {.source = "drill",
                                       .variable = "rain",
                                       .boundary_set = "two",
                                       .valid_from = {day * DAY_S},
                                       .valid_to = {(day + 1) * DAY_S},
                                       .issued_at = UTC_NEVER,
                                       .member = MEMBER_NONE},
                              .communes = 2,
                              .value = values,
                              .cover = cover};
    (void)place_keep(place, &reading);
}

static struct policy policy_of(int64_t days)
{
    return (struct policy){.kind = POLICY_ALERT,
                           .watch = WATCH_OBSERVATION,
                           .boundary_set = "two",
                           .source = "drill",
                           .variable = "rain",
                           .index = {.take = INDEX_TOTAL, .within_s = days * DAY_S},
                           .rounding_milli = 100};
}

static struct occasion last_days(int64_t end, int64_t days)
{
    return (struct occasion){
        .from = {(end - days) * DAY_S}, .to = {end * DAY_S}, .as_of = {end * DAY_S}};
}

static const struct grounds *ask(struct place *place, struct common *common,
                                 const struct boundary_set *set, const struct policy *policy,
                                 const struct occasion *occasion)
{
    const struct grounds *shared = NULL;
    AUTO(grounds_free) struct grounds alone = {0};
    CHECK_OK(common_grounds(common, place->ledger, policy, occasion, set, &shared, &place->err),
             place->err);
    CHECK_OK(grounds_load(place->ledger, policy, occasion, set, &alone, &place->err), place->err);
    CHECK(hash_same(grounds_basis(shared), grounds_basis(&alone)));
    CHECK_INT(shared->readings.count, alone.readings.count);
    return shared;
}

// Looks are kept from the first policy on, but where holes are filled: that is told of each
// commune.
static void test_looks(void **state)
{
    (void)state;
    struct place place = place_new();
    struct commune communes[] = {{.code = code_a, .name = name_a, .zone = zone, .area_km2 = 1},
                                 {.code = code_b, .name = name_b, .zone = zone, .area_km2 = 1}};
    struct boundary_set set = {.name = "two", .count = 2, .commune = communes};
    struct policy plain = policy_of(1), filled = policy_of(1);
    struct occasion occasion = last_days(1, 1);
    AUTO(common_free) struct common *common = common_new();
    put_day(&place, 0);
    filled.substitutes = 1;
    memcpy(filled.substitute[0].source, "drill", sizeof("drill"));
    CHECK(ask(&place, common, &set, &plain, &occasion)->looks != NULL);
    CHECK(ask(&place, common, &set, &filled, &occasion)->looks == NULL);
    place_free(&place);
}

// In whatever order they are asked for, grounds are those that are loaded alone.
static void test_shared(void **state)
{
    (void)state;
    struct place place = place_new();
    struct commune communes[] = {{.code = code_a, .name = name_a, .zone = zone, .area_km2 = 1},
                                 {.code = code_b, .name = name_b, .zone = zone, .area_km2 = 1}};
    struct boundary_set set = {.name = "two", .count = 2, .commune = communes};
    struct policy one = policy_of(1), other = policy_of(1), three = policy_of(3), share = one;
    struct share_rule of = {0};
    AUTO(common_free) struct common *common = common_new();
    for (int64_t day = 0; day < DAYS; day++)
        put_day(&place, day);
    other.rounding_milli = 1000;
    share.index.share = &of;
    ROW("two policies of the same days stand on the same");
    struct occasion occasion = last_days(5, 1);
    const struct grounds *first = ask(&place, common, &set, &one, &occasion);
    CHECK(ask(&place, common, &set, &other, &occasion) == first);
    ROW("other days are others");
    struct occasion longer = last_days(5, 3);
    CHECK(ask(&place, common, &set, &three, &longer) != first);
    CHECK(ask(&place, common, &set, &one, &occasion) == first);
    ROW("a share of communes is counted by each policy for itself");
    CHECK(ask(&place, common, &set, &share, &occasion) != first);
    CHECK(ask(&place, common, &set, &one, &occasion) == first);
    ROW("what is no longer kept is loaded again");
    for (int turn = 0; turn < 2; turn++) {
        for (int64_t day = 1; day <= DAYS; day++) {
            struct occasion each = last_days(day, 1);
            CHECK_INT(ask(&place, common, &set, &one, &each)->readings.value[0], (day - 1) * 1000);
        }
    }
    ROW("days that nobody saw");
    struct occasion never = last_days(100, 1);
    CHECK_INT(ask(&place, common, &set, &one, &never)->readings.count, 0);
    place_free(&place);
}

TEST_MAIN(cmocka_unit_test(test_looks), cmocka_unit_test(test_shared))
