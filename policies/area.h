#ifndef GONG_POLICIES_AREA_H
#define GONG_POLICIES_AREA_H

#include "core/err.h"
#include "core/text.h"
#include "policies/field.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>

struct yaml;

// Which communes of its boundary set a policy is for: all, those of named zones, a list, or those
// that were wholly or in part of named provinces before a reform (gong boundary former).
enum area_kind { AREA_ALL, AREA_ZONES, AREA_COMMUNES, AREA_FORMER };
struct area {
    enum area_kind kind;
    char **name; // [count] names of zones or provinces, or commune codes, as in the file; heap
    size_t count;
    struct texts *title; // [count] what people read for a zone; texts may be NULL
};
void area_free(struct area *area);

MUST_USE enum err_kind area_read(const struct yaml *policy, struct area *out, struct err *err);

// `former`: the commune's former provinces, "A; B"; "" or NULL when none is told.
bool area_holds(const struct area *area, const char *code, const char *zone, const char *former);

// "vùng Bắc Kạn cũ (former-bac-kan)", or the key alone; appended to `out`.
void area_say(const struct area *area, size_t i, enum language language, struct buf *out);

#endif
