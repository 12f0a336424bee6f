#include "policies/policy.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/yaml.h"
#include "core/yaml_why.h"
#include "policies/calendar.h"
#include "policies/letters.h"
#include "policies/message.h"
#include "policies/part.h"
#include "policies/preset.h"
#include "policies/shape.h"
#include "policies/substitute.h"
#include "policies/window.h"

#include <assert.h>
#include <string.h>

const char *const policy_kinds[] = {"alert", "insurance", NULL};

static const char *const alert_only[] = {"watch",           "ensemble", "clear",     "persistence",
                                         "persistence_off", "level",    "cool_down", "next_update",
                                         "cancel",          "stages",   "any_of",    "all_of",
                                         "at_least",        "of",       "actions",   NULL};
static const char *const insurance_only[] = {"settle_after",
                                             "payout",
                                             "settlement",
                                             "phases",
                                             "also",
                                             "limits",
                                             "circles",
                                             "circles_pay",
                                             "legal_caps",
                                             "confirmation",
                                             "answer_disputes_within",
                                             NULL};

bool policy_kind_has(size_t kind, const char *key)
{
    const char *const *foreign = kind == POLICY_ALERT ? insurance_only : alert_only;
    while (*foreign && strcmp(*foreign, key) != 0)
        foreign++;
    return !*foreign;
}

static enum err_kind check_kind_keys(const struct yaml *root, enum policy_kind kind,
                                     struct err *err)
{
    const char *const *foreign = kind == POLICY_ALERT ? insurance_only : alert_only;
    for (; *foreign; foreign++) {
        const struct yaml *value = yaml_get(root, *foreign);
        if (value)
            return yaml_refuse(value, err, "\"%s\" does not belong to kind %s; take it out",
                               *foreign, policy_kinds[kind]);
    }
    return OK;
}

static enum err_kind read_effective(const struct yaml *root, struct policy *policy, struct err *err)
{
    enum { YEARS_MAX = 20 };
    const struct yaml *map = NULL;
    if (yaml_need(root, "effective", YAML_MAP, &map, err) || shape_check(map, SHAPE_DATES, err) ||
        field_date(map, "from", &policy->effective_from, err) ||
        field_date(map, "to", &policy->effective_to, err))
        return err->kind;
    int64_t days = civil_days(policy->effective_to) - civil_days(policy->effective_from);
    if (days < 0)
        return yaml_refuse(yaml_get(map, "to"), err,
                           "the policy ends before it begins; swap from and to");
    if (days > (int64_t)YEARS_MAX * 366)
        return yaml_refuse(yaml_get(map, "to"), err,
                           "more than %d years; write a new version in time", YEARS_MAX);
    return OK;
}

static enum err_kind read_owner(const struct yaml *root, struct policy *policy, struct err *err)
{
    const struct yaml *owner = yaml_get(root, "owner");
    if (!owner)
        return OK;
    if (owner->kind != YAML_TEXT || owner->text.len == 0 ||
        owner->text.len >= sizeof(policy->owner))
        return yaml_refuse(owner, err,
                           "owner is the office or role that answers for the policy, in 1 to %d "
                           "bytes, not a person",
                           POLICY_OWNER_SIZE - 1);
    memcpy(policy->owner, owner->text.at, owner->text.len);
    return OK;
}

static enum err_kind read_identity(const struct yaml *root, struct policy *policy, struct err *err)
{
    enum { VERSION_MAX = 1000000 };
    int64_t language = 0;
    size_t kind = 0;
    if (field_whole(root, "gong", 1, 1, &language, err) ||
        field_name(root, "id", policy->id, sizeof(policy->id), err) ||
        field_whole(root, "version", 1, VERSION_MAX, &policy->version, err) ||
        field_choice(root, "kind", policy_kinds, &kind, err))
        return err->kind;
    policy->kind = (enum policy_kind)kind;
    if (check_kind_keys(root, policy->kind, err) || read_owner(root, policy, err) ||
        field_heading(root, "title", &policy->title, err) || read_effective(root, policy, err) ||
        field_name(root, "boundary_set", policy->boundary_set, sizeof(policy->boundary_set), err) ||
        area_read(root, &policy->area, err) ||
        field_name(root, "source", policy->source, sizeof(policy->source), err))
        return err->kind;
    return OK;
}

