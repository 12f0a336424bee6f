#ifndef GONG_LEDGER_POST_H
#define GONG_LEDGER_POST_H

#include "core/err.h"
#include "ledger/ledger.h"

#include <stdint.h>

// A post is held by one program at a time, on whatever machine: that of the dispatcher. It is held
// until a time that its holder moves on. Each new holder gets a higher number, the fence: who was
// frozen past its time and wakes finds another number, and can write nothing any more.
struct post {
    char name[16];
    char holder[64]; // a machine and folder; the same one may take its post back at once
    int64_t fence;
};

// Takes a post, wall clock in milliseconds. ERR_REFUSED when another holds it still: it says for
// how long. On OK `post->fence` is set.
MUST_USE enum err_kind post_take(struct ledger *ledger, struct post *post, int64_t now_ms,
                                 int64_t until_ms, struct err *err);

// Moves the time on. ERR_REFUSED when another has taken the post.
MUST_USE enum err_kind post_keep(struct ledger *ledger, const struct post *post, int64_t until_ms,
                                 struct err *err);

// Gives it up, if it is ours still: the next need not wait.
MUST_USE enum err_kind post_leave(struct ledger *ledger, const struct post *post, struct err *err);

// As the beginning of a transaction: the row stays as it is until that ends.
struct db;
MUST_USE enum err_kind post_check(struct db *db, const struct post *post, struct err *err);

// From now on every transaction of this handle begins by looking whether the post is ours;
// ERR_REFUSED when it is not, and nothing was written. `post` is borrowed; NULL: no more.
void ledger_fence(struct ledger *ledger, const struct post *post);

#endif
