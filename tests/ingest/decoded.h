#ifndef GONG_TESTS_INGEST_DECODED_H
#define GONG_TESTS_INGEST_DECODED_H

// Bytes of a test through the decoder, on the way that a file of the archive takes.
#include "ingest/decode.h"
#include "ingest/sealed.h"
#include "tests/check.h"

#include <unistd.h>

// What becomes of a file of these bytes. `bytes` is borrowed.
static inline enum err_kind decode_with(struct decoder *decoder, struct str bytes,
                                        const struct wanted_list *wanted, struct frame *out,
                                        struct err *err)
{
    AUTO(sealed_close) int fd = -1;
    AUTO(proc_drop) struct proc_child child = {0};
    CHECK_OK(sealed_new(&fd, err), *err);
    CHECK_INT(write(fd, bytes.at, bytes.len), (ssize_t)bytes.len);
    CHECK_OK(sealed_seal(fd, err), *err);
    if (decode_begin(decoder, fd, wanted, &child, err))
        return err_of(err);
    return decode_end(decoder, &child, out, err);
}

// The same by a decoder of its own.
static inline enum err_kind decode_once(struct str bytes, const struct wanted_list *wanted,
                                        const struct decode_limits *limits, struct frame *out,
                                        struct err *err)
{
    AUTO(decoder_free) struct decoder *decoder = decoder_new(limits);
    return decode_with(decoder, bytes, wanted, out, err);
}

#endif
