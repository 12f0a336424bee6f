#include "policies/index_rule.h"

#include "core/date.h"
#include "core/mem.h"
#include "core/yaml.h"
#include "policies/share_rule.h"
#include "policies/water_rule.h"
#include "policies/shape.h"
#include "policies/storm_rule.h"

#include <assert.h>
#include <string.h>

const char *const index_takes[] = {"total",
                                   "maximum",
                                   "maximum_sum",
                                   "longest_dry_spell",
                                   "minimum",
                                   "mean",
                                   "minimum_sum",
                                   "longest_spell",
                                   "days",
                                   "antecedent_rain",
                                   "first_rain",
                                   "degree_days",
                                   "cold_degree_days",
                                   "heat_degree_days",
                                   "percentile",
                                   "total_above",
                                   "share_above",
                                   "spi",
                                   "spei",
                                   "wrsi",
                                   "storm_wind_near",
                                   "area_share",
                                   "reported",
                                   NULL};
const char *const index_missings[] = {"break", "dry", "unknown", NULL};
static const char *const spell_missings[] = {"break", "counts", "unknown", NULL};
const char *const each_days[] = {"sum", "mean", "maximum", "minimum", NULL};
static const char *const rain_words[] = {"rain_below", "rain_up_to", "rain_above", "rain_from",
                                         NULL};

// What a kind of index may have beside its name; each is a key or a small group of keys.
enum {
    HAS_OVER = 1 << 0,
    HAS_DRY = 1 << 1, // dry_below or dry_up_to
    HAS_DAY = 1 << 2, // day and at
    HAS_MISSING = 1 << 3,
    HAS_CAP = 1 << 4,   // daily_cap, daily_floor
    HAS_DEKAD = 1 << 5, // dekad_cap
    HAS_EACH = 1 << 6,  // each_day, may be left out
    HAS_BASE = 1 << 7,  // base, a temperature
    HAS_LIMIT = 1 << 8,
    HAS_KEEP = 1 << 9,
    HAS_RAIN = 1 << 10, // rain_from or rain_above
    HAS_SHARE = 1 << 11,
    HAS_YEARS = 1 << 12,
    HAS_PET = 1 << 13,
    HAS_WATER = 1 << 14,
    HAS_WET = 1 << 15,
    HAS_AS = 1 << 16,
    HAS_START = 1 << 17,
    IN_DAYS = 1 << 18, // days are made first
    HAS_RADIUS = 1 << 19,
    HAS_OF = 1 << 20,
};

enum { INPUT_RAIN, INPUT_TEMPERATURE, INPUT_WEATHER, INPUT_STORM, INPUT_REPORT, UNIT_SAME = UNITS };

