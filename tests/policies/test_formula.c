// How much is paid, as a formula that a person with a calculator can follow; and operators in
// words.
#include "policies/formula.h"

#include "core/mem.h"
#include "policies/describe.h"
#include "policies/payout_rule.h"
#include "tests/check.h"

static const struct {
    const char *name;
    struct payout_rule rule;
    enum unit unit;
    const char *vi, *en;
} formulas[] = {
    {"a deficit",
     {.form = PAYOUT_LINEAR_DEFICIT, .strike_milli = 100000, .exit_milli = 40000},
     UNIT_RAIN,
     "; chi trả = số tiền bảo hiểm × (100 mm − chỉ số) / 60 mm",
     "; pays = sum insured × (100 mm − index) / 60 mm"},
    {"an excess",
     {.form = PAYOUT_LINEAR_EXCESS, .strike_milli = 100000, .exit_milli = 250500},
     UNIT_RAIN,
     "; chi trả = số tiền bảo hiểm × (chỉ số − 100 mm) / 150,5 mm",
     "; pays = sum insured × (index − 100 mm) / 150.5 mm"},
    {"a floor",
     {.form = PAYOUT_FLOOR_LINEAR, .strike_milli = 55000, .floor_milli = 100},
     UNIT_RAIN,
     "; chi trả = số tiền bảo hiểm × [10 % + (55 mm − chỉ số) / 55 mm], nhiều nhất 100 %",
     "; pays = sum insured × [10 % + (55 mm − index) / 55 mm], at most 100 %"},
    {"ticks of a deficit",
     {.form = PAYOUT_TICK_DEFICIT,
      .strike_milli = 12000,
      .per_milli = 1000,
      .tick_vnd = 100000,
      .limit_vnd = 1000000},
     UNIT_RAIN,
     "; chi trả = số tiền bảo hiểm × (12 mm − chỉ số) / 1 mm × 100.000 đồng / 1.000.000 đồng, "
     "nhiều nhất 100 % (phần lẻ của đơn vị cũng tính)",
     "; pays = sum insured × (12 mm − index) / 1 mm × 100,000 VND / 1,000,000 VND, at most "
     "100 % (parts of a unit count)"},
    {"ticks of an excess",
     {.form = PAYOUT_TICK_EXCESS,
      .strike_milli = 3000,
      .per_milli = 1000,
      .tick_vnd = 10000,
      .limit_vnd = 200000},
     UNIT_DAYS,
     "; chi trả = số tiền bảo hiểm × (chỉ số − 3 ngày) / 1 ngày × 10.000 đồng / 200.000 đồng, "
     "nhiều nhất 100 % (phần lẻ của đơn vị cũng tính)",
     "; pays = sum insured × (index − 3 days) / 1 days × 10,000 VND / 200,000 VND, at most "
     "100 % (parts of a unit count)"},
    {"a yield, of the average and not of what is guaranteed",
     {.form = PAYOUT_AREA_YIELD, .average_milli = 6200, .floor_milli = 900},
     UNIT_YIELD,
     "; chi trả = số tiền bảo hiểm × (90 % × 6,2 tấn/ha − chỉ số) / 6,2 tấn/ha",
     "; pays = sum insured × (90 % × 6.2 t/ha − index) / 6.2 t/ha"},
    {"a ratio of yields",
     {.form = PAYOUT_YIELD_RATIO,
      .average_milli = 2000,
      .strike_milli = 75000,
      .exit_milli = 10000,
      .floor_milli = 900},
     UNIT_YIELD,
     "; chi trả = số tiền bảo hiểm × 90 % × (75 % − chỉ số / 2 tấn/ha) / 65 % (mỗi phép chia "
     "bỏ phần lẻ dưới một phần triệu)",
     "; pays = sum insured × 90 % × (75 % − index / 2 t/ha) / 65 % (each division cut off "
     "after "
     "millionths)"},
    {"animals that died",
     {.form = PAYOUT_MORTALITY, .strike_milli = 15000},
     UNIT_PERCENT,
     "; chi trả = số tiền bảo hiểm × (chỉ số − 15 %)",
     "; pays = sum insured × (index − 15 %)"},
    {"a layer",
     {.form = PAYOUT_LAYER, .strike_milli = 10000, .exit_milli = 90000, .floor_milli = 250},
     UNIT_PERCENT,
     "; chi trả = số tiền bảo hiểm × 25 % × (chỉ số − 10 %), chỉ số cao hơn thì tính là 90 %",
     "; pays = sum insured × 25 % × (index − 10 %), a higher index counts as 90 %"},
    {"tiers are their own table", {.form = PAYOUT_TIERS, .tiers = 1}, UNIT_RAIN, "", ""},
    {"phases say theirs", {.form = PAYOUT_PHASES}, UNIT_RAIN, "", ""},
    {"so do circles", {.form = PAYOUT_CIRCLES}, UNIT_BEAUFORT, "", ""},
};

static void test_formulas(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(formulas); i++) {
        AUTO(buf_free) struct buf vi = buf_new(1000), en = buf_new(1000);
        ROW(formulas[i].name);
        formula_say(&formulas[i].rule, formulas[i].unit, LANGUAGE_VI, &vi);
        formula_say(&formulas[i].rule, formulas[i].unit, LANGUAGE_EN, &en);
        CHECK_TEXT(vi.at ? vi.at : "", formulas[i].vi);
        CHECK_TEXT(en.at ? en.at : "", formulas[i].en);
    }
}

static void test_operators(void **state)
{
    (void)state;
    static const struct {
        enum compare compare;
        const char *vi, *en;
    } rows[] = {
        {COMPARE_LESS, "dưới 2,5 mm", "under 2.5 mm"},
        {COMPARE_LESS_OR_SAME, "từ 2,5 mm trở xuống", "at most 2.5 mm"},
        {COMPARE_MORE, "trên 2,5 mm", "over 2.5 mm"},
        {COMPARE_MORE_OR_SAME, "từ 2,5 mm trở lên", "at least 2.5 mm"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(buf_free) struct buf vi = buf_new(100), en = buf_new(100);
        describe_compared(&vi, rows[i].compare, 2500, UNIT_RAIN, LANGUAGE_VI);
        describe_compared(&en, rows[i].compare, 2500, UNIT_RAIN, LANGUAGE_EN);
        CHECK_TEXT(vi.at, rows[i].vi);
        CHECK_TEXT(en.at, rows[i].en);
    }
}

TEST_MAIN(cmocka_unit_test(test_formulas), cmocka_unit_test(test_operators))