static enum err_kind read_index(const struct yaml *root, struct policy *policy, struct err *err)
{
    enum unit unit = UNIT_RAIN;
    if (variable_read(root, policy->variable, &unit, err) ||
        station_read(root, policy->variable, policy->station, err) ||
        period_read(root, &policy->period, err) ||
        index_rule_read(root, unit, &policy->index, err) ||
        field_unit(root, "rounding", policy->index.unit, &policy->rounding_milli, err))
        return err->kind;
    if (policy->rounding_milli <= 0)
        return yaml_refuse(yaml_get(root, "rounding"), err, "rounding must be more than 0");
    return coverage_read(root, &policy->minimum_coverage, err);
}

static enum err_kind check_reachable(const struct yaml *at, const struct policy *policy,
                                     int64_t threshold_milli, struct err *err)
{
    int64_t least, most, days = window_days(policy);
    index_rule_range(&policy->index, days, &least, &most);
    if (threshold_milli < least && least == 0)
        return yaml_refuse(at, err, "the index is never negative; write 0 or more");
    if (threshold_milli > most && policy->index.unit == UNIT_DAYS)
        return yaml_refuse(at, err, "it can never be reached: the period has only %lld days",
                           (long long)days);
    if (threshold_milli >= least && threshold_milli <= most)
        return OK;
    AUTO(buf_free) struct buf range = buf_new(200);
    unit_number(&range, least, LANGUAGE_EN);
    buf_text(&range, " to ");
    unit_say(&range, most, policy->index.unit, LANGUAGE_EN);
    return yaml_refuse(at, err, "it can never be reached: the index lies in %s", range.at);
}

// Trigger, ensemble and clear of an alert without stages.
static enum err_kind read_condition(const struct yaml *root, struct policy *policy, struct err *err)
{
    enum { LEVEL_MAX = 5 };
    struct clear_terms terms = {"clear", policy->index.unit, &policy->ensemble, &policy->trigger};
    if (trigger_rule_read(root, policy->index.unit, &policy->trigger, err) ||
        check_reachable(yaml_get(yaml_get(root, "trigger"), "threshold"), policy,
                        policy->trigger.threshold_milli, err) ||
        clear_rule_read(root, &terms, &policy->clear, err))
        return err->kind;
    policy->level = 1;
    return yaml_get(root, "level") ? field_whole(root, "level", 1, LEVEL_MAX, &policy->level, err)
                                   : OK;
}

static enum err_kind check_stages(const struct yaml *root, const struct policy *policy,
                                  struct err *err)
{
    static const char *const foreign[] = {"trigger", "clear",    "level",   "any_of",
                                          "all_of",  "at_least", "actions", NULL};
    for (size_t i = 0; foreign[i]; i++) {
        if (yaml_get(root, foreign[i]))
            return yaml_refuse(yaml_get(root, foreign[i]), err,
                               "with stages, each stage says it; take \"%s\" out", foreign[i]);
    }
    if (policy->watch != WATCH_FORECAST)
        return yaml_refuse(yaml_get(root, "watch"), err,
                           "stages are decided at each run; write watch: forecast");
    return OK;
}

static enum err_kind read_persistence(const struct yaml *root, struct policy *policy,
                                      struct err *err)
{
    enum { PERSISTENCE_MAX = 100 };
    if (field_whole(root, "persistence", 1, PERSISTENCE_MAX, &policy->persistence, err))
        return err->kind;
    policy->persistence_off = policy->persistence;
    if (yaml_get(root, "persistence_off") &&
        field_whole(root, "persistence_off", policy->persistence, PERSISTENCE_MAX,
                    &policy->persistence_off, err))
        return err->kind;
    if (yaml_get(root, "cool_down") && field_span(root, "cool_down", &policy->cool_down_s, err))
        return err->kind;
    return field_span(root, "next_update", &policy->next_update_s, err);
}

static enum err_kind check_watch(const struct yaml *root, const struct policy *policy,
                                 struct err *err)
{
    if (policy->index.share && policy->ensemble.models)
        return yaml_refuse(yaml_get(root, "ensemble"), err,
                           "a share of communes is made of the members of one model; take the "
                           "others out");
    if (policy->watch == WATCH_OBSERVATION && policy->period.whole_days)
        return yaml_refuse(yaml_get(root, "period"), err,
                           "what was seen has no runs; write {each: day, last: 3 days, ...}");
    if (policy->watch == WATCH_OBSERVATION && policy->ensemble.members)
        return yaml_refuse(yaml_get(root, "ensemble"), err,
                           "observations have no members; watch the forecast, or take it out");
    bool storms = strncmp(policy->variable, "storm_", 6) == 0;
    if (storms && policy->watch == WATCH_OBSERVATION && policy->period.kind == PERIOD_NONE)
        return yaml_refuse(root, err,
                           "best tracks have no steps; add period: {each: day, day: utc00}, or "
                           "watch the forecast");
    if (policy->watch == WATCH_FORECAST && policy->period.kind != PERIOD_NONE)
        return yaml_refuse(yaml_get(root, "period"), err,
                           "a forecast is decided per run; take the period out and write within, "
                           "or {each: run, day: local00} for whole days");
    return OK;
}

