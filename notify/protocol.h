#ifndef GONG_NOTIFY_PROTOCOL_H
#define GONG_NOTIFY_PROTOCOL_H

#include "core/bus.h"
#include "core/date.h"
#include "core/err.h"
#include "ledger/outcome.h"

#include <stdbool.h>
#include <stdint.h>

// What dispatcher and workers say to one another; on the wire as PROTOCOL.md describes it.
enum note_type {
    NOTE_READY,    // worker: I am here (again), for this channel, and hold up to `credit` jobs
    NOTE_JOB,      // dispatcher: do this (or, with `ask`, find out whether it was done)
    NOTE_ACK,      // worker: DONE, PENDING or ABSENT
    NOTE_NAK,      // worker: any other outcome
    NOTE_EVIDENCE, // worker: what a carrier said later
    NOTE_NOTED,    // dispatcher: evidence was recorded, or not
    NOTE_HB,       // both: I live
    NOTE_DRAIN,    // dispatcher: no more work; end
    NOTE_BYE,      // worker: I end and hold nothing
    NOTE_ERR,      // dispatcher: you are not served, and why
};
enum { NOTE_TYPES = NOTE_ERR + 1 };

enum noted { NOTED_RECORDED, NOTED_NOT_FOUND, NOTED_NOT_NOW };

struct note {
    enum note_type type;
    char worker[48], channel[16];                // READY
    int64_t credit;                              // READY
    int64_t id, attempt;                         // JOB, ACK, NAK
    int64_t deadline_ms;                         // JOB: wall clock; not to be begun after
    struct utc at;                               // JOB: the site's time, for what is written of it
    bool ask;                                    // JOB
    char key[KEY_MAX], person[48], contract[48]; // JOB; key also EVIDENCE
    struct str body;                             // JOB: canonical JSON; borrowed
    enum outcome outcome;                        // ACK, NAK
    int64_t after_ms;                            // ACK, NAK: 0 to 1 day
    int64_t number;                              // EVIDENCE, NOTED: the worker's own count
    enum evidence_kind evidence;                 // EVIDENCE
    enum noted noted;                            // NOTED
    char ref[REFS_MAX];                          // ACK, NAK; EVIDENCE (one word)
    char why[WHY_MAX];                           // ACK, NAK, EVIDENCE, ERR
};

// A message holds one note (READY, HB, DRAIN, BYE, ERR) or a batch of notes of one type. A batch is
// built in a buffer of NOTES_BYTES_MAX.
enum { NOTES_BYTES_MAX = BUS_BYTES_MAX - 64, NOTES_MAX = 1000 };

bool note_is_batch(enum note_type type);
// Adds to a batch; false (and nothing is added) when it is full.
bool note_add(struct buf *batch, const struct note *note);
// ERR_LATER, ERR_MISSING: as bus_send.
MUST_USE enum err_kind notes_send(struct bus *bus, const char *peer, enum note_type type,
                                  struct str batch, struct err *err);
// Sends one note.
MUST_USE enum err_kind note_send(struct bus *bus, const char *peer, const struct note *note,
                                 struct err *err);

// The notes of a message; borrowed from it.
struct notes {
    enum note_type type;
    struct str rest;
    bool taken; // the one of a message that is no batch
};
// The peer is not trusted: ERR_INPUT says what is wrong.
MUST_USE enum err_kind notes_open(const struct bus_message *message, struct notes *out,
                                  struct err *err);
// The next note; `*got` false after the last.
MUST_USE enum err_kind notes_take(struct notes *notes, struct note *out, bool *got,
                                  struct err *err);

#endif
