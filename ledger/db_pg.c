#include "ledger/db_engine.h"

#include "core/mem.h"
#include "ledger/pg_link.h"
#include "ledger/pg_schema.h"
#include "ledger/pg_value.h"
#include "ledger/pg_words.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Stores in PostgreSQL 15 or newer: a database is one schema. Parameters and results go as bytes.

enum {
    PARAMETERS_MAX = 32,
    LATE_MAX = 256, // statements that wait to be looked at
    SQL_BYTES_MAX = 1 << 20,
};

struct pg_db {
    struct db base;
    struct pg_link link;
    size_t names; // of prepared statements
};

struct parameter {
    Oid type; // 0: it was not bound, which is NULL
    union {
        uint64_t number; // big-endian
        const void *at;  // NULL: NULL
    };
    int len;
    char *clean; // heap: text whose bytes were no UTF-8
};

// A statement as it was prepared for one set of parameter types.
struct variant {
    Oid type[PARAMETERS_MAX];
    unsigned generation;
    char name[16];
};

struct pg_stmt {
    struct stmt base;
    char *sql; // heap, in PostgreSQL's words
    int count; // parameters
    struct parameter parameter[PARAMETERS_MAX];
    struct variant *variant;
    size_t variants;
    PGresult *result;
    int row;
    int64_t changes;
    bool streams, begun; // rows one by one; the first was asked for
    bool reads;          // SELECT, or WITH ... SELECT
    char digits[24];
};

static struct pg_db *own_db(struct db *db)
{
    return (struct pg_db *)db;
}

static struct pg_stmt *own(struct stmt *stmt)
{
    return (struct pg_stmt *)stmt;
}

static struct pg_link *link_of(struct db *db)
{
    return &own_db(db)->link;
}

