#include "ledger/allow.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/db.h"
#include "ledger/hold.h"
#include "ledger/payment.h"
#include "ledger/waiting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { AMOUNT_VND_MAX = 1000000000, PERIOD_SIZE = 32 };
#define AMOUNT_MAX ((int64_t)AMOUNT_VND_MAX * 1000000)

// --- rules

void pay_rules_free(struct pay_rules *rules)
{
    mem_free(&rules->at);
    rules->count = 0;
}

enum err_kind pay_rule_list(struct ledger *ledger, struct pay_rules *out, struct err *err)
{
    AUTO(pay_rules_free) struct pay_rules rules = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT what, amount, seq FROM pay_rule ORDER BY what");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        rules.at = mem_resize(rules.at, rules.count + 1, sizeof(*rules.at));
        struct pay_rule *one = &rules.at[rules.count++];
        *one = (struct pay_rule){.amount_vnd = row_int(stmt, 1), .seq = row_int(stmt, 2)};
        row_copy(stmt, 0, one->what, sizeof(one->what));
    }
    if (failed)
        return failed;
    *out = MOVE(rules);
    return OK;
}

// The rule that a subject of the act "pay-rule" names: "pay-rule/budget/POLICY/AMOUNT".
static void rule_of_subject(const char *subject, struct pay_rule *out)
{
    const char *at = strchr(subject, '/'), *amount = strrchr(subject, '/');
    struct err none = {0};
    if (!at || amount == at || num_whole(str_of(amount + 1), 0, INT64_MAX, &out->amount_vnd, &none))
        return;
    (void)snprintf(out->what, sizeof(out->what), "%.*s", (int)(amount - at - 1), at + 1);
}

enum err_kind pay_rule_half(struct ledger *ledger, struct pay_rules *out, struct err *err)
{
    AUTO(pay_rules_free) struct pay_rules rules = {0};
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger),
                                "SELECT a.subject, a.person, max(a.seq) FROM act a WHERE a.name ="
                                " 'pay-rule' AND NOT EXISTS (SELECT 1 FROM pay_rule r WHERE r.seq"
                                " >= a.seq AND a.subject LIKE 'pay-rule/' || r.what || '/%')"
                                " GROUP BY a.subject, a.person ORDER BY 3");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        struct pay_rule one = {.seq = row_int(stmt, 2)};
        rule_of_subject(row_text(stmt, 0), &one);
        row_copy(stmt, 1, one.by, sizeof(one.by));
        rules.at = mem_resize(rules.at, rules.count + 1, sizeof(*rules.at));
        rules.at[rules.count++] = one;
    }
    if (failed)
        return failed;
    *out = MOVE(rules);
    return OK;
}

enum err_kind pay_rule_get(struct ledger *ledger, const char *what, bool *there,
                           int64_t *amount_vnd, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT amount FROM pay_rule WHERE what = ?");
    stmt_text(stmt, 1, what);
    if (stmt_next(stmt, there, err))
        return err_of(err);
    *amount_vnd = *there ? row_int(stmt, 0) : 0;
    return OK;
}

enum err_kind pay_rule_word(struct act *act, const char *what, int64_t amount_vnd, struct err *err)
{
    struct str name = str_of(what);
    bool of_policy = (str_starts(name, "budget/") || str_starts(name, "auto/")) &&
                     what[name.len - 1] != '/' && name.len < RULE_NAME_SIZE - 1;
    if (!of_policy && !str_is(name, "two-people") && !str_is(name, "three-people"))
        return err_set(err, ERR_INPUT,
                       "\"%.60s\" is no rule; write budget or auto with --policy, two-people or "
                       "three-people",
                       what);
    if (amount_vnd < 0 || amount_vnd > AMOUNT_MAX)
        return err_set(err, ERR_INPUT, "a rule's amount is 0 to %" PRId64 " đồng", AMOUNT_MAX);
    act_about(act, "pay-rule/%s/%" PRId64, what, amount_vnd);
    doc_put_int(act->text, "amount_vnd", amount_vnd);
    doc_put_text(act->text, "what", what);
    return OK;
}

// Has another person signed the same words since the rule was last set?
static enum err_kind is_second(struct ledger *ledger, const struct act *act, const char *what,
                               bool *second, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger),
                                "SELECT 1 FROM act WHERE name = 'pay-rule' AND subject = ?1 AND"
                                " person <> ?2 AND seq > coalesce((SELECT seq FROM pay_rule WHERE"
                                " what = ?3), 0) LIMIT 1");
    if (act->drill) {
        *second = true;
        return OK;
    }
    stmt_text(stmt, 1, act_subject(act));
    stmt_text(stmt, 2, act->by);
    stmt_text(stmt, 3, what);
    return stmt_next(stmt, second, err);
}

