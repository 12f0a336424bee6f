#include "triggers/episode.h"

#include "core/date.h"
#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "triggers/alert.h"
#include "triggers/backtest.h"
#include "triggers/losses.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void episodes_free(struct episodes *episodes)
{
    mem_free(&episodes->at);
    episodes->count = 0;
}

static struct episode *add(struct episodes *episodes, struct episode episode)
{
    if ((episodes->count & (episodes->count - 1)) == 0) // full at each power of two
        episodes->at = mem_resize(episodes->at, episodes->count ? 2 * episodes->count : 1,
                                  sizeof(*episodes->at));
    episodes->at[episodes->count] = episode;
    return &episodes->at[episodes->count++];
}

// One place on its way along the windows.
struct walker {
    struct alert_state state;
    int64_t against; // windows in a row that speak against an alert that a person clears
    size_t episode;  // the one that it is in
};

static bool clears_by_hand(struct walker *walker, const struct alert_said *said,
                           const struct alert_rule *rule)
{
    if (walker->state.level < ALERT_LEVEL_HELD || said->speech == SPEAKS_ON ||
        said->speech == SPEAKS_NEITHER)
        walker->against = 0;
    else
        walker->against += said->speech == SPEAKS_OFF;
    if (walker->against < rule->persistence_off)
        return false;
    walker->against = 0;
    return alert_clear(&walker->state, said->as_of);
}

static void take(struct walker *walker, const struct backtest *b, size_t occasion, size_t commune,
                 struct episodes *out)
{
    const struct policy *policy = b->policy;
    const struct alert_rule rule = alert_rule_of(policy);
    struct alert_said said = backtest_said(b, occasion * b->communes + commune);
    const struct alert_taken taken = alert_take(&walker->state, &said, &rule);
    (void)clears_by_hand(walker, &said, &rule);
    b->level[occasion * b->communes + commune] = (uint8_t)walker->state.level;
    if (taken.turn == TURN_ON) {
        walker->episode = out->count;
        (void)add(out, (struct episode){commune, occasion, occasion, taken.told, 0});
    }
    if (!walker->state.on)
        return;
    assert(out->at && walker->episode < out->count);
    struct episode *now = &out->at[walker->episode];
    now->last = occasion;
    now->level = walker->state.level > now->level ? walker->state.level : now->level;
}

void episodes_make(struct backtest *backtest, struct episodes *out)
{
    assert(backtest->policy->kind == POLICY_ALERT && backtest->said);
    AUTO(episodes_free) struct episodes made = {0};
    AUTO(mem_drop) struct walker *walker = mem_new(backtest->communes + 1, sizeof(*walker));
    backtest->level =
        mem_new(backtest->occasions.count * backtest->communes + 1, sizeof(*backtest->level));
    for (size_t c = 0; c < backtest->communes; c++)
        walker[c].state = alert_state_none();
    for (size_t o = 0; o < backtest->occasions.count; o++) {
        for (size_t c = 0; c < backtest->communes; c++)
            take(&walker[c], backtest, o, c, &made);
    }
    *out = MOVE(made);
}

void episodes_of_area(const struct backtest *backtest, double share, struct episodes *out)
{
    AUTO(episodes_free) struct episodes made = {0};
    bool was = false;
    for (size_t o = 0; o < backtest->occasions.count; o++) {
        double on = 0, known = 0;
        for (size_t c = 0; c < backtest->communes; c++) {
            size_t cell = o * backtest->communes + c;
            known += backtest->answer[cell] != ANSWER_UNKNOWN;
            on += backtest->answer[cell] != ANSWER_UNKNOWN && backtest_says(backtest, cell);
        }
        bool is = known > 0 ? on > 0 && on >= share * known : was;
        if (is && !was)
            (void)add(&made, (struct episode){SIZE_MAX, o, o, true, 0});
        if (is)
            made.at[made.count - 1].last = o;
        was = is;
    }
    *out = MOVE(made);
}

static double days_of(struct utc time)
{
    return (double)time.s / DAY_S;
}

// Noon in Viet Nam of a day.
static double noon_of(struct civil day)
{
    return (double)civil_days(day) + ((double)DAY_S / 2 - VIETNAM_OFFSET_S) / DAY_S;
}

// Whether anything was known of a day: in some window that holds it, of the commune or of any.
static bool is_judged(const struct backtest *b, const struct reported_day *day)
{
    for (size_t o = 0; o < b->occasions.count; o++) {
        const struct occasion *occasion = &b->occasions.at[o];
        if (day->day < civil_days(occasion->first) || day->day > civil_days(occasion->last))
            continue;
        for (size_t c = 0; c < b->communes; c++) {
            if ((day->commune == SIZE_MAX || day->commune == c) &&
                b->answer[o * b->communes + c] != ANSWER_UNKNOWN)
                return true;
        }
    }
    return false;
}

