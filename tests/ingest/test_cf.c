// What a file says of its numbers beyond the numbers: flags beside them, what was done over time,
// cells in no order with corners of their own, types that are no numbers. Small files, written
// here.
#include "ingest/cf.h"

#include "core/file.h"
#include "tests/ingest/ncfile.h"

#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 2, COLUMNS = 3, CELLS = ROWS * COLUMNS, BYTES_MAX = 1 << 20 };

static char folder[] = "/tmp/gong-test-XXXXXX";

struct axes {
    int dims[3]; // time, lat, lon
};

static struct axes add_axes(int file)
{
    struct axes axes;
    static const double time[] = {6}, latitude[] = {10, 10.5}, longitude[] = {105, 105.5, 106};
    NC(nc_def_dim(file, "time", 1, &axes.dims[0]));
    NC(nc_def_dim(file, "lat", ROWS, &axes.dims[1]));
    NC(nc_def_dim(file, "lon", COLUMNS, &axes.dims[2]));
    (void)add_axis(file, "time", axes.dims[0], "hours since 2024-09-06", time);
    (void)add_axis(file, "lat", axes.dims[1], "degrees_north", latitude);
    (void)add_axis(file, "lon", axes.dims[2], "degrees_east", longitude);
    return axes;
}

// 1 to 6, from the south-west.
static int add_field(int file, const struct axes *axes, const char *unit)
{
    int var;
    static const double values[CELLS] = {1, 2, 3, 4, 5, 6};
    NC(nc_def_var(file, "rain", NC_FLOAT, 3, axes->dims, &var));
    put_text(file, var, "units", unit);
    NC(nc_enddef(file));
    NC(nc_put_var_double(file, var, values));
    NC(nc_redef(file));
    return var;
}

static int begin(int format)
{
    int file;
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    NC(nc_create(path, format | NC_CLOBBER, &file));
    return file;
}

static struct buf end(int file)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    NC(nc_close(file));
    struct buf bytes = buf_new(BYTES_MAX);
    CHECK_OK(file_read(path, &bytes, &err), err);
    return bytes;
}

static struct wanted_list rain_of(const char *reads)
{
    struct wanted_list list = {
        .count = 1,
        .at = {{.variable = "rain",
                .interval = INTERVAL_SPAN,
                .interval_s = 6 * HOUR_S,
                .stamp_ends = true}},
    };
    (void)snprintf(list.at[0].reads, sizeof(list.at[0].reads), "%s", reads);
    return list;
}

// --- flags
// ---------------------------------------------------------------------------------------

// What stands beside the field, on its cells: 0 to 3, a missing one, and 130.
static const double FLAGS[CELLS] = {0, 1, 2, 3, -1, 130};

struct flagged {
    const char *meanings;
    nc_type type; // 0: short
    double values[66], masks[9];
    size_t value_count, mask_count;
    bool no_time, no_rows, is_text;
    bool is_unsigned; // bytes from 0 to 255, written as -128 to 127
};

static void add_flags(int file, const struct axes *axes, const struct flagged *flagged)
{
    int var, dims[] = {axes->dims[0], axes->dims[1], axes->dims[2]};
    int *first = dims;
    size_t count = 3;
    nc_type type = flagged->type ? flagged->type : NC_SHORT;
    double missing = -1, cells[CELLS];
    for (size_t i = 0; i < CELLS; i++)
        cells[i] = FLAGS[i] - (flagged->is_unsigned && FLAGS[i] > INT8_MAX ? 256 : 0);
    if (flagged->no_time) {
        first++;
        count--;
    }
    if (flagged->no_rows) {
        dims[1] = axes->dims[2];
        count--;
    }
    NC(nc_def_var(file, "quality", flagged->is_text ? NC_CHAR : type, (int)count, first, &var));
    put_text(file, var, "flag_meanings", flagged->meanings);
    put_text(file, var, "_Unsigned", flagged->is_unsigned ? "true" : NULL);
    if (flagged->value_count)
        NC(nc_put_att_double(file, var, "flag_values", type, flagged->value_count,
                             flagged->values));
    if (flagged->mask_count)
        NC(nc_put_att_double(file, var, "flag_masks", type, flagged->mask_count, flagged->masks));
    if (!flagged->is_text)
        NC(nc_put_att_double(file, var, "_FillValue", type, 1, &missing));
    NC(nc_enddef(file));
    if (!flagged->is_text)
        NC(nc_put_var_double(file, var, cells));
    NC(nc_redef(file));
}

