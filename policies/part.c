#include "policies/part.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/policy.h"
#include "policies/share_rule.h"
#include "policies/water_rule.h"
#include "policies/shape.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

const char *const combines[] = {"", "any_of", "all_of", "at_least", NULL};

static const char *const variables[] = {"rain",           "wind",       "gust",      "temperature",
                                        "stage",          "yield",      "mortality", "loss",
                                        "storm_distance", "storm_wind", NULL};
static const enum unit variable_units[] = {
    UNIT_RAIN,  UNIT_WIND,    UNIT_WIND,    UNIT_TEMPERATURE, UNIT_STAGE,
    UNIT_YIELD, UNIT_PERCENT, UNIT_PERCENT, UNIT_DISTANCE,    UNIT_WIND};

enum err_kind variable_read(const struct yaml *map, char out[32], enum unit *unit, struct err *err)
{
    size_t variable = 0;
    if (field_choice(map, "variable", variables, &variable, err))
        return err->kind;
    memset(out, 0, 32);
    memcpy(out, variables[variable], strlen(variables[variable]));
    *unit = variable_units[variable];
    return OK;
}

bool variable_unit(const char *variable, enum unit *unit)
{
    for (size_t i = 0; variables[i]; i++) {
        if (strcmp(variables[i], variable) != 0)
            continue;
        *unit = variable_units[i];
        return true;
    }
    return false;
}

enum err_kind coverage_read(const struct yaml *map, int64_t *out, struct err *err)
{
    const struct yaml *value = yaml_get(map, "minimum_coverage");
    int64_t milli = 0;
    if (value && value->kind == YAML_TEXT && str_is(value->text, "any")) {
        *out = 0;
        return OK;
    }
    if (field_share(map, "minimum_coverage", &milli, err))
        return err->kind;
    if (milli == 0)
        return yaml_refuse(value, err,
                           "minimum_coverage of 0 %% would count what nobody saw; "
                           "write any, or 1 %% to 100 %%");
    *out = milli * 10;
    return OK;
}

enum err_kind station_read(const struct yaml *map, const char *variable, char *out, struct err *err)
{
    const struct yaml *value = yaml_get(map, "station");
    struct str code;
    if (!value)
        return OK;
    if (yaml_need_text(map, "station", &code, err))
        return err->kind;
    if (strncmp(variable, "storm_", 6) == 0)
        return yaml_refuse(value, err, "a gauge sees no storms; take it out");
    bool good = code.len > 0 && code.len < STATION_SIZE;
    for (size_t i = 0; good && i < code.len; i++)
        good = (unsigned char)code.at[i] >= ' ';
    if (!good)
        return yaml_refuse(value, err, "a station is its code in the source, at most %d bytes",
                           STATION_SIZE - 1);
    memset(out, 0, STATION_SIZE);
    memcpy(out, code.at, code.len);
    return OK;
}

static void part_free(struct part *part)
{
    index_rule_free(&part->index);
    actions_free(&part->actions);
    field_texts_free(&part->message);
    field_texts_free(&part->title);
}

void parts_free(struct policy *policy)
{
    for (size_t i = 0; i < policy->parts; i++)
        part_free(&policy->part[i]);
    mem_free(&policy->part);
    policy->parts = 0;
}

// What the policy had and the part has are exchanged, so that each is freed with what is left.
static void take_stage(struct policy *policy, struct part *part)
{
    struct index_rule index = policy->index;
    struct actions actions = policy->actions;
    policy->index = part->index;
    policy->actions = part->actions;
    part->index = index;
    part->actions = actions;
    memcpy(policy->source, part->source, sizeof(policy->source));
    memcpy(policy->variable, part->variable, sizeof(policy->variable));
    memcpy(policy->station, part->station, sizeof(policy->station));
    policy->rounding_milli = part->rounding_milli;
    policy->minimum_coverage = part->minimum_coverage;
    policy->trigger = part->trigger;
    policy->clear = part->clear;
    policy->ensemble = part->ensemble;
    policy->watch = part->watch;
    policy->level = part->level;
    policy->stages = false;
}

