#include "ingest/points_build.h"

#include "core/mem.h"
#include "ingest/points_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Figures of communes as people report them (ingest/points_wanted.h). What cannot be right refuses
// the whole table, by its row: half a table of somebody's harvest would be paid by.
enum {
    CELL_SIZE = 1000,
    SHOWN = 40,
    YEAR_MIN = 1900,
    YEAR_MAX = 2100,
    YEAR_DIGITS = 4,
    NO_COLUMN = -1,
    // Under 10 kg/ha is no harvest that somebody weighed: a thousands point, or another unit.
    YIELD_MILLI_MIN = 10,
};

struct columns {
    int code, name, figure, value, unit, season, first_day, last_day;
    size_t count;
};

struct report {
    struct build *build;
    struct columns columns;
    size_t *line; // [values] the row that each value stands in; heap
    size_t room;
};

static void report_free(struct report *report)
{
    mem_free(&report->line);
}

// --- cells
// ----------------------------------------------------------------------------------------

struct cell {
    char at[CELL_SIZE];
};

// A cell trimmed, in NFC: a table that was typed on another machine has the same words.
static enum err_kind clean(struct str field, struct cell *out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(CELL_SIZE - 1);
    struct err why = {0};
    *out = (struct cell){0};
    if (text_nfc(str_trim(field), &text, &why) || text.full || str_count(buf_slice(&text), '\n') ||
        str_count(buf_slice(&text), '\t'))
        return err_set(err, ERR_INPUT,
                       "a cell is no text of UTF-8, or longer than %d bytes; save the table as "
                       "CSV UTF-8",
                       CELL_SIZE - 1);
    if (text.len)
        memcpy(out->at, text.at, text.len);
    return OK;
}

static enum err_kind cell(const struct csv *csv, int column, struct cell *out, struct err *err)
{
    struct str none = {"", 0};
    return clean(column == NO_COLUMN ? none : csv->field[column], out, err);
}

static enum err_kind find_column(const struct csv *csv, const char *name, int *out, struct err *err)
{
    *out = NO_COLUMN;
    for (size_t i = 0; *name && i < csv->count; i++) {
        struct cell title;
        if (clean(csv->field[i], &title, err))
            return err_of(err);
        if (strcmp(title.at, name) != 0)
            continue;
        if (*out != NO_COLUMN)
            return err_set(err, ERR_INPUT, "the table has the column \"%s\" twice", name);
        *out = (int)i;
    }
    if (*name && *out == NO_COLUMN)
        return err_set(
            err, ERR_INPUT,
            "the table has no column \"%s\"; its first row names the columns, with commas "
            "between them",
            name);
    return OK;
}

static enum err_kind find_columns(struct report *report, const struct csv *csv, struct err *err)
{
    const struct points_wanted *wanted = report->build->wanted;
    struct columns *columns = &report->columns;
    columns->count = csv->count;
    if (find_column(csv, wanted->code.at[0], &columns->code, err) ||
        find_column(csv, wanted->name, &columns->name, err) ||
        find_column(csv, wanted->figure, &columns->figure, err) ||
        find_column(csv, wanted->value, &columns->value, err) ||
        find_column(csv, wanted->unit, &columns->unit, err) ||
        find_column(csv, wanted->season, &columns->season, err) ||
        find_column(csv, wanted->first_day, &columns->first_day, err) ||
        find_column(csv, wanted->last_day, &columns->last_day, err))
        return err_of(err);
    return OK;
}

// --- one row
// --------------------------------------------------------------------------------------

// Which figure the row is of; `*skip` when it is one that is passed over.
static enum err_kind row_figure(const struct report *report, const struct csv *csv, uint32_t *out,
                                bool *skip, struct err *err)
{
    const struct points_wanted *wanted = report->build->wanted;
    struct cell word;
    *out = 0;
    *skip = false;
    if (report->columns.figure == NO_COLUMN)
        return OK;
    if (cell(csv, report->columns.figure, &word, err))
        return err_of(err);
    for (uint32_t i = 0; i < wanted->wanted.count; i++) {
        if (strcmp(wanted->wanted.at[i].reads, word.at) == 0) {
            *out = i;
            return OK;
        }
    }
    for (size_t i = 0; i < wanted->other_count && !*skip; i++)
        *skip = strcmp(wanted->other[i], word.at) == 0;
    return *skip ? OK
                 : err_set(err, ERR_INPUT,
                           "the figure \"%.*s\" stands neither under \"figures\" of the source nor "
                           "under \"others\", which are passed over",
                           SHOWN, word.at);
}

