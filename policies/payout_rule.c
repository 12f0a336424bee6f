#include "policies/payout_rule.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/shape.h"

const char *const payout_forms[] = {
    "linear_deficit", "linear_excess", "binary",     "tiers",       "floor_linear",
    "tick_deficit",   "tick_excess",   "area_yield", "yield_ratio", "mortality",
    "layer",          "phases",        "circles",    NULL};

// Groups of keys that a form has.
enum {
    HAS_STRIKE = 1 << 0,
    HAS_EXIT = 1 << 1,
    HAS_FLOOR = 1 << 2,
    HAS_TIERS = 1 << 3,
    HAS_TICK = 1 << 4,
    HAS_AVERAGE = 1 << 5,
    HAS_COVERED = 1 << 6,
    HAS_RATIO = 1 << 7,
    HAS_LAYER = 1 << 8,
};

// One row per form: which keys it has, and of which unit its index must be (UNITS: any).
static const struct {
    unsigned has;
    enum unit unit;
} forms[] = {
    [PAYOUT_LINEAR_DEFICIT] = {HAS_STRIKE | HAS_EXIT, UNITS},
    [PAYOUT_LINEAR_EXCESS] = {HAS_STRIKE | HAS_EXIT, UNITS},
    [PAYOUT_BINARY] = {0, UNITS},
    [PAYOUT_TIERS] = {HAS_TIERS, UNITS},
    [PAYOUT_FLOOR_LINEAR] = {HAS_STRIKE | HAS_FLOOR, UNITS},
    [PAYOUT_TICK_DEFICIT] = {HAS_STRIKE | HAS_TICK, UNITS},
    [PAYOUT_TICK_EXCESS] = {HAS_STRIKE | HAS_TICK, UNITS},
    [PAYOUT_AREA_YIELD] = {HAS_AVERAGE | HAS_COVERED, UNIT_YIELD},
    [PAYOUT_YIELD_RATIO] = {HAS_AVERAGE | HAS_RATIO, UNIT_YIELD},
    [PAYOUT_MORTALITY] = {HAS_STRIKE, UNIT_PERCENT},
    [PAYOUT_LAYER] = {HAS_LAYER, UNIT_PERCENT},
    [PAYOUT_PHASES] = {0, UNITS},
    [PAYOUT_CIRCLES] = {0, UNITS},
};

static const struct {
    const char *key;
    unsigned has;
} rows[] = {
    {"strike", HAS_STRIKE},   {"exit", HAS_EXIT | HAS_RATIO},
    {"floor", HAS_FLOOR},     {"tiers", HAS_TIERS},
    {"additive", HAS_TIERS},  {"tick", HAS_TICK},
    {"per", HAS_TICK},        {"limit", HAS_TICK},
    {"average", HAS_AVERAGE}, {"covered", HAS_COVERED},
    {"trigger", HAS_RATIO},   {"insured", HAS_RATIO},
    {"attach", HAS_LAYER},    {"exhaust", HAS_LAYER},
    {"ceded", HAS_LAYER},
};

bool payout_form_has(size_t form, const char *key)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].key, key) == 0)
            return (forms[form].has & rows[i].has) != 0;
    }
    return true;
}

static enum err_kind check_form(const struct yaml *map, enum payout_form form,
                                const struct payout_terms *terms, struct err *err)
{
    const struct yaml *at = yaml_get(map, "form");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct yaml *value = yaml_get(map, rows[i].key);
        if (value && !(forms[form].has & rows[i].has))
            return yaml_refuse(value, err, "\"%s\" does not belong to the form %s; take it out",
                               rows[i].key, payout_forms[form]);
    }
    if (forms[form].unit != UNITS && forms[form].unit != terms->unit)
        return yaml_refuse(at, err, "the form %s is for an index in %s; write another form",
                           payout_forms[form], unit_word(forms[form].unit, LANGUAGE_EN));
    if ((form == PAYOUT_PHASES) != terms->has_phases)
        return yaml_refuse(at, err, "the form phases and the key \"phases\" go together; %s",
                           terms->has_phases ? "write form: phases" : "write another form");
    if ((form == PAYOUT_CIRCLES) != terms->has_circles)
        return yaml_refuse(at, err, "the form circles and the key \"circles\" go together; %s",
                           terms->has_circles ? "write form: circles" : "write another form");
    if (terms->is_phase && form == PAYOUT_BINARY)
        return yaml_refuse(at, err, "a phase has no trigger; write tiers with one tier");
    return OK;
}

