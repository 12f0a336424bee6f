#include "ledger/db.h"

#include "core/mem.h"
#include "ledger/db_engine.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// The engine of a place.
static const struct db_engine *engine_of(const char *place)
{
    bool served = str_starts(str_of(place), "postgresql://");
    return served ? &db_pg : &db_sqlite;
}

static const struct db_step *step_from(const struct db_kind *kind, int64_t schema)
{
    for (const struct db_step *step = kind->step; step && step->from; step++) {
        if (step->from == schema)
            return step;
    }
    return NULL;
}

// Inside its transaction the step looks again where the file stands: another program may have gone
// it in between.
static enum err_kind take_step(struct db *db, const struct db_step *step, const char *place,
                               struct err *err)
{
    int64_t schema = 0;
    assert(step->to > step->from);
    if (db_begin(db, DB_WRITE, err) || db->engine->schema(db, &schema, err))
        return err_of(err);
    if (schema != step->from) {
        db_undo(db);
        return OK;
    }
    if (db_run(db, step->sql, err) || (step->also && step->also(db, place, err)) ||
        db->engine->set_schema(db, step->to, err) || db_commit(db, err))
        return err_of(err);
    return OK;
}

static enum err_kind go_forward(struct db *db, int64_t schema, const char *place, struct err *err)
{
    const struct db_kind *kind = db->kind;
    while (schema < kind->schema) {
        const struct db_step *step = step_from(kind, schema);
        if (!step)
            return err_set(err, ERR_BROKEN,
                           "%s has schema %lld, from which no way leads to %lld; open it with the "
                           "gong that wrote it",
                           place, (long long)schema, (long long)kind->schema);
        if (take_step(db, step, place, err)) {
            db_undo(db);
            return err_add(err, "bringing %s from schema %lld to %lld; it is as it was", place,
                           (long long)step->from, (long long)step->to);
        }
        if (db->engine->schema(db, &schema, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind check_kind(struct db *db, const char *place, bool write, struct err *err)
{
    int64_t schema = 0;
    if (db->engine->schema(db, &schema, err))
        return err_add(err, "opening %s", place);
    if (schema == 0)
        return err_set(err, ERR_BROKEN, "%s is no %s of gong", place, db->kind->what);
    if (schema > db->kind->schema)
        return err_set(
            err, ERR_BROKEN,
            "%s was written by a newer gong (schema %lld, this one knows %lld); use that "
            "one",
            place, (long long)schema, (long long)db->kind->schema);
    if (schema < db->kind->schema && !write)
        return err_set(err, ERR_BROKEN,
                       "%s has the older schema %lld, this gong needs %lld; make a copy of the "
                       "site, then write: gong ledger migrate",
                       place, (long long)schema, (long long)db->kind->schema);
    return go_forward(db, schema, place, err);
}

enum err_kind db_create(const char *place, const struct db_kind *kind, struct err *err)
{
    return engine_of(place)->create(place, kind, err);
}

enum err_kind db_open(const char *place, const struct db_kind *kind, bool write, struct db **out,
                      struct err *err)
{
    AUTO(db_close) struct db *db = NULL;
    if (engine_of(place)->open(place, kind, &db, err) || check_kind(db, place, write, err))
        return err_of(err);
    if (!write && db->engine->only_read(db, err))
        return err_of(err);
    *out = TAKE(db);
    return OK;
}

void db_forget(struct db *db)
{
    for (size_t i = 0; i < db->count; i++) {
        assert(!db->stmt[i]->used);
        db->engine->forget(db->stmt[i]);
    }
    db->count = 0;
    memset(db->near, 0, sizeof(db->near));
}

void db_close(struct db **db)
{
    if (!*db)
        return;
    db_forget(*db);
    mem_free(&(*db)->stmt);
    (*db)->engine->close(*db);
    *db = NULL;
}

enum err_kind db_drop(const char *place, struct err *err)
{
    return engine_of(place)->drop(place, err);
}

enum err_kind db_run(struct db *db, const char *sql, struct err *err)
{
    return db->engine->run(db, sql, err);
}

enum err_kind db_begin(struct db *db, enum db_begin how, struct err *err)
{
    return db->engine->begin(db, how, err);
}

enum err_kind db_commit(struct db *db, struct err *err)
{
    return db->engine->commit(db, err);
}

void db_undo(struct db *db)
{
    db->engine->undo(db);
}

enum err_kind db_bar_lazy(struct db *db, struct err *err)
{
    return db->engine->bar_lazy ? db->engine->bar_lazy(db, err) : OK;
}

enum err_kind db_shred(struct db *db, const char *tables, struct err *err)
{
    return db->engine->shred(db, tables, err);
}

bool db_is_file(const struct db *db)
{
    return db->engine->copy != NULL;
}

enum err_kind db_copy(struct db *db, const char *path, struct err *err)
{
    assert(db_is_file(db));
    return db->engine->copy(db, path, err);
}

int db_watch(struct db *db)
{
    return db->engine->watch(db);
}

static struct stmt *find_stmt(struct db *db, const char *sql)
{
    for (size_t i = 0; i < db->count; i++) {
        if (strcmp(db->stmt[i]->sql, sql) == 0)
            return db->stmt[i];
    }
    struct stmt *stmt = db->engine->prepare(db, sql);
    stmt->db = db;
    stmt->sql = sql;
    db->stmt = mem_resize(db->stmt, db->count + 1, sizeof(struct stmt *));
    db->stmt[db->count++] = stmt;
    return stmt;
}

struct stmt *stmt_of(struct db *db, const char *sql)
{
    struct stmt **near = &db->near[((uintptr_t)sql >> 3) % DB_NEAR];
    if (!*near || (*near)->sql != sql)
        *near = find_stmt(db, sql);
    struct stmt *stmt = *near;
    assert(!stmt->used);
    stmt->used = true;
    return stmt;
}

void stmt_done(struct stmt **stmt)
{
    if (!*stmt)
        return;
    (*stmt)->db->engine->reset(*stmt);
    (*stmt)->used = false;
    *stmt = NULL;
}

void stmt_int(struct stmt *stmt, int at, int64_t value)
{
    stmt->db->engine->bind_int(stmt, at, value);
}

void stmt_real(struct stmt *stmt, int at, double value)
{
    stmt->db->engine->bind_real(stmt, at, value);
}

void stmt_text(struct stmt *stmt, int at, const char *text)
{
    stmt->db->engine->bind_text(stmt, at, text);
}

void stmt_str(struct stmt *stmt, int at, struct str text)
{
    stmt->db->engine->bind_str(stmt, at, text);
}

void stmt_bytes(struct stmt *stmt, int at, const void *bytes, size_t len)
{
    stmt->db->engine->bind_bytes(stmt, at, bytes, len);
}

void stmt_hash(struct stmt *stmt, int at, const struct hash *hash)
{
    stmt_bytes(stmt, at, hash->at, HASH_SIZE);
}

enum err_kind stmt_next(struct stmt *stmt, bool *row, struct err *err)
{
    return stmt->db->engine->next(stmt, row, err);
}

bool stmt_more(struct stmt *stmt, enum err_kind *failed, struct err *err)
{
    bool row = false;
    *failed = stmt_next(stmt, &row, err);
    return row && *failed == OK;
}

enum err_kind stmt_run(struct stmt *stmt, struct err *err)
{
    return stmt->db->engine->once(stmt, err);
}

enum err_kind stmt_send(struct stmt *stmt, struct err *err)
{
    return stmt->db->engine->later(stmt, err);
}

int64_t stmt_changes(struct stmt *stmt)
{
    return stmt->db->engine->changes(stmt);
}

void stmt_stream(struct stmt *stmt)
{
    stmt->db->engine->stream(stmt);
}

size_t stmt_columns(struct stmt *stmt)
{
    return stmt->db->engine->columns(stmt);
}

const char *stmt_column(struct stmt *stmt, int column)
{
    return stmt->db->engine->column(stmt, column);
}

enum value_kind row_kind(struct stmt *stmt, int column)
{
    return stmt->db->engine->value_kind(stmt, column);
}

int64_t row_int(struct stmt *stmt, int column)
{
    return stmt->db->engine->get_int(stmt, column);
}

double row_real(struct stmt *stmt, int column)
{
    return stmt->db->engine->get_real(stmt, column);
}

bool row_null(struct stmt *stmt, int column)
{
    return stmt->db->engine->get_null(stmt, column);
}

const char *row_text(struct stmt *stmt, int column)
{
    const char *text = stmt->db->engine->get_text(stmt, column);
    return text ? text : "";
}

struct str row_bytes(struct stmt *stmt, int column)
{
    return stmt->db->engine->get_bytes(stmt, column);
}

void row_copy(struct stmt *stmt, int column, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", row_text(stmt, column));
}

struct hash row_hash(struct stmt *stmt, int column)
{
    struct hash hash = {0};
    struct str bytes = row_bytes(stmt, column);
    if (bytes.len == HASH_SIZE)
        memcpy(hash.at, bytes.at, HASH_SIZE);
    return hash;
}
