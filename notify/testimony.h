#ifndef GONG_NOTIFY_TESTIMONY_H
#define GONG_NOTIFY_TESTIMONY_H

#include "core/date.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct bus;
struct note;
struct peer;
struct queue;

// Evidence that workers handed on, gathered so that many reports share one commit.
struct testimony;

struct testimony *testimony_new(void);
void testimony_free(struct testimony **testimony);

// Takes in an EVIDENCE note. False: it has it, and is full now; record it.
MUST_USE bool testimony_add(struct testimony *testimony, const struct peer *peer,
                            const struct note *note, struct utc at);

// Records all of it and tells each worker what became of its words. `*recorded` is added to. What
// cannot be recorded now is said to be so; ERR_BROKEN when the store cannot be trusted.
MUST_USE enum err_kind testimony_record(struct testimony *testimony, const struct queue *queue,
                                        struct bus *bus, size_t *recorded, struct err *err);

// The same for a commit that holds more than evidence: what there is to record, and that all of it
// was (what became of each word stands where `noted` pointed).
struct outbox_news;
void testimony_open(struct testimony *testimony, struct outbox_news *out);
void testimony_recorded(struct testimony *testimony, struct bus *bus, size_t *recorded);

// Tells each worker that its words are not recorded now, without asking the store.
void testimony_put_off(struct testimony *testimony, struct bus *bus);

#endif