static bool year_of(const char *text, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < YEAR_DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + (text[i] - '0');
    }
    return text[YEAR_DIGITS] == '\0' && *out >= YEAR_MIN && *out <= YEAR_MAX;
}

static enum err_kind by_season(const struct report *report, const struct csv *csv,
                               const struct points_season *season, struct point_value *value,
                               struct err *err)
{
    struct cell text;
    int64_t year;
    if (cell(csv, report->columns.season, &text, err))
        return err_of(err);
    if (!year_of(text.at, &year))
        return err_set(
            err, ERR_INPUT,
            "the season \"%.*s\" is no year; write the year in which it begins, %d to %d", SHOWN,
            text.at, YEAR_MIN, YEAR_MAX);
    bool next =
        season->to_month * 100 + season->to_day < season->from_month * 100 + season->from_day;
    int64_t first = date_days((int)year, season->from_month, season->from_day);
    int64_t last = date_days((int)year + next, season->to_month, season->to_day);
    value->from.s = first * DAY_S + day_offset_s(season->day);
    value->to.s = (last + 1) * DAY_S + day_offset_s(season->day);
    return OK;
}

static enum err_kind day_of(const struct csv *csv, int column, int64_t *out, struct err *err)
{
    struct cell text;
    struct civil day;
    if (cell(csv, column, &text, err) || date_parse(str_of(text.at), &day, err))
        return err_of(err);
    if (day.year < YEAR_MIN || day.year > YEAR_MAX)
        return err_set(err, ERR_INPUT, "%s is not within the years %d to %d", date_text(day).at,
                       YEAR_MIN, YEAR_MAX);
    *out = date_days(day.year, day.month, day.day);
    return OK;
}

static enum err_kind by_days(const struct report *report, const struct csv *csv,
                             const struct points_season *season, struct point_value *value,
                             struct err *err)
{
    enum { DAYS_MAX = 366 };
    int64_t first, last;
    if (day_of(csv, report->columns.first_day, &first, err) ||
        day_of(csv, report->columns.last_day, &last, err))
        return err_of(err);
    if (last < first || last - first >= DAYS_MAX)
        return err_set(
            err, ERR_INPUT,
            "the figure is of %lld days; it is of 1 to %d, and its last day is not before "
            "the first",
            (long long)(last - first + 1), DAYS_MAX);
    value->from.s = first * DAY_S + day_offset_s(season->day);
    value->to.s = (last + 1) * DAY_S + day_offset_s(season->day);
    return OK;
}

static enum err_kind row_scale(const struct report *report, const struct csv *csv, uint32_t figure,
                               struct scale *out, struct err *err)
{
    const struct wanted *wanted = &report->build->wanted->wanted.at[figure];
    struct cell unit;
    if (report->columns.unit == NO_COLUMN)
        return scale_of_figure(wanted->variable, wanted->unit, out, err);
    if (cell(csv, report->columns.unit, &unit, err))
        return err_of(err);
    return scale_of_figure(wanted->variable, unit.at, out, err);
}

static bool is_plain(const char *text)
{
    return text[strspn(text, "-.0123456789")] == '\0';
}

static enum err_kind to_milli(const char *text, const char *figure, const struct scale *scale,
                              int32_t *out, struct err *err)
{
    static const double THOUSAND = 1000;
    double number;
    if (!is_plain(text) || !text_real(str_of(text), &number))
        return err_set(err, ERR_INPUT,
                       "\"%.*s\" is no number; write it as 5.57, and name what stands for no "
                       "figure under \"missing\"",
                       SHOWN, text);
    double value = number * scale->factor + scale->offset;
    if (value < 0)
        return err_set(err, ERR_INPUT, "%s is below 0: there is no such %s", text, figure);
    if (!(value >= scale->lowest && value <= scale->highest))
        return err_set(err, ERR_INPUT, "%s is beyond every %s; look at its unit", text, figure);
    *out = (int32_t)llround(value * THOUSAND);
    if (value > 0 && *out < YIELD_MILLI_MIN && strcmp(figure, "yield") == 0)
        return err_set(err, ERR_INPUT,
                       "%s is a harvest of under %d kg/ha; look at its unit and its decimal point, "
                       "and write 0 where nothing was harvested",
                       text, YIELD_MILLI_MIN);
    return OK;
}

static bool is_missing(const struct points_wanted *wanted, const char *text)
{
    bool found = *text == '\0';
    for (size_t i = 0; i < wanted->missing_count && !found; i++)
        found = strcmp(wanted->missing[i], text) == 0;
    return found;
}

