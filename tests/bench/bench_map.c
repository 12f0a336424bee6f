// import: communes/s of a GeoJSON file, beside parsing the same text with jansson and looking at
// every number. weights and aggregate: beside the bare programs of ../shared/bench/c, which read a
// GeoPackage and a file of weights.
#include "core/file.h"
#include "core/mem.h"
#include "ingest/aggregate.h"
#include "ingest/geojson.h"
#include "ingest/weights.h"
#include "tests/bench/bench.h"
#include "tests/bench/workload.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 26, COMMUNES_2025 = 3321, STEPS = 100 };
enum {
    LINE = 64
}; // bytes of a line of the cache: sixteen steps of one cell, as the reference has them

struct import {
    struct buf text;
    double sum;
};

static void import_ours(void *self)
{
    struct import *import = self;
    struct err err = {0};
    struct geojson_keys keys = {.code = "code", .name = "full_name"};
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(geojson_notes_free) struct geojson_notes notes = {0};
    BENCH_OK(geojson_read(buf_slice(&import->text), "communes", &keys, &set, &notes, &err), err);
    if (set->count != COMMUNES_2025)
        bench_fail("import", "communes were lost");
}

static double sum_of(const json_t *value)
{
    double sum = 0;
    size_t i;
    const char *key;
    json_t *inner;
    if (json_is_array(value)) {
        json_array_foreach(value, i, inner) sum += sum_of(inner);
    } else if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, inner) sum += sum_of(inner);
    }
    return sum + json_number_value(value);
}

static void import_theirs(void *self)
{
    struct import *import = self;
    json_error_t why;
    json_t *root = json_loadb(import->text.at, import->text.len, 0, &why);
    if (!root)
        bench_fail("jansson", why.text);
    import->sum += sum_of(root);
    json_decref(root);
}

static void bench_import(void)
{
    AUTO(mem_drop) char *path = bench_shared("boundaries/communes_2025_simplified.geojson");
    struct import import = {.text = buf_new(FILE_BYTES_MAX)};
    struct err err = {0};
    BENCH_OK(file_read(path, &import.text, &err), err);
    struct bench bench = {.name = "import",
                          .unit = "communes/s",
                          .reference = "jansson parse and walk of the same file",
                          .per_round = COMMUNES_2025,
                          .rounds = 5,
                          .ours = import_ours,
                          .theirs = import_theirs,
                          .self = &import};
    bench_run(&bench);
    buf_free(&import.text);
}

struct zonal {
    const char *count;
    struct boundary_set *set;
    struct grid grid;
    struct weights *weights;
    struct aggregate *aggregate;
    float *value;
    float *mean;
    int32_t *milli;
    uint16_t *cover;
};

static void weigh(void *self, struct str shape)
{
    if (!weights_maker_add(self, shape))
        bench_fail("weights", "a shape is damaged");
}

// From the GeoPackage on, as the reference does; the SHA-256 that names the weights included.
static void weights_ours(void *self)
{
    struct zonal *zonal = self;
    AUTO(weights_maker_free)
    struct weights_maker *maker = weights_maker_new(&zonal->grid, zonal->set->count);
    weights_free(&zonal->weights);
    bench_each_shape(zonal->count, weigh, maker);
    zonal->weights = weights_maker_end(maker);
}

static void aggregate_ours(void *self)
{
    struct zonal *zonal = self;
    for (int i = 0; i < STEPS; i++)
        aggregate_step(zonal->aggregate, zonal->value, zonal->milli, zonal->cover);
}

static void product_ours(void *self)
{
    struct zonal *zonal = self;
    for (int i = 0; i < STEPS; i++)
        aggregate_mean(zonal->aggregate, zonal->value, zonal->mean);
}

static void product_many_ours(void *self)
{
    struct zonal *zonal = self;
    for (int i = 0; i < STEPS / 10; i++)
        aggregate_mean_many(zonal->aggregate, zonal->value, zonal->mean);
}

static void many_ours(void *self)
{
    struct zonal *zonal = self;
    for (int i = 0; i < STEPS / 10; i++)
        aggregate_many(zonal->aggregate, zonal->value, zonal->milli, zonal->cover);
}

