// Every edit of a stored ledger is found, and the first bad entry is named:
// each column of each entry, each entry taken out, put in or exchanged with its
// neighbour, each tail cut.
#include "core/file.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/mirror.h"
#include "ledger/seal.h"
#include "tests/ledger/place.h"

#include <stdio.h>
#include <stdlib.h>

// Verification reads all entries anew for each edit; with sanitizers only every
// 20th is edited.
enum { ENTRIES = 1000, STEP = SANITIZED ? 20 : 1, SEALED_AT = 700 };

static void append(struct place *place, int64_t first, int64_t last)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    for (int64_t i = first; i <= last; i++) {
        AUTO(doc_free) struct doc *body = doc_object();
        int64_t seq = 0;
        doc_put_int(body, "amount", 100000 + i * 1000);
        doc_put_text(body, "contract", "C-1");
        CHECK_OK(ledger_append(txn, "drill", (struct utc){i}, body, &seq, NULL, &place->err),
                 place->err);
    }
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static void run(struct place *place, const char *sql)
{
    CHECK_OK(db_run(ledger_db(place->ledger), sql, &place->err), place->err);
}

// `%1$d` is the entry, `%2$d` the one after it. `undo` puts everything back.
// The first bad entry is the one edited plus `shift`. An entry that was put in
// is a copy of the one that follows, and so fits where it stands: the next is
// the first that is bad. NOWHERE: all entries that are there are good, and it
// is the checkpoint or their number that does not fit.
enum { NOWHERE = -1 };
static const struct edit {
    const char *name, *sql, *undo;
    int shift;
} edits[] = {
    {"text: an amount", "UPDATE entry SET text = replace(text, '000,', '001,') WHERE seq = %1$d",
     "UPDATE entry SET text = replace(text, '001,', '000,') WHERE seq = %1$d", 0},
    {"text: a blank", "UPDATE entry SET text = replace(text, ',', ', ') WHERE seq = %1$d",
     "UPDATE entry SET text = replace(text, ', ', ',') WHERE seq = %1$d", 0},
    {"text: emptied", "UPDATE entry SET kind = text, text = '' WHERE seq = %1$d",
     "UPDATE entry SET text = kind, kind = 'drill' WHERE seq = %1$d", 0},
    {"kind", "UPDATE entry SET kind = 'drills' WHERE seq = %1$d",
     "UPDATE entry SET kind = 'drill' WHERE seq = %1$d", 0},
    {"kind: other case", "UPDATE entry SET kind = 'Drill' WHERE seq = %1$d",
     "UPDATE entry SET kind = 'drill' WHERE seq = %1$d", 0},
    {"hash: one bit",
     "CREATE TEMP TABLE kept AS SELECT hash FROM entry WHERE seq = %1$d;"
     "UPDATE entry SET hash = CAST(substr(hash, 1, 31) || CASE substr(hash, "
     "32) WHEN x'00'"
     " THEN x'01' ELSE x'00' END AS BLOB) WHERE seq = %1$d",
     "UPDATE entry SET hash = (SELECT hash FROM kept) WHERE seq = %1$d; DROP "
     "TABLE kept",
     0},
    {"hash: the neighbour's",
     "CREATE TEMP TABLE kept AS SELECT hash FROM entry WHERE seq = %1$d;"
     "UPDATE entry SET hash = (SELECT hash FROM entry WHERE seq = %1$d + CASE "
     "%1$d WHEN 1 THEN 1 "
     "ELSE -1 END)"
     " WHERE seq = %1$d",
     "UPDATE entry SET hash = (SELECT hash FROM kept) WHERE seq = %1$d; DROP "
     "TABLE kept",
     0},
    {"seq: moved far away", "UPDATE entry SET seq = 1000000 WHERE seq = %1$d",
     "UPDATE entry SET seq = %1$d WHERE seq = 1000000", 0},
    {"seq: moved before the first", "UPDATE entry SET seq = -5 WHERE seq = %1$d",
     "UPDATE entry SET seq = %1$d WHERE seq = -5", 0},
    {"taken out",
     "CREATE TEMP TABLE kept AS SELECT * FROM entry WHERE seq = %1$d;"
     "DELETE FROM entry WHERE seq = %1$d",
     "INSERT INTO entry SELECT * FROM kept; DROP TABLE kept", 0},
    {"exchanged with the next",
     "UPDATE entry SET seq = -1 WHERE seq = %1$d; UPDATE entry SET seq = %1$d "
     "WHERE seq = %2$d;"
     "UPDATE entry SET seq = %2$d WHERE seq = -1",
     "UPDATE entry SET seq = -1 WHERE seq = %1$d; UPDATE entry SET seq = %1$d "
     "WHERE seq = %2$d;"
     "UPDATE entry SET seq = %2$d WHERE seq = -1",
     0},
    {"the tail cut off",
     "CREATE TEMP TABLE kept AS SELECT * FROM entry WHERE seq >= %1$d;"
     "DELETE FROM entry WHERE seq >= %1$d",
     "INSERT INTO entry SELECT * FROM kept; DROP TABLE kept", NOWHERE},
    {"one put in below the first",
     "INSERT INTO entry SELECT -%1$d, kind, hash, text FROM entry WHERE seq = "
     "%1$d",
     "DELETE FROM entry WHERE seq < 1", NOWHERE},
    {"one put in before",
     "UPDATE entry SET seq = seq + 1000000 WHERE seq >= %1$d;"
     "UPDATE entry SET seq = seq - 999999 WHERE seq >= 1000000;"
     "INSERT INTO entry SELECT %1$d, kind, hash, text FROM entry WHERE seq = "
     "%2$d",
     "DELETE FROM entry WHERE seq = %1$d; UPDATE entry SET seq = seq + 1000000 "
     "WHERE seq > %1$d;"
     "UPDATE entry SET seq = seq - 1000001 WHERE seq > 1000000",
     1},
};

