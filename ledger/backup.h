#ifndef GONG_LEDGER_BACKUP_H
#define GONG_LEDGER_BACKUP_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Backups of a site while it works. A backup folder holds files by their hash (depot.h), one
// manifest for each backup (AT.json: path, hash, size and mode of every file, the bytes of a name
// that is no UTF-8 as hexadecimal digits in path_hex; canonical JSON) and the newest checkpoint.
// Each further backup adds only what is new. It holds the site's keys and its people: it is as
// secret as the site (0700).
//
// Nobody is stopped: checkpoint first, then a snapshot of the ledger, then register, map, archive
// and the rest. So whatever the ledger names is in it, and the ledger continues the checkpoint.

struct backup_report {
    char manifest[64];   // its name: "20240909T000000Z.json"
    int64_t entries;     // of the ledger
    struct hash root;    // of its Merkle tree
    size_t files, fresh; // in the manifest; that were not there before
    int64_t bytes, new_bytes;
};

// Makes one. Ledger, register and map are verified as they lie in the backup, and each new file is
// read again. Where the register is new in it, its log of access has a row of that. ERR_BROKEN when
// something does not fit (then there is no manifest).
MUST_USE enum err_kind backup_make(const char *site, const char *folder, struct utc at,
                                   struct backup_report *out, struct err *err);

struct restore {
    const char *folder;     // the backup folder
    const char *at;         // a manifest's name, with or without ".json"; NULL: the newest
    const char *site;       // a folder that is not there, or empty
    const char *checkpoint; // a file: the newest checkpoint that anybody has; NULL: the backup's
    const char *lost;       // why entries after the backup are given up; NULL: they are not
    struct utc now;
};
struct restore_report {
    char manifest[64];
    int64_t entries, lost; // of the ledger as it was; that a newer checkpoint knows beyond these
    int64_t held;          // payouts that wait for people to approve them again
    size_t files;
    bool unlocked; // the backup folder's disk has no locks: a backup may have been under way
    char *store;   // heap: the PostgreSQL that it was in; NULL: files
};

// Makes the site of a backup again, in files wherever it was; each file's bytes are checked, then
// ledger and register. A
// checkpoint that is ahead of the backup means that entries are lost: ERR_REFUSED, unless `lost`
// says why they are given up. One that the ledger does not continue is ERR_BROKEN. The ledger gets
// an entry "restored" with what it stands on and what is lost; payments that were ready wait for
// approval again, because some may have left after the backup.
void restore_report_free(struct restore_report *report); // what is in it
MUST_USE enum err_kind backup_restore(const struct restore *restore, struct restore_report *out,
                                      struct err *err);

#endif
