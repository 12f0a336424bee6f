#include "notify/callback.h"

#include "core/mem.h"
#include "core/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WORD_BYTES_MIN = 16, WORD_BYTES_MAX = 256, CALL_BYTES_MAX = 64 * 1024 };

static const char word_letters[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

struct callback {
    struct callback_settings settings;
    struct listener *listener;
    struct buf word;
    char *url;
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

static void handle(void *self, const struct listen_request *request, struct listen_reply *reply)
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

void callback_step(struct callback *callback)
{
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
