#include "core/mem.h"
#include "ledger/access.h"
#include "ledger/contact.h"
#include "ledger/db.h"
#include "ledger/decision.h"
#include "ledger/dispute.h"
#include "ledger/forget.h"
#include "ledger/register.h"

#include <stdio.h>
#include <string.h>

enum { DAY_TEXT_SIZE = 16 };

static void put_day(struct doc *doc, const char *key, struct civil day)
{
    char text[DAY_TEXT_SIZE + 32];
    (void)snprintf(text, sizeof(text), "%04d-%02d-%02d", day.year, day.month, day.day);
    doc_put_text(doc, key, text);
}

// Rows of a query about a text, as objects: columns beginning with "at_" hold a time.
static enum err_kind put_rows(struct db *db, const char *sql, const char *about,
                              const char *const columns[], struct doc *list, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, sql);
    stmt_text(stmt, 1, about);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        struct doc *one = doc_object();
        for (int c = 0; columns[c]; c++) {
            if (strcmp(columns[c], "at") == 0)
                doc_put_text(one, columns[c], utc_text((struct utc){row_int(stmt, c)}).at);
            else
                doc_put_text(one, columns[c], row_text(stmt, c));
        }
        doc_push(list, one);
    }
    return failed;
}

struct question {
    const char *member, *sql;
    const char *columns[6];
};

static const struct question about_person[] = {
    {"forgotten", "SELECT at, who, why FROM erased WHERE person = ?", {"at", "who", "why"}},
    {"opt_outs",
     "SELECT at, CASE class WHEN 0 THEN 'warning' WHEN 1 THEN 'service' ELSE 'advertising' END,"
     " CASE is_out WHEN 0 THEN 'in' ELSE 'out' END, words FROM opt_out WHERE person = ?",
     {"at", "class", "state", "words"}},
    {"written_to", "SELECT at FROM sent WHERE person = ? ORDER BY at", {"at"}},
};

static const struct question about_phone[] = {
    {"came_in",
     "SELECT at, carrier, destination, text, understood FROM inbound WHERE phone = ? ORDER BY at",
     {"at", "carrier", "to", "text", "understood"}},
};

static const struct question about_messages[] = {
    {"messages",
     "SELECT channel, key, body, result FROM outbox WHERE person = ? ORDER BY id",
     {"channel", "key", "body", "result"}},
};

static enum err_kind answer(struct db *db, const struct question *question, const char *about,
                            struct doc *doc, struct err *err)
{
    struct doc *list = doc_array();
    doc_put(doc, question->member, list);
    return put_rows(db, question->sql, about, question->columns, list, err);
}

