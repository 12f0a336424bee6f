#include "core/mem.h"
#include "ingest/pieces.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

// Whatever an index says: pieces that are in order, apart from each other and of some length, or
// one sentence.
static void look_at(struct str index, enum pieces_kind kind, char *const *take)
{
    AUTO(pieces_free) struct pieces parts = {0};
    struct err err = {0};
    if (pieces_find(index, kind, take, 1, &parts, &err)) {
        assert(*err.text && !parts.at);
        return;
    }
    assert(parts.count >= 1 && parts.count <= PIECES_MAX);
    for (size_t i = 0; i < parts.count; i++) {
        const struct piece *one = &parts.at[i];
        assert(one->first >= 0 && (one->last < 0 || one->last >= one->first));
        assert(i == 0 || (parts.at[i - 1].last >= 0 && parts.at[i - 1].last < one->first));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static char field[] = ":APCP:surface:", member[] = "param=tp";
    char *const fields[] = {field}, *const members[] = {member};
    look_at((struct str){(const char *)bytes, len}, PIECES_WGRIB2, fields);
    look_at((struct str){(const char *)bytes, len}, PIECES_ECMWF, members);
    return 0;
}
