#include "ledger/decision.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/quality.h"

#include <assert.h>
#include <inttypes.h>

static const char *const answer_names[] = {
    [ANSWER_NO] = "no", [ANSWER_YES] = "yes", [ANSWER_UNKNOWN] = "unknown"};

const char *answer_name(enum answer answer)
{
    return answer_names[answer];
}

static void put_hash(struct doc *doc, const char *key, struct hash hash)
{
    doc_put_text(doc, key, hash_hex(hash).at);
}

enum err_kind policy_text_put(struct txn *txn, struct utc at, const char *id, int64_t version,
                              struct hash hash, struct str yaml, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    AUTO(stmt_done) struct stmt *known = stmt_of(db, "SELECT 1 FROM policy_text WHERE hash = ?");
    bool row = false;
    int64_t seq;
    stmt_hash(known, 1, &hash);
    if (stmt_next(known, &row, err))
        return err->kind;
    if (row)
        return OK;
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "policy", id);
    doc_put_int(body, "version", version);
    put_hash(body, "policy_hash", hash);
    if (ledger_append(txn, "policy", at, body, &seq, NULL, err))
        return err->kind;
    AUTO(mem_drop) char *text = str_copy(yaml);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "INSERT INTO policy_text VALUES (?, ?, ?, ?, ?)");
    stmt_hash(stmt, 1, &hash);
    stmt_text(stmt, 2, id);
    stmt_int(stmt, 3, version);
    stmt_text(stmt, 4, text);
    stmt_int(stmt, 5, seq);
    return stmt_run(stmt, err);
}

enum err_kind policy_text_get(struct ledger *ledger, struct hash hash, struct buf *yaml,
                              struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT yaml FROM policy_text WHERE hash = ?");
    bool row = false;
    stmt_hash(stmt, 1, &hash);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row)
        return err_set(err, ERR_MISSING, "the ledger has no policy text %.12s", hash_hex(hash).at);
    buf_text(yaml, row_text(stmt, 0));
    if (!hash_same(hash_of(buf_slice(yaml)), hash))
        return err_set(err, ERR_BROKEN, "the policy text %.12s was changed", hash_hex(hash).at);
    return OK;
}

enum err_kind policy_text_seq(struct ledger *ledger, struct hash hash, int64_t *out,
                              struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT seq FROM policy_text WHERE hash = ?");
    bool row = false;
    stmt_hash(stmt, 1, &hash);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_MISSING, "the ledger has no policy text %.12s", hash_hex(hash).at);
    *out = row_int(stmt, 0);
    return OK;
}

enum err_kind policy_texts_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT seq, hash, yaml FROM policy_text ORDER BY seq");
    enum err_kind failed = OK;
    *bad_seq = 0;
    while (!*bad_seq && stmt_more(stmt, &failed, err)) {
        if (!hash_same(hash_of(row_bytes(stmt, 2)), row_hash(stmt, 1)))
            *bad_seq = row_int(stmt, 0);
    }
    return failed;
}

enum err_kind batch_done(struct ledger *ledger, struct hash policy_hash, const char *period,
                         struct hash basis, bool *done, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT 1 FROM batch WHERE policy_hash = ?"
                                                   " AND period = ? AND basis = ?");
    stmt_hash(stmt, 1, &policy_hash);
    stmt_text(stmt, 2, period);
    stmt_hash(stmt, 3, &basis);
    return stmt_next(stmt, done, err);
}

// The newest batch of the policy and period; 0 when there is none.
static enum err_kind find_replaced(struct db *db, const struct batch *batch, int64_t *seq,
                                   struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT max(seq) FROM batch WHERE policy = ? AND period = ?");
    bool row = false;
    stmt_text(stmt, 1, batch->policy);
    stmt_text(stmt, 2, batch->period);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    *seq = row ? row_int(stmt, 0) : 0;
    return OK;
}

static struct doc *batch_body(const struct batch *batch, const struct doc *inputs, int64_t replaces)
{
    struct doc *body = doc_object();
    doc_put_text(body, "policy", batch->policy);
    doc_put_int(body, "version", batch->version);
    put_hash(body, "policy_hash", batch->policy_hash);
    doc_put_text(body, "boundary_set", batch->boundary_set);
    doc_put_text(body, "period", batch->period);
    doc_put_text(body, "as_of", utc_text(batch->as_of).at);
    put_hash(body, "basis", batch->basis);
    doc_put_same(body, "inputs", inputs);
    if (replaces)
        doc_put_int(body, "replaces", replaces);
    return body;
}

