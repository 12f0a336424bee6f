#ifndef GONG_LEDGER_REASON_H
#define GONG_LEDGER_REASON_H

#include "core/err.h"

#include <stdbool.h>

struct people;

// What people write beside an act stays in the ledger for good: whom it names cannot be forgotten.

// Whether a text is 10 to 400 letters long.
bool reason_has_length(const char *text);

// ERR_INPUT when it holds a Vietnamese mobile number, however it is typed ("0900 000 123",
// "+84.900.000.123", "SĐT0900000123", wide digits, between marks of any kind), or, unless `numbers`
// may be in it (references of a bank), one of a landline or an identity in groups, or nine digits
// and more in a row: an account or an identity number. What stands in a word is a part of a
// reference, unless the word says whose number comes (SĐT, STK). `option` is where it was written.
MUST_USE enum err_kind reason_has_no_number(const char *option, const char *text, bool numbers,
                                            struct err *err);

// ERR_INPUT when it holds the name of somebody in the register, in whole words, however it is typed
// (fold.h), what stands in brackets behind the name left out (names of one word are not looked for:
// they are words too), or the account of somebody, with or without blanks in it. It does not say
// whose.
MUST_USE enum err_kind reason_names_nobody(struct people *people, const char *option,
                                           const char *text, struct err *err);

#endif
