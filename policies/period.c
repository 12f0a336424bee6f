#include "policies/period.h"

#include "core/mem.h"
#include "core/num.h"
#include "core/yaml.h"
#include "policies/field.h"
#include "policies/shape.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void occasions_free(struct occasions *occasions)
{
    mem_free(&occasions->at);
    occasions->count = 0;
}

// "01-15". 29 February is refused: most years have none.
enum err_kind period_day_read(const struct yaml *map, const char *key, int *month, int *day,
                              struct err *err)
{
    struct str text;
    if (yaml_need_text(map, key, &text, err))
        return err->kind;
    struct err why = {0};
    if (date_year_day_parse(text, month, day, &why))
        return yaml_refuse(yaml_get(map, key), err,
                           "%s is no day of every year; write month and day as 01-15", key);
    return OK;
}

static enum err_kind read_kind(const struct yaml *map, struct period_rule *rule, struct err *err)
{
    static const char *const spans[] = {"month", "day", "run", NULL};
    static const enum period_kind kinds[] = {PERIOD_MONTH, PERIOD_DAY, PERIOD_NONE};
    const struct yaml *each = yaml_get(map, "each");
    if (!each) {
        rule->kind = PERIOD_SEASON;
        if (period_day_read(map, "from", &rule->from_month, &rule->from_day, err) ||
            period_day_read(map, "to", &rule->to_month, &rule->to_day, err))
            return err->kind;
        return OK;
    }
    size_t span = 0;
    if (yaml_get(map, "from") || yaml_get(map, "to"))
        return yaml_refuse(each, err,
                           "a period is either \"each\" or \"from\" and \"to\"; take "
                           "one out");
    if (yaml_choice(each, spans, &span, err))
        return err->kind;
    rule->kind = kinds[span];
    rule->whole_days = rule->kind == PERIOD_NONE;
    return OK;
}

// "last: 30 days" of each day, "last: 3 months" of each month; without it that day or month alone.
static enum err_kind read_last(const struct yaml *map, struct period_rule *rule, struct err *err)
{
    enum { DAYS_MAX = 366, MONTHS_MAX = 24 };
    const struct yaml *value = yaml_get(map, "last");
    const char *word = rule->kind == PERIOD_DAY ? " days" : " months";
    struct err why = {0};
    struct str number;
    int64_t last = 1;
    if (!value)
        return OK;
    if (rule->kind == PERIOD_SEASON)
        return yaml_refuse(value, err,
                           "a season is looked at by itself; take last out, or write each: day");
    if (rule->kind == PERIOD_NONE)
        return yaml_refuse(value, err,
                           "a run is looked at for what comes; take last out, and write within "
                           "in index");
    if (yaml_need_text(map, "last", &number, err))
        return err->kind;
    if (!str_ends(number, word))
        return yaml_refuse(value, err, "last: write \"%s\"",
                           rule->kind == PERIOD_DAY ? "30 days" : "3 months");
    number.len -= strlen(word);
    if (num_whole(number, 2, rule->kind == PERIOD_DAY ? DAYS_MAX : MONTHS_MAX, &last, &why))
        return yaml_refuse(value, err, "last: %s", why.text);
    rule->before = (int)last - 1;
    return OK;
}

enum err_kind period_read(const struct yaml *policy, struct period_rule *out, struct err *err)
{
    struct period_rule rule = {.kind = PERIOD_NONE};
    const struct yaml *map = NULL;
    size_t day = 0;
    if (!yaml_get(policy, "period")) {
        *out = rule;
        return OK;
    }
    if (yaml_need(policy, "period", YAML_MAP, &map, err) || shape_check(map, SHAPE_PERIOD, err) ||
        read_kind(map, &rule, err) || read_last(map, &rule, err) ||
        field_choice(map, "day", day_boundaries, &day, err))
        return err->kind;
    rule.day = (enum day_boundary)day;
    *out = rule;
    return OK;
}

int64_t civil_days(struct civil date)
{
    return date_days(date.year, date.month, date.day);
}

struct civil local_date(struct utc time)
{
    struct civil civil = utc_civil((struct utc){time.s + VIETNAM_OFFSET_S});
    civil.hour = civil.minute = civil.second = 0;
    return civil;
}

// The first day that is looked at for a period that begins with `first`.
static int64_t looks_from(const struct period_rule *rule, int64_t first)
{
    enum { YEAR_MONTHS = 12 };
    if (rule->kind == PERIOD_DAY)
        return first - rule->before;
    if (rule->kind != PERIOD_MONTH)
        return first;
    struct civil civil = date_of_days(first);
    int month = civil.year * YEAR_MONTHS + civil.month - 1 - rule->before;
    return date_days(month / YEAR_MONTHS, month % YEAR_MONTHS + 1, 1);
}

