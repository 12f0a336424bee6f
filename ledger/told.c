#include "ledger/told.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/outbox.h"

void tolds_free(struct tolds *tolds)
{
    mem_free(&tolds->at);
    tolds->count = 0;
}

enum err_kind told_list(struct ledger *ledger, int64_t seq, struct tolds *out, struct err *err)
{
    AUTO(tolds_free) struct tolds list = {0};
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT channel, contract, state, result"
                                                   " FROM outbox WHERE cause = ? ORDER BY id");
    stmt_int(stmt, 1, seq);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        list.at = mem_resize(list.at, list.count + 1, sizeof(*list.at));
        struct told *told = &list.at[list.count++];
        *told = (struct told){.state = outbox_state_name((enum outbox_state)row_int(stmt, 2))};
        row_copy(stmt, 0, told->channel, sizeof(told->channel));
        row_copy(stmt, 1, told->contract, sizeof(told->contract));
        row_copy(stmt, 3, told->result, sizeof(told->result));
    }
    if (failed)
        return failed;
    *out = MOVE(list);
    return OK;
}
