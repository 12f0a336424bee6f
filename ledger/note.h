#ifndef GONG_LEDGER_NOTE_H
#define GONG_LEDGER_NOTE_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/sign.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Signed notes, checkpoints and cosignatures in the formats of C2SP (signed-note, tlog-checkpoint,
// tlog-cosignature): other people's tools read them.
enum {
    NOTE_NAME_MAX = 96,
    NOTE_BYTES_MAX = 64 * 1024,
    NOTE_SIGNATURES_MAX = 64,
    NOTE_LOG = 1,     // a log signs its checkpoint
    NOTE_WITNESS = 4, // a witness cosigns it, with the time
};

struct note_key {
    char name[NOTE_NAME_MAX];
    uint8_t type; // NOTE_LOG or NOTE_WITNESS
    uint8_t id[4];
    struct sign_public key;
};
struct note_signer {
    struct note_key key;
    struct sign_secret secret;
};
void note_signer_forget(struct note_signer *signer); // serves as cleanup attribute

// A new key. ERR_INPUT when the name is empty, too long, or holds a space or "+".
MUST_USE enum err_kind note_signer_new(const char *name, uint8_t type, struct note_signer *out,
                                       struct err *err);

// As text: "name+id+base64" (a vkey) and "PRIVATE+KEY+name+id+base64". ERR_INPUT when it is none.
void note_key_text(const struct note_key *key, struct buf *out);
MUST_USE enum err_kind note_key_parse(struct str text, struct note_key *out, struct err *err);
// The same from a file; `path` NULL (nobody said --key) is ERR_INPUT with what to write.
MUST_USE enum err_kind note_key_load(const char *path, struct note_key *out, struct err *err);
void note_signer_text(const struct note_signer *signer, struct buf *out);
MUST_USE enum err_kind note_signer_parse(struct str text, struct note_signer *out, struct err *err);

// Appends the signature line for `text` (which ends with a newline) to `out`. `at` is what a
// witness signs beside it.
void note_sign(const struct note_signer *signer, struct str text, struct utc at, struct buf *out);

// Splits a note and checks it by the keys that are known. `*text` (borrowed) is what was signed,
// `held[i]` says that key i signed it; ERR_INPUT when it is no note, ERR_REFUSED when a known key's
// signature does not hold, or none of the known keys signed.
MUST_USE enum err_kind note_open(struct str note, const struct note_key *key, size_t keys,
                                 struct str *text, bool *held, struct err *err);

// The line of a key's signature in a note, with its end (borrowed; it is not checked); false: none.
bool note_line_of(struct str note, const struct note_key *key, struct str *line);

// What a checkpoint says.
struct checkpoint {
    char origin[NOTE_NAME_MAX];
    uint64_t size;
    struct hash root;
};
void checkpoint_text(const struct checkpoint *checkpoint, struct buf *out);
// The first three lines of a note's text. ERR_INPUT when they are none.
MUST_USE enum err_kind checkpoint_parse(struct str text, struct checkpoint *out, struct err *err);

#endif