enum err_kind pay_rule_put(struct ledger *ledger, const struct act *act, struct utc at,
                           bool *in_force, struct err *err)
{
    const char *what = doc_text(doc_get(act->text, "what"), "");
    int64_t seq;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || is_second(ledger, act, what, in_force, err) ||
        act_put(txn, act, at, &seq, err))
        return err_of(err);
    if (*in_force) {
        AUTO(stmt_done)
        struct stmt *stmt = stmt_of(ledger_db(ledger),
                                    "INSERT INTO pay_rule (what, amount, seq) VALUES (?1, ?2, ?3)"
                                    " ON CONFLICT (what) DO UPDATE SET amount = ?2, seq = ?3");
        stmt_text(stmt, 1, what);
        stmt_int(stmt, 2, doc_int(doc_get(act->text, "amount_vnd"), 0));
        stmt_int(stmt, 3, seq);
        if (stmt_run(stmt, err))
            return err_of(err);
    }
    return ledger_commit(&txn, err);
}

// The period that a payout belongs to: of a top-up that which it adds to.
static void event_of(const char *period, char out[PERIOD_SIZE])
{
    (void)snprintf(out, PERIOD_SIZE, "%.*s", (int)strcspn(period, "+"), period);
}

#define OF_EVENT " AND (p.period = ?2 OR p.period LIKE ?2 || '+%')"
#define OF_MONEY " p.state NOT IN ('rejected', 'returned') AND p.policy = ?1"
#define SET_ASIDE                                                                                  \
    "SELECT coalesce(sum(p.amount), 0) FROM reserve r JOIN payout p ON p.seq = r.payout "          \
    "WHERE" OF_MONEY
// Of these, what does not wait (any more) for people under ?3.
#define NOT_WAITING                                                                                \
    " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.key = 'pay/' || p.contract || '/' || ?3 ||"   \
    " '/' || p.policy AND p.period = ?3 AND o.channel = 'pay' AND o.state = 7)"

static enum err_kind sum(struct ledger *ledger, const char *sql, const char *policy,
                         const char *event, const char *period, int64_t *out, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), sql);
    bool row = false;
    stmt_text(stmt, 1, policy);
    if (event)
        stmt_text(stmt, 2, event);
    if (period)
        stmt_text(stmt, 3, period);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *out = row ? row_int(stmt, 0) : 0;
    return OK;
}

enum err_kind allow_people(struct ledger *ledger, const char *policy, const char *period,
                           int64_t total_vnd, int64_t least, int64_t *out, struct err *err)
{
    char event[PERIOD_SIZE];
    int64_t before = 0, all = 0;
    static const struct {
        const char *what;
        int64_t people;
    } tiers[] = {{"two-people", 2}, {"three-people", 3}};
    *out = least;
    event_of(period, event);
    if (sum(ledger, SET_ASIDE OF_EVENT NOT_WAITING, policy, event, period, &before, err))
        return err_of(err);
    if (__builtin_add_overflow(before, total_vnd, &all))
        all = INT64_MAX;
    for (size_t i = 0; i < COUNT_OF(tiers); i++) {
        bool there = false;
        int64_t over = 0;
        if (pay_rule_get(ledger, tiers[i].what, &there, &over, err))
            return err_of(err);
        if (there && all > over && tiers[i].people > *out)
            *out = tiers[i].people;
    }
    return OK;
}

// --- the budget

static void budget_name(const char *kind, const char *policy, char out[RULE_NAME_SIZE])
{
    (void)snprintf(out, RULE_NAME_SIZE, "%s/%.63s", kind, policy);
}

enum err_kind allow_budget(struct ledger *ledger, const char *policy, bool *there,
                           int64_t *budget_vnd, int64_t *aside_vnd, struct err *err)
{
    char name[RULE_NAME_SIZE];
    budget_name("budget", policy, name);
    if (pay_rule_get(ledger, name, there, budget_vnd, err))
        return err_of(err);
    return sum(ledger, SET_ASIDE, policy, NULL, NULL, aside_vnd, err);
}

// One release in the making.
struct release {
    struct txn *txn;
    const char *policy, *period;
    bool has_budget;
    int64_t budget_vnd, reserved_vnd; // reserved: with what is added here
    int64_t *payout, *message;        // [count] that go
    size_t count;
    int64_t total_vnd; // of those that are newly set aside
    struct doc *list;  // their numbers
    struct allow_report *report;
};

