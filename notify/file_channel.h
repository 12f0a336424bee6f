#ifndef GONG_NOTIFY_FILE_CHANNEL_H
#define GONG_NOTIFY_FILE_CHANNEL_H

#include "notify/channel.h"

// The driver "file", for drills: one canonical JSON object a line in out/sms.jsonl
// and out/pay.jsonl. A line is there whole and on the disk before its job is done. The same key is
// never written twice, whoever asks and however often. What a crash left half-written at the end is
// moved to out/NAME.torn.
MUST_USE enum err_kind file_sms_open(const struct site *site, const struct host *host, void **self,
                                     struct err *err);
MUST_USE enum err_kind file_pay_open(const struct site *site, const struct host *host, void **self,
                                     struct err *err);
MUST_USE enum err_kind file_sms_check(const struct site *site, struct doc *report, struct err *err);
MUST_USE enum err_kind file_pay_check(const struct site *site, struct doc *report, struct err *err);
// The same for the channels of subscribers: the whole body, and who it is for.
#define FILE_TOLD(channel)                                                                         \
    MUST_USE enum err_kind file_##channel##_open(const struct site *site, const struct host *host, \
                                                 void **self, struct err *err);                    \
    MUST_USE enum err_kind file_##channel##_check(const struct site *site, struct doc *report,     \
                                                  struct err *err)
FILE_TOLD(mail);
FILE_TOLD(webhook);
FILE_TOLD(mqtt);
FILE_TOLD(telco);
MUST_USE enum err_kind file_channel_deliver(void *self, struct job *job, size_t count,
                                            struct err *err);
void file_channel_close(void **self);

#endif
