#ifndef GONG_LEDGER_PG_SCHEMA_H
#define GONG_LEDGER_PG_SCHEMA_H

#include "ledger/pg_link.h"

// A database of gong as one schema of a PostgreSQL, and the number of its tables in gong_mark.

MUST_USE enum err_kind pg_schema_there(struct pg_link *link, bool *there, struct err *err);
// Functions, tables and mark, in one transaction. ERR_INPUT when the schema is there.
MUST_USE enum err_kind pg_schema_make(struct pg_link *link, const struct db_kind *kind,
                                      struct err *err);
MUST_USE enum err_kind pg_schema_number(struct pg_link *link, int64_t *out, struct err *err);
MUST_USE enum err_kind pg_schema_mark(struct pg_link *link, int64_t number, struct err *err);

#endif
