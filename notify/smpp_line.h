#ifndef GONG_NOTIFY_SMPP_LINE_H
#define GONG_NOTIFY_SMPP_LINE_H

#include "core/err.h"
#include "notify/smpp_link.h"

#include <stddef.h>
#include <stdint.h>

// All that joins us to one carrier: one link for both directions (a transceiver), or where the
// carrier has none of these, one that sends and one that hears.
struct smpp_line;

enum smpp_binds {
    SMPP_BINDS_AUTO,        // a transceiver; two when the carrier does not know that command
    SMPP_BINDS_TRANSCEIVER, // one
    SMPP_BINDS_PAIR,        // two
};
extern const char *const smpp_binds_names[]; // "auto", "transceiver", "pair", NULL

// Does not connect yet. The role in the settings is not looked at.
struct smpp_line *smpp_line_new(const struct smpp_place *place,
                                const struct smpp_settings *settings, enum smpp_binds binds,
                                const struct smpp_events *events);
// Closes without a good-bye (smpp_line_end and some steps before it say one).
void smpp_line_free(struct smpp_line **line);

// The conversation that submits go out by, and the one that receipts and messages come in by; they
// are one for a transceiver. Borrowed until the next step.
struct smpp_session *smpp_line_out(struct smpp_line *line);
struct smpp_session *smpp_line_in(struct smpp_line *line);

// Moves bytes and time, waiting up to timeout_ms for bytes; connects when it is due.
void smpp_line_step(struct smpp_line *line, int64_t timeout_ms);

// The sockets: writes at most `max`, returns how many. Whether the one that sends has one.
size_t smpp_line_descriptors(const struct smpp_line *line, int *fd, size_t max);
bool smpp_line_is_connected(const struct smpp_line *line);

// As smpp_link_trouble and smpp_link_again_ms: of the link that sends. What befalls one that only
// hears is logged when it begins and when it ends.
const struct err *smpp_line_trouble(const struct smpp_line *line);
int64_t smpp_line_again_ms(const struct smpp_line *line);

// Says good-bye on each link; whether all have ended, or were not there.
void smpp_line_end(struct smpp_line *line);
bool smpp_line_has_ended(struct smpp_line *line);

#endif
