// gong-history: each decision, what it replaced, and why.
#include "core/cli.h"
#include "core/mem.h"
#include "ledger/decision.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "triggers/restate.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 64 << 20 };

// A contract of the register, else a policy that decided, else a commune.
static enum err_kind read_what(const struct cli *cli, const struct site *site,
                               struct ledger *ledger, struct contract *contract,
                               struct restate_query *out, struct err *err)
{
    AUTO(people_close) struct people *people = NULL;
    AUTO(batch_rows_free) struct batch_rows batches = {0};
    const char *what = cli_arg(cli, 0);
    struct err none = {0};
    if (people_open(site_folder(site), LEDGER_READ, &people, err))
        return err_of(err);
    if (contract_find(people, what, contract, &none) == OK) {
        *out = (struct restate_query){contract->policy, contract->commune, contract->id};
        return OK;
    }
    if (batch_list(ledger, what, NULL, &batches, err))
        return err_of(err);
    *out = batches.count ? (struct restate_query){.policy = what}
                         : (struct restate_query){.commune = what};
    return OK;
}

static int run_history(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(map_close) struct map *map = NULL;
    AUTO(doc_free) struct doc *history = NULL;
    AUTO(buf_free) struct buf words = buf_new(WORDS_MAX);
    const char *lang = cli_value(cli, "lang");
    struct contract contract;
    struct restate_query query;
    if (cli_site(cli, &site, &err) || ledger_open(site_folder(site), LEDGER_READ, &ledger, &err) ||
        map_open(site_folder(site), LEDGER_READ, &map, &err) ||
        read_what(cli, site, ledger, &contract, &query, &err) ||
        restate_make(ledger, map, &query, &history, &err))
        return cli_fail(cli, &err);
    if (doc_count(doc_get(history, "decisions")) == 0) {
        (void)err_set(&err, ERR_MISSING,
                      "nothing was decided for %s: give a contract, a commune's code or a policy",
                      cli_arg(cli, 0));
        return cli_fail(cli, &err);
    }
    if (cli_json(cli)) {
        cli_print(history);
        return EXIT_YES;
    }
    lang = lang ? lang : site_text(site, "language");
    restate_say(history, strcmp(lang, "en") == 0 ? LANGUAGE_EN : LANGUAGE_VI, &words);
    (void)fputs(words.at ? words.at : "", stdout);
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"lang", "LANGUAGE", "vi or en; without it the site's language"}, {0}};

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "CONTRACT|COMMUNE|POLICY",
     .help = "each decision, what it replaced and why: which file was revised, what was added",
     .example = "gong history C-1 --lang en --site mysite",
     .options = options,
     .args_min = 1,
     .args_max = 1,
     .run = run_history},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-history",
                                        .help = "Corrections made visible.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
