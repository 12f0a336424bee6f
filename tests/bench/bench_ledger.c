// append: entries/s in one transaction of 1, 100 and 1,000, beside plain SQLite with the same
// settings and the same hash chain over a fixed text.
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "ledger/ledger.h"
#include "tests/bench/bench.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { BODY = 224 };

struct append {
    struct ledger *ledger;
    sqlite3 *plain;
    sqlite3_stmt *insert;
    struct hash chain;
    int64_t seq;
    int batch, times;
};

static void append_ours(void *self)
{
    struct append *append = self;
    struct err err = {0};
    for (int t = 0; t < append->times; t++) {
        struct txn *txn = NULL;
        BENCH_OK(ledger_begin(append->ledger, &txn, &err), err);
        for (int i = 0; i < append->batch; i++) {
            AUTO(doc_free) struct doc *body = doc_object();
            int64_t seq;
            doc_put_text(body, "commune", "01840");
            doc_put_int(body, "index_milli", i);
            doc_put_text(body, "policy", "bac-kan-heavy-rain");
            doc_put_text(body, "trace",
                         "maximum 24 h sum within 72 h: 120.5 mm >= 100 mm in 14 of 20 members");
            BENCH_OK(
                ledger_append(txn, "decision", (struct utc){1725667200}, body, &seq, NULL, &err),
                err);
        }
        BENCH_OK(ledger_commit(&txn, &err), err);
    }
}

static void check(struct append *append, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE)
        bench_fail("plain SQLite", sqlite3_errmsg(append->plain));
}

static void append_theirs(void *self)
{
    struct append *append = self;
    char body[BODY + 1];
    memset(body, 'x', BODY);
    body[BODY] = '\0';
    for (int t = 0; t < append->times; t++) {
        check(append, sqlite3_exec(append->plain, "BEGIN IMMEDIATE", NULL, NULL, NULL));
        for (int i = 0; i < append->batch; i++) {
            append->chain = hash_of_pair(append->chain, (struct str){body, BODY});
            check(append, sqlite3_bind_int64(append->insert, 1, ++append->seq));
            check(append, sqlite3_bind_text(append->insert, 2, "decision", -1, SQLITE_STATIC));
            check(append,
                  sqlite3_bind_blob(append->insert, 3, append->chain.at, HASH_SIZE, SQLITE_STATIC));
            check(append, sqlite3_bind_text(append->insert, 4, body, BODY, SQLITE_STATIC));
            check(append, sqlite3_step(append->insert));
            check(append, sqlite3_reset(append->insert));
        }
        check(append, sqlite3_exec(append->plain, "COMMIT", NULL, NULL, NULL));
    }
}

void bench_ledger(void)
{
    struct append append = {0};
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(bench_folder(), "plain.db");
    BENCH_OK(ledger_create(bench_folder(), &err), err);
    BENCH_OK(ledger_open(bench_folder(), LEDGER_WRITE, &append.ledger, &err), err);
    if (sqlite3_open(path, &append.plain) != SQLITE_OK)
        bench_fail("plain SQLite", "cannot open");
    check(&append, sqlite3_exec(append.plain,
                                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                "CREATE TABLE entry (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
                                " hash BLOB NOT NULL, text TEXT NOT NULL) STRICT;"
                                "CREATE INDEX entry_kind ON entry (kind, seq);",
                                NULL, NULL, NULL));
    check(&append, sqlite3_prepare_v2(append.plain, "INSERT INTO entry VALUES (?, ?, ?, ?)", -1,
                                      &append.insert, NULL));
    static const int batches[] = {1, 100, 1000};
    for (size_t i = 0; i < COUNT_OF(batches); i++) {
        char name[32];
        append.batch = batches[i];
        append.times = batches[i] == 1 ? 200 : 2000 / batches[i];
        (void)snprintf(name, sizeof(name), "append (batch %d)", append.batch);
        struct bench bench = {.name = name,
                              .unit = "entries/s",
                              .reference = "plain SQLite, same settings",
                              .per_round = append.batch * append.times,
                              .rounds = 7,
                              .ours = append_ours,
                              .theirs = append_theirs,
                              .self = &append};
        bench_run(&bench);
    }
    sqlite3_finalize(append.insert);
    sqlite3_close(append.plain);
    ledger_close(&append.ledger);
}
