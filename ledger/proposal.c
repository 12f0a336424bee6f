#include "ledger/proposal.h"

#include "core/mem.h"
#include "ledger/db.h"
#include "ledger/scope.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HASH_LETTERS_MIN = 8, PEOPLE_WANTED = 2, INSURERS_WANTED = 1 };

void proposal_rows_free(struct proposal_rows *rows)
{
    mem_free(&rows->at);
    rows->count = 0;
}

void proposal_signs_free(struct proposal_signs *signs)
{
    mem_free(&signs->at);
    signs->count = 0;
}

#define PROPOSAL_COLUMNS                                                                           \
    "SELECT p.seq, p.policy, p.version, p.hash, p.insurance, p.person, p.state, p.decided,"        \
    " p.starts, coalesce(CAST(e.text ->> 'drill' AS INTEGER), 0) FROM proposal p JOIN entry e ON " \
    "e.seq = p.seq"

static struct proposal_row row_of(struct stmt *stmt)
{
    struct proposal_row row = {
        .seq = row_int(stmt, 0),
        .version = row_int(stmt, 2),
        .hash = row_hash(stmt, 3),
        .insurance = row_int(stmt, 4) != 0,
        .decided = row_int(stmt, 7),
        .starts = date_of_days(row_int(stmt, 8)),
        .drill = row_int(stmt, 9) != 0,
    };
    row_copy(stmt, 1, row.policy, sizeof(row.policy));
    row_copy(stmt, 5, row.person, sizeof(row.person));
    row_copy(stmt, 6, row.state, sizeof(row.state));
    return row;
}

enum err_kind proposal_list(struct ledger *ledger, const char *policy, struct proposal_rows *out,
                            struct err *err)
{
    AUTO(proposal_rows_free) struct proposal_rows rows = {0};
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), PROPOSAL_COLUMNS " WHERE ?1 IS NULL OR p.policy = ?1"
                                                    " ORDER BY p.policy, p.seq");
    stmt_text(stmt, 1, policy);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        rows.at = mem_resize(rows.at, rows.count + 1, sizeof(*rows.at));
        rows.at[rows.count++] = row_of(stmt);
    }
    if (failed)
        return failed;
    *out = MOVE(rows);
    return OK;
}

enum err_kind proposal_find(struct ledger *ledger, const char *id, struct proposal_row *out,
                            struct err *err)
{
    AUTO(proposal_rows_free) struct proposal_rows rows = {0};
    const struct proposal_row *found = NULL, *newest = NULL;
    if (proposal_list(ledger, NULL, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        bool begins = strlen(id) >= HASH_LETTERS_MIN &&
                      strncmp(hash_hex(rows.at[i].hash).at, id, strlen(id)) == 0;
        if (begins && found)
            return err_set(err, ERR_INPUT, "two proposals begin with %.64s; write more of it", id);
        if (begins)
            found = &rows.at[i];
        if (strcmp(rows.at[i].policy, id) == 0)
            newest = &rows.at[i];
    }
    found = found ? found : newest;
    if (!found)
        return err_set(err, ERR_MISSING, "nobody proposed \"%.64s\"; see gong policy proposals",
                       id);
    *out = *found;
    return OK;
}

enum err_kind proposal_of(struct ledger *ledger, struct hash hash, struct proposal_row *out,
                          struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), PROPOSAL_COLUMNS " WHERE p.hash = ?");
    bool row = false;
    stmt_hash(stmt, 1, &hash);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_MISSING, "nobody proposed the text %s", hash_hex(hash).at);
    *out = row_of(stmt);
    return OK;
}

enum err_kind proposal_yaml(struct ledger *ledger, int64_t seq, struct buf *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "SELECT yaml FROM proposal WHERE seq = ?");
    bool row = false;
    stmt_int(stmt, 1, seq);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (!row)
        return err_set(err, ERR_MISSING, "entry %" PRId64 " is no proposal", seq);
    buf_text(out, row_text(stmt, 0));
    return OK;
}

// --- signatures

static void subject(const char *policy, struct hash hash, char *out, size_t size)
{
    int len = snprintf(out, size, "policy/%.60s/%s", policy, hash_hex(hash).at);
    assert(len > 0 && (size_t)len < size);
}

enum { SUBJECT_SIZE = 160 };

