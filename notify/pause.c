#include "notify/pause.h"

#include "core/hash.h"

enum {
    JITTER_SHARE = 5, // a fifth to either side
    BUSY_MS = 1000,
    DOWN_MS = 60000,
    PENDING_MS = 5000,
    RETRY_MOST_MS = 600000,
    ASK_MOST_MS = 20000, // to ask costs little: a minute after a long outage all is known again
};

static int64_t jittered(int64_t span_ms)
{
    uint32_t dice;
    random_bytes(&dice, sizeof(dice));
    int64_t most = span_ms / JITTER_SHARE;
    return span_ms - most + (int64_t)(dice % (uint64_t)(2 * most + 1));
}

int64_t pause_doubled(int64_t first_ms, int64_t attempt, int64_t most_ms)
{
    int64_t wait_ms = first_ms;
    for (int64_t i = 1; i < attempt && wait_ms < most_ms; i++)
        wait_ms *= 2;
    return wait_ms < most_ms ? wait_ms : most_ms;
}

int64_t pause_of(const struct note *answer, int64_t first_ms)
{
    int64_t wished = answer->after_ms;
    int64_t backoff = pause_doubled(first_ms, answer->attempt, RETRY_MOST_MS);
    switch (answer->outcome) {
    case OUTCOME_BUSY:
    case OUTCOME_PUT_OFF:
        return jittered(wished ? wished : BUSY_MS);
    case OUTCOME_DOWN:
        return jittered(wished ? wished : DOWN_MS);
    case OUTCOME_PENDING:
        return jittered(wished ? wished : PENDING_MS);
    case OUTCOME_RETRY:
        return jittered(wished > backoff ? wished : backoff);
    case OUTCOME_UNKNOWN:
        return wished ? wished : jittered(pause_doubled(first_ms, answer->attempt, ASK_MOST_MS));
    case OUTCOME_DONE:
    case OUTCOME_ABSENT:
    case OUTCOME_REFUSED:
        return 0;
    }
    return 0;
}
