#ifndef GONG_POLICIES_AREA_H
#define GONG_POLICIES_AREA_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct yaml;

// Which communes of its boundary set a policy is for: all, those of named zones, or a list.
enum area_kind { AREA_ALL, AREA_ZONES, AREA_COMMUNES };
struct area {
    enum area_kind kind;
    char **name; // [count] zone names or commune codes, as in the file; heap
    size_t count;
};
void area_free(struct area *area);

MUST_USE enum err_kind area_read(const struct yaml *policy, struct area *out, struct err *err);

bool area_holds(const struct area *area, const char *code, const char *zone);

#endif
