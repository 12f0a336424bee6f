#ifndef GONG_NOTIFY_SUBSCRIPTION_H
#define GONG_NOTIFY_SUBSCRIPTION_H

#include "notify/channel.h"

// The channels of subscribers (ledger/subscriber.h): "mail" and "telco" by SMTP, "webhook" by
// signed POSTs, "mqtt" to a broker; and their driver "file" for drills. Who a job goes to is looked
// up in subscribers.yaml when it is sent: a change needs no restart, and a subscriber that is gone
// is told no more (a dead letter with the reason).
//
// mail, telco: one message each, its Message-ID made of the key: what comes twice can be told. 5xx
// is refused, 4xx tried again; without a connection the worker waits. webhook: 2xx is done, 408,
// 429, 5xx and no answer are tried again. mqtt: every topic is published with each message, and
// again each mqtt_again_s; a broker that is not there: the worker waits.

MUST_USE enum err_kind mail_open(const struct site *site, const struct host *host, void **self,
                                 struct err *err);
MUST_USE enum err_kind mail_deliver(void *self, struct job *job, size_t count, struct err *err);
void mail_close(void **self);
MUST_USE enum err_kind mail_check(const struct site *site, struct doc *report, struct err *err);
MUST_USE enum err_kind telco_check(const struct site *site, struct doc *report, struct err *err);
MUST_USE enum err_kind telco_open(const struct site *site, const struct host *host, void **self,
                                  struct err *err);

MUST_USE enum err_kind hook_open(const struct site *site, const struct host *host, void **self,
                                 struct err *err);
MUST_USE enum err_kind hook_deliver(void *self, struct job *job, size_t count, struct err *err);
void hook_close(void **self);
MUST_USE enum err_kind hook_check(const struct site *site, struct doc *report, struct err *err);

MUST_USE enum err_kind mqtt_open(const struct site *site, const struct host *host, void **self,
                                 struct err *err);
MUST_USE enum err_kind mqtt_deliver(void *self, struct job *job, size_t count, struct err *err);
MUST_USE enum err_kind mqtt_step(void *self, struct err *err);
void mqtt_close(void **self);
MUST_USE enum err_kind mqtt_check(const struct site *site, struct doc *report, struct err *err);

struct subscriber;
struct subscribers;

// Finds the subscriber of a job and parses its body. False: the job is settled (refused, or, when
// its deadline has come, busy).
bool subscription_begin(const struct subscribers *list, const char *channel, struct job *job,
                        const struct subscriber **to, struct doc **body);

#endif