enum err_kind policy_stage_alone(struct policy *policy, const char *name, int64_t *lead_s,
                                 struct err *err)
{
    AUTO(buf_free) struct buf names = buf_new(PARTS_MAX * POLICY_ID_SIZE * 2);
    for (size_t i = 0; policy->stages && i < policy->parts; i++) {
        struct part *part = &policy->part[i];
        if (strcmp(part->name, name) == 0) {
            *lead_s = part->lead_s;
            take_stage(policy, part);
            parts_free(policy);
            return OK;
        }
        buf_print(&names, "%s%s", i ? ", " : "", part->name);
    }
    return err_set(err, ERR_INPUT, "policy %s has no stage \"%s\"; it has %s", policy->id, name,
                   names.len ? names.at : "no stages at all");
}

// A rule of its own, so that each part can be freed by itself.
static struct index_rule copy_of(const struct index_rule *rule)
{
    struct index_rule copy = *rule;
    if (rule->base_value) {
        copy.base_value = mem_new(BASE_MAX, sizeof(*copy.base_value));
        memcpy(copy.base_value, rule->base_value, rule->base_count * sizeof(*copy.base_value));
    }
    if (rule->water) {
        copy.water = mem_new(1, sizeof(*copy.water));
        *copy.water = *rule->water;
    }
    if (rule->share) {
        copy.share = mem_new(1, sizeof(*copy.share));
        *copy.share = *rule->share;
        copy.share->index = copy_of(&rule->share->index); // which has no share itself
    }
    return copy;
}

// What looks at the commune: source, variable, index and how the index is made a decision's number.
static enum err_kind read_look(const struct yaml *map, const struct policy *policy,
                               struct part *part, struct err *err)
{
    bool own = yaml_get(map, "index") != NULL;
    enum unit unit = policy->index.input;
    memcpy(part->source, policy->source, sizeof(part->source));
    memcpy(part->variable, policy->variable, sizeof(part->variable));
    if (yaml_get(map, "source") &&
        field_name(map, "source", part->source, sizeof(part->source), err))
        return err->kind;
    if (yaml_get(map, "variable") && variable_read(map, part->variable, &unit, err))
        return err->kind;
    // Another source has other gauges.
    if (!yaml_get(map, "source"))
        memcpy(part->station, policy->station, sizeof(part->station));
    if (station_read(map, part->variable, part->station, err))
        return err->kind;
    if (unit != policy->index.input && !own)
        return yaml_refuse(map, err,
                           "another variable needs an index of its own; add index: {...}");
    if (own) {
        if (index_rule_read(map, unit, &part->index, err))
            return err->kind;
        if (part->index.has_box)
            return yaml_refuse(yaml_get(yaml_get(map, "index"), "box"), err,
                               "a box is for the policy's own index; write a radius");
        if (part->index.share)
            return yaml_refuse(yaml_get(map, "index"), err,
                               "only the policy's own index is a share of the communes; write "
                               "another index");
        if (part->index.follow_s)
            return yaml_refuse(yaml_get(yaml_get(map, "index"), "follow"), err,
                               "only the policy's own index follows a spell past the period; take "
                               "it out");
    } else {
        part->index = copy_of(&policy->index);
        part->index.follow_s = 0; // only the policy's own index follows a spell
    }
    part->rounding_milli = policy->rounding_milli;
    if ((yaml_get(map, "rounding") || part->index.unit != policy->index.unit) &&
        field_positive(map, "rounding", part->index.unit, &part->rounding_milli, err))
        return err->kind;
    part->minimum_coverage = policy->minimum_coverage;
    return yaml_get(map, "minimum_coverage") ? coverage_read(map, &part->minimum_coverage, err)
                                             : OK;
}

// The key by which cases and decisions name it, and what people read.
static enum err_kind read_name(const struct yaml *map, struct part *part, struct err *err)
{
    if (field_name(map, "name", part->name, sizeof(part->name), err))
        return err->kind;
    return yaml_get(map, "title") ? field_heading(map, "title", &part->title, err) : OK;
}

