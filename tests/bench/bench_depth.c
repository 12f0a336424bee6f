// What a ledger costs when it is long: appending, verifying, proving and restoring at 100,000
// entries and at BENCH_MILLIONS of them. That one and its backup are made once and kept with the
// workloads; 10 needs 11 GB of disk and the first time some minutes.
#include "core/clock.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "ledger/backup.h"
#include "ledger/decision.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "ledger/merkle.h"
#include "ledger/people.h"
#include "ledger/raw.h"
#include "ledger/tree.h"
#include "tests/bench/bench.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT = 100000, BATCH = 1000, BODY = 224, PROOFS = 201, ROUNDS = 5 };

struct depth {
    struct ledger *ledger;
    struct doc *document;
};

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(*values), by_number);
    return values[count / 2];
}

static double since_us(int64_t start_ns)
{
    return (double)(clock_ticks_ns() - start_ns) / 1e3;
}

// Microseconds an entry; the median of the batches, so that who else uses the disk matters less.
static double append(struct depth *depth, int64_t count)
{
    struct err err = {0};
    int batches = (int)(count / BATCH), at = 0;
    AUTO(mem_drop) double *took = mem_new((size_t)batches, sizeof(*took));
    for (int b = 0; b < batches; b++) {
        AUTO(ledger_undo) struct txn *txn = NULL;
        int64_t seq, start_ns = clock_ticks_ns();
        BENCH_OK(ledger_begin(depth->ledger, &txn, &err), err);
        for (int i = 0; i < BATCH; i++)
            BENCH_OK(ledger_append(txn, "ingest", (struct utc){1725667200}, depth->document, &seq,
                                   NULL, &err),
                     err);
        BENCH_OK(ledger_commit(&txn, &err), err);
        took[at++] = since_us(start_ns) / BATCH;
    }
    return median(took, batches);
}

// Microseconds an entry: the chain's hash alone, over a text of so many bytes, by EVP and with
// nothing read.
static double bare_hash(size_t size)
{
    enum { TIMES = 300000 };
    unsigned char chain[64] = {0}, body[1024] = {0};
    assert(size <= sizeof(body));
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    int64_t start_ns = clock_ticks_ns();
    for (int i = 0; i < TIMES; i++) {
        memcpy(body, &i, sizeof(i));
        (void)EVP_DigestInit_ex(sum, EVP_sha256(), NULL);
        (void)EVP_DigestUpdate(sum, chain, HASH_SIZE);
        (void)EVP_DigestUpdate(sum, body, size);
        (void)EVP_DigestFinal_ex(sum, chain, NULL);
    }
    double took_us = since_us(start_ns) / TIMES;
    EVP_MD_CTX_free(sum);
    return took_us;
}

// The same chain by the plain functions that the ledger itself uses: what hashing costs at least.
static double plain_hash(void)
{
    enum { TIMES = 100000 };
    char body[BODY] = {0};
    struct hash chain = {0};
    int64_t start_ns = clock_ticks_ns();
    for (int i = 0; i < TIMES; i++) {
        memcpy(body, &i, sizeof(i));
        chain = hash_of_pair(chain, (struct str){body, BODY});
    }
    return since_us(start_ns) / TIMES + (chain.at[0] == 0 ? 1e-9 : 0);
}

static double verify(struct depth *depth, int64_t entries)
{
    struct err err = {0};
    struct ledger_report report;
    int64_t start_ns = clock_ticks_ns();
    BENCH_OK(ledger_verify(depth->ledger, &report, &err), err);
    if (report.entries != entries)
        bench_fail("verify", "it did not see every entry");
    return since_us(start_ns) / (double)entries;
}

// The median of some, microseconds an entry.
static double verify_rounds(struct depth *depth, int64_t entries)
{
    double took[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        took[i] = verify(depth, entries);
    return median(took, ROUNDS);
}

// The short ledger was written just now and lies in memory; so shall the long one.
static void read_once(const char *site)
{
    struct err err = {0};
    struct sum ignored;
    AUTO(mem_drop) char *path = file_join(site, "ledger.db");
    BENCH_OK(sum_of_file(SUM_SHA256, path, &ignored, &err), err);
}

static double verify_beside_hash(struct depth *depth, int64_t entries, const char *name, int rounds)
{
    double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS], plain[ROUNDS];
    for (int i = 0; i < rounds; i++) { // a long one lies between the two, whoever else is at work
        double before = bare_hash(BODY);
        plain[i] = plain_hash();
        ours[i] = verify(depth, entries);
        theirs[i] = (before + bare_hash(BODY)) / 2;
        ratio[i] = theirs[i] / ours[i];
    }
    double figure = median(ours, rounds), rate = median(ratio, rounds);
    (void)printf("verify (%s entries, two threads): %.4g entries/s; the bare hash of 256 bytes by "
                 "EVP: %.4g/s; rate %.2f x (goal >= 0.8: %s); by the plain functions: %.4g/s\n",
                 name, 1e6 / figure, 1e6 / median(theirs, rounds), rate,
                 rate >= 0.8 ? "met" : "MISSED", 1e6 / median(plain, rounds));
    return figure;
}

