// Every edit of a stored ledger is found, and the first bad entry is named:
// each column of each entry, each entry taken out, put in or exchanged with its
// neighbour, each tail cut; and each entry changed with every hash after it made
// again. Then what only who kept an earlier checkpoint finds: an old backup, a fork.
#include "core/file.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/mirror.h"
#include "ledger/seal.h"
#include "ledger/witness.h"
#include "tests/ledger/place.h"

#include <stdio.h>
#include <stdlib.h>

// Verification reads all entries anew for each edit; with sanitizers only every
// 20th is edited.
enum { ENTRIES = 1000, STEP = SANITIZED ? 20 : 1, SEALED_AT = 700 };

// Entries `first` to `last`; number `forked` (0: none) says one đồng more.
static void append(struct place *place, int64_t first, int64_t last, int64_t forked)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    for (int64_t i = first; i <= last; i++) {
        AUTO(doc_free) struct doc *body = doc_object();
        int64_t seq = 0;
        doc_put_int(body, "amount", 100000 + i * 1000 + (i == forked));
        doc_put_text(body, "contract", "C-1");
        CHECK_OK(ledger_append(txn, "drill", (struct utc){i}, body, &seq, NULL, &place->err),
                 place->err);
    }
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// Every step-th entry, and the last one.
static int next_step(int entry, int step)
{
    return entry < ENTRIES && entry + step > ENTRIES ? ENTRIES - entry : step;
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
enum last {       // the last entry
    LAST_TOO,     // is edited as every other
    LAST_NOWHERE, // is too, and those that are left are all good
    LAST_NOT,     // is not: the edit needs one that follows
};
static const struct edit {
    const char *name, *sql, *undo;
    int shift;
    enum last last;
} edits[] = {
    {"text: an amount", "UPDATE entry SET text = replace(text, '000,', '001,') WHERE seq = %1$d",
     "UPDATE entry SET text = replace(text, '001,', '000,') WHERE seq = %1$d", 0, LAST_TOO},
    {"text: a blank", "UPDATE entry SET text = replace(text, ',', ', ') WHERE seq = %1$d",
     "UPDATE entry SET text = replace(text, ', ', ',') WHERE seq = %1$d", 0, LAST_TOO},
    {"text: emptied", "UPDATE entry SET kind = text, text = '' WHERE seq = %1$d",
     "UPDATE entry SET text = kind, kind = 'drill' WHERE seq = %1$d", 0, LAST_TOO},
    {"kind", "UPDATE entry SET kind = 'drills' WHERE seq = %1$d",
     "UPDATE entry SET kind = 'drill' WHERE seq = %1$d", 0, LAST_TOO},
    {"kind: other case", "UPDATE entry SET kind = 'Drill' WHERE seq = %1$d",
     "UPDATE entry SET kind = 'drill' WHERE seq = %1$d", 0, LAST_TOO},
    {"hash: one bit",
     "CREATE TEMP TABLE kept AS SELECT hash FROM entry WHERE seq = %1$d;"
     "UPDATE entry SET hash = CAST(substr(hash, 1, 31) || CASE substr(hash, "
     "32) WHEN x'00'"
     " THEN x'01' ELSE x'00' END AS BLOB) WHERE seq = %1$d",
     "UPDATE entry SET hash = (SELECT hash FROM kept) WHERE seq = %1$d; DROP "
     "TABLE kept",
     0, LAST_TOO},
    {"hash: the neighbour's",
     "CREATE TEMP TABLE kept AS SELECT hash FROM entry WHERE seq = %1$d;"
     "UPDATE entry SET hash = (SELECT hash FROM entry WHERE seq = %1$d + CASE "
     "%1$d WHEN 1 THEN 1 "
     "ELSE -1 END)"
     " WHERE seq = %1$d",
     "UPDATE entry SET hash = (SELECT hash FROM kept) WHERE seq = %1$d; DROP "
     "TABLE kept",
     0, LAST_TOO},
    {"seq: moved far away", "UPDATE entry SET seq = 1000000 WHERE seq = %1$d",
     "UPDATE entry SET seq = %1$d WHERE seq = 1000000", 0, LAST_TOO},
    {"seq: moved before the first", "UPDATE entry SET seq = -5 WHERE seq = %1$d",
     "UPDATE entry SET seq = %1$d WHERE seq = -5", 0, LAST_NOWHERE},
    {"taken out",
     "CREATE TEMP TABLE kept AS SELECT * FROM entry WHERE seq = %1$d;"
     "DELETE FROM entry WHERE seq = %1$d",
     "INSERT INTO entry SELECT * FROM kept; DROP TABLE kept", 0, LAST_NOWHERE},
    {"exchanged with the next",
     "UPDATE entry SET seq = -1 WHERE seq = %1$d; UPDATE entry SET seq = %1$d "
     "WHERE seq = %2$d;"
     "UPDATE entry SET seq = %2$d WHERE seq = -1",
     "UPDATE entry SET seq = -1 WHERE seq = %1$d; UPDATE entry SET seq = %1$d "
     "WHERE seq = %2$d;"
     "UPDATE entry SET seq = %2$d WHERE seq = -1",
     0, LAST_NOT},
    {"the tail cut off",
     "CREATE TEMP TABLE kept AS SELECT * FROM entry WHERE seq >= %1$d;"
     "DELETE FROM entry WHERE seq >= %1$d",
     "INSERT INTO entry SELECT * FROM kept; DROP TABLE kept", NOWHERE, LAST_TOO},
    {"one put in below the first",
     "INSERT INTO entry SELECT -%1$d, kind, hash, text FROM entry WHERE seq = "
     "%1$d",
     "DELETE FROM entry WHERE seq < 1", NOWHERE, LAST_TOO},
    {"one put in before",
     "UPDATE entry SET seq = seq + 1000000 WHERE seq >= %1$d;"
     "UPDATE entry SET seq = seq - 999999 WHERE seq >= 1000000;"
     "INSERT INTO entry SELECT %1$d, kind, hash, text FROM entry WHERE seq = "
     "%2$d",
     "DELETE FROM entry WHERE seq = %1$d; UPDATE entry SET seq = seq + 1000000 "
     "WHERE seq > %1$d;"
     "UPDATE entry SET seq = seq - 1000001 WHERE seq > 1000000",
     1, LAST_TOO},
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

// Where verdicts of others are compared with: the states, and the first bad row of each (0: none is
// bad by itself). Both NULL: our own verification must find what was done.
struct others {
    FILE *rows, *wanted;
};

static void judge(struct place *place, const char *name, int entry, int64_t bad,
                  const struct others *others)
{
    struct ledger_report report;
    if (others->rows) {
        write_state(place, others->rows, name, entry);
        (void)fprintf(others->wanted, "%s %d\t%lld\n", name, entry, (long long)bad);
        return;
    }
    CHECK_INT(ledger_verify(place->ledger, &report, &place->err), ERR_BROKEN);
    CHECK_INT(report.bad_seq, bad);
}

static void check_edit(struct place *place, const struct edit *edit, int entry,
                       const struct others *others)
{
    char sql[2000];
    bool nowhere = edit->shift == NOWHERE || (entry == ENTRIES && edit->last == LAST_NOWHERE);
    // The formats are the table's own, above.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(sql, sizeof(sql), edit->sql, entry, entry + 1);
    run(place, sql);
    judge(place, edit->name, entry, nowhere ? 0 : entry + edit->shift, others);
    (void)snprintf(sql, sizeof(sql), edit->undo, entry, entry + 1);
#pragma GCC diagnostic pop
    run(place, sql);
}

// --- the chain made again

struct kept {
    char *text[ENTRIES + 1]; // by number; heap
    struct hash hash[ENTRIES + 1];
};

static void kept_free(struct kept **kept)
{
    for (int i = 1; i <= ENTRIES; i++)
        mem_free(&(*kept)->text[i]);
    mem_free(kept);
}

static struct kept *keep_all(struct place *place)
{
    struct kept *kept = mem_new(1, sizeof(*kept));
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(place->ledger), "SELECT seq, hash, text FROM entry ORDER BY seq");
    for (bool row = true; row;) {
        CHECK_OK(stmt_next(stmt, &row, &place->err), place->err);
        if (row) {
            kept->hash[row_int(stmt, 0)] = row_hash(stmt, 1);
            kept->text[row_int(stmt, 0)] = str_copy(row_bytes(stmt, 2));
        }
    }
    return kept;
}

static void put_entry(struct place *place, int entry, struct str text, const struct hash *hash)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(place->ledger), "UPDATE entry SET text = ?, hash = ? WHERE seq = ?");
    stmt_str(stmt, 1, text);
    stmt_hash(stmt, 2, hash);
    stmt_int(stmt, 3, entry);
    CHECK_OK(stmt_run(stmt, &place->err), place->err);
}

