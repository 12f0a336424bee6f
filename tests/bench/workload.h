#ifndef GONG_TESTS_BENCH_WORKLOAD_H
#define GONG_TESTS_BENCH_WORKLOAD_H

#include "ingest/grid.h"
#include "ledger/map.h"

// The communes of a generated workload, "3321" or "11162", with their shapes, in the order of the
// reference's rows; read from its GeoPackage.
struct boundary_set *bench_communes(const char *count);

// Its shapes (WKB) one by one, straight from the file.
void bench_each_shape(const char *count, void (*see)(void *self, struct str shape), void *self);

// The global 0.1 degree grid of IMERG, or a part: [rows x columns] cells from the south-west corner
// of `first_row`, `first_column`.
struct grid bench_imerg_grid(size_t first_row, size_t rows, size_t first_column, size_t columns);

// The part of it that holds all communes.
struct grid bench_imerg_box(const struct boundary_set *set);

#endif
