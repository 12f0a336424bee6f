// What gong price makes of a past: the worked numbers of domain-reference 8 to 10 go through a
// whole policy, a series file, the backtest and price_make; each figure has its n and its interval.
// All of them are synthetic.
#include "triggers/price.h"

#include "ledger/decision.h"
#include "ledger/reading.h"
#include "tests/triggers/figures.h"
#include "tests/triggers/past.h"
#include "triggers/backtest.h"
#include "triggers/extreme.h"
#include "triggers/history.h"
#include "triggers/losses.h"

enum { INSURED_VND = 10000000, FIRST_YEAR = 2000, YEARS_MAX = 30 };

// A January of rain each year, at one place.
struct seasons {
    struct past past;
    struct history history;
    struct policy *policy;
    struct backtest backtest;
};

static void seasons_free(struct seasons *s)
{
    backtest_free(&s->backtest);
    policy_free(&s->policy);
    past_free(&s->past);
}

static struct seasons seasons_of(const double *mm, size_t count, const char *index,
                                 const char *rounding, const char *payout)
{
    static const uint16_t cover = READING_COVER_FULL;
    struct seasons s = {.past = {.folder = "/tmp/gong-test-XXXXXX"}};
    struct err err = {0};
    struct seriesfile_writer *writer = NULL;
    struct series_place place = {"B", "B", "", NAN, NAN};
    struct seriesfile_head head = {.variable = "rain",
                                   .source = "past",
                                   .boundary_set = "test",
                                   .origin = "a test",
                                   .place = &place,
                                   .places = 1};
    CHECK(mkdtemp(s.past.folder) != NULL);
    (void)snprintf(s.past.path, sizeof(s.past.path), "%s/past.nc", s.past.folder);
    CHECK_OK(seriesfile_create(s.past.path, &head, &writer, &err), err);
    for (size_t i = 0; i < count; i++) {
        int year = FIRST_YEAR + (int)i;
        struct span january = {{date_days(year, 1, 1) * DAY_S}, {date_days(year, 2, 1) * DAY_S}};
        struct span february = {january.to, {date_days(year, 3, 1) * DAY_S}};
        int32_t milli = (int32_t)lround(mm[i] * 1000), none = 0;
        CHECK_OK(seriesfile_append(writer, january, &milli, &cover, &err), err);
        CHECK_OK(seriesfile_append(writer, february, &none, &cover, &err), err);
    }
    CHECK_OK(seriesfile_finish(&writer, &err), err);
    CHECK_OK(seriesfile_open(s.past.path, &s.past.series, &err), err);
    s.policy = past_policy(&(struct past_policy){"insurance",
                                                 "period: {from: 01-01, to: 01-31, day: utc00}",
                                                 index, rounding, "any", payout});
    struct backtest_query query = {
        .from = UTC_NEVER, .to = UTC_NEVER, .sum_insured_vnd = INSURED_VND, .threads = 1};
    s.history.series = s.past.series;
    CHECK_OK(backtest_run(s.policy, &s.history, &query, &s.backtest, &err), err);
    CHECK_INT(s.backtest.occasions.count, count);
    return s;
}

static struct seasons seasons_new(const double *mm, size_t count, const char *payout)
{
    return seasons_of(mm, count, "{take: total}", "0.1 mm", payout);
}

static const struct price_query plain = {
    .loading = {0.06, 0.15, 0.3}, .catastrophe = 40, .small = 20, .place = SIZE_MAX, .threads = 1};

static const double burn[] = {96,  143, 58, 121, 88, 170, 101, 40,  133, 77,
                              115, 160, 92, 109, 35, 128, 84,  150, 99,  119};
static const char deficit[] =
    "payout: {form: linear_deficit, strike: 90 mm, exit: 30 mm, rounding: 1 VND}";

