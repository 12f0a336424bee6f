// Ten thousand damaged NetCDF files of four formats, each read by a confined child of its own: the
// parent lives, every verdict is a frame or a refusal within its limits, and what still reads but
// is another is told by its checksum, or doubted by the checks of quality. One file in twenty goes
// through gong-decode itself as well, and must come to the same end; starting that program is most
// of what it costs, so the others are read by a fork that does what it does.
//
//   GONG_SEED=N GONG_MUTATIONS=N   other files, more of them
#include "ingest/cf.h"
#include "ingest/confine.h"
#include "ingest/decode.h"
#include "ingest/proof.h"
#include "ingest/quality.h"

#include "core/file.h"
#include "core/hash.h"
#include "core/proc.h"
#include "core/site.h"
#include "core/units.h"
#include "tests/check.h"
#include "tests/ingest/decoded.h"
#include "tests/ingest/mutate.h"

#include <netcdf.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MUTATIONS = 10000,
    MUTATIONS_UNCONFINED = 200, // sanitized children are slow, and not what is shipped
    WORKERS = 2,
    FORMATS = 4,
    STEPS = 2,
    SIDE = 12,
    REGION = 100, // of the file in IMERG's layout
    BYTES_MAX = 4 << 20,
    VERDICT_CPU_S = 5, // of gong-decode, as it is shipped
    TRIES_MAX = 5,
    CPU_FORKED_S = 1, // the endless loops of the library are ended sooner: there are some
    MIB_MAX = 512,
    EACH = 20, // goes through gong-decode as well
};
enum { FORK_REFUSED = 3 };

static char folder[] = "/tmp/gong-test-XXXXXX";
static char *program;

static const struct {
    const char *name;
    int mode;
} formats[FORMATS] = {
    {"classic", 0},
    {"CDF-2", NC_64BIT_OFFSET},
    {"CDF-5", NC_64BIT_DATA},
    {"NetCDF-4", NC_NETCDF4},
};

static struct wanted_list wanted(bool grouped)
{
    struct wanted_list list = {
        .count = 1,
        .cdf5 = true,
        .at = {{.variable = "rain", .interval = INTERVAL_SPAN, .interval_s = 1800}},
    };
    (void)snprintf(list.at[0].reads, sizeof(list.at[0].reads), "%s",
                   grouped ? "Grid/precipitation" : "precipitation");
    return list;
}

#define NC(call) CHECK_INT((call), NC_NOERR)

static void put_axis(int file, int dim, size_t count, const char *name, const char *units,
                     double first, double step)
{
    int var;
    double at[REGION];
    for (size_t i = 0; i < count; i++)
        at[i] = first + step * (double)i;
    NC(nc_redef(file));
    NC(nc_def_var(file, name, NC_DOUBLE, 1, &dim, &var));
    NC(nc_put_att_text(file, var, "units", strlen(units), units));
    NC(nc_enddef(file));
    NC(nc_put_var_double(file, var, at));
}

// What the good files are like: each format has one of each.
enum shape {
    PLAIN,  // two half-hours, a shower that moves
    PACKED, // the same in 16 bits
    IMERG, // as IMERG lays it out: longitude first, half-hours of a region, other fields beside it;
           // in NetCDF-4 in a group and in chunks
    CURVED, // latitudes and longitudes for each cell with their corners, and time bounds
    SHAPES
};

// A shower: mm/hr in tenths, over rows and columns.
static float shower(size_t step, size_t row, size_t column)
{
    double from = 4.0 + 2.0 * (double)step;
    double apart = hypot((double)row - from, (double)column - from);
    return (float)round(fmax(0, 20 - 3 * apart) / 0.1 + 0.2 * (double)row);
}

static struct buf end(int file)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    NC(nc_close(file));
    struct buf bytes = buf_new(BYTES_MAX);
    CHECK_OK(file_read(path, &bytes, &err), err);
    return bytes;
}

