#include "triggers/stand.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "triggers/area_look.h"
#include "triggers/evaluate.h"
#include "triggers/looks.h"
#include "triggers/near.h"
#include "triggers/storm.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void stands_free(struct stands *stands)
{
    mem_free(&stands->counted);
    mem_free(&stands->near);
}

void stand_free(struct stand *stand)
{
    for (size_t i = 0; i < HISTORY_BESIDE_MAX; i++)
        window_free(&stand->beside[i]);
    window_free(&stand->window);
    grounds_free(&stand->grounds);
}

// --- what all occasions have in common

static enum err_kind find_near(const struct substitute *rung, struct stands *out, struct err *err)
{
    size_t places = history_places(out->history);
    AUTO(mem_drop) struct storm_point *point = mem_new(places + 1, sizeof(*point));
    for (size_t i = 0; i < places; i++) {
        struct series_place place = history_place(out->history, i);
        if (isnan(place.lat) || isnan(place.lon))
            return err_set(err, ERR_INPUT,
                           "policy %s fills by neighbours, and place %s of the series has no "
                           "position to measure a distance from; build the series of a site whose "
                           "boundary set has polygons, or try it with --site",
                           out->policy->id, place.code);
        point[i] = (struct storm_point){place.lat, place.lon};
    }
    out->near_count = (size_t)rung->neighbours;
    near_among(point, places, out->near_count, rung->within_milli, &out->near);
    return OK;
}

static void count_places(struct stands *out)
{
    size_t places = history_places(out->history);
    out->counted = mem_new(places + 1, sizeof(*out->counted));
    for (size_t i = 0; i < places; i++) {
        struct series_place place = history_place(out->history, i);
        out->counted[i] =
            area_holds(&out->policy->area, place.code, place.zone, history_former(out->history, i));
    }
}

enum err_kind stands_make(const struct policy *policy, const struct history *history,
                          bool everywhere, struct stands *out, struct err *err)
{
    AUTO(stands_free) struct stands stands = {.policy = policy, .history = history};
    const struct substitute *near = substitute_of(policy, RUNG_NEIGHBOURS);
    stands.together = history->series && (near || policy->index.share);
    if (stands.together && near && find_near(near, &stands, err))
        return err_of(err);
    if (stands.together && policy->index.share && !everywhere)
        count_places(&stands);
    *out = MOVE(stands);
    return OK;
}

// --- one occasion

// One step of a window for all places of the history; `there` is where each stands in the window.
static void take_step(const struct window *window, size_t step, const size_t *there, size_t places,
                      int32_t *value, uint16_t *cover)
{
    const int32_t *from = window->rows.value + step * window->rows.stride;
    const uint16_t *seen = window->cover ? window->cover + step * window->cover_stride : NULL;
    bool swapped = window->rows.swapped;
    for (size_t c = 0; c < places; c++) {
        value[c] = READING_NONE;
        cover[c] = 0;
        if (there[c] == SIZE_MAX)
            continue;
        int32_t v = from[there[c]];
        uint16_t part = seen ? seen[there[c]] : READING_COVER_FULL;
        value[c] = swapped ? (int32_t)__builtin_bswap32((uint32_t)v) : v;
        cover[c] = seen && swapped ? __builtin_bswap16(part) : part;
    }
}

// All places of the history, of a window over the places of `of`, behind what is there.
static void add_all(const struct stands *stands, const struct window *window,
                    const struct history *of, const char *source, const char *variable,
                    struct readings *out)
{
    size_t places = out->communes, first = out->count, count = first + window->rows.count;
    AUTO(readings_free) struct readings one = {.communes = 1}; // what the steps are
    AUTO(mem_drop) size_t *there = mem_new(places + 1, sizeof(*there));
    window_add(window, stands->policy, source, variable, 0, &one);
    out->meta = mem_resize(out->meta, count + 1, sizeof(*out->meta));
    out->hash = mem_resize(out->hash, count + 1, sizeof(*out->hash));
    out->value = mem_resize(out->value, count * places + 1, sizeof(*out->value));
    out->cover = mem_resize(out->cover, count * places + 1, sizeof(*out->cover));
    memcpy(out->meta + first, one.meta, one.count * sizeof(*one.meta));
    memcpy(out->hash + first, one.hash, one.count * sizeof(*one.hash));
    for (size_t c = 0; c < places; c++)
        there[c] = history_find(of, c, history_place(stands->history, c).code);
    for (size_t i = first; i < count; i++)
        take_step(window, i - first, there, places, out->value + i * places,
                  out->cover + i * places);
    out->count = count;
}

