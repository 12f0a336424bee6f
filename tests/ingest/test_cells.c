// A model's own grid of triangles: the grid is a NetCDF file in the form of DWD's, the values are a
// GRIB file that only names the grid; both are written here and read by the sandboxed decoder.
#include "ingest/cells.h"

#include "core/file.h"
#include "core/hash.h"
#include "core/proc.h"
#include "ingest/decode.h"
#include "ingest/sealed.h"
#include "tests/ingest/ncfile.h"

#include <eccodes.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

// Squares of half a degree from 106 E, 16 N on, each cut from its south-west to its north-east; the
// triangles stand in an order that is not theirs.
enum { SIDE = 4, TRIANGLES = 2 * SIDE * SIDE, TURN = 7, BYTES_MAX = 1 << 20 };
static const double WEST = 106, SOUTH = 16, STEP = 0.5;
static const char uuid[] = "a27b8de6-18c4-11e4-820a-b5b098c6a5c0";

static char *program;
static char folder[] = "/tmp/gong-test-XXXXXX";

// Where triangle k (square by square, the southern one first) stands in the files.
static size_t place_of(size_t k)
{
    return k * TURN % TRIANGLES;
}

static void corners_of(size_t k, double x[3], double y[3])
{
    size_t square = k / 2, row = square / SIDE, column = square % SIDE;
    double west = WEST + (double)column * STEP, south = SOUTH + (double)row * STEP;
    bool southern = k % 2 == 0;
    x[0] = west;
    y[0] = south;
    x[1] = southern ? west + STEP : west;
    y[1] = southern ? south : south + STEP;
    x[2] = west + STEP;
    y[2] = south + STEP;
}

struct grid_file {
    const char *uuid, *x_name; // NULL: left out
    size_t corners;
};

static void write_grid(const char *path, const struct grid_file *how)
{
    int file, dims[2], x_var, y_var;
    double x[TRIANGLES * 4] = {0}, y[TRIANGLES * 4] = {0};
    for (size_t k = 0; k < TRIANGLES; k++) {
        double along[3], up[3];
        corners_of(k, along, up);
        for (size_t c = 0; c < 3; c++) {
            x[place_of(k) * how->corners + c] = along[c] * M_PI / 180;
            y[place_of(k) * how->corners + c] = up[c] * M_PI / 180;
        }
    }
    NC(nc_create(path, NC_CLOBBER | NC_NETCDF4, &file));
    NC(nc_def_dim(file, "cell", TRIANGLES, &dims[0]));
    NC(nc_def_dim(file, "nv", how->corners, &dims[1]));
    NC(nc_def_var(file, how->x_name, NC_DOUBLE, 2, dims, &x_var));
    NC(nc_def_var(file, "clat_vertices", NC_DOUBLE, 2, dims, &y_var));
    put_text(file, x_var, "units", "radian");
    put_text(file, y_var, "units", "radian");
    put_text(file, NC_GLOBAL, "uuidOfHGrid", how->uuid);
    NC(nc_enddef(file));
    NC(nc_put_var_double(file, x_var, x));
    NC(nc_put_var_double(file, y_var, y));
    NC(nc_close(file));
}

// Temperatures: triangle k has 280 + k.
static struct buf make_grib(const char *name, size_t count)
{
    enum { ICON_GLOBAL = 26, TEMPLATE_MESH = 101, BITS = 24 };
    double value[TRIANGLES];
    unsigned char bytes[16];
    const void *at;
    size_t len = sizeof(bytes), name_len = 2, dash = 0;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        char pair[3] = {0};
        dash += name[2 * i + dash] == '-' ? 1 : 0;
        memcpy(pair, name + 2 * i + dash, 2);
        bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    for (size_t k = 0; k < TRIANGLES; k++)
        value[place_of(k)] = 280 + (double)k;
    codes_handle *handle = codes_grib_handle_new_from_samples(NULL, "GRIB2");
    CHECK(handle != NULL);
    CHECK_INT(codes_set_long(handle, "gridDefinitionTemplateNumber", TEMPLATE_MESH), 0);
    CHECK_INT(codes_set_long(handle, "numberOfGridUsed", ICON_GLOBAL), 0);
    CHECK_INT(codes_set_long(handle, "numberOfGridInReference", 1), 0);
    CHECK_INT(codes_set_bytes(handle, "uuidOfHGrid", bytes, &len), 0);
    CHECK_INT(codes_set_string(handle, "shortName", "2t", &name_len), 0);
    CHECK_INT(codes_set_long(handle, "bitsPerValue", BITS), 0);
    CHECK_INT(codes_set_double_array(handle, "values", value, count), 0);
    CHECK_INT(codes_get_message(handle, &at, &len), 0);
    struct buf out = buf_new(BYTES_MAX);
    buf_add(&out, at, len);
    (void)codes_handle_delete(handle);
    return out;
}

