// gong-bundle: the evidence of one settlement as one tar file.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "triggers/bundle.h"
#include "triggers/whole.h"

#include <inttypes.h>
#include <stdio.h>

enum { TAR_BYTES_MAX = 1 << 30, NAME_BYTES = 64 };

// `*seq` is the decision, `*left` what a bundle of all leaves out.
static enum err_kind make(const struct cli *cli, struct buf *tar, int64_t *seq, int64_t *left,
                          struct err *err)
{
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(map_close) struct map *map = NULL;
    AUTO(people_close) struct people *people = NULL;
    if (cli_site(cli, &site, err) || ledger_open(site_folder(site), LEDGER_READ, &ledger, err) ||
        map_open(site_folder(site), LEDGER_READ, &map, err) ||
        people_open(site_folder(site), LEDGER_READ, &people, err))
        return err_of(err);
    struct receipt_from from = {site, ledger, map, people};
    if (cli_has(cli, "all"))
        return whole_make(&from, tar, left, err);
    if (receipt_asked(&from, cli_arg(cli, 0), seq, err))
        return err_of(err);
    return bundle_make(&from, *seq, tar, err);
}

static int run_bundle(const struct cli *cli)
{
    struct err err = {0};
    static const char *const writes[] = {"out", NULL}, *const reads[] = {NULL};
    AUTO(buf_free) struct buf tar = buf_new(TAR_BYTES_MAX);
    char name[NAME_BYTES];
    int64_t seq = 0, left = 0;
    bool all = cli_has(cli, "all");
    if (all == (cli_count(cli) == 1)) {
        (void)err_usage(&err, "write: gong bundle SEQ, gong bundle CONTRACT or gong bundle --all");
        return cli_fail(cli, &err);
    }
    if (cli_apart(cli, writes, reads, &err) || make(cli, &tar, &seq, &left, &err))
        return cli_fail(cli, &err);
    if (all)
        (void)snprintf(name, sizeof(name), "gong-all.tar");
    else
        (void)snprintf(name, sizeof(name), "gong-%" PRId64 ".tar", seq);
    const char *out = cli_value(cli, "out") ? cli_value(cli, "out") : name;
    if (file_write(out, buf_slice(&tar), 0644, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "file", out);
        if (all)
            doc_put_int(result, "not_sealed", left);
        else
            doc_put_int(result, "decision", seq);
        doc_put_int(result, "bytes", (int64_t)tar.len);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("wrote %s (%zu bytes): how to check it is in CHECK.md\n", out, tar.len);
        if (left)
            (void)printf("%" PRId64
                         " newer entries are not in it: they were not sealed yet; write: "
                         "gong ledger seal\n",
                         left);
    }
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"out", "FILE", "where to write it (default: gong-SEQ.tar or gong-all.tar here)"},
    {"all", NULL, "everything that was ever decided here, to be replayed at another place"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "[SEQ|CONTRACT]",
     .help = "write all evidence of a decision, of a contract's newest payout or refusal, or of "
             "all decisions, into "
             "one tar file; gong replay --bundle checks it",
     .example = "gong bundle BK-000001 --site mysite",
     .options = options,
     .args_min = 0,
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