#define NAMED                                                                                      \
    {                                                                                              \
        .meanings = "good fair poor none", .values = {0, 1, 2, 3}, .value_count = 4                \
    }
#define MASKED                                                                                     \
    {                                                                                              \
        .meanings = "wet windy far", .masks = {1, 2, 128}, .mask_count = 3                         \
    }
// The lower two bits are one field of four states.
#define FIELD                                                                                      \
    {                                                                                              \
        .meanings = "one two far", .masks = {3, 3, 128}, .mask_count = 3, .values = {1, 2, 128},   \
        .value_count = 3                                                                           \
    }

#define STATES                                                                                     \
    {                                                                                              \
        .meanings = "zero one two three", .masks = {3, 3, 3, 3}, .mask_count = 4,                  \
        .values = {0, 1, 2, 3}, .value_count = 4                                                   \
    }

static const struct {
    const char *name;
    struct flagged flagged;
    const char *where;
    const char *kept; // a letter for each cell; "": refused
    const char *says;
} flag_rows[] = {
    {"no flags are asked for", NAMED, "", "123456", NULL},
    {"one of them", NAMED, "quality=good", "1-----", NULL},
    {"two of them", NAMED, "quality = good|poor", "1-3---", NULL},
    {"all but one; a missing flag counts for nothing", NAMED, "quality!=good", "-234-6", NULL},
    {"a number that has no name", NAMED, "quality=130", "-----6", NULL},
    {"a number and a name", NAMED, "quality=130|fair", "-2---6", NULL},
    {"numbers without names", {.meanings = NULL}, "quality=2|3", "--34--", NULL},
    {"bits", MASKED, "quality=wet", "-2-4--", NULL},
    {"one bit or another", MASKED, "quality=wet|far", "-2-4-6", NULL},
    {"without a bit", MASKED, "quality!=windy", "12----", NULL},
    {"a state within some bits", FIELD, "quality=two", "--3--6", NULL},
    {"another, and a bit", FIELD, "quality=one|far", "-2---6", NULL},
    {"the state of no bit", STATES, "quality=zero", "1-----", NULL},
    {"all but the state of no bit", STATES, "quality!=zero", "-234-6", NULL},
    {"a mask by its number", MASKED, "quality=128", "-----6", NULL},
    {"a number that is no mask", MASKED, "quality=130", "",
     "130 is none of the flag_masks of \"quality\"; name the flag: wet windy far"},
    {"a blank before the sign", NAMED, "quality! =good", "-234-6", NULL},
    {"words with a line's end and a tab between them",
     {.meanings = "good\nfair \tpoor", .values = {0, 1, 130}, .value_count = 3},
     "quality=fair|poor",
     "-2---6",
     NULL},
    {"ten flags",
     {.meanings = "a b c d e f g h i j",
      .values = {4, 5, 6, 7, 8, 9, 10, 11, 2, 130},
      .value_count = 10},
     "quality=i|j",
     "--3--6",
     NULL},
    {"more flags than are read",
     {.meanings = "a b", .value_count = 65},
     "quality=a",
     "",
     "\"quality\" has more than 64 flags"},
    {"unsigned bytes",
     {.meanings = "a b",
      .values = {0, -126},
      .value_count = 2,
      .type = NC_BYTE,
      .is_unsigned = true},
     "quality=b",
     "-----6",
     NULL},
    {"the top bit of unsigned bytes",
     {.meanings = "low top",
      .masks = {1, -128},
      .mask_count = 2,
      .type = NC_BYTE,
      .is_unsigned = true},
     "quality=top",
     "-----6",
     NULL},
    {"flags that hold at all times",
     {.meanings = "a b", .values = {0, 1}, .value_count = 2, .no_time = true},
     "quality=a|b",
     "12----",
     NULL},
    {"64-bit flags",
     {.meanings = "a b", .values = {0, 130}, .value_count = 2, .type = NC_INT},
     "quality=b",
     "-----6",
     NULL},
    {"a flag that is not there", NAMED, "quality=perfect", "",
     "\"quality\" has no flag \"perfect\"; it has: good fair poor none"},
    {"a name where there are none",
     {.meanings = NULL},
     "quality=good",
     "",
     "it has: numbers without names"},
    {"a variable that is not there", NAMED, "qualty=good", "",
     "the file has no variable \"qualty\"; there are: time, lat"},
    {"names and numbers that do not fit",
     {.meanings = "a b c", .values = {0, 1}, .value_count = 2},
     "quality=c",
     "",
     "has 3 flag_meanings and 2 numbers for them; name the flag by its number"},
    {"flags of a row, not of a cell",
     {.meanings = NULL, .no_rows = true},
     "quality=0",
     "",
     "the flags \"quality\" have no value for each cell"},
    {"flags over what the field has not", NAMED, "other=0", "",
     "the flags \"other\" have a dimension \"side\" that \"rain\" has not"},
    {"flags that are letters",
     {.is_text = true},
     "quality=good",
     "",
     "the flags \"quality\" are text, not numbers"},
};

