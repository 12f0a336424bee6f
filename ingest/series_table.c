#include "ingest/series.h"

#include "core/csv.h"
#include "core/doc.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/reading.h"
#include "ledger/seriesfile.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TABLE_BYTES_MAX = 1 << 28, TABLE_PLACES_MAX = 20000 };

// One row of the table.
struct cell {
    size_t place;
    int64_t step; // months since year 0, or days since 1970
    int32_t value;
};

struct table {
    struct buf text;
    const struct series_table *wish;
    struct cell *cell;
    size_t count, room;
    char **place; // in the order of their first row
    double *lat, *lon;
    size_t places;
};

static void table_free(struct table *table)
{
    for (size_t i = 0; i < table->places; i++)
        mem_free(&table->place[i]);
    buf_free(&table->text);
    mem_free(&table->cell);
    mem_free(&table->place);
    mem_free(&table->lat);
    mem_free(&table->lon);
}

static enum err_kind column_of(const struct csv *csv, const char *path, const char *name,
                               size_t *out, struct err *err)
{
    for (size_t i = 0; i < csv->count; i++) {
        if (str_is(csv->field[i], name)) {
            *out = i;
            return OK;
        }
    }
    return err_set(err, ERR_INPUT, "%s:1: there is no column \"%s\"", path, name);
}

static size_t place_find(const struct table *table, struct str name)
{
    for (size_t i = 0; i < table->places; i++) {
        if (str_is(name, table->place[i]))
            return i;
    }
    return SIZE_MAX;
}

static enum err_kind place_of(struct table *table, struct str name, size_t *out, struct err *err)
{
    *out = place_find(table, name);
    if (*out != SIZE_MAX)
        return OK;
    if (name.len == 0 || name.len > 100 || table->places == TABLE_PLACES_MAX)
        return err_set(err, ERR_INPUT, "a place is a text of 1 to 100 bytes, at most %d of them",
                       TABLE_PLACES_MAX);
    table->place = mem_resize(table->place, table->places + 1, sizeof(*table->place));
    table->place[table->places] = str_copy(name);
    *out = table->places++;
    return OK;
}

struct columns {
    size_t place, value, year, month, date;
};

static enum err_kind find_columns(const struct csv *csv, const struct series_table *wish,
                                  struct columns *out, struct err *err)
{
    if (column_of(csv, wish->path, wish->place, &out->place, err) ||
        column_of(csv, wish->path, wish->value, &out->value, err))
        return err_of(err);
    if (wish->date)
        return column_of(csv, wish->path, wish->date, &out->date, err);
    if (column_of(csv, wish->path, wish->year, &out->year, err))
        return err_of(err);
    return column_of(csv, wish->path, wish->month, &out->month, err);
}

static enum err_kind read_step(const struct csv *csv, const struct series_table *wish,
                               const struct columns *columns, int64_t *step, struct err *err)
{
    enum { YEAR_MIN = 1800, YEAR_MAX = 2200, MONTHS = 12 };
    struct civil day;
    int64_t year, month;
    if (wish->date) {
        if (date_parse(csv->field[columns->date], &day, err))
            return err_of(err);
        *step = date_days(day.year, day.month, day.day);
        return OK;
    }
    if (num_whole(csv->field[columns->year], YEAR_MIN, YEAR_MAX, &year, err) ||
        num_whole(csv->field[columns->month], 1, MONTHS, &month, err))
        return err_of(err);
    *step = year * MONTHS + month - 1;
    return OK;
}

// A number of any decimals, within +-most.
static enum err_kind read_real(struct str text, double most, double *out, struct err *err)
{
    AUTO(buf_free) struct buf list = buf_new(64);
    AUTO(doc_free) struct doc *doc = NULL;
    buf_print(&list, "[" STR_FMT "]", STR_ARG(text));
    struct err why = {0};
    if (list.full || doc_parse(buf_slice(&list), "", &doc, &why) ||
        !doc_real(doc_at(doc, 0), out) || doc_count(doc) != 1 || fabs(*out) > most)
        return err_set(err, ERR_INPUT, "\"" STR_FMT "\" is no number up to %g", STR_ARG(text),
                       most);
    return OK;
}