// The bare product has goals; aggregate is what gong does with it: missing cells, coverage, whole
// thousandths.
static void bench_product(struct zonal *zonal, const char *csr)
{
    static const struct {
        const char *what, *reference, *line;
        void (*ours)(void *self);
        double per_run, goal;
    } rows[] = {
        {"product (%s, one step)", "bare C, rows sorted by length",
         "spmv one step double acc, rows sorted by length", product_ours, STEPS, 1.1},
        {"product (%s, a step of 16 interleaved)", "bare C, 16 interleaved",
         "spmv 16 interleaved steps double acc", product_many_ours, STEPS / 10 * AGGREGATE_MANY,
         1.3},
        {"aggregate (%s, one step to readings)", "bare C, missing cells left out",
         "spmv one step double acc + missing", aggregate_ours, STEPS, 0},
        {"aggregate (%s, a step of 16 to readings)", "bare C, 16 interleaved, product only",
         "spmv 16 interleaved steps double acc", many_ours, STEPS / 10 * AGGREGATE_MANY, 0},
    };
    zonal->aggregate = aggregate_new(zonal->weights);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf_free) struct buf name = buf_new(100);
        const char *mark = strstr(rows[i].what, "%s");
        buf_print(&name, "%.*s%s%s", (int)(mark - rows[i].what), rows[i].what, zonal->count,
                  mark + 2);
        bench_beside(&(struct bench_beside){.name = name.at,
                                            .unit = "us",
                                            .reference = rows[i].reference,
                                            .program = "spmv",
                                            .args = (const char *[]){csr, NULL},
                                            .line = rows[i].line,
                                            .unit_s = 1e-6,
                                            .per_run = rows[i].per_run,
                                            .rounds = 5,
                                            .times = 9,
                                            .ours = rows[i].ours,
                                            .self = zonal,
                                            .goal = rows[i].goal});
    }
    aggregate_free(&zonal->aggregate);
}

static void bench_zonal(const char *count)
{
    char table[32], weights_name[64], csr[32], package_name[48];
    struct zonal zonal = {.count = count, .set = bench_communes(count)};
    zonal.grid = bench_imerg_box(zonal.set);
    size_t cells = zonal.grid.rows * zonal.grid.columns;
    AUTO(mem_drop) char *value = mem_new(cells * AGGREGATE_MANY * sizeof(*zonal.value) + LINE, 1);
    AUTO(mem_drop) char *mean = mem_new(zonal.set->count * LINE + LINE, 1);
    zonal.value = (float *)(void *)(value + LINE - (uintptr_t)value % LINE);
    zonal.mean = (float *)(void *)(mean + LINE - (uintptr_t)mean % LINE);
    zonal.milli = mem_new(zonal.set->count * AGGREGATE_MANY, sizeof(*zonal.milli));
    zonal.cover = mem_new(zonal.set->count * AGGREGATE_MANY, sizeof(*zonal.cover));
    for (size_t i = 0; i < cells * AGGREGATE_MANY;
         i++) // one cell in eleven is wet, as in the workload
        zonal.value[i] = i % 11 ? 0 : (float)(i % 97) / 10;
    (void)snprintf(table, sizeof(table), "communes_%s", count);
    (void)snprintf(csr, sizeof(csr), "w_%s_imerg.csr", count);
    (void)snprintf(weights_name, sizeof(weights_name), "weights (%s communes)", count);
    (void)snprintf(package_name, sizeof(package_name), "communes_%s.gpkg", count);
    AUTO(mem_drop) char *package = bench_data(package_name);
    AUTO(mem_drop) char *csr_path = bench_data(csr);
    bench_beside(&(struct bench_beside){.name = weights_name,
                                        .unit = "ms",
                                        .reference = "bare C, GeoPackage read included",
                                        .program = "weights",
                                        .args = (const char *[]){package, table, "imerg", NULL},
                                        .line = "weights",
                                        .unit_s = 1e-3,
                                        .rounds = 7,
                                        .times = 5,
                                        .ours = weights_ours,
                                        .self = &zonal,
                                        .goal = 1.3});
    bench_product(&zonal, csr_path);
    mem_free(&zonal.milli);
    mem_free(&zonal.cover);
    weights_free(&zonal.weights);
    grid_free(&zonal.grid);
    boundary_set_free(&zonal.set);
}

void bench_map(void)
{
    bench_import();
    bench_zonal("3321");
    bench_zonal("11162");
}
