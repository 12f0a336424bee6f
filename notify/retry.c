#include "notify/retry.h"

#include "core/mem.h"
#include "core/num.h"
#include "ledger/hand.h"
#include "ledger/outbox.h"

#include <inttypes.h>
#include <stdio.h>

const struct cli_option retry_options[] = {HAND_OPTIONS, {0}};

// What is retried, worded and signed.
static enum err_kind word(const struct hand *hand, const char *name, struct act *act, bool *draft,
                          struct err *err)
{
    const struct cli *cli = hand->cli;
    struct doc *ids = doc_array();
    if (hand_begin(hand, name, act, err)) {
        doc_free(&ids);
        return err_of(err);
    }
    doc_put(act->text, "messages", ids);
    for (size_t i = 0; i < cli_count(cli); i++) {
        int64_t id = 0;
        if (num_whole(str_of(cli_arg(cli, i)), 1, INT64_MAX, &id, err))
            return err_of(err);
        doc_push_int(ids, id);
    }
    act_about(act, "message/%" PRId64, doc_int(doc_at(ids, 0), 0));
    return hand_sign(hand, act, draft, err);
}

static enum err_kind send_again(const struct hand *hand, const struct act *act, bool pay,
                                enum outbox_state *became, struct err *err)
{
    const struct doc *ids = doc_get(act->text, "messages");
    AUTO(ledger_undo) struct txn *txn = NULL;
    int64_t seq = 0;
    if (ledger_begin(hand->ledger, &txn, err) || act_put(txn, act, hand->now, &seq, err))
        return err_of(err);
    for (size_t i = 0; i < doc_count(ids); i++) {
        if (outbox_replay(txn, doc_int(doc_at(ids, i), 0), pay, hand->now, &became[i], err))
            return err_of(err);
    }
    return ledger_commit(&txn, err);
}

static const char *say(enum outbox_state became)
{
    switch (became) {
    case OUTBOX_UNKNOWN:
        return "is asked about; it goes out again only where it surely did not";
    case OUTBOX_EXPIRED:
        return "is not sent: its time is over, and a stale message harms";
    case OUTBOX_SUPERSEDED:
        return "is not sent: a newer one took its place";
    case OUTBOX_READY:
    case OUTBOX_LEASED:
    case OUTBOX_DONE:
    case OUTBOX_DEAD:
    case OUTBOX_HELD:
        break;
    }
    return "goes out again";
}

// EXIT_NO when one of them is not sent all the same.
static int report(const struct cli *cli, const struct doc *ids, bool pay,
                  const enum outbox_state *became)
{
    AUTO(doc_free) struct doc *result = doc_array();
    bool all = true;
    for (size_t i = 0; i < cli_count(cli); i++) {
        struct doc *one = doc_object();
        doc_put_int(one, "id", doc_int(doc_at(ids, i), 0));
        doc_put_text(one, "state", outbox_state_name(became[i]));
        doc_push(result, one);
        all = all && became[i] != OUTBOX_EXPIRED && became[i] != OUTBOX_SUPERSEDED;
        if (!cli_quiet(cli) && !cli_json(cli))
            (void)printf("%s %s %s\n", pay ? "payment" : "message", cli_arg(cli, i),
                         say(became[i]));
    }
    if (cli_json(cli))
        cli_print(result);
    return all ? EXIT_YES : EXIT_NO;
}

static int retry(const struct cli *cli, const char *name, bool pay)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    AUTO(mem_drop) enum outbox_state *became = mem_new(cli_count(cli) + 1, sizeof(*became));
    bool draft = false;
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) || word(&hand, name, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (send_again(&hand, &act, pay, became, &err))
        return cli_fail(cli, &err);
    return report(cli, doc_get(act.text, "messages"), pay, became);
}

int retry_messages(const struct cli *cli)
{
    return retry(cli, "message-retry", false);
}

int retry_payments(const struct cli *cli)
{
    return retry(cli, "pay-retry", true);
}