static void check_kept(const struct frame *frame, const char *kept)
{
    CHECK_INT(frame->count, 1);
    CHECK_INT(frame->grid.rows * frame->grid.columns, CELLS);
    for (size_t i = 0; i < CELLS; i++)
        CHECK_NEAR(frame->value[i], kept[i] == '-' ? NAN : kept[i] - '0', 1e-6);
}

static void test_flags(void **state)
{
    (void)state;
    static const int formats[] = {0, NC_NETCDF4};
    for (size_t i = 0; i < 2 * COUNT_OF(flag_rows); i++) {
        size_t row = i / 2;
        ROW(flag_rows[row].name);
        struct err err = {0};
        int other, side, file = begin(formats[i % 2]);
        struct axes axes = add_axes(file);
        (void)add_field(file, &axes, "mm");
        add_flags(file, &axes, &flag_rows[row].flagged);
        NC(nc_def_dim(file, "side", 2, &side));
        NC(nc_def_var(file, "other", NC_SHORT, 1, &side, &other));
        AUTO(buf_free) struct buf bytes = end(file);
        AUTO(frame_free) struct frame frame = {0};
        struct wanted_list list = rain_of("rain");
        (void)snprintf(list.at[0].where, sizeof(list.at[0].where), "%s", flag_rows[row].where);
        enum err_kind kind = cf_read(bytes.at, bytes.len, &list, &frame, &err);
        if (flag_rows[row].says) {
            CHECK_INT(kind, ERR_INPUT);
            CHECK_HAS(err.text, flag_rows[row].says);
        } else {
            CHECK_OK(kind, err);
            check_kept(&frame, flag_rows[row].kept);
        }
    }
}

// Flags are no weather, whatever unit somebody gives them.
static void test_flags_as_weather(void **state)
{
    (void)state;
    struct err err = {0};
    struct frame frame = {0};
    int file = begin(0);
    struct axes axes = add_axes(file);
    static const struct flagged named = NAMED;
    add_flags(file, &axes, &named);
    AUTO(buf_free) struct buf bytes = end(file);
    struct wanted_list list = rain_of("quality");
    (void)snprintf(list.at[0].unit, sizeof(list.at[0].unit), "mm");
    CHECK_INT(cf_read(bytes.at, bytes.len, &list, &frame, &err), ERR_INPUT);
    CHECK_HAS(err.text, "\"quality\" is a variable of flags, not of weather; name it under");
}

// --- what was done over time
// ---------------------------------------------------------------------

