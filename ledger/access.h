#ifndef GONG_LEDGER_ACCESS_H
#define GONG_LEDGER_ACCESS_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"
#include "ledger/ledger.h"
#include "ledger/people.h"

#include <stddef.h>
#include <stdint.h>

// The log of access to personal data, in people.db: who, when, by which verb, whose. Each row is
// hashed with the one before, SHA-256(hash before || "ID AT WHO VERB PERSON", blanks between), and
// its length and last hash are told to the ledger now and then (entry "access"): so a row that is
// changed, removed or cut off at the end is noticed. Messages that were sent to a person are not in
// it: the outbox is the record of these.

enum { ACCESS_WHO_SIZE = 64, ACCESS_VERB_SIZE = 48 };

// Everybody: a verb that reads whatever it meets (an import, a worker).
extern const char access_everybody[]; // "*"

// Writes a row: within a transaction of `people` that is in hand, and with one of its own. Blanks
// and control characters in `who` and `verb` are written "_".
MUST_USE enum err_kind access_note(struct people *people, struct utc at, const char *who,
                                   const char *verb, const char *person, struct err *err);
MUST_USE enum err_kind access_record(struct people *people, struct utc at, const char *who,
                                     const char *verb, const char *person, struct err *err);

// Who is at the command line: --by, else the login of this machine. Borrowed from either.
struct cli;
const char *access_who(const struct cli *cli);
const char *access_login(void);

// access_record for a verb that copies the whole register of the site in `folder`, before it does,
// by the login of this machine.
MUST_USE enum err_kind access_of_copy(const char *folder, struct utc at, const char *verb,
                                      struct err *err);

struct access_row {
    int64_t id;
    struct utc at;
    char who[ACCESS_WHO_SIZE], verb[ACCESS_VERB_SIZE], person[48];
    struct hash hash;
};
struct access_rows {
    struct access_row *at;
    size_t count;
};
void access_rows_free(struct access_rows *rows);

// Rows about a person, and those about everybody; NULL: all. By id.
MUST_USE enum err_kind access_list(struct people *people, const char *person,
                                   struct access_rows *out, struct err *err);

// Tells the ledger how long the log is and what its last hash is, when it grew since it was told.
MUST_USE enum err_kind access_tell(struct people *people, struct ledger *ledger, struct utc at,
                                   struct err *err);

// Recomputes the hashes, and holds the log against what the ledger was told last. ERR_BROKEN names
// the first bad row.
MUST_USE enum err_kind access_check(struct people *people, struct ledger *ledger, int64_t *count,
                                    struct err *err);

#endif