// One row per kind of index.
static const struct {
    const char *word[LANGUAGES];
    int input, unit;
    unsigned has;
} kinds[] = {
    [INDEX_TOTAL] = {{"tổng", "total"}, INPUT_RAIN, UNIT_SAME, HAS_CAP | HAS_DEKAD | HAS_START},
    [INDEX_MAXIMUM] = {{"lớn nhất", "maximum"}, INPUT_WEATHER, UNIT_SAME, HAS_EACH | HAS_AS},
    [INDEX_MAXIMUM_SUM] = {{"tổng lớn nhất", "largest sum"},
                           INPUT_RAIN,
                           UNIT_SAME,
                           HAS_OVER | HAS_CAP | HAS_START},
    [INDEX_DRY_SPELL] = {{"đợt khô dài nhất", "longest dry spell"},
                         INPUT_RAIN,
                         UNIT_DAYS,
                         HAS_DRY | HAS_MISSING | IN_DAYS | HAS_START},
    [INDEX_MINIMUM] = {{"nhỏ nhất", "minimum"}, INPUT_WEATHER, UNIT_SAME, HAS_EACH},
    [INDEX_MEAN] = {{"trung bình", "mean"}, INPUT_WEATHER, UNIT_SAME, 0},
    [INDEX_MINIMUM_SUM] = {{"tổng nhỏ nhất", "smallest sum"},
                           INPUT_RAIN,
                           UNIT_SAME,
                           HAS_OVER | HAS_CAP | HAS_START},
    [INDEX_SPELL] = {{"đợt dài nhất", "longest spell"},
                     INPUT_WEATHER,
                     UNIT_DAYS,
                     HAS_DAY | HAS_MISSING | HAS_EACH | IN_DAYS | HAS_START},
    [INDEX_DAY_COUNT] = {{"số ngày", "number of days"},
                         INPUT_WEATHER,
                         UNIT_DAYS,
                         HAS_DAY | HAS_EACH | IN_DAYS | HAS_START},
    [INDEX_ANTECEDENT] = {{"chỉ số mưa trước", "antecedent rain"},
                          INPUT_RAIN,
                          UNIT_SAME,
                          HAS_KEEP | IN_DAYS},
    [INDEX_FIRST_RAIN] = {{"ngày mưa đầu tiên", "day of the first rain"},
                          INPUT_RAIN,
                          UNIT_DAYS,
                          HAS_OVER | HAS_RAIN | IN_DAYS},
    [INDEX_DEGREE_DAYS] = {{"tích ôn hữu hiệu", "growing degree days"},
                           INPUT_TEMPERATURE,
                           UNIT_DEGREE_DAYS,
                           HAS_BASE | HAS_LIMIT | IN_DAYS},
    [INDEX_COLD_DAYS] = {{"tích lạnh", "cold degree days"},
                         INPUT_TEMPERATURE,
                         UNIT_DEGREE_DAYS,
                         HAS_BASE | IN_DAYS},
    [INDEX_HEAT_DAYS] = {{"tích nóng", "heat degree days"},
                         INPUT_TEMPERATURE,
                         UNIT_DEGREE_DAYS,
                         HAS_BASE | IN_DAYS},
    [INDEX_PERCENTILE] = {{"phân vị", "percentile"},
                          INPUT_RAIN,
                          UNIT_SAME,
                          HAS_DAY | HAS_SHARE | IN_DAYS},
    [INDEX_TOTAL_ABOVE] = {{"tổng các ngày mưa lớn", "total of the heavy days"},
                           INPUT_RAIN,
                           UNIT_SAME,
                           HAS_DAY | IN_DAYS | HAS_START},
    [INDEX_SHARE_ABOVE] = {{"tỷ lệ mưa lớn", "share of the heavy days"},
                           INPUT_RAIN,
                           UNIT_PERCENT,
                           HAS_DAY | HAS_WET | IN_DAYS},
    [INDEX_SPI] = {{"SPI", "SPI"}, INPUT_RAIN, UNIT_NUMBER, HAS_YEARS},
    [INDEX_SPEI] = {{"SPEI", "SPEI"}, INPUT_RAIN, UNIT_NUMBER, HAS_YEARS | HAS_PET},
    [INDEX_WRSI] = {{"WRSI", "WRSI"}, INPUT_RAIN, UNIT_PERCENT, HAS_WATER | IN_DAYS},
    [INDEX_STORM] = {{"gió bão khi tâm ở gần", "wind of storms whose centre is near"},
                     INPUT_STORM,
                     UNIT_SAME,
                     HAS_RADIUS | HAS_AS},
    [INDEX_AREA_SHARE] = {{"tỷ lệ số xã đạt", "share of the area's communes that pass"},
                          INPUT_WEATHER,
                          UNIT_PERCENT,
                          HAS_OF},
    [INDEX_REPORTED] = {{"số liệu báo cáo", "reported figure"}, INPUT_REPORT, UNIT_SAME, 0},
};

