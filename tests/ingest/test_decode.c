// The decoder as a child: what it says of good and of hostile files, and that the parent lives on.
#include "ingest/decode.h"

#include "core/file.h"
#include "core/proc.h"
#include "ingest/confine.h"
#include "ingest/points.h"
#include "tests/check.h"
#include "tests/ingest/decoded.h"

#include <fcntl.h>
#include <netcdf.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BYTES_MAX = 64 << 20, CPU_S = 10, MIB_MAX = 512, TRIES = 60, COMPLAINT_MAX = 600 };

static char folder[] = "/tmp/gong-test-XXXXXX";
static char *program, *plain;

static const struct wanted_list tp = {
    .count = 1,
    .at = {{.reads = "tp", .variable = "rain", .unit = "m day-1", .interval = INTERVAL_MONTH}},
};

// October 2020 on six cells: 0.01 m a day.
static struct buf make(int format)
{
    int file, dims[3], var;
    struct err err = {0};
    static const char *const names[] = {"time", "latitude", "longitude"};
    static const char *const units[] = {"hours since 1900-01-01", "degrees_north", "degrees_east"};
    static const double axes[3][3] = {{1058472}, {18.2, 18.1}, {106, 106.1, 106.2}};
    double field[6];
    AUTO(mem_drop) char *path = file_join(folder, "x.nc");
    CHECK_INT(nc_create(path, format | NC_CLOBBER, &file), NC_NOERR);
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(nc_def_dim(file, names[i], i + 1, &dims[i]), NC_NOERR);
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(nc_def_var(file, names[i], NC_DOUBLE, 1, &dims[i], &var), NC_NOERR);
        CHECK_INT(nc_put_att_text(file, var, "units", strlen(units[i]), units[i]), NC_NOERR);
        CHECK_INT(nc_enddef(file), NC_NOERR);
        CHECK_INT(nc_put_var_double(file, var, axes[i]), NC_NOERR);
        CHECK_INT(nc_redef(file), NC_NOERR);
    }
    CHECK_INT(nc_def_var(file, "tp", NC_FLOAT, 3, dims, &var), NC_NOERR);
    CHECK_INT(nc_put_att_text(file, var, "units", 1, "m"), NC_NOERR);
    CHECK_INT(nc_enddef(file), NC_NOERR);
    for (size_t i = 0; i < 6; i++)
        field[i] = 0.01;
    CHECK_INT(nc_put_var_double(file, var, field), NC_NOERR);
    CHECK_INT(nc_close(file), NC_NOERR);
    struct buf bytes = buf_new(BYTES_MAX);
    CHECK_OK(file_read(path, &bytes, &err), err);
    return bytes;
}

static struct decode_limits limits(void)
{
    return (struct decode_limits){.mib_max = MIB_MAX, .cpu_s = CPU_S, .program = program};
}

static void test_good(void **state)
{
    (void)state;
    static const int formats[] = {0, NC_64BIT_OFFSET, NC_NETCDF4};
    for (size_t f = 0; f < COUNT_OF(formats); f++) {
        struct err err = {0};
        AUTO(frame_free) struct frame frame = {0};
        AUTO(buf_free) struct buf bytes = make(formats[f]);
        struct decode_limits all = limits();
        CHECK_OK(decode_once(buf_slice(&bytes), &tp, &all, &frame, &err), err);
        CHECK_INT(frame.count, 1);
        CHECK_INT(frame.grid.rows, 2);
        CHECK_INT(frame.grid.columns, 3);
        CHECK_TEXT(utc_text(frame.step[0].valid_from).at, "2020-10-01T00:00:00Z");
        CHECK_TEXT(utc_text(frame.step[0].valid_to).at, "2020-11-01T00:00:00Z");
        for (size_t i = 0; i < 6; i++)
            CHECK_NEAR(frame.value[i], 310, 1e-4);
    }
}

