#include "ingest/points_build.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/reading.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { CELL_BYTES_MAX = 4096, MONTHS = 12, SHOWN = 60 };

// Which column of a CSV holds what; NO_COLUMN: none.
enum { NO_COLUMN = -1 };
struct plan {
    int code[POINTS_COLUMNS_MAX], time[POINTS_COLUMNS_MAX], variable[WANTED_MAX];
    int name, latitude, longitude;
    size_t columns;
    bool used[CSV_FIELDS_MAX];
    uint32_t station[CSV_FIELDS_MAX]; // LAYOUT_WIDE: of each column that is not used
};

// --- the header
// -----------------------------------------------------------------------------------

static enum err_kind find_column(const struct csv *csv, const char *name, struct plan *plan,
                                 int *out, struct err *err)
{
    *out = NO_COLUMN;
    if (!*name)
        return OK;
    for (size_t i = 0; i < csv->count; i++) {
        if (!str_is(str_trim(csv->field[i]), name))
            continue;
        if (*out != NO_COLUMN)
            return err_set(err, ERR_INPUT, "row %zu names column \"%s\" twice", csv->line, name);
        *out = (int)i;
        plan->used[i] = true;
    }
    if (*out == NO_COLUMN)
        return err_set(
            err, ERR_INPUT, "row %zu has no column \"%s\"; it begins \"%.*s\"", csv->line, name,
            (int)(csv->field[0].len < SHOWN ? csv->field[0].len : SHOWN), csv->field[0].at);
    return OK;
}

static enum err_kind find_columns(const struct csv *csv, const struct points_columns *names,
                                  struct plan *plan, int out[POINTS_COLUMNS_MAX], struct err *err)
{
    for (size_t i = 0; i < names->count; i++) {
        if (find_column(csv, names->at[i], plan, &out[i], err))
            return err_of(err);
    }
    return OK;
}

// The columns that nothing else is in are stations (wide) or months.
static enum err_kind take_rest(struct build *build, const struct csv *csv, struct plan *plan,
                               struct err *err)
{
    size_t rest = 0;
    for (size_t i = 0; i < csv->count; i++) {
        if (plan->used[i])
            continue;
        rest++;
        struct build_station said = {.code = str_trim(csv->field[i])};
        if (build->wanted->layout == LAYOUT_WIDE &&
            build_station(build, &said, &plan->station[i], err))
            return err_add(err, "reading row %zu, column %zu", csv->line, i + 1);
    }
    if (build->wanted->layout == LAYOUT_WIDE && build->points.stations != rest)
        return err_set(err, ERR_INPUT, "row %zu names %zu stations in %zu columns: one twice",
                       csv->line, build->points.stations, rest);
    if (build->wanted->layout == LAYOUT_MONTHS && rest != MONTHS)
        return err_set(err, ERR_INPUT, "row %zu has %zu columns for months, not 12", csv->line,
                       rest);
    return OK;
}

static enum err_kind make_plan(struct build *build, const struct csv *csv, struct plan *plan,
                               struct err *err)
{
    const struct points_wanted *wanted = build->wanted;
    plan->columns = csv->count;
    if (find_columns(csv, &wanted->code, plan, plan->code, err) ||
        find_columns(csv, &wanted->time, plan, plan->time, err) ||
        find_column(csv, wanted->name, plan, &plan->name, err) ||
        find_column(csv, wanted->latitude, plan, &plan->latitude, err) ||
        find_column(csv, wanted->longitude, plan, &plan->longitude, err))
        return err_of(err);
    for (size_t i = 0; wanted->layout == LAYOUT_LONG && i < wanted->wanted.count; i++) {
        if (find_column(csv, wanted->wanted.at[i].reads, plan, &plan->variable[i], err))
            return err_of(err);
    }
    bool others = wanted->layout == LAYOUT_WIDE || wanted->layout == LAYOUT_MONTHS;
    return others ? take_rest(build, csv, plan, err) : OK;
}

// --- the rows
// -------------------------------------------------------------------------------------

static void join(const struct csv *csv, const int *column, size_t count, const char *between,
                 struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        buf_text(out, i ? between : "");
        buf_str(out, str_trim(csv->field[column[i]]));
    }
}

