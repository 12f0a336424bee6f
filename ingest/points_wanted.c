#include "ingest/points_wanted.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/num.h"
#include "ingest/points_text.h"
#include "ingest/reports_wanted.h"

#include <stdio.h>
#include <string.h>

enum { WIND_AVERAGE_S_MAX = 3600, ROW_MAX = 1000, OFFSET_H_MAX = 14 };

static const char *const formats[] = {"csv",  "json", "ibtracs-csv", "ibtracs-nc", "jma",
                                      "atcf", "cap",  "reports",     NULL};
static const char *const layouts[] = {"long", "wide", "months", "list", NULL};

static enum err_kind choose(const struct doc *doc, const char *key, const char *const *words,
                            size_t *out, struct err *err)
{
    const char *text = doc_text(doc_get(doc, key), "");
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return OK;
        }
    }
    AUTO(buf_free) struct buf all = buf_new(200);
    for (size_t i = 0; words[i]; i++)
        buf_print(&all, "%s%s", i ? ", " : "", words[i]);
    return err_set(err, ERR_INPUT, "\"%s\" is \"%.40s\"; write one of: %s", key, text, all.at);
}

static enum err_kind take_text(const struct doc *value, const char *key, char *out, size_t size,
                               struct err *err)
{
    const char *text = doc_text(value, NULL);
    if (!text || !*text || strlen(text) >= size)
        return err_set(err, ERR_INPUT, "\"%s\" must be a text of 1 to %zu bytes", key, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return OK;
}

static enum err_kind may_text(const struct doc *doc, const char *key, char *out, size_t size,
                              struct err *err)
{
    const struct doc *value = doc_get(doc, key);
    return value ? take_text(value, key, out, size, err) : OK;
}

// One name, or a list of names.
static enum err_kind columns(const struct doc *doc, const char *key, struct points_columns *out,
                             struct err *err)
{
    const struct doc *value = doc_get(doc, key);
    bool many = doc_is_array(value);
    size_t count = many ? doc_count(value) : value ? 1 : 0;
    if (count > POINTS_COLUMNS_MAX)
        return err_set(err, ERR_INPUT, "\"%s\" has %zu columns, at most %d", key, count,
                       POINTS_COLUMNS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (take_text(many ? doc_at(value, i) : value, key, out->at[i], sizeof(out->at[i]), err))
            return err_of(err);
    }
    out->count = count;
    return OK;
}

// "+07:00" -> 25200
static enum err_kind read_offset(const struct doc *doc, int32_t *out, struct err *err)
{
    const char *text = doc_text(doc_get(doc, "utc_offset"), "+00:00");
    struct err why = {0};
    int64_t hours, minutes;
    bool good = strlen(text) == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':';
    for (size_t i = 1; good && i < 6; i++)
        good = i == 3 || (text[i] >= '0' && text[i] <= '9');
    if (!good)
        return err_set(err, ERR_INPUT, "\"utc_offset\" is \"%.20s\"; write it as \"+07:00\"", text);
    hours = (text[1] - '0') * 10 + (text[2] - '0');
    minutes = (text[4] - '0') * 10 + (text[5] - '0');
    if (hours > OFFSET_H_MAX || minutes > 59)
        return err_set(err, ERR_INPUT, "\"utc_offset\" is \"%.20s\"; no clock is so far off", text);
    (void)why;
    int64_t offset_s = hours * HOUR_S + minutes * 60;
    *out = (int32_t)(text[0] == '-' ? -offset_s : offset_s);
    return OK;
}

static enum err_kind read_missing(const struct doc *doc, struct points_wanted *out, struct err *err)
{
    const struct doc *list = doc_get(doc, "missing");
    if (list && !doc_is_array(list))
        return err_set(err, ERR_INPUT, "\"missing\" is a list of numbers, such as [999.8, -99]");
    if (doc_count(list) > POINTS_MISSING_MAX)
        return err_set(err, ERR_INPUT, "\"missing\" has %zu numbers, at most %d", doc_count(list),
                       POINTS_MISSING_MAX);
    for (size_t i = 0; i < doc_count(list); i++) {
        if (take_text(doc_at(list, i), "missing", out->missing[i], sizeof(out->missing[i]), err))
            return err_of(err);
    }
    out->missing_count = doc_count(list);
    return OK;
}

static enum err_kind read_span(const struct doc *doc, const char *key, int64_t *out,
                               struct err *err)
{
    const char *text = doc_text(doc_get(doc, key), NULL);
    int64_t milli;
    if (!text)
        return OK;
    if (num_quantity(str_of(text), QUANTITY_TIME, &milli, err))
        return err_add(err, "reading \"%s\"", key);
    if (milli % 1000 || milli <= 0 || milli > DAY_S * 1000LL)
        return err_set(err, ERR_INPUT, "\"%s\" is 1 s to 24 h", key);
    *out = milli / 1000;
    return OK;
}

static enum err_kind read_variable(const struct doc *doc, struct wanted *out, struct err *err)
{
    const char *stamp = doc_text(doc_get(doc, "stamp"), "");
    const char *interval = doc_text(doc_get(doc, "interval"), "");
    if (take_text(doc_get(doc, "reads"), "reads", out->reads, sizeof(out->reads), err) ||
        take_text(doc_get(doc, "means"), "means", out->variable, sizeof(out->variable), err) ||
        take_text(doc_get(doc, "unit"), "unit", out->unit, sizeof(out->unit), err))
        return err_add(err, "reading a variable: a table says nothing of its own");
    if (!wanted_is_variable(str_of(out->variable)))
        return err_set(err, ERR_INPUT, "\"%s\" is no variable of gong", out->variable);
    if (wanted_interval_parse(str_of(interval), out, err))
        return err_of(err);
    if (out->interval == INTERVAL_BOUNDS)
        return err_set(err, ERR_INPUT, "a table has no bounds; write month, day, \"1 h\", instant");
    out->stamp_ends = strcmp(stamp, "end") == 0;
    return OK;
}

static enum err_kind read_variables(const struct doc *doc, struct points_wanted *out,
                                    struct err *err)
{
    const struct doc *list = doc_get(doc, "variables");
    if (doc_count(list) == 0 || doc_count(list) > WANTED_MAX)
        return err_set(err, ERR_INPUT, "\"variables\" has 1 to %d entries", WANTED_MAX);
    for (size_t i = 0; i < doc_count(list); i++) {
        if (read_variable(doc_at(list, i), &out->wanted.at[i], err))
            return err_of(err);
    }
    out->wanted.count = doc_count(list);
    if (out->layout != LAYOUT_LONG && out->wanted.count != 1)
        return err_set(err, ERR_INPUT, "a table of this layout holds one variable");
    return OK;
}

static enum err_kind read_row(const struct doc *doc, const char *key, const char *otherwise,
                              int64_t min, size_t *out, struct err *err)
{
    int64_t row;
    if (num_whole(str_of(doc_text(doc_get(doc, key), otherwise)), min, ROW_MAX, &row, err))
        return err_add(err, "reading \"%s\"", key);
    *out = (size_t)row;
    return OK;
}

static enum err_kind read_values(const struct doc *doc, struct points_wanted *out, struct err *err)
{
    if (columns(doc, "time", &out->time, err) ||
        take_text(doc_get(doc, "time_format"), "time_format", out->time_format,
                  sizeof(out->time_format), err) ||
        read_offset(doc, &out->utc_offset_s, err) || read_missing(doc, out, err) ||
        read_span(doc, "round", &out->round_s, err) || read_variables(doc, out, err))
        return err_of(err);
    if (!text_is_pattern(out->time_format))
        return err_set(err, ERR_INPUT,
                       "\"time_format\" is made of YYYY or YY, MM, DD, hh, mm, ss, each once, such "
                       "as \"DD/MM/YYYY hh:mm\"");
    return OK;
}

static enum err_kind read_stations(const struct doc *doc, struct points_wanted *out,
                                   struct err *err)
{
    size_t layout = LAYOUT_LONG;
    if (doc_get(doc, "layout") && choose(doc, "layout", layouts, &layout, err))
        return err_of(err);
    out->layout = (enum points_layout)layout;
    if (columns(doc, "code", &out->code, err) ||
        may_text(doc, "name", out->name, sizeof(out->name), err) ||
        may_text(doc, "latitude", out->latitude, sizeof(out->latitude), err) ||
        may_text(doc, "longitude", out->longitude, sizeof(out->longitude), err) ||
        may_text(doc, "rows", out->rows, sizeof(out->rows), err) ||
        read_row(doc, "header_row", "1", 1, &out->header_row, err))
        return err_of(err);
    AUTO(buf_free) struct buf next = buf_new(32);
    buf_print(&next, "%zu", out->header_row + 1);
    if (read_row(doc, "first_row", next.at, (int64_t)out->header_row + 1, &out->first_row, err) ||
        (out->layout != LAYOUT_LIST && read_values(doc, out, err)))
        return err_of(err);
    if ((out->latitude[0] == 0) != (out->longitude[0] == 0))
        return err_set(err, ERR_INPUT, "\"latitude\" and \"longitude\" go together");
    if ((out->time.count == 0) != (out->layout == LAYOUT_LIST) ||
        (out->code.count == 0) != (out->layout == LAYOUT_WIDE))
        return err_set(
            err, ERR_INPUT,
            "\"time\" and \"code\" name the columns of the time and of the station (in a "
            "wide table the other columns are the stations: no \"code\" then; a list has "
            "no time)");
    if (out->format == POINTS_JSON && out->layout != LAYOUT_LONG && out->layout != LAYOUT_LIST)
        return err_set(err, ERR_INPUT, "JSON is read row by row: layout long");
    return OK;
}

static enum err_kind read_tracks(const struct doc *doc, struct points_wanted *out, struct err *err)
{
    int64_t average_s = 0;
    if (may_text(doc, "agency", out->agency, sizeof(out->agency), err) ||
        may_text(doc, "name", out->name, sizeof(out->name), err) ||
        read_span(doc, "wind_average", &average_s, err))
        return err_of(err);
    if (average_s == 0 || average_s > WIND_AVERAGE_S_MAX)
        return err_set(err, ERR_INPUT,
                       "\"wind_average\" says what the sustained wind is the mean of: \"1 min\" "
                       "(United States), \"3 min\", \"10 min\" (WMO, Japan)");
    out->wind_average_s = (int32_t)average_s;
    bool ibtracs = out->format == POINTS_IBTRACS_CSV || out->format == POINTS_IBTRACS_NC;
    if (ibtracs && !out->agency[0])
        return err_set(err, ERR_INPUT, "\"agency\" says whose wind is read: wmo, usa, tokyo ...");
    return OK;
}

enum err_kind points_wanted_parse(struct str json, struct points_wanted *out, struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    struct points_wanted wanted = {0};
    size_t format;
    if (doc_parse(json, "what is wanted", &doc, err) ||
        choose(doc, "format", formats, &format, err))
        return err_of(err);
    wanted.format = (enum points_format)format;
    if (wanted.format == POINTS_CAP) {
        *out = wanted;
        return OK;
    }
    if (wanted.format == POINTS_REPORTS) {
        if (reports_wanted_read(doc, &wanted, err))
            return err_of(err);
        *out = wanted;
        return OK;
    }
    bool stations = wanted.format == POINTS_CSV || wanted.format == POINTS_JSON;
    if (stations ? read_stations(doc, &wanted, err) : read_tracks(doc, &wanted, err))
        return err_of(err);
    *out = wanted;
    return OK;
}
