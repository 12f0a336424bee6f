// gong-plain: reads many plain NetCDF-4 files of a folder, the short way alone (ingest/convoy.h).
// As gong-decode: it is started once, makes a fork of itself for each request (--nest: of many
// files; --alone: of one, answered as gong-decode answers), knows no site, and
// a fork gives up its rights before it looks at a byte. There is no NetCDF library in it, nor all
// that this one needs, so that it is ready in a third of the time; what it does not read is read by
// gong-decode.
#include "core/cli.h"
#include "core/mem.h"
#include "core/nest.h"
#include "core/proc.h"
#include "core/units.h"
#include "ingest/cf.h"
#include "ingest/confine.h"
#include "ingest/convoy.h"
#include "ingest/decode.h"
#include "ingest/given.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The files of a convoy: standard input, and the descriptors from 3 on.
static int convoy_file(size_t i)
{
    return i == 0 ? STDIN_FILENO : STDERR_FILENO + (int)i;
}

// What is in one file, after a head; a head alone when it is not read here.
static enum err_kind add_answer(int file, const struct wanted_list *wanted, struct buf *out,
                                struct err *err)
{
    void *bytes;
    size_t size;
    AUTO(frame_free) struct frame frame = {0};
    struct convoy_head head = {0};
    if (given_map(file, "gong-plain", &bytes, &size, err))
        return err_of(err);
    buf_clear(out);
    buf_add(out, (const char *)&head, sizeof(head));
    if (cf_read_short(bytes, size, wanted, &frame, NULL) && !units_missed())
        frame_write(&frame, out);
    if (out->full) {
        buf_clear(out);
        buf_add(out, (const char *)&head, sizeof(head));
    }
    head.bytes = out->len - sizeof(head);
    memcpy(out->at, &head, sizeof(head));
    given_unmap(bytes, size);
    return OK;
}

// Several files, one after the other, all of them confined.
static int read_all(const struct cli *cli, const char *const *args, size_t count)
{
    struct err err = {0};
    struct wanted_list wanted;
    AUTO(buf_free) struct buf out = buf_new(GIVEN_BACK_BYTES_MAX);
    if (wanted_parse(args, count, &wanted, &err))
        return cli_fail(cli, &err);
    units_close_database();
    if (confine_process(NULL, &err))
        return cli_fail(cli, &err);
    struct stat info;
    for (size_t i = 0; fstat(convoy_file(i), &info) == 0; i++) {
        if (add_answer(convoy_file(i), &wanted, &out, &err) || given_back(buf_slice(&out), &err))
            return cli_fail(cli, &err);
        (void)close(convoy_file(i));
    }
    return EXIT_YES;
}

// One file, answered as gong-decode does, or with DECODE_NOT_PLAIN.
static int read_alone(const struct cli *cli, const char *const *args, size_t count)
{
    struct err err = {0};
    struct wanted_list wanted;
    void *bytes;
    size_t size;
    AUTO(frame_free) struct frame frame = {0};
    AUTO(buf_free) struct buf out = buf_new(GIVEN_BACK_BYTES_MAX);
    units_close_database();
    if (wanted_parse(args, count, &wanted, &err) ||
        given_map(STDIN_FILENO, "gong-plain", &bytes, &size, &err) || confine_process(NULL, &err))
        return cli_fail(cli, &err);
    if (!cf_read_short(bytes, size, &wanted, &frame, NULL) || units_missed())
        return DECODE_NOT_PLAIN;
    frame_write(&frame, &out);
    if (out.full)
        return DECODE_NOT_PLAIN;
    return given_back(buf_slice(&out), &err) ? cli_fail(cli, &err) : EXIT_YES;
}

// By hand: a fork reads the file, and gong-decode one that is not plain.
static int read_by_hand(const struct cli *cli, const char **args, size_t count)
{
    struct err err = {0};
    int code;
    if (!proc_went_first(&code))
        _exit(read_alone(cli, args, count));
    if (code > PROC_SIGNAL) // a crash is known by its signal
        (void)raise(code - PROC_SIGNAL);
    if (code == PROC_LOST) { // it may have answered
        (void)err_set(&err, ERR_LATER, "nobody knows how reading the file ended; try again");
        return cli_fail(cli, &err);
    }
    if (code != DECODE_NOT_PLAIN && code != PROC_NO_FORK)
        return code;
    AUTO(mem_drop) char *path = proc_program("gong-decode");
    const char *all[WANTED_ARGS_MAX + 3] = {path, "--"}; // and NULL
    memcpy(all + 2, args, count * sizeof(*args));
    (void)proc_become(all, &err);
    return cli_fail(cli, &err);
}

// HDF5 gets itself ready at the first file: before there are forks, by eight bytes of our own.
static void warm_up(void)
{
    static char nothing[] = "\x89HDF\r\n\x1a\n";
    struct wanted_list none = {.count = 0};
    struct frame frame = {0};
    (void)cf_read_short(nothing, sizeof(nothing), &none, &frame, NULL);
}

static int run(const struct cli *cli)
{
    const char *args[WANTED_ARGS_MAX];
    size_t count = cli_count(cli);
    bool alone = cli_has(cli, "alone");
    for (size_t i = 0; i < count; i++)
        args[i] = cli_arg(cli, i);
    if (!alone && !cli_has(cli, "nest"))
        return read_by_hand(cli, args, count);
    warm_up();
    count = nest_serve(args, WANTED_ARGS_MAX);
    // A fork has nothing to tidy up.
    _exit(alone ? read_alone(cli, args, count) : read_all(cli, args, count));
}

int main(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"nest", NULL, "stay, and make a fork for each request of many files"},
        {"alone", NULL, "stay, and make a fork for each file that is handed over"},
        {NULL, NULL, NULL}};
    static const struct cli_verb verb = {
        .name = "",
        .options = options,
        .args = "KIND WEST SOUTH EAST NORTH RUN MEMBER FILES "
                "(VARIABLE READS NORTHWARD UNIT INTERVAL STAMP PICK WHERE)... [CELLS]",
        .help =
            "Reads a plain NetCDF-4 file from standard input, confined, and becomes gong-decode "
            "for any other; started by gong-ingest and gong-series.",
        .example = "gong-plain observation all all all all file file usual "
                   "rain tp none 'm day-1' month start none none < FILE",
        .args_min = 0,
        .args_max = WANTED_ARGS_MAX,
        .run = run,
    };
    static const struct cli_program program = {
        .name = "gong-plain",
        .help = "reads many plain grid files in a sandbox",
        .verbs = &verb,
        .count = 1,
    };
    return cli_main(&program, argc, argv);
}
