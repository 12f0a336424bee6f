#include "policies/trigger_rule.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/preset.h"
#include "policies/shape.h"

#include <string.h>

// A policy that names a row of a law says its numbers as well, and they must be the same: so the
// file is whole, and nobody believes a number to be the law's that is not.
static enum err_kind check_preset(const struct yaml *map, enum unit unit, struct trigger_rule *rule,
                                  struct err *err)
{
    const struct yaml *value = yaml_get(map, "preset");
    struct err why = {0};
    struct str path;
    AUTO(preset_named_free) struct preset_named named = {0};
    if (!value)
        return OK;
    if (yaml_need_text(map, "preset", &path, err))
        return err->kind;
    if (path.len >= sizeof(rule->preset) || preset_find(path, &named, &why))
        return yaml_refuse(value, err, "%s",
                           path.len >= sizeof(rule->preset) ? "too long" : why.text);
    const struct preset_bound *bound = &named.row->bound[0];
    for (size_t i = 1; !bound->has_low && i < named.table->inputs; i++)
        bound = &named.row->bound[i];
    if (!bound->has_low)
        return yaml_refuse(value, err, "that row sets no threshold; take the preset out");
    if (named.table->input[bound - named.row->bound].unit != unit)
        return yaml_refuse(
            value, err, "that row is of %s, the index of %s",
            unit_word(named.table->input[bound - named.row->bound].unit, LANGUAGE_EN),
            unit_word(unit, LANGUAGE_EN));
    if (rule->compare != bound->low || rule->threshold_milli != bound->low_milli) {
        AUTO(buf_free) struct buf says = buf_new(100);
        unit_say(&says, bound->low_milli, unit, LANGUAGE_EN);
        return yaml_refuse(map, err,
                           "the row says \"%s\" %s; write the same, or take the preset out",
                           compare_sign(bound->low), says.at);
    }
    memcpy(rule->preset, path.at, path.len);
    return OK;
}

enum err_kind trigger_rule_read(const struct yaml *policy, enum unit unit, struct trigger_rule *out,
                                struct err *err)
{
    const struct yaml *map = NULL;
    struct trigger_rule rule = {.there = true};
    if (yaml_need(policy, "trigger", YAML_MAP, &map, err) || shape_check(map, SHAPE_TRIGGER, err) ||
        field_compare(map, "index", &rule.compare, err) ||
        field_unit(map, "threshold", unit, &rule.threshold_milli, err) ||
        check_preset(map, unit, &rule, err))
        return err->kind;
    *out = rule;
    return OK;
}

const char *const models_hows[] = {"one", "weighted", "pooled", "agree", NULL};

enum { MEMBERS_MAX = 1000 };

enum err_kind probability_read(const struct yaml *map, struct ensemble_rule *rule, struct err *err)
{
    if (field_compare(map, "probability", &rule->compare, err) ||
        field_share(map, "threshold", &rule->probability_milli, err))
        return err->kind;
    if (rule->compare != COMPARE_MORE && rule->compare != COMPARE_MORE_OR_SAME)
        return yaml_refuse(yaml_get(map, "probability"), err,
                           "an alert is for a high probability; write \">=\" or \">\"");
    if (rule->probability_milli == 0)
        return yaml_refuse(yaml_get(map, "threshold"), err,
                           "a probability of 0 %% would always alert; write more");
    if (rule->probability_milli == 1000 && rule->compare == COMPARE_MORE)
        return yaml_refuse(yaml_get(map, "threshold"), err,
                           "more than 100 %% can never be reached; write \">=\" or less");
    return OK;
}

static enum err_kind read_model(const struct yaml *map, const struct ensemble_rule *rule,
                                struct model *model, struct err *err)
{
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a model is {source: ..., members: 40, minimum: 32}");
    if (shape_check(map, SHAPE_MODEL, err) ||
        field_name(map, "source", model->source, sizeof(model->source), err) ||
        field_whole(map, "members", 1, MEMBERS_MAX, &model->members, err) ||
        field_whole(map, "minimum", 1, model->members, &model->minimum, err))
        return err->kind;
    const struct yaml *weight = yaml_get(map, "weight");
    if ((rule->how == MODELS_WEIGHTED) != (weight != NULL))
        return yaml_refuse(map, err, "\"how: weighted\" and a weight for each model go together");
    return weight && field_share(map, "weight", &model->weight_milli, err) ? err->kind : OK;
}

