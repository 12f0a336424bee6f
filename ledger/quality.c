#include "ledger/quality.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/doubted.h"
#include "ledger/reading.h"

#include <string.h>

const char *quality_name(size_t i)
{
    static const char *const names[] = {"range", "step",     "space",   "frozen",
                                        "twin",  "repeated", "members", "second"};
    _Static_assert(COUNT_OF(names) == QUALITY_KINDS, "a name for each");
    return i < COUNT_OF(names) ? names[i] : NULL;
}

struct doc *quality_doc(uint8_t flags)
{
    if (!flags)
        return NULL;
    struct doc *list = doc_array();
    for (size_t i = 0; i < QUALITY_KINDS; i++) {
        if (flags >> i & 1)
            doc_push_text(list, quality_name(i));
    }
    return list;
}

enum err_kind quality_put(struct txn *txn, const struct hash *reading, const uint8_t *flag,
                          size_t communes, struct err *err)
{
    bool any = false;
    for (size_t i = 0; i < communes && !any; i++)
        any = flag[i] != 0;
    if (!any)
        return OK;
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(txn_ledger(txn)),
                "INSERT INTO quality (reading, flag) VALUES (?, ?) ON CONFLICT DO NOTHING");
    stmt_hash(stmt, 1, reading);
    stmt_bytes(stmt, 2, flag, communes);
    if (stmt_run(stmt, err))
        return err_of(err);
    if (stmt_changes(stmt) == 1)
        doubted_add(txn, reading, (struct str){(const char *)flag, communes});
    return OK;
}

// What is kept of a reading: *flag [communes] is all 0 when nothing is.
static enum err_kind kept(struct db *db, const struct hash *reading, bool *there, uint8_t *flag,
                          size_t communes, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, "SELECT flag FROM quality WHERE reading = ?");
    stmt_hash(stmt, 1, reading);
    if (stmt_next(stmt, there, err))
        return err_of(err);
    struct str bytes = *there ? row_bytes(stmt, 0) : (struct str){"", 0};
    if (*there && bytes.len != communes)
        return err_set(err, ERR_BROKEN, "doubts are stored of %zu communes, not of %zu", bytes.len,
                       communes);
    memcpy(flag, bytes.at, bytes.len);
    return OK;
}

enum err_kind quality_mark(struct txn *txn, const struct hash *reading, enum quality doubt,
                           const uint8_t *where, size_t communes, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    AUTO(mem_drop) uint8_t *flag = mem_new(communes + 1, 1);
    bool there = false, changed = false, any = false;
    if (kept(db, reading, &there, flag, communes, err))
        return err_of(err);
    for (size_t c = 0; c < communes; c++) {
        uint8_t now = (uint8_t)((flag[c] & ~doubt) | (where && where[c] ? doubt : 0));
        changed = changed || now != flag[c];
        any = any || now;
        flag[c] = now;
    }
    if (!changed)
        return OK;
    if (!there)
        return quality_put(txn, reading, flag, communes, err);
    AUTO(stmt_done)
    struct stmt *stmt = any ? stmt_of(db, "UPDATE quality SET flag = ?2 WHERE reading = ?1")
                            : stmt_of(db, "DELETE FROM quality WHERE reading = ?1");
    stmt_hash(stmt, 1, reading);
    if (any)
        stmt_bytes(stmt, 2, flag, communes);
    doubted_add(txn, reading, (struct str){(const char *)flag, any ? communes : 0});
    return stmt_run(stmt, err);
}

// Whether anything is doubted at all: most ledgers have no such row, and need no look-ups.
static enum err_kind has_any(struct ledger *ledger, bool *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT 1 FROM quality LIMIT 1");
    return stmt_next(stmt, out, err);
}

enum err_kind quality_load(struct ledger *ledger, const struct readings *readings, uint8_t **flag,
                           struct err *err)
{
    AUTO(mem_drop) uint8_t *all = NULL;
    bool any = false;
    *flag = NULL;
    if (has_any(ledger, &any, err))
        return err_of(err);
    for (size_t i = 0; any && i < readings->count; i++) {
        AUTO(stmt_done)
        struct stmt *stmt =
            stmt_of(ledger_db(ledger), "SELECT flag FROM quality WHERE reading = ?");
        bool row = false;
        stmt_hash(stmt, 1, &readings->hash[i]);
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        struct str bytes = row ? row_bytes(stmt, 0) : (struct str){"", 0};
        if (row && bytes.len != readings->communes)
            return err_set(err, ERR_BROKEN, "doubts are stored of %zu communes, not of %zu",
                           bytes.len, readings->communes);
        if (row && !all)
            all = mem_new(readings->communes, 1);
        for (size_t c = 0; c < bytes.len; c++)
            all[c] |= (uint8_t)bytes.at[c];
    }
    *flag = TAKE(all);
    return OK;
}