// Entry `from` says another amount, and every hash from there on is that of the chain; `back`: all
// is as it was.
static void remake(struct place *place, const struct kept *kept, int from, bool back)
{
    struct db *db = ledger_db(place->ledger);
    struct hash hash = kept->hash[from - 1]; // zero before the first
    CHECK_OK(db_begin(db, DB_WRITE, &place->err), place->err);
    for (int i = from; i <= ENTRIES; i++) {
        AUTO(mem_drop) char *text = mem_text(kept->text[i]);
        if (i == from && !back)
            memcpy(strstr(text, "000,"), "001,", 4);
        hash = hash_of_pair(hash, str_of(text));
        put_entry(place, i, str_of(text), &hash);
    }
    CHECK_OK(db_commit(db, &place->err), place->err);
}

// With GONG_TAMPER_FOLDER the states are written to its file "rows" for others
// to find out, beside the ledger as it is published.
static const char *folder_of_others(void)
{
    return getenv("GONG_TAMPER_FOLDER");
}

static void publish(struct place *place, const char *base, const char *name)
{
    AUTO(mem_drop) char *folder = file_join(base, name);
    size_t files = 0;
    CHECK_OK(mirror_write(place->ledger, folder, &files, &place->err), place->err);
}

static FILE *open_file(const char *name)
{
    AUTO(mem_drop) char *path = file_join(folder_of_others(), name);
    FILE *file = fopen(path, "we");
    CHECK(file != NULL);
    return file;
}

