#ifndef GONG_NOTIFY_RECALL_H
#define GONG_NOTIFY_RECALL_H

#include "notify/channel.h"

#include <stdbool.h>

// What a worker did lately. An answer can be lost between worker and dispatcher; the lease ends,
// and the same message comes again under another attempt, often to the worker that did it. It then
// says once more what became of it and does nothing: nobody gets the same SMS twice because of our
// own network.
struct recall;

// Of so many messages at the least, when their numbers follow one another.
enum { RECALL_MESSAGES = 8192 };

struct recall *recall_new(void);
void recall_free(struct recall **recall);

// Remembers a job that is done; passes over any other outcome: those may end otherwise next time.
void recall_keep(struct recall *recall, const struct job *job);

// Whether the message of this job (its id and its key) was done; then `job` has outcome, ref and
// why of that time. Not for a job that asks: its driver knows better.
bool recall_find(const struct recall *recall, struct job *job);

#endif
