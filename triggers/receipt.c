#include "triggers/receipt.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/site.h"
#include "ledger/decision.h"
#include "ledger/map.h"
#include "ledger/people.h"
#include "ledger/proof.h"
#include "ledger/proposal.h"
#include "ledger/raw.h"
#include "ledger/reading.h"
#include "ledger/station.h"
#include "ledger/reread.h"
#include "policies/policy.h"
#include "triggers/chain.h"
#include "triggers/commune_doc.h"
#include "triggers/due.h"
#include "triggers/explain.h"
#include "triggers/reckon.h"
#include "triggers/receipt_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROOF_BYTES_MAX = 64 * 1024, SOURCES_BYTES_MAX = 1 << 20 };

// --- entries

static enum err_kind put_entry(struct ledger *ledger, int64_t seq, struct doc **out,
                               struct err *err)
{
    AUTO(entry_free) struct entry entry = {0};
    AUTO(buf_free) struct buf proof = buf_new(PROOF_BYTES_MAX);
    if (ledger_entry(ledger, seq, &entry, err) || proof_make(ledger, seq, &proof, err))
        return err_of(err);
    struct doc *one = doc_object();
    doc_put_int(one, "seq", seq);
    doc_put_text(one, "text", entry.text);
    doc_put_text(one, "proof", proof.at);
    *out = one;
    return OK;
}

static enum err_kind put_named(struct ledger *ledger, int64_t seq, const char *name,
                               struct doc *entries, struct err *err)
{
    struct doc *one = NULL;
    if (put_entry(ledger, seq, &one, err))
        return err_of(err);
    doc_put(entries, name, one);
    return OK;
}

// What was paid for the same contract and period before a top-up: "2024", then "2024+1" ...
static enum err_kind put_before(struct ledger *ledger, const char *period,
                                const struct payout_row *payout, struct doc *list, struct err *err)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    if (payout_list(ledger, payout->contract, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct payout_row *other = &rows.at[i];
        struct doc *entry = NULL;
        if (other->seq >= payout->seq || !chain_is_of_period(other->period, period) ||
            strcmp(other->policy, payout->policy) != 0)
            continue;
        if (put_entry(ledger, other->seq, &entry, err))
            return err_of(err);
        doc_push(list, entry);
    }
    return OK;
}

// The payouts that the decision caused, those that they add to, and the sums insured behind them.
static enum err_kind put_payouts(const struct receipt_from *from,
                                 const struct decision_row *decision, struct doc *entries,
                                 struct doc *receipt, struct err *err)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    struct doc *payouts = doc_array(), *before = doc_array(), *contracts = doc_array();
    doc_put(entries, "payouts", payouts);
    doc_put(entries, "before", before);
    doc_put(receipt, "contracts", contracts);
    if (payout_list_of(from->ledger, decision->seq, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        struct contract contract;
        struct err none = {0};
        struct doc *entry = NULL;
        if (put_entry(from->ledger, rows.at[i].seq, &entry, err))
            return err_of(err);
        doc_push(payouts, entry);
        if (strchr(rows.at[i].period, '+') &&
            put_before(from->ledger, decision->period, &rows.at[i], before, err))
            return err_of(err);
        if (contract_find(from->people, rows.at[i].contract, &contract, &none))
            continue; // forgotten since
        struct doc *one = doc_object();
        doc_put_text(one, "contract", contract.id);
        doc_put_int(one, "payout", rows.at[i].seq);
        doc_put_int(one, "sum_insured", contract.sum_insured.minor);
        doc_push(contracts, one);
    }
    return OK;
}

// Who proposed and signed the policy, and that it is in force; nothing at a drill that took a file.
static enum err_kind put_signed(struct ledger *ledger, struct hash hash, struct doc *entries,
                                struct err *err)
{
    AUTO(proposal_signs_free) struct proposal_signs signs = {0};
    struct proposal_row row;
    struct doc *list, *entry = NULL;
    enum err_kind kind = proposal_of(ledger, hash, &row, err);
    if (kind == ERR_MISSING)
        return OK;
    if (kind || proposal_signs(ledger, &row, &signs, err))
        return err_of(err);
    list = doc_array();
    doc_put(entries, "signed", list);
    for (size_t i = 0; i < signs.count; i++) {
        if (put_entry(ledger, signs.at[i].seq, &entry, err))
            return err_of(err);
        doc_push(list, entry);
    }
    if (row.decided && put_entry(ledger, row.decided, &entry, err))
        return err_of(err);
    if (row.decided)
        doc_push(list, entry);
    return OK;
}