static struct decoder *decoder_here(void)
{
    const struct decode_limits limits = {.mib_max = 512, .cpu_s = 20, .program = program};
    return decoder_new(&limits);
}

static struct wanted_list list_of(const double *box)
{
    struct wanted_list list = {.count = 1, .has_box = box != NULL, .cells = CELLS_BESIDE};
    list.at[0] = (struct wanted){.reads = "2t", .variable = "temperature"};
    if (box) {
        list.west_milli = (int32_t)lround(box[0] * 1000);
        list.south_milli = (int32_t)lround(box[1] * 1000);
        list.east_milli = (int32_t)lround(box[2] * 1000);
        list.north_milli = (int32_t)lround(box[3] * 1000);
    }
    return list;
}

static enum err_kind find(struct decoder *decoder, const struct grid_file *how,
                          const struct wanted_list *list, int *cells, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(folder, "grid.nc");
    write_grid(path, how);
    AUTO(sealed_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    return decode_cells(decoder, fd, list, cells, err);
}

static enum err_kind read_values(struct decoder *decoder, const struct buf *grib, int cells,
                                 struct wanted_list *list, struct frame *out, struct err *err)
{
    AUTO(sealed_close) int fd = -1;
    AUTO(proc_drop) struct proc_child child = {0};
    CHECK_OK(sealed_new(&fd, err), *err);
    CHECK_INT(write(fd, grib->at, grib->len), grib->len);
    list->cells = cells < 0 ? CELLS_IN_FILE : CELLS_BESIDE;
    CHECK_OK(cells < 0 ? decode_begin(decoder, fd, list, &child, err)
                       : decode_begin_beside(decoder, fd, cells, list, &child, err),
             *err);
    return decode_end(decoder, &child, out, err);
}

// Each cell is a triangle of the grid, and has that triangle's number.
static void check_frame(const struct frame *frame)
{
    for (size_t i = 0; i < frame->grid.columns; i++) {
        const double *corner = frame->grid.corner + i * 6;
        double x = (corner[0] + corner[2] + corner[4]) / 3 - WEST;
        double y = (corner[1] + corner[3] + corner[5]) / 3 - SOUTH;
        size_t column = (size_t)(x / STEP), row = (size_t)(y / STEP);
        bool southern = x - (double)column * STEP > y - (double)row * STEP;
        size_t k = 2 * (row * SIDE + column) + (southern ? 0 : 1);
        CHECK_NEAR((double)frame->value[i], 280 + (double)k, 1e-4);
    }
}

static const struct grid_file good = {uuid, "clon_vertices", 3};

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double box[4];
        size_t cells;
    } rows[] = {
        {"the whole grid", {0}, TRIANGLES},
        {"a square and its two triangles", {106.1, 16.1, 106.4, 16.4}, 2},
        {"two rows of squares", {105, 16.6, 110, 17.4}, 16},
        {"a corner of four squares", {106.45, 16.45, 106.55, 16.55}, 8},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(sealed_close) int cells = -1;
        AUTO(frame_free) struct frame frame = {0};
        AUTO(decoder_free) struct decoder *decoder = decoder_here();
        AUTO(buf_free) struct buf grib = make_grib(uuid, TRIANGLES);
        struct wanted_list list = list_of(rows[i].box[0] != 0 ? rows[i].box : NULL);
        CHECK_OK(find(decoder, &good, &list, &cells, &err), err);
        CHECK_OK(read_values(decoder, &grib, cells, &list, &frame, &err), err);
        CHECK_INT(frame.count, 1);
        CHECK_INT(frame.grid.rows, 1);
        CHECK_INT(frame.grid.columns, rows[i].cells);
        CHECK_INT(frame.grid.corners, 3);
        check_frame(&frame);
    }
}

