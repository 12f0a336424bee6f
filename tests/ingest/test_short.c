// The short way into NetCDF-4 files gives the same bytes as the general one, on every file.
#include "core/file.h"
#include "ingest/cf.h"
#include "ingest/ncgrid.h"
#include "tests/ingest/every_file.h"
#include "tests/ingest/real_rows.h"

#include <hdf5.h>
#include <netcdf.h>
#include <stdlib.h>
#include <unistd.h>

// The NetCDF and HDF5 libraries of Debian 12 leak what they had begun when a damaged file is
// refused. gong reads such files in a child that ends; this test reads them here.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libnetcdf\nleak:libhdf5\n";
}

enum { BYTES_MAX = 64 << 20, FRAME_BYTES_MAX = 256 << 20 };

static char folder[] = "/tmp/gong-test-XXXXXX";

// --- files as they are
// ----------------------------------------------------------------------------

static void load(const char *path, struct buf *out)
{
    struct err err = {0};
    AUTO(mem_drop) char *whole = file_join(SHARED_DATA, path);
    CHECK_OK(file_read(whole, out, &err), err);
}

static bool is_hdf(const struct buf *bytes)
{
    return str_starts(buf_slice(bytes), "\x89HDF");
}

static void check_same_frame(const struct frame *a, const struct frame *b)
{
    AUTO(buf_free) struct buf one = buf_new(FRAME_BYTES_MAX), other = buf_new(FRAME_BYTES_MAX);
    frame_write(a, &one);
    frame_write(b, &other);
    CHECK(!one.full && str_same(buf_slice(&one), buf_slice(&other)));
}

// Each row of the table of real files, whole and cut to a box: 1 when the short way was taken.
static int compare_row(const struct real_row *row, struct buf *bytes, bool has_box)
{
    struct err err = {0};
    struct wanted_list list = {
        .count = 1,
        .at = {row->wanted},
        .forecast = row->forecast,
        .has_issue = row->has_issue,
        .issued_at = {row->issued_at},
        .has_member = row->has_member,
        .member = row->member,
        .has_box = has_box,
        .west_milli = 105000,
        .south_milli = 16000,
        .east_milli = 108000,
        .north_milli = 19000,
    };
    AUTO(frame_free) struct frame shortly = {0}, general = {0};
    bool taken = cf_read_short(bytes->at, bytes->len, &list, &shortly, NULL);
    enum err_kind kind = cf_read_general(bytes->at, bytes->len, &list, &general, &err);
    if (taken) {
        CHECK_OK(kind, err);
        check_same_frame(&shortly, &general);
    }
    return taken;
}

static void test_real_frames(void **state)
{
    (void)state;
    int files = 0, whole = 0, cut = 0;
    for (size_t i = 0; shared_is_there() && i < COUNT_OF(read_rows); i++) {
        ROW(read_rows[i].path);
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
        load(read_rows[i].path, &bytes);
        if (!is_hdf(&bytes))
            continue;
        files++;
        whole += compare_row(&read_rows[i], &bytes, false);
        cut += compare_row(&read_rows[i], &bytes, true);
    }
    (void)printf("# %d NetCDF-4 rows: %d the short way, %d of them cut to a box\n", files, whole,
                 cut);
    CHECK(files == 0 || whole * 2 > files);
}

// Every variable of a file: what it is, and all its numbers.
static int compare_variables(const struct ncgrid *shortly, const struct ncgrid *general,
                             const char *reads)
{
    struct err err = {0};
    struct ncvar near, one;
    int compared = 0;
    CHECK_OK(ncgrid_find(general, reads, &near, &err), err);
    const char *slash = strrchr(reads, '/');
    for (size_t cursor = 0; ncgrid_next(general, &near, NCGRID_DIMS_MAX, &cursor, &one);) {
        AUTO(buf_free) struct buf path = buf_new(1000);
        struct ncvar other;
        buf_print(&path, "%.*s%s", slash ? (int)(slash - reads + 1) : 0, reads, one.name);
        if (!one.numeric || ncgrid_find(shortly, path.at, &other, &err))
            continue;
        CHECK_INT(one.dims, other.dims);
        size_t count = 1;
        for (size_t d = 0; d < one.dims; d++) {
            CHECK_TEXT(one.dim[d].name, other.dim[d].name);
            CHECK_INT(one.dim[d].len, other.dim[d].len);
            count *= one.dim[d].len;
        }
        CHECK(memcmp(&one.pack, &other.pack, sizeof(one.pack)) == 0);
        AUTO(mem_drop) double *a = mem_new(count + 1, sizeof(*a));
        AUTO(mem_drop) double *b = mem_new(count + 1, sizeof(*b));
        CHECK_OK(ncgrid_values(general, &one, NULL, NULL, a, &err), err);
        CHECK_OK(ncgrid_values(shortly, &other, NULL, NULL, b, &err), err);
        CHECK(memcmp(a, b, count * sizeof(*a)) == 0);
        compared++;
    }
    return compared;
}

