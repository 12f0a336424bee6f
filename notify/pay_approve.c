#include "notify/pay_verbs.h"

#include "core/mem.h"
#include "ledger/hand.h"
#include "ledger/payment.h"

#include <inttypes.h>
#include <stdio.h>

const struct cli_option plan_options[] = {
    {"policy", "ID", "which policy"}, {"period", "PERIOD", "which period of it"}, {0}};
const struct cli_option approve_options[] = {
    {"policy", "ID", "which policy"},
    {"period", "PERIOD", "which period of it"},
    {"hash", "HASH", "of the plan that was looked at, as gong pay plan gives it"},
    HAND_OPTIONS,
    {0}};

static int usage(const struct cli *cli, const struct err *err)
{
    (void)cli_fail(cli, err);
    return EXIT_USAGE;
}

static void print_plan(const struct cli *cli, const char *policy, const char *period,
                       const struct payment_plan *plan, int64_t missing)
{
    struct hash_hex hash = hash_hex(plan->hash);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "count", (int64_t)plan->count);
        doc_put_int(result, "doubtful", (int64_t)plan->doubtful);
        doc_put_text(result, "hash", hash.at);
        if (missing >= 0)
            doc_put_int(result, "missing", missing);
        if (missing == 0)
            doc_put_int(result, "over_budget", (int64_t)plan->allowed.over);
        doc_put_text(result, "period", period);
        doc_put_text(result, "policy", policy);
        doc_put_int(result, "total_vnd", plan->total_vnd);
        cli_print(result);
        return;
    }
    if (cli_quiet(cli))
        return;
    (void)printf("%s, %s: %zu payouts, %" PRId64 " đồng\n", policy, period, plan->count,
                 plan->total_vnd);
    if (plan->doubtful)
        (void)printf("%zu of them stand on doubtful data; gong explain --policy %s --contract ID "
                     "says on which\n",
                     plan->doubtful, policy);
    if (missing < 0)
        (void)printf("to approve: gong pay approve --policy %s --period %s --hash %s --by PERSON "
                     "--key FILE\n",
                     policy, period, hash.at);
    else if (missing > 0)
        (void)printf("approved; %" PRId64 " more must approve\n", missing);
    else if (plan->allowed.over)
        (void)printf("approved by all who must; %zu go out now, %zu are over the budget and stay "
                     "held\n",
                     plan->allowed.released, plan->allowed.over);
    else
        (void)printf("approved by all who must; they go out now\n");
}

int verb_plan(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    const char *policy, *period;
    struct payment_plan plan;
    if (hand_need(cli, "policy", &policy, &err) || hand_need(cli, "period", &period, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_READ, &hand, &err) ||
        payment_plan_of(hand.ledger, policy, period, &plan, &err))
        return cli_fail(cli, &err);
    print_plan(cli, policy, period, &plan, -1);
    return plan.count ? EXIT_YES : EXIT_NO;
}

// The act is worded over the plan that waits; one that is not the plan that was looked at is
// refused when it is written.
static enum err_kind word(const struct hand *hand, struct payment_approval *approval,
                          struct payment_plan *plan, struct act *act, struct err *err)
{
    if (hand_begin(hand, "pay-approve", act, err) ||
        payment_plan_of(hand->ledger, approval->policy, approval->period, plan, err))
        return err_of(err);
    payment_word_approval(act, approval->policy, approval->period, plan);
    return OK;
}

int verb_approve(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    const char *hex;
    struct payment_approval approval = {.act = &act};
    struct payment_plan plan;
    int64_t missing = 0;
    bool draft = false;
    if (hand_need(cli, "policy", &approval.policy, &err) ||
        hand_need(cli, "period", &approval.period, &err) || hand_need(cli, "hash", &hex, &err))
        return usage(cli, &err);
    if (hash_parse(str_of(hex), &approval.hash, &err) ||
        hand_open(cli, LEDGER_WRITE, &hand, &err) || word(&hand, &approval, &plan, &act, &err) ||
        hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    approval.needed = site_whole(hand.site, "pay_approvals");
    approval.at = hand.now;
    if (payment_approve(hand.ledger, &approval, &plan, &missing, &err))
        return cli_fail(cli, &err);
    print_plan(cli, approval.policy, approval.period, &plan, missing);
    return EXIT_YES;
}
