#include "ledger/act.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/note.h"
#include "ledger/role.h"
#include "ledger/scope.h"
#include "ledger/seal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ACT_BYTES_MAX = 4 << 20, ACT_SUBJECT_SIZE = 240 };

static const char *const role_names[ROLES] = {
    [ROLE_OFFICER] = "officer", [ROLE_APPROVER] = "approver", [ROLE_INSURER] = "insurer",
    [ROLE_AUDITOR] = "auditor", [ROLE_OPERATOR] = "operator",
};

const char *role_name(enum role role)
{
    return role_names[role];
}

enum err_kind role_parse(const char *name, enum role *out, struct err *err)
{
    for (int i = 0; i < ROLES; i++) {
        if (strcmp(role_names[i], name) == 0) {
            *out = (enum role)i;
            return OK;
        }
    }
    return err_set(err, ERR_INPUT,
                   "\"%.40s\" is no role; write officer, approver, insurer, auditor or operator",
                   name);
}

enum {
    OFFICER = 1 << ROLE_OFFICER,
    APPROVER = 1 << ROLE_APPROVER,
    INSURER = 1 << ROLE_INSURER,
    AUDITOR = 1 << ROLE_AUDITOR,
    OPERATOR = 1 << ROLE_OPERATOR,
    ANYBODY = OFFICER | APPROVER | INSURER | AUDITOR | OPERATOR,
};

// An operator runs the machine and never releases money; an auditor looks, and may stop.
const struct act_rule act_rules[] = {
    {"role-add", "role", OPERATOR, "name a person, the role and the public key"},
    {"role-confirm", "role_confirm", APPROVER | INSURER | AUDITOR,
     "let a person in whom somebody else named"},
    {"role-retire", "role_retire", AUDITOR | OPERATOR, "end a person's role"},
    {"role-key", "role_key", ANYBODY, "replace one's own key, signed with the old one"},
    {"role-key-for", "role_key", OPERATOR, "give a person whose key is lost another one"},
    {"pay-approve", "approval", APPROVER | INSURER, "approve payouts that were looked at"},
    {"pay-cash", "", OFFICER, "sign a cash list that came back (the list itself is signed)"},
    {"pay-settle", "pay_word", APPROVER, "say by hand what became of a payout"},
    {"pay-retry", "pay_retry", APPROVER,
     "ask about payouts that were given up, and send again what surely did not go out"},
    {"message-retry", "message_retry", OFFICER | OPERATOR,
     "send messages again that were given up; no payments"},
    {"policy-propose", "proposal", OFFICER | INSURER, "propose the text of a policy"},
    {"policy-sign", "policy_sign", OFFICER | APPROVER | INSURER, "sign a policy that was proposed"},
    {"policy-reject", "policy_reject", OFFICER | APPROVER | INSURER, "end a proposal"},
    {"pay-rule", "pay_rule", APPROVER | INSURER,
     "set a rule of money, as the second person or the first"},
    {"pay-confirm", "confirmation", OFFICER, "attach the official confirmation of an event"},
    {"hold", "hold", ANYBODY, "stop payments, or more"},
    {"release", "release", APPROVER | INSURER, "end a hold that another person made"},
    {"dispute-open", "dispute", OFFICER | INSURER | AUDITOR | OPERATOR,
     "open a dispute for a contract"},
    {"dispute-answer", "dispute_answer", OFFICER | INSURER, "answer a dispute"},
    {"dispute-close", "dispute_close", APPROVER | INSURER,
     "close a dispute that another person answered"},
    {"alert-clear", "alert_clear", OFFICER | APPROVER, "switch an alert off by hand"},
    {"contract-import", "contract_import", OFFICER | OPERATOR, "take in contracts and people"},
    {"people-export", "people_export", OFFICER | AUDITOR,
     "see everything that is held of a person"},
    {"people-change", "people_change", OFFICER | OPERATOR,
     "put right what is held of a person, or opt them out"},
    {"people-erase", "people_erase", OFFICER | OPERATOR, "forget a person"},
    {NULL, NULL, 0, NULL},
};

const char act_drill_person[] = "drill";

