#include "data/season/table.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/proc.h"

#include <stdio.h>
#include <string.h>

enum { TABLE_BYTES_MAX = 1 << 20, COLUMNS = 5 };

// A centre of low pressure that is no storm any more has no wind in the track.
static const double WIND_WEAK_KT = 25;

// Finds the table where it is installed, in the source tree, or (tests) below the working folder.
static enum err_kind table_read(const char *folder_in_tree, const char *name, struct buf *out,
                                struct err *err)
{
    AUTO(mem_drop) char *bin = proc_folder();
    const char *const starts[][2] = {
        {bin, "/../share/gong/pilots/"},
        {bin, folder_in_tree},
        {".", folder_in_tree + strlen("/../..")},
    };
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        AUTO(buf_free) struct buf path = buf_new(4096);
        buf_print(&path, "%s%s%s", starts[i][0], starts[i][1], name);
        if (file_exists(path.at))
            return file_read(path.at, out, err);
    }
    return err_set(err, ERR_MISSING,
                   "%s is neither in %s/../share/gong/pilots nor in data/; install gong again",
                   name, bin);
}

static enum err_kind degrees(struct str text, double *out, struct err *err)
{
    int64_t milli;
    if (num_milli(text, &milli, err))
        return err->kind;
    *out = (double)milli / 1000;
    return OK;
}

static enum err_kind place_of(const struct csv *csv, struct place *out, struct err *err)
{
    if (csv->field[0].len >= sizeof(out->code) || csv->field[1].len >= sizeof(out->name) ||
        csv->field[2].len >= sizeof(out->zone))
        return err_set(err, ERR_INPUT, "a code, name or zone is too long");
    (void)snprintf(out->code, sizeof(out->code), STR_FMT, STR_ARG(csv->field[0]));
    (void)snprintf(out->name, sizeof(out->name), STR_FMT, STR_ARG(csv->field[1]));
    (void)snprintf(out->zone, sizeof(out->zone), STR_FMT, STR_ARG(csv->field[2]));
    if (degrees(csv->field[3], &out->latitude, err))
        return err->kind;
    return degrees(csv->field[4], &out->longitude, err);
}

static enum err_kind fix_of(const struct csv *csv, struct fix *out, struct err *err)
{
    if (utc_parse(csv->field[0], &out->time, err) || degrees(csv->field[1], &out->latitude, err) ||
        degrees(csv->field[2], &out->longitude, err))
        return err->kind;
    out->wind_kt = WIND_WEAK_KT;
    return csv->field[3].len ? degrees(csv->field[3], &out->wind_kt, err) : OK;
}

// Moves to the next row of five fields; the header is passed over.
static enum err_kind row_next(struct csv *csv, bool *row, struct err *err)
{
    bool header = csv->line == 0;
    if (csv_next(csv, row, err))
        return err->kind;
    if (header && *row && csv_next(csv, row, err))
        return err->kind;
    if (*row && csv->count != COLUMNS)
        return err_set(err, ERR_INPUT, "%zu fields, wanted %d", csv->count, COLUMNS);
    return OK;
}

enum err_kind places_load(struct place place[PLACES_MAX], size_t *count, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(TABLE_BYTES_MAX);
    AUTO(csv_free) struct csv csv = {0};
    if (table_read("/../../data/pilots/", "communes.csv", &text, err))
        return err->kind;
    csv_start(&csv, buf_slice(&text));
    bool row = true;
    for (*count = 0;; (*count)++) {
        if (row_next(&csv, &row, err))
            return err_add(err, "reading communes.csv:%zu", csv.line);
        if (!row)
            return OK;
        if (*count == PLACES_MAX)
            return err_set(err, ERR_INPUT, "communes.csv: more than %d communes", PLACES_MAX);
        if (place_of(&csv, &place[*count], err))
            return err_add(err, "reading communes.csv:%zu", csv.line);
    }
}

enum err_kind fixes_load(struct fix fix[FIXES_MAX], size_t *count, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(TABLE_BYTES_MAX);
    AUTO(csv_free) struct csv csv = {0};
    if (table_read("/../../data/season/", "yagi.csv", &text, err))
        return err->kind;
    csv_start(&csv, buf_slice(&text));
    bool row = true;
    for (*count = 0;; (*count)++) {
        if (row_next(&csv, &row, err))
            return err_add(err, "reading yagi.csv:%zu", csv.line);
        if (!row)
            return OK;
        if (*count == FIXES_MAX)
            return err_set(err, ERR_INPUT, "yagi.csv: more than %d points", FIXES_MAX);
        if (fix_of(&csv, &fix[*count], err))
            return err_add(err, "reading yagi.csv:%zu", csv.line);
    }
}
