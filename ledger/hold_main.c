// gong-hold: the one stop switch.
#include "core/cli.h"
#include "core/mem.h"
#include "ledger/hand.h"
#include "ledger/hold.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int list_holds(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(hold_rows_free) struct hold_rows rows = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    if (hand_open(cli, LEDGER_READ, &hand, &err) || hold_list(hand.ledger, true, &rows, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct hold_row *row = &rows.at[i];
        struct doc *one = doc_object();
        doc_put_text(one, "cause", row->cause);
        doc_put_text(one, "channel", row->channel);
        doc_put_int(one, "hold", row->seq);
        doc_put_text(one, "period", row->period);
        doc_put_text(one, "policy", row->policy);
        doc_put_text(one, "why", row->why);
        doc_push(list, one);
        if (!cli_json(cli))
            (void)printf("%-8" PRId64 " %-12s channel %s, policy %s, period %s: %s\n", row->seq,
                         row->cause, *row->channel ? row->channel : "all",
                         *row->policy ? row->policy : "all", *row->period ? row->period : "all",
                         row->why);
    }
    if (cli_json(cli))
        cli_print(list);
    else if (rows.count == 0 && !cli_quiet(cli))
        (void)printf("nothing is held\n");
    return EXIT_YES;
}

// Payments only, unless a channel, or the alerts as well, are named.
static enum err_kind channel_of(const struct cli *cli, const char **out, struct err *err)
{
    const char *channel = cli_value(cli, "channel");
    bool alerts = cli_has(cli, "alerts");
    *out = alerts ? "" : channel ? channel : "pay";
    if (alerts && channel)
        return err_usage(err, "--alerts stops every channel; leave --channel out");
    if (!channel || strcmp(channel, "pay") == 0)
        return OK;
    for (size_t i = 0; *site_channel(i).at; i++) {
        if (strcmp(site_channel(i).at, channel) == 0)
            return OK;
    }
    return err_usage(err, "there is no channel %.40s; write sms or pay", channel);
}

static int run_hold(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    const char *why, *channel, *policy = cli_value(cli, "policy");
    int64_t seq;
    bool draft = false;
    if (cli_has(cli, "list"))
        return list_holds(cli);
    if (hand_why(cli, "why", &why, &err) || channel_of(cli, &channel, &err)) {
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) || hand_begin(&hand, "hold", &act, &err))
        return cli_fail(cli, &err);
    hold_word(&act, channel, policy ? policy : "", why);
    if (hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (hold_put(hand.ledger, &act, hand.now, &seq, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "hold", seq);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("held: %s of %s; alerts %s; to go on: gong release %" PRId64 "\n",
                     *channel ? channel : "everything", policy ? policy : "every policy",
                     *channel && strcmp(channel, "sms") != 0 ? "go on" : "are stopped too", seq);
    }
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"why", "TEXT", "why; kept in the ledger: no name, phone or account"},
    {"policy", "ID", "of this policy only; without it: of every one"},
    {"channel", "NAME", "this channel instead of payments: sms"},
    {"alerts", NULL, "stop alerts and everything else too, not payments only"},
    {"list", NULL, "say what is held"},
    HAND_OPTIONS,
    {0}};

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "",
     .help = "stop all payments, or those of a policy, at once; alerts go on unless asked",
     .example = "gong hold --why \"the readings look wrong\" --by operator-1 --key operator-1.key",
     .options = options,
     .run = run_hold},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-hold",
                                        .help = "Stops payments, or more, at once.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
