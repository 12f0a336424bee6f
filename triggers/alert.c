#include "triggers/alert.h"

#include <assert.h>

static enum turn turn(struct alert_state *state, struct utc as_of)
{
    state->on = !state->on;
    state->runs = 0;
    state->since = as_of;
    return state->on ? TURN_ON : TURN_OFF;
}

enum turn alert_step(struct alert_state *state, enum speech speech, struct utc as_of,
                     int64_t persistence)
{
    assert(persistence >= 1);
    if (speech == SPEAKS_NOT || as_of.s < state->seen.s)
        return TURN_NONE;
    bool again = as_of.s == state->seen.s;
    bool for_change = speech == (state->on ? SPEAKS_OFF : SPEAKS_ON);
    if (again && (state->on || !for_change || state->runs > 0))
        return TURN_NONE;
    state->seen = as_of;
    state->runs = for_change ? state->runs + 1 : 0;
    return state->runs >= persistence ? turn(state, as_of) : TURN_NONE;
}
