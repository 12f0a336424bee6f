// Chunks by weights: of a file in chunks those are read and inflated that hold a weighted cell, no
// others, by both ways, in this process and in a confined one; and the readings are those of all
// that the box touches.
#include "ingest/need.h"

#include "core/file.h"
#include "ingest/aggregate.h"
#include "ingest/box.h"
#include "ingest/cf.h"
#include "ingest/convoy.h"
#include "ingest/decode.h"
#include "tests/ingest/decoded.h"
#include "tests/ingest/ncfile.h"
#include "tests/ingest/shapes.h"

#include <fcntl.h>
#include <hdf5.h>
#include <stdlib.h>
#include <unistd.h>

// The libraries leak what they had begun when a damaged file is refused
// (tests/ingest/test_short.c).
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libnetcdf\nleak:libhdf5\n";
}

enum {
    STEPS = 3,
    ROWS = 44,
    COLUMNS = 62,
    COMMUNES = 3,
    BYTES_MAX = 16 << 20,
    CHUNKS_MAX = 4096,
};
static const double SOUTH = 8, WEST = 100, SIDE = 0.25; // edges of the grid

static char folder[] = "/tmp/gong-test-XXXXXX";
static const char *program, *plain; // gong-decode, gong-plain

// --- the places: two far parts, the second with a hole between two communes

static struct boundary_set *far_parts(void)
{
    static const double boxes[COMMUNES][4] = {
        {101.1, 8.6, 101.6, 9.3}, {113.2, 16.9, 113.9, 17.6}, {114.4, 18.1, 114.6, 18.9}};
    struct boundary_set *set = set_new(COMMUNES);
    for (size_t i = 0; i < COMMUNES; i++) {
        AUTO(rings_free) struct rings rings = {0};
        add_box(&rings, boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3]);
        set_shape(set, i, &rings);
    }
    return set;
}

// --- the files

struct row {
    const char *name;
    size_t chunk[3]; // time, then in the order of the file; 0: in one piece
    bool longitude_first, descending, packed, shuffled, wind, flags;
    bool whole; // read whole: it has no chunks, or the box lies in one
};
static const struct row rows[] = {
    {"small chunks", {1, 8, 8}, .shuffled = true},
    {"of one cell", {1, 1, 1}, .shuffled = true},
    {"several steps in a chunk", {2, 5, 7}, .shuffled = true},
    {"longitude first, as IMERG has it", {1, 9, ROWS}, .longitude_first = true},
    {"from north to south", {1, 6, 11}, .descending = true},
    {"packed", {3, 8, 8}, .packed = true},
    {"both components of a wind", {1, 8, 8}, .wind = true},
    {"flags beside", {1, 8, 8}, .flags = true},
    {"rows", {1, 1, COLUMNS}, .shuffled = true},
    {"one chunk", {1, ROWS, COLUMNS}, .whole = true},
    {"in one piece", {0}, .whole = true},
};

static void describe(int file, int var, const struct row *row, bool is_flag)
{
    static const signed char flags[] = {0, 1};
    put_text(file, var, "units", row->wind ? "m s-1" : "mm");
    if (row->packed) {
        CHECK(!nc_put_att_double(file, var, "scale_factor", NC_DOUBLE, 1, &(double){0.5}) &&
              !nc_put_att_double(file, var, "add_offset", NC_DOUBLE, 1, &(double){3}));
    }
    if (is_flag) {
        CHECK(!nc_put_att_schar(file, var, "flag_values", NC_BYTE, 2, flags));
        put_text(file, var, "flag_meanings", "bad fine");
    }
}

static void define(int file, const struct row *row, const char *name, const int *dims, size_t side)
{
    int var;
    size_t chunk[3] = {row->chunk[0], row->chunk[1] + side, row->chunk[2]};
    NC(nc_def_var(file, name, row->packed ? NC_SHORT : NC_FLOAT, 3, dims, &var));
    describe(file, var, row, strcmp(name, "good") == 0);
    if (chunk[0])
        CHECK(!nc_def_var_chunking(file, var, NC_CHUNKED, chunk) &&
              !nc_def_var_deflate(file, var, row->shuffled, 1, 4));
}

static void put(int file, const char *name, const struct row *row, size_t turn)
{
    float *field = mem_new(STEPS * ROWS * COLUMNS, sizeof(*field));
    int var;
    for (size_t i = 0; i < STEPS * ROWS * COLUMNS; i++)
        field[i] = (float)(row->flags && turn ? i % 5 > 0 : (i * (37 + turn)) % 101);
    NC(nc_inq_varid(file, name, &var));
    NC(nc_put_var_float(file, var, field));
    mem_free(&field);
}

