// A NetCDF-4 file of many steps that is small on the disk: longgrid OUT STEPS SIDE [total|other].
// SIDE x SIDE cells of a hundredth of a degree from 105 E, 17 N on; what lies within 105.9 E to
// 106.1 E, 17.9 N to 18.1 N has as many mm in a step as the step's number (from 0 on), the rest was
// never written. With "total" the values are sums since 00:00 UTC, stamped by the hour's end; with
// "other" the last step has no number but -3 mm, which no rain has.
#include "core/mem.h"

#include <netcdf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 5000, WINDOW = 20, WEST = 90, CHUNK = 100, DAY_H = 24 };

static void check(int code)
{
    if (code == NC_NOERR)
        return;
    (void)fprintf(stderr, "longgrid: %s\n", nc_strerror(code));
    exit(1);
}

static int axis(int file, const char *name, const char *unit, int dim)
{
    int var;
    check(nc_def_var(file, name, NC_DOUBLE, 1, &dim, &var));
    check(nc_put_att_text(file, var, "units", strlen(unit), unit));
    return var;
}

static void put_steps(int file, int rain, size_t steps, bool total, bool other)
{
    static float window[WINDOW * WINDOW];
    double sum = 0;
    for (size_t t = 0; t < steps; t++) {
        // Stamped t + 1 o'clock; the hour to midnight is the last of its day.
        sum = total && t % DAY_H ? sum + (double)t : (double)t;
        double value = other && t + 1 == steps ? -3 : total ? sum : (double)t;
        for (size_t i = 0; i < COUNT_OF(window); i++)
            window[i] = (float)value;
        check(nc_put_vara_float(file, rain, (const size_t[]){t, WEST, WEST},
                                (const size_t[]){1, WINDOW, WINDOW}, window));
    }
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    static double number[SIDE_MAX];
    size_t steps = strtoul(argv[2], NULL, 10), side = strtoul(argv[3], NULL, 10);
    bool total = argc > 4 && strcmp(argv[4], "total") == 0;
    bool other = argc > 4 && strcmp(argv[4], "other") == 0;
    int file, dims[3], rain;
    if (steps < 1 || steps > SIDE_MAX || side < WEST + WINDOW || side > SIDE_MAX)
        return 2;
    check(nc_create(argv[1], NC_NETCDF4, &file));
    check(nc_def_dim(file, "time", steps, &dims[0]));
    check(nc_def_dim(file, "lat", side, &dims[1]));
    check(nc_def_dim(file, "lon", side, &dims[2]));
    int time = axis(file, "time", "hours since 2024-01-01", dims[0]);
    int lat = axis(file, "lat", "degrees_north", dims[1]);
    int lon = axis(file, "lon", "degrees_east", dims[2]);
    check(nc_def_var(file, "rain", NC_FLOAT, 3, dims, &rain));
    check(nc_put_att_text(file, rain, "units", 2, "mm"));
    check(nc_def_var_chunking(file, rain, NC_CHUNKED, (const size_t[]){1, CHUNK, CHUNK}));
    check(nc_def_var_deflate(file, rain, 1, 1, 1));
    for (size_t i = 0; i < steps; i++)
        number[i] = (double)(i + 1);
    check(nc_put_var_double(file, time, number));
    for (size_t i = 0; i < side; i++)
        number[i] = 105.005 + 0.01 * (double)i;
    check(nc_put_var_double(file, lon, number));
    for (size_t i = 0; i < side; i++)
        number[i] = 17.005 + 0.01 * (double)i;
    check(nc_put_var_double(file, lat, number));
    put_steps(file, rain, steps, total, other);
    check(nc_close(file));
    return 0;
}
