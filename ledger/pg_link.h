#ifndef GONG_LEDGER_PG_LINK_H
#define GONG_LEDGER_PG_LINK_H

#include "ledger/db.h"

// A connection to PostgreSQL, its transactions, and what to do when it breaks: for db_pg.c alone.

struct pg_conn;   // libpq's PGconn
struct pg_result; // libpq's PGresult

struct pg_link {
    struct pg_conn *conn;
    struct pg_conn *listener; // NULL: nobody listens
    const char *what;         // borrowed; for sentences: "ledger"
    char *url, *schema;       // heap
    int64_t lock;             // who writes to this schema holds it
    bool only_read;
    bool in_txn, lost; // lost: the connection went, within the transaction in hand or outside one
    enum db_begin how;
    int64_t writer;      // the row that tells which of our commits happened
    int64_t count;       // of the last commit that was tried
    unsigned marks;      // one more than the generation that knows how to write that row
    unsigned generation; // counts connections: what was prepared on one before is gone
    size_t late;         // statements that were sent and not yet looked at
};

// SQL: a row for each writer, with the number of its last commit. In each schema, beside its
// tables.
extern const char pg_writer_table[];

// A place is "postgresql://...#SCHEMA". ERR_LATER when it cannot be reached, ERR_REFUSED when it is
// too old.
MUST_USE enum err_kind pg_link_open(struct pg_link *link, const char *place, const char *what,
                                    struct err *err);
void pg_link_close(struct pg_link *link);

// What became of a statement that did not go well: a lost connection, a lock or a conflict is
// ERR_LATER, a full disk or a damaged table ERR_BROKEN, a right that is missing ERR_REFUSED.
enum err_kind pg_refuse(struct pg_link *link, const struct pg_result *result, const char *doing,
                        struct err *err);
bool pg_went_well(const struct pg_result *result);
bool pg_is_class(const char *state, const char *class); // of SQLSTATE: its first two letters

// Before a statement: ERR_LATER when the transaction in hand has lost its connection; outside of
// one a connection that broke is made again.
MUST_USE enum err_kind pg_ready(struct pg_link *link, struct err *err);
MUST_USE enum err_kind pg_again(struct pg_link *link, struct err *err);
// Waits for all statements that were sent (link->late); the first that failed is the answer.
MUST_USE enum err_kind pg_settle(struct pg_link *link, struct err *err);

// Statements without parameters; the second gives the first column of the last one's first row, or
// "".
MUST_USE enum err_kind pg_order(struct pg_link *link, const char *sql, struct err *err);
MUST_USE enum err_kind pg_word(struct pg_link *link, const char *sql, char *out, size_t size,
                               struct err *err);

// As db_begin ... A writer holds the schema's lock, so that writers wait for one another as in
// SQLite; DB_LAZY does not: leases lock their rows, and share a lock that pg_bar_lazy waits for. A
// commit wakes who listens to the schema's name. When the connection breaks while it commits, its
// row in gong_writer is asked for on a new one: OK when it happened, ERR_LATER when it did not;
// ERR_BROKEN when that cannot be known.
MUST_USE enum err_kind pg_begin(struct pg_link *link, enum db_begin how, struct err *err);
MUST_USE enum err_kind pg_commit(struct pg_link *link, struct err *err);
void pg_undo(struct pg_link *link);
MUST_USE enum err_kind pg_bar_lazy(struct pg_link *link, struct err *err);

// The socket of a connection of its own that hears of commits; -1 when there can be none. Nothing
// is asked on it, so that its bytes may be thrown away.
int pg_listen(struct pg_link *link);

#endif
