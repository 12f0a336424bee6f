#include "policies/trace.h"

#include "core/date.h"
#include "core/mem.h"
#include "policies/index_rule.h"
#include "policies/substitute.h"

#include <inttypes.h>
#include <string.h>

const char *const trace_steps[] = {
    "window",      "coverage", "members",   "member_index", "index",    "rounded", "compare",
    "probability", "payout",   "not_known", "part",         "quantile", "model",   "models",
    "combine",     "weighted", "events",    "substituted",  "area",     "after",   "capped",
    NULL};

const char *const trace_gaps[] = {"",         "no_readings", "absent",  "not_observed", "coverage",
                                  "overlap",  "tiling",      "members", "refused",      "range",
                                  "no_start", "no_fit",      NULL};

static const char *const gap_words[][LANGUAGES] = {
    {"", ""},
    {"chưa có số liệu nào", "there is no reading at all"},
    {"thiếu số liệu", "a reading is not there"},
    {"không quan trắc được xã này", "this commune was not observed"},
    {"phần diện tích quan trắc được quá nhỏ", "too little of its area was observed"},
    {"hai số liệu chồng lên nhau", "two readings overlap"},
    {"các bước số liệu không khớp với cửa sổ", "the steps do not add up to the window"},
    {"không đủ thành viên dự báo", "too few ensemble members"},
    {"không đọc được tệp của nguồn", "the source's file could not be read"},
    {"số quá lớn, không thể là thời tiết", "the numbers are too large to be weather"},
    {"mùa vụ chưa bắt đầu đến ngày muộn nhất", "the season did not start by the latest day"},
    {"dãy năm gốc không cho phép tính phân bố", "the base years allow no distribution"},
};

struct doc *trace_new(enum trace_step step)
{
    struct doc *made = doc_object();
    doc_put_text(made, "step", trace_steps[step]);
    return made;
}

const struct doc *trace_find(const struct doc *trace, enum trace_step step)
{
    for (size_t i = 0; i < doc_count(trace); i++) {
        const struct doc *one = doc_at(trace, i);
        if (strcmp(doc_text(doc_get(one, "step"), ""), trace_steps[step]) == 0)
            return one;
    }
    return NULL;
}

static int64_t number(const struct doc *step, const char *key)
{
    return doc_int(doc_get(step, key), 0);
}

static const char *text(const struct doc *step, const char *key)
{
    return doc_text(doc_get(step, key), "");
}

static enum unit unit_in(const struct doc *step)
{
    enum unit unit = UNIT_RAIN;
    if (unit_of_trace(text(step, "unit"), &unit))
        unit = UNIT_RAIN;
    return unit;
}

static void say_time(struct buf *out, const char *utc)
{
    struct utc time;
    struct err err = {0};
    if (utc_parse(str_of(utc), &time, &err) == OK)
        buf_text(out, utc_local_text(time).at);
    else
        buf_text(out, utc);
}

static void say_span(const struct doc *step, struct buf *out)
{
    say_time(out, text(step, "from"));
    buf_text(out, " – ");
    say_time(out, text(step, "to"));
}

static void say_window(const struct doc *step, enum language language, struct buf *out)
{
    buf_text(out, language == LANGUAGE_VI ? "cửa sổ " : "window ");
    say_span(step, out);
    buf_print(out,
              language == LANGUAGE_VI ? " (giờ VN), %" PRId64 " bước số liệu"
                                      : " (Viet Nam time), %" PRId64 " steps of data",
              number(step, "value"));
}

// A share of `whole` parts in per cent.
static void say_percent(struct buf *out, int64_t part, int64_t whole, enum language language)
{
    unit_number(out, part * 100000 / whole, language);
    buf_text(out, " %");
}

static void say_coverage(const struct doc *step, enum language language, struct buf *out)
{
    enum { PARTS = 10000 };
    buf_text(out, language == LANGUAGE_VI ? "diện tích quan trắc được ít nhất "
                                          : "at least this much of its area was observed: ");
    say_percent(out, number(step, "value"), PARTS, language);
    if (number(step, "at_least") == 0) {
        buf_text(out, language == LANGUAGE_VI ? " (bao nhiêu cũng được tính)" : " (any counts)");
        return;
    }
    buf_text(out, language == LANGUAGE_VI ? ", cần " : ", needed ");
    say_percent(out, number(step, "at_least"), PARTS, language);
}

