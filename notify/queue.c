#include "notify/queue.h"

#include "core/log.h"
#include "ledger/ledger.h"
#include "ledger/post.h"

enum { LANE_WARNINGS = 0 };

// When the disk is full, the space that is kept for warnings is given up, once: from then on, until
// the program is started again, only warnings are handed out.
static bool makes_room(struct outbox_queue *outbox, const struct err *err)
{
    if (!err->full || !ledger_make_room(outbox->ledger))
        return false;
    log_error(QUEUE_DISK_FULL);
    outbox->warnings_only = true;
    return true;
}

static enum err_kind take(void *self, const struct outbox_claim *claim, struct outbox_items *out,
                          struct err *err)
{
    struct outbox_queue *outbox = self;
    if (follower_is_channel(claim->channel))
        return followers_take(&outbox->followers, outbox->ledger, claim, out, err);
    struct outbox_claim capped = *claim;
    capped.caps = &outbox->caps;
    if (outbox->warnings_only)
        capped.lane_max = LANE_WARNINGS;
    enum err_kind kind = outbox_take(outbox->ledger, &capped, out, err);
    if (kind && makes_room(outbox, err)) {
        capped.lane_max = LANE_WARNINGS;
        return outbox_take(outbox->ledger, &capped, out, err);
    }
    return kind;
}

// The longest run from the first on of answers of followers, or of others.
static size_t run_of(const struct outbox_answer *answer, size_t count, bool *follows)
{
    size_t len = 0;
    *follows = answer[0].channel && follower_is_channel(answer[0].channel);
    while (len < count &&
           (answer[len].channel && follower_is_channel(answer[len].channel)) == *follows)
        len++;
    return len;
}

static enum err_kind settle_once(struct outbox_queue *outbox, const struct outbox_answer *answer,
                                 size_t count, struct err *err)
{
    for (size_t i = 0, len; i < count; i += len) {
        bool follows = false;
        len = run_of(answer + i, count - i, &follows);
        enum err_kind kind =
            follows ? followers_settle(&outbox->followers, outbox->ledger, answer + i, len, err)
                    : outbox_settle(outbox->ledger, answer + i, len, outbox->attempts_max, err);
        if (kind)
            return kind;
    }
    return OK;
}

static enum err_kind settle(void *self, const struct outbox_answer *answer, size_t count,
                            struct err *err)
{
    enum err_kind kind = settle_once(self, answer, count, err);
    return kind && makes_room(self, err) ? settle_once(self, answer, count, err) : kind;
}

static enum err_kind testify(void *self, const struct outbox_evidence *evidence, size_t count,
                             enum err_kind *noted, struct err *err)
{
    struct outbox_queue *outbox = self;
    return outbox_testify(outbox->ledger, evidence, count, noted, err);
}

static enum err_kind record(void *self, const struct outbox_news *news, struct err *err)
{
    struct outbox_queue *outbox = self;
    bool follows = false;
    // The places of followers are committed in another way.
    if (run_of(news->answer, news->answers, &follows) < news->answers || follows)
        return err_set(err, ERR_INPUT, "answers of followers are recorded by themselves");
    enum err_kind kind = outbox_record(outbox->ledger, news, outbox->attempts_max, err);
    return kind && makes_room(outbox, err)
               ? outbox_record(outbox->ledger, news, outbox->attempts_max, err)
               : kind;
}

// Moves the time of our post on while a third of it is gone.
static enum err_kind keep_post(struct outbox_queue *outbox, int64_t now_ms, struct err *err)
{
    if (!outbox->post || now_ms < outbox->post_next_ms)
        return OK;
    if (post_keep(outbox->ledger, outbox->post, now_ms + POST_MS, err))
        return err_of(err);
    outbox->post_next_ms = now_ms + POST_MS / 3;
    return OK;
}

static enum err_kind reclaim(void *self, int64_t now_ms, const char *worker, size_t *count,
                             struct err *err)
{
    struct outbox_queue *outbox = self;
    if (keep_post(outbox, now_ms, err))
        return err_of(err);
    if (outbox_reclaim(outbox->ledger, now_ms, worker, count, err))
        return err_of(err);
    followers_reclaim(&outbox->followers, now_ms, worker, count);
    return OK;
}

static enum err_kind is_empty(void *self, bool *empty, struct err *err)
{
    struct outbox_queue *outbox = self;
    int64_t lane_max = outbox->warnings_only ? LANE_WARNINGS : OUTBOX_LANE_REST;
    *empty = true;
    for (size_t i = 0; i < outbox->served_count && *empty; i++) {
        if (outbox_is_empty(outbox->ledger, outbox->served[i].at, lane_max, empty, err))
            return err_of(err);
    }
    return OK;
}

void outbox_queue_free(struct outbox_queue *outbox)
{
    followers_free(&outbox->followers);
}

struct queue queue_of_outbox(struct outbox_queue *outbox)
{
    return (struct queue){outbox, take, settle, testify, reclaim, is_empty, record};
}