static enum err_kind put_decisions(struct ledger *ledger, const struct contract *contract,
                                   struct doc *doc, struct err *err)
{
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    struct decision_query query = {.policy = contract->policy, .commune = contract->commune};
    int64_t starts = date_days(contract->starts.year, contract->starts.month, contract->starts.day);
    struct doc *list = doc_array();
    doc_put(doc, "decisions", list);
    if (decision_list(ledger, &query, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct decision_row *row = &rows.at[i];
        if (row->as_of.s < starts * DAY_S)
            continue;
        struct doc *one = doc_object();
        doc_put_int(one, "entry", row->seq);
        doc_put_text(one, "period", row->period);
        doc_put_text(one, "as_of", utc_text(row->as_of).at);
        doc_put_text(one, "answer", answer_name(row->answer));
        if (row->has_index)
            doc_put_int(one, "index_milli", row->index_milli);
        doc_push(list, one);
    }
    return OK;
}

static enum err_kind put_payouts(struct ledger *ledger, const struct contract *contract,
                                 struct doc *doc, struct err *err)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    struct doc *list = doc_array();
    doc_put(doc, "payouts", list);
    if (payout_list(ledger, contract->id, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct payout_row *row = &rows.at[i];
        struct doc *one = doc_object();
        doc_put_int(one, "entry", row->seq);
        doc_put_int(one, "decision", row->decision_seq);
        doc_put_text(one, "period", row->period);
        doc_put_int(one, "amount_vnd", row->amount.minor);
        doc_put_text(one, "state", row->state);
        doc_push(list, one);
    }
    return OK;
}

static enum err_kind put_disputes(struct ledger *ledger, const struct contract *contract,
                                  struct doc *doc, struct err *err)
{
    AUTO(dispute_rows_free) struct dispute_rows rows = {0};
    struct doc *list = doc_array();
    doc_put(doc, "disputes", list);
    if (dispute_list(ledger, contract->id, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        struct doc *one = doc_object();
        doc_put_int(one, "entry", rows.at[i].seq);
        doc_put_int(one, "decision", rows.at[i].decision);
        doc_put_text(one, "due", utc_text(rows.at[i].due).at);
        doc_put_text(one, "outcome", rows.at[i].outcome);
        doc_push(list, one);
    }
    return OK;
}

static enum err_kind put_contracts(struct people *people, struct ledger *ledger, const char *person,
                                   struct doc *doc, struct err *err)
{
    AUTO(contracts_free) struct contracts contracts = {0};
    struct doc *list = doc_array();
    doc_put(doc, "contracts", list);
    if (contract_list_of(people, person, &contracts, err))
        return err_of(err);
    for (size_t i = 0; i < contracts.count; i++) {
        const struct contract *contract = &contracts.at[i];
        struct doc *one = doc_object();
        struct civil day;
        doc_push(list, one);
        doc_put_text(one, "contract", contract->id);
        doc_put_text(one, "policy", contract->policy);
        doc_put_text(one, "boundary_set", contract->boundary_set);
        doc_put_text(one, "commune", contract->commune);
        doc_put_int(one, "sum_insured_vnd", contract->sum_insured.minor);
        put_day(one, "starts", contract->starts);
        put_day(one, "ends", contract->ends);
        enum err_kind kind = contract_consent(people, contract->id, &day, err);
        if (kind && kind != ERR_MISSING)
            return kind;
        if (!kind)
            put_day(one, "consent", day);
        if (put_decisions(ledger, contract, one, err) || put_payouts(ledger, contract, one, err) ||
            put_disputes(ledger, contract, one, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind put_access(struct people *people, const char *person, struct doc *doc,
                                struct err *err)
{
    AUTO(access_rows_free) struct access_rows rows = {0};
    struct doc *list = doc_array();
    doc_put(doc, "seen_by", list);
    if (access_list(people, person, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        struct doc *one = doc_object();
        doc_put_text(one, "at", utc_text(rows.at[i].at).at);
        doc_put_text(one, "who", rows.at[i].who);
        doc_put_text(one, "verb", rows.at[i].verb);
        doc_push(list, one);
    }
    return OK;
}

static enum err_kind put_person(struct people *people, const char *id, struct person *person,
                                struct doc *doc, struct err *err)
{
    enum err_kind kind = person_find(people, id, person, err);
    struct doc *known =
        doc_get(doc, "forgotten") && doc_count(doc_get(doc, "forgotten")) ? NULL : doc_object();
    if (!known) {
        *person = (struct person){0};
        return OK;
    }
    doc_put(doc, "register", known);
    if (kind)
        return kind;
    doc_put_text(known, "name", person->name);
    doc_put_text(known, "phone", person->phone);
    doc_put_text(known, "account", person->account);
    doc_put_text(known, "language", person->language);
    return OK;
}

enum err_kind forget_dossier(struct people *people, struct ledger *ledger, const char *id,
                             struct doc **out, struct err *err)
{
    AUTO(doc_free) struct doc *doc = doc_object();
    struct person person = {0};
    doc_put_text(doc, "person", id);
    for (size_t i = 0; i < COUNT_OF(about_person); i++) {
        if (answer(people_db(people), &about_person[i], id, doc, err))
            return err_of(err);
    }
    if (put_person(people, id, &person, doc, err) ||
        answer(people_db(people), &about_phone[0], *person.phone ? person.phone : "-", doc, err) ||
        put_contracts(people, ledger, id, doc, err) ||
        answer(ledger_db(ledger), &about_messages[0], id, doc, err) ||
        put_access(people, id, doc, err))
        return err_of(err);
    *out = TAKE(doc);
    return OK;
}
