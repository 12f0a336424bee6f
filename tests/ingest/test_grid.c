#include "ingest/grid.h"

#include "ledger/reading.h"
#include "tests/check.h"

enum {
    ROWS = 2,
    COLUMNS = 3,
    // Where things stand in the bytes that frame_write makes.
    AT_ROWS = 8,
    AT_COLUMNS = 16,
    AT_CORNERS = 24,
    AT_STEPS = 32,
    AT_NEXT = 40,
    AT_ASKS = 48,
    AT_LATITUDE = 56,
    AT_LONGITUDE = AT_LATITUDE + (ROWS + 1) * 8,
    AT_STEP = AT_LONGITUDE + (COLUMNS + 1) * 8,
    AT_FROM = AT_STEP + 32,
    AT_TO = AT_FROM + 8,
    AT_ISSUED = AT_TO + 8,
    AT_MEMBER = AT_ISSUED + 8,
    STEP_BYTES = 64,
    AT_VALUE = AT_STEP + 2 * STEP_BYTES,
    FRAME_BYTES = AT_VALUE + 2 * ROWS * COLUMNS * 4 + HASH_SIZE
};

static void make_bytes(struct buf *out)
{
    double latitude[] = {10, 10.5, 11}, longitude[] = {105, 105.5, 106, 106.5};
    struct grid_step step[] = {
        {"rain", {1000}, {4600}, UTC_NEVER, MEMBER_NONE},
        {"gust", {1000}, {4600}, {400}, 19},
    };
    float value[2 * ROWS * COLUMNS];
    for (size_t i = 0; i < COUNT_OF(value); i++)
        value[i] = i == 4 ? NAN : (float)i / 8;
    struct frame frame = {
        {ROWS, COLUMNS, latitude, longitude, 0, NULL}, 2, step, value, 8760, false};
    frame_write(&frame, out);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf bytes = buf_new(1 << 20), again = buf_new(1 << 20);
    AUTO(frame_free) struct frame frame = {0};
    make_bytes(&bytes);
    CHECK_INT(bytes.len, FRAME_BYTES);
    CHECK_OK(frame_read(buf_slice(&bytes), &frame, &err), err);
    CHECK_INT(frame.next, 8760);
    CHECK_INT(frame.grid.rows, ROWS);
    CHECK_INT(frame.grid.columns, COLUMNS);
    CHECK_NEAR(frame.grid.longitude[3], 106.5, 0);
    CHECK_INT(frame.count, 2);
    CHECK_TEXT(frame.step[1].variable, "gust");
    CHECK_INT(frame.step[0].issued_at.s, UTC_NEVER.s);
    CHECK_INT(frame.step[0].member, MEMBER_NONE);
    CHECK_INT(frame.step[1].member, 19);
    CHECK_NEAR((double)frame.value[4], NAN, 0);
    CHECK_NEAR((double)frame.value[11], 11.0 / 8, 0);
    frame_write(&frame, &again);
    CHECK(str_same(buf_slice(&bytes), buf_slice(&again)));
}

static void test_hash(void **state)
{
    (void)state;
    double latitude[] = {10, 10.5, 11}, longitude[] = {105, 105.5, 106, 106.5};
    struct grid grid = {ROWS, COLUMNS, latitude, longitude, 0, NULL};
    struct grid turned = {COLUMNS, ROWS, longitude, latitude, 0, NULL};
    struct hash first = grid_hash(&grid);
    CHECK(hash_same(first, grid_hash(&grid)));
    CHECK(!hash_same(first, grid_hash(&turned)));
    latitude[1] = nextafter(latitude[1], 11);
    CHECK(!hash_same(first, grid_hash(&grid)));
}

// Puts a right checksum under bytes that were changed: a lie, not an accident.
static void seal(struct buf *bytes)
{
    size_t len = bytes->len - HASH_SIZE;
    struct hash sum = hash_of((struct str){bytes->at, len});
    memcpy(bytes->at + len, sum.at, HASH_SIZE);
}

