#include "ledger/scope.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <stdio.h>
#include <string.h>

// --- words

bool scope_has(const struct doc *names, const char *name)
{
    for (size_t i = 0; i < doc_count(names); i++) {
        if (strcmp(doc_text(doc_at(names, i), ""), name) == 0)
            return true;
    }
    return false;
}

static enum err_kind put_names(struct doc *text, const char *key, const char *names,
                               struct err *err)
{
    struct str rest = str_of(names ? names : ""), name;
    AUTO(doc_free) struct doc *list = doc_array();
    if (!names)
        return OK;
    while (str_take_field(&rest, ',', &name)) {
        name = str_trim(name);
        if (name.len == 0 || name.len >= SCOPE_NAME_SIZE || doc_count(list) == SCOPE_NAMES_MAX)
            return err_set(err, ERR_INPUT,
                           "--%s: write 1 to %d names of at most %d bytes with commas between them",
                           key, SCOPE_NAMES_MAX, SCOPE_NAME_SIZE - 1);
        AUTO(mem_drop) char *copy = str_copy(name);
        if (!scope_has(list, copy))
            doc_push_text(list, copy);
    }
    if (doc_count(list) == 0)
        return err_set(err, ERR_INPUT, "--%s names nothing; leave it out for all", key);
    doc_put_same(text, key, list);
    return OK;
}

enum err_kind scope_word(struct act *act, const char *provinces, const char *policies,
                         struct err *err)
{
    if (put_names(act->text, "policies", policies, err) ||
        put_names(act->text, "provinces", provinces, err))
        return err_of(err);
    return OK;
}

const char *scope_policy(const struct doc *text)
{
    const char *policy = doc_text(doc_get(text, "policy"), NULL);
    const char *rule = doc_text(doc_get(text, "what"), ""), *slash = strchr(rule, '/');
    if (policy)
        return policy;
    return slash ? slash + 1 : "";
}

struct doc *scope_places(const struct doc *text)
{
    if (doc_get(text, "provinces"))
        return doc_copy(doc_get(text, "provinces"));
    struct doc *nowhere = doc_array();
    doc_push_text(nowhere, "");
    return nowhere;
}

bool scope_is_open(const char *act)
{
    return strcmp(act, "hold") == 0 || strcmp(act, "role-key") == 0;
}

// --- the tables

static enum err_kind put_rows(struct txn *txn, const char *sql, const char *of,
                              const struct doc *names, struct err *err)
{
    for (size_t i = 0; i < doc_count(names); i++) {
        AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)), sql);
        stmt_text(stmt, 1, of);
        stmt_text(stmt, 2, doc_text(doc_at(names, i), ""));
        if (stmt_run(stmt, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind scope_put(struct txn *txn, const struct doc *text, struct err *err)
{
    const char *person = doc_text(doc_get(text, "person"), "");
    if (put_rows(txn,
                 "INSERT INTO role_scope (person, kind, name) VALUES (?, 'policy', ?)"
                 " ON CONFLICT DO NOTHING",
                 person, doc_get(text, "policies"), err) ||
        put_rows(txn,
                 "INSERT INTO role_scope (person, kind, name) VALUES (?, 'province', ?)"
                 " ON CONFLICT DO NOTHING",
                 person, doc_get(text, "provinces"), err))
        return err_of(err);
    return OK;
}

enum err_kind scope_place(struct txn *txn, const struct doc *text, struct err *err)
{
    AUTO(doc_free) struct doc *places = scope_places(text);
    return put_rows(txn,
                    "INSERT INTO policy_place (policy, province) VALUES (?, ?)"
                    " ON CONFLICT DO NOTHING",
                    doc_text(doc_get(text, "policy"), ""), places, err);
}

static enum err_kind add_names(struct ledger *ledger, const char *person, const char *kind,
                               const char *what, struct buf *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT name FROM role_scope WHERE person = ?1"
                                                   " AND kind = ?2 ORDER BY name");
    stmt_text(stmt, 1, person);
    stmt_text(stmt, 2, kind);
    enum err_kind failed = OK;
    for (bool first = true; stmt_more(stmt, &failed, err); first = false) {
        if (first)
            buf_print(out, "%sfor %s ", out->len ? "; " : "", what);
        buf_print(out, "%s%s", first ? "" : ", ", row_text(stmt, 0));
    }
    return failed;
}

enum err_kind scope_words(struct ledger *ledger, const char *person, struct buf *out,
                          struct err *err)
{
    if (add_names(ledger, person, "province", "provinces", out, err) ||
        add_names(ledger, person, "policy", "policies", out, err))
        return err_of(err);
    return OK;
}

// --- asking

enum err_kind scope_check_policy(struct ledger *ledger, const char *person, const char *policy,
                                 struct err *err)
{
    AUTO(buf_free) struct buf scope = buf_new(SCOPE_WORDS_MAX);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        ledger_db(ledger),
        "SELECT (SELECT count(*) FROM role_scope WHERE person = ?1 AND kind = 'policy'),"
        " (SELECT count(*) FROM role_scope WHERE person = ?1 AND kind = 'policy' AND name = ?2),"
        " (SELECT count(*) FROM role_scope WHERE person = ?1 AND kind = 'province'),"
        " (SELECT count(*) FROM policy_place WHERE policy = ?2),"
        " (SELECT count(*) FROM policy_place WHERE policy = ?2 AND province IN (SELECT name FROM"
        " role_scope WHERE person = ?1 AND kind = 'province'))");
    bool row = false;
    stmt_text(stmt, 1, person);
    stmt_text(stmt, 2, policy);
    if (stmt_next(stmt, &row, err) || scope_words(ledger, person, &scope, err))
        return err_of(err);
    bool by_policy = row_int(stmt, 0) > 0, by_province = row_int(stmt, 2) > 0;
    if (!by_policy && !by_province)
        return OK;
    if (!*policy)
        return err_set(err, ERR_REFUSED, "%s acts %s, and this is about the whole site", person,
                       scope.at);
    if (by_policy && row_int(stmt, 1) == 0)
        return err_set(err, ERR_REFUSED, "%s acts %s, and this is about policy %s", person,
                       scope.at, policy);
    if (by_province && (row_int(stmt, 3) == 0 || row_int(stmt, 4) < row_int(stmt, 3)))
        return err_set(err, ERR_REFUSED,
                       "%s acts %s, and policy %s applies elsewhere too, or where nobody said "
                       "(a proposal says it): gong policy show",
                       person, scope.at, policy);
    return OK;
}

