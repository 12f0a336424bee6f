#include "ledger/people.h"

#include "core/mem.h"
#include "ledger/register.h"
#include "ledger/schema.h"
#include "ledger/store.h"

#include <stdio.h>
#include <string.h>

struct people {
    struct db *db;
};

enum err_kind people_create(const char *folder, struct err *err)
{
    return store_create(folder, "people", &people_kind, err);
}

enum err_kind people_open(const char *folder, enum ledger_mode mode, struct people **out,
                          struct err *err)
{
    struct db *db = NULL;
    if (store_open(folder, "people", &people_kind, mode == LEDGER_WRITE, &db, err))
        return err->kind;
    *out = mem_new(1, sizeof(struct people));
    (*out)->db = db;
    return OK;
}

void people_close(struct people **people)
{
    if (!*people)
        return;
    db_close(&(*people)->db);
    mem_free(people);
}

struct db *people_db(struct people *people)
{
    return people->db;
}

void contracts_free(struct contracts *contracts)
{
    mem_free(&contracts->at);
    contracts->count = 0;
}

#define CONTRACT_COLUMNS                                                                           \
    "SELECT id, person, policy, boundary_set, commune, sum_insured, currency, starts, ends"        \
    " FROM contract "

// Dates are kept as days since 1970: whole numbers sort and compare.
static struct contract contract_of_row(struct stmt *stmt)
{
    struct contract contract = {.sum_insured.minor = row_int(stmt, 5),
                                .starts = date_of_days(row_int(stmt, 7)),
                                .ends = date_of_days(row_int(stmt, 8))};
    row_copy(stmt, 0, contract.id, sizeof(contract.id));
    row_copy(stmt, 1, contract.person, sizeof(contract.person));
    row_copy(stmt, 2, contract.policy, sizeof(contract.policy));
    row_copy(stmt, 3, contract.boundary_set, sizeof(contract.boundary_set));
    row_copy(stmt, 4, contract.commune, sizeof(contract.commune));
    row_copy(stmt, 6, contract.sum_insured.currency, sizeof(contract.sum_insured.currency));
    return contract;
}

static enum err_kind collect(struct stmt *stmt, struct contracts *out, struct err *err)
{
    AUTO(contracts_free) struct contracts list = {0};
    enum err_kind failed = OK;
    for (size_t room = 0; stmt_more(stmt, &failed, err);) {
        if (list.count == room) {
            room = room ? room * 2 : 64;
            list.at = mem_resize(list.at, room, sizeof(*list.at));
        }
        list.at[list.count++] = contract_of_row(stmt);
    }
    if (failed)
        return failed;
    *out = MOVE(list);
    return OK;
}

static int64_t day_of(struct civil date)
{
    return date_days(date.year, date.month, date.day);
}

bool contract_holds(const struct contract *contract, struct civil first, struct civil last)
{
    return day_of(contract->starts) <= day_of(first) && day_of(contract->ends) >= day_of(last);
}

enum err_kind contract_list(struct people *people, const char *policy, const char *boundary_set,
                            struct contracts *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people->db, CONTRACT_COLUMNS "WHERE policy = ?"
                                                             " AND boundary_set = ?"
                                                             " ORDER BY commune, id");
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, boundary_set);
    return collect(stmt, out, err);
}

enum err_kind contract_list_at(struct people *people, const char *boundary_set, struct civil day,
                               struct contracts *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people->db, CONTRACT_COLUMNS "WHERE boundary_set = ? AND starts <= ?2"
                                             " AND ends >= ?2 ORDER BY commune, person, id");
    stmt_text(stmt, 1, boundary_set);
    stmt_int(stmt, 2, day_of(day));
    return collect(stmt, out, err);
}

enum err_kind contract_list_all(struct people *people, struct contracts *out, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(people->db, CONTRACT_COLUMNS "ORDER BY id");
    return collect(stmt, out, err);
}

enum err_kind contract_list_of(struct people *people, const char *person, struct contracts *out,
                               struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people->db, CONTRACT_COLUMNS "WHERE person = ? ORDER BY id");
    stmt_text(stmt, 1, person);
    return collect(stmt, out, err);
}

enum err_kind contract_find(struct people *people, const char *id, struct contract *out,
                            struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(people->db, CONTRACT_COLUMNS "WHERE id = ?");
    bool row = false;
    stmt_text(stmt, 1, id);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row)
        return err_set(err, ERR_MISSING, "there is no contract %s", id);
    *out = contract_of_row(stmt);
    return OK;
}

enum err_kind contract_sum_insured(void *people, const char *id, struct money *out, struct err *err)
{
    struct contract contract;
    if (contract_find(people, id, &contract, err))
        return err_of(err);
    *out = contract.sum_insured;
    return OK;
}

enum err_kind person_find(struct people *people, const char *id, struct person *out,
                          struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people->db, "SELECT id, name, phone, account, language FROM person"
                                            " WHERE id = ?");
    bool row = false;
    stmt_text(stmt, 1, id);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row)
        return err_set(err, ERR_MISSING, "there is no person %s", id);
    if (!*row_text(stmt, 1))
        return err_set(err, ERR_MISSING, "person %s was forgotten", id);
    row_copy(stmt, 0, out->id, sizeof(out->id));
    row_copy(stmt, 1, out->name, sizeof(out->name));
    row_copy(stmt, 2, out->phone, sizeof(out->phone));
    row_copy(stmt, 3, out->account, sizeof(out->account));
    row_copy(stmt, 4, out->language, sizeof(out->language));
    return OK;
}
