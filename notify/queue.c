#include "notify/queue.h"

static enum err_kind take(void *self, const struct outbox_claim *claim, struct outbox_items *out,
                          struct err *err)
{
    struct outbox_queue *outbox = self;
    struct outbox_claim capped = *claim;
    capped.caps = &outbox->caps;
    return outbox_take(outbox->ledger, &capped, out, err);
}

static enum err_kind settle(void *self, const struct outbox_answer *answer, size_t count,
                            struct err *err)
{
    struct outbox_queue *outbox = self;
    return outbox_settle(outbox->ledger, answer, count, outbox->attempts_max, err);
}

static enum err_kind testify(void *self, const struct outbox_evidence *evidence, struct err *err)
{
    struct outbox_queue *outbox = self;
    return outbox_testify(outbox->ledger, evidence, err);
}

static enum err_kind reclaim(void *self, int64_t now_ms, const char *worker, size_t *count,
                             struct err *err)
{
    struct outbox_queue *outbox = self;
    return outbox_reclaim(outbox->ledger, now_ms, worker, count, err);
}

static enum err_kind is_empty(void *self, bool *empty, struct err *err)
{
    struct outbox_queue *outbox = self;
    return outbox_is_empty(outbox->ledger, empty, err);
}

struct queue queue_of_outbox(struct outbox_queue *outbox)
{
    return (struct queue){outbox, take, settle, testify, reclaim, is_empty};
}
