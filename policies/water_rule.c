#include "policies/water_rule.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/field.h"

enum err_kind water_rule_read(const struct yaml *map, struct water_rule **out, struct err *err)
{
    size_t count = 0;
    AUTO(mem_drop) struct water_rule *water = mem_new(1, sizeof(*water));
    if (field_positive(map, "holds", UNIT_RAIN, &water->holds_milli, err) ||
        field_unit(map, "holds_at_start", UNIT_RAIN, &water->start_milli, err) ||
        field_share(map, "easy", &water->easy_milli, err) ||
        field_units(map, "pet", UNIT_RAIN, water->pet_milli, DEKADS_MAX, &water->dekads, err) ||
        field_units(map, "kc", UNIT_NUMBER, water->kc_milli, DEKADS_MAX, &count, err))
        return err->kind;
    if (water->start_milli < 0 || water->start_milli > water->holds_milli)
        return yaml_refuse(yaml_get(map, "holds_at_start"), err,
                           "the soil cannot hold that; write 0 mm to what it holds");
    if (water->easy_milli == 0)
        return yaml_refuse(yaml_get(map, "easy"), err, "easy is over 0 %%; write 45 %%");
    if (count != water->dekads)
        return yaml_refuse(yaml_get(map, "kc"), err,
                           "%zu values for %zu dekads of pet; write one each", count,
                           water->dekads);
    for (size_t i = 0; i < count; i++) {
        if (water->pet_milli[i] <= 0 || water->kc_milli[i] <= 0 || water->kc_milli[i] > 3000 ||
            water->pet_milli[i] > 1000000)
            return yaml_refuse(map, err, "dekad %zu: pet is over 0 and up to 1000 mm, kc up to 3",
                               i + 1);
    }
    *out = TAKE(water);
    return OK;
}
