#include "policies/describe.h"

#include "core/mem.h"
#include "policies/example.h"
#include "policies/policy.h"
#include "policies/share_rule.h"
#include "policies/terms.h"
#include "policies/water_rule.h"

#include <inttypes.h>
#include <string.h>

// A line of several words that differ by language.
static const char *pick(enum language language, const char *vi, const char *en)
{
    return language == LANGUAGE_VI ? vi : en;
}

void describe_date(struct buf *out, struct civil date)
{
    buf_print(out, "%02d/%02d/%04d", date.day, date.month, date.year);
}

void describe_span(struct buf *out, int64_t span_s, enum language language)
{
    if (span_s % DAY_S == 0 && span_s > 3 * DAY_S)
        buf_print(out, "%" PRId64 " %s", span_s / DAY_S, pick(language, "ngày", "days"));
    else if (span_s % HOUR_S == 0)
        buf_print(out, "%" PRId64 " %s", span_s / HOUR_S, pick(language, "giờ", "h"));
    else
        buf_print(out, "%" PRId64 " %s", span_s / 60, pick(language, "phút", "min"));
}

void describe_share(struct buf *out, int64_t milli, enum language language)
{
    unit_number(out, milli * 100, language);
    buf_text(out, " %");
}

void describe_compared(struct buf *out, enum compare compare, int64_t milli, enum unit unit,
                       enum language language)
{
    static const char *const words[][2][LANGUAGES] = {
        [COMPARE_LESS] = {{"dưới ", "under "}, {"", ""}},
        [COMPARE_LESS_OR_SAME] = {{"từ ", "at most "}, {" trở xuống", ""}},
        [COMPARE_MORE] = {{"trên ", "over "}, {"", ""}},
        [COMPARE_MORE_OR_SAME] = {{"từ ", "at least "}, {" trở lên", ""}},
    };
    buf_text(out, words[compare][0][language]);
    unit_say(out, milli, unit, language);
    buf_text(out, words[compare][1][language]);
}

static void say_area(const struct policy *policy, enum language language, struct buf *out)
{
    static const char *const words[][LANGUAGES] = {
        [AREA_ALL] = {"mọi xã", "every commune"},
        [AREA_ZONES] = {"các xã thuộc", "communes of"},
        [AREA_COMMUNES] = {"các xã", "communes"},
        [AREA_FORMER] = {"các xã trước đây thuộc", "communes that were of"},
    };
    buf_print(out, "  %s %s", pick(language, "nơi:", "where:"), words[policy->area.kind][language]);
    for (size_t i = 0; i < policy->area.count; i++) {
        buf_text(out, i ? ", " : " ");
        area_say(&policy->area, i, language, out);
    }
    buf_print(out, " (%s %s)\n", pick(language, "bộ ranh giới", "boundary set"),
              policy->boundary_set);
}

// From when to when a day is.
static const char *const day_words[][LANGUAGES] = {
    [DAY_UTC00] = {"một ngày là từ 7 giờ đến 7 giờ hôm sau, tức 0 giờ UTC",
                   "a day is from 07:00 to 07:00 of the next, which is 00:00 UTC"},
    [DAY_LOCAL00] = {"một ngày là từ 0 giờ đến 24 giờ", "a day is from 00:00 to 24:00"},
    [DAY_VNRAIN19] = {"ngày mưa: từ 19 giờ hôm trước đến 19 giờ",
                      "a day of rain is from 19:00 of the day before to 19:00"},
};

const char *describe_variable(const char *variable, enum language language)
{
    static const struct {
        const char *name, *word[LANGUAGES];
    } words[] = {
        {"rain", {"lượng mưa", "rain"}},
        {"wind", {"gió", "wind"}},
        {"gust", {"gió giật", "gusts"}},
        {"temperature", {"nhiệt độ", "temperature"}},
        {"stage", {"mực nước", "water level"}},
        {"yield", {"năng suất", "yield"}},
        {"mortality", {"tỷ lệ chết", "mortality"}},
        {"loss", {"tổn thất", "loss"}},
        {"storm_distance", {"khoảng cách đến tâm bão", "distance of a storm's centre"}},
        {"storm_wind", {"sức gió của bão", "wind of storms"}},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(words[i].name, variable) == 0)
            return words[i].word[language];
    }
    return variable;
}

