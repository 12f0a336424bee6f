#include "ingest/scale.h"

#include "core/date.h"
#include "core/mem.h"
#include "core/units.h"

#include <string.h>

// Limits: chosen well beyond every record (WMO archive: 1,825 mm in a day, 9,300 mm in a month;
// gust 113 m/s; air -89 to 57 degC), so that only a fill value read as a number, or a wrong unit,
// is beyond them. Packing can leave a zero at a hair below: rain down to -0.1 mm is 0.
static const struct {
    const char *variable, *unit, *mass_unit;
    const char *rate_unit, *mass_rate_unit;
    double lowest, highest;
} kinds[] = {
    {"rain", "mm", "kg m-2", "mm day-1", "kg m-2 day-1", -0.1, 20000},
    {"wind", "m s-1", NULL, NULL, NULL, 0, 150},
    {"gust", "m s-1", NULL, NULL, NULL, 0, 150},
    {"eastward", "m s-1", NULL, NULL, NULL, -150, 150},
    {"northward", "m s-1", NULL, NULL, NULL, -150, 150},
    {"temperature", "K", NULL, NULL, NULL, 150, 350},
    {"chance", "1", NULL, NULL, NULL, -1e-6, 1 + 1e-6},
    {"yield", "t ha-1", NULL, NULL, NULL, 0, 200}, // sugar cane reaches 150
    {"mortality", "%", NULL, NULL, NULL, 0, 100},
    {"loss", "%", NULL, NULL, NULL, 0, 100},
};

static bool fits(const char *unit, const char *to, struct scale *out)
{
    struct err why = {0};
    return to && units_convert(unit, to, &out->factor, &out->offset, &why) == OK;
}

enum err_kind scale_for(const char *variable, const char *unit, struct scale *out, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strcmp(kinds[i].variable, variable) != 0)
            continue;
        struct scale scale = {.lowest = kinds[i].lowest, .highest = kinds[i].highest};
        bool amount = fits(unit, kinds[i].unit, &scale) || fits(unit, kinds[i].mass_unit, &scale);
        scale.per_day = !amount && (fits(unit, kinds[i].rate_unit, &scale) ||
                                    fits(unit, kinds[i].mass_rate_unit, &scale));
        if (!amount && !scale.per_day)
            return err_set(err, ERR_INPUT,
                           "the unit \"%s\" does not fit %s (%s%s%s); give the right one with "
                           "\"unit:\" in sources.yaml",
                           unit, variable, kinds[i].unit, kinds[i].rate_unit ? " or " : "",
                           kinds[i].rate_unit ? kinds[i].rate_unit : "");
        *out = scale;
        return OK;
    }
    return err_set(err, ERR_INPUT, "\"%s\" is no variable of gong", variable);
}

enum err_kind scale_of_figure(const char *figure, const char *unit, struct scale *out,
                              struct err *err)
{
    static const struct {
        const char *word, *unit;
    } words[] = {
        {"tạ/ha", "100 kg/ha"}, {"tấn/ha", "t/ha"}, {"yến/ha", "10 kg/ha"}, {"phần trăm", "%"}};
    const char *known = unit;
    struct err why = {0};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i].word, unit) == 0)
            known = words[i].unit;
    }
    if (scale_for(figure, known, out, &why) == OK)
        return OK;
    return err_set(err, ERR_INPUT, "the unit \"%.40s\" does not fit %s; write %s", unit, figure,
                   strcmp(figure, "yield") == 0 ? "t/ha, kg/ha or tạ/ha" : "%");
}

enum err_kind scale_over(const struct scale *scale, int64_t step_s, struct scale *out,
                         struct err *err)
{
    *out = *scale;
    if (!scale->per_day)
        return OK;
    if (step_s <= 0)
        return err_set(err, ERR_INPUT,
                       "the file gives a rate, which needs \"interval:\" in sources.yaml to "
                       "become an amount");
    // Multiplied before it is divided: 24 mm/day x 1,800 s is then 0.5 mm and no hair less.
    out->factor = scale->factor * (double)step_s / DAY_S;
    out->per_day = false;
    return OK;
}
