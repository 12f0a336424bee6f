#include "core/mem.h"
#include "ingest/gribparts.h"
#include "ingest/unpack.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

// A packed file gives bytes or one sentence; a GRIB file is taken apart into whole messages.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    AUTO(mem_drop) void *inside = NULL;
    AUTO(gribparts_free)
    struct gribparts parts = gribparts_of((struct str){(const char *)bytes, len});
    size_t size = 0;
    struct err err = {0};
    struct str message = {"", 0};
    if (unpack_is(bytes, len)) {
        enum err_kind kind = unpack(bytes, len, &inside, &size, &err);
        assert(kind ? *err.text && !inside : inside != NULL && size <= UNPACK_BYTES_MAX);
        (void)kind;
    }
    do {
        if (gribparts_next(&parts, &message, &err)) {
            assert(*err.text);
            return 0;
        }
        assert(message.len == 0 || message.len >= 20);
    } while (message.len);
    return 0;
}
