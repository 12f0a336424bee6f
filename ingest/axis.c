#include "ingest/axis.h"

#include "core/mem.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

// Float32 coordinates are off by up to 0.000008 degrees. Rounded to a metre, files of one product
// have one grid, whose weights are made once.
static const double EDGE_STEPS = 100000;
// Neighbours' bounds may differ by this share of a cell: float32 again.
static const double GAP_SHARE_MAX = 0.01;
static const double CIRCLE = 360;

void axis_free(struct axis *axis)
{
    mem_free(&axis->edge);
}

static const char *name_of(enum axis_kind kind)
{
    return kind == AXIS_LATITUDE ? "latitude" : "longitude";
}

// Copies what is in the file, made ascending in `centre` and `low`, `high` (per cell).
struct cells {
    size_t count;
    bool descending;
    double *centre, *low, *high;
};

static void cells_free(struct cells *cells)
{
    mem_free(&cells->centre);
    mem_free(&cells->low);
    mem_free(&cells->high);
}

// A longitude that passes from 359.9 to 0 (or back) goes on beyond 360 instead.
static double unwrapped(enum axis_kind kind, double value, double before)
{
    if (kind == AXIS_LATITUDE)
        return value;
    while (value - before < -CIRCLE / 2)
        value += CIRCLE;
    while (value - before > CIRCLE / 2)
        value -= CIRCLE;
    return value;
}

// Most axes run one way, from cell to cell, without a turn: seen without a branch, several at a
// time. NaN is no such axis.
static bool is_plain(const double *centre, size_t count)
{
    const double *before = centre, *after = centre + 1;
    double far = fabs(centre[0]) <= 2 * CIRCLE ? 0 : 1, turned = 0, not_up = 0, not_down = 0;
    // The answers are as wide as what is asked, or it would be done one by one.
    for (size_t i = 0; i + 1 < count; i++) {
        double step = after[i] - before[i];
        far = fabs(after[i]) <= 2 * CIRCLE ? far : 1;
        turned = fabs(step) <= CIRCLE / 2 ? turned : 1;
        not_up = step > 0 ? not_up : 1;
        not_down = step < 0 ? not_down : 1;
    }
    return far + turned == 0 && not_up + not_down == 1;
}

static void reverse(double *value, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        double swap = value[i];
        value[i] = value[count - 1 - i];
        value[count - 1 - i] = swap;
    }
}

static enum err_kind order(enum axis_kind kind, const double *centre, struct cells *cells,
                           struct err *err)
{
    size_t count = cells->count;
    bool plain = is_plain(centre, count);
    if (plain)
        memcpy(cells->centre, centre, count * sizeof(*centre));
    for (size_t i = 0; !plain && i < count; i++) {
        if (!isfinite(centre[i]) || fabs(centre[i]) > 2 * CIRCLE)
            return err_set(err, ERR_INPUT, "%s %zu is %g", name_of(kind), i, centre[i]);
        cells->centre[i] = i ? unwrapped(kind, centre[i], cells->centre[i - 1]) : centre[i];
    }
    cells->descending = count > 1 && cells->centre[1] < cells->centre[0];
    for (size_t i = 1; !plain && i < count; i++) {
        double step = cells->centre[i] - cells->centre[i - 1];
        if (cells->descending ? step >= 0 : step <= 0)
            return err_set(err, ERR_INPUT, "the %ss do not run one way: %g stands after %g",
                           name_of(kind), centre[i], centre[i - 1]);
    }
    if (cells->descending)
        reverse(cells->centre, count);
    return OK;
}

static enum err_kind halfway(enum axis_kind kind, struct cells *cells, struct err *err)
{
    size_t last = cells->count - 1;
    if (last == 0)
        return err_set(err, ERR_INPUT,
                       "there is one %s and no bounds: the size of its cell is not known",
                       name_of(kind));
    const double *centre = cells->centre;
    double *low = cells->low, *high = cells->high;
    for (size_t i = 0; i < last; i++)
        high[i] = (centre[i] + centre[i + 1]) / 2;
    memcpy(low + 1, high, last * sizeof(*low));
    cells->low[0] = cells->centre[0] - (cells->high[0] - cells->centre[0]);
    cells->high[last] = cells->centre[last] + (cells->centre[last] - cells->low[last]);
    return OK;
}

static enum err_kind from_bounds(enum axis_kind kind, const double *bounds, struct cells *cells,
                                 struct err *err)
{
    for (size_t i = 0; i < cells->count; i++) {
        const double *pair = bounds + 2 * (cells->descending ? cells->count - 1 - i : i);
        if (!isfinite(pair[0]) || !isfinite(pair[1]))
            return err_set(err, ERR_INPUT, "the bounds of %s %zu are not numbers", name_of(kind),
                           i);
        double a = unwrapped(kind, pair[0], cells->centre[i]);
        double b = unwrapped(kind, pair[1], cells->centre[i]);
        cells->low[i] = fmin(a, b);
        cells->high[i] = fmax(a, b);
        double slack = (cells->high[i] - cells->low[i]) * GAP_SHARE_MAX;
        if (slack <= 0 || cells->centre[i] < cells->low[i] - slack ||
            cells->centre[i] > cells->high[i] + slack)
            return err_set(err, ERR_INPUT, "the bounds %g and %g do not hold their %s %g", pair[0],
                           pair[1], name_of(kind), cells->centre[i]);
        if (i && fabs(cells->low[i] - cells->high[i - 1]) > slack)
            return err_set(err, ERR_INPUT, "the cells of the %s axis do not touch: %g and %g",
                           name_of(kind), cells->high[i - 1], cells->low[i]);
    }
    return OK;
}

