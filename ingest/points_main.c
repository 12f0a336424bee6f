// gong-points: the only program that reads tables of stations and storm tracks. It is started for
// one file, which is its standard input; what is wanted is one JSON text (ingest/points_wanted.h).
// It writes a struct points (ingest/points.h) to standard output, or one sentence to standard
// error. As gong-decode: it knows no site, and gives up its rights before it looks at a byte.
#include "core/cli.h"
#include "core/mem.h"
#include "core/units.h"
#include "ingest/confine.h"
#include "ingest/given.h"
#include "ingest/points.h"
#include "ingest/unpack.h"

#include <unistd.h>

static const size_t OUTPUT_BYTES_MAX = (size_t)1 << 30;

static int run(const struct cli *cli)
{
    struct err err = {0};
    struct points_wanted wanted;
    void *bytes;
    size_t size;
    AUTO(mem_drop) void *inside = NULL;
    AUTO(points_free) struct points points = {0};
    AUTO(buf_free) struct buf out = buf_new(OUTPUT_BYTES_MAX);
    // The database of units is a file: it is read now, for afterwards no file can be opened.
    if (units_open_database(&err) || points_wanted_parse(str_of(cli_arg(cli, 0)), &wanted, &err) ||
        given_map(STDIN_FILENO, "gong-points", &bytes, &size, &err) || confine_process(NULL, &err))
        return cli_fail(cli, &err);
    bool packed = unpack_is(bytes, size);
    if ((packed && unpack(bytes, size, &inside, &size, &err)) ||
        points_parse(packed ? inside : bytes, size, &wanted, &points, &err))
        return cli_fail(cli, &err);
    points_write(&points, &out);
    if (out.full) {
        (void)err_set(&err, ERR_INPUT, "what was read is larger than may be written");
        return cli_fail(cli, &err);
    }
    return given_back(buf_slice(&out), &err) ? cli_fail(cli, &err) : EXIT_YES;
}

int main(int argc, char **argv)
{
    static const struct cli_verb verb = {
        .name = "",
        .args = "WANTED",
        .help = "Reads one table from standard input, confined; started by gong-ingest.",
        .example = "gong-points '{\"format\":\"jma\",\"wind_average\":\"10 min\"}' < FILE",
        .args_min = 1,
        .args_max = 1,
        .run = run,
    };
    static const struct cli_program program = {
        .name = "gong-points",
        .help = "reads one table of stations or storm tracks in a sandbox",
        .verbs = &verb,
        .count = 1,
    };
    return cli_main(&program, argc, argv);
}