// The entry behind the last payout: it shows that there are no more. None is put where the
// checkpoint ends with that payout.
static enum err_kind put_next(struct ledger *ledger, int64_t decision, struct doc *entries,
                              struct err *err)
{
    const struct doc *payouts = doc_get(entries, "payouts");
    struct doc *one = NULL;
    struct err none = {0};
    int64_t last = decision + (int64_t)doc_count(payouts);
    enum err_kind kind = put_entry(ledger, last + 1, &one, &none);
    if (kind && kind != ERR_MISSING) {
        *err = none;
        return kind;
    }
    if (one)
        doc_put(entries, "next", one);
    return OK;
}

static enum err_kind put_entries(const struct receipt_from *from, const struct decision_row *row,
                                 struct doc *receipt, struct err *err)
{
    struct doc *entries = doc_object();
    int64_t policy = 0;
    doc_put(receipt, "entries", entries);
    if (policy_text_seq(from->ledger, row->policy_hash, &policy, err) ||
        put_named(from->ledger, row->seq, "decision", entries, err) ||
        put_named(from->ledger, row->batch_seq, "basis", entries, err) ||
        put_named(from->ledger, policy, "policy", entries, err) ||
        put_signed(from->ledger, row->policy_hash, entries, err) ||
        put_payouts(from, row, entries, receipt, err))
        return err_of(err);
    return put_next(from->ledger, row->seq, entries, err);
}

// --- what it stands on

// The commune; where the policy looks at others as well, all of the set, so that its hash can be
// made again.
static enum err_kind put_commune(struct map *map, const struct decision_row *row, bool wide,
                                 struct doc *receipt, size_t *place, struct err *err)
{
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    if (boundary_set_load(map, row->boundary_set, true, &set, err))
        return err_of(err);
    *place = boundary_set_find(set, row->commune);
    if (*place == SIZE_MAX)
        return err_set(err, ERR_BROKEN, "boundary set %s has no commune %s", row->boundary_set,
                       row->commune);
    struct doc *one = commune_doc(&set->commune[*place]);
    doc_put_text(one, "boundary_set", set->name);
    doc_put_text(one, "boundary_set_hash", hash_hex(set->hash).at);
    doc_put(receipt, "commune", one);
    if (!wide)
        return OK;
    struct doc *all = doc_array();
    doc_put(receipt, "communes", all);
    for (size_t c = 0; c < set->count; c++)
        doc_push(all, commune_doc(&set->commune[c]));
    return OK;
}

// At `place`; NULL: everywhere.
static enum err_kind load_used(struct ledger *ledger, const struct doc *names, const size_t *place,
                               struct readings *out, struct err *err)
{
    size_t count = doc_count(names);
    AUTO(mem_drop) struct hash *hash = mem_new(count + 1, sizeof(*hash));
    for (size_t i = 0; i < count; i++) {
        if (hash_parse(str_of(doc_text(doc_at(names, i), "")), &hash[i], err))
            return err_of(err);
    }
    return place ? reading_load_named_places(ledger, hash, count, place, 1, out, err)
                 : reading_load_named(ledger, hash, count, out, err);
}

static bool is_named(const struct doc *names, struct hash hash)
{
    struct hash_hex hex = hash_hex(hash);
    for (size_t i = 0; i < doc_count(names); i++) {
        if (strcmp(doc_text(doc_at(names, i), ""), hex.at) == 0)
            return true;
    }
    return false;
}

static bool has_source(const struct doc *list, const char *source, size_t *any)
{
    bool found = false;
    *any += doc_count(list);
    for (size_t i = 0; i < doc_count(list) && !found; i++)
        found = strcmp(doc_text(doc_get(doc_at(list, i), "source"), ""), source) == 0;
    return found;
}

// One file may have been fetched for several sources: the decision looked at some of them. None is
// said where nothing could be read.
static bool is_of_source(const struct doc *receipt, const char *source)
{
    const struct doc *gauges = doc_get(receipt, "gauges");
    size_t any = 0;
    bool found = has_source(doc_get(receipt, "readings"), source, &any) ||
                 has_source(doc_get(receipt, "tracks"), source, &any);
    for (const char *key = doc_next_key(gauges, NULL); key && !found;
         key = doc_next_key(gauges, key))
        found = has_source(doc_get(gauges, key), source, &any);
    return found || any == 0;
}

// A raw file that is shown, and the entry up to that of the decision by which it was read.
struct shown {
    const struct raw *raw;
    int64_t entry;
};

