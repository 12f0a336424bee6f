// gong-decode: the only program that opens raw files. It is started for one file, which is its
// standard input; what is wanted is its command line (ingest/wanted.h). It writes the frame
// (ingest/grid.h) to standard output, or one sentence to standard error. It knows no site, holds
// no key, and gives up its rights before it looks at the first byte. With --nest it stays, and a
// fork of it (core/nest.h) does all that for each file; itself it never sees one.
#include "core/cli.h"
#include "core/mem.h"
#include "core/nest.h"
#include "core/units.h"
#include "ingest/cf.h"
#include "ingest/confine.h"
#include "ingest/convoy.h"
#include "ingest/grib.h"
#include "ingest/gribfile.h"
#include "ingest/unpack.h"
#include "ingest/warm.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGS_MAX = WANTED_HEAD_ARGS + WANTED_VARIABLE_ARGS * WANTED_MAX };
// Parent and child agree on it: the parent's limit (decode_mib_max) is what counts.
static const size_t OUTPUT_BYTES_MAX = (size_t)4 << 30;

// The whole file, in memory; pages that nobody looks at are never read.
static enum err_kind map_input(int file, void **bytes, size_t *size, struct err *err)
{
    static char nothing[1];
    struct stat info;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
        return err_set(err, ERR_MISSING,
                       "standard input is no file; write: gong-decode ... < FILE");
    *bytes = nothing;
    *size = (size_t)info.st_size;
    if (*size == 0)
        return OK;
    *bytes = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (*bytes == MAP_FAILED)
        return err_errno(err, ERR_LATER, "cannot map the file");
    return OK;
}

static enum err_kind write_all(struct str bytes, struct err *err)
{
    while (bytes.len) {
        ssize_t put = write(STDOUT_FILENO, bytes.at, bytes.len);
        if (put <= 0)
            return err_errno(err, ERR_LATER, "cannot write the frame");
        bytes.at += put;
        bytes.len -= (size_t)put;
    }
    return OK;
}

// What kind of file it is tells which files its library needs: its tables, or none. So its first
// four bytes are looked at while everything is still allowed; in a packed one it can be anything.
static enum err_kind read_confined(struct str bytes, const struct wanted_list *wanted,
                                   struct frame *out, struct err *err)
{
    AUTO(mem_drop) void *inside = NULL;
    bool packed = unpack_is(bytes.at, bytes.len);
    if (confine_process(packed || gribfile_is(bytes) ? gribfile_tables() : NULL, err))
        return err_of(err);
    if (packed && unpack(bytes.at, bytes.len, &inside, &bytes.len, err))
        return err_of(err);
    bytes.at = packed ? inside : bytes.at;
    return gribfile_is(bytes) ? grib_read(bytes, wanted, out, err)
                              : cf_read((void *)bytes.at, bytes.len, wanted, out, err);
}

// One file, from standard input to standard output.
static int decode(const struct cli *cli, const char *const *args, size_t count, bool all_units)
{
    struct err err = {0};
    struct wanted_list wanted;
    void *bytes;
    size_t size;
    AUTO(frame_free) struct frame frame = {0};
    AUTO(buf_free) struct buf out = buf_new(OUTPUT_BYTES_MAX);
    if (wanted_parse(args, count, &wanted, &err) || map_input(STDIN_FILENO, &bytes, &size, &err))
        return cli_fail(cli, &err);
    if (!all_units)
        units_close_database();
    enum err_kind kind = read_confined((struct str){bytes, size}, &wanted, &frame, &err);
    if (units_missed()) // whatever came out: it is to be done with all units
        return WANTED_NEEDS_UNITS;
    if (kind)
        return cli_fail(cli, &err);
    frame_write(&frame, &out);
    if (out.full) {
        (void)err_set(&err, ERR_INPUT, "the frame is larger than the decoder may write");
        return cli_fail(cli, &err);
    }
    return write_all(buf_slice(&out), &err) ? cli_fail(cli, &err) : EXIT_YES;
}

// The files of a convoy: standard input, and the descriptors from 3 on.
static int convoy_file(size_t i)
{
    return i == 0 ? STDIN_FILENO : STDERR_FILENO + (int)i;
}

// What is in one file of a convoy, after a head; a head alone when it is not read here.
static enum err_kind add_answer(int file, const struct wanted_list *wanted, struct buf *out,
                                struct err *err)
{
    void *bytes;
    size_t size;
    AUTO(frame_free) struct frame frame = {0};
    struct convoy_head head = {0};
    if (map_input(file, &bytes, &size, err))
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
    if (size > 0)
        (void)munmap(bytes, size);
    return OK;
}

// Several files, one after the other, all of them confined.
static int decode_convoy(const struct cli *cli, const char *const *args, size_t count)
{
    struct err err = {0};
    struct wanted_list wanted;
    AUTO(buf_free) struct buf out = buf_new(OUTPUT_BYTES_MAX);
    if (wanted_parse(args, count, &wanted, &err))
        return cli_fail(cli, &err);
    units_close_database();
    if (confine_process(NULL, &err))
        return cli_fail(cli, &err);
    struct stat info;
    for (size_t i = 0; fstat(convoy_file(i), &info) == 0; i++) {
        if (add_answer(convoy_file(i), &wanted, &out, &err) || write_all(buf_slice(&out), &err))
            return cli_fail(cli, &err);
        (void)close(convoy_file(i));
    }
    return EXIT_YES;
}

static int run(const struct cli *cli)
{
    struct err err = {0};
    const char *args[ARGS_MAX];
    size_t count = cli_count(cli);
    bool nest = cli_has(cli, "nest"), all_units = nest || cli_has(cli, "units");
    for (size_t i = 0; i < count; i++)
        args[i] = cli_arg(cli, i);
    if (cli_has(cli, "convoy")) {
        count = nest_serve(args, ARGS_MAX);
        _exit(decode_convoy(cli, args, count));
    }
    if (all_units && units_open_database(&err))
        return cli_fail(cli, &err);
    if (!nest)
        return decode(cli, args, count, all_units);
    warm_up();
    count = nest_serve(args, ARGS_MAX);
    _exit(decode(cli, args, count, all_units)); // a fork has nothing to tidy up
}

int main(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"units", NULL, "read the whole database of units first"},
        {"nest", NULL, "stay, and make a fork for each file that is handed over"},
        {"convoy", NULL, "the same for several plain files together (ingest/convoy.h)"},
        {NULL, NULL, NULL}};
    static const struct cli_verb verb = {
        .name = "",
        .options = options,
        .args = "KIND WEST SOUTH EAST NORTH RUN MEMBER FILES "
                "(VARIABLE READS NORTHWARD UNIT INTERVAL STAMP PICK)...",
        .help = "Reads one raw file from standard input, confined; started by gong-ingest.",
        .example = "gong-decode observation all all all all file file usual "
                   "rain tp none 'm day-1' month start none < FILE",
        .args_min = 0,
        .args_max = ARGS_MAX,
        .run = run,
    };
    static const struct cli_program program = {
        .name = "gong-decode",
        .help = "reads one raw grid file in a sandbox",
        .verbs = &verb,
        .count = 1,
    };
    return cli_main(&program, argc, argv);
}
