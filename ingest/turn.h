#ifndef GONG_INGEST_TURN_H
#define GONG_INGEST_TURN_H

#include <stdbool.h>
#include <stddef.h>

// From the order of a file to that of a frame (rows from the south, columns from the west), and
// from the file's numbers to canonical units: one pass over the cells. Pure.
struct turn {
    size_t rows, columns;
    size_t first;                    // where the value of cell (0, 0) stands in what was read
    ptrdiff_t row_step, column_step; // from one row, or column, to the next
    double factor, offset;           // canonical = number * factor + offset
    double lowest, highest;          // what can be
};

// What is below this counts as this: 0 where zero may be packed a hair below (lowest just under 0),
// else minus infinity.
double turn_floor(double lowest);

// Gives the first cell whose value cannot be, or SIZE_MAX when all can; NaN is missing.
size_t turn_doubles(const struct turn *turn, const double *in, float *out);

// The same bits for numbers that are stored as floats, of which `missing` stands for none; false
// when a value cannot be: turn_doubles says which.
bool turn_floats(const struct turn *turn, const float *in, float missing, float *out);

#endif