// The policy of what the text names by number or reference, as "SELECT"; NULL: it names none.
static const char *query_of(const struct doc *text, const char **key)
{
    static const char *const queries[][2] = {
        {"hold", "SELECT policy FROM hold WHERE seq = ?"},
        {"dispute", "SELECT b.policy FROM dispute d JOIN decision c ON c.seq = d.decision JOIN"
                    " batch b ON b.seq = c.batch WHERE d.seq = ?"},
        {"decision", "SELECT b.policy FROM decision c JOIN batch b ON b.seq = c.batch WHERE"
                     " c.seq = ?"},
        {"reference", "SELECT p.policy FROM intent i JOIN payout p ON p.seq = i.payout WHERE"
                      " i.reference = ?"},
    };
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        *key = queries[i][0];
        if (doc_get(text, queries[i][0]))
            return queries[i][1];
    }
    return NULL;
}

// "" when what is named is not there.
static enum err_kind look_up(struct ledger *ledger, const char *sql, const struct doc *value,
                             char out[SCOPE_NAME_SIZE], struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), sql);
    bool row = false;
    if (doc_text(value, NULL))
        stmt_text(stmt, 1, doc_text(value, ""));
    else
        stmt_int(stmt, 1, doc_int(value, 0));
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    out[0] = '\0';
    if (row)
        row_copy(stmt, 0, out, SCOPE_NAME_SIZE);
    return OK;
}

static enum err_kind has_scope(struct ledger *ledger, const struct act *act, bool *has,
                               struct err *err)
{
    AUTO(buf_free) struct buf scope = buf_new(SCOPE_WORDS_MAX);
    if (scope_words(ledger, act->by, &scope, err))
        return err_of(err);
    *has = scope.len > 0 && !scope_is_open(act->rule->name);
    return OK;
}

enum err_kind scope_note(struct ledger *ledger, struct act *act, struct err *err)
{
    const char *key, *sql = query_of(act->text, &key);
    char policy[SCOPE_NAME_SIZE];
    bool has = false;
    if (has_scope(ledger, act, &has, err))
        return err_of(err);
    if (!has || !sql || doc_get(act->text, "policy"))
        return OK;
    if (look_up(ledger, sql, doc_get(act->text, key), policy, err))
        return err_of(err);
    doc_put_text(act->text, "policy", policy);
    return OK;
}

enum err_kind scope_check(struct ledger *ledger, const struct act *act, struct err *err)
{
    const char *key, *sql = query_of(act->text, &key), *said = scope_policy(act->text);
    char policy[SCOPE_NAME_SIZE];
    bool has = false;
    if (has_scope(ledger, act, &has, err))
        return err_of(err);
    if (!has)
        return OK;
    if (sql && look_up(ledger, sql, doc_get(act->text, key), policy, err))
        return err_of(err);
    if (sql && strcmp(policy, said) != 0)
        return err_set(err, ERR_REFUSED,
                       "what is signed says policy \"%s\", and %s is of \"%s\"; sign what --draft "
                       "gives now",
                       said, key, policy);
    return scope_check_policy(ledger, act->by, said, err);
}

enum err_kind scope_find_other(struct ledger *ledger, const struct doc *text, bool *is_other,
                               struct err *err)
{
    const char *key, *sql = query_of(text, &key);
    char policy[SCOPE_NAME_SIZE];
    *is_other = false;
    if (!sql)
        return OK;
    if (look_up(ledger, sql, doc_get(text, key), policy, err))
        return err_of(err);
    *is_other = strcmp(policy, scope_policy(text)) != 0;
    return OK;
}

enum err_kind scope_check_payment(struct ledger *ledger, const char *person, const char *reference,
                                  struct err *err)
{
    AUTO(doc_free) struct doc *text = doc_object();
    const char *key, *sql;
    char policy[SCOPE_NAME_SIZE];
    doc_put_text(text, "reference", reference);
    sql = query_of(text, &key);
    if (look_up(ledger, sql, doc_get(text, key), policy, err))
        return err_of(err);
    if (!*policy)
        return err_set(err, ERR_MISSING, "no payment has the reference \"%.60s\"", reference);
    return scope_check_policy(ledger, person, policy, err);
}
