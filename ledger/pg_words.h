#ifndef GONG_LEDGER_PG_WORDS_H
#define GONG_LEDGER_PG_WORDS_H

#include "core/text.h"

// Our SQL is written once, in the words of SQLite; this is what PostgreSQL takes in its place. No
// general translator: it knows what our texts use, and tests/ledger/test_pg_words.c holds it to it.

// A statement: ? and ?3 become $1 and $3 (numbered as SQLite does: a bare ? is one more than the
// largest so far), the types INTEGER, BLOB and REAL their namesakes, and a remark that begins
// with "/*pg" is opened: what stands in it is for PostgreSQL alone. How many
// parameters there are.
int pg_query(const char *sql, struct buf *out);

// The text that makes an empty database (db_kind.tables). Besides: TEXT compares by its bytes,
// STRICT and WITHOUT ROWID go, a number that is the primary key counts up from the largest by
// itself, and a trigger that refuses becomes a function and a trigger. DROP TRIGGER takes the
// function and the trigger.
void pg_tables(const char *sql, struct buf *out);

// PostgreSQL takes UTF-8 only: the text with '?' for each byte that is none (of a sentence that was
// cut within a character, say); NULL when there is no such byte. Heap.
char *pg_clean_text(const char *text);

// What SQLite has and our texts use, as functions and operators: hex, json_extract, json_each,
// json_tree,
// ->> on text, max and min of two, a shift, a
// whole random number. Run once in each schema, before its tables.
extern const char pg_functions[];

#endif
