#ifndef GONG_TRIGGERS_LOOKS_H
#define GONG_TRIGGERS_LOOKS_H

#include "triggers/index.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct occasion;
struct part;

// Looks that several policies take at the same readings, taken once for each commune: what the plan
// is for the past, for the one moment that is decided now. Only what is a function of rule,
// coverage, window, member and commune is kept, so that a kept look is the one that would be taken.
struct looked {
    struct index_value value;
    int64_t cover_least; // of the steps that are known
    size_t known;        // how many
    bool taken;
};
struct looks;
struct looks *looks_new(size_t communes);
void looks_free(struct looks **looks);

// Where the look of a part is kept: what is there when it was taken before, else for the caller to
// fill in. `window` is that of the part, `member` MEMBER_NONE or one of an ensemble. NULL when
// there is no room for one more kind of look. Borrowed until the next call.
struct looked *looks_at(struct looks *looks, const struct part *part, const struct occasion *window,
                        int32_t member, size_t commune);

// How many kinds of look there are.
size_t looks_kinds(const struct looks *looks);

#endif