// Each season is paid in whole đồng, so a sum of them lies up to half a đồng beside.
static const struct wanted burn_wanted[] = {
    {"expected loss (burning cost)", 1316666.67, 0.5},
    {"expected loss of the sum insured", 13.1667, 5e-5},
    {"standard deviation (n - 1)", 2838179.55, 0.5},
    {"standard error", 634636.24, 0.5},
    {"adjusted expected loss", 1951302.91, 0.5},
    {"upper bound, one-sided 90 %", 2129985.73, 0.5},
    {"upper bound, one-sided 95 %", 2360550.39, 0.5},
    {"VaR 90 %, nearest rank", 5333333, 0.5},
    {"VaR 95 %, nearest rank", 8333333, 0.5},
    {"VaR 99 %, nearest rank", 9166667, 0.5},
    {"VaR 90 %, type 7", 5633333, 0.5},
    {"VaR 95 %, type 7", 8375000, 0.5},
    {"VaR 99 %, type 7", 9008333, 0.6},
    {"TVaR, worst season (PML)", 9166667, 0.5},
    {"TVaR, worst 10 % of seasons", 8750000, 0.5},
    {"TVaR, worst 20 % of seasons", 6250000, 0.5},
    {"by return on risk", 2384224.73, 0.5},
    {"by return on risk, gross", 2804970.27, 0.5},
    {"by standard deviation", 2168120.53, 0.5},
    {"by standard deviation, gross", 2550730.04, 0.5},
    {"loss ratio at the gross premium", 0.4694, 5e-5},
    {"seasons that pay, k = 6", 30, 1e-9},
    {"return period of a payout", 3.333333, 5e-7},
    {"gamma: shape", 7.0174075852, 1e-8},
    {"gamma: scale", 15.0910430547, 1e-8},
    {"gamma: P(index < strike)", 38.5247, 5e-5},
    {"gamma: P(index <= exit)", 0.4287, 5e-5},
    {"gamma: expected loss by the closed form", 1381198.17, 0.005},
    // (26,333,333 - 9,166,667) / 19, and 26,333,333 / 19
    {"expected loss without the worst season", 903508.74, 0.5},
    {"expected loss without the best season", 1385964.89, 0.5},
    {"worst season 1: 2014, 2014-01-01 to 2014-01-31", 9166667, 0.5},
    {"worst season 2: 2007, 2007-01-01 to 2007-01-31", 8333333, 0.5},
    {"worst season 3: 2002, 2002-01-01 to 2002-01-31", 5333333, 0.5},
    {"return period of worst season 1", 21, 1e-12},
    {"return period of worst season 3", 7, 1e-12},
};

static void test_burn(void **state)
{
    (void)state;
    AUTO(seasons_free) struct seasons s = seasons_new(burn, COUNT_OF(burn), deficit);
    AUTO(price_free) struct price price = {0};
    struct err err = {0};
    CHECK_OK(price_make(&s.backtest, NULL, &plain, &price, &err), err);
    check_values(&price.figures, burn_wanted, COUNT_OF(burn_wanted));
    check_intervals(&price.figures);
    ROW("Wilson's interval of the frequency, and with it of the return period");
    const struct figure *f = find(&price.figures, "seasons that pay");
    CHECK_INT(f->n, 20);
    CHECK_NEAR(f->low, 14.5477, 5e-5);
    CHECK_NEAR(f->high, 51.8973, 5e-5);
    f = find(&price.figures, "return period of a payout");
    CHECK_NEAR(f->low, 1 / 0.518973, 5e-5);
    CHECK_NEAR(f->high, 1 / 0.145477, 5e-5);
    ROW("of the rarest of 20, by Beta(1, 20): 1 - (1 - p)^20 is 2.5 and 97.5 %");
    f = find(&price.figures, "return period of worst season 1");
    CHECK_NEAR(1 - pow(1 - 1 / f->high, 20), 0.025, 1e-9);
    CHECK_NEAR(1 - pow(1 - 1 / f->low, 20), 0.975, 1e-9);
    ROW("the interval of the fit lies about it, some standard errors wide");
    f = find(&price.figures, "gamma: expected loss by the closed form");
    CHECK(f->high - f->low > 1e6 && f->high - f->low < 4e6);
    const struct figure *rounded = find(&price.figures, "gamma: expected loss, index rounded");
    CHECK_NEAR(rounded->value, f->value, 10);
    ROW("straight in the parameters is nearly as wide");
    CHECK_NEAR(rounded->high - rounded->value, f->high - f->value, 0.1 * (f->high - f->value));
}

