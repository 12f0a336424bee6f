#include "ledger/role.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/scope.h"

#include <inttypes.h>
#include <string.h>

enum { NAME_LETTERS_MAX = 40, DIGITS_ALONE_MAX = 8 };

void role_rows_free(struct role_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

static enum err_kind row_of(struct stmt *stmt, struct role_row *out, struct err *err)
{
    struct role_row row = {.seq = row_int(stmt, 3),
                           .since = row_int(stmt, 4),
                           .retired = row_int(stmt, 5),
                           .last = row_int(stmt, 6)};
    struct str key = row_bytes(stmt, 2);
    row_copy(stmt, 0, row.person, sizeof(row.person));
    if (role_parse(row_text(stmt, 1), &row.role, err))
        return err_add(err, "reading the role of %s", row.person);
    if (key.len != sizeof(row.key.at))
        return err_set(err, ERR_BROKEN, "the key of %s is damaged", row.person);
    memcpy(row.key.at, key.at, key.len);
    *out = row;
    return OK;
}

#define ROLE_COLUMNS                                                                               \
    "SELECT person, role, key, seq, since, retired, max(seq, coalesce((SELECT max(a.seq) FROM act" \
    " a WHERE a.person = role.person), 0)) FROM role"

enum err_kind role_list(struct ledger *ledger, struct role_rows *out, struct err *err)
{
    AUTO(role_rows_free) struct role_rows rows = {0};
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), ROLE_COLUMNS " ORDER BY person");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        rows.at = mem_resize(rows.at, rows.count + 1, sizeof(*rows.at));
        if (row_of(stmt, &rows.at[rows.count], err))
            return err_of(err);
        rows.count++;
    }
    if (failed)
        return failed;
    *out = MOVE(rows);
    return OK;
}

enum err_kind role_any(struct ledger *ledger, bool *any, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT 1 FROM role LIMIT 1");
    return stmt_next(stmt, any, err);
}

enum err_kind role_find(struct ledger *ledger, const char *person, struct role_row *out,
                        struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), ROLE_COLUMNS " WHERE person = ?");
    bool row = false;
    stmt_text(stmt, 1, person);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_REFUSED, "%.47s has no role at this site; see gong role list",
                       person);
    return row_of(stmt, out, err);
}

enum err_kind role_check(const struct role_row *row, struct err *err)
{
    if (row->retired)
        return err_set(err, ERR_REFUSED, "%s was retired and does nothing more here", row->person);
    if (!row->since)
        return err_set(err, ERR_REFUSED,
                       "%s waits to be confirmed by somebody else than who named them: gong role "
                       "confirm",
                       row->person);
    return OK;
}

enum err_kind role_check_name(const char *person, struct err *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    size_t len = strlen(person), digits = 0;
    for (size_t i = 0; i < len; i++)
        digits += person[i] >= '0' && person[i] <= '9';
    if (len == 0 || len > NAME_LETTERS_MAX || strspn(person, letters) != len ||
        digits > DIGITS_ALONE_MAX || strcmp(person, act_drill_person) == 0)
        return err_set(err, ERR_INPUT,
                       "\"%.60s\": a person is called by letters, digits (at most %d) and \"-\", "
                       "not by a name: officer-1",
                       person, DIGITS_ALONE_MAX);
    return OK;
}

// --- acts

void role_word_person(struct act *act, const char *person)
{
    act_about(act, "role/%.60s", person);
    doc_put_text(act->text, "person", person);
}

static void put_key(struct act *act, const char *name, const struct sign_public *key)
{
    AUTO(buf_free) struct buf text = buf_new(200);
    base64_add(&text, key->at, sizeof(key->at));
    doc_put_text(act->text, name, text.at);
}

// Whether the text of the act says this key under `name`.
static bool says_key(const struct act *act, const char *name, const struct sign_public *key)
{
    AUTO(buf_free) struct buf text = buf_new(200);
    base64_add(&text, key->at, sizeof(key->at));
    return strcmp(doc_text(doc_get(act->text, name), ""), text.at) == 0;
}

void role_word_add(struct act *act, const char *person, enum role role,
                   const struct sign_public *key)
{
    role_word_person(act, person);
    doc_put_text(act->text, "as", role_name(role));
    put_key(act, "key", key);
}

static const char *person_of(const struct act *act)
{
    return doc_text(doc_get(act->text, "person"), "");
}

// Has anything but a role been acted on?
static enum err_kind is_founding(struct ledger *ledger, bool *founding, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT 1 FROM act WHERE name NOT IN ('role-add',"
                                   " 'role-confirm', 'role-retire', 'role-key', 'role-key-for')"
                                   " AND person <> 'drill' LIMIT 1");
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *founding = !row;
    return OK;
}

