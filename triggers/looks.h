#ifndef GONG_TRIGGERS_LOOKS_H
#define GONG_TRIGGERS_LOOKS_H

#include "triggers/wide_look.h"

#include <stdbool.h>
#include <stddef.h>

struct index_rule;
struct readings;
struct series_query;

// Looks at the same readings, each kind taken once: for all communes at once where roll.h computes
// it (wide_look.h), what the plan is for the past, for the one moment that is decided now; else for
// one commune after the other. Only what is a function of rule, query and readings is kept, so that
// a kept look is the one that would be taken.
struct looks;
struct looks *looks_new(size_t communes);
void looks_free(struct looks **looks);

// The look of rule and query at its commune; `readings` the same in every call. False when it was
// not yet taken and has to be taken for this commune by itself: `*keep` is then where it goes,
// borrowed until the next call; NULL when there is no room.
bool looks_find(struct looks *looks, const struct readings *readings, const struct index_rule *rule,
                const struct series_query *query, struct looked *out, struct looked **keep);

// How many kinds of look there are, and how many of them were taken for all communes at once.
size_t looks_kinds(const struct looks *looks);
size_t looks_wide(const struct looks *looks);

#endif
