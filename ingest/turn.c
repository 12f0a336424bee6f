#include "ingest/turn.h"

#include <math.h>
#include <stdint.h>

double turn_floor(double lowest)
{
    static const double HAIR = -1; // beyond it a number is no rounding of zero
    return lowest < 0 && lowest > HAIR ? 0 : -INFINITY;
}

size_t turn_doubles(const struct turn *turn, const double *in, float *out)
{
    double floor = turn_floor(turn->lowest);
    for (size_t row = 0; row < turn->rows; row++) {
        const double *at = in + (ptrdiff_t)turn->first + (ptrdiff_t)row * turn->row_step;
        for (size_t column = 0; column < turn->columns; column++, at += turn->column_step) {
            double value = *at * turn->factor + turn->offset;
            if (value < turn->lowest || value > turn->highest)
                return row * turn->columns + column;
            *out++ = value < floor ? 0 : (float)value;
        }
    }
    return SIZE_MAX;
}

// One row, without a branch; 1 when a value cannot be. Built with -fno-trapping-math, which lets
// the comparisons go side by side and changes no value.
static int turn_row(const struct turn *turn, const float *at, ptrdiff_t step, float missing,
                    float *out)
{
    double factor = turn->factor, offset = turn->offset;
    double lowest = turn->lowest, highest = turn->highest;
    double floor = turn_floor(lowest);
    int bad = 0;
    for (size_t i = 0; i < turn->columns; i++) {
        float stored = at[(ptrdiff_t)i * step];
        double value = (double)stored * factor + offset;
        value = stored == missing ? NAN : value;
        bad |= (value < lowest) | (value > highest);
        value = value < floor ? 0 : value;
        out[i] = (float)value;
    }
    return bad;
}

size_t turn_floats(const struct turn *turn, const float *in, float missing, float *out)
{
    for (size_t row = 0; row < turn->rows; row++) {
        const float *at = in + (ptrdiff_t)turn->first + (ptrdiff_t)row * turn->row_step;
        float *to = out + row * turn->columns;
        int bad = turn->column_step == 1 ? turn_row(turn, at, 1, missing, to)
                                         : turn_row(turn, at, turn->column_step, missing, to);
        if (bad)
            return row * turn->columns;
    }
    return SIZE_MAX;
}
