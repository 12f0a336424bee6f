#include "notify/pay_verbs.h"

#include "core/mem.h"
#include "ledger/hand.h"
#include "ledger/payment.h"
#include "ledger/waiting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct cli_option plan_options[] = {
    {"policy", "ID", "which policy; without it: a line for each that has payouts waiting"},
    {"period", "PERIOD", "which period of it; of what was added to one: 2024+1"},
    {0}};
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

static int64_t number(const struct doc *doc, const char *key)
{
    return doc_int(doc_get(doc, key), 0);
}

static void put_plan(struct doc *result, const char *policy, const char *period,
                     const struct payment_plan *plan)
{
    doc_put_int(result, "count", (int64_t)plan->count);
    doc_put_int(result, "doubtful", (int64_t)plan->doubtful);
    doc_put_text(result, "hash", hash_hex(plan->hash).at);
    doc_put_text(result, "period", period);
    doc_put_text(result, "policy", policy);
    doc_put_int(result, "total_vnd", plan->total_vnd);
}

static void say_plan(const char *policy, const char *period, const struct payment_plan *plan)
{
    (void)printf("%s, %s: %zu payouts, %" PRId64 " đồng\n", policy, period, plan->count,
                 plan->total_vnd);
    if (plan->doubtful)
        (void)printf("%zu of them stand on doubtful data; gong explain --policy %s --contract ID "
                     "says on which\n",
                     plan->doubtful, policy);
}

// What stops them whoever approves.
static void say_holds(const struct doc *holds)
{
    for (size_t i = 0; i < doc_count(holds); i++) {
        const struct doc *one = doc_at(holds, i);
        (void)printf("  held by %" PRId64 " (%s): %s\n", number(one, "hold"),
                     doc_text(doc_get(one, "cause"), ""), doc_text(doc_get(one, "why"), ""));
    }
}

static void say_people(const struct doc *look)
{
    const struct doc *by = doc_get(look, "approved_by");
    (void)printf("  %" PRId64 " people must approve; approved by: %s", number(look, "needed"),
                 doc_count(by) ? "" : "nobody yet");
    for (size_t i = 0; i < doc_count(by); i++)
        (void)printf("%s%s", i ? ", " : "", doc_text(doc_at(by, i), ""));
    (void)printf("\n");
}

static void say_look(const struct doc *look)
{
    const struct doc *places = doc_get(look, "communes");
    for (size_t i = 0; i < doc_count(places); i++) {
        const struct doc *one = doc_at(places, i);
        (void)printf("  commune %-8s %6" PRId64 " payouts %16" PRId64 " đồng, the largest %" PRId64
                     "\n",
                     doc_text(doc_get(one, "commune"), ""), number(one, "count"),
                     number(one, "total_vnd"), number(one, "most_vnd"));
    }
    if (number(look, "replaced"))
        (void)printf("  %" PRId64
                     " of them stand on a decision that was replaced by one that says no "
                     "(gong history); what was promised stays\n",
                     number(look, "replaced"));
    if (!doc_is_null(doc_get(look, "budget_vnd")))
        (void)printf("  budget of the policy %" PRId64 " đồng, set aside so far %" PRId64 "\n",
                     number(look, "budget_vnd"), number(look, "set_aside_vnd"));
    say_holds(doc_get(look, "holds"));
    say_people(look);
}