enum err_kind proposal_signs(struct ledger *ledger, const struct proposal_row *row,
                             struct proposal_signs *out, struct err *err)
{
    AUTO(proposal_signs_free) struct proposal_signs signs = {0};
    char about[SUBJECT_SIZE];
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT a.seq, a.person, a.name, e.text ->> 'role', e.text ->>"
                                   " 'at' FROM act a JOIN entry e ON e.seq = a.seq WHERE"
                                   " a.subject = ? ORDER BY a.seq");
    subject(row->policy, row->hash, about, sizeof(about));
    stmt_text(stmt, 1, about);
    for (;;) {
        struct proposal_sign one = {0};
        struct err drill = {0};
        bool more = false;
        if (stmt_next(stmt, &more, err))
            return err_of(err);
        if (!more)
            break;
        one.seq = row_int(stmt, 0);
        row_copy(stmt, 1, one.person, sizeof(one.person));
        row_copy(stmt, 2, one.act, sizeof(one.act));
        row_copy(stmt, 4, one.at, sizeof(one.at));
        if (role_parse(row_text(stmt, 3), &one.role, &drill))
            one.role = ROLE_OPERATOR; // the drill's person
        signs.at = mem_resize(signs.at, signs.count + 1, sizeof(*signs.at));
        signs.at[signs.count++] = one;
    }
    *out = MOVE(signs);
    return OK;
}

struct proposal_want proposal_wanted(const struct proposal_row *row,
                                     const struct proposal_signs *signs)
{
    struct proposal_want want = {PEOPLE_WANTED, row->insurance ? INSURERS_WANTED : 0};
    for (size_t i = 0; i < signs->count; i++) {
        const struct proposal_sign *one = &signs->at[i];
        if (strcmp(one->act, "policy-sign") != 0)
            continue;
        if (strcmp(one->person, act_drill_person) == 0)
            return (struct proposal_want){0, 0};
        int64_t *of = one->role == ROLE_INSURER ? &want.insurers : &want.people;
        *of -= *of > 0;
    }
    return want;
}

// --- acts

static void word(struct act *act, const char *policy, int64_t version, struct hash hash)
{
    char about[SUBJECT_SIZE];
    subject(policy, hash, about, sizeof(about));
    act_about(act, "%s", about);
    doc_put_text(act->text, "policy", policy);
    doc_put_text(act->text, "policy_hash", hash_hex(hash).at);
    doc_put_int(act->text, "version", version);
}

void proposal_word(struct act *act, const struct proposal *proposal)
{
    word(act, proposal->policy, proposal->version, hash_of(proposal->yaml));
    doc_put_same(act->text, "changes", proposal->changes);
    if (proposal->effect)
        doc_put_same(act->text, "effect", proposal->effect);
    else
        doc_put_null(act->text, "effect");
    doc_put_bool(act->text, "insurance", proposal->insurance);
    if (proposal->provinces)
        doc_put_same(act->text, "provinces", proposal->provinces);
    doc_put_text(act->text, "why", proposal->why);
}