static struct str cell(const struct csv *csv, int column)
{
    return column == NO_COLUMN ? (struct str){"", 0} : str_trim(csv->field[column]);
}

static enum err_kind row_station(struct build *build, const struct csv *csv,
                                 const struct plan *plan, uint32_t *out, struct err *err)
{
    AUTO(buf_free) struct buf code = buf_new(CELL_BYTES_MAX);
    join(csv, plan->code, build->wanted->code.count, "/", &code);
    struct build_station said = {.code = buf_slice(&code),
                                 .name = cell(csv, plan->name),
                                 .latitude = cell(csv, plan->latitude),
                                 .longitude = cell(csv, plan->longitude)};
    return build_station(build, &said, out, err);
}

static enum err_kind row_months(struct build *build, const struct csv *csv, const struct plan *plan,
                                struct build_value *value, struct err *err)
{
    struct civil civil = utc_civil(value->stamp);
    for (size_t i = 0, month = 1; i < csv->count; i++) {
        if (plan->used[i])
            continue;
        civil.month = (int)month++;
        civil.day = 1;
        value->stamp = utc_of_civil(civil);
        value->text = csv->field[i];
        if (build_value(build, value, err))
            return err_add(err, "reading column %zu", i + 1);
    }
    return OK;
}

static enum err_kind row_wide(struct build *build, const struct csv *csv, const struct plan *plan,
                              struct build_value *value, struct err *err)
{
    for (size_t i = 0; i < csv->count; i++) {
        if (plan->used[i])
            continue;
        value->station = plan->station[i];
        value->text = csv->field[i];
        if (build_value(build, value, err))
            return err_add(err, "reading column %zu", i + 1);
    }
    return OK;
}

static enum err_kind row_values(struct build *build, const struct csv *csv, const struct plan *plan,
                                struct build_value *value, struct err *err)
{
    switch (build->wanted->layout) {
    case LAYOUT_WIDE:
        return row_wide(build, csv, plan, value, err);
    case LAYOUT_MONTHS:
        return row_months(build, csv, plan, value, err);
    case LAYOUT_LIST:
        return OK;
    case LAYOUT_LONG:
        break;
    }
    for (uint32_t i = 0; i < build->wanted->wanted.count; i++) {
        value->variable = i;
        value->text = csv->field[plan->variable[i]];
        if (build_value(build, value, err))
            return err_add(err, "reading column %d", plan->variable[i] + 1);
    }
    return OK;
}

static enum err_kind read_row(struct build *build, const struct csv *csv, const struct plan *plan,
                              struct err *err)
{
    struct build_value value = {0};
    AUTO(buf_free) struct buf time = buf_new(CELL_BYTES_MAX);
    if (csv->count != plan->columns)
        return err_set(err, ERR_INPUT, "it has %zu fields, the header has %zu", csv->count,
                       plan->columns);
    if (build->wanted->layout != LAYOUT_WIDE && row_station(build, csv, plan, &value.station, err))
        return err_of(err);
    build->points.rows++;
    if (build->wanted->layout == LAYOUT_LIST)
        return OK;
    join(csv, plan->time, build->wanted->time.count, " ", &time);
    if (build_time(build, buf_slice(&time), &value.stamp, err))
        return err_of(err);
    return row_values(build, csv, plan, &value, err);
}

enum err_kind table_read_csv(struct build *build, struct str text, struct err *err)
{
    AUTO(csv_free) struct csv csv;
    AUTO(mem_drop) struct plan *plan = mem_new(1, sizeof(*plan));
    bool row = true, planned = false;
    csv_start(&csv, text);
    for (size_t number = 1;; number++) {
        if (csv_next(&csv, &row, err))
            return err_add(err, "reading row %zu", csv.line);
        if (!row)
            break;
        if (number == build->wanted->header_row) {
            planned = true;
            if (make_plan(build, &csv, plan, err))
                return err_of(err);
        }
        if (number >= build->wanted->first_row && read_row(build, &csv, plan, err))
            return err_add(err, "reading row %zu", csv.line);
    }
    if (!planned)
        return err_set(err, ERR_INPUT, "the table ends before row %zu, which should hold its names",
                       build->wanted->header_row);
    return OK;
}