static void clear_result(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

// --- the store

static void close_db(struct db *db)
{
    struct pg_db *pg = own_db(db);
    pg_link_close(&pg->link);
    mem_free(&pg);
}

static enum err_kind connect_to(const char *place, const struct db_kind *kind, struct db **out,
                                struct err *err)
{
    struct pg_db *pg = mem_new(1, sizeof(*pg));
    AUTO(db_close) struct db *db = &pg->base;
    db->engine = &db_pg;
    db->kind = kind;
    if (pg_link_open(&pg->link, place, kind->what, err))
        return err_of(err);
    *out = TAKE(db);
    return OK;
}

static enum err_kind open_there(const char *place, const struct db_kind *kind, struct db **out,
                                struct err *err)
{
    AUTO(db_close) struct db *db = NULL;
    bool has = false;
    if (connect_to(place, kind, &db, err) || pg_schema_there(link_of(db), &has, err))
        return err_of(err);
    if (!has)
        return err_set(err, ERR_MISSING, "%s has no schema %s; make the site by gong init --store",
                       link_of(db)->url, link_of(db)->schema);
    *out = TAKE(db);
    return OK;
}

static enum err_kind create(const char *place, const struct db_kind *kind, struct err *err)
{
    AUTO(db_close) struct db *db = NULL;
    if (connect_to(place, kind, &db, err))
        return err_of(err);
    return pg_schema_make(link_of(db), kind, err);
}

static enum err_kind drop(const char *place, struct err *err)
{
    static const struct db_kind any = {.what = "store"};
    AUTO(db_close) struct db *db = NULL;
    char sql[200];
    if (connect_to(place, &any, &db, err))
        return err_of(err);
    (void)snprintf(sql, sizeof(sql), "DROP SCHEMA \"%s\" CASCADE", link_of(db)->schema);
    return pg_order(link_of(db), sql, err);
}

static enum err_kind schema(struct db *db, int64_t *out, struct err *err)
{
    return pg_schema_number(link_of(db), out, err);
}

static enum err_kind set_schema(struct db *db, int64_t number, struct err *err)
{
    return pg_schema_mark(link_of(db), number, err);
}

// Tables are written anew. The server's log and its older backups are for who runs it.
static enum err_kind shred(struct db *db, const char *tables, struct err *err)
{
    char sql[200];
    int len = snprintf(sql, sizeof(sql), "VACUUM (FULL) %s", tables);
    assert(len > 0 && (size_t)len < sizeof(sql));
    return pg_order(link_of(db), sql, err);
}

static enum err_kind only_read(struct db *db, struct err *err)
{
    link_of(db)->only_read = true;
    return pg_order(link_of(db), "SET default_transaction_read_only = on", err);
}

static enum err_kind run(struct db *db, const char *sql, struct err *err)
{
    AUTO(buf_free) struct buf words = buf_new(SQL_BYTES_MAX);
    pg_tables(sql, &words);
    assert(!words.full);
    if (pg_ready(link_of(db), err) || pg_settle(link_of(db), err))
        return err_of(err);
    return pg_order(link_of(db), words.at, err);
}

static enum err_kind begin(struct db *db, enum db_begin how, struct err *err)
{
    return pg_begin(link_of(db), how, err);
}

static enum err_kind commit(struct db *db, struct err *err)
{
    return pg_commit(link_of(db), err);
}

static void undo(struct db *db)
{
    pg_undo(link_of(db));
}

static enum err_kind bar_lazy(struct db *db, struct err *err)
{
    return pg_bar_lazy(link_of(db), err);
}

static int watch(struct db *db)
{
    return pg_listen(link_of(db));
}

// --- statements

static struct stmt *prepare(struct db *db, const char *sql)
{
    (void)db;
    struct pg_stmt *stmt = mem_new(1, sizeof(*stmt));
    struct buf words = buf_new(SQL_BYTES_MAX);
    stmt->count = pg_query(sql, &words);
    assert(!words.full && stmt->count <= PARAMETERS_MAX);
    stmt->sql = buf_take(&words);
    stmt->reads = strncmp(sql, "SELECT", 6) == 0 || strncmp(sql, "WITH", 4) == 0;
    return &stmt->base;
}

static void end_stream(struct pg_stmt *stmt);
static void reset(struct stmt *stmt)
{
    struct pg_stmt *pg = own(stmt);
    end_stream(pg);
    pg->streams = false;
    clear_result(&pg->result);
    for (int i = 0; i < pg->count; i++) {
        mem_free(&pg->parameter[i].clean);
        pg->parameter[i] = (struct parameter){0};
    }
}

static void forget(struct stmt *stmt)
{
    struct pg_stmt *pg = own(stmt);
    reset(stmt);
    mem_free(&pg->sql);
    mem_free(&pg->variant);
    mem_free(&pg);
}

static struct parameter *parameter_at(struct stmt *stmt, int at)
{
    assert(at >= 1 && at <= own(stmt)->count);
    struct parameter *parameter = &own(stmt)->parameter[at - 1];
    mem_free(&parameter->clean);
    return parameter;
}

static void bind_int(struct stmt *stmt, int at, int64_t value)
{
    *parameter_at(stmt, at) = (struct parameter){
        .type = PG_INT8, .number = htobe64((uint64_t)value), .len = sizeof(int64_t)};
}

static void bind_real(struct stmt *stmt, int at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    *parameter_at(stmt, at) =
        (struct parameter){.type = PG_FLOAT8, .number = htobe64(bits), .len = sizeof(bits)};
}

static void bind_text(struct stmt *stmt, int at, const char *text)
{
    struct parameter *parameter = parameter_at(stmt, at);
    *parameter = (struct parameter){.type = PG_TEXT};
    if (!text)
        return;
    parameter->clean = pg_clean_text(text);
    parameter->at = parameter->clean ? parameter->clean : text;
    parameter->len = (int)strlen(parameter->at);
}

static void bind_str(struct stmt *stmt, int at, struct str text)
{
    bind_text(stmt, at, text.at); // ended by NUL
}

static void bind_bytes(struct stmt *stmt, int at, const void *bytes, size_t len)
{
    assert(len <= INT32_MAX);
    *parameter_at(stmt, at) =
        (struct parameter){.type = PG_BYTES, .at = len ? bytes : "", .len = (int)len};
}

// The statement as it was prepared for these types of parameters; NULL when it was not.
static const struct variant *find_variant(const struct pg_stmt *stmt, unsigned generation)
{
    for (size_t i = 0; i < stmt->variants; i++) {
        const struct variant *variant = &stmt->variant[i];
        bool same = variant->generation == generation;
        for (int p = 0; same && p < stmt->count; p++)
            same = variant->type[p] == stmt->parameter[p].type;
        if (same)
            return variant;
    }
    return NULL;
}

// Our own mistakes are found by the first test that comes by, as in the other engine.
static void check_compiles(const PGresult *result, const char *sql)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!state || !pg_is_class(state, "42") || strcmp(state, "42501") == 0)
        return;
    (void)fprintf(stderr, "SQL: %s: %s\n", PQresultErrorMessage(result), sql);
    assert(false && "SQL that does not compile");
}

static enum err_kind make_variant(struct pg_db *db, struct pg_stmt *stmt,
                                  const struct variant **out, struct err *err)
{
    struct variant next = {.generation = db->link.generation};
    for (int p = 0; p < stmt->count; p++)
        next.type[p] = stmt->parameter[p].type;
    (void)snprintf(next.name, sizeof(next.name), "g%zu", ++db->names);
    if (pg_settle(&db->link, err))
        return err_of(err);
    AUTO(clear_result)
    PGresult *result = PQprepare(db->link.conn, next.name, stmt->sql, stmt->count, next.type);
    if (!pg_went_well(result)) {
        check_compiles(result, stmt->sql);
        return pg_refuse(&db->link, result, stmt->sql, err);
    }
    // Those of a connection that went are of no more use.
    if (stmt->variants && stmt->variant[0].generation != db->link.generation)
        stmt->variants = 0;
    stmt->variant = mem_resize(stmt->variant, stmt->variants + 1, sizeof(*stmt->variant));
    stmt->variant[stmt->variants] = next;
    *out = &stmt->variant[stmt->variants++];
    return OK;
}