// One 8-byte word of the frame is another.
static const struct {
    const char *name;
    size_t at;
    bool is_real;
    double real;
    int64_t whole;
    const char *words;
} lies[] = {
    {"another kind of file", 0, false, 0, 0x2066666666, "does not begin as one"},
    {"no rows", AT_ROWS, false, 0, 0, "size is out of bounds"},
    {"rows beyond any grid", AT_ROWS, false, 0, INT64_MAX, "size is out of bounds"},
    {"a negative number of columns", AT_COLUMNS, false, 0, -1, "size is out of bounds"},
    {"two corners a cell", AT_CORNERS, false, 0, 2, "size is out of bounds"},
    {"more corners than a cell may have", AT_CORNERS, false, 0, 17, "size is out of bounds"},
    {"corners where edges stand", AT_CORNERS, false, 0, 4, "cut off in its corners"},
    {"more steps than anybody has", AT_STEPS, false, 0, INT64_MAX, "size is out of bounds"},
    {"a part of more than anybody has", AT_NEXT, false, 0, INT64_MAX, "size is out of bounds"},
    {"a question beside an answer", AT_ASKS, false, 0, 1, "it asks for what it has"},
    {"a question that is none", AT_ASKS, false, 0, 2, "it asks for what it has"},
    {"more rows than there are bytes", AT_ROWS, false, 0, 90000, "cut off in its edges"},
    {"more steps than there are bytes", AT_STEPS, false, 0, 900000, "cut off in its steps"},
    {"one step less than there is", AT_STEPS, false, 0, 1, "not as many as it says"},
    {"a latitude beyond the pole", AT_LATITUDE + 16, true, 90.5, 0, "latitudes do not ascend"},
    {"a latitude that is no number", AT_LATITUDE + 8, true, NAN, 0, "latitudes do not ascend"},
    {"latitudes that go back", AT_LATITUDE + 8, true, 9, 0, "latitudes do not ascend"},
    {"two edges that are one", AT_LATITUDE + 8, true, 10, 0, "latitudes do not ascend"},
    {"an endless longitude", AT_LONGITUDE + 24, true, INFINITY, 0, "longitudes do not ascend"},
    {"more than once round", AT_LONGITUDE + 24, true, 466, 0, "longitudes do not ascend"},
    {"longitudes that go back", AT_LONGITUDE, true, 106, 0, "longitudes do not ascend"},
    {"a variable nobody knows", AT_STEP, false, 0, 0x776f6e73, "no known variable"},
    {"a variable without a name", AT_STEP, false, 0, 0, "no known variable"},
    {"a step that ends before it begins", AT_TO, false, 0, 999, "times are out of order"},
    {"a step after the end of time", AT_TO, false, 0, INT64_MAX, "times are out of order"},
    {"a run before all time", AT_ISSUED, false, 0, INT64_MIN + 1, "times are out of order"},
    {"a negative member", AT_MEMBER, false, 0, -2, "member number"},
    {"a member that 32 bits would cut to 0", AT_MEMBER, false, 0, (int64_t)1 << 32, "member"},
};

static void test_lies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        ROW(lies[i].name);
        struct err err = {0};
        AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
        struct frame frame = {0};
        make_bytes(&bytes);
        memcpy(bytes.at + lies[i].at,
               lies[i].is_real ? (const void *)&lies[i].real : (const void *)&lies[i].whole, 8);
        seal(&bytes);
        CHECK_INT(frame_read(buf_slice(&bytes), &frame, &err), ERR_INPUT);
        CHECK_HAS(err.text, lies[i].words);
        CHECK(!frame.value && !frame.step && !frame.grid.latitude);
    }
}

static void test_name_without_end(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
    struct frame frame = {0};
    make_bytes(&bytes);
    memset(bytes.at + AT_STEP, 'r', 32);
    seal(&bytes);
    CHECK_INT(frame_read(buf_slice(&bytes), &frame, &err), ERR_INPUT);
    CHECK_HAS(err.text, "no known variable");
}

