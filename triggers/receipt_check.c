#include "triggers/receipt.h"

#include "core/date.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/num.h"
#include "ledger/decision.h"
#include "ledger/proof.h"
#include "ledger/map.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "triggers/commune_doc.h"
#include "triggers/due.h"
#include "triggers/evaluate.h"
#include "triggers/grounds.h"
#include "triggers/payout.h"
#include "triggers/reckon.h"
#include "triggers/receipt_site.h"
#include "triggers/receipt_value.h"
#include "triggers/receipt_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STEPS_BYTES_MAX = 16 << 20, TOP_UP_MAX = 1000 };
#define SUM_VND_MAX INT64_C(1000000000000000) // as money_parse_vnd

// A receipt that is being checked: its entries as documents, and what was made of it.
struct check {
    const struct doc *receipt;
    const struct note_key *key;
    const struct quorum *quorum;
    struct receipt_report *report;
    struct doc *decision, *basis, *policy_entry;
    struct doc *before, *payouts, *signed_by; // arrays of entries; before: what others add to
    struct policy *policy;
    struct communes_said communes; // the one, or all of its set
    size_t commune;                // its place in them
    struct grounds grounds;        // of these
};

static void check_free(struct check *check)
{
    doc_free(&check->decision);
    doc_free(&check->basis);
    doc_free(&check->policy_entry);
    doc_free(&check->before);
    doc_free(&check->payouts);
    doc_free(&check->signed_by);
    communes_said_free(&check->communes);
    policy_free(&check->policy);
    grounds_free(&check->grounds);
}

static enum err_kind refuse(struct err *err, const char *what)
{
    return err_set(err, ERR_REFUSED, "the receipt does not hold: %s", what);
}

// --- 1 the entries

static enum err_kind check_entry(struct check *check, const struct doc *entry, const char *kind,
                                 struct doc **out, struct err *err)
{
    const char *text = NULL, *proof = NULL;
    struct proved proved;
    AUTO(doc_free) struct doc *doc = NULL;
    if (doc_need_text(entry, "text", &text, err) || doc_need_text(entry, "proof", &proof, err))
        return err_add(err, "reading the %s entry of the receipt", kind);
    if (proof_check(str_of(proof), str_of(text), check->key, check->quorum, &proved, err) ||
        doc_parse(str_of(text), "entry", &doc, err))
        return err_add(err, "checking the %s entry", kind);
    if (doc_int(doc_get(doc, "seq"), -1) != (int64_t)proved.index + 1 ||
        doc_int(doc_get(entry, "seq"), -1) != (int64_t)proved.index + 1 ||
        strcmp(doc_text(doc_get(doc, "kind"), ""), kind) != 0)
        return refuse(err, "an entry is not of the number or kind that it is shown as");
    check->report->proofs++;
    check->report->size = proved.checkpoint.size;
    (void)snprintf(check->report->origin, sizeof(check->report->origin), "%s",
                   proved.checkpoint.origin);
    *out = TAKE(doc);
    return OK;
}

// Who signed the policy: entries of the kinds of such acts, about this very text.
static enum err_kind check_signed(struct check *check, const struct doc *list, struct err *err)
{
    static const char *const kinds[] = {"proposal", "policy_sign", "policy_in_force",
                                        "policy_reject"};
    const char *hash = doc_text(doc_get(check->policy_entry, "policy_hash"), "");
    for (size_t i = 0; i < doc_count(list); i++) {
        AUTO(doc_free) struct doc *said = NULL;
        AUTO(doc_free) struct doc *entry = NULL;
        const char *text = doc_text(doc_get(doc_at(list, i), "text"), ""), *kind = kinds[0];
        if (doc_parse(str_of(text), "entry", &said, err))
            return err_of(err);
        for (size_t k = 0; k < COUNT_OF(kinds); k++) {
            if (strcmp(doc_text(doc_get(said, "kind"), ""), kinds[k]) == 0)
                kind = kinds[k];
        }
        if (check_entry(check, doc_at(list, i), kind, &entry, err))
            return err_of(err);
        if (strcmp(doc_text(doc_get(entry, "policy_hash"), ""), hash) != 0)
            return refuse(err, "a signature is that of another policy");
        doc_push(check->signed_by, TAKE(entry));
    }
    return OK;
}

static enum err_kind take_entries(struct check *check, const struct doc *list, struct doc *out,
                                  struct err *err)
{
    for (size_t i = 0; i < doc_count(list); i++) {
        struct doc *one = NULL;
        if (check_entry(check, doc_at(list, i), "payout", &one, err))
            return err_of(err);
        doc_push(out, one);
    }
    return OK;
}

