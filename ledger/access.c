#include "ledger/access.h"

#include "core/cli.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/register.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char access_everybody[] = "*";

void access_rows_free(struct access_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

static struct hash hash_of_row(struct hash before, const struct access_row *row)
{
    char text[320];
    (void)snprintf(text, sizeof(text), "%" PRId64 " %" PRId64 " %s %s %s", row->id, row->at.s,
                   row->who, row->verb, row->person);
    return hash_of_pair(before, str_of(text));
}

static enum err_kind head(struct people *people, int64_t *count, struct hash *hash, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "SELECT id, hash FROM access ORDER BY id DESC LIMIT 1");
    bool row = false;
    *count = 0;
    *hash = (struct hash){0};
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (row) {
        *count = row_int(stmt, 0);
        *hash = row_hash(stmt, 1);
    }
    return OK;
}

static void clean(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", *text ? text : "_");
    for (char *c = out; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 127)
            *c = '_';
    }
}

static enum err_kind insert(struct people *people, const struct access_row *row, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "INSERT INTO access (id, at, who, verb, person, hash)"
                                   " VALUES (?, ?, ?, ?, ?, ?)");
    stmt_int(stmt, 1, row->id);
    stmt_int(stmt, 2, row->at.s);
    stmt_text(stmt, 3, row->who);
    stmt_text(stmt, 4, row->verb);
    stmt_text(stmt, 5, row->person);
    stmt_hash(stmt, 6, &row->hash);
    return stmt_run(stmt, err);
}

enum err_kind access_note(struct people *people, struct utc at, const char *who, const char *verb,
                          const char *person, struct err *err)
{
    struct access_row row = {.at = at};
    struct hash before;
    clean(row.who, sizeof(row.who), who);
    clean(row.verb, sizeof(row.verb), verb);
    clean(row.person, sizeof(row.person), person);
    if (head(people, &row.id, &before, err))
        return err_of(err);
    row.id++;
    row.hash = hash_of_row(before, &row);
    return insert(people, &row, err);
}

enum err_kind access_record(struct people *people, struct utc at, const char *who, const char *verb,
                            const char *person, struct err *err)
{
    if (db_begin(people_db(people), DB_WRITE, err))
        return err_of(err);
    enum err_kind kind = access_note(people, at, who, verb, person, err);
    if (!kind)
        kind = db_commit(people_db(people), err);
    if (kind)
        db_undo(people_db(people));
    return kind;
}

const char *access_login(void)
{
    const struct passwd *login = getpwuid(getuid());
    return login ? login->pw_name : "unknown";
}

const char *access_who(const struct cli *cli)
{
    const char *by = cli_value(cli, "by");
    return by ? by : access_login();
}

// A register of an older schema is not brought forward for it: first it is opened to be read only.
enum err_kind access_of_copy(const char *folder, struct utc at, const char *verb, struct err *err)
{
    AUTO(people_close) struct people *look = NULL;
    AUTO(people_close) struct people *people = NULL;
    if (people_open(folder, LEDGER_READ, &look, err) ||
        people_open(folder, LEDGER_WRITE, &people, err) ||
        access_record(people, at, access_login(), verb, access_everybody, err))
        return err_add(err, "writing into the log of access that all of the register is copied");
    return OK;
}

enum err_kind access_list(struct people *people, const char *person, struct access_rows *out,
                          struct err *err)
{
    AUTO(access_rows_free) struct access_rows rows = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "SELECT id, at, who, verb, person, hash FROM access"
                                   " WHERE CAST(?1 AS TEXT) IS NULL OR person = ?1 OR person = '*'"
                                   " ORDER BY id");
    stmt_text(stmt, 1, person);
    for (size_t room = 0;;) {
        bool more = false;
        if (stmt_next(stmt, &more, err))
            return err_of(err);
        if (!more)
            break;
        if (rows.count == room) {
            room = room ? room * 2 : 64;
            rows.at = mem_resize(rows.at, room, sizeof(*rows.at));
        }
        struct access_row *row = &rows.at[rows.count++];
        row->id = row_int(stmt, 0);
        row->at.s = row_int(stmt, 1);
        row_copy(stmt, 2, row->who, sizeof(row->who));
        row_copy(stmt, 3, row->verb, sizeof(row->verb));
        row_copy(stmt, 4, row->person, sizeof(row->person));
        row->hash = row_hash(stmt, 5);
    }
    *out = MOVE(rows);
    return OK;
}

// What the ledger was told last: 0 and zero bytes when nothing was.
static enum err_kind told(struct ledger *ledger, int64_t *count, struct hash *hash, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT text FROM entry WHERE " ENTRY_FEW " AND kind = 'access'"
                                   " ORDER BY seq DESC LIMIT 1");
    AUTO(doc_free) struct doc *entry = NULL;
    const char *hex = NULL;
    bool row = false;
    *count = 0;
    *hash = (struct hash){0};
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return OK;
    if (doc_parse(row_bytes(stmt, 0), "ledger entry", &entry, err) ||
        doc_need_int(entry, "rows", count, err) || doc_need_text(entry, "hash", &hex, err) ||
        hash_parse(str_of(hex), hash, err))
        return err_add(err, "reading what the ledger knows of the log of access");
    return OK;
}

enum err_kind access_tell(struct people *people, struct ledger *ledger, struct utc at,
                          struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    struct hash now, before;
    int64_t count, known, seq;
    if (head(people, &count, &now, err) || told(ledger, &known, &before, err))
        return err_of(err);
    if (count <= known)
        return OK;
    doc_put_int(body, "rows", count);
    doc_put_text(body, "hash", hash_hex(now).at);
    if (ledger_begin(ledger, &txn, err) ||
        ledger_append(txn, "access", at, body, &seq, NULL, err) || ledger_commit(&txn, err))
        return err_of(err);
    return OK;
}

enum err_kind access_check(struct people *people, struct ledger *ledger, int64_t *count,
                           struct err *err)
{
    AUTO(access_rows_free) struct access_rows rows = {0};
    struct hash hash = {0}, wanted;
    int64_t known;
    if (told(ledger, &known, &wanted, err) || access_list(people, NULL, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        hash = hash_of_row(hash, &rows.at[i]);
        bool good = rows.at[i].id == (int64_t)i + 1 && hash_same(hash, rows.at[i].hash);
        if (!good || (rows.at[i].id == known && !hash_same(hash, wanted)))
            return err_set(err, ERR_BROKEN,
                           "row %zu of the log of access is not what was written: it was changed, "
                           "or one before it was removed",
                           i + 1);
    }
    *count = (int64_t)rows.count;
    if (*count < known)
        return err_set(err, ERR_BROKEN,
                       "the log of access has %" PRId64 " rows, the ledger was told of %" PRId64
                       ": the last ones were removed",
                       *count, known);
    return OK;
}
