#include "ledger/seriesfile.h"

#include "core/mem.h"
#include "ledger/reading.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

enum { TEXT_MAX = 200, PLACES_MAX = 1000000, TEXTS = 3 };

static const struct {
    const char *variable, *unit, *standard_name, *methods;
} variables[] = {
    {"rain", "mm", "lwe_thickness_of_precipitation_amount", "area: mean time: sum"},
    {"wind", "m s-1", "wind_speed", "area: mean time: mean"},
    {"gust", "m s-1", "wind_speed_of_gust", "area: mean time: maximum"},
    {"temperature", "K", "air_temperature", "area: mean time: mean"},
};

// --- writing ------------------------------------------------------------------------------------

struct seriesfile_writer {
    struct cdf_writer *file;
    bool covers;
    size_t places;
    struct utc last;
};

void seriesfile_drop(struct seriesfile_writer **writer)
{
    if (!*writer)
        return;
    cdf_drop(&(*writer)->file);
    mem_free(writer);
}

static const char *text_of(const struct series_place *place, size_t which)
{
    const char *texts[TEXTS] = {place->code, place->name, place->zone};
    return texts[which];
}

// The places' texts as one block of equal lengths, NUL behind the short ones.
static char *block_of(const struct seriesfile_head *head, size_t which, size_t *width)
{
    *width = 1;
    for (size_t i = 0; i < head->places; i++) {
        size_t len = strlen(text_of(&head->place[i], which));
        assert(len <= TEXT_MAX);
        *width = len > *width ? len : *width;
    }
    char *block = mem_new(head->places, *width);
    for (size_t i = 0; i < head->places; i++) {
        const char *text = text_of(&head->place[i], which);
        for (size_t k = 0; text[k]; k++)
            block[i * *width + k] = text[k];
    }
    return block;
}

// Everything that a layout borrows while the file is created.
struct parts {
    char *text[TEXTS];
    size_t width[TEXTS];
    double *lat, *lon;
};

static void parts_free(struct parts *parts)
{
    for (size_t i = 0; i < TEXTS; i++)
        mem_free(&parts->text[i]);
    mem_free(&parts->lat);
    mem_free(&parts->lon);
}

static void parts_make(const struct seriesfile_head *head, struct parts *parts)
{
    for (size_t i = 0; i < TEXTS; i++)
        parts->text[i] = block_of(head, i, &parts->width[i]);
    parts->lat = mem_new(head->places, sizeof(*parts->lat));
    parts->lon = mem_new(head->places, sizeof(*parts->lon));
    for (size_t i = 0; i < head->places; i++) {
        parts->lat[i] = head->place[i].lat;
        parts->lon[i] = head->place[i].lon;
    }
}

static size_t row_of(const char *variable)
{
    size_t i = 0;
    while (i < COUNT_OF(variables) && strcmp(variables[i].variable, variable) != 0)
        i++;
    return i;
}

#define TEXT(attribute, value)                                                                     \
    {                                                                                              \
        .name = (attribute), .text = (value)                                                       \
    }

// What is the same at every step.
static void put_places(const struct parts *parts, struct cdf_variable *out)
{
    const struct cdf_variable variable[] = {
        {"code",
         CDF_CHAR,
         {"place", "code_length"},
         {TEXT("cf_role", "timeseries_id"), TEXT("long_name", "code of the place")},
         parts->text[0]},
        {"name", CDF_CHAR, {"place", "name_length"}, {TEXT("long_name", "name")}, parts->text[1]},
        {"zone", CDF_CHAR, {"place", "zone_length"}, {TEXT("long_name", "zone")}, parts->text[2]},
        {"lat",
         CDF_DOUBLE,
         {"place"},
         {TEXT("standard_name", "latitude"), TEXT("units", "degrees_north")},
         parts->lat},
        {"lon",
         CDF_DOUBLE,
         {"place"},
         {TEXT("standard_name", "longitude"), TEXT("units", "degrees_east")},
         parts->lon},
    };
    memcpy(out, variable, sizeof(variable));
}