static struct others open_others(struct place *place)
{
    if (!folder_of_others())
        return (struct others){0};
    publish(place, folder_of_others(), "published");
    struct others others = {.wanted = open_file("wanted"), .rows = open_file("rows")};
    write_state(place, others.rows, "untouched", 0);
    return others;
}

static void seal(struct place *place)
{
    bool made = false;
    CHECK_OK(seal_make(place->ledger, (struct utc){0}, &made, &place->err), place->err);
    CHECK(made);
}

static void make_keys(struct place *place)
{
    char keys[100];
    (void)snprintf(keys, sizeof(keys), "%s/keys", place->folder);
    CHECK_INT(mkdir(keys, 0700), 0);
    CHECK_OK(seal_key_create(place->folder, &place->err), place->err);
}

static void every_edit_of_every_entry(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct ledger_report report;
    int64_t found = 0;
    make_keys(&place);
    append(&place, 1, SEALED_AT, 0);
    seal(&place);
    append(&place, SEALED_AT + 1, ENTRIES, 0);
    seal(&place);
    CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
    CHECK_INT(report.checkpoints, 2);
    struct others others = open_others(&place);
    // Nothing of this must survive a power cut, and whoever edits is not held by
    // triggers.
    place_unguard(&place);
    run(&place, place_store() ? "SET synchronous_commit = off" : "PRAGMA synchronous=OFF");
    const int step = place_store() ? STEP * 20 : STEP;
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        ROW(edits[i].name);
        for (int entry = 1; entry <= ENTRIES; entry += next_step(entry, step)) {
            if (entry == ENTRIES && edits[i].last == LAST_NOT)
                continue;
            check_edit(&place, &edits[i], entry, &others);
            found++;
        }
    }
    ROW("changed, and every hash after it made again");
    AUTO(kept_free) struct kept *kept = keep_all(&place);
    // Each such state is new to the end: others see some of them.
    for (int entry = 1; entry <= ENTRIES; entry += next_step(entry, others.rows ? 25 : step)) {
        remake(&place, kept, entry, false);
        judge(&place, "changed with all hashes after it", entry, 0, &others);
        remake(&place, kept, entry, true);
        found++;
    }
    CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
    CHECK_INT(report.entries, ENTRIES);
    if (others.rows)
        CHECK(fclose(others.rows) == 0 && fclose(others.wanted) == 0);
    (void)printf("# tampers: %lld made, all %s\n", (long long)found,
                 others.rows ? "written for others" : "found");
}

// --- old backups and forks