static enum err_kind read_line(const struct yaml *map, enum unit unit, struct payout_rule *rule,
                               struct err *err)
{
    unsigned has = forms[rule->form].has;
    if ((has & HAS_STRIKE) && field_unit(map, "strike", unit, &rule->strike_milli, err))
        return err->kind;
    if ((has & HAS_EXIT) && field_unit(map, "exit", unit, &rule->exit_milli, err))
        return err->kind;
    if ((has & HAS_FLOOR) && field_share(map, "floor", &rule->floor_milli, err))
        return err->kind;
    if (rule->form == PAYOUT_LINEAR_DEFICIT && rule->strike_milli <= rule->exit_milli)
        return yaml_refuse(yaml_get(map, "exit"), err,
                           "linear_deficit pays from strike down to exit; write an exit below "
                           "the strike");
    if (rule->form == PAYOUT_LINEAR_EXCESS && rule->strike_milli >= rule->exit_milli)
        return yaml_refuse(yaml_get(map, "exit"), err,
                           "linear_excess pays from strike up to exit; write an exit above the "
                           "strike");
    bool positive = rule->form == PAYOUT_FLOOR_LINEAR || rule->form == PAYOUT_TICK_DEFICIT;
    if (positive && rule->strike_milli <= 0)
        return yaml_refuse(yaml_get(map, "strike"), err, "strike must be more than 0");
    return OK;
}

static enum err_kind read_tick(const struct yaml *map, enum unit unit, struct payout_rule *rule,
                               struct err *err)
{
    const int64_t most_vnd = 1000000000000;
    if (!(forms[rule->form].has & HAS_TICK))
        return OK;
    if (field_vnd(map, "tick", 1, most_vnd, &rule->tick_vnd, err) ||
        field_positive(map, "per", unit, &rule->per_milli, err) ||
        field_vnd(map, "limit", 1, most_vnd, &rule->limit_vnd, err))
        return err->kind;
    if (rule->tick_vnd > rule->limit_vnd)
        return yaml_refuse(yaml_get(map, "tick"), err,
                           "one tick is more than the limit; write a smaller tick");
    return OK;
}

static enum err_kind read_yield(const struct yaml *map, struct payout_rule *rule, struct err *err)
{
    unsigned has = forms[rule->form].has;
    if ((has & HAS_AVERAGE) &&
        field_positive(map, "average", UNIT_YIELD, &rule->average_milli, err))
        return err->kind;
    if ((has & HAS_COVERED) && field_share(map, "covered", &rule->floor_milli, err))
        return err->kind;
    if ((has & HAS_COVERED) && rule->floor_milli == 0)
        return yaml_refuse(yaml_get(map, "covered"), err, "covering 0 %% never pays; write 90 %%");
    if (!(has & HAS_RATIO))
        return OK;
    if (field_unit(map, "trigger", UNIT_PERCENT, &rule->strike_milli, err) ||
        field_unit(map, "exit", UNIT_PERCENT, &rule->exit_milli, err) ||
        field_share(map, "insured", &rule->floor_milli, err))
        return err->kind;
    if (rule->exit_milli < 0 || rule->strike_milli <= rule->exit_milli ||
        rule->strike_milli > 100000)
        return yaml_refuse(yaml_get(map, "exit"), err,
                           "yield_ratio pays from the trigger down to the exit; write shares of "
                           "the average, the exit below the trigger, both at most 100 %%");
    return OK;
}

