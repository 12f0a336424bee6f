#ifndef GONG_NOTIFY_PAY_GSMA_H
#define GONG_NOTIFY_PAY_GSMA_H

#include "notify/channel.h"

// The driver "gsma" of pay: disbursements over the GSMA Mobile Money API 1.2. Before a request
// leaves, out/pay-gsma.jsonl says so: key, reference, correlation id, SHA-256 of the bytes; the
// same key with other bytes is refused. Callbacks (gsma_listen_port) only make it ask: what a
// question answers is the evidence.
MUST_USE enum err_kind pay_gsma_open(const struct site *site, const struct host *host, void **self,
                                     struct err *err);
MUST_USE enum err_kind pay_gsma_deliver(void *self, struct job *job, size_t count, struct err *err);
void pay_gsma_close(void **self);
MUST_USE enum err_kind pay_gsma_step(void *self, struct err *err);
size_t pay_gsma_fds(void *self, int *fd, size_t max);
MUST_USE enum err_kind pay_gsma_check(const struct site *site, struct doc *report, struct err *err);

#endif
