#include "ledger/pg_link.h"

#include "core/clock.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/text.h"

#include <assert.h>
#include <inttypes.h>
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECONNECT_TRIES = 60,
    RECONNECT_MS = 500,
    SILENT_S = 7 * 86400, // after which a writer's row is another's
};

const char pg_writer_table[] = "CREATE TABLE IF NOT EXISTS gong_writer (id BIGINT PRIMARY KEY, "
                               "count BIGINT NOT NULL, at BIGINT NOT NULL)";

// --- what goes wrong

static void clear_result(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

static void first_line(const char *text, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", (int)strcspn(text, "\n"), text);
}

bool pg_is_class(const char *state, const char *class)
{
    return strncmp(state, class, 2) == 0;
}

static enum err_kind refuse_state(struct pg_link *link, const char *state, const char *why,
                                  const char *doing, struct err *err)
{
    const char *what = link->what;
    if (strcmp(state, "53100") == 0)
        return err_no_space(err, "the %s, where PostgreSQL keeps it", what);
    if (strcmp(state, "42501") == 0)
        return err_set(err, ERR_REFUSED, "PostgreSQL does not let this user do that to the %s (%s)",
                       what, why);
    if (strcmp(state, "58030") == 0 || strcmp(state, "XX001") == 0 || strcmp(state, "XX002") == 0)
        return err_set(
            err, ERR_BROKEN,
            "the disk failed under the %s, or what is on it is damaged (PostgreSQL says: "
            "%s); see to it, then start again: what was acknowledged before is there, or "
            "in the backup",
            what, why);
    if (pg_is_class(state, "40") || pg_is_class(state, "53") || pg_is_class(state, "57") ||
        strcmp(state, "55P03") == 0)
        return err_set(err, ERR_LATER, "the %s is in use by another program; try again (%s)", what,
                       why);
    return err_set(err, ERR_BROKEN, "the %s cannot be used (%s), while %s", what, why, doing);
}

// What became of a statement that did not go well.
enum err_kind pg_refuse(struct pg_link *link, const PGresult *result, const char *doing,
                        struct err *err)
{
    char why[200];
    first_line(PQerrorMessage(link->conn), why, sizeof(why));
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    // What the server says has a state; what has none was said by libpq, of a connection that may
    // look whole yet (a write that failed).
    if (PQstatus(link->conn) == CONNECTION_BAD || !state) {
        link->lost = true;
        return err_set(err, ERR_LATER, "the connection to the %s was lost (%s); try again",
                       link->what, why);
    }
    const char *said = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (said)
        first_line(said, why, sizeof(why));
    text_clean(why); // cut, or in the server's own coding
    return refuse_state(link, state, why, doing, err);
}

bool pg_went_well(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

// --- statements that were sent and not yet looked at

// Waits for all that were sent; the first that failed is the answer. `committed`: whether a COMMIT
// was among them and did.
static enum err_kind settle(struct pg_link *link, bool *committed, struct err *err)
{
    enum err_kind kind = OK;
    *committed = false;
    if (PQpipelineStatus(link->conn) == PQ_PIPELINE_OFF)
        return OK;
    (void)PQpipelineSync(link->conn);
    for (int empty = 0; empty < 2;) {
        AUTO(clear_result) PGresult *result = PQgetResult(link->conn);
        empty = result ? 0 : empty + 1;
        if (PQstatus(link->conn) == CONNECTION_BAD) {
            kind = kind ? kind : pg_refuse(link, NULL, "waiting for what was sent", err);
            link->lost = true; // whatever was said before it went
            break;
        }
        if (!result)
            continue;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
            break;
        *committed = *committed || strcmp(PQcmdStatus(result), "COMMIT") == 0;
        if (!kind && !pg_went_well(result))
            kind = pg_refuse(link, result, "writing rows", err);
    }
    link->late = 0;
    (void)PQexitPipelineMode(link->conn);
    return kind;
}

enum err_kind pg_settle(struct pg_link *link, struct err *err)
{
    bool committed;
    return settle(link, &committed, err);
}

// --- the connection

static PGresult *ask(struct pg_link *link, const char *sql)
{
    return PQexec(link->conn, sql);
}

enum err_kind pg_order(struct pg_link *link, const char *sql, struct err *err)
{
    AUTO(clear_result) PGresult *result = ask(link, sql);
    return pg_went_well(result) ? OK : pg_refuse(link, result, sql, err);
}

// What every connection says first. A server that would not wait for its disk is told to.
static enum err_kind introduce(struct pg_link *link, struct err *err)
{
    AUTO(buf_free) struct buf sql = buf_new(2000);
    buf_print(&sql,
              "SET search_path TO \"%s\"; SET lock_timeout = '10s'; SET jit = off;"
              "SET idle_in_transaction_session_timeout = '60s';"
              "SET client_min_messages = warning;"
              // Who waited for the writers' lock must see what the writer before wrote.
              "SET default_transaction_isolation = 'read committed';"
              "SELECT set_config('synchronous_commit', 'on', false)"
              " WHERE current_setting('synchronous_commit') = 'off'",
              link->schema);
    if (pg_order(link, sql.at, err))
        return err_of(err);
    return link->only_read ? pg_order(link, "SET default_transaction_read_only = on", err) : OK;
}

static enum err_kind reach(struct pg_link *link, struct err *err)
{
    char why[200];
    if (PQstatus(link->conn) == CONNECTION_OK)
        return OK;
    first_line(PQerrorMessage(link->conn), why, sizeof(why));
    return err_set(err, ERR_LATER, "the store %s cannot be reached (%s); is PostgreSQL running?",
                   link->url, why);
}

enum err_kind pg_again(struct pg_link *link, struct err *err)
{
    PQreset(link->conn);
    link->generation++;
    link->late = 0;
    if (reach(link, err) || introduce(link, err))
        return err_of(err);
    link->lost = false;
    return OK;
}

// A connection that broke while nothing was in hand is made again, once.
enum err_kind pg_ready(struct pg_link *link, struct err *err)
{
    if (link->in_txn && link->lost)
        return err_set(err, ERR_LATER, "the connection to the %s was lost; try again", link->what);
    if (!link->in_txn && (link->lost || PQstatus(link->conn) == CONNECTION_BAD))
        return pg_again(link, err);
    return OK;
}

// The first column of the first row of a question; "" when there is none.
enum err_kind pg_word(struct pg_link *link, const char *sql, char *out, size_t size,
                      struct err *err)
{
    AUTO(clear_result) PGresult *result = ask(link, sql);
    if (!pg_went_well(result))
        return pg_refuse(link, result, sql, err);
    (void)snprintf(out, size, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    return OK;
}

// What a server says aside, when it goes down for one, is said by the error that follows.
static void say_nothing(void *self, const char *message)
{
    (void)self;
    (void)message;
}

static PGconn *connect_to(const struct pg_link *link)
{
    const char *const names[] = {"dbname", "fallback_application_name", "client_encoding", NULL};
    const char *const values[] = {link->url, "gong", "UTF8", NULL};
    PGconn *conn = PQconnectdbParams(names, values, 1);
    (void)PQsetNoticeProcessor(conn, say_nothing, NULL);
    return conn;
}

void pg_link_close(struct pg_link *link)
{
    PQfinish(link->conn);
    PQfinish(link->listener);
    mem_free(&link->url);
    mem_free(&link->schema);
}

enum err_kind pg_link_open(struct pg_link *link, const char *place, const char *what,
                           struct err *err)
{
    const char *mark = strrchr(place, '#');
    assert(mark && !strpbrk(mark, "\"'\\"));
    link->what = what;
    link->url = str_copy((struct str){place, (size_t)(mark - place)});
    link->schema = mem_text(mark + 1);
    struct hash hash = hash_of_pair(hash_of(STR("gong writer")), str_of(link->schema));
    memcpy(&link->lock, hash.at, sizeof(link->lock));
    random_bytes(&link->writer, sizeof(link->writer));
    link->conn = connect_to(link);
    if (reach(link, err) || introduce(link, err))
        return err_of(err);
    if (PQserverVersion(link->conn) < 150000)
        return err_set(err, ERR_REFUSED, "%s is PostgreSQL %d; gong needs 15 or newer", link->url,
                       PQserverVersion(link->conn) / 10000);
    return OK;
}

// --- transactions

// A store of before has no table of writers. Of those who find so at once, one makes it: each looks
// again when it has the writers' lock, in a transaction of its own, which stays when the write that
// follows does not.
static enum err_kind make_table(struct pg_link *link, struct err *err)
{
    char word[80] = "", sql[400];
    if (pg_word(link, "SELECT to_regclass('gong_writer')", word, sizeof(word), err))
        return err_of(err);
    if (*word)
        return OK;
    (void)snprintf(sql, sizeof(sql), "BEGIN; SELECT pg_advisory_xact_lock(%" PRId64 "); %s; COMMIT",
                   link->lock, pg_writer_table);
    return pg_order(link, sql, err);
}

// Every write leaves a number of its own in the row of its writer. Should the connection break
// while it commits, that row tells afterwards whether it did: a transaction's id would not, after a
// crash the server gives it to another one.
static enum err_kind make_mark(struct pg_link *link, struct err *err)
{
    if (link->marks == link->generation + 1)
        return OK;
    if (make_table(link, err))
        return err_of(err);
    AUTO(clear_result)
    PGresult *result =
        PQprepare(link->conn, "gong_writer",
                  "INSERT INTO gong_writer VALUES ($1, $2, extract(epoch FROM now())::bigint)"
                  " ON CONFLICT (id) DO UPDATE SET count = excluded.count, at = excluded.at",
                  2, NULL);
    if (!pg_went_well(result))
        return pg_refuse(link, result, "preparing to write", err);
    link->marks = link->generation + 1;
    return OK;
}

// A new writer takes the row of one that has been silent for a week, so that they do not pile up.
static enum err_kind take_old_row(struct pg_link *link, struct err *err)
{
    char sql[300];
    if (link->count > 0)
        return OK;
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE gong_writer SET id = %" PRId64 ", count = 0 WHERE id = (SELECT id FROM"
                   " gong_writer WHERE at < extract(epoch FROM now())::bigint - %d LIMIT 1)",
                   link->writer, SILENT_S);
    return pg_order(link, sql, err);
}

// Lazy ones share it; who must not come between them has it alone.
static int64_t lazy_lock(const struct pg_link *link)
{
    return ~link->lock;
}

enum err_kind pg_bar_lazy(struct pg_link *link, struct err *err)
{
    char sql[100];
    assert(link->in_txn && link->how == DB_WRITE);
    if (pg_ready(link, err))
        return err_of(err);
    (void)snprintf(sql, sizeof(sql), "SELECT pg_advisory_xact_lock(%" PRId64 ")", lazy_lock(link));
    return pg_order(link, sql, err);
}

// A writer waits here for the one before it.
static enum err_kind start(struct pg_link *link, enum db_begin how, struct err *err)
{
    char sql[200];
    if (how == DB_READ)
        return pg_order(link, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
    // Leases are many and alike, and each of their statements has one index to go by. The lock is
    // had before the first of them takes its view.
    if (how == DB_LAZY) {
        (void)snprintf(sql, sizeof(sql),
                       "BEGIN; SET LOCAL synchronous_commit = off;"
                       "SET LOCAL plan_cache_mode = force_generic_plan;"
                       "SELECT pg_advisory_xact_lock_shared(%" PRId64 ")",
                       lazy_lock(link));
        return pg_order(link, sql, err);
    }
    if (make_mark(link, err))
        return err_of(err);
    (void)snprintf(sql, sizeof(sql), "BEGIN; SELECT pg_advisory_xact_lock(%" PRId64 ")",
                   link->lock);
    return pg_order(link, sql, err) ? err_of(err) : take_old_row(link, err);
}

// What fails here is the connection's end, and that ends the transaction too.
static void roll_back(struct pg_link *link)
{
    struct err ignored = {0};
    enum err_kind kind = pg_settle(link, &ignored);
    if (!link->lost && PQtransactionStatus(link->conn) != PQTRANS_IDLE)
        kind = pg_order(link, "ROLLBACK", &ignored);
    (void)kind;
    link->in_txn = false;
}

enum err_kind pg_begin(struct pg_link *link, enum db_begin how, struct err *err)
{
    assert(!link->in_txn);
    if (pg_ready(link, err))
        return err_of(err);
    enum err_kind kind = start(link, how, err);
    // What broke before anything was asked of it is made again.
    if (kind && link->lost && pg_again(link, err) == OK)
        kind = start(link, how, err);
    if (kind) {
        roll_back(link);
        return kind;
    }
    link->in_txn = true;
    link->how = how;
    return OK;
}

// The connection broke while a commit was under way: asks on a new one what became of it. The old
// session holds the lock for as long as it is not decided.
static enum err_kind look_back(struct pg_link *link, struct err *err)
{
    char sql[300], word[24] = "";
    enum err_kind kind = ERR_LATER;
    (void)snprintf(sql, sizeof(sql),
                   "SELECT pg_advisory_lock(%" PRId64 "); SELECT pg_advisory_unlock(%" PRId64 ");"
                   "SELECT count FROM gong_writer WHERE id = %" PRId64,
                   link->lock, link->lock, link->writer);
    for (int i = 0; kind && i < RECONNECT_TRIES; i++) {
        if (i)
            clock_system.pause_ms(clock_system.self, RECONNECT_MS);
        kind = pg_again(link, err);
        if (!kind)
            kind = pg_word(link, sql, word, sizeof(word), err);
    }
    if (kind)
        return err_set(err, ERR_BROKEN,
                       "the connection to the %s was lost while it committed, and whether it did "
                       "is not known; start again when PostgreSQL runs",
                       link->what);
    if (strtoll(word, NULL, 10) == link->count)
        return OK;
    return err_set(err, ERR_LATER,
                   "the connection to the %s was lost before its commit; nothing was "
                   "written, try again",
                   link->what);
}

// What tells that this one committed, and who wakes: sent, not looked at.
static bool send_mark(struct pg_link *link)
{
    char writer[24], count[24], sql[100];
    const char *const values[] = {writer, count};
    link->count++;
    (void)snprintf(writer, sizeof(writer), "%" PRId64, link->writer);
    (void)snprintf(count, sizeof(count), "%" PRId64, link->count);
    (void)snprintf(sql, sizeof(sql), "NOTIFY \"%s\"", link->schema);
    return PQsendQueryPrepared(link->conn, "gong_writer", 2, values, NULL, NULL, 0) == 1 &&
           PQsendQueryParams(link->conn, sql, 0, NULL, NULL, NULL, NULL, 0) == 1;
}

// Ends the transaction; what was sent and not looked at yet goes with it.
static enum err_kind end(struct pg_link *link, bool *committed, struct err *err)
{
    if (PQpipelineStatus(link->conn) == PQ_PIPELINE_OFF)
        (void)PQenterPipelineMode(link->conn);
    if ((link->how == DB_WRITE && !send_mark(link)) ||
        !PQsendQueryParams(link->conn, "COMMIT", 0, NULL, NULL, NULL, NULL, 0))
        return pg_refuse(link, NULL, "committing", err);
    // A session that is ended right after its commit says both.
    enum err_kind kind = settle(link, committed, err);
    if (*committed)
        return OK;
    return kind ? kind : pg_refuse(link, NULL, "committing", err);
}

enum err_kind pg_commit(struct pg_link *link, struct err *err)
{
    bool committed = false;
    assert(link->in_txn);
    if (pg_ready(link, err))
        return err_of(err);
    enum err_kind kind = end(link, &committed, err);
    if (kind && link->lost && link->how == DB_WRITE) {
        link->in_txn = false;
        kind = look_back(link, err);
        link->in_txn = kind != OK; // the caller's db_undo ends it
        link->lost = kind != OK;
        return kind;
    }
    link->in_txn = !committed;
    return kind;
}

void pg_undo(struct pg_link *link)
{
    if (link->in_txn)
        roll_back(link);
}

int pg_listen(struct pg_link *link)
{
    char sql[100];
    if (link->listener)
        return PQsocket(link->listener);
    link->listener = connect_to(link);
    (void)snprintf(sql, sizeof(sql), "LISTEN \"%s\"", link->schema);
    PGresult *result = PQexec(link->listener, sql);
    bool heard = pg_went_well(result);
    PQclear(result);
    return heard ? PQsocket(link->listener) : -1;
}
