#include "policies/share_rule.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/shape.h"

void share_rule_free(struct share_rule **rule)
{
    if (!*rule)
        return;
    index_rule_free(&(*rule)->index);
    mem_free(rule);
}

static enum err_kind check_inner(const struct yaml *of, const struct share_rule *rule,
                                 struct err *err)
{
    const struct yaml *index = yaml_get(of, "index");
    if (rule->index.take == INDEX_AREA_SHARE)
        return yaml_refuse(index, err, "a share of shares says nothing; write another index");
    if (rule->index.has_box)
        return yaml_refuse(index, err, "a box is the same for every commune; write a radius");
    if (rule->index.follow_s)
        return yaml_refuse(index, err,
                           "only the policy's own index follows a spell past the period; take "
                           "follow out");
    return OK;
}

enum err_kind share_rule_read(const struct yaml *index, enum unit input, struct share_rule **out,
                              struct err *err)
{
    const struct yaml *of = NULL;
    AUTO(share_rule_free) struct share_rule *rule = mem_new(1, sizeof(*rule));
    if (yaml_need(index, "of", YAML_MAP, &of, err) || shape_check(of, SHAPE_SHARE, err) ||
        index_rule_read(of, input, &rule->index, err) || check_inner(of, rule, err) ||
        field_positive(of, "rounding", rule->index.unit, &rule->rounding_milli, err) ||
        trigger_rule_read(of, rule->index.unit, &rule->trigger, err) ||
        field_share(index, "unknown_at_most", &rule->unknown_milli, err))
        return err_of(err);
    if (rule->unknown_milli == 1000)
        return yaml_refuse(yaml_get(index, "unknown_at_most"), err,
                           "with 100 %% a share of nothing would be known; write less");
    *out = TAKE(rule);
    return OK;
}
