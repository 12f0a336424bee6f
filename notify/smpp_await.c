#include "notify/smpp_await.h"

#include "core/mem.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct awaited {
    uint64_t token; // 0: the place is free
    char id[SMPP_ID_MAX + 1], ref[SMPP_ID_MAX + 1];
    int64_t due_ms, over_ms;
};

struct smpp_await {
    int64_t after_ms, until_ms;
    uint64_t token;
    size_t count;
    struct awaited at[SMPP_AWAIT_MAX]; // by token modulo SMPP_AWAIT_MAX
};

struct smpp_await *smpp_await_new(int64_t after_ms, int64_t until_ms)
{
    assert(after_ms > 0 && until_ms >= 0);
    struct smpp_await *await = mem_new(1, sizeof(*await));
    await->after_ms = after_ms;
    await->until_ms = until_ms;
    return await;
}

void smpp_await_free(struct smpp_await **await)
{
    mem_free(await);
}

static void end_one(struct smpp_await *await, struct awaited *one)
{
    if (one->token)
        await->count--;
    *one = (struct awaited){0};
}

void smpp_await_add(struct smpp_await *await, const char *id, const char *ref, int64_t now_ms)
{
    uint64_t token = ++await->token;
    struct awaited *one = &await->at[token % SMPP_AWAIT_MAX];
    end_one(await, one);
    *one = (struct awaited){
        .token = token, .due_ms = now_ms + await->after_ms, .over_ms = now_ms + await->until_ms};
    (void)snprintf(one->id, sizeof(one->id), "%s", id);
    (void)snprintf(one->ref, sizeof(one->ref), "%s", ref);
    await->count++;
}

void smpp_await_end(struct smpp_await *await, const char *ref)
{
    for (size_t i = 0; await->count && i < SMPP_AWAIT_MAX; i++) {
        if (await->at[i].token && strcmp(await->at[i].ref, ref) == 0)
            end_one(await, &await->at[i]);
    }
}

bool smpp_await_due(struct smpp_await *await, int64_t now_ms, const char **id, uint64_t *token)
{
    for (size_t i = 0; await->count && i < SMPP_AWAIT_MAX; i++) {
        struct awaited *one = &await->at[i];
        if (!one->token || now_ms < one->due_ms)
            continue;
        if (now_ms > one->over_ms) {
            end_one(await, one);
            continue;
        }
        one->due_ms = now_ms + await->after_ms;
        *id = one->id;
        *token = one->token;
        return true;
    }
    return false;
}

const char *smpp_await_ref(const struct smpp_await *await, uint64_t token)
{
    const struct awaited *one = &await->at[token % SMPP_AWAIT_MAX];
    return token && one->token == token ? one->ref : NULL;
}
