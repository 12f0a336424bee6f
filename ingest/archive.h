#ifndef GONG_INGEST_ARCHIVE_H
#define GONG_INGEST_ARCHIVE_H

#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

// The raw bytes of everything that was ever fetched, by SHA-256: FOLDER/ab/abcdef... (0600). A file
// is there whole or not at all, and is never changed: every decision must come back to its bytes.

// The path of a hash in the archive; heap, mem_free.
char *archive_path(const char *folder, struct hash hash);

// Keeps the bytes. Kept already: their time is set to now, nothing else changes.
MUST_USE enum err_kind archive_put(const char *folder, struct str bytes, struct hash *out,
                                   struct err *err);

// Takes a finished file, whose bytes are on the disk and have this hash, into the archive. It must
// be on the same file system.
MUST_USE enum err_kind archive_adopt(const char *folder, const char *path, struct hash hash,
                                     struct err *err);

// Copies an open file to the disk, beside the shelves, for archive_adopt: `*path` is heap, with its
// hash and size. What copies of processes that ended are there goes. ERR_BROKEN when there is no
// room; then nothing is left.
MUST_USE enum err_kind archive_copy(const char *folder, int fd, char **path, struct hash *hash,
                                    int64_t *bytes, struct err *err);

// Its name, and that of its shelf, onto the disk; both above do.
MUST_USE enum err_kind archive_sync(const char *folder, struct hash hash, struct err *err);

// The size of a file that is in the archive, -1 when it is not.
int64_t archive_size(const char *folder, struct hash hash);

// Reads them back, appended to `out`, and checks them: ERR_MISSING when they are not there,
// ERR_BROKEN when they are not the bytes of that hash, ERR_INPUT when they do not fit into `out`.
MUST_USE enum err_kind archive_get(const char *folder, struct hash hash, struct buf *out,
                                   struct err *err);

// The same as an open file without a name, sealed before its hash was looked at: what a decoder
// then reads are these bytes. `*fd` is the caller's to close.
MUST_USE enum err_kind archive_lend(const char *folder, struct hash hash, int *fd, struct err *err);

#endif
