#include "policies/limit_rule.h"

#include "core/date.h"
#include "core/yaml.h"
#include "policies/field.h"
#include "policies/shape.h"

static enum err_kind read_share(const struct yaml *map, const char *key, int64_t *milli,
                                struct err *err)
{
    if (field_share(map, key, milli, err))
        return err->kind;
    if (*milli == 0)
        return yaml_refuse(yaml_get(map, key), err, "%s of 0 %% never pays; write more", key);
    return OK;
}

// How long nothing is paid at the start; "none" is said, not left out.
static enum err_kind read_waiting(const struct yaml *map, int64_t *waiting_s, struct err *err)
{
    const struct yaml *value = yaml_get(map, "waiting");
    *waiting_s = 0;
    if (value && value->kind == YAML_TEXT && str_is(value->text, "none"))
        return OK;
    return field_span(map, "waiting", waiting_s, err);
}

static enum err_kind read_again(const struct yaml *map, struct limit_rule *rule, struct err *err)
{
    static const char *const answers[] = {"none", "automatic", NULL};
    size_t answer = 0;
    const struct yaml *premium = yaml_get(map, "extra_premium");
    if (field_choice(map, "reinstatement", answers, &answer, err))
        return err->kind;
    rule->reinstated = answer == 1;
    if (rule->reinstated != (premium != NULL))
        return yaml_refuse(map, err,
                           "\"reinstatement: automatic\" and \"extra_premium: 5 %%\" go together");
    return premium && field_share(map, "extra_premium", &rule->premium_milli, err) ? err->kind : OK;
}

enum err_kind limit_rule_read(const struct yaml *policy, struct limit_rule *out, struct err *err)
{
    enum { EVENTS_MAX = 100 };
    const struct yaml *map = NULL;
    struct limit_rule rule = {.there = true};
    if (!yaml_get(policy, "limits")) {
        *out = (struct limit_rule){0};
        return OK;
    }
    if (yaml_need(policy, "limits", YAML_MAP, &map, err) || shape_check(map, SHAPE_LIMITS, err) ||
        read_waiting(map, &rule.waiting_s, err) || field_span(map, "hours", &rule.hours_s, err) ||
        read_share(map, "event", &rule.event_milli, err) ||
        read_share(map, "period", &rule.year_milli, err) ||
        field_whole(map, "events", 1, EVENTS_MAX, &rule.events, err) || read_again(map, &rule, err))
        return err->kind;
    if (rule.event_milli > rule.year_milli)
        return yaml_refuse(yaml_get(map, "event"), err,
                           "one event may not pay more than the period; write a smaller share");
    *out = rule;
    return OK;
}
