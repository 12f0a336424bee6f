#include "triggers/look.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "triggers/area_look.h"
#include "triggers/fill.h"
#include "triggers/grounds.h"
#include "triggers/looks.h"
#include "triggers/storm.h"

#include <string.h>

// Which steps a part is of, at the gaze's commune. `tag` is room for the name of its gauge.
static struct series_query query_of(const struct gaze *gaze, const struct part *part,
                                    int32_t member, const struct occasion *occasion,
                                    char tag[GROUNDS_TAG_SIZE])
{
    tag[0] = '\0';
    if (part->station[0])
        grounds_station_tag(gaze->policy, part->station, tag);
    bool mixed = part->station[0] || gaze->policy->parts > 0 || gaze->policy->substitutes > 0 ||
                 gaze->policy->ensemble.models > 0 || storm_is_variable(part->variable);
    return (struct series_query){
        .source = mixed ? part->source : NULL,
        .variable = mixed ? part->variable : NULL,
        .station = tag,
        .commune = gaze->commune,
        .member = member,
        .from = occasion->from,
        .to = occasion->to,
        .cover_minimum = part->minimum_coverage,
        .unit = part->index.input,
    };
}

void look_series(const struct gaze *gaze, const struct part *part, int32_t member,
                 const struct occasion *occasion, struct series *out, struct doc *trace)
{
    char tag[GROUNDS_TAG_SIZE];
    struct series_query query = query_of(gaze, part, member, occasion, tag);
    series_take(gaze->readings, &query, out);
    if (gaze->policy->substitutes && member == MEMBER_NONE &&
        strcmp(part->source, gaze->policy->source) == 0 &&
        strcmp(part->variable, gaze->policy->variable) == 0)
        fill_ladder(gaze, &query, out, trace);
    if (part->index.take != INDEX_STORM)
        return;
    AUTO(series_free) struct series distance = {0};
    query.variable = "storm_distance";
    query.unit = UNIT_DISTANCE;
    series_take(gaze->readings, &query, &distance);
    series_near(out, &distance, part->index.radius_milli);
}

struct doc *look_value(enum trace_step name, int64_t value, enum unit unit)
{
    struct doc *step = trace_new(name);
    doc_put_int(step, "value", value);
    doc_put_text(step, "unit", unit_trace(unit));
    return step;
}

static void put_span(struct doc *step, struct utc from, struct utc to)
{
    doc_put_text(step, "from", utc_text(from).at);
    doc_put_text(step, "to", utc_text(to).at);
}

void look_inputs(const struct part *part, const struct occasion *occasion, size_t steps,
                 int64_t cover_least, struct doc *trace)
{
    struct doc *window = trace_new(TRACE_WINDOW);
    doc_put_int(window, "value", (int64_t)steps);
    put_span(window, occasion->from, occasion->to);
    doc_push(trace, window);
    if (steps == 0)
        return;
    struct doc *coverage = trace_new(TRACE_COVERAGE);
    doc_put_int(coverage, "value", cover_least);
    doc_put_int(coverage, "at_least", part->minimum_coverage);
    doc_push(trace, coverage);
}

void look_index(const struct part *part, const struct index_value *value, int64_t rounded,
                struct doc *trace)
{
    const struct index_rule *rule = &part->index;
    struct doc *step = look_value(TRACE_INDEX, value->milli, rule->unit);
    doc_put_text(step, "take", index_takes[rule->take]);
    doc_put_int(step, "over_s", rule->over_s);
    put_span(step, value->from, value->to);
    doc_push(trace, step);
    step = look_value(TRACE_ROUNDED, rounded, rule->unit);
    doc_put_int(step, "to", part->rounding_milli);
    doc_push(trace, step);
}

static struct looked look_afresh(const struct gaze *gaze, const struct part *part,
                                 const struct occasion *window, int32_t member, struct doc *trace)
{
    AUTO(series_free) struct series series = {0};
    look_series(gaze, part, member, window, &series, trace);
    struct looked looked = {
        .cover_least = series.cover_least, .known = series.known, .taken = true};
    if (!part->index.share)
        looked.value = index_compute(&part->index, &series, window->from, window->to);
    return looked;
}