static int add_field(int file, const char *name, nc_type type, const int *dims, bool is_hdf)
{
    int var;
    NC(nc_def_var(file, name, type, 3, dims, &var));
    NC(nc_put_att_text(file, var, "units", 5, "mm/hr"));
    if (is_hdf) {
        NC(nc_def_var_deflate(file, var, 1, 1, 4));
        NC(nc_def_var_fletcher32(file, var, NC_FLETCHER32));
    }
    return var;
}

static struct buf make_plain(int mode, bool packed)
{
    int file, dims[3], var;
    static const float factor = 0.1F;
    float field[STEPS * SIDE * SIDE];
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    for (size_t i = 0; i < COUNT_OF(field); i++)
        field[i] = shower(i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE) * (packed ? 1 : factor);
    NC(nc_create(path, mode | NC_CLOBBER, &file));
    NC(nc_def_dim(file, "time", STEPS, &dims[0]));
    NC(nc_def_dim(file, "lat", SIDE, &dims[1]));
    NC(nc_def_dim(file, "lon", SIDE, &dims[2]));
    var = add_field(file, "precipitation", packed ? NC_SHORT : NC_FLOAT, dims, mode == NC_NETCDF4);
    if (packed)
        NC(nc_put_att_float(file, var, "scale_factor", NC_FLOAT, 1, &factor));
    NC(nc_enddef(file));
    NC(nc_put_var_float(file, var, field));
    put_axis(file, dims[0], STEPS, "time", "hours since 2024-09-07", 0, 0.5);
    put_axis(file, dims[1], SIDE, "lat", "degrees_north", 21, 0.1);
    put_axis(file, dims[2], SIDE, "lon", "degrees_east", 105, 0.1);
    return end(file);
}

static struct buf make_imerg(int mode)
{
    static const char *const beside[] = {"randomError", "precipitationQualityIndex"};
    static const size_t chunks[] = {1, REGION / 2, REGION};
    int root, file, dims[3], var;
    static float field[REGION * REGION];
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    NC(nc_create(path, mode | NC_CLOBBER, &root));
    file = root;
    if (mode == NC_NETCDF4)
        NC(nc_def_grp(root, "Grid", &file));
    NC(nc_def_dim(file, "time", 1, &dims[0]));
    NC(nc_def_dim(file, "lon", REGION, &dims[1]));
    NC(nc_def_dim(file, "lat", REGION, &dims[2]));
    for (size_t i = 0; i < COUNT_OF(field); i++)
        field[i] = shower(i % 3, i % REGION, i / REGION) * 0.1F;
    for (size_t v = 0; v <= COUNT_OF(beside); v++) {
        var = add_field(file, v ? beside[v - 1] : "precipitation", NC_FLOAT, dims, false);
        if (mode == NC_NETCDF4) {
            NC(nc_def_var_chunking(file, var, NC_CHUNKED, chunks));
            NC(nc_def_var_deflate(file, var, 1, 1, 4));
        }
        NC(nc_enddef(root));
        NC(nc_put_var_float(file, var, field));
        NC(nc_redef(root));
    }
    NC(nc_enddef(root));
    put_axis(file, dims[0], 1, "time", "seconds since 2024-09-07", 0, 1);
    put_axis(file, dims[1], REGION, "lon", "degrees_east", 102, 0.1);
    put_axis(file, dims[2], REGION, "lat", "degrees_north", 8, 0.1);
    return end(root);
}

// Places of a grid that is turned a little, their corners, or (`corner` -1) their centres.
static double curved(size_t cell, int corner, bool north)
{
    double row = (double)(cell / SIDE), column = (double)(cell % SIDE);
    if (corner >= 0) {
        row += corner >= 2 ? 0.5 : -0.5;
        column += corner == 1 || corner == 2 ? 0.5 : -0.5;
    }
    return north ? 20 + 0.1 * row + 0.02 * column : 105 + 0.1 * column - 0.02 * row;
}