// Three seasons that pay all: each is named, and what each paid came three times in ten.
static void test_worst(void **state)
{
    (void)state;
    static const double yearly[] = {96, 20, 58, 121, 25, 30, 170, 101, 88, 99};
    static const struct wanted wanted[] = {
        {"worst season 1: 2001, 2001-01-01 to 2001-01-31", INSURED_VND, 0},
        {"worst season 2: 2004, 2004-01-01 to 2004-01-31", INSURED_VND, 0},
        {"worst season 3: 2005, 2005-01-01 to 2005-01-31", INSURED_VND, 0},
        {"return period of worst season 1", 11.0 / 3, 1e-12},
        {"return period of worst season 2", 11.0 / 3, 1e-12},
        {"return period of worst season 3", 11.0 / 3, 1e-12},
    };
    static const size_t ranks[] = {3, 3, 3, 4, 5, 10, 10, 10, 10, 10};
    static const size_t season[] = {1, 4, 5, 2, 8, 0, 3, 6, 7, 9};
    AUTO(seasons_free) struct seasons s = seasons_new(yearly, COUNT_OF(yearly), deficit);
    AUTO(price_free) struct price price = {0};
    struct price_rank worst[COUNT_OF(yearly)];
    struct err err = {0};
    CHECK_OK(price_make(&s.backtest, NULL, &plain, &price, &err), err);
    check_values(&price.figures, wanted, COUNT_OF(wanted));
    CHECK_INT(price.known, COUNT_OF(yearly));
    price_ranks(&price, worst);
    for (size_t i = 0; i < COUNT_OF(yearly); i++) {
        ROW(worst[i].season->when->period);
        CHECK_INT(worst[i].rank, ranks[i]);
        CHECK_INT(worst[i].season - price.season, season[i]);
    }
}

// Ten seasons that paid nothing say how rare a payout is at least.
static void test_never(void **state)
{
    (void)state;
    static const double yearly[] = {96, 120, 158, 121, 125, 130, 170, 101, 98, 99};
    AUTO(seasons_free) struct seasons s = seasons_new(yearly, COUNT_OF(yearly), deficit);
    AUTO(price_free) struct price price = {0};
    AUTO(buf_free) struct buf text = buf_new(100000);
    struct err err = {0};
    CHECK_OK(price_make(&s.backtest, NULL, &plain, &price, &err), err);
    const struct figure *f = find(&price.figures, "return period of a payout");
    CHECK(isnan(f->value));
    CHECK_NEAR(1 / f->low, find(&price.figures, "seasons that pay")->high / 100, 1e-12);
    CHECK(isinf(f->high));
    figures_text(&price.figures, &text);
    CHECK_HAS(text.at, "95 %: 3.60 seasons or more\n");
    ROW("of seasons that are all alike no draw tells what another one may pay: no interval, not 0 "
        "to 0");
    CHECK_NEAR(find(&price.figures, "expected loss (burning cost)")->value, 0, 0);
    CHECK_NEAR(find(&price.figures, "expected loss (burning cost)")->low, NAN, 0);
    CHECK_NEAR(find(&price.figures, "expected loss (burning cost)")->high, NAN, 0);
}

// What is paid of a season that would have been like the last one.
static void test_trend(void **state)
{
    (void)state;
    static const double yearly[] = {60, 64, 58, 70, 69, 75, 71, 80, 78, 85};
    static const double moved[] = {84.1091, 85.4303, 76.7515, 86.0727, 82.3939,
                                   85.7152, 79.0364, 85.3576, 80.6788, 85.0};
    AUTO(seasons_free) struct seasons s = seasons_new(yearly, COUNT_OF(yearly), deficit);
    AUTO(price_free) struct price as_it_was = {0}, price = {0};
    struct price_query query = plain;
    struct err err = {0};
    CHECK_OK(price_make(&s.backtest, NULL, &query, &as_it_was, &err), err);
    query.detrend = true;
    CHECK_OK(price_make(&s.backtest, NULL, &query, &price, &err), err);
    for (size_t i = 0; i < COUNT_OF(yearly); i++) {
        ROW(as_it_was.season[i].when->period);
        CHECK_NEAR(as_it_was.season[i].index, yearly[i], 1e-9);
        CHECK_NEAR(price.season[i].index, moved[i], 0.05); // the policy rounds to 0.1 mm
        CHECK_NEAR(price.season[i].payout, (90 - price.season[i].index) / 60 * INSURED_VND, 0.51);
    }
    check_intervals(&price.figures);
    ROW("the slope and its interval: 2.6788 -+ 2.306 x 0.3774, by Student with 8 of freedom");
    const struct figure *line = find(&price.figures, "of the mean index, per season");
    CHECK_NEAR(line->value, 2.6788, 5e-5);
    CHECK_NEAR(line->low, 1.8086, 5e-4);
    CHECK_NEAR(line->high, 3.5490, 5e-4);
    ROW("of seasons that are all alike no error of their trend is told");
    static const double level[] = {60, 60, 60, 60, 60, 60};
    AUTO(seasons_free) struct seasons alike = seasons_new(level, COUNT_OF(level), deficit);
    AUTO(price_free) struct price flat = {0};
    CHECK_OK(price_make(&alike.backtest, NULL, &query, &flat, &err), err);
    CHECK_NEAR(find(&flat.figures, "of the mean index, per season")->low, NAN, 0);
    CHECK_NEAR(find(&flat.figures, "of the mean index, per season")->high, NAN, 0);
}