// Ledgers under the same key, well made and well signed: up to entry `size`, of which number
// `forked` is another than in the one that was seen, up to entry ENTRIES. What who saw that says of
// them.
static const struct fork {
    const char *name;
    int64_t size, forked;
    const char *witness, *site; // says; "": goes on from what was seen
} forks[] = {
    {"an-old-backup", SEALED_AT, 0, "the ledger went back from 1000 to 700 entries",
     "an old backup was put back"},
    {"an-old-backup-that-went-another-way", ENTRIES - 50, SEALED_AT + 1,
     "the ledger went back from 1000 to 950 entries", "an old backup was put back"},
    {"as-long-with-another-last-entry", ENTRIES, ENTRIES, "the ledger is not the one of before",
     "are not those of its last checkpoint"},
    {"longer-with-another-first-entry", ENTRIES + 100, 1, "the ledger is not the one of before",
     "are not those of its last checkpoint"},
    {"longer-with-another-last-entry-that-was-seen", ENTRIES + 100, ENTRIES,
     "the ledger is not the one of before", "are not those of its last checkpoint"},
    {"longer-and-the-same", ENTRIES + 100, 0, "", ""},
};

static void copy_file(const char *from, const char *to, const char *name)
{
    struct err err = {0};
    AUTO(mem_drop) char *source = file_join(from, name);
    AUTO(mem_drop) char *target = file_join(to, name);
    AUTO(buf_free) struct buf text = buf_new(1 << 12);
    CHECK_OK(file_read(source, &text, &err), err);
    CHECK_OK(file_write(target, buf_slice(&text), 0600, &err), err);
}

static void make_fork(const struct place *seen, const struct fork *fork, const char *base)
{
    AUTO(place_free) struct place place = place_new();
    struct ledger *again = NULL;
    make_keys(&place);
    copy_file(seen->folder, place.folder, "keys/log.key");
    copy_file(seen->folder, place.folder, "keys/log.vkey");
    append(&place, 1, fork->size, fork->forked);
    seal(&place);
    publish(&place, base, fork->name);
    // Under the site's own file, which is another than the ledger, it is not even opened.
    copy_file(seen->folder, place.folder, "checkpoint");
    enum err_kind kind = ledger_open(place.folder, LEDGER_WRITE, &again, &place.err);
    CHECK_INT(kind, *fork->site ? ERR_BROKEN : OK);
    if (kind)
        CHECK_HAS(place.err.text, fork->site);
    ledger_close(&again);
}

static void check_witness(const struct place *seen, const struct fork *fork, const char *base)
{
    struct err err = {0};
    struct witnessed out;
    AUTO(mem_drop) char *honest = file_join(base, "seen");
    AUTO(mem_drop) char *other = file_join(base, fork->name);
    char folder[100];
    (void)snprintf(folder, sizeof(folder), "%s/watch-%s", seen->folder, fork->name);
    struct witness witness = {.source = honest, .folder = folder};
    CHECK_OK(seal_key(seen->folder, &witness.key, &err), err);
    CHECK_OK(witness_follow(&witness, &out, &err), err);
    CHECK_INT(out.fresh, ENTRIES);
    witness.source = other;
    enum err_kind kind = witness_follow(&witness, &out, &err);
    CHECK_INT(kind, *fork->witness ? ERR_BROKEN : OK);
    if (kind)
        CHECK_HAS(err.text, fork->witness);
}

static void who_kept_a_checkpoint_finds_old_backups_and_forks(void **state)
{
    (void)state;
    AUTO(place_free) struct place seen = place_new();
    const char *base = folder_of_others() ? folder_of_others() : seen.folder;
    FILE *list = folder_of_others() ? open_file("forks") : NULL;
    make_keys(&seen);
    append(&seen, 1, ENTRIES, 0);
    seal(&seen);
    publish(&seen, base, "seen");
    for (size_t i = 0; i < COUNT_OF(forks); i++) {
        ROW(forks[i].name);
        make_fork(&seen, &forks[i], base);
        if (list)
            (void)fprintf(list, "%s\t%s\n", forks[i].name, forks[i].witness);
        else
            check_witness(&seen, &forks[i], base);
    }
    if (list)
        CHECK_INT(fclose(list), 0);
}

TEST_MAIN(cmocka_unit_test(every_edit_of_every_entry),
          cmocka_unit_test(who_kept_a_checkpoint_finds_old_backups_and_forks))
