#ifndef GONG_LEDGER_REASON_H
#define GONG_LEDGER_REASON_H

#include "core/err.h"

#include <stdbool.h>

struct people;

// What people write beside an act stays in the ledger for good: whom it names cannot be forgotten.

// Whether a text is 10 to 400 letters long.
bool reason_has_length(const char *text);

// ERR_INPUT when it holds a Vietnamese mobile number, however it is written ("0900 000 123",
// "+84.900.000.123"), or, unless `numbers` may be in it (references of a bank), nine digits and
// more in a row with no letter at either end: an account or an identity number. `option` is
// where it was written.
MUST_USE enum err_kind reason_has_no_number(const char *option, const char *text, bool numbers,
                                            struct err *err);

// ERR_INPUT when it holds the name of somebody in the register, in whole words, with or without
// accents, what stands in brackets behind the name left out (names of one word are not looked for:
// they are words too), or the account of somebody. It does not say whose.
MUST_USE enum err_kind reason_names_nobody(struct people *people, const char *option,
                                           const char *text, struct err *err);

#endif