static enum err_kind check_fresh(struct ledger *ledger, const char *person,
                                 const struct sign_public *key, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT person FROM role WHERE person = ?1 OR key = ?2 LIMIT 1");
    bool row = false;
    stmt_text(stmt, 1, person);
    stmt_bytes(stmt, 2, key->at, sizeof(key->at));
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return OK;
    return err_set(err, ERR_REFUSED,
                   "%s has, or had, this name or key here; each person has a name and a key of "
                   "their own, for good",
                   row_text(stmt, 0));
}

// No key that was somebody's before.
static enum err_kind check_not_old(struct ledger *ledger, const struct sign_public *key,
                                   struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT a.subject FROM act a JOIN entry e ON e.seq = a.seq"
                                   " WHERE a.name IN ('role-key', 'role-key-for')"
                                   " AND e.text ->> 'old' = ? LIMIT 1");
    AUTO(buf_free) struct buf text = buf_new(200);
    bool row = false;
    base64_add(&text, key->at, sizeof(key->at));
    stmt_text(stmt, 1, text.at);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    return row ? err_set(err, ERR_REFUSED,
                         "this key was replaced here before; a key is never used again")
               : OK;
}

static enum err_kind put_role(struct txn *txn, const struct act *act, const struct sign_public *key,
                              int64_t seq, bool in, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)),
                                "INSERT INTO role (person, role, key, seq, since, retired) VALUES"
                                " (?, ?, ?, ?, ?, 0)");
    stmt_text(stmt, 1, person_of(act));
    stmt_text(stmt, 2, doc_text(doc_get(act->text, "as"), ""));
    stmt_bytes(stmt, 3, key->at, sizeof(key->at));
    stmt_int(stmt, 4, seq);
    stmt_int(stmt, 5, in ? seq : 0);
    return stmt_run(stmt, err);
}

enum err_kind role_add(struct ledger *ledger, const struct act *act, struct utc at, bool *in,
                       struct err *err)
{
    struct sign_public key;
    size_t len = 0;
    int64_t seq = 0;
    bool any = false;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (role_check_name(person_of(act), err) ||
        base64_parse(str_of(doc_text(doc_get(act->text, "key"), "")), key.at, sizeof(key.at), &len,
                     err))
        return err_of(err);
    if (len != sizeof(key.at))
        return err_set(err, ERR_INPUT, "this is no public key");
    if (ledger_begin(ledger, &txn, err) || role_any(ledger, &any, err) ||
        check_fresh(ledger, person_of(act), &key, err) || check_not_old(ledger, &key, err) ||
        is_founding(ledger, in, err))
        return err_of(err);
    if (act->drill || (!any && (strcmp(person_of(act), act->by) != 0 ||
                                strcmp(doc_text(doc_get(act->text, "as"), ""), "operator") != 0)))
        return err_set(err, ERR_REFUSED,
                       "the first person of a site is an operator who adds themselves: --by %s "
                       "--role operator with their own key",
                       person_of(act));
    if (act_put(txn, act, at, &seq, err) || put_role(txn, act, &key, seq, *in, err) ||
        scope_put(txn, act->text, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

static enum err_kind set_column(struct txn *txn, const char *sql, const char *person, int64_t seq,
                                struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)), sql);
    stmt_text(stmt, 1, person);
    stmt_int(stmt, 2, seq);
    return stmt_run(stmt, err);
}

void role_word_confirm(struct act *act, const struct role_row *row)
{
    role_word_person(act, row->person);
    put_key(act, "key", &row->key);
}

// Nobody confirms themselves, nor what they did last for the person: the naming or another key.
// Who confirmed an earlier key may confirm the next.
static enum err_kind check_confirmer(struct ledger *ledger, const struct act *act,
                                     const struct role_row *row, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT person, name, seq FROM act WHERE subject = ? AND name IN"
                                   " ('role-add', 'role-key-for') ORDER BY seq DESC LIMIT 1");
    bool found = false;
    stmt_text(stmt, 1, act_subject(act));
    if (stmt_next(stmt, &found, err))
        return err_of(err);
    if (strcmp(act->by, row->person) == 0)
        return err_set(err, ERR_REFUSED, "nobody confirms themselves: another person must");
    if (!found || strcmp(act->by, row_text(stmt, 0)) != 0)
        return OK;
    return err_set(err, ERR_REFUSED,
                   "%s did %s on this (entry %" PRId64
                   "), and nobody approves their own act: another person must",
                   act->by, row_text(stmt, 1), row_int(stmt, 2));
}

