// A disk that is full, that fails, that does not sync: at each write and sync of a run in turn,
// once or from then on. The program says so, nothing acknowledged is lost, and the ledger goes on.
// And how often the disk is synced when all is well.
#include "core/err.h"
#include "core/mem.h"
#include "ledger/writer.h"
#include "tests/ledger/disk.h"
#include "tests/ledger/place.h"

#include <pthread.h>

enum { COMMITS = 6, STEP = SANITIZED ? 5 : 1, PRODUCERS = 32, EACH = 20 };

static enum err_kind append(struct ledger *ledger, int64_t *seq, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    if (ledger_begin(ledger, &txn, err) ||
        ledger_append(txn, "drill", (struct utc){0}, body, seq, NULL, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

// Appends until something fails; how many entries were acknowledged.
static int64_t run(struct place *place, struct err *err)
{
    int64_t acknowledged = 0, seq = 0;
    if (ledger_open(place->folder, LEDGER_WRITE, &place->ledger, err))
        return 0;
    for (int i = 0; i < COMMITS && !append(place->ledger, &seq, err); i++)
        acknowledged = seq;
    return acknowledged;
}

static const struct fault {
    const char *name;
    int code;
    int64_t fails;
    bool full;
    const char *words;
} faults[] = {
    {"full for a moment", SQLITE_FULL, 1, true, "no space is left on the disk for the ledger"},
    {"full from then on", SQLITE_FULL, INT32_MAX, true, "free some, then run again"},
    {"one call fails", SQLITE_IOERR_WRITE, 1, false, "start again"},
    {"all calls fail from then on", SQLITE_IOERR_WRITE, INT32_MAX, false, "start again"},
};

// With the n-th call failing; false when the run was over before.
static bool try_fault(const struct fault *fault, int64_t n, size_t *failed)
{
    AUTO(place_free) struct place place = place_in("/dev/shm");
    struct ledger_report report;
    struct err err = {0};
    ledger_close(&place.ledger);
    disk.calls = 0;
    disk.code = fault->code;
    disk.fails = fault->fails;
    disk.fail_at = n;
    int64_t acknowledged = run(&place, &err);
    bool reached = disk.calls >= n;
    disk.fail_at = 0;
    if (err.kind) {
        CHECK_INT(err.kind, ERR_BROKEN);
        CHECK_INT(err.full, fault->full);
        CHECK_HAS(err.text, fault->words);
        ++*failed;
    }
    ledger_close(&place.ledger);
    CHECK_OK(ledger_open(place.folder, LEDGER_WRITE, &place.ledger, &place.err), place.err);
    CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
    CHECK(report.entries == acknowledged || report.entries == acknowledged + 1);
    CHECK_OK(append(place.ledger, &acknowledged, &place.err), place.err);
    return reached;
}

static void every_call_fails_in_turn(void **state)
{
    (void)state;
    size_t failed = 0, tried = 0;
    disk_begin();
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        ROW(faults[i].name);
        for (int64_t n = 1; try_fault(&faults[i], n, &failed); n += STEP)
            tried++;
    }
    disk_end();
    (void)printf("# %zu faults tried, %zu times the program stopped and said so; 0 acknowledged "
                 "and lost\n",
                 tried, failed);
    CHECK(failed > COUNT_OF(faults) * 5);
}

static void a_sync_that_failed_is_named(void **state)
{
    (void)state;
    struct err err = {0};
    disk_begin();
    {
        AUTO(place_free) struct place place = place_in("/dev/shm");
        int64_t seq = 0;
        CHECK_OK(append(place.ledger, &seq, &err), err);
        disk.calls = 0;
        disk.code = SQLITE_IOERR_WRITE;
        disk.fails = 1;
        for (disk.fail_at = 1; !err.kind; disk.fail_at++) {
            int64_t syncs = disk.syncs;
            disk.calls = 0;
            if (append(place.ledger, &seq, &err) && disk.syncs == syncs)
                err = (struct err){0}; // a write failed, not the sync behind it
        }
        disk.fail_at = 0;
        CHECK_HAS(err.text, "a sync failed");
        CHECK_HAS(err.text, "what was acknowledged before is there");
    }
    disk_end();
}

static void a_commit_is_one_sync(void **state)
{
    (void)state;
    enum { MANY = 50 };
    disk_begin();
    {
        AUTO(place_free) struct place place = place_in("/dev/shm");
        int64_t seq = 0;
        CHECK_OK(append(place.ledger, &seq, &place.err), place.err); // the log is begun
        int64_t syncs = disk.syncs;
        for (int i = 0; i < MANY; i++)
            CHECK_OK(append(place.ledger, &seq, &place.err), place.err);
        CHECK_INT(disk.syncs - syncs, MANY);
    }
    disk_end();
}

static void append_many(struct place *place, int entries)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t seq = 0;
    doc_put_text(body, "why", "a text of the length that entries have, so that pages are filled");
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    for (int i = 0; i < entries; i++)
        CHECK_OK(ledger_append(txn, "drill", (struct utc){0}, body, &seq, NULL, &place->err),
                 place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

// As this disk promises nothing, SQLite puts the last page twice, the second time across the sync.
static void a_commit_is_handed_over_at_once(void **state)
{
    static const struct {
        const char *name;
        int entries;
        int64_t calls; // of writing and syncing, at most
    } rows[] = {
        {"one entry", 1, 5},
        {"some ten pages", 100, 5},
        {"more than is gathered", 3000, 12},
    };
    (void)state;
    disk_begin();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(place_free) struct place place = place_in("/dev/shm");
        struct ledger_report report;
        append_many(&place, 1); // the log is begun
        disk.calls = 0;
        append_many(&place, rows[i].entries);
        CHECK(disk.calls >= 2 && disk.calls <= rows[i].calls);
        ledger_close(&place.ledger);
        CHECK_OK(ledger_open(place.folder, LEDGER_WRITE, &place.ledger, &place.err), place.err);
        CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
        CHECK_INT(report.entries, 1 + rows[i].entries);
    }
    disk_end();
}

struct producer {
    pthread_t thread;
    struct writer *writer;
    int64_t acknowledged[EACH];
    bool failed;
};

static void *produce(void *self)
{
    struct producer *producer = self;
    AUTO(doc_free) struct doc *body = doc_object();
    for (int i = 0; i < EACH; i++) {
        struct err err = {0};
        producer->failed |= writer_append(producer->writer, "drill", (struct utc){0}, body,
                                          &producer->acknowledged[i], &err) != OK;
    }
    return NULL;
}

static void many_threads_share_commits(void **state)
{
    (void)state;
    static struct producer producer[PRODUCERS];
    static bool seen[PRODUCERS * EACH + 1];
    struct ledger_report report;
    disk_begin();
    {
        AUTO(place_free) struct place place = place_in("/tmp");
        AUTO(writer_close) struct writer *writer = NULL;
        CHECK_OK(writer_open(place.folder, &writer, &place.err), place.err);
        int64_t syncs = disk.syncs;
        for (int i = 0; i < PRODUCERS; i++) {
            producer[i].writer = writer;
            CHECK_INT(pthread_create(&producer[i].thread, NULL, produce, &producer[i]), 0);
        }
        for (int i = 0; i < PRODUCERS; i++)
            CHECK_INT(pthread_join(producer[i].thread, NULL), 0);
        struct writer_report done = writer_report(writer);
        CHECK_INT(done.entries, PRODUCERS * EACH);
        CHECK(done.commits < done.entries / 2);
        CHECK(disk.syncs - syncs <= done.commits + 1); // and the log's first page
        (void)printf("# %d threads: %lld entries in %lld commits, %lld syncs\n", PRODUCERS,
                     (long long)done.entries, (long long)done.commits,
                     (long long)(disk.syncs - syncs));
        writer_close(&writer);
        CHECK_OK(ledger_verify(place.ledger, &report, &place.err), place.err);
        CHECK_INT(report.entries, PRODUCERS * EACH);
    }
    disk_end();
    for (int i = 0; i < PRODUCERS; i++) {
        CHECK(!producer[i].failed);
        for (int k = 0; k < EACH; k++) {
            int64_t seq = producer[i].acknowledged[k];
            CHECK(seq >= 1 && seq <= PRODUCERS * EACH && !seen[seq]);
            seen[seq] = true;
            CHECK(k == 0 || seq > producer[i].acknowledged[k - 1]);
        }
    }
}

// What is wrong with one entry fails that one, not those that share its commit: here all of them.
static void a_writer_says_what_failed(void **state)
{
    (void)state;
    struct err err = {0};
    disk_begin();
    {
        AUTO(place_free) struct place place = place_in("/dev/shm");
        AUTO(doc_free) struct doc *body = doc_object();
        AUTO(writer_close) struct writer *writer = NULL;
        int64_t seq = 0;
        CHECK_OK(writer_open(place.folder, &writer, &err), err);
        CHECK_OK(writer_append(writer, "drill", (struct utc){0}, body, &seq, &err), err);
        CHECK_INT(seq, 1);
        disk.code = SQLITE_FULL;
        disk.fails = INT32_MAX;
        disk.fail_at = 1;
        CHECK_INT(writer_append(writer, "drill", (struct utc){0}, body, &seq, &err), ERR_BROKEN);
        CHECK(err.full);
        disk.fail_at = 0;
        CHECK_OK(writer_append(writer, "drill", (struct utc){0}, body, &seq, &err), err);
        CHECK_INT(seq, 2);
    }
    disk_end();
}

TEST_MAIN(cmocka_unit_test(every_call_fails_in_turn), cmocka_unit_test(a_sync_that_failed_is_named),
          cmocka_unit_test(a_commit_is_one_sync), cmocka_unit_test(a_commit_is_handed_over_at_once),
          cmocka_unit_test(many_threads_share_commits), cmocka_unit_test(a_writer_says_what_failed))
