#include "triggers/fund.h"

#include "core/csv.h"
#include "core/mem.h"
#include "core/money.h"
#include "triggers/basis.h"

#include <stdlib.h>
#include <string.h>

enum { CLAIMS_MAX = 1000000, CONTRACT_BYTES_MAX = 64, COLUMNS = 2, PERCENT_MILLI = 100000 };

void fund_free(struct fund *fund)
{
    for (size_t i = 0; i < fund->count; i++)
        mem_free(&fund->at[i].contract);
    mem_free(&fund->at);
    fund->count = 0;
}

static enum err_kind read_claim(const struct csv *csv, struct fund_claim *out, struct err *err)
{
    struct money claim;
    if (csv->count != COLUMNS)
        return err_set(err, ERR_INPUT, "%zu fields; write contract,claim_vnd", csv->count);
    struct str contract = str_trim(csv->field[0]);
    if (contract.len == 0 || contract.len > CONTRACT_BYTES_MAX)
        return err_set(err, ERR_INPUT, "a contract has 1 to %d bytes", CONTRACT_BYTES_MAX);
    if (money_parse_vnd(str_trim(csv->field[1]), &claim, err))
        return err_of(err);
    out->contract = str_copy(contract);
    out->claim_vnd = claim.minor;
    return OK;
}

static enum err_kind read_rows(struct csv *csv, const char *name, struct fund *out, struct err *err)
{
    for (bool row = true; row;) {
        if (csv_next(csv, &row, err))
            return err_add(err, "reading %s:%zu", name, csv->line);
        if (!row)
            break;
        if (out->count == CLAIMS_MAX)
            return err_set(err, ERR_INPUT, "%s: more than %d claims", name, CLAIMS_MAX);
        if ((out->count & (out->count - 1)) == 0) // full at each power of two
            out->at = mem_resize(out->at, out->count ? 2 * out->count : 1, sizeof(*out->at));
        struct fund_claim claim = {0};
        if (read_claim(csv, &claim, err))
            return err_add(err, "reading %s:%zu", name, csv->line);
        out->at[out->count++] = claim;
    }
    return OK;
}

static int by_contract(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err_kind check_twice(const struct fund *fund, const char *name, struct err *err)
{
    AUTO(mem_drop) const char **names = mem_new(fund->count + 1, sizeof(const char *));
    for (size_t i = 0; i < fund->count; i++)
        names[i] = fund->at[i].contract;
    qsort(names, fund->count, sizeof(const char *), by_contract);
    for (size_t i = 1; i < fund->count; i++) {
        if (strcmp(names[i - 1], names[i]) == 0)
            return err_set(err, ERR_INPUT, "%s: contract %s claims twice; one row for each", name,
                           names[i]);
    }
    return OK;
}

static enum err_kind share(const struct fund_query *query, struct fund *fund, struct err *err)
{
    fund->fund_vnd =
        (int64_t)((__int128)query->premium_vnd * query->loading_milli / PERCENT_MILLI) +
        query->carried_vnd;
    for (size_t i = 0; i < fund->count; i++) {
        struct fund_claim *claim = &fund->at[i];
        bool over = query->cap_vnd && claim->claim_vnd > query->cap_vnd;
        claim->counted_vnd = over ? query->cap_vnd : claim->claim_vnd;
        if (__builtin_add_overflow(fund->counted_vnd, claim->counted_vnd, &fund->counted_vnd))
            return err_set(err, ERR_INPUT, "the claims add up to more than can be counted");
    }
    for (size_t i = 0; i < fund->count; i++) {
        struct fund_claim *claim = &fund->at[i];
        claim->pays_vnd = basis_fund_pays(fund->fund_vnd, fund->counted_vnd, claim->counted_vnd);
        fund->paid_vnd += claim->pays_vnd;
    }
    fund->left_vnd = fund->fund_vnd - fund->paid_vnd;
    return OK;
}

enum err_kind fund_share(struct str text, const char *name, const struct fund_query *query,
                         struct fund *out, struct err *err)
{
    AUTO(csv_free) struct csv csv;
    AUTO(fund_free) struct fund fund = {0};
    bool row = false;
    csv_start(&csv, text);
    if (csv_next(&csv, &row, err))
        return err_add(err, "reading %s", name);
    if (!row || csv.count != COLUMNS || !str_is(csv.field[0], "contract") ||
        !str_is(csv.field[1], "claim_vnd"))
        return err_set(err, ERR_INPUT, "%s:1: write contract,claim_vnd", name);
    if (read_rows(&csv, name, &fund, err) || check_twice(&fund, name, err) ||
        share(query, &fund, err))
        return err_of(err);
    *out = MOVE(fund);
    return OK;
}