enum err_kind batch_put(struct txn *txn, const struct batch *batch, const struct doc *inputs,
                        int64_t *batch_seq, struct err *err)
{
    struct ledger *ledger = txn_ledger(txn);
    struct db *db = ledger_db(ledger);
    int64_t replaces = 0;
    bool done = false;
    if (batch_done(ledger, batch->policy_hash, batch->period, batch->basis, &done, err))
        return err->kind;
    if (done)
        return err_set(err, ERR_BROKEN, "policy %s was decided for %s on these data already",
                       batch->policy, batch->period);
    if (find_replaced(db, batch, &replaces, err))
        return err->kind;
    AUTO(doc_free) struct doc *body = batch_body(batch, inputs, replaces);
    if (ledger_append(txn, "basis", batch->as_of, body, batch_seq, NULL, err))
        return err->kind;
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    stmt_int(stmt, 1, *batch_seq);
    stmt_text(stmt, 2, batch->policy);
    stmt_int(stmt, 3, batch->version);
    stmt_hash(stmt, 4, &batch->policy_hash);
    stmt_text(stmt, 5, batch->boundary_set);
    stmt_text(stmt, 6, batch->period);
    stmt_int(stmt, 7, batch->as_of.s);
    stmt_hash(stmt, 8, &batch->basis);
    stmt_int(stmt, 9, replaces);
    return stmt_run(stmt, err);
}

void batch_rows_free(struct batch_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

static struct batch_row batch_of_row(struct stmt *stmt)
{
    struct batch_row row = {
        .seq = row_int(stmt, 0),
        .version = row_int(stmt, 2),
        .policy_hash = row_hash(stmt, 3),
        .as_of = {row_int(stmt, 6)},
        .basis = row_hash(stmt, 7),
        .replaces = row_int(stmt, 8),
    };
    row_copy(stmt, 1, row.policy, sizeof(row.policy));
    row_copy(stmt, 4, row.boundary_set, sizeof(row.boundary_set));
    row_copy(stmt, 5, row.period, sizeof(row.period));
    return row;
}

#define BATCH_COLUMNS                                                                              \
    "SELECT seq, policy, version, policy_hash, boundary_set, period, as_of, basis, replaces"       \
    " FROM batch "

enum err_kind batch_list(struct ledger *ledger, const char *policy, const char *period,
                         struct batch_rows *out, struct err *err)
{
    AUTO(batch_rows_free) struct batch_rows rows = {0};
    // Two statements, so that the index serves the narrow question.
    const char *sql = policy && period
                          ? BATCH_COLUMNS "WHERE policy = ?1 AND period = ?2 ORDER BY seq"
                          : BATCH_COLUMNS "WHERE (?1 IS NULL OR policy = ?1)"
                                          " AND (?2 IS NULL OR period = ?2) ORDER BY seq";
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), sql);
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, period);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        rows.at = mem_resize(rows.at, rows.count + 1, sizeof(*rows.at));
        rows.at[rows.count++] = batch_of_row(stmt);
    }
    if (failed)
        return failed;
    *out = MOVE(rows);
    return OK;
}

enum err_kind decision_put(struct txn *txn, const struct batch *batch, int64_t batch_seq,
                           const struct decision *decision, int64_t *seq, struct err *err)
{
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "answer", answer_name(decision->answer));
    doc_put_text(body, "as_of", utc_text(batch->as_of).at);
    doc_put_int(body, "batch", batch_seq);
    doc_put_text(body, "commune", decision->commune);
    if (decision->has_index)
        doc_put_int(body, "index_milli", decision->index_milli);
    doc_put_text(body, "period", batch->period);
    doc_put_text(body, "policy", batch->policy);
    doc_put_int(body, "version", batch->version);
    doc_put_same(body, "trace", decision->trace);
    if (decision->alert)
        doc_put_same(body, "alert", decision->alert);
    if (decision->quality)
        doc_put(body, "quality", quality_doc(decision->quality));
    if (ledger_append(txn, "decision", batch->as_of, body, seq, NULL, err))
        return err->kind;
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)),
                                "INSERT INTO decision (seq, batch, commune, answer, index_milli)"
                                " VALUES (?, ?, ?, ?, ?)");
    stmt_int(stmt, 1, *seq);
    stmt_int(stmt, 2, batch_seq);
    stmt_text(stmt, 3, decision->commune);
    stmt_int(stmt, 4, decision->answer);
    if (decision->has_index)
        stmt_int(stmt, 5, decision->index_milli);
    return stmt_run(stmt, err);
}