static enum err_kind read_alert(const struct yaml *root, struct policy *policy, struct err *err)
{
    static const char *const watches[] = {"forecast", "observation", NULL};
    size_t watch = WATCH_FORECAST;
    policy->stages = yaml_get(root, "stages") != NULL;
    if (ensemble_rule_read(root, policy->stages, &policy->ensemble, err) ||
        (!policy->stages && read_condition(root, policy, err)) ||
        field_choice(root, "watch", watches, &watch, err) || read_persistence(root, policy, err))
        return err->kind;
    policy->watch = (enum watch)watch;
    policy->has_cancel = yaml_get(root, "cancel") != NULL;
    if ((!policy->stages && actions_read(root, &policy->actions, err)) ||
        (policy->stages && check_stages(root, policy, err)) || check_watch(root, policy, err))
        return err->kind;
    return parts_read(root, policy, err);
}

static enum err_kind check_payout_reach(const struct yaml *root, const struct policy *policy,
                                        struct err *err)
{
    const struct yaml *payout = yaml_get(root, "payout"), *tiers = yaml_get(payout, "tiers");
    for (size_t i = 0; i < policy->payout.tiers; i++) {
        if (check_reachable(tiers->item[i], policy, policy->payout.tier[i].threshold_milli, err))
            return err->kind;
    }
    const struct yaml *strike = yaml_get(payout, "strike"), *limit = yaml_get(payout, "exit");
    bool ratio = policy->payout.form == PAYOUT_YIELD_RATIO;
    if (strike && !ratio && check_reachable(strike, policy, policy->payout.strike_milli, err))
        return err->kind;
    if (limit && !ratio && check_reachable(limit, policy, policy->payout.exit_milli, err))
        return err->kind;
    return OK;
}

static enum err_kind read_cap(const struct yaml *map, struct legal_cap *cap, struct err *err)
{
    const int64_t most_vnd = 1000000000000;
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a cap is {from: 2023-05-05, to: 2026-12-31, most: ... VND}");
    if (shape_check(map, SHAPE_CAP, err) || field_date(map, "from", &cap->from, err) ||
        field_date(map, "to", &cap->to, err) ||
        field_vnd(map, "most", 1, most_vnd, &cap->most_vnd, err))
        return err->kind;
    if (civil_days(cap->to) < civil_days(cap->from))
        return yaml_refuse(yaml_get(map, "to"), err, "the cap ends before it begins");
    return OK;
}

static enum err_kind name_caps(const struct yaml *name, struct policy *policy, struct err *err)
{
    struct err why = {0};
    AUTO(preset_free) struct preset *preset = NULL;
    if (preset_open(name->text, &preset, &why))
        return yaml_refuse(name, err, "%s", why.text);
    if (preset->caps == 0)
        return yaml_refuse(name, err, "\"%s\" has no caps; write vn-micro-insurance-2023",
                           preset->id);
    policy->caps = preset->caps;
    memcpy(policy->cap, preset->cap, sizeof(policy->cap));
    memcpy(policy->caps_preset, preset->id, sizeof(preset->id));
    return OK;
}

static enum err_kind read_caps(const struct yaml *root, struct policy *policy, struct err *err)
{
    const struct yaml *list = yaml_get(root, "legal_caps");
    if (!list)
        return OK;
    if (list->kind == YAML_TEXT)
        return name_caps(list, policy, err);
    if (list->kind != YAML_LIST || list->count == 0 || list->count > CAPS_MAX)
        return yaml_refuse(list, err, "write the name of a preset, or a list of 1 to %d caps",
                           CAPS_MAX);
    for (; policy->caps < list->count; policy->caps++) {
        struct legal_cap *cap = &policy->cap[policy->caps];
        if (read_cap(list->item[policy->caps], cap, err))
            return err->kind;
        if (policy->caps && civil_days(cap->from) <= civil_days(cap[-1].to))
            return yaml_refuse(list->item[policy->caps], err,
                               "this cap begins before the one above has ended");
    }
    return OK;
}

