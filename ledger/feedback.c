#include "ledger/feedback.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <stdio.h>
#include <string.h>

static void copy(const struct doc *body, const char *key, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", (int)size - 1, doc_text(doc_get(body, key), ""));
}

enum err_kind feedback_alert_of(struct ledger *ledger, const char *person,
                                struct feedback_alert *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        ledger_db(ledger), "SELECT key, cause, body FROM outbox WHERE channel = 'sms'"
                           " AND person = ? AND state = 3"
                           " AND (substr(key, 1, 6) = 'alert/' OR substr(key, 1, 9) = 'question/')"
                           " ORDER BY id DESC LIMIT 1");
    bool row = false;
    AUTO(doc_free) struct doc *body = NULL;
    stmt_text(stmt, 1, person);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_MISSING, "no alert went to person %s", person);
    if (doc_parse(row_bytes(stmt, 2), "message body", &body, err))
        return err_of(err);
    row_copy(stmt, 0, out->key, sizeof(out->key));
    out->cause = row_int(stmt, 1);
    copy(body, "policy", out->policy, sizeof(out->policy));
    copy(body, "commune", out->commune, sizeof(out->commune));
    copy(body, "period", out->period, sizeof(out->period));
    return OK;
}

enum err_kind feedback_put(struct txn *txn, struct utc at, const struct feedback *feedback,
                           int64_t *seq, struct err *err)
{
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "person", feedback->person);
    doc_put_text(body, "carrier", feedback->carrier);
    doc_put_text(body, "word", feedback->word);
    if (feedback->alert) {
        doc_put_text(body, "alert", feedback->alert->key);
        doc_put_int(body, "decision", feedback->alert->cause);
        doc_put_text(body, "policy", feedback->alert->policy);
        doc_put_text(body, "commune", feedback->alert->commune);
        doc_put_text(body, "period", feedback->alert->period);
        doc_put_bool(body, "rained", feedback->rained);
    }
    return ledger_append(txn, feedback->alert ? "answer" : "inbound", at, body, seq, NULL, err);
}

enum err_kind feedback_is_sent(struct ledger *ledger, const char *key, bool *is, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT 1 FROM outbox WHERE key = ?");
    stmt_text(stmt, 1, key);
    return stmt_next(stmt, is, err);
}

// The threshold is in the trace, where the index was compared; an insurance with tiers has its
// first one, one with a strike the strike.
static void read_trace(const struct doc *trace, struct feedback_index *out)
{
    for (size_t i = 0; i < doc_count(trace); i++) {
        const struct doc *step = doc_at(trace, i);
        const char *name = doc_text(doc_get(step, "step"), "");
        const char *unit = doc_text(doc_get(step, "unit"), "");
        const struct doc *tier = doc_at(doc_get(step, "tiers"), 0);
        if (strcmp(name, "compare") == 0)
            out->threshold_milli = doc_int(doc_get(step, "threshold"), 0);
        else if (strcmp(name, "payout") == 0 && tier)
            out->threshold_milli = doc_int(doc_at(tier, 0), 0);
        else if (strcmp(name, "payout") == 0)
            out->threshold_milli = doc_int(doc_get(step, "strike"), out->threshold_milli);
        size_t len = strcspn(unit, "/");
        if (len > 0 && len < sizeof(out->unit)) {
            memcpy(out->unit, unit, len);
            out->unit[len] = '\0';
        }
    }
}

static enum err_kind read_index(struct ledger *ledger, const struct decision_row *row,
                                struct feedback_index *out, struct err *err)
{
    AUTO(doc_free) struct doc *text = NULL;
    if (ledger_entry_doc(ledger, row->seq, &text, err))
        return err_of(err);
    *out = (struct feedback_index){.as_of = row->as_of,
                                   .known = row->has_index && row->answer != ANSWER_UNKNOWN,
                                   .index_milli = row->index_milli};
    memcpy(out->policy, row->policy, sizeof(out->policy));
    read_trace(doc_get(text, "trace"), out);
    return OK;
}

enum err_kind feedback_indexes(struct ledger *ledger, const char *boundary_set, const char *commune,
                               struct feedback_index *out, size_t max, size_t *count,
                               struct err *err)
{
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    struct decision_query query = {.commune = commune, .newest_only = true};
    *count = 0;
    if (decision_list(ledger, &query, &rows, err))
        return err_of(err);
    for (size_t i = rows.count; i-- > 0 && *count < max;) {
        const struct decision_row *row = &rows.at[i];
        bool seen = strcmp(row->boundary_set, boundary_set) != 0;
        for (size_t k = 0; k < *count; k++)
            seen |= strcmp(out[k].policy, row->policy) == 0;
        if (seen)
            continue;
        if (read_index(ledger, row, &out[*count], err))
            return err_of(err);
        (*count)++;
    }
    return OK;
}