// --- phases

// A day of the period as days from its first one, in a year that is no leap year.
static int64_t offset_of(const struct period_rule *period, int month, int day)
{
    enum { YEAR_DAYS = 365, PLAIN_YEAR = 2023 };
    int64_t days = date_days(PLAIN_YEAR, month, day) -
                   date_days(PLAIN_YEAR, period->from_month, period->from_day);
    return days < 0 ? days + YEAR_DAYS : days;
}

static enum err_kind read_phase_days(const struct yaml *map, const struct policy *policy,
                                     struct part *part, struct err *err)
{
    const struct period_rule *period = &policy->period;
    if (period_day_read(map, "from", &part->from_month, &part->from_day, err) ||
        period_day_read(map, "to", &part->to_month, &part->to_day, err))
        return err->kind;
    int64_t end = offset_of(period, period->to_month, period->to_day);
    int64_t from = offset_of(period, part->from_month, part->from_day);
    int64_t to = offset_of(period, part->to_month, part->to_day);
    if (from > end || to > end || from > to)
        return yaml_refuse(
            yaml_get(map, "to"), err,
            "the phase does not lie within the period; write days of the period, the "
            "first one first");
    if (part->index.over_s > (to - from + 1) * DAY_S)
        return yaml_refuse(map, err, "the window of \"over\" is longer than the phase");
    if (policy->parts == 0)
        return OK;
    const struct part *before = &policy->part[policy->parts - 1];
    if (from <= offset_of(period, before->to_month, before->to_day))
        return yaml_refuse(yaml_get(map, "from"), err,
                           "this phase begins before %s has ended; phases do not overlap",
                           before->name);
    return OK;
}

static enum err_kind read_phase(const struct yaml *map, const struct policy *policy,
                                struct part *part, struct err *err)
{
    struct payout_terms terms = {.is_phase = true};
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err,
                           "a phase is {name: ..., from: 06-01, to: 06-30, weight: 20 %%, "
                           "payout: {...}}");
    if (shape_check(map, SHAPE_PHASE, err) || read_name(map, part, err) ||
        read_look(map, policy, part, err) || read_phase_days(map, policy, part, err) ||
        field_share(map, "weight", &part->weight_milli, err))
        return err->kind;
    if (part->weight_milli == 0)
        return yaml_refuse(yaml_get(map, "weight"), err, "a weight of 0 %% never pays; write more");
    if (part->index.start.kind != START_PERIOD)
        return yaml_refuse(map, err, "a phase has fixed days; take start out");
    if (yaml_get(map, "limit") && field_share(map, "limit", &part->limit_milli, err))
        return err->kind;
    terms.unit = part->index.unit;
    return payout_rule_read(map, &terms, &part->payout, err);
}

// --- conditions

static enum err_kind read_condition(const struct yaml *map, const struct policy *policy,
                                    struct part *part, struct err *err)
{
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err,
                           "a condition is {name: ..., source: ..., index: {...}, trigger: {...}}");
    if (shape_check(map, SHAPE_CONDITION, err) || read_name(map, part, err) ||
        read_look(map, policy, part, err) ||
        trigger_rule_read(map, part->index.unit, &part->trigger, err))
        return err->kind;
    if (policy->period.kind == PERIOD_NONE && part->index.within_s != policy->index.within_s)
        return yaml_refuse(map, err, "all conditions look as far; write the same \"within\"");
    return OK;
}

// --- stages

static enum err_kind read_circle(const struct yaml *map, const struct policy *policy,
                                 struct part *part, struct err *err)
{
    struct payout_terms terms = {.is_phase = true};
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a circle is {name: inner, radius: 50 km, payout: {...}}");
    if (shape_check(map, SHAPE_CIRCLE, err) || read_name(map, part, err) ||
        read_look(map, policy, part, err) ||
        field_positive(map, "radius", UNIT_DISTANCE, &part->index.radius_milli, err))
        return err->kind;
    const struct part *before = policy->parts ? &policy->part[policy->parts - 1] : NULL;
    if (before && part->index.radius_milli <= before->index.radius_milli)
        return yaml_refuse(yaml_get(map, "radius"), err,
                           "circles are written from the inner to the outer; write a larger one "
                           "than that of %s",
                           before->name);
    part->weight_milli = 1000;
    terms.unit = part->index.unit;
    return payout_rule_read(map, &terms, &part->payout, err);
}

