// Whatever a mobile money provider answers, it is never taken for "paid" or "rejected" without
// being a whole answer about this very order. The first byte chooses question and status.
#include "notify/gsma.h"
#include "notify/gsma_call.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

static const struct gsma_order order = {.reference = "0A1B2C3D4E5F6G7H8J9K0M1N2P",
                                        .amount_vnd = 1500000,
                                        .account = "84900000001",
                                        .debit = "insurer-float"};

static void look(const struct gsma_answer *answer, struct str body)
{
    assert(strlen(answer->link) < GSMA_LINK_MAX && strlen(answer->ref) < REF_MAX &&
           strlen(answer->why) < WHY_MAX);
    assert(answer->outcome <= OUTCOME_REFUSED);
    assert(!strstr(answer->why, "8490000")); // nobody's account
    // Money moved or surely did not: only by an object that says so.
    if (answer->outcome == OUTCOME_DONE)
        assert(memmem(body.at, body.len, "1500000", 7));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const long statuses[] = {0, 200, 201, 202, 400, 401, 404, 409, 422, 500, 503, 302};
    if (len == 0)
        return 0;
    struct str body = {(const char *)bytes + 1, len - 1};
    long status = statuses[(bytes[0] >> 2) % (sizeof(statuses) / sizeof(statuses[0]))];
    struct gsma_answer answer = {0};
    size_t count = 0;
    switch (bytes[0] & 3) {
    case 0:
        gsma_read_order(&order, status, body, &answer);
        break;
    case 1:
        gsma_read_response(status, body, &answer);
        break;
    case 2:
        gsma_read_link(&order, status, body, &answer);
        break;
    case 3:
        gsma_read_statement(&order, status, body, &count, &answer);
        break;
    }
    look(&answer, body);
    struct gsma_call call;
    gsma_read_call(body, &call);
    assert(strlen(call.reference) < sizeof(call.reference) && strlen(call.why) < sizeof(call.why));
    assert((call.kind == GSMA_CALL_WRONG) == (call.why[0] != '\0'));
    assert(call.kind == GSMA_CALL_TRANSACTION || call.reference[0] == '\0');
    return 0;
}
