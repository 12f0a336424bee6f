#ifndef GONG_CORE_MONEY_H
#define GONG_CORE_MONEY_H

#include "core/err.h"
#include "core/text.h"

#include <stdint.h>

// Whole minor units of one ISO 4217 currency. Đồng has no decimals, so minor is đồng.
struct money {
    int64_t minor;
    char currency[4];
};

#define VND(amount) ((struct money){(amount), "VND"})

// part/whole of m, 0 <= part, 0 < whole, rounded half up to a multiple of `unit` (1 or 1,000).
// Exact for any int64 (128-bit product). A result over int64 is an assert.
struct money money_share(struct money m, int64_t part, int64_t whole, int64_t unit);

// Sum; two currencies or an overflow is an assert.
struct money money_add(struct money a, struct money b);

// Reads digits only ("1500000"), 0..10^15; ERR_INPUT for a sign, a point, a comma, a blank.
MUST_USE enum err_kind money_parse_vnd(struct str text, struct money *out, struct err *err);

#endif
