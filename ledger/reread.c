#include "ledger/reread.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err_kind reread_begin(struct txn *txn, const struct raw *raw, struct err *err)
{
    bool found = false;
    AUTO(raw_free) struct raw was = {0};
    struct db *db = ledger_db(txn_ledger(txn));
    if (raw_get(txn_ledger(txn), raw->source, raw->hash, &found, &was, err))
        return err_of(err);
    if (!found)
        return err_set(err, ERR_MISSING, "source %s has no raw file %.12s", raw->source,
                       hash_hex(raw->hash).at);
    AUTO(stmt_done)
    struct stmt *gone = stmt_of(db, "DELETE FROM raw WHERE hash = ? AND source = ?");
    stmt_hash(gone, 1, &was.hash);
    stmt_text(gone, 2, was.source);
    if (stmt_run(gone, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "INSERT INTO raw (hash, source, url, fetched_at, bytes, state,"
                                    " why, entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    stmt_hash(stmt, 1, &was.hash);
    stmt_text(stmt, 2, was.source);
    stmt_text(stmt, 3, was.url);
    stmt_int(stmt, 4, raw->fetched_at.s);
    stmt_int(stmt, 5, was.bytes);
    stmt_int(stmt, 6, RAW_FETCHED);
    stmt_text(stmt, 7, was.why);
    stmt_int(stmt, 8, was.entry);
    return stmt_run(stmt, err);
}

enum err_kind reread_end(struct txn *txn, const struct raw *raw, struct utc at, struct doc *body,
                         const char *why, struct err *err)
{
    bool found = false;
    int64_t seq = 0;
    AUTO(raw_free) struct raw was = {0};
    if (raw_get(txn_ledger(txn), raw->source, raw->hash, &found, &was, err))
        return err_of(err);
    bool read = found && was.entry && !was.why[0];
    if (why && found && was.entry && strcmp(was.why, why) == 0)
        return raw_settle(txn, raw->hash, raw->source, RAW_REFUSED, why, was.entry, err);
    if (why)
        doc_put_text(body, "why", why);
    if (stored_tell(txn, raw->source, body, err) || ledger_append(txn,
                                                                  why    ? "refused"
                                                                  : read ? "again"
                                                                         : "ingest",
                                                                  at, body, &seq, NULL, err))
        return err_of(err);
    if (read)
        return raw_settle(txn, raw->hash, raw->source, RAW_READ, "", was.entry, err);
    return raw_settle(txn, raw->hash, raw->source, why ? RAW_REFUSED : RAW_READ, why ? why : "",
                      seq, err);
}

void rereads_free(struct rereads *rereads)
{
    for (size_t i = 0; i < rereads->count; i++)
        mem_free(&rereads->at[i].why);
    mem_free(&rereads->at);
    rereads->count = 0;
}

static enum err_kind take_entry(void *self, const struct entry *entry, struct err *err)
{
    struct rereads *rereads = self;
    AUTO(doc_free) struct doc *body = NULL;
    const char *raw, *source, *at;
    struct reread one = {.seq = entry->seq};
    if (doc_parse(str_of(entry->text), "ledger entry", &body, err) ||
        doc_need_text(body, "raw", &raw, err) || doc_need_text(body, "source", &source, err) ||
        doc_need_text(body, "at", &at, err) || hash_parse(str_of(raw), &one.hash, err) ||
        utc_parse(str_of(at), &one.at, err))
        return err_of(err);
    const char *why = doc_text(doc_get(body, "why"), NULL);
    (void)snprintf(one.source, sizeof(one.source), "%s", source);
    one.why = why ? mem_text(why) : NULL;
    rereads->at = mem_resize(rereads->at, rereads->count + 1, sizeof(*rereads->at));
    rereads->at[rereads->count++] = one;
    return OK;
}

static int by_seq(const void *a, const void *b)
{
    const struct reread *x = a, *y = b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

enum err_kind rereads_load(struct ledger *ledger, struct rereads *out, struct err *err)
{
    AUTO(rereads_free) struct rereads rereads = {0};
    if (ledger_walk(ledger, 1, "refused", take_entry, &rereads, err) ||
        ledger_walk(ledger, 1, "again", take_entry, &rereads, err))
        return err_add(err, "listing what was read more than once");
    if (rereads.count)
        qsort(rereads.at, rereads.count, sizeof(*rereads.at), by_seq);
    *out = MOVE(rereads);
    return OK;
}

static bool is_of(const struct reread *one, const struct raw *raw, int64_t upto)
{
    return one->seq <= upto && hash_same(one->hash, raw->hash) &&
           strcmp(one->source, raw->source) == 0;
}

const struct reread *reread_refused(const struct rereads *rereads, const struct raw *raw,
                                    int64_t upto)
{
    for (size_t i = rereads->count; i-- > 0;) {
        if (rereads->at[i].why && is_of(&rereads->at[i], raw, upto))
            return &rereads->at[i];
    }
    return NULL;
}

int64_t reread_last(const struct rereads *rereads, const struct raw *raw, int64_t upto)
{
    for (size_t i = rereads->count; i-- > 0;) {
        if (!rereads->at[i].why && is_of(&rereads->at[i], raw, upto))
            return rereads->at[i].seq;
    }
    return raw->entry;
}
