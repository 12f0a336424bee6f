#ifndef GONG_TESTS_LEDGER_QUEUE_H
#define GONG_TESTS_LEDGER_QUEUE_H

#include "ledger/outbox.h"
#include "tests/ledger/place.h"

// Messages of a ledger that lasts for one test: what they are, how they are taken and answered.

struct message {
    const char *channel, *key, *person;
    int32_t lane;
    int64_t expires_s;
};

static inline size_t take(struct place *place, const char *channel, int64_t now_ms,
                          struct outbox_items *items)
{
    struct outbox_claim claim = {channel, "worker-1",    10,  INT32_MAX, {100},
                                 now_ms,  now_ms + 1000, NULL};
    outbox_items_free(items);
    CHECK_OK(outbox_take(place->ledger, &claim, items, &place->err), place->err);
    return items->count;
}

static inline enum err_kind settle(struct place *place, int64_t id, int64_t attempt,
                                   enum outcome outcome, int64_t due_ms, const char *why)
{
    struct outbox_answer answer = {id, attempt, outcome, NULL, due_ms, {0}, "", why};
    return outbox_settle(place->ledger, &answer, 1, 3, &place->err);
}

static inline int64_t count_of(struct place *place, const char *channel, enum outbox_state state)
{
    int64_t count[OUTBOX_STATES];
    CHECK_OK(outbox_count(place->ledger, channel, count, &place->err), place->err);
    return count[state];
}

#endif
