#ifndef GONG_LEDGER_SCRUB_H
#define GONG_LEDGER_SCRUB_H

#include "core/err.h"
#include "ledger/people.h"

// Blanks whom a line of the file drivers (out/sms.jsonl, out/pay.jsonl) went to, or of what goes
// into bank files and cash lists (out/pay-csv.jsonl, out/pay-iso20022.jsonl; a line whose file was
// made is not read again but for its key), in every line of a person or of one of the contracts:
// the values of "to", "name" and "account" become "x", byte by byte, so that no other byte moves
// and who is writing at the end goes on undisturbed (it takes turns with them by the lock on the
// file). A file that is not there is well.
MUST_USE enum err_kind scrub_lines(const char *folder, const char *person,
                                   const struct contracts *contracts, struct err *err);

#endif
