#include "policies/payout_rule.h"

#include "core/mem.h"
#include "core/yaml.h"

#include <stdbool.h>

const char *const payout_forms[] = {"linear_deficit", "linear_excess", "binary",
                                    "tiers",          "floor_linear",  NULL};

static const char *const keys[] = {"form", "strike", "exit", "floor", "tiers", "rounding", NULL};

// One row per form: which keys it has.
static const struct {
    bool strike, exit, floor, tiers;
} forms[] = {
    [PAYOUT_LINEAR_DEFICIT] = {.strike = true, .exit = true},
    [PAYOUT_LINEAR_EXCESS] = {.strike = true, .exit = true},
    [PAYOUT_BINARY] = {.strike = false},
    [PAYOUT_TIERS] = {.tiers = true},
    [PAYOUT_FLOOR_LINEAR] = {.strike = true, .floor = true},
};

static enum err_kind check_belongs(const struct yaml *map, enum payout_form form, struct err *err)
{
    const struct {
        const char *key;
        bool belongs;
    } rows[] = {
        {"strike", forms[form].strike},
        {"exit", forms[form].exit},
        {"floor", forms[form].floor},
        {"tiers", forms[form].tiers},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct yaml *value = yaml_get(map, rows[i].key);
        if (value && !rows[i].belongs)
            return yaml_refuse(value, err, "\"%s\" does not belong to the form %s; take it out",
                               rows[i].key, payout_forms[form]);
    }
    return OK;
}

static enum err_kind read_line(const struct yaml *map, enum unit unit, struct payout_rule *rule,
                               struct err *err)
{
    if (forms[rule->form].strike && field_unit(map, "strike", unit, &rule->strike_milli, err))
        return err->kind;
    if (forms[rule->form].exit && field_unit(map, "exit", unit, &rule->exit_milli, err))
        return err->kind;
    if (forms[rule->form].floor && field_share(map, "floor", &rule->floor_milli, err))
        return err->kind;
    if (rule->form == PAYOUT_LINEAR_DEFICIT && rule->strike_milli <= rule->exit_milli)
        return yaml_refuse(yaml_get(map, "exit"), err,
                           "linear_deficit pays from strike down to exit; write an exit below "
                           "the strike");
    if (rule->form == PAYOUT_LINEAR_EXCESS && rule->strike_milli >= rule->exit_milli)
        return yaml_refuse(yaml_get(map, "exit"), err,
                           "linear_excess pays from strike up to exit; write an exit above the "
                           "strike");
    if (rule->form == PAYOUT_FLOOR_LINEAR && rule->strike_milli <= 0)
        return yaml_refuse(yaml_get(map, "strike"), err, "strike must be more than 0");
    return OK;
}

static const char *const tier_keys[] = {"below", "up_to", "above", "from", "pay", NULL};

// A tier says how it compares by the word of its threshold, in the order of enum compare.
static enum err_kind read_tier(const struct yaml *map, enum unit unit, enum compare *compare,
                               struct tier *tier, struct err *err)
{
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a tier is {from: 150 mm, pay: 20 %%}");
    if (yaml_check_keys(map, tier_keys, err))
        return err->kind;
    int found = -1;
    for (int i = COMPARE_LESS; i <= COMPARE_MORE_OR_SAME; i++) {
        if (!yaml_get(map, tier_keys[i]))
            continue;
        if (found >= 0)
            return yaml_refuse(map, err, "a tier has one threshold; keep either \"%s\" or \"%s\"",
                               tier_keys[found], tier_keys[i]);
        found = i;
    }
    if (found < 0)
        return yaml_refuse(map, err,
                           "the tier has no threshold; add from: (that or more), "
                           "above:, up_to: or below:");
    *compare = (enum compare)found;
    if (field_unit(map, tier_keys[found], unit, &tier->threshold_milli, err) ||
        field_share(map, "pay", &tier->pay_milli, err))
        return err->kind;
    if (tier->pay_milli == 0)
        return yaml_refuse(yaml_get(map, "pay"), err,
                           "a tier that pays 0 %% says nothing; take "
                           "it out");
    return OK;
}

static enum err_kind check_tier(const struct yaml *at, const struct payout_rule *rule,
                                const struct tier *tier, enum compare compare, struct err *err)
{
    if (rule->tiers == 0)
        return OK;
    const struct tier *before = &rule->tier[rule->tiers - 1];
    if (compare != rule->tier_compare)
        return yaml_refuse(at, err, "all tiers of a policy use the same word; write \"%s\"",
                           tier_keys[rule->tier_compare]);
    if (tier->threshold_milli == before->threshold_milli)
        return yaml_refuse(at, err, "two tiers overlap: they have the same threshold");
    bool rises = compare == COMPARE_MORE || compare == COMPARE_MORE_OR_SAME;
    if (rises != (tier->threshold_milli > before->threshold_milli))
        return yaml_refuse(at, err,
                           "tiers out of order; write the one that is reached first, "
                           "first");
    if (tier->pay_milli <= before->pay_milli)
        return yaml_refuse(at, err,
                           "this tier can never pay: the one before it pays as much or "
                           "more; write a larger share");
    return OK;
}

static enum err_kind read_tiers(const struct yaml *map, enum unit unit, struct payout_rule *rule,
                                struct err *err)
{
    const struct yaml *list = NULL;
    if (yaml_need(map, "tiers", YAML_LIST, &list, err))
        return err->kind;
    if (list->count == 0 || list->count > TIERS_MAX)
        return yaml_refuse(list, err, "write 1 to %d tiers", TIERS_MAX);
    for (size_t i = 0; i < list->count; i++) {
        struct tier tier = {0};
        enum compare compare = COMPARE_LESS;
        if (read_tier(list->item[i], unit, &compare, &tier, err) ||
            check_tier(list->item[i], rule, &tier, compare, err))
            return err->kind;
        rule->tier_compare = compare;
        rule->tier[rule->tiers++] = tier;
    }
    return OK;
}

enum err_kind payout_rule_read(const struct yaml *policy, enum unit unit, struct payout_rule *out,
                               struct err *err)
{
    enum { UNIT_VND_MAX = 1000000 };
    const struct yaml *map = NULL;
    size_t form = 0;
    struct payout_rule rule = {0};
    if (yaml_need(policy, "payout", YAML_MAP, &map, err) || yaml_check_keys(map, keys, err) ||
        field_choice(map, "form", payout_forms, &form, err))
        return err->kind;
    rule.form = (enum payout_form)form;
    if (check_belongs(map, rule.form, err) || read_line(map, unit, &rule, err))
        return err->kind;
    if (forms[form].tiers && read_tiers(map, unit, &rule, err))
        return err->kind;
    if (field_vnd(map, "rounding", 1, UNIT_VND_MAX, &rule.unit_vnd, err))
        return err->kind;
    *out = rule;
    return OK;
}