// Every key but take and within, what it belongs to, and how that is said.
static const struct {
    const char *key;
    unsigned has;
    const char *belongs;
} rows[] = {
    {"over", HAS_OVER, "maximum_sum, minimum_sum and first_rain"},
    {"daily_cap", HAS_CAP, "sums of rain"},
    {"daily_floor", HAS_CAP, "sums of rain"},
    {"dekad_cap", HAS_DEKAD, "total"},
    {"dry_below", HAS_DRY, "longest_dry_spell"},
    {"dry_up_to", HAS_DRY, "longest_dry_spell"},
    {"missing", HAS_MISSING, "longest_dry_spell and longest_spell"},
    {"follow", HAS_MISSING, "longest_dry_spell and longest_spell"},
    {"day", HAS_DAY, "days, longest_spell, percentile, total_above and share_above"},
    {"at", HAS_DAY, "days, longest_spell, percentile, total_above and share_above"},
    {"each_day", HAS_EACH, "maximum, minimum, days and longest_spell"},
    {"base", HAS_BASE, "degree days"},
    {"limit", HAS_LIMIT, "degree_days"},
    {"keep", HAS_KEEP, "antecedent_rain"},
    {"rain_from", HAS_RAIN, "first_rain"},
    {"rain_above", HAS_RAIN, "first_rain"},
    {"share", HAS_SHARE, "percentile"},
    {"method", HAS_SHARE, "percentile"},
    {"years", HAS_YEARS, "spi and spei"},
    {"pet", HAS_PET | HAS_WATER, "spei and wrsi"},
    {"holds", HAS_WATER, "wrsi"},
    {"holds_at_start", HAS_WATER, "wrsi"},
    {"easy", HAS_WATER, "wrsi"},
    {"kc", HAS_WATER, "wrsi"},
    {"wet_from", HAS_WET, "share_above"},
    {"as", HAS_AS, "maximum and storm_wind_near"},
    {"radius", HAS_RADIUS, "storm_wind_near"},
    {"box", HAS_RADIUS, "storm_wind_near"},
    {"of", HAS_OF, "area_share"},
    {"unknown_at_most", HAS_OF, "area_share"},
    {"start", HAS_START, "totals, sums, spells and counts of days"},
};

const char *index_take_word(enum index_take take, enum language language)
{
    return kinds[take].word[language];
}

bool index_take_has(size_t take, const char *key)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (strcmp(rows[i].key, key) == 0)
            return (kinds[take].has & rows[i].has) != 0;
    }
    return true;
}

void index_rule_free(struct index_rule *rule)
{
    mem_free(&rule->base_value);
    mem_free(&rule->water);
    share_rule_free(&rule->share);
    rule->base_count = 0;
}

static bool has(const struct index_rule *rule, unsigned what)
{
    return (kinds[rule->take].has & what) != 0;
}

static bool is_in_days(const struct yaml *value)
{
    return str_ends(value->text, " days") || str_ends(value->text, " day");
}

static enum err_kind check_belongs(const struct yaml *map, const struct index_rule *rule,
                                   struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct yaml *value = yaml_get(map, rows[i].key);
        if (value && !has(rule, rows[i].has))
            return yaml_refuse(value, err, "\"%s\" belongs to %s; take it out of %s", rows[i].key,
                               rows[i].belongs, index_takes[rule->take]);
    }
    return OK;
}

static enum err_kind check_input(const struct yaml *map, enum index_take take, enum unit input,
                                 struct err *err)
{
    const struct yaml *at = yaml_get(map, "take");
    bool report = input == UNIT_YIELD || input == UNIT_PERCENT;
    switch (kinds[take].input) {
    case INPUT_RAIN:
        if (input != UNIT_RAIN)
            return yaml_refuse(at, err, "%s adds rain up; for this variable write \"%s\"",
                               index_takes[take], report ? "reported" : "maximum");
        break;
    case INPUT_STORM:
        if (input != UNIT_WIND)
            return yaml_refuse(at, err, "%s is for the variable storm_wind", index_takes[take]);
        break;
    case INPUT_TEMPERATURE:
        if (input != UNIT_TEMPERATURE)
            return yaml_refuse(at, err, "%s is made of temperature; for this variable write \"%s\"",
                               index_takes[take], report ? "reported" : "maximum");
        break;
    case INPUT_REPORT:
        if (!report)
            return yaml_refuse(at, err,
                               "reported is for figures that people report, as yield or loss; for "
                               "weather write \"total\" or \"maximum\"");
        break;
    default:
        if (report)
            return yaml_refuse(at, err, "for this variable write \"reported\"");
    }
    return OK;
}

static enum err_kind read_span(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    if (has(rule, HAS_OVER)) {
        if (field_span(map, "over", &rule->over_s, err))
            return err->kind;
        rule->daily = rule->daily || is_in_days(yaml_get(map, "over"));
    }
    const struct yaml *within = yaml_get(map, "within");
    if (!within)
        return OK;
    if (field_span(map, "within", &rule->within_s, err))
        return err->kind;
    if (rule->over_s > rule->within_s)
        return yaml_refuse(within, err,
                           "the window of \"over\" is longer than \"within\"; write a shorter one");
    return OK;
}

