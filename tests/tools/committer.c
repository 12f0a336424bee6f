// Commits batches to the ledger of a site until it is told to stop by SIGTERM, and says what became
// of each: committer SITE NAME SEED. A batch is 1 to 40 entries of kind "test" {batch, by, of,
// place}; one that is to be tried again is. Lines: "acked BATCH ENTRIES", "later BATCH SENTENCE",
// and "failed BATCH SENTENCE", after which it ends with 1.
#include "core/clock.h"
#include "core/mem.h"
#include "ledger/ledger.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH_MAX = 40, TRIES_MAX = 600, PAUSE_MS = 50 };

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static enum err_kind commit_batch(struct ledger *ledger, const char *by, int64_t batch, int entries,
                                  struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t seq;
    doc_put_text(body, "by", by);
    doc_put_int(body, "batch", batch);
    doc_put_int(body, "of", entries);
    if (ledger_begin(ledger, &txn, err))
        return err_of(err);
    for (int i = 0; i < entries; i++) {
        doc_put_int(body, "place", i);
        if (ledger_append(txn, "test", (struct utc){1725667200}, body, &seq, NULL, err))
            return err_of(err);
    }
    return ledger_commit(&txn, err);
}

static bool try_until_acked(struct ledger *ledger, const char *by, int64_t batch, int entries)
{
    enum err_kind kind = ERR_LATER;
    for (int i = 0; i < TRIES_MAX && kind == ERR_LATER; i++) {
        struct err err = {0};
        kind = commit_batch(ledger, by, batch, entries, &err);
        if (kind)
            (void)printf("%s %" PRId64 " %s\n", kind == ERR_LATER ? "later" : "failed", batch,
                         err.text);
        else
            (void)printf("acked %" PRId64 " %d\n", batch, entries);
        (void)fflush(stdout);
        if (kind == ERR_LATER)
            clock_system.pause_ms(clock_system.self, PAUSE_MS);
    }
    return kind == OK;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    AUTO(ledger_close) struct ledger *ledger = NULL;
    if (argc != 4)
        return 2;
    unsigned state = (unsigned)strtoul(argv[3], NULL, 10);
    (void)signal(SIGTERM, on_signal);
    if (ledger_open(argv[1], LEDGER_WRITE, &ledger, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (int64_t batch = 1; !stop; batch++) {
        if (!try_until_acked(ledger, argv[2], batch, 1 + rand_r(&state) % BATCH_MAX))
            return 1;
    }
    return 0;
}
