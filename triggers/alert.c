#include "triggers/alert.h"

#include "policies/policy.h"

#include <assert.h>

// Levels that it comes to begin, those that it leaves end; the others stay as they were.
static void reach(struct alert_state *state, int64_t level, struct utc as_of)
{
    for (int64_t i = 0; i < ALERT_LEVELS; i++) {
        if (i >= level)
            state->reached[i] = UTC_NEVER;
        else if (i >= state->level)
            state->reached[i] = as_of;
    }
}

static enum turn turn(struct alert_state *state, int64_t level, struct utc as_of)
{
    enum turn turn = level > state->level ? TURN_UP : TURN_DOWN;
    if (state->level == 0)
        turn = TURN_ON;
    if (level == 0)
        turn = TURN_OFF;
    reach(state, level, as_of);
    state->level = level;
    state->on = level > 0;
    state->runs = 0;
    state->since = as_of;
    return turn;
}

struct alert_rule alert_rule_of(const struct policy *policy)
{
    struct alert_rule rule = {.persistence = policy->persistence,
                              .persistence_off = policy->persistence_off,
                              .cool_down_s = policy->cool_down_s,
                              .tells_over = policy->has_cancel};
    for (size_t i = 0; policy->stages && i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        assert(part->level >= 1 && part->level <= ALERT_LEVELS);
        if (part->cut_off_s == 0)
            continue;
        int64_t begins_later_s = policy->period.whole_days ? DAY_S : 0; // at most
        rule.keep[part->level - 1] = (struct alert_keep){
            part->lead_s - part->cut_off_s, part->lead_s + begins_later_s + part->index.within_s};
    }
    return rule;
}

int64_t alert_kept(const struct alert_state *state, struct utc as_of, const struct alert_rule *rule)
{
    for (int64_t level = state->level; level > 0; level--) {
        const struct utc *reached = &state->reached[level - 1];
        const struct alert_keep *keep = &rule->keep[level - 1];
        if (reached->s == UTC_NEVER.s)
            continue;
        int64_t age_s = as_of.s - reached->s;
        if (age_s > keep->from_s && age_s < keep->to_s)
            return level;
    }
    return 0;
}

// The level that this run speaks for, whatever the rule then keeps.
static int64_t spoken(const struct alert_state *state, const struct alert_said *said)
{
    int64_t held = said->hold < state->level ? said->hold : state->level;
    int64_t level = said->speech == SPEAKS_ON ? said->level : 0;
    return level > held ? level : held;
}

static int64_t wanted(const struct alert_state *state, const struct alert_said *said,
                      const struct alert_rule *rule)
{
    int64_t level = spoken(state, said), kept = alert_kept(state, said->as_of, rule);
    return level > kept ? level : kept;
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
    // No run ends what has such a level: it was a person, and that is always told.
    bool over_told = rule->tells_over || state->told_level >= ALERT_LEVEL_HELD;
    if (turn == TURN_ON && warm && !over_told && state->told_level == state->level)
        return false;
    if (turn != TURN_OFF) {
        state->told = as_of;
        state->told_level = state->level;
    }
    return true;
}

struct alert_taken alert_take(struct alert_state *state, const struct alert_said *said,
                              const struct alert_rule *rule)
{
    int64_t kept = alert_kept(state, said->as_of, rule);
    bool is_heard = said->speech != SPEAKS_NOT && said->as_of.s > state->seen.s;
    struct alert_taken taken = {.kept = is_heard && spoken(state, said) < kept ? kept : 0};
    taken.turn = alert_step(state, said, rule);
    taken.told = alert_tell(state, taken.turn, said->as_of, rule);
    return taken;
}

bool alert_clear(struct alert_state *state, struct utc at)
{
    if (!state->on)
        return false;
    reach(state, 0, at);
    state->on = false;
    state->level = 0;
    state->runs = 0;
    state->since = at;
    return true;
}
