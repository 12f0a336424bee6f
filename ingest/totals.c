#include "ingest/totals.h"

#include <assert.h>

static bool is_never(struct utc time)
{
    return time.s == UTC_NEVER.s;
}

// The last 00:00 before the stamp.
static struct utc day_start(struct utc stamp)
{
    int64_t last = stamp.s - 1, days = last / DAY_S - (last % DAY_S < 0 ? 1 : 0);
    return (struct utc){days * DAY_S};
}

bool total_step_of(enum wanted_interval interval, struct utc issued_at, struct utc before,
                   struct utc stamp, struct utc after, struct total_step *out)
{
    assert(interval == INTERVAL_SINCE_RUN || interval == INTERVAL_SINCE_DAY);
    bool by_run = interval == INTERVAL_SINCE_RUN;
    struct utc start = by_run ? issued_at : day_start(stamp);
    if (is_never(start) || stamp.s <= start.s)
        return false;
    if (!is_never(before) && before.s > start.s) {
        *out = (struct total_step){.from = before, .is_difference = true};
        return true;
    }
    bool halved =
        !by_run && is_never(before) && !is_never(after) && stamp.s - start.s > after.s - stamp.s;
    *out = (struct total_step){.from = start};
    return !halved;
}
