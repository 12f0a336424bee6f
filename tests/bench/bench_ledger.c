// append: entries/s in one transaction of 1, 100 and 1,000, beside plain SQLite; and how often the
// disk is synced for it.
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "ledger/ledger.h"
#include "tests/bench/bench.h"

#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// A round is as long as those of the program: both write their logs back in each, ours the rarer.
enum { BODY = 224, COUNTED = 200, ROUNDS = 9, ALONE = 1000, TOGETHER = 50000 };

// Every sync of this process, whoever asks for it: these stand before the C library's.
static int64_t syncs;

int64_t bench_syncs(void)
{
    return __atomic_load_n(&syncs, __ATOMIC_RELAXED);
}

int fdatasync(int fd)
{
    __atomic_add_fetch(&syncs, 1, __ATOMIC_RELAXED);
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    __atomic_add_fetch(&syncs, 1, __ATOMIC_RELAXED);
    return (int)syscall(SYS_fsync, fd);
}

// What is compared: one transaction of 1, 100 or 1,000 records, WAL, synchronous=FULL, 4 KiB pages.
//
//   ours    ledger_append: canonical JSON of 224 bytes made from a document, hash chain, Merkle
//           leaf and tiles, row (seq, kind, hash, text)
//   theirs  the loop of ../shared/bench/c/ledger.c: row (seq, body, hash) with a body of 224 bytes
//           that is there already, the same chain by EVP
struct append {
    struct ledger *ledger;
    sqlite3 *plain;
    sqlite3_stmt *insert;
    EVP_MD_CTX *sum;
    unsigned char body[BODY], chain[64];
    struct doc *document;
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
            int64_t seq;
            doc_put_int(append->document, "index_milli", 10000 + i);
            BENCH_OK(ledger_append(txn, "decision", (struct utc){1725667200}, append->document,
                                   &seq, NULL, &err),
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

static void chain(struct append *append)
{
    memcpy(append->body, &append->seq, sizeof(append->seq));
    (void)EVP_DigestInit_ex(append->sum, EVP_sha256(), NULL);
    (void)EVP_DigestUpdate(append->sum, append->chain, HASH_SIZE);
    (void)EVP_DigestUpdate(append->sum, append->body, BODY);
    (void)EVP_DigestFinal_ex(append->sum, append->chain, NULL);
}

static void append_theirs(void *self)
{
    struct append *append = self;
    for (int t = 0; t < append->times; t++) {
        check(append, sqlite3_exec(append->plain, "BEGIN IMMEDIATE", NULL, NULL, NULL));
        for (int i = 0; i < append->batch; i++) {
            append->seq++;
            chain(append);
            check(append, sqlite3_bind_int64(append->insert, 1, append->seq));
            check(append, sqlite3_bind_blob(append->insert, 2, append->body, BODY, SQLITE_STATIC));
            check(append,
                  sqlite3_bind_blob(append->insert, 3, append->chain, HASH_SIZE, SQLITE_STATIC));
            check(append, sqlite3_step(append->insert));
            check(append, sqlite3_reset(append->insert));
        }
        check(append, sqlite3_exec(append->plain, "COMMIT", NULL, NULL, NULL));
    }
}

static void open_plain(struct append *append)
{
    AUTO(mem_drop) char *path = file_join(bench_folder(), "plain.db");
    if (sqlite3_open(path, &append->plain) != SQLITE_OK)
        bench_fail("plain SQLite", "cannot open");
    check(append, sqlite3_exec(append->plain,
                               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                               "CREATE TABLE l(seq INTEGER PRIMARY KEY, body BLOB NOT NULL,"
                               " hash BLOB NOT NULL)",
                               NULL, NULL, NULL));
    check(append, sqlite3_prepare_v2(append->plain, "INSERT INTO l VALUES (?, ?, ?)", -1,
                                     &append->insert, NULL));
    append->sum = EVP_MD_CTX_new();
}

// With what ledger_append adds, and a number of six digits, 224 bytes.
static struct doc *document(void)
{
    struct doc *body = doc_object();
    doc_put_text(body, "commune", "01840");
    doc_put_int(body, "index_milli", 10000);
    doc_put_text(body, "policy", "bac-kan-heavy-rain");
    doc_put_text(body, "trace",
                 "maximum 24 h sum within 72 h: 120.5 mm >= 100 mm in 14 of 20 members");
    return body;
}

// In a ledger of its own, whose log is begun and does not grow so far that it is written back.
static void count_syncs(void)
{
    struct append append = {.batch = 1, .times = 1};
    struct err err = {0};
    AUTO(mem_drop) char *folder = file_join(bench_folder(), "synced");
    BENCH_OK(file_make_folder(folder, 0700, &err), err);
    BENCH_OK(ledger_create(folder, &err), err);
    BENCH_OK(ledger_open(folder, LEDGER_WRITE, &append.ledger, &err), err);
    append.document = document();
    append_ours(&append);
    int64_t before = syncs;
    append.times = COUNTED;
    append_ours(&append);
    double each = (double)(syncs - before) / COUNTED;
    bench_count("append, calls of fdatasync and fsync", "a commit (lone commits, counted)", each,
                1);
    if (each < 1)
        bench_fail("append", "a commit was not synced");
    doc_free(&append.document);
    ledger_close(&append.ledger);
}

void bench_ledger(void)
{
    struct append append = {0};
    struct err err = {0};
    AUTO(mem_drop) char *folder = file_join(bench_folder(), "append");
    BENCH_OK(file_make_folder(folder, 0700, &err), err);
    BENCH_OK(ledger_create(folder, &err), err);
    BENCH_OK(ledger_open(folder, LEDGER_WRITE, &append.ledger, &err), err);
    append.document = document();
    open_plain(&append);
    count_syncs();
    static const int batches[] = {1, 100, 1000};
    for (size_t i = 0; i < COUNT_OF(batches); i++) {
        char name[64];
        append.batch = batches[i];
        append.times = batches[i] == 1 ? ALONE : TOGETHER / batches[i];
        (void)snprintf(name, sizeof(name), "append (batch %d)", append.batch);
        struct bench bench = {.name = name,
                              .unit = "entries/s",
                              .reference = "plain SQLite, row of 224 + 32 bytes, chain by EVP",
                              .per_round = append.batch * append.times,
                              .rounds = ROUNDS,
                              .ours = append_ours,
                              .theirs = append_theirs,
                              .self = &append,
                              .goal = 1 / 0.95};
        bench_run(&bench);
    }
    doc_free(&append.document);
    EVP_MD_CTX_free(append.sum);
    sqlite3_finalize(append.insert);
    sqlite3_close(append.plain);
    ledger_close(&append.ledger);
}