static struct buf make_curved(int mode)
{
    static const char *const names[] = {"lon", "lat"}, *const units[] = {"degrees_east",
                                                                         "degrees_north"};
    static const char *const bounds[] = {"lon_bnds", "lat_bnds"};
    int file, dims[5], var;
    double centre[SIDE * SIDE], corner[SIDE * SIDE * 4];
    float field[STEPS * SIDE * SIDE];
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    NC(nc_create(path, mode | NC_CLOBBER, &file));
    NC(nc_def_dim(file, "time", STEPS, &dims[0]));
    NC(nc_def_dim(file, "y", SIDE, &dims[1]));
    NC(nc_def_dim(file, "x", SIDE, &dims[2]));
    NC(nc_def_dim(file, "nv", 4, &dims[3]));
    for (size_t axis = 0; axis < 2; axis++) {
        for (size_t i = 0; i < COUNT_OF(corner); i++)
            corner[i] = curved(i / 4, (int)(i % 4), axis == 1);
        for (size_t i = 0; i < COUNT_OF(centre); i++)
            centre[i] = curved(i, -1, axis == 1);
        NC(nc_def_var(file, names[axis], NC_DOUBLE, 2, dims + 1, &var));
        NC(nc_put_att_text(file, var, "units", strlen(units[axis]), units[axis]));
        NC(nc_put_att_text(file, var, "bounds", strlen(bounds[axis]), bounds[axis]));
        NC(nc_enddef(file));
        NC(nc_put_var_double(file, var, centre));
        NC(nc_redef(file));
        NC(nc_def_var(file, bounds[axis], NC_DOUBLE, 3, dims + 1, &var));
        NC(nc_enddef(file));
        NC(nc_put_var_double(file, var, corner));
        NC(nc_redef(file));
    }
    for (size_t i = 0; i < COUNT_OF(field); i++)
        field[i] = shower(i / (SIDE * SIDE), i / SIDE % SIDE, i % SIDE) * 0.1F;
    var = add_field(file, "precipitation", NC_FLOAT, dims, mode == NC_NETCDF4);
    NC(nc_put_att_text(file, var, "coordinates", 7, "lat lon"));
    NC(nc_enddef(file));
    NC(nc_put_var_float(file, var, field));
    put_axis(file, dims[0], STEPS, "time", "hours since 2024-09-07", 0, 0.5);
    return end(file);
}

static struct buf make(int mode, enum shape shape)
{
    switch (shape) {
    case IMERG:
        return make_imerg(mode);
    case CURVED:
        return make_curved(mode);
    case PLAIN:
    case PACKED:
    case SHAPES:
        break;
    }
    return make_plain(mode, shape == PACKED);
}

// What a site has that says nothing else.
static int64_t shipped(const char *name)
{
    size_t i = 0;
    while (strcmp(site_settings[i].name, name) != 0)
        i++;
    return strtoll(site_settings[i].standard, NULL, 10);
}

// A good file, and what is to be read of it.
struct good {
    struct buf bytes;
    struct frame meant;
    struct wanted_list list;
    char sum[HASH_SIZE * 2 + 10]; // as its provider's checksum file says it
    bool is_hdf;
};

// What became of the files of one format.
struct counts {
    int64_t files, refused, crashed, ended, same, other, told, flagged, twice;
    int64_t cpu_ms_max, rss_kib_max;
};

// --- the child that is forked
// -------------------------------------------------------------------