// A stage looks at (run + lead, run + lead + within], or at what was seen in the `within` before
// it.
static enum err_kind read_stage_window(const struct yaml *map, const struct policy *policy,
                                       struct part *part, struct err *err)
{
    static const char *const watches[] = {"forecast", "observation", NULL};
    size_t watch = WATCH_FORECAST;
    if (field_choice(map, "watch", watches, &watch, err))
        return err->kind;
    part->watch = (enum watch)watch;
    const struct yaml *lead = yaml_get(map, "lead"), *cut_off = yaml_get(map, "cut_off");
    if (part->index.within_s == 0)
        return yaml_refuse(map, err, "how far does the stage look? add within: 72 h to its index");
    if (part->watch == WATCH_OBSERVATION && strcmp(part->source, policy->source) == 0)
        return yaml_refuse(map, err, "what was seen comes from another source; add source: ...");
    if (part->watch == WATCH_OBSERVATION && cut_off)
        return yaml_refuse(cut_off, err, "what was seen is taken back by no forecast; take it out");
    if (part->watch == WATCH_OBSERVATION)
        return lead ? yaml_refuse(lead, err, "what was seen has no lead; take it out") : OK;
    if (!lead)
        return yaml_refuse(map, err, "how long before is it? add lead: none, or lead: 24 h");
    bool none = lead->kind == YAML_TEXT && str_is(lead->text, "none");
    if ((!none && field_span(map, "lead", &part->lead_s, err)) ||
        (cut_off && field_span(map, "cut_off", &part->cut_off_s, err)))
        return err_of(err);
    if (part->cut_off_s > part->lead_s)
        return yaml_refuse(cut_off, err,
                           "the cut-off lies before the stage can be on: it is told with a lead of "
                           "%" PRId64 " h; write a shorter one",
                           part->lead_s / HOUR_S);
    return OK;
}

static enum err_kind read_stage_probability(const struct yaml *map, const struct policy *policy,
                                            struct part *part, struct err *err)
{
    const struct yaml *probability = yaml_get(map, "probability");
    bool members = policy->ensemble.members > 0 && part->watch == WATCH_FORECAST;
    if (!members || policy->ensemble.quantile_milli) {
        if (probability)
            return yaml_refuse(probability, err, "this stage counts no members; take it out");
        if (members)
            part->ensemble = policy->ensemble;
        return OK;
    }
    part->ensemble = policy->ensemble;
    return probability_read(map, &part->ensemble, err);
}

static enum err_kind read_stage(const struct yaml *map, const struct policy *policy,
                                struct part *part, struct err *err)
{
    enum { LEVEL_MAX = 5 };
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err,
                           "a stage is {name: readiness, level: 1, watch: forecast, ...}");
    if (shape_check(map, SHAPE_STAGE, err) || read_name(map, part, err) ||
        field_whole(map, "level", 1, LEVEL_MAX, &part->level, err) ||
        read_look(map, policy, part, err) || read_stage_window(map, policy, part, err) ||
        trigger_rule_read(map, part->index.unit, &part->trigger, err) ||
        read_stage_probability(map, policy, part, err) || actions_read(map, &part->actions, err))
        return err->kind;
    if (policy->parts && policy->part[0].actions.there != part->actions.there)
        return yaml_refuse(map, err,
                           "one stage says what to do and another does not; write actions: {step: "
                           "prepare, vi: ..., en: ...} in each");
    if (part->index.unit != policy->index.unit)
        return yaml_refuse(map, err,
                           "all stages have an index of one unit, as the message says it");
    if (part->index.daily && !policy->period.whole_days)
        return yaml_refuse(map, err,
                           "stages look at hours from the run; write hours, as \"24 h\", or add "
                           "period: {each: run, day: local00} for whole days");
    struct clear_terms terms = {"stop", part->index.unit, &part->ensemble, &part->trigger};
    if (clear_rule_read(map, &terms, &part->clear, err))
        return err->kind;
    if (policy->parts && policy->part[policy->parts - 1].level >= part->level)
        return yaml_refuse(yaml_get(map, "level"), err,
                           "stages are written by rising level; write a higher one than that of %s",
                           policy->part[policy->parts - 1].name);
    return OK;
}

