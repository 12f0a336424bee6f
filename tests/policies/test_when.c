#include "policies/when.h"

#include "tests/check.h"

static struct utc at(const char *text)
{
    struct err err = {0};
    struct utc time = {0};
    CHECK_OK(utc_parse(str_of(text), &time, &err), err);
    return time;
}

static void spans_have_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *to, *vi, *en;
    } rows[] = {
        {"a night, as the weather service counts it", "2024-08-12T19:00:00+07:00",
         "2024-08-13T07:00:00+07:00", "đêm 12/8 (19h-7h)", "night 12 Aug (19:00-07:00)"},
        {"the night begins before midnight only", "2024-08-13T01:00:00+07:00",
         "2024-08-13T07:00:00+07:00", "từ 1h 13/8 đến 7h 13/8",
         "from 01:00 13 Aug to 07:00 13 Aug"},
        {"a morning", "2024-08-13T07:00:00+07:00", "2024-08-13T12:00:00+07:00",
         "sáng 13/8 (7h-12h)", "morning 13 Aug (07:00-12:00)"},
        {"an afternoon with minutes", "2024-08-13T13:30:00+07:00", "2024-08-13T18:00:00+07:00",
         "chiều 13/8 (13h30-18h)", "afternoon 13 Aug (13:30-18:00)"},
        {"a day", "2024-08-13T07:00:00+07:00", "2024-08-13T19:00:00+07:00",
         "ban ngày 13/8 (7h-19h)", "daytime 13 Aug (07:00-19:00)"},
        {"a day and a night", "2024-08-13T07:00:00+07:00", "2024-08-14T07:00:00+07:00",
         "từ 7h 13/8 đến 7h 14/8", "from 07:00 13 Aug to 07:00 14 Aug"},
        {"over the end of a year", "2024-12-31T19:00:00+07:00", "2025-01-01T07:00:00+07:00",
         "đêm 31/12 (19h-7h)", "night 31 Dec (19:00-07:00)"},
        {"a night after the next", "2024-08-12T19:00:00+07:00", "2024-08-14T07:00:00+07:00",
         "từ 19h 12/8 đến 7h 14/8", "from 19:00 12 Aug to 07:00 14 Aug"},
        {"no time at all", "2024-08-13T07:00:00+07:00", "2024-08-13T07:00:00+07:00",
         "từ 7h 13/8 đến 7h 13/8", "from 07:00 13 Aug to 07:00 13 Aug"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(buf_free) struct buf vi = buf_new(200), en = buf_new(200);
        when_say_span(at(rows[i].from), at(rows[i].to), LANGUAGE_VI, &vi);
        when_say_span(at(rows[i].from), at(rows[i].to), LANGUAGE_EN, &en);
        CHECK_TEXT(vi.at, rows[i].vi);
        CHECK_TEXT(en.at, rows[i].en);
    }
}

static void today_needs_no_date(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf same = buf_new(200), next = buf_new(200);
    // 18:00 UTC is the next day in Việt Nam.
    when_say_beside(at("2024-09-04T18:00:00Z"), at("2024-09-05T16:59:59Z"), LANGUAGE_VI, &same);
    CHECK_TEXT(same.at, "1h");
    when_say_beside(at("2024-09-04T16:00:00Z"), at("2024-09-04T18:00:00Z"), LANGUAGE_VI, &next);
    CHECK_TEXT(next.at, "23h 4/9");
}

TEST_MAIN(cmocka_unit_test(spans_have_names), cmocka_unit_test(today_needs_no_date))
