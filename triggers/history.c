#include "triggers/history.h"

#include "core/mem.h"
#include "ledger/map.h"
#include "ledger/station.h"
#include "ledger/track.h"
#include "policies/policy.h"
#include "triggers/grounds.h"
#include "triggers/storm.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

size_t history_places(const struct history *history)
{
    return history->series ? history->series->places : history->set->count;
}

struct series_place history_place(const struct history *history, size_t i)
{
    assert(i < history_places(history));
    if (history->series)
        return history->series->place[i];
    const struct commune *commune = &history->set->commune[i];
    return (struct series_place){commune->code, commune->name, commune->zone, NAN, NAN};
}

const char *history_former(const struct history *history, size_t i)
{
    return history->series ? NULL : history->set->commune[i].former;
}

// Mostly the same list in the same order.
size_t history_find(const struct history *history, size_t likely, const char *code)
{
    size_t count = history_places(history);
    if (likely < count && strcmp(history_place(history, likely).code, code) == 0)
        return likely;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(history_place(history, i).code, code) == 0)
            return i;
    }
    return SIZE_MAX;
}

static struct reading_query query_of(const struct history *history)
{
    return (struct reading_query){.source = history->source,
                                  .variable = history->variable,
                                  .boundary_set = history->gauge ? STATION_SET : history->set->name,
                                  .issued_at = UTC_NEVER,
                                  .from = UTC_NEVER,
                                  .to = UTC_NEVER};
}

// From the first fix of all best tracks to the last: who lists only storms says no more.
static enum err_kind span_of_tracks(const struct history *history, struct span *out,
                                    struct err *err)
{
    struct track_query query = {history->source, UTC_NEVER, {INT64_MIN + 1}, {INT64_MAX}};
    AUTO(tracks_free) struct tracks tracks = {0};
    if (track_load(history->ledger, &query, &tracks, err))
        return err_of(err);
    if (tracks.count == 0)
        return err_set(err, ERR_MISSING, "the site has no best track of %s", history->source);
    *out = (struct span){{INT64_MAX}, {INT64_MIN}};
    for (size_t i = 0; i < tracks.count; i++) {
        const struct track *one = &tracks.at[i];
        struct utc first = one->fix[0].at, last = one->fix[one->count - 1].at;
        out->from = first.s < out->from.s ? first : out->from;
        out->to = last.s > out->to.s ? last : out->to;
    }
    return OK;
}

enum err_kind history_span(const struct history *history, struct span *out, struct err *err)
{
    const struct seriesfile *series = history->series;
    if (series) {
        if (series->count == 0)
            return err_set(err, ERR_MISSING, "the series has no step");
        *out = (struct span){series->span[0].from, series->span[series->count - 1].to};
        return OK;
    }
    if (storm_is_variable(history->variable))
        return span_of_tracks(history, out, err);
    struct reading_query query = query_of(history);
    AUTO(mem_drop) struct utc *steps = NULL;
    AUTO(readings_free) struct readings first = {0};
    size_t count = 0;
    if (reading_steps(history->ledger, &query, &steps, &count, err))
        return err_of(err);
    if (count == 0)
        return err_set(err, ERR_MISSING, "the site has no observation of %s from %s over %s",
                       query.variable, query.source, query.boundary_set);
    query.from.s = steps[0].s - 1;
    query.to = steps[0];
    if (reading_load(history->ledger, &query, &first, err))
        return err_of(err);
    *out = (struct span){first.meta[0].valid_from, steps[count - 1]};
    return OK;
}

enum err_kind history_steps(const struct history *history, struct utc **out, size_t *count,
                            struct err *err)
{
    const struct seriesfile *series = history->series;
    if (!series && storm_is_variable(history->variable))
        return err_set(err, ERR_INPUT,
                       "tracks have no steps; a policy on them is tried by periods");
    if (!series) {
        struct reading_query query = query_of(history);
        return reading_steps(history->ledger, &query, out, count, err);
    }
    struct utc *steps = mem_new(series->count + 1, sizeof(*steps));
    for (size_t i = 0; i < series->count; i++)
        steps[i] = series->span[i].to;
    *out = steps;
    *count = series->count;
    return OK;
}

