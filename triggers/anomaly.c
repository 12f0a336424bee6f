#include "triggers/anomaly.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/proposal.h"
#include "policies/policy.h"

#include <inttypes.h>
#include <stdio.h>

struct anomaly_bounds anomaly_bounds_of(const struct site *site)
{
    return (struct anomaly_bounds){
        .worst_times = site_whole(site, "hold_worst_times"),
        .share_pct = site_whole(site, "hold_share_pct"),
        .doubt_pct = site_whole(site, "hold_doubt_pct"),
        .second_pct = site_whole(site, "hold_second_pct"),
    };
}

// part of whole is more than percent; whole numbers only.
static bool is_over(size_t part, size_t whole, int64_t percent)
{
    return percent > 0 && (int64_t)part * 100 > (int64_t)whole * percent;
}

// The worst season of the past, as the proposal has it; false when it was not tried.
static enum err_kind worst_of(struct ledger *ledger, const struct policy *policy, bool *known,
                              int64_t *share_milli, int64_t *pays_milli, struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    struct proposal_row row;
    *known = false;
    enum err_kind kind = proposal_of(ledger, policy->hash, &row, err);
    if (kind == ERR_MISSING)
        return OK;
    if (kind || ledger_entry_doc(ledger, row.seq, &doc, err))
        return err_of(err);
    const struct doc *worst = doc_get(doc_get(doc_get(doc, "effect"), "new"), "worst");
    *known = doc_is_object(worst);
    *share_milli = doc_int(doc_get(worst, "share_milli"), 0);
    *pays_milli = doc_int(doc_get(worst, "pays_milli"), 0);
    return OK;
}

// value > times x worst, of `whole`, in thousandths.
static bool beyond(int64_t value, int64_t whole, int64_t worst_milli, int64_t times)
{
    __int128 limit = (__int128)whole * worst_milli * times;
    return (__int128)value * 1000 > limit;
}

static enum err_kind compare_past(struct ledger *ledger, const struct policy *policy, int64_t times,
                                  const struct anomaly_batch *batch, char why[ANOMALY_WHY_SIZE],
                                  struct err *err)
{
    bool known = false;
    int64_t share = 0, pays = 0;
    if (times == 0)
        return OK;
    if (worst_of(ledger, policy, &known, &share, &pays, err))
        return err_of(err);
    if (!known)
        return OK;
    if (beyond(batch->pays_vnd, batch->insured_vnd, pays, times))
        (void)snprintf(why, ANOMALY_WHY_SIZE,
                       "%" PRId64 " of %" PRId64 " đồng insured would be paid: more than %" PRId64
                       " times the worst season of the past (%" PRId64 ".%" PRId64 " %%)",
                       batch->pays_vnd, batch->insured_vnd, times, pays / 10, pays % 10);
    else if (beyond((int64_t)batch->yes, (int64_t)batch->communes, share, times))
        (void)snprintf(why, ANOMALY_WHY_SIZE,
                       "%zu of %zu communes would be paid: more than %" PRId64
                       " times the worst season of the past (%" PRId64 ".%" PRId64 " %%)",
                       batch->yes, batch->communes, times, share / 10, share % 10);
    return OK;
}

enum err_kind anomaly_find(struct ledger *ledger, const struct policy *policy,
                           const struct anomaly_bounds *bounds, const struct anomaly_batch *batch,
                           char why[ANOMALY_WHY_SIZE], struct err *err)
{
    why[0] = '\0';
    if (batch->yes == 0 || batch->pays_vnd == 0)
        return OK;
    if (is_over(batch->doubted, batch->yes, bounds->doubt_pct))
        (void)snprintf(why, ANOMALY_WHY_SIZE,
                       "the data of %zu of the %zu communes that would be paid are doubted: more "
                       "than %" PRId64 " %%",
                       batch->doubted, batch->yes, bounds->doubt_pct);
    else if (is_over(batch->second_no, batch->yes, bounds->second_pct))
        (void)snprintf(
            why, ANOMALY_WHY_SIZE,
            "a second source (%s) says no in %zu of the %zu communes that would be paid: "
            "more than %" PRId64 " %%",
            substitute_of(policy, RUNG_SOURCE)->source, batch->second_no, batch->yes,
            bounds->second_pct);
    else if (is_over(batch->yes, batch->communes, bounds->share_pct))
        (void)snprintf(why, ANOMALY_WHY_SIZE,
                       "%zu of %zu communes would be paid: more than %" PRId64 " %%", batch->yes,
                       batch->communes, bounds->share_pct);
    return why[0] ? OK : compare_past(ledger, policy, bounds->worst_times, batch, why, err);
}