static void make_file(const struct row *row, struct buf *out)
{
    struct err err = {0};
    double hour[STEPS] = {0, 1, 2}, latitude[ROWS], longitude[COLUMNS];
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    int file, dims[3], y = row->longitude_first ? 2 : 1;
    for (size_t i = 0; i < ROWS; i++)
        latitude[row->descending ? ROWS - 1 - i : i] = SOUTH + SIDE * ((double)i + 0.5);
    for (size_t i = 0; i < COLUMNS; i++)
        longitude[i] = WEST + SIDE * ((double)i + 0.5);
    NC(nc_create(path, NC_NETCDF4 | NC_CLOBBER, &file));
    NC(nc_def_dim(file, "time", STEPS, &dims[0]));
    NC(nc_def_dim(file, "lat", ROWS, &dims[y]));
    NC(nc_def_dim(file, "lon", COLUMNS, &dims[3 - y]));
    (void)add_axis(file, "time", dims[0], "hours since 2024-09-06", hour);
    (void)add_axis(file, "lat", dims[y], "degrees_north", latitude);
    (void)add_axis(file, "lon", dims[3 - y], "degrees_east", longitude);
    define(file, row, "rain", dims, 0);
    if (row->wind || row->flags) // in chunks of its own
        define(file, row, row->wind ? "north" : "good", dims, 3);
    NC(nc_enddef(file));
    put(file, "rain", row, 0);
    if (row->wind || row->flags)
        put(file, row->wind ? "north" : "good", row, 1);
    NC(nc_close(file));
    CHECK_OK(file_read(path, out, &err), err);
}

static struct wanted_list wanted_of(const struct row *row, const struct boundary_set *set)
{
    struct err err = {0};
    struct wanted_list list = {.count = 1};
    struct wanted *one = &list.at[0];
    *one = (struct wanted){.reads = "rain", .interval = INTERVAL_SPAN, .interval_s = HOUR_S};
    (void)snprintf(one->variable, sizeof(one->variable), "%s", row->wind ? "wind" : "rain");
    if (row->wind)
        (void)snprintf(one->reads_north, sizeof(one->reads_north), "north");
    if (row->flags)
        (void)snprintf(one->where, sizeof(one->where), "good=fine");
    CHECK_OK(box_around(set, &list, &err), err);
    return list;
}

// --- which chunks hold a weighted cell, by where they lie on the globe

// The number of the chunk along time, y and x in which a place on the globe is.
static size_t chunk_number(const struct row *row, const size_t *chunk, size_t step,
                           const size_t *place)
{
    size_t y = row->longitude_first ? 1 : 0;
    size_t rows_of = chunk[1 + y], columns_of = chunk[2 - y];
    size_t latitude = row->descending ? ROWS - 1 - place[0] : place[0];
    return (step / chunk[0] * 100 + latitude / rows_of) * 100 + place[1] / columns_of;
}

// How many there are, over all steps.
static size_t chunks_held(const struct row *row, const size_t *chunk, const struct weights *weights,
                          const struct grid *grid)
{
    static size_t seen[CHUNKS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < STEPS * (size_t)weights->start[weights->communes]; i++) {
        size_t cell = weights->cell[i / STEPS], k = 0;
        size_t place[2] = {(size_t)lround((grid->latitude[cell / grid->columns] - SOUTH) / SIDE),
                           (size_t)lround((grid->longitude[cell % grid->columns] - WEST) / SIDE)};
        size_t number = chunk_number(row, chunk, i % STEPS, place);
        while (k < count && seen[k] != number)
            k++;
        CHECK(k < CHUNKS_MAX);
        seen[k] = number;
        count += k == count;
    }
    return count;
}

