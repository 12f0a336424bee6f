#include "notify/callback.h"

#include "core/clock.h"
#include "core/mem.h"
#include "core/site.h"
#include "notify/channel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    WORD_BYTES_MIN = 16,
    WORD_BYTES_MAX = 256,
    CALL_BYTES_MAX = 64 * 1024,
    HELD_MAX = 600, // Kannel asks 512 things at once
    NOTED_MS = 5000,
};

static const char word_letters[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

// A call that is answered when its evidence is noted.
struct held {
    struct listen_request *request;
    int64_t number, since_ms;
    unsigned missing;
};

struct callback {
    struct callback_settings settings;
    struct listener *listener;
    struct buf word;
    char *url;
    struct held held[HELD_MAX];
    size_t held_count;
};

void callback_close(struct callback **callback)
{
    if (!*callback)
        return;
    listener_close(&(*callback)->listener);
    buf_free(&(*callback)->word);
    mem_free(&(*callback)->url);
    mem_free(callback);
}

// Bytes compared in the same time whatever they are: the word is a secret.
static bool same_secret(struct str a, struct str b)
{
    unsigned differs = a.len != b.len;
    for (size_t i = 0; i < b.len; i++)
        differs |= (unsigned)(uint8_t)(i < a.len ? a.at[i] : 0) ^ (unsigned)(uint8_t)b.at[i];
    return differs == 0;
}

static void handle(void *self, struct listen_request *request, struct listen_reply *reply)
{
    struct callback *callback = self;
    struct str path = str_of(listen_path(request)), empty, word;
    reply->status = 404;
    if (!str_take_field(&path, '/', &empty) || !str_take_field(&path, '/', &word) || !path.at ||
        !same_secret(word, buf_slice(&callback->word)))
        return;
    // The rest of a C string is one.
    reply->status = callback->settings.answer(callback->settings.self, path.at, request);
}

enum err_kind callback_open(const struct site *site, const struct callback_settings *settings,
                            struct callback **out, struct err *err)
{
    AUTO(callback_close) struct callback *callback = mem_new(1, sizeof(*callback));
    callback->settings = *settings;
    callback->word = buf_new(WORD_BYTES_MAX);
    if (site_secret(site, settings->secret, &callback->word, err))
        return err_of(err);
    struct str word = buf_slice(&callback->word);
    if (word.len < WORD_BYTES_MIN || strspn(word.at, word_letters) != word.len)
        return err_set(err, ERR_INPUT,
                       "keys/%s: at least %d letters and digits are wanted: whoever knows them can "
                       "forge reports",
                       settings->secret, WORD_BYTES_MIN);
    struct listen_settings listen = {.address = site_text(site, "callback_address"),
                                     .port = (uint16_t)site_whole(site, "callback_port"),
                                     .body_max = CALL_BYTES_MAX,
                                     .connections = HELD_MAX,
                                     .handle = handle,
                                     .self = callback};
    if (listener_open(&listen, &callback->listener, err))
        return err_of(err);
    AUTO(buf_free) struct buf url = buf_new(1024);
    buf_print(&url, "http://%s:%" PRId64 "/%s", listen.address, site_whole(site, "callback_port"),
              word.at);
    callback->url = buf_take(&url);
    *out = TAKE(callback);
    return OK;
}

// In the order in which they were told, so that the oldest is the first.
static void answer_held(struct callback *callback, size_t at, unsigned status)
{
    listener_answer(callback->listener, callback->held[at].request, status);
    callback->held_count--;
    memmove(&callback->held[at], &callback->held[at + 1],
            (callback->held_count - at) * sizeof(*callback->held));
}

unsigned callback_tell(struct callback *callback, struct listen_request *request,
                       const struct evidence *evidence, unsigned missing)
{
    const struct host *host = callback->settings.host;
    if (callback->held_count == HELD_MAX)
        return 503;
    callback->held[callback->held_count++] =
        (struct held){request, host->tell(host->self, evidence), clock_ticks_ms(), missing};
    return LISTEN_LATER;
}

void callback_noted(struct callback *callback, int64_t number, enum err_kind kind)
{
    size_t at = 0;
    while (at < callback->held_count && callback->held[at].number != number)
        at++;
    if (at < callback->held_count)
        answer_held(callback, at,
                    kind == OK            ? 200
                    : kind == ERR_MISSING ? callback->held[at].missing
                                          : 503);
}

void callback_step(struct callback *callback)
{
    while (callback->held_count && clock_ticks_ms() - callback->held[0].since_ms >= NOTED_MS)
        answer_held(callback, 0, 503);
    listener_step(callback->listener, 0);
}

int callback_descriptor(const struct callback *callback)
{
    return listener_descriptor(callback->listener);
}

const char *callback_url(const struct callback *callback)
{
    return callback->url;
}
