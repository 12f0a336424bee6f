#include "triggers/losses.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "triggers/backtest.h"
#include "triggers/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_BYTES_MAX = 1 << 26, PERCENT_MILLI_MAX = 100000, NOWHERE = -1 };

void losses_free(struct losses *losses)
{
    mem_free(&losses->loss);
    mem_free(&losses->bad);
    mem_free(&losses->day);
    losses->days = 0;
}

struct columns {
    int period, commune, percent;
};

static int column_of(const struct csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->count; i++) {
        if (str_is(csv->field[i], name))
            return (int)i;
    }
    return NOWHERE;
}

static enum err_kind read_head(struct csv *csv, const char *name, struct columns *out,
                               struct err *err)
{
    bool row = false;
    if (csv_next(csv, &row, err))
        return err_add(err, "reading %s", name);
    *out = (struct columns){NOWHERE, NOWHERE, NOWHERE};
    if (row)
        *out = (struct columns){column_of(csv, "period"), column_of(csv, "commune"),
                                column_of(csv, "loss_percent")};
    if (out->period == NOWHERE)
        return err_set(err, ERR_INPUT,
                       "%s:1: there is no column \"period\"; write period,commune,loss_percent",
                       name);
    return OK;
}

// The season of a name or of a day within it; SIZE_MAX when there is none.
static size_t occasion_of(const struct backtest *backtest, struct str period)
{
    struct civil day;
    struct err why = {0};
    for (size_t i = 0; i < backtest->occasions.count; i++) {
        if (str_is(period, backtest->occasions.at[i].period))
            return i;
    }
    if (date_parse(period, &day, &why))
        return SIZE_MAX;
    for (size_t i = 0; i < backtest->occasions.count; i++) {
        const struct occasion *occasion = &backtest->occasions.at[i];
        if (civil_days(occasion->first) <= civil_days(day) &&
            civil_days(day) <= civil_days(occasion->last))
            return i;
    }
    return SIZE_MAX;
}

static size_t commune_of(const struct backtest *backtest, const struct history *history,
                         struct str code)
{
    for (size_t c = 0; c < backtest->communes; c++) {
        if (str_is(code, history_place(history, backtest->place[c]).code))
            return c;
    }
    return SIZE_MAX;
}

static void add_day(struct str period, size_t commune, struct losses *out)
{
    struct civil day;
    struct err why = {0};
    if (date_parse(period, &day, &why))
        return;
    if ((out->days & (out->days - 1)) == 0) // full at each power of two
        out->day = mem_resize(out->day, out->days ? 2 * out->days : 1, sizeof(*out->day));
    out->day[out->days++] = (struct reported_day){commune, civil_days(day)};
}

static void put_beside(const struct csv *csv, const char *what, struct str name, struct losses *out)
{
    char shown[48];
    if (out->beside++ > 0)
        return;
    (void)snprintf(shown, sizeof(shown), "%.*s", (int)(name.len < 40 ? name.len : 40), name.at);
    text_clean(shown);
    (void)snprintf(out->first_beside, sizeof(out->first_beside), "line %zu, there is no %s \"%s\"",
                   csv->line, what, shown);
}

static enum err_kind read_row(const struct csv *csv, const struct columns *columns,
                              const struct backtest *backtest, const struct history *history,
                              int64_t at_least, struct losses *out, struct err *err)
{
    int most = columns->period;
    most = columns->commune > most ? columns->commune : most;
    most = columns->percent > most ? columns->percent : most;
    if (csv->count <= (size_t)most)
        return err_set(err, ERR_INPUT,
                       "the row has %zu fields, of the head at least %d are read; write "
                       "period,commune,loss_percent with commas between",
                       csv->count, most + 1);
    int64_t milli = PERCENT_MILLI_MAX;
    if (columns->percent != NOWHERE && num_milli(csv->field[columns->percent], &milli, err))
        return err_of(err);
    if (milli < 0 || milli > PERCENT_MILLI_MAX)
        return err_set(err, ERR_INPUT, "a loss is 0 to 100 per cent");
    struct str period = csv->field[columns->period];
    size_t cell = occasion_of(backtest, period), commune = SIZE_MAX;
    if (cell == SIZE_MAX) {
        put_beside(csv, "season", period, out);
        return OK;
    }
    if (out->by_commune) {
        commune = commune_of(backtest, history, csv->field[columns->commune]);
        if (commune == SIZE_MAX) {
            put_beside(csv, "place", csv->field[columns->commune], out);
            return OK;
        }
        cell = cell * backtest->communes + commune;
    }
    out->rows++;
    // Two reports of one season: the worse one counts.
    out->loss[cell] = milli > out->loss[cell] ? (int32_t)milli : out->loss[cell];
    out->bad[cell] = out->bad[cell] || milli >= at_least;
    if (milli >= at_least)
        add_day(period, commune, out);
    return OK;
}

