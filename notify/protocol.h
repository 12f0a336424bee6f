#ifndef GONG_NOTIFY_PROTOCOL_H
#define GONG_NOTIFY_PROTOCOL_H

#include "core/bus.h"
#include "core/date.h"
#include "core/err.h"

#include <stdbool.h>
#include <stdint.h>

// What dispatcher and workers say to one another; on the wire as PROTOCOL.md describes it.
enum note_type {
    NOTE_READY, // worker: I am here (again), for this channel, and hold up to `credit` jobs
    NOTE_JOB,   // dispatcher: do this (or, with `ask`, find out whether it was done)
    NOTE_ACK,   // worker: it is done; or, to an ask, it was not (`absent`)
    NOTE_NAK,   // worker: I could not (`retry`), or nobody ever can
    NOTE_DRAIN, // dispatcher: no more work; end
    NOTE_BYE,   // worker: I end and hold nothing
};
enum { NOTE_TYPES = NOTE_BYE + 1 };

struct note {
    enum note_type type;
    char worker[48], channel[16];           // READY
    int64_t credit;                         // READY
    int64_t id, attempt;                    // JOB, ACK, NAK
    int64_t deadline_ms;                    // JOB: wall clock; not to be begun after
    struct utc at;                          // JOB: the site's time, for what is written of it
    bool ask;                               // JOB
    bool absent;                            // ACK
    bool retry;                             // NAK
    char key[96], person[48], contract[48]; // JOB
    char why[200];                          // ACK: what it was done by; NAK: why not
    struct str body;                        // JOB: canonical JSON; borrowed
};

// ERR_LATER, ERR_MISSING: as bus_send.
MUST_USE enum err_kind note_send(struct bus *bus, const char *peer, const struct note *note,
                                 struct err *err);

// Reads a message as a note; the peer is not trusted. ERR_INPUT says what is wrong. The body is
// borrowed from the message.
MUST_USE enum err_kind note_read(const struct bus_message *message, struct note *out,
                                 struct err *err);

#endif