static enum err_kind read_layer(const struct yaml *map, struct payout_rule *rule, struct err *err)
{
    if (!(forms[rule->form].has & HAS_LAYER))
        return OK;
    if (field_unit(map, "attach", UNIT_PERCENT, &rule->strike_milli, err) ||
        field_unit(map, "exhaust", UNIT_PERCENT, &rule->exit_milli, err) ||
        field_share(map, "ceded", &rule->floor_milli, err))
        return err->kind;
    if (rule->strike_milli < 0 || rule->strike_milli >= rule->exit_milli)
        return yaml_refuse(yaml_get(map, "exhaust"), err,
                           "a layer reaches from attach up to exhaust; write a higher exhaust");
    if (rule->floor_milli == 0)
        return yaml_refuse(yaml_get(map, "ceded"), err, "ceding 0 %% never pays; write 25 %%");
    return OK;
}

static const char *const tier_words[] = {"below", "up_to", "above", "from", NULL};
static const char *const also_words[] = {"also_below", "also_up_to", "also_above", "also_from",
                                         NULL};

// Which of the four words stands there, in the order of enum compare; -1 for none.
static enum err_kind find_word(const struct yaml *map, const char *const *words, int *found,
                               struct err *err)
{
    *found = -1;
    for (int i = COMPARE_LESS; i <= COMPARE_MORE_OR_SAME; i++) {
        if (!yaml_get(map, words[i]))
            continue;
        if (*found >= 0)
            return yaml_refuse(map, err, "a tier has one threshold; keep either \"%s\" or \"%s\"",
                               words[*found], words[i]);
        *found = i;
    }
    return OK;
}

static enum err_kind read_also(const struct yaml *map, const struct payout_terms *terms,
                               struct tier *tier, struct err *err)
{
    int also;
    if (find_word(map, also_words, &also, err))
        return err->kind;
    if (also < 0)
        return OK;
    if (!terms->has_also)
        return yaml_refuse(yaml_get(map, also_words[also]), err,
                           "the policy has no second index; add \"also\", or take it out");
    tier->has_also = true;
    tier->also = (enum compare)also;
    return field_unit(map, also_words[also], terms->also, &tier->also_milli, err);
}

static enum err_kind read_tier(const struct yaml *map, const struct payout_terms *terms,
                               enum compare *compare, struct tier *tier, struct err *err)
{
    int found;
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a tier is {from: 150 mm, pay: 20 %%}");
    if (shape_check(map, SHAPE_TIER, err) || find_word(map, tier_words, &found, err))
        return err->kind;
    if (found < 0)
        return yaml_refuse(map, err,
                           "the tier has no threshold; add from: (that or more), "
                           "above:, up_to: or below:");
    *compare = (enum compare)found;
    if (field_unit(map, tier_words[found], terms->unit, &tier->threshold_milli, err) ||
        read_also(map, terms, tier, err) || field_share(map, "pay", &tier->pay_milli, err))
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
    int64_t sum = tier->pay_milli;
    for (size_t i = 0; i < rule->tiers; i++)
        sum += rule->tier[i].pay_milli;
    if (rule->additive && sum > 1000)
        return yaml_refuse(yaml_get(at, "pay"), err,
                           "together the tiers pay more than 100 %%; write smaller shares");
    if (rule->tiers == 0)
        return OK;
    const struct tier *before = &rule->tier[rule->tiers - 1];
    if (compare != rule->tier_compare)
        return yaml_refuse(at, err, "all tiers of a policy use the same word; write \"%s\"",
                           tier_words[rule->tier_compare]);
    if (tier->threshold_milli == before->threshold_milli)
        return yaml_refuse(at, err, "two tiers overlap: they have the same threshold");
    bool rises = compare == COMPARE_MORE || compare == COMPARE_MORE_OR_SAME;
    if (rises != (tier->threshold_milli > before->threshold_milli))
        return yaml_refuse(at, err,
                           "tiers out of order; write the one that is reached first, "
                           "first");
    if (!rule->additive && tier->pay_milli <= before->pay_milli)
        return yaml_refuse(at, err,
                           "this tier can never pay: the one before it pays as much or "
                           "more; write a larger share");
    return OK;
}

