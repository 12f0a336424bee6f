#include "tests/bench/past_series.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/seriesfile.h"
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

char *bench_series(const char *name, size_t communes, size_t days)
{
    enum { CODE = 24 };
    struct err err = {0};
    AUTO(mem_drop) char *from = bench_data("series_daily_11162.f32");
    char *path = file_join(bench_folder(), name);
    struct seriesfile_writer *writer = NULL;
    struct series_place *place = mem_new(communes, sizeof(*place));
    char *code = mem_new(communes, CODE);
    int32_t *value = mem_new(communes, sizeof(*value));
    int fd = open(from, O_RDONLY);
    float *all =
        mmap(NULL, sizeof(float) * BENCH_DAYS * BENCH_COMMUNES, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd < 0 || all == MAP_FAILED)
        bench_fail(from, "cannot be mapped");
    for (size_t c = 0; c < communes; c++) {
        (void)snprintf(code + CODE * c, CODE, "%05zu", c);
        place[c] = (struct series_place){code + CODE * c, code + CODE * c, "", NAN, NAN};
    }
    struct seriesfile_head head = {.variable = "rain",
                                   .source = "bench",
                                   .boundary_set = "bench",
                                   .origin = "a benchmark",
                                   .place = place,
                                   .places = communes};
    BENCH_OK(seriesfile_create(path, &head, &writer, &err), err);
    for (size_t d = 0; d < days; d++) {
        for (size_t c = 0; c < communes; c++)
            value[c] =
                (int32_t)lrint(1000.0 * (double)all[d * BENCH_COMMUNES + c % BENCH_COMMUNES]);
        int64_t day = date_days(2001, 1, 1) + (int64_t)d;
        struct span span = {{day * DAY_S}, {(day + 1) * DAY_S}};
        BENCH_OK(seriesfile_append(writer, span, value, NULL, &err), err);
    }
    BENCH_OK(seriesfile_finish(&writer, &err), err);
    (void)munmap(all, sizeof(float) * BENCH_DAYS * BENCH_COMMUNES);
    (void)close(fd);
    mem_free(&place);
    mem_free(&code);
    mem_free(&value);
    return path;
}