struct looked look_index_of(const struct gaze *gaze, const struct part *part,
                            const struct occasion *window, int32_t member, struct doc *trace)
{
    if (!gaze->looks || gaze->policy->substitutes) // what was filled is told each time
        return look_afresh(gaze, part, window, member, trace);
    char tag[GROUNDS_TAG_SIZE];
    struct series_query query = query_of(gaze, part, member, window, tag);
    struct looked looked, *keep;
    if (looks_find(gaze->looks, gaze->readings, &part->index, &query, &looked, &keep))
        return looked;
    looked = look_afresh(gaze, part, window, member, trace);
    if (keep)
        *keep = looked;
    return looked;
}

// What caps and floors of days and dekads took from the index, where the policy has such: the same
// look without them.
static void trace_capped(const struct gaze *gaze, const struct part *part,
                         const struct occasion *window)
{
    const struct index_rule *rule = &part->index;
    if (!rule->has_cap && !rule->has_floor && !rule->has_dekad_cap)
        return;
    struct part plain = *part;
    plain.index.has_cap = plain.index.has_floor = plain.index.has_dekad_cap = false;
    struct looked looked = look_index_of(gaze, &plain, window, MEMBER_NONE, NULL);
    if (!looked.value.known) // numbers that add up only under their cap
        return;
    struct doc *step = look_value(TRACE_CAPPED, looked.value.milli, rule->unit);
    if (rule->has_cap)
        doc_put_int(step, "daily_cap", rule->cap_milli);
    if (rule->has_floor)
        doc_put_int(step, "daily_floor", rule->floor_milli);
    if (rule->has_dekad_cap)
        doc_put_int(step, "dekad_cap", rule->dekad_cap_milli);
    doc_push(gaze->trace, step);
}

struct look look_take(const struct gaze *gaze, const struct part *part,
                      const struct occasion *occasion)
{
    struct occasion window = policy_window(&part->index, occasion);
    struct looked looked = look_index_of(gaze, part, &window, MEMBER_NONE, gaze->trace);
    look_inputs(part, &window, looked.known, looked.cover_least, gaze->trace);
    struct index_value value = part->index.share
                                   ? area_look(gaze, part, occasion, MEMBER_NONE, gaze->trace)
                                   : looked.value;
    if (!value.known)
        return (struct look){.gap = value.gap, .at = value.at};
    struct look look = {.known = true, .milli = index_round(value.milli, part->rounding_milli)};
    trace_capped(gaze, part, &window);
    look_index(part, &value, look.milli, gaze->trace);
    return look;
}

// How far the value lies past its threshold in the direction that counts; less than 0 is short.
static int64_t margin(enum compare compare, int64_t value, int64_t threshold)
{
    bool up = compare == COMPARE_MORE || compare == COMPARE_MORE_OR_SAME;
    return up ? value - threshold : threshold - value;
}

bool look_compare(enum unit unit, enum compare compare, int64_t value, int64_t threshold,
                  struct doc *trace)
{
    bool holds = compare_holds(compare, value, threshold);
    struct doc *step = look_value(TRACE_COMPARE, value, unit);
    doc_put_text(step, "operator", compare_sign(compare));
    doc_put_int(step, "threshold", threshold);
    doc_put_int(step, "margin", margin(compare, value, threshold));
    doc_put_bool(step, "holds", holds);
    doc_push(trace, step);
    return holds;
}

void look_part(const char *name, int64_t level, struct doc *trace)
{
    struct doc *step = trace_new(TRACE_PART);
    doc_put_text(step, "name", name);
    doc_put_int(step, "level", level);
    doc_push(trace, step);
}

void look_not_known(enum gap gap, struct utc at, const char *text, struct doc *trace)
{
    struct doc *step = trace_new(TRACE_NOT_KNOWN);
    doc_put_text(step, "why", trace_gaps[gap]);
    if (at.s != UTC_NEVER.s)
        doc_put_text(step, "at", utc_text(at).at);
    if (text)
        doc_put_text(step, "text", text);
    doc_push(trace, step);
}
