#include "ledger/silence.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/db.h"

#include <assert.h>
#include <string.h>

enum { ALARM_BYTES_MAX = 1 << 16 };

const char *silence_name(enum silence state)
{
    static const char *const names[] = {"none", "fresh", "late", "stale"};
    assert((size_t)state < COUNT_OF(names));
    return names[state];
}

enum err_kind silence_get(struct ledger *ledger, const char *source, struct silence_state *out,
                          struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger),
                                "SELECT state, since, missing_upto FROM silence WHERE source = ?");
    bool row = false;
    *out = (struct silence_state){.since = UTC_NEVER, .missing_upto = UTC_NEVER};
    stmt_text(stmt, 1, source);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (row) {
        out->state = (enum silence)row_int(stmt, 0);
        out->since.s = row_int(stmt, 1);
        out->missing_upto.s = row_int(stmt, 2);
    }
    return OK;
}

enum err_kind silence_put(struct txn *txn, const char *source, const struct silence_state *state,
                          struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)),
                                "INSERT INTO silence (source, state, since,"
                                " missing_upto) VALUES (?, ?, ?, ?) ON CONFLICT (source)"
                                " DO UPDATE SET state = excluded.state, since = excluded.since,"
                                " missing_upto = excluded.missing_upto");
    stmt_text(stmt, 1, source);
    stmt_int(stmt, 2, state->state);
    stmt_int(stmt, 3, state->since.s);
    stmt_int(stmt, 4, state->missing_upto.s);
    return stmt_run(stmt, err);
}

// When the address last answered, also that nothing changed; unless what it gave last was refused.
#define ANSWERED                                                                                   \
    "(SELECT checked_at FROM address WHERE source = ?1 AND url = ?2 AND coalesce((SELECT r.state"  \
    " FROM origin o JOIN raw r ON r.source = o.source AND r.hash = o.hash WHERE o.source = ?1"     \
    " AND o.url = ?2 ORDER BY o.id DESC LIMIT 1), 0) <> 2)"

enum err_kind silence_newest(struct ledger *ledger, const char *source, const char *asked,
                             struct utc now, struct utc *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger),
                "SELECT coalesce((SELECT max(CASE WHEN issued_at = (-9223372036854775807 - 1)"
                " THEN valid_to ELSE issued_at END) FROM reading WHERE source = ?1"
                " AND CASE WHEN issued_at = (-9223372036854775807 - 1) THEN valid_from"
                " ELSE issued_at END <= ?3),"
                " (SELECT max(CASE WHEN issued_at = (-9223372036854775807 - 1) THEN last_at"
                " ELSE issued_at END) FROM track WHERE source = ?1"
                " AND CASE WHEN issued_at = (-9223372036854775807 - 1) THEN last_at"
                " ELSE issued_at END <= ?3), " ANSWERED ","
                " (SELECT max(fetched_at) FROM raw WHERE source = ?1 AND state <> 2),"
                " (-9223372036854775807 - 1))");
    bool row = false;
    stmt_text(stmt, 1, source);
    stmt_text(stmt, 2, asked);
    stmt_int(stmt, 3, now.s + DAY_S);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    assert(row);
    out->s = row_int(stmt, 0);
    return OK;
}

enum err_kind silence_alarm(struct txn *txn, int64_t seq, const char *text, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(txn_ledger(txn)), "INSERT INTO alarm (seq, text, told) VALUES (?, ?, 0)");
    stmt_int(stmt, 1, seq);
    stmt_text(stmt, 2, text);
    return stmt_run(stmt, err);
}

void alarms_free(struct alarms *alarms)
{
    for (size_t i = 0; i < alarms->count; i++)
        mem_free(&alarms->at[i].text);
    mem_free(&alarms->at);
    alarms->count = 0;
}

enum err_kind silence_untold(struct ledger *ledger, struct alarms *out, struct err *err)
{
    AUTO(alarms_free) struct alarms alarms = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT seq, text, told FROM alarm WHERE told < 2"
                                   " ORDER BY seq");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        alarms.at = mem_resize(alarms.at, alarms.count + 1, sizeof(*alarms.at));
        alarms.at[alarms.count++] = (struct alarm){.seq = row_int(stmt, 0),
                                                   .told = (enum alarm_told)row_int(stmt, 2),
                                                   .text = mem_text(row_text(stmt, 1))};
    }
    if (failed)
        return failed;
    *out = MOVE(alarms);
    return OK;
}

enum err_kind silence_told(struct ledger *ledger, int64_t seq, enum alarm_told told,
                           struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err))
        return err_of(err);
    {
        AUTO(stmt_done)
        struct stmt *stmt = stmt_of(ledger_db(ledger), "UPDATE alarm SET told = ? WHERE seq = ?");
        stmt_int(stmt, 1, told);
        stmt_int(stmt, 2, seq);
        if (stmt_run(stmt, err))
            return err_of(err);
    }
    return ledger_commit(&txn, err);
}

// --- verified

// As the program that reads the sources puts it: the entry's own words, with its number.
static void word_alarm(const struct doc *entry, int64_t seq, struct buf *out)
{
    AUTO(doc_free) struct doc *alarm = doc_object();
    for (const char *key = doc_next_key(entry, NULL); key; key = doc_next_key(entry, key)) {
        if (strcmp(key, "kind") != 0 && strcmp(key, "seq") != 0)
            doc_put(alarm, key, doc_copy(doc_get(entry, key)));
    }
    doc_put_int(alarm, "entry", seq);
    doc_canonical(alarm, out);
}

struct alarm_walk {
    struct ledger *ledger;
    int64_t entries, bad_seq;
};

static enum err_kind check_alarm(void *self, const struct entry *entry, struct err *err)
{
    struct alarm_walk *walk = self;
    AUTO(doc_free) struct doc *doc = NULL;
    AUTO(buf_free) struct buf text = buf_new(ALARM_BYTES_MAX);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(walk->ledger), "SELECT text, told FROM alarm WHERE seq = ?");
    bool row = false;
    stmt_int(stmt, 1, entry->seq);
    walk->entries++;
    if (doc_parse(str_of(entry->text), "ledger entry", &doc, err) || stmt_next(stmt, &row, err))
        return err_of(err);
    word_alarm(doc, entry->seq, &text);
    if (!walk->bad_seq && (!row || !str_is(row_bytes(stmt, 0), text.at) ||
                           row_int(stmt, 1) < ALARM_NEW || row_int(stmt, 1) > ALARM_TOLD))
        walk->bad_seq = entry->seq;
    return OK;
}

enum err_kind alarms_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err)
{
    struct alarm_walk walk = {.ledger = ledger};
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT count(*), max(seq) FROM alarm");
    bool row = false;
    if (ledger_walk(ledger, 1, "silence", check_alarm, &walk, err) || stmt_next(stmt, &row, err))
        return err_of(err);
    *bad_seq = walk.bad_seq                       ? walk.bad_seq
               : row_int(stmt, 0) != walk.entries ? row_int(stmt, 1)
                                                  : 0;
    return OK;
}