// Makes nonsense of every chunk of a variable that holds none (or, `needed`, of one that does).
// Returns how many.
static size_t spoil(const char *name, const struct row *row, const struct weights *weights,
                    const struct grid *grid, bool needed, struct buf *bytes)
{
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), made = H5Dget_create_plist(set);
    hid_t space = H5Dget_space(set);
    hsize_t count = 0, chunk[3], first[3], size;
    size_t spoiled = 0, y = row->longitude_first ? 2 : 1;
    CHECK(H5Pget_chunk(made, 3, chunk) == 3);
    CHECK(H5Dget_num_chunks(set, space, &count) >= 0);
    for (hsize_t i = 0; i < count; i++) {
        haddr_t at;
        unsigned skipped;
        bool weighs = false;
        CHECK(H5Dget_chunk_info(set, space, i, first, &skipped, &at, &size) >= 0);
        for (size_t k = 0; k < weights->start[weights->communes]; k++) {
            size_t cell = weights->cell[k];
            long row_at = lround((grid->latitude[cell / grid->columns] - SOUTH) / SIDE);
            long column = lround((grid->longitude[cell % grid->columns] - WEST) / SIDE);
            size_t place[3] = {0};
            place[y] = (size_t)(row->descending ? ROWS - 1 - row_at : row_at);
            place[3 - y] = (size_t)column;
            weighs = weighs || (place[1] >= first[1] && place[1] < first[1] + chunk[1] &&
                                place[2] >= first[2] && place[2] < first[2] + chunk[2]);
        }
        if (weighs != needed || (needed && spoiled > 0))
            continue;
        memset(bytes->at + at, 0xa5, size);
        spoiled++;
    }
    (void)H5Sclose(space);
    (void)H5Pclose(made);
    (void)H5Dclose(set);
    (void)H5Fclose(file);
    return spoiled;
}

// --- readings

static void read_steps(const struct frame *frame, const struct weights *weights, int32_t *milli,
                       uint16_t *cover)
{
    size_t cells = frame->grid.rows * frame->grid.columns;
    AUTO(aggregate_free) struct aggregate *aggregate = aggregate_new(weights);
    CHECK_INT(frame->count, STEPS);
    for (size_t i = 0; i < STEPS; i++)
        aggregate_step(aggregate, frame->value + i * cells, milli + i * COMMUNES,
                       cover + i * COMMUNES);
}

static void check_readings(const struct frame *a, const struct frame *b,
                           const struct weights *weights)
{
    int32_t milli[2][STEPS * COMMUNES];
    uint16_t cover[2][STEPS * COMMUNES];
    read_steps(a, weights, milli[0], cover[0]);
    read_steps(b, weights, milli[1], cover[1]);
    CHECK(memcmp(milli[0], milli[1], sizeof(milli[0])) == 0);
    CHECK(memcmp(cover[0], cover[1], sizeof(cover[0])) == 0);
}

static void check_same(const struct frame *a, const struct frame *b)
{
    AUTO(buf_free) struct buf one = buf_new(BYTES_MAX), other = buf_new(BYTES_MAX);
    frame_write(a, &one);
    frame_write(b, &other);
    CHECK(!one.full && str_same(buf_slice(&one), buf_slice(&other)));
}

// Both ways to one frame; returns how many chunks the short one inflated.
static size_t read_both(const struct buf *bytes, const struct wanted_list *list, struct frame *out)
{
    struct err err = {0};
    size_t inflated = 0;
    AUTO(frame_free) struct frame general = {0};
    CHECK(cf_read_short(bytes->at, bytes->len, list, out, &inflated));
    CHECK_OK(cf_read_general(bytes->at, bytes->len, list, &general, &err), err);
    check_same(out, &general);
    return inflated;
}

// What is expected of one file, and of the same with nonsense in all chunks that are not needed.
static void check_file(const struct row *row, struct buf *bytes, struct wanted_list *list,
                       const struct boundary_set *set)
{
    struct err err = {0};
    AUTO(frame_free) struct frame whole = {0}, some = {0}, spoiled = {0}, none = {0};
    AUTO(weights_free) struct weights *weights = NULL;
    AUTO(needs_free) struct needs needs = needs_new();
    const char *beside = row->wind ? "north" : "good";
    size_t touched = read_both(bytes, list, &whole);
    CHECK_OK(weights_make(set, &whole.grid, &weights, &err), err);
    needs_add(&needs, grid_hash(&whole.grid), weights);
    list->needs = needs.text;
    size_t inflated = read_both(bytes, list, &some);
    check_readings(&whole, &some, weights);
    if (row->whole) {
        CHECK_INT(inflated, touched);
        check_same(&whole, &some);
        return;
    }
    size_t bound = chunks_held(row, row->chunk, weights, &whole.grid);
    if (row->wind || row->flags) {
        size_t chunk[3] = {row->chunk[0], row->chunk[1] + 3, row->chunk[2]};
        bound += chunks_held(row, chunk, weights, &whole.grid);
    }
    CHECK_INT(inflated, bound);
    CHECK(bound * 2 < touched);
    CHECK(spoil("rain", row, weights, &whole.grid, false, bytes) > 0);
    if (row->wind || row->flags)
        CHECK(spoil(beside, row, weights, &whole.grid, false, bytes) > 0);
    CHECK_INT(read_both(bytes, list, &spoiled), bound);
    check_same(&some, &spoiled);
    CHECK_INT(spoil("rain", row, weights, &whole.grid, true, bytes), 1);
    CHECK(!cf_read_short(bytes->at, bytes->len, list, &none, NULL));
    CHECK_INT(cf_read_general(bytes->at, bytes->len, list, &none, &err), ERR_INPUT);
}

