// decode: one IMERG half-hour to readings, in process, open and close included, beside the bare
// read of the same box and the bare NetCDF library. Counted: which chunks are inflated, and what a
// step after the first allocates.
#include "core/file.h"
#include "core/mem.h"
#include "ingest/aggregate.h"
#include "ingest/box.h"
#include "ingest/cf.h"
#include "ingest/weights.h"
#include "tests/bench/bench.h"
#include "tests/bench/workload.h"

#include <string.h>

enum { FILE_BYTES_MAX = 1 << 30, CHUNK_COLUMNS = 145, CHUNKS = 3600 / CHUNK_COLUMNS + 1 };

struct decode {
    struct buf bytes;
    struct wanted_list wanted;
    struct boundary_set *set;
    struct weights *weights;
    struct aggregate *aggregate;
    int32_t *milli;
    uint16_t *cover;
    size_t inflated;
};

static void decode_ours(void *self)
{
    struct decode *decode = self;
    AUTO(frame_free) struct frame frame = {0};
    if (!cf_read_short(decode->bytes.at, decode->bytes.len, &decode->wanted, &frame,
                       &decode->inflated))
        bench_fail("decode", "the short way was not taken");
    aggregate_step(decode->aggregate, frame.value, decode->milli, decode->cover);
}

// How many columns of chunks hold a cell with a weight: what must be inflated, and no more.
static size_t chunks_with_weight(const struct weights *weights, const struct grid *grid)
{
    bool held[CHUNKS] = {false};
    size_t count = 0;
    for (size_t i = 0; i < weights->start[weights->communes]; i++) {
        double west = grid->longitude[weights->cell[i] % grid->columns];
        held[(size_t)((west + 180.05) * 10) / CHUNK_COLUMNS] = true;
    }
    for (size_t i = 0; i < CHUNKS; i++)
        count += held[i];
    return count;
}

static void bench_half_hour(struct decode *decode, const char *path)
{
    struct err err = {0};
    AUTO(frame_free) struct frame frame = {0};
    AUTO(mem_drop) char *csr = bench_data("w_3321_imerg.csr");
    BENCH_OK(cf_read(decode->bytes.at, decode->bytes.len, &decode->wanted, &frame, &err), err);
    BENCH_OK(weights_make(decode->set, &frame.grid, &decode->weights, &err), err);
    decode->aggregate = aggregate_new(decode->weights);
    decode->milli = mem_new(decode->set->count, sizeof(*decode->milli));
    decode->cover = mem_new(decode->set->count, sizeof(*decode->cover));
    struct bench_beside bench = {.name = "decode (IMERG half-hour to readings)",
                                 .unit = "ms",
                                 .reference = "bare C, raw chunks and libdeflate, box only",
                                 .program = "ncread",
                                 .args = (const char *[]){path, "Grid", "precipitation", csr, NULL},
                                 .line = "hdf5 raw chunks + libdeflate box",
                                 .unit_s = 1e-3,
                                 .rounds = 9,
                                 .times = 21,
                                 .ours = decode_ours,
                                 .self = decode,
                                 .goal = 1.3};
    bench_beside(&bench);
    bench.reference = "bare nc_get_vara of the box";
    bench.line = "netcdf-c box:";
    bench.after = " ";
    bench.goal = 0;
    bench.goal_over = 3;
    bench_beside(&bench);
    bench_count("chunks inflated for one half-hour (bound: those that hold a weighted cell)",
                "chunks", (double)decode->inflated,
                (double)chunks_with_weight(decode->weights, &frame.grid));
    aggregate_free(&decode->aggregate);
    mem_free(&decode->milli);
    mem_free(&decode->cover);
}

struct counting {
    struct aggregate *aggregate;
    int32_t *milli;
    uint16_t *cover;
    size_t steps, after_first, after_last;
};

static void count_step(void *self, const struct grid *grid, const struct grid_step *step,
                       const float *value)
{
    struct counting *counting = self;
    (void)grid;
    (void)step;
    aggregate_step(counting->aggregate, value, counting->milli, counting->cover);
    counting->after_last = bench_allocations();
    if (counting->steps++ == 0)
        counting->after_first = counting->after_last;
}

// Over an ensemble of 1,200 steps; the libraries' allocations are counted as well.
static void bench_allocations_of_steps(struct decode *decode)
{
    struct err err = {0};
    struct buf bytes = buf_new(FILE_BYTES_MAX);
    AUTO(mem_drop) char *path = bench_data("gefs_box.nc");
    struct wanted_list wanted = {
        .count = 1,
        .at = {
            {.reads = "apcp", .variable = "rain", .interval = INTERVAL_SPAN, .interval_s = 21600}}};
    AUTO(frame_free) struct frame frame = {0};
    AUTO(weights_free) struct weights *weights = NULL;
    BENCH_OK(file_read(path, &bytes, &err), err);
    BENCH_OK(cf_read(bytes.at, bytes.len, &wanted, &frame, &err), err);
    BENCH_OK(weights_make(decode->set, &frame.grid, &weights, &err), err);
    struct counting counting = {.aggregate = aggregate_new(weights)};
    counting.milli = mem_new(decode->set->count, sizeof(*counting.milli));
    counting.cover = mem_new(decode->set->count, sizeof(*counting.cover));
    struct cf_stream stream = {.see = count_step, .self = &counting, .end = SIZE_MAX};
    BENCH_OK(cf_stream(bytes.at, bytes.len, &wanted, &stream, &err), err);
    bench_count("heap allocations per step after the first, libraries included", "allocations",
                (double)(counting.after_last - counting.after_first) / (double)(counting.steps - 1),
                0);
    aggregate_free(&counting.aggregate);
    mem_free(&counting.milli);
    mem_free(&counting.cover);
    buf_free(&bytes);
}

void bench_decode(void)
{
    struct err err = {0};
    struct decode decode = {.bytes = buf_new(FILE_BYTES_MAX)};
    decode.set = bench_communes("3321");
    AUTO(mem_drop) char *path = bench_data("imerg_000.nc");
    BENCH_OK(file_read(path, &decode.bytes, &err), err);
    BENCH_OK(box_around(decode.set, &decode.wanted, &err), err);
    decode.wanted.count = 1;
    decode.wanted.at[0] = (struct wanted){.reads = "Grid/precipitation",
                                          .variable = "rain",
                                          .interval = INTERVAL_SPAN,
                                          .interval_s = 1800};
    bench_half_hour(&decode, path);
    bench_allocations_of_steps(&decode);
    weights_free(&decode.weights);
    boundary_set_free(&decode.set);
    buf_free(&decode.bytes);
}
