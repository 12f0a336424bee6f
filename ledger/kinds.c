#include "ledger/kinds.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/ledger.h"

void kinds_free(struct kinds *kinds)
{
    for (size_t i = 0; i < kinds->count; i++)
        mem_free(&kinds->at[i].kind);
    mem_free(&kinds->at);
    kinds->count = 0;
}

static const struct kind_seen *find(const struct kinds *kinds, struct str kind)
{
    for (size_t i = 0; i < kinds->count; i++) {
        if (str_is(kind, kinds->at[i].kind))
            return &kinds->at[i];
    }
    return NULL;
}

size_t kinds_place(struct kinds *kinds, struct str kind)
{
    const struct kind_seen *known = find(kinds, kind);
    if (known)
        return (size_t)(known - kinds->at);
    kinds->at = mem_resize(kinds->at, kinds->count + 1, sizeof(*kinds->at));
    kinds->at[kinds->count] = (struct kind_seen){.kind = str_copy(kind)};
    return kinds->count++;
}

void kinds_zero(struct kinds *kinds)
{
    for (size_t i = 0; i < kinds->count; i++)
        kinds->at[i].entries = kinds->at[i].numbers = 0;
}

void kinds_add(struct kinds *kinds, const struct kinds *more)
{
    for (size_t i = 0; i < more->count; i++) {
        size_t place = kinds_place(kinds, str_of(more->at[i].kind)); // it may move `at`
        kinds->at[place].entries += more->at[i].entries;
        kinds->at[place].numbers += more->at[i].numbers;
    }
}

// Entries of kinds that are few.
static int64_t count_few(const struct kinds *kinds)
{
    int64_t few = 0;
    for (size_t i = 0; i < kinds->count; i++)
        few += ledger_kind_is_few(kinds->at[i].kind) ? kinds->at[i].entries : 0;
    return few;
}

enum err_kind kinds_check_index(const struct kinds *kinds, struct ledger *ledger, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger),
                                "SELECT kind, count(*), CAST(sum(seq) AS INTEGER) FROM entry WHERE"
                                " " ENTRY_FEW " GROUP BY kind");
    for (int64_t found = 0;;) {
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err_of(err);
        if (!row && found == count_few(kinds))
            return OK;
        const struct kind_seen *seen = row ? find(kinds, row_bytes(stmt, 0)) : NULL;
        if (!seen || row_int(stmt, 1) != seen->entries || row_int(stmt, 2) != seen->numbers)
            return err_set(err, ERR_BROKEN,
                           "the index of entries by kind does not hold the entries that the ledger "
                           "has: it was changed or is damaged; keep a copy, make it again (REINDEX "
                           "entry_few) and verify once more");
        found += seen->entries;
    }
}
