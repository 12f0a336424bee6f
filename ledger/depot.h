#ifndef GONG_LEDGER_DEPOT_H
#define GONG_LEDGER_DEPOT_H

#include "core/err.h"
#include "core/hash.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Files by their SHA-256, DIR/files/ab/abcdef... (0600): what a backup keeps once, however many
// backups name it.

struct depot_file {
    struct hash hash;
    int64_t bytes;
    bool fresh; // was not there before
};

// Takes a copy of a file in. `known` not NULL: the file must have this hash (ERR_BROKEN when not),
// and is not read when it is there already. A file that grows while it is read is taken as far as
// it was read. The bytes are on the disk when it is OK; the name is when the caller has synced,
// once for all that it puts.
MUST_USE enum err_kind depot_put(const char *folder, const char *path, const struct hash *known,
                                 struct depot_file *out, struct err *err);

// Whether a file of these bytes is there already.
MUST_USE enum err_kind depot_has(const char *folder, const char *path, bool *out, struct err *err);

// Brings a file back to `path` (made with `mode`, folders above it too) and checks its bytes:
// ERR_BROKEN when they are not what the hash says, ERR_MISSING when it is not there.
MUST_USE enum err_kind depot_get(const char *folder, const struct hash *hash, const char *path,
                                 mode_t mode, struct err *err);

// Reads a kept file again: as depot_get, and nothing is written.
MUST_USE enum err_kind depot_check(const char *folder, const struct hash *hash, struct err *err);

#endif