static enum err_kind read_value(struct str text, int32_t *out, struct err *err)
{
    const double most = INT32_MAX / 1000;
    struct err why = {0};
    int64_t milli = 0;
    double value = 0;
    *out = READING_NONE;
    if (text.len == 0)
        return OK;
    // More than three decimals are somebody's division: rounded to thousandths, half away from 0.
    if (num_milli(text, &milli, &why)) {
        if (read_real(text, most, &value, err))
            return err_of(err);
        milli = llround(value * 1000);
    }
    if (milli < 0 || milli > INT32_MAX)
        return err_set(err, ERR_INPUT, "\"" STR_FMT "\" is no such value", STR_ARG(text));
    *out = (int32_t)milli;
    return OK;
}

static enum err_kind read_row(struct table *table, const struct csv *csv,
                              const struct columns *columns, struct err *err)
{
    struct cell cell;
    size_t last = columns->place > columns->value ? columns->place : columns->value;
    size_t time = table->wish->date                ? columns->date
                  : columns->year > columns->month ? columns->year
                                                   : columns->month;
    if (csv->count <= last || csv->count <= time)
        return err_set(err, ERR_INPUT, "the row is too short");
    if (place_of(table, csv->field[columns->place], &cell.place, err) ||
        read_step(csv, table->wish, columns, &cell.step, err) ||
        read_value(csv->field[columns->value], &cell.value, err))
        return err_of(err);
    if (table->count == table->room) {
        table->room = table->room ? table->room * 2 : 4096;
        table->cell = mem_resize(table->cell, table->room, sizeof(*table->cell));
    }
    table->cell[table->count++] = cell;
    return OK;
}

static enum err_kind read_table(struct table *table, struct err *err)
{
    const char *path = table->wish->path;
    AUTO(csv_free) struct csv csv = {0};
    struct columns columns = {0};
    bool row = false;
    table->text = buf_new(TABLE_BYTES_MAX);
    if (file_read(path, &table->text, err))
        return err_of(err);
    csv_start(&csv, buf_slice(&table->text));
    if (csv_next(&csv, &row, err))
        return err_add(err, "reading %s", path);
    if (!row)
        return err_set(err, ERR_INPUT, "%s:1: the table is empty", path);
    if (find_columns(&csv, table->wish, &columns, err))
        return err_of(err);
    for (;;) {
        if (csv_next(&csv, &row, err))
            return err_add(err, "reading %s", path);
        if (!row)
            return OK;
        if (read_row(table, &csv, &columns, err))
            return err_add(err, "reading %s:%zu", path, csv.line);
    }
}

static enum err_kind read_positions(struct table *table, struct err *err)
{
    const char *path = table->wish->places;
    AUTO(buf_free) struct buf text = buf_new(TABLE_BYTES_MAX);
    AUTO(csv_free) struct csv csv = {0};
    size_t place, lat, lon;
    bool row = false;
    table->lat = mem_new(table->places + 1, sizeof(*table->lat));
    table->lon = mem_new(table->places + 1, sizeof(*table->lon));
    for (size_t i = 0; i < table->places; i++)
        table->lat[i] = table->lon[i] = NAN;
    if (!path)
        return OK;
    if (file_read(path, &text, err))
        return err_of(err);
    csv_start(&csv, buf_slice(&text));
    if (csv_next(&csv, &row, err) || column_of(&csv, path, table->wish->place, &place, err) ||
        column_of(&csv, path, "lat", &lat, err) || column_of(&csv, path, "lon", &lon, err))
        return err_of(err);
    for (;;) {
        if (csv_next(&csv, &row, err))
            return err_add(err, "reading %s", path);
        if (!row)
            return OK;
        if (csv.count <= place || csv.count <= lat || csv.count <= lon)
            return err_set(err, ERR_INPUT, "%s:%zu: the row is too short", path, csv.line);
        size_t at = place_find(table, csv.field[place]);
        if (at == SIZE_MAX)
            continue;
        if (read_real(csv.field[lat], 90, &table->lat[at], err) ||
            read_real(csv.field[lon], 180, &table->lon[at], err))
            return err_add(err, "reading %s:%zu", path, csv.line);
    }
}

