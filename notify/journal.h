#ifndef GONG_NOTIFY_JOURNAL_H
#define GONG_NOTIFY_JOURNAL_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>

// A file of JSON lines, each with a member "key" that is there at most once. Several processes may
// have it open: they take turns by a lock on the file.
struct journal;

// Opens or makes it (0600) and reads its keys. ERR_BROKEN when a line (but the torn last one) is no
// JSON object with a key: somebody else wrote there.
MUST_USE enum err_kind journal_open(const char *path, struct journal **out, struct err *err);
void journal_close(struct journal **journal);

// A turn: waits for the lock, learns what others wrote, moves a torn last line to PATH.torn.
MUST_USE enum err_kind journal_begin(struct journal *journal, struct err *err);

// Within a turn.
bool journal_has(const struct journal *journal, const char *key);
void journal_add(struct journal *journal, const char *key,
                 struct str line); // copied; not on disk yet

// Ends the turn: all added lines are on the disk when it is OK. Otherwise none counts as written
// (what got there half is moved aside in the next turn), and ERR_BROKEN says why.
MUST_USE enum err_kind journal_end(struct journal *journal, struct err *err);
void journal_abandon(struct journal *journal); // ends it and writes nothing

#endif
