#ifndef GONG_NOTIFY_WEBHOOK_H
#define GONG_NOTIFY_WEBHOOK_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

// Webhooks as the Standard Webhooks specification has them: webhook-id is the event's and the same
// for every try, webhook-signature is "v1," and the base 64 of HMAC-SHA256 over
// "id.timestamp.body".

enum { WEBHOOK_SECRET_MAX = 64, WEBHOOK_WINDOW_S = 300 };

// The key of a secret "whsec_" and base 64 (24 to 64 bytes). ERR_INPUT when it is none.
struct webhook_key {
    char at[WEBHOOK_SECRET_MAX];
    size_t len;
};
MUST_USE enum err_kind webhook_key_parse(struct str secret, struct webhook_key *out,
                                         struct err *err);

// "v1,..." is appended to `out`.
void webhook_sign(const struct webhook_key *key, const char *id, int64_t timestamp_s,
                  struct str body, struct buf *out);

// For receivers: any of the signatures in the header fits, and the time is within WEBHOOK_WINDOW_S
// of now: an old call that is played again is ERR_REFUSED, as a wrong signature is.
MUST_USE enum err_kind webhook_check(const struct webhook_key *key, const char *id,
                                     int64_t timestamp_s, int64_t now_s, struct str body,
                                     struct str signatures, struct err *err);

struct webhook_call {
    const char *url, *id;
    struct str body; // JSON
    const struct webhook_key *key;
    int64_t now_s, timeout_ms;
    bool may_be_private; // an address of this machine or its network; else refused
};
// Calls once. The name is resolved here, looked at, and the connection pinned to that address. Only
// 2xx is OK. ERR_LATER: no answer, 5xx, 429; ERR_REFUSED: anything else, also a redirect.
MUST_USE enum err_kind webhook_send(const struct webhook_call *call, struct err *err);

#endif
