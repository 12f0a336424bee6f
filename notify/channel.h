#ifndef GONG_NOTIFY_CHANNEL_H
#define GONG_NOTIFY_CHANNEL_H

#include "core/err.h"
#include "ledger/outcome.h"
#include "notify/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct doc;
struct site;

// Outcomes and evidence, and what follows from each: ledger/outcome.h. Read that first.

struct job {
    const struct note *note;
    enum outcome outcome;
    int64_t after_ms; // 0: the dispatcher's own choice
    // What the carrier calls it, so that later evidence finds it: one word, or one a part of a long
    // SMS with blanks between. "" when there is none.
    char ref[REFS_MAX];
    char why[WHY_MAX]; // what it was done by, or why not; nobody's name, phone or account
};

struct evidence {
    enum evidence_kind kind; // not NONE
    char ref[REF_MAX];       // one word of job.ref; or ""
    char key[KEY_MAX];       // the message's key, when ref is ""
    char why[WHY_MAX];       // by what; nobody's name, phone or account
};

// What a worker offers its driver.
struct host {
    void *self;
    // "I live", in work that takes long (between two requests, while waiting): call it at least
    // each second, it is cheap. A worker that is silent for 10 s gets no more jobs. False when the
    // worker was told to stop: finish what is begun.
    bool (*beat)(void *self);
    // Hands on evidence. Only from `step`. OK: it is recorded for good, and the carrier may be told
    // so. ERR_MISSING: no message has this ref or key (yet): keep it for ten minutes, or let the
    // carrier say it again. ERR_LATER: not recorded now; do not tell the carrier that it was.
    enum err_kind (*evidence)(void *self, const struct evidence *evidence, struct err *err);
    // Hands on evidence without waiting: many share one commit. Its number (> 0), by which the
    // channel's `noted` says what became of it; perhaps never, when the dispatcher is gone.
    int64_t (*tell)(void *self, const struct evidence *evidence);
    // For a driver that keeps many jobs on their way at once; from within `deliver` only. Another
    // job beside those of the batch; NULL: none is in hand now. It is the driver's until settled.
    struct job *(*more)(void *self);
    // The outcome of this job is known and is answered without waiting for the batch. The driver
    // does not touch it any more.
    void (*settled)(void *self, struct job *job);
};

// A way out of the house: the driver behind "sms", "pay" ... One row of the table in channel.c.
// One thread; everything is called in turn.
struct channel {
    const char *name, *driver; // "sms", "file"
    // Jobs that its worker holds at once unless the site says otherwise; 0: 64. More for a driver
    // that keeps many on their way: it must not run dry while answers travel.
    int64_t credit;

    // Reads settings and secrets (site_text, site_secret), opens what it needs. `host` is borrowed
    // until close. What cannot be right is ERR_INPUT, ERR_MISSING, ERR_REFUSED with words; a
    // carrier that is not there is no error here.
    MUST_USE enum err_kind (*open)(const struct site *site, const struct host *host, void **self,
                                   struct err *err);

    // Does a batch, 1 to 256 jobs; each gets its outcome. No job is *begun* after its own deadline
    // (note->deadline_ms, wall clock): it is answered BUSY, because nothing was sent. What is begun
    // is ended, and host->beat is called meanwhile. An error means: our own store cannot be
    // trusted; nothing is known of the jobs that were not `settled`, the worker must end.
    MUST_USE enum err_kind (*deliver)(void *self, struct job *job, size_t count, struct err *err);
    void (*close)(void **self);

    // The rest may be NULL.

    // What became of evidence that was told: OK, ERR_MISSING or ERR_LATER as host->evidence. Called
    // from within host->beat and between the others.
    void (*noted)(void *self, int64_t number, enum err_kind kind);

    // Called often: each 500 ms, and at once when one of `fds` can be read. Takes in receipts and
    // callbacks, keeps a link alive. Does not wait.
    MUST_USE enum err_kind (*step)(void *self, struct err *err);
    // Descriptors that wake the worker: writes at most `max`, returns how many.
    size_t (*fds)(void *self, int *fd, size_t max);
    // gong channel check: connects, authenticates, sends nothing, with a connection of its own (a
    // worker may be at work beside it). Adds what it learnt to `report` ("host", "version",
    // "balance" ...; no secret). OK when a message could go out now.
    MUST_USE enum err_kind (*check)(const struct site *site, struct doc *report, struct err *err);
};

// The channel as the site's settings say (sms_driver ...). ERR_INPUT (wrong usage) when there is
// none of that name, ERR_MISSING when the site has no driver for it ("none").
MUST_USE enum err_kind channel_find(const struct site *site, const char *name,
                                    const struct channel **out, struct err *err);

#endif