// Whatever byte is changed, and wherever it is cut off: refused.
static void test_damage(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
    make_bytes(&bytes);
    for (size_t i = 0; i < bytes.len; i++) {
        struct err err = {0};
        struct frame frame = {0};
        bytes.at[i] = (char)(bytes.at[i] ^ 0x10);
        CHECK_INT(frame_read(buf_slice(&bytes), &frame, &err), ERR_INPUT);
        CHECK_HAS(err.text, "checksum");
        bytes.at[i] = (char)(bytes.at[i] ^ 0x10);
    }
    for (size_t len = 0; len < bytes.len; len++) {
        struct err err = {0};
        struct frame frame = {0};
        CHECK_INT(frame_read((struct str){bytes.at, len}, &frame, &err), ERR_INPUT);
        CHECK_HAS(err.text, len < HASH_SIZE ? "cut off" : "checksum");
    }
}

// Cut off by one who then writes a right checksum: refused at every length.
static void test_cut_and_sealed(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf bytes = buf_new(1 << 20);
    for (size_t len = HASH_SIZE; len < FRAME_BYTES; len++) {
        struct err err = {0};
        struct frame frame = {0};
        buf_clear(&bytes);
        make_bytes(&bytes);
        bytes.len = len;
        seal(&bytes);
        CHECK_INT(frame_read(buf_slice(&bytes), &frame, &err), ERR_INPUT);
        CHECK_HAS(err.text, "no good grid");
    }
}

// Two cells of four corners, one on the date line; then what a lying decoder could write.
static void make_cells(const double *corner, struct buf *out)
{
    double copy[2 * 4 * 2];
    struct grid_step step[] = {{"rain", {1000}, {4600}, UTC_NEVER, MEMBER_NONE}};
    float value[] = {1, 2};
    memcpy(copy, corner, sizeof(copy));
    struct frame frame = {{1, 2, NULL, NULL, 4, copy}, 1, step, value, 0, false};
    frame_write(&frame, out);
}

static void test_corners(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double corner[16];
        const char *says; // NULL: read
    } rows[] = {
        {"two cells",
         {105, 10, 106, 10, 106, 11, 105, 11, 179.5, 10, 180.5, 10, 180.5, 11, 179.5, 11},
         NULL},
        {"a cell without a shape",
         {105, 10, 106, 10, 106, 11, 105, 11, 0, 0, 0, 0, 0, 0, 0, 0},
         NULL},
        {"a triangle repeats its last corner",
         {105, 10, 106, 10, 106, 11, 106, 11, 0, 0, 0, 0, 0, 0, 0, 0},
         NULL},
        {"clockwise", {105, 10, 105, 11, 106, 11, 106, 10, 0, 0, 0, 0, 0, 0, 0, 0}, "or clockwise"},
        {"half the globe in a cell",
         {0, 10, 180, 10, 180, 11, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0},
         "too far apart"},
        {"beyond the pole",
         {105, 89, 106, 89, 106, 91, 105, 91, 0, 0, 0, 0, 0, 0, 0, 0},
         "off the globe"},
        {"no number",
         {105, 10, NAN, 10, 106, 11, 105, 11, 0, 0, 0, 0, 0, 0, 0, 0},
         "off the globe"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(buf_free) struct buf bytes = buf_new(1 << 20), again = buf_new(1 << 20);
        AUTO(frame_free) struct frame frame = {0};
        make_cells(rows[i].corner, &bytes);
        enum err_kind kind = frame_read(buf_slice(&bytes), &frame, &err);
        CHECK_INT(kind, rows[i].says ? ERR_INPUT : OK);
        CHECK_HAS(err.text, rows[i].says ? rows[i].says : "");
        if (kind)
            continue;
        CHECK_INT(frame.grid.corners, 4);
        CHECK(memcmp(frame.grid.corner, rows[i].corner, sizeof(rows[i].corner)) == 0);
        frame_write(&frame, &again);
        CHECK(str_same(buf_slice(&bytes), buf_slice(&again)));
    }
}

TEST_MAIN(cmocka_unit_test(test_corners), cmocka_unit_test(test_round_trip),
          cmocka_unit_test(test_hash), cmocka_unit_test(test_lies),
          cmocka_unit_test(test_name_without_end), cmocka_unit_test(test_damage),
          cmocka_unit_test(test_cut_and_sealed))
