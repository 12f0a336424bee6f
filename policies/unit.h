#ifndef GONG_POLICIES_UNIT_H
#define GONG_POLICIES_UNIT_H

#include "core/err.h"
#include "core/num.h"
#include "core/text.h"

#include <stdint.h>

struct yaml;

// What an index is counted in. Every number of a policy is whole thousandths of its unit.
enum unit {
    UNIT_RAIN,
    UNIT_WIND,
    UNIT_TEMPERATURE,
    UNIT_DAYS,
    UNIT_DEGREE_DAYS, // "150 °C days"
    UNIT_BEAUFORT,    // "8 Bft"; whole
    UNIT_PERCENT,     // "66.1 %", in thousandths of a per cent
    UNIT_NUMBER,      // of no dimension: "-1.5"
    UNIT_DISTANCE,    // km
    UNIT_STAGE,       // m
    UNIT_YIELD,       // "5.2 t/ha"
    UNITS,
};

enum language { LANGUAGE_VI, LANGUAGE_EN, LANGUAGES };
extern const char *const language_names[]; // "vi", "en", NULL
// What --lang says. ERR_INPUT with what to write.
MUST_USE enum err_kind language_read(const char *word, enum language *out, struct err *err);

const char *unit_trace(enum unit unit);                        // "mm/1000": as in a trace
const char *unit_word(enum unit unit, enum language language); // "mm", "ngày"
enum err_kind unit_of_trace(const char *text, enum unit *out) MUST_USE;

// Reads a value with its unit ("150 mm", "12 days") into thousandths, at most 10^12 of them.
// ERR_INPUT at the value, with `key` and what to write, when it is no number of that unit.
MUST_USE enum err_kind unit_read(const struct yaml *value, const char *key, enum unit unit,
                                 int64_t *milli, struct err *err);

// Beaufort force of a wind in thousandths of m/s: 0 to 17. WMO lower bounds as the Vietnamese scale
// has them (domain-reference 3.1).
int64_t unit_beaufort(int64_t wind_milli);

// 1.234,5 in Vietnamese, 1,234.5 in English; thousandths in, no trailing zeros out.
void unit_number(struct buf *out, int64_t milli, enum language language);

// The same with the unit: "187,6 mm", "12 ngày".
void unit_say(struct buf *out, int64_t milli, enum unit unit, enum language language);

// 1.500.000 or 1,500,000.
void unit_money(struct buf *out, int64_t vnd, enum language language);

#endif
