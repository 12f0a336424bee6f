#include "ledger/pg_schema.h"

#include "core/mem.h"
#include "ledger/pg_words.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SQL_BYTES_MAX = 1 << 20, APPLICATION_ID = 0x676f6e67 }; // "gong"

enum err_kind pg_schema_there(struct pg_link *link, bool *there, struct err *err)
{
    char sql[200], word[8];
    (void)snprintf(sql, sizeof(sql), "SELECT 1 FROM pg_namespace WHERE nspname = '%s'",
                   link->schema);
    if (pg_word(link, sql, word, sizeof(word), err))
        return err_of(err);
    *there = *word != '\0';
    return OK;
}

enum err_kind pg_schema_make(struct pg_link *link, const struct db_kind *kind, struct err *err)
{
    AUTO(buf_free) struct buf sql = buf_new(SQL_BYTES_MAX);
    bool there = false;
    char begin[100];
    // Of those who make it at the same time one does, and the others see it: also when the program
    // that makes it was ended, for the server goes on to the end of what it was told.
    (void)snprintf(begin, sizeof(begin), "BEGIN; SELECT pg_advisory_xact_lock(%" PRId64 ")",
                   link->lock);
    if (pg_order(link, begin, err) || pg_schema_there(link, &there, err))
        return err_of(err);
    if (there)
        return err_set(err, ERR_INPUT,
                       "%s: the schema %s is there already: another site's, or left by a gong init "
                       "that was killed; take --store-schema NAME, or drop it",
                       link->url, link->schema);
    buf_print(&sql, "CREATE SCHEMA \"%s\";", link->schema);
    buf_text(&sql, pg_functions);
    pg_tables(kind->tables, &sql);
    buf_print(&sql,
              "CREATE TABLE gong_mark (application BIGINT NOT NULL, schema BIGINT NOT NULL);"
              "INSERT INTO gong_mark VALUES (%d, %" PRId64 "); %s; COMMIT",
              APPLICATION_ID, kind->schema, pg_writer_table);
    assert(!sql.full);
    if (pg_order(link, sql.at, err))
        return err_add(err, "making the %s in %s", kind->what, link->url);
    return OK;
}

enum err_kind pg_schema_number(struct pg_link *link, int64_t *out, struct err *err)
{
    char sql[100], word[24] = "";
    *out = 0;
    (void)snprintf(sql, sizeof(sql), "SELECT schema FROM gong_mark WHERE application = %d",
                   APPLICATION_ID);
    if (pg_word(link, "SELECT to_regclass('gong_mark')", word, sizeof(word), err) ||
        (*word && pg_word(link, sql, word, sizeof(word), err)))
        return err_of(err);
    *out = strtoll(word, NULL, 10);
    return OK;
}

enum err_kind pg_schema_mark(struct pg_link *link, int64_t number, struct err *err)
{
    char sql[100];
    (void)snprintf(sql, sizeof(sql), "UPDATE gong_mark SET schema = %" PRId64, number);
    return pg_order(link, sql, err);
}
