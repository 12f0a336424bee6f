// Whole archives to readings of 11,162 communes, in process, beside the bare loops: 25 years of
// days (9,131 fields), and an ensemble of 30 members x 40 steps. Two at once are two processes,
// each with its half of the times.
#include "core/mem.h"
#include "ingest/aggregate.h"
#include "ingest/cf.h"
#include "ingest/weights.h"
#include "tests/bench/bench.h"
#include "tests/bench/workload.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct bulk {
    void *bytes;
    size_t size, communes;
    struct wanted_list wanted;
    struct aggregate *aggregate;
    int32_t *milli;  // [steps x communes], shared with the other process
    uint16_t *cover; // [communes]
    size_t times, members;
    size_t at; // the next step of this process
};

static void take(void *self, const struct grid *grid, const struct grid_step *step,
                 const float *value)
{
    struct bulk *bulk = self;
    (void)grid;
    (void)step;
    aggregate_step(bulk->aggregate, value, bulk->milli + bulk->at++ * bulk->communes, bulk->cover);
}

static void take_part(struct bulk *bulk, size_t first, size_t end)
{
    struct err err = {0};
    struct cf_stream stream = {.see = take, .self = bulk, .first = first, .end = end};
    bulk->at = first * bulk->members;
    BENCH_OK(cf_stream(bulk->bytes, bulk->size, &bulk->wanted, &stream, &err), err);
    if (bulk->at != end * bulk->members)
        bench_fail("bulk", "steps were lost");
}

static void one_process(void *self)
{
    struct bulk *bulk = self;
    take_part(bulk, 0, bulk->times);
}

static void two_processes(void *self)
{
    struct bulk *bulk = self;
    int status = 0;
    pid_t child = fork();
    take_part(bulk, child ? 0 : bulk->times / 2, child ? bulk->times / 2 : bulk->times);
    if (child == 0)
        _exit(0);
    if (waitpid(child, &status, 0) != child || status != 0)
        bench_fail("bulk", "the second process did not end well");
}

static const struct archive {
    const char *name, *file, *reads, *csr;
    int64_t interval_s;
    size_t times, members;
    int rounds;
    double two_goal; // of two processes; 0: none was set
} archives[] = {
    {"25 years daily x 11,162", "chirps25_box.nc", "precip", "w_11162_chirps.csr", 86400, 9131, 1,
     3, 0.6},
    {"30 members x 40 steps x 11,162", "gefs_box.nc", "apcp", "w_11162_gefs.csr", 21600, 40, 30, 5,
     0},
};

static void map_file(const char *path, struct bulk *bulk)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0)
        bench_fail(path, "cannot open");
    bulk->size = (size_t)info.st_size;
    bulk->bytes = mmap(NULL, bulk->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    if (bulk->bytes == MAP_FAILED)
        bench_fail(path, "cannot map");
}

static void find_grid(void *self, const struct grid *grid, const struct grid_step *step,
                      const float *value)
{
    struct grid *out = self;
    (void)step;
    (void)value;
    if (out->rows) // the next member of the same time
        return;
    out->rows = grid->rows;
    out->columns = grid->columns;
    out->latitude = mem_new(grid->rows + 1, sizeof(double));
    out->longitude = mem_new(grid->columns + 1, sizeof(double));
    memcpy(out->latitude, grid->latitude, (grid->rows + 1) * sizeof(double));
    memcpy(out->longitude, grid->longitude, (grid->columns + 1) * sizeof(double));
}

static void print_lines(const struct archive *archive, struct bulk *bulk, const char *path)
{
    AUTO(mem_drop) char *csr = bench_data(archive->csr);
    AUTO(buf_free) struct buf name = buf_new(200);
    buf_print(&name, "bulk (%s, one process)", archive->name);
    bench_beside(
        &(struct bench_beside){.name = name.at,
                               .unit = "s cpu",
                               .reference = "bare C, raw chunks, libdeflate and product, 1 thread",
                               .program = "ingest",
                               .args = (const char *[]){path, archive->reads, csr, NULL},
                               .line = "ingest raw chunks + libdeflate + spmv 1 thread",
                               .after = "(cpu ",
                               .unit_s = 1,
                               .rounds = archive->rounds,
                               .times = 1,
                               .ours = one_process,
                               .self = bulk,
                               .goal = 1.15});
    buf_clear(&name);
    buf_print(&name, "bulk (%s, two processes, wall)", archive->name);
    bench_run(&(struct bench){.name = name.at,
                              .unit = "steps/s",
                              .reference = "one process",
                              .per_round = (double)(archive->times * archive->members),
                              .rounds = archive->rounds,
                              .ours = two_processes,
                              .theirs = one_process,
                              .self = bulk,
                              .goal = archive->two_goal});
}

static void bench_archive(const struct archive *archive, const struct boundary_set *set)
{
    struct err err = {0};
    struct bulk bulk = {
        .communes = set->count, .times = archive->times, .members = archive->members};
    AUTO(mem_drop) char *path = bench_data(archive->file);
    AUTO(grid_free) struct grid grid = {0};
    AUTO(weights_free) struct weights *weights = NULL;
    struct cf_stream look = {.see = find_grid, .self = &grid, .end = 1};
    map_file(path, &bulk);
    bulk.wanted.count = 1;
    bulk.wanted.at[0] = (struct wanted){
        .variable = "rain", .interval = INTERVAL_SPAN, .interval_s = archive->interval_s};
    memcpy(bulk.wanted.at[0].reads, archive->reads, strlen(archive->reads) + 1);
    BENCH_OK(cf_stream(bulk.bytes, bulk.size, &bulk.wanted, &look, &err), err);
    BENCH_OK(weights_make(set, &grid, &weights, &err), err);
    bulk.aggregate = aggregate_new(weights);
    bulk.cover = mem_new(set->count, sizeof(*bulk.cover));
    size_t bytes = archive->times * archive->members * set->count * sizeof(int32_t);
    bulk.milli = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (bulk.milli == MAP_FAILED)
        bench_fail(archive->name, "no memory for the readings");
    print_lines(archive, &bulk, path);
    (void)munmap(bulk.milli, bytes);
    (void)munmap(bulk.bytes, bulk.size);
    aggregate_free(&bulk.aggregate);
    mem_free(&bulk.cover);
}

void bench_bulk(void)
{
    AUTO(boundary_set_free) struct boundary_set *set = bench_communes("11162");
    for (size_t i = 0; i < COUNT_OF(archives); i++)
        bench_archive(&archives[i], set);
}
