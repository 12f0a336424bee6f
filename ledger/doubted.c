#include "ledger/doubted.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <stdlib.h>
#include <string.h>

void doubted_add(struct txn *txn, const struct hash *reading, struct str flag)
{
    struct doubted *doubted = txn_doubted(txn);
    if (!doubted->flags)
        doubted->flags = doc_object();
    doc_put_text(doubted->flags, hash_hex(*reading).at, flag.len ? hash_hex(hash_of(flag)).at : "");
}

// --- verified

// What entries say, in their order, then sorted by reading; the newest of each counts.
struct saids {
    struct said {
        struct hash reading, flag;
        bool none;
        int64_t seq;
        bool seen; // a row of the table has it
    } * at;        // heap
    size_t count;
    struct utc since; // of the first entry
};

static void saids_free(struct saids *saids)
{
    mem_free(&saids->at);
}

static enum err_kind take_entry(void *self, const struct entry *entry, struct err *err)
{
    struct saids *saids = self;
    AUTO(doc_free) struct doc *doc = NULL;
    if (doc_parse(str_of(entry->text), "ledger entry", &doc, err))
        return err_of(err);
    const struct doc *flags = doc_get(doc, "flags");
    if (saids->count == 0 &&
        utc_parse(str_of(doc_text(doc_get(doc, "at"), "")), &saids->since, err))
        return err_of(err);
    for (const char *key = doc_next_key(flags, NULL); key; key = doc_next_key(flags, key)) {
        const char *sum = doc_text(doc_get(flags, key), "");
        struct said said = {.seq = entry->seq, .none = !*sum};
        if (hash_parse(str_of(key), &said.reading, err) ||
            (*sum && hash_parse(str_of(sum), &said.flag, err)))
            return err_of(err);
        saids->at = mem_resize(saids->at, saids->count + 1, sizeof(*saids->at));
        saids->at[saids->count++] = said;
    }
    return OK;
}

static int by_reading(const void *a, const void *b)
{
    const struct said *x = a, *y = b;
    int order = memcmp(x->reading.at, y->reading.at, HASH_SIZE);
    return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

static void keep_newest(struct saids *saids)
{
    size_t kept = 0;
    if (saids->count)
        qsort(saids->at, saids->count, sizeof(*saids->at), by_reading);
    for (size_t i = 0; i < saids->count; i++) {
        bool last =
            i + 1 == saids->count || !hash_same(saids->at[i].reading, saids->at[i + 1].reading);
        if (last)
            saids->at[kept++] = saids->at[i];
    }
    saids->count = kept;
}

static int against(const void *key, const void *said)
{
    return memcmp(key, ((const struct said *)said)->reading.at, HASH_SIZE);
}

// A row that no entry names: `*older` when its reading came before the first entry of the kind.
static enum err_kind is_older(struct ledger *ledger, const struct saids *saids,
                              const struct hash *reading, bool *older, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT received_at FROM reading WHERE hash = ?");
    bool row = false;
    stmt_hash(stmt, 1, reading);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *older = row && (saids->count == 0 || row_int(stmt, 0) <= saids->since.s);
    return OK;
}

static enum err_kind check_rows(struct ledger *ledger, struct saids *saids, int64_t *bad_seq,
                                struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT reading, flag FROM quality");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        struct hash reading = row_hash(stmt, 0);
        bool older = false;
        struct said *said =
            saids->count ? bsearch(reading.at, saids->at, saids->count, sizeof(*saids->at), against)
                         : NULL;
        if (!said && is_older(ledger, saids, &reading, &older, err))
            return err_of(err);
        if (!said && !older)
            return err_set(err, ERR_BROKEN, "the doubts about reading %.12s stand in no entry",
                           hash_hex(reading).at);
        if (!said)
            continue;
        said->seen = true;
        if (said->none || !hash_same(said->flag, hash_of(row_bytes(stmt, 1))))
            *bad_seq = said->seq;
    }
    return failed;
}

enum err_kind doubts_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err)
{
    AUTO(saids_free) struct saids saids = {0};
    *bad_seq = 0;
    if (ledger_walk(ledger, 1, "doubts", take_entry, &saids, err))
        return err_of(err);
    keep_newest(&saids);
    if (check_rows(ledger, &saids, bad_seq, err))
        return err_of(err);
    for (size_t i = 0; i < saids.count && !*bad_seq; i++) {
        if (!saids.at[i].seen && !saids.at[i].none)
            *bad_seq = saids.at[i].seq;
    }
    return OK;
}
