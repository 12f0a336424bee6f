#include "triggers/series.h"

#include "core/mem.h"
#include "ledger/reading.h"

#include <string.h>

// 0 °C.
enum { KELVIN_MILLI = 273150 };

void series_free(struct series *series)
{
    mem_free(&series->step);
    series->count = 0;
}

// The caller made room.
static void add(struct series *series, struct step step)
{
    if (step.gap == GAP_NONE) {
        series->known++;
    } else if (series->gap == GAP_NONE) {
        series->gap = step.gap;
        series->gap_at = step.from;
    }
    series->step[series->count++] = step;
}

static struct step read_step(const struct readings *readings, size_t i,
                             const struct series_query *query, int64_t *cover)
{
    const struct reading_meta *meta = &readings->meta[i];
    size_t at = i * readings->communes + query->commune;
    struct step step = {.from = meta->valid_from, .to = meta->valid_to};
    *cover = readings->cover[at];
    if (readings->value[at] == READING_NONE) {
        step.gap = GAP_NOT_OBSERVED;
    } else if (*cover < query->cover_minimum) {
        step.gap = GAP_COVERAGE;
    } else {
        step.milli = readings->value[at];
        if (query->unit == UNIT_TEMPERATURE)
            step.milli -= KELVIN_MILLI;
    }
    return step;
}

bool series_wants(const struct reading_meta *meta, const struct series_query *query)
{
    bool gauge = strncmp(meta->boundary_set, "@station ", 9) == 0;
    if (query->station && query->station[0] ? strcmp(query->station, meta->boundary_set) != 0
                                            : gauge)
        return false;
    return meta->member == query->member && meta->valid_from.s >= query->from.s &&
           meta->valid_to.s <= query->to.s &&
           (!query->source || strcmp(meta->source, query->source) == 0) &&
           (!query->variable || strcmp(meta->variable, query->variable) == 0);
}

void series_celsius(int32_t *milli, size_t count)
{
    for (size_t i = 0; i < count; i++)
        milli[i] = milli[i] <= READING_NONE + KELVIN_MILLI ? READING_NONE : milli[i] - KELVIN_MILLI;
}

void series_take(const struct readings *readings, const struct series_query *query,
                 struct series *out)
{
    *out = (struct series){.cover_least = READING_COVER_FULL};
    // Each reading brings at most itself and the hole before it; the last hole is one more.
    out->step = mem_new(2 * readings->count + 1, sizeof(*out->step));
    struct utc at = query->from;
    size_t seen = 0;
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading_meta *meta = &readings->meta[i];
        if (!series_wants(meta, query))
            continue;
        seen++;
        int64_t cover;
        struct step step = read_step(readings, i, query, &cover);
        if (meta->valid_from.s < at.s) {
            step.from = at;
            step.gap = GAP_OVERLAP;
        } else if (meta->valid_from.s > at.s) {
            add(out, (struct step){.from = at, .to = meta->valid_from, .gap = GAP_ABSENT});
        }
        if (step.gap == GAP_NONE && cover < out->cover_least)
            out->cover_least = cover;
        add(out, step);
        at = meta->valid_to;
    }
    if (at.s < query->to.s)
        add(out,
            (struct step){.from = at, .to = query->to, .gap = seen ? GAP_ABSENT : GAP_NO_READINGS});
}

// What a day has of its steps so far.
struct day_sum {
    int64_t covered_s, sum, weighted, most, least;
};

static int64_t divide_half_away(int64_t part, int64_t whole)
{
    int64_t size = part < 0 ? -part : part;
    int64_t result = (size + whole / 2) / whole;
    return part < 0 ? -result : result;
}

static int64_t day_value(const struct day_sum *sum, const struct day_make *make)
{
    switch (make->each) {
    case EACH_DAY_SUM:
        break;
    case EACH_DAY_MEAN:
        return divide_half_away(sum->weighted, sum->covered_s);
    case EACH_DAY_MAXIMUM:
        return sum->most;
    case EACH_DAY_MINIMUM:
        return sum->least;
    }
    int64_t value = sum->sum < make->floor_milli ? 0 : sum->sum;
    return value > make->cap_milli ? make->cap_milli : value;
}

static void add_step(struct day_sum *sum, const struct step *step)
{
    int64_t span_s = step->to.s - step->from.s;
    sum->covered_s += span_s;
    sum->sum += step->milli;
    sum->weighted += step->milli * span_s;
    if (step->milli > sum->most)
        sum->most = step->milli;
    if (step->milli < sum->least)
        sum->least = step->milli;
}

// One day out of the steps from *i on; moves *i past them.
static struct step take_day(const struct series *series, size_t *i, struct utc from,
                            const struct day_make *make)
{
    struct step day = {.from = from, .to = {from.s + DAY_S}};
    struct day_sum sum = {.most = INT64_MIN, .least = INT64_MAX};
    while (*i < series->count && series->step[*i].to.s <= from.s)
        (*i)++;
    for (; *i < series->count && series->step[*i].from.s < day.to.s; (*i)++) {
        const struct step *step = &series->step[*i];
        if (step->gap && day.gap == GAP_NONE)
            day.gap = step->gap;
        if (step->to.s > day.to.s || step->from.s < from.s) {
            // A hole may be longer than a day; a reading may not.
            if (day.gap == GAP_NONE)
                day.gap = GAP_TILING;
            return day;
        }
        add_step(&sum, step);
    }
    if (day.gap == GAP_NONE && sum.covered_s != DAY_S)
        day.gap = GAP_ABSENT;
    if (day.gap == GAP_NONE)
        day.milli = day_value(&sum, make);
    return day;
}