static struct occasion occasion_of_days(const struct period_rule *rule, int64_t first, int64_t last)
{
    struct occasion occasion = {
        .from = {looks_from(rule, first) * DAY_S + day_offset_s(rule->day)},
        .to = {(last + 1) * DAY_S + day_offset_s(rule->day)},
        .first = date_of_days(first),
        .last = date_of_days(last),
    };
    occasion.as_of = occasion.to;
    return occasion;
}

// The period that begins in (or on) a given month or day; `last` is in days since 1970.
static int64_t last_day(const struct period_rule *rule, struct civil first)
{
    switch (rule->kind) {
    case PERIOD_SEASON: {
        int from = rule->from_month * 100 + rule->from_day;
        int to = rule->to_month * 100 + rule->to_day;
        return date_days(first.year + (to < from), rule->to_month, rule->to_day);
    }
    case PERIOD_MONTH:
        return date_days(first.year, first.month, date_days_in_month(first.year, first.month));
    case PERIOD_DAY:
    case PERIOD_NONE:
        break;
    }
    return civil_days(first);
}

// The first day from `day` on with which a period begins.
static int64_t next_begin(const struct period_rule *rule, int64_t day)
{
    if (rule->kind != PERIOD_SEASON && rule->kind != PERIOD_MONTH)
        return day;
    struct civil civil = date_of_days(day);
    if (rule->kind == PERIOD_MONTH)
        return civil.day == 1 ? day
                              : date_days(civil.year + civil.month / 12, civil.month % 12 + 1, 1);
    int64_t begin = date_days(civil.year, rule->from_month, rule->from_day);
    return begin < day ? date_days(civil.year + 1, rule->from_month, rule->from_day) : begin;
}

static void name_period(const struct period_rule *rule, struct civil first, struct occasion *out)
{
    int len = 0;
    size_t size = sizeof(out->period);
    if (rule->kind == PERIOD_SEASON)
        len = snprintf(out->period, size, "%04d", first.year);
    else if (rule->kind == PERIOD_MONTH)
        len = snprintf(out->period, size, "%04d-%02d", first.year, first.month);
    else
        len = snprintf(out->period, size, "%04d-%02d-%02d", first.year, first.month, first.day);
    assert(len > 0 && (size_t)len < size);
}

void period_list(const struct period_rule *rule, struct civil first, struct civil last,
                 struct occasions *out)
{
    size_t room = 0;
    *out = (struct occasions){0};
    if (rule->kind == PERIOD_NONE)
        return;
    for (int64_t day = civil_days(first); (day = next_begin(rule, day)) <= civil_days(last);
         day++) {
        struct civil begin = date_of_days(day);
        if (last_day(rule, begin) > civil_days(last))
            continue;
        if (out->count == room) {
            room = room ? room * 2 : 16;
            out->at = mem_resize(out->at, room, sizeof(*out->at));
        }
        struct occasion *occasion = &out->at[out->count++];
        *occasion = occasion_of_days(rule, day, last_day(rule, begin));
        name_period(rule, begin, occasion);
    }
}

struct utc period_day_to(const struct period_rule *rule, struct utc at)
{
    int64_t past_s = (at.s - day_offset_s(rule->day)) % DAY_S;
    return rule->whole_days ? (struct utc){at.s - past_s - (past_s < 0 ? DAY_S : 0)} : at;
}

struct utc period_day_from(const struct period_rule *rule, struct utc at)
{
    struct utc begun = period_day_to(rule, at);
    return begun.s == at.s ? at : (struct utc){begun.s + DAY_S};
}

int64_t period_span_s(const struct period_rule *rule)
{
    if (rule->kind == PERIOD_MONTH)
        return (rule->before + 1) * (int64_t)31 * DAY_S;
    if (rule->kind != PERIOD_SEASON)
        return (rule->before + 1) * (int64_t)DAY_S;
    struct civil leap = {.year = 2024, .month = rule->from_month, .day = rule->from_day};
    return (last_day(rule, leap) - civil_days(leap) + 1) * DAY_S;
}

static struct occasion occasion_at(struct utc at)
{
    struct occasion occasion = {.as_of = at, .first = local_date(at), .last = local_date(at)};
    int len = snprintf(occasion.period, sizeof(occasion.period), "%s", utc_text(at).at);
    assert(len > 0 && (size_t)len < sizeof(occasion.period));
    return occasion;
}

struct occasion occasion_of_run(struct utc issued, int64_t within_s)
{
    struct occasion occasion = occasion_at(issued);
    occasion.from = issued;
    occasion.to.s = issued.s + within_s;
    return occasion;
}

struct occasion occasion_of_step(struct utc end, int64_t within_s)
{
    struct occasion occasion = occasion_at(end);
    occasion.from.s = end.s - within_s;
    occasion.to = end;
    return occasion;
}