// An index that may be below 0 stays there: SPI, of Januaries that got drier.
static void test_trend_below_zero(void **state)
{
    (void)state;
    static const char *const spi =
        "{take: spi, years: [42.16 mm, 92.97 mm, 111.19 mm, 75.74 mm, 65.89 mm, 110.80 mm, "
        "120.66 mm, 17.56 mm, 50.76 mm, 45.66 mm, 81.66 mm, 61.50 mm, 66.02 mm, 27.09 mm, "
        "61.46 mm, 60.56 mm, 62.34 mm, 135.73 mm, 22.12 mm, 57.74 mm, 72.78 mm, 34.25 mm, "
        "136.81 mm, 8.22 mm, 64.39 mm, 12.06 mm, 30.16 mm, 67.36 mm, 32.41 mm, 53.14 mm]}";
    static const double yearly[] = {90, 80, 85, 70, 74, 60, 66, 50, 55, 40};
    AUTO(seasons_free)
    struct seasons s =
        seasons_of(yearly, COUNT_OF(yearly), spi, "0.01",
                   "payout: {form: linear_deficit, strike: 0, exit: -2, rounding: 1 VND}");
    AUTO(price_free) struct price as_it_was = {0}, price = {0};
    struct price_query query = plain;
    struct err err = {0};
    CHECK_OK(price_make(&s.backtest, NULL, &query, &as_it_was, &err), err);
    query.detrend = true;
    CHECK_OK(price_make(&s.backtest, NULL, &query, &price, &err), err);
    double x[COUNT_OF(yearly)], y[COUNT_OF(yearly)];
    for (size_t i = 0; i < COUNT_OF(yearly); i++) {
        x[i] = (double)i;
        y[i] = as_it_was.season[i].index;
    }
    struct trend trend = sample_trend(x, y, COUNT_OF(yearly));
    size_t below = 0;
    CHECK(trend.slope < 0);
    for (size_t i = 0; i < COUNT_OF(yearly); i++) {
        ROW(as_it_was.season[i].when->period);
        double moved = y[i] + trend.slope * (double)(COUNT_OF(yearly) - 1 - i);
        CHECK_NEAR(price.season[i].index, moved, 0.0051); // the policy rounds to 0.01
        CHECK_NEAR(price.season[i].payout,
                   fmin(1, fmax(0, -price.season[i].index / 2)) * INSURED_VND, 0.51);
        below += moved < 0;
    }
    CHECK(below > 5);
    ROW("what is expected is counted from the least that the index can be, not from 0");
    const struct figures *f = &as_it_was.figures;
    struct extreme fit = {.k = find(f, "GEV: k")->value,
                          .alpha = find(f, "GEV: alpha")->value,
                          .xi = find(f, "GEV: xi")->value};
    double expected = 0, before = 0;
    for (int q = -309; q <= 309; q++) {
        double share = extreme_share(&fit, (q + 0.5) / 100);
        expected += (share - before) * fmin(1, fmax(0, -q / 200.0)) * INSURED_VND;
        before = share;
    }
    CHECK(expected > 100000);
    CHECK_NEAR(find(f, "GEV: expected loss, index rounded")->value, expected, 1);
    ROW("and no gamma is fitted to what can be under 0, wet years or not");
    static const double wet[] = {90, 95, 85, 99, 98, 91, 96, 97, 93, 89};
    AUTO(seasons_free)
    struct seasons other =
        seasons_of(wet, COUNT_OF(wet), spi, "0.01",
                   "payout: {form: linear_deficit, strike: 0, exit: -2, rounding: 1 VND}");
    AUTO(price_free) struct price of_wet = {0};
    CHECK_OK(price_make(&other.backtest, NULL, &plain, &of_wet, &err), err);
    for (size_t i = 0; i < of_wet.figures.count; i++)
        CHECK(strstr(of_wet.figures.at[i].name, "gamma") == NULL);
}

