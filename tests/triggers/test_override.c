#include "triggers/override.h"

#include "core/file.h"
#include "policies/policy.h"
#include "tests/check.h"

#define PATH "policies/dak-nong-coffee-drought.yaml"

static void test_changes(void **state)
{
    (void)state;
    struct err err = {0};
    struct policy *plain = NULL, *changed = NULL;
    CHECK_OK(override_load(PATH, NULL, &plain, &err), err);
    CHECK_OK(override_load(PATH, " payout.exit = 11 mm ; payout.rounding=1 VND", &changed, &err),
             err);
    ROW("what is named is changed, and nothing else");
    CHECK_INT(changed->payout.exit_milli, 11000);
    CHECK(plain->payout.exit_milli != 11000);
    CHECK_INT(changed->payout.strike_milli, plain->payout.strike_milli);
    CHECK_INT(changed->period.from_month, plain->period.from_month);
    ROW("a changed text has another hash: no answer of it passes for one of the contract");
    CHECK(memcmp(&plain->hash, &changed->hash, sizeof(plain->hash)) != 0);
    policy_free(&plain);
    policy_free(&changed);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sets, *says;
    } rows[] = {
        {"no equals sign", "payout.exit", "is no change; write threshold=120 mm"},
        {"nothing behind it", "payout.exit=", "is no change"},
        {"nothing before it", "=3 mm", "is no change"},
        {"a key that is not there", "payout.exits=3 mm", "has no value \"payout.exits\""},
        {"the end of a word is no key", "xit=3 mm", "has no value \"xit\""},
        {"a key that is there twice", "from=01-02", "effective.from, period.from"},
        {"a value that cannot be right", "payout.exit=9999 mm", "below the strike"},
        {"a unit of the wrong kind", "strike=120 K",
         "strike: the unit \"K\" does not fit here; write \"150 mm\""},
        {"a length in which no rain is told", "strike=120 km",
         "strike: the unit \"km\" does not fit here; write \"150 mm\""},
        {"a value without its unit", "payout.exit=3", "reading it with --set payout.exit=3"},
        {"a second change that is none", "payout.exit=11 mm; nothing", "is no change"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct policy *policy = NULL;
        CHECK_INT(override_load(PATH, rows[i].sets, &policy, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
        CHECK(policy == NULL);
    }
    ROW("no such file");
    struct err err = {0};
    struct policy *policy = NULL;
    CHECK_INT(override_load("policies/none.yaml", NULL, &policy, &err), ERR_MISSING);
}

TEST_MAIN(cmocka_unit_test(test_changes), cmocka_unit_test(test_refusals))