// Time, its bounds, the values and their coverage.
static void put_steps(const char *name, struct cdf_variable *out)
{
    size_t row = row_of(name);
    const struct cdf_variable variable[] = {
        {"time",
         CDF_DOUBLE,
         {"time"},
         {TEXT("standard_name", "time"), TEXT("long_name", "end of the step"),
          TEXT("units", "seconds since 1970-01-01 00:00:00"), TEXT("calendar", "standard"),
          TEXT("axis", "T"), TEXT("bounds", "time_bnds")},
         NULL},
        {"time_bnds", CDF_DOUBLE, {"time", "bnds"}, {{0}}, NULL},
        {name,
         CDF_INT,
         {"time", "place"},
         {TEXT("standard_name", variables[row].standard_name),
          TEXT("units", variables[row].unit),
          {.name = "scale_factor", .number = 0.001, .type = CDF_DOUBLE},
          {.name = "_FillValue", .number = READING_NONE, .type = CDF_INT},
          TEXT("coordinates", "lat lon code name"),
          TEXT("cell_methods", variables[row].methods)},
         NULL},
        {"cover",
         CDF_SHORT,
         {"time", "place"},
         {TEXT("long_name", "observed share of the area"),
          TEXT("units", "1"),
          {.name = "scale_factor", .number = 0.0001, .type = CDF_DOUBLE},
          TEXT("coordinates", "lat lon code name")},
         NULL},
    };
    memcpy(out, variable, sizeof(variable));
}

static enum err_kind create(const char *path, const struct seriesfile_head *head,
                            const struct parts *parts, struct cdf_writer **out, struct err *err)
{
    enum { PLACE_VARIABLES = 5, STEP_VARIABLES = 4 };
    struct cdf_attribute own[] = {
        TEXT("Conventions", "CF-1.8"),
        TEXT("featureType", "timeSeries"),
        TEXT("title", "values by place and step, made by gong"),
        TEXT("origin", head->origin),
        TEXT("gong_series", "1"),
        TEXT("variable", head->variable),
        TEXT("source", head->source),
        TEXT("boundary_set", head->boundary_set),
        {0}, // product
        {0}, // licence
        {0}, // a name that is NULL ends the list
    };
    size_t told = COUNT_OF(own) - 3;
    if (head->product)
        own[told++] = (struct cdf_attribute)TEXT("product", head->product);
    if (head->licence)
        own[told++] = (struct cdf_attribute)TEXT("license", head->licence);
    const struct cdf_dimension dimension[] = {
        {"time", 0},
        {"place", head->places},
        {"bnds", 2},
        {"code_length", parts->width[0]},
        {"name_length", parts->width[1]},
        {"zone_length", parts->width[2]},
    };
    struct cdf_variable variable[PLACE_VARIABLES + STEP_VARIABLES];
    put_places(parts, variable);
    put_steps(head->variable, variable + PLACE_VARIABLES);
    const struct cdf_layout layout = {.attribute = own,
                                      .dimension = dimension,
                                      .dimensions = COUNT_OF(dimension),
                                      .variable = variable,
                                      .variables = COUNT_OF(variable) - (head->covers ? 0 : 1)};
    return cdf_create(path, &layout, out, err);
}

enum err_kind seriesfile_create(const char *path, const struct seriesfile_head *head,
                                struct seriesfile_writer **out, struct err *err)
{
    AUTO(seriesfile_drop) struct seriesfile_writer *writer = mem_new(1, sizeof(*writer));
    AUTO(parts_free) struct parts parts = {0};
    if (row_of(head->variable) == COUNT_OF(variables))
        return err_set(err, ERR_INPUT, "\"%s\" is no variable of a series", head->variable);
    if (head->places == 0 || head->places > PLACES_MAX)
        return err_set(err, ERR_INPUT, "a series of %zu places cannot be written", head->places);
    parts_make(head, &parts);
    writer->covers = head->covers;
    writer->places = head->places;
    writer->last = UTC_NEVER;
    if (create(path, head, &parts, &writer->file, err))
        return err->kind;
    *out = TAKE(writer);
    return OK;
}