void decision_rows_free(struct decision_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

static struct decision_row decision_of_row(struct stmt *stmt)
{
    struct decision_row row = {
        .seq = row_int(stmt, 0),
        .batch_seq = row_int(stmt, 1),
        .version = row_int(stmt, 6),
        .policy_hash = row_hash(stmt, 7),
        .as_of = {row_int(stmt, 8)},
        .answer = (enum answer)row_int(stmt, 9),
        .has_index = !row_null(stmt, 10),
        .index_milli = row_int(stmt, 10),
    };
    row_copy(stmt, 2, row.policy, sizeof(row.policy));
    row_copy(stmt, 3, row.commune, sizeof(row.commune));
    row_copy(stmt, 4, row.boundary_set, sizeof(row.boundary_set));
    row_copy(stmt, 5, row.period, sizeof(row.period));
    return row;
}

#define DECISION_COLUMNS                                                                           \
    "SELECT d.seq, d.batch, b.policy, d.commune, b.boundary_set, b.period, b.version,"             \
    " b.policy_hash, b.as_of, d.answer, d.index_milli FROM batch b JOIN decision d"                \
    " ON d.batch = b.seq WHERE (?1 IS NULL OR b.policy = ?1) AND (?2 IS NULL OR d.commune = ?2)"   \
    " AND (?3 IS NULL OR b.period = ?3) AND (?5 = 0 OR d.batch = ?5) AND (?4 = 0 OR NOT EXISTS "   \
    "(SELECT 1 FROM batch later"                                                                   \
    " WHERE later.policy = b.policy AND later.period = b.period AND later.seq > b.seq))"           \
    " ORDER BY d.seq"

enum err_kind decision_list(struct ledger *ledger, const struct decision_query *query,
                            struct decision_rows *out, struct err *err)
{
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), DECISION_COLUMNS);
    stmt_text(stmt, 1, query->policy);
    stmt_text(stmt, 2, query->commune);
    stmt_text(stmt, 3, query->period);
    stmt_int(stmt, 4, query->newest_only);
    stmt_int(stmt, 5, query->batch_seq);
    enum err_kind failed = OK;
    for (size_t room = 0; stmt_more(stmt, &failed, err);) {
        if (rows.count == room) {
            room = room ? room * 2 : 64;
            rows.at = mem_resize(rows.at, room, sizeof(*rows.at));
        }
        rows.at[rows.count++] = decision_of_row(stmt);
    }
    if (failed)
        return failed;
    *out = MOVE(rows);
    return OK;
}

// What stands for the payout's key; `*found` false when nothing does.
static enum err_kind find_standing(struct db *db, const struct payout *payout, bool *found,
                                   struct money *standing, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT amount, currency FROM payout WHERE contract = ?"
                                    " AND period = ? AND policy = ?");
    stmt_text(stmt, 1, payout->contract);
    stmt_text(stmt, 2, payout->period);
    stmt_text(stmt, 3, payout->policy);
    if (stmt_next(stmt, found, err))
        return err->kind;
    if (*found) {
        standing->minor = row_int(stmt, 0);
        row_copy(stmt, 1, standing->currency, sizeof(standing->currency));
    }
    return OK;
}

enum err_kind payout_put(struct txn *txn, struct utc at, const struct payout *payout, bool *fresh,
                         struct money *standing, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    bool found = false;
    int64_t seq;
    assert(payout->amount.minor > 0);
    if (find_standing(db, payout, &found, standing, err))
        return err->kind;
    *fresh = !found;
    if (found)
        return OK;
    *standing = payout->amount;
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_int(body, "amount", payout->amount.minor);
    doc_put_text(body, "contract", payout->contract);
    doc_put_text(body, "currency", payout->amount.currency);
    doc_put_int(body, "decision", payout->decision_seq);
    doc_put_text(body, "period", payout->period);
    doc_put_text(body, "policy", payout->policy);
    if (ledger_append(txn, "payout", at, body, &seq, NULL, err))
        return err->kind;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "INSERT INTO payout (seq, decision, contract, period, policy, amount,"
                    " currency, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'planned')");
    stmt_int(stmt, 1, seq);
    stmt_int(stmt, 2, payout->decision_seq);
    stmt_text(stmt, 3, payout->contract);
    stmt_text(stmt, 4, payout->period);
    stmt_text(stmt, 5, payout->policy);
    stmt_int(stmt, 6, payout->amount.minor);
    stmt_text(stmt, 7, payout->amount.currency);
    return stmt_run(stmt, err);
}