static void say_period(const struct policy *policy, enum language language, struct buf *out)
{
    const struct period_rule *rule = &policy->period;
    buf_print(out, "  %s ", pick(language, "khi:", "when:"));
    switch (rule->kind) {
    case PERIOD_NONE:
        buf_text(out, policy->watch == WATCH_FORECAST
                          ? pick(language, "mỗi lần có dự báo", "at each forecast run")
                          : pick(language, "mỗi bước số liệu", "at each observed step"));
        break;
    case PERIOD_SEASON:
        buf_print(out,
                  language == LANGUAGE_VI ? "mỗi năm từ %02d/%02d đến %02d/%02d"
                                          : "each year from %02d/%02d to %02d/%02d (day/month)",
                  rule->from_day, rule->from_month, rule->to_day, rule->to_month);
        if (rule->to_month < rule->from_month ||
            (rule->to_month == rule->from_month && rule->to_day < rule->from_day))
            buf_text(out, pick(language, " năm sau, gọi theo năm bắt đầu",
                               " of the next, named by the year in which it begins"));
        break;
    case PERIOD_MONTH:
        buf_text(out, pick(language, "mỗi tháng", "each month"));
        break;
    case PERIOD_DAY:
        buf_text(out, pick(language, "mỗi ngày", "each day"));
        break;
    }
    if (rule->before)
        buf_print(out, "%s %d %s", pick(language, ", xét", ", the last"), rule->before + 1,
                  rule->kind == PERIOD_DAY
                      ? pick(language, "ngày gần nhất", "days up to its end")
                      : pick(language, "tháng gần nhất", "months up to its end"));
    if (rule->whole_days)
        buf_text(out, pick(language, ", từ đầu ngày kế tiếp", ", from the next whole day on"));
    if (rule->kind != PERIOD_NONE || rule->whole_days)
        buf_print(out, " (%s)", day_words[rule->day][language]);
    buf_print(out, "; %s ", pick(language, "hiệu lực", "in force"));
    describe_date(out, policy->effective_from);
    buf_text(out, " – ");
    describe_date(out, policy->effective_to);
    if (*policy->owner)
        buf_print(out, "; %s: %s", pick(language, "phụ trách", "owner"), policy->owner);
    buf_char(out, '\n');
}

// "; word value"
static void say_value(struct buf *out, const char *word, int64_t milli, enum unit unit,
                      enum language language)
{
    buf_print(out, "; %s ", word);
    unit_say(out, milli, unit, language);
}

static void say_days(const struct index_rule *rule, enum language language, struct buf *out)
{
    static const char *const each[][LANGUAGES] = {
        [EACH_DAY_SUM] = {"tổng", "sum"},
        [EACH_DAY_MEAN] = {"trung bình", "mean"},
        [EACH_DAY_MAXIMUM] = {"lớn nhất", "maximum"},
        [EACH_DAY_MINIMUM] = {"nhỏ nhất", "minimum"},
    };
    static const char *const missing[][LANGUAGES] = {
        [MISSING_BREAK] = {"ngày thiếu số liệu làm đứt đợt", "a missing day ends the spell"},
        [MISSING_DRY] = {"ngày thiếu số liệu được tính vào đợt", "a missing day counts"},
        [MISSING_UNKNOWN] = {"thiếu số liệu một ngày thì chỉ số chưa biết",
                             "with a missing day the index is not known"},
    };
    bool spell = rule->take == INDEX_DRY_SPELL || rule->take == INDEX_SPELL;
    bool counts = spell || rule->take == INDEX_DAY_COUNT || rule->take == INDEX_TOTAL_ABOVE ||
                  rule->take == INDEX_SHARE_ABOVE || rule->take == INDEX_PERCENTILE;
    if (counts) {
        buf_print(out, "; %s ",
                  rule->take == INDEX_DRY_SPELL ? pick(language, "ngày khô:", "a dry day:")
                                                : pick(language, "tính ngày", "days that are"));
        describe_compared(out, rule->day, rule->day_milli, rule->input, language);
    }
    if (spell)
        buf_print(out, "; %s", missing[rule->missing][language]);
    if (rule->follow_s) {
        buf_text(out, pick(language, "; đợt bắt đầu trong kỳ được tính trọn, đến hết ",
                           "; a spell that begins in the period is counted whole, up to "));
        describe_span(out, rule->follow_s, language);
        buf_text(out, pick(language, " sau kỳ; đợt đã bắt đầu từ trước thì không tính",
                           " past its end; one that had begun before is not counted"));
    }
    if (rule->each_day != EACH_DAY_SUM)
        buf_print(out, "; %s %s", pick(language, "mỗi ngày lấy", "of a day the"),
                  each[rule->each_day][language]);
    if (rule->take == INDEX_FIRST_RAIN)
        buf_print(out, "; %s ", pick(language, "khi tổng", "when the sum is"));
    if (rule->take == INDEX_FIRST_RAIN)
        describe_compared(out, rule->day, rule->rain_milli, UNIT_RAIN, language);
}