// Milliseconds for the path of one entry, here and there in the ledger.
static double prove(struct depth *depth, int64_t entries)
{
    double took[PROOFS];
    struct err err = {0};
    struct merkle_path path;
    for (int i = 0; i < PROOFS; i++) {
        int64_t seq = 1 + entries / PROOFS * i, start_ns = clock_ticks_ns();
        BENCH_OK(tree_inclusion(depth->ledger, seq, (uint64_t)entries, &path, &err), err);
        took[i] = since_us(start_ns) / 1e3;
    }
    return median(took, PROOFS);
}

// --- a long ledger, made once

static void fill(struct depth *depth, int64_t entries)
{
    struct err err = {0};
    int64_t seq = 0;
    struct hash ignored;
    BENCH_OK(ledger_head(depth->ledger, &seq, &ignored, &err), err);
    if (seq < entries)
        (void)append(depth, (entries - seq + BATCH - 1) / BATCH * BATCH);
}

static char address[] = "http://127.0.0.1/imerg/3B-HHR-E.MS.MRG.3IMERG.20240907.nc";
static const struct hash raw_hash = {{1}};

// All entries are of this file, read again and again.
static void put_file(const char *folder)
{
    struct err err = {0};
    bool fresh = false;
    struct raw raw = {.hash = raw_hash, .source = "imerg", .url = address, .bytes = 1};
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(ledger_undo) struct txn *txn = NULL;
    BENCH_OK(ledger_open(folder, LEDGER_WRITE, &ledger, &err), err);
    BENCH_OK(ledger_begin(ledger, &txn, &err), err);
    BENCH_OK(raw_put(txn, &raw, &fresh, &err), err);
    BENCH_OK(raw_settle(txn, raw_hash, raw.source, RAW_READ, "", 1, &err), err);
    BENCH_OK(ledger_commit(&txn, &err), err);
}

static struct doc *document_of_file(void)
{
    struct doc *document = doc_object();
    doc_put_text(document, "source", "imerg");
    doc_put_text(document, "url", address);
    doc_put_text(document, "raw", hash_hex(raw_hash).at);
    return document;
}

static void make_empty(const char *folder)
{
    struct err err = {0};
    BENCH_OK(file_make_folder(folder, 0700, &err), err);
    BENCH_OK(people_create(folder, &err), err);
    BENCH_OK(map_create(folder, &err), err);
    BENCH_OK(ledger_create(folder, &err), err);
}

static void make_site(const char *folder)
{
    if (file_exists(folder))
        return;
    make_empty(folder);
    put_file(folder);
}

// One batch: a "no" about each commune.
static void decide(struct ledger *ledger, int month, int communes)
{
    struct err err = {0};
    char period[32], commune[16];
    AUTO(doc_free) struct doc *inputs = doc_object();
    AUTO(doc_free) struct doc *trace = doc_array();
    AUTO(ledger_undo) struct txn *txn = NULL;
    int64_t batch_seq = 0, seq = 0;
    struct str yaml = STR("gong: 1\n");
    (void)snprintf(period, sizeof(period), "%04d-%02d", 2000 + month / 12, month % 12 + 1);
    struct batch batch = {.policy = "heavy-rain",
                          .version = 1,
                          .policy_hash = hash_of(yaml),
                          .boundary_set = "vn2025",
                          .period = period,
                          .as_of = {1725667200},
                          .basis = hash_of(str_of(period))};
    for (int i = 0; i < 3; i++) {
        struct doc *step = doc_object();
        doc_put_text(step, "step", "sum over three days");
        doc_put_int(step, "milli", 120500 + i);
        doc_push(trace, step);
    }
    BENCH_OK(ledger_begin(ledger, &txn, &err), err);
    BENCH_OK(policy_text_put(txn, batch.as_of, batch.policy, 1, batch.policy_hash, yaml, &err),
             err);
    BENCH_OK(batch_put(txn, &batch, inputs, &batch_seq, &err), err);
    for (int i = 0; i < communes; i++) {
        (void)snprintf(commune, sizeof(commune), "%05d", i);
        struct decision no = {commune, ANSWER_NO, true, 1000LL * i, trace, 0, NULL};
        BENCH_OK(decision_put(txn, &batch, batch_seq, &no, &seq, &err), err);
    }
    BENCH_OK(ledger_commit(&txn, &err), err);
}

