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

// At most so many numbers are turned at a time, in three passes: each is then done for several at
// once (with -fno-trapping-math, which lets comparisons go side by side and changes no value).
enum { PIECE = 256 };

// `count` numbers that stand `step` apart; 1 when a value cannot be.
static inline int turn_run(const struct turn *turn, const float *in, ptrdiff_t step, size_t count,
                           float missing, float *out)
{
    double value[PIECE];
    double factor = turn->factor, offset = turn->offset, none = (double)missing;
    double lowest = turn->lowest, highest = turn->highest;
    double floor = turn_floor(lowest);
    double bad = 0; // an answer as wide as what is asked
    for (size_t i = 0; i < count; i++) {
        double stored = (double)in[(ptrdiff_t)i * step];
        value[i] = stored == none ? NAN : stored * factor + offset;
    }
    for (size_t i = 0; i < count; i++) {
        bad = value[i] < lowest ? 1 : bad;
        bad = value[i] > highest ? 1 : bad;
    }
    for (size_t i = 0; i < count; i++)
        out[i] = (float)(value[i] < floor ? 0 : value[i]);
    return bad != 0;
}

// Where a column of the frame lies in one piece in the file it is turned there, and then put in its
// place.
static int turn_columns(const struct turn *turn, const float *in, float missing, float *out)
{
    float piece[PIECE];
    int bad = 0;
    size_t columns = turn->columns, rows = turn->rows;
    for (size_t column = 0; column < columns; column++) {
        const float *at = in + (ptrdiff_t)turn->first + (ptrdiff_t)column * turn->column_step;
        for (size_t row = 0; row < rows; row += PIECE) {
            size_t count = rows - row < PIECE ? rows - row : PIECE;
            bad |= turn_run(turn, at + row, 1, count, missing, piece);
            for (size_t i = 0; i < count; i++)
                out[(row + i) * columns + column] = piece[i];
        }
    }
    return bad;
}

static int turn_rows(const struct turn *turn, const float *in, float missing, float *out)
{
    int bad = 0;
    size_t columns = turn->columns;
    ptrdiff_t step = turn->column_step;
    for (size_t row = 0; row < turn->rows; row++) {
        const float *at = in + (ptrdiff_t)turn->first + (ptrdiff_t)row * turn->row_step;
        for (size_t column = 0; column < columns; column += PIECE) {
            size_t count = columns - column < PIECE ? columns - column : PIECE;
            const float *from = at + (ptrdiff_t)column * step;
            float *to = out + row * columns + column;
            bad |= step == 1 ? turn_run(turn, from, 1, count, missing, to)
                             : turn_run(turn, from, step, count, missing, to);
        }
    }
    return bad;
}

bool turn_floats(const struct turn *turn, const float *in, float missing, float *out)
{
    bool by_columns = turn->row_step == 1 && turn->column_step != 1;
    return !(by_columns ? turn_columns : turn_rows)(turn, in, missing, out);
}