static void say_special(const struct index_rule *rule, enum language language, struct buf *out)
{
    if (rule->base_milli || rule->unit == UNIT_DEGREE_DAYS)
        say_value(out, pick(language, "nền", "base"), rule->base_milli, UNIT_TEMPERATURE, language);
    if (rule->has_limit)
        say_value(out, pick(language, "giới hạn trên", "limit"), rule->limit_milli,
                  UNIT_TEMPERATURE, language);
    if (rule->keep_milli)
        say_value(out, pick(language, "mỗi ngày giữ lại", "kept from day to day"),
                  rule->keep_milli * 100, UNIT_PERCENT, language);
    if (rule->share_milli) {
        say_value(out, pick(language, "phân vị", "percentile"), rule->share_milli * 100,
                  UNIT_PERCENT, language);
        buf_print(out, " (%s %" PRId64 ")", pick(language, "cách", "method"), rule->method);
    }
    if (rule->wet_milli)
        say_value(out, pick(language, "ngày mưa từ", "wet days from"), rule->wet_milli, UNIT_RAIN,
                  language);
    if (rule->radius_milli)
        say_value(out, pick(language, "tâm bão trong vòng", "centre within"), rule->radius_milli,
                  UNIT_DISTANCE, language);
    if (rule->has_box) {
        static const char *const sides[][LANGUAGES] = {
            {"tây", "west"}, {"đông", "east"}, {"nam", "south"}, {"bắc", "north"}};
        buf_print(out, "; %s", pick(language, "tâm bão trong khung", "centre in the box"));
        for (size_t i = 0; i < COUNT_OF(sides); i++) {
            buf_print(out, " %s ", sides[i][language]);
            unit_number(out, rule->box_milli[i], language);
            buf_text(out, "°");
        }
    }
    if (rule->pet_milli)
        say_value(out, pick(language, "bốc thoát hơi", "evapotranspiration"), rule->pet_milli,
                  UNIT_RAIN, language);
    if (rule->base_count) {
        buf_print(out, "; %s", pick(language, "các năm gốc (mm):", "base years (mm):"));
        for (size_t i = 0; i < rule->base_count; i++) {
            buf_char(out, ' ');
            unit_number(out, rule->base_value[i], language);
        }
    }
}

static void say_water(const struct water_rule *water, enum language language, struct buf *out)
{
    if (!water)
        return;
    say_value(out, pick(language, "đất giữ được", "the soil holds"), water->holds_milli, UNIT_RAIN,
              language);
    say_value(out, pick(language, "lúc đầu có", "at the start"), water->start_milli, UNIT_RAIN,
              language);
    say_value(out, pick(language, "dễ hút", "easily taken up"), water->easy_milli * 100,
              UNIT_PERCENT, language);
    buf_print(out, "; %s", pick(language, "mỗi tuần PET (mm) × Kc:", "each dekad PET (mm) × Kc:"));
    for (size_t i = 0; i < water->dekads; i++) {
        buf_char(out, ' ');
        unit_number(out, water->pet_milli[i], language);
        buf_text(out, "×");
        unit_number(out, water->kc_milli[i], language);
    }
}

static void say_start(const struct start_rule *start, enum language language, struct buf *out)
{
    static const char *const words[][LANGUAGES] = {
        [NO_START_LATEST] = {"không thì bắt đầu ngày đó", "else it starts then"},
        [NO_START_PAYS] = {"không thì chi trả", "else this is paid:"},
        [NO_START_REFUND] = {"không thì hoàn phí", "else the premium is given back"},
    };
    if (start->kind == START_PERIOD)
        return;
    bool total = start->kind == START_TOTAL;
    say_value(
        out,
        total ? pick(language, "bắt đầu khi tổng mưa trên", "starts when the rain so far is over")
              : pick(language, "bắt đầu từ tuần (10 ngày) có mưa ít nhất",
                     "starts with a dekad of at least"),
        start->first_milli, UNIT_RAIN, language);
    if (!total)
        say_value(out, pick(language, "hai tuần sau ít nhất", "the next two at least"),
                  start->next_milli, UNIT_RAIN, language);
    buf_print(out, "; %s %" PRId64 " %s, %s", pick(language, "muộn nhất là", "at the latest"),
              start->latest,
              total ? pick(language, "(ngày thứ)", "(day)")
                    : pick(language, "(tuần thứ)", "(dekad)"),
              words[start->otherwise][language]);
    if (start->otherwise == NO_START_PAYS) {
        buf_char(out, ' ');
        describe_share(out, start->pays_milli, language);
    }
    buf_print(out, "; %s ", pick(language, "kéo dài", "it lasts"));
    describe_span(out, start->days * DAY_S, language);
}

