#include "triggers/chain.h"

#include "core/mem.h"

#include <string.h>

// Numbers of entries.
struct seqs {
    int64_t *at;
    size_t count;
};

static void seqs_free(struct seqs *seqs)
{
    mem_free(&seqs->at);
    seqs->count = 0;
}

static void put(struct seqs *seqs, int64_t seq)
{
    seqs->at = mem_resize(seqs->at, seqs->count + 1, sizeof(*seqs->at));
    seqs->at[seqs->count++] = seq;
}

static bool holds(const struct seqs *seqs, int64_t seq)
{
    for (size_t i = 0; i < seqs->count; i++) {
        if (seqs->at[i] == seq)
            return true;
    }
    return false;
}

struct chain {
    const struct decision_row *decision; // borrowed
    struct seqs bases, decisions, payouts, disputes, stops, ended;
    char *word; // heap: the newest pay_word, and its number
    int64_t word_seq;
    struct buf *entries;
};

static void chain_free(struct chain *chain)
{
    seqs_free(&chain->bases);
    seqs_free(&chain->decisions);
    seqs_free(&chain->payouts);
    seqs_free(&chain->disputes);
    seqs_free(&chain->stops);
    seqs_free(&chain->ended);
    mem_free(&chain->word);
}

bool chain_is_of_period(const char *said, const char *period)
{
    size_t len = strlen(period);
    return strncmp(said, period, len) == 0 && (said[len] == '\0' || said[len] == '+');
}

static void line(const struct chain *chain, const char *text)
{
    buf_text(chain->entries, text);
    buf_char(chain->entries, '\n');
}

static bool is_of_policy(const struct chain *chain, const struct doc *entry)
{
    return strcmp(doc_text(doc_get(entry, "policy"), ""), chain->decision->policy) == 0;
}

static bool is_of_period(const struct chain *chain, const struct doc *entry)
{
    return is_of_policy(chain, entry) &&
           chain_is_of_period(doc_text(doc_get(entry, "period"), ""), chain->decision->period);
}

static bool names(const struct doc *entry, const char *key, const struct seqs *seqs)
{
    return holds(seqs, doc_int(doc_get(entry, key), 0));
}

static bool has_payout(const struct chain *chain, const struct doc *entry)
{
    const struct doc *list = doc_get(entry, "payouts");
    for (size_t i = 0; i < doc_count(list); i++) {
        if (holds(&chain->payouts, doc_int(doc_at(list, i), 0)))
            return true;
    }
    return false;
}

// By a person or the engine: for everything, for this policy, or for this period of it.
static bool is_stop(const struct chain *chain, const struct doc *entry)
{
    const char *period = doc_text(doc_get(entry, "period"), "");
    return (!*doc_text(doc_get(entry, "policy"), "") || is_of_policy(chain, entry)) &&
           (!*period || chain_is_of_period(period, chain->decision->period));
}

static bool belongs(const struct chain *chain, const char *kind, const struct doc *entry)
{
    if (strcmp(kind, "basis") == 0)
        return names(entry, "seq", &chain->bases);
    if (strcmp(kind, "decision") == 0)
        return names(entry, "seq", &chain->decisions);
    if (strcmp(kind, "payout") == 0)
        return names(entry, "seq", &chain->payouts);
    if (strcmp(kind, "payment") == 0)
        return names(entry, "payout", &chain->payouts);
    if (strcmp(kind, "dispute") == 0 || strcmp(kind, "answer") == 0)
        return names(entry, "decision", &chain->decisions);
    if (strcmp(kind, "dispute_answer") == 0 || strcmp(kind, "dispute_close") == 0)
        return names(entry, "dispute", &chain->disputes);
    if (strcmp(kind, "hold") == 0 || strcmp(kind, "held") == 0)
        return is_stop(chain, entry);
    if (strcmp(kind, "release") == 0)
        return names(entry, "hold", &chain->stops);
    if (strcmp(kind, "reserve") == 0)
        return has_payout(chain, entry);
    return (strcmp(kind, "approval") == 0 || strcmp(kind, "confirmation") == 0) &&
           is_of_period(chain, entry);
}

