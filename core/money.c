#include "core/money.h"

#include <assert.h>
#include <string.h>

struct money money_share(struct money m, int64_t part, int64_t whole, int64_t unit)
{
    assert(m.minor >= 0 && part >= 0 && whole > 0 && unit > 0);
    __int128 divisor = (__int128)whole * unit;
    __int128 share = ((__int128)m.minor * part * 2 + divisor) / (divisor * 2) * unit;
    assert(share <= INT64_MAX);
    m.minor = (int64_t)share;
    return m;
}

struct money money_add(struct money a, struct money b)
{
    assert(strcmp(a.currency, b.currency) == 0);
    bool over = __builtin_add_overflow(a.minor, b.minor, &a.minor);
    assert(!over);
    return a;
}

enum { VND_DIGITS_MAX = 15 };

enum err_kind money_parse_vnd(struct str text, struct money *out, struct err *err)
{
    int64_t minor = 0;
    bool good = text.len > 0 && text.len <= VND_DIGITS_MAX && (text.len == 1 || text.at[0] != '0');
    for (size_t i = 0; good && i < text.len; i++) {
        good = text.at[i] >= '0' && text.at[i] <= '9';
        minor = minor * 10 + (text.at[i] - '0');
    }
    if (!good)
        return err_set(err, ERR_INPUT, "\"" STR_FMT "\" is not whole đồng; write 1500000",
                       STR_ARG(text));
    *out = VND(minor);
    return OK;
}
