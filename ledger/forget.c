#include "ledger/forget.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/access.h"
#include "ledger/db.h"
#include "ledger/decision.h"
#include "ledger/dispute.h"
#include "ledger/register.h"
#include "ledger/remnant.h"
#include "ledger/scrub.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct civil day_of(struct utc at)
{
    return date_of_days((at.s + VIETNAM_OFFSET_S) / DAY_S);
}

static int64_t days(struct civil day)
{
    return date_days(day.year, day.month, day.day);
}

// --- what stands in the way

static bool is_over(const char *state)
{
    return strcmp(state, "paid") == 0 || strcmp(state, "rejected") == 0;
}

static enum err_kind check_money(struct ledger *ledger, const struct contracts *contracts,
                                 int64_t *payouts, struct err *err)
{
    *payouts = 0;
    for (size_t i = 0; i < contracts->count; i++) {
        AUTO(payout_rows_free) struct payout_rows rows = {0};
        if (payout_list(ledger, contracts->at[i].id, &rows, err))
            return err_of(err);
        for (size_t p = 0; p < rows.count; p++) {
            if (!is_over(rows.at[p].state))
                return err_set(err, ERR_REFUSED,
                               "payout %" PRId64 " of contract %s is %s: nobody is forgotten while "
                               "money is owed; wait until it is paid or rejected",
                               rows.at[p].seq, contracts->at[i].id, rows.at[p].state);
        }
        *payouts += (int64_t)rows.count;
    }
    return OK;
}

// Who contests a decision may yet be owed.
static enum err_kind check_disputes(struct ledger *ledger, const struct contracts *contracts,
                                    struct err *err)
{
    for (size_t i = 0; i < contracts->count; i++) {
        AUTO(dispute_rows_free) struct dispute_rows rows = {0};
        if (dispute_list(ledger, contracts->at[i].id, &rows, err))
            return err_of(err);
        for (size_t d = 0; d < rows.count; d++) {
            if (!rows.at[d].closed)
                return err_set(err, ERR_REFUSED,
                               "dispute %" PRId64 " for contract %s is open: money may be owed; "
                               "gong dispute close it first, as withdrawn if that is asked for",
                               rows.at[d].seq, contracts->at[i].id);
        }
    }
    return OK;
}

static enum err_kind check_contracts(const struct contracts *contracts, const struct forget *forget,
                                     struct err *err)
{
    int64_t today = days(day_of(forget->at));
    for (size_t i = 0; i < contracts->count && !forget->end_contracts; i++) {
        const struct contract *one = &contracts->at[i];
        if (days(one->ends) >= today)
            return err_set(err, ERR_REFUSED,
                           "contract %s runs to %04d-%02d-%02d and could not be paid without name "
                           "and account; wait, or end it now with --end-contracts",
                           one->id, one->ends.year, one->ends.month, one->ends.day);
    }
    return OK;
}

// --- forgetting

static enum err_kind run_for(struct people *people, const char *sql, const char *text, int64_t day,
                             struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(people_db(people), sql);
    stmt_text(stmt, 1, text);
    if (day)
        stmt_int(stmt, 2, day);
    return stmt_run(stmt, err);
}

static enum err_kind count_phone(struct people *people, const char *phone, int64_t *count,
                                 struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people), "SELECT count(*) FROM person WHERE phone = ?");
    bool row = false;
    stmt_text(stmt, 1, phone);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *count = row ? row_int(stmt, 0) : 0;
    return OK;
}

// Empties what somebody else has too: files that hold it may be about them.
static enum err_kind empty_shared(struct people *people, const char *sql, char *value,
                                  struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(people_db(people), sql);
    bool row = false;
    stmt_text(stmt, 1, value);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (row && row_int(stmt, 0) > 0)
        value[0] = '\0';
    return OK;
}

// Once the person's own row is blank: where else the site holds them.
static enum err_kind look_around(struct people *people, const struct forget *forget,
                                 const struct person *was, struct doc *found, struct err *err)
{
    struct person sought = *was;
    if (empty_shared(people, "SELECT count(*) FROM person WHERE name = ?", sought.name, err) ||
        empty_shared(people, "SELECT count(*) FROM person WHERE phone = ?", sought.phone, err) ||
        empty_shared(people, "SELECT count(*) FROM person WHERE account = ?", sought.account, err))
        return err_of(err);
    return remnant_find(forget->folder, &sought, found, err);
}

static enum err_kind put_erased(struct people *people, const struct forget *forget, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(people_db(people), "INSERT INTO erased (person, at, who, why) VALUES (?, ?, ?, ?)");
    stmt_text(stmt, 1, forget->person);
    stmt_int(stmt, 2, forget->at.s);
    stmt_text(stmt, 3, forget->who);
    stmt_text(stmt, 4, forget->why);
    return stmt_run(stmt, err);
}

