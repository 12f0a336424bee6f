#ifndef GONG_NOTIFY_SMPP_AWAIT_H
#define GONG_NOTIFY_SMPP_AWAIT_H

#include "notify/smpp_pdu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Parts that the carrier took and whose receipt did not come: which is asked about next. Lives as
// long as the worker; no clock in it.
struct smpp_await;

enum { SMPP_AWAIT_MAX = 4000 };

// after_ms: how long a receipt may take before it is asked for, and between two questions.
// until_ms: how long after it was taken a part is asked about at all.
struct smpp_await *smpp_await_new(int64_t after_ms, int64_t until_ms);
void smpp_await_free(struct smpp_await **await);

// The carrier took a part under its id, which receipts call `ref` (they may write it in another
// way). Over SMPP_AWAIT_MAX the oldest is given up.
void smpp_await_add(struct smpp_await *await, const char *id, const char *ref, int64_t now_ms);

// Its last receipt is recorded, or it cannot be asked about: it is not awaited any more.
void smpp_await_end(struct smpp_await *await, const char *ref);

// One whose time to be asked about has come: its id, and the token to find it by; it is not named
// again before after_ms. False: none.
bool smpp_await_due(struct smpp_await *await, int64_t now_ms, const char **id, uint64_t *token);

// The ref of a token that smpp_await_due gave; NULL when it is not awaited any more.
const char *smpp_await_ref(const struct smpp_await *await, uint64_t token);

#endif
