#include "ledger/summary.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/left_out.h"
#include "ledger/outbox.h"
#include "ledger/silence.h"

#include <stdint.h>
#include <string.h>

static void put_time(struct doc *doc, const char *key, struct utc time)
{
    if (time.s == UTC_NEVER.s)
        doc_put_null(doc, key);
    else
        doc_put_text(doc, key, utc_text(time).at);
}

static struct doc *source_doc(struct stmt *stmt, struct utc now)
{
    struct doc *one = doc_object();
    struct utc newest = row_null(stmt, 1) ? UTC_NEVER : (struct utc){row_int(stmt, 1)};
    struct utc tried = row_null(stmt, 6) ? UTC_NEVER : (struct utc){row_int(stmt, 6)};
    int64_t late_after_s = row_int(stmt, 5);
    int64_t age_s = newest.s == UTC_NEVER.s ? INT64_MAX : now.s - newest.s;
    doc_put_text(one, "source", row_text(stmt, 0));
    put_time(one, "newest", newest);
    if (newest.s == UTC_NEVER.s)
        doc_put_null(one, "age_s");
    else
        doc_put_int(one, "age_s", age_s);
    doc_put_bool(one, "late", late_after_s > 0 && age_s > late_after_s);
    doc_put_int(one, "late_after_s", late_after_s);
    doc_put_text(one, "silence", silence_name((enum silence)row_int(stmt, 8)));
    put_time(one, "silence_since", row_null(stmt, 9) ? UTC_NEVER : (struct utc){row_int(stmt, 9)});
    doc_put_int(one, "read", row_int(stmt, 2));
    doc_put_int(one, "refused", row_int(stmt, 3));
    doc_put_int(one, "waiting", row_int(stmt, 4));
    put_time(one, "tried_at", tried);
    doc_put_text(one, "complaint", row_text(stmt, 7));
    return one;
}

// The newest data are readings or tracks; a source that never gave anything is known by its
// silence. What describes a grid ("cells:PATH") is no data.
#define SOURCES                                                                                    \
    "WITH name AS (SELECT DISTINCT source FROM raw UNION SELECT source FROM source_state"          \
    " UNION SELECT source FROM silence UNION SELECT DISTINCT source FROM track"                    \
    " UNION SELECT DISTINCT source FROM reading) SELECT source, coalesce((SELECT max(CASE WHEN"    \
    " issued_at = (-9223372036854775807 - 1) THEN valid_to ELSE issued_at END) FROM reading r"     \
    " WHERE r.source = name.source), (SELECT max(CASE WHEN issued_at = (-9223372036854775807 - 1)" \
    " THEN last_at ELSE issued_at END) FROM track t WHERE t.source = name.source)), (SELECT "      \
    "count(*) FROM raw WHERE raw.source = name.source AND state = 1 AND substr(url, 1, 6) <>"      \
    " 'cells:'), (SELECT count(*) FROM raw WHERE raw.source = name.source AND state = 2),"         \
    " (SELECT count(*) FROM raw WHERE raw.source = name.source AND state = 0),"                    \
    " coalesce(late_after_s, 0), tried_at, complaint, coalesce((SELECT state FROM silence s"       \
    " WHERE s.source = name.source), 0), (SELECT since FROM silence s WHERE s.source ="            \
    " name.source) FROM name LEFT JOIN source_state"                                               \
    " USING (source) ORDER BY source"

static enum err_kind add_sources(struct db *db, struct utc now, struct doc *list, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, SOURCES);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        doc_push(list, source_doc(stmt, now));
    }
    return failed;
}

static void put_answers(struct doc *doc, const char *key, struct stmt *stmt, int first)
{
    struct doc *answers = doc_object();
    doc_put_int(answers, "yes", row_int(stmt, first));
    doc_put_int(answers, "no", row_int(stmt, first + 1));
    doc_put_int(answers, "unknown", row_int(stmt, first + 2));
    doc_put(doc, key, answers);
}

// Answers are 0 no, 1 yes, 2 not known; over all occasions yes counts most, then not known.
#define POLICIES                                                                                   \
    "WITH newest AS (SELECT policy, max(seq) AS seq, count(*) AS batches FROM batch"               \
    " GROUP BY policy), best AS (SELECT b.policy AS policy, max(CASE d.answer WHEN 1 THEN 2"       \
    " WHEN 2 THEN 1 ELSE 0 END) AS rank FROM decision d JOIN batch b ON b.seq = d.batch"           \
    " WHERE NOT EXISTS (SELECT 1 FROM batch later WHERE later.policy = b.policy"                   \
    " AND later.period = b.period AND later.seq > b.seq) GROUP BY b.policy, d.commune)"            \
    " SELECT n.policy, n.batches, b.period, b.as_of,"                                              \
    " (SELECT count(*) FROM decision WHERE batch = n.seq AND answer = 1),"                         \
    " (SELECT count(*) FROM decision WHERE batch = n.seq AND answer = 0),"                         \
    " (SELECT count(*) FROM decision WHERE batch = n.seq AND answer = 2),"                         \
    " (SELECT count(*) FROM decision d JOIN entry e ON e.seq = d.seq WHERE d.batch = n.seq"        \
    " AND e.text ->> 'quality' IS NOT NULL),"                                                      \
    " (SELECT count(*) FROM best WHERE best.policy = n.policy AND rank = 2),"                      \
    " (SELECT count(*) FROM best WHERE best.policy = n.policy AND rank = 0),"                      \
    " (SELECT count(*) FROM best WHERE best.policy = n.policy AND rank = 1),"                      \
    " (SELECT count(*) FROM alert_state a WHERE a.policy = n.policy AND is_on <> 0)"               \
    " FROM newest n JOIN batch b ON b.seq = n.seq ORDER BY n.policy"

