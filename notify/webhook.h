#ifndef GONG_NOTIFY_WEBHOOK_H
#define GONG_NOTIFY_WEBHOOK_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

// Webhooks as the Standard Webhooks specification has them: webhook-id is the event's and the same
// for every try, webhook-signature is "v1," and the base 64 of HMAC-SHA256 over
// "id.timestamp.body".

enum { WEBHOOK_SECRET_MAX = 64, WEBHOOK_WINDOW_S = 300, WEBHOOK_KEYS_MAX = 2 };

// The keys of a secret: one "whsec_" and base 64 (24 to 64 bytes), or while a key changes the new
// one and the old one, white space (lines) between. ERR_INPUT when it is neither.
struct webhook_keys {
    struct webhook_key {
        char at[WEBHOOK_SECRET_MAX];
        size_t len;
    } key[WEBHOOK_KEYS_MAX];
    size_t count;
};
MUST_USE enum err_kind webhook_keys_parse(struct str secret, struct webhook_keys *out,
                                          struct err *err);

// "v1,..." by each key is appended to `out`, blanks between: a receiver takes the call when one of
// them fits, so that neither side has to change its key at the same moment as the other.
void webhook_sign(const struct webhook_keys *keys, const char *id, int64_t timestamp_s,
                  struct str body, struct buf *out);

// For receivers: any of the signatures in the header fits any key, and the time is within
// WEBHOOK_WINDOW_S of now: an old call that is played again is ERR_REFUSED, as a wrong signature
// is.
MUST_USE enum err_kind webhook_check(const struct webhook_keys *keys, const char *id,
                                     int64_t timestamp_s, int64_t now_s, struct str body,
                                     struct str signatures, struct err *err);

struct webhook_call {
    const char *url, *id;
    struct str body; // JSON
    const struct webhook_keys *keys;
    int64_t now_s, timeout_ms;
    bool may_be_private; // an address of this machine or its network; else refused
};
// Calls once. The name is resolved here, looked at, and the connection pinned to that address. Only
// 2xx is OK. ERR_LATER: no answer, 5xx, 429; ERR_REFUSED: anything else, also a redirect.
MUST_USE enum err_kind webhook_send(const struct webhook_call *call, struct err *err);

#endif
