#include "triggers/receipt_words.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "policies/unit.h"
#include "triggers/explain.h"

#include <string.h>

enum { TEXT_BYTES_MAX = 64 << 20 };

static void put(struct doc *made, const char *key, const struct doc *entry, const char *from)
{
    const struct doc *value = doc_get(entry, from);
    if (value && !doc_is_null(value))
        doc_put_same(made, key, value);
}

static bool same(const struct doc *a, const struct doc *b)
{
    if (!a || !b)
        return false;
    AUTO(buf_free) struct buf one = buf_new(TEXT_BYTES_MAX), other = buf_new(TEXT_BYTES_MAX);
    doc_canonical(a, &one);
    doc_canonical(b, &other);
    return !one.full && str_same(buf_slice(&one), buf_slice(&other));
}

// Receipts of before 2026-11-26 call a part by its name alone.
static void put_titles(const struct policy *policy, const struct doc *shown, struct doc *made)
{
    AUTO(doc_free) struct doc *all = doc_object();
    explain_titles(policy, all);
    put(made, "title", all, "title");
    if (doc_get(shown, "titles"))
        put(made, "titles", all, "titles");
}

// The states of payouts are those of the day on which the receipt was made.
static void put_payouts(const struct receipt_said *said, const struct doc *shown, struct doc *made)
{
    struct doc *list = doc_array();
    for (size_t i = 0; i < doc_count(said->payouts); i++) {
        const struct doc *payout = doc_at(said->payouts, i);
        struct doc *one = doc_object();
        put(one, "contract", payout, "contract");
        put(one, "amount", payout, "amount");
        put(one, "currency", payout, "currency");
        put(one, "entry", payout, "seq");
        put(one, "state", doc_at(doc_get(shown, "payouts"), i), "state");
        doc_push(list, one);
    }
    doc_put(made, "payouts", list);
}

static const struct doc *act_of(const struct receipt_said *said, const char *key,
                                const struct doc *value)
{
    for (size_t i = 0; i < doc_count(said->policy_acts); i++) {
        const struct doc *entry = doc_at(said->policy_acts, i);
        if (value && doc_get(entry, key) && same(doc_get(entry, key), value))
            return entry;
    }
    return NULL;
}

// Each signature is an entry's; since when the policy is in force is that entry's.
static bool check_signatures(const struct receipt_said *said, const struct doc *shown)
{
    static const char in_force[] = "policy_in_force";
    const struct doc *list = doc_get(shown, "signed"), *starts = doc_get(shown, "starts");
    for (size_t i = 0; i < doc_count(list); i++) {
        AUTO(doc_free) struct doc *made = doc_object();
        const struct doc *one = doc_at(list, i), *entry = act_of(said, "seq", doc_get(one, "seq"));
        put(made, "act", entry, "act");
        put(made, "at", entry, "at");
        put(made, "person", entry, "by");
        put(made, "seq", entry, "seq");
        // The one person of a drill without people has no role, and is shown with one.
        put(made, "role", strcmp(doc_text(doc_get(entry, "role"), ""), "drill") == 0 ? one : entry,
            "role");
        if (!entry || !same(made, one))
            return false;
    }
    const struct doc *entry = act_of(said, "starts", starts);
    if (!starts)
        return strcmp(doc_text(doc_get(shown, "state"), ""), "in force") != 0;
    return entry && strcmp(doc_text(doc_get(entry, "kind"), ""), in_force) == 0;
}

// All who signed are told, and that it is a drill where they signed one.
static bool check_acts(const struct receipt_said *said, const struct doc *signatures)
{
    const struct doc *list = doc_get(signatures, "signed");
    bool drill = false;
    for (size_t i = 0; i < doc_count(said->policy_acts); i++) {
        const struct doc *entry = doc_at(said->policy_acts, i);
        bool told = !doc_get(entry, "act"); // what came of the acts is no signature
        for (size_t k = 0; k < doc_count(list) && !told; k++)
            told = same(doc_get(doc_at(list, k), "seq"), doc_get(entry, "seq"));
        if (!told)
            return false;
        drill = drill || doc_bool(doc_get(entry, "drill"), false);
    }
    return doc_count(said->policy_acts) == 0 ||
           (signatures && doc_bool(doc_get(said->receipt, "drill"), !drill) == drill);
}

enum err_kind receipt_words_check(const struct receipt_said *said, struct err *err)
{
    static const char *const of_decision[][2] = {
        {"answer", "answer"},   {"index_milli", "index_milli"},
        {"entry", "seq"},       {"batch", "batch"},
        {"trace", "trace"},     {"quality", "quality"},
        {"commune", "commune"}, {"alert", "alert"},
    };
    static const char *const of_basis[] = {"policy", "version",      "policy_hash", "period",
                                           "as_of",  "boundary_set", "inputs",      "replaces"};
    AUTO(doc_free) struct doc *made = doc_object();
    const struct doc *shown = doc_get(said->receipt, "explanation");
    const struct doc *signatures = doc_get(shown, "signatures");
    for (size_t i = 0; i < COUNT_OF(of_decision); i++)
        put(made, of_decision[i][0], said->decision, of_decision[i][1]);
    for (size_t i = 0; i < COUNT_OF(of_basis); i++)
        put(made, of_basis[i], said->basis, of_basis[i]);
    put(made, "commune_name", doc_get(said->receipt, "commune"), "name");
    put_titles(said->policy, shown, made);
    put_payouts(said, shown, made);
    if (signatures)
        doc_put_same(made, "signatures", signatures);
    put(made, "reckonings", shown, "reckonings");
    if (!same(made, shown) || (signatures && !check_signatures(said, signatures)) ||
        !check_acts(said, signatures))
        return err_set(err, ERR_REFUSED,
                       "the receipt does not hold: what it tells people is not what its entries "
                       "say");
    return OK;
}