enum err_kind proposal_put(struct ledger *ledger, const struct act *act, struct utc at,
                           const struct proposal *proposal, int64_t *seq, struct err *err)
{
    struct hash hash = hash_of(proposal->yaml);
    struct proposal_row there;
    struct err none = {0};
    AUTO(mem_drop) char *yaml = str_copy(proposal->yaml);
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err))
        return err_of(err);
    if (proposal_of(ledger, hash, &there, &none) == OK)
        return err_set(err, ERR_REFUSED, "this text was proposed before (entry %" PRId64 ", %s)",
                       there.seq, there.state);
    // Where it applies is known before it is asked whether the person may say so.
    if (scope_place(txn, act->text, err) || act_put(txn, act, at, seq, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "INSERT INTO proposal (seq, policy, version, hash, insurance,"
                                   " yaml, person, state, decided, starts) VALUES"
                                   " (?, ?, ?, ?, ?, ?, ?, 'open', 0, 0)");
    stmt_int(stmt, 1, *seq);
    stmt_text(stmt, 2, proposal->policy);
    stmt_int(stmt, 3, proposal->version);
    stmt_hash(stmt, 4, &hash);
    stmt_int(stmt, 5, proposal->insurance);
    stmt_text(stmt, 6, yaml);
    stmt_text(stmt, 7, act->by);
    if (stmt_run(stmt, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

void proposal_word_sign(struct act *act, const struct proposal_row *row, struct civil on)
{
    word(act, row->policy, row->version, row->hash);
    doc_put_text(act->text, "on", date_text(on).at);
}

void proposal_word_reject(struct act *act, const struct proposal_row *row, const char *why)
{
    word(act, row->policy, row->version, row->hash);
    doc_put_text(act->text, "why", why);
}

static enum err_kind end(struct ledger *ledger, const struct proposal_row *row, const char *state,
                         int64_t decided, int64_t starts_day, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(ledger), "UPDATE proposal SET state = ?2, decided = ?3,"
                                                   " starts = ?4 WHERE seq = ?1");
    stmt_int(stmt, 1, row->seq);
    stmt_text(stmt, 2, state);
    stmt_int(stmt, 3, decided);
    stmt_int(stmt, 4, starts_day);
    return stmt_run(stmt, err);
}

static enum err_kind put_in_force(struct txn *txn, const struct proposal_row *row,
                                  const struct act *act, struct utc at, struct civil starts,
                                  const char *why, struct err *err)
{
    struct ledger *ledger = txn_ledger(txn);
    AUTO(proposal_signs_free) struct proposal_signs signs = {0};
    AUTO(doc_free) struct doc *body = doc_object();
    struct doc *people = doc_array();
    int64_t seq = 0;
    doc_put(body, "signed", people);
    if (proposal_signs(ledger, row, &signs, err))
        return err_of(err);
    for (size_t i = 0; i < signs.count; i++)
        doc_push_int(people, signs.at[i].seq);
    if (doc_bool(doc_get(act->text, "drill"), false))
        doc_put_bool(body, "drill", true);
    doc_put_text(body, "policy", row->policy);
    doc_put_text(body, "policy_hash", hash_hex(row->hash).at);
    doc_put_int(body, "proposal", row->seq);
    doc_put_text(body, "starts", date_text(starts).at);
    doc_put_int(body, "version", row->version);
    doc_put_text(body, "why", why);
    if (ledger_append(txn, "policy_in_force", at, body, &seq, NULL, err))
        return err_of(err);
    return end(ledger, row, "in force", seq, date_days(starts.year, starts.month, starts.day), err);
}

// The open proposal that the act is about.
static enum err_kind find_open(struct ledger *ledger, const struct act *act,
                               struct proposal_row *out, struct err *err)
{
    struct hash hash;
    if (hash_parse(str_of(doc_text(doc_get(act->text, "policy_hash"), "")), &hash, err) ||
        proposal_of(ledger, hash, out, err))
        return err_of(err);
    if (strcmp(out->state, "open") != 0)
        return err_set(err, ERR_REFUSED, "%s version %" PRId64 " is %s already", out->policy,
                       out->version, out->state);
    return OK;
}

enum err_kind proposal_sign(struct ledger *ledger, const struct act *act, struct utc at,
                            struct civil starts, const char *why, struct proposal_want *want,
                            struct err *err)
{
    struct proposal_row row;
    AUTO(proposal_signs_free) struct proposal_signs signs = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    int64_t seq;
    if (ledger_begin(ledger, &txn, err) || find_open(ledger, act, &row, err) ||
        act_not_own(ledger, act, NULL, err) || act_put(txn, act, at, &seq, err) ||
        proposal_signs(ledger, &row, &signs, err))
        return err_of(err);
    *want = proposal_wanted(&row, &signs);
    if (!want->people && !want->insurers && put_in_force(txn, &row, act, at, starts, why, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

enum err_kind proposal_reject(struct ledger *ledger, const struct act *act, struct utc at,
                              struct err *err)
{
    struct proposal_row row;
    AUTO(ledger_undo) struct txn *txn = NULL;
    int64_t seq;
    if (ledger_begin(ledger, &txn, err) || find_open(ledger, act, &row, err) ||
        act_put(txn, act, at, &seq, err) || end(ledger, &row, "rejected", seq, 0, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

static enum err_kind verify_texts(struct ledger *ledger, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT seq, hash, yaml FROM proposal ORDER BY seq");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        if (!hash_same(row_hash(stmt, 1), hash_of(str_of(row_text(stmt, 2)))))
            return err_set(err, ERR_BROKEN,
                           "the text of the policy that entry %" PRId64
                           " proposed was changed after it was stored",
                           row_int(stmt, 0));
    }
    return failed;
}

enum err_kind proposals_verify(struct ledger *ledger, struct err *err)
{
    AUTO(proposal_rows_free) struct proposal_rows rows = {0};
    if (verify_texts(ledger, err) || proposal_list(ledger, NULL, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        AUTO(proposal_signs_free) struct proposal_signs signs = {0};
        if (strcmp(rows.at[i].state, "in force") != 0)
            continue;
        if (proposal_signs(ledger, &rows.at[i], &signs, err))
            return err_of(err);
        struct proposal_want want = proposal_wanted(&rows.at[i], &signs);
        if (want.people || want.insurers)
            return err_set(err, ERR_BROKEN,
                           "ledger entry %" PRId64
                           " puts a policy into force that was not signed by all who must",
                           rows.at[i].decided);
    }
    return OK;
}