static void say_members(const struct doc *step, enum language language, struct buf *out)
{
    AUTO(buf_free) struct buf present = buf_new(60);
    buf_print(&present, "%" PRId64, number(step, "value"));
    if (doc_get(step, "of"))
        buf_print(&present, language == LANGUAGE_VI ? "/%" PRId64 : " of %" PRId64,
                  number(step, "of"));
    buf_print(out,
              language == LANGUAGE_VI ? "có %s thành viên dự báo, cần %" PRId64
                                      : "%s ensemble members, needed %" PRId64,
              present.at, number(step, "at_least"));
}

static void say_member_index(const struct doc *step, enum language language, struct buf *out)
{
    const struct doc *values = doc_get(step, "values");
    buf_text(out, language == LANGUAGE_VI ? "chỉ số của từng thành viên:" : "index per member:");
    for (size_t i = 0; i < doc_count(values); i++) {
        buf_char(out, ' ');
        unit_number(out, doc_int(doc_at(values, i), 0), language);
    }
    buf_print(out, " %s", unit_word(unit_in(step), language));
}

static void say_index(const struct doc *step, enum language language, struct buf *out)
{
    const char *word = text(step, "take");
    if (strcmp(word, "median") == 0)
        word = language == LANGUAGE_VI ? "giữa các thành viên" : "middle of the members";
    for (size_t i = 0; index_takes[i]; i++) {
        if (strcmp(index_takes[i], word) == 0)
            word = index_take_word((enum index_take)i, language);
    }
    buf_text(out, word);
    int64_t over_s = number(step, "over_s");
    if (over_s)
        buf_print(out, language == LANGUAGE_VI ? " trong %" PRId64 " giờ" : " over %" PRId64 " h",
                  over_s / HOUR_S);
    buf_text(out, ": ");
    unit_say(out, number(step, "value"), unit_in(step), language);
    if (doc_get(step, "from")) {
        buf_text(out, ", ");
        say_span(step, out);
    }
}

static void say_rounded(const struct doc *step, enum language language, struct buf *out)
{
    buf_text(out, language == LANGUAGE_VI ? "làm tròn một lần đến " : "rounded once to ");
    unit_say(out, number(step, "to"), unit_in(step), language);
    buf_text(out, ": ");
    unit_say(out, number(step, "value"), unit_in(step), language);
}

static void say_margin(const struct doc *step, enum language language, struct buf *out)
{
    static const char *const words[2][LANGUAGES] = {{"còn thiếu ", "short by "},
                                                    {"vượt ", "past by "}};
    int64_t margin = number(step, "margin");
    bool holds = doc_bool(doc_get(step, "holds"), false);
    buf_text(out, words[holds][language]);
    unit_say(out, margin < 0 ? -margin : margin, unit_in(step), language);
}

static void say_compare(const struct doc *step, enum language language, struct buf *out)
{
    buf_text(out, doc_bool(doc_get(step, "holds"), false) ? "✓ " : "✗ ");
    unit_say(out, number(step, "value"), unit_in(step), language);
    buf_print(out, " %s ", text(step, "operator"));
    unit_say(out, number(step, "threshold"), unit_in(step), language);
    buf_text(out, ", ");
    say_margin(step, language, out);
}

static void say_probability(const struct doc *step, enum language language, struct buf *out)
{
    int64_t of = number(step, "of");
    buf_text(out, doc_bool(doc_get(step, "holds"), false) ? "✓ " : "✗ ");
    buf_print(out,
              language == LANGUAGE_VI ? "%" PRId64 "/%" PRId64 " thành viên vượt ngưỡng = "
                                      : "%" PRId64 "/%" PRId64 " members pass = ",
              number(step, "value"), of);
    say_percent(out, number(step, "value"), of ? of : 1, language);
    buf_print(out, " %s ", text(step, "operator"));
    say_percent(out, number(step, "threshold"), 1000, language);
}

static void say_payout(const struct doc *step, enum language language, struct buf *out)
{
    int64_t part = number(step, "part"), whole = number(step, "whole");
    buf_print(out,
              language == LANGUAGE_VI ? "chi trả (%s): %" PRId64 "/%" PRId64 " số tiền bảo hiểm = "
                                      : "payout (%s): %" PRId64 "/%" PRId64
                                        " of the sum insured = ",
              text(step, "form"), part, whole);
    say_percent(out, part, whole ? whole : 1, language);
}

static void say_not_known(const struct doc *step, enum language language, struct buf *out)
{
    const char *why = text(step, "why"), *at = text(step, "at"), *sentence = text(step, "text");
    buf_text(out, language == LANGUAGE_VI ? "chưa biết: " : "not known: ");
    for (size_t i = 1; i < COUNT_OF(gap_words); i++) {
        if (strcmp(trace_gaps[i], why) == 0)
            buf_text(out, gap_words[i][language]);
    }
    if (*at) {
        buf_text(out, language == LANGUAGE_VI ? ", lúc " : ", at ");
        say_time(out, at);
    }
    if (*sentence)
        buf_print(out, " (%s)", sentence);
}

