#include "ingest/quality.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    CELLS_MIN = 10,         // of weather, or of numbers, that a copy must have to be one
    GAP_S_MAX = 6 * HOUR_S, // between steps that are compared
    SIDE_MIN = 3,           // rows and columns of a grid that has neighbours
};
static const double RAIN_MM_MIN = 0.1; // less is no rain to be recognised by

// What a variable may be, and may change by. Rain's limits grow with its length.
struct limits {
    double lowest, highest, step, space;
};

double quality_rain_mm_max(double hours)
{
    return 0.5 * 421.6 * pow(hours, 0.475);
}

static struct limits limits_of(const struct grid_step *step)
{
    double hours = (double)(step->valid_to.s - step->valid_from.s) / HOUR_S;
    if (strcmp(step->variable, "rain") == 0)
        return (struct limits){0, quality_rain_mm_max(hours), INFINITY,
                               quality_rain_mm_max(hours) / 2};
    if (strcmp(step->variable, "temperature") == 0)
        return (struct limits){253.15, 323.15, 20, 20};
    if (strcmp(step->variable, "wind") == 0)
        return (struct limits){0, 75, 40, 30};
    if (strcmp(step->variable, "gust") == 0)
        return (struct limits){0, 90, 40, 30};
    return (struct limits){-INFINITY, INFINITY, INFINITY, INFINITY};
}

static void check_range(const float *value, size_t cells, const struct limits *limits,
                        uint8_t *flag)
{
    for (size_t i = 0; i < cells; i++) {
        double at = (double)value[i];
        if (at < limits->lowest || at > limits->highest)
            flag[i] |= QUALITY_RANGE;
    }
}

static void check_step(const float *value, const float *before, size_t cells, double most,
                       uint8_t *flag)
{
    for (size_t i = 0; i < cells; i++) {
        if (fabs((double)value[i] - (double)before[i]) > most)
            flag[i] |= QUALITY_STEP;
    }
}

// Least and largest of up to eight neighbours; false when none is observed.
static bool around(const struct grid *grid, const float *value, size_t cell, double *low,
                   double *high)
{
    size_t row = cell / grid->columns, column = cell % grid->columns, seen = 0;
    for (size_t r = row ? row - 1 : 0; r <= row + 1 && r < grid->rows; r++) {
        for (size_t c = column ? column - 1 : 0; c <= column + 1 && c < grid->columns; c++) {
            double at = (double)value[r * grid->columns + c];
            if ((r == row && c == column) || isnan(at))
                continue;
            *low = seen ? fmin(*low, at) : at;
            *high = seen ? fmax(*high, at) : at;
            seen++;
        }
    }
    return seen >= SIDE_MIN;
}

static void check_space(const struct grid *grid, const float *value, double most, uint8_t *flag)
{
    double low = 0, high = 0;
    if (grid->rows < SIDE_MIN || grid->columns < SIDE_MIN || isinf(most))
        return;
    for (size_t i = 0; i < grid->rows * grid->columns; i++) {
        double at = (double)value[i];
        // Looked at only where it could be: most cells are near their neighbour to the east.
        size_t next = i + 1 < grid->rows * grid->columns ? i + 1 : i - 1;
        if (isnan(at) || fabs(at - (double)value[next]) <= most)
            continue;
        if (around(grid, value, i, &low, &high) && (at > high + most || at < low - most))
            flag[i] |= QUALITY_SPACE;
    }
}

static bool is_weather(const struct grid_step *step, double value)
{
    return strcmp(step->variable, "rain") == 0 ? value > RAIN_MM_MIN : !isnan(value);
}

// Cells with something to be recognised by, and whether all of them are one number.
static size_t count_weather(const struct grid_step *step, const float *value, size_t cells,
                            bool *is_flat)
{
    size_t count = 0;
    double first = NAN;
    *is_flat = true;
    for (size_t i = 0; i < cells; i++) {
        double at = (double)value[i];
        if (isnan(at))
            continue;
        *is_flat = *is_flat && (isnan(first) || at == first);
        first = isnan(first) ? at : first;
        count += is_weather(step, at) ? 1 : 0;
    }
    return count;
}

