#include "core/mem.h"
#include "tests/check.h"
#include "triggers/fund.h"

#define HEAD "contract,claim_vnd\n"

// The first row is the reference's: 3 % of 100 million, claims of 4.5 million.
static const struct {
    const char *name, *text;
    struct fund_query query;
    int64_t fund, counted, paid, left, first;
} shared[] = {
    {"claims over the fund, in proportion",
     HEAD "a,900000\nb,3600000\n",
     {100000000, 3000, 0, 0},
     3000000,
     4500000,
     3000000,
     0,
     600000},
    {"claims within it, whole; the rest is carried over",
     HEAD "a,900000\n",
     {100000000, 3000, 0, 0},
     3000000,
     900000,
     900000,
     2100000,
     900000},
    {"what was carried over counts",
     HEAD "a,900000\nb,3600000\n",
     {100000000, 3000, 1500000, 0},
     4500000,
     4500000,
     4500000,
     0,
     900000},
    {"no household gets more than its cap",
     HEAD "a,900000\nb,3600000\n",
     {100000000, 3000, 0, 500000},
     3000000,
     1000000,
     1000000,
     2000000,
     500000},
    {"rounded down, the rest stays", HEAD "a,1\nb,1\nc,1\n", {100, 2000, 0, 0}, 2, 3, 0, 2, 0},
    {"no claims", HEAD, {100000000, 3000, 0, 0}, 3000000, 0, 0, 3000000, 0},
    {"sums over 32 bits",
     HEAD "a,500000000000000\nb,500000000000000\n",
     {999999999999998, 50000, 0, 0},
     499999999999999,
     1000000000000000,
     499999999999998,
     1,
     249999999999999},
};

static void test_share(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shared); i++) {
        ROW(shared[i].name);
        struct err err = {0};
        AUTO(fund_free) struct fund fund = {0};
        CHECK_OK(fund_share(str_of(shared[i].text), "c.csv", &shared[i].query, &fund, &err), err);
        CHECK_INT(fund.fund_vnd, shared[i].fund);
        CHECK_INT(fund.counted_vnd, shared[i].counted);
        CHECK_INT(fund.paid_vnd, shared[i].paid);
        CHECK_INT(fund.left_vnd, shared[i].left);
        if (fund.count)
            CHECK_INT(fund.at[0].pays_vnd, shared[i].first);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *says;
    } rows[] = {
        {"nothing", "", "c.csv:1: write contract,claim_vnd"},
        {"other columns", "id,sum\na,1\n", "c.csv:1: write contract,claim_vnd"},
        {"a field too many", HEAD "a,1,2\n",
         "3 fields; write contract,claim_vnd, while reading c.csv:2"},
        {"no contract", HEAD ",1\n", "a contract has 1 to 64 bytes"},
        {"an amount that is none", HEAD "a,1.5\n", "while reading c.csv:2"},
        {"an amount below 0", HEAD "a,-1\n", "while reading c.csv:2"},
        {"who claims twice", HEAD "a,1\nb,1\na,1\n", "c.csv: contract a claims twice"},
    };
    static const struct fund_query query = {100, 1000, 0, 0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(fund_free) struct fund fund = {0};
        CHECK_INT(fund_share(str_of(rows[i].text), "c.csv", &query, &fund, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
        CHECK(!fund.at);
    }
}

TEST_MAIN(cmocka_unit_test(test_share), cmocka_unit_test(test_refused))
