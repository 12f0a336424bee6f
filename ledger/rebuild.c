#include "ledger/rebuild.h"

#include "core/canonical.h"
#include "core/mem.h"
#include "ledger/act_check.h"
#include "ledger/decision.h"
#include "ledger/quality.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// A batch whose decisions may come.
struct base {
    int64_t seq;
    struct doc *body; // owned
    struct utc as_of;
};

struct rebuild {
    struct txn *txn;
    struct act_check *acts;
    enum err_kind (*policy_text)(void *self, const char *hash, struct str *out, struct err *err);
    void *self;
    struct base *base;
    size_t bases;
};

static void rebuild_free(struct rebuild *rebuild)
{
    ledger_undo(&rebuild->txn);
    act_check_free(&rebuild->acts);
    for (size_t i = 0; i < rebuild->bases; i++)
        doc_free(&rebuild->base[i].body);
    mem_free(&rebuild->base);
}

static enum err_kind need_hash(const struct doc *entry, const char *key, struct hash *out,
                               struct err *err)
{
    const char *text = NULL;
    if (doc_need_text(entry, key, &text, err))
        return err_of(err);
    return hash_parse(str_of(text), out, err);
}

static enum err_kind need_time(const struct doc *entry, const char *key, struct utc *out,
                               struct err *err)
{
    const char *text = NULL;
    if (doc_need_text(entry, key, &text, err))
        return err_of(err);
    return utc_parse(str_of(text), out, err);
}

static enum err_kind put_policy(struct rebuild *rebuild, const struct doc *entry, struct utc at,
                                struct err *err)
{
    const char *id = NULL;
    int64_t version = 0;
    struct hash hash;
    struct str yaml = {0};
    if (doc_need_text(entry, "policy", &id, err) || doc_need_int(entry, "version", &version, err) ||
        need_hash(entry, "policy_hash", &hash, err) ||
        rebuild->policy_text(rebuild->self, hash_hex(hash).at, &yaml, err))
        return err_of(err);
    return policy_text_put(rebuild->txn, at, id, version, hash, yaml, err);
}

static enum err_kind batch_of(const struct doc *entry, struct batch *out, struct err *err)
{
    *out = (struct batch){0};
    if (doc_need_text(entry, "policy", &out->policy, err) ||
        doc_need_int(entry, "version", &out->version, err) ||
        need_hash(entry, "policy_hash", &out->policy_hash, err) ||
        doc_need_text(entry, "boundary_set", &out->boundary_set, err) ||
        doc_need_text(entry, "period", &out->period, err) ||
        need_time(entry, "as_of", &out->as_of, err) || need_hash(entry, "basis", &out->basis, err))
        return err_of(err);
    return OK;
}

// Keeps the entry: its decisions take from it. `*entry` is taken.
static enum err_kind put_basis(struct rebuild *rebuild, struct doc **entry, struct err *err)
{
    struct batch batch;
    int64_t seq = 0;
    if (!doc_is_object(doc_get(*entry, "inputs")))
        return err_set(err, ERR_REFUSED, "it does not say what it stands on");
    if (batch_of(*entry, &batch, err) ||
        batch_put(rebuild->txn, &batch, doc_get(*entry, "inputs"), &seq, err))
        return err_of(err);
    rebuild->base = mem_resize(rebuild->base, rebuild->bases + 1, sizeof(*rebuild->base));
    rebuild->base[rebuild->bases++] = (struct base){seq, TAKE(*entry), batch.as_of};
    return OK;
}

static uint8_t quality_of(const struct doc *names)
{
    uint8_t flags = 0;
    for (size_t i = 0; i < doc_count(names); i++) {
        for (size_t k = 0; k < QUALITY_KINDS; k++) {
            if (strcmp(quality_name(k), doc_text(doc_at(names, i), "")) == 0)
                flags |= (uint8_t)(1U << k);
        }
    }
    return flags;
}

static enum err_kind put_decision(struct rebuild *rebuild, const struct doc *entry, struct err *err)
{
    int64_t of = 0, seq = 0;
    const char *answer = NULL;
    const struct doc *index = doc_get(entry, "index_milli");
    struct batch batch;
    size_t i = rebuild->bases;
    struct decision decision = {.has_index = index != NULL,
                                .index_milli = doc_int(index, 0),
                                .trace = doc_get(entry, "trace"),
                                .quality = quality_of(doc_get(entry, "quality")),
                                .alert = doc_get(entry, "alert")};
    if (doc_need_int(entry, "batch", &of, err) || doc_need_text(entry, "answer", &answer, err) ||
        doc_need_text(entry, "commune", &decision.commune, err))
        return err_of(err);
    while (i > 0 && rebuild->base[i - 1].seq != of)
        i--;
    if (i == 0 || !doc_is_array(decision.trace))
        return err_set(err, ERR_REFUSED, "it stands on no basis, or has no steps");
    if (batch_of(rebuild->base[i - 1].body, &batch, err))
        return err_of(err);
    for (int a = ANSWER_NO; a <= ANSWER_UNKNOWN; a++) {
        if (strcmp(answer_name((enum answer)a), answer) == 0)
            decision.answer = (enum answer)a;
    }
    return decision_put(rebuild->txn, &batch, of, &decision, &seq, err);
}

