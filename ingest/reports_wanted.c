#include "ingest/reports_wanted.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ingest/points_wanted.h"
#include "ingest/scale.h"

#include <string.h>

// A text of a certain size into `out`, in NFC, as the cells that it is compared with.
static enum err_kind take_text(const struct doc *value, const char *key, char *out, size_t size,
                               struct err *err)
{
    const char *text = doc_text(value, NULL);
    AUTO(buf_free) struct buf clean = buf_new(size);
    if (!text || !*text || text_nfc(str_of(text), &clean, err) || clean.full || clean.len >= size)
        return err_set(err, ERR_INPUT, "\"%s\" must be a text of 1 to %zu bytes", key, size - 1);
    memcpy(out, clean.at, clean.len);
    out[clean.len] = '\0';
    return OK;
}

static enum err_kind may_text(const struct doc *doc, const char *key, char *out, size_t size,
                              struct err *err)
{
    const struct doc *value = doc_get(doc, key);
    return value ? take_text(value, key, out, size, err) : OK;
}

static enum err_kind take_list(const struct doc *doc, const char *key, char *out, size_t size,
                               size_t *count, struct err *err)
{
    const struct doc *list = doc_get(doc, key);
    if (list && (!doc_is_array(list) || doc_count(list) > POINTS_MISSING_MAX))
        return err_set(err, ERR_INPUT, "\"%s\" is a list of at most %d texts", key,
                       POINTS_MISSING_MAX);
    for (size_t i = 0; i < doc_count(list); i++) {
        if (take_text(doc_at(list, i), key, out + i * size, size, err))
            return err_of(err);
    }
    *count = doc_count(list);
    return OK;
}

// --- a figure
// -------------------------------------------------------------------------------------

static enum err_kind read_season(const struct doc *doc, struct points_season *out, struct err *err)
{
    const char *from = doc_text(doc_get(doc, "from"), NULL);
    const char *to = doc_text(doc_get(doc, "to"), NULL);
    const char *day = doc_text(doc_get(doc, "day"), "");
    size_t which = 0;
    while (day_boundaries[which] && strcmp(day_boundaries[which], day) != 0)
        which++;
    if (!day_boundaries[which])
        return err_set(err, ERR_INPUT,
                       "\"day\" of a figure says where its days begin, as in the policy: utc00, "
                       "local00 or vnrain19");
    out->day = (enum day_boundary)which;
    out->given = from || to;
    if (!out->given)
        return OK;
    if (!from || !to)
        return err_set(err, ERR_INPUT, "\"from\" and \"to\" of a figure go together");
    if (date_year_day_parse(str_of(from), &out->from_month, &out->from_day, err) ||
        date_year_day_parse(str_of(to), &out->to_month, &out->to_day, err))
        return err_of(err);
    return OK;
}

static enum err_kind read_figure(const struct doc *doc, struct wanted *out,
                                 struct points_season *season, struct err *err)
{
    struct scale scale;
    if (take_text(doc_get(doc, "reads"), "reads", out->reads, sizeof(out->reads), err) ||
        take_text(doc_get(doc, "means"), "means", out->variable, sizeof(out->variable), err) ||
        may_text(doc, "unit", out->unit, sizeof(out->unit), err))
        return err_of(err);
    if (!wanted_is_figure(str_of(out->variable)))
        return err_set(err, ERR_INPUT, "\"%s\" is no figure; write yield, mortality or loss",
                       out->variable);
    if (out->unit[0] && scale_of_figure(out->variable, out->unit, &scale, err))
        return err_of(err);
    return read_season(doc, season, err);
}

static enum err_kind read_figures(const struct doc *doc, struct points_wanted *out, struct err *err)
{
    const struct doc *list = doc_get(doc, "figures");
    if (!doc_is_array(list) || doc_count(list) == 0 || doc_count(list) > WANTED_MAX)
        return err_set(err, ERR_INPUT,
                       "\"figures\" is a list of what is read, such as {reads: rice yield, means: "
                       "yield, from: 06-01, to: 10-31, day: local00}");
    for (size_t i = 0; i < doc_count(list); i++) {
        struct wanted *one = &out->wanted.at[i];
        if (read_figure(doc_at(list, i), one, &out->season_of[i], err))
            return err_add(err, "reading figure %zu", i + 1);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(out->wanted.at[k].variable, one->variable) == 0)
                return err_set(err, ERR_INPUT,
                               "\"%s\" is read twice; one source gives one %s of a commune: write "
                               "an entry for each",
                               one->variable, one->variable);
        }
        if (out->season_of[i].given != (out->season[0] != 0))
            return err_set(err, ERR_INPUT,
                           "a column \"season\" (the year) goes with \"from\" and \"to\" of each "
                           "figure; columns \"first_day\" and \"last_day\" go without");
        if ((one->unit[0] != 0) == (out->unit[0] != 0))
            return err_set(err, ERR_INPUT,
                           "the unit stands in a column (\"unit\" of reports) or with each figure "
                           "(its \"unit\"); write one of them");
    }
    out->wanted.count = doc_count(list);
    return OK;
}

// --- all
// ------------------------------------------------------------------------------------------

enum err_kind reports_wanted_read(const struct doc *doc, struct points_wanted *out, struct err *err)
{
    out->header_row = 1;
    if (take_text(doc_get(doc, "code"), "code", out->code.at[0], POINTS_NAME_SIZE, err) ||
        take_text(doc_get(doc, "value"), "value", out->value, POINTS_NAME_SIZE, err) ||
        may_text(doc, "name", out->name, POINTS_NAME_SIZE, err) ||
        may_text(doc, "figure", out->figure, POINTS_NAME_SIZE, err) ||
        may_text(doc, "unit", out->unit, POINTS_NAME_SIZE, err) ||
        may_text(doc, "season", out->season, POINTS_NAME_SIZE, err) ||
        may_text(doc, "first_day", out->first_day, POINTS_NAME_SIZE, err) ||
        may_text(doc, "last_day", out->last_day, POINTS_NAME_SIZE, err) ||
        take_list(doc, "missing", out->missing[0], sizeof(out->missing[0]), &out->missing_count,
                  err) ||
        take_list(doc, "others", out->other[0], sizeof(out->other[0]), &out->other_count, err))
        return err_of(err);
    out->code.count = 1;
    bool days = out->first_day[0] && out->last_day[0];
    if ((out->first_day[0] != 0) != (out->last_day[0] != 0) || days == (out->season[0] != 0))
        return err_set(err, ERR_INPUT,
                       "when a figure is of stands in the column \"season\" (the year in which it "
                       "begins) or in the columns \"first_day\" and \"last_day\"");
    if (read_figures(doc, out, err))
        return err_of(err);
    if (!out->figure[0] && (out->wanted.count > 1 || out->other_count))
        return err_set(err, ERR_INPUT,
                       "\"figure\" names the column that says which figure a row is of");
    return OK;
}
