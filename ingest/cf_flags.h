#ifndef GONG_INGEST_CF_FLAGS_H
#define GONG_INGEST_CF_FLAGS_H

#include "core/err.h"
#include "ingest/ncgrid.h"
#include "ingest/wanted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A variable of flags beside the one that is read (CF 1.8 section 3.5), and which of its flags let
// a cell count: "where: quality=good|probably_good", "where: status!=cloud". What a flag is called
// is in its flag_meanings, what it is in flag_values, flag_masks or both; a number is taken as it
// stands, and is one of the masks where there are such: any of its bits. A cell whose flag is
// missing does not count, whatever is asked.
enum { CF_FLAGS_MAX = 64 };
struct cf_flags {
    bool is_asked;
    bool except; // "!=": cells count that have none of them
    struct ncvar var;
    size_t field_dims, dim[NCGRID_DIMS_MAX]; // which of the field's each dimension of `var` is
    size_t count;
    struct {
        bool is_masked;      // then only the bits of `mask` are looked at
        bool has_bits;       // and they have to be `bits` (0, too); else any of them is enough
        uint64_t mask, bits; // with is_masked
        double value;
    } flag[CF_FLAGS_MAX];
};

// What `wanted` asks for of the file, for the field `var`. ERR_INPUT names the variable, the flag
// and what there is; also when `var` is such a variable of flags itself, which is no weather.
MUST_USE enum err_kind cf_flags_find(const struct ncgrid *file, const struct ncvar *var,
                                     const struct wanted *wanted, struct cf_flags *out,
                                     struct err *err);

// The part of the flags for the part start..start+count of the field.
void cf_flags_part(const struct cf_flags *flags, const size_t *start, const size_t *count,
                   size_t *from, size_t *many);

// Makes cells NaN that do not count: `value` [cells] is the part start..start+count of the field,
// `flag` [cells] is for this function's use.
MUST_USE enum err_kind cf_flags_hide(const struct ncgrid *file, const struct cf_flags *flags,
                                     const size_t *start, const size_t *count, double *value,
                                     double *flag, struct err *err);

#endif