enum err_kind seriesfile_append(struct seriesfile_writer *writer, struct span span,
                                const int32_t *value, const uint16_t *cover, struct err *err)
{
    assert(!writer->covers || cover);
    if (span.from.s >= span.to.s || span.from.s < writer->last.s)
        return err_set(err, ERR_INPUT,
                       "the step to %s does not come after the one to %s; a series has steps of "
                       "some length in order",
                       utc_text(span.to).at, utc_text(writer->last).at);
    double time = (double)span.to.s, bounds[2] = {(double)span.from.s, (double)span.to.s};
    const void *values[] = {&time, bounds, value, cover};
    writer->last = span.to;
    return cdf_append(writer->file, values, err);
}

enum err_kind seriesfile_finish(struct seriesfile_writer **writer, struct err *err)
{
    if (cdf_finish(&(*writer)->file, err))
        return err->kind;
    seriesfile_drop(writer);
    return OK;
}

// --- reading
// --------------------------------------------------------------------------------------

void seriesfile_close(struct seriesfile **series)
{
    if (!*series)
        return;
    cdf_close(&(*series)->file);
    mem_free(&(*series)->span);
    mem_free(&(*series)->place);
    mem_free(&(*series)->texts);
    mem_free(series);
}

static enum err_kind refuse(const char *path, const char *what, struct err *err)
{
    return err_set(err, ERR_INPUT,
                   "%s is no series file of gong: %s; make it by \"gong series build\"", path,
                   what);
}

static bool copy_text(const struct cdf *file, const char *attribute, char *out, size_t size)
{
    struct str text;
    if (!cdf_text(file, NULL, attribute, &text) || text.len >= size ||
        memchr(text.at, '\0', text.len))
        return false;
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return true;
}

// A variable of that type over (time, second), or over (second) alone.
static const struct cdf_view *find(const struct seriesfile *series, const char *name,
                                   enum cdf_type type, bool records, size_t second)
{
    const struct cdf_view *view = cdf_find(series->file, name);
    size_t dimensions = (records ? 1U : 0U) + (second ? 1U : 0U);
    if (!view || view->type != type || view->records != records || view->dimensions != dimensions)
        return NULL;
    if (second && view->length[dimensions - 1] != second)
        return NULL;
    return view;
}

static enum err_kind read_steps(struct seriesfile *series, const char *path, struct err *err)
{
    const struct cdf_view *bounds = find(series, "time_bnds", CDF_DOUBLE, true, 2);
    const double most_s = 1e11; // the year 5138
    if (!bounds)
        return refuse(path, "time_bnds(time, 2) is missing", err);
    series->count = cdf_records(series->file);
    series->span = mem_new(series->count + 1, sizeof(*series->span));
    for (size_t i = 0; i < series->count; i++) {
        const unsigned char *at = bounds->at + i * bounds->stride;
        double from = cdf_double(at), to = cdf_double(at + 8);
        if (!(from > -most_s && to < most_s && from < to) || from != floor(from) || to != floor(to))
            return refuse(path, "a step's bounds are no whole seconds in order", err);
        series->span[i] = (struct span){{(int64_t)from}, {(int64_t)to}};
        if (i && series->span[i].from.s < series->span[i - 1].to.s)
            return refuse(path, "its steps are out of order", err);
    }
    return OK;
}

