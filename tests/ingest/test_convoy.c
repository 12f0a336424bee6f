// Several plain files by a few confined children: the frames of those that are read one by one,
// and silence about everything else. A bad child is this program, started as gong-plain would be.
#include "ingest/convoy.h"

#include "core/file.h"
#include "core/nest.h"
#include "core/proc.h"
#include "ingest/confine.h"
#include "ingest/given.h"
#include "tests/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <netcdf.h>
#include <stdlib.h>
#include <unistd.h>

enum { BYTES_MAX = 1 << 20, CPU_S = 10, MIB_MAX = 512, MANY = CONVOY_FILES_MAX };

static char folder[] = "/tmp/gong-test-XXXXXX";
static char *program, *self;

static const struct wanted_list rain = {
    .count = 1,
    .at = {{.reads = "rain", .variable = "rain", .interval = INTERVAL_SPAN, .interval_s = 3600}},
};
static const struct decode_limits limits = {.mib_max = MIB_MAX, .cpu_s = CPU_S};

// Two by two cells, hour `hour` of 2024-09-07, as many mm in the first; in `unit`. Open.
static int make(int hour, const char *unit)
{
    enum { SIDE = 2, DIMS = 3 };
    int file, dim[DIMS], var[DIMS], field;
    static const char *const name[DIMS] = {"time", "lat", "lon"};
    static const char *const units[DIMS] = {"hours since 2024-09-07", "degrees_north",
                                            "degrees_east"};
    static const size_t len[DIMS] = {1, SIDE, SIDE};
    const double axis[DIMS][SIDE] = {{hour}, {21, 21.1}, {105, 105.1}};
    const double mm[SIDE * SIDE] = {hour, 1, 2, 3};
    AUTO(mem_drop) char *path = file_join(folder, "made.nc");
    CHECK_INT(nc_create(path, NC_NETCDF4 | NC_CLOBBER, &file), NC_NOERR);
    for (size_t d = 0; d < DIMS; d++) {
        CHECK_INT(nc_def_dim(file, name[d], len[d], &dim[d]), NC_NOERR);
        CHECK_INT(nc_def_var(file, name[d], NC_DOUBLE, 1, &dim[d], &var[d]), NC_NOERR);
        CHECK_INT(nc_put_att_text(file, var[d], "units", strlen(units[d]), units[d]), NC_NOERR);
        CHECK_INT(nc_put_var_double(file, var[d], axis[d]), NC_NOERR);
    }
    CHECK_INT(nc_def_var(file, "rain", NC_FLOAT, DIMS, dim, &field), NC_NOERR);
    CHECK_INT(nc_put_att_text(file, field, "units", strlen(unit), unit), NC_NOERR);
    CHECK_INT(nc_put_var_double(file, field, mm), NC_NOERR);
    CHECK_INT(nc_close(file), NC_NOERR);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    (void)unlink(path);
    CHECK(fd >= 0);
    return fd;
}

static void close_all(const int *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)close(files[i]);
}

// Takes one file's frame: whether it is there, and that it is the frame of `hour`.
static bool take(struct convoy *convoy, int hour)
{
    AUTO(frame_free) struct frame frame = {0};
    if (!convoy_next(convoy, &frame))
        return false;
    CHECK_INT(frame.count, 1);
    CHECK_NEAR(frame.value[0], hour, 0);
    CHECK_NEAR(frame.value[3], 3, 0);
    CHECK_INT(frame.step[0].valid_from.s % 86400, hour * 3600);
    return true;
}

// How many of our children have given up their rights. One that has ended is still seen.
static size_t confined_children(void)
{
    size_t count = 0;
    DIR *all = opendir("/proc");
    CHECK(all != NULL);
    for (const struct dirent *entry; (entry = readdir(all));) {
        struct err err = {0};
        char path[300], parent[40];
        AUTO(buf_free) struct buf text = buf_new(BYTES_MAX);
        (void)snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
        (void)snprintf(parent, sizeof(parent), "\nPPid:\t%d\n", (int)getpid());
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || file_read(path, &text, &err))
            continue;
        count += strstr(text.at, parent) && strstr(text.at, "\nSeccomp:\t2\n") &&
                 strstr(text.at, "\nNoNewPrivs:\t1\n");
    }
    (void)closedir(all);
    return count;
}