enum err_kind role_confirm(struct ledger *ledger, const struct act *act, struct utc at,
                           struct err *err)
{
    struct role_row row;
    int64_t seq = 0;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || role_find(ledger, person_of(act), &row, err) ||
        check_confirmer(ledger, act, &row, err))
        return err_of(err);
    if (row.since || row.retired)
        return err_set(err, ERR_INPUT, "%s does not wait to be confirmed", row.person);
    if (!says_key(act, "key", &row.key))
        return err_set(err, ERR_REFUSED,
                       "%s has another key by now than this confirms; look at it (gong role list) "
                       "and confirm anew",
                       row.person);
    if (act_put(txn, act, at, &seq, err) ||
        set_column(txn, "UPDATE role SET since = ?2 WHERE person = ?1", row.person, seq, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

void role_word_key(struct act *act, const struct role_row *row, const struct sign_public *key)
{
    role_word_person(act, row->person);
    put_key(act, "key", key);
    put_key(act, "old", &row->key);
}

static enum err_kind set_key(struct txn *txn, const struct role_row *row,
                             const struct sign_public *key, int64_t since, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)),
                                "UPDATE role SET key = ?2, since = ?3 WHERE person = ?1");
    stmt_text(stmt, 1, row->person);
    stmt_bytes(stmt, 2, key->at, sizeof(key->at));
    stmt_int(stmt, 3, since);
    return stmt_run(stmt, err);
}

// What was signed is about the key that the table has now, and says rightly whose key it is.
static enum err_kind check_rekey(const struct act *act, const struct role_row *row, bool own,
                                 struct err *err)
{
    if (row->retired)
        return err_set(err, ERR_REFUSED, "%s was retired and gets no other key", row->person);
    if (own != (strcmp(act->rule->name, "role-key") == 0))
        return err_set(err, ERR_REFUSED,
                       "%s is not how %s replaces the key of %s: role-key is for one's own, "
                       "role-key-for for another person's",
                       act->rule->name, act->by, row->person);
    if (!says_key(act, "old", &row->key))
        return err_set(err, ERR_LATER,
                       "the key of %s was replaced meanwhile; look at it (gong role"
                       " list) and try again",
                       row->person);
    return OK;
}

enum err_kind role_key(struct ledger *ledger, const struct act *act, struct utc at, bool *in,
                       struct err *err)
{
    struct sign_public key;
    struct role_row row;
    size_t len = 0;
    int64_t seq = 0;
    bool founding = false, own = strcmp(person_of(act), act->by) == 0;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (base64_parse(str_of(doc_text(doc_get(act->text, "key"), "")), key.at, sizeof(key.at), &len,
                     err))
        return err_of(err);
    if (len != sizeof(key.at) || act->drill)
        return err_set(err, ERR_INPUT, "this is no public key, or nobody has one here yet");
    if (ledger_begin(ledger, &txn, err) || role_find(ledger, person_of(act), &row, err) ||
        check_rekey(act, &row, own, err) || check_fresh(ledger, "", &key, err) ||
        check_not_old(ledger, &key, err) || is_founding(ledger, &founding, err))
        return err_of(err);
    *in = row.since && (own || founding);
    if (act_put(txn, act, at, &seq, err) || set_key(txn, &row, &key, *in ? row.since : 0, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

// Without an operator nobody could be named any more.
static enum err_kind check_not_last(struct ledger *ledger, const struct role_row *row,
                                    struct err *err)
{
    AUTO(role_rows_free) struct role_rows rows = {0};
    bool other = false;
    if (role_list(ledger, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++)
        other = other || (rows.at[i].role == ROLE_OPERATOR && rows.at[i].since &&
                          !rows.at[i].retired && rows.at[i].seq != row->seq);
    if (row->role == ROLE_OPERATOR && row->since && !other)
        return err_set(err, ERR_REFUSED,
                       "%s is the last operator: name another one first, or nobody can be named "
                       "any more",
                       row->person);
    return OK;
}

enum err_kind role_retire(struct ledger *ledger, const struct act *act, struct utc at,
                          struct err *err)
{
    struct role_row row;
    int64_t seq = 0;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || role_find(ledger, person_of(act), &row, err))
        return err_of(err);
    if (row.retired)
        return err_set(err, ERR_INPUT, "%s was retired already", row.person);
    if (check_not_last(ledger, &row, err))
        return err_of(err);
    if (act_put(txn, act, at, &seq, err) ||
        set_column(txn, "UPDATE role SET retired = ?2 WHERE person = ?1", row.person, seq, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}