static void release_free(struct release *release)
{
    mem_free(&release->payout);
    mem_free(&release->message);
    doc_free(&release->list);
}

static enum err_kind mark_over(struct db *db, int64_t message, const char *policy, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE outbox SET result = 'over the budget of ' || ?2 WHERE id = ?1");
    stmt_int(stmt, 1, message);
    stmt_text(stmt, 2, policy);
    return stmt_run(stmt, err);
}

static enum err_kind take(struct release *release, struct stmt *stmt, struct err *err)
{
    int64_t payout = row_int(stmt, 0), message = row_int(stmt, 1), amount = row_int(stmt, 2);
    bool aside = row_int(stmt, 3) != 0; // it was let go before, and held again by a cap
    int64_t with = release->reserved_vnd;
    if (!aside && __builtin_add_overflow(with, amount, &with))
        return err_set(err, ERR_BROKEN, "the payouts of %s are more than can be counted",
                       release->policy);
    if (!aside && release->has_budget && with > release->budget_vnd) {
        release->report->over++;
        return mark_over(ledger_db(txn_ledger(release->txn)), message, release->policy, err);
    }
    release->payout[release->count] = payout;
    release->message[release->count++] = message;
    if (aside)
        return OK;
    release->reserved_vnd = with;
    release->total_vnd += amount;
    doc_push_int(release->list, payout);
    return OK;
}

static enum err_kind choose(struct release *release, struct err *err)
{
    struct payment_plan plan;
    struct ledger *ledger = txn_ledger(release->txn);
    if (payment_plan_of(ledger, release->policy, release->period, &plan, err))
        return err_of(err);
    release->payout = mem_new(plan.count + 1, sizeof(int64_t));
    release->message = mem_new(plan.count + 1, sizeof(int64_t));
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger),
                "SELECT p.seq, o.id, p.amount, EXISTS (SELECT 1 FROM reserve r WHERE r.payout ="
                " p.seq)" WAITING_PAYOUTS " AND p.period = ?2 ORDER BY p.seq");
    stmt_text(stmt, 1, release->policy);
    stmt_text(stmt, 2, release->period);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        if (take(release, stmt, err))
            return err_of(err);
    }
    return failed;
}