static void test_real_variables(void **state)
{
    (void)state;
    int compared = 0;
    for (size_t i = 0; shared_is_there() && i < COUNT_OF(read_rows); i++) {
        ROW(read_rows[i].path);
        struct err err = {0};
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
        AUTO(ncgrid_close) struct ncgrid *shortly = NULL, *general = NULL;
        load(read_rows[i].path, &bytes);
        shortly = ncgrid_open_short(bytes.at, bytes.len);
        if (!shortly || ncgrid_is_odd(shortly))
            continue;
        CHECK_OK(ncgrid_open(bytes.at, bytes.len, false, &general, &err), err);
        compared += compare_variables(shortly, general, read_rows[i].wanted.reads);
    }
    (void)printf("# %d variables compared number by number\n", compared);
}

// --- files of every layout
// ------------------------------------------------------------------------

enum { STEPS = 5, ROWS = 7, COLUMNS = 11, FIELD = STEPS * ROWS * COLUMNS };

static const struct layout_row {
    const char *name;
    nc_type type;
    size_t chunk[3]; // 0: in one piece
    int deflate, shuffle, checksum, endian;
    bool packed, holes, in_group;
} layouts[] = {
    {"floats in one piece", NC_FLOAT, {0}, 0, 0, 0, 0, false, false, false},
    {"chunks as they are", NC_FLOAT, {1, 4, 4}, 0, 0, 0, 0, false, false, false},
    {"deflated", NC_FLOAT, {1, 7, 11}, 6, 0, 0, 0, false, false, false},
    {"deflated and shuffled", NC_FLOAT, {1, 7, 11}, 4, 1, 0, 0, false, false, false},
    {"shuffled only", NC_FLOAT, {2, 3, 5}, 0, 1, 0, 0, false, false, false},
    {"several steps in a chunk", NC_FLOAT, {3, 4, 6}, 4, 1, 0, 0, false, false, false},
    {"all steps in a chunk", NC_FLOAT, {5, 2, 2}, 4, 1, 0, 0, false, false, false},
    {"chunks that were never written", NC_FLOAT, {1, 4, 4}, 4, 1, 0, 0, false, true, false},
    {"doubles", NC_DOUBLE, {1, 7, 11}, 4, 1, 0, 0, false, false, false},
    {"packed shorts", NC_SHORT, {1, 4, 11}, 4, 1, 0, 0, true, false, false},
    {"packed bytes", NC_BYTE, {1, 7, 4}, 4, 0, 0, 0, true, false, false},
    {"unsigned bytes", NC_UBYTE, {1, 7, 4}, 4, 1, 0, 0, true, false, false},
    {"unsigned shorts", NC_USHORT, {0}, 0, 0, 0, 0, true, false, false},
    {"integers", NC_INT, {1, 7, 4}, 1, 1, 0, 0, true, false, false},
    {"unsigned integers", NC_UINT, {2, 7, 4}, 1, 1, 0, 0, true, false, false},
    {"long integers", NC_INT64, {2, 7, 4}, 1, 1, 0, 0, true, false, false},
    {"bytes in the other order", NC_FLOAT, {1, 7, 11}, 4, 1, 0, NC_ENDIAN_BIG, false, false, false},
    {"other order, one piece", NC_SHORT, {0}, 0, 0, 0, NC_ENDIAN_BIG, true, false, false},
    {"with a checksum", NC_FLOAT, {1, 7, 11}, 4, 1, 1, 0, false, false, false},
    {"in a group, its dimensions above", NC_FLOAT, {1, 7, 11}, 4, 1, 0, 0, false, false, true},
};