static void test_all(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 5, 23};
    struct convoy *convoy = convoy_new(program);
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        int files[23];
        for (size_t i = 0; i < counts[c]; i++)
            files[i] = make((int)i, "mm");
        convoy_begin(convoy, &limits, &rain, files, counts[c]);
        close_all(files, counts[c]);
        for (size_t i = 0; i < counts[c]; i++)
            CHECK(take(convoy, (int)i));
        if (confine_is_possible())
            CHECK_INT(confined_children(), counts[c] > 1 ? 2 : 1);
    }
    ROW("as many as are allowed, and those that are not taken are dropped");
    int files[MANY];
    for (size_t i = 0; i < MANY; i++)
        files[i] = make((int)i % 24, "mm");
    for (int again = 0; again < 2; again++) {
        convoy_begin(convoy, &limits, &rain, files, MANY);
        for (size_t i = 0; i < MANY / (again ? 1 : 4); i++)
            CHECK(take(convoy, (int)i % 24));
    }
    close_all(files, MANY);
    convoy_free(&convoy);
    CHECK(!convoy);
}

// Of what is not plain nothing is said, and the others are read.
static void test_not_plain(void **state)
{
    (void)state;
    static const struct {
        const char *name, *unit;
        off_t cut; // bytes that are left; 0: all
        bool takes;
    } rows[] = {
        {"a unit of another kind", "K", 0, true},
        {"a file that is cut off", "mm", 700, true},
        {"nothing but its first bytes", "mm", 8, true},
        {"less than these", "mm", 7, false},
    };
    struct convoy *convoy = convoy_new(program);
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        ROW(rows[r].name);
        int files[6];
        for (int i = 0; i < 6; i++)
            files[i] = make(i, i == 2 ? rows[r].unit : "mm");
        if (rows[r].cut)
            CHECK_INT(ftruncate(files[2], rows[r].cut), 0);
        CHECK_INT(given_is_hdf(files[2]), rows[r].takes);
        convoy_begin(convoy, &limits, &rain, files, 6);
        close_all(files, 6);
        for (int i = 0; i < 6; i++)
            CHECK_INT(take(convoy, i), i != 2);
    }
    ROW("a unit that is in the database only: all that come after it are left as well");
    int files[4] = {make(0, "mm"), make(1, "mm"), make(2, "inch"), make(3, "mm")};
    convoy_begin(convoy, &limits, &rain, files, 4);
    close_all(files, 4);
    for (int i = 0; i < 4; i++)
        CHECK_INT(take(convoy, i), i != 2);
    convoy_free(&convoy);
}

// --- bad children

static void answer(uint64_t bytes, size_t written)
{
    static char noise[4000];
    struct convoy_head head = {bytes};
    memset(noise, 'x', sizeof(noise));
    if (write(STDOUT_FILENO, &head, sizeof(head)) < 0 || write(STDOUT_FILENO, noise, written) < 0)
        _exit(1);
}

static const struct {
    const char *name;
    uint64_t bytes;
    size_t written;
} bad[] = {
    {"says nothing and ends", 0, 0},
    {"a frame that is none", 1000, 1000},
    {"less than was announced", 4000, 10},
    {"more than there is memory", UINT64_MAX, 10},
    {"more than a frame may have", ((uint64_t)MIB_MAX << 20) + 1, 10},
};

static int be_bad(const char *const *args, size_t count)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        for (size_t k = 0; k < count; k++) {
            if (strcmp(args[k], bad[i].name) == 0 && bad[i].bytes)
                answer(bad[i].bytes, bad[i].written);
        }
    }
    return 0;
}

static void test_bad_children(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        ROW(bad[i].name);
        struct wanted_list wanted = rain;
        struct convoy *convoy = convoy_new(self);
        int files[4] = {make(0, "mm"), make(1, "mm"), make(2, "mm"), make(3, "mm")};
        (void)snprintf(wanted.at[0].reads, sizeof(wanted.at[0].reads), "%s", bad[i].name);
        convoy_begin(convoy, &limits, &wanted, files, 4);
        close_all(files, 4);
        for (int k = 0; k < 4; k++)
            CHECK(!take(convoy, k));
        convoy_free(&convoy);
    }
    static const char *const others[] = {"/bin/true", "/bin/no-such-program"};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        ROW(others[i]);
        struct convoy *convoy = convoy_new(others[i]);
        int file = make(0, "mm");
        convoy_begin(convoy, &limits, &rain, &file, 1);
        CHECK(!take(convoy, 0));
        (void)close(file);
        convoy_free(&convoy);
    }
}

int main(int argc, char **argv)
{
    const char *args[100];
    if (argc == 2 && strcmp(argv[1], "--nest") == 0) {
        size_t count = nest_serve(args, COUNT_OF(args));
        _exit(be_bad(args, count));
    }
    AUTO(mem_drop) char *here = proc_folder();
    if (!mkdtemp(folder))
        return 1;
    const char *built = getenv("GONG_BIN");
    AUTO(mem_drop) char *beside = file_join(here, "../..");
    program = file_join(built ? built : beside, "gong-plain");
    self = file_join(here, "test_convoy");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_not_plain),
        cmocka_unit_test(test_bad_children),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mem_free(&program);
    mem_free(&self);
    (void)rmdir(folder);
    return failed;
}