// Decisions about all communes, each with its row, verified beside the bare hash of as many bytes.
static void verify_decisions(void)
{
    enum { BATCHES = 20, COMMUNES = 11162 };
    struct err err = {0};
    struct depth depth = {.ledger = NULL};
    int64_t last = 0;
    struct hash head;
    AUTO(mem_drop) char *folder = file_join(bench_folder(), "decisions");
    make_empty(folder);
    BENCH_OK(ledger_open(folder, LEDGER_WRITE, &depth.ledger, &err), err);
    for (int i = 0; i < BATCHES; i++)
        decide(depth.ledger, i, COMMUNES);
    BENCH_OK(ledger_head(depth.ledger, &last, &head, &err), err);
    AUTO(entry_free) struct entry entry = {0};
    BENCH_OK(ledger_entry(depth.ledger, last, &entry, &err), err);
    size_t size = strlen(entry.text);
    double ratio[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double before = bare_hash(size), ours = verify(&depth, last);
        ratio[i] = (before + bare_hash(size)) / 2 / ours;
    }
    double rate = median(ratio, ROUNDS);
    (void)printf(
        "verify (%lld decisions of %zu bytes with their rows, two threads): rate %.2f x the "
        "bare hash of as many bytes by EVP (goal >= 0.8: %s)\n",
        (long long)last, size, rate, rate >= 0.8 ? "met" : "MISSED");
    ledger_close(&depth.ledger);
}

// Seconds from a backup to a site that is verified.
static double restore(const char *backup, int64_t entries)
{
    struct err err = {0};
    struct restore_report report = {0};
    AUTO(mem_drop) char *site = file_join(bench_folder(), "restored");
    struct restore restore = {.folder = backup, .site = site, .now = {1725667200}};
    int64_t start_ns = clock_ticks_ns();
    BENCH_OK(backup_restore(&restore, &report, &err), err);
    if (report.entries < entries)
        bench_fail("restore", "the backup is of a shorter ledger");
    return since_us(start_ns) / 1e6;
}

static void print_ratio(const char *what, const char *name, double late_us, double early_us)
{
    (void)printf("%s at %s entries: %.3g us each, at 100,000: %.3g us; ", what, name, late_us,
                 early_us);
    bench_count("ratio", "x", late_us / early_us, 1.1);
}

static void measure(struct depth *small, struct depth *large, const char *backup, int64_t wanted,
                    const char *name)
{
    struct err err = {0};
    int64_t entries = 0;
    struct hash ignored;
    double early_us = append(small, SHORT), late_us = append(large, SHORT);
    BENCH_OK(ledger_head(large->ledger, &entries, &ignored, &err), err);
    // The long one may take seconds: the short one is measured before and after it.
    double early_verify_us = verify_beside_hash(small, SHORT, "100,000", ROUNDS);
    double late_verify_us = verify_beside_hash(large, entries, name, wanted > 2000000 ? 1 : 3);
    early_verify_us = (early_verify_us + verify_rounds(small, SHORT)) / 2;
    print_ratio("append", name, late_us, early_us);
    print_ratio("verify", name, late_verify_us, early_verify_us);
    (void)printf("at %s entries, ", name);
    bench_count("proof of one", "ms", prove(large, entries), 1);
    (void)printf("at %s entries, ", name);
    bench_count("restore with its verification", "s", restore(backup, wanted), 120);
}

// The long ledger and its backup are kept with the workloads.
void bench_depth(void)
{
    struct err err = {0};
    struct depth small = {.document = document_of_file()}, large = {.document = small.document};
    const char *wish = getenv("BENCH_MILLIONS");
    double millions = wish ? strtod(wish, NULL) : 0.5;
    int64_t entries = (int64_t)(millions * 1e6) / SHORT * SHORT;
    char name[32], file[64];
    if (entries < 2LL * SHORT)
        bench_fail("BENCH_MILLIONS", "at least 0.2");
    (void)snprintf(name, sizeof(name), "%.4g million", (double)entries / 1e6);
    (void)snprintf(file, sizeof(file), "ledger-of-a-file-%lld", (long long)entries);
    AUTO(mem_drop) char *folder = file_join(bench_folder(), "depth");
    AUTO(mem_drop) char *site = bench_data(file);
    (void)snprintf(file, sizeof(file), "ledger-of-a-file-%lld-backup", (long long)entries);
    AUTO(mem_drop) char *backup = bench_data(file);
    make_site(folder);
    make_site(site);
    BENCH_OK(ledger_open(folder, LEDGER_WRITE, &small.ledger, &err), err);
    read_once(site); // before SQLite holds locks on it: whoever closes a file gives them up
    BENCH_OK(ledger_open(site, LEDGER_WRITE, &large.ledger, &err), err);
    fill(&large, entries);
    if (!file_exists(backup)) {
        struct backup_report made;
        (void)snprintf(file, sizeof(file), "ledger-of-a-file-%lld-part", (long long)entries);
        AUTO(mem_drop) char *part = bench_data(file);
        BENCH_OK(backup_make(site, part, (struct utc){1725667200}, &made, &err), err);
        if (rename(part, backup) != 0)
            bench_fail(backup, "cannot be made");
    }
    measure(&small, &large, backup, entries, name);
    verify_decisions();
    ledger_close(&small.ledger);
    ledger_close(&large.ledger);
    doc_free(&small.document);
}
