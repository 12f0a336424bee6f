#include "ledger/hold.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/behind.h"
#include "ledger/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void hold_rows_free(struct hold_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

#define HOLD_COLUMNS "SELECT seq, channel, policy, period, cause, why, released FROM hold"

static struct hold_row row_of(struct stmt *stmt)
{
    struct hold_row row = {.seq = row_int(stmt, 0), .released = row_int(stmt, 6)};
    row_copy(stmt, 1, row.channel, sizeof(row.channel));
    row_copy(stmt, 2, row.policy, sizeof(row.policy));
    row_copy(stmt, 3, row.period, sizeof(row.period));
    row_copy(stmt, 4, row.cause, sizeof(row.cause));
    row_copy(stmt, 5, row.why, sizeof(row.why));
    return row;
}

enum err_kind hold_list(struct ledger *ledger, bool standing_only, struct hold_rows *out,
                        struct err *err)
{
    AUTO(hold_rows_free) struct hold_rows rows = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), HOLD_COLUMNS " WHERE released = 0 OR ?1 = 0 ORDER BY seq");
    stmt_int(stmt, 1, standing_only);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        rows.at = mem_resize(rows.at, rows.count + 1, sizeof(*rows.at));
        rows.at[rows.count++] = row_of(stmt);
    }
    if (failed)
        return failed;
    *out = MOVE(rows);
    return OK;
}

static enum err_kind put_row(struct txn *txn, const struct hold_row *row, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "INSERT INTO hold (seq, channel, policy, period, cause, why,"
                                    " released) VALUES (?, ?, ?, ?, ?, ?, 0)");
    stmt_int(stmt, 1, row->seq);
    stmt_text(stmt, 2, row->channel);
    stmt_text(stmt, 3, row->policy);
    stmt_text(stmt, 4, row->period);
    stmt_text(stmt, 5, row->cause);
    stmt_text(stmt, 6, row->why);
    return stmt_run(stmt, err) ? err_of(err) : behind_wake_stopped(db, err);
}

// --- people

void hold_word(struct act *act, const char *channel, const char *policy, const char *why)
{
    act_about(act, "stop/%.15s/%.60s", channel, policy);
    doc_put_text(act->text, "channel", channel);
    doc_put_text(act->text, "policy", policy);
    doc_put_text(act->text, "why", why);
}

static void copy(char *out, size_t size, const struct doc *text, const char *key)
{
    (void)snprintf(out, size, "%s", doc_text(doc_get(text, key), ""));
}

enum err_kind hold_put(struct ledger *ledger, const struct act *act, struct utc at, int64_t *seq,
                       struct err *err)
{
    struct hold_row row = {.cause = "person"};
    AUTO(ledger_undo) struct txn *txn = NULL;
    copy(row.channel, sizeof(row.channel), act->text, "channel");
    copy(row.policy, sizeof(row.policy), act->text, "policy");
    copy(row.why, sizeof(row.why), act->text, "why");
    if (strcmp(row.policy, doc_text(doc_get(act->text, "policy"), "")) != 0)
        return err_set(err, ERR_INPUT, "no policy has a name of %zu bytes or more",
                       sizeof(row.policy));
    if (ledger_begin(ledger, &txn, err) || db_bar_lazy(ledger_db(ledger), err) ||
        act_put(txn, act, at, seq, err))
        return err_of(err);
    row.seq = *seq;
    if (put_row(txn, &row, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

void hold_word_release(struct act *act, int64_t seq, const char *why)
{
    act_about(act, "hold/%" PRId64, seq);
    doc_put_int(act->text, "hold", seq);
    doc_put_text(act->text, "why", why);
}

static enum err_kind find(struct ledger *ledger, int64_t seq, struct hold_row *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), HOLD_COLUMNS " WHERE seq = ?");
    bool row = false;
    stmt_int(stmt, 1, seq);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (row)
        *out = row_of(stmt);
    if (!row || out->released)
        return err_set(err, ERR_MISSING, "no hold %" PRId64 " stands; see gong hold --list", seq);
    return OK;
}

// Nobody lets go what they stopped themselves.
static enum err_kind check_other(struct ledger *ledger, const struct act *act, int64_t seq,
                                 struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT person FROM act WHERE seq = ?");
    bool row = false;
    stmt_int(stmt, 1, seq);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!act->drill && row && strcmp(row_text(stmt, 0), act->by) == 0)
        return err_set(err, ERR_REFUSED,
                       "%s made this hold, and nobody approves their own act: another person must "
                       "release it",
                       act->by);
    return OK;
}