static int by_reading(const void *a, const void *b)
{
    const struct shown *x = a, *y = b;
    if (x->entry != y->entry)
        return x->entry > y->entry ? 1 : -1;
    return (x->raw->position > y->raw->position) - (x->raw->position < y->raw->position);
}

static struct doc *raw_doc(const struct raw *raw)
{
    struct doc *one = doc_object();
    doc_put_text(one, "hash", hash_hex(raw->hash).at);
    doc_put_text(one, "source", raw->source);
    doc_put_text(one, "url", raw->url);
    doc_put_int(one, "bytes", raw->bytes);
    doc_put_text(one, "fetched_at", utc_text(raw->fetched_at).at);
    return one;
}

// In the order in which they had been read by then: what came again later did so later.
static enum err_kind put_raws(struct ledger *ledger, const struct doc *names, int64_t upto,
                              struct doc *list, const struct doc *receipt, struct err *err)
{
    AUTO(raws_free) struct raws raws = {0};
    AUTO(rereads_free) struct rereads rereads = {0};
    size_t count = 0;
    if (raw_list(ledger, NULL, RAW_READ, 0, &raws, err) || rereads_load(ledger, &rereads, err))
        return err_of(err);
    AUTO(mem_drop) struct shown *shown = mem_new(raws.count + 1, sizeof(*shown));
    for (size_t i = 0; i < raws.count; i++) {
        if (is_named(names, raws.at[i].hash) && is_of_source(receipt, raws.at[i].source))
            shown[count++] = (struct shown){&raws.at[i], reread_last(&rereads, &raws.at[i], upto)};
    }
    qsort(shown, count, sizeof(*shown), by_reading);
    for (size_t i = 0; i < count; i++)
        doc_push(list, raw_doc(shown[i].raw));
    return OK;
}

// When a file was refused, as its entry says.
static enum err_kind put_refused_at(struct ledger *ledger, const struct raw *raw, struct doc *one,
                                    struct err *err)
{
    AUTO(doc_free) struct doc *entry = NULL;
    const char *at;
    if (ledger_entry_doc(ledger, raw->entry, &entry, err) || doc_need_text(entry, "at", &at, err))
        return err_add(err, "looking when %s was refused", raw->url);
    doc_put_text(one, "refused_at", at);
    return OK;
}

// Of a file that was refused, also when it was read later.
static enum err_kind put_refused_raws(struct ledger *ledger, const char *hash, int64_t upto,
                                      struct doc *list, struct err *err)
{
    AUTO(rereads_free) struct rereads rereads = {0};
    if (rereads_load(ledger, &rereads, err))
        return err_of(err);
    for (enum raw_state state = RAW_READ; state <= RAW_REFUSED; state++) {
        AUTO(raws_free) struct raws raws = {0};
        if (raw_list(ledger, NULL, state, 0, &raws, err))
            return err_of(err);
        for (size_t i = 0; i < raws.count; i++) {
            const struct raw *raw = &raws.at[i];
            const struct reread *reread = reread_refused(&rereads, raw, upto);
            if (strcmp(hash_hex(raw->hash).at, hash) != 0 || (!reread && state == RAW_READ))
                continue;
            struct doc *one = raw_doc(raw);
            doc_push(list, one);
            if (reread)
                doc_put_text(one, "refused_at", utc_text(reread->at).at);
            else if (put_refused_at(ledger, raw, one, err))
                return err_of(err);
        }
    }
    return OK;
}

// The raw files that are named, those that they were read with, and those whose values a later
// reading of gauges carries on.
static enum err_kind with_bases(struct ledger *ledger, const struct doc *inputs, int64_t basis_seq,
                                struct doc **out, struct err *err)
{
    const struct doc *names = doc_get(inputs, "raw"), *gauges = doc_get(inputs, "stations");
    size_t count = doc_count(names);
    AUTO(mem_drop) struct hash *hash = mem_new(count + 1, sizeof(*hash));
    for (size_t i = 0; i < count; i++) {
        if (hash_parse(str_of(doc_text(doc_at(names, i), "")), &hash[i], err))
            return err_of(err);
    }
    for (const char *key = doc_next_key(gauges, NULL); key; key = doc_next_key(gauges, key)) {
        const struct doc *list = doc_get(gauges, key);
        for (size_t i = 0; i < doc_count(list); i++) {
            struct hash name;
            if (hash_parse(str_of(doc_text(doc_at(list, i), "")), &name, err) ||
                station_raws(ledger, &name, &hash, &count, err))
                return err_of(err);
        }
    }
    if (raw_add_bases(ledger, basis_seq, &hash, &count, err))
        return err_of(err);
    *out = doc_array();
    for (size_t i = 0; i < count; i++)
        doc_push_text(*out, hash_hex(hash[i]).at);
    return OK;
}

