#include "policies/trigger_rule.h"

#include "core/yaml.h"

enum err_kind trigger_rule_read(const struct yaml *policy, enum unit unit, struct trigger_rule *out,
                                struct err *err)
{
    static const char *const keys[] = {"index", "threshold", NULL};
    const struct yaml *map = NULL;
    struct trigger_rule rule = {.there = true};
    if (yaml_need(policy, "trigger", YAML_MAP, &map, err) || yaml_check_keys(map, keys, err) ||
        field_compare(map, "index", &rule.compare, err) ||
        field_unit(map, "threshold", unit, &rule.threshold_milli, err))
        return err->kind;
    *out = rule;
    return OK;
}

enum err_kind ensemble_rule_read(const struct yaml *policy, struct ensemble_rule *out,
                                 struct err *err)
{
    enum { MEMBERS_MAX = 1000 };
    static const char *const keys[] = {"members", "minimum", "probability", "threshold", NULL};
    struct ensemble_rule rule = {0};
    const struct yaml *map = NULL;
    if (!yaml_get(policy, "ensemble")) {
        *out = rule;
        return OK;
    }
    if (yaml_need(policy, "ensemble", YAML_MAP, &map, err) || yaml_check_keys(map, keys, err))
        return err->kind;
    if (!yaml_get(map, "members"))
        return yaml_refuse(map, err, "a probability needs members to count; add members: 20");
    if (field_whole(map, "members", 2, MEMBERS_MAX, &rule.members, err) ||
        field_whole(map, "minimum", 1, rule.members, &rule.minimum, err) ||
        field_compare(map, "probability", &rule.compare, err) ||
        field_share(map, "threshold", &rule.probability_milli, err))
        return err->kind;
    if (rule.compare != COMPARE_MORE && rule.compare != COMPARE_MORE_OR_SAME)
        return yaml_refuse(yaml_get(map, "probability"), err,
                           "an alert is for a high probability; write \">=\" or \">\"");
    if (rule.probability_milli == 0)
        return yaml_refuse(yaml_get(map, "threshold"), err,
                           "a probability of 0 %% would always alert; write more");
    *out = rule;
    return OK;
}

static bool points_up(enum compare compare)
{
    return compare == COMPARE_MORE || compare == COMPARE_MORE_OR_SAME;
}

enum err_kind clear_rule_read(const struct yaml *policy, enum unit unit,
                              const struct ensemble_rule *ensemble,
                              const struct trigger_rule *trigger, struct trigger_rule *out,
                              struct err *err)
{
    static const char *const keys[] = {"index", "probability", "threshold", NULL};
    struct trigger_rule rule = {.there = true};
    const struct yaml *map = NULL;
    *out = (struct trigger_rule){0};
    if (!yaml_get(policy, "clear"))
        return OK;
    bool by_members = ensemble->members > 0;
    const char *subject = by_members ? "probability" : "index";
    const char *other = by_members ? "index" : "probability";
    if (yaml_need(policy, "clear", YAML_MAP, &map, err) || yaml_check_keys(map, keys, err))
        return err->kind;
    if (yaml_get(map, other))
        return yaml_refuse(yaml_get(map, other), err, "this alert goes on by %s; clear it by %s",
                           subject, subject);
    if (field_compare(map, subject, &rule.compare, err) ||
        (by_members ? field_share(map, "threshold", &rule.threshold_milli, err)
                    : field_unit(map, "threshold", unit, &rule.threshold_milli, err)))
        return err->kind;
    enum compare on = by_members ? ensemble->compare : trigger->compare;
    int64_t on_milli = by_members ? ensemble->probability_milli : trigger->threshold_milli;
    bool beyond = points_up(on) ? rule.threshold_milli > on_milli : rule.threshold_milli < on_milli;
    if (points_up(rule.compare) == points_up(on) || beyond)
        return yaml_refuse(map, err,
                           "it would go off while it goes on; write the other operator "
                           "and a threshold on the quiet side");
    *out = rule;
    return OK;
}