void payout_rows_free(struct payout_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

static struct payout_row payout_of_row(struct stmt *stmt)
{
    struct payout_row row = {.seq = row_int(stmt, 0),
                             .decision_seq = row_int(stmt, 1),
                             .amount.minor = row_int(stmt, 5)};
    row_copy(stmt, 2, row.contract, sizeof(row.contract));
    row_copy(stmt, 3, row.period, sizeof(row.period));
    row_copy(stmt, 4, row.policy, sizeof(row.policy));
    row_copy(stmt, 6, row.amount.currency, sizeof(row.amount.currency));
    row_copy(stmt, 7, row.state, sizeof(row.state));
    return row;
}

static enum err_kind collect_payouts(struct stmt *stmt, struct payout_rows *out, struct err *err)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        rows.at = mem_resize(rows.at, rows.count + 1, sizeof(*rows.at));
        rows.at[rows.count++] = payout_of_row(stmt);
    }
    if (failed)
        return failed;
    *out = MOVE(rows);
    return OK;
}

#define PAYOUT_COLUMNS                                                                             \
    "SELECT seq, decision, contract, period, policy, amount, currency, state FROM payout "

enum err_kind payout_list(struct ledger *ledger, const char *contract, struct payout_rows *out,
                          struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), PAYOUT_COLUMNS "WHERE ?1 IS NULL OR contract = ?1 ORDER BY seq");
    stmt_text(stmt, 1, contract);
    return collect_payouts(stmt, out, err);
}

enum err_kind payout_list_of(struct ledger *ledger, int64_t decision_seq, struct payout_rows *out,
                             struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), PAYOUT_COLUMNS "WHERE decision = ? ORDER BY seq");
    stmt_int(stmt, 1, decision_seq);
    return collect_payouts(stmt, out, err);
}

struct alert_state alert_state_none(void)
{
    struct alert_state state = {.since = UTC_NEVER, .seen = UTC_NEVER, .told = UTC_NEVER};
    for (size_t i = 0; i < ALERT_LEVELS; i++)
        state.reached[i] = UTC_NEVER;
    return state;
}

enum { REACHED_COLUMN = 7 }; // the first of those that are NULL above its level

static struct alert_state alert_state_of_row(struct stmt *stmt)
{
    struct alert_state state = {.on = row_int(stmt, 0) != 0,
                                .runs = row_int(stmt, 1),
                                .since = {row_int(stmt, 2)},
                                .seen = {row_int(stmt, 3)},
                                .level = row_int(stmt, 4),
                                .told = {row_int(stmt, 5)},
                                .told_level = row_int(stmt, 6)};
    for (int i = 0; i < ALERT_LEVELS; i++)
        state.reached[i] = row_null(stmt, REACHED_COLUMN + i)
                               ? UTC_NEVER
                               : (struct utc){row_int(stmt, REACHED_COLUMN + i)};
    return state;
}

enum err_kind alert_state_get(struct ledger *ledger, const char *policy, const char *commune,
                              struct alert_state *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT is_on, runs, since, seen,"
                                                   " level, told, told_level, since_1,"
                                                   " since_2, since_3, since_4, since_5"
                                                   " FROM alert_state WHERE policy = ?"
                                                   " AND commune = ?");
    bool row = false;
    *out = alert_state_none();
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, commune);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (row)
        *out = alert_state_of_row(stmt);
    return OK;
}

enum err_kind alert_state_put(struct txn *txn, const char *policy, const char *commune,
                              const struct alert_state *state, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        ledger_db(txn_ledger(txn)),
        "INSERT INTO alert_state VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (policy, commune)"
        " DO UPDATE SET is_on = excluded.is_on, runs = excluded.runs, since = excluded.since,"
        " seen = excluded.seen, level = excluded.level, told = excluded.told,"
        " told_level = excluded.told_level, since_1 = excluded.since_1,"
        " since_2 = excluded.since_2, since_3 = excluded.since_3, since_4 = excluded.since_4,"
        " since_5 = excluded.since_5");
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, commune);
    stmt_int(stmt, 3, state->on);
    stmt_int(stmt, 4, state->runs);
    stmt_int(stmt, 5, state->since.s);
    stmt_int(stmt, 6, state->seen.s);
    stmt_int(stmt, 7, state->level);
    stmt_int(stmt, 8, state->told.s);
    stmt_int(stmt, 9, state->told_level);
    for (int i = 0; i < ALERT_LEVELS; i++) {
        if (state->reached[i].s != UTC_NEVER.s)
            stmt_int(stmt, 10 + i, state->reached[i].s);
    }
    return stmt_run(stmt, err);
}