static void test_refused_values(void **state)
{
    (void)state;
    static const char other[] = "0123abcd-18c4-11e4-820a-b5b098c6a5c0";
    static const struct {
        const char *name, *uuid;
        size_t count;
        bool beside;
        const char *says;
    } rows[] = {
        {"without its cells", uuid, TRIANGLES, false,
         "has its cells in a file of their own (ICON's triangles); name that file with \"cells:\" "
         "in sources.yaml"},
        {"of another grid", other, TRIANGLES, true,
         "a GRIB message has 32 numbers on the grid 0123abcd-18c4-11e4-820a-b5b098c6a5c0, and "
         "the file of its \"cells:\" is of the grid a27b8de6-18c4-11e4-820a-b5b098c6a5c0 with 32 "
         "cells"},
        {"of a part of the grid", uuid, TRIANGLES - 1, true, "a GRIB message has 31 numbers"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(sealed_close) int cells = -1;
        AUTO(frame_free) struct frame frame = {0};
        AUTO(decoder_free) struct decoder *decoder = decoder_here();
        AUTO(buf_free) struct buf grib = make_grib(rows[i].uuid, rows[i].count);
        struct wanted_list list = list_of(NULL);
        CHECK_OK(find(decoder, &good, &list, &cells, &err), err);
        CHECK_INT(read_values(decoder, &grib, rows[i].beside ? cells : -1, &list, &frame, &err),
                  ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
        CHECK(!frame.value);
    }
}

static void test_refused_grids(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct grid_file file;
        double box[4];
        const char *says;
    } rows[] = {
        {"no name", {NULL, "clon_vertices", 3}, {0}, "the grid has no name"},
        {"a name that is none", {"number 26", "clon_vertices", 3}, {0}, "the grid has no name"},
        {"no corners", {uuid, "clon", 3}, {0}, "clon_vertices"},
        {"cells of two corners", {uuid, "clon_vertices", 2}, {0}, "by corners (3 to"},
        {"another place",
         {uuid, "clon_vertices", 3},
         {10, 40, 12, 42},
         "none of the 32 cells of the grid touches the area"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        int cells = -1;
        AUTO(decoder_free) struct decoder *decoder = decoder_here();
        struct wanted_list list = list_of(rows[i].box[0] != 0 ? rows[i].box : NULL);
        CHECK_INT(find(decoder, &rows[i].file, &list, &cells, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
        CHECK_INT(cells, -1);
    }
}

// What a child writes is believed by its parent as little as any file.
static void test_bytes(void **state)
{
    (void)state;
    struct err err = {0};
    uint32_t index[] = {3, 8};
    double corner[] = {106, 16, 107, 16, 107, 17, 106, 16, 107, 17, 106, 17};
    struct cells cells = {.total = 9, .count = 2, .corners = 3, .index = index, .corner = corner};
    memcpy(cells.uuid, uuid, sizeof(uuid));
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    AUTO(cells_free) struct cells back = {.count = 0};
    cells_write(&cells, &bytes);

    ROW("as they were");
    CHECK_OK(cells_read(buf_slice(&bytes), &back, &err), err);
    CHECK_TEXT(back.uuid, uuid);
    CHECK_INT(back.total, 9);
    CHECK_INT(back.count, 2);
    CHECK_INT(memcmp(back.index, index, sizeof(index)), 0);
    CHECK_INT(memcmp(back.corner, corner, sizeof(corner)), 0);

    ROW("a bit is another, or the end is missing");
    for (size_t i = 0; i < bytes.len; i++) {
        struct cells none = {.count = 0};
        bytes.at[i] = (char)(bytes.at[i] ^ 4);
        CHECK_INT(cells_read(buf_slice(&bytes), &none, &err), ERR_INPUT);
        bytes.at[i] = (char)(bytes.at[i] ^ 4);
        CHECK_INT(cells_read((struct str){bytes.at, i}, &none, &err), ERR_INPUT);
        CHECK(!none.index);
    }

    ROW("numbers that cells do not have, with a checksum");
    for (int i = 0; i < 5; i++) {
        struct cells none = {.count = 0};
        uint32_t wrong[] = {i == 0 ? 8 : 3, i == 0 ? 3 : i == 1 ? 9 : 8};
        double place[12];
        memcpy(place, corner, sizeof(corner));
        place[i == 3 ? 5 : 4] = i == 2 ? NAN : i == 3 ? 91 : i == 4 ? 1000 : place[i == 3 ? 5 : 4];
        struct cells odd = cells;
        odd.index = wrong;
        odd.corner = place;
        AUTO(buf_free) struct buf made = buf_new(BYTES_MAX);
        cells_write(&odd, &made);
        CHECK_INT(cells_read(buf_slice(&made), &none, &err), ERR_INPUT);
        CHECK_HAS(err.text, "lie nowhere, or not in their order");
    }
}

int main(void)
{
    const char *built = getenv("GONG_BIN");
    AUTO(mem_drop) char *own = proc_folder(); // BUILD/tests/ingest
    AUTO(mem_drop) char *beside = file_join(own, "../..");
    AUTO(mem_drop) char *grid = NULL;
    program = file_join(built ? built : beside, "gong-decode");
    CHECK(mkdtemp(folder) != NULL);
    grid = file_join(folder, "grid.nc");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused_values),
        cmocka_unit_test(test_refused_grids),
        cmocka_unit_test(test_bytes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(grid);
    (void)rmdir(folder);
    mem_free(&program);
    return failed;
}