static enum err_kind read_also(const struct yaml *map, const struct policy *policy,
                               struct part *part, struct err *err)
{
    if (shape_check(map, SHAPE_ALSO, err) || read_name(map, part, err))
        return err->kind;
    return read_look(map, policy, part, err);
}

// --- all

// One kind of part.
struct reader {
    enum err_kind (*read)(const struct yaml *map, const struct policy *policy, struct part *part,
                          struct err *err);
};
static const struct reader circle_reader = {read_circle}, phase_reader = {read_phase},
                           stage_reader = {read_stage}, condition_reader = {read_condition},
                           also_reader = {read_also};

static enum err_kind add_part(const struct yaml *map, struct policy *policy,
                              const struct reader *reader, struct err *err)
{
    policy->part = mem_resize(policy->part, policy->parts + 1, sizeof(*policy->part));
    struct part *part = &policy->part[policy->parts];
    *part = (struct part){0};
    if (reader->read(map, policy, part, err)) {
        part_free(part);
        return err->kind;
    }
    for (size_t i = 0; i < policy->parts; i++) {
        if (strcmp(policy->part[i].name, part->name) == 0) {
            part_free(part);
            return yaml_refuse(yaml_get(map, "name"), err, "the name stands twice; write another");
        }
    }
    policy->parts++;
    return OK;
}

static enum err_kind add_list(const struct yaml *list, struct policy *policy,
                              const struct reader *reader, struct err *err)
{
    if (list->count == 0 || list->count > PARTS_MAX)
        return yaml_refuse(list, err, "write 1 to %d of them", PARTS_MAX);
    for (size_t i = 0; i < list->count; i++) {
        if (add_part(list->item[i], policy, reader, err))
            return err->kind;
    }
    return OK;
}

static enum err_kind read_phases(const struct yaml *root, struct policy *policy, struct err *err)
{
    const struct yaml *list = NULL;
    int64_t sum = 0;
    if (policy->period.kind != PERIOD_SEASON)
        return yaml_refuse(yaml_get(root, "phases"), err,
                           "phases are parts of a season; write period: {from: ..., to: ...}");
    if (yaml_need(root, "phases", YAML_LIST, &list, err) ||
        add_list(list, policy, &phase_reader, err))
        return err->kind;
    for (size_t i = 0; i < policy->parts; i++)
        sum += policy->part[i].weight_milli;
    if (sum > 1000)
        return yaml_refuse(list, err, "the weights are more than 100 %% together");
    policy->phases = true;
    return OK;
}

static enum err_kind read_combine(const struct yaml *root, struct policy *policy, struct err *err)
{
    int found = COMBINE_NONE;
    for (int i = COMBINE_ANY; i <= COMBINE_AT_LEAST; i++) {
        if (!yaml_get(root, combines[i]))
            continue;
        if (found)
            return yaml_refuse(yaml_get(root, combines[i]), err,
                               "conditions are combined in one way; keep \"%s\" or \"%s\"",
                               combines[found], combines[i]);
        found = i;
    }
    if (!found)
        return yaml_get(root, "of") ? yaml_refuse(yaml_get(root, "of"), err,
                                                  "\"of\" belongs to \"at_least\"; add it")
                                    : OK;
    const char *key = found == COMBINE_AT_LEAST ? "of" : combines[found];
    const struct yaml *list = NULL;
    if (yaml_need(root, key, YAML_LIST, &list, err) ||
        add_list(list, policy, &condition_reader, err))
        return err->kind;
    policy->combine = (enum combine)found;
    if (found != COMBINE_AT_LEAST)
        return OK;
    // The policy's own condition is one of them.
    return field_whole(root, "at_least", 1, (int64_t)policy->parts + 1, &policy->combine_least,
                       err);
}

