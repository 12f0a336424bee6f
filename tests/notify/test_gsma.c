#include "notify/gsma.h"

#include "core/hash.h"
#include "core/mem.h"
#include "tests/check.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>

static const char REF[] = "0A1B2C3D4E5F6G7H8J9K0M1N2P";
static const struct gsma_order order = {REF, 1500000, "84900000001", "insurer-float"};

#define GOOD_TRANSACTION(amount, currency, reference, status)                                      \
    "{\"amount\":\"" amount "\",\"currency\":\"" currency "\",\"type\":\"disbursement\","          \
    "\"transactionReference\":\"REF-17\",\"requestingOrganisationTransactionReference\":"          \
    "\"" reference "\",\"transactionStatus\":\"" status "\","                                      \
    "\"debitParty\":[{\"key\":\"accountid\",\"value\":\"insurer-float\"}],"                        \
    "\"creditParty\":[{\"key\":\"msisdn\",\"value\":\"+84900000001\"}]}"
#define MINE "0A1B2C3D4E5F6G7H8J9K0M1N2P"
#define STATE(status, more)                                                                        \
    "{\"serverCorrelationId\":\"01234567-89ab-4def-8123-456789abcdef\",\"status\":\"" status       \
    "\",\"notificationMethod\":\"polling\"" more "}"
#define ERROR(category, code) "{\"errorCategory\":\"" category "\",\"errorCode\":\"" code "\"}"

static void test_what_is_asked(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf body = buf_new(1000);
    gsma_order_body(&order, &body);
    CHECK_TEXT(body.at,
               "{\"amount\":\"1500000\",\"creditParty\":[{\"key\":\"msisdn\",\"value\":"
               "\"+84900000001\"}],\"currency\":\"VND\",\"debitParty\":[{\"key\":\"accountid\","
               "\"value\":\"insurer-float\"}],\"requestingOrganisationTransactionReference\":"
               "\"0A1B2C3D4E5F6G7H8J9K0M1N2P\"}");
    struct gsma_id one = gsma_correlation(REF), again = gsma_correlation(REF);
    CHECK_TEXT(one.at, again.at);
    CHECK(strcmp(one.at, gsma_correlation("1A1B2C3D4E5F6G7H8J9K0M1N2P").at) != 0);
    CHECK_INT(strlen(one.at), 36);
    CHECK(one.at[14] == '8' && strchr("89ab", one.at[19]));
}

static const struct {
    const char *name;
    long status;
    const char *body;
    enum outcome outcome;
    const char *why;
} order_rows[] = {
    {"paid at once", 201, GOOD_TRANSACTION("1500000", "VND", MINE, "completed"), OUTCOME_DONE,
     "completed"},
    {"taken", 201, GOOD_TRANSACTION("1500000", "VND", MINE, "pending"), OUTCOME_PENDING, ""},
    {"failed at once: asked before it is believed", 201,
     GOOD_TRANSACTION("1500000", "VND", MINE, "failed"), OUTCOME_UNKNOWN, "failed"},
    {"a status nobody knows", 201, GOOD_TRANSACTION("1500000", "VND", MINE, "blue"),
     OUTCOME_UNKNOWN, "blue"},
    {"another amount", 201, GOOD_TRANSACTION("1500001", "VND", MINE, "completed"), OUTCOME_UNKNOWN,
     "MISMATCH"},
    {"an amount with decimals", 201, GOOD_TRANSACTION("1500000.5", "VND", MINE, "completed"),
     OUTCOME_UNKNOWN, "MISMATCH"},
    {"another currency", 201, GOOD_TRANSACTION("1500000", "USD", MINE, "completed"),
     OUTCOME_UNKNOWN, "MISMATCH"},
    {"another transaction", 201, GOOD_TRANSACTION("1500000", "VND", "X", "completed"),
     OUTCOME_UNKNOWN, "another transaction"},
    {"in hand", 202, STATE("pending", ""), OUTCOME_PENDING, "in hand"},
    {"completed, but what?", 202, STATE("completed", ""), OUTCOME_PENDING, "completed"},
    {"failed later: asked before it is believed", 202,
     STATE("failed", ",\"error\":" ERROR("businessRule", "genericError")), OUTCOME_UNKNOWN,
     "genericError"},
    {"a state nobody knows", 202, STATE("purple", ""), OUTCOME_UNKNOWN, "not known"},
    {"no state at all", 202, "{}", OUTCOME_UNKNOWN, "no request state"},
    {"this payee is not known", 400, ERROR("identification", "identifierError"), OUTCOME_REFUSED,
     "identifierError"},
    {"this payee is full", 400, ERROR("businessRule", "maxBalanceExceeded"), OUTCOME_REFUSED,
     "maxBalanceExceeded"},
    {"our float is empty", 400, ERROR("businessRule", "insufficientFunds"), OUTCOME_DOWN,
     "insufficientFunds"},
    {"it is there already: ask", 400, ERROR("businessRule", "duplicateRequest"), OUTCOME_UNKNOWN,
     "duplicateRequest"},
    {"an error nobody knows", 400, ERROR("internal", "genericError"), OUTCOME_UNKNOWN, "400"},
    {"a 400 of something on the way", 400, "<html>no</html>", OUTCOME_UNKNOWN, "400"},
    {"a name in an error does not get in", 400, ERROR("validation", "Nguyen Van A 84900000001"),
     OUTCOME_UNKNOWN, "400 "},
    {"who are you", 401, "", OUTCOME_DOWN, "401"},
    {"too many", 429, "", OUTCOME_BUSY, "429"},
    {"a duplicate in HTTP's words", 409, "", OUTCOME_UNKNOWN, "409"},
    {"bad gateway", 502, "", OUTCOME_UNKNOWN, "502"},
    {"out of order", 503, ERROR("serviceUnavailable", "genericError"), OUTCOME_UNKNOWN, "503"},
    {"a redirect", 302, "", OUTCOME_UNKNOWN, "302"},
    {"200 is none of its answers", 200, GOOD_TRANSACTION("1500000", "VND", MINE, "completed"),
     OUTCOME_UNKNOWN, "200"},
    {"nothing", 0, "", OUTCOME_UNKNOWN, "no whole answer"},
    {"an answer that was cut", 201, "{\"amount\":\"1500", OUTCOME_UNKNOWN, "201"},
};

