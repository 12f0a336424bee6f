#include "notify/pay_verbs.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/allow.h"
#include "ledger/hand.h"
#include "ledger/hold.h"
#include "ledger/proposal.h"

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

// A rule or a letter for a policy that nobody proposed is a slip of the hand. A drill takes
// policies that nobody proposes.
static enum err_kind know_policy(const struct hand *hand, const char *policy, struct err *err)
{
    AUTO(proposal_rows_free) struct proposal_rows rows = {0};
    if (!policy || site_is_drill(hand->site))
        return OK;
    if (proposal_list(hand->ledger, NULL, &rows, err))
        return err_of(err);
    const char **names = mem_new(rows.count + 1, sizeof(*names));
    bool known = false;
    for (size_t i = 0; i < rows.count; i++) {
        names[i] = rows.at[i].policy;
        known = known || strcmp(names[i], policy) == 0;
    }
    const char *near = text_nearest(str_of(policy), names);
    enum err_kind kind = OK;
    if (!known)
        kind = err_set(
            err, ERR_MISSING, "nobody proposed a policy \"%.60s\"%s%s%s; see gong policy proposals",
            policy, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    mem_free(&names);
    return kind;
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
        know_policy(&hand, cli_value(cli, "policy"), &err) ||
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

static void show_rule(const struct cli *cli, const struct pay_rule *rule, struct doc *list)
{
    struct doc *one = doc_object();
    doc_put_int(one, "amount_vnd", rule->amount_vnd);
    doc_put_int(one, "entry", rule->seq);
    doc_put_bool(one, "in_force", !*rule->by);
    if (*rule->by)
        doc_put_text(one, "signed_by", rule->by);
    doc_put_text(one, "what", rule->what);
    doc_push(list, one);
    if (cli_json(cli))
        return;
    (void)printf("%-48s %16" PRId64 " đồng, entry %" PRId64, rule->what, rule->amount_vnd,
                 rule->seq);
    if (*rule->by)
        (void)printf(": signed by %s; another approver or insurer must sign the same", rule->by);
    (void)printf("\n");
}

int verb_rules(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(pay_rules_free) struct pay_rules rules = {0};
    AUTO(pay_rules_free) struct pay_rules half = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    if (hand_open(cli, LEDGER_READ, &hand, &err) || pay_rule_list(hand.ledger, &rules, &err) ||
        pay_rule_half(hand.ledger, &half, &err))
        return cli_fail(cli, &err);
    if (rules.count == 0 && !cli_quiet(cli) && !cli_json(cli))
        (void)printf("no rules: everything waits for approval, no budget is set\n");
    for (size_t i = 0; i < rules.count; i++)
        show_rule(cli, &rules.at[i], list);
    for (size_t i = 0; i < half.count; i++)
        show_rule(cli, &half.at[i], list);
    if (cli_json(cli))
        cli_print(list);
    return EXIT_YES;
}

// Whether payouts wait for a confirmation: one may also come before they do.
static enum err_kind waits_for_it(const struct hand *hand, const char *policy, const char *period,
                                  bool *out, struct err *err)
{
    AUTO(hold_rows_free) struct hold_rows rows = {0};
    if (hold_list(hand->ledger, true, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct hold_row *hold = &rows.at[i];
        *out = *out || (strcmp(hold->cause, "confirmation") == 0 &&
                        strcmp(hold->policy, policy) == 0 && strcmp(hold->period, period) == 0);
    }
    return OK;
}

int verb_confirm(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    AUTO(buf_free) struct buf bytes = buf_new(CONFIRMATION_BYTES_MAX);
    const char *policy, *period, *file;
    bool draft = false, waited = false;
    if (hand_need(cli, "policy", &policy, &err) || hand_need(cli, "period", &period, &err) ||
        hand_need(cli, "file", &file, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) || hand_begin(&hand, "pay-confirm", &act, &err) ||
        know_policy(&hand, policy, &err) || file_read(file, &bytes, &err))
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
    if (waits_for_it(&hand, policy, period, &waited, &err) ||
        hand_keep(&hand, buf_slice(&bytes), hash, &err) ||
        confirm_put(hand.ledger, &act, hand.now, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli) && !cli_json(cli))
        (void)printf("%s, %s: confirmed by %s%s\n", policy, period, hash_hex(hash).at,
                     waited ? "" : "; nothing waits for it so far");
    return EXIT_YES;
}