static int list_plans(const struct cli *cli, const struct hand *hand, const char *policy)
{
    struct err err = {0};
    AUTO(waiting_rows_free) struct waiting_rows rows = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    if (waiting_list(hand->ledger, policy, &rows, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct waiting_row *row = &rows.at[i];
        struct doc *one = doc_object();
        doc_put_int(one, "count", row->count);
        doc_put_text(one, "period", row->period);
        doc_put_text(one, "policy", row->policy);
        doc_put_int(one, "total_vnd", row->total_vnd);
        doc_push(list, one);
        if (!cli_json(cli))
            (void)printf("%s, %s: %" PRId64 " payouts, %" PRId64
                         " đồng; to look: gong pay plan --policy %s --period %s\n",
                         row->policy, row->period, row->count, row->total_vnd, row->policy,
                         row->period);
    }
    if (cli_json(cli))
        cli_print(list);
    else if (rows.count == 0 && !cli_quiet(cli))
        (void)printf("no payout waits for approval\n");
    return rows.count ? EXIT_YES : EXIT_NO;
}

static enum err_kind look_at(const struct hand *hand, const char *policy, const char *period,
                             struct doc *out, struct err *err)
{
    return waiting_look(hand->ledger, policy, period, site_whole(hand->site, "pay_approvals"), out,
                        err);
}

int verb_plan(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(doc_free) struct doc *result = doc_object();
    const char *policy = cli_value(cli, "policy"), *period = cli_value(cli, "period");
    struct payment_plan plan;
    if (period && hand_need(cli, "policy", &policy, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_READ, &hand, &err))
        return cli_fail(cli, &err);
    if (!period)
        return list_plans(cli, &hand, policy);
    if (payment_plan_of(hand.ledger, policy, period, &plan, &err) ||
        look_at(&hand, policy, period, result, &err))
        return cli_fail(cli, &err);
    put_plan(result, policy, period, &plan);
    if (cli_json(cli)) {
        cli_print(result);
    } else if (plan.count == 0 && !cli_quiet(cli)) {
        (void)printf("no payout of %s, %s waits for approval; gong pay plan lists what does\n",
                     policy, period);
    } else if (!cli_quiet(cli)) {
        say_plan(policy, period, &plan);
        say_look(result);
        (void)printf("to approve: gong pay approve --policy %s --period %s --hash %s --by PERSON "
                     "--key FILE\n",
                     policy, period, hash_hex(plan.hash).at);
    }
    return plan.count ? EXIT_YES : EXIT_NO;
}

// What became of an approval; `before` is how it was looked at before.
static void say_approved(const struct cli *cli, const struct payment_approval *approval,
                         const struct payment_plan *plan, int64_t missing, const struct doc *before)
{
    const struct doc *by = doc_get(before, "approved_by"), *holds = doc_get(before, "holds");
    bool again = false;
    for (size_t i = 0; i < doc_count(by); i++)
        again = again || strcmp(doc_text(doc_at(by, i), ""), approval->act->by) == 0;
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        put_plan(result, approval->policy, approval->period, plan);
        doc_put_same(result, "holds", holds);
        doc_put_int(result, "missing", missing);
        if (missing == 0)
            doc_put_int(result, "over_budget", (int64_t)plan->allowed.over);
        cli_print(result);
        return;
    }
    if (cli_quiet(cli))
        return;
    say_plan(approval->policy, approval->period, plan);
    if (missing > 0) {
        (void)printf("approved%s; %" PRId64 " more must approve\n",
                     again ? " by this person before, who counts once" : "", missing);
        return;
    }
    const char *go = doc_count(holds) ? "may go once nothing holds them" : "go out now";
    if (plan->allowed.over)
        (void)printf("approved by all who must; %zu %s, %zu are over the budget and stay held\n",
                     plan->allowed.released, go, plan->allowed.over);
    else
        (void)printf("approved by all who must; they %s\n", go);
    say_holds(holds);
}

// The act is worded over the plan that waits; one that is not the plan that was looked at, or that
// has changed since, is refused when it is written.
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
    AUTO(doc_free) struct doc *before = doc_object();
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
        look_at(&hand, approval.policy, approval.period, before, &err) ||
        hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    approval.needed = site_whole(hand.site, "pay_approvals");
    approval.at = hand.now;
    if (payment_approve(hand.ledger, &approval, &plan, &missing, &err))
        return cli_fail(cli, &err);
    say_approved(cli, &approval, &plan, missing, before);
    return EXIT_YES;
}
