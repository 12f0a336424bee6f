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
                                struct err *err)
{
    const struct doc *ids = doc_get(act->text, "messages");
    AUTO(ledger_undo) struct txn *txn = NULL;
    int64_t seq = 0;
    if (ledger_begin(hand->ledger, &txn, err) || act_put(txn, act, hand->now, &seq, err))
        return err_of(err);
    for (size_t i = 0; i < doc_count(ids); i++) {
        if (outbox_replay(txn, doc_int(doc_at(ids, i), 0), pay, err))
            return err_of(err);
    }
    return ledger_commit(&txn, err);
}

static int retry(const struct cli *cli, const char *name, bool pay)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    bool draft = false;
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) || word(&hand, name, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (send_again(&hand, &act, pay, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < cli_count(cli) && !cli_quiet(cli) && !cli_json(cli); i++)
        (void)printf("%s %s %s\n", pay ? "payment" : "message", cli_arg(cli, i),
                     pay ? "is asked about; it goes out again only where it surely did not"
                         : "goes out again");
    return EXIT_YES;
}

int retry_messages(const struct cli *cli)
{
    return retry(cli, "message-retry", false);
}

int retry_payments(const struct cli *cli)
{
    return retry(cli, "pay-retry", true);
}
