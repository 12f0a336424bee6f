#include "notify/follower.h"

#include "core/mem.h"
#include "ledger/feed.h"

#include <stdio.h>
#include <string.h>

static const char FEED[] = "feed-";

void followers_free(struct followers *followers)
{
    for (size_t i = 0; i < followers->count; i++)
        mem_free(&followers->at[i]);
    followers->count = 0;
}

bool follower_is_channel(const char *channel)
{
    return strncmp(channel, FEED, sizeof(FEED) - 1) == 0 && channel[sizeof(FEED) - 1];
}

static struct follower *find(const struct followers *followers, const char *channel)
{
    for (size_t i = 0; channel && i < followers->count; i++) {
        if (strcmp(followers->at[i]->channel, channel) == 0)
            return followers->at[i];
    }
    return NULL;
}

// Back to its place: what is not acknowledged there goes out again.
static void go_back(struct follower *follower)
{
    follower->next = follower->place;
    memset(follower->acknowledged, 0, sizeof(follower->acknowledged));
}

static enum err_kind meet(struct followers *followers, struct ledger *ledger, const char *channel,
                          struct follower **out, struct err *err)
{
    *out = find(followers, channel);
    if (*out || followers->count == FOLLOWERS_MAX)
        return OK;
    AUTO(mem_drop) struct follower *follower = mem_new(1, sizeof(*follower));
    (void)snprintf(follower->channel, sizeof(follower->channel), "%s", channel);
    if (feed_place(ledger, channel, &follower->place, err))
        return err_of(err);
    follower->next = follower->place;
    *out = followers->at[followers->count++] = TAKE(follower);
    return OK;
}

enum err_kind followers_take(struct followers *followers, struct ledger *ledger,
                             const struct outbox_claim *claim, struct outbox_items *out,
                             struct err *err)
{
    struct follower *follower = NULL;
    if (meet(followers, ledger, claim->channel, &follower, err))
        return err_of(err);
    if (!follower || claim->now_ms < follower->not_before_ms)
        return OK;
    int64_t room = FOLLOWER_WINDOW - (follower->next - follower->place);
    size_t max = claim->max < (size_t)room ? claim->max : (size_t)room;
    if (max == 0)
        return OK;
    if (feed_read(ledger, follower->next, max, out, err))
        return err_of(err);
    if (out->count) {
        follower->next = out->at[out->count - 1].id;
        follower->lease_until_ms = claim->lease_until_ms;
        (void)snprintf(follower->worker, sizeof(follower->worker), "%s", claim->worker);
    }
    return OK;
}

static void take_answer(struct follower *follower, const struct outbox_answer *answer)
{
    if (answer->id <= follower->place || answer->id > follower->next)
        return; // of before, or of what never was
    if (answer->outcome != OUTCOME_DONE) {
        follower->not_before_ms = answer->due_ms;
        go_back(follower);
        return;
    }
    follower->acknowledged[answer->id % FOLLOWER_WINDOW] = true;
}

// How far everything is acknowledged now.
static int64_t reached(struct follower *follower)
{
    int64_t place = follower->place;
    while (place < follower->next && follower->acknowledged[(place + 1) % FOLLOWER_WINDOW])
        follower->acknowledged[++place % FOLLOWER_WINDOW] = false;
    return place;
}

enum err_kind followers_settle(struct followers *followers, struct ledger *ledger,
                               const struct outbox_answer *answer, size_t count, struct err *err)
{
    struct feed_step step[FOLLOWERS_MAX];
    size_t steps = 0;
    for (size_t i = 0; i < count; i++) {
        struct follower *follower = find(followers, answer[i].channel);
        if (follower)
            take_answer(follower, &answer[i]);
    }
    for (size_t i = 0; i < followers->count; i++) {
        struct follower *follower = followers->at[i];
        int64_t place = reached(follower);
        if (place > follower->place)
            step[steps++] = (struct feed_step){follower->channel, place};
        follower->place = place;
    }
    return steps ? feed_advance(ledger, step, steps, err) : OK;
}

void followers_reclaim(struct followers *followers, int64_t now_ms, const char *worker,
                       size_t *count)
{
    for (size_t i = 0; i < followers->count; i++) {
        struct follower *follower = followers->at[i];
        bool over =
            worker ? strcmp(worker, follower->worker) == 0 : now_ms >= follower->lease_until_ms;
        if (follower->next == follower->place || !over)
            continue;
        *count += (size_t)(follower->next - follower->place);
        go_back(follower);
    }
}