static enum err_kind erase_rows(struct people *people, const struct forget *forget,
                                const struct person *person, bool shared, struct err *err)
{
    static const char blank[] = "UPDATE person SET name = '', phone = '', account = '',"
                                " language = '' WHERE id = ?";
    static const char end[] =
        "UPDATE contract SET ends = ?2, starts = CASE WHEN starts > ?2 THEN ?2"
        " ELSE starts END WHERE person = ?1 AND ends >= ?2";
    const char *id = forget->person;
    if ((!shared &&
         run_for(people, "DELETE FROM inbound WHERE phone = ?", person->phone, 0, err)) ||
        run_for(people, blank, id, 0, err) ||
        run_for(people, "DELETE FROM opt_out WHERE person = ?", id, 0, err) ||
        run_for(people, "DELETE FROM sent WHERE person = ?", id, 0, err) ||
        run_for(people, end, id, days(day_of(forget->at)), err) ||
        put_erased(people, forget, err) ||
        access_note(people, forget->at, forget->who, "people erase", id, err))
        return err_of(err);
    return OK;
}

static enum err_kind erase_now(struct people *people, const struct forget *forget,
                               const struct person *person, bool *shared, struct err *err)
{
    int64_t count = 0;
    if (db_begin(people_db(people), DB_WRITE, err))
        return err_of(err);
    enum err_kind kind = count_phone(people, person->phone, &count, err);
    *shared = count > 1;
    if (!kind)
        kind = erase_rows(people, forget, person, *shared, err);
    if (!kind)
        kind = db_commit(people_db(people), err);
    if (kind)
        db_undo(people_db(people));
    return kind;
}

// The ledger says that it happened, once.
static enum err_kind tell(struct ledger *ledger, const struct forget *forget, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT 1 FROM entry WHERE " ENTRY_FEW
                                   " AND kind = 'erased' AND text ->> 'person' = ? LIMIT 1");
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    bool there = false;
    int64_t seq;
    stmt_text(stmt, 1, forget->person);
    if (stmt_next(stmt, &there, err))
        return err_of(err);
    stmt_done(&stmt);
    if (there)
        return OK;
    doc_put_text(body, "person", forget->person);
    if (ledger_begin(ledger, &txn, err) ||
        ledger_append(txn, "erased", forget->at, body, &seq, NULL, err) || ledger_commit(&txn, err))
        return err_of(err);
    return OK;
}

static struct doc *what_stays(int64_t payouts, bool shared, const struct doc *found)
{
    struct doc *kept = doc_array();
    doc_push_text(kept, "the ledger: decisions, payouts and messages about the identifier, without "
                        "name, phone or account; proofs stand on them");
    doc_push_text(kept, "contracts and dates of consent under the identifier, and that it was "
                        "forgotten: the record of an insurance contract must be kept");
    doc_push_text(kept, "the log of access: who saw the data, and when");
    if (payouts)
        doc_push_text(kept, "bank files and cash lists in out/ and out/cash of payouts that were "
                            "made, if there are: accounting records, 10 years");
    if (shared)
        doc_push_text(kept,
                      "messages that came in from the phone: somebody else has the number too");
    for (size_t i = 0; i < doc_count(found); i++)
        doc_push_text(kept, doc_text(doc_at(found, i), ""));
    doc_push_text(kept, "backups made before: they hold the data until they are removed");
    return kept;
}

static enum err_kind was_forgotten(struct people *people, const char *person, bool *was,
                                   struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people), "SELECT 1 FROM erased WHERE person = ?");
    stmt_text(stmt, 1, person);
    return stmt_next(stmt, was, err);
}

// What is known before anything is done.
struct known {
    struct contracts contracts;
    struct person person;
    int64_t payouts;
    bool again; // it was begun before
};

static void known_free(struct known *known)
{
    contracts_free(&known->contracts);
}

static enum err_kind look(struct people *people, struct ledger *ledger, const struct forget *forget,
                          struct known *out, struct err *err)
{
    if (was_forgotten(people, forget->person, &out->again, err) ||
        contract_list_of(people, forget->person, &out->contracts, err) ||
        check_money(ledger, &out->contracts, &out->payouts, err) ||
        check_disputes(ledger, &out->contracts, err))
        return err_of(err);
    if (!out->again && (person_find(people, forget->person, &out->person, err) ||
                        check_contracts(&out->contracts, forget, err)))
        return err_of(err);
    return OK;
}

enum err_kind forget_check(struct people *people, struct ledger *ledger,
                           const struct forget *forget, struct err *err)
{
    AUTO(known_free) struct known known = {0};
    return look(people, ledger, forget, &known, err);
}

enum err_kind forget_person(struct people *people, struct ledger *ledger,
                            const struct forget *forget, struct doc **kept, struct err *err)
{
    AUTO(known_free) struct known known = {0};
    AUTO(doc_free) struct doc *found = doc_array();
    bool shared = false;
    if (look(people, ledger, forget, &known, err) ||
        (!known.again && erase_now(people, forget, &known.person, &shared, err)))
        return err_of(err);
    if (db_shred(people_db(people), "person, inbound, opt_out, sent", err) ||
        tell(ledger, forget, err) || access_tell(people, ledger, forget->at, err) ||
        scrub_lines(forget->folder, forget->person, &known.contracts, err) ||
        look_around(people, forget, &known.person, found, err))
        return err_add(err, "forgetting %s (write it again to go on)", forget->person);
    *kept = what_stays(known.payouts, shared, found);
    return OK;
}
