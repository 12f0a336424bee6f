#ifndef GONG_NOTIFY_SMPP_SAID_H
#define GONG_NOTIFY_SMPP_SAID_H

#include "core/err.h"
#include "notify/smpp_pdu.h"

#include <stdbool.h>
#include <stdint.h>

struct host;
struct inbound_desk;
struct smpp_session;

// What a carrier delivers: receipts, which become evidence, and messages of people. It may forget
// one when that is recorded for good; a receipt too when no message is known by its id, which then
// waits here (it may come before the answer to its submit was recorded).
struct smpp_said;

// host and inbound are borrowed until the end.
struct smpp_said *smpp_said_new(const struct host *host, struct inbound_desk *inbound);
void smpp_said_free(struct smpp_said **said);

// From within `delivered` of a session. False: there is no room now.
bool smpp_said_add(struct smpp_said *said, const struct smpp_pdu *pdu, uint64_t ticket);

// What the carrier answered when it was asked about a message that receipts call `ref`. Without
// room it is dropped: ask until smpp_said_noted names the message.
void smpp_said_state(struct smpp_said *said, const char *ref, enum smpp_state state,
                     uint8_t error_code);

// Hands on what waits, and answers the carrier on the session that it came by.
void smpp_said_step(struct smpp_said *said, struct smpp_session *session);

// What became of evidence: `noted` of the channel. Returns what receipts call the message when this
// was the last word on it, borrowed until the next step; else NULL.
const char *smpp_said_noted(struct smpp_said *said, int64_t number, enum err_kind kind);

#endif
