#ifndef GONG_NOTIFY_ANSWERS_H
#define GONG_NOTIFY_ANSWERS_H

#include "core/date.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dispatch_report;
struct note;
struct outbox_answer;
struct queue;

// What workers said became of their jobs, gathered so that many answers share one commit. What the
// store does not take now (its server is gone, somebody else writes for long) is kept until it
// does: else what was done would be asked about, or done again, when its lease runs out.
struct answers;

struct answers *answers_new(void);
void answers_free(struct answers **answers);

// Takes in an ACK or NAK. `channel` of who says it, NULL: not known. `due_ms`, wall clock: when it
// is tried or asked again; 0: as soon as may be. False: there is no place for it, record what is
// there first; when the store takes nothing, the answer is lost, and its lease runs out.
MUST_USE bool answers_add(struct answers *answers, const char *channel, const struct note *note,
                          int64_t due_ms, struct utc at);

// Records all of them in one commit; when one is a lie, each in its own, so that the good ones
// stand. The report counts those that were recorded. OK too when the store takes none now (said
// once); any other error of the store ends the dispatcher.
MUST_USE enum err_kind answers_record(struct answers *answers, const struct queue *queue,
                                      struct dispatch_report *report, struct err *err);

// Those that are not recorded yet, for a commit that holds more than answers; and that it held
// them: OK, or why the store does not take them now.
size_t answers_open(const struct answers *answers, const struct outbox_answer **first);
void answers_noted(struct answers *answers, enum err_kind kind, struct dispatch_report *report,
                   const struct err *why);

// Whether the store did not take some of them when it was last asked.
bool answers_wait(const struct answers *answers);

#endif
