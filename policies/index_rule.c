#include "policies/index_rule.h"

#include "core/date.h"
#include "core/yaml.h"

const char *const index_takes[] = {"total", "maximum", "maximum_sum", "longest_dry_spell", NULL};
const char *const index_missings[] = {"break", "dry", "unknown", NULL};

// One row per kind of index: what it needs beside its name.
static const struct {
    bool rain_only, over, dry;
} kinds[] = {
    [INDEX_TOTAL] = {true, false, false},
    [INDEX_MAXIMUM] = {false, false, false},
    [INDEX_MAXIMUM_SUM] = {true, true, false},
    [INDEX_DRY_SPELL] = {true, false, true},
};

static const char *const keys[] = {"take",      "over",      "within",  "daily_cap", "daily_floor",
                                   "dry_below", "dry_up_to", "missing", NULL};

static bool is_in_days(const struct yaml *value)
{
    return str_ends(value->text, " days") || str_ends(value->text, " day");
}

static enum err_kind read_over(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    const struct yaml *over = yaml_get(map, "over");
    if (!kinds[rule->take].over) {
        if (over)
            return yaml_refuse(over, err, "\"over\" belongs to maximum_sum; take it out of %s",
                               index_takes[rule->take]);
        return OK;
    }
    if (field_span(map, "over", &rule->over_s, err))
        return err->kind;
    rule->daily = is_in_days(over);
    return OK;
}

static enum err_kind read_within(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    const struct yaml *within = yaml_get(map, "within");
    if (!within)
        return OK;
    if (field_span(map, "within", &rule->within_s, err))
        return err->kind;
    if (rule->over_s > rule->within_s)
        return yaml_refuse(within, err,
                           "the window of \"over\" is longer than \"within\"; write a shorter one");
    return OK;
}

static enum err_kind read_daily(const struct yaml *map, const char *key, bool *has, int64_t *milli,
                                struct index_rule *rule, struct err *err)
{
    const struct yaml *value = yaml_get(map, key);
    if (!value)
        return OK;
    if (rule->input != UNIT_RAIN || rule->take == INDEX_MAXIMUM || rule->take == INDEX_DRY_SPELL)
        return yaml_refuse(value, err, "\"%s\" belongs to sums of rain; take it out", key);
    if (field_unit(map, key, UNIT_RAIN, milli, err))
        return err->kind;
    if (*milli <= 0)
        return yaml_refuse(value, err, "%s must be more than 0 mm", key);
    if (rule->take == INDEX_MAXIMUM_SUM && !rule->daily)
        return yaml_refuse(value, err, "\"%s\" caps days; write \"over\" in days, as \"3 days\"",
                           key);
    rule->daily = true;
    *has = true;
    return OK;
}

static enum err_kind read_dry(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    static const char *const only_dry[] = {"dry_below", "dry_up_to", "missing", NULL};
    if (!kinds[rule->take].dry) {
        for (size_t i = 0; only_dry[i]; i++) {
            const struct yaml *value = yaml_get(map, only_dry[i]);
            if (value)
                return yaml_refuse(value, err, "\"%s\" belongs to longest_dry_spell; take it out",
                                   only_dry[i]);
        }
        return OK;
    }
    bool below = yaml_get(map, "dry_below") != NULL, up_to = yaml_get(map, "dry_up_to") != NULL;
    if (below == up_to)
        return yaml_refuse(map, err,
                           "which day is dry? write either \"dry_below: 1 mm\" (less than) or "
                           "\"dry_up_to: 1 mm\" (that much or less)");
    rule->dry = below ? COMPARE_LESS : COMPARE_LESS_OR_SAME;
    size_t missing = 0;
    if (field_unit(map, below ? "dry_below" : "dry_up_to", UNIT_RAIN, &rule->dry_milli, err) ||
        field_choice(map, "missing", index_missings, &missing, err))
        return err->kind;
    rule->missing = (enum missing)missing;
    rule->unit = UNIT_DAYS;
    rule->daily = true;
    return OK;
}

enum err_kind index_rule_read(const struct yaml *policy, enum unit input, struct index_rule *out,
                              struct err *err)
{
    const struct yaml *map = NULL;
    size_t take = 0;
    if (yaml_need(policy, "index", YAML_MAP, &map, err) || yaml_check_keys(map, keys, err) ||
        field_choice(map, "take", index_takes, &take, err))
        return err->kind;
    struct index_rule rule = {.take = (enum index_take)take, .input = input, .unit = input};
    if (kinds[take].rain_only && input != UNIT_RAIN)
        return yaml_refuse(yaml_get(map, "take"), err,
                           "%s adds rain up; for this variable write \"maximum\"",
                           index_takes[take]);
    if (read_over(map, &rule, err) || read_within(map, &rule, err) ||
        read_daily(map, "daily_cap", &rule.has_cap, &rule.cap_milli, &rule, err) ||
        read_daily(map, "daily_floor", &rule.has_floor, &rule.floor_milli, &rule, err) ||
        read_dry(map, &rule, err))
        return err->kind;
    if (rule.daily && (rule.over_s % DAY_S || rule.within_s % DAY_S))
        return yaml_refuse(map, err,
                           "days are summed first; write \"over\" and \"within\" in "
                           "whole days");
    *out = rule;
    return OK;
}
