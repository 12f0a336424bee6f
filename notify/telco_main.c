// gong-telco: requests to operators of mobile networks, and their confirmation by telephone.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/errand.h"
#include "ledger/now.h"
#include "notify/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES_MAX = 100, LINE_BYTES_MAX = 1000 };

struct desk {
    struct site *site;
    struct ledger *ledger;
    struct utc now;
};

static void desk_close(struct desk *desk)
{
    ledger_close(&desk->ledger);
    site_free(&desk->site);
}

static enum err_kind desk_open(const struct cli *cli, enum ledger_mode mode, struct desk *desk,
                               struct err *err)
{
    if (cli_site(cli, &desk->site, err) ||
        ledger_open(site_folder(desk->site), mode, &desk->ledger, err) ||
        ledger_now(cli, desk->site, desk->ledger, &desk->now, err))
        return err_of(err);
    return OK;
}

static int run_list(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(errands_free) struct errands list = {0};
    AUTO(doc_free) struct doc *result = doc_array();
    bool open = false;
    if (desk_open(cli, LEDGER_READ, &desk, &err) || errand_list(desk.ledger, &list, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < list.count; i++) {
        const struct errand *one = &list.at[i];
        struct doc *row = doc_object();
        open = open || one->state != ERRAND_CONFIRMED;
        doc_put_int(row, "request", one->message);
        doc_put_text(row, "operator", one->to);
        doc_put_text(row, "asked", utc_text(one->asked).at);
        doc_put_text(row, "state", errand_state_name(one->state));
        doc_push(result, row);
        if (!cli_json(cli))
            (void)printf("%" PRId64 "  %s  %s  %s\n", one->message, one->to,
                         utc_local_text(one->asked).at, errand_state_name(one->state));
    }
    if (cli_json(cli))
        cli_print(result);
    else if (list.count == 0 && !cli_quiet(cli))
        (void)printf("no request has left\n");
    return open ? EXIT_NO : EXIT_YES;
}

// Who confirmed is a person's name: it stands in a file of its own, which can be forgotten.
static enum err_kind note_name(const struct desk *desk, const char *request, const char *name,
                               struct err *err)
{
    AUTO(mem_drop) char *path = site_path(desk->site, "out/telco-confirmed.jsonl");
    AUTO(journal_close) struct journal *journal = NULL;
    AUTO(doc_free) struct doc *line = doc_object();
    AUTO(buf_free) struct buf text = buf_new(LINE_BYTES_MAX);
    doc_put_text(line, "at", utc_text(desk->now).at);
    doc_put_text(line, "key", request);
    doc_put_text(line, "name", name);
    doc_canonical(line, &text);
    if (journal_open(path, &journal, err) || journal_begin(journal, err))
        return err_of(err);
    if (journal_has(journal, request)) {
        journal_abandon(journal);
        return OK;
    }
    journal_add(journal, request, buf_slice(&text));
    return journal_end(journal, err);
}

static int run_confirm(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(buf_free) struct buf name = buf_new(NAME_BYTES_MAX);
    const char *by = cli_value(cli, "by");
    int64_t request = 0, seq;
    if (!by || !*by || text_nfc(str_of(by), &name, &err) || name.full) {
        (void)err_usage(&err, "--by must say who confirmed by telephone, in 1 to %d bytes",
                        NAME_BYTES_MAX);
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (num_whole(str_of(cli_arg(cli, 0)), 1, INT64_MAX, &request, &err) ||
        desk_open(cli, LEDGER_WRITE, &desk, &err) || ledger_begin(desk.ledger, &txn, &err) ||
        errand_put(txn, request, ERRAND_CONFIRMED, desk.now, &seq, &err) ||
        note_name(&desk, cli_arg(cli, 0), name.at, &err) || ledger_commit(&txn, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli) && !cli_json(cli))
        (void)printf("request %" PRId64 " is confirmed\n", request);
    return EXIT_YES;
}

static const struct cli_option confirm_options[] = {
    {"by", "NAME", "who confirmed at the operator's; kept in out/telco-confirmed.jsonl only"}, {0}};

static const struct cli_verb verbs[] = {
    {.name = "list",
     .args = "",
     .help = "requests that have left, and which are confirmed; exit 1 when one is not",
     .example = "gong telco list --site mysite",
     .run = run_list},
    {.name = "confirm",
     .args = "REQUEST",
     .help = "an operator confirmed by telephone",
     .example = "gong telco confirm 1470 --by \"Trực ca (diễn tập)\" --site mysite",
     .options = confirm_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_confirm},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-telco",
                                        .help = "Requests to operators of mobile networks.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
