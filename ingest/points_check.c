#include "ingest/points_check.h"

#include "core/hash.h"
#include "core/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    // A value that high does not come back so often by itself.
    CODE_COUNT_MIN = 10,
    CODE_PERCENT_MIN = 1,
    // A series that short, or that dry, may be like another's by chance.
    SERIES_MIN = 20,
    SERIES_DISTINCT_MIN = 5,
    STATIONS_MAX = 400, // for the comparison of all pairs
    STEPS_MAX = 4000,   // the first ones
    COMMON_MIN = 30,
    PAIRS_MIN = 200,
    TENTH = 10,
};
static const double SCRAMBLED_UNDER = 0.10, FAR_KM_MIN = 200, EARTH_KM = 6371.0088, MICRO = 1e6;

// --- codes that nobody named
// ---------------------------------------------------------------------------

// From where on a value is high enough to be suspected, in thousandths of the canonical unit.
static int32_t high_of(const char *variable)
{
    static const struct {
        const char *variable;
        int32_t milli;
    } highs[] = {{"rain", 300 * 1000},
                 {"wind", 60 * 1000},
                 {"gust", 80 * 1000},
                 {"temperature", 325 * 1000}};
    for (size_t i = 0; i < COUNT_OF(highs); i++) {
        if (strcmp(highs[i].variable, variable) == 0)
            return highs[i].milli;
    }
    return INT32_MAX;
}

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static enum err_kind check_codes(const struct points *points, uint32_t variable, struct err *err)
{
    AUTO(mem_drop) int32_t *value = mem_new(points->values + 1, sizeof(*value));
    size_t count = 0;
    for (size_t i = 0; i < points->values; i++) {
        if (points->value[i].variable == variable)
            value[count++] = points->value[i].milli;
    }
    qsort(value, count, sizeof(*value), by_number);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && value[end] == value[i]; end++)
            ;
        size_t same = end - i;
        if (value[i] < high_of(points->variable[variable]) || same < CODE_COUNT_MIN ||
            same * 100 < count * CODE_PERCENT_MIN)
            continue;
        AUTO(buf_free) struct buf number = buf_new(40);
        text_milli(&number, value[i], '.');
        return err_set(err, ERR_INPUT,
                       "%s of %s stands %zu times among %zu values: a code, not weather; name it "
                       "under \"missing\"",
                       points->variable[variable], number.at, same, count);
    }
    return OK;
}

// --- series that are the same
// --------------------------------------------------------------------------

struct series {
    struct hasher hasher;
    struct hash hash;
    size_t count, distinct;
    int32_t last;
    uint32_t station;
};

static int by_hash(const void *a, const void *b)
{
    const struct series *x = a, *y = b;
    int order = memcmp(x->hash.at, y->hash.at, HASH_SIZE);
    return order ? order : (x->station > y->station) - (x->station < y->station);
}

static void find_duplicates(struct points *points)
{
    AUTO(mem_drop) struct series *series = mem_new(points->stations + 1, sizeof(*series));
    for (size_t i = 0; i < points->stations; i++)
        series[i] = (struct series){.hasher = hasher_new(), .station = (uint32_t)i};
    for (size_t i = 0; i < points->values; i++) {
        const struct point_value *value = &points->value[i];
        struct series *one = &series[value->station];
        hasher_add_u64(&one->hasher, value->variable);
        hasher_add_u64(&one->hasher, (uint64_t)value->from.s);
        hasher_add_u64(&one->hasher, (uint64_t)value->to.s);
        hasher_add_u64(&one->hasher, (uint64_t)(int64_t)value->milli);
        one->distinct += one->count > 0 && value->milli != one->last;
        one->last = value->milli;
        one->count++;
    }
    for (size_t i = 0; i < points->stations; i++)
        series[i].hash = hasher_end(&series[i].hasher);
    qsort(series, points->stations, sizeof(*series), by_hash);
    for (size_t i = 1; i < points->stations; i++) {
        const struct series *a = &series[i - 1], *b = &series[i];
        if (!hash_same(a->hash, b->hash) || a->count < SERIES_MIN ||
            a->distinct < SERIES_DISTINCT_MIN)
            continue;
        points->station[a->station].flags |= STATION_DUPLICATE;
        points->station[b->station].flags |= STATION_DUPLICATE;
    }
}

// --- where they stand
// ----------------------------------------------------------------------------------

static bool has_place(const struct station *station)
{
    return station->latitude_micro != STATION_NOWHERE;
}

struct spot {
    int32_t latitude, longitude;
    size_t station;
};

static int by_spot(const void *a, const void *b)
{
    const struct spot *x = a, *y = b;
    if (x->latitude != y->latitude)
        return x->latitude < y->latitude ? -1 : 1;
    return (x->longitude > y->longitude) - (x->longitude < y->longitude);
}

static void find_same_places(struct points *points)
{
    AUTO(mem_drop) struct spot *spot = mem_new(points->stations + 1, sizeof(*spot));
    size_t count = 0;
    for (size_t i = 0; i < points->stations; i++) {
        const struct station *station = &points->station[i];
        if (has_place(station))
            spot[count++] = (struct spot){station->latitude_micro, station->longitude_micro, i};
    }
    qsort(spot, count, sizeof(*spot), by_spot);
    for (size_t i = 1; i < count; i++) {
        if (by_spot(&spot[i - 1], &spot[i]) != 0)
            continue;
        points->station[spot[i - 1].station].flags |= STATION_SAME_PLACE;
        points->station[spot[i].station].flags |= STATION_SAME_PLACE;
    }
}