const struct act_rule *act_rule_of(const char *name)
{
    for (const struct act_rule *rule = act_rules; rule->name; rule++) {
        if (strcmp(rule->name, name) == 0)
            return rule;
    }
    return NULL;
}

bool act_allows(const struct act_rule *rule, enum role role)
{
    return (rule->roles >> role & 1) != 0;
}

void act_free(struct act *act)
{
    doc_free(&act->text);
}

enum err_kind act_log(struct ledger *ledger, char *out, size_t size, struct err *err)
{
    struct note_key key;
    enum err_kind kind = seal_key(ledger_folder(ledger), &key, err);
    if (kind && kind != ERR_MISSING)
        return kind;
    (void)snprintf(out, size, "%s", kind ? "" : key.name);
    return OK;
}

static enum err_kind fill(struct ledger *ledger, bool drill, struct act *act, int64_t after,
                          struct err *err)
{
    char log[NOTE_NAME_MAX];
    if (act_log(ledger, log, sizeof(log), err))
        return err_of(err);
    act->text = doc_object();
    doc_put_text(act->text, "act", act->rule->name);
    doc_put_int(act->text, "after", after);
    doc_put_text(act->text, "by", act->by);
    if (drill)
        doc_put_bool(act->text, "drill", true);
    doc_put_text(act->text, "log", log);
    doc_put_text(act->text, "role", act->drill ? act_drill_person : role_name(act->role));
    return OK;
}

static enum err_kind check_allowed(const struct act_rule *rule, const char *by, enum role role,
                                   struct err *err)
{
    if (act_allows(rule, role))
        return OK;
    return err_set(err, ERR_REFUSED,
                   "%s is %s, and no %s may do this (%s: %s); gong role matrix says who may", by,
                   role_name(role), role_name(role), rule->name, rule->help);
}

// Nobody has a role yet: a drill has its one person, a live site has none.
static enum err_kind begin_drill(struct ledger *ledger, bool drill, const char *by, struct act *act,
                                 struct err *err)
{
    if (!drill)
        return err_set(
            err, ERR_REFUSED,
            "nobody has a role at this site; begin with gong role key and gong role add");
    if (by && *by && strcmp(by, act_drill_person) != 0)
        return err_set(err, ERR_REFUSED,
                       "%.47s has no role: a drill where nobody has one knows --by %s only; name "
                       "people by gong role add",
                       by, act_drill_person);
    (void)snprintf(act->by, sizeof(act->by), "%s", act_drill_person);
    act->drill = true;
    return fill(ledger, true, act, 0, err);
}

enum err_kind act_begin(struct ledger *ledger, bool drill, const char *name, const char *by,
                        struct act *out, struct err *err)
{
    AUTO(act_free) struct act act = {.rule = act_rule_of(name)};
    struct role_row row;
    bool any = false;
    assert(act.rule);
    if (role_any(ledger, &any, err))
        return err_of(err);
    if (!any) {
        if (begin_drill(ledger, drill, by, &act, err))
            return err_of(err);
        *out = MOVE(act);
        return OK;
    }
    if (!by || !*by)
        return err_set(err, ERR_INPUT, "who does this? add --by PERSON and --key FILE");
    if (role_find(ledger, by, &row, err) || role_check(&row, err) ||
        check_allowed(act.rule, row.person, row.role, err))
        return err_of(err);
    (void)snprintf(act.by, sizeof(act.by), "%s", row.person);
    act.role = row.role;
    act.key = row.key;
    if (fill(ledger, drill, &act, row.last, err))
        return err_of(err);
    *out = MOVE(act);
    return OK;
}

enum err_kind act_found(struct ledger *ledger, bool drill, const char *by,
                        const struct sign_public *key, struct act *out, struct err *err)
{
    AUTO(act_free)
    struct act act = {.rule = act_rule_of("role-add"), .role = ROLE_OPERATOR, .key = *key};
    bool any = false;
    if (role_any(ledger, &any, err) || role_check_name(by, err))
        return err_of(err);
    assert(!any);
    (void)snprintf(act.by, sizeof(act.by), "%s", by);
    if (fill(ledger, drill, &act, 0, err))
        return err_of(err);
    *out = MOVE(act);
    return OK;
}