static enum err_kind read_daily(const struct yaml *map, const char *key, bool *found,
                                int64_t *milli, struct index_rule *rule, struct err *err)
{
    const struct yaml *value = yaml_get(map, key);
    if (!value)
        return OK;
    if (field_positive(map, key, UNIT_RAIN, milli, err))
        return err->kind;
    if (has(rule, HAS_OVER) && !rule->daily)
        return yaml_refuse(value, err, "\"%s\" caps days; write \"over\" in days, as \"3 days\"",
                           key);
    rule->daily = true;
    *found = true;
    return OK;
}

static enum err_kind read_caps(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    if (read_daily(map, "daily_cap", &rule->has_cap, &rule->cap_milli, rule, err) ||
        read_daily(map, "daily_floor", &rule->has_floor, &rule->floor_milli, rule, err) ||
        read_daily(map, "dekad_cap", &rule->has_dekad_cap, &rule->dekad_cap_milli, rule, err))
        return err->kind;
    if (rule->has_cap && rule->has_floor && rule->floor_milli >= rule->cap_milli)
        return yaml_refuse(yaml_get(map, "daily_floor"), err,
                           "days under the floor count as none and the cap is no higher: the index "
                           "says little; write a floor below the cap");
    return OK;
}

static enum err_kind read_missing(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    size_t missing = 0;
    if (!has(rule, HAS_MISSING))
        return OK;
    if (field_choice(map, "missing", has(rule, HAS_DRY) ? index_missings : spell_missings, &missing,
                     err))
        return err->kind;
    rule->missing = (enum missing)missing;
    const struct yaml *follow = yaml_get(map, "follow");
    if (!follow)
        return OK;
    if (field_span(map, "follow", &rule->follow_s, err))
        return err->kind;
    if (yaml_get(map, "start"))
        return yaml_refuse(follow, err,
                           "a window that moves has no end to follow a spell past; take follow or "
                           "start out");
    return rule->follow_s % DAY_S == 0
               ? OK
               : yaml_refuse(follow, err,
                             "a spell is made of days; write \"follow\" in whole days");
}

// Which days count: dry_below, dry_up_to, or day and at.
static enum err_kind read_day(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    if (has(rule, HAS_DAY))
        return field_compare(map, "day", &rule->day, err) ||
                       field_unit(map, "at", rule->input, &rule->day_milli, err)
                   ? err->kind
                   : OK;
    if (!has(rule, HAS_DRY))
        return OK;
    bool below = yaml_get(map, "dry_below") != NULL, up_to = yaml_get(map, "dry_up_to") != NULL;
    if (below == up_to)
        return yaml_refuse(map, err,
                           "which day is dry? write either \"dry_below: 1 mm\" (less than) or "
                           "\"dry_up_to: 1 mm\" (that much or less)");
    rule->day = below ? COMPARE_LESS : COMPARE_LESS_OR_SAME;
    const char *key = below ? "dry_below" : "dry_up_to";
    if (field_unit(map, key, UNIT_RAIN, &rule->day_milli, err))
        return err->kind;
    if (rule->day_milli < 0 || (below && rule->day_milli == 0))
        return yaml_refuse(yaml_get(map, key), err, "no day can be that dry; write 1 mm");
    return OK;
}

static enum err_kind read_each(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    size_t each = EACH_DAY_SUM;
    const struct yaml *value = yaml_get(map, "each_day");
    if (!has(rule, HAS_EACH))
        return OK;
    if (!value) {
        if (has(rule, IN_DAYS) && rule->input != UNIT_RAIN)
            return yaml_refuse(map, err,
                               "what stands for a day? add each_day: mean, maximum or minimum");
        return OK;
    }
    if (yaml_choice(value, each_days, &each, err))
        return err->kind;
    if (each == EACH_DAY_SUM && rule->input != UNIT_RAIN)
        return yaml_refuse(value, err, "only rain adds up; write mean, maximum or minimum");
    rule->each_day = (enum each_day)each;
    rule->daily = true;
    return OK;
}

static enum err_kind read_temperatures(const struct yaml *map, struct index_rule *rule,
                                       struct err *err)
{
    if (has(rule, HAS_BASE) && field_unit(map, "base", UNIT_TEMPERATURE, &rule->base_milli, err))
        return err->kind;
    const struct yaml *limit = yaml_get(map, "limit");
    if (!limit)
        return OK;
    rule->has_limit = true;
    if (field_unit(map, "limit", UNIT_TEMPERATURE, &rule->limit_milli, err))
        return err->kind;
    if (rule->limit_milli <= rule->base_milli)
        return yaml_refuse(limit, err, "the limit must be warmer than the base");
    return OK;
}

