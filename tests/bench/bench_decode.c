// decode: one IMERG half-hour, open and close included, cut to the communes' box, beside the bare
// read of the same box out of raw chunks.
#include "core/file.h"
#include "core/mem.h"
#include "ingest/box.h"
#include "ingest/cf.h"
#include "tests/bench/bench.h"
#include "tests/bench/workload.h"

#include <string.h>

enum { FILE_BYTES_MAX = 1 << 24 };

struct decode {
    struct buf bytes;
    struct wanted_list wanted;
};

static void decode_ours(void *self)
{
    struct decode *decode = self;
    struct err err = {0};
    AUTO(frame_free) struct frame frame = {0};
    BENCH_OK(cf_read(decode->bytes.at, decode->bytes.len, &decode->wanted, &frame, &err), err);
}

void bench_decode(void)
{
    struct err err = {0};
    struct decode decode = {.bytes = buf_new(FILE_BYTES_MAX)};
    AUTO(boundary_set_free) struct boundary_set *set = bench_communes("3321");
    AUTO(mem_drop) char *path = bench_data("imerg_000.nc");
    AUTO(mem_drop) char *csr = bench_data("w_3321_imerg.csr");
    BENCH_OK(file_read(path, &decode.bytes, &err), err);
    BENCH_OK(box_around(set, &decode.wanted, &err), err);
    decode.wanted.count = 1;
    decode.wanted.at[0] = (struct wanted){.reads = "Grid/precipitation",
                                          .variable = "rain",
                                          .interval = INTERVAL_SPAN,
                                          .interval_s = 1800};
    bench_beside(
        &(struct bench_beside){.name = "decode (IMERG half-hour, box)",
                               .unit = "ms",
                               .reference = "bare C, raw chunks and libdeflate",
                               .program = "ncread",
                               .args = (const char *[]){path, "Grid", "precipitation", csr, NULL},
                               .line = "hdf5 raw chunks + libdeflate box",
                               .unit_s = 1e-3,
                               .rounds = 5,
                               .times = 9,
                               .ours = decode_ours,
                               .self = &decode,
                               .goal = 1.3});
    buf_free(&decode.bytes);
}
