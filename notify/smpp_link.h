#ifndef GONG_NOTIFY_SMPP_LINK_H
#define GONG_NOTIFY_SMPP_LINK_H

#include "core/err.h"
#include "notify/smpp_session.h"

#include <stdbool.h>
#include <stdint.h>

// An SMPP session over TCP that comes back by itself: 1, 2, 4 ... 60 s after a loss; 60 s to 15 min
// after a bind that was refused (carriers lock those out who knock too fast); each with 20 %
// jitter.
struct smpp_link;

struct smpp_place {
    const char *host; // a name or an address
    uint16_t port;
    bool tls;            // encrypted; the certificate must be for `host`
    const char *ca_file; // of whom it may be from; NULL: whom the system believes
};

// Does not connect yet. The place is copied.
struct smpp_link *smpp_link_new(const struct smpp_place *place,
                                const struct smpp_settings *settings,
                                const struct smpp_events *events);

// Closes without a good-bye (smpp_session_end and some steps before it say one).
void smpp_link_free(struct smpp_link **link);

struct smpp_session *smpp_link_session(struct smpp_link *link);

// Moves bytes and time, waiting up to timeout_ms for bytes; connects when it is due.
void smpp_link_step(struct smpp_link *link, int64_t timeout_ms);

// The socket, -1 when there is none.
int smpp_link_descriptor(const struct smpp_link *link);

// Why there is no link now: kind OK when it is bound or was not tried yet. ERR_REFUSED: the carrier
// does not take our bind. And how long until it is tried again.
const struct err *smpp_link_trouble(const struct smpp_link *link);
int64_t smpp_link_again_ms(const struct smpp_link *link);

#endif