// For verifiers of others (tests/tools/verify_rows.sh): every row of the table
// as it stands.
static void write_state(struct place *place, FILE *rows, const char *name, int entry)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(place->ledger), "SELECT seq, kind, hash, text FROM entry ORDER BY seq");
    (void)fprintf(rows, entry ? "state\t%s %d\n" : "state\t%s\n", name, entry);
    for (bool row = true; row;) {
        CHECK_OK(stmt_next(stmt, &row, &place->err), place->err);
        if (row)
            (void)fprintf(rows, "row\t%lld\t%s\t%s\t%s\n", (long long)row_int(stmt, 0),
                          row_text(stmt, 1), hash_hex(row_hash(stmt, 2)).at, row_text(stmt, 3));
    }
}

// `rows` NULL: our own verification must find it.
static void check_edit(struct place *place, const struct edit *edit, int entry, FILE *rows)
{
    char sql[2000];
    struct ledger_report report;
    // The formats are the table's own, above.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(sql, sizeof(sql), edit->sql, entry, entry + 1);
    run(place, sql);
    if (rows) {
        write_state(place, rows, edit->name, entry);
    } else {
        CHECK_INT(ledger_verify(place->ledger, &report, &place->err), ERR_BROKEN);
        CHECK_INT(report.bad_seq, edit->shift == NOWHERE ? 0 : entry + edit->shift);
    }
    (void)snprintf(sql, sizeof(sql), edit->undo, entry, entry + 1);
#pragma GCC diagnostic pop
    run(place, sql);
}

// With GONG_TAMPER_FOLDER the states are written to its file "rows" for others
// to find out, beside the ledger as it is published.
static FILE *open_rows(struct place *place)
{
    const char *folder = getenv("GONG_TAMPER_FOLDER");
    size_t files = 0;
    if (!folder)
        return NULL;
    AUTO(mem_drop) char *published = file_join(folder, "published");
    AUTO(mem_drop) char *path = file_join(folder, "rows");
    CHECK_OK(mirror_write(place->ledger, published, &files, &place->err), place->err);
    FILE *rows = fopen(path, "w");
    CHECK(rows != NULL);
    write_state(place, rows, "untouched", 0);
    return rows;
}

static void every_edit_of_every_entry(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct ledger_report report;
    char keys[100];
    bool made = false;
    int64_t found = 0;
    (void)snprintf(keys, sizeof(keys), "%s/keys", place.folder);
    CHECK_INT(mkdir(keys, 0700), 0);
    CHECK_OK(seal_key_create(place.folder, &place.err), place.err);
    append(&place, 1, SEALED_AT);
    CHECK_OK(seal_make(place.ledger, (struct utc){0}, &made, &place.err), place.err);
    append(&place, SEALED_AT + 1, ENTRIES);
    CHECK_OK(seal_make(place.ledger, (struct utc){0}, &made, &place.err), place.err);
    CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
    CHECK_INT(report.checkpoints, 2);
    FILE *rows = open_rows(&place);
    // Nothing of this must survive a power cut, and whoever edits is not held by
    // triggers.
    place_unguard(&place);
    run(&place, place_store() ? "SET synchronous_commit = off" : "PRAGMA synchronous=OFF");
    const int step = place_store() ? STEP * 20 : STEP;
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        ROW(edits[i].name);
        for (int entry = 1; entry < ENTRIES; entry += step, found++)
            check_edit(&place, &edits[i], entry, rows);
    }
    CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
    CHECK_INT(report.entries, ENTRIES);
    if (rows)
        CHECK_INT(fclose(rows), 0);
    (void)printf("# tampers: %lld made, all %s\n", (long long)found,
                 rows ? "written for others" : "found");
}

TEST_MAIN(cmocka_unit_test(every_edit_of_every_entry))