static int by_day(const void *a, const void *b)
{
    const struct reported_day *x = a, *y = b;
    if (x->commune != y->commune)
        return x->commune < y->commune ? -1 : 1;
    return (x->day > y->day) - (x->day < y->day);
}

// A day that is reported twice is one event.
static void drop_doubles(struct losses *losses)
{
    size_t kept = 0;
    if (losses->days)
        qsort(losses->day, losses->days, sizeof(*losses->day), by_day);
    for (size_t i = 0; i < losses->days; i++) {
        if (kept == 0 || by_day(&losses->day[kept - 1], &losses->day[i]) != 0)
            losses->day[kept++] = losses->day[i];
    }
    losses->days = kept;
}

enum err_kind losses_parse(struct str text, const char *name, const struct backtest *backtest,
                           const struct history *history, int64_t at_least, struct losses *out,
                           struct err *err)
{
    AUTO(csv_free) struct csv csv = {0};
    AUTO(losses_free) struct losses losses = {0};
    struct columns columns;
    bool row = true;
    csv_start(&csv, text);
    if (read_head(&csv, name, &columns, err))
        return err_of(err);
    losses.by_commune = columns.commune != NOWHERE;
    losses.by_percent = columns.percent != NOWHERE;
    size_t cells = backtest->occasions.count * (losses.by_commune ? backtest->communes : 1);
    losses.loss = mem_new(cells, sizeof(*losses.loss));
    losses.bad = mem_new(cells, sizeof(*losses.bad));
    while (row) {
        if (csv_next(&csv, &row, err))
            return err_add(err, "reading %s", name);
        if (row && read_row(&csv, &columns, backtest, history, at_least, &losses, err))
            return err_add(err, "reading %s:%zu", name, csv.line);
    }
    if (losses.beside > 0 && losses.rows == 0)
        return err_set(err, ERR_INPUT,
                       "%s: none of the %zu reports is of a season and place of the backtest: %s",
                       name, losses.beside, losses.first_beside);
    drop_doubles(&losses);
    *out = MOVE(losses);
    return OK;
}

enum err_kind losses_load(const char *path, const struct backtest *backtest,
                          const struct history *history, int64_t at_least, struct losses *out,
                          struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(TABLE_BYTES_MAX);
    if (file_read(path, &text, err))
        return err_add(err, "reading what was reported");
    return losses_parse(buf_slice(&text), path, backtest, history, at_least, out, err);
}

static void count_one(struct skill_table *table, bool yes, bool bad)
{
    double *place = bad ? (yes ? &table->a : &table->c) : (yes ? &table->b : &table->d);
    *place += 1;
}

size_t losses_tables(const struct losses *losses, const struct backtest *backtest, double share,
                     struct skill_table *season)
{
    size_t seasons = 0;
    for (size_t o = 0; o < backtest->occasions.count; o++) {
        struct skill_table table = {0};
        double yes = 0, known = 0;
        for (size_t c = 0; c < backtest->communes; c++) {
            size_t cell = o * backtest->communes + c;
            if (backtest->answer[cell] == ANSWER_UNKNOWN)
                continue;
            bool says = backtest_says(backtest, cell);
            known++;
            yes += says;
            if (losses->by_commune)
                count_one(&table, says, losses->bad[cell]);
        }
        if (!losses->by_commune && known > 0)
            count_one(&table, yes > 0 && yes >= share * known, losses->bad[o]);
        if (known > 0)
            season[seasons++] = table;
    }
    return seasons;
}

struct skill_table losses_table(const struct losses *losses, const struct backtest *backtest,
                                double share)
{
    struct skill_table sum = {0};
    AUTO(mem_drop)
    struct skill_table *season = mem_new(backtest->occasions.count + 1, sizeof(*season));
    size_t seasons = losses_tables(losses, backtest, share, season);
    for (size_t i = 0; i < seasons; i++) {
        sum.a += season[i].a;
        sum.b += season[i].b;
        sum.c += season[i].c;
        sum.d += season[i].d;
    }
    return sum;
}
