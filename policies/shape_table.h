#ifndef GONG_POLICIES_SHAPE_TABLE_H
#define GONG_POLICIES_SHAPE_TABLE_H

#include "policies/shape.h"

#include <stdbool.h>

// The table of shape.c, for it and for the schema that is written from it.

// What stands for a key. Whether a value is right is for its reader; the schema helps while typing.
enum value {
    VALUE_END,
    VALUE_TEXT,
    VALUE_ID,
    VALUE_WHOLE,
    VALUE_CHOICE,   // one of `names`
    VALUE_OPERATOR, // ">=" ...
    VALUE_QUANTITY, // "150 mm", "8 Bft", "none", "any", "period"; or a bare number (SPI)
    VALUE_UNITS,    // the same with its unit always: "72 h", "none"
    VALUE_SHARE,    // "90 %"
    VALUE_MONEY,    // "1000 VND"
    VALUE_DATE,     // 2024-01-31
    VALUE_DAY,      // 01-31
    VALUE_MAP,      // of `shape`
    VALUE_MAPS,     // a list of them
    VALUE_SCALARS,  // a list of single values
    VALUE_VALUES,   // a list of numbers without units, "missing", "0 x 30"
    VALUE_AREA,     // "all" or a map
    VALUE_DEGREES,  // a bare number
    VALUE_ZONES,    // a list of keys, or of maps
    VALUE_TITLE,    // a text, or one in each language
    VALUE_NAMED,    // the name of a preset or a list of maps
};

struct member {
    const char *key;
    enum value value;
    bool needed;
    enum shape shape;
    const char *const *names;
};

enum { SHAPE_MEMBERS_MAX = 48 };
extern const struct member shape_members[SHAPES][SHAPE_MEMBERS_MAX]; // each ends with VALUE_END

#endif
