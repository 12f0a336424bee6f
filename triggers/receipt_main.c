// gong-receipt: a decision as a paper that is checked anywhere.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/decision.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "policies/unit.h"
#include "triggers/explain.h"
#include "triggers/receipt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum err_kind read_language(const struct cli *cli, const struct site *site,
                                   enum language *out, struct err *err)
{
    const char *word = cli_value(cli, "lang");
    return language_read(word ? word : site_text(site, "language"), out, err);
}

static int run_show(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(map_close) struct map *map = NULL;
    AUTO(people_close) struct people *people = NULL;
    AUTO(doc_free) struct doc *receipt = NULL;
    enum language language = LANGUAGE_VI;
    int64_t seq = 0;
    if (cli_site(cli, &site, &err) || read_language(cli, site, &language, &err) ||
        ledger_open(site_folder(site), LEDGER_READ, &ledger, &err) ||
        map_open(site_folder(site), LEDGER_READ, &map, &err) ||
        people_open(site_folder(site), LEDGER_READ, &people, &err))
        return cli_fail(cli, &err);
    struct receipt_from from = {site, ledger, map, people};
    if (receipt_asked(&from, cli_arg(cli, 0), &seq, &err) ||
        receipt_make(&from, seq, &receipt, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        cli_print(receipt);
    } else if (cli_has(cli, "html")) {
        AUTO(buf_free) struct buf page = buf_new(RECEIPT_BYTES_MAX);
        if (receipt_page(receipt, &page, &err))
            return cli_fail(cli, &err);
        (void)fputs(page.at, stdout);
    } else {
        AUTO(buf_free) struct buf text = buf_new(RECEIPT_BYTES_MAX);
        receipt_say(receipt, language, &text);
        (void)fputs(text.at, stdout);
    }
    return EXIT_YES;
}

static void say_report(const struct receipt_report *report)
{
    (void)printf("proofs: %zu entries are in %s, under a checkpoint over %" PRIu64 "\n",
                 report->proofs, report->origin, report->size);
    if (report->derived)
        (void)printf("values: %zu readings came out of %zu raw files again\n", report->readings,
                     report->raw);
    if (report->weighed)
        (void)printf("weights: made again from the boundary set and the grids, %zu of %zu readings "
                     "by the ones named\n",
                     report->weighed, report->readings);
    if (report->unweighed)
        (void)printf("weights: made again for this commune alone; that those of the name belong to "
                     "its set is NOT checked (gong bundle --all has the whole set)\n");
    if (!report->derived)
        (void)printf("values: NOT checked against the raw files (no --raw was given)\n");
    (void)printf("answer: the same, step by step; payouts: %zu of the same amount\n",
                 report->payouts);
    if (report->unchecked)
        (void)printf("payouts: %zu NOT computed again (their contracts are not shown: forgotten "
                     "since, or left out)\n",
                     report->unchecked);
    if (!report->named)
        (void)printf("commune: its code is proved; its name and zone are NOT\n");
    (void)printf("raw files: their hashes are proved; from where and when they came is NOT\n");
    if (report->payouts || report->unchecked)
        (void)printf("money: what is due is proved; whether it was paid is as the site says, NOT "
                     "proved\n");
    if (!report->drill_proved)
        (void)printf("drill: NOT proved: nobody signed the policy\n");
    (void)printf("receipt: ok\n");
}

static int run_verify(const struct cli *cli)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(RECEIPT_BYTES_MAX);
    AUTO(doc_free) struct doc *receipt = NULL;
    struct receipt_report report;
    struct note_key key;
    struct quorum quorum;
    const char *witnesses = cli_value(cli, "witnesses");
    if (note_key_load(cli_value(cli, "key"), &key, &err) ||
        (witnesses && quorum_load(witnesses, &quorum, &err)) ||
        file_read(cli_arg(cli, 0), &text, &err) ||
        doc_parse(buf_slice(&text), cli_arg(cli, 0), &receipt, &err))
        return cli_fail(cli, &err);
    enum err_kind kind = receipt_check(receipt, &key, witnesses ? &quorum : NULL,
                                       cli_value(cli, "raw"), &report, &err);
    if (kind) {
        (void)cli_fail(cli, &err);
        return kind == ERR_REFUSED ? EXIT_BROKEN : err_exit_code(kind);
    }
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_bool(result, "ok", true);
        doc_put_int(result, "proofs", (int64_t)report.proofs);
        doc_put_bool(result, "derived", report.derived);
        doc_put_int(result, "raw", (int64_t)report.raw);
        doc_put_int(result, "readings", (int64_t)report.readings);
        doc_put_int(result, "weighed", (int64_t)report.weighed);
        doc_put_int(result, "unweighed", (int64_t)report.unweighed);
        doc_put_int(result, "payouts", (int64_t)report.payouts);
        doc_put_int(result, "unchecked", (int64_t)report.unchecked);
        doc_put_bool(result, "named", report.named);
        doc_put_bool(result, "drill_proved", report.drill_proved);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        say_report(&report);
    }
    return EXIT_YES;
}

static const struct cli_option show_options[] = {
    {"lang", "LANGUAGE", "vi or en; else the site's language"},
    {"html", NULL, "one printable page in both languages"},
    {0},
};
static const struct cli_option verify_options[] = {
    {"key", "FILE", "the log's public key (keys/log.vkey of the site), from a trusted hand"},
    {"witnesses", "FILE",
     "who must have cosigned its checkpoints (C2SP tlog-policy), from a trusted hand"},
    {"raw", "DIR", "where the raw files are, by their SHA-256 (an archive, or raw/ of a bundle)"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "show",
     .args = "SEQ|CONTRACT",
     .help =
         "print the receipt of a decision (its entry's number), or of a contract's newest payout "
         "or refusal",
     .example = "gong receipt show BK-000001 --json --site mysite > receipt.json",
     .options = show_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_show},
    {.name = "verify",
     .args = "FILE",
     .help = "check a receipt on any machine: proofs, values from the raw files, answer, amounts",
     .example = "gong receipt verify receipt.json --key log.vkey --raw archive",
     .options = verify_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_verify},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-receipt",
                                        .help = "Decisions as papers that are checked anywhere.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
