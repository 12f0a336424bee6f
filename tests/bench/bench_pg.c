// The second store: append and claim on a real PostgreSQL, started for it on a socket of its own.
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "ledger/ledger.h"
#include "tests/bench/bench.h"

#include <endian.h>
#include <openssl/evp.h>
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BODY = 224, WORDS_MAX = 400, EACH_ROUND = 10000, PATH_BYTES_MAX = 4096 };

// What is compared: one transaction of 1, 100 or 1,000 records, synchronous_commit on, at the same
// server by the same socket, each in a table with one primary key.
//
//   ours    ledger_append: canonical JSON of 224 bytes made from a document, hash chain, Merkle
//           leaf and tiles, row (seq, kind, hash, text), the writers' lock, the commit's number
//   theirs  libpq: row (seq, body, hash) with a body of 224 bytes that is there already, the same
//           chain by EVP, a prepared statement with binary parameters; each answer is waited for,
//           or (in pipeline mode) all of a transaction at its end
struct append {
    struct ledger *ledger;
    PGconn *plain;
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

static void must(const struct append *append, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        bench_fail("plain libpq", PQerrorMessage(append->plain));
    PQclear(result);
}

static void chain(struct append *append)
{
    append->seq++;
    memcpy(append->body, &append->seq, sizeof(append->seq));
    (void)EVP_DigestInit_ex(append->sum, EVP_sha256(), NULL);
    (void)EVP_DigestUpdate(append->sum, append->chain, HASH_SIZE);
    (void)EVP_DigestUpdate(append->sum, append->body, BODY);
    (void)EVP_DigestFinal_ex(append->sum, append->chain, NULL);
}

struct row {
    uint64_t seq;
    const char *value[3];
    int length[3], format[3];
};

static struct row *next_row(struct append *append, struct row *row)
{
    chain(append);
    row->seq = htobe64((uint64_t)append->seq);
    row->value[0] = (const char *)&row->seq;
    row->value[1] = (const char *)append->body;
    row->value[2] = (const char *)append->chain;
    row->length[0] = sizeof(row->seq);
    row->length[1] = BODY;
    row->length[2] = HASH_SIZE;
    row->format[0] = row->format[1] = row->format[2] = 1;
    return row;
}

static void append_one_by_one(void *self)
{
    struct append *append = self;
    struct row row;
    for (int t = 0; t < append->times; t++) {
        must(append, PQexec(append->plain, "BEGIN"));
        for (int i = 0; i < append->batch; i++) {
            (void)next_row(append, &row);
            must(append,
                 PQexecPrepared(append->plain, "put", 3, row.value, row.length, row.format, 1));
        }
        must(append, PQexec(append->plain, "COMMIT"));
    }
}

// All answers up to that of the pipeline's end.
static void take_answers(const struct append *append)
{
    if (!PQpipelineSync(append->plain))
        bench_fail("plain libpq", PQerrorMessage(append->plain));
    for (;;) {
        PGresult *result = PQgetResult(append->plain);
        bool end = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (end)
            PQclear(result);
        else if (result)
            must(append, result);
        if (end)
            return;
    }
}

static void append_in_pipeline(void *self)
{
    struct append *append = self;
    struct row row;
    (void)PQenterPipelineMode(append->plain);
    for (int t = 0; t < append->times; t++) {
        (void)PQsendQueryParams(append->plain, "BEGIN", 0, NULL, NULL, NULL, NULL, 1);
        for (int i = 0; i < append->batch; i++) {
            (void)next_row(append, &row);
            if (!PQsendQueryPrepared(append->plain, "put", 3, row.value, row.length, row.format, 1))
                bench_fail("plain libpq", PQerrorMessage(append->plain));
        }
        (void)PQsendQueryParams(append->plain, "COMMIT", 0, NULL, NULL, NULL, NULL, 1);
        take_answers(append);
    }
    (void)PQexitPipelineMode(append->plain);
}

static void open_plain(struct append *append, const char *store)
{
    append->plain = PQconnectdb(store);
    if (PQstatus(append->plain) != CONNECTION_OK)
        bench_fail("plain libpq", PQerrorMessage(append->plain));
    must(append, PQexec(append->plain, "SET synchronous_commit = on;"
                                       "CREATE SCHEMA plain;"
                                       "CREATE TABLE plain.l (seq BIGINT PRIMARY KEY,"
                                       " body BYTEA NOT NULL, hash BYTEA NOT NULL)"));
    must(append, PQprepare(append->plain, "put", "INSERT INTO plain.l VALUES ($1, $2, $3)", 3,
                           (const Oid[]){20, 17, 17}));
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

static void bench_append(const char *store)
{
    static const int batches[] = {1, 100, 1000};
    struct append append = {.document = document()};
    struct err err = {0};
    AUTO(mem_drop) char *folder = bench_pg_site("append");
    BENCH_OK(ledger_open(folder, LEDGER_WRITE, &append.ledger, &err), err);
    open_plain(&append, store);
    for (size_t i = 0; i < COUNT_OF(batches); i++) {
        char name[64];
        append.batch = batches[i];
        append.times = batches[i] == 1 ? 500 : EACH_ROUND / batches[i];
        (void)snprintf(name, sizeof(name), "append on PostgreSQL (batch %d)", append.batch);
        struct bench bench = {.name = name,
                              .unit = "entries/s",
                              .reference = "plain libpq loop, row of 224 + 32 bytes, chain by EVP",
                              .per_round = append.batch * append.times,
                              .rounds = 9,
                              .ours = append_ours,
                              .theirs = append_one_by_one,
                              .self = &append,
                              .goal = append.batch == 100 ? 1 / 0.8 : 0};
        bench_run(&bench);
        if (append.batch == 1)
            continue;
        bench.reference = "the same loop in pipeline mode"; // what is possible, not a goal
        bench.theirs = append_in_pipeline;
        bench.goal = 0;
        bench_run(&bench);
    }
    doc_free(&append.document);
    EVP_MD_CTX_free(append.sum);
    PQfinish(append.plain);
    ledger_close(&append.ledger);
}

void bench_pg(void)
{
    const char *store = bench_pg_store("pg");
    if (store)
        bench_append(store);
}

char *bench_pg_site(const char *name)
{
    struct err err = {0};
    AUTO(buf_free) struct buf settings = buf_new(WORDS_MAX);
    char *folder = file_join(bench_folder(), name);
    AUTO(mem_drop) char *path = file_join(folder, "gong.yaml");
    buf_print(&settings, "store: %s\nstore_schema: %s\n", getenv("GONG_TEST_STORE"), name);
    BENCH_OK(file_make_folder(folder, 0700, &err), err);
    BENCH_OK(file_write(path, buf_slice(&settings), 0644, &err), err);
    BENCH_OK(ledger_create(folder, &err), err);
    return folder;
}

// The same program again, by the script that starts a server and ends it. On a disk: what is
// measured waits for it.
static void again_with_server(const char *group)
{
    int status = 0;
    char self[PATH_BYTES_MAX] = "";
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        bench_fail("PostgreSQL", "this program's own file is not found");
    pid_t child = fork();
    if (child == 0) {
        (void)setenv("GONG_PG_FOLDER", "/tmp", 0);
        (void)execl("tests/ledger/on_pg.sh", "on_pg.sh", "--", self, group, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        bench_fail(group, "the server did not start, or a figure failed");
}

const char *bench_pg_store(const char *group)
{
    const char *store = getenv("GONG_TEST_STORE");
    if (!store)
        again_with_server(group);
    return store;
}