static void say_part(const struct doc *step, const struct doc *titles, enum language language,
                     struct buf *out)
{
    int64_t level = number(step, "level");
    const char *name = text(step, "name");
    buf_print(out, "— %s",
              doc_text(doc_get(doc_get(titles, name), language_names[language]), name));
    if (level)
        buf_print(out, language == LANGUAGE_VI ? " (mức %" PRId64 ")" : " (level %" PRId64 ")",
                  level);
}

static void say_quantile(const struct doc *step, enum language language, struct buf *out)
{
    buf_text(out, language == LANGUAGE_VI ? "phân vị " : "quantile ");
    say_percent(out, number(step, "share"), 1000, language);
    buf_text(out, language == LANGUAGE_VI ? " của các thành viên: " : " of the members: ");
    unit_say(out, number(step, "value"), unit_in(step), language);
}

static void say_model(const struct doc *step, enum language language, struct buf *out)
{
    buf_print(out, "%s: %" PRId64 "/%" PRId64 " %s", text(step, "source"), number(step, "value"),
              number(step, "of"),
              language == LANGUAGE_VI ? "thành viên vượt ngưỡng" : "members pass");
    if (number(step, "weight")) {
        buf_text(out, language == LANGUAGE_VI ? ", trọng số " : ", weight ");
        say_percent(out, number(step, "weight"), 1000, language);
    }
}

static void say_models(const struct doc *step, enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    buf_text(out, doc_bool(doc_get(step, "holds"), false) ? "✓ " : "✗ ");
    if (doc_get(step, "needed")) {
        buf_print(out,
                  vi ? "%" PRId64 "/%" PRId64 " mô hình đồng ý, cần %" PRId64
                     : "%" PRId64 " of %" PRId64 " models agree, needed %" PRId64,
                  number(step, "value"), number(step, "of"), number(step, "needed"));
        return;
    }
    buf_text(out, vi ? "các mô hình cùng nhau: " : "the models together: ");
    say_percent(out, number(step, "value"), 1000, language);
    buf_print(out, " %s ", text(step, "operator"));
    say_percent(out, number(step, "threshold"), 1000, language);
}

static void say_combine(const struct doc *step, enum language language, struct buf *out)
{
    buf_text(out, doc_bool(doc_get(step, "holds"), false) ? "✓ " : "✗ ");
    buf_print(
        out,
        language == LANGUAGE_VI
            ? "%" PRId64 "/%" PRId64 " điều kiện đạt, %" PRId64 " chưa biết, cần %" PRId64
            : "%" PRId64 " of %" PRId64 " conditions hold, %" PRId64 " not known, needed %" PRId64,
        number(step, "value"), number(step, "of"), number(step, "unknown"), number(step, "needed"));
}

static void say_weighted(const struct doc *step, enum language language, struct buf *out)
{
    int64_t whole = number(step, "whole");
    buf_text(out, language == LANGUAGE_VI ? "theo trọng số của giai đoạn: "
                                          : "by the weight of the phase: ");
    say_percent(out, number(step, "part"), whole ? whole : 1, language);
}

static void say_events(const struct doc *step, enum language language, struct buf *out)
{
    const int64_t ten_thousandth = 100000000; // of the sum insured, in 10^-12
    const struct doc *list = doc_get(step, "list");
    buf_text(out, language == LANGUAGE_VI ? "các sự kiện:" : "events:");
    if (doc_count(list) == 0)
        buf_text(out, language == LANGUAGE_VI ? " không có" : " none");
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i);
        buf_text(out, i ? "; " : " ");
        say_time(out, doc_text(doc_at(one, 0), ""));
        buf_print(out, " #%" PRId64 " ", doc_int(doc_at(one, 1), 0));
        say_percent(out, doc_int(doc_at(one, 2), 0) / ten_thousandth, 10000, language);
        buf_text(out, " → ");
        say_percent(out, doc_int(doc_at(one, 3), 0) / ten_thousandth, 10000, language);
    }
}