static int by_step(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;
    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static struct span span_of(const struct series_table *wish, int64_t step)
{
    enum { MONTHS = 12 };
    if (wish->date)
        return (struct span){{step * DAY_S}, {(step + 1) * DAY_S}};
    int year = (int)(step / MONTHS), month = (int)(step % MONTHS) + 1;
    int64_t first = date_days(year, month, 1);
    return (struct span){{first * DAY_S}, {(first + date_days_in_month(year, month)) * DAY_S}};
}

// The cells of one step, sorted by place, from table->cell[i] on.
static enum err_kind write_step(const struct table *table, size_t i, size_t count, int32_t *value,
                                struct seriesfile_writer *writer, struct err *err)
{
    const struct cell *cell = &table->cell[i];
    for (size_t p = 0; p < table->places; p++)
        value[p] = READING_NONE;
    for (size_t k = 0; k < count; k++) {
        if (k && cell[k].place == cell[k - 1].place)
            return err_set(err, ERR_INPUT, "%s has two values of %s for the step to %s",
                           table->wish->path, table->place[cell[k].place],
                           utc_text(span_of(table->wish, cell->step).to).at);
        value[cell[k].place] = cell[k].value;
    }
    return seriesfile_append(writer, span_of(table->wish, cell->step), value, NULL, err);
}

static enum err_kind write_all(const struct table *table, struct seriesfile_writer *writer,
                               struct series_report *report, struct err *err)
{
    AUTO(mem_drop) int32_t *value = mem_new(table->places + 1, sizeof(*value));
    for (size_t i = 0, count; i < table->count; i += count) {
        count = 1;
        while (i + count < table->count && table->cell[i + count].step == table->cell[i].step)
            count++;
        if (write_step(table, i, count, value, writer, err))
            return err_of(err);
        struct span span = span_of(table->wish, table->cell[i].step);
        if (report->steps++ == 0)
            report->first = span.from;
        report->last = span.to;
        for (size_t p = 0; p < table->places; p++)
            report->missing += value[p] == READING_NONE;
    }
    return OK;
}

enum err_kind series_of_table(const struct series_table *table, const struct series_wish *wish,
                              struct series_report *report, struct err *err)
{
    AUTO(table_free) struct table all = {.wish = table};
    AUTO(mem_drop) struct series_place *place = NULL;
    AUTO(seriesfile_drop) struct seriesfile_writer *writer = NULL;
    assert(table->date || (table->year && table->month));
    if (read_table(&all, err) || read_positions(&all, err))
        return err_of(err);
    if (all.count == 0)
        return err_set(err, ERR_INPUT, "%s has no row", table->path);
    qsort(all.cell, all.count, sizeof(*all.cell), by_step);
    place = mem_new(all.places, sizeof(*place));
    for (size_t i = 0; i < all.places; i++)
        place[i] = (struct series_place){all.place[i], all.place[i], "", all.lat[i], all.lon[i]};
    struct seriesfile_head head = {.variable = wish->variable ? wish->variable : "rain",
                                   .source = table->source,
                                   .boundary_set = table->boundary_set,
                                   .origin = "a table",
                                   .place = place,
                                   .places = all.places};
    struct series_report made = {.places = all.places};
    if (seriesfile_create(wish->out, &head, &writer, err) || write_all(&all, writer, &made, err) ||
        seriesfile_finish(&writer, err))
        return err_of(err);
    *report = made;
    return OK;
}
