#ifndef GONG_NOTIFY_SMS_HTTP_H
#define GONG_NOTIFY_SMS_HTTP_H

#include "notify/channel.h"

// The driver "http" of sms: an aggregator's HTTP interface, as the site's file sms_http_file
// describes it (sms_template.h). The account's secret is in keys/sms-http; reports come to
// /WORD/report, WORD in keys/sms-http-callback.
MUST_USE enum err_kind sms_http_open(const struct site *site, const struct host *host, void **self,
                                     struct err *err);
MUST_USE enum err_kind sms_http_deliver(void *self, struct job *job, size_t count, struct err *err);
MUST_USE enum err_kind sms_http_step(void *self, struct err *err);
size_t sms_http_fds(void *self, int *fd, size_t max);
void sms_http_noted(void *self, int64_t number, enum err_kind kind);
void sms_http_close(void **self);
// Asks what the file says under "check", which sends nothing and shows whether our secret is taken.
// An aggregator has no harmless question in common with others: without one in the file its address
// is asked for with HEAD, and "knows_us" is false. ERR_REFUSED when it does not know us, or has
// nothing there.
MUST_USE enum err_kind sms_http_check(const struct site *site, struct doc *report, struct err *err);

#endif
