#include "ledger/raw.h"
#include "ledger/stretch.h"
#include "tests/ledger/place.h"

// Files of which many entries tell, one after the other: verify knows that none is missing without
// looking for each of them.

static struct hash file_hash(int file)
{
    return (struct hash){{(unsigned char)(file + 1)}};
}

// `count` entries of these files in turn; rows for all of them.
static void tell(struct place *place, int files, int count)
{
    struct err *err = &place->err;
    AUTO(ledger_undo) struct txn *txn = NULL;
    int64_t seq = 0;
    CHECK_OK(ledger_begin(place->ledger, &txn, err), *err);
    for (int i = 0; i < count; i++) {
        bool fresh = false;
        char url[32];
        (void)snprintf(url, sizeof(url), "file-%d.nc", i % files);
        struct raw raw = {.hash = file_hash(i % files), .source = "drill", .url = url, .bytes = 1};
        AUTO(doc_free) struct doc *body = doc_object();
        doc_put_text(body, "raw", hash_hex(raw.hash).at);
        doc_put_text(body, "source", "drill");
        doc_put_text(body, "url", url);
        CHECK_OK(ledger_append(txn, "ingest", (struct utc){3600}, body, &seq, NULL, err), *err);
        if (i >= files)
            continue;
        CHECK_OK(raw_put(txn, &raw, &fresh, err), *err);
        CHECK_OK(raw_settle(txn, raw.hash, raw.source, RAW_READ, "", seq, err), *err);
    }
    CHECK_OK(ledger_commit(&txn, err), *err);
}

// After this edit the entry is the first whose file is missing.
static void is_missed(struct place *place, const char *edit, int64_t seq)
{
    struct ledger_report report;
    CHECK_OK(db_run(ledger_db(place->ledger), edit, &place->err), place->err);
    CHECK_INT(ledger_verify(place->ledger, &report, &place->err), ERR_BROKEN);
    CHECK_HAS(place->err.text, "is missing in the table of raw files");
    CHECK_INT(report.bad_seq, seq);
}

static void each_file_is_there_or_is_named(void **state)
{
    static const struct {
        const char *name;
        int files, count;
    } rows[] = {{"one file again and again", 1, 300},
                {"some in turn", 3, 301},
                {"more than one stretch", 3, STRETCH_MAX * 2 + 5},
                {"each once", 200, 200}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_new();
        struct ledger_report report;
        tell(&place, rows[i].files, rows[i].count);
        CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
        CHECK_INT(report.entries, rows[i].count);
        char sql[100];
        (void)snprintf(sql, sizeof(sql), "DELETE FROM raw WHERE url = 'file-%d.nc'",
                       rows[i].files - 1);
        is_missed(&place, sql, rows[i].files);
    }
}

// A row that is given the entry of another, which is of the same file, does not stand for a third.
static void another_entry_of_a_file_hides_none(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    tell(&place, 2, 4);
    is_missed(&place, "DELETE FROM raw WHERE url = 'file-1.nc'; UPDATE raw SET entry = 3", 2);
}

// Nor do two rows of one file, in a table that was made anew without its key.
static void a_second_row_of_a_file_hides_none(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    tell(&place, 2, 4);
    is_missed(&place,
              "CREATE TABLE made_anew (position INTEGER, hash BLOB, source TEXT, url TEXT,"
              " fetched_at INTEGER, bytes INTEGER, state INTEGER, why TEXT, entry INTEGER);"
              " INSERT INTO made_anew SELECT * FROM raw; DROP TABLE raw;"
              " ALTER TABLE made_anew RENAME TO raw; DELETE FROM raw WHERE url = 'file-1.nc';"
              " INSERT INTO raw SELECT position + 9, hash, source, url, fetched_at, bytes,"
              " state, why, 3 FROM raw",
              2);
}

TEST_MAIN(cmocka_unit_test(each_file_is_there_or_is_named),
          cmocka_unit_test(a_second_row_of_a_file_hides_none),
          cmocka_unit_test(another_entry_of_a_file_hides_none))
