#include "ingest/classic.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

// No header leads outside the bytes, and what is refused is refused with a sentence.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct err err = {0};
    struct str text = {(const char *)bytes, len};
    if (classic_check(text, &err))
        assert(str_starts(str_of(err.text), "the file"));
    return 0;
}
