#include "ingest/template.h"

#include "core/mem.h"
#include "tests/check.h"

static char *words[] = {(char *)"u", (char *)"u_10m", (char *)"v_10m"};
static const struct template_names names = {words, 3}, none = {NULL, 0};

static const struct {
    const char *name, *text, *url, *step; // step NULL: it is not of the text
    int32_t lead_h, member;
    size_t parameter;
} match_rows[] = {
    {"a run and a lead", "h/gfs.{YYYY}{MM}{DD}/{hh}/f{lead3}", "h/gfs.20240906/18/f072",
     "2024-09-06T18:00:00Z", 72, 0, 0},
    {"a lead with more digits than asked", "h/{YYYY}{MM}{DD}-{lead}h", "h/20240906-120h",
     "2024-09-06T00:00:00Z", 120, 0, 0},
    {"a member", "gep{member2}.{YYYY}{MM}{DD}{hh}", "gep07.2024090600", "2024-09-06T00:00:00Z", 0,
     7, 0},
    {"the day of the year beside the date", "{YYYY}/{JJJ}/{YYYY}{MM}{DD}-S{hh}{mm}.{mmmm}",
     "2024/250/20240906-S2330.1410", "2024-09-06T23:30:00Z", 0, 0, 0},
    {"the day of the year alone", "{YYYY}/{JJJ}", "2024/250", "2024-09-06T00:00:00Z", 0, 0, 0},
    {"the minute of the day alone", "{YYYY}{MM}{DD}.{mmmm}", "20240906.0090",
     "2024-09-06T01:30:00Z", 0, 0, 0},
    {"the end follows from the beginning", "{YYYY}{MM}{DD}-S{hh}{mm}00-E{Ehh}{Emm}{Ess}",
     "20240906-S233000-E235959", "2024-09-06T23:30:00Z", 0, 0, 0},
    {"another end", "{YYYY}{MM}{DD}-S{hh}{mm}00-E{Ehh}{Emm}{Ess}", "20240906-S233000-E225959", NULL,
     0, 0, 0},
    {"a date that contradicts the day of the year", "{YYYY}/{JJJ}/{MM}{DD}", "2024/251/0906", NULL,
     0, 0, 0},
    {"the longest parameter that fits", "{YYYY}/{parameter}/x_{PARAMETER}.bz2",
     "2024/u_10m/x_U_10M.bz2", "2024-01-01T00:00:00Z", 0, 0, 1},
    {"the parameter in two spellings that differ", "{YYYY}/{parameter}/x_{PARAMETER}.bz2",
     "2024/u_10m/x_V_10M.bz2", NULL, 0, 0, 0},
    {"a parameter that is not listed", "{YYYY}/{parameter}", "2024/tp", NULL, 0, 0, 0},
    {"30 February", "{YYYY}{MM}{DD}", "20240230", NULL, 0, 0, 0},
    {"month 13", "{YYYY}{MM}", "202413", NULL, 0, 0, 0},
    {"letters for digits", "{YYYY}{MM}{DD}", "2024x906", NULL, 0, 0, 0},
    {"another host", "https://a/{YYYY}", "https://b/2024", NULL, 0, 0, 0},
    {"more behind it", "{YYYY}.nc", "2024.nc4", NULL, 0, 0, 0},
    {"cut off", "{YYYY}.nc", "2024.n", NULL, 0, 0, 0},
    {"nothing", "{YYYY}.nc", "", NULL, 0, 0, 0},
};

static void test_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(match_rows); i++) {
        ROW(match_rows[i].name);
        struct template_at at = {0};
        size_t parameter = 0;
        const struct template_names *listed =
            strstr(match_rows[i].text, "arameter") ? &names : &none;
        bool fits = template_match(str_of(match_rows[i].text), match_rows[i].url, 1800, 0, listed,
                                   &at, &parameter);
        CHECK_INT(fits, match_rows[i].step != NULL);
        if (!fits)
            continue;
        CHECK_TEXT(utc_text(at.step).at, match_rows[i].step);
        CHECK_INT(at.lead_h, match_rows[i].lead_h);
        CHECK_INT(at.member, match_rows[i].member);
        CHECK_INT(parameter, match_rows[i].parameter);
    }
}

// What was filled in comes out again, whatever it was.
static void test_there_and_back(void **state)
{
    (void)state;
    static const char text[] = "x/{YYYY}/{JJJ}/{MM}{DD}{hh}{mm}_{lead3}_{member2}_{PARAMETER}.nc";
    for (int64_t i = 0; i < 20000; i++) {
        struct template_at in = {{1577836800 + i * 77777 / 60 * 60},
                                 60,
                                 0,
                                 (int32_t)(i % 1000),
                                 (int32_t)(i % 200),
                                 words[i % 3]};
        struct template_at out;
        size_t parameter;
        AUTO(buf_free) struct buf url = buf_new(200);
        template_fill(str_of(text), &in, &url);
        CHECK(template_match(str_of(text), url.at, 60, 0, &names, &out, &parameter));
        CHECK_INT(out.step.s, in.step.s);
        CHECK_INT(out.lead_h, in.lead_h);
        CHECK_INT(out.member, in.member);
        CHECK_INT(parameter, i % 3);
    }
}

TEST_MAIN(cmocka_unit_test(test_match), cmocka_unit_test(test_there_and_back))
