#include "ledger/quality.h"

#include "core/mem.h"

const char *quality_name(size_t i)
{
    static const char *const names[] = {"range", "step",     "space",  "frozen",
                                        "twin",  "repeated", "members"};
    _Static_assert(COUNT_OF(names) == QUALITY_KINDS, "a name for each");
    return i < COUNT_OF(names) ? names[i] : NULL;
}