static enum err_kind take(void *self, const struct entry *entry, struct err *err)
{
    struct chain *chain = self;
    AUTO(doc_free) struct doc *doc = NULL;
    bool is_word = strcmp(entry->kind, "pay_word") == 0;
    if (doc_parse(str_of(entry->text), "ledger entry", &doc, err))
        return err_of(err);
    if (is_word) { // it says what becomes of a payment; the entry after it, whose
        mem_free(&chain->word);
        chain->word = mem_text(entry->text);
        chain->word_seq = entry->seq;
        return OK;
    }
    if (!belongs(chain, entry->kind, doc))
        return OK;
    if (strcmp(entry->kind, "dispute") == 0)
        put(&chain->disputes, entry->seq);
    if (strcmp(entry->kind, "hold") == 0 || strcmp(entry->kind, "held") == 0)
        put(&chain->stops, entry->seq);
    if (strcmp(entry->kind, "payment") == 0 && chain->word && chain->word_seq == entry->seq - 1)
        line(chain, chain->word);
    line(chain, entry->text);
    return OK;
}

// --- what stood before the first decision

static enum err_kind take_release(void *self, const struct entry *entry, struct err *err)
{
    struct chain *chain = self;
    AUTO(doc_free) struct doc *doc = NULL;
    if (entry->seq >= chain->bases.at[0])
        return OK;
    if (doc_parse(str_of(entry->text), "ledger entry", &doc, err))
        return err_of(err);
    put(&chain->ended, doc_int(doc_get(doc, "hold"), 0));
    return OK;
}

static enum err_kind take_before(void *self, const struct entry *entry, struct err *err)
{
    struct chain *chain = self;
    if (entry->seq >= chain->bases.at[0] || holds(&chain->ended, entry->seq))
        return OK;
    return take(self, entry, err);
}

static enum err_kind find_before(struct chain *chain, struct ledger *ledger, struct err *err)
{
    static const char *const kinds[] = {"hold", "held", "confirmation"};
    if (ledger_walk(ledger, 1, "release", take_release, chain, err))
        return err_of(err);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (ledger_walk(ledger, 1, kinds[i], take_before, chain, err))
            return err_of(err);
    }
    return OK;
}

// --- all of it

static enum err_kind find_decisions(struct chain *chain, struct ledger *ledger, struct doc *causes,
                                    struct err *err)
{
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    struct decision_query query = {.policy = chain->decision->policy,
                                   .commune = chain->decision->commune,
                                   .period = chain->decision->period};
    if (decision_list(ledger, &query, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        AUTO(payout_rows_free) struct payout_rows payouts = {0};
        put(&chain->bases, rows.at[i].batch_seq);
        put(&chain->decisions, rows.at[i].seq);
        doc_push_int(causes, rows.at[i].seq);
        if (payout_list_of(ledger, rows.at[i].seq, &payouts, err))
            return err_of(err);
        for (size_t k = 0; k < payouts.count; k++) {
            put(&chain->payouts, payouts.at[k].seq);
            doc_push_int(causes, payouts.at[k].seq);
        }
    }
    if (rows.count == 0)
        return err_set(err, ERR_BROKEN, "policy %s has no decision on commune %s of %s",
                       chain->decision->policy, chain->decision->commune, chain->decision->period);
    return OK;
}

enum err_kind chain_find(struct ledger *ledger, const struct decision_row *decision,
                         struct buf *entries, struct doc *causes, struct err *err)
{
    AUTO(chain_free) struct chain chain = {.decision = decision, .entries = entries};
    if (find_decisions(&chain, ledger, causes, err) || find_before(&chain, ledger, err) ||
        ledger_walk(ledger, chain.bases.at[0], NULL, take, &chain, err))
        return err_of(err);
    return OK;
}
