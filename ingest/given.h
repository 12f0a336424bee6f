#ifndef GONG_INGEST_GIVEN_H
#define GONG_INGEST_GIVEN_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// What a confined child is given, and what it gives back.

// The whole of an open file, in memory; pages that nobody looks at are never read. The memory is
// the child's own to write to, and lasts until the process ends or given_unmap. ERR_MISSING, with
// what to write instead, when it is no file.
MUST_USE enum err_kind given_map(int fd, const char *program, void **bytes, size_t *size,
                                 struct err *err);
void given_unmap(void *bytes, size_t size);

// Whether a file that is open for reading begins as one of HDF5 does (NetCDF-4).
bool given_is_hdf(int fd);

// What may be given back of grids at most. Parent and child agree on it: the parent's limit
// (decode_mib_max) is what counts.
#define GIVEN_BACK_BYTES_MAX ((size_t)4 << 30)

// All bytes to standard output.
MUST_USE enum err_kind given_back(struct str bytes, struct err *err);

#endif
