#include "notify/webhook.h"

#include "core/hash.h"
#include "core/http.h"
#include "core/mem.h"
#include "core/sign.h"

#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { SIGNED_BYTES_MAX = 1 << 20, REPLY_BYTES_MAX = 64 * 1024, HEADER_MAX = 300, KEY_MIN = 24 };
enum { HOST_MAX = 256 };

static enum err_kind parse_key(struct str secret, struct webhook_key *out, struct err *err)
{
    static const char start[] = "whsec_";
    size_t skip = str_starts(secret, start) ? sizeof(start) - 1 : 0;
    struct str text = {secret.at + skip, secret.len - skip};
    if (base64_parse(text, out->at, sizeof(out->at), &out->len, err) || out->len < KEY_MIN)
        return err_set(err, ERR_INPUT, "the secret is no whsec_ and base 64 of 24 to 64 bytes");
    return OK;
}

enum err_kind webhook_keys_parse(struct str secret, struct webhook_keys *out, struct err *err)
{
    struct webhook_keys keys = {.count = 0};
    struct str rest = secret, line, word;
    while (str_take_line(&rest, &line)) {
        while (str_take_field(&line, ' ', &word)) {
            word = str_trim(word);
            if (word.len == 0)
                continue;
            if (keys.count == WEBHOOK_KEYS_MAX)
                return err_set(err, ERR_INPUT,
                               "the secret has more than %d keys; write the new one and the old",
                               WEBHOOK_KEYS_MAX);
            if (parse_key(word, &keys.key[keys.count++], err))
                return err_of(err);
        }
    }
    if (keys.count == 0)
        return err_set(err, ERR_INPUT, "the secret is empty");
    *out = keys;
    return OK;
}

void webhook_sign(const struct webhook_keys *keys, const char *id, int64_t timestamp_s,
                  struct str body, struct buf *out)
{
    AUTO(buf_free) struct buf text = buf_new(SIGNED_BYTES_MAX);
    buf_print(&text, "%s.%" PRId64 ".", id, timestamp_s);
    buf_str(&text, body);
    for (size_t i = 0; i < keys->count; i++) {
        const struct webhook_key *key = &keys->key[i];
        struct hash hash = hash_hmac((struct str){key->at, key->len}, buf_slice(&text));
        buf_text(out, i > 0 ? " v1," : "v1,");
        base64_add(out, hash.at, sizeof(hash.at));
    }
}

// In the same time whatever the bytes.
static bool same(struct str a, struct str b)
{
    unsigned char differs = a.len != b.len;
    for (size_t i = 0; i < a.len && i < b.len; i++)
        differs |= (unsigned char)(a.at[i] ^ b.at[i]);
    return differs == 0;
}

// Whether one of the signatures of a header is one of those that are wanted.
static bool has_one(struct str signatures, struct str wanted)
{
    bool good = false;
    struct str one, want;
    while (str_take_field(&signatures, ' ', &one)) {
        struct str rest = wanted;
        while (str_take_field(&rest, ' ', &want))
            good |= same(one, want);
    }
    return good;
}

enum err_kind webhook_check(const struct webhook_keys *keys, const char *id, int64_t timestamp_s,
                            int64_t now_s, struct str body, struct str signatures, struct err *err)
{
    AUTO(buf_free) struct buf want = buf_new(HEADER_MAX);
    if (timestamp_s < now_s - WEBHOOK_WINDOW_S || timestamp_s > now_s + WEBHOOK_WINDOW_S)
        return err_set(err, ERR_REFUSED, "the call is older or newer than %d s", WEBHOOK_WINDOW_S);
    webhook_sign(keys, id, timestamp_s, body, &want);
    return has_one(signatures, buf_slice(&want))
               ? OK
               : err_set(err, ERR_REFUSED, "no signature of the call is ours");
}

// --- sending
// ------------------------------------------------------------------------------------------

struct place {
    char host[HOST_MAX], port[8];
};

static enum err_kind take_place(const char *url, struct place *out, struct err *err)
{
    bool tls = strncmp(url, "https://", 8) == 0;
    const char *at = url + (tls ? 8 : 7);
    if (!tls && strncmp(url, "http://", 7) != 0)
        return err_set(err, ERR_INPUT, "a webhook's address begins with https:// or http://");
    size_t len = strcspn(at, "/?#"), host = 0;
    if (memchr(at, '@', len) || *at == '[')
        return err_set(err, ERR_INPUT, "a webhook's address has a host name, and no user");
    while (host < len && at[host] != ':')
        host++;
    if (host == 0 || host >= HOST_MAX)
        return err_set(err, ERR_INPUT, "a webhook's address has no host");
    memcpy(out->host, at, host);
    out->host[host] = '\0';
    struct str port =
        host < len ? (struct str){at + host + 1, len - host - 1} : str_of(tls ? "443" : "80");
    (void)snprintf(out->port, sizeof(out->port), STR_FMT, STR_ARG(port));
    return OK;
}

// Resolves, looks, and pins: "host:port:address".
static enum err_kind pin(const struct webhook_call *call, char *out, size_t size, struct err *err)
{
    struct place place;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    char address[INET6_ADDRSTRLEN + 1] = "";
    if (take_place(call->url, &place, err))
        return err_of(err);
    if (getaddrinfo(place.host, place.port, &hints, &found) != 0 || !found)
        return err_set(err, ERR_LATER, "the webhook's host is not found");
    bool hidden = http_is_within(found->ai_addr);
    int bad = getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof(address), NULL, 0,
                          NI_NUMERICHOST);
    freeaddrinfo(found);
    if (bad)
        return err_set(err, ERR_LATER, "the webhook's host is not found");
    if (hidden && !call->may_be_private)
        return err_set(
            err, ERR_REFUSED,
            "the webhook's host is an address within: set webhook_within: yes if it may");
    (void)snprintf(out, size, "%s:%s:%s", place.host, place.port, address);
    return OK;
}

enum err_kind webhook_send(const struct webhook_call *call, struct err *err)
{
    char resolve[HOST_MAX + 100], id[HEADER_MAX], time[HEADER_MAX], sign[HEADER_MAX];
    const char *headers[] = {"Content-Type: application/json", id, time, sign, NULL};
    AUTO(buf_free) struct buf signature = buf_new(HEADER_MAX);
    AUTO(http_close) struct http *http = NULL;
    if (pin(call, resolve, sizeof(resolve), err))
        return err_of(err);
    webhook_sign(call->keys, call->id, call->now_s, call->body, &signature);
    (void)snprintf(id, sizeof(id), "webhook-id: %.200s", call->id);
    (void)snprintf(time, sizeof(time), "webhook-timestamp: %" PRId64, call->now_s);
    (void)snprintf(sign, sizeof(sign), "webhook-signature: %.200s", signature.at);
    struct http_request request = {.method = "POST",
                                   .url = call->url,
                                   .headers = headers,
                                   .body = call->body,
                                   .timeout_ms = call->timeout_ms,
                                   .resolve = resolve};
    struct http_reply reply = {.body = buf_new(REPLY_BYTES_MAX)};
    http = http_new();
    enum err_kind kind = http_exchange(http, &request, &reply, err);
    buf_free(&reply.body);
    if (kind)
        return kind;
    if (reply.status >= 200 && reply.status < 300)
        return OK;
    if (reply.status >= 500 || reply.status == 429 || reply.status == 408)
        return err_set(err, ERR_LATER, "the webhook answered %ld", reply.status);
    return err_set(err, ERR_REFUSED, "the webhook answered %ld", reply.status);
}