static void test_methods(void **state)
{
    (void)state;
    static const struct {
        const char *name, *method, *variable, *unit, *own; // own: the unit that the source gives
        const char *says;                                  // NULL: it is read
    } rows[] = {
        {"a sum of rain", "time: sum", "rain", "mm", "", NULL},
        {"a mean of a rate", "time: mean", "rain", "mm/hr", "", NULL},
        {"a mean of amounts", "time: mean (interval: 1 day)", "rain", "mm", "",
         "\"rain\" is \"time: mean\": a mean of amounts: say with \"unit:\" what it is a mean of"},
        {"a mean of amounts, and of what", "time: mean", "rain", "mm", "mm day-1", NULL},
        {"a mean over places", "area: mean time: sum", "rain", "mm", "", NULL},
        {"rain of a moment", "time: point", "rain", "mm", "", "rain of a moment is no amount"},
        {"the most rain", "time: maximum", "rain", "mm", "", "the largest of some rain"},
        {"the least rain", "area: mean time: minimum", "rain", "mm", "", "the least of some rain"},
        {"the strongest gust", "time: maximum", "gust", "m/s", "", NULL},
        {"a mean gust", "time: mean", "gust", "m/s", "", "a mean is no gust"},
        {"the weakest gust", "time: minimum", "gust", "m/s", "", "the least wind is no gust"},
        {"a mean wind", "time: mean", "wind", "m/s", "", NULL},
        {"nothing is said", NULL, "rain", "mm", "", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        int file = begin(0);
        struct axes axes = add_axes(file);
        int var = add_field(file, &axes, rows[i].unit);
        put_text(file, var, "cell_methods", rows[i].method);
        AUTO(buf_free) struct buf bytes = end(file);
        AUTO(frame_free) struct frame frame = {0};
        struct wanted_list list = rain_of("rain");
        (void)snprintf(list.at[0].variable, sizeof(list.at[0].variable), "%s", rows[i].variable);
        (void)snprintf(list.at[0].unit, sizeof(list.at[0].unit), "%s", rows[i].own);
        enum err_kind kind = cf_read(bytes.at, bytes.len, &list, &frame, &err);
        CHECK_INT(kind, rows[i].says ? ERR_INPUT : OK);
        CHECK_HAS(err.text, rows[i].says ? rows[i].says : "");
    }
}

// --- cells in no order
// ---------------------------------------------------------------------------

// The middle of a square on the equator, cut into four triangles: as ICON's grid has them, in
// radians, along one dimension.
enum { TRIANGLES = 4, CORNERS = 3 };
static const double MIDDLE[2] = {106, 11};
static const double SQUARE[TRIANGLES][2] = {{105, 10}, {107, 10}, {107, 12}, {105, 12}};

static int add_bounds(int file, const char *name, int cells, int corners, size_t axis)
{
    int var, dims[] = {cells, corners};
    double at[TRIANGLES * CORNERS], factor = M_PI / 180;
    for (size_t i = 0; i < TRIANGLES; i++) {
        at[i * CORNERS] = MIDDLE[axis] * factor;
        at[i * CORNERS + 1] = SQUARE[i][axis] * factor;
        at[i * CORNERS + 2] = SQUARE[(i + 1) % TRIANGLES][axis] * factor;
    }
    NC(nc_def_var(file, name, NC_DOUBLE, 2, dims, &var));
    NC(nc_enddef(file));
    NC(nc_put_var_double(file, var, at));
    NC(nc_redef(file));
    return var;
}

static struct buf make_triangles(bool with_bounds)
{
    int file = begin(NC_NETCDF4), cells, corners, time, var;
    static const char *const names[] = {"clon", "clat"}, *const bounds[] = {"clon_v", "clat_v"};
    static const double hours[] = {6}, rain[TRIANGLES] = {10, 20, 30, 40};
    double centre[TRIANGLES];
    NC(nc_def_dim(file, "time", 1, &time));
    NC(nc_def_dim(file, "ncells", TRIANGLES, &cells));
    NC(nc_def_dim(file, "nv", CORNERS, &corners));
    (void)add_axis(file, "time", time, "hours since 2024-09-06", hours);
    for (size_t axis = 0; axis < 2; axis++) {
        for (size_t i = 0; i < TRIANGLES; i++)
            centre[i] = (MIDDLE[axis] + SQUARE[i][axis] + SQUARE[(i + 1) % TRIANGLES][axis]) / 3 *
                        M_PI / 180;
        var = add_axis(file, names[axis], cells, "radian", centre);
        put_text(file, var, "standard_name", axis ? "latitude" : "longitude");
        if (with_bounds) {
            put_text(file, var, "bounds", bounds[axis]);
            (void)add_bounds(file, bounds[axis], cells, corners, axis);
        }
    }
    int dims[] = {time, cells};
    NC(nc_def_var(file, "rain", NC_FLOAT, 2, dims, &var));
    put_text(file, var, "units", "mm");
    put_text(file, var, "coordinates", "clat clon");
    NC(nc_enddef(file));
    NC(nc_put_var_double(file, var, rain));
    return end(file);
}

static void test_triangles(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(frame_free) struct frame frame = {0}, part = {0};
    struct frame none = {0};
    AUTO(buf_free) struct buf bytes = make_triangles(true), points = make_triangles(false);
    struct wanted_list list = rain_of("rain");
    CHECK_OK(cf_read(bytes.at, bytes.len, &list, &frame, &err), err);
    CHECK_INT(frame.grid.rows, 1);
    CHECK_INT(frame.grid.columns, TRIANGLES);
    CHECK_INT(frame.grid.corners, CORNERS);
    for (size_t i = 0; i < TRIANGLES; i++) {
        double found[2] = {0, 0}, want[2];
        for (size_t axis = 0; axis < 2; axis++) {
            want[axis] = MIDDLE[axis] + SQUARE[i][axis] + SQUARE[(i + 1) % TRIANGLES][axis];
            for (size_t k = 0; k < CORNERS; k++)
                found[axis] += frame.grid.corner[(i * CORNERS + k) * 2 + axis];
            CHECK_NEAR(found[axis], want[axis], 1e-4);
        }
        CHECK_NEAR(frame.value[i], 10.0 * (double)(i + 1), 1e-6);
    }
    list.has_box = true; // east of the middle: three of the four touch it, and stay in their order
    list.south_milli = 10900;
    list.north_milli = 11100;
    list.west_milli = 106500;
    list.east_milli = 108000;
    CHECK_OK(cf_read(bytes.at, bytes.len, &list, &part, &err), err);
    CHECK(part.grid.columns < TRIANGLES);
    bool found = false;
    for (size_t i = 0; i < part.grid.columns; i++)
        found = found || part.value[i] == 20;
    CHECK(found);
    list.has_box = false;
    CHECK_INT(cf_read(points.at, points.len, &list, &none, &err), ERR_INPUT);
    CHECK_HAS(err.text, "stands at points along \"ncells\", without the bounds of their cells");
}

// --- types that are no numbers
// -------------------------------------------------------------------

static int add_typed(int file, const struct axes *axes, const char *name, nc_type type)
{
    int var;
    NC(nc_def_var(file, name, type, 3, axes->dims, &var));
    put_text(file, var, "units", "mm");
    return var;
}

static struct buf make_types(void)
{
    nc_type many, choice, lump;
    int file = begin(NC_NETCDF4);
    struct axes axes = add_axes(file);
    NC(nc_def_vlen(file, "many", NC_FLOAT, &many));
    NC(nc_def_enum(file, NC_BYTE, "choice", &choice));
    NC(nc_insert_enum(file, choice, "dry", &(signed char){0}));
    NC(nc_insert_enum(file, choice, "wet", &(signed char){1}));
    NC(nc_def_opaque(file, 8, "lump", &lump));
    (void)add_typed(file, &axes, "v", many);
    (void)add_typed(file, &axes, "e", choice);
    (void)add_typed(file, &axes, "o", lump);
    // An attribute of that kind beside good numbers: it is never read (the library loops in
    // damaged ones), and harms nothing.
    int var = add_field(file, &axes, "mm");
    float numbers[] = {1, 2};
    nc_vlen_t list = {2, numbers};
    NC(nc_put_att(file, var, "history_of_values", many, 1, &list));
    return end(file);
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *name, *reads, *says;
    } rows[] = {
        {"lists", "v", "variable-length type in variable \"v\": gong reads numbers only"},
        {"an enumeration", "e", "enumeration in variable \"e\": gong reads numbers only"},
        {"bytes without meaning", "o", "opaque type in variable \"o\": gong reads numbers only"},
        {"numbers beside them", "rain", NULL},
    };
    AUTO(buf_free) struct buf bytes = make_types();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(frame_free) struct frame frame = {0};
        struct wanted_list list = rain_of(rows[i].reads);
        enum err_kind kind = cf_read(bytes.at, bytes.len, &list, &frame, &err);
        CHECK_INT(kind, rows[i].says ? ERR_INPUT : OK);
        if (rows[i].says)
            CHECK_HAS(err.text, rows[i].says);
        else
            check_kept(&frame, "123456");
    }
}

