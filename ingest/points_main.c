// gong-points: the only program that reads tables of stations and storm tracks. It is started for
// one file, which is its standard input; what is wanted is one JSON text (ingest/points_wanted.h).
// It writes a struct points (ingest/points.h) to standard output, or one sentence to standard
// error. As gong-decode: it knows no site, and gives up its rights before it looks at a byte.
#include "core/cli.h"
#include "core/mem.h"
#include "core/units.h"
#include "ingest/confine.h"
#include "ingest/points.h"
#include "ingest/unpack.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t OUTPUT_BYTES_MAX = (size_t)1 << 30;

static enum err_kind map_input(void **bytes, size_t *size, struct err *err)
{
    static char nothing[1];
    struct stat info;
    if (fstat(STDIN_FILENO, &info) != 0 || !S_ISREG(info.st_mode))
        return err_set(err, ERR_MISSING,
                       "standard input is no file; write: gong-points ... < FILE");
    *bytes = nothing;
    *size = (size_t)info.st_size;
    if (*size == 0)
        return OK;
    *bytes = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE, STDIN_FILENO, 0);
    if (*bytes == MAP_FAILED)
        return err_errno(err, ERR_LATER, "cannot map the file");
    return OK;
}

static enum err_kind write_all(struct str bytes, struct err *err)
{
    while (bytes.len) {
        ssize_t put = write(STDOUT_FILENO, bytes.at, bytes.len);
        if (put <= 0)
            return err_errno(err, ERR_LATER, "cannot write what was read");
        bytes.at += put;
        bytes.len -= (size_t)put;
    }
    return OK;
}

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
        map_input(&bytes, &size, &err) || confine_process(NULL, &err))
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
    return write_all(buf_slice(&out), &err) ? cli_fail(cli, &err) : EXIT_YES;
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
