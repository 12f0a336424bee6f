#include "policies/course.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "ledger/decision.h"
#include "policies/cases.h"
#include "policies/field.h"
#include "policies/policy.h"
#include "policies/shape.h"

#include <string.h>

enum { COURSES_MAX = 20, RUNS_MAX = 100 };

void courses_free(struct policy_cases *cases)
{
    for (size_t i = 0; i < cases->courses; i++) {
        field_texts_free(&cases->course[i].name);
        mem_free(&cases->course[i].where);
        mem_free(&cases->course[i].run);
    }
    mem_free(&cases->course);
    cases->courses = 0;
}

static enum err_kind find_case(const struct yaml *map, const struct policy_cases *cases,
                               size_t *out, struct err *err)
{
    struct str like;
    if (yaml_need_text(map, "like", &like, err))
        return err->kind;
    for (size_t i = 0; i < cases->count; i++) {
        if (!str_is(like, cases->at[i].name.at[LANGUAGE_VI]) &&
            !str_is(like, cases->at[i].name.at[LANGUAGE_EN]))
            continue;
        if (cases->at[i].event.file)
            return yaml_refuse(yaml_get(map, "like"), err,
                               "that case is of a series file; name one whose values are written");
        *out = i;
        return OK;
    }
    return yaml_refuse(yaml_get(map, "like"), err,
                       "the policy has no case of that name; write one under fire, not_fire or "
                       "not_known, and its name here");
}

static enum err_kind read_told(const struct yaml *map, int *out, struct err *err)
{
    static const char *const answers[] = {"no", "yes", NULL};
    size_t told = 0;
    const struct yaml *at = yaml_get(map, "told");
    *out = -1;
    if (!at)
        return OK;
    if (yaml_choice(at, answers, &told, err))
        return err->kind;
    *out = (int)told;
    return OK;
}

// "at: 0 h" is the first; field_span takes none that is not over 0.
static enum err_kind read_at(const struct yaml *map, const struct course *course, int64_t *out,
                             struct err *err)
{
    struct str at;
    bool first = course->runs == 1;
    if (yaml_need_text(map, "at", &at, err))
        return err->kind;
    *out = 0;
    if (first && str_is(at, "0 h"))
        return OK;
    if (first)
        return yaml_refuse(yaml_get(map, "at"), err, "times count from the first run; write 0 h");
    if (field_span(map, "at", out, err))
        return err->kind;
    if (*out <= course->run[course->runs - 2].at_s)
        return yaml_refuse(yaml_get(map, "at"), err,
                           "runs stand in the order of time; write a later one");
    return OK;
}

static enum err_kind read_run(const struct yaml *map, const struct policy_cases *cases,
                              struct course *course, struct err *err)
{
    struct course_run *run = &course->run[course->runs++];
    const struct yaml *cleared = yaml_get(map, "cleared");
    *run = (struct course_run){.like = CASE_CLEARED};
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a run is {at: 6 h, like: NAME OF A CASE, level: 1}");
    if (shape_check(map, SHAPE_RUN, err) || read_at(map, course, &run->at_s, err) ||
        read_told(map, &run->told, err))
        return err->kind;
    if (cleared && !str_is(cleared->text, "yes"))
        return yaml_refuse(cleared, err, "write cleared: yes, or like: NAME OF A CASE");
    if (cleared && (yaml_get(map, "like") || run->told >= 0))
        return yaml_refuse(cleared, err, "a person clears it, no run does; take like and told out");
    if (!cleared && find_case(map, cases, &run->like, err))
        return err->kind;
    return field_whole(map, "level", 0, ALERT_LEVELS, &run->level, err);
}

static enum err_kind read_course(const struct yaml *map, struct policy_cases *cases,
                                 struct err *err)
{
    AUTO(field_texts_free) struct texts name = {0};
    const struct yaml *runs = NULL;
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a case over time is {name: ..., runs: [...]}");
    if (shape_check(map, SHAPE_COURSE, err) || field_title(map, "name", &name, err) ||
        yaml_need(map, "runs", YAML_LIST, &runs, err))
        return err->kind;
    if (runs->count == 0 || runs->count > RUNS_MAX)
        return yaml_refuse(runs, err, "write 1 to %d runs", RUNS_MAX);
    struct course *course = &cases->course[cases->courses++];
    struct buf where = buf_new(4096);
    buf_print(&where, "%s:%u:%u", map->file, map->line, map->column);
    *course = (struct course){.name = name,
                              .where = buf_take(&where),
                              .run = mem_new(runs->count, sizeof(struct course_run))};
    name = (struct texts){0};
    for (size_t i = 0; i < runs->count; i++) {
        if (read_run(runs->item[i], cases, course, err))
            return err->kind;
    }
    return OK;
}

enum err_kind courses_read(const struct yaml *cases, const struct policy *policy,
                           struct policy_cases *out, struct err *err)
{
    const struct yaml *list = yaml_get(cases, "over_time");
    if (!list)
        return OK;
    if (policy->kind == POLICY_INSURANCE)
        return yaml_refuse(list, err,
                           "an insurance is settled by each period alone; take over_time out");
    if (list->kind != YAML_LIST || list->count > COURSES_MAX)
        return yaml_refuse(list, err, "over_time is a list of at most %d cases", COURSES_MAX);
    out->course = mem_new(list->count + 1, sizeof(*out->course));
    for (size_t i = 0; i < list->count; i++) {
        if (read_course(list->item[i], out, err))
            return err->kind;
    }
    return OK;
}
