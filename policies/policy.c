#include "policies/policy.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/yaml.h"
#include "policies/message.h"
#include "policies/water_rule.h"

#include <assert.h>
#include <string.h>

const char *const policy_kinds[] = {"alert", "insurance", NULL};

static const char *const keys[] = {
    "gong",         "id",          "version",          "kind",     "title",      "effective",
    "boundary_set", "area",        "source",           "variable", "index",      "rounding",
    "trigger",      "period",      "minimum_coverage", "watch",    "ensemble",   "clear",
    "persistence",  "next_update", "settle_after",     "payout",   "settlement", "message",
    "cases",        NULL};

static const char *const alert_only[] = {"watch",       "ensemble",    "clear",
                                         "persistence", "next_update", NULL};
static const char *const insurance_only[] = {"settle_after", "payout", "settlement", NULL};

static const char *const variables[] = {"rain",  "wind",      "gust", "temperature", "stage",
                                        "yield", "mortality", "loss", NULL};
static const enum unit variable_units[] = {UNIT_RAIN,  UNIT_WIND,  UNIT_WIND,    UNIT_TEMPERATURE,
                                           UNIT_STAGE, UNIT_YIELD, UNIT_PERCENT, UNIT_PERCENT};

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
    static const char *const dates[] = {"from", "to", NULL};
    const struct yaml *map = NULL;
    if (yaml_need(root, "effective", YAML_MAP, &map, err) || yaml_check_keys(map, dates, err) ||
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
    if (check_kind_keys(root, policy->kind, err) ||
        field_texts(root, "title", &policy->title, err) || read_effective(root, policy, err) ||
        field_name(root, "boundary_set", policy->boundary_set, sizeof(policy->boundary_set), err) ||
        area_read(root, &policy->area, err) ||
        field_name(root, "source", policy->source, sizeof(policy->source), err))
        return err->kind;
    return OK;
}

static enum err_kind read_coverage(const struct yaml *root, struct policy *policy, struct err *err)
{
    const struct yaml *value = yaml_get(root, "minimum_coverage");
    int64_t milli = 0;
    if (value && value->kind == YAML_TEXT && str_is(value->text, "any")) {
        policy->minimum_coverage = 0;
        return OK;
    }
    if (field_share(root, "minimum_coverage", &milli, err))
        return err->kind;
    if (milli == 0)
        return yaml_refuse(value, err,
                           "minimum_coverage of 0 %% would count what nobody saw; "
                           "write any, or 1 %% to 100 %%");
    policy->minimum_coverage = milli * 10;
    return OK;
}

static enum err_kind read_index(const struct yaml *root, struct policy *policy, struct err *err)
{
    size_t variable = 0;
    if (field_choice(root, "variable", variables, &variable, err))
        return err->kind;
    memcpy(policy->variable, variables[variable], strlen(variables[variable]));
    if (period_read(root, &policy->period, err) ||
        index_rule_read(root, variable_units[variable], &policy->index, err) ||
        field_unit(root, "rounding", policy->index.unit, &policy->rounding_milli, err))
        return err->kind;
    if (policy->rounding_milli <= 0)
        return yaml_refuse(yaml_get(root, "rounding"), err, "rounding must be more than 0");
    return read_coverage(root, policy, err);
}

// A window that moves must end within the period, however late it starts.
static enum err_kind check_start(const struct yaml *index, const struct policy *policy,
                                 struct err *err)
{
    enum { DEKAD_DAYS_MAX = 11, LEAP_DAY = 1 };
    const struct start_rule *start = &policy->index.start;
    if (start->kind == START_PERIOD)
        return OK;
    int64_t first =
        start->kind == START_TOTAL ? start->latest - 1 : (start->latest - 1) * DEKAD_DAYS_MAX;
    if (first + start->days > period_span_s(&policy->period) / DAY_S - LEAP_DAY)
        return yaml_refuse(yaml_get(index, "start"), err,
                           "a season that starts at the latest day ends after the period; write an "
                           "earlier latest, a shorter for, or a longer period");
    return OK;
}

static enum err_kind check_water(const struct yaml *index, const struct policy *policy,
                                 struct err *err)
{
    const struct water_rule *water = policy->index.water;
    int64_t days = period_span_s(&policy->period) / DAY_S;
    if (water && ((int64_t)water->dekads * 11 < days || ((int64_t)water->dekads - 2) * 10 > days))
        return yaml_refuse(yaml_get(index, "pet"), err,
                           "%zu dekads of water do not fit a period of %lld days", water->dekads,
                           (long long)days);
    return OK;
}

