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
#include "ingest/quality.h"

#include "core/file.h"
#include "core/hash.h"
#include "core/proc.h"
#include "core/units.h"
#include "tests/check.h"
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
    BYTES_MAX = 1 << 20,
    CPU_S = 5, // of gong-decode
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

static struct wanted_list wanted(void)
{
    return (struct wanted_list){
        .count = 1,
        .cdf5 = true,
        .at = {{.reads = "precipitation",
                .variable = "rain",
                .interval = INTERVAL_SPAN,
                .interval_s = 1800}},
    };
}

#define NC(call) CHECK_INT((call), NC_NOERR)

static void put_axis(int file, int dim, const char *name, const char *units, double first,
                     double step)
{
    int var;
    double at[SIDE];
    for (size_t i = 0; i < SIDE; i++)
        at[i] = first + step * (double)i;
    NC(nc_redef(file));
    NC(nc_def_var(file, name, NC_DOUBLE, 1, &dim, &var));
    NC(nc_put_att_text(file, var, "units", strlen(units), units));
    NC(nc_enddef(file));
    NC(nc_put_var_double(file, var, at));
}

// Two half-hours of IMERG's kind: a shower that moves, packed or not.
static struct buf make(int mode, bool packed)
{
    int file, dims[3], var;
    struct err err = {0};
    static const float factor = 0.1F;
    float field[STEPS * SIDE * SIDE];
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    for (size_t i = 0; i < COUNT_OF(field); i++) {
        double row = (double)(i / SIDE % SIDE), column = (double)(i % SIDE);
        double from = 4.0 + 2.0 * (double)(i / (SIDE * SIDE));
        double apart = hypot(row - from, column - from);
        field[i] = (float)round(fmax(0, 20 - 3 * apart) / 0.1 + 0.2 * row);
        field[i] *= packed ? 1 : factor;
    }
    NC(nc_create(path, mode | NC_CLOBBER, &file));
    NC(nc_def_dim(file, "time", STEPS, &dims[0]));
    NC(nc_def_dim(file, "lat", SIDE, &dims[1]));
    NC(nc_def_dim(file, "lon", SIDE, &dims[2]));
    NC(nc_def_var(file, "precipitation", packed ? NC_SHORT : NC_FLOAT, 3, dims, &var));
    NC(nc_put_att_text(file, var, "units", 5, "mm/hr"));
    if (packed)
        NC(nc_put_att_float(file, var, "scale_factor", NC_FLOAT, 1, &factor));
    if (mode == NC_NETCDF4) {
        NC(nc_def_var_deflate(file, var, 1, 1, 4));
        NC(nc_def_var_fletcher32(file, var, NC_FLETCHER32));
    }
    NC(nc_enddef(file));
    NC(nc_put_var_float(file, var, field));
    put_axis(file, dims[0], "time", "hours since 2024-09-07", 0, 0.5);
    put_axis(file, dims[1], "lat", "degrees_north", 21, 0.1);
    put_axis(file, dims[2], "lon", "degrees_east", 105, 0.1);
    NC(nc_close(file));
    struct buf bytes = buf_new(BYTES_MAX);
    CHECK_OK(file_read(path, &bytes, &err), err);
    return bytes;
}

// What became of the files of one format.
struct counts {
    int64_t files, refused, crashed, ended, same, other, flagged, twice;
    int64_t cpu_ms_max, rss_kib_max;
};

// --- the child that is forked
// -------------------------------------------------------------------

