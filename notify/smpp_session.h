#ifndef GONG_NOTIFY_SMPP_SESSION_H
#define GONG_NOTIFY_SMPP_SESSION_H

#include "core/err.h"
#include "core/text.h"
#include "notify/smpp_pdu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One side of an SMPP conversation, ours, without a socket and without a clock: bytes go in, bytes
// come out, the time is said with each call (milliseconds that only rise). smpp_link.h carries it.
struct smpp_session;

enum { SMPP_WINDOW_MAX = 100, SMPP_ANSWER_MS = 10000, SMPP_IDLE_MS = 30000 };

enum smpp_role { SMPP_TRANSCEIVER, SMPP_TRANSMITTER, SMPP_RECEIVER };

struct smpp_settings {
    enum smpp_role role;
    char system_id[16], password[9], system_type[13];
    size_t window;      // submits that may wait for their answer, 1..SMPP_WINDOW_MAX
    int64_t per_second; // submits a second, at most; less while the carrier throttles
};

// What the session tells its owner, from within smpp_session_take, _tick and _lost.
struct smpp_events {
    void *self;
    // The submit with this token was answered: taken (SMPP_OK, with the carrier's id) or refused.
    void (*answered)(void *self, uint64_t token, uint32_t status, const char *id);
    // It was sent and no answer came within SMPP_ANSWER_MS, or the link was lost: perhaps taken.
    void (*unknown)(void *self, uint64_t token);
    // A receipt or a message. False: not now, the carrier is told to try again. True: it will be
    // answered with smpp_session_stored(ticket) once it is stored for good. The pdu is borrowed.
    bool (*delivered)(void *self, const struct smpp_pdu *pdu, uint64_t ticket);
    // The question with this token was answered: how the message stands, or a status that is not
    // SMPP_OK. One that is lost with its link is not told. NULL where nothing is asked.
    void (*queried)(void *self, uint64_t token, const struct smpp_pdu *answer);
};

struct smpp_session *smpp_session_new(const struct smpp_settings *settings,
                                      const struct smpp_events *events);
void smpp_session_free(struct smpp_session **session);

enum smpp_standing {
    SMPP_CLOSED,  // no connection
    SMPP_BINDING, // bind was sent
    SMPP_BOUND,
    SMPP_ENDING, // unbind was sent, or came: what is in flight is still answered
    SMPP_ENDED,  // it may be closed
};
enum smpp_standing smpp_session_standing(const struct smpp_session *session);
uint32_t smpp_session_bind_status(const struct smpp_session *session); // of the last refusal, or 0

// A connection is there: the bind goes out.
void smpp_session_begin(struct smpp_session *session, int64_t now_ms);

// Bytes came. ERR_INPUT: the stream has lost its way, ERR_REFUSED: the bind was refused; close it.
MUST_USE enum err_kind smpp_session_take(struct smpp_session *session, struct str bytes,
                                         int64_t now_ms, struct err *err);

// Time passed: answers that did not come, "are you there". ERR_LATER: the other side is silent;
// close it. Call it at least each 200 ms.
MUST_USE enum err_kind smpp_session_tick(struct smpp_session *session, int64_t now_ms,
                                         struct err *err);

// The connection is gone: what was in flight becomes unknown.
void smpp_session_lost(struct smpp_session *session);

// Whether another submit may go now: bound, within window and rate.
bool smpp_session_has_room(struct smpp_session *session, int64_t now_ms);
size_t smpp_session_in_flight(const struct smpp_session *session);
// Sends a submit_sm (its sequence is set here); asserts that there is room. token: of the owner.
void smpp_session_submit(struct smpp_session *session, const struct smpp_pdu *pdu, uint64_t token,
                         int64_t now_ms);

// Asks how a message stands: its id as the carrier gave it, and its sender as submitted; asserts
// that there is room. Many carriers refuse to be asked.
void smpp_session_query(struct smpp_session *session, const struct smpp_pdu *pdu, uint64_t token,
                        int64_t now_ms);

// The carrier may forget what was delivered; or must keep it (`status` not SMPP_OK). A ticket of a
// connection that is gone is well: the carrier delivers again.
void smpp_session_stored(struct smpp_session *session, uint64_t ticket, uint32_t status);

// Says good-bye.
void smpp_session_end(struct smpp_session *session, int64_t now_ms);

// Bytes to be sent; smpp_session_sent takes the first `len` away.
struct str smpp_session_output(const struct smpp_session *session);
void smpp_session_sent(struct smpp_session *session, size_t len);

// The submits a second at this moment: halved when the carrier throttles, one more for each second
// that goes well.
int64_t smpp_session_rate(const struct smpp_session *session);

#endif
