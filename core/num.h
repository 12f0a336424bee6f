#ifndef GONG_CORE_NUM_H
#define GONG_CORE_NUM_H

#include "core/err.h"
#include "core/text.h"

#include <stdint.h>

// Strict numbers. Nothing is guessed: "1,5", "1_50", "010", "0x18", "nan", "1e400", "+5", " 5" and
// more than three decimals are ERR_INPUT with what to write instead.

// "12.5" -> 12500 (thousandths). Size up to 10^12.
MUST_USE enum err_kind num_milli(struct str text, int64_t *milli, struct err *err);

// "12" -> 12; a point is refused.
MUST_USE enum err_kind num_whole(struct str text, int64_t min, int64_t max, int64_t *out,
                                 struct err *err);

enum quantity {
    QUANTITY_RAIN,        // mm
    QUANTITY_WIND,        // m/s
    QUANTITY_TEMPERATURE, // degC (a reading in K is 273,150 thousandths more)
    QUANTITY_TIME,        // s
    QUANTITY_SHARE,       // 1 (so "90 %" is 900 thousandths)
    QUANTITY_DISTANCE,    // km
    QUANTITY_STAGE,       // m, of a river above its gauge's zero
};

// A number, one space and a unit: "150 mm", "62 km/h", "35 °C", "72 h", "90 %", "2 days".
// The unit is one word, of a speed also "m/s" or "m s-1"; a share is in per cent. Nothing else that
// udunits reads as a unit: "500 mm", "mm 5", "mm*3", "mm @ 5", "lg(re 1 mm)" change the number.
// `*milli` is in thousandths of the canonical unit above, rounded half away from zero; converted
// by udunits2. A unit of another kind is ERR_INPUT and says which units fit: also a length or a
// speed in which nobody tells it ("120 km" of rain, "50 mm/h" of wind).
MUST_USE enum err_kind num_quantity(struct str text, enum quantity kind, int64_t *milli,
                                    struct err *err);

// What is wrong with a text that lacks its unit, besides that: "1_50", "nan" and "010" are
// ERR_INPUT with the reason; OK for "150", "150mm" and what has a blank.
MUST_USE enum err_kind num_bare(struct str text, struct err *err);

// A share with its sign has one decimal at most, as "33.3 %"; num_quantity rounds a second away.
MUST_USE enum err_kind num_tenths(struct str text, struct err *err);

const char *quantity_unit(enum quantity kind); // "mm", "m/s", "°C", "s", "1", "km", "m"

#endif