static enum err_kind read_tiers(const struct yaml *map, const struct payout_terms *terms,
                                struct payout_rule *rule, struct err *err)
{
    static const char *const answers[] = {"no", "yes", NULL};
    const struct yaml *list = NULL;
    size_t additive = 0;
    if (!(forms[rule->form].has & HAS_TIERS))
        return OK;
    if (yaml_need(map, "tiers", YAML_LIST, &list, err))
        return err->kind;
    if (yaml_get(map, "additive") &&
        yaml_choice(yaml_get(map, "additive"), answers, &additive, err))
        return err->kind;
    rule->additive = additive == 1;
    if (list->count == 0 || list->count > TIERS_MAX)
        return yaml_refuse(list, err, "write 1 to %d tiers", TIERS_MAX);
    for (size_t i = 0; i < list->count; i++) {
        struct tier tier = {0};
        enum compare compare = COMPARE_LESS;
        if (read_tier(list->item[i], terms, &compare, &tier, err) ||
            check_tier(list->item[i], rule, &tier, compare, err))
            return err->kind;
        rule->tier_compare = compare;
        rule->tier[rule->tiers++] = tier;
    }
    return OK;
}

// A share over 0 %, when it is there.
static enum err_kind read_share(const struct yaml *map, const char *key, int64_t *milli,
                                struct err *err)
{
    if (!yaml_get(map, key))
        return OK;
    if (field_share(map, key, milli, err))
        return err->kind;
    if (*milli == 0)
        return yaml_refuse(yaml_get(map, key), err, "0 %% says nothing; take %s out", key);
    return OK;
}

static enum err_kind read_after(const struct yaml *map, struct payout_rule *rule, struct err *err)
{
    if (read_share(map, "deductible", &rule->deductible_milli, err) ||
        read_share(map, "franchise", &rule->franchise_milli, err) ||
        read_share(map, "minimum", &rule->minimum_milli, err) ||
        read_share(map, "maximum", &rule->maximum_milli, err))
        return err->kind;
    if (rule->deductible_milli && rule->franchise_milli)
        return yaml_refuse(yaml_get(map, "franchise"), err,
                           "a deductible is taken off, a franchise is not; keep one of the two");
    if (rule->deductible_milli == 1000 || rule->franchise_milli == 1000)
        return yaml_refuse(map, err, "with 100 %% off nothing is ever paid; write less");
    if (rule->maximum_milli && rule->minimum_milli > rule->maximum_milli)
        return yaml_refuse(yaml_get(map, "minimum"), err,
                           "the minimum is more than the maximum; write a smaller one");
    return OK;
}

enum err_kind payout_rule_read(const struct yaml *policy, const struct payout_terms *terms,
                               struct payout_rule *out, struct err *err)
{
    enum { UNIT_VND_MAX = 1000000 };
    const struct yaml *map = NULL;
    size_t form = 0;
    struct payout_rule rule = {0};
    if (yaml_need(policy, "payout", YAML_MAP, &map, err) || shape_check(map, SHAPE_PAYOUT, err) ||
        field_choice(map, "form", payout_forms, &form, err))
        return err->kind;
    rule.form = (enum payout_form)form;
    if (check_form(map, rule.form, terms, err) || read_line(map, terms->unit, &rule, err) ||
        read_tick(map, terms->unit, &rule, err) || read_yield(map, &rule, err) ||
        read_layer(map, &rule, err) || read_tiers(map, terms, &rule, err) ||
        read_after(map, &rule, err))
        return err->kind;
    const struct yaml *rounding = yaml_get(map, "rounding");
    if (terms->is_phase && rounding)
        return yaml_refuse(rounding, err,
                           "money is rounded once, after the phases are added; take it out here");
    if (!terms->is_phase && field_vnd(map, "rounding", 1, UNIT_VND_MAX, &rule.unit_vnd, err))
        return err->kind;
    *out = rule;
    return OK;
}