static void define_axis(int file, const char *name, const char *units, size_t len, double from,
                        double step, int *dim)
{
    int var;
    double at[COLUMNS];
    for (size_t i = 0; i < len; i++)
        at[i] = from + step * (double)i;
    CHECK_INT(nc_def_dim(file, name, len, dim), NC_NOERR);
    CHECK_INT(nc_def_var(file, name, NC_DOUBLE, 1, dim, &var), NC_NOERR);
    CHECK_INT(nc_put_att_text(file, var, "units", strlen(units), units), NC_NOERR);
    CHECK_INT(nc_put_var_double(file, var, at), NC_NOERR);
}

static void define_field(int group, const struct layout_row *row, const int *dims, int *var)
{
    static const double factor = 0.5, offset = 10;
    static const char units[] = "mm";
    CHECK_INT(nc_def_var(group, "rain", row->type, 3, dims, var), NC_NOERR);
    CHECK_INT(nc_put_att_text(group, *var, "units", strlen(units), units), NC_NOERR);
    if (row->packed) {
        CHECK_INT(nc_put_att_double(group, *var, "scale_factor", NC_DOUBLE, 1, &factor), NC_NOERR);
        CHECK_INT(nc_put_att_double(group, *var, "add_offset", NC_DOUBLE, 1, &offset), NC_NOERR);
    }
    if (row->chunk[0])
        CHECK_INT(nc_def_var_chunking(group, *var, NC_CHUNKED, row->chunk), NC_NOERR);
    if (row->deflate || row->shuffle)
        CHECK_INT(nc_def_var_deflate(group, *var, row->shuffle, row->deflate > 0, row->deflate),
                  NC_NOERR);
    if (row->checksum)
        CHECK_INT(nc_def_var_fletcher32(group, *var, 1), NC_NOERR);
    if (row->endian)
        CHECK_INT(nc_def_var_endian(group, *var, row->endian), NC_NOERR);
}

static void make_file(const struct layout_row *row, struct buf *out)
{
    int file, group, dims[3], var;
    struct err err = {0};
    double field[FIELD];
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    for (size_t i = 0; i < FIELD; i++)
        field[i] = (double)(i * 37 % 101);
    CHECK_INT(nc_create(path, NC_NETCDF4 | NC_CLOBBER, &file), NC_NOERR);
    define_axis(file, "time", "hours since 2024-09-06", STEPS, 0, 1, &dims[0]);
    define_axis(file, "lat", "degrees_north", ROWS, 18, -0.25, &dims[1]);
    define_axis(file, "lon", "degrees_east", COLUMNS, 105, 0.25, &dims[2]);
    group = file;
    if (row->in_group)
        CHECK_INT(nc_def_grp(file, "Grid", &group), NC_NOERR);
    define_field(group, row, dims, &var);
    size_t start[3] = {0}, count[3] = {row->holes ? 2 : STEPS, ROWS, COLUMNS};
    CHECK_INT(nc_put_vara_double(group, var, start, count, field), NC_NOERR);
    CHECK_INT(nc_close(file), NC_NOERR);
    CHECK_OK(file_read(path, out, &err), err);
}

static void test_layouts(void **state)
{
    (void)state;
    static const struct wanted_list lists[] = {
        {.count = 1},
        {.count = 1,
         .has_box = true,
         .west_milli = 105300,
         .south_milli = 16900,
         .east_milli = 106100,
         .north_milli = 17600},
    };
    CHECK(mkdtemp(folder) != NULL);
    for (size_t i = 0; i < COUNT_OF(layouts) * COUNT_OF(lists); i++) {
        const struct layout_row *row = &layouts[i / COUNT_OF(lists)];
        struct wanted_list list = lists[i % COUNT_OF(lists)];
        struct err err = {0};
        size_t inflated = 0;
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
        AUTO(frame_free) struct frame shortly = {0}, general = {0};
        ROW(row->name);
        make_file(row, &bytes);
        list.at[0] = (struct wanted){
            .variable = "rain", .interval = INTERVAL_SPAN, .interval_s = 3600, .stamp_ends = true};
        (void)snprintf(list.at[0].reads, sizeof(list.at[0].reads), "%s",
                       row->in_group ? "Grid/rain" : "rain");
        CHECK_OK(cf_read_general(bytes.at, bytes.len, &list, &general, &err), err);
        CHECK(cf_read_short(bytes.at, bytes.len, &list, &shortly, &inflated));
        check_same_frame(&shortly, &general);
        if (strcmp(row->name, "several steps in a chunk") == 0) // each once: 2 in time
            CHECK_INT(inflated, list.has_box ? 2 * 2 : 2 * 2 * 2);
    }
}

