#include "ingest/second.h"

#include "core/mem.h"
#include "ingest/source.h"
#include "ledger/quality.h"
#include "ledger/reading.h"

#include <string.h>

// Rounds down, before 1970 as well.
static int64_t span_of(int64_t time_s, int64_t over_s)
{
    return time_s >= 0 ? time_s / over_s : -((over_s - 1 - time_s) / over_s);
}

static enum err_kind load(struct ledger *ledger, const struct source *of, const char *source,
                          int64_t from_s, struct readings *out, struct err *err)
{
    struct reading_query query = {.source = source,
                                  .variable = of->second_means,
                                  .boundary_set = of->boundary_set,
                                  .issued_at = UTC_NEVER,
                                  .from = {from_s},
                                  .to = {from_s + of->second_over_s}};
    return reading_load(ledger, &query, out, err);
}

// Whether they follow one another from the one end to the other; instants evenly, each at the end
// of the time that it stands for. `most_s`: how long that may be, 0: not known. One instant that
// came alone may then be one of many.
static bool is_whole(const struct readings *readings, int64_t from_s, int64_t to_s, int64_t most_s)
{
    int64_t at_s = from_s, every_s = 0;
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading_meta *meta = &readings->meta[i];
        bool instant = meta->valid_from.s == meta->valid_to.s;
        if (i == 0)
            every_s = meta->valid_to.s - from_s;
        if (instant && (most_s ? every_s > most_s : readings->count == 1))
            return false;
        if (instant ? meta->valid_to.s - at_s != every_s : meta->valid_from.s != at_s)
            return false;
        at_s = meta->valid_to.s;
    }
    return at_s == to_s;
}

// From one address of a source to the next, where it has one for each step; 0: not known.
static int64_t step_of(const struct sources *sources, const char *name)
{
    for (size_t i = 0; i < sources->count; i++) {
        if (strcmp(sources->at[i].name, name) == 0 && sources->at[i].place == PLACE_TEMPLATE)
            return sources->at[i].every_s;
    }
    return 0;
}

// What a commune had: of rain the total, of temperature the mean over time, of wind the largest.
// False when a part of it is not known.
static bool sum_up(const struct readings *readings, const char *means, size_t commune, int64_t *out)
{
    int64_t total = 0, weighed = 0, weight = 0, largest = INT64_MIN;
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading_meta *meta = &readings->meta[i];
        int32_t value = readings->value[i * readings->communes + commune];
        int64_t length_s = meta->valid_to.s - meta->valid_from.s;
        length_s = length_s > 0 ? length_s : 1;
        if (value == READING_NONE)
            return false;
        total += value;
        weighed += value * length_s;
        weight += length_s;
        largest = value > largest ? value : largest;
    }
    *out = strcmp(means, "rain") == 0          ? total
           : strcmp(means, "temperature") == 0 ? (weight ? weighed / weight : 0)
                                               : largest;
    return true;
}

static enum err_kind compare_span(struct txn *txn, const struct sources *sources,
                                  const struct source *of, int64_t from_s, struct err *err)
{
    AUTO(readings_free) struct readings own = {0};
    AUTO(readings_free) struct readings other = {0};
    int64_t to_s = from_s + of->second_over_s, a = 0, b = 0;
    if (load(txn_ledger(txn), of, of->name, from_s, &own, err) ||
        load(txn_ledger(txn), of, of->second, from_s, &other, err))
        return err_of(err);
    bool whole = is_whole(&own, from_s, to_s, step_of(sources, of->name)) &&
                 is_whole(&other, from_s, to_s, step_of(sources, of->second)) &&
                 own.communes == other.communes;
    AUTO(mem_drop) uint8_t *where = mem_new(own.communes + 1, 1);
    for (size_t c = 0; whole && c < own.communes; c++)
        where[c] = sum_up(&own, of->second_means, c, &a) &&
                   sum_up(&other, of->second_means, c, &b) &&
                   (a > b ? a - b : b - a) > of->second_apart_milli;
    for (size_t i = 0; i < own.count; i++) {
        if (quality_mark(txn, &own.hash[i], QUALITY_SECOND, where, own.communes, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind second_compare(struct txn *txn, const struct sources *sources,
                             const struct source *source, struct utc first, struct utc last,
                             struct err *err)
{
    for (size_t i = 0; i < sources->count; i++) {
        const struct source *of = &sources->at[i];
        if (!*of->second || (of != source && strcmp(of->second, source->name) != 0))
            continue;
        int64_t over_s = of->second_over_s;
        for (int64_t k = span_of(first.s - 1, over_s); k <= span_of(last.s - 1, over_s); k++) {
            if (compare_span(txn, sources, of, k * over_s, err))
                return err_add(err, "comparing %s with %s", of->name, of->second);
        }
    }
    return OK;
}
