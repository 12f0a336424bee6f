#include "triggers/wide_look.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/index_rule.h"
#include "triggers/pass.h"
#include "triggers/series.h"

#include <assert.h>

void wide_look_free(struct wide_look *look)
{
    mem_free(&look->cell);
    mem_free(&look->span);
}

// What is carried through the blocks of communes of one look.
struct taking {
    const struct readings *readings;
    const struct series_query *query;
    const struct index_rule *rule;
    struct lie lie;
    size_t *step; // [steps] which reading each is
    size_t steps;
    int32_t *block, *days; // [steps x width], [days x width]
    int32_t value[PASS_WIDTH_MOST], at[PASS_WIDTH_MOST], scratch[PASS_WIDTH_MOST];
    uint32_t bits[PASS_WIDTH_MOST];
};

static void taking_free(struct taking *taking)
{
    mem_free(&taking->step);
    mem_free(&taking->block);
    mem_free(&taking->days);
}

static void cover_row(const uint16_t *cover, size_t count, struct wide_cell *cell)
{
    for (size_t c = 0; c < count; c++)
        cell[c].cover_least = cover[c] < cell[c].cover_least ? cover[c] : cell[c].cover_least;
}

// Communes [first, first + count) of each step, as series_take has them.
static struct rows copy_block(struct taking *taking, size_t first, size_t count,
                              struct wide_cell *cell)
{
    const struct readings *readings = taking->readings;
    size_t communes = readings->communes;
    for (size_t c = 0; c < count; c++)
        cell[c].cover_least = READING_COVER_FULL;
    for (size_t i = 0; i < taking->steps; i++) {
        size_t row = taking->step[i] * communes;
        struct rows one = {
            .value = readings->value + row, .count = 1, .communes = communes, .stride = communes};
        struct roll_copy copy = {.first = first,
                                 .communes = count,
                                 .cover = readings->cover + row,
                                 .cover_stride = communes,
                                 .minimum = (uint16_t)taking->query->cover_minimum};
        int32_t *to = taking->block + i * count;
        roll_copy(&one, &copy, to);
        if (taking->query->unit == UNIT_TEMPERATURE)
            series_celsius(to, count);
        cover_row(readings->cover + row + first, count, cell);
    }
    return (struct rows){
        .value = taking->block, .count = taking->steps, .communes = count, .stride = count};
}

// Where the bits do not tell, the block's steps are looked at again.
static void settle(struct taking *taking, const struct rows *rows, struct wide_cell *cell)
{
    struct roll_stand stand = pass_stand(taking->rule, &taking->lie, rows->count, 1);
    int32_t low[PASS_WIDTH_MOST], high[PASS_WIDTH_MOST];
    size_t unsure = 0;
    for (size_t c = 0; c < rows->communes; c++) {
        cell[c].milli = taking->value[c];
        cell[c].at = taking->at[c];
        cell[c].sure = taking->bits[c] <= (uint32_t)stand.most;
        unsure += !cell[c].sure;
    }
    if (unsure == 0)
        return;
    roll_ends(rows, low, high);
    for (size_t c = 0; c < rows->communes; c++)
        cell[c].sure = low[c] != READING_NONE && low[c] >= -stand.most && high[c] <= stand.most;
}

static void take_block(struct taking *taking, size_t first, size_t count, struct wide_cell *cell)
{
    struct rows rows = copy_block(taking, first, count, cell);
    if (taking->lie.days && !pass_days(taking->rule, &taking->lie, &rows, taking->days, &rows))
        return; // nobody is sure
    bool percentile = taking->rule->take == INDEX_PERCENTILE;
    struct roll roll = {taking->value, taking->bits, percentile ? NULL : taking->at,
                        taking->scratch};
    pass_run(taking->rule, &taking->lie, &rows, &roll);
    for (size_t c = 0; percentile && c < count; c++)
        taking->at[c] = (int32_t)rows.count - 1;
    settle(taking, &rows, cell);
}

// The readings that are wanted, and their times.
static struct span *find_steps(struct taking *taking)
{
    const struct readings *readings = taking->readings;
    struct span *span = mem_new(readings->count + 1, sizeof(*span));
    taking->step = mem_new(readings->count + 1, sizeof(*taking->step));
    for (size_t i = 0; i < readings->count; i++) {
        if (!series_wants(&readings->meta[i], taking->query))
            continue;
        span[taking->steps] =
            (struct span){readings->meta[i].valid_from, readings->meta[i].valid_to};
        taking->step[taking->steps++] = i;
    }
    return span;
}

// Times of days in place of those of steps.
static struct span *days_of(struct utc from, size_t count)
{
    struct span *span = mem_new(count + 1, sizeof(*span));
    for (size_t d = 0; d < count; d++) {
        span[d].from.s = from.s + (int64_t)d * DAY_S;
        span[d].to.s = span[d].from.s + DAY_S;
    }
    return span;
}

bool wide_look_take(const struct readings *readings, const struct index_rule *rule,
                    const struct series_query *query, struct wide_look *out)
{
    AUTO(taking_free) struct taking taking = {.readings = readings, .query = query, .rule = rule};
    AUTO(wide_look_free) struct wide_look look = {.rule = rule};
    *out = (struct wide_look){0};
    look.span = find_steps(&taking);
    taking.lie = pass_lie(rule, look.span, taking.steps, query->from, query->to);
    if (!taking.lie.plain)
        return false;
    size_t width = pass_width(taking.steps);
    taking.block = mem_new(taking.steps * width, sizeof(*taking.block));
    if (taking.lie.days) {
        size_t days = taking.steps / taking.lie.days;
        taking.days = mem_new(days * width, sizeof(*taking.days));
        mem_free(&look.span);
        look.span = days_of(query->from, days);
    }
    look.cell = mem_new(readings->communes + 1, sizeof(*look.cell));
    for (size_t c = 0; c < readings->communes; c += width) {
        size_t rest = readings->communes - c;
        take_block(&taking, c, rest < width ? rest : width, look.cell + c);
    }
    look.steps = taking.steps;
    look.over = taking.lie.over;
    *out = MOVE(look);
    return true;
}

// The first step of the stretch that made an index that ends with step `at`.
static size_t first_of(const struct wide_look *look, const struct wide_cell *cell)
{
    size_t at = (size_t)cell->at;
    if (look->rule->take == INDEX_MAXIMUM)
        return at;
    if (look->rule->take == INDEX_MAXIMUM_SUM)
        return at + 1 - look->over;
    return look->rule->take == INDEX_DRY_SPELL ? at + 1 - (size_t)cell->milli : 0;
}

bool wide_look_at(const struct wide_look *look, size_t commune, struct looked *out)
{
    enum { DAY_MILLI = 1000 };
    const struct wide_cell *cell = &look->cell[commune];
    if (!cell->sure)
        return false;
    struct index_value value = {.known = true, .milli = cell->milli};
    bool spell = look->rule->take == INDEX_DRY_SPELL;
    if (spell && cell->milli == 0) {
        value.from = value.to = look->span[0].from;
    } else {
        value.from = look->span[first_of(look, cell)].from;
        value.to = look->span[cell->at].to;
    }
    if (spell)
        value.milli *= DAY_MILLI;
    if (look->rule->beaufort)
        value.milli = unit_beaufort(value.milli) * 1000;
    *out = (struct looked){
        .value = value, .cover_least = cell->cover_least, .known = look->steps, .taken = true};
    return true;
}