// A unit beyond the common ones: the decoder has read the whole database before it was confined.
static void test_uncommon_unit(void **state)
{
    (void)state;
    struct err err = {0};
    struct wanted_list inches = tp;
    AUTO(frame_free) struct frame frame = {0};
    AUTO(buf_free) struct buf bytes = make(NC_NETCDF4);
    struct decode_limits all = limits();
    (void)snprintf(inches.at[0].unit, sizeof(inches.at[0].unit), "inch day-1");
    CHECK_OK(decode_once(buf_slice(&bytes), &inches, &all, &frame, &err), err);
    for (size_t i = 0; i < 6; i++)
        CHECK_NEAR(frame.value[i], 0.254 * 31, 1e-5);
    (void)snprintf(inches.at[0].unit, sizeof(inches.at[0].unit), "blorp");
    CHECK_INT(decode_once(buf_slice(&bytes), &inches, &all, &frame, &err), ERR_INPUT);
    CHECK_HAS(err.text, "blorp");
}

static int as_input(struct str bytes)
{
    AUTO(mem_drop) char *path = file_join(folder, "input");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK_INT(write(fd, bytes.at, bytes.len), (ssize_t)bytes.len);
    (void)unlink(path);
    return fd;
}

// Many files by one decoder, side by side: the same frames and the same sentences as one by one.
static void test_many(void **state)
{
    (void)state;
    enum { FILES = 12, BESIDE = 3 };
    struct decode_limits all = limits();
    AUTO(decoder_free) struct decoder *decoder = decoder_new(&all);
    struct wanted_list inches = tp;
    (void)snprintf(inches.at[0].unit, sizeof(inches.at[0].unit), "inch day-1");
    struct proc_child child[BESIDE] = {{0}};
    for (size_t i = 0; i < FILES + BESIDE; i++) {
        struct proc_child *mine = &child[i % BESIDE];
        struct err err = {0};
        if (mine->pid) {
            AUTO(frame_free) struct frame frame = {0};
            bool damaged = (i - BESIDE) % 4 == 3;
            CHECK_INT(decode_end(decoder, mine, &frame, &err), damaged ? ERR_INPUT : OK);
            if (damaged)
                CHECK_HAS(err.text, "the file cannot be read");
            else
                CHECK_NEAR(frame.value[5], (i - BESIDE) % 2 ? 0.254 * 31 : 310, 1e-4);
        }
        if (i >= FILES)
            continue;
        AUTO(buf_free) struct buf bytes = make(NC_NETCDF4);
        if (i % 4 == 3)
            bytes.len = 200;
        int fd = as_input(buf_slice(&bytes));
        CHECK_OK(decode_begin(decoder, fd, i % 2 ? &inches : &tp, mine, &err), err);
        (void)close(fd);
    }
}

// A plain file is read by gong-plain, and every other one by gong-decode: the same bytes come out,
// and the same sentences.
static void test_plain(void **state)
{
    (void)state;
    static const struct {
        const char *name, *unit, *says;
        int format;
        size_t cut;
        bool plain;
    } rows[] = {
        {"a plain file", "m day-1", NULL, NC_NETCDF4, 0, true},
        {"a unit that is not a common one", "inch day-1", NULL, NC_NETCDF4, 0, false},
        {"a unit that is none", "blorp", "blorp", NC_NETCDF4, 0, false},
        {"a file that is cut off", "m day-1", "the file cannot be read", NC_NETCDF4, 200, false},
        {"a classic file", "m day-1", NULL, 0, 0, true}, // gong-decode has it at once
    };
    struct decode_limits all = limits();
    all.plain = plain;
    AUTO(decoder_free) struct decoder *decoder = decoder_new(&all);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct wanted_list wanted = tp;
        AUTO(proc_drop) struct proc_child quick = {0};
        AUTO(proc_drop) struct proc_child full = {0};
        AUTO(frame_free) struct frame one = {0};
        AUTO(frame_free) struct frame other = {0};
        AUTO(buf_free) struct buf bytes = make(rows[i].format);
        AUTO(buf_free) struct buf a = buf_new(BYTES_MAX);
        AUTO(buf_free) struct buf b = buf_new(BYTES_MAX);
        (void)snprintf(wanted.at[0].unit, sizeof(wanted.at[0].unit), "%s", rows[i].unit);
        bytes.len = rows[i].cut ? rows[i].cut : bytes.len;
        int fd = as_input(buf_slice(&bytes));
        CHECK_OK(decode_begin_quick(decoder, fd, &wanted, &quick, &err), err);
        CHECK_OK(decode_begin(decoder, fd, &wanted, &full, &err), err);
        (void)close(fd);
        CHECK_INT(decode_end(decoder, &quick, &one, &err), rows[i].plain ? OK : ERR_LATER);
        CHECK_INT(decode_end(decoder, &full, &other, &err), rows[i].says ? ERR_INPUT : OK);
        if (rows[i].says)
            CHECK_HAS(err.text, rows[i].says);
        if (!rows[i].plain)
            continue;
        frame_write(&one, &a);
        frame_write(&other, &b);
        CHECK(a.len > 0 && a.len == b.len && memcmp(a.at, b.at, a.len) == 0);
    }
}