// The file that was refused, and what it was read with.
static enum err_kind put_refused(struct ledger *ledger, const char *refused, int64_t basis_seq,
                                 struct doc *receipt, struct err *err)
{
    AUTO(doc_free) struct doc *bases = doc_array();
    AUTO(mem_drop) struct hash *hash = mem_new(1, sizeof(*hash));
    struct doc *files = doc_array();
    size_t count = 1;
    doc_put(receipt, "raw", files);
    if (hash_parse(str_of(refused), hash, err) ||
        raw_add_bases(ledger, basis_seq, &hash, &count, err))
        return err_of(err);
    for (size_t i = 1; i < count; i++)
        doc_push_text(bases, hash_hex(hash[i]).at);
    return put_refused_raws(ledger, refused, basis_seq, files, err)
               ? err_of(err)
               : put_raws(ledger, bases, basis_seq, files, receipt, err);
}

static enum err_kind put_points(const struct receipt_from *from, const struct policy *policy,
                                const struct doc *inputs, struct doc *receipt, struct err *err)
{
    if (receipt_put_tracks(from->ledger, doc_get(inputs, "tracks"), receipt, err) ||
        receipt_put_gauges(from->ledger, policy, doc_get(inputs, "stations"), receipt, err))
        return err_of(err);
    return OK;
}

static enum err_kind put_inputs(const struct receipt_from *from, const struct policy *policy,
                                const struct decision_row *row, const struct doc *inputs,
                                const size_t *place, struct doc *receipt, struct err *err)
{
    AUTO(readings_free) struct readings readings = {0};
    struct doc *list = doc_array();
    const char *refused = doc_text(doc_get(inputs, "raw_refused"), NULL);
    doc_put(receipt, "readings", list);
    if (refused)
        return put_refused(from->ledger, refused, row->batch_seq, receipt, err);
    if (load_used(from->ledger, doc_get(inputs, "readings"), place, &readings, err))
        return err_of(err);
    for (size_t i = 0; i < readings.count; i++)
        doc_push(list, receipt_reading_doc(&readings, i, !place));
    AUTO(doc_free) struct doc *names = NULL;
    if (put_points(from, policy, inputs, receipt, err) ||
        with_bases(from->ledger, inputs, row->batch_seq, &names, err))
        return err_of(err);
    struct doc *files = doc_array();
    doc_put(receipt, "raw", files);
    return put_raws(from->ledger, names, row->batch_seq, files, receipt, err);
}

static enum err_kind put_texts(const struct receipt_from *from, const struct decision_row *row,
                               struct doc *receipt, struct policy **policy, struct err *err)
{
    AUTO(buf_free)
    struct buf yaml = buf_new(POLICY_BYTES_MAX), sources = buf_new(SOURCES_BYTES_MAX);
    AUTO(mem_drop) char *path = site_path(from->site, "sources.yaml");
    if (policy_text_get(from->ledger, row->policy_hash, &yaml, err) ||
        file_read(path, &sources, err))
        return err_of(err);
    doc_put_str(receipt, "policy_yaml", buf_slice(&yaml));
    doc_put_str(receipt, "sources_yaml", buf_slice(&sources));
    return policy_parse(buf_slice(&yaml), "policy", policy, err);
}

enum err_kind receipt_row(struct ledger *ledger, int64_t seq, struct decision_row *out,
                          struct err *err)
{
    AUTO(entry_free) struct entry entry = {0};
    AUTO(doc_free) struct doc *doc = NULL;
    AUTO(decision_rows_free) struct decision_rows rows = {0};
    if (ledger_entry(ledger, seq, &entry, err))
        return err_of(err);
    if (strcmp(entry.kind, "decision") != 0)
        return err_set(err, ERR_INPUT, "entry %" PRId64 " is a %s, not a decision", seq,
                       entry.kind);
    if (doc_parse(str_of(entry.text), "ledger entry", &doc, err))
        return err_of(err);
    struct decision_query query = {.policy = doc_text(doc_get(doc, "policy"), ""),
                                   .commune = doc_text(doc_get(doc, "commune"), ""),
                                   .batch_seq = doc_int(doc_get(doc, "batch"), 0)};
    if (decision_list(ledger, &query, &rows, err))
        return err_of(err);
    if (rows.count != 1)
        return err_set(err, ERR_BROKEN, "entry %" PRId64 " is not in the table of decisions", seq);
    *out = rows.at[0];
    return OK;
}