// --- a place beside the axes
// ---------------------------------------------------------------------

// A grid with a latitude and a longitude of its own is one, whatever else lies along its rows.
static void test_place_beside(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t along; // which of the axes
        const char *beside, *unit;
        double values[COLUMNS];
    } rows[] = {
        {"a longitude along the latitudes", 1, "coast", "degrees_east", {107, 108}},
        {"a latitude along the longitudes", 2, "coast", "degrees_north", {16, 17, 18}},
    };
    for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) {
        ROW(rows[i / 2].name);
        struct err err = {0};
        AUTO(frame_free) struct frame frame = {0};
        int file = begin(i % 2 ? NC_NETCDF4 : 0);
        struct axes axes = add_axes(file);
        (void)add_axis(file, rows[i / 2].beside, axes.dims[rows[i / 2].along], rows[i / 2].unit,
                       rows[i / 2].values);
        (void)add_field(file, &axes, "mm");
        AUTO(buf_free) struct buf bytes = end(file);
        struct wanted_list list = rain_of("rain");
        CHECK_OK(cf_read(bytes.at, bytes.len, &list, &frame, &err), err);
        CHECK_INT(frame.grid.rows, ROWS);
        CHECK_INT(frame.grid.columns, COLUMNS);
        CHECK_NEAR(frame.grid.latitude[0], 9.75, 1e-9);
        CHECK_NEAR(frame.grid.longitude[COLUMNS], 106.25, 1e-9);
        for (size_t c = 0; c < CELLS; c++)
            CHECK_NEAR(frame.value[c], (double)(c + 1), 0);
    }
}

