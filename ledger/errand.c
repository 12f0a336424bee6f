#include "ledger/errand.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/db.h"

#include <inttypes.h>
#include <string.h>

static const char *const names[] = {"asked", "overdue", "confirmed"};

const char *errand_state_name(enum errand_state state)
{
    return names[state];
}

void errands_free(struct errands *list)
{
    mem_free(&list->at);
    list->count = 0;
}

// The keys of channel "telco" stand together in the index of keys.
static const char all[] =
    "SELECT o.id, o.key, o.person, min(p.at), (SELECT max(e.seq) FROM entry e WHERE " ENTRY_FEW
    " AND e.kind = 'telco' AND CAST(e.text ->> 'message' AS INTEGER) = o.id) FROM outbox o JOIN "
    "part p ON "
    "p.message = o.id"
    " WHERE o.key >= 'bulletin/telco/' AND o.key < 'bulletin/telco0' AND o.channel = 'telco'"
    " GROUP BY o.id ORDER BY o.id";

static enum err_kind read_end(struct ledger *ledger, int64_t seq, struct errand *out,
                              struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT text ->> 'state', text ->> 'at'"
                                                   " FROM entry WHERE seq = ?");
    bool row = false;
    stmt_int(stmt, 1, seq);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    bool confirmed = row && strcmp(row_text(stmt, 0), names[ERRAND_CONFIRMED]) == 0;
    out->state = confirmed ? ERRAND_CONFIRMED : ERRAND_OVERDUE;
    return confirmed ? utc_parse(str_of(row_text(stmt, 1)), &out->ended, err) : OK;
}

enum err_kind errand_list(struct ledger *ledger, struct errands *out, struct err *err)
{
    AUTO(errands_free) struct errands list = {0};
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), all);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        if ((list.count & (list.count - 1)) == 0)
            list.at = mem_resize(list.at, list.count ? 2 * list.count : 1, sizeof(*list.at));
        struct errand *one = &list.at[list.count];
        *one = (struct errand){
            .message = row_int(stmt, 0), .asked = {row_int(stmt, 3)}, .ended = UTC_NEVER};
        row_copy(stmt, 1, one->key, sizeof(one->key));
        row_copy(stmt, 2, one->to, sizeof(one->to));
        list.count++;
        if (!row_null(stmt, 4) && read_end(ledger, row_int(stmt, 4), one, err))
            return err_of(err);
    }
    if (failed)
        return failed;
    *out = MOVE(list);
    return OK;
}

enum err_kind errand_put(struct txn *txn, int64_t message, enum errand_state state, struct utc now,
                         int64_t *seq, struct err *err)
{
    AUTO(errands_free) struct errands list = {0};
    const struct errand *one = NULL;
    if (errand_list(txn_ledger(txn), &list, err))
        return err_of(err);
    for (size_t i = 0; i < list.count; i++) {
        if (list.at[i].message == message)
            one = &list.at[i];
    }
    if (!one)
        return err_set(err, ERR_INPUT,
                       "no request %" PRId64 " has left; gong telco list shows which did", message);
    if (one->state >= state)
        return err_set(err, ERR_INPUT, "request %" PRId64 " is %s already", message,
                       names[one->state]);
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_int(body, "message", message);
    doc_put_text(body, "operator", one->to);
    doc_put_text(body, "state", names[state]);
    return ledger_append(txn, "telco", now, body, seq, NULL, err);
}