static enum err_kind read_models(const struct yaml *map, struct ensemble_rule *rule,
                                 struct err *err)
{
    static const char *const only[] = {"how", "agree", "weight", NULL};
    const struct yaml *list = yaml_get(map, "models"), *agree = yaml_get(map, "agree");
    size_t how = 0;
    for (size_t i = 0; !list && only[i]; i++) {
        if (yaml_get(map, only[i]))
            return yaml_refuse(yaml_get(map, only[i]), err,
                               "\"%s\" belongs to several models; add models, or take it out",
                               only[i]);
    }
    if (!list)
        return OK;
    if (list->kind != YAML_LIST || list->count == 0 || list->count > MODELS_MAX)
        return yaml_refuse(list, err, "write a list of 1 to %d models", MODELS_MAX);
    if (rule->quantile_milli)
        return yaml_refuse(list, err, "a quantile is of one ensemble; take the models out");
    if (field_choice(map, "how", models_hows + 1, &how, err))
        return err->kind;
    rule->how = (enum models_how)(how + 1);
    int64_t sum = 0;
    if (rule->how == MODELS_WEIGHTED && field_share(map, "weight", &rule->weight_milli, err))
        return err->kind;
    for (sum = rule->weight_milli; rule->models < list->count; rule->models++) {
        if (read_model(list->item[rule->models], rule, &rule->model[rule->models], err))
            return err->kind;
        sum += rule->model[rule->models].weight_milli;
    }
    if (rule->how == MODELS_WEIGHTED && sum != 1000)
        return yaml_refuse(list, err, "the weights must be 100 %% together, the policy's own too");
    if ((rule->how == MODELS_AGREE) != (agree != NULL))
        return yaml_refuse(map, err, "\"how: agree\" and \"agree: 2\" go together");
    return agree ? field_whole(map, "agree", 1, (int64_t)rule->models + 1, &rule->agree, err) : OK;
}

enum err_kind ensemble_rule_read(const struct yaml *policy, bool of_stages,
                                 struct ensemble_rule *out, struct err *err)
{
    struct ensemble_rule rule = {0};
    const struct yaml *map = NULL;
    if (!yaml_get(policy, "ensemble")) {
        *out = rule;
        return OK;
    }
    if (yaml_need(policy, "ensemble", YAML_MAP, &map, err) || shape_check(map, SHAPE_ENSEMBLE, err))
        return err->kind;
    if (!yaml_get(map, "members"))
        return yaml_refuse(map, err, "a probability needs members to count; add members: 20");
    if (field_whole(map, "members", 2, MEMBERS_MAX, &rule.members, err) ||
        field_whole(map, "minimum", 1, rule.members, &rule.minimum, err))
        return err->kind;
    const struct yaml *quantile = yaml_get(map, "quantile"), *by = yaml_get(map, "probability");
    if (quantile && by)
        return yaml_refuse(quantile, err, "compare a probability or a quantile; take one out");
    if (of_stages && (by || yaml_get(map, "threshold")))
        return yaml_refuse(by ? by : yaml_get(map, "threshold"), err,
                           "each stage has its own probability; take it out here");
    if (quantile && field_share(map, "quantile", &rule.quantile_milli, err))
        return err->kind;
    if (quantile && (rule.quantile_milli == 0 || rule.quantile_milli == 1000))
        return yaml_refuse(quantile, err, "a quantile is over 0 %% and under 100 %%");
    if (!quantile && !of_stages && probability_read(map, &rule, err))
        return err->kind;
    if (read_models(map, &rule, err))
        return err->kind;
    *out = rule;
    return OK;
}

static bool points_up(enum compare compare)
{
    return compare == COMPARE_MORE || compare == COMPARE_MORE_OR_SAME;
}

enum err_kind clear_rule_read(const struct yaml *policy, const struct clear_terms *terms,
                              struct trigger_rule *out, struct err *err)
{
    const struct ensemble_rule *ensemble = terms->ensemble;
    const struct trigger_rule *trigger = terms->trigger;
    struct trigger_rule rule = {.there = true};
    const struct yaml *map = NULL;
    *out = (struct trigger_rule){0};
    if (!yaml_get(policy, terms->key))
        return OK;
    bool by_members = ensemble->members > 0 && !ensemble->quantile_milli;
    const char *subject = by_members ? "probability" : "index";
    const char *other = by_members ? "index" : "probability";
    if (yaml_need(policy, terms->key, YAML_MAP, &map, err) || shape_check(map, SHAPE_CLEAR, err))
        return err->kind;
    if (yaml_get(map, other))
        return yaml_refuse(yaml_get(map, other), err, "this alert goes on by %s; clear it by %s",
                           subject, subject);
    if (field_compare(map, subject, &rule.compare, err) ||
        (by_members ? field_share(map, "threshold", &rule.threshold_milli, err)
                    : field_unit(map, "threshold", terms->unit, &rule.threshold_milli, err)))
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