// How the payouts that are shown were reckoned.
static enum err_kind put_reckonings(const struct policy *policy, const struct decision_row *row,
                                    const struct doc *contracts, struct doc *explanation,
                                    struct err *err)
{
    struct occasion occasion;
    struct share share;
    if (doc_count(contracts) == 0 || !reckon_share(doc_get(explanation, "trace"), &share))
        return OK;
    if (due_occasion(policy, row->period, row->as_of, &occasion, err))
        return err_of(err);
    struct doc *list = doc_array();
    reckon_list(policy, share, occasion.last, contracts, list);
    doc_put(explanation, "reckonings", list);
    return OK;
}

static enum err_kind check_size(const struct doc *receipt, int64_t decision, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(RECEIPT_BYTES_MAX - 1); // and the line's end
    doc_canonical(receipt, &text);
    return text.full ? err_set(err, ERR_INPUT, "the receipt of decision %" PRId64 " is over %d MiB",
                               decision, RECEIPT_BYTES_MAX >> 20)
                     : OK;
}

// A drill is what the acts say by which the policy came into force; where there are none, the site.
static enum err_kind put_drill(const struct site *site, struct doc *receipt, struct err *err)
{
    const struct doc *list = doc_get(doc_get(receipt, "entries"), "signed");
    bool drill = doc_count(list) == 0 && site_is_drill(site);
    for (size_t i = 0; i < doc_count(list) && !drill; i++) {
        AUTO(doc_free) struct doc *act = NULL;
        const char *text = doc_text(doc_get(doc_at(list, i), "text"), "");
        if (doc_parse(str_of(text), "ledger entry", &act, err))
            return err_of(err);
        drill = doc_bool(doc_get(act, "drill"), false);
    }
    doc_put_bool(receipt, "drill", drill);
    return OK;
}

enum err_kind receipt_make(const struct receipt_from *from, int64_t decision_seq, struct doc **out,
                           struct err *err)
{
    AUTO(doc_free) struct doc *receipt = doc_object();
    AUTO(policy_free) struct policy *policy = NULL;
    struct doc *explanation = NULL;
    struct decision_row row;
    size_t place = 0;
    if (receipt_row(from->ledger, decision_seq, &row, err) ||
        explain_make(from->ledger, from->map, &row, NULL, &explanation, err))
        return err_of(err);
    doc_put(receipt, "explanation", explanation);
    doc_put_int(receipt, "receipt", RECEIPT_FORMAT);
    const struct doc *inputs = doc_get(explanation, "inputs");
    if (doc_get(inputs, "program"))
        doc_put_same(receipt, "program", doc_get(inputs, "program"));
    if (put_entries(from, &row, receipt, err) || put_drill(from->site, receipt, err) ||
        put_texts(from, &row, receipt, &policy, err) ||
        put_reckonings(policy, &row, doc_get(receipt, "contracts"), explanation, err))
        return err_add(err, "making the receipt of decision %" PRId64, decision_seq);
    bool wide = receipt_is_wide(policy);
    if (put_commune(from->map, &row, wide, receipt, &place, err) ||
        put_inputs(from, policy, &row, inputs, wide ? NULL : &place, receipt, err))
        return err_add(err, "making the receipt of decision %" PRId64, decision_seq);
    if (check_size(receipt, decision_seq, err))
        return err_of(err);
    *out = TAKE(receipt);
    return OK;
}

enum err_kind receipt_decision(struct ledger *ledger, const char *what, int64_t *out,
                               struct err *err)
{
    AUTO(payout_rows_free) struct payout_rows rows = {0};
    struct err no_number = {0};
    if (num_whole(str_of(what), 1, INT64_MAX, out, &no_number) == OK)
        return OK;
    if (payout_list(ledger, what, &rows, err))
        return err_of(err);
    if (rows.count == 0)
        return err_set(err, ERR_MISSING,
                       "contract %s has no payout; gong history %s names its decisions: give "
                       "the number of one",
                       what, what);
    *out = rows.at[rows.count - 1].decision_seq;
    return OK;
}

enum err_kind receipt_asked(const struct receipt_from *from, const char *what, int64_t *out,
                            struct err *err)
{
    struct contract contract;
    struct decision_row row;
    struct err unknown = {0};
    if (receipt_decision(from->ledger, what, out, err) == OK)
        return OK;
    if (err->kind != ERR_MISSING || contract_find(from->people, what, &contract, &unknown))
        return err_of(err);
    struct question question = {
        .policy = contract.policy, .commune = contract.commune, .contract = what};
    if (explain_find(from->ledger, &question, &row, err))
        return err_of(err);
    *out = row.seq;
    return OK;
}