static void test_what_an_answer_to_an_order_proves(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(order_rows); i++) {
        ROW(order_rows[i].name);
        struct gsma_answer answer;
        gsma_read_order(&order, order_rows[i].status, str_of(order_rows[i].body), &answer);
        CHECK_INT(answer.outcome, order_rows[i].outcome);
        CHECK_HAS(answer.why, order_rows[i].why);
        CHECK(strstr(answer.why, "Nguyen") == NULL);
    }
}

static void test_where_to_ask_next(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        long status;
        const char *body;
        enum outcome outcome;
        const char *link;
    } rows[] = {
        {"a transaction", 200, "{\"link\":\"/transactions/REF-17\"}", OUTCOME_PENDING,
         "/transactions/REF-17"},
        {"a request state", 200, "{\"link\":\"/requeststates/1-2\"}", OUTCOME_PENDING,
         "/requeststates/1-2"},
        {"elsewhere", 200, "{\"link\":\"http://203.0.113.1/transactions/1\"}", OUTCOME_UNKNOWN, ""},
        {"up and away", 200, "{\"link\":\"/transactions/../admin\"}", OUTCOME_UNKNOWN, ""},
        {"with a query", 200, "{\"link\":\"/transactions/1?x=1\"}", OUTCOME_UNKNOWN, ""},
        {"not known there", 404, ERROR("identification", "identifierError"), OUTCOME_ABSENT, ""},
        {"404 of something on the way", 404, "<html>Not Found</html>", OUTCOME_UNKNOWN, ""},
        {"out of order", 503, ERROR("serviceUnavailable", "genericError"), OUTCOME_UNKNOWN, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct gsma_answer answer;
        gsma_read_response(rows[i].status, str_of(rows[i].body), &answer);
        CHECK_INT(answer.outcome, rows[i].outcome);
        CHECK_TEXT(answer.link, rows[i].link);
    }
    struct gsma_answer answer;
    gsma_read_link(&order, 200, str_of(STATE("completed", ",\"objectReference\":\"REF-17\"")),
                   &answer);
    CHECK_INT(answer.outcome, OUTCOME_PENDING);
    CHECK_TEXT(answer.link, "/transactions/REF-17");
    gsma_read_link(&order, 200, str_of(GOOD_TRANSACTION("1500000", "VND", MINE, "failed")),
                   &answer);
    CHECK_INT(answer.outcome, OUTCOME_REFUSED);
    gsma_read_link(&order, 200, str_of(GOOD_TRANSACTION("1500000", "VND", MINE, "completed")),
                   &answer);
    CHECK_INT(answer.outcome, OUTCOME_DONE);
    CHECK_TEXT(answer.ref, "REF-17");
}