static enum err_kind read_values(struct seriesfile *series, const char *path, struct err *err)
{
    double factor = 0;
    const struct cdf_view *value = cdf_find(series->file, series->variable);
    if (row_of(series->variable) == COUNT_OF(variables) || !value || value->type != CDF_INT ||
        !value->records || value->dimensions != 2)
        return refuse(path, "it has no numbers (time, place) of its variable", err);
    series->places = value->length[1];
    if (!cdf_number(series->file, value, "scale_factor", &factor) || factor != 0.001)
        return refuse(path, "its numbers are no thousandths", err);
    if (series->places > PLACES_MAX || (uintptr_t)value->at % sizeof(int32_t) || value->stride % 4)
        return refuse(path, "its numbers do not lie as they must", err);
    series->value = (const void *)value->at;
    series->stride = value->stride / sizeof(*series->value);
    if (!cdf_find(series->file, "cover"))
        return OK;
    const struct cdf_view *cover = find(series, "cover", CDF_SHORT, true, series->places);
    if (!cover || (uintptr_t)cover->at % sizeof(*series->cover))
        return refuse(path, "cover is not (time, place)", err);
    series->cover = (const void *)cover->at;
    series->cover_stride = cover->stride / sizeof(*series->cover);
    return OK;
}

static enum err_kind read_places(struct seriesfile *series, const char *path, struct err *err)
{
    static const char *const names[TEXTS] = {"code", "name", "zone"};
    const struct cdf_view *text[TEXTS],
        *lat = find(series, "lat", CDF_DOUBLE, false, series->places),
        *lon = find(series, "lon", CDF_DOUBLE, false, series->places);
    size_t room = 0;
    for (size_t k = 0; k < TEXTS; k++) {
        text[k] = cdf_find(series->file, names[k]);
        if (!text[k] || text[k]->type != CDF_CHAR || text[k]->records || text[k]->dimensions != 2 ||
            text[k]->length[0] != series->places || text[k]->length[1] > TEXT_MAX)
            return refuse(path, "code, name and zone (place, text) must be there", err);
        room += text[k]->length[1] + 1;
    }
    if (!lat || !lon)
        return refuse(path, "lat and lon (place) must be there", err);
    series->texts = mem_new(series->places, room);
    series->place = mem_new(series->places + 1, sizeof(*series->place));
    char *to = series->texts;
    for (size_t i = 0; i < series->places; i++) {
        const char *found[TEXTS];
        for (size_t k = 0; k < TEXTS; k++) {
            size_t width = text[k]->length[1];
            memcpy(to, text[k]->at + i * width, width);
            found[k] = to;
            to += width + 1; // zeroed: the text ends
        }
        series->place[i] = (struct series_place){
            found[0], found[1], found[2], cdf_double(lat->at + 8 * i), cdf_double(lon->at + 8 * i)};
    }
    return OK;
}

static bool is_one_line(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

enum err_kind seriesfile_open(const char *path, struct seriesfile **out, struct err *err)
{
    AUTO(seriesfile_close) struct seriesfile *series = mem_new(1, sizeof(*series));
    if (cdf_open(path, &series->file, err))
        return err_of(err);
    if (!copy_text(series->file, "variable", series->variable, sizeof(series->variable)) ||
        !copy_text(series->file, "source", series->source, sizeof(series->source)) ||
        !copy_text(series->file, "boundary_set", series->boundary_set,
                   sizeof(series->boundary_set)))
        return refuse(path, "it does not name variable, source and boundary_set", err);
    if (!copy_text(series->file, "product", series->product, sizeof(series->product)) ||
        !is_one_line(series->product))
        series->product[0] = '\0';
    if (read_steps(series, path, err) || read_values(series, path, err) ||
        read_places(series, path, err))
        return err_of(err);
    *out = TAKE(series);
    return OK;
}

size_t seriesfile_find(const struct seriesfile *series, const char *code)
{
    for (size_t i = 0; i < series->places; i++) {
        if (strcmp(series->place[i].code, code) == 0)
            return i;
    }
    return SIZE_MAX;
}