static void test_files(void **state)
{
    (void)state;
    AUTO(boundary_set_free) struct boundary_set *set = far_parts();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
        struct wanted_list list = wanted_of(&rows[i], set);
        make_file(&rows[i], &bytes);
        check_file(&rows[i], &bytes, &list, set);
    }
}

// Where it is not known which cells are needed, the answer is the grid; a file that is read whole
// is read at once.
static void test_asking(void **state)
{
    (void)state;
    AUTO(boundary_set_free) struct boundary_set *set = far_parts();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
        AUTO(frame_free) struct frame whole = {0}, asked = {0};
        AUTO(needs_free) struct needs needs = needs_new();
        struct wanted_list list = wanted_of(&rows[i], set);
        make_file(&rows[i], &bytes);
        (void)read_both(&bytes, &list, &whole);
        list.needs = needs.text;
        CHECK_INT(read_both(&bytes, &list, &asked) > 0, rows[i].whole && rows[i].chunk[0]);
        CHECK_INT(asked.count, rows[i].whole ? STEPS : 0);
        CHECK_INT(asked.asks, !rows[i].whole);
        CHECK(hash_same(grid_hash(&whole.grid), grid_hash(&asked.grid)));
    }
}

// --- by a confined child

static int as_input(const struct buf *bytes)
{
    AUTO(mem_drop) char *path = file_join(folder, "input");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK_INT(write(fd, bytes->at, bytes->len), (ssize_t)bytes->len);
    (void)unlink(path);
    return fd;
}

// By gong-plain (`quick`) or gong-decode.
static enum err_kind by_child(bool quick, const struct buf *bytes, const struct wanted_list *list,
                              bool asking, struct frame *out, struct err *err)
{
    struct decode_limits limits = {.mib_max = 512, .cpu_s = 5, .program = program, .plain = plain};
    struct proc_child child = {0};
    AUTO(decoder_free) struct decoder *decoder = decoder_new(&limits);
    int fd = as_input(bytes);
    CHECK_OK(quick ? decode_begin_quick(decoder, fd, list, &child, err)
                   : decode_begin(decoder, fd, list, &child, err),
             *err);
    (void)close(fd);
    return asking ? decode_end_asking(decoder, &child, out, err)
                  : decode_end(decoder, &child, out, err);
}

static void test_children(void **state)
{
    (void)state;
    AUTO(boundary_set_free) struct boundary_set *set = far_parts();
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    struct wanted_list list = wanted_of(&rows[0], set);
    make_file(&rows[0], &bytes);
    for (int quick = 0; quick < 2; quick++) {
        ROW(quick ? "gong-plain" : "gong-decode");
        struct err err = {0};
        AUTO(frame_free) struct frame asked = {0}, some = {0}, here = {0}, none = {0};
        AUTO(weights_free) struct weights *weights = NULL;
        AUTO(needs_free) struct needs needs = needs_new();
        list.needs = needs.text;
        CHECK_OK(by_child(quick, &bytes, &list, true, &asked, &err), err);
        CHECK(asked.asks && asked.count == 0);
        CHECK_INT(by_child(quick, &bytes, &list, false, &none, &err), ERR_INPUT);
        CHECK_HAS(err.text, "asks for what it was told");
        err = (struct err){0};
        CHECK_OK(weights_make(set, &asked.grid, &weights, &err), err);
        needs_add(&needs, grid_hash(&asked.grid), weights);
        list.needs = needs.text;
        CHECK_OK(by_child(quick, &bytes, &list, false, &some, &err), err);
        (void)read_both(&bytes, &list, &here);
        check_same(&some, &here);
    }
}

