#ifndef GONG_TESTS_INGEST_NCFILE_H
#define GONG_TESTS_INGEST_NCFILE_H

#include "tests/check.h"

#include <netcdf.h>
#include <string.h>

// Writing a small NetCDF file, call by call.

#define NC(call) CHECK_INT(call, NC_NOERR)

static inline void put_text(int file, int var, const char *name, const char *text)
{
    if (text)
        NC(nc_put_att_text(file, var, name, strlen(text), text));
}

static inline int add_axis(int file, const char *name, int dim, const char *unit,
                           const double *values)
{
    int var;
    NC(nc_def_var(file, name, NC_DOUBLE, 1, &dim, &var));
    put_text(file, var, "units", unit);
    NC(nc_enddef(file));
    NC(nc_put_var_double(file, var, values));
    NC(nc_redef(file));
    return var;
}

#endif