static void test_a_statement(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        long status;
        const char *body;
        enum outcome outcome;
        size_t count;
    } rows[] = {
        {"nothing yet", 200, "[]", OUTCOME_ABSENT, 0},
        {"others only", 200, "[" GOOD_TRANSACTION("5", "VND", "X", "completed") "]", OUTCOME_ABSENT,
         1},
        {"ours among them", 200,
         "[" GOOD_TRANSACTION("5", "VND", "X", "completed") "," GOOD_TRANSACTION(
             "1500000", "VND", MINE, "completed") "]",
         OUTCOME_DONE, 2},
        {"a failed try, then a good one", 200,
         "[" GOOD_TRANSACTION("1500000", "VND", MINE, "failed") "," GOOD_TRANSACTION(
             "1500000", "VND", MINE, "completed") "]",
         OUTCOME_DONE, 2},
        {"ours with another amount", 200, "[" GOOD_TRANSACTION("7", "VND", MINE, "completed") "]",
         OUTCOME_UNKNOWN, 1},
        {"no list", 200, "{}", OUTCOME_UNKNOWN, 0},
        {"out of order", 503, "[]", OUTCOME_UNKNOWN, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct gsma_answer answer;
        size_t count = 99;
        gsma_read_statement(&order, rows[i].status, str_of(rows[i].body), &count, &answer);
        CHECK_INT(answer.outcome, rows[i].outcome);
        CHECK_INT(count, rows[i].count);
    }
}

// --- hostile answers
// ----------------------------------------------------------------------------------

static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static const char *const seeds[] = {
    GOOD_TRANSACTION("1500000", "VND", MINE, "completed"),
    "[" GOOD_TRANSACTION("1500000", "VND", MINE, "completed") "]",
    STATE("pending", ",\"objectReference\":\"REF-17\""),
    ERROR("businessRule", "duplicateRequest"),
    "{\"link\":\"/transactions/REF-17\"}",
};

static size_t mutated(uint64_t *state, char *out, size_t size)
{
    const char *seed = seeds[next(state) % COUNT_OF(seeds)];
    size_t len = strlen(seed);
    CHECK(len < size);
    memcpy(out, seed, len);
    for (uint64_t edits = 1 + next(state) % 4; edits && len; edits--) {
        size_t at = next(state) % len;
        uint64_t how = next(state) % 3;
        if (how == 0)
            out[at] = (char)next(state);
        else if (how == 1)
            out[at] = (char)(out[at] ^ (1 << (next(state) % 8)));
        else
            len = at;
    }
    return len;
}

// DONE may only ever be said of an answer that says so in every point, however it was mangled.
static void check_done(struct str body, const struct gsma_answer *answer)
{
    CHECK(memchr(answer->why, '\0', sizeof(answer->why)) != NULL);
    CHECK(memchr(answer->link, '\0', sizeof(answer->link)) != NULL);
    if (answer->outcome != OUTCOME_DONE)
        return;
    AUTO(mem_drop) char *text = str_copy(body);
    CHECK(strstr(text, "\"completed\"") && strstr(text, "\"1500000\"") && strstr(text, "\"VND\"") &&
          strstr(text, REF));
}

static void try_all(long status, struct str body)
{
    struct gsma_answer answer;
    size_t count = 0;
    gsma_read_order(&order, status, body, &answer);
    check_done(body, &answer);
    gsma_read_link(&order, status, body, &answer);
    check_done(body, &answer);
    gsma_read_statement(&order, status, body, &count, &answer);
    check_done(body, &answer);
    gsma_read_response(status, body, &answer);
    CHECK(answer.outcome != OUTCOME_DONE);
}

static void test_a_hundred_thousand_mutated_answers(void **state)
{
    (void)state;
    static const long statuses[] = {200, 201, 202, 400, 404, 500, 0};
    const char *given = getenv("GONG_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20241, random = seed;
    char body[2048];
    size_t before = 0;
    print_message("# seed %" PRIu64 "\n", seed);
    for (size_t i = 0; i < 100000; i++) {
        if (i == 1000)
            before = mallinfo2().uordblks;
        struct str text = {body, mutated(&random, body, sizeof(body))};
        try_all(statuses[next(&random) % COUNT_OF(statuses)], text);
    }
    // Nothing is kept from one answer to the next.
    CHECK(mallinfo2().uordblks <= before + 4096);
}

TEST_MAIN(cmocka_unit_test(test_what_is_asked),
          cmocka_unit_test(test_what_an_answer_to_an_order_proves),
          cmocka_unit_test(test_where_to_ask_next), cmocka_unit_test(test_a_statement),
          cmocka_unit_test(test_a_hundred_thousand_mutated_answers))
