#include "core/num.h"

#include "core/mem.h"
#include "core/units.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static enum err_kind refuse(struct str text, struct err *err, const char *write)
{
    return err_set(err, ERR_INPUT, "\"" STR_FMT "\" is not a number gong reads; %s", STR_ARG(text),
                   write);
}

enum { WHOLE_DIGITS_MAX = 12, DECIMALS_MAX = 3 };

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    }
    return s.len > 0;
}

static int64_t digits_value(struct str s)
{
    int64_t value = 0;
    for (size_t i = 0; i < s.len; i++)
        value = value * 10 + (s.at[i] - '0');
    return value;
}

enum err_kind num_milli(struct str text, int64_t *milli, struct err *err)
{
    struct str rest = text, whole;
    bool minus = rest.len && rest.at[0] == '-';
    if (minus) {
        rest.at++;
        rest.len--;
    }
    if (text.len && memchr(text.at, ',', text.len))
        return refuse(text, err, "use a point for decimals: 1.5");
    if (!str_take_field(&rest, '.', &whole) || !all_digits(whole))
        return refuse(text, err, "write digits, with a point for decimals: 1.5");
    if (whole.len > 1 && whole.at[0] == '0')
        return refuse(text, err, "take the leading zero out");
    if (whole.len > WHOLE_DIGITS_MAX)
        return refuse(text, err, "it is too large; at most 12 digits");
    int64_t value = digits_value(whole) * 1000;
    if (rest.at) {
        if (!all_digits(rest))
            return refuse(text, err, "write digits after the point: 1.5");
        if (rest.len > DECIMALS_MAX)
            return refuse(text, err, "at most three decimals");
        int64_t part = digits_value(rest);
        for (size_t i = rest.len; i < DECIMALS_MAX; i++)
            part *= 10;
        value += part;
    }
    *milli = minus ? -value : value;
    return OK;
}

enum err_kind num_whole(struct str text, int64_t min, int64_t max, int64_t *out, struct err *err)
{
    int64_t milli;
    if (num_milli(text, &milli, err))
        return err->kind;
    if (memchr(text.at, '.', text.len))
        return refuse(text, err, "write a whole number");
    if (milli / 1000 < min || milli / 1000 > max)
        return err_set(err, ERR_INPUT, STR_FMT " is out of range; write %lld to %lld",
                       STR_ARG(text), (long long)min, (long long)max);
    *out = milli / 1000;
    return OK;
}

static const struct {
    const char *unit;   // for people
    const char *udunit; // for udunits2
    const char *examples;
} kinds[] = {
    [QUANTITY_RAIN] = {"mm", "mm", "\"150 mm\" or \"15 cm\""},
    [QUANTITY_WIND] = {"m/s", "m/s", "\"17.2 m/s\" or \"62 km/h\""},
    [QUANTITY_TEMPERATURE] = {"°C", "degC", "\"35 °C\" or \"308.15 K\""},
    [QUANTITY_TIME] = {"s", "s", "\"72 h\", \"30 min\" or \"3 days\""},
    [QUANTITY_SHARE] = {"1", "1", "\"90 %\""},
    [QUANTITY_DISTANCE] = {"km", "km", "\"100 km\""},
    [QUANTITY_STAGE] = {"m", "m", "\"132.5 m\""},
};

const char *quantity_unit(enum quantity kind)
{
    return kinds[kind].unit;
}

enum err_kind num_quantity(struct str text, enum quantity kind, int64_t *milli, struct err *err)
{
    struct str unit = text, number;
    int64_t value;
    if (!str_take_field(&unit, ' ', &number) || !unit.at || unit.len == 0)
        return err_set(err, ERR_INPUT, "\"" STR_FMT "\" has no unit; write %s", STR_ARG(text),
                       kinds[kind].examples);
    if (num_milli(number, &value, err))
        return err->kind;
    AUTO(mem_drop) char *name = str_copy(unit);
    double scale, offset;
    struct err why = {0};
    if (units_convert(name, kinds[kind].udunit, &scale, &offset, &why))
        return err_set(err, ERR_INPUT, "the unit \"%s\" does not fit here; write %s", name,
                       kinds[kind].examples);
    *milli = llround((double)value * scale + offset * 1000);
    return OK;
}