static enum err_kind windows_of(const struct history *history, const struct policy *policy,
                                const struct occasion *occasion, struct stand *out, struct err *err)
{
    const struct occasion seen = policy_window(&policy->index, occasion);
    for (size_t i = 0; i < history->besides; i++) {
        const struct history other = {.series = history->beside[i].series};
        if (history_window(&other, seen.from, seen.to, &out->beside[i], err))
            return err_of(err);
    }
    return history_window(history, seen.from, seen.to, &out->window, err);
}

static size_t *copy_of(const size_t *list, size_t count)
{
    size_t *copy = mem_new(count + 1, sizeof(*copy));
    memcpy(copy, list, count * sizeof(*copy));
    return copy;
}

// As place_communes() of grounds.c has them of a site.
static void stand_together(const struct stands *stands, struct stand *out)
{
    const struct history *history = stands->history;
    struct readings *all = &out->grounds.readings;
    all->communes = history_places(history);
    add_all(stands, &out->window, history, stands->policy->source, stands->policy->variable, all);
    for (size_t i = 0; i < history->besides; i++) {
        const struct history other = {.series = history->beside[i].series};
        add_all(stands, &out->beside[i], &other, history->beside[i].source,
                history->beside[i].series->variable, all);
    }
    if (stands->near) {
        all->near_count = stands->near_count;
        all->near = copy_of(stands->near, all->communes * all->near_count);
    }
    if (stands->policy->index.share)
        all->memo = mem_new(1, area_look_memo_size());
    if (stands->counted) {
        all->counted = mem_new(all->communes + 1, sizeof(*all->counted));
        memcpy(all->counted, stands->counted, all->communes * sizeof(*all->counted));
    }
}

enum err_kind stand_make(const struct stands *stands, struct occasion *occasion, struct stand *out,
                         struct err *err)
{
    const struct history *history = stands->history;
    const struct policy *policy = stands->policy;
    AUTO(stand_free) struct stand stand = {0};
    if (history->series) {
        if (windows_of(history, policy, occasion, &stand, err))
            return err_of(err);
        if (stands->together)
            stand_together(stands, &stand);
    } else {
        if (policy->period.kind != PERIOD_NONE)
            occasion->as_of.s = occasion->to.s + 1;
        struct occasion all = *occasion; // of a stage that begins later: from the run on
        if (policy->kind == POLICY_ALERT && policy->watch == WATCH_FORECAST)
            all.from = all.as_of;
        if (grounds_load(history->ledger, policy, &all, history->set, &stand.grounds, err))
            return err_add(err, "trying %s for %s", policy->id, occasion->period);
    }
    if (stand.grounds.readings.count)
        stand.grounds.looks = looks_new(stand.grounds.readings.communes);
    *out = MOVE(stand);
    return OK;
}

static void decide_alone(const struct stands *stands, const struct stand *stand, size_t place,
                         const struct occasion *occasion, struct decision_result *out)
{
    AUTO(readings_free) struct readings readings = {0};
    const struct history *history = stands->history;
    window_readings(&stand->window, stands->policy, place, &readings);
    for (size_t i = 0; i < history->besides; i++) {
        const struct history_beside *beside = &history->beside[i];
        const struct history other = {.series = beside->series};
        size_t there = history_find(&other, place, history_place(history, place).code);
        if (there != SIZE_MAX)
            window_add(&stand->beside[i], stands->policy, beside->source, beside->series->variable,
                       there, &readings);
    }
    evaluate(stands->policy, &readings, 0, occasion, out);
}

void stand_decide(const struct stands *stands, const struct stand *stand, size_t place,
                  const struct occasion *occasion, struct decision_result *out)
{
    const struct grounds *grounds = &stand->grounds;
    if (stands->history->series && !stands->together)
        decide_alone(stands, stand, place, occasion, out);
    else
        evaluate_beside(stands->policy, &grounds->readings, place, occasion, grounds->looks, out);
}
