#ifndef GONG_POLICIES_FIELD_H
#define GONG_POLICIES_FIELD_H

#include "core/date.h"
#include "core/err.h"
#include "core/num.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yaml;

// Readers of one member of a YAML map; each refuses with file:line:column, what is wrong and what
// to write. A member that is missing is refused at the map.

enum compare { COMPARE_LESS, COMPARE_LESS_OR_SAME, COMPARE_MORE, COMPARE_MORE_OR_SAME };
bool compare_holds(enum compare compare, int64_t a, int64_t b); // a < b, a <= b ...
const char *compare_sign(enum compare compare);                 // "<", "<=", ">", ">="

// Texts by language; heap, field_texts_free.
struct texts {
    char *at[LANGUAGES];
};
void field_texts_free(struct texts *texts);

MUST_USE enum err_kind field_compare(const struct yaml *map, const char *key, enum compare *out,
                                     struct err *err);
// Thousandths of the quantity's unit.
MUST_USE enum err_kind field_quantity(const struct yaml *map, const char *key, enum quantity kind,
                                      int64_t *milli, struct err *err);
// Whole seconds, 1 to 10 years. "72 h", "3 days".
MUST_USE enum err_kind field_span(const struct yaml *map, const char *key, int64_t *span_s,
                                  struct err *err);
MUST_USE enum err_kind field_unit(const struct yaml *map, const char *key, enum unit unit,
                                  int64_t *milli, struct err *err);
// More than 0.
MUST_USE enum err_kind field_positive(const struct yaml *map, const char *key, enum unit unit,
                                      int64_t *milli, struct err *err);
// A list of 1 to `max` values, each with its unit; `out` is [max].
MUST_USE enum err_kind field_units(const struct yaml *map, const char *key, enum unit unit,
                                   int64_t *out, size_t max, size_t *count, struct err *err);
MUST_USE enum err_kind field_whole(const struct yaml *map, const char *key, int64_t min,
                                   int64_t max, int64_t *out, struct err *err);
MUST_USE enum err_kind field_date(const struct yaml *map, const char *key, struct civil *out,
                                  struct err *err);
// 0 % to 100 %, in thousandths.
MUST_USE enum err_kind field_share(const struct yaml *map, const char *key, int64_t *milli,
                                   struct err *err);
// "1000 VND".
MUST_USE enum err_kind field_vnd(const struct yaml *map, const char *key, int64_t min, int64_t max,
                                 int64_t *out, struct err *err);
// One of `names`; NULL-ended.
MUST_USE enum err_kind field_choice(const struct yaml *map, const char *key,
                                    const char *const *names, size_t *out, struct err *err);
// Letters, digits and "-", at most size - 1 bytes; `out` is [size].
MUST_USE enum err_kind field_name(const struct yaml *map, const char *key, char *out, size_t size,
                                  struct err *err);
// {vi: ..., en: ...}: both must be there.
MUST_USE enum err_kind field_texts(const struct yaml *map, const char *key, struct texts *out,
                                   struct err *err);

// The same of a title, which stands in messages: at most 240 bytes a language. Of a key, or of the
// map itself.
enum { LINE_BYTES_MAX = 240 };
MUST_USE enum err_kind field_heading(const struct yaml *map, const char *key, struct texts *out,
                                     struct err *err);
MUST_USE enum err_kind field_lines(const struct yaml *map, struct texts *out, struct err *err);

// A name that people read: one text for every language, or {vi: ..., en: ...}.
MUST_USE enum err_kind field_title(const struct yaml *map, const char *key, struct texts *out,
                                   struct err *err);

#endif