// What an index over a period can be at all.
static enum err_kind check_period(const struct yaml *root, const struct policy *policy,
                                  struct err *err)
{
    const struct yaml *index = yaml_get(root, "index");
    if (policy->period.kind == PERIOD_NONE) {
        if (policy->kind == POLICY_INSURANCE)
            return yaml_refuse(root, err,
                               "\"period\" is missing here; add period: {from: 01-15, "
                               "to: 04-15, day: local00}");
        if (policy->index.within_s == 0)
            return yaml_refuse(index, err, "how far does it look? add within: 72 h, or a period");
        if (policy->index.daily || policy->index.take == INDEX_SPI ||
            policy->index.take == INDEX_SPEI)
            return yaml_refuse(index, err,
                               "days need a day boundary; write hours, as \"24 h\", "
                               "or add a period with day:");
        return OK;
    }
    int64_t span_s = period_span_s(&policy->period);
    if (policy->index.within_s > span_s || policy->index.over_s > span_s)
        return yaml_refuse(index, err,
                           "the window is longer than the period of %lld days; write "
                           "a shorter one",
                           (long long)(span_s / DAY_S));
    if (policy->index.within_s)
        return yaml_refuse(yaml_get(index, "within"), err,
                           "the period is what is looked at; take within out");
    if (check_start(index, policy, err) || check_water(index, policy, err))
        return err->kind;
    AUTO(occasions_free) struct occasions occasions = {0};
    period_list(&policy->period, policy->effective_from, policy->effective_to, &occasions);
    if (occasions.count == 0)
        return yaml_refuse(yaml_get(root, "effective"), err,
                           "no whole period lies between these dates; write earlier from or "
                           "later to");
    return OK;
}

// How many days the index looks at, at most.
static int64_t index_days(const struct policy *policy)
{
    int64_t span_s = policy->period.kind == PERIOD_NONE ? policy->index.within_s
                                                        : period_span_s(&policy->period);
    return (span_s + DAY_S - 1) / DAY_S;
}

static enum err_kind check_reachable(const struct yaml *at, const struct policy *policy,
                                     int64_t threshold_milli, struct err *err)
{
    int64_t least, most, days = index_days(policy);
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

static enum err_kind read_alert(const struct yaml *root, struct policy *policy, struct err *err)
{
    enum { PERSISTENCE_MAX = 100 };
    static const char *const watches[] = {"forecast", "observation", NULL};
    size_t watch = WATCH_FORECAST;
    if (trigger_rule_read(root, policy->index.unit, &policy->trigger, err) ||
        check_reachable(yaml_get(yaml_get(root, "trigger"), "threshold"), policy,
                        policy->trigger.threshold_milli, err) ||
        field_choice(root, "watch", watches, &watch, err) ||
        ensemble_rule_read(root, &policy->ensemble, err) ||
        clear_rule_read(root, policy->index.unit, &policy->ensemble, &policy->trigger,
                        &policy->clear, err) ||
        field_whole(root, "persistence", 1, PERSISTENCE_MAX, &policy->persistence, err) ||
        field_span(root, "next_update", &policy->next_update_s, err))
        return err->kind;
    policy->watch = (enum watch)watch;
    if (policy->watch == WATCH_OBSERVATION && policy->ensemble.members)
        return yaml_refuse(yaml_get(root, "ensemble"), err,
                           "observations have no members; watch the forecast, or take it out");
    if (policy->watch == WATCH_FORECAST && policy->period.kind != PERIOD_NONE)
        return yaml_refuse(yaml_get(root, "period"), err,
                           "a forecast is decided per run; take the period out and write within");
    return OK;
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
    if (strike && check_reachable(strike, policy, policy->payout.strike_milli, err))
        return err->kind;
    if (limit && check_reachable(limit, policy, policy->payout.exit_milli, err))
        return err->kind;
    return OK;
}

static enum err_kind read_insurance(const struct yaml *root, struct policy *policy, struct err *err)
{
    static const char *const settlements[] = {"settle_once", NULL};
    size_t settlement = 0;
    if (payout_rule_read(root, policy->index.unit, &policy->payout, err) ||
        field_span(root, "settle_after", &policy->settle_after_s, err) ||
        field_choice(root, "settlement", settlements, &settlement, err))
        return err->kind;
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

static enum err_kind read_message(const struct yaml *root, struct policy *policy, struct err *err)
{
    if (field_texts(root, "message", &policy->message, err))
        return err->kind;
    for (size_t i = 0; i < LANGUAGES; i++) {
        struct err why = {0};
        if (message_check(policy, policy->message.at[i], &why))
            return yaml_refuse(yaml_get(yaml_get(root, "message"), language_names[i]), err, "%s",
                               why.text);
    }
    return OK;
}

static enum err_kind read_policy(const struct yaml *root, struct policy *policy, struct err *err)
{
    if (root->kind != YAML_MAP)
        return yaml_refuse(root, err, "a policy is wanted here, as \"gong: 1\", \"id: ...\"");
    if (yaml_check_keys(root, keys, err) || read_identity(root, policy, err) ||
        read_index(root, policy, err) || check_period(root, policy, err))
        return err->kind;
    enum err_kind kind = policy->kind == POLICY_ALERT ? read_alert(root, policy, err)
                                                      : read_insurance(root, policy, err);
    if (kind || read_message(root, policy, err))
        return err->kind;
    struct case_terms terms = {
        .unit = policy->index.input,
        .members = policy->ensemble.members,
        .insurance = policy->kind == POLICY_INSURANCE,
    };
    return cases_read(root, &terms, &policy->cases, err);
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

enum err_kind policy_load(const char *path, struct policy **out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX);
    if (file_read(path, &text, err))
        return err->kind;
    return policy_parse(buf_slice(&text), path, out, err);
}

void policy_free(struct policy **policy)
{
    if (!*policy)
        return;
    index_rule_free(&(*policy)->index);
    field_texts_free(&(*policy)->title);
    field_texts_free(&(*policy)->message);
    area_free(&(*policy)->area);
    cases_free(&(*policy)->cases);
    mem_free(&(*policy)->text.at);
    mem_free(policy);
}
