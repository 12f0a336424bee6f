// What the messages of the shipped policies say is true: in each of their must-fire cases the
// number that stands in the message is one that the trigger asks for.
#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "tests/check.h"
#include "triggers/evaluate.h"
#include "triggers/trial.h"

static const struct trigger_rule *trigger_of(const struct policy *policy, const char *stage)
{
    for (size_t i = 0; policy->stages && i < policy->parts; i++) {
        if (strcmp(policy->part[i].name, stage) == 0)
            return &policy->part[i].trigger;
    }
    return &policy->trigger;
}

// Whether the text in its language has this number; it stands in the text as unit_say writes it.
static bool says(const struct policy *policy, const struct message_values *values,
                 enum language language, int64_t milli)
{
    AUTO(buf_free) struct buf text = buf_new(8192), number = buf_new(100);
    message_render(policy, values, language, false, &text);
    unit_say(&number, milli, policy->index.unit, language);
    return strstr(text.at, number.at);
}

static void check_case(const struct policy *policy, size_t which, size_t *said)
{
    AUTO(decision_result_free) struct decision_result result = {0};
    trial_case(policy, which, &result);
    ROW(policy->cases.at[which].where);
    CHECK_INT(result.answer, ANSWER_YES);
    const struct trigger_rule *trigger = trigger_of(policy, result.stage);
    for (int l = 0; l < LANGUAGES; l++) {
        struct message_values values = {.commune = "X",
                                        .index_milli = decision_stated(&result),
                                        .probability_milli = result.probability_milli,
                                        .stage = result.stage,
                                        .contract = "C",
                                        .period = "2026"};
        bool stated = says(policy, &values, (enum language)l, values.index_milli);
        values.index_milli += 123456789; // said only by a text that says the index
        if (!stated || !says(policy, &values, (enum language)l, values.index_milli))
            continue;
        (*said)++;
        if (!compare_holds(trigger->compare, decision_stated(&result), trigger->threshold_milli))
            CHECK_FAILED("says %lld, which the trigger does not ask for",
                         (long long)decision_stated(&result));
    }
}

static void check_policies(const char *folder, size_t *said)
{
    struct err err = {0};
    AUTO(file_names_free) char **names = NULL;
    CHECK_OK(file_names(folder, &names, &err), err);
    for (char **name = names; *name; name++) {
        AUTO(mem_drop) char *path = file_join(folder, *name);
        AUTO(policy_free) struct policy *policy = NULL;
        if (!str_ends(str_of(*name), ".yaml"))
            continue;
        CHECK_OK(policy_load(path, &policy, &err), err);
        for (size_t i = 0; policy->kind == POLICY_ALERT && i < policy->cases.count; i++) {
            const struct policy_case *one = &policy->cases.at[i];
            if (one->expect == EXPECT_FIRE && !one->event.file)
                check_case(policy, i, said);
        }
    }
}

static void test_said(void **state)
{
    (void)state;
    size_t said = 0;
    check_policies("policies", &said);
    check_policies("policies/products", &said);
    CHECK(said > 20);
}

TEST_MAIN(cmocka_unit_test(test_said))