// Seasons are paid under the cap of their own day, and what is expected under that of the last one:
// with 1,000,000 of 10,000,000 it is the deficit from 90 to 84 mm.
static void test_caps(void **state)
{
    (void)state;
    static const char *const payout =
        "payout: {form: linear_deficit, strike: 90 mm, exit: 30 mm, rounding: 1 VND}\n"
        "legal_caps: [{from: 2000-01-01, to: 2018-12-31, most: 2000000 VND}, {from: 2019-01-01, "
        "to: "
        "2019-12-31, most: 1000000 VND}]";
    AUTO(seasons_free) struct seasons s = seasons_new(burn, COUNT_OF(burn), payout);
    AUTO(price_free) struct price price = {0};
    struct price_query query = plain;
    struct err err = {0};
    size_t bound = 0;
    query.detrend = true;
    CHECK_OK(price_make(&s.backtest, NULL, &query, &price, &err), err);
    for (size_t i = 0; i < COUNT_OF(burn); i++) {
        ROW(price.season[i].when->period);
        double cap = i < 19 ? 2e6 : 1e6;
        double pays = fmax(0, (90 - price.season[i].index) / 60 * INSURED_VND);
        CHECK_NEAR(price.season[i].payout, fmin(pays, cap), 0.51);
        bound += pays > cap;
    }
    CHECK(bound > 2);
    double shape = find(&price.figures, "gamma: shape")->value;
    double scale = find(&price.figures, "gamma: scale")->value;
    ROW("what is expected");
    CHECK_NEAR(find(&price.figures, "gamma: expected loss, index rounded")->value,
               sample_gamma_deficit(shape, scale, 90, 84, 1e6), 10);
    for (size_t i = 0; i < price.figures.count; i++)
        CHECK(!strstr(price.figures.at[i].name, "by the closed form"));
}

static void test_extremes(void **state)
{
    (void)state;
    static const double maxima[] = {78.2,  112.5, 95.1,  143.7, 88.4,  201.3, 120.6, 99.9, 164.8,
                                    105.0, 131.2, 84.7,  92.3,  117.9, 153.4, 109.6, 97.2, 126.8,
                                    186.1, 101.7, 115.3, 90.5,  138.0, 123.6, 107.4};
    static const struct wanted wanted[] = {
        {"GEV: k", -0.1288252, 5e-7},
        {"GEV: alpha", 21.5937371, 5e-6},
        {"GEV: xi", 103.8151351, 5e-6},
        {"GEV: value once in 5 seasons", 139.545, 5e-4},
        {"GEV: value once in 10 seasons", 160.186, 5e-4},
        {"GEV: value once in 20 seasons", 181.950, 5e-4},
        {"GEV: value once in 50 seasons", 213.292, 5e-4},
    };
    AUTO(seasons_free)
    struct seasons s =
        seasons_new(maxima, COUNT_OF(maxima),
                    "payout: {form: linear_excess, strike: 150 mm, exit: 300 mm, rounding: 1 VND}");
    AUTO(price_free) struct price price = {0};
    struct err err = {0};
    CHECK_OK(price_make(&s.backtest, NULL, &plain, &price, &err), err);
    check_values(&price.figures, wanted, COUNT_OF(wanted));
    check_intervals(&price.figures);
    ROW("the rarer, the less sure");
    const struct figure *five = find(&price.figures, "once in 5 seasons");
    const struct figure *fifty = find(&price.figures, "once in 50 seasons");
    CHECK(fifty->high - fifty->low > 2 * (five->high - five->low));
}

// --- basis risk
// ------------------------------------------------------------------------------------

static const double loss[] = {0, 5, 35, 10, 60, 0, 45, 15, 80, 20, 0, 55};
static const double paid[] = {0, 0, 20, 0, 50, 10, 0, 0, 70, 0, 0, 30};

