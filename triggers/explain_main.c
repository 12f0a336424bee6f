// gong-explain: why, or why not, with every number.
#include "core/cli.h"
#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "ledger/raw.h"
#include "triggers/explain.h"

#include <stdio.h>
#include <string.h>

static bool is_in(const struct doc *list, const char *text)
{
    for (size_t i = 0; i < doc_count(list); i++) {
        if (strcmp(doc_text(doc_at(list, i), ""), text) == 0)
            return true;
    }
    return false;
}

// What the provider of a raw file asks to be said with it: in the entry that says what became of
// it, which stays when the file is let go of.
static enum err_kind add_licence(struct ledger *ledger, const char *source, const char *raw,
                                 struct doc *list, struct err *err)
{
    struct hash hash;
    int64_t seq = 0;
    AUTO(doc_free) struct doc *body = NULL;
    if (hash_parse(str_of(raw), &hash, err) || raw_entry_of(ledger, source, hash, &seq, err))
        return err_of(err);
    if (seq == 0)
        return OK;
    if (ledger_entry_doc(ledger, seq, &body, err))
        return err_of(err);
    const char *licence = doc_text(doc_get(body, "licence"), "");
    if (*licence && !is_in(list, licence))
        doc_push_text(list, licence);
    return OK;
}

// The explanation's "licences". They are no part of what a receipt tells.
static enum err_kind put_licences(struct ledger *ledger, struct doc *explanation, struct err *err)
{
    enum { LICENCES_MAX = 8 };
    const struct doc *inputs = doc_get(explanation, "inputs"), *raw = doc_get(inputs, "raw");
    struct doc *list = doc_array();
    doc_put(explanation, "licences", list);
    for (size_t i = 0; i < doc_count(raw) && doc_count(list) < LICENCES_MAX; i++) {
        if (add_licence(ledger, doc_text(doc_get(inputs, "source"), ""),
                        doc_text(doc_at(raw, i), ""), list, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind read_question(const struct cli *cli, const struct site *site,
                                   struct contract *contract, struct question *out, struct err *err)
{
    AUTO(people_close) struct people *people = NULL;
    *out = (struct question){.policy = cli_value(cli, "policy"),
                             .commune = cli_value(cli, "commune"),
                             .contract = cli_value(cli, "contract"),
                             .day = cli_value(cli, "date")};
    if (!out->contract && out->policy && out->commune)
        return OK;
    if (!out->contract || out->policy || out->commune)
        return err_usage(err, "ask either --contract ID, or --commune CODE with --policy ID");
    if (people_open(site_folder(site), LEDGER_READ, &people, err) ||
        contract_find(people, out->contract, contract, err))
        return err_of(err);
    out->policy = contract->policy;
    out->commune = contract->commune;
    return OK;
}

static enum err_kind read_language(const struct cli *cli, const struct site *site,
                                   enum language *out, struct err *err)
{
    const char *word = cli_value(cli, "lang");
    return language_read(word ? word : site_text(site, "language"), out, err);
}

static enum err_kind put_reckoning(struct ledger *ledger, const struct decision_row *row,
                                   const struct contract *contract, struct doc *explanation,
                                   struct err *err)
{
    struct doc *list = doc_array();
    doc_put(explanation, "reckonings", list);
    return explain_reckon(ledger, row, contract, explanation, list, err);
}

static int run_explain(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(map_close) struct map *map = NULL;
    AUTO(doc_free) struct doc *explanation = NULL;
    struct contract contract;
    struct question question;
    struct decision_row row;
    enum language language = LANGUAGE_VI;
    if (cli_site(cli, &site, &err) || read_language(cli, site, &language, &err) ||
        read_question(cli, site, &contract, &question, &err) ||
        ledger_open(site_folder(site), LEDGER_READ, &ledger, &err) ||
        map_open(site_folder(site), LEDGER_READ, &map, &err) ||
        explain_find(ledger, &question, &row, &err) ||
        explain_make(ledger, map, &row, question.contract, &explanation, &err) ||
        (question.contract && put_reckoning(ledger, &row, &contract, explanation, &err)))
        return cli_fail(cli, &err);
    if (put_licences(ledger, explanation, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        cli_print(explanation);
        return EXIT_YES;
    }
    AUTO(buf_free) struct buf text = buf_new(1 << 20);
    explain_say(explanation, language, site_is_drill(site), &text);
    (void)fputs(text.at, stdout);
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"contract", "ID", "explain to the holder of this contract"},
    {"commune", "CODE", "or: explain for this commune"},
    {"policy", "ID", "  under this policy"},
    {"date", "DATE", "the decision whose window holds that day; else the newest"},
    {"lang", "LANGUAGE", "vi or en; else the site's language"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "",
     .help = "say why or why not, with every number behind a decision",
     .example = "gong explain --contract BK-0001 --lang en",
     .options = options,
     .run = run_explain},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-explain",
                                        .help = "Explains decisions.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
