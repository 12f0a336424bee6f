#ifndef GONG_NOTIFY_SMPP_H
#define GONG_NOTIFY_SMPP_H

#include "notify/channel.h"

// The driver "smpp" of sms: one SMPP 3.4 line to a carrier, as a transceiver or
// as a transmitter and a receiver, plain or in TLS. Every part of a long
// message asks for its receipt; receipts are found by the ids that the carrier gave. Setting and
// password: smpp_* in gong.yaml, keys/smpp.
MUST_USE enum err_kind smpp_open(const struct site *site, const struct host *host, void **self,
                                 struct err *err);
MUST_USE enum err_kind smpp_deliver(void *self, struct job *job, size_t count, struct err *err);
MUST_USE enum err_kind smpp_step(void *self, struct err *err);
void smpp_noted(void *self, int64_t number, enum err_kind kind);
size_t smpp_fds(void *self, int *fd, size_t max);
void smpp_close(void **self);
MUST_USE enum err_kind smpp_check(const struct site *site, struct doc *report, struct err *err);

#endif