// By hand gong-plain gives what gong-decode gives, also of a file that it does not read itself; and
// both know all units, though a first look is without the library's database of them.
static void test_by_hand(void **state)
{
    (void)state;
    static const struct {
        const char *name, *unit, *says;
        int format;
    } rows[] = {
        {"a plain file", "m day-1", NULL, NC_NETCDF4},
        {"a unit that is not a common one", "inch day-1", NULL, NC_NETCDF4},
        {"a unit that is none", "blorp", "the unit \"blorp\" does not fit rain", NC_NETCDF4},
        {"a unit of something else", "K", "\"K\"", NC_NETCDF4},
        {"a classic file", "m day-1", NULL, 0},
        {"a classic file, in a unit that is not a common one", "inch day-1", NULL, 0},
    };
    const char *const programs[] = {plain, program};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct buf out[2], said[2];
        int code[2] = {-1, -1};
        AUTO(buf_free) struct buf bytes = make(rows[i].format);
        for (size_t p = 0; p < COUNT_OF(programs); p++) {
            struct err err = {0};
            int fd = as_input(buf_slice(&bytes));
            const char *const argv[] = {programs[p], "--",   "observation", "all",        "all",
                                        "all",       "all",  "file",        "file",       "usual",
                                        "rain",      "tp",   "none",        rows[i].unit, "month",
                                        "start",     "none", "none",        NULL};
            out[p] = buf_new(BYTES_MAX);
            said[p] = buf_new(COMPLAINT_MAX);
            struct proc_limits none = {.output_bytes_max = BYTES_MAX};
            CHECK_OK(proc_run(argv, fd, &none, &out[p], &said[p], &code[p], &err), err);
            (void)close(fd);
        }
        CHECK_INT(code[0], code[1]);
        CHECK(str_same(buf_slice(&out[0]), buf_slice(&out[1])));
        CHECK(str_same(buf_slice(&said[0]), buf_slice(&said[1])));
        CHECK_INT(code[1], rows[i].says ? EXIT_INVALID : EXIT_YES);
        CHECK((out[1].len > 0) == !rows[i].says);
        if (rows[i].says)
            CHECK_HAS(said[1].at, rows[i].says);
        for (size_t p = 0; p < COUNT_OF(programs); p++) {
            buf_free(&out[p]);
            buf_free(&said[p]);
        }
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes, *says;
    } rows[] = {
        {"nothing", "", "the file is empty"},
        {"a login page", "<html><body>Please log in</body></html>", "it is a web page or XML"},
        {"words", "no rain today", "it is no NetCDF file"},
        {"the first bytes of a classic file", "CDF\x01rain", "the file's header is cut off"},
        {"the first bytes of HDF5", "\x89HDF\r\n\x1a\nrain", "the file cannot be read"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct frame frame = {0};
        struct decode_limits all = limits();
        CHECK_INT(decode_once(str_of(rows[i].bytes), &tp, &all, &frame, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
        CHECK(!strchr(err.text, '\n') && !strstr(err.text, "gong-decode"));
        CHECK(!frame.value);
    }
}

// A program that is no decoder: whatever it does is one sentence here.
static const struct liar {
    const char *name, *script;
    enum err_kind kind;
    const char *says;
} liars[] = {
    {"it crashes", "kill -SEGV $$", ERR_INPUT, "the decoder crashed (signal 11)"},
    {"it is killed, which is not the file's fault", "kill -KILL $$", ERR_LATER,
     "was ended from outside (signal 9)"},
    {"it is asked to end", "kill -TERM $$", ERR_LATER, "was ended from outside (signal 15)"},
    {"its time is over", "kill -XCPU $$", ERR_INPUT, "needed more than 10 s"},
    {"it works without end", "while :; do :; done", ERR_INPUT, "needed more than 1 s"},
    {"it writes without end", "exec yes while", ERR_INPUT, "wrote more than 16 MiB"},
    {"it says nothing", "exit 0", ERR_INPUT, ""},
    {"it writes nonsense", "echo a frame, honestly", ERR_INPUT, ""},
    {"it fails without a word", "exit 3", ERR_INPUT, "gave no reason"},
    {"its words are no text", "printf '\\377\\001' >&2; exit 3", ERR_INPUT, "gave no reason"},
    {"its words hold a name that is no text", "printf 'no p\\377q here' >&2; exit 3", ERR_INPUT,
     "no p?q here"},
    {"it says two lines", "printf 'one\\ntwo' >&2; exit 3", ERR_INPUT, "one"},
    {"it asks to be tried again", "echo later >&2; exit 7", ERR_LATER, "later"},
    {"it cannot confine itself", "echo no seccomp >&2; exit 5", ERR_MISSING,
     "no seccomp; if that is so, all files wait for a decoder that can start (exit 5)"},
    {"it does not know its command line", "echo what >&2; exit 2", ERR_MISSING,
     "what; if that is so, all files wait for a decoder that can start (exit 2)"},
    {"it answers as gong-plain", "echo not plain >&2; exit 64", ERR_INPUT, "not plain"},
    {"it answers as its own fork", "echo units >&2; exit 66", ERR_INPUT, "units"},
    {"it cannot confine itself for such a file", "echo no landlock >&2; exit 65", ERR_MISSING,
     "no landlock; the file waits until it has"},
    {"it cannot confine itself for a moment",
     "[ -e $0.was ] && rm $0.was && echo second >&2 && exit 3; : >$0.was; exit 5", ERR_INPUT,
     "second"},
    {"it ends oddly", "echo odd >&2; exit 77", ERR_INPUT, "odd"},
    {"it cannot be started", NULL, ERR_LATER, "is gong installed whole?"},
};

static void believe(const struct liar *liar)
{
    struct err err = {0};
    struct points points = {0};
    AUTO(mem_drop) char *path = file_join(folder, "liar");
    AUTO(buf_free) struct buf script = buf_new(1000);
    struct decode_limits all = limits();
    if (strstr(liar->script ? liar->script : "", "while"))
        all = (struct decode_limits){.mib_max = 16, .cpu_s = 1, .program = program};
    (void)unlink(path);
    buf_print(&script, "#!/bin/sh\n%s\n", liar->script ? liar->script : "");
    if (liar->script)
        CHECK_OK(file_write(path, buf_slice(&script), 0700, &err), err);
    all.program = path;
    enum err_kind kind = ERR_LATER; // also of a machine that stood still
    for (size_t tries = 0; kind == ERR_LATER && tries < TRIES; tries++) {
        err = (struct err){0};
        kind = decode_points(STR("x"), "{}", &all, &points, &err);
        if (liar->kind == ERR_LATER)
            break;
    }
    CHECK_INT(kind, liar->kind);
    CHECK_HAS(err.text, liar->says);
    CHECK(!points.values && !points.rows && !strchr(err.text, '\n'));
}

static void test_lying_child(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(liars); i++) {
        ROW(liars[i].name);
        believe(&liars[i]);
    }
}

// A file that is larger than the memory of a decoder: the limit is beside what is mapped. It has
// holes on the disk, and a year of fields that nobody asks for before the one that is read.
static void test_large(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int format;
        size_t size[2];
    } rows[] = {{"classic", NC_64BIT_OFFSET, {200, 1 << 20}},
                {"NetCDF-4", NC_NETCDF4, {200, 1 << 20}}};
    for (size_t i = 0; confine_is_possible() && i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct stat info;
        int file, dims[2], var;
        AUTO(frame_free) struct frame frame = {0};
        AUTO(proc_drop) struct proc_child child = {0};
        struct decode_limits all = limits();
        AUTO(decoder_free) struct decoder *decoder = decoder_new(&all);
        AUTO(mem_drop) char *path = file_join(folder, "x.nc");
        AUTO(buf_free) struct buf small = make(rows[i].format); // as a file, too
        CHECK(small.len > 0);
        CHECK_INT(nc_open(path, NC_WRITE, &file), NC_NOERR);
        CHECK_INT(nc_redef(file), NC_NOERR);
        CHECK_INT(nc_def_dim(file, "a", rows[i].size[0], &dims[0]), NC_NOERR);
        CHECK_INT(nc_def_dim(file, "b", rows[i].size[1], &dims[1]), NC_NOERR);
        CHECK_INT(nc_def_var(file, "other", NC_FLOAT, 2, dims, &var), NC_NOERR);
        CHECK_INT(nc_def_var_fill(file, var, NC_NOFILL, NULL), NC_NOERR);
        CHECK_INT(nc_enddef(file), NC_NOERR);
        static const size_t last[2] = {199, (1 << 20) - 1};
        CHECK_INT(nc_put_var1_float(file, var, last, &(float){1}), NC_NOERR);
        CHECK_INT(nc_close(file), NC_NOERR);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        CHECK_INT(fstat(fd, &info), 0);
        CHECK(info.st_size > (off_t)MIB_MAX << 20);
        CHECK_OK(decode_begin(decoder, fd, &tp, &child, &err), err);
        CHECK_OK(decode_end(decoder, &child, &frame, &err), err);
        (void)close(fd);
        CHECK_NEAR(frame.value[5], 310, 1e-4);
    }
}