static _Noreturn void be_decoder(struct buf *bytes, const struct wanted_list *list, int out_fd)
{
    struct err err = {0};
    struct rlimit memory = {(rlim_t)MIB_MAX << 20, (rlim_t)MIB_MAX << 20};
    struct rlimit time = {CPU_FORKED_S, CPU_FORKED_S};
    AUTO(frame_free) struct frame frame = {0};
    AUTO(buf_free) struct buf out = buf_new(BYTES_MAX);
    static const int told[] = {SIGXCPU, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < COUNT_OF(told); i++) // cmocka has handlers for some
        (void)signal(told[i], SIG_DFL);
    if (confine_is_possible() && setrlimit(RLIMIT_AS, &memory) != 0)
        _exit(EXIT_BROKEN);
    if (setrlimit(RLIMIT_CPU, &time) != 0 || confine_process(NULL, &err))
        _exit(EXIT_BROKEN);
    if (cf_read(bytes->at, bytes->len, list, &frame, &err))
        _exit(FORK_REFUSED);
    frame_write(&frame, &out);
    _exit(out.full || write(out_fd, out.at, out.len) != (ssize_t)out.len ? EXIT_BROKEN : EXIT_YES);
}

static void see(const struct rusage *used, struct counts *counts)
{
    int64_t cpu_ms = (used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000 +
                     (used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1000;
    int64_t kib = used->ru_maxrss;
    counts->cpu_ms_max = cpu_ms > counts->cpu_ms_max ? cpu_ms : counts->cpu_ms_max;
    counts->rss_kib_max = kib > counts->rss_kib_max ? kib : counts->rss_kib_max;
}

// The verdict of a fork: OK with a frame, or ERR_INPUT.
static enum err_kind read_forked(struct buf *bytes, const struct wanted_list *list,
                                 struct frame *frame, struct counts *counts)
{
    static char block[1 << 16];
    int two[2], status = 0;
    struct err err = {0};
    struct rusage used;
    AUTO(buf_free) struct buf out = buf_new(BYTES_MAX);
    CHECK_INT(pipe(two), 0);
    pid_t child = fork();
    if (child == 0)
        be_decoder(bytes, list, two[1]);
    CHECK(child > 0);
    (void)close(two[1]);
    for (ssize_t got; (got = read(two[0], block, sizeof(block))) > 0;)
        buf_add(&out, block, (size_t)got);
    (void)close(two[0]);
    CHECK_INT(wait4(child, &status, 0, &used), child);
    see(&used, counts);
    if (WIFSIGNALED(status)) {
        bool late = WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL;
        *(late ? &counts->ended : &counts->crashed) += 1;
        return ERR_INPUT;
    }
    CHECK(WEXITSTATUS(status) == EXIT_YES || WEXITSTATUS(status) == FORK_REFUSED);
    if (WEXITSTATUS(status) == FORK_REFUSED)
        return ERR_INPUT;
    CHECK_OK(frame_read(buf_slice(&out), frame, &err), err);
    return OK;
}

// --- verdicts
// -----------------------------------------------------------------------------------

static bool is_flagged(const struct frame *frame)
{
    size_t count = frame->count * frame->grid.rows * frame->grid.columns;
    AUTO(mem_drop) uint8_t *flag = mem_new(count, 1);
    quality_of(frame, NULL, flag);
    for (size_t i = 0; i < count; i++) {
        if (flag[i])
            return true;
    }
    return false;
}

static bool is_same(const struct frame *a, const struct frame *b)
{
    AUTO(buf_free) struct buf one = buf_new(BYTES_MAX), two = buf_new(BYTES_MAX);
    frame_write(a, &one);
    frame_write(b, &two);
    return str_same(buf_slice(&one), buf_slice(&two));
}

// gong-decode says the same of the file as the fork did, with a sentence when it refuses.
static void ask_program(struct decoder *decoder, const struct buf *bytes,
                        const struct wanted_list *list, const struct frame *forked)
{
    struct err err = {0};
    AUTO(frame_free) struct frame frame = {0};
    enum err_kind kind = ERR_LATER; // a machine that stood still is no verdict
    for (int tries = 0; kind == ERR_LATER && tries < TRIES_MAX; tries++)
        kind = decode_with(decoder, buf_slice(bytes), list, &frame, &err);
    CHECK(kind == OK || kind == ERR_INPUT);
    if (kind && (strstr(err.text, "crashed (signal") || strstr(err.text, "needed more than")))
        return;
    CHECK_INT(kind == OK, forked->value != NULL);
    CHECK(kind == OK ? is_same(&frame, forked) : err.text[0] && !strchr(err.text, '\n'));
}

// What fetching asks before bytes are kept: whether they are those that the provider's sum is of.
static bool sum_says(const struct good *good, const struct buf *bytes)
{
    struct err err = {0};
    struct sum sum = {.size = 0};
    char path[40];
    AUTO(sealed_close) int fd = -1;
    CHECK_OK(sealed_new(&fd, &err), err);
    CHECK_INT(write(fd, bytes->at, bytes->len), (ssize_t)bytes->len);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    CHECK_OK(sum_of_file(SUM_SHA256, path, &sum, &err), err);
    return proof_sum_says(str_of(good->sum), "https://x.example/x.nc", &sum);
}

static void try_one(const struct good *good, struct decoder *decoder, uint64_t seed,
                    struct counts *counts)
{
    AUTO(frame_free) struct frame frame = {0};
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    buf_add(&bytes, good->bytes.at, good->bytes.len);
    mutate(&bytes, good->is_hdf, seed);
    int64_t killed = counts->ended + counts->crashed;
    enum err_kind kind = read_forked(&bytes, &good->list, &frame, counts);
    counts->files++;
    // A child that crashed or was ended gave no verdict to compare: the library read what is not
    // its own, which is something else in another process, and gong-decode has more time.
    if (counts->files % EACH == 0 && counts->ended + counts->crashed == killed) {
        ask_program(decoder, &bytes, &good->list, &frame);
        counts->twice++;
    }
    if (kind) {
        counts->refused++;
    } else if (is_same(&frame, &good->meant)) {
        counts->same++;
    } else {
        counts->other++;
        counts->told += sum_says(good, &bytes) ? 0 : 1;
        counts->flagged += is_flagged(&frame) ? 1 : 0;
    }
}

static void make_good(size_t format, enum shape shape, struct good *out)
{
    out->is_hdf = formats[format].mode == NC_NETCDF4;
    out->bytes = make(formats[format].mode, shape);
    out->list = wanted(shape == IMERG && out->is_hdf);
    (void)snprintf(out->sum, sizeof(out->sum), "%s  x.nc\n",
                   hash_hex(hash_of(buf_slice(&out->bytes))).at);
}

static void work(size_t worker, size_t total, uint64_t seed, struct counts *counts)
{
    struct err err = {0};
    static struct good good[FORMATS * SHAPES];
    double scale, offset;
    struct decode_limits limits = {
        .mib_max = shipped("decode_mib_max"), .cpu_s = shipped("decode_cpu_s"), .program = program};
    AUTO(decoder_free) struct decoder *decoder = decoder_new(&limits);
    CHECK_OK(units_convert("furlong", "m", &scale, &offset, &err),
             err); // all units, as gong-decode
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        ROW(formats[i / SHAPES].name);
        make_good(i / SHAPES, (enum shape)(i % SHAPES), &good[i]);
        CHECK_INT(read_forked(&good[i].bytes, &good[i].list, &good[i].meant, &counts[i / SHAPES]),
                  OK);
        ask_program(decoder, &good[i].bytes, &good[i].list, &good[i].meant);
        CHECK(sum_says(&good[i], &good[i].bytes));
        CHECK(!is_flagged(&good[i].meant)); // the weather itself is not doubted
    }
    for (size_t i = worker; i < total; i += WORKERS) {
        size_t which = i / WORKERS % COUNT_OF(good);
        ROW(formats[which / SHAPES].name);
        try_one(&good[which], decoder, seed + i, &counts[which / SHAPES]);
    }
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        buf_free(&good[i].bytes);
        frame_free(&good[i].meant);
    }
}