static enum err_kind row_commune(struct report *report, const struct csv *csv, uint32_t *out,
                                 struct err *err)
{
    struct build *build = report->build;
    struct cell code, name;
    if (cell(csv, report->columns.code, &code, err) || cell(csv, report->columns.name, &name, err))
        return err_of(err);
    if (!code.at[0])
        return err_set(err, ERR_INPUT, "the commune's code is missing");
    struct build_station said = {.code = str_of(code.at), .name = str_of(name.at)};
    if (build_station(build, &said, out, err))
        return err_of(err);
    const char *before = build->points.station[*out].name;
    if (strcmp(before, name.at) != 0)
        return err_set(err, ERR_INPUT, "commune %s is called \"%.*s\" here and \"%.*s\" before",
                       code.at, SHOWN, name.at, SHOWN, before);
    return OK;
}

static enum err_kind put(struct report *report, const struct csv *csv,
                         const struct point_value *value, struct err *err)
{
    size_t at = report->build->points.values;
    if (at >= report->room) {
        report->room = report->room ? report->room * 2 : 256;
        report->line = mem_resize(report->line, report->room, sizeof(*report->line));
    }
    report->line[at] = csv->line;
    return build_add(report->build, *value, err);
}

static enum err_kind read_row(struct report *report, const struct csv *csv, struct err *err)
{
    struct build *build = report->build;
    const struct points_wanted *wanted = build->wanted;
    struct point_value value = {0};
    struct scale scale;
    bool skip = false;
    struct cell text;
    if (csv->count != report->columns.count)
        return err_set(err, ERR_INPUT, "it has %zu fields, the first row has %zu", csv->count,
                       report->columns.count);
    if (row_figure(report, csv, &value.variable, &skip, err))
        return err_of(err);
    if (skip)
        return OK;
    build->points.rows++;
    const struct points_season *season = &wanted->season_of[value.variable];
    if (row_commune(report, csv, &value.station, err) ||
        (season->given ? by_season(report, csv, season, &value, err)
                       : by_days(report, csv, season, &value, err)) ||
        cell(csv, report->columns.value, &text, err))
        return err_of(err);
    if (is_missing(wanted, text.at)) {
        build->points.missing++;
        return OK;
    }
    if (row_scale(report, csv, value.variable, &scale, err) ||
        to_milli(text.at, wanted->wanted.at[value.variable].variable, &scale, &value.milli, err))
        return err_of(err);
    return put(report, csv, &value, err);
}

// --- said twice
// -----------------------------------------------------------------------------------

static int same_figure(const struct point_value *a, const struct point_value *b)
{
    if (a->variable != b->variable)
        return a->variable < b->variable ? -1 : 1;
    if (a->station != b->station)
        return a->station < b->station ? -1 : 1;
    return (a->from.s > b->from.s) - (a->from.s < b->from.s);
}

static int by_figure(const void *x, const void *y)
{
    const struct point_value *a = x, *b = y;
    int order = same_figure(a, b);
    return order ? order : (a->doubted > b->doubted) - (a->doubted < b->doubted);
}

// One commune has one figure of a time: two, or times that overlap, are somebody's mistake, and
// which of the two rows is not ours to say.
static enum err_kind check_twice(const struct report *report, struct err *err)
{
    const struct points *points = &report->build->points;
    AUTO(mem_drop) struct point_value *value = mem_new(points->values + 1, sizeof(*value));
    if (!report->line) // no value
        return OK;
    memcpy(value, points->value, points->values * sizeof(*value));
    qsort(value, points->values, sizeof(*value), by_figure);
    for (size_t i = 1; i < points->values; i++) {
        const struct point_value *a = &value[i - 1], *b = &value[i];
        if (a->variable != b->variable || a->station != b->station || b->from.s >= a->to.s)
            continue;
        return err_set(err, ERR_INPUT,
                       "rows %zu and %zu both say the %s of commune %s up to %s; one row for each",
                       report->line[a->doubted], report->line[b->doubted],
                       points->variable[a->variable], points->station[a->station].code,
                       utc_local_text(a->to.s > b->to.s ? a->to : b->to).at);
    }
    return OK;
}

enum err_kind reports_read(struct build *build, struct str text, struct err *err)
{
    AUTO(csv_free) struct csv csv;
    AUTO(report_free) struct report report = {.build = build};
    bool row = true;
    csv_start(&csv, text);
    if (csv_next(&csv, &row, err))
        return err_add(err, "reading row %zu", csv.line);
    if (!row)
        return err_set(err, ERR_INPUT, "the table is empty");
    if (find_columns(&report, &csv, err))
        return err_of(err);
    while (row) {
        if (csv_next(&csv, &row, err) || (row && read_row(&report, &csv, err)))
            return err_add(err, "reading row %zu", csv.line);
    }
    return check_twice(&report, err);
}
