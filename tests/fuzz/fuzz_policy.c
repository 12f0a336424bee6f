// Whatever bytes come, a policy is read whole or refused with a place; what was read can be said
// in both languages, its messages can be rendered, and its cases run.
#include "policies/describe.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "core/mem.h"
#include "tests/fuzz/fuzz.h"
#include "triggers/trial.h"

#include <assert.h>
#include <string.h>

static void use(const struct policy *policy)
{
    const struct message_values values = {.commune = "Chợ Đồn",
                                          .index_milli = 12345,
                                          .contract = "C-1",
                                          .period = "2024",
                                          .amount_vnd = 1500000};
    for (int language = LANGUAGE_VI; language <= LANGUAGE_EN; language++) {
        AUTO(buf_free) struct buf said = buf_new(1 << 20), message = buf_new(1 << 20);
        policy_describe(policy, (enum language)language, &said);
        message_render(policy, &values, (enum language)language, true, &message);
        assert(said.len > 0 && message.len > 0);
    }
    struct err err = {0};
    enum err_kind kind = trial_run(policy, NULL, NULL, &err);
    assert(kind == OK || (kind == ERR_INPUT && err.text[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    enum err_kind kind =
        policy_parse((struct str){(const char *)data, size}, "fuzz.yaml", &policy, &err);
    assert((kind == OK) == (policy != NULL));
    if (policy)
        use(policy);
    else
        assert(kind == ERR_INPUT && err.text[0]);
    return 0;
}
