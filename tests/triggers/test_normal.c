// Domain reference 5.2, 5.3 and 5.4. SPI-A stands on a public fixture (climate_indices, 30 totals
// of March); the SPI values beside it, SPI-B and SPEI were computed by the reference's author.
#include "triggers/normal.h"

#include "core/mem.h"
#include "tests/check.h"

static void test_percentile(void **state)
{
    (void)state;
    static const int64_t wet[] = {1200, 3400, 5000,  7700,  2200,  10100, 15300,
                                  4400, 8800, 22000, 31500, 6100,  12700, 18900,
                                  2900, 9500, 45200, 1000,  27300, 60400};
    static const struct {
        int64_t share, seven, eight;
    } rows[] = {{100, 2100, 1567}, {500, 9150, 9150}, {900, 32870, 40177}, {950, 45960, 55080}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_INT(normal_percentile(wet, COUNT_OF(wet), rows[i].share, 7), rows[i].seven);
        CHECK_INT(normal_percentile(wet, COUNT_OF(wet), rows[i].share, 8), rows[i].eight);
    }
    static const int64_t one[] = {5000};
    CHECK_INT(normal_percentile(one, 1, 900, 7), 5000);
    CHECK_INT(normal_percentile(one, 1, 900, 8), 5000);
}

static const int64_t spi_a[] = {42160, 92970,  111190, 75740, 65890, 110800, 120660, 17560,
                                50760, 45660,  81660,  61500, 66020, 27090,  61460,  60560,
                                62340, 135730, 22120,  57740, 72780, 34250,  136810, 8220,
                                64390, 12060,  30160,  67360, 32410, 53140};
static const int64_t spi_b[] = {0,     12400, 33100, 5200,  0, 48700, 21500, 9900,  0,     17300,
                                62000, 3800,  27600, 14100, 0, 8500,  39200, 19700, 55300, 11000};
static const int64_t spei[] = {-62000, -15500, 24300,  -88100, 40200,  5000,   -33400, 71600,
                               -95000, 12800,  -47700, 158900, -9900,  -70400, 33300,  -21200,
                               95600,  -54800, 18100,  -38500, 2200,   -27900, 49000,  -81300,
                               -3600,  27700,  -44400, 124400, -18600, -60200};

static void test_fit(void **state)
{
    (void)state;
    struct gamma_fit fit = normal_gamma_fit(spi_a, COUNT_OF(spi_a));
    CHECK_NEAR(fit.zeros, 0, 0);
    CHECK_NEAR(fit.a, 0.1847125405, 1e-10);
    CHECK_NEAR(fit.shape, 2.8644111363, 1e-9);
    CHECK_NEAR(fit.scale, 21.8915268618, 1e-8);
    CHECK_NEAR(fit.shape * fit.scale, 62.7063333, 5e-8); // the mean
    fit = normal_gamma_fit(spi_b, COUNT_OF(spi_b));
    CHECK_NEAR(fit.zeros, 0.2, 0);
    CHECK_NEAR(fit.a, 0.2924479478, 1e-10);
    CHECK_NEAR(fit.shape, 1.8626846205, 1e-9);
    CHECK_NEAR(fit.scale, 13.0624635710, 1e-8);
    CHECK_NEAR(fit.shape * fit.scale, 24.33125, 5e-8); // the mean of those that are not zero
}

static void test_gamma(void **state)
{
    (void)state;
    static const double rows[][2] = {{8.22, 0.009047}, {27.09, 0.149747}, {60.56, 0.555772},
                                     {74.0, 0.685758}, {110.8, 0.894820}, {136.81, 0.955526}};
    struct gamma_fit fit = normal_gamma_fit(spi_a, COUNT_OF(spi_a));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_NEAR(normal_gamma(fit.shape, rows[i][0] / fit.scale), rows[i][1], 5e-7);
    ROW("P(1, x) is 1 - exp(-x)");
    for (double x = 0.1; x < 20; x *= 1.7)
        CHECK_NEAR(normal_gamma(1, x), -expm1(-x), 1e-14);
    ROW("quantile and distribution are inverse");
    for (double p = 0.0005; p < 1; p += 0.0173)
        CHECK_NEAR(0.5 * erfc(-normal_quantile(p) / sqrt(2)), p, 1e-14);
}

static void test_spi(void **state)
{
    (void)state;
    static const int64_t a[][2] = {{8220, -2364}, {27090, -1038}, {60560, 140},
                                   {74000, 484},  {110800, 1253}, {136810, 1701}};
    static const int64_t b[][2] = {{0, -842},    {3800, -714},  {10000, -332},
                                   {19700, 230}, {40000, 1119}, {62000, 1838}};
    for (size_t i = 0; i < COUNT_OF(a); i++)
        CHECK_INT(normal_spi(spi_a, COUNT_OF(spi_a), a[i][0]), a[i][1]);
    for (size_t i = 0; i < COUNT_OF(b); i++)
        CHECK_INT(normal_spi(spi_b, COUNT_OF(spi_b), b[i][0]), b[i][1]);
    ROW("clipped at both ends");
    CHECK_INT(normal_spi(spi_a, COUNT_OF(spi_a), 0), -3090);
    CHECK_INT(normal_spi(spi_a, COUNT_OF(spi_a), 5000000), 3090);
}

static void test_spei(void **state)
{
    (void)state;
    struct logistic_fit fit;
    CHECK(normal_logistic_fit(spei, COUNT_OF(spei), &fit));
    CHECK_NEAR(fit.w0, -3.6466667, 5e-8);
    CHECK_NEAR(fit.w1, -19.0565517, 5e-8);
    CHECK_NEAR(fit.w2, -17.5298933, 5e-8);
    CHECK_NEAR(fit.beta, 6.2515256, 5e-8);
    CHECK_NEAR(fit.alpha, 206.5126521, 5e-8);
    CHECK_NEAR(fit.gamma, -219.1144802, 5e-8);
    static const int64_t rows[][2] = {{-95000, -1753}, {-62000, -1022}, {-9900, 51},
                                      {0, 231},        {40200, 863},    {158900, 2008}};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t got = 0;
        CHECK(normal_spei(spei, COUNT_OF(spei), rows[i][0], &got));
        CHECK(got - rows[i][1] <= 1 && rows[i][1] - got <= 1);
    }
    for (size_t i = 0; i < COUNT_OF(spei); i++) {
        int64_t got = 0;
        CHECK(normal_spei(spei, COUNT_OF(spei), spei[i], &got));
        sum += (double)got / 1000;
        squares += (double)got * (double)got / 1e6;
    }
    CHECK_NEAR(sum / 30, 0.0142, 5e-4);
    CHECK_NEAR(sqrt((squares - sum * sum / 30) / 30), 0.9695, 5e-4);
    ROW("skewed to the left, or without skew: no index rather than a wrong one");
    static const int64_t even[] = {-3000, -2000, -1000, 0, 1000, 2000, 3000};
    static const int64_t left[] = {-90000, -5000, -3000, -2000, -1000, 0, 1000};
    int64_t got;
    CHECK(!normal_spei(even, COUNT_OF(even), 0, &got));
    CHECK(!normal_spei(left, COUNT_OF(left), 0, &got));
}

TEST_MAIN(cmocka_unit_test(test_percentile), cmocka_unit_test(test_fit),
          cmocka_unit_test(test_gamma), cmocka_unit_test(test_spi), cmocka_unit_test(test_spei))
