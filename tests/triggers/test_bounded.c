// A long past is written step by step and read by a map: a hundred megabytes of it, by a child that
// may take 24 MiB of memory of its own for the writing, the backtest and its answers.
#include "tests/limit.h"
#include "tests/triggers/past.h"
#include "triggers/backtest.h"
#include "triggers/history.h"

#include <sys/stat.h>
#include <sys/wait.h>

enum { PLACES = 600, DAYS = 1830, HOURS = 24, SUNK_MIB = 100, OWN_MIB = 24 };

// 0: it was done, and said something of every place and month.
static int backtest_within_bounds(void)
{
    static const struct past_policy says = {
        "insurance",
        "period: {each: month, day: utc00}",
        "{take: maximum_sum, over: 3 days}",
        "0.1 mm",
        "any",
        "payout: {form: linear_excess, strike: 30 mm, exit: 600 mm, rounding: 1 VND}"};
    static const struct past_shape shape = {.places = PLACES, .days = DAYS, .steps_a_day = HOURS};
    if (!limit_memory((size_t)OWN_MIB << 20))
        return 41;
    struct stat file;
    struct err err = {0};
    struct past past = past_new(&shape);
    AUTO(policy_free) struct policy *policy = past_policy(&says);
    AUTO(backtest_free) struct backtest backtest = {0};
    struct history history = {.series = past.series};
    struct backtest_query query = {
        .from = UTC_NEVER, .to = UTC_NEVER, .sum_insured_vnd = 1000000, .threads = 1};
    bool large = stat(past.path, &file) == 0 && file.st_size > (off_t)SUNK_MIB << 20;
    enum err_kind kind = backtest_run(policy, &history, &query, &backtest, &err);
    size_t said = 0;
    for (size_t o = 0; !kind && o < backtest.occasions.count; o++) {
        struct backtest_season season = backtest_season(&backtest, o);
        said += season.yes + season.no;
    }
    past_free(&past);
    return kind ? 42 : !large ? 43 : said != (size_t)PLACES * 60 ? 44 : 0;
}

static void test_bounded(void **state)
{
    (void)state;
    (void)fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(backtest_within_bounds());
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), 0);
}

TEST_MAIN(cmocka_unit_test(test_bounded))