// A decision's payouts are the entries behind it: no number is left out, and the entry behind the
// last is no payout of it, or the log ended there.
static enum err_kind check_payout_entries(struct check *check, const struct doc *entries,
                                          struct err *err)
{
    AUTO(doc_free) struct doc *said = NULL;
    AUTO(doc_free) struct doc *next = NULL;
    const struct doc *behind = doc_get(entries, "next");
    int64_t decision = doc_int(doc_get(check->decision, "seq"), -1), last = decision;
    if (take_entries(check, doc_get(entries, "payouts"), check->payouts, err) ||
        take_entries(check, doc_get(entries, "before"), check->before, err))
        return err_of(err);
    for (size_t i = 0; i < doc_count(check->payouts); i++) {
        if (doc_int(doc_get(doc_at(check->payouts, i), "seq"), -1) != ++last)
            return refuse(err, "a payout of the decision is not shown");
    }
    if (!behind)
        return check->report->size == (uint64_t)last
                   ? OK
                   : refuse(err, "the entry behind the last payout is not shown");
    if (doc_parse(str_of(doc_text(doc_get(behind, "text"), "")), "entry", &said, err) ||
        check_entry(check, behind, doc_text(doc_get(said, "kind"), ""), &next, err))
        return err_of(err);
    bool more = strcmp(doc_text(doc_get(next, "kind"), ""), "payout") == 0 &&
                doc_int(doc_get(next, "decision"), -1) == decision;
    if (more || doc_int(doc_get(next, "seq"), -1) != last + 1)
        return refuse(err, "a payout of the decision is not shown");
    return OK;
}

static enum err_kind check_format(const struct doc *receipt, struct err *err)
{
    int64_t format = doc_int(doc_get(receipt, "receipt"), 0);
    if (format == RECEIPT_FORMAT && doc_is_object(doc_get(receipt, "entries")))
        return OK;
    if (format > 0 && format < RECEIPT_FORMAT)
        return err_set(err, ERR_INPUT,
                       "this receipt is of an older program; ask the site for a new one (gong "
                       "receipt show SEQ --json)");
    return err_set(err, ERR_INPUT,
                   "this is no receipt of gong; one is made by: gong receipt show SEQ --json");
}

static enum err_kind check_entries(struct check *check, struct err *err)
{
    const struct doc *entries = doc_get(check->receipt, "entries");
    if (check_format(check->receipt, err) ||
        check_entry(check, doc_get(entries, "decision"), "decision", &check->decision, err) ||
        check_entry(check, doc_get(entries, "basis"), "basis", &check->basis, err) ||
        check_entry(check, doc_get(entries, "policy"), "policy", &check->policy_entry, err) ||
        check_signed(check, doc_get(entries, "signed"), err))
        return err_of(err);
    int64_t batch = doc_int(doc_get(check->decision, "batch"), 0);
    if (batch < 1 || batch != doc_int(doc_get(check->basis, "seq"), -1))
        return refuse(err, "the decision stands on another basis than the one shown");
    return check_payout_entries(check, entries, err);
}

// --- 2 the policy

static enum err_kind check_policy(struct check *check, struct err *err)
{
    const char *yaml = NULL, *entry_hash = NULL, *basis_hash = NULL;
    if (doc_need_text(check->receipt, "policy_yaml", &yaml, err) ||
        doc_need_text(check->policy_entry, "policy_hash", &entry_hash, err) ||
        doc_need_text(check->basis, "policy_hash", &basis_hash, err))
        return err_of(err);
    struct hash_hex hex = hash_hex(hash_of(str_of(yaml)));
    if (strcmp(hex.at, entry_hash) != 0 || strcmp(hex.at, basis_hash) != 0)
        return refuse(err, "the policy's text is not the one that decided");
    return policy_parse(str_of(yaml), "policy", &check->policy, err);
}

// --- 3 the values

static bool is_same(const struct doc *a, const char *key, const struct doc *b, const char *other)
{
    return strcmp(doc_text(doc_get(a, key), ""), doc_text(doc_get(b, other), "")) == 0;
}