static bool is_alerted(const struct skill_alert *alert, size_t alerts, double noon)
{
    for (size_t i = 0; i < alerts; i++) {
        if (alert[i].from <= noon && noon <= alert[i].to)
            return true;
    }
    return false;
}

void episode_months_free(struct episode_months *months)
{
    mem_free(&months->at);
    months->count = 0;
}

static int64_t month_of(double noon)
{
    struct civil day = date_of_days((int64_t)floor(noon));
    return (int64_t)day.year * 12 + day.month - 1;
}

static void add_match(struct skill_match *sum, const struct skill_match *one)
{
    sum->hits += one->hits;
    sum->misses += one->misses;
    sum->false_alarms += one->false_alarms;
    sum->lead_sum += one->lead_sum;
}

static void add_month(struct episode_months *months, double noon, struct skill_match match)
{
    size_t at = 0;
    int64_t month = month_of(noon);
    while (at < months->count && months->at[at].month < month)
        at++;
    if (at == months->count || months->at[at].month != month) {
        months->at = mem_resize(months->at, months->count + 1, sizeof(*months->at));
        memmove(months->at + at + 1, months->at + at, (months->count++ - at) * sizeof(*months->at));
        months->at[at] = (struct episode_month){.month = month};
    }
    add_match(&months->at[at].match, &match);
}

// Alerts beside events, of one commune or of the area.
struct beside {
    struct skill_alert *alert;
    double *event; // noons
    size_t alerts, events;
};

static struct skill_match match_beside(const struct beside *beside, struct episode_months *months)
{
    AUTO(mem_drop) bool *matched = mem_new(beside->events + 1, sizeof(*matched));
    AUTO(mem_drop) double *lead = mem_new(beside->events + 1, sizeof(*lead));
    struct skill_match sum =
        skill_events(beside->alert, beside->alerts, beside->event, beside->events, matched, lead);
    for (size_t e = 0; months && e < beside->events; e++) {
        if (!isnan(lead[e]))
            add_month(months, beside->event[e],
                      (struct skill_match){.hits = 1, .lead_sum = lead[e]});
        if (!matched[e])
            add_month(months, beside->event[e], (struct skill_match){.misses = 1});
    }
    for (size_t i = 0; months && i < beside->alerts; i++) {
        if (!skill_is_right(&beside->alert[i], beside->event, beside->events))
            add_month(months, beside->alert[i].from, (struct skill_match){.false_alarms = 1});
    }
    return sum;
}

// Those of one commune, or of the area. A day of which nothing was known is no miss; an alert that
// stood through it is known to have stood.
static struct skill_match match_of(const struct backtest *b, const struct episodes *episodes,
                                   const struct losses *losses, size_t commune,
                                   struct episode_months *months)
{
    AUTO(mem_drop) struct skill_alert *alert = mem_new(episodes->count + 1, sizeof(*alert));
    AUTO(mem_drop) double *event = mem_new(losses->days + 1, sizeof(*event));
    size_t alerts = 0, events = 0;
    for (size_t i = 0; i < episodes->count; i++) {
        const struct episode *one = &episodes->at[i];
        const struct occasion *first = &b->occasions.at[one->first];
        if (one->commune == commune && one->told)
            alert[alerts++] = (struct skill_alert){days_of(first->as_of), noon_of(first->first),
                                                   noon_of(b->occasions.at[one->last].last)};
    }
    for (size_t i = 0; i < losses->days; i++) {
        double noon = noon_of(date_of_days(losses->day[i].day));
        if (losses->day[i].commune == commune &&
            (is_alerted(alert, alerts, noon) || is_judged(b, &losses->day[i])))
            event[events++] = noon;
    }
    return match_beside(&(struct beside){alert, event, alerts, events}, months);
}

struct skill_match episodes_match(const struct backtest *backtest, const struct losses *losses,
                                  double share, struct episode_months *months)
{
    struct skill_match sum = {0};
    if (!losses->by_commune) {
        AUTO(episodes_free) struct episodes area = {0};
        episodes_of_area(backtest, share, &area);
        return match_of(backtest, &area, losses, SIZE_MAX, months);
    }
    for (size_t c = 0; c < backtest->communes; c++) {
        struct skill_match one = match_of(backtest, &backtest->episodes, losses, c, months);
        add_match(&sum, &one);
    }
    return sum;
}