static enum err_kind put_reserve(struct release *release, struct utc at, bool automatic,
                                 struct err *err)
{
    struct db *db = ledger_db(txn_ledger(release->txn));
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t seq;
    if (doc_count(release->list) == 0)
        return OK;
    doc_put_bool(body, "auto", automatic);
    if (release->has_budget)
        doc_put_int(body, "budget_vnd", release->budget_vnd);
    else
        doc_put_null(body, "budget_vnd");
    doc_put_int(body, "count", (int64_t)doc_count(release->list));
    doc_put_same(body, "payouts", release->list);
    doc_put_text(body, "period", release->period);
    doc_put_text(body, "policy", release->policy);
    doc_put_int(body, "reserved_vnd", release->reserved_vnd);
    doc_put_int(body, "total_vnd", release->total_vnd);
    if (ledger_append(release->txn, "reserve", at, body, &seq, NULL, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "INSERT INTO reserve (payout, seq) VALUES (?, ?)");
    for (size_t i = 0; i < doc_count(release->list); i++) {
        stmt_int(stmt, 1, doc_int(doc_at(release->list, i), 0));
        stmt_int(stmt, 2, seq);
        if (stmt_run(stmt, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind let_go(struct release *release, struct err *err)
{
    struct db *db = ledger_db(txn_ledger(release->txn));
    AUTO(stmt_done)
    struct stmt *state = stmt_of(db, "UPDATE payout SET state = 'approved' WHERE seq = ?");
    AUTO(stmt_done)
    struct stmt *ready =
        stmt_of(db, "UPDATE outbox SET state = 0, due_ms = 0, result = '' WHERE id = ?");
    for (size_t i = 0; i < release->count; i++) {
        stmt_int(state, 1, release->payout[i]);
        stmt_int(ready, 1, release->message[i]);
        if (stmt_run(state, err) || stmt_run(ready, err))
            return err_of(err);
    }
    release->report->released = release->count;
    return OK;
}

enum err_kind allow_release(struct txn *txn, struct utc at, const char *policy, const char *period,
                            bool automatic, struct allow_report *report, struct err *err)
{
    struct ledger *ledger = txn_ledger(txn);
    *report = (struct allow_report){0};
    AUTO(release_free)
    struct release release = {.txn = txn, .policy = policy, .period = period, .report = report};
    release.list = doc_array();
    if (allow_budget(ledger, policy, &release.has_budget, &release.budget_vnd,
                     &release.reserved_vnd, err) ||
        choose(&release, err) || put_reserve(&release, at, automatic, err))
        return err_of(err);
    return let_go(&release, err);
}

// What may go by itself of an event.
struct reach {
    bool may;
    int64_t most_vnd; // all that waits of it together
};

static enum err_kind reach_of(struct ledger *ledger, const char *policy, const char *event,
                              struct reach *out, struct err *err)
{
    char automatic[RULE_NAME_SIZE];
    bool may = false, has_budget = false, stopped = false;
    int64_t most = 0, all = 0, aside = 0, before = 0;
    budget_name("auto", policy, automatic);
    if (pay_rule_get(ledger, automatic, &may, &most, err) ||
        allow_budget(ledger, policy, &has_budget, &all, &aside, err) ||
        hold_stops_payments(ledger, policy, event, &stopped, err) ||
        sum(ledger, SET_ASIDE OF_EVENT, policy, event, NULL, &before, err))
        return err_of(err);
    *out = (struct reach){may && has_budget && !stopped,
                          most - before < all - aside ? most - before : all - aside};
    return OK;
}

// The periods of an event of which something waits: it, and what was added to it.
static enum err_kind list_waiting(struct ledger *ledger, const char *policy, const char *event,
                                  struct doc *periods, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT p.period, min(p.seq)" WAITING_PAYOUTS OF_EVENT
                                   " GROUP BY p.period ORDER BY 2");
    enum err_kind failed = OK;
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, event);
    while (stmt_more(stmt, &failed, err))
        doc_push_text(periods, row_text(stmt, 0));
    return failed;
}

enum err_kind allow_automatic(struct txn *txn, struct utc at, const char *policy,
                              const char *period, size_t *released, struct err *err)
{
    struct ledger *ledger = txn_ledger(txn);
    AUTO(doc_free) struct doc *periods = doc_array();
    struct reach reach;
    char event[PERIOD_SIZE];
    int64_t waits = 0;
    *released = 0;
    event_of(period, event);
    if (reach_of(ledger, policy, event, &reach, err) ||
        sum(ledger, "SELECT coalesce(sum(p.amount), 0)" WAITING_PAYOUTS OF_EVENT, policy, event,
            NULL, &waits, err) ||
        list_waiting(ledger, policy, event, periods, err))
        return err_of(err);
    if (!reach.may || waits > reach.most_vnd)
        return OK;
    for (size_t i = 0; i < doc_count(periods); i++) {
        struct allow_report report = {0};
        if (allow_release(txn, at, policy, doc_text(doc_at(periods, i), ""), true, &report, err))
            return err_of(err);
        *released += report.released;
    }
    return OK;
}

// --- confirmation

void confirm_word(struct act *act, const char *policy, const char *period, struct hash hash,
                  int64_t bytes)
{
    act_about(act, "confirmation/%.60s/%.31s", policy, period);
    doc_put_int(act->text, "bytes", bytes);
    doc_put_text(act->text, "file", hash_hex(hash).at);
    doc_put_text(act->text, "period", period);
    doc_put_text(act->text, "policy", policy);
}

enum err_kind confirm_put(struct ledger *ledger, const struct act *act, struct utc at,
                          struct err *err)
{
    const char *policy = doc_text(doc_get(act->text, "policy"), "");
    const char *period = doc_text(doc_get(act->text, "period"), "");
    struct hash hash;
    int64_t seq;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (hash_parse(str_of(doc_text(doc_get(act->text, "file"), "")), &hash, err) ||
        ledger_begin(ledger, &txn, err) || act_put(txn, act, at, &seq, err) ||
        hold_lift(txn, policy, period, "confirmation", seq, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "INSERT INTO confirmation (policy, period, hash,"
                                   " seq) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, period);
    stmt_hash(stmt, 3, &hash);
    stmt_int(stmt, 4, seq);
    if (stmt_run(stmt, err))
        return err_of(err);
    if (stmt_changes(stmt) == 0)
        return err_set(err, ERR_REFUSED, "this file is attached to %s, %s already", policy, period);
    return ledger_commit(&txn, err);
}

enum err_kind confirm_there(struct ledger *ledger, const char *policy, const char *period,
                            bool *there, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT 1 FROM confirmation WHERE policy = ? AND period = ?");
    stmt_text(stmt, 1, policy);
    stmt_text(stmt, 2, period);
    return stmt_next(stmt, there, err);
}
