#ifndef GONG_TESTS_CHECK_H
#define GONG_TESTS_CHECK_H

// A thin layer over cmocka: rows of tables with names, and checks that print both sides.
#include "core/err.h"
#include "core/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// Whether this is a build with an address sanitizer: many times slower, and it keeps freed memory.
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static const char *check_row = "";

// Names the row of the table that is being tried; it stands in the failure's text.
#define ROW(name) (check_row = (name))

#define CHECK_FAILED(...)                                                                          \
    do {                                                                                           \
        print_error("%s:%d: [%s] ", __FILE__, __LINE__, check_row);                                \
        print_error(__VA_ARGS__);                                                                  \
        print_error("\n");                                                                         \
        _fail(__FILE__, __LINE__);                                                                 \
    } while (0)

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            CHECK_FAILED("not true: %s", #condition);                                              \
    } while (0)

#define CHECK_INT(got, want)                                                                       \
    do {                                                                                           \
        long long got_ = (long long)(got), want_ = (long long)(want);                              \
        if (got_ != want_)                                                                         \
            CHECK_FAILED("%s is %lld, wanted %lld", #got, got_, want_);                            \
    } while (0)

// NaN is near NaN.
#define CHECK_NEAR(got, want, by)                                                                  \
    do {                                                                                           \
        double got_ = (got), want_ = (want);                                                       \
        if (isnan(want_) ? !isnan(got_) : !(fabs(got_ - want_) <= (by)))                           \
            CHECK_FAILED("%s is %.15g, wanted %.15g", #got, got_, want_);                          \
    } while (0)

#define CHECK_TEXT(got, want)                                                                      \
    do {                                                                                           \
        const char *got_ = (got), *want_ = (want);                                                 \
        if (!got_ || strcmp(got_, want_) != 0)                                                     \
            CHECK_FAILED("%s is\n  \"%s\", wanted\n  \"%s\"", #got, got_ ? got_ : "(null)",        \
                         want_);                                                                   \
    } while (0)

#define CHECK_HAS(text, part)                                                                      \
    do {                                                                                           \
        const char *text_ = (text), *part_ = (part);                                               \
        if (!strstr(text_, part_))                                                                 \
            CHECK_FAILED("\"%s\"\n  has no \"%s\"", text_, part_);                                 \
    } while (0)

// A call that must go well; prints its sentence when it does not.
#define CHECK_OK(call, err)                                                                        \
    do {                                                                                           \
        if ((call) != OK)                                                                          \
            CHECK_FAILED("%s failed: %s", #call, (err).text);                                      \
    } while (0)

// int main: TEST_MAIN(cmocka_unit_test(test_a), cmocka_unit_test(test_b))
#define TEST_MAIN(...)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

#endif