static enum err_kind add_policies(struct db *db, struct doc *list, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, POLICIES);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        struct doc *one = doc_object();
        doc_put_text(one, "policy", row_text(stmt, 0));
        doc_put_int(one, "batches", row_int(stmt, 1));
        doc_put_text(one, "period", row_text(stmt, 2));
        put_time(one, "as_of", (struct utc){row_int(stmt, 3)});
        put_answers(one, "newest", stmt, 4);
        doc_put_int(one, "doubtful", row_int(stmt, 7));
        put_answers(one, "communes", stmt, 8);
        doc_put_int(one, "alerts_on", row_int(stmt, 11));
        doc_push(list, one);
    }
    return failed;
}

static enum err_kind add_outbox(struct ledger *ledger, struct doc *list, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT DISTINCT channel FROM outbox ORDER BY channel");
    for (;;) {
        bool row = false;
        int64_t count[OUTBOX_STATES];
        if (stmt_next(stmt, &row, err))
            return err->kind;
        if (!row)
            return OK;
        if (outbox_count(ledger, row_text(stmt, 0), count, err))
            return err->kind;
        struct doc *one = doc_object();
        doc_put_text(one, "channel", row_text(stmt, 0));
        for (int state = 0; state < OUTBOX_STATES; state++)
            doc_put_int(one, outbox_state_name((enum outbox_state)state), count[state]);
        doc_push(list, one);
    }
}

static enum err_kind add_payouts(struct db *db, struct doc *list, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT policy, state, count(*), sum(amount) FROM payout"
                                    " GROUP BY policy, state ORDER BY policy, state");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        struct doc *one = doc_object();
        doc_put_text(one, "policy", row_text(stmt, 0));
        doc_put_text(one, "state", row_text(stmt, 1));
        doc_put_int(one, "count", row_int(stmt, 2));
        doc_put_int(one, "vnd", row_int(stmt, 3));
        doc_push(list, one);
    }
    return failed;
}

// What waits for people: disputes, proposals, and what is stopped.
static enum err_kind add_people(struct db *db, struct utc now, struct doc *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "SELECT (SELECT count(*) FROM dispute WHERE closed = 0), (SELECT count(*) FROM"
                    " dispute WHERE closed = 0 AND answered = 0 AND due < ?1), (SELECT count(*)"
                    " FROM proposal WHERE state = 'open'), (SELECT count(*) FROM hold WHERE"
                    " released = 0)");
    bool row = false;
    stmt_int(stmt, 1, now.s);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    doc_put_int(out, "disputes_open", row_int(stmt, 0));
    doc_put_int(out, "disputes_overdue", row_int(stmt, 1));
    doc_put_int(out, "proposals_open", row_int(stmt, 2));
    doc_put_int(out, "holds", row_int(stmt, 3));
    return OK;
}

static enum err_kind add_left_out(struct ledger *ledger, struct doc *list, struct err *err)
{
    AUTO(left_outs_free) struct left_outs found = {0};
    if (left_out_list(ledger, &found, err))
        return err_of(err);
    for (size_t i = 0; i < found.count; i++) {
        struct doc *one = doc_object();
        doc_put_text(one, "kind", found.at[i].kind);
        put_time(one, "since", found.at[i].since);
        doc_put_text(one, "why", found.at[i].why);
        doc_push(list, one);
    }
    return OK;
}

static struct doc *put_list(struct doc *object, const char *key)
{
    struct doc *list = doc_array();
    doc_put(object, key, list);
    return list;
}

enum err_kind summary_make(struct ledger *ledger, struct utc now, struct doc **out, struct err *err)
{
    struct db *db = ledger_db(ledger);
    AUTO(doc_free) struct doc *made = doc_object();
    int64_t entries = 0;
    struct hash head;
    put_time(made, "now", now);
    if (add_sources(db, now, put_list(made, "sources"), err) ||
        add_policies(db, put_list(made, "policies"), err) ||
        add_left_out(ledger, put_list(made, "left_out"), err) ||
        add_outbox(ledger, put_list(made, "outbox"), err) ||
        add_payouts(db, put_list(made, "payouts"), err) ||
        ledger_head(ledger, &entries, &head, err))
        return err->kind;
    struct doc *people = doc_object();
    doc_put(made, "people", people);
    if (add_people(db, now, people, err))
        return err_of(err);
    struct doc *chain = doc_object();
    doc_put_int(chain, "entries", entries);
    doc_put_text(chain, "head", hash_hex(head).at);
    doc_put(made, "ledger", chain);
    *out = TAKE(made);
    return OK;
}
