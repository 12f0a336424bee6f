#include "policies/dated.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/calendar.h"
#include "policies/cases.h"
#include "policies/describe.h"
#include "policies/field.h"
#include "policies/period.h"
#include "policies/policy.h"
#include "policies/shape.h"

#include <stdio.h>
#include <string.h>

enum { DATED_MAX = 40 };

void dated_free(struct policy_cases *cases)
{
    for (size_t i = 0; i < cases->dated_count; i++) {
        field_texts_free(&cases->dated[i].name);
        mem_free(&cases->dated[i].where);
    }
    mem_free(&cases->dated);
    cases->dated_count = 0;
}

static enum err_kind read_moment(const struct yaml *map, const char *key, struct utc *out,
                                 struct err *err)
{
    struct str text;
    struct err why = {0};
    if (yaml_need_text(map, key, &text, err))
        return err->kind;
    if (memchr(text.at, 'T', text.len) == NULL || utc_parse(text, out, &why))
        return yaml_refuse(yaml_get(map, key), err,
                           "that is no moment; write the day, the hour and its zone, as "
                           "2026-09-06T07:00+07:00");
    return OK;
}

static enum err_kind read_in_force(const struct yaml *map, bool *out, struct err *err)
{
    static const char *const answers[] = {"no", "yes", NULL};
    size_t answer = 0;
    if (field_choice(map, "in_force", answers, &answer, err))
        return err->kind;
    *out = answer == 1;
    return OK;
}

// Keys that say something of another kind of case would say nothing here.
static enum err_kind check_keys(const struct yaml *map, const char *const *foreign, const char *key,
                                struct err *err)
{
    for (size_t i = 0; foreign[i]; i++) {
        if (yaml_get(map, foreign[i]))
            return yaml_refuse(yaml_get(map, foreign[i]), err,
                               "\"%s\" says nothing beside %s; take it out", foreign[i], key);
    }
    return OK;
}

static enum err_kind read_day(const struct yaml *map, struct dated *out, struct err *err)
{
    static const char *const foreign[] = {"period", "issued",     "next", "first", "last",
                                          "from",   "decided_by", "to",   NULL};
    out->kind = DATED_DAY;
    if (check_keys(map, foreign, "day", err) || field_date(map, "day", &out->first, err))
        return err->kind;
    out->last = out->first;
    return read_in_force(map, &out->in_force, err);
}

static enum err_kind read_period(const struct yaml *map, const struct policy *policy,
                                 struct dated *out, struct err *err)
{
    static const char *const foreign[] = {"issued", "next", "from", "to", NULL};
    static const char *const of_one[] = {"first", "last", "decided_by", NULL};
    struct str name;
    out->kind = DATED_PERIOD;
    out->in_force = true;
    if (policy->period.kind == PERIOD_NONE)
        return yaml_refuse(yaml_get(map, "period"), err,
                           "this policy has no periods; write issued, or a day");
    if (check_keys(map, foreign, "period", err) || yaml_need_text(map, "period", &name, err) ||
        (yaml_get(map, "in_force") && read_in_force(map, &out->in_force, err)))
        return err->kind;
    if (name.len >= sizeof(out->period))
        return yaml_refuse(yaml_get(map, "period"), err,
                           "no period has such a name; write it as \"2026\" or \"2026-10\"");
    memcpy(out->period, name.at, name.len);
    if (!out->in_force)
        return check_keys(map, of_one, "a period that is not in force", err);
    if (field_date(map, "first", &out->first, err) || field_date(map, "last", &out->last, err))
        return err->kind;
    return read_moment(map, "decided_by", &out->then, err);
}

// Between which moments an alert of that time looks.
static enum err_kind read_window(const struct yaml *map, const struct policy *policy,
                                 struct dated *out, struct err *err)
{
    const struct yaml *from = yaml_get(map, "from"), *to = yaml_get(map, "to");
    if (!from && !to)
        return OK;
    if (policy->period.kind != PERIOD_NONE || policy->stages)
        return yaml_refuse(from ? from : to, err,
                           "it looks at %s, and at no window of its own; take it out",
                           policy->stages ? "what each stage says" : "its periods");
    out->has_window = true;
    return read_moment(map, "from", &out->from, err) || read_moment(map, "to", &out->to, err)
               ? err_of(err)
               : OK;
}

static enum err_kind read_issued(const struct yaml *map, const struct policy *policy,
                                 struct dated *out, struct err *err)
{
    static const char *const foreign[] = {"first", "last", "decided_by", "in_force", NULL};
    out->kind = DATED_ISSUED;
    if (policy->kind == POLICY_INSURANCE)
        return yaml_refuse(yaml_get(map, "issued"), err,
                           "an insurance promises no next message; write a period, or a day");
    if (check_keys(map, foreign, "issued", err) || read_moment(map, "issued", &out->issued, err))
        return err->kind;
    return read_moment(map, "next", &out->then, err) || read_window(map, policy, out, err)
               ? err_of(err)
               : OK;
}

static enum err_kind read_one(const struct yaml *map, const struct policy *policy,
                              struct policy_cases *cases, struct err *err)
{
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err,
                           "a case of the calendar is {name: ..., day: 2026-01-01, in_force: "
                           "\"yes\"}");
    if (shape_check(map, SHAPE_DATED, err))
        return err->kind;
    struct dated *out = &cases->dated[cases->dated_count++];
    struct buf where = buf_new(4096);
    buf_print(&where, "%s:%u:%u", map->file, map->line, map->column);
    *out = (struct dated){.where = buf_take(&where)};
    if (field_title(map, "name", &out->name, err))
        return err->kind;
    if (yaml_get(map, "day"))
        return read_day(map, out, err);
    if (yaml_get(map, "period"))
        return read_period(map, policy, out, err);
    if (yaml_get(map, "issued"))
        return read_issued(map, policy, out, err);
    return yaml_refuse(map, err,
                       "a case of the calendar is of a day, a period or of a message; "
                       "write day, period or issued");
}