// The program and the boundary set are those of the basis (the first ones named neither).
static enum err_kind check_shown(const struct check *check, struct err *err)
{
    const struct doc *inputs = doc_get(check->basis, "inputs");
    const struct doc *commune = doc_get(check->receipt, "commune");
    if (!is_same(check->receipt, "program", inputs, "program"))
        return refuse(err, "it was decided by another program than the one shown");
    if (!is_same(commune, "code", check->decision, "commune") ||
        !is_same(commune, "boundary_set", check->basis, "boundary_set") ||
        (doc_get(inputs, "boundary_set_hash") &&
         !is_same(commune, "boundary_set_hash", inputs, "boundary_set_hash")))
        return refuse(err, "it shows another commune or boundary set than that of the decision");
    return OK;
}

// All communes make the boundary set that is named, and this one is among them.
static enum err_kind take_all_communes(struct check *check, struct err *err)
{
    const struct doc *list = doc_get(check->receipt, "communes");
    const struct doc *said = doc_get(check->receipt, "commune");
    struct boundary_set *set = &check->communes.set;
    for (size_t i = 0; i < doc_count(list); i++) {
        if (communes_said_add(&check->communes, doc_at(list, i), err))
            return err_add(err, "reading the communes of the receipt");
    }
    if (strcmp(hash_hex(boundary_set_hash(set)).at,
               doc_text(doc_get(said, "boundary_set_hash"), "")) != 0)
        return refuse(err, "its communes are not those of the boundary set");
    check->commune = boundary_set_find(set, doc_text(doc_get(said, "code"), ""));
    if (check->commune == SIZE_MAX ||
        !is_same(doc_at(list, check->commune), "name", said, "name") ||
        !is_same(doc_at(list, check->commune), "shape", said, "shape"))
        return refuse(err, "its commune is not that of the boundary set");
    return OK;
}

static enum err_kind take_communes(struct check *check, struct err *err)
{
    struct boundary_set *set = &check->communes.set;
    if (check_shown(check, err))
        return err_of(err);
    if (receipt_is_wide(check->policy)) {
        if (take_all_communes(check, err))
            return err_of(err);
        check->report->named = true;
    } else if (communes_said_add(&check->communes, doc_get(check->receipt, "commune"), err)) {
        return err_add(err, "reading the commune of the receipt");
    }
    (void)snprintf(set->name, sizeof(set->name), "%s",
                   doc_text(doc_get(check->basis, "boundary_set"), ""));
    set->hash = boundary_set_hash(set);
    return OK;
}

static bool is_among(const struct doc *names, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < doc_count(names) && !found; i++)
        found = strcmp(doc_text(doc_at(names, i), ""), name) == 0;
    return found;
}

// Files and weights are such as the decision names; and where all values are shown, the reading is.
static enum err_kind check_reading(const struct check *check, size_t i, struct err *err)
{
    const struct doc *inputs = doc_get(check->basis, "inputs");
    const struct doc *said = doc_at(doc_get(check->receipt, "readings"), i);
    const char *name = doc_text(doc_at(doc_get(inputs, "readings"), i), "");
    if (!is_among(doc_get(inputs, "weights"), doc_text(doc_get(said, "weights"), "")))
        return refuse(err, "a reading was weighed by other weights than the decision names");
    if (!is_among(doc_get(inputs, "raw"), doc_text(doc_get(said, "raw"), "")))
        return refuse(err, "a reading is out of another raw file than the decision names");
    if (receipt_is_wide(check->policy) &&
        strcmp(hash_hex(check->grounds.readings.hash[i]).at, name) != 0)
        return refuse(err, "a reading is not the one that the decision names");
    return OK;
}

static enum err_kind take_readings(struct check *check, struct err *err)
{
    const struct doc *list = doc_get(check->receipt, "readings");
    const struct doc *inputs = doc_get(check->basis, "inputs");
    const char *set = doc_text(doc_get(check->basis, "boundary_set"), "");
    struct readings *readings = &check->grounds.readings;
    readings->communes = check->communes.set.count;
    if (doc_count(list) != doc_count(doc_get(inputs, "readings")))
        return refuse(err, "it shows another number of readings than the decision stands on");
    if (receipt_take_list(list, set, readings, err))
        return err_of(err);
    for (size_t i = 0; i < doc_count(list); i++) {
        if (check_reading(check, i, err))
            return err_of(err);
    }
    if (receipt_take_gauges(check->receipt, check->policy, doc_get(inputs, "stations"), readings,
                            err) ||
        receipt_take_tracks(check->receipt, doc_get(inputs, "tracks"), &check->grounds.tracks, err))
        return err_of(err);
    return OK;
}

