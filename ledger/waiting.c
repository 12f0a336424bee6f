#include "ledger/waiting.h"

#include "core/mem.h"
#include "ledger/allow.h"
#include "ledger/db.h"
#include "ledger/hold.h"
#include "ledger/payment.h"

#include <stdio.h>
#include <string.h>

void waiting_rows_free(struct waiting_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

static enum err_kind add_periods(struct ledger *ledger, const char *policy,
                                 struct waiting_rows *rows, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT p.period, count(*), sum(p.amount),"
                                   " min(p.seq)" WAITING_PAYOUTS " GROUP BY p.period ORDER BY 4");
    enum err_kind failed = OK;
    stmt_text(stmt, 1, policy);
    while (stmt_more(stmt, &failed, err)) {
        rows->at = mem_resize(rows->at, rows->count + 1, sizeof(*rows->at));
        struct waiting_row *one = &rows->at[rows->count++];
        *one = (struct waiting_row){.count = row_int(stmt, 1), .total_vnd = row_int(stmt, 2)};
        text_copy(one->policy, sizeof(one->policy), policy);
        row_copy(stmt, 0, one->period, sizeof(one->period));
    }
    return failed;
}

enum err_kind waiting_list(struct ledger *ledger, const char *policy, struct waiting_rows *out,
                           struct err *err)
{
    AUTO(waiting_rows_free) struct waiting_rows rows = {0};
    AUTO(doc_free) struct doc *policies = doc_array();
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT DISTINCT policy FROM payout WHERE ?1 IS"
                                                   " NULL OR policy = ?1 ORDER BY policy");
    enum err_kind failed = OK;
    stmt_text(stmt, 1, policy);
    while (stmt_more(stmt, &failed, err))
        doc_push_text(policies, row_text(stmt, 0));
    if (failed)
        return failed;
    for (size_t i = 0; i < doc_count(policies); i++) {
        if (add_periods(ledger, doc_text(doc_at(policies, i), ""), &rows, err))
            return err_of(err);
    }
    *out = MOVE(rows);
    return OK;
}

// --- one policy and period

struct look {
    struct ledger *ledger;
    const char *policy, *period;
    struct doc *out;
};

static struct stmt *asked(const struct look *look, const char *sql)
{
    struct stmt *stmt = stmt_of(ledger_db(look->ledger), sql);
    stmt_text(stmt, 1, look->policy);
    stmt_text(stmt, 2, look->period);
    return stmt;
}

static enum err_kind put_people(const struct look *look, int64_t least, struct err *err)
{
    struct payment_plan plan;
    struct doc *list = doc_array();
    int64_t needed = 0;
    doc_put(look->out, "approved_by", list);
    if (payment_plan_of(look->ledger, look->policy, look->period, &plan, err) ||
        allow_people(look->ledger, look->policy, look->period, plan.total_vnd, least, &needed, err))
        return err_of(err);
    doc_put_int(look->out, "needed", needed);
    AUTO(stmt_done)
    struct stmt *stmt =
        asked(look, "SELECT a.by, count(*) FROM approval a WHERE a.payout IN (SELECT"
                    " p.seq" WAITING_PAYOUTS " AND p.period = ?2) GROUP BY a.by ORDER BY a.by");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        if (row_int(stmt, 1) == (int64_t)plan.count)
            doc_push_text(list, row_text(stmt, 0));
    }
    return failed;
}

static enum err_kind put_communes(const struct look *look, struct err *err)
{
    struct doc *list = doc_array();
    doc_put(look->out, "communes", list);
    AUTO(stmt_done)
    struct stmt *stmt =
        asked(look, "SELECT (SELECT d.commune FROM decision d WHERE d.seq = p.decision) AS place,"
                    " count(*), sum(p.amount), max(p.amount)" WAITING_PAYOUTS
                    " AND p.period = ?2 GROUP BY 1 ORDER BY 1");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        struct doc *one = doc_object();
        doc_put_text(one, "commune", row_text(stmt, 0));
        doc_put_int(one, "count", row_int(stmt, 1));
        doc_put_int(one, "total_vnd", row_int(stmt, 2));
        doc_put_int(one, "most_vnd", row_int(stmt, 3));
        doc_push(list, one);
    }
    return failed;
}

static bool covers(const struct hold_row *hold, const struct look *look)
{
    size_t len = strlen(hold->period);
    bool channel = !*hold->channel || strcmp(hold->channel, "pay") == 0;
    bool policy = !*hold->policy || strcmp(hold->policy, look->policy) == 0;
    bool period = !len || strcmp(hold->period, look->period) == 0 ||
                  (strncmp(hold->period, look->period, len) == 0 && look->period[len] == '+');
    return channel && policy && period;
}

static enum err_kind put_holds(const struct look *look, struct err *err)
{
    AUTO(hold_rows_free) struct hold_rows rows = {0};
    struct doc *list = doc_array();
    doc_put(look->out, "holds", list);
    if (hold_list(look->ledger, true, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        if (!covers(&rows.at[i], look))
            continue;
        struct doc *one = doc_object();
        doc_put_int(one, "hold", rows.at[i].seq);
        doc_put_text(one, "cause", rows.at[i].cause);
        doc_put_text(one, "why", rows.at[i].why);
        doc_push(list, one);
    }
    return OK;
}

static enum err_kind put_budget(const struct look *look, struct err *err)
{
    bool there = false;
    int64_t budget = 0, aside = 0;
    if (allow_budget(look->ledger, look->policy, &there, &budget, &aside, err))
        return err_of(err);
    if (there) {
        doc_put_int(look->out, "budget_vnd", budget);
        doc_put_int(look->out, "set_aside_vnd", aside);
    } else {
        doc_put_null(look->out, "budget_vnd");
        doc_put_null(look->out, "set_aside_vnd");
    }
    return OK;
}

static enum err_kind put_replaced(const struct look *look, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = asked(
        look, "SELECT count(*)" WAITING_PAYOUTS
              " AND p.period = ?2 AND EXISTS (SELECT 1 FROM decision d JOIN batch b ON b.seq ="
              " d.batch JOIN decision n ON n.commune = d.commune AND n.seq > d.seq JOIN batch"
              " nb ON nb.seq = n.batch AND nb.policy = b.policy AND nb.period = b.period"
              " WHERE d.seq = p.decision AND n.answer = 0 AND NOT EXISTS (SELECT 1 FROM"
              " decision m JOIN batch mb ON mb.seq = m.batch AND mb.policy = b.policy AND"
              " mb.period = b.period WHERE m.commune = d.commune AND m.seq > n.seq))");
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    doc_put_int(look->out, "replaced", row ? row_int(stmt, 0) : 0);
    return OK;
}

enum err_kind waiting_look(struct ledger *ledger, const char *policy, const char *period,
                           int64_t least, struct doc *out, struct err *err)
{
    struct look look = {ledger, policy, period, out};
    if (put_people(&look, least, err) || put_replaced(&look, err) || put_communes(&look, err) ||
        put_holds(&look, err))
        return err_of(err);
    return put_budget(&look, err);
}
