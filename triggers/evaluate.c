#include "triggers/evaluate.h"

#include "core/mem.h"
#include "ledger/reading.h"
#include "policies/policy.h"
#include "triggers/cover.h"
#include "triggers/judge.h"
#include "triggers/look.h"

#include <assert.h>
#include <string.h>

void decision_result_free(struct decision_result *result)
{
    doc_free(&result->trace);
}

int64_t decision_stated(const struct decision_result *result)
{
    return result->has_stated ? result->stated_milli : result->index_milli;
}

static struct decision_result fresh(void)
{
    return (struct decision_result){.speech = SPEAKS_NOT, .share = {0, 1}, .trace = doc_array()};
}

// Whether a step counted fewer members than the policy looks at.
static bool lacks_members(const struct doc *trace)
{
    for (size_t i = 0; i < doc_count(trace); i++) {
        const struct doc *step = doc_at(trace, i);
        if (strcmp(doc_text(doc_get(step, "step"), ""), trace_steps[TRACE_MEMBERS]) == 0 &&
            doc_get(step, "of"))
            return true;
    }
    return false;
}

void evaluate(const struct policy *policy, const struct readings *readings, size_t commune,
              const struct occasion *occasion, struct decision_result *out)
{
    evaluate_beside(policy, readings, commune, occasion, NULL, out);
}

void evaluate_beside(const struct policy *policy, const struct readings *readings, size_t commune,
                     const struct occasion *occasion, struct looks *looks,
                     struct decision_result *out)
{
    assert(policy && readings && occasion && out);
    assert(readings->count == 0 || commune < readings->communes);
    struct decision_result result = fresh();
    struct gaze gaze = {policy, readings, commune, result.trace, looks};
    if (policy->kind == POLICY_ALERT)
        judge_alert(&gaze, occasion, &result);
    else
        cover_share(&gaze, occasion, &result);
    result.lacks_members = lacks_members(result.trace);
    *out = result;
}

struct alert_said evaluate_said(const struct decision_result *result, struct utc as_of)
{
    return (struct alert_said){result->speech, result->level, result->hold, as_of};
}

void evaluate_refused(const char *why, struct decision_result *out)
{
    struct decision_result result = fresh();
    look_not_known(GAP_REFUSED, UTC_NEVER, why, result.trace);
    result.answer = ANSWER_UNKNOWN;
    *out = result;
}