static enum err_kind put_payout(struct rebuild *rebuild, const struct doc *entry, struct utc at,
                                struct err *err)
{
    struct payout payout = {0};
    struct money standing;
    bool fresh = false;
    const char *currency = NULL;
    if (doc_need_text(entry, "contract", &payout.contract, err) ||
        doc_need_text(entry, "period", &payout.period, err) ||
        doc_need_text(entry, "policy", &payout.policy, err) ||
        doc_need_text(entry, "currency", &currency, err) ||
        doc_need_int(entry, "amount", &payout.amount.minor, err) ||
        doc_need_int(entry, "decision", &payout.decision_seq, err))
        return err_of(err);
    if (payout.amount.minor <= 0 || strcmp(currency, "VND") != 0)
        return err_set(err, ERR_REFUSED, "it pays nothing, or in another money");
    payout.amount = VND(payout.amount.minor);
    if (payout_put(rebuild->txn, at, &payout, &fresh, &standing, err))
        return err_of(err);
    return fresh ? OK
                 : err_set(err, ERR_REFUSED,
                           "contract, period and policy have a payout already: it pays twice");
}

static enum err_kind put_other(struct rebuild *rebuild, const struct doc *entry, const char *kind,
                               struct utc at, struct err *err)
{
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t seq = 0;
    for (const char *key = doc_next_key(entry, NULL); key; key = doc_next_key(entry, key)) {
        if (strcmp(key, "at") != 0 && strcmp(key, "kind") != 0 && strcmp(key, "seq") != 0)
            doc_put_same(body, key, doc_get(entry, key));
    }
    return ledger_append(rebuild->txn, kind, at, body, &seq, NULL, err);
}

static enum err_kind put_one(struct rebuild *rebuild, struct doc **entry, struct err *err)
{
    const char *kind = NULL;
    struct utc at;
    if (doc_need_text(*entry, "kind", &kind, err) || need_time(*entry, "at", &at, err))
        return err_of(err);
    if (strcmp(kind, "policy") == 0)
        return put_policy(rebuild, *entry, at, err);
    if (strcmp(kind, "basis") == 0)
        return put_basis(rebuild, entry, err);
    if (strcmp(kind, "decision") == 0)
        return put_decision(rebuild, *entry, err);
    if (strcmp(kind, "payout") == 0)
        return put_payout(rebuild, *entry, at, err);
    return put_other(rebuild, *entry, kind, at, err);
}

static enum err_kind check_act(struct rebuild *rebuild, const struct doc *entry, int64_t seq,
                               struct err *err)
{
    const char *bad =
        act_check_entry(rebuild->acts, entry, doc_text(doc_get(entry, "kind"), ""), seq);
    return bad ? err_set(err, ERR_REFUSED, "it %s", bad) : OK;
}

// What was put is byte for byte what the line says.
static enum err_kind put_line(struct rebuild *rebuild, struct str line, int64_t seq,
                              struct err *err)
{
    AUTO(doc_free) struct doc *entry = NULL;
    AUTO(entry_free) struct entry made = {0};
    if (!canonical_is(line, NULL, 0))
        return err_set(err, ERR_REFUSED, "it is not in canonical form");
    if (doc_parse(line, "entry", &entry, err) || check_act(rebuild, entry, seq, err) ||
        put_one(rebuild, &entry, err))
        return err_of(err);
    enum err_kind kind = ledger_entry(txn_ledger(rebuild->txn), seq, &made, err);
    if (kind && kind != ERR_MISSING)
        return kind;
    if (kind || !str_same(str_of(made.text), line))
        return err_set(err, ERR_REFUSED, "it is not as gong writes it");
    return OK;
}

enum err_kind rebuild_entries(struct ledger *ledger, struct str lines,
                              enum err_kind (*policy_text)(void *self, const char *hash,
                                                           struct str *out, struct err *err),
                              void *self, struct err *err)
{
    AUTO(rebuild_free) struct rebuild rebuild = {.policy_text = policy_text, .self = self};
    int64_t seq = 0;
    if (act_check_new(ledger, &rebuild.acts, err) || ledger_begin(ledger, &rebuild.txn, err))
        return err_of(err);
    txn_remakes(rebuild.txn);
    for (struct str line; str_take_line(&lines, &line);) {
        seq++;
        enum err_kind kind = put_line(&rebuild, line, seq, err);
        if (kind == ERR_LATER || (kind == ERR_BROKEN && err->full))
            return kind;
        if (kind) {
            struct err why = *err;
            return err_set(err, ERR_REFUSED, "entry %" PRId64 " does not hold: %s", seq, why.text);
        }
    }
    return ledger_commit(&rebuild.txn, err);
}