// The first step that does not begin before `from`.
static size_t step_at(const struct seriesfile *series, struct utc from)
{
    size_t low = 0, high = series->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (series->span[middle].from.s < from.s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void window_of_series(const struct seriesfile *series, struct utc from, struct utc to,
                             struct window *out)
{
    size_t first = step_at(series, from), last = first;
    while (last < series->count && series->span[last].to.s <= to.s)
        last++;
    *out = (struct window){
        .rows = {.value = series->value + first * series->stride,
                 .count = last - first,
                 .communes = series->places,
                 .stride = series->stride,
                 .swapped = true},
        .cover = series->cover ? series->cover + first * series->cover_stride : NULL,
        .cover_stride = series->cover_stride,
        .span = series->span + first,
    };
}

enum err_kind history_window(const struct history *history, struct utc from, struct utc to,
                             struct window *out, struct err *err)
{
    if (history->series) {
        window_of_series(history->series, from, to, out);
        return OK;
    }
    struct reading_query query = query_of(history);
    struct window window = {0};
    query.from = from;
    query.to = to;
    if (reading_load(history->ledger, &query, &window.held, err))
        return err_of(err);
    const struct readings *held = &window.held;
    size_t skip = 0;
    while (skip < held->count && held->meta[skip].valid_from.s < from.s)
        skip++;
    window.spans = mem_new(held->count + 1, sizeof(*window.spans));
    for (size_t i = 0; i < held->count; i++)
        window.spans[i] = (struct span){held->meta[i].valid_from, held->meta[i].valid_to};
    window.span = window.spans + skip;
    window.rows = (struct rows){
        .count = held->count - skip, .communes = history->set->count, .stride = held->communes};
    if (held->value) // NULL: no reading at all
        window.rows.value = held->value + skip * held->communes;
    if (held->cover)
        window.cover = held->cover + skip * held->communes;
    window.cover_stride = held->communes;
    *out = window;
    return OK;
}

void window_free(struct window *window)
{
    readings_free(&window->held);
    mem_free(&window->spans);
}

void window_readings(const struct window *window, const struct policy *policy, size_t place,
                     struct readings *out)
{
    *out = (struct readings){.communes = 1};
    window_add(window, policy, policy->source, policy->variable, place, out);
}

void window_add(const struct window *window, const struct policy *policy, const char *source,
                const char *variable, size_t place, struct readings *out)
{
    size_t first = out->count, count = first + window->rows.count;
    out->meta = mem_resize(out->meta, count + 1, sizeof(*out->meta));
    out->hash = mem_resize(out->hash, count + 1, sizeof(*out->hash));
    out->value = mem_resize(out->value, count + 1, sizeof(*out->value));
    out->cover = mem_resize(out->cover, count + 1, sizeof(*out->cover));
    struct roll_copy copy = {.first = place, .communes = 1};
    roll_copy(&window->rows, &copy, out->value + first);
    for (size_t i = 0; i < window->rows.count; i++) {
        uint16_t cover = READING_COVER_FULL;
        if (window->cover)
            cover = window->cover[i * window->cover_stride + place];
        if (window->cover && window->rows.swapped)
            cover = __builtin_bswap16(cover);
        out->cover[first + i] = cover;
        out->hash[first + i] = (struct hash){0};
        struct reading_meta *meta = &out->meta[first + i];
        *meta = (struct reading_meta){.valid_from = window->span[i].from,
                                      .valid_to = window->span[i].to,
                                      .issued_at = UTC_NEVER,
                                      .member = MEMBER_NONE};
        (void)snprintf(meta->source, sizeof(meta->source), "%s", source);
        (void)snprintf(meta->variable, sizeof(meta->variable), "%s", variable);
        if (policy->station[0]) // every place of the file is tried as if it were the gauge
            grounds_station_tag(policy, policy->station, meta->boundary_set);
    }
    out->count = count;
}