void act_text(const struct act *act, struct buf *out)
{
    doc_canonical(act->text, out);
}

enum err_kind act_sign(struct act *act, const struct sign_secret *secret, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(ACT_BYTES_MAX);
    struct sign_public key;
    sign_public_of(secret, &key);
    if (memcmp(key.at, act->key.at, sizeof(key.at)) != 0)
        return err_set(err, ERR_REFUSED, "this is not the key of %s", act->by);
    act_text(act, &text);
    sign_bytes(secret, buf_slice(&text), &act->signature);
    act->is_signed = true;
    return OK;
}

void act_put_signature(struct act *act, const struct signature *signature)
{
    act->signature = *signature;
    act->is_signed = true;
}

// What was true when the act was begun is true when it is written.
static enum err_kind check_now(struct ledger *ledger, const struct act *act, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(ACT_BYTES_MAX);
    struct role_row row = {.key = act->key};
    bool any = false;
    int64_t after = doc_int(doc_get(act->text, "after"), -1);
    if (role_any(ledger, &any, err))
        return err_of(err);
    if (act->drill)
        return any ? err_set(err, ERR_REFUSED, "people have roles here now; say --by who") : OK;
    if (any && (role_find(ledger, act->by, &row, err) || role_check(&row, err) ||
                check_allowed(act->rule, act->by, row.role, err)))
        return err_of(err);
    act_text(act, &text);
    if (text.full)
        return err_set(err, ERR_INPUT, "what is to be signed is over %d MiB", ACT_BYTES_MAX >> 20);
    if (!act->is_signed || after != row.last ||
        !sign_holds(&row.key, buf_slice(&text), &act->signature))
        return err_set(err, ERR_REFUSED,
                       "the signature is not that of %s over this act, or was used before; sign "
                       "the text that --draft gives now",
                       act->by);
    return scope_check(ledger, act, err);
}

void act_about(struct act *act, const char *format, ...)
{
    char subject[ACT_SUBJECT_SIZE];
    va_list values;
    va_start(values, format);
    int len = vsnprintf(subject, sizeof(subject), format, values);
    va_end(values);
    assert(len > 0 && (size_t)len < sizeof(subject));
    doc_put_text(act->text, "subject", subject);
}

const char *act_subject(const struct act *act)
{
    const char *subject = doc_text(doc_get(act->text, "subject"), NULL);
    assert(subject);
    return subject;
}

static enum err_kind put_row(struct txn *txn, const struct act *act, int64_t seq, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)),
                                "INSERT INTO act (seq, name, person, subject) VALUES (?, ?, ?, ?)");
    stmt_int(stmt, 1, seq);
    stmt_text(stmt, 2, act->rule->name);
    stmt_text(stmt, 3, act->by);
    stmt_text(stmt, 4, act_subject(act));
    return stmt_run(stmt, err);
}

enum err_kind act_put(struct txn *txn, const struct act *act, struct utc at, int64_t *seq,
                      struct err *err)
{
    if (check_now(txn_ledger(txn), act, err))
        return err_of(err);
    AUTO(doc_free) struct doc *body = doc_copy(act->text);
    AUTO(buf_free) struct buf signature = buf_new(200);
    if (act->is_signed) {
        base64_add(&signature, act->signature.at, sizeof(act->signature.at));
        doc_put_text(body, "signature", signature.at);
    }
    if (ledger_append(txn, act->rule->entry, at, body, seq, NULL, err))
        return err_of(err);
    return put_row(txn, act, *seq, err);
}

enum err_kind act_not_own(struct ledger *ledger, const struct act *act, const char *name,
                          struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT name, seq FROM act WHERE person = ?1 AND subject = ?2"
                                   " AND (?3 IS NULL OR name = ?3) LIMIT 1");
    bool row = false;
    if (act->drill)
        return OK;
    stmt_text(stmt, 1, act->by);
    stmt_text(stmt, 2, act_subject(act));
    stmt_text(stmt, 3, name);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return OK;
    return err_set(err, ERR_REFUSED,
                   "%s did %s on this (entry %" PRId64
                   "), and nobody approves their own act: another person must",
                   act->by, row_text(stmt, 0), row_int(stmt, 1));
}