// round() without a call or a branch, in 32 bits, of which a processor turns several at a time.
static double nearest(double value)
{
    double whole = (double)(int32_t)value, part = value - whole;
    return whole + (part >= 0.5) - (part <= -0.5);
}

// What lies beyond is on no globe, and is refused by fit_globe.
static double neat(double degrees)
{
    static const double FAR = 10000;
    degrees = degrees > FAR ? FAR : degrees;
    degrees = degrees < -FAR ? -FAR : degrees;
    return nearest(degrees * EDGE_STEPS) / EDGE_STEPS + 0.0; // -0 would hash as another grid
}

static void neat_all(const double *degrees, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = neat(degrees[i]);
}

static bool all_have_size(const double *edge, size_t count)
{
    double without = 0;
    for (size_t i = 0; i < count; i++)
        without = edge[i] < edge[i + 1] ? without : 1;
    return without == 0;
}

static enum err_kind fit_globe(struct axis *axis, struct err *err)
{
    double *low = &axis->edge[0], *high = &axis->edge[axis->count];
    if (axis->kind == AXIS_LATITUDE) {
        // An outer edge that was mirrored may lie beyond the pole; a whole cell may not.
        if (axis->edge[1] <= -90 || axis->edge[axis->count - 1] >= 90)
            return err_set(err, ERR_INPUT, "the latitudes reach from %g to %g", *low, *high);
        *low = fmax(*low, -90);
        *high = fmin(*high, 90);
    } else if (*high - *low > CIRCLE) {
        if (*high - *low > CIRCLE * 1.0001)
            return err_set(err, ERR_INPUT, "the longitudes span %g degrees", *high - *low);
        *high = *low + CIRCLE;
    }
    for (size_t i = 0; !all_have_size(axis->edge, axis->count) && i < axis->count; i++) {
        if (!(axis->edge[i] < axis->edge[i + 1]))
            return err_set(err, ERR_INPUT, "a cell of the %s axis at %g has no size",
                           name_of(axis->kind), axis->edge[i]);
    }
    return OK;
}

enum err_kind axis_make(enum axis_kind kind, const double *centre, const double *bounds,
                        size_t count, struct axis *out, struct err *err)
{
    assert(centre && out);
    if (count == 0)
        return err_set(err, ERR_INPUT, "the %s axis is empty", name_of(kind));
    AUTO(cells_free)
    struct cells cells = {
        .count = count,
        .centre = mem_resize(NULL, count, sizeof(double)),
        .low = mem_resize(NULL, count, sizeof(double)),
        .high = mem_resize(NULL, count, sizeof(double)),
    };
    if (order(kind, centre, &cells, err))
        return err->kind;
    if (bounds ? from_bounds(kind, bounds, &cells, err) : halfway(kind, &cells, err))
        return err->kind;
    AUTO(axis_free)
    struct axis axis = {.kind = kind, .descending = cells.descending, .count = count};
    axis.edge = mem_resize(NULL, count + 1, sizeof(*axis.edge));
    neat_all(cells.low, count, axis.edge);
    neat_all(cells.high + count - 1, 1, axis.edge + count);
    if (fit_globe(&axis, err))
        return err->kind;
    *out = axis;
    axis.edge = NULL;
    return OK;
}

// How many cells overlap, and the first of them, when the axis is turned by `turn` degrees.
static size_t overlap(const struct axis *axis, double turn, double low, double high, size_t *first)
{
    size_t count = 0;
    if (axis->edge[0] + turn >= high || axis->edge[axis->count] + turn <= low)
        return 0;
    size_t at = 0;
    while (axis->edge[at + 1] + turn <= low)
        at++;
    *first = at;
    for (; at < axis->count && axis->edge[at] + turn < high; at++)
        count++;
    return count;
}

enum err_kind axis_cut(struct axis *axis, double low, double high, struct err *err)
{
    static const double turns[] = {0, -360, 360, -720, 720};
    size_t kept = 0, first = 0;
    double turn = 0;
    for (size_t i = 0; i < (axis->kind == AXIS_LATITUDE ? 1 : COUNT_OF(turns)); i++) {
        size_t start = 0, count = overlap(axis, turns[i], low, high, &start);
        if (count && kept)
            return err_set(err, ERR_INPUT,
                           "the grid's longitudes begin at %g, amid the area that is asked for",
                           axis->edge[0]);
        if (count) {
            kept = count;
            first = start;
            turn = turns[i];
        }
    }
    if (kept == 0)
        return err_set(err, ERR_INPUT, "the grid's %ss, %g to %g, do not touch the area, %g to %g",
                       name_of(axis->kind), axis->edge[0], axis->edge[axis->count], low, high);
    axis->first += axis->descending ? axis->count - first - kept : first;
    axis->count = kept;
    for (size_t i = 0; i <= kept; i++)
        axis->edge[i] = neat(axis->edge[first + i] + turn);
    return OK;
}