static void test_convoy(void **state)
{
    (void)state;
    struct err err = {0};
    struct decode_limits limits = {.mib_max = 512, .cpu_s = 5};
    AUTO(boundary_set_free) struct boundary_set *set = far_parts();
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    AUTO(convoy_free) struct convoy *convoy = convoy_new(plain);
    AUTO(frame_free) struct frame asked = {0}, some = {0}, here = {0};
    AUTO(weights_free) struct weights *weights = NULL;
    AUTO(needs_free) struct needs needs = needs_new();
    struct wanted_list list = wanted_of(&rows[0], set);
    make_file(&rows[0], &bytes);
    int fd = as_input(&bytes);
    list.needs = needs.text;
    convoy_begin(convoy, &limits, &list, &fd, 1);
    CHECK(convoy_next(convoy, &asked) && asked.asks);
    CHECK_OK(weights_make(set, &asked.grid, &weights, &err), err);
    needs_add(&needs, grid_hash(&asked.grid), weights);
    list.needs = needs.text;
    convoy_begin(convoy, &limits, &list, &fd, 1);
    CHECK(convoy_next(convoy, &some) && !some.asks);
    (void)close(fd);
    (void)read_both(&bytes, &list, &here);
    check_same(&some, &here);
}

// --- as a text

// Weights of one commune that has these cells.
static struct weights *weights_on(size_t cells, size_t every, size_t first)
{
    struct weights *weights = mem_new(1, sizeof(*weights));
    weights->communes = 1;
    weights->cells = cells;
    weights->start = mem_new(2, sizeof(*weights->start));
    weights->cell = mem_new(cells, sizeof(*weights->cell));
    for (size_t i = first; i < cells; i += every)
        weights->cell[weights->start[1]++] = (uint32_t)i;
    return weights;
}

static void test_text(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t cells, every, first;
        enum need need;
    } all[] = {
        {"every cell", 100, 1, 0, NEED_CELLS},
        {"none", 100, 1, 100, NEED_CELLS},
        {"the last one", 40000, 1, 39999, NEED_CELLS},
        {"every second", 1000, 2, 0, NEED_CELLS},
        {"every second, from the second on", 1001, 2, 1, NEED_CELLS},
        {"far apart", 10000000, 1234567, 7, NEED_CELLS},
        {"too many to tell", 1000000, 2, 0, NEED_WHOLE},
    };
    struct hash name[COUNT_OF(all)];
    AUTO(needs_free) struct needs needs = needs_new();
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        ROW(all[i].name);
        AUTO(weights_free)
        struct weights *weights = weights_on(all[i].cells, all[i].every, all[i].first);
        bool *cell = mem_new(all[i].cells, sizeof(*cell));
        name[i] = hash_of(str_of(all[i].name));
        CHECK_INT(need_of(needs.text, name[i], cell, all[i].cells), NEED_UNTOLD);
        needs_add(&needs, name[i], weights);
        CHECK(needs_has(&needs, name[i]));
        CHECK_INT(need_of(needs.text, name[i], cell, all[i].cells), all[i].need);
        for (size_t k = 0; k < all[i].cells && all[i].need == NEED_CELLS; k++)
            CHECK(cell[k] == (k >= all[i].first && (k - all[i].first) % all[i].every == 0));
        CHECK_INT(need_of(needs.text, name[i], cell, all[i].cells - 1),
                  all[i].need == NEED_CELLS ? NEED_UNTOLD : NEED_WHOLE);
        mem_free(&cell);
    }
    for (size_t i = 0; i < COUNT_OF(all); i++)
        CHECK(needs_has(&needs, name[i]) == (i + NEEDS_MAX >= COUNT_OF(all)));
}

static int clean_up(void **state)
{
    (void)state;
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    (void)unlink(path);
    return rmdir(folder);
}

int main(void)
{
    AUTO(mem_drop) char *here = proc_folder();
    AUTO(mem_drop) char *beside = file_join(here, "../..");
    const char *built = getenv("GONG_BIN");
    AUTO(mem_drop) char *decode_path = file_join(built ? built : beside, "gong-decode");
    AUTO(mem_drop) char *plain_path = file_join(built ? built : beside, "gong-plain");
    program = decode_path;
    plain = plain_path;
    if (!mkdtemp(folder))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),    cmocka_unit_test(test_asking), cmocka_unit_test(test_text),
        cmocka_unit_test(test_children), cmocka_unit_test(test_convoy),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
