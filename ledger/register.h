#ifndef GONG_LEDGER_REGISTER_H
#define GONG_LEDGER_REGISTER_H

#include "ledger/people.h"

struct db;
struct phrase_book;

// For register.c, which writes contracts and people: the SQLite handle, borrowed.
struct db *people_db(struct people *people);

// Whether nothing is said in a language here: who asks for it is taken, and read to in Vietnamese.
// What to tell them is in `why`. false without a book.
bool language_is_unsaid(const struct phrase_book *book, const char *language, char *why,
                        size_t size);

#endif