// Events are what happens at the end of each window, so the index must have one that moves.
static enum err_kind read_limits(const struct yaml *root, struct policy *policy, struct err *err)
{
    const struct yaml *at = yaml_get(root, "limits");
    if (limit_rule_read(root, &policy->limits, err))
        return err->kind;
    if (!at)
        return OK;
    bool moves = policy->index.take == INDEX_MAXIMUM || policy->index.take == INDEX_MAXIMUM_SUM;
    if (!moves || policy->parts > 0)
        return yaml_refuse(at, err,
                           "limits are for events: the index is then maximum or maximum_sum, "
                           "without phases or a second index");
    if (policy->limits.waiting_s >= period_span_s(&policy->period))
        return yaml_refuse(yaml_get(at, "waiting"), err,
                           "the waiting period is as long as the period: nothing is ever paid");
    return OK;
}

static enum err_kind read_promises(const struct yaml *root, struct policy *policy, struct err *err)
{
    static const char *const confirmations[] = {"none", "official", NULL};
    size_t confirmation = 0;
    if (yaml_get(root, "confirmation") &&
        field_choice(root, "confirmation", confirmations, &confirmation, err))
        return err->kind;
    policy->needs_confirmation = confirmation == 1;
    if (!yaml_get(root, "answer_disputes_within"))
        return OK;
    return field_span(root, "answer_disputes_within", &policy->dispute_answer_s, err);
}

static enum err_kind read_insurance(const struct yaml *root, struct policy *policy, struct err *err)
{
    static const char *const settlements[] = {"settle_once", "true_up", NULL};
    size_t settlement = 0;
    if (parts_read(root, policy, err))
        return err->kind;
    struct payout_terms terms = {.unit = policy->index.unit,
                                 .has_also = policy->has_also,
                                 .also = policy->has_also ? policy->part[0].index.unit : UNITS,
                                 .has_phases = policy->phases,
                                 .has_circles = policy->circles};
    if (payout_rule_read(root, &terms, &policy->payout, err) ||
        field_span(root, "settle_after", &policy->settle_after_s, err) ||
        field_choice(root, "settlement", settlements, &settlement, err) ||
        read_limits(root, policy, err) || read_caps(root, policy, err) ||
        read_promises(root, policy, err))
        return err->kind;
    policy->true_up = settlement == 1;
    if (policy->payout.form == PAYOUT_BINARY) {
        if (trigger_rule_read(root, policy->index.unit, &policy->trigger, err) ||
            check_reachable(yaml_get(yaml_get(root, "trigger"), "threshold"), policy,
                            policy->trigger.threshold_milli, err))
            return err->kind;
    } else if (yaml_get(root, "trigger")) {
        return yaml_refuse(yaml_get(root, "trigger"), err,
                           "the form %s says itself when it pays; take the trigger out",
                           payout_forms[policy->payout.form]);
    }
    return check_payout_reach(root, policy, err);
}

static enum err_kind read_texts(const struct yaml *map, const char *key,
                                const struct policy *policy, const struct part *stage,
                                struct texts *out, struct err *err)
{
    if (field_texts(map, key, out, err))
        return err->kind;
    for (size_t i = 0; i < LANGUAGES; i++) {
        struct err why = {0};
        if (out == &policy->cancel ? message_check_cancel(policy, out->at[i], &why)
                                   : message_check(policy, stage, out->at[i], &why))
            return yaml_refuse(yaml_get(yaml_get(map, key), language_names[i]), err, "%s",
                               why.text);
    }
    return OK;
}

static enum err_kind read_message(const struct yaml *root, struct policy *policy, struct err *err)
{
    const struct yaml *stages = yaml_get(root, "stages");
    if (read_texts(root, "message", policy, NULL, &policy->message, err))
        return err->kind;
    for (size_t i = 0; policy->stages && i < policy->parts; i++) {
        struct part *stage = &policy->part[i];
        stage->has_message = yaml_get(stages->item[i], "message") != NULL;
        if (stage->has_message &&
            read_texts(stages->item[i], "message", policy, stage, &stage->message, err))
            return err->kind;
    }
    return policy->has_cancel ? read_texts(root, "cancel", policy, NULL, &policy->cancel, err) : OK;
}

// Who decides before a spell can have ended does not know it.
static enum err_kind check_follow(const struct yaml *root, const struct policy *policy,
                                  struct err *err)
{
    bool cover = policy->kind == POLICY_INSURANCE;
    if (policy->index.follow_s <= calendar_wait_s(policy))
        return OK;
    return yaml_refuse(yaml_get(yaml_get(root, "index"), "follow"), err,
                       "it is decided before the spell was followed so far; write a %s that is as "
                       "long",
                       cover ? "settle_after" : "next_update");
}

