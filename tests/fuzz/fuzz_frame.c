#include "core/mem.h"
#include "ingest/grid.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

// A frame that is read is written as the same bytes; one that is not is refused with a sentence.
static void try_frame(struct str bytes)
{
    struct err err = {0};
    AUTO(frame_free) struct frame frame = {0};
    if (frame_read(bytes, &frame, &err)) {
        assert(!frame.value &&
               str_starts(str_of(err.text), "the decoder's answer is no good grid"));
        return;
    }
    assert(frame.grid.rows > 0 && frame.grid.columns > 0);
    AUTO(buf_free) struct buf again = buf_new(bytes.len);
    frame_write(&frame, &again);
    assert(str_same(bytes, buf_slice(&again)));
}

// As it is, where the checksum refuses nearly everything; then with a right one, as a decoder that
// was taken over would write it.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    try_frame((struct str){(const char *)bytes, len});
    AUTO(buf_free) struct buf sealed = buf_new(len + HASH_SIZE);
    buf_add(&sealed, bytes, len < HASH_SIZE ? 0 : len - HASH_SIZE);
    struct hash sum = hash_of(buf_slice(&sealed));
    buf_add(&sealed, sum.at, HASH_SIZE);
    try_frame(buf_slice(&sealed));
    return 0;
}
