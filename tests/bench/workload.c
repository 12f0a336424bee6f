#include "tests/bench/workload.h"

#include "core/mem.h"
#include "ingest/box.h"
#include "tests/bench/bench.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PACKAGE_HEAD_BYTES = 40, CELLS_A_DEGREE = 10 };

void bench_each_shape(const char *count, void (*see)(void *self, struct str shape), void *self)
{
    char name[64], sql[128];
    sqlite3 *db = NULL;
    sqlite3_stmt *rows = NULL;
    (void)snprintf(name, sizeof(name), "communes_%s.gpkg", count);
    (void)snprintf(sql, sizeof(sql), "SELECT geom FROM \"communes_%s\" ORDER BY rowid", count);
    AUTO(mem_drop) char *path = bench_data(name);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, sql, -1, &rows, NULL) != SQLITE_OK)
        bench_fail(path, sqlite3_errmsg(db));
    while (sqlite3_step(rows) == SQLITE_ROW) {
        size_t len = (size_t)sqlite3_column_bytes(rows, 0);
        const char *bytes = sqlite3_column_blob(rows, 0);
        see(self, (struct str){bytes + PACKAGE_HEAD_BYTES, len - PACKAGE_HEAD_BYTES});
    }
    (void)sqlite3_finalize(rows);
    (void)sqlite3_close(db);
}

static void add_commune(void *self, struct str shape)
{
    struct boundary_set *set = self;
    char code[16];
    (void)snprintf(code, sizeof(code), "%05zu", set->count);
    set->commune = mem_resize(set->commune, set->count + 1, sizeof(*set->commune));
    set->commune[set->count++] = (struct commune){
        .code = mem_text(code),
        .name = mem_text("A"),
        .zone = mem_text(""),
        .shape = {str_copy(shape), shape.len},
    };
}

struct boundary_set *bench_communes(const char *count)
{
    struct boundary_set *set = mem_new(1, sizeof(*set));
    (void)snprintf(set->name, sizeof(set->name), "bench-%s", count);
    bench_each_shape(count, add_commune, set);
    set->hash = boundary_set_hash(set);
    return set;
}

static double edge(size_t i, double from)
{
    return round((from * CELLS_A_DEGREE + (double)i)) / CELLS_A_DEGREE;
}

struct grid bench_imerg_grid(size_t first_row, size_t rows, size_t first_column, size_t columns)
{
    struct grid grid = {.rows = rows,
                        .columns = columns,
                        .latitude = mem_new(rows + 1, sizeof(double)),
                        .longitude = mem_new(columns + 1, sizeof(double))};
    for (size_t i = 0; i <= rows; i++)
        grid.latitude[i] = edge(first_row + i, -90);
    for (size_t i = 0; i <= columns; i++)
        grid.longitude[i] = edge(first_column + i, -180);
    return grid;
}

struct grid bench_imerg_box(const struct boundary_set *set)
{
    struct wanted_list box = {0};
    struct err err = {0};
    enum { MILLI = 1000 / CELLS_A_DEGREE };
    BENCH_OK(box_around(set, &box, &err), err);
    size_t row = (size_t)((box.south_milli + 90000) / MILLI);
    size_t column = (size_t)((box.west_milli + 180000) / MILLI);
    size_t row_end = (size_t)((box.north_milli + 90000 + MILLI - 1) / MILLI);
    size_t column_end = (size_t)((box.east_milli + 180000 + MILLI - 1) / MILLI);
    return bench_imerg_grid(row, row_end - row, column, column_end - column);
}