// What a child may use grows with its file, by whole shares of processor time.
static void test_child(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t mib, mib_max, cpu_s, wall_ms;
    } rows[] = {
        {"an empty file", 0, 512, 5, 20000},
        {"one of the usual size", 15, 527, 5, 20000},
        {"the second share begins", 16, 528, 10, 35000},
        {"a global year", 1100, 1612, 345, 1040000},
    };
    struct decode_limits shipped = {.mib_max = 512, .cpu_s = 5};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct proc_limits child = decode_child(&shipped, rows[i].mib << 20);
        CHECK_INT(child.memory_bytes, confine_is_possible() ? rows[i].mib_max << 20 : 0);
        CHECK_INT(child.cpu_s, rows[i].cpu_s);
        CHECK_INT(child.wall_ms, rows[i].wall_ms);
        CHECK_INT((int64_t)child.output_bytes_max, 512 << 20);
    }
}

// Damaged copies of a good file: each is a frame or one sentence. Deterministic.
static void test_damaged(void **state)
{
    (void)state;
    static const int formats[] = {0, NC_NETCDF4};
    uint64_t seed = 20241124;
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    for (size_t i = 0; i < TRIES; i++) {
        ROW("damaged");
        struct err err = {0};
        AUTO(frame_free) struct frame frame = {0};
        AUTO(buf_free) struct buf bytes = make(formats[i % 2]);
        struct decode_limits all = limits();
        for (size_t edits = 1 + i % 8; edits; edits--) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            bytes.at[(seed >> 33) % bytes.len] = (char)(seed >> 24);
        }
        if (i % 5 == 0)
            bytes.len -= bytes.len / 7;
        enum err_kind kind = decode_once(buf_slice(&bytes), &tp, &all, &frame, &err);
        CHECK(kind == OK || kind == ERR_INPUT);
        CHECK((kind == OK) == (frame.value != NULL));
        CHECK(kind == OK || err.text[0]);
    }
}

