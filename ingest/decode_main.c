// gong-decode: the only program that opens raw files. It is started for one file, which is its
// standard input; what is wanted is its command line (ingest/wanted.h). It writes the frame
// (ingest/grid.h) to standard output, or one sentence to standard error. It knows no site, holds
// no key, and gives up its rights before it looks at the first byte. With --nest it stays, and a
// fork of it (core/nest.h) does all that for each file; itself it never sees one.
#include "core/cli.h"
#include "core/mem.h"
#include "core/nest.h"
#include "core/proc.h"
#include "core/units.h"
#include "ingest/cells.h"
#include "ingest/cf.h"
#include "ingest/confine.h"
#include "ingest/decode.h"
#include "ingest/given.h"
#include "ingest/grib.h"
#include "ingest/gribfile.h"
#include "ingest/ncgrid.h"
#include "ingest/unpack.h"
#include "ingest/warm.h"

#include <signal.h>
#include <unistd.h>

// What kind of file it is tells which files its library needs: its tables, or none. So its first
// four bytes are looked at while everything is still allowed; in a packed one it can be anything.
static enum err_kind confine_for(struct str bytes, struct err *err)
{
    bool tables = unpack_is(bytes.at, bytes.len) || gribfile_is(bytes);
    return confine_process(tables ? gribfile_tables() : NULL, err);
}

// The description of a grid: its cells that touch the area.
static enum err_kind read_cells(struct str bytes, const struct wanted_list *wanted, struct buf *out,
                                struct err *err)
{
    AUTO(ncgrid_close) struct ncgrid *file = NULL;
    AUTO(cells_free) struct cells cells = {.count = 0};
    if (ncgrid_open((void *)bytes.at, bytes.len, wanted->cdf5, &file, err) ||
        cells_find(file, wanted, &cells, err))
        return err_of(err);
    cells_write(&cells, out);
    return OK;
}

static enum err_kind read_frame(struct str bytes, const struct wanted_list *wanted, struct buf *out,
                                struct err *err)
{
    AUTO(frame_free) struct frame frame = {0};
    if (gribfile_is(bytes) ? grib_read(bytes, wanted, &frame, err)
                           : cf_read((void *)bytes.at, bytes.len, wanted, &frame, err))
        return err_of(err);
    frame_write(&frame, out);
    return OK;
}

static enum err_kind read_confined(struct str bytes, struct str beside, struct wanted_list *wanted,
                                   struct buf *out, struct err *err)
{
    AUTO(mem_drop) void *inside = NULL;
    AUTO(cells_free) struct cells cells = {.count = 0};
    bool packed = unpack_is(bytes.at, bytes.len);
    if (packed && unpack(bytes.at, bytes.len, &inside, &bytes.len, err))
        return err_of(err);
    bytes.at = packed ? inside : bytes.at;
    if (wanted->cells == CELLS_BESIDE && cells_read(beside, &cells, err))
        return err_of(err);
    wanted->beside = cells.count ? &cells : NULL;
    enum err_kind kind = wanted->cells == CELLS_ALONE ? read_cells(bytes, wanted, out, err)
                                                      : read_frame(bytes, wanted, out, err);
    wanted->beside = NULL;
    return kind;
}

// One file, from standard input to standard output; DECODE_UNITS_MISSED, and nothing, when it
// counts in units of the library's database, and that was closed.
static int decode(const struct cli *cli, const char *const *args, size_t count)
{
    struct err err = {0};
    struct wanted_list wanted;
    void *bytes, *beside = NULL;
    size_t size, beside_size = 0;
    AUTO(buf_free) struct buf out = buf_new(GIVEN_BACK_BYTES_MAX);
    if (wanted_parse(args, count, &wanted, &err) ||
        given_map(STDIN_FILENO, "gong-decode", &bytes, &size, &err) ||
        (wanted.cells == CELLS_BESIDE &&
         given_map(DECODE_CELLS_FD, "gong-decode", &beside, &beside_size, &err)))
        return cli_fail(cli, &err);
    if (confine_for((struct str){bytes, size}, &err)) {
        int code = cli_fail(cli, &err);
        return err.kind == ERR_MISSING ? DECODE_NOT_HELD : code;
    }
    enum err_kind kind = read_confined((struct str){bytes, size}, (struct str){beside, beside_size},
                                       &wanted, &out, &err);
    if (units_missed())
        return DECODE_UNITS_MISSED;
    if (kind) {
        int code = cli_fail(cli, &err);
        return kind == ERR_MISSING ? DECODE_OTHER_GRID : code;
    }
    if (out.full) {
        (void)err_set(&err, ERR_INPUT, "the frame is larger than the decoder may write");
        return cli_fail(cli, &err);
    }
    return given_back(buf_slice(&out), &err) ? cli_fail(cli, &err) : EXIT_YES;
}

// By hand: a fork reads the file with the units that gong knows itself. Only when it counts in
// others is the library's database read, which takes longer than all the rest.
static int decode_by_hand(const struct cli *cli, const char *const *args, size_t count)
{
    struct err err = {0};
    int code;
    if (!proc_went_first(&code)) {
        units_close_database();
        _exit(decode(cli, args, count));
    }
    if (code > PROC_SIGNAL) // a crash is known by its signal
        (void)raise(code - PROC_SIGNAL);
    if (code == PROC_LOST) { // it may have answered
        (void)err_set(&err, ERR_LATER, "nobody knows how reading the file ended; try again");
        return cli_fail(cli, &err);
    }
    if (code != DECODE_UNITS_MISSED && code != PROC_NO_FORK)
        return code;
    return units_open_database(&err) ? cli_fail(cli, &err) : decode(cli, args, count);
}

static int run(const struct cli *cli)
{
    struct err err = {0};
    const char *args[WANTED_ARGS_MAX];
    size_t count = cli_count(cli);
    for (size_t i = 0; i < count; i++)
        args[i] = cli_arg(cli, i);
    if (!cli_has(cli, "nest"))
        return decode_by_hand(cli, args, count);
    if (units_open_database(&err)) // it cannot be read once a fork is confined
        return cli_fail(cli, &err);
    warm_up();
    count = nest_serve(args, WANTED_ARGS_MAX);
    _exit(decode(cli, args, count)); // a fork has nothing to tidy up
}

int main(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"nest", NULL, "stay, and make a fork for each file that is handed over"},
        {NULL, NULL, NULL}};
    static const struct cli_verb verb = {
        .name = "",
        .options = options,
        .args = "KIND WEST SOUTH EAST NORTH RUN MEMBER FILES "
                "(VARIABLE READS NORTHWARD UNIT INTERVAL STAMP PICK WHERE)... [CELLS]",
        .help = "Reads one raw file from standard input, confined; started by gong-ingest.",
        .example = "gong-decode observation all all all all file file usual "
                   "rain tp none 'm day-1' month start none none < FILE",
        .args_min = 0,
        .args_max = WANTED_ARGS_MAX,
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
