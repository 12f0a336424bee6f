#include "triggers/reckon.h"

#include "core/mem.h"
#include "policies/policy.h"
#include "policies/trace.h"
#include "triggers/payout.h"

#include <inttypes.h>
#include <string.h>

struct doc *reckon_doc(const struct policy *policy, int64_t sum_insured_vnd, struct share share,
                       struct civil last)
{
    enum { MILLI = 1000 };
    struct money insured = VND(sum_insured_vnd);
    struct money rounded = payout_amount(policy, insured, share);
    int64_t cap = payout_cap(policy, last);
    struct doc *doc = doc_object();
    if (rounded.minor > insured.minor)
        rounded = insured;
    doc_put_int(doc, "sum_insured", sum_insured_vnd);
    doc_put_int(doc, "part", share.part);
    doc_put_int(doc, "whole", share.whole);
    doc_put_int(doc, "exact_milli",
                (int64_t)((__int128)sum_insured_vnd * share.part * MILLI / share.whole));
    doc_put_int(doc, "unit", policy->payout.unit_vnd);
    doc_put_int(doc, "rounded", rounded.minor);
    if (cap != INT64_MAX)
        doc_put_int(doc, "legal_cap", cap);
    if (cap != INT64_MAX && policy->caps_preset[0])
        doc_put_text(doc, "legal_caps", policy->caps_preset);
    doc_put_int(doc, "due", payout_due(policy, insured, share, last).minor);
    return doc;
}

bool reckon_share(const struct doc *trace, struct share *out)
{
    const struct doc *found = NULL;
    for (size_t i = 0; i < doc_count(trace); i++) {
        const struct doc *step = doc_at(trace, i);
        if (strcmp(doc_text(doc_get(step, "step"), ""), trace_steps[TRACE_PAYOUT]) == 0)
            found = step;
    }
    struct share share = {doc_int(doc_get(found, "part"), -1), doc_int(doc_get(found, "whole"), 0)};
    if (share.part < 0 || share.whole <= 0)
        return false;
    *out = share;
    return true;
}

void reckon_list(const struct policy *policy, struct share share, struct civil last,
                 const struct doc *contracts, struct doc *list)
{
    for (size_t i = 0; i < doc_count(contracts); i++) {
        const struct doc *contract = doc_at(contracts, i);
        struct doc *one =
            reckon_doc(policy, doc_int(doc_get(contract, "sum_insured"), 0), share, last);
        doc_put_text(one, "contract", doc_text(doc_get(contract, "contract"), ""));
        doc_push(list, one);
    }
}

static int64_t number(const struct doc *doc, const char *key)
{
    return doc_int(doc_get(doc, key), 0);
}

static void money(const struct doc *doc, const char *key, enum language language, struct buf *out)
{
    unit_money(out, number(doc, key), language);
    buf_text(out, language == LANGUAGE_VI ? " đồng" : " VND");
}

void reckon_say(const struct doc *reckoning, enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    buf_print(out, "%" PRId64 "/%" PRId64 " × ", number(reckoning, "part"),
              number(reckoning, "whole"));
    money(reckoning, "sum_insured", language, out);
    buf_text(out, " = ");
    unit_number(out, number(reckoning, "exact_milli"), language);
    buf_text(out, vi ? " đồng; làm tròn một lần đến " : " VND; rounded once to ");
    money(reckoning, "unit", language, out);
    buf_text(out, ": ");
    money(reckoning, "rounded", language, out);
    if (doc_get(reckoning, "legal_cap")) {
        const char *whose = doc_text(doc_get(reckoning, "legal_caps"), "");
        buf_text(out, vi ? "; giới hạn theo luật " : "; legal cap ");
        money(reckoning, "legal_cap", language, out);
        if (*whose)
            buf_print(out, " (%s)", whose);
    }
    buf_text(out, vi ? "; phải chi " : "; due ");
    money(reckoning, "due", language, out);
}