static void test_real(void **state)
{
    (void)state;
    static const char *const path = "../shared/data/rainfall/era5land_monthly_tp_vietnam_2020.nc";
    if (!file_exists(path)) {
        (void)printf("SKIP October 2020: there is no %s\n", path);
        return;
    }
    struct err err = {0};
    AUTO(frame_free) struct frame frame = {0};
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    struct wanted_list wanted = tp;
    wanted.has_box = true; // around Ha Tinh
    wanted.west_milli = 105000;
    wanted.east_milli = 106600;
    wanted.south_milli = 17800;
    wanted.north_milli = 18800;
    struct decode_limits all = limits();
    CHECK_OK(file_read(path, &bytes, &err), err);
    CHECK_OK(decode_once(buf_slice(&bytes), &wanted, &all, &frame, &err), err);
    CHECK_INT(frame.count, 12);
    // tp at 18.2 N 106.1 E is 0.06708590 m a day: times 1,000 and 31 days.
    size_t row = 4, column = 11, cells = frame.grid.rows * frame.grid.columns;
    CHECK_NEAR(frame.grid.latitude[row], 18.15, 1e-9);
    CHECK_NEAR(frame.grid.longitude[column], 106.05, 1e-9);
    CHECK_NEAR(frame.value[9 * cells + row * frame.grid.columns + column], 2079.66303, 1e-3);
}

