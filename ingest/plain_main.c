// gong-plain: reads many plain NetCDF-4 files of a folder, the short way alone (ingest/convoy.h).
// As gong-decode: it is started once, makes a fork of itself for each request, knows no site, and
// a fork gives up its rights before it looks at a byte. There is no NetCDF library in it, nor all
// that this one needs, so that it is ready ten times sooner; what it does not read is read by
// gong-decode.
#include "core/cli.h"
#include "core/mem.h"
#include "core/nest.h"
#include "core/units.h"
#include "ingest/cf.h"
#include "ingest/confine.h"
#include "ingest/convoy.h"
#include "ingest/given.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGS_MAX = WANTED_HEAD_ARGS + WANTED_VARIABLE_ARGS * WANTED_MAX };

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

static int run(const struct cli *cli)
{
    const char *args[ARGS_MAX];
    if (!cli_has(cli, "nest")) {
        (void)fprintf(stderr, "gong-plain: it is started by gong-series; to read one file by hand "
                              "there is gong-decode\n");
        return EXIT_USAGE;
    }
    size_t count = nest_serve(args, ARGS_MAX);
    _exit(read_all(cli, args, count)); // a fork has nothing to tidy up
}

int main(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"nest", NULL, "stay, and make a fork for each request"}, {NULL, NULL, NULL}};
    static const struct cli_verb verb = {
        .name = "",
        .options = options,
        .args = "",
        .help = "Reads plain NetCDF-4 files, confined; started by gong-series, which says over "
                "standard input what is wanted of which files.",
        .example = "gong-plain --nest",
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