// All raw files that the decision's entry names are shown, beside those that they were read with.
static enum err_kind check_raw_names(struct check *check, struct err *err)
{
    const struct doc *named = doc_get(doc_get(check->basis, "inputs"), "raw");
    const struct doc *shown = doc_get(check->receipt, "raw");
    for (size_t i = 0; i < doc_count(named); i++) {
        const char *hash = doc_text(doc_at(named, i), "");
        bool found = false;
        for (size_t j = 0; j < doc_count(shown) && !found; j++)
            found = strcmp(doc_text(doc_get(doc_at(shown, j), "hash"), ""), hash) == 0;
        if (!found)
            return refuse(err, "a raw file that the decision names is not shown");
    }
    return OK;
}

// --- 4 the answer

static enum err_kind check_steps(const struct check *check, const struct decision_result *result,
                                 struct err *err)
{
    AUTO(buf_free) struct buf was = buf_new(STEPS_BYTES_MAX), is = buf_new(STEPS_BYTES_MAX);
    const struct doc *index = doc_get(check->decision, "index_milli");
    doc_canonical(doc_get(check->decision, "trace"), &was);
    doc_canonical(result->trace, &is);
    if (strcmp(doc_text(doc_get(check->decision, "answer"), ""), answer_name(result->answer)) != 0)
        return refuse(err, "evaluated again, the answer is another one");
    if (result->has_index != (index != NULL && !doc_is_null(index)) ||
        (result->has_index && doc_int(index, 0) != result->index_milli))
        return refuse(err, "evaluated again, the index is another one");
    if (was.full || is.full || !str_same(buf_slice(&was), buf_slice(&is)))
        return refuse(err, "evaluated again, the steps between are others");
    return OK;
}

// Which payout of its period it is: 0 the first, 1 what "2024+1" adds; -1 of no such period.
static int64_t top_up_of(const struct doc *payout, const char *period)
{
    const char *said = doc_text(doc_get(payout, "period"), "");
    size_t len = strlen(period);
    struct err no_number = {0};
    int64_t number = -1;
    if (strncmp(said, period, len) != 0)
        return -1;
    if (said[len] == 0)
        return 0;
    if (said[len] != '+' || num_whole(str_of(said + len + 1), 1, TOP_UP_MAX, &number, &no_number))
        return -1;
    return number;
}

static bool same_text(const struct doc *a, const struct doc *b, const char *key)
{
    return strcmp(doc_text(doc_get(a, key), ""), doc_text(doc_get(b, key), "-")) == 0;
}

// What was paid before a top-up: each payout of the period from the first on, once.
static enum err_kind paid_before(const struct check *check, const struct doc *payout,
                                 int64_t top_up, struct money *out, struct err *err)
{
    const char *period = doc_text(doc_get(check->basis, "period"), "");
    for (int64_t n = 0; n < top_up; n++) {
        const struct doc *found = NULL;
        for (size_t i = 0; i < doc_count(check->before) && !found; i++) {
            const struct doc *one = doc_at(check->before, i);
            if (top_up_of(one, period) == n && same_text(one, payout, "contract") &&
                same_text(one, payout, "policy"))
                found = one;
        }
        if (!found)
            return refuse(err, "a payout that a top-up adds to is not shown");
        int64_t vnd = doc_int(doc_get(found, "amount"), -1);
        if (vnd < 0 || vnd > SUM_VND_MAX - out->minor)
            return refuse(err, "what was paid before a top-up is no amount");
        *out = money_add(*out, VND(vnd));
    }
    return OK;
}

static enum err_kind check_payout(struct check *check, const struct doc *payout,
                                  const struct decision_result *result,
                                  const struct occasion *occasion, struct err *err)
{
    const struct doc *contracts = doc_get(check->receipt, "contracts");
    int64_t seq = doc_int(doc_get(payout, "seq"), -1);
    int64_t top_up = top_up_of(payout, doc_text(doc_get(check->basis, "period"), ""));
    struct money before = VND(0);
    if (doc_int(doc_get(payout, "decision"), -1) != doc_int(doc_get(check->decision, "seq"), -2) ||
        top_up < 0)
        return refuse(err, "a payout is another decision's");
    if (paid_before(check, payout, top_up, &before, err))
        return err_of(err);
    for (size_t i = 0; i < doc_count(contracts); i++) {
        const struct doc *contract = doc_at(contracts, i);
        int64_t sum_vnd = doc_int(doc_get(contract, "sum_insured"), -1);
        if (doc_int(doc_get(contract, "payout"), -1) != seq)
            continue;
        if (!same_text(contract, payout, "contract"))
            return refuse(err, "a payout is shown as another contract's");
        if (sum_vnd < 0 || sum_vnd > SUM_VND_MAX)
            return refuse(err, "a sum insured is none");
        struct money amount =
            payout_due(check->policy, VND(sum_vnd), result->share, occasion->last);
        if (top_up > 0)
            amount = payout_top_up(check->policy, before, amount);
        if (amount.minor != doc_int(doc_get(payout, "amount"), -1))
            return refuse(err, "computed again, a payout is of another amount");
        check->report->payouts++;
        return OK;
    }
    check->report->unchecked++;
    return OK;
}