// A chunk that was altered is no short way, and is never zeros.
static void test_damaged(void **state)
{
    (void)state;
    struct wanted_list list = {.count = 1,
                               .at = {{.reads = "rain",
                                       .variable = "rain",
                                       .interval = INTERVAL_SPAN,
                                       .interval_s = 3600,
                                       .stamp_ends = true}}};
    size_t refused = 0, tried = 0;
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    make_file(&layouts[3], &bytes);
    for (size_t at = 600; at < bytes.len; at += 131, tried++) {
        struct err err = {0};
        AUTO(frame_free) struct frame shortly = {0}, general = {0};
        AUTO(mem_drop) char *copy = mem_new(bytes.len, 1);
        memcpy(copy, bytes.at, bytes.len);
        copy[at] ^= 0x55;
        bool taken = cf_read_short(copy, bytes.len, &list, &shortly, NULL);
        enum err_kind kind = cf_read_general(copy, bytes.len, &list, &general, &err);
        if (taken && kind == OK)
            check_same_frame(&shortly, &general);
        CHECK(!taken || kind == OK);
        refused += kind != OK;
    }
    (void)printf("# %zu of %zu altered files are refused, the others read the same both ways\n",
                 refused, tried);
}

// The points of an attribute times the size of one pass 2^64, and little is left: HDF5 keeps as
// much, and reads as many as there are points.
static void test_points_beyond(void **state)
{
    (void)state;
    static const struct {
        const char *name, *attribute;
        bool text;
        size_t bytes; // of one
        hsize_t points;
    } rows[] = {
        {"one number is left", "scale_factor", false, 4, (1ULL << 62) + 1},
        {"two are left", "add_offset", false, 4, (1ULL << 62) + 2},
        {"a long integer is left", "_FillValue", false, 8, (1ULL << 61) + 1},
        {"none is left", "valid_min", false, 4, 1ULL << 62},
        {"a text is left, and a part of the next", "units", true, 99, ULLONG_MAX / 99 + 2},
        {"a text is left", "units", true, 4, (1ULL << 62) + 1},
    };
    struct wanted_list list = {.count = 1,
                               .at = {{.reads = "rain",
                                       .variable = "rain",
                                       .interval = INTERVAL_SPAN,
                                       .interval_s = 3600,
                                       .stamp_ends = true}}};
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX), damaged = buf_new(BYTES_MAX);
        AUTO(frame_free) struct frame whole = {0}, frame = {0};
        make_file(&layouts[3], &bytes);
        CHECK(cf_read_short(bytes.at, bytes.len, &list, &whole, NULL));
        hid_t type = H5Tcopy(rows[i].text ? H5T_C_S1 : H5T_NATIVE_INT);
        CHECK(H5Tset_size(type, rows[i].bytes) >= 0);
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        hid_t set = H5Dopen2(file, "rain", H5P_DEFAULT);
        hid_t space = H5Screate_simple(1, &rows[i].points, NULL);
        if (H5Aexists(set, rows[i].attribute) > 0)
            CHECK(H5Adelete(set, rows[i].attribute) >= 0);
        hid_t added = H5Acreate2(set, rows[i].attribute, type, space, H5P_DEFAULT, H5P_DEFAULT);
        CHECK(added > 0);
        CHECK(H5Aget_storage_size(added) < 2 * rows[i].bytes + 1);
        CHECK(H5Aclose(added) >= 0 && H5Sclose(space) >= 0 && H5Tclose(type) >= 0);
        CHECK(H5Dclose(set) >= 0 && H5Fclose(file) >= 0);
        CHECK_OK(file_read(path, &damaged, &err), err);
        CHECK(!cf_read_short(damaged.at, damaged.len, &list, &frame, NULL));
    }
}

TEST_MAIN(cmocka_unit_test(test_layouts), cmocka_unit_test(test_damaged),
          cmocka_unit_test(test_points_beyond), cmocka_unit_test(test_real_frames),
          cmocka_unit_test(test_real_variables))
