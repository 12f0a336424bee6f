#include "policies/start_rule.h"

#include "core/date.h"
#include "core/yaml.h"
#include "policies/field.h"
#include "policies/shape.h"

const char *const no_starts[] = {"latest", "pays", "refund", NULL};

enum err_kind start_rule_read(const struct yaml *map, struct start_rule *out, struct err *err)
{
    enum { LATEST_MAX = 366 };
    struct start_rule rule = {0}, *start = &rule;
    int64_t span_s = 0;
    size_t otherwise = 0;
    if (shape_check(map, SHAPE_START, err))
        return err->kind;
    bool total = yaml_get(map, "above") != NULL, dekads = yaml_get(map, "first_dekad") != NULL;
    if (total == dekads)
        return yaml_refuse(map, err,
                           "how does the season start? write either \"above: 50 mm\" or "
                           "\"first_dekad: 25 mm\" and \"next_two: 20 mm\"");
    start->kind = total ? START_TOTAL : START_DEKADS;
    if (field_positive(map, total ? "above" : "first_dekad", UNIT_RAIN, &start->first_milli, err) ||
        (dekads && field_positive(map, "next_two", UNIT_RAIN, &start->next_milli, err)) ||
        field_whole(map, "latest", 1, LATEST_MAX, &start->latest, err) ||
        field_span(map, "for", &span_s, err) ||
        field_choice(map, "otherwise", no_starts, &otherwise, err))
        return err->kind;
    if (total && yaml_get(map, "next_two"))
        return yaml_refuse(yaml_get(map, "next_two"), err,
                           "\"next_two\" belongs to \"first_dekad\"; take it out");
    if (span_s % DAY_S)
        return yaml_refuse(yaml_get(map, "for"), err, "write whole days, as \"60 days\"");
    start->days = span_s / DAY_S;
    start->otherwise = (enum no_start)otherwise;
    const struct yaml *pays = yaml_get(map, "pays");
    if ((start->otherwise == NO_START_PAYS) != (pays != NULL))
        return yaml_refuse(map, err, "\"otherwise: pays\" and \"pays: 30 %%\" go together");
    if (pays && field_share(map, "pays", &start->pays_milli, err))
        return err->kind;
    *out = rule;
    return OK;
}