static void say_communes(const struct share_rule *share, enum language language, struct buf *out)
{
    const struct index_rule *rule;
    if (!share)
        return;
    rule = &share->index;
    buf_print(out, "; %s %s", pick(language, "xã đạt khi", "a commune passes when its"),
              index_take_word(rule->take, language));
    if (rule->over_s) {
        buf_print(out, " %s ", pick(language, "trong", "over"));
        describe_span(out, rule->over_s, language);
    }
    say_days(rule, language, out);
    buf_char(out, ' ');
    describe_compared(out, share->trigger.compare, share->trigger.threshold_milli, rule->unit,
                      language);
    say_value(out, pick(language, "làm tròn", "rounded to"), share->rounding_milli, rule->unit,
              language);
    say_value(out, pick(language, "số xã chưa biết nhiều nhất", "communes not known at most"),
              share->unknown_milli * 100, UNIT_PERCENT, language);
}

void describe_look(const struct part *part, enum language language, struct buf *out)
{
    const struct index_rule *rule = &part->index;
    buf_print(out, "  %s %s%s (%s, %s %s)", pick(language, "chỉ số:", "index:"),
              index_take_word(rule->take, language), rule->beaufort ? " (Beaufort)" : "",
              describe_variable(part->variable, language), pick(language, "nguồn", "source"),
              part->source);
    if (part->station[0])
        buf_print(out, ", %s %s", pick(language, "trạm", "station"), part->station);
    if (rule->over_s) {
        buf_print(out, " %s ", pick(language, "trong", "over"));
        describe_span(out, rule->over_s, language);
    }
    if (rule->within_s) {
        bool seen = part->watch == WATCH_OBSERVATION;
        buf_print(out, " %s ", pick(language, "của", seen ? "within the last" : "within the next"));
        describe_span(out, rule->within_s, language);
        buf_text(out, pick(language, seen ? " qua" : " tới", ""));
    }
    say_days(rule, language, out);
    if (rule->has_cap)
        say_value(out, pick(language, "mỗi ngày tính nhiều nhất", "of a day at most"),
                  rule->cap_milli, UNIT_RAIN, language);
    if (rule->has_floor)
        say_value(out, pick(language, "không tính ngày dưới", "not counted: days under"),
                  rule->floor_milli, UNIT_RAIN, language);
    if (rule->has_dekad_cap)
        say_value(out, pick(language, "mỗi tuần (10 ngày) nhiều nhất", "of a dekad at most"),
                  rule->dekad_cap_milli, UNIT_RAIN, language);
    say_special(rule, language, out);
    say_water(rule->water, language, out);
    say_communes(rule->share, language, out);
    say_start(&rule->start, language, out);
    say_value(out, pick(language, "làm tròn", "rounded to"), part->rounding_milli, rule->unit,
              language);
    buf_print(out, "; %s ",
              pick(language, "phần diện tích xã cần quan trắc được:",
                   "part of the commune's area that must be observed:"));
    if (part->minimum_coverage)
        describe_compared(out, COMPARE_MORE_OR_SAME, part->minimum_coverage * 10, UNIT_PERCENT,
                          language);
    else
        buf_text(out, pick(language, "bao nhiêu cũng được", "any"));
    buf_char(out, '\n');
}

static void say_substitutes(const struct policy *policy, enum language language, struct buf *out)
{
    if (policy->substitutes == 0)
        return;
    buf_print(out, "  %s",
              pick(language, "khi thiếu số liệu, lần lượt thay bằng:",
                   "missing data are filled, in this order, from:"));
    substitutes_say(policy, language, out);
    buf_print(out, "; %s ", pick(language, "nếu thiếu không quá", "if no more is missing than"));
    describe_share(out, policy->missing_milli, language);
    buf_char(out, '\n');
}

void describe_terms(const struct policy *policy, enum language language, struct buf *out)
{
    bool alert = policy->kind == POLICY_ALERT;
    struct part part = policy_main_part(policy);
    part.watch = policy->watch;
    if (policy->circles) // each says its own; there is no other
        part.index.radius_milli = 0;
    buf_print(
        out, "%s\n  %s v%" PRId64 ", %s\n", policy->title.at[language], policy->id, policy->version,
        alert ? pick(language, "cảnh báo", "alert") : pick(language, "bảo hiểm", "insurance"));
    say_area(policy, language, out);
    say_period(policy, language, out);
    // Stages and phases say what they look at, each its own.
    if (!policy->stages && !policy->phases)
        describe_look(&part, language, out);
    say_substitutes(policy, language, out);
    if (alert)
        terms_alert(policy, language, out);
    else
        terms_cover(policy, language, out);
    buf_print(out, "  %s %s\n", pick(language, "tin nhắn:", "message:"),
              policy->message.at[language]);
    if (policy->has_cancel)
        buf_print(out, "  %s %s\n", pick(language, "tin hủy:", "when it goes off:"),
                  policy->cancel.at[language]);
}

void policy_describe(const struct policy *policy, enum language language, struct buf *out)
{
    describe_terms(policy, language, out);
    example_courses(policy, language, out);
    example_calendar(policy, language, out);
    buf_print(out, "  sha256 %s\n", hash_hex(policy->hash).at);
}
