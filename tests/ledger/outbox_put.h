#ifndef GONG_TESTS_LEDGER_OUTBOX_PUT_H
#define GONG_TESTS_LEDGER_OUTBOX_PUT_H

#include "tests/ledger/queue.h"

#include "core/mem.h"
#include "ledger/decision.h"
#include "ledger/outbox.h"

// Puts messages into the outbox of a place; behind those of "pay" stand payouts.

static inline bool put_in_thread(struct place *place, const struct message *message,
                                 const char *text, const char *thread)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    char body[200];
    (void)snprintf(body, sizeof(body),
                   "{\"contract\":\"%s\",\"period\":\"p\",\"policy\":\"q\",\"text\":\"%s\"}",
                   message->key, text);
    struct outbox_item item = {.lane = message->lane,
                               .expires = message->expires_s ? (struct utc){message->expires_s}
                                                             : UTC_NEVER,
                               .cause = cause_of(place),
                               .body = body};
    (void)snprintf(item.channel, sizeof(item.channel), "%s", message->channel);
    (void)snprintf(item.key, sizeof(item.key), "%s", message->key);
    (void)snprintf(item.person, sizeof(item.person), "%s", message->person);
    (void)snprintf(item.thread, sizeof(item.thread), "%s", thread);
    bool fresh = false;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    if (outbox_put(txn, &item, &fresh, &place->err))
        return false;
    if (strcmp(message->channel, "pay") == 0) {
        struct money standing;
        bool is_new;
        struct batch batch = {"q", 1, {{0}}, "s", message->key, {0}, {{0}}};
        struct decision decision = {"1", ANSWER_YES, false, 0, NULL, 0, NULL};
        AUTO(doc_free) struct doc *inputs = doc_object();
        AUTO(doc_free) struct doc *trace = doc_array();
        decision.trace = trace;
        int64_t batch_seq, seq;
        CHECK_OK(batch_put(txn, &batch, inputs, &batch_seq, &place->err), place->err);
        CHECK_OK(decision_put(txn, &batch, batch_seq, &decision, &seq, &place->err), place->err);
        struct payout payout = {message->key, "p", "q", VND(1000), seq};
        CHECK_OK(payout_put(txn, (struct utc){0}, &payout, &is_new, &standing, &place->err),
                 place->err);
    }
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return fresh;
}

static inline bool put(struct place *place, const struct message *message, const char *text)
{
    return put_in_thread(place, message, text, "");
}

static inline const char *payout_state(struct place *place, const char *contract)
{
    static char state[16];
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    CHECK_OK(payout_list(place->ledger, contract, &rows, &place->err), place->err);
    CHECK_INT(rows.count, 1);
    (void)snprintf(state, sizeof(state), "%s", rows.at[0].state);
    return state;
}

static inline void replay(struct place *place, int64_t id, bool pay, enum err_kind wanted)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    enum outbox_state became;
    CHECK_INT(outbox_replay(txn, id, pay, (struct utc){0}, &became, &place->err), wanted);
    if (!wanted)
        CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

#endif