static enum err_kind read_rain(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    if (has(rule, HAS_KEEP) && field_share(map, "keep", &rule->keep_milli, err))
        return err->kind;
    if (has(rule, HAS_KEEP) && (rule->keep_milli == 0 || rule->keep_milli == 1000))
        return yaml_refuse(yaml_get(map, "keep"), err,
                           "keep is over 0 %% and under 100 %%; write 85 %%");
    if (has(rule, HAS_WET) && field_positive(map, "wet_from", UNIT_RAIN, &rule->wet_milli, err))
        return err->kind;
    if (has(rule, HAS_RADIUS) && storm_rule_read(map, rule, err))
        return err->kind;
    if (!has(rule, HAS_RAIN))
        return OK;
    bool from = yaml_get(map, "rain_from") != NULL, above = yaml_get(map, "rain_above") != NULL;
    if (from == above)
        return yaml_refuse(map, err,
                           "which rain is meant? write either \"rain_from: 25 mm\" (that or more) "
                           "or \"rain_above: 25 mm\" (more than)");
    rule->day = from ? COMPARE_MORE_OR_SAME : COMPARE_MORE;
    return field_positive(map, rain_words[rule->day], UNIT_RAIN, &rule->rain_milli, err);
}

static enum err_kind read_percentile(const struct yaml *map, struct index_rule *rule,
                                     struct err *err)
{
    if (!has(rule, HAS_SHARE))
        return OK;
    if (field_share(map, "share", &rule->share_milli, err) ||
        field_whole(map, "method", 7, 8, &rule->method, err))
        return err->kind;
    if (rule->share_milli == 0 || rule->share_milli == 1000)
        return yaml_refuse(yaml_get(map, "share"), err,
                           "share is over 0 %% and under 100 %%; write 95 %%");
    return OK;
}

static enum err_kind read_years(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    if (!has(rule, HAS_YEARS))
        return OK;
    if (has(rule, HAS_PET) && field_positive(map, "pet", UNIT_RAIN, &rule->pet_milli, err))
        return err->kind;
    rule->base_value = mem_new(BASE_MAX, sizeof(*rule->base_value));
    if (field_units(map, "years", UNIT_RAIN, rule->base_value, BASE_MAX, &rule->base_count, err))
        return err->kind;
    const struct yaml *list = yaml_get(map, "years");
    if (rule->base_count < BASE_MIN)
        return yaml_refuse(list, err, "%zu years say too little; write at least %d",
                           rule->base_count, BASE_MIN);
    size_t different = 0;
    for (size_t i = 0; i < rule->base_count; i++) {
        bool counts = rule->take == INDEX_SPEI || rule->base_value[i] > 0;
        if (rule->take == INDEX_SPI && rule->base_value[i] < 0)
            return yaml_refuse(list->item[i], err, "rain is never negative");
        for (size_t k = 0; k < i && counts; k++)
            counts = rule->base_value[k] != rule->base_value[i];
        different += counts;
    }
    if (different < 4)
        return yaml_refuse(list, err, "a distribution needs at least 4 different wet years");
    return OK;
}

static enum err_kind read_start(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    const struct yaml *start = yaml_get(map, "start");
    if (!start)
        return OK;
    if (start->kind != YAML_MAP)
        return yaml_refuse(start, err, "start is {above: 50 mm, latest: 30, for: 60 days, ...}");
    if (rule->has_dekad_cap)
        return yaml_refuse(start, err,
                           "dekads of the calendar and a start that moves do not go together; "
                           "take dekad_cap or start out");
    rule->daily = true;
    if (has(rule, HAS_OVER) && !is_in_days(yaml_get(map, "over")))
        return yaml_refuse(yaml_get(map, "over"), err, "with a start write \"over\" in days");
    return start_rule_read(start, &rule->start, err);
}

static enum err_kind read_unit(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    static const char *const scales[] = {"beaufort", NULL};
    size_t scale = 0;
    int unit = kinds[rule->take].unit;
    rule->unit = unit == UNIT_SAME ? rule->input : (enum unit)unit;
    const struct yaml *as = yaml_get(map, "as");
    if (!as)
        return OK;
    if (yaml_choice(as, scales, &scale, err))
        return err->kind;
    if (rule->input != UNIT_WIND)
        return yaml_refuse(as, err, "only wind has a force; take \"as\" out");
    rule->beaufort = true;
    rule->unit = UNIT_BEAUFORT;
    return OK;
}