struct packed {
    const char *value[PARAMETERS_MAX];
    int length[PARAMETERS_MAX], format[PARAMETERS_MAX];
};

static void pack(const struct pg_stmt *stmt, struct packed *out)
{
    for (int p = 0; p < stmt->count; p++) {
        const struct parameter *parameter = &stmt->parameter[p];
        bool number = parameter->type == PG_INT8 || parameter->type == PG_FLOAT8;
        const void *at = number ? (const void *)&parameter->number : parameter->at;
        out->value[p] = at;
        out->length[p] = parameter->len;
        out->format[p] = 1;
    }
}

static enum err_kind execute(struct pg_db *db, struct pg_stmt *stmt, struct err *err)
{
    struct packed packed;
    const struct variant *variant = find_variant(stmt, db->link.generation);
    if (!variant && make_variant(db, stmt, &variant, err))
        return err_of(err);
    if (pg_settle(&db->link, err))
        return err_of(err);
    pack(stmt, &packed);
    clear_result(&stmt->result);
    stmt->result = PQexecPrepared(db->link.conn, variant->name, stmt->count, packed.value,
                                  packed.length, packed.format, 1);
    if (!pg_went_well(stmt->result)) {
        AUTO(clear_result) PGresult *failed = TAKE(stmt->result);
        check_compiles(failed, stmt->sql);
        return pg_refuse(&db->link, failed, stmt->sql, err);
    }
    stmt->row = -1;
    stmt->changes = strtoll(PQcmdTuples(stmt->result), NULL, 10);
    return OK;
}

// Outside a transaction: a read that meets a broken connection is asked once more; a write is its
// own transaction, so that it is known whether it happened.
static enum err_kind execute_alone(struct pg_db *db, struct pg_stmt *stmt, struct err *err)
{
    if (pg_ready(&db->link, err))
        return err_of(err);
    if (stmt->reads) {
        enum err_kind kind = execute(db, stmt, err);
        if (kind && db->link.lost && pg_again(&db->link, err) == OK)
            kind = execute(db, stmt, err);
        return kind;
    }
    enum err_kind kind = pg_begin(&db->link, DB_WRITE, err);
    if (!kind)
        kind = execute(db, stmt, err);
    if (!kind)
        kind = pg_commit(&db->link, err);
    if (kind)
        pg_undo(&db->link);
    return kind;
}

static enum err_kind go(struct stmt *stmt, struct err *err)
{
    struct pg_db *db = own_db(stmt->db);
    if (!db->link.in_txn)
        return execute_alone(db, own(stmt), err);
    return pg_ready(&db->link, err) ? err_of(err) : execute(db, own(stmt), err);
}

static enum err_kind begin_stream(struct pg_db *db, struct pg_stmt *stmt, struct err *err)
{
    struct packed packed;
    if (pg_ready(&db->link, err))
        return err_of(err);
    const struct variant *variant = find_variant(stmt, db->link.generation);
    if ((!variant && make_variant(db, stmt, &variant, err)) || pg_settle(&db->link, err))
        return err_of(err);
    pack(stmt, &packed);
    if (!PQsendQueryPrepared(db->link.conn, variant->name, stmt->count, packed.value, packed.length,
                             packed.format, 1) ||
        !PQsetSingleRowMode(db->link.conn))
        return pg_refuse(&db->link, NULL, stmt->sql, err);
    stmt->begun = true;
    return OK;
}

static void end_stream(struct pg_stmt *stmt)
{
    PGconn *conn = own_db(stmt->base.db)->link.conn;
    while (stmt->begun) {
        AUTO(clear_result) PGresult *result = PQgetResult(conn);
        stmt->begun = result && PQstatus(conn) == CONNECTION_OK;
    }
}

// The next of many rows; the last result has none and ends it.
static enum err_kind next_streamed(struct pg_db *db, struct pg_stmt *stmt, bool *row,
                                   struct err *err)
{
    if (!stmt->begun && begin_stream(db, stmt, err))
        return err_of(err);
    clear_result(&stmt->result);
    stmt->result = PQgetResult(db->link.conn);
    stmt->row = 0;
    *row = PQresultStatus(stmt->result) == PGRES_SINGLE_TUPLE;
    if (*row)
        return OK;
    enum err_kind kind =
        pg_went_well(stmt->result) ? OK : pg_refuse(&db->link, stmt->result, stmt->sql, err);
    end_stream(stmt);
    return kind;
}