// A file of strings and no numbers, and damaged copies of it: a sentence each time, also where the
// library crashes or never ends.
static void test_strings(void **state)
{
    (void)state;
    enum { COPIES = 100 };
    static const char *const path = "../shared/data/netcdf_quirks/string_variable.nc";
    uint64_t seed = 20261126;
    if (!file_exists(path)) {
        (void)printf("SKIP strings: there is no %s\n", path);
        return;
    }
    (void)printf("# seed %llu\n", (unsigned long long)seed);
    struct err err = {0};
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    CHECK_OK(file_read(path, &bytes, &err), err);
    struct decode_limits short_ones = {.mib_max = MIB_MAX, .cpu_s = 1, .program = program};
    AUTO(decoder_free) struct decoder *decoder = decoder_new(&short_ones);
    struct decode_limits all = limits();
    AUTO(decoder_free) struct decoder *patient = decoder_new(&all);
    struct wanted_list strings = tp;
    (void)snprintf(strings.at[0].reads, sizeof(strings.at[0].reads), "UTC_time");
    for (size_t i = 0; i <= COPIES; i++) {
        ROW(i < COPIES / 2 ? "cut off" : i < COPIES ? "zeros in it" : "whole");
        struct frame frame = {0};
        AUTO(buf_free) struct buf damaged = buf_new(BYTES_MAX);
        size_t len = i < COPIES / 2 ? bytes.len * i / (COPIES / 2) : bytes.len;
        buf_add(&damaged, bytes.at, len);
        if (i >= COPIES / 2 && i < COPIES) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            memset(damaged.at + (seed >> 33) % (len - 8), 0, 8);
        }
        // A copy may keep the library busy for ever; the file itself gets what a site gives it.
        struct decoder *with = i < COPIES ? decoder : patient;
        enum err_kind kind = ERR_LATER; // a machine that stood still
        for (size_t tries = 0; kind == ERR_LATER && tries < TRIES; tries++) {
            err = (struct err){0};
            kind = decode_with(with, buf_slice(&damaged), &strings, &frame, &err);
        }
        CHECK_INT(kind, ERR_INPUT);
        CHECK(err.text[0] && !strchr(err.text, '\n') && !frame.value);
    }
    CHECK_HAS(err.text, "strings in variable \"UTC_time\"");
}

static int start(void **state)
{
    (void)state;
    const char *built = getenv("GONG_BIN");
    AUTO(mem_drop) char *own = proc_folder(); // BUILD/tests/ingest
    AUTO(mem_drop) char *beside = file_join(own, "../..");
    program = file_join(built ? built : beside, "gong-decode");
    plain = file_join(built ? built : beside, "gong-plain");
    return mkdtemp(folder) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    static const char *const names[] = {"x.nc", "liar"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        AUTO(mem_drop) char *path = file_join(folder, names[i]);
        (void)unlink(path);
    }
    mem_free(&program);
    mem_free(&plain);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),        cmocka_unit_test(test_uncommon_unit),
        cmocka_unit_test(test_many),        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_plain),       cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_lying_child), cmocka_unit_test(test_large),
        cmocka_unit_test(test_child),       cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_real),        cmocka_unit_test(test_strings)};
    return cmocka_run_group_tests(tests, start, stop);
}
