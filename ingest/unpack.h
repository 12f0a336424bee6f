#ifndef GONG_INGEST_UNPACK_H
#define GONG_INGEST_UNPACK_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

// Files that come packed: bzip2 (ICON), gzip, zip with one file in it (RSMC Tokyo). Only the
// sandboxed decoders may link this.

// True when bytes begin as one of them.
bool unpack_is(const void *bytes, size_t size);

// What is in it: heap, mem_free. ERR_INPUT when it is damaged, holds more than UNPACK_BYTES_MAX, or
// is a zip archive with other than one file.
static const size_t UNPACK_BYTES_MAX = (size_t)1 << 30;
MUST_USE enum err_kind unpack(const void *bytes, size_t size, void **out, size_t *out_size,
                              struct err *err);

#endif