static void say_substituted(const struct doc *step, enum language language, struct buf *out)
{
    static const char *const near[LANGUAGES] = {"trung bình của các xã lân cận",
                                                "the mean of the neighbouring communes"};
    static const char *const usual[LANGUAGES] = {"trị số thường có theo hợp đồng",
                                                 "what the contract says is usual"};
    const char *by = text(step, "by"), *from = text(step, "source");
    if (strcmp(by, rungs[RUNG_NEIGHBOURS]) == 0)
        from = near[language];
    if (strcmp(by, rungs[RUNG_CLIMATOLOGY]) == 0)
        from = usual[language];
    buf_print(out,
              language == LANGUAGE_VI ? "%" PRId64 " bước thiếu được lấy từ %s"
                                      : "%" PRId64 " missing steps were taken from %s",
              number(step, "value"), from);
    if (doc_get(step, "ratio")) {
        buf_text(out, language == LANGUAGE_VI ? ", nhân " : ", times ");
        unit_number(out, number(step, "ratio"), language);
    }
    if (doc_get(step, "rung"))
        buf_print(out, language == LANGUAGE_VI ? " (bậc %" PRId64 ")" : " (rung %" PRId64 ")",
                  number(step, "rung"));
}

static void say_area(const struct doc *step, enum language language, struct buf *out)
{
    buf_print(out,
              language == LANGUAGE_VI
                  ? "%" PRId64 "/%" PRId64 " xã đạt, %" PRId64 " xã chưa biết (nhiều nhất "
                  : "%" PRId64 " of %" PRId64 " communes pass, %" PRId64 " not known (at most ",
              number(step, "value"), number(step, "of"), number(step, "unknown"));
    say_percent(out, number(step, "unknown_at_most"), 1000, language);
    buf_char(out, ')');
}

// What is written of a step as "NAME 5 %; ...".
struct named {
    const char *key, *said[LANGUAGES];
};

static void say_after(const struct doc *step, enum language language, struct buf *out)
{
    static const struct named keys[] = {
        {"deductible", {"khấu trừ ", "deductible "}},
        {"franchise", {"mức miễn thường ", "franchise "}},
        {"minimum", {"chi trả tối thiểu ", "minimum "}},
        {"maximum", {"chi trả tối đa ", "maximum "}},
    };
    if (doc_get(step, "each")) {
        buf_text(out, language == LANGUAGE_VI ? "từng sự kiện" : "each event");
    } else {
        int64_t whole = number(step, "whole");
        buf_text(out, language == LANGUAGE_VI ? "phần tính được " : "the share as computed: ");
        say_percent(out, number(step, "part"), whole ? whole : 1, language);
    }
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (!doc_get(step, keys[i].key))
            continue;
        buf_print(out, "; %s", keys[i].said[language]);
        say_percent(out, number(step, keys[i].key), 1000, language);
    }
}

static void say_capped(const struct doc *step, enum language language, struct buf *out)
{
    static const struct named keys[] = {
        {"daily_cap", {"trần mỗi ngày ", "cap of a day "}},
        {"daily_floor", {"sàn mỗi ngày ", "floor of a day "}},
        {"dekad_cap", {"trần mỗi tuần 10 ngày ", "cap of a dekad "}},
    };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (!doc_get(step, keys[i].key))
            continue;
        buf_text(out, keys[i].said[language]);
        unit_say(out, number(step, keys[i].key), unit_in(step), language);
        buf_text(out, "; ");
    }
    buf_text(out, language == LANGUAGE_VI ? "nếu không có: " : "without them: ");
    unit_say(out, number(step, "value"), unit_in(step), language);
}

void trace_say(const struct doc *step, const struct doc *titles, enum language language,
               struct buf *out)
{
    static void (*const say[])(const struct doc *, enum language, struct buf *) = {
        [TRACE_WINDOW] = say_window,   [TRACE_COVERAGE] = say_coverage,
        [TRACE_MEMBERS] = say_members, [TRACE_MEMBER_INDEX] = say_member_index,
        [TRACE_INDEX] = say_index,     [TRACE_ROUNDED] = say_rounded,
        [TRACE_COMPARE] = say_compare, [TRACE_PROBABILITY] = say_probability,
        [TRACE_PAYOUT] = say_payout,   [TRACE_NOT_KNOWN] = say_not_known,
        [TRACE_PART] = NULL,           [TRACE_QUANTILE] = say_quantile,
        [TRACE_MODEL] = say_model,     [TRACE_MODELS] = say_models,
        [TRACE_COMBINE] = say_combine, [TRACE_WEIGHTED] = say_weighted,
        [TRACE_EVENTS] = say_events,   [TRACE_SUBSTITUTED] = say_substituted,
        [TRACE_AREA] = say_area,       [TRACE_AFTER] = say_after,
        [TRACE_CAPPED] = say_capped,
    };
    const char *name = text(step, "step");
    for (size_t i = 0; trace_steps[i]; i++) {
        if (strcmp(trace_steps[i], name) != 0)
            continue;
        if (i == TRACE_PART)
            say_part(step, titles, language, out);
        else
            say[i](step, language, out);
    }
}
