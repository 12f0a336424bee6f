#ifndef GONG_NOTIFY_TURN_H
#define GONG_NOTIFY_TURN_H

#include "core/err.h"

struct answers;
struct bus;
struct dispatch_report;
struct queue;
struct testimony;

// Records what one turn of a dispatcher gathered: answers first, since a report may speak of what
// one of them names. Both are one commit where the store can do that; where it cannot, or one of
// them is a lie, each is recorded as answers_record and testimony_record do. What the store does
// not take now is put off: the answers wait, and the workers are told that their words are not
// recorded.
MUST_USE enum err_kind turn_record(struct answers *answers, struct testimony *testimony,
                                   const struct queue *queue, struct bus *bus,
                                   struct dispatch_report *report, struct err *err);

#endif