static void add(const struct counts *from, struct counts *to)
{
    to->files += from->files;
    to->refused += from->refused;
    to->crashed += from->crashed;
    to->ended += from->ended;
    to->twice += from->twice;
    to->same += from->same;
    to->other += from->other;
    to->told += from->told;
    to->flagged += from->flagged;
    to->cpu_ms_max = from->cpu_ms_max > to->cpu_ms_max ? from->cpu_ms_max : to->cpu_ms_max;
    to->rss_kib_max = from->rss_kib_max > to->rss_kib_max ? from->rss_kib_max : to->rss_kib_max;
}

static void print(const char *name, const struct counts *counts)
{
    (void)printf(
        "# %s: %lld files: %lld refused (of them %lld crashed the child, %lld ran too "
        "long), %lld read as the original, %lld read as another (%lld told by the "
        "provider's checksum, %lld flagged); at most %lld ms, %lld MiB; %lld asked twice\n",
        name, (long long)counts->files, (long long)counts->refused, (long long)counts->crashed,
        (long long)counts->ended, (long long)counts->same, (long long)counts->other,
        (long long)counts->told, (long long)counts->flagged, (long long)counts->cpu_ms_max,
        (long long)counts->rss_kib_max / 1024, (long long)counts->twice);
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_mutated(void **state)
{
    (void)state;
    uint64_t seed = number_of("GONG_SEED", 20251125);
    size_t total =
        number_of("GONG_MUTATIONS", confine_is_possible() ? MUTATIONS : MUTATIONS_UNCONFINED);
    struct counts counts[FORMATS] = {{.files = 0}}, all = {.files = 0};
    int pipes[WORKERS][2];
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    (void)fflush(stdout);
    for (size_t w = 0; w < WORKERS; w++) {
        CHECK_INT(pipe(pipes[w]), 0);
        if (fork() == 0) {
            struct counts mine[FORMATS] = {{.files = 0}};
            folder[strlen(folder) - 1] = (char)('a' + w);
            (void)mkdtemp(strcpy(folder, "/tmp/gong-test-XXXXXX"));
            work(w, total, seed, mine);
            AUTO(mem_drop) char *path = file_join(folder, "x.nc");
            (void)unlink(path);
            (void)rmdir(folder);
            _exit(write(pipes[w][1], mine, sizeof(mine)) == sizeof(mine) ? 0 : 1);
        }
        (void)close(pipes[w][1]);
    }
    for (size_t w = 0; w < WORKERS; w++) {
        struct counts theirs[FORMATS];
        int status;
        CHECK_INT(read(pipes[w][0], theirs, sizeof(theirs)), sizeof(theirs));
        CHECK(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
        (void)close(pipes[w][0]);
        for (size_t f = 0; f < FORMATS; f++)
            add(&theirs[f], &counts[f]);
    }
    for (size_t f = 0; f < FORMATS; f++) {
        print(formats[f].name, &counts[f]);
        CHECK(counts[f].refused > 0 && counts[f].same > 0);
        add(&counts[f], &all);
    }
    print("all", &all);
    CHECK_INT(all.files, total);
    CHECK_INT(all.refused + all.same + all.other, total);
    CHECK_INT(all.told, all.other);
    if (confine_is_possible()) {
        CHECK_INT(shipped("decode_cpu_s"), VERDICT_CPU_S);
        CHECK_INT(shipped("decode_mib_max"), MIB_MAX);
        CHECK(all.cpu_ms_max <= VERDICT_CPU_S * 1000);
        CHECK(all.rss_kib_max <= MIB_MAX * 1024);
        CHECK(all.other == 0 || all.flagged > 0);
    }
}

int main(void)
{
    const char *built = getenv("GONG_BIN");
    AUTO(mem_drop) char *own = proc_folder(); // BUILD/tests/ingest
    AUTO(mem_drop) char *beside = file_join(own, "../..");
    program = file_join(built ? built : beside, "gong-decode");
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mutated)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mem_free(&program);
    return failed;
}