static enum err_kind set_released(struct db *db, int64_t seq, int64_t entry, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, "UPDATE hold SET released = ?2 WHERE seq = ?1");
    stmt_int(stmt, 1, seq);
    stmt_int(stmt, 2, entry);
    return stmt_run(stmt, err);
}

enum err_kind hold_release(struct ledger *ledger, const struct act *act, struct utc at,
                           struct err *err)
{
    struct hold_row row;
    int64_t entry, seq = doc_int(doc_get(act->text, "hold"), 0);
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || find(ledger, seq, &row, err) ||
        check_other(ledger, act, seq, err))
        return err_of(err);
    if (strcmp(row.cause, "confirmation") == 0)
        return err_set(err, ERR_REFUSED,
                       "hold %" PRId64 " waits for an official confirmation: gong pay confirm "
                       "--policy %s --period %s --file FILE",
                       seq, row.policy, row.period);
    if (act_put(txn, act, at, &entry, err) || set_released(ledger_db(ledger), seq, entry, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

// --- the engine

static enum err_kind stands(struct db *db, const char *policy, const char *period,
                            const char *cause, bool *there, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT 1 FROM hold WHERE policy = ? AND period = ? AND"
                                    " cause = ? AND released = 0");
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, period);
    stmt_text(stmt, 3, cause);
    return stmt_next(stmt, there, err);
}

enum err_kind hold_place(struct txn *txn, struct utc at, const char *policy, const char *period,
                         const char *cause, const char *why, struct err *err)
{
    struct hold_row row = {.channel = "pay"};
    AUTO(doc_free) struct doc *body = doc_object();
    bool there = false;
    if (stands(ledger_db(txn_ledger(txn)), policy, period, cause, &there, err) || there)
        return there ? OK : err_of(err);
    doc_put_text(body, "cause", cause);
    doc_put_text(body, "channel", row.channel);
    doc_put_text(body, "period", period);
    doc_put_text(body, "policy", policy);
    doc_put_text(body, "why", why);
    copy(row.policy, sizeof(row.policy), body, "policy");
    copy(row.period, sizeof(row.period), body, "period");
    copy(row.cause, sizeof(row.cause), body, "cause");
    copy(row.why, sizeof(row.why), body, "why");
    if (ledger_append(txn, "held", at, body, &row.seq, NULL, err))
        return err_of(err);
    return put_row(txn, &row, err);
}

enum err_kind hold_lift(struct txn *txn, const char *policy, const char *period, const char *cause,
                        int64_t entry, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)),
                                "UPDATE hold SET released = ?4 WHERE policy = ?1 AND period = ?2"
                                " AND cause = ?3 AND released = 0");
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, period);
    stmt_text(stmt, 3, cause);
    stmt_int(stmt, 4, entry);
    return stmt_run(stmt, err);
}

enum err_kind hold_stops_payments(struct ledger *ledger, const char *policy, const char *period,
                                  bool *stopped, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger),
                                "SELECT 1 FROM hold WHERE released = 0 AND channel IN ('', 'pay')"
                                " AND policy IN ('', ?1) AND (period = '' OR period = ?2 OR"
                                " ?2 LIKE period || '+%') LIMIT 1");
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, period);
    return stmt_next(stmt, stopped, err);
}