// --- more than fits
// ------------------------------------------------------------------------------

// 8,000 x 8,000 cells, of which none was ever written: refused by their number, not by the memory.
static void test_too_many(void **state)
{
    (void)state;
    enum { SIDE = 8000 };
    static double latitude[SIDE], longitude[SIDE];
    static const double time[] = {6};
    struct err err = {0};
    struct frame frame = {0};
    struct axes axes;
    int file = begin(NC_NETCDF4), var;
    for (size_t i = 0; i < SIDE; i++) {
        latitude[i] = -40 + 0.01 * (double)i;
        longitude[i] = 60 + 0.01 * (double)i;
    }
    NC(nc_def_dim(file, "time", 1, &axes.dims[0]));
    NC(nc_def_dim(file, "lat", SIDE, &axes.dims[1]));
    NC(nc_def_dim(file, "lon", SIDE, &axes.dims[2]));
    (void)add_axis(file, "time", axes.dims[0], "hours since 2024-09-06", time);
    (void)add_axis(file, "lat", axes.dims[1], "degrees_north", latitude);
    (void)add_axis(file, "lon", axes.dims[2], "degrees_east", longitude);
    static const size_t chunk[] = {1, 500, 500};
    NC(nc_def_var(file, "rain", NC_FLOAT, 3, axes.dims, &var));
    NC(nc_def_var_chunking(file, var, NC_CHUNKED, chunk));
    put_text(file, var, "units", "mm");
    AUTO(buf_free) struct buf bytes = end(file);
    struct wanted_list list = rain_of("rain");
    CHECK_INT(cf_read(bytes.at, bytes.len, &list, &frame, &err), ERR_INPUT);
    CHECK_HAS(err.text, "1 steps of 64000000 cells are more than gong reads at once");
    list.has_box = true; // a part of it is read
    list.south_milli = 10000;
    list.north_milli = 10100;
    list.west_milli = 105000;
    list.east_milli = 105200;
    err = (struct err){0};
    CHECK_OK(cf_read(bytes.at, bytes.len, &list, &frame, &err), err);
    CHECK(frame.grid.rows < 20 && isnan(frame.value[0]));
    frame_free(&frame);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    return unlink(path) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags),   cmocka_unit_test(test_flags_as_weather),
        cmocka_unit_test(test_methods), cmocka_unit_test(test_triangles),
        cmocka_unit_test(test_types),   cmocka_unit_test(test_place_beside),
        cmocka_unit_test(test_too_many)};
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