static void set_all(uint8_t *flag, size_t cells, enum quality what)
{
    for (size_t i = 0; i < cells; i++)
        flag[i] = (uint8_t)(flag[i] | what);
}

static bool same_kind(const struct grid_step *a, const struct grid_step *b)
{
    return strcmp(a->variable, b->variable) == 0 && a->issued_at.s == b->issued_at.s;
}

// The step of the same member before `step`, of those of its kind that end before `end`; SIZE_MAX
// when there is none. Members of one time stand side by side (ingest/cf.h).
static size_t step_before(const struct frame *frame, const struct grid_step *step, size_t end)
{
    for (size_t i = end; i-- > 0;) {
        const struct grid_step *other = &frame->step[i];
        if (!same_kind(step, other))
            break;
        if (other->member == step->member && other->valid_to.s < step->valid_to.s)
            return i;
    }
    return SIZE_MAX;
}

// Behind the last step of the kind of `step`.
static size_t kind_end(const struct frame *frame, const struct grid_step *step)
{
    size_t end = frame->count;
    while (end > 0 && !same_kind(step, &frame->step[end - 1]))
        end--;
    return end;
}

// The numbers of the step before step `at` of `frame`, and when that was; NULL: none.
static const float *numbers_before(const struct frame *frame, const struct frame *before, size_t at,
                                   struct utc *valid_to)
{
    const struct grid_step *step = &frame->step[at];
    size_t found = step_before(frame, step, at), cells = frame->grid.rows * frame->grid.columns;
    const struct frame *in = frame;
    if (found == SIZE_MAX && before && before->grid.rows * before->grid.columns == cells) {
        in = before;
        found = step_before(before, step, kind_end(before, step));
    }
    if (found == SIZE_MAX)
        return NULL;
    *valid_to = in->step[found].valid_to;
    return in->value + found * cells;
}

static void check_twins(const struct frame *frame, size_t at, size_t cells, uint8_t *flag)
{
    const struct grid_step *step = &frame->step[at];
    for (size_t i = at + 1; i < frame->count; i++) {
        const struct grid_step *other = &frame->step[i];
        if (!same_kind(step, other) || other->valid_to.s != step->valid_to.s)
            return;
        if (memcmp(frame->value + at * cells, frame->value + i * cells, cells * sizeof(float)) != 0)
            continue;
        set_all(flag + at * cells, cells, QUALITY_TWIN);
        set_all(flag + i * cells, cells, QUALITY_TWIN);
    }
}

void quality_of(const struct frame *frame, const struct frame *before, uint8_t *flag)
{
    size_t cells = frame->grid.rows * frame->grid.columns;
    memset(flag, 0, frame->count * cells);
    for (size_t i = 0; i < frame->count; i++) {
        const struct grid_step *step = &frame->step[i];
        const float *value = frame->value + i * cells;
        uint8_t *mine = flag + i * cells;
        struct limits limits = limits_of(step);
        bool is_flat;
        bool full = count_weather(step, value, cells, &is_flat) >= CELLS_MIN;
        struct utc last_to = UTC_NEVER;
        const float *last = numbers_before(frame, before, i, &last_to);
        check_range(value, cells, &limits, mine);
        check_space(&frame->grid, value, limits.space, mine);
        if (!full || isinf(limits.space))
            continue;
        if (is_flat)
            set_all(mine, cells, QUALITY_SPACE);
        check_twins(frame, i, cells, flag);
        if (!last || step->valid_to.s - last_to.s > GAP_S_MAX)
            continue;
        check_step(value, last, cells, limits.step, mine);
        if (memcmp(value, last, cells * sizeof(float)) == 0)
            set_all(mine, cells, QUALITY_FROZEN);
    }
}
