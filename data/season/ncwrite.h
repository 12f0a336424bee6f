#ifndef GONG_DATA_SEASON_NCWRITE_H
#define GONG_DATA_SEASON_NCWRITE_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

// One NetCDF file, said as data: dimensions, variables and their attributes.
enum ncwrite_format { NCWRITE_CLASSIC64, NCWRITE_NETCDF4 };
enum ncwrite_type { NCWRITE_SHORT, NCWRITE_INT, NCWRITE_FLOAT, NCWRITE_DOUBLE };

struct ncwrite_dimension {
    const char *name;
    size_t size;
};

// A text, or (text NULL) a number.
struct ncwrite_attribute {
    const char *name, *text;
    double number;
    bool as_double; // else the number is of the variable's type (as _FillValue must be)
};

enum { NCWRITE_DIMS_MAX = 4, NCWRITE_ATTRIBUTES_MAX = 8 };

// Lists end at the first name that is NULL. `values` are in the order of the dimensions, the last
// one fastest, and are converted to the type.
struct ncwrite_variable {
    const char *name;
    enum ncwrite_type type;
    const char *dimension[NCWRITE_DIMS_MAX];
    bool deflate; // NetCDF-4 only
    struct ncwrite_attribute attribute[NCWRITE_ATTRIBUTES_MAX];
    const double *values;
};

struct ncwrite {
    enum ncwrite_format format;
    const char *group; // everything is written there; NULL: in the root
    const char *title;
    const struct ncwrite_dimension *dimension;
    size_t dimensions;
    const struct ncwrite_variable *variable;
    size_t variables;
};

// Writes beside the place and renames: the file is whole or not there. The same data give the same
// bytes (no times of creation). ERR_LATER or what errno says when it cannot be written.
MUST_USE enum err_kind ncwrite_file(const char *path, const struct ncwrite *file, struct err *err);

#endif
