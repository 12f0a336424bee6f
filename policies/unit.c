#include "policies/unit.h"

#include "core/mem.h"
#include "core/yaml.h"

#include <string.h>

const char *const language_names[] = {"vi", "en", NULL};

static const struct {
    const char *trace;
    const char *word[LANGUAGES];
    enum quantity quantity;
} units[] = {
    [UNIT_RAIN] = {"mm/1000", {"mm", "mm"}, QUANTITY_RAIN},
    [UNIT_WIND] = {"m/s/1000", {"m/s", "m/s"}, QUANTITY_WIND},
    [UNIT_TEMPERATURE] = {"°C/1000", {"°C", "°C"}, QUANTITY_TEMPERATURE},
    [UNIT_DAYS] = {"days/1000", {"ngày", "days"}, QUANTITY_TIME},
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

enum err_kind unit_read(const struct yaml *value, const char *key, enum unit unit, int64_t *milli,
                        struct err *err)
{
    enum { DAY_SECONDS = 86400 };
    struct err why = {0};
    int64_t read;
    if (value->kind != YAML_TEXT)
        return yaml_refuse(value, err, "\"%s\" must be a single value", key);
    if (num_quantity(value->text, units[unit].quantity, &read, &why))
        return yaml_refuse(value, err, "%s: %s", key, why.text);
    if (unit == UNIT_DAYS) {
        if (read % DAY_SECONDS)
            return yaml_refuse(value, err, "%s: a dry spell is counted in days; write \"12 days\"",
                               key);
        read /= DAY_SECONDS;
    }
    *milli = read;
    return OK;
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
    buf_print(out, " %s", unit_word(unit, language));
}

void unit_money(struct buf *out, int64_t vnd, enum language language)
{
    text_grouped(out, vnd, language == LANGUAGE_VI ? '.' : ',');
}