void series_daily(const struct series *series, struct utc from, struct utc to,
                  const struct day_make *make, struct series *out)
{
    size_t days = (size_t)((to.s - from.s) / DAY_S), i = 0;
    *out = (struct series){.cover_least = series->cover_least};
    out->step = mem_new(days + 1, sizeof(*out->step));
    for (size_t d = 0; d < days; d++)
        add(out, take_day(series, &i, (struct utc){from.s + (int64_t)d * DAY_S}, make));
}

void series_part(const struct series *series, size_t first, size_t count, struct series *out)
{
    *out = (struct series){.cover_least = series->cover_least};
    out->step = mem_new(count + 1, sizeof(*out->step));
    for (size_t i = first; i < first + count && i < series->count; i++)
        add(out, series->step[i]);
}

void series_near(struct series *series, const struct series *distance, int64_t radius_milli)
{
    series->known = 0;
    series->gap = GAP_NONE;
    for (size_t i = 0; i < series->count; i++) {
        struct step *step = &series->step[i];
        const struct step *at = i < distance->count ? &distance->step[i] : NULL;
        bool same = at && at->from.s == step->from.s && at->to.s == step->to.s;
        if (step->gap == GAP_NONE && !same)
            step->gap = GAP_ABSENT;
        if (same && at->gap == GAP_NONE && at->milli > radius_milli) { // whatever its wind is
            step->gap = GAP_NONE;
            step->milli = 0;
        } else if (step->gap == GAP_NONE) {
            step->gap = at->gap;
        }
        series->known += step->gap == GAP_NONE;
        if (step->gap != GAP_NONE && series->gap == GAP_NONE) {
            series->gap = step->gap;
            series->gap_at = step->from;
        }
    }
}

void series_put(struct series *series, size_t at, int64_t milli)
{
    series->step[at].milli = milli;
    series->step[at].gap = GAP_NONE;
    series->known++;
    series->gap = GAP_NONE;
    for (size_t i = series->count; i > 0; i--) {
        if (series->step[i - 1].gap == GAP_NONE)
            continue;
        series->gap = series->step[i - 1].gap;
        series->gap_at = series->step[i - 1].from;
    }
}

int64_t series_missing_s(const struct series *series)
{
    int64_t missing_s = 0;
    for (size_t i = 0; i < series->count; i++) {
        const struct step *step = &series->step[i];
        missing_s += step->gap == GAP_NONE ? 0 : step->to.s - step->from.s;
    }
    return missing_s;
}

// The steps of `other` that tile a hole: [*first, *first + count); 0 when they do not.
static size_t tiles(const struct series *other, const struct step *hole, size_t *first)
{
    size_t i = 0;
    while (i < other->count && other->step[i].from.s < hole->from.s)
        i++;
    *first = i;
    struct utc at = hole->from;
    for (; i < other->count && at.s < hole->to.s; i++) {
        const struct step *step = &other->step[i];
        if (step->gap != GAP_NONE || step->from.s != at.s)
            return 0;
        at = step->to;
    }
    return at.s == hole->to.s ? i - *first : 0;
}

// Puts those steps of `other` that are known and lie whole in a hole of steps that are not there at
// all; what lies between them stays a hole. Returns how many were put.
static size_t fill_absent(const struct series *other, const struct step *hole, int64_t ratio_milli,
                          struct series *made)
{
    struct utc at = hole->from;
    size_t put = 0;
    for (size_t i = 0; i < other->count && other->step[i].from.s < hole->to.s; i++) {
        struct step step = other->step[i];
        if (step.gap != GAP_NONE || step.from.s < at.s || step.to.s > hole->to.s)
            continue;
        if (step.from.s > at.s)
            add(made, (struct step){.from = at, .to = step.from, .gap = hole->gap});
        step.milli = divide_half_away(step.milli * ratio_milli, 1000);
        add(made, step);
        at = step.to;
        put++;
    }
    if (at.s < hole->to.s)
        add(made, (struct step){.from = at, .to = hole->to, .gap = hole->gap});
    return put;
}

// One step of the series that is not known is filled whole or not at all.
static size_t fill_step(const struct series *other, const struct step *hole, int64_t ratio_milli,
                        struct series *made)
{
    size_t first, count = tiles(other, hole, &first);
    if (count == 0)
        add(made, *hole);
    for (size_t k = 0; k < count; k++) {
        struct step filled = other->step[first + k];
        filled.milli = divide_half_away(filled.milli * ratio_milli, 1000);
        add(made, filled);
    }
    return count;
}

size_t series_fill(struct series *series, const struct series *other, int64_t ratio_milli)
{
    struct series made = {.cover_least = series->cover_least};
    size_t put = 0;
    // Each step that is put brings itself and the hole before it.
    made.step = mem_new(series->count + 2 * other->count + 1, sizeof(*made.step));
    for (size_t i = 0; i < series->count; i++) {
        const struct step *step = &series->step[i];
        if (step->gap == GAP_NONE)
            add(&made, *step);
        else if (step->gap == GAP_ABSENT || step->gap == GAP_NO_READINGS)
            put += fill_absent(other, step, ratio_milli, &made);
        else
            put += fill_step(other, step, ratio_milli, &made);
    }
    series_free(series);
    *series = made;
    return put;
}