static enum err_kind next(struct stmt *stmt, bool *row, struct err *err)
{
    struct pg_stmt *pg = own(stmt);
    *row = false;
    if (pg->streams)
        return next_streamed(own_db(stmt->db), pg, row, err);
    if (!pg->result && go(stmt, err))
        return err_of(err);
    *row = ++pg->row < PQntuples(pg->result);
    return OK;
}

static enum err_kind once(struct stmt *stmt, struct err *err)
{
    if (go(stmt, err))
        return err_of(err);
    assert(PQntuples(own(stmt)->result) == 0);
    clear_result(&own(stmt)->result);
    return OK;
}

static enum err_kind later(struct stmt *stmt, struct err *err)
{
    struct pg_db *db = own_db(stmt->db);
    struct pg_stmt *pg = own(stmt);
    struct packed packed;
    const struct variant *variant = find_variant(pg, db->link.generation);
    if (!db->link.in_txn || !variant)
        return once(stmt, err);
    if (pg_ready(&db->link, err) || (db->link.late >= LATE_MAX && pg_settle(&db->link, err)))
        return err_of(err);
    if (PQpipelineStatus(db->link.conn) == PQ_PIPELINE_OFF)
        (void)PQenterPipelineMode(db->link.conn);
    pack(pg, &packed);
    if (!PQsendQueryPrepared(db->link.conn, variant->name, pg->count, packed.value, packed.length,
                             packed.format, 1))
        return pg_refuse(&db->link, NULL, pg->sql, err);
    db->link.late++;
    return OK;
}

static int64_t changes(struct stmt *stmt)
{
    return own(stmt)->changes;
}

static struct str value_of(struct stmt *stmt, int column)
{
    const struct pg_stmt *pg = own(stmt);
    assert(pg->result && pg->row >= 0 && column < PQnfields(pg->result));
    if (PQgetisnull(pg->result, pg->row, column))
        return (struct str){NULL, 0};
    return (struct str){PQgetvalue(pg->result, pg->row, column),
                        (size_t)PQgetlength(pg->result, pg->row, column)};
}

static void stream(struct stmt *stmt)
{
    own(stmt)->streams = true;
}

static size_t columns(struct stmt *stmt)
{
    return (size_t)PQnfields(own(stmt)->result);
}

static const char *column_name(struct stmt *stmt, int column)
{
    return PQfname(own(stmt)->result, column);
}

static enum value_kind kind_of_value(struct stmt *stmt, int column)
{
    if (!value_of(stmt, column).at)
        return VALUE_NULL;
    switch (PQftype(own(stmt)->result, column)) {
    case PG_TEXT:
        return VALUE_TEXT;
    case PG_BYTES:
        return VALUE_BYTES;
    case PG_FLOAT8:
        return VALUE_REAL;
    default:
        return VALUE_INT;
    }
}

static int64_t get_int(struct stmt *stmt, int column)
{
    struct str value = value_of(stmt, column);
    return value.at ? pg_int(PQftype(own(stmt)->result, column), value) : 0;
}

static double get_real(struct stmt *stmt, int column)
{
    struct str value = value_of(stmt, column);
    return value.at ? pg_real(PQftype(own(stmt)->result, column), value) : 0;
}

static bool get_null(struct stmt *stmt, int column)
{
    return !value_of(stmt, column).at;
}

static const char *get_text(struct stmt *stmt, int column)
{
    struct str value = value_of(stmt, column);
    Oid type = PQftype(own(stmt)->result, column);
    if (!value.at || type == PG_TEXT || type == PG_BYTES)
        return value.at;
    (void)snprintf(own(stmt)->digits, sizeof(own(stmt)->digits), "%" PRId64, pg_int(type, value));
    return own(stmt)->digits;
}

static struct str get_bytes(struct stmt *stmt, int column)
{
    return value_of(stmt, column);
}

const struct db_engine db_pg = {
    .create = create,
    .open = open_there,
    .drop = drop,
    .close = close_db,
    .only_read = only_read,
    .schema = schema,
    .set_schema = set_schema,
    .shred = shred,
    .run = run,
    .begin = begin,
    .commit = commit,
    .undo = undo,
    .bar_lazy = bar_lazy,
    .watch = watch,
    .prepare = prepare,
    .forget = forget,
    .reset = reset,
    .bind_int = bind_int,
    .bind_real = bind_real,
    .bind_text = bind_text,
    .bind_str = bind_str,
    .bind_bytes = bind_bytes,
    .next = next,
    .once = once,
    .later = later,
    .changes = changes,
    .stream = stream,
    .columns = columns,
    .column = column_name,
    .value_kind = kind_of_value,
    .get_int = get_int,
    .get_real = get_real,
    .get_null = get_null,
    .get_text = get_text,
    .get_bytes = get_bytes,
};
