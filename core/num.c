#include "core/num.h"

#include "core/mem.h"
#include "core/units.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// A blank that looks like the one of the space bar and is another: from word processors and the
// web.
static bool has_odd_blank(struct str text)
{
    static const char *const blanks[] = {"\u00a0", "\u2007", "\u2009", "\u200a", "\u202f",
                                         "\u200b", "\u2060", "\ufeff", "\u3000"};
    for (size_t i = 0; i < text.len; i++) {
        struct str rest = {text.at + i, text.len - i};
        for (size_t k = 0; k < COUNT_OF(blanks); k++) {
            if (str_starts(rest, blanks[k]))
                return true;
        }
    }
    return false;
}

static enum err_kind refuse(struct str text, struct err *err, const char *write)
{
    if (has_odd_blank(text))
        write = "a blank in it is not that of the space bar; write it again";
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

static size_t digits(struct str s, size_t at)
{
    size_t end = at;
    while (end < s.len && s.at[end] >= '0' && s.at[end] <= '9')
        end++;
    return end - at;
}

// "1,5" is 1.5 to its writer, "1,500" may be a thousand and five hundred.
static enum err_kind refuse_comma(struct str text, struct err *err)
{
    enum { THOUSANDS = 3 };
    size_t whole = digits(text, 0), part = digits(text, whole + 1);
    struct str before = {text.at, whole}, after = {text.at + whole + 1, part};
    if (whole == 0 || part == 0 || whole + 1 + part != text.len)
        return refuse(text, err, "use a point for decimals: 1.5");
    AUTO(buf_free) struct buf write = buf_new(2 * text.len + 80);
    buf_print(&write, "use a point for decimals; write " STR_FMT "." STR_FMT, STR_ARG(before),
              STR_ARG(after));
    if (part == THOUSANDS)
        buf_print(&write, ", or " STR_FMT STR_FMT " if thousands are meant", STR_ARG(before),
                  STR_ARG(after));
    return refuse(text, err, write.at);
}

static enum err_kind refuse_zero(struct str text, struct err *err)
{
    size_t minus = text.at[0] == '-', at = minus;
    while (at + 1 < text.len && text.at[at] == '0' && text.at[at + 1] != '.')
        at++;
    AUTO(buf_free) struct buf write = buf_new(text.len + 40);
    buf_print(&write, "take the leading zero out; write %s" STR_FMT, minus ? "-" : "",
              STR_ARG(((struct str){text.at + at, text.len - at})));
    return refuse(text, err, write.at);
}

// "1 500" is 1500 to its writer: groups of three digits, parted by `sign`.
static bool join_thousands(struct str text, char sign, struct buf *joined)
{
    enum { THOUSANDS = 3 };
    size_t at = digits(text, 0);
    if (at == 0 || at > THOUSANDS || at == text.len)
        return false;
    buf_str(joined, (struct str){text.at, at});
    for (; at < text.len; at += 1 + THOUSANDS) {
        if (text.at[at] != sign || digits(text, at + 1) != THOUSANDS)
            return false;
        buf_str(joined, (struct str){text.at + at + 1, THOUSANDS});
    }
    return true;
}

static enum err_kind refuse_digits(struct str text, struct err *err, const char *write)
{
    AUTO(buf_free) struct buf joined = buf_new(text.len + 1);
    AUTO(buf_free) struct buf advice = buf_new(text.len + 60);
    bool blanks = join_thousands(text, ' ', &joined);
    if (!blanks)
        buf_clear(&joined);
    if (!blanks && !join_thousands(text, '.', &joined))
        return refuse(text, err, write);
    buf_print(&advice, blanks ? "no blank within it; write %s" : "write %s if thousands are meant",
              joined.at);
    return refuse(text, err, advice.at);
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
        return refuse_comma(text, err);
    if (!str_take_field(&rest, '.', &whole) || !all_digits(whole))
        return refuse_digits(text, err, "write digits, with a point for decimals: 1.5");
    if (whole.len > 1 && whole.at[0] == '0')
        return refuse_zero(text, err);
    if (whole.len > WHOLE_DIGITS_MAX)
        return refuse(text, err, "it is too large; at most 12 digits");
    int64_t value = digits_value(whole) * 1000;
    if (rest.at) {
        if (!all_digits(rest))
            return refuse_digits(text, err, "write digits after the point: 1.5");
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
        return refuse_digits(text, err, "write a whole number");
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
    // The smallest and the largest unit that people use for it, in its own: all lengths are one
    // kind to udunits2, yet no rain is told in km. 0: any.
    double least, most;
} kinds[] = {
    [QUANTITY_RAIN] = {"mm", "mm", "\"150 mm\" or \"15 cm\"", 0.001, 1000},
    [QUANTITY_WIND] = {"m/s", "m/s", "\"17.2 m/s\" or \"62 km/h\"", 0.27, 1},
    [QUANTITY_TEMPERATURE] = {"°C", "degC", "\"35 °C\" or \"308.15 K\"", 0, 0},
    [QUANTITY_TIME] = {"s", "s", "\"72 h\", \"30 min\" or \"3 days\"", 0, 0},
    [QUANTITY_SHARE] = {"1", "1", "\"90 %\"", 0, 0},
    [QUANTITY_DISTANCE] = {"km", "km", "\"100 km\"", 0.001, 2},
    [QUANTITY_STAGE] = {"m", "m", "\"132.5 m\"", 0.001, 1},
};

const char *quantity_unit(enum quantity kind)
{
    return kinds[kind].unit;
}

// The letters of a unit from `at` on. udunits reads numbers, powers, products, logarithms and
// origins within a unit, too: "500 mm", "mm 5", "mm @ 5". Here a unit is nothing but a unit.
static size_t letters(struct str unit, size_t at)
{
    static const char *const signs[] = {"°", "µ", "μ"};
    size_t end = at;
    while (end < unit.len) {
        struct str rest = {unit.at + end, unit.len - end};
        size_t step = ((rest.at[0] | 32) >= 'a' && (rest.at[0] | 32) <= 'z') || rest.at[0] == '_';
        for (size_t i = 0; step == 0 && i < COUNT_OF(signs); i++)
            step = str_starts(rest, signs[i]) ? strlen(signs[i]) : 0;
        if (step == 0)
            break;
        end += step;
    }
    return end - at;
}

// "mm", "%"; of a speed also "km/h", "m s-1" and "m s**-1".
static bool is_single(struct str unit, enum quantity kind)
{
    size_t first = letters(unit, 0);
    if (first == unit.len || str_is(unit, "%"))
        return true;
    if (first == 0 || (unit.at[first] != '/' && unit.at[first] != ' '))
        return false;
    size_t second = letters(unit, first + 1);
    size_t end = first + 1 + second;
    struct str power = {unit.at + end, unit.len - end};
    if (second == 0)
        return false;
    return unit.at[first] == '/'
               ? power.len == 0
               : kind == QUANTITY_WIND && (str_is(power, "-1") || str_is(power, "**-1"));
}

// A digit follows the first blank. "1 500 mm" has groups of three, which are thousands: their
// writer meant 1500 mm, and is told so.
static enum err_kind refuse_parted(struct str text, struct str number, enum quantity kind,
                                   struct err *err)
{
    AUTO(buf_free) struct buf joined = buf_new(text.len + 1);
    size_t at = number.len;
    buf_str(&joined, number);
    for (; at < text.len && text.at[at] == ' ' && digits(text, at + 1) == 3; at += 4)
        buf_str(&joined, (struct str){text.at + at + 1, 3});
    buf_str(&joined, (struct str){text.at + at, text.len - at});
    struct str unit = {text.at + at + 1, text.len > at ? text.len - at - 1 : 0};
    if (at > number.len && text.at[at] == ' ' && unit.len && is_single(unit, kind))
        return err_set(err, ERR_INPUT, "\"" STR_FMT "\": no blank within a number; write \"%s\"",
                       STR_ARG(text), joined.at);
    return err_set(err, ERR_INPUT, "\"" STR_FMT "\": no blank within a number; write %s",
                   STR_ARG(text), kinds[kind].examples);
}

// Only a speed is one unit per another, and that is a time: "mm/pi" and "knot/dozen" are numbers.
static bool fits(const char *unit, enum quantity kind, double *scale, double *offset)
{
    struct err why = {0};
    const char *per = strpbrk(unit, "/ ");
    if (per) {
        struct str word = str_of(per + 1);
        word.len = letters(word, 0);
        AUTO(mem_drop) char *time = str_copy(word);
        if (kind != QUANTITY_WIND || units_convert(time, "s", scale, offset, &why))
            return false;
    }
    if (kind == QUANTITY_SHARE && strcmp(unit, "%") != 0)
        return false;
    if (units_convert(unit, kinds[kind].udunit, scale, offset, &why))
        return false;
    const double margin = 1e-9; // of what udunits2 computes
    return kinds[kind].most <= 0 || (*scale >= kinds[kind].least * (1 - margin) &&
                                     *scale <= kinds[kind].most * (1 + margin));
}

enum err_kind num_bare(struct str text, struct err *err)
{
    int64_t ignored;
    size_t at = text.len && text.at[0] == '-';
    at += digits(text, at);
    if (at + 1 < text.len && text.at[at] == '.')
        at += 1 + digits(text, at + 1);
    size_t unit = letters(text, at);
    bool joined = at > 0 && unit > 0 && at + unit == text.len;
    if (joined || (text.len && (memchr(text.at, ' ', text.len) || str_ends(text, "%"))))
        return OK;
    return num_milli(text, &ignored, err);
}

// "150mm" has its unit, but no blank before it.
static enum err_kind refuse_no_unit(struct str text, enum quantity kind, struct err *err)
{
    size_t minus = text.len && text.at[0] == '-', at = minus + digits(text, minus);
    if (at + 1 < text.len && text.at[at] == '.')
        at += 1 + digits(text, at + 1);
    struct str number = {text.at, at}, unit = {text.at + at, text.len - at};
    AUTO(mem_drop) char *name = str_copy(unit);
    double scale, offset;
    if (at > minus && unit.len && unit.at[0] != ' ' && is_single(unit, kind) &&
        fits(name, kind, &scale, &offset))
        return err_set(err, ERR_INPUT,
                       "\"" STR_FMT "\" has no blank before its unit; write \"" STR_FMT " %s\"",
                       STR_ARG(text), STR_ARG(number), name);
    if (num_bare(text, err))
        return err->kind;
    return err_set(err, ERR_INPUT, "\"" STR_FMT "\" has no unit; write %s", STR_ARG(text),
                   kinds[kind].examples);
}

enum err_kind num_quantity(struct str text, enum quantity kind, int64_t *milli, struct err *err)
{
    struct str unit = text, number;
    int64_t value = 0;
    if (!str_take_field(&unit, ' ', &number) || !unit.at || unit.len == 0)
        return refuse_no_unit(text, kind, err);
    if (num_milli(number, &value, err))
        return err->kind;
    if (unit.at[0] >= '0' && unit.at[0] <= '9')
        return refuse_parted(text, number, kind, err);
    AUTO(mem_drop) char *name = str_copy(unit);
    if (!is_single(unit, kind))
        return err_set(err, ERR_INPUT, "\"%s\" is no single unit; write %s", name,
                       kinds[kind].examples);
    double scale = 1, offset = 0;
    if (!fits(name, kind, &scale, &offset))
        return err_set(err, ERR_INPUT, "the unit \"%s\" does not fit here; write %s", name,
                       kinds[kind].examples);
    *milli = llround((double)value * scale + offset * 1000);
    return OK;
}

enum err_kind num_tenths(struct str text, struct err *err)
{
    enum { TENTH_MILLI = 100, TENTHS = 10 };
    struct str number = text;
    int64_t milli = 0;
    number.len -= str_ends(text, " %") ? strlen(" %") : 0;
    if (num_milli(number, &milli, err))
        return err->kind;
    if (milli % TENTH_MILLI == 0)
        return OK;
    lldiv_t less = lldiv(milli / TENTH_MILLI, TENTHS),
            more = lldiv(milli / TENTH_MILLI + 1, TENTHS);
    return err_set(err, ERR_INPUT,
                   "\"" STR_FMT "\" has more than one decimal; write \"%lld.%lld %%\" or "
                   "\"%lld.%lld %%\"",
                   STR_ARG(text), less.quot, less.rem, more.quot, more.rem);
}
