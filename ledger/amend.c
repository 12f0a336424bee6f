#include "ledger/amend.h"

#include "core/mem.h"
#include "ledger/access.h"
#include "ledger/contact.h"
#include "ledger/db.h"
#include "ledger/decision.h"
#include "ledger/register.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Which classes of messages a word leaves out; advertising is none of ours, and goes with either.
static const struct opt_word {
    const char *word;
    bool out[CONTACT_CLASSES];
} opt_words[] = {
    {"none", {false, false, false}},
    {"service", {[CONTACT_SERVICE] = true, [CONTACT_ADVERTISING] = true}},
    {"all", {true, true, true}},
};

static const struct opt_word *opt_of(const char *word)
{
    for (size_t i = 0; word && i < COUNT_OF(opt_words); i++) {
        if (strcmp(opt_words[i].word, word) == 0)
            return &opt_words[i];
    }
    return NULL;
}

// A field as NFC text; `*changed` when it is another than before.
static enum err_kind put_field(const char *name, const char *value, char *field, size_t size,
                               struct doc *changed, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(size - 1);
    if (!value)
        return OK;
    if (text_nfc(str_trim(str_of(value)), &text, err))
        return err_add(err, "reading --%s", name);
    if (text.len == 0 || text.full)
        return err_set(err, ERR_INPUT, "--%s is %s", name,
                       text.full ? "too long" : "empty; gong people erase forgets a person");
    if (strcmp(field, text.at) == 0)
        return OK;
    (void)snprintf(field, size, "%s", text.at);
    doc_push_text(changed, name);
    return OK;
}

static enum err_kind put_phone(const char *value, struct person *person, struct doc *changed,
                               struct err *err)
{
    char phone[20];
    if (!value)
        return OK;
    if (phone_parse(str_of(value), phone, err))
        return err_of(err);
    return put_field("phone", phone, person->phone, sizeof(person->phone), changed, err);
}

// Money that is on its way goes where it was approved to go.
static enum err_kind check_money(struct people *people, struct ledger *ledger, const char *person,
                                 struct err *err)
{
    AUTO(contracts_free) struct contracts contracts = {0};
    if (contract_list_of(people, person, &contracts, err))
        return err_of(err);
    for (size_t i = 0; i < contracts.count; i++) {
        AUTO(payout_rows_free) struct payout_rows rows = {0};
        if (payout_list(ledger, contracts.at[i].id, &rows, err))
            return err_of(err);
        for (size_t p = 0; p < rows.count; p++) {
            const char *state = rows.at[p].state;
            if (strcmp(state, "planned") != 0 && strcmp(state, "paid") != 0 &&
                strcmp(state, "rejected") != 0)
                return err_set(err, ERR_REFUSED,
                               "payout %" PRId64 " of contract %s is %s: name and account stay as "
                               "they are until it is paid or rejected",
                               rows.at[p].seq, contracts.at[i].id, state);
        }
    }
    return OK;
}

static bool has(const struct doc *list, const char *name)
{
    for (size_t i = 0; i < doc_count(list); i++) {
        if (strcmp(doc_text(doc_at(list, i), ""), name) == 0)
            return true;
    }
    return false;
}

static enum err_kind check_opt(struct people *people, const struct amend *amend,
                               struct doc *changed, struct err *err)
{
    const struct opt_word *word = opt_of(amend->opt_out);
    bool other = false;
    if (!amend->opt_out)
        return OK;
    if (!word)
        return err_set(err, ERR_INPUT,
                       "--opt-out is \"%.20s\"; write service (all but danger warnings), all, or "
                       "none",
                       amend->opt_out);
    for (int c = 0; c < CONTACT_CLASSES; c++) {
        bool out = false;
        if (contact_is_out(people, amend->person, (enum contact_class)c, &out, err))
            return err_of(err);
        other = other || out != word->out[c];
    }
    if (other)
        doc_push_text(changed, "opt_out");
    return OK;
}

// The person as they will be.
static enum err_kind amended(struct people *people, const struct amend *amend, struct person *out,
                             struct doc *changed, struct err *err)
{
    struct person person;
    if (person_find(people, amend->person, &person, err) ||
        put_field("account", amend->account, person.account, sizeof(person.account), changed,
                  err) ||
        put_field("language", amend->language, person.language, sizeof(person.language), changed,
                  err) ||
        put_field("name", amend->name, person.name, sizeof(person.name), changed, err) ||
        check_opt(people, amend, changed, err) || put_phone(amend->phone, &person, changed, err) ||
        person_check(&person, amend->drill, err))
        return err_of(err);
    *out = person;
    return OK;
}

static enum err_kind check(struct people *people, struct ledger *ledger, const struct amend *amend,
                           struct person *out, struct doc *changed, struct err *err)
{
    if (amended(people, amend, out, changed, err))
        return err_of(err);
    if (doc_count(changed) == 0)
        return err_set(err, ERR_INPUT,
                       "that would change nothing; give --phone, --language, --account, --name or "
                       "--opt-out something else than it is");
    if ((has(changed, "account") || has(changed, "name")) &&
        check_money(people, ledger, amend->person, err))
        return err_of(err);
    return OK;
}

enum err_kind amend_check(struct people *people, struct ledger *ledger, const struct amend *amend,
                          struct doc *changed, struct err *err)
{
    struct person person;
    return check(people, ledger, amend, &person, changed, err);
}

static enum err_kind write_person(struct people *people, const struct person *person,
                                  struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(people_db(people), "UPDATE person SET name = ?2, phone = ?3,"
                                                   " account = ?4, language = ?5 WHERE id = ?1");
    stmt_text(stmt, 1, person->id);
    stmt_text(stmt, 2, person->name);
    stmt_text(stmt, 3, person->phone);
    stmt_text(stmt, 4, person->account);
    stmt_text(stmt, 5, person->language);
    return stmt_run(stmt, err);
}

static enum err_kind write_opt(struct people *people, const struct amend *amend, struct err *err)
{
    const struct opt_word *word = opt_of(amend->opt_out);
    for (int c = 0; word && c < CONTACT_CLASSES; c++) {
        if (contact_opt(people, amend->person, (enum contact_class)c, word->out[c], amend->at,
                        amend->why, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind write_all(struct people *people, struct ledger *ledger,
                               const struct amend *amend, struct err *err)
{
    AUTO(doc_free) struct doc *changed = doc_array();
    struct person person;
    if (check(people, ledger, amend, &person, changed, err) || write_person(people, &person, err) ||
        write_opt(people, amend, err))
        return err_of(err);
    return access_note(people, amend->at, amend->who, "people change", amend->person, err);
}

enum err_kind amend_person(struct people *people, struct ledger *ledger, const struct amend *amend,
                           struct err *err)
{
    if (db_begin(people_db(people), DB_WRITE, err))
        return err_of(err);
    enum err_kind kind = write_all(people, ledger, amend, err);
    if (!kind)
        kind = db_commit(people_db(people), err);
    if (kind)
        db_undo(people_db(people));
    return kind;
}
