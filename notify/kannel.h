#ifndef GONG_NOTIFY_KANNEL_H
#define GONG_NOTIFY_KANNEL_H

#include "notify/channel.h"

// The driver "kannel" of sms: Kannel 1.4 takes a message by HTTP (sendsms) and calls back with
// delivery reports and inbound messages. For Kannel's own configuration:
//
//   group = sms-service
//   get-url = "http://127.0.0.1:8090/WORD/mo?from=%p&to=%P&text=%a&coding=%c&charset=%C&id=%I"
//
// where WORD is what stands in keys/kannel-callback. A call without it is answered 404.
MUST_USE enum err_kind kannel_open(const struct site *site, const struct host *host, void **self,
                                   struct err *err);
MUST_USE enum err_kind kannel_deliver(void *self, struct job *job, size_t count, struct err *err);
MUST_USE enum err_kind kannel_step(void *self, struct err *err);
size_t kannel_fds(void *self, int *fd, size_t max);
void kannel_noted(void *self, int64_t number, enum err_kind kind);
void kannel_close(void **self);
// Asks the status page, and sendsms without a receiver: whether a carrier is online, and whether we
// may send. ERR_REFUSED for a user or password that is not taken.
MUST_USE enum err_kind kannel_check(const struct site *site, struct doc *report, struct err *err);

#endif
