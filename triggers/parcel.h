#ifndef GONG_TRIGGERS_PARCEL_H
#define GONG_TRIGGERS_PARCEL_H

#include "core/date.h"
#include "core/tar.h"
#include "ledger/note.h"

#include <stdbool.h>

// A tar file whose files lie in one folder and are named with their SHA-256 in SHA256SUMS (for
// sha256sum -c); SHA256SUMS.note says, signed by the site's log key, that the site made that list
// (ledger/seal.h). So that any other byte in any file is found, and the file named.
struct parcel {
    struct buf *tar; // borrowed; its maximum is the limit
    struct buf sums;
    struct utc at;   // of all files
    char folder[32]; // "gong-825"
};
void parcel_free(struct parcel *parcel); // frees what is in it; serves as cleanup attribute

void parcel_begin(struct parcel *parcel, struct buf *tar, const char *folder, struct utc at);
void parcel_add(struct parcel *parcel, const char *name, struct str bytes);
// Adds the list and, where the site's log key is at hand, the note. ERR_INPUT when it did not fit.
MUST_USE enum err_kind parcel_end(struct parcel *parcel, const char *site_folder, struct err *err);

// What somebody was given.
struct parcel_seen {
    struct tar_files files; // their names without the folder
    bool vouched;           // the site signed the list; false: there is no note
};
void parcel_seen_free(struct parcel_seen *seen);
// ERR_INPUT when it is no such file, ERR_REFUSED names the first file that is not as listed.
MUST_USE enum err_kind parcel_open(struct str tar, const char *name, const struct note_key *key,
                                   struct parcel_seen *out, struct err *err);
// A file's bytes; false when it is not there.
bool parcel_find(const struct parcel_seen *seen, const char *name, struct str *out);
// The same; ERR_REFUSED when it is not there.
MUST_USE enum err_kind parcel_need(const struct parcel_seen *seen, const char *name,
                                   struct str *out, struct err *err);

#endif