// The window of a share is that of its communes' index.
static enum err_kind read_share(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    if (!has(rule, HAS_OF))
        return OK;
    if (yaml_get(map, "within"))
        return yaml_refuse(yaml_get(map, "within"), err,
                           "the index of the communes says it; write within there");
    if (share_rule_read(map, rule->input, &rule->share, err))
        return err->kind;
    rule->within_s = rule->share->index.within_s;
    rule->daily = rule->share->index.daily;
    return OK;
}

static enum err_kind read_all(const struct yaml *map, struct index_rule *rule, struct err *err)
{
    rule->daily = has(rule, IN_DAYS);
    if (check_belongs(map, rule, err) || read_span(map, rule, err) || read_caps(map, rule, err) ||
        read_day(map, rule, err) || read_missing(map, rule, err) || read_each(map, rule, err) ||
        read_temperatures(map, rule, err) || read_rain(map, rule, err) ||
        read_percentile(map, rule, err) || read_years(map, rule, err) ||
        (has(rule, HAS_WATER) && water_rule_read(map, &rule->water, err)) ||
        read_start(map, rule, err) || read_unit(map, rule, err) || read_share(map, rule, err))
        return err->kind;
    if (rule->daily && (rule->over_s % DAY_S || rule->within_s % DAY_S))
        return yaml_refuse(map, err,
                           "days are summed first; write \"over\" and \"within\" in "
                           "whole days");
    return OK;
}

enum err_kind index_rule_read(const struct yaml *policy, enum unit input, struct index_rule *out,
                              struct err *err)
{
    const struct yaml *map = NULL;
    size_t take = 0;
    if (yaml_need(policy, "index", YAML_MAP, &map, err) || shape_check(map, SHAPE_INDEX, err) ||
        field_choice(map, "take", index_takes, &take, err) ||
        check_input(map, (enum index_take)take, input, err))
        return err->kind;
    AUTO(index_rule_free) struct index_rule rule = {.take = (enum index_take)take, .input = input};
    if (read_all(map, &rule, err))
        return err->kind;
    *out = rule;
    rule.base_value = NULL;
    rule.water = NULL;
    rule.share = NULL;
    return OK;
}

static int64_t most_in_days(const struct index_rule *rule, int64_t days)
{
    if (rule->over_s && rule->over_s / DAY_S < days)
        days = (rule->over_s + DAY_S - 1) / DAY_S;
    return days;
}

void index_rule_range(const struct index_rule *rule, int64_t days, int64_t *least, int64_t *most)
{
    assert(days >= 0);
    bool sums = rule->take == INDEX_TOTAL || rule->take == INDEX_MAXIMUM_SUM ||
                rule->take == INDEX_MINIMUM_SUM;
    *least = 0;
    *most = INT64_MAX;
    // Beyond every record: of rain 1,825 mm in a day, of gusts 113 m/s, of air -89 and 57 degrees.
    if (rule->unit == UNIT_RAIN)
        *most = (int64_t)2000 * 1000 * most_in_days(rule, days);
    if (rule->unit == UNIT_WIND)
        *most = 150 * 1000;
    if (rule->unit == UNIT_TEMPERATURE) {
        *least = -90 * 1000;
        *most = 60 * 1000;
    }
    if (rule->unit == UNIT_DAYS)
        *most = (rule->take == INDEX_FIRST_RAIN ? days + 1 : days) * 1000;
    if (rule->unit == UNIT_DISTANCE)
        *most = (int64_t)STORM_KM_MAX * 1000;
    if (rule->unit == UNIT_BEAUFORT)
        *most = 17000;
    if (rule->unit == UNIT_PERCENT)
        *most = 100000;
    if (rule->unit == UNIT_NUMBER) {
        *least = -3090;
        *most = 3090;
    }
    if (sums && rule->has_cap)
        *most = rule->cap_milli * most_in_days(rule, days);
    // Three dekads a month, and a part of one at each end.
    if (rule->has_dekad_cap && rule->dekad_cap_milli * (days / 8 + 2) < *most)
        *most = rule->dekad_cap_milli * (days / 8 + 2);
}
