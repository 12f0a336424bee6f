// The invented contracts: every row has the shape that gong contract import takes, and nobody in it
// can be rung or paid.
#include "tests/check.h"

#include "core/csv.h"
#include "core/num.h"
#include "data/season/contracts.h"
#include "data/season/random.h"

enum { FIELDS = 12, BYTES_MAX = 4 << 20, PERSONS_MAX = 10000 };
enum { CONTRACT, PERSON, NAME, PHONE, ACCOUNT, LANGUAGE, COMMUNE, SET, POLICY, SUM, STARTS, ENDS };

static size_t season_csv(uint64_t seed, struct buf *out)
{
    struct err err = {0};
    static struct place place[PLACES_MAX];
    size_t count = 0;
    CHECK_OK(places_load(place, &count, &err), err);
    return contracts_csv(place, count, seed, out);
}

static void check_row_of(const struct csv *csv, char names[][64])
{
    struct err err = {0};
    int64_t person, phone, sum;
    CHECK_INT(csv->count, FIELDS);
    CHECK(str_starts(csv->field[CONTRACT], "BK-") || str_starts(csv->field[CONTRACT], "DN-"));
    CHECK(str_ends(csv->field[NAME], " (diễn tập)"));
    CHECK(str_starts(csv->field[ACCOUNT], "DRILL-"));
    CHECK(str_is(csv->field[LANGUAGE], "vi") || str_is(csv->field[LANGUAGE], "en"));
    CHECK(str_is(csv->field[SET], "pilots"));
    CHECK_OK(num_whole(csv->field[PHONE], 84900000000, 84900009999, &phone, &err), err);
    CHECK_OK(num_whole(csv->field[SUM], 100000, 100000000, &sum, &err), err);
    CHECK_INT(sum % 1000, 0);
    CHECK(str_is(csv->field[STARTS], "2024-01-01") && str_is(csv->field[ENDS], "2024-12-31"));
    // One number is one person, and one person has one name.
    person = phone - 84900000000;
    if (!names[person][0])
        (void)snprintf(names[person], 64, STR_FMT, STR_ARG(csv->field[NAME]));
    CHECK(str_is(csv->field[NAME], names[person]));
}

static void test_rows(void **state)
{
    (void)state;
    struct err err = {0};
    static char names[PERSONS_MAX][64];
    AUTO(buf_free) struct buf text = buf_new(BYTES_MAX);
    AUTO(csv_free) struct csv csv = {0};
    size_t said = season_csv(7, &text), rows = 0, bac_kan = 0;
    bool row = true;
    CHECK(!text.full);
    csv_start(&csv, buf_slice(&text));
    CHECK_OK(csv_next(&csv, &row, &err), err);
    CHECK(str_is(csv.field[CONTRACT], "contract") && str_is(csv.field[ENDS], "ends"));
    for (;;) {
        CHECK_OK(csv_next(&csv, &row, &err), err);
        if (!row)
            break;
        char name[32];
        (void)snprintf(name, sizeof(name), "line %zu", csv.line);
        ROW(name);
        check_row_of(&csv, names);
        rows++;
        bac_kan += str_is(csv.field[POLICY], "bac-kan-excess-rain");
    }
    ROW("about 2,000 contracts: 37 x 30 and 28 x 32");
    CHECK_INT(rows, said);
    CHECK_INT(bac_kan, 37 * 30);
    CHECK_INT(rows - bac_kan, 28 * 32);
}

static void test_seeds(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf a = buf_new(BYTES_MAX);
    AUTO(buf_free) struct buf b = buf_new(BYTES_MAX);
    AUTO(buf_free) struct buf c = buf_new(BYTES_MAX);
    (void)season_csv(1, &a);
    (void)season_csv(1, &b);
    (void)season_csv(2, &c);
    ROW("the same seed, the same contracts");
    CHECK(str_same(buf_slice(&a), buf_slice(&b)));
    ROW("another seed, other contracts");
    CHECK(!str_same(buf_slice(&a), buf_slice(&c)));
}

static void test_random(void **state)
{
    (void)state;
    // From the state 1, 2, 3, 4, as its authors and others publish it.
    struct random known = {{1, 2, 3, 4}};
    ROW("the published sequence of xoshiro256**");
    CHECK(random_next(&known) == 11520);
    CHECK(random_next(&known) == 0);
    CHECK(random_next(&known) == 1509978240);
    CHECK(random_next(&known) == 1215971899390074240);
    ROW("streams of one seed differ");
    struct random one = random_new(5, 1), two = random_new(5, 2);
    CHECK(random_next(&one) != random_next(&two));
    ROW("unit and normal numbers have their mean and spread");
    double sum = 0, normal = 0, square = 0;
    for (int i = 0; i < 100000; i++) {
        double unit = random_unit(&one), value = random_normal(&two);
        CHECK(unit >= 0 && unit < 1);
        sum += unit;
        normal += value;
        square += value * value;
    }
    CHECK_NEAR(sum / 100000, 0.5, 0.01);
    CHECK_NEAR(normal / 100000, 0, 0.02);
    CHECK_NEAR(square / 100000, 1, 0.03);
}

TEST_MAIN(cmocka_unit_test(test_rows), cmocka_unit_test(test_seeds), cmocka_unit_test(test_random))