static enum err_kind check_payouts(struct check *check, const struct decision_result *result,
                                   const struct occasion *occasion, struct err *err)
{
    for (size_t i = 0; i < doc_count(check->payouts); i++) {
        if (check_payout(check, doc_at(check->payouts, i), result, occasion, err))
            return err_of(err);
    }
    return OK;
}

// What people are told of how each payout was reckoned is what comes of the proved share again;
// older receipts do not tell it.
static enum err_kind check_reckonings(const struct check *check, const struct occasion *occasion,
                                      struct err *err)
{
    AUTO(doc_free) struct doc *made = doc_array();
    AUTO(buf_free) struct buf was = buf_new(STEPS_BYTES_MAX), is = buf_new(STEPS_BYTES_MAX);
    const struct doc *shown = doc_get(doc_get(check->receipt, "explanation"), "reckonings");
    const struct doc *contracts = doc_get(check->receipt, "contracts");
    struct share share;
    if (!shown)
        return OK;
    for (size_t i = 0; i < doc_count(contracts); i++) {
        int64_t sum_vnd = doc_int(doc_get(doc_at(contracts, i), "sum_insured"), -1);
        if (sum_vnd < 0 || sum_vnd > SUM_VND_MAX)
            return refuse(err, "a sum insured is none");
    }
    if (reckon_share(doc_get(check->decision, "trace"), &share))
        reckon_list(check->policy, share, occasion->last, contracts, made);
    doc_canonical(shown, &was);
    doc_canonical(made, &is);
    return !was.full && !is.full && str_same(buf_slice(&was), buf_slice(&is))
               ? OK
               : refuse(err, "it tells another reckoning of a payout, or of one that is not shown");
}

static enum err_kind check_answer(struct check *check, struct err *err)
{
    AUTO(decision_result_free) struct decision_result result = {0};
    const char *refused = doc_text(doc_get(doc_get(check->basis, "inputs"), "refused"), NULL);
    struct occasion occasion = {0};
    struct utc as_of;
    if (refused) {
        if (doc_count(check->payouts) > 0)
            return refuse(err, "a payout stands on a file that could not be read");
        evaluate_refused(refused, &result);
        return check_steps(check, &result, err) ? err_of(err)
                                                : check_reckonings(check, &occasion, err);
    }
    if (receipt_need_time(check->basis, "as_of", &as_of, err) ||
        due_occasion(check->policy, doc_text(doc_get(check->basis, "period"), ""), as_of, &occasion,
                     err))
        return err_of(err);
    if (grounds_complete(check->policy, &occasion, &check->communes.set, &check->grounds, err))
        return err_of(err);
    evaluate(check->policy, &check->grounds.readings, check->commune, &occasion, &result);
    if (check_steps(check, &result, err) || check_payouts(check, &result, &occasion, err))
        return err_of(err);
    return check_reckonings(check, &occasion, err);
}

enum err_kind receipt_check(const struct doc *receipt, const struct note_key *key,
                            const struct quorum *quorum, const char *raw_folder,
                            struct receipt_report *report, struct err *err)
{
    AUTO(check_free)
    struct check check = {.receipt = receipt,
                          .key = key,
                          .quorum = quorum,
                          .report = report,
                          .before = doc_array(),
                          .payouts = doc_array(),
                          .signed_by = doc_array()};
    *report = (struct receipt_report){0};
    if (check_entries(&check, err) || check_policy(&check, err) || take_communes(&check, err) ||
        take_readings(&check, err) || check_raw_names(&check, err))
        return err_of(err);
    struct receipt_said said = {receipt,       check.decision,  check.basis,
                                check.payouts, check.signed_by, check.policy};
    if (receipt_words_check(&said, err))
        return err_of(err);
    report->drill_proved = doc_count(check.signed_by) > 0;
    struct receipt_site site = {receipt, check.basis, check.policy, &check.communes.set,
                                &check.grounds};
    if (raw_folder && receipt_site_derive(&site, raw_folder, report, err))
        return err_of(err);
    return check_answer(&check, err);
}
