#ifndef GONG_TESTS_LEDGER_PAYOUT_OF_H
#define GONG_TESTS_LEDGER_PAYOUT_OF_H

#include "ledger/decision.h"
#include "ledger/outbox.h"
#include "tests/ledger/place.h"

// A payout of policy "q" with its message, as the triggers put them at a live site.
static inline void payout_of(struct place *place, const char *contract, const char *period,
                             int64_t amount)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(doc_free) struct doc *trace = doc_array();
    struct batch batch = {"q", 1, {{0}}, "s", period, {0}, {{0}}};
    struct decision decision = {"1", ANSWER_YES, false, 0, trace, 0, NULL};
    struct money standing;
    int64_t batch_seq, seq;
    bool fresh;
    char body[200];
    (void)snprintf(body, sizeof(body),
                   "{\"amount_vnd\":\"%lld\",\"contract\":\"%s\",\"period\":\"%s\",\"policy\":"
                   "\"q\"}",
                   (long long)amount, contract, period);
    memcpy(batch.basis.at, contract, strlen(contract));
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &place->err), place->err);
    CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, &place->err), place->err);
    struct payout payout = {contract, period, "q", VND(amount), seq};
    CHECK_OK(payout_put(txn, (struct utc){0}, &payout, &fresh, &standing, &place->err), place->err);
    struct outbox_item item = {.channel = "pay",
                               .lane = 1,
                               .expires = UTC_NEVER,
                               .cause = seq,
                               .held = true,
                               .body = body};
    (void)snprintf(item.key, sizeof(item.key), "pay/%s/%s/q", contract, period);
    CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// How many messages to pay a dispatcher gets now.
static inline size_t payouts_taken(struct place *place)
{
    AUTO(outbox_items_free) struct outbox_items items = {0};
    struct outbox_claim claim = {.channel = "pay",
                                 .worker = "w",
                                 .max = 10,
                                 .lane_max = INT32_MAX,
                                 .now = {3600},
                                 .now_ms = 0,
                                 .lease_until_ms = 1000};
    CHECK_OK(outbox_take(place->ledger, &claim, &items, &place->err), place->err);
    return items.count;
}

#endif
