#include "notify/pay_verbs.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/allow.h"
#include "ledger/hand.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CONFIRMATION_BYTES_MAX = 64 << 20 };

const struct cli_option rule_options[] = {{"policy", "ID", "of which policy: for budget and auto"},
                                          {"vnd", "AMOUNT", "whole đồng"},
                                          HAND_OPTIONS,
                                          {0}};
const struct cli_option confirm_options[] = {
    {"policy", "ID", "which policy"},
    {"period", "PERIOD", "which period of it"},
    {"file", "FILE", "the official confirmation, as it came; kept in the archive by its hash"},
    HAND_OPTIONS,
    {0}};

static int usage(const struct cli *cli, const struct err *err)
{
    (void)cli_fail(cli, err);
    return EXIT_USAGE;
}

static enum err_kind read_rule(const struct cli *cli, char what[RULE_NAME_SIZE], int64_t *vnd,
                               struct err *err)
{
    const char *name = cli_arg(cli, 0), *policy = cli_value(cli, "policy"), *amount;
    bool of_policy = strcmp(name, "budget") == 0 || strcmp(name, "auto") == 0;
    if (hand_need(cli, "vnd", &amount, err) || num_whole(str_of(amount), 0, INT64_MAX, vnd, err))
        return err_add(err, "reading --vnd");
    if (of_policy != (policy != NULL))
        return err_set(err, ERR_INPUT,
                       of_policy ? "%s is of a policy: add --policy ID"
                                 : "%s is for all policies: leave --policy out",
                       name);
    (void)snprintf(what, RULE_NAME_SIZE, "%s%s%.63s", name, policy ? "/" : "",
                   policy ? policy : "");
    return OK;
}

int verb_rule(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    char what[RULE_NAME_SIZE];
    int64_t vnd = 0;
    bool draft = false, in_force = false;
    if (read_rule(cli, what, &vnd, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) || hand_begin(&hand, "pay-rule", &act, &err) ||
        pay_rule_word(&act, what, vnd, &err) || hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (pay_rule_put(hand.ledger, &act, hand.now, &in_force, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli) && !cli_json(cli))
        (void)printf("%s %" PRId64 " đồng: %s\n", what, vnd,
                     in_force ? "in force"
                              : "signed; another approver or insurer must sign the same");
    return EXIT_YES;
}

int verb_rules(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(pay_rules_free) struct pay_rules rules = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    if (hand_open(cli, LEDGER_READ, &hand, &err) || pay_rule_list(hand.ledger, &rules, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < rules.count; i++) {
        struct doc *one = doc_object();
        doc_put_int(one, "amount_vnd", rules.at[i].amount_vnd);
        doc_put_int(one, "entry", rules.at[i].seq);
        doc_put_text(one, "what", rules.at[i].what);
        doc_push(list, one);
        if (!cli_json(cli))
            (void)printf("%-48s %16" PRId64 " đồng, entry %" PRId64 "\n", rules.at[i].what,
                         rules.at[i].amount_vnd, rules.at[i].seq);
    }
    if (cli_json(cli))
        cli_print(list);
    else if (rules.count == 0 && !cli_quiet(cli))
        (void)printf("no rules: everything waits for approval, no budget is set\n");
    return EXIT_YES;
}

int verb_confirm(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    AUTO(buf_free) struct buf bytes = buf_new(CONFIRMATION_BYTES_MAX);
    const char *policy, *period, *file;
    bool draft = false;
    if (hand_need(cli, "policy", &policy, &err) || hand_need(cli, "period", &period, &err) ||
        hand_need(cli, "file", &file, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) || hand_begin(&hand, "pay-confirm", &act, &err) ||
        file_read(file, &bytes, &err))
        return cli_fail(cli, &err);
    struct hash hash = hash_of(buf_slice(&bytes));
    if (bytes.len == 0)
        (void)err_set(&err, ERR_INPUT, "%s is empty", file);
    if (err.kind)
        return cli_fail(cli, &err);
    confirm_word(&act, policy, period, hash, (int64_t)bytes.len);
    if (hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (hand_keep(&hand, buf_slice(&bytes), hash, &err) ||
        confirm_put(hand.ledger, &act, hand.now, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli) && !cli_json(cli))
        (void)printf("%s, %s: confirmed by %s\n", policy, period, hash_hex(hash).at);
    return EXIT_YES;
}
