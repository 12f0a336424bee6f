#include "policies/water_rule.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/field.h"

#include <assert.h>

const char *const water_crops[] = {"maize", NULL};

int64_t water_kc_maize(int64_t season_milli)
{
    static const int64_t at[] = {0, 160, 440, 760, 1000}, kc[] = {300, 300, 1200, 1200, 350};
    assert(season_milli >= 0 && season_milli <= 1000);
    size_t i = 1;
    while (i < COUNT_OF(at) - 1 && season_milli > at[i])
        i++;
    int64_t done = season_milli - at[i - 1], whole = at[i] - at[i - 1];
    int64_t rise = (kc[i] - kc[i - 1]) * done;
    return kc[i - 1] + (rise + (rise < 0 ? -whole : whole) / 2) / whole;
}

// A list of coefficients, or a crop's name.
static enum err_kind read_kc(const struct yaml *map, struct water_rule *water, size_t *count,
                             struct err *err)
{
    const struct yaml *kc = yaml_get(map, "kc");
    int64_t dekads = (int64_t)water->dekads;
    size_t crop = 0;
    if (!kc || kc->kind != YAML_TEXT)
        return field_units(map, "kc", UNIT_NUMBER, water->kc_milli, DEKADS_MAX, count, err);
    if (field_choice(map, "kc", water_crops, &crop, err))
        return err->kind;
    for (int64_t i = 0; i < dekads; i++)
        water->kc_milli[i] = water_kc_maize(((2 * i + 1) * 1000 + dekads) / (2 * dekads));
    *count = water->dekads;
    return OK;
}

enum err_kind water_rule_read(const struct yaml *map, struct water_rule **out, struct err *err)
{
    size_t count = 0;
    AUTO(mem_drop) struct water_rule *water = mem_new(1, sizeof(*water));
    if (field_positive(map, "holds", UNIT_RAIN, &water->holds_milli, err) ||
        field_unit(map, "holds_at_start", UNIT_RAIN, &water->start_milli, err) ||
        field_share(map, "easy", &water->easy_milli, err) ||
        field_units(map, "pet", UNIT_RAIN, water->pet_milli, DEKADS_MAX, &water->dekads, err) ||
        read_kc(map, water, &count, err))
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
