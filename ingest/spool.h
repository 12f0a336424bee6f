#ifndef GONG_INGEST_SPOOL_H
#define GONG_INGEST_SPOOL_H

#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

// The part of a file that came so far: ARCHIVE/incoming/X.part, with a note X.json beside it, where
// X stands for source and address. Nobody reads it but this: a file is in the archive whole or not
// at all. A process that is killed leaves it behind, and the next one goes on from there.
//
// What was written before the machine itself stopped is not believed (it may be zeros): the note
// holds the boot it was made in.
struct spool;

// What the server said of the file that is coming, so that a rest fits to its beginning.
struct spool_note {
    char from[2048];                   // the address that is being asked
    char etag[256], last_modified[64]; // "" when not said
    int64_t modified_s;                // -1 when not said
    int64_t length;                    // of the whole file; -1 when not said
};

// Opens it, and takes what is there already. ERR_LATER when another process holds it.
MUST_USE enum err_kind spool_open(const char *archive, const char *source, const char *url,
                                  struct spool **out, struct err *err);
void spool_free(struct spool **spool); // what came stays

// Its file; for another one beside it that the caller makes and removes.
const char *spool_path(const struct spool *spool);

// Removes such a folder and the files in it, also links and empty folders; what is not there is
// fine.
void spool_drop_folder(const char *folder);

int64_t spool_size(const struct spool *spool);
const struct spool_note *spool_note(const struct spool *spool); // NULL: begin from nothing
// True when it came whole, and was given its hash, before: only its place in the ledger is missing.
bool spool_is_whole(const struct spool *spool, struct hash *hash);

// From nothing again, with what the server says now.
MUST_USE enum err_kind spool_restart(struct spool *spool, const struct spool_note *note,
                                     struct err *err);
MUST_USE enum err_kind spool_add(struct spool *spool, const void *bytes, size_t len,
                                 struct err *err);
struct hash spool_hash(const struct spool *spool); // of what is there now

// The first bytes that came, at most `size`: to see that it is a web page. Returns their count.
size_t spool_head(const struct spool *spool, char *out, size_t size);

// It is whole: onto the disk and into the archive under its hash (which is kept in the note first).
MUST_USE enum err_kind spool_finish(struct spool *spool, struct hash *out, struct err *err);

// A file that came whole, while its fetcher was ended before the ledger had it. Borrowed.
struct spool_left {
    const char *source, *url, *from; // from: the address that gave it
    struct hash hash;
};

// Takes away what killed processes left behind and nobody will go on with: notes of whole
// files that `is_done`, parts that nobody went on with for 30 days, empty ones, notes half written.
// What is younger than a second, or in another process's hands, stays.
void spool_sweep(const char *archive, bool (*is_done)(void *self, const struct spool_left *left),
                 void *self);

// Forgets it: both files go.
void spool_forget(struct spool **spool);

#endif