enum err_kind dated_read(const struct yaml *cases, const struct policy *policy,
                         struct policy_cases *out, struct err *err)
{
    const struct yaml *list = yaml_get(cases, "calendar");
    if (!list)
        return OK;
    if (list->kind != YAML_LIST || list->count > DATED_MAX)
        return yaml_refuse(list, err, "calendar is a list of at most %d cases", DATED_MAX);
    out->dated = mem_new(list->count + 1, sizeof(*out->dated));
    for (size_t i = 0; i < list->count; i++) {
        if (read_one(list->item[i], policy, out, err))
            return err->kind;
    }
    return OK;
}

// --- what comes out

static enum err_kind refuse(const struct dated *one, struct err *err, const char *says,
                            const char *is)
{
    return err_set(err, ERR_INPUT,
                   "%s: the case \"%s\" says %s, but it is %s; change the case or the policy",
                   one->where, one->name.at[LANGUAGE_EN], says, is);
}

static enum err_kind try_day(const struct policy *policy, const struct dated *one, struct err *err)
{
    if (calendar_covers(policy, one->first, one->last) == one->in_force)
        return OK;
    char says[60];
    (void)snprintf(says, sizeof(says), "that on %s it is %sin force", date_text(one->first).at,
                   one->in_force ? "" : "not ");
    return refuse(one, err, says, one->in_force ? "not" : "in force");
}

static enum err_kind try_period(const struct policy *policy, const struct dated *one,
                                struct err *err)
{
    struct occasion occasion;
    char says[100], is[100];
    bool found = calendar_period(policy, one->period, &occasion);
    if (found != one->in_force) {
        (void)snprintf(says, sizeof(says), "that there is %s period %s", one->in_force ? "a" : "no",
                       one->period);
        return refuse(one, err, says, found ? "one of the policy's" : "none of the policy's");
    }
    if (!found)
        return OK;
    if (civil_days(occasion.first) != civil_days(one->first) ||
        civil_days(occasion.last) != civil_days(one->last)) {
        (void)snprintf(says, sizeof(says), "%s to %s", date_text(one->first).at,
                       date_text(one->last).at);
        (void)snprintf(is, sizeof(is), "%s to %s", date_text(occasion.first).at,
                       date_text(occasion.last).at);
        return refuse(one, err, says, is);
    }
    struct utc by = calendar_decided_by(policy, &occasion);
    if (by.s == one->then.s)
        return OK;
    (void)snprintf(says, sizeof(says), "decided by %s", utc_local_text(one->then).at);
    return refuse(one, err, says, utc_local_text(by).at);
}

static enum err_kind try_issued(const struct policy *policy, const struct dated *one,
                                struct err *err)
{
    struct utc next = calendar_next(policy, one->issued);
    char says[100], is[100];
    if (next.s != one->then.s) {
        (void)snprintf(says, sizeof(says), "next %s", utc_local_text(one->then).at);
        return refuse(one, err, says, utc_local_text(next).at);
    }
    struct occasion looks = calendar_looks(policy, one->issued);
    if (!one->has_window || (looks.from.s == one->from.s && looks.to.s == one->to.s))
        return OK;
    (void)snprintf(says, sizeof(says), "that it looks from %s to %s", utc_local_text(one->from).at,
                   utc_local_text(one->to).at);
    (void)snprintf(is, sizeof(is), "%s to %s", utc_local_text(looks.from).at,
                   utc_local_text(looks.to).at);
    return refuse(one, err, says, is);
}

enum err_kind dated_try(const struct policy *policy, const struct dated *one, struct err *err)
{
    switch (one->kind) {
    case DATED_DAY:
        return try_day(policy, one, err);
    case DATED_PERIOD:
        return try_period(policy, one, err);
    case DATED_ISSUED:
        return try_issued(policy, one, err);
    }
    return OK;
}

// --- in words

void dated_say(const struct dated *one, enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    const char *not_in_force = vi ? "không có hiệu lực" : "not in force";
    switch (one->kind) {
    case DATED_DAY:
        describe_date(out, one->first);
        buf_print(out, ": %s", !one->in_force ? not_in_force : vi ? "có hiệu lực" : "in force");
        return;
    case DATED_PERIOD:
        buf_print(out, "%s %s: ", vi ? "kỳ" : "period", one->period);
        if (!one->in_force) {
            buf_text(out, not_in_force);
            return;
        }
        describe_date(out, one->first);
        buf_text(out, " – ");
        describe_date(out, one->last);
        buf_text(out, vi ? ", quyết định chậm nhất " : ", decided by ");
        buf_text(out, utc_local_text(one->then).at);
        return;
    case DATED_ISSUED:
        buf_text(out, vi ? "tin lúc " : "issued ");
        buf_text(out, utc_local_text(one->issued).at);
        buf_text(out, vi ? ", tin sau trước " : ", next by ");
        buf_text(out, utc_local_text(one->then).at);
        if (one->has_window)
            buf_print(out, vi ? ", xét từ %s đến %s" : ", looks from %s to %s",
                      utc_local_text(one->from).at, utc_local_text(one->to).at);
        return;
    }
}
