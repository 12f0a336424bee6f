#include "core/hash.h"
#include "core/mem.h"
#include "ingest/points.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

// What it takes, it would write again, byte for byte.
static void check(struct str text)
{
    struct err err = {0};
    AUTO(points_free) struct points points = {0};
    if (points_read(text, &points, &err)) {
        assert(err.text[0] && !points.station && !points.value && !points.track);
        return;
    }
    AUTO(buf_free) struct buf again = buf_new(text.len + 1);
    points_write(&points, &again);
    assert(str_same(buf_slice(&again), text));
}

// The parent's reader of what gong-points writes; also under a checksum that is right.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    check((struct str){(const char *)bytes, len});
    if (len < HASH_SIZE)
        return 0;
    AUTO(mem_drop) char *copy = mem_new(len, 1);
    memcpy(copy, bytes, len);
    struct hash sum = hash_of((struct str){copy, len - HASH_SIZE});
    memcpy(copy + len - HASH_SIZE, sum.at, HASH_SIZE);
    check((struct str){copy, len});
    return 0;
}
