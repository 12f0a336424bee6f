// gong-bundle: the evidence of one settlement as one tar file.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "triggers/bundle.h"

#include <inttypes.h>
#include <stdio.h>

enum { TAR_BYTES_MAX = 1 << 30, NAME_BYTES = 64 };

static enum err_kind make(const struct cli *cli, struct buf *tar, int64_t *seq, struct err *err)
{
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(map_close) struct map *map = NULL;
    AUTO(people_close) struct people *people = NULL;
    if (cli_site(cli, &site, err) || ledger_open(site_folder(site), LEDGER_READ, &ledger, err) ||
        map_open(site_folder(site), LEDGER_READ, &map, err) ||
        people_open(site_folder(site), LEDGER_READ, &people, err) ||
        receipt_decision(ledger, cli_arg(cli, 0), seq, err))
        return err_of(err);
    struct receipt_from from = {site, ledger, map, people};
    return bundle_make(&from, *seq, tar, err);
}

static int run_bundle(const struct cli *cli)
{
    struct err err = {0};
    AUTO(buf_free) struct buf tar = buf_new(TAR_BYTES_MAX);
    char name[NAME_BYTES];
    int64_t seq = 0;
    if (make(cli, &tar, &seq, &err))
        return cli_fail(cli, &err);
    (void)snprintf(name, sizeof(name), "gong-%" PRId64 ".tar", seq);
    const char *out = cli_value(cli, "out") ? cli_value(cli, "out") : name;
    if (file_write(out, buf_slice(&tar), 0644, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "file", out);
        doc_put_int(result, "decision", seq);
        doc_put_int(result, "bytes", (int64_t)tar.len);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("wrote %s (%zu bytes): how to check it is in CHECK.md\n", out, tar.len);
    }
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"out", "FILE", "where to write it (default: gong-SEQ.tar here)"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "SEQ|CONTRACT",
     .help = "write all evidence of a decision, or of a contract's payout, into one tar file",
     .example = "gong bundle BK-000001 --site mysite",
     .options = options,
     .args_min = 1,
     .args_max = 1,
     .run = run_bundle},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-bundle",
                                        .help = "Evidence of one settlement.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