// What communes formerly were is in no basis of a decision, so a share of them could not be made
// again elsewhere.
static enum err_kind check_area(const struct yaml *root, const struct policy *policy,
                                struct err *err)
{
    if (!policy->index.share || policy->area.kind != AREA_FORMER)
        return OK;
    return yaml_refuse(yaml_get(root, "area"), err,
                       "a share of the communes of a former province cannot be made again "
                       "elsewhere; write zones or communes");
}

static enum err_kind read_policy(const struct yaml *root, struct policy *policy, struct err *err)
{
    if (root->kind != YAML_MAP)
        return yaml_refuse(root, err, "a policy is wanted here, as \"gong: 1\", \"id: ...\"");
    if (shape_check(root, SHAPE_POLICY, err) || read_identity(root, policy, err) ||
        read_index(root, policy, err) || check_area(root, policy, err) ||
        window_check(root, policy, err))
        return err->kind;
    enum err_kind kind = policy->kind == POLICY_ALERT ? read_alert(root, policy, err)
                                                      : read_insurance(root, policy, err);
    if (kind || check_follow(root, policy, err) || substitutes_read(root, policy, err) ||
        read_message(root, policy, err))
        return err->kind;
    return cases_read(root, policy, &policy->cases, err);
}

enum err_kind policy_parse(struct str text, const char *name, struct policy **out, struct err *err)
{
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    if (yaml_parse(text, name, &file, err))
        return err->kind;
    AUTO(policy_free) struct policy *policy = mem_new(1, sizeof(*policy));
    if (read_policy(yaml_root(file), policy, err))
        return err->kind;
    policy->hash = hash_of(text);
    policy->text = (struct str){str_copy(text), text.len};
    *out = TAKE(policy);
    return OK;
}

// What each circle reaches decides; the index looks as far as the outer one, and says so.
static enum err_kind check_circles(const struct yaml *root, const struct policy *policy,
                                   struct err *err)
{
    const struct part *outer = policy->circles ? &policy->part[policy->parts - 1] : NULL;
    if (!outer || policy->index.radius_milli == outer->index.radius_milli)
        return OK;
    AUTO(buf_free) struct buf radius = buf_new(40);
    unit_say(&radius, outer->index.radius_milli, UNIT_DISTANCE, LANGUAGE_EN);
    return yaml_refuse(yaml_get(yaml_get(root, "index"), "radius"), err,
                       "the circles decide, and the outer one is %s; write radius: %s", outer->name,
                       radius.at);
}

// What is said by a policy (`stage` is NULL) or at one of its stages, and stands in `map`.
static enum err_kind check_new_texts(const struct yaml *map, const struct policy *policy,
                                     const struct part *stage, struct err *err)
{
    bool own = stage && stage->has_message;
    const struct texts *texts = own ? &stage->message : &policy->message;
    for (size_t i = 0; i < LANGUAGES; i++) {
        struct err why = {0};
        if (message_check_new(policy, stage, texts->at[i], &why))
            return yaml_refuse(yaml_get(yaml_get(map, "message"), language_names[i]), err, "%s%s%s",
                               why.text, stage && !own ? ", or write one for stage " : "",
                               stage && !own ? stage->name : "");
    }
    return OK;
}

enum err_kind policy_check_new(const struct policy *policy, const char *name, struct err *err)
{
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    if (yaml_parse(policy->text, name, &file, err))
        return err_of(err);
    const struct yaml *root = yaml_root(file), *stages = yaml_get(root, "stages");
    if (check_new_texts(root, policy, NULL, err))
        return err_of(err);
    for (size_t i = 0; policy->stages && i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        const struct yaml *map = part->has_message ? stages->item[i] : root;
        if (check_new_texts(map, policy, part, err))
            return err_of(err);
    }
    return check_circles(root, policy, err) || letters_check(root, err) ||
                   shape_check_shares(root, err) || window_check_new(root, policy, err)
               ? err_of(err)
               : OK;
}

enum err_kind policy_load(const char *path, struct policy **out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX);
    if (file_read(path, &text, err))
        return err->kind;
    // The ledger keeps it whole, and its texts are composed.
    if (yaml_check_composed(buf_slice(&text), path, err))
        return err->kind;
    return policy_parse(buf_slice(&text), path, out, err);
}

void policy_free(struct policy **policy)
{
    if (!*policy)
        return;
    parts_free(*policy);
    index_rule_free(&(*policy)->index);
    field_texts_free(&(*policy)->title);
    field_texts_free(&(*policy)->message);
    field_texts_free(&(*policy)->cancel);
    actions_free(&(*policy)->actions);
    area_free(&(*policy)->area);
    cases_free(&(*policy)->cases);
    mem_free(&(*policy)->text.at);
    mem_free(policy);
}