static enum err_kind read_circles(const struct yaml *root, struct policy *policy, struct err *err)
{
    static const char *const pays[] = {"highest", "sum", NULL};
    const struct yaml *list = NULL;
    size_t pay = 0;
    if (policy->index.take != INDEX_STORM || policy->phases)
        return yaml_refuse(yaml_get(root, "circles"), err,
                           "circles are around a commune: the index is then storm_wind_near, and "
                           "there are no phases");
    if (policy->index.has_box)
        return yaml_refuse(yaml_get(yaml_get(root, "index"), "box"), err,
                           "circles and a box do not go together; write the largest radius");
    if (yaml_need(root, "circles", YAML_LIST, &list, err) ||
        field_choice(root, "circles_pay", pays, &pay, err) ||
        add_list(list, policy, &circle_reader, err))
        return err->kind;
    policy->circles = true;
    policy->circles_sum = pay == 1;
    return OK;
}

enum err_kind parts_read(const struct yaml *root, struct policy *policy, struct err *err)
{
    const struct yaml *also = NULL;
    if (yaml_get(root, "phases") && read_phases(root, policy, err))
        return err->kind;
    if (yaml_get(root, "circles") && read_circles(root, policy, err))
        return err->kind;
    if (policy->stages) {
        const struct yaml *list = NULL;
        if (yaml_need(root, "stages", YAML_LIST, &list, err))
            return err->kind;
        return add_list(list, policy, &stage_reader, err);
    }
    if (policy->kind == POLICY_ALERT)
        return read_combine(root, policy, err);
    if (!yaml_get(root, "also"))
        return OK;
    if (policy->phases || policy->circles)
        return yaml_refuse(yaml_get(root, "also"), err,
                           "phases and a second index do not go together; take one out");
    if (yaml_need(root, "also", YAML_MAP, &also, err) || add_part(also, policy, &also_reader, err))
        return err->kind;
    policy->has_also = true;
    return OK;
}

struct part policy_main_part(const struct policy *policy)
{
    struct part part = {.index = policy->index,
                        .rounding_milli = policy->rounding_milli,
                        .minimum_coverage = policy->minimum_coverage,
                        .trigger = policy->trigger};
    memcpy(part.source, policy->source, sizeof(part.source));
    memcpy(part.variable, policy->variable, sizeof(part.variable));
    memcpy(part.station, policy->station, sizeof(part.station));
    return part;
}

const char *part_title(const struct part *part, enum language language)
{
    return part->title.at[language] ? part->title.at[language] : part->name;
}

const struct part *policy_stage(const struct policy *policy, const char *name)
{
    for (size_t i = 0; name && policy->stages && i < policy->parts; i++) {
        if (strcmp(policy->part[i].name, name) == 0)
            return &policy->part[i];
    }
    return NULL;
}

struct occasion policy_window(const struct index_rule *index, const struct occasion *occasion)
{
    struct occasion window = *occasion;
    if (index->follow_s) {
        window.from.s -= DAY_S;
        window.to.s += index->follow_s;
    }
    return window;
}

struct occasion policy_phase(const struct part *part, const struct occasion *occasion)
{
    struct civil start = occasion->first;
    int begin = start.month * 100 + start.day;
    int64_t shift_s = occasion->from.s - civil_days(start) * DAY_S;
    int64_t first = date_days(start.year + (part->from_month * 100 + part->from_day < begin),
                              part->from_month, part->from_day);
    int64_t last = date_days(start.year + (part->to_month * 100 + part->to_day < begin),
                             part->to_month, part->to_day);
    struct occasion phase = *occasion;
    phase.first = date_of_days(first);
    phase.last = date_of_days(last);
    phase.from.s = first * DAY_S + shift_s;
    phase.to.s = (last + 1) * DAY_S + shift_s;
    assert(phase.from.s >= occasion->from.s && phase.to.s <= occasion->to.s);
    return phase;
}