static _Noreturn void be_decoder(struct buf *bytes, int out_fd)
{
    struct err err = {0};
    struct wanted_list list = wanted();
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
    if (cf_read(bytes->at, bytes->len, &list, &frame, &err))
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
static enum err_kind read_forked(struct buf *bytes, struct frame *frame, struct counts *counts)
{
    static char block[1 << 16];
    int two[2], status = 0;
    struct err err = {0};
    struct rusage used;
    AUTO(buf_free) struct buf out = buf_new(BYTES_MAX);
    CHECK_INT(pipe(two), 0);
    pid_t child = fork();
    if (child == 0)
        be_decoder(bytes, two[1]);
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
    quality_of(frame, flag);
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
static void ask_program(const struct buf *bytes, const struct frame *forked)
{
    struct err err = {0};
    struct wanted_list list = wanted();
    struct decode_limits limits = {.mib_max = MIB_MAX, .cpu_s = CPU_S, .program = program};
    AUTO(frame_free) struct frame frame = {0};
    enum err_kind kind = ERR_LATER; // a machine that stood still is no verdict
    for (int tries = 0; kind == ERR_LATER && tries < TRIES_MAX; tries++)
        kind = decode_bytes(buf_slice(bytes), &list, &limits, &frame, &err);
    CHECK(kind == OK || kind == ERR_INPUT);
    if (kind && (strstr(err.text, "crashed (signal") || strstr(err.text, "needed more than")))
        return;
    CHECK_INT(kind == OK, forked->value != NULL);
    CHECK(kind == OK ? is_same(&frame, forked) : err.text[0] && !strchr(err.text, '\n'));
}

static void try_one(const struct buf *good, const struct frame *meant, bool is_hdf, uint64_t seed,
                    struct counts *counts)
{
    AUTO(frame_free) struct frame frame = {0};
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    buf_add(&bytes, good->at, good->len);
    mutate(&bytes, is_hdf, seed);
    int64_t killed = counts->ended + counts->crashed;
    enum err_kind kind = read_forked(&bytes, &frame, counts);
    counts->files++;
    // A child that crashed or was ended gave no verdict to compare: the library read what is not
    // its own, which is something else in another process, and gong-decode has more time.
    if (counts->files % EACH == 0 && counts->ended + counts->crashed == killed) {
        ask_program(&bytes, &frame);
        counts->twice++;
    }
    if (kind) {
        counts->refused++;
    } else if (is_same(&frame, meant)) {
        counts->same++;
    } else {
        // A provider's checksum, or the second fetch, tells every one of these.
        CHECK(!hash_same(hash_of(buf_slice(&bytes)), hash_of(buf_slice(good))));
        counts->other++;
        counts->flagged += is_flagged(&frame) ? 1 : 0;
    }
}

static void work(size_t worker, size_t total, uint64_t seed, struct counts *counts)
{
    struct err err = {0};
    struct buf good[FORMATS * 2];
    struct frame meant[FORMATS * 2] = {{.count = 0}};
    double scale, offset;
    CHECK_OK(units_convert("furlong", "m", &scale, &offset, &err), err); // as gong-decode --units
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        ROW(formats[i / 2].name);
        good[i] = make(formats[i / 2].mode, i % 2 == 1);
        CHECK_INT(read_forked(&good[i], &meant[i], &counts[i / 2]), OK);
        ask_program(&good[i], &meant[i]);
        CHECK(!is_flagged(&meant[i])); // the weather itself is not doubted
    }
    for (size_t i = worker; i < total; i += WORKERS) {
        size_t which = i / WORKERS % COUNT_OF(good), format = which / 2;
        ROW(formats[format].name);
        try_one(&good[which], &meant[which], formats[format].mode == NC_NETCDF4, seed + i,
                &counts[format]);
    }
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        buf_free(&good[i]);
        frame_free(&meant[i]);
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
    to->flagged += from->flagged;
    to->cpu_ms_max = from->cpu_ms_max > to->cpu_ms_max ? from->cpu_ms_max : to->cpu_ms_max;
    to->rss_kib_max = from->rss_kib_max > to->rss_kib_max ? from->rss_kib_max : to->rss_kib_max;
}

static void print(const char *name, const struct counts *counts)
{
    (void)printf("# %s: %lld files: %lld refused (of them %lld crashed the child, %lld ran too "
                 "long), %lld read as the original, %lld read as another (%lld flagged, all of "
                 "another checksum); at most %lld ms, %lld MiB; %lld asked twice\n",
                 name, (long long)counts->files, (long long)counts->refused,
                 (long long)counts->crashed, (long long)counts->ended, (long long)counts->same,
                 (long long)counts->other, (long long)counts->flagged,
                 (long long)counts->cpu_ms_max, (long long)counts->rss_kib_max / 1024,
                 (long long)counts->twice);
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
    if (confine_is_possible()) {
        CHECK(all.cpu_ms_max <= CPU_S * 1000);
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