static void test_basis(void **state)
{
    (void)state;
    double mm[COUNT_OF(paid)];
    AUTO(buf_free) struct buf csv = buf_new(2000);
    buf_text(&csv, "period,loss_percent\n");
    for (size_t i = 0; i < COUNT_OF(paid); i++) {
        mm[i] = 100 - paid[i];
        buf_print(&csv, "%d,%.0f\n", FIRST_YEAR + (int)i, loss[i]);
    }
    AUTO(seasons_free)
    struct seasons s =
        seasons_new(mm, COUNT_OF(mm),
                    "payout: {form: linear_deficit, strike: 100 mm, exit: 0 mm, rounding: 1 VND}");
    AUTO(price_free) struct price price = {0};
    AUTO(losses_free) struct losses losses = {0};
    struct err err = {0};
    CHECK_OK(losses_parse(buf_slice(&csv), "losses.csv", &s.backtest, &s.history, 0, &losses, &err),
             err);
    CHECK_INT(losses.rows, COUNT_OF(loss));
    CHECK_OK(price_make(&s.backtest, &losses, &plain, &price, &err), err);
    double gross = find(&price.figures, "by return on risk, gross")->value / INSURED_VND * 100;
    const struct wanted wanted[] = {
        {"no payout, of losses of 40 % or more", 25, 1e-9},
        {"no payout and a loss that large", 8.3333, 5e-5},
        {"mean payout at losses that large", 37.5, 1e-9},
        {"catastrophic performance ratio", 37.5 / gross, 1e-9},
        {"payout, of losses under 20 %", 16.6667, 5e-5},
        {"(Pearson)", 0.857765, 5e-7},
        {"(Spearman)", 0.675367, 5e-7},
    };
    check_values(&price.figures, wanted, COUNT_OF(wanted));
    check_intervals(&price.figures);
    CHECK_INT(find(&price.figures, "mean payout at losses that large")->n, 4);
    CHECK_INT(find(&price.figures, "(Pearson)")->n, 12);
    CHECK_INT(find(&price.figures, "payout, of losses under")->n, 6);
}

// --- what has no price
// -----------------------------------------------------------------------------

static void test_refusals(void **state)
{
    (void)state;
    AUTO(seasons_free) struct seasons s = seasons_new(burn, 4, deficit);
    AUTO(price_free) struct price price = {0};
    struct err err = {0};
    CHECK_INT(price_make(&s.backtest, NULL, &plain, &price, &err), ERR_INPUT);
    CHECK_HAS(err.text, "only 4 seasons are known; a price needs at least 5");
    struct policy *alert = past_policy(
        &(struct past_policy){"alert", "period: {each: month, day: utc00}", "{take: total}",
                              "0.1 mm", "any", "trigger: {index: \">=\", threshold: 120 mm}"});
    const struct policy *cover = s.backtest.policy;
    s.backtest.policy = alert;
    CHECK_INT(price_make(&s.backtest, NULL, &plain, &price, &err), ERR_INPUT);
    CHECK_HAS(err.text, "it has scores beside what was reported, not a price");
    s.backtest.policy = cover;
    policy_free(&alert);
    ROW("what an index that is moved does not tell");
    struct price_query moved = plain;
    moved.detrend = true;
    static const struct {
        const char *index, *rest, *says;
    } rows[] = {
        {"{take: maximum_sum, over: 1 days}",
         "payout: {form: linear_excess, strike: 100 mm, exit: 200 mm, rounding: 1 VND}\nlimits: "
         "{waiting: none, hours: 72 h, event: 40 %, period: 100 %, events: 3, reinstatement: none}",
         "pays by events (limits:)"},
        {"{take: total, start: {above: 50 mm, latest: 10, for: 10 days, otherwise: pays, "
         "pays: 30 %}}",
         "payout: {form: linear_deficit, strike: 90 mm, exit: 30 mm, rounding: 1 VND}",
         "also pays a season that never starts"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(policy_free)
        struct policy *policy = past_policy(
            &(struct past_policy){"insurance", "period: {from: 01-01, to: 01-31, day: utc00}",
                                  rows[i].index, "0.1 mm", "any", rows[i].rest});
        s.backtest.policy = policy;
        CHECK_INT(price_make(&s.backtest, NULL, &moved, &price, &err), ERR_INPUT);
        CHECK_HAS(err.text, rows[i].says);
        CHECK_HAS(err.text, "price it without --detrend");
    }
    s.backtest.policy = cover;
}

TEST_MAIN(cmocka_unit_test(test_burn), cmocka_unit_test(test_worst), cmocka_unit_test(test_never),

          cmocka_unit_test(test_trend), cmocka_unit_test(test_trend_below_zero),
          cmocka_unit_test(test_caps), cmocka_unit_test(test_extremes),
          cmocka_unit_test(test_basis), cmocka_unit_test(test_refusals))