// --- JSON
// -----------------------------------------------------------------------------------------

// A member as text; "" for null and for none. False when it is a list or an object.
static bool member(const struct doc *row, const char *name, struct buf *out)
{
    const struct doc *value = doc_get(row, name);
    double number;
    if (!value || doc_is_null(value))
        return true;
    if (doc_is_text(value)) {
        buf_text(out, doc_text(value, ""));
        return !out->full;
    }
    if (!doc_real(value, &number))
        return false;
    if (number == (double)(int64_t)number && number > -1e15 && number < 1e15)
        buf_print(out, "%lld", (long long)number);
    else
        buf_print(out, "%.17g", number);
    return true;
}

static enum err_kind members(const struct doc *row, const struct points_columns *names,
                             const char *between, struct buf *out, struct err *err)
{
    for (size_t i = 0; i < names->count; i++) {
        buf_text(out, i ? between : "");
        if (!member(row, names->at[i], out))
            return err_set(err, ERR_INPUT, "\"%s\" is neither text nor number", names->at[i]);
    }
    return OK;
}

static enum err_kind json_station(struct build *build, const struct doc *row, uint32_t *out,
                                  struct err *err)
{
    const struct points_wanted *wanted = build->wanted;
    AUTO(buf_free) struct buf code = buf_new(CELL_BYTES_MAX);
    AUTO(buf_free) struct buf name = buf_new(CELL_BYTES_MAX);
    AUTO(buf_free) struct buf latitude = buf_new(CELL_BYTES_MAX);
    AUTO(buf_free) struct buf longitude = buf_new(CELL_BYTES_MAX);
    if (members(row, &wanted->code, "/", &code, err))
        return err_of(err);
    if (!member(row, wanted->name, &name) || !member(row, wanted->latitude, &latitude) ||
        !member(row, wanted->longitude, &longitude))
        return err_set(err, ERR_INPUT, "a name or position is neither text nor number");
    struct build_station said = {buf_slice(&code), buf_slice(&name), buf_slice(&latitude),
                                 buf_slice(&longitude)};
    return build_station(build, &said, out, err);
}

static enum err_kind json_row(struct build *build, const struct doc *row, struct err *err)
{
    const struct points_wanted *wanted = build->wanted;
    struct build_value value = {0};
    AUTO(buf_free) struct buf time = buf_new(CELL_BYTES_MAX);
    if (!doc_is_object(row))
        return err_set(err, ERR_INPUT, "it is no object");
    if (json_station(build, row, &value.station, err))
        return err_of(err);
    build->points.rows++;
    if (wanted->layout == LAYOUT_LIST)
        return OK;
    if (members(row, &wanted->time, " ", &time, err) ||
        build_time(build, buf_slice(&time), &value.stamp, err))
        return err_of(err);
    for (uint32_t i = 0; i < wanted->wanted.count; i++) {
        AUTO(buf_free) struct buf text = buf_new(CELL_BYTES_MAX);
        value.variable = i;
        if (!member(row, wanted->wanted.at[i].reads, &text))
            return err_set(err, ERR_INPUT, "\"%s\" is neither text nor number",
                           wanted->wanted.at[i].reads);
        value.text = buf_slice(&text);
        if (build_value(build, &value, err))
            return err_add(err, "reading \"%s\"", wanted->wanted.at[i].reads);
    }
    return OK;
}

enum err_kind table_read_json(struct build *build, struct str text, struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    if (doc_parse(text, "the file", &doc, err))
        return err_of(err);
    const struct doc *rows = doc;
    struct str path = str_of(build->wanted->rows), step;
    while (path.len && str_take_field(&path, '.', &step)) {
        AUTO(mem_drop) char *key = str_copy(step);
        rows = doc_get(rows, key);
    }
    if (!doc_is_array(rows))
        return err_set(err, ERR_INPUT, "there is no list at \"%s\"; say in \"rows\" where it is",
                       build->wanted->rows);
    for (size_t i = 0; i < doc_count(rows); i++) {
        if (json_row(build, doc_at(rows, i), err))
            return err_add(err, "reading item %zu", i + 1);
    }
    return OK;
}
