#include "ledger/mode.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/db.h"

#include <inttypes.h>

enum err_kind mode_check(struct db *db, const char *folder, struct err *err)
{
    AUTO(mem_drop) char *settings = file_join(folder, "gong.yaml");
    AUTO(site_free) struct site *site = NULL;
    bool row = false;
    // Bodies are canonical JSON: in a text of theirs these quotation marks would be escaped. Not
    // all messages of tests and older programs say it; whoever does, does from the start.
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "SELECT id, CASE WHEN body LIKE '%\"drill\":true%' THEN 1 ELSE 0 END"
                    " FROM (SELECT id, body FROM outbox ORDER BY id LIMIT 100) AS o"
                    " WHERE body LIKE '%\"drill\":%' ORDER BY id LIMIT 1");
    if (!file_exists(settings))
        return OK;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return OK;
    bool is_drill = row_int(stmt, 1) == 1;
    if (site_open(folder, &site, err))
        return err_of(err);
    if (is_drill == site_is_drill(site))
        return OK;
    return err_set(err, ERR_INPUT,
                   "%s: mode: %s, but message %" PRId64 " of this ledger is %s; write mode: %s, or "
                   "begin another site: gong init DIR --mode %s",
                   settings, is_drill ? "live" : "drill", row_int(stmt, 0),
                   is_drill ? "of a drill" : "in earnest", is_drill ? "drill" : "live",
                   is_drill ? "live" : "drill");
}
