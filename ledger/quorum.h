#ifndef GONG_LEDGER_QUORUM_H
#define GONG_LEDGER_QUORUM_H

#include "core/err.h"
#include "core/text.h"
#include "ledger/note.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Which witnesses count, and how many of them must have cosigned a checkpoint before it is
// believed, in the text form of C2SP tlog-policy:
//
//   log VKEY [URL]                 another log's checkpoints are not believed; none named: any that
//                                  the caller has the key of
//   witness NAME VKEY [URL]        one witness; NAME is for this file only
//   group NAME K|any|all NAME...   at least K of these witnesses and groups
//   quorum NAME|none               whose cosignature it takes; exactly once
//
// A name is used after it was given, and in one group at most, so that nobody counts twice. A
// site's is its file "witnesses"; an outsider has one of their own, from a trusted hand.
enum {
    QUORUM_MEMBERS_MAX = 32, // logs, witnesses, groups: of each
    QUORUM_NAME_MAX = 64,
    QUORUM_BYTES_MAX = 64 * 1024,
};

struct quorum_group {
    size_t need;      // so many of its members
    uint64_t members; // bit i: witness i; bit QUORUM_MEMBERS_MAX + i: group i
};
struct quorum {
    size_t logs, witnesses, groups;
    struct note_key log[QUORUM_MEMBERS_MAX], witness[QUORUM_MEMBERS_MAX];
    char name[2 * QUORUM_MEMBERS_MAX][QUORUM_NAME_MAX]; // of witnesses, then of groups
    struct quorum_group group[QUORUM_MEMBERS_MAX];
    int who; // witness or group, as the bits of members are counted; -1: none is needed
};

// ERR_INPUT says the line (`file` is for that sentence).
MUST_USE enum err_kind quorum_parse(struct str text, const char *file, struct quorum *out,
                                    struct err *err);
MUST_USE enum err_kind quorum_load(const char *path, struct quorum *out, struct err *err);
// A site's; one without the file names nobody and needs nobody.
MUST_USE enum err_kind quorum_of_site(const char *folder, struct quorum *out, struct err *err);

// Opens a checkpoint's note: it is signed by `log`, no signature of a witness in it is a false one,
// and those who cosigned are enough. `quorum` NULL: the log's signature alone. `*text` is borrowed
// from `note`,
// `*cosigned` (may be NULL) how many witnesses did. ERR_INPUT when it is no note, ERR_REFUSED when
// it is not to be believed.
MUST_USE enum err_kind quorum_open(const struct quorum *quorum, const struct note_key *log,
                                   struct str note, struct str *text, size_t *cosigned,
                                   struct err *err);
// Whether these (bit i: witness i) are enough.
bool quorum_met(const struct quorum *quorum, uint64_t cosigned);

#endif