static double radians(int32_t micro)
{
    return (double)micro / MICRO * M_PI / 180;
}

static double distance_km(const struct station *a, const struct station *b)
{
    double up = sin((radians(b->latitude_micro) - radians(a->latitude_micro)) / 2);
    double over = sin((radians(b->longitude_micro) - radians(a->longitude_micro)) / 2);
    double h =
        up * up + cos(radians(a->latitude_micro)) * cos(radians(b->latitude_micro)) * over * over;
    return 2 * EARTH_KM * asin(sqrt(h < 1 ? h : 1));
}

// --- neighbours
// ----------------------------------------------------------------------------------------

// The square roots (rain is skewed) of variable 0: value[s * steps + t], NaN where there is none.
struct table {
    size_t stations, steps;
    size_t station[STATIONS_MAX];
    double *value; // heap
};

static void table_free(struct table *table)
{
    mem_free(&table->value);
}

static void table_make(const struct points *points, struct table *out)
{
    AUTO(mem_drop) size_t *place = mem_new(points->stations + 1, sizeof(*place));
    *out = (struct table){0};
    for (size_t i = 0; i < points->stations; i++) {
        place[i] = SIZE_MAX;
        if (has_place(&points->station[i]) && out->stations < STATIONS_MAX) {
            place[i] = out->stations;
            out->station[out->stations++] = i;
        }
    }
    size_t cells = out->stations * STEPS_MAX;
    out->value = mem_new(cells + 1, sizeof(*out->value));
    for (size_t i = 0; i < cells; i++)
        out->value[i] = NAN;
    struct utc last = UTC_NEVER;
    for (size_t i = 0; i < points->values && points->value[i].variable == 0; i++) {
        const struct point_value *value = &points->value[i];
        if (value->to.s != last.s || out->steps == 0) {
            if (out->steps == STEPS_MAX)
                break;
            out->steps++;
            last = value->to;
        }
        if (place[value->station] != SIZE_MAX)
            out->value[place[value->station] * STEPS_MAX + out->steps - 1] =
                sqrt(value->milli > 0 ? (double)value->milli : 0);
    }
}

// Pearson's r over the steps that both have; NaN when they are too few or one does not change.
static double correlation(const struct table *table, size_t a, size_t b)
{
    const double *x = table->value + a * STEPS_MAX, *y = table->value + b * STEPS_MAX;
    double n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    bool same = true;
    for (size_t t = 0; t < table->steps; t++) {
        if (isnan(x[t]) || isnan(y[t]))
            continue;
        same = same && x[t] == y[t];
        n++;
        sx += x[t];
        sy += y[t];
        sxx += x[t] * x[t];
        syy += y[t] * y[t];
        sxy += x[t] * y[t];
    }
    double vx = n * sxx - sx * sx, vy = n * syy - sy * sy;
    if (n < COMMON_MIN || same || !(vx > 0) || !(vy > 0))
        return NAN;
    return (n * sxy - sx * sy) / sqrt(vx * vy);
}

struct pair {
    double km, r;
};

static int by_km(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return (x->km > y->km) - (x->km < y->km);
}

static double mean_r(const struct pair *pair, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += pair[i].r;
    return sum / (double)count;
}

static void find_scrambled(struct points *points, struct points_doubts *doubts)
{
    AUTO(table_free) struct table table;
    table_make(points, &table);
    AUTO(mem_drop)
    struct pair *pair = mem_new(table.stations * table.stations / 2 + 1, sizeof(*pair));
    size_t count = 0;
    for (size_t a = 0; a < table.stations; a++) {
        for (size_t b = a + 1; b < table.stations; b++) {
            double r = correlation(&table, a, b);
            if (!isnan(r))
                pair[count++] = (struct pair){distance_km(&points->station[table.station[a]],
                                                          &points->station[table.station[b]]),
                                              r};
        }
    }
    qsort(pair, count, sizeof(*pair), by_km);
    size_t tenth = count / TENTH;
    if (count < PAIRS_MIN || pair[count - tenth].km < FAR_KM_MIN)
        return;
    doubts->near = mean_r(pair, tenth);
    doubts->far = mean_r(pair + count - tenth, tenth);
    if (doubts->near - doubts->far >= SCRAMBLED_UNDER)
        return;
    for (size_t i = 0; i < table.stations; i++)
        points->station[table.station[i]].flags |= STATION_SCRAMBLED;
}

// --- all of it
// -----------------------------------------------------------------------------------------

static void count_doubts(struct points *points, struct points_doubts *doubts)
{
    for (size_t i = 0; i < points->stations; i++) {
        unsigned flags = points->station[i].flags;
        doubts->duplicate += (flags & STATION_DUPLICATE) != 0;
        doubts->scrambled += (flags & STATION_SCRAMBLED) != 0;
        doubts->same_place += (flags & STATION_SAME_PLACE) != 0;
    }
    for (size_t i = 0; i < points->values; i++) {
        struct point_value *value = &points->value[i];
        unsigned flags = points->station[value->station].flags;
        if (flags & (STATION_DUPLICATE | STATION_SCRAMBLED))
            value->doubted = 1;
        doubts->doubted += value->doubted;
    }
}

enum err_kind points_check(struct points *points, struct points_doubts *out, struct err *err)
{
    struct points_doubts doubts = {.near = NAN, .far = NAN};
    for (uint32_t i = 0; i < points->variables; i++) {
        if (check_codes(points, i, err))
            return err_of(err);
    }
    find_duplicates(points);
    find_same_places(points);
    find_scrambled(points, &doubts);
    count_doubts(points, &doubts);
    *out = doubts;
    return OK;
}
