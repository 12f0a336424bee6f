#include "triggers/alert.h"

#include "policies/policy.h"

#include <assert.h>

static enum turn turn(struct alert_state *state, int64_t level, struct utc as_of)
{
    enum turn turn = level > state->level ? TURN_UP : TURN_DOWN;
    if (state->level == 0)
        turn = TURN_ON;
    if (level == 0)
        turn = TURN_OFF;
    state->level = level;
    state->on = level > 0;
    state->runs = 0;
    state->since = as_of;
    return turn;
}

struct alert_rule alert_rule_of(const struct policy *policy, int64_t level)
{
    struct alert_rule rule = {policy->persistence, policy->persistence_off, policy->cool_down_s, 0,
                              0};
    for (size_t i = 0; policy->stages && i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        if (part->level != level || part->cut_off_s == 0)
            continue;
        rule.keep_from_s = part->lead_s - part->cut_off_s;
        rule.keep_to_s = part->lead_s + part->index.within_s;
    }
    return rule;
}

static bool is_kept(const struct alert_state *state, const struct alert_said *said,
                    const struct alert_rule *rule)
{
    if (!state->on) // since when is not known then
        return false;
    int64_t age_s = said->as_of.s - state->since.s;
    return age_s > rule->keep_from_s && age_s < rule->keep_to_s;
}

// The level that this run speaks for.
static int64_t wanted(const struct alert_state *state, const struct alert_said *said,
                      const struct alert_rule *rule)
{
    int64_t held = said->hold < state->level ? said->hold : state->level;
    if (is_kept(state, said, rule))
        held = state->level;
    int64_t level = said->speech == SPEAKS_ON ? said->level : 0;
    return level > held ? level : held;
}

// How many runs in a row have spoken for more (> 0) or for less (< 0).
static int64_t runs_after(const struct alert_state *state, int64_t level)
{
    if (level > state->level)
        return state->runs > 0 ? state->runs + 1 : 1;
    bool down = level < state->level && state->level < ALERT_LEVEL_HELD;
    if (!down)
        return 0;
    return state->runs < 0 ? state->runs - 1 : -1;
}

enum turn alert_step(struct alert_state *state, const struct alert_said *said,
                     const struct alert_rule *rule)
{
    assert(rule->persistence >= 1 && rule->persistence_off >= 1);
    assert(said->speech != SPEAKS_ON || said->level >= 1);
    assert(state->on == (state->level > 0));
    if (said->speech == SPEAKS_NOT || said->as_of.s < state->seen.s)
        return TURN_NONE;
    int64_t level = wanted(state, said, rule);
    bool again = said->as_of.s == state->seen.s;
    if (again && (level <= state->level || state->runs > 0))
        return TURN_NONE;
    state->seen = said->as_of;
    state->runs = runs_after(state, level);
    bool enough = state->runs >= rule->persistence || state->runs <= -rule->persistence_off;
    return enough ? turn(state, level, said->as_of) : TURN_NONE;
}

bool alert_tell(struct alert_state *state, enum turn turn, struct utc as_of,
                const struct alert_rule *rule)
{
    if (turn == TURN_NONE)
        return false;
    bool warm = state->told.s != UTC_NEVER.s && as_of.s - state->told.s < rule->cool_down_s;
    if (turn == TURN_ON && warm && state->told_level == state->level)
        return false;
    if (turn != TURN_OFF) {
        state->told = as_of;
        state->told_level = state->level;
    }
    return true;
}

bool alert_clear(struct alert_state *state, struct utc at)
{
    if (!state->on)
        return false;
    state->on = false;
    state->level = 0;
    state->runs = 0;
    state->since = at;
    return true;
}
