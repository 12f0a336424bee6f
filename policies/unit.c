#include "policies/unit.h"

#include "core/mem.h"
#include "core/yaml.h"

#include <string.h>

const char *const language_names[] = {"vi", "en", NULL};

enum err_kind language_read(const char *word, enum language *out, struct err *err)
{
    for (size_t i = 0; i < LANGUAGES; i++) {
        if (strcmp(word, language_names[i]) == 0) {
            *out = (enum language)i;
            return OK;
        }
    }
    return err_usage(err, "--lang %s is unknown; write vi or en", word);
}

enum { MILLI_MAX_DIGITS = 12, QUANTITY_NONE = -1 };
static const int64_t milli_max = 1000000000000;

static const struct {
    const char *trace;
    const char *word[LANGUAGES];
    int quantity;        // what udunits2 converts; QUANTITY_NONE: the suffix is written as it is
    const char *suffix;  // with its blank; "" a bare number
    const char *example; // what to write
} units[] = {
    [UNIT_RAIN] = {"mm/1000", {"mm", "mm"}, QUANTITY_RAIN, NULL, NULL},
    [UNIT_WIND] = {"m/s/1000", {"m/s", "m/s"}, QUANTITY_WIND, NULL, NULL},
    [UNIT_TEMPERATURE] = {"°C/1000", {"°C", "°C"}, QUANTITY_TEMPERATURE, NULL, NULL},
    [UNIT_DAYS] = {"days/1000", {"ngày", "days"}, QUANTITY_TIME, NULL, NULL},
    [UNIT_DEGREE_DAYS] =
        {"°C days/1000", {"°C·ngày", "°C days"}, QUANTITY_NONE, " °C days", "\"150 °C days\""},
    [UNIT_BEAUFORT] = {"Bft/1000", {"cấp (Bft)", "Bft"}, QUANTITY_NONE, " Bft", "\"8 Bft\""},
    [UNIT_PERCENT] = {"%/1000", {"%", "%"}, QUANTITY_NONE, " %", "\"66.1 %\""},
    [UNIT_NUMBER] = {"1/1000", {"", ""}, QUANTITY_NONE, "", "\"-1.5\", without a unit"},
    [UNIT_DISTANCE] = {"km/1000", {"km", "km"}, QUANTITY_DISTANCE, NULL, NULL},
    [UNIT_STAGE] = {"m/1000", {"m", "m"}, QUANTITY_STAGE, NULL, NULL},
    [UNIT_YIELD] = {"t/ha/1000", {"tấn/ha", "t/ha"}, QUANTITY_NONE, " t/ha", "\"5.2 t/ha\""},
};

const char *unit_trace(enum unit unit)
{
    return units[unit].trace;
}

const char *unit_word(enum unit unit, enum language language)
{
    return units[unit].word[language];
}

enum err_kind unit_of_trace(const char *text, enum unit *out)
{
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (strcmp(units[i].trace, text) == 0) {
            *out = (enum unit)i;
            return OK;
        }
    }
    return ERR_MISSING;
}

// A number whose unit is written in one way only.
static enum err_kind read_suffix(struct str text, enum unit unit, int64_t *milli, struct err *err)
{
    bool whole = str_ends(text, units[unit].suffix);
    if (!whole && num_bare(text, err))
        return err->kind;
    if (!whole)
        return err_set(err, ERR_INPUT, "\"" STR_FMT "\" does not fit here; write %s", STR_ARG(text),
                       units[unit].example);
    text.len -= strlen(units[unit].suffix);
    if (num_milli(text, milli, err))
        return err->kind;
    if (unit == UNIT_BEAUFORT && *milli % 1000)
        return err_set(err, ERR_INPUT, "forces are whole; write %s", units[unit].example);
    return OK;
}

// In Việt Nam a point parts thousands: "1.500 mm" is one and a half here, and 1500 to its writer.
// Three decimals of which the last is 0 are never needed.
static bool parts_thousands(struct str text)
{
    size_t whole = 0, decimals = 0;
    while (whole < text.len && text.at[whole] != '.')
        whole++;
    while (whole + 1 + decimals < text.len && text.at[whole + 1 + decimals] >= '0' &&
           text.at[whole + 1 + decimals] <= '9')
        decimals++;
    return decimals == 3 && text.at[whole + 3] == '0' && !str_is((struct str){text.at, whole}, "0");
}

enum err_kind unit_read(const struct yaml *value, const char *key, enum unit unit, int64_t *milli,
                        struct err *err)
{
    enum { DAY_SECONDS = 86400 };
    struct err why = {0};
    int64_t read = 0;
    if (value->kind != YAML_TEXT)
        return yaml_refuse(value, err, "\"%s\" must be a single value", key);
    if (parts_thousands(value->text))
        return yaml_refuse(value, err,
                           "%s: in \"" STR_FMT "\" the point is for decimals; write 1500 for a "
                           "thousand and five hundred, 1.5 for one and a half",
                           key, STR_ARG(value->text));
    enum err_kind kind =
        units[unit].quantity == QUANTITY_NONE
            ? read_suffix(value->text, unit, &read, &why)
            : num_quantity(value->text, (enum quantity)units[unit].quantity, &read, &why);
    if (kind)
        return yaml_refuse(value, err, "%s: %s", key, why.text);
    if (unit == UNIT_DAYS) {
        if (read % DAY_SECONDS)
            return yaml_refuse(value, err, "%s: these are counted in days; write \"12 days\"", key);
        read /= DAY_SECONDS;
    }
    if (read > milli_max || read < -milli_max)
        return yaml_refuse(value, err, "%s: it is too large; at most %d digits in thousandths", key,
                           MILLI_MAX_DIGITS);
    *milli = read;
    return OK;
}

int64_t unit_beaufort(int64_t wind_milli)
{
    static const int64_t from_milli[] = {300,   1600,  3400,  5500,  8000,  10800,
                                         13900, 17200, 20800, 24500, 28500, 32700,
                                         37000, 41500, 46200, 51000, 56100};
    int64_t force = 0;
    while (force < (int64_t)COUNT_OF(from_milli) && wind_milli >= from_milli[force])
        force++;
    return force;
}

void unit_number(struct buf *out, int64_t milli, enum language language)
{
    char group = language == LANGUAGE_VI ? '.' : ',';
    char point = language == LANGUAGE_VI ? ',' : '.';
    int64_t size = milli < 0 ? -milli : milli;
    if (milli < 0)
        buf_char(out, '-');
    text_grouped(out, size / 1000, group);
    int64_t part = size % 1000;
    if (part == 0)
        return;
    buf_char(out, point);
    for (int64_t digit = 100; part; digit /= 10) {
        buf_char(out, (char)('0' + part / digit));
        part %= digit;
    }
}

void unit_say(struct buf *out, int64_t milli, enum unit unit, enum language language)
{
    unit_number(out, milli, language);
    const char *word = unit_word(unit, language);
    if (*word)
        buf_print(out, " %s", word);
}

void unit_money(struct buf *out, int64_t vnd, enum language language)
{
    text_grouped(out, vnd, language == LANGUAGE_VI ? '.' : ',');
}
