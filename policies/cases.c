#include "policies/cases.h"

#include "core/date.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/yaml.h"
#include "policies/field.h"
#include "policies/policy.h"
#include "policies/shape.h"

#include <ctype.h>
#include <string.h>

const char *const expectations[] = {"fire", "not_fire", "not_known", NULL};

enum { CASES_MAX = 50, VALUES_MAX = 20000, SERIES_MAX = 100, COMMUNES_MAX = 10000 };

// A source may have more members than the policy looks at: then these are the first of them.
enum { CASE_MEMBERS_MAX = 1000 };

static void series_free(struct case_series **series, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mem_free(&(*series)[i].milli);
    mem_free(series);
}

static void case_free(struct policy_case *one)
{
    field_texts_free(&one->name);
    mem_free(&one->where);
    mem_free(&one->event.file);
    mem_free(&one->event.place);
    mem_free(&one->event.period);
    series_free(&one->series, one->count);
    for (size_t i = 0; i < one->more_count; i++)
        series_free(&one->more[i].series, one->more[i].count);
    mem_free(&one->more);
}

void cases_free(struct policy_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++)
        case_free(&cases->at[i]);
    mem_free(&cases->at);
    cases->count = 0;
    courses_free(cases);
    dated_free(cases);
}

size_t cases_all(const struct policy_cases *cases)
{
    return cases->count + cases->courses + cases->dated_count;
}

// "12.5", "missing", "0 x 30".
static enum err_kind read_value(const struct yaml *item, enum unit unit, int64_t *milli,
                                int64_t *times, struct err *err)
{
    struct err why = {0};
    *times = 1;
    if (item->kind != YAML_TEXT)
        return yaml_refuse(item, err, "a number, \"missing\" or \"0 x 30\" is wanted here");
    struct str number = item->text;
    const char *cross = number.len ? memmem(number.at, number.len, " x ", 3) : NULL;
    if (cross) {
        struct str count = {cross + 3, (size_t)(number.at + number.len - cross - 3)};
        if (num_whole(count, 1, VALUES_MAX, times, &why))
            return yaml_refuse(item, err, "%s", why.text);
        number.len = (size_t)(cross - number.at);
    }
    if (str_is(number, "missing")) {
        *milli = CASE_MISSING;
        return OK;
    }
    if (num_milli(number, milli, &why))
        return yaml_refuse(
            item, err, "%s; values are numbers%s%s without a unit, \"missing\" or \"0 x 30\"",
            why.text, unit == UNIT_NUMBER ? "" : " in ", unit_word(unit, LANGUAGE_EN));
    return OK;
}

static enum err_kind read_values(const struct yaml *map, enum unit unit, struct case_series *out,
                                 struct err *err)
{
    const struct yaml *list = NULL;
    if (yaml_need(map, "values", YAML_LIST, &list, err))
        return err->kind;
    for (size_t i = 0; i < list->count; i++) {
        int64_t milli = 0, times = 1;
        if (read_value(list->item[i], unit, &milli, &times, err))
            return err->kind;
        if (unit == UNIT_RAIN && milli < 0 && milli != CASE_MISSING)
            return yaml_refuse(list->item[i], err, "rain is never negative");
        if (milli != CASE_MISSING && (milli > INT32_MAX / 2 || milli < -(INT32_MAX / 2)))
            return yaml_refuse(list->item[i], err, "more than a reading can hold");
        if (out->count + (size_t)times > VALUES_MAX)
            return yaml_refuse(list->item[i], err, "more than %d values", VALUES_MAX);
        out->milli = mem_resize(out->milli, out->count + (size_t)times, sizeof(*out->milli));
        for (int64_t k = 0; k < times; k++)
            out->milli[out->count++] = milli;
    }
    if (out->count == 0)
        return yaml_refuse(list, err, "the case has no value; write at least one");
    return OK;
}

// What a series is of: how many members and communes there may be, 0 for none, and their unit.
struct case_terms {
    enum unit unit;
    int64_t members, communes;
};

// The series of a case so far; the caller frees them also when reading fails.
struct case_list {
    struct case_series **at;
    size_t *count;
};

static struct case_series *add_series(const struct case_list *list, size_t group)
{
    *list->at = mem_resize(*list->at, *list->count + 1, sizeof(**list->at));
    struct case_series *one = &(*list->at)[(*list->count)++];
    *one = (struct case_series){.members = 1, .communes = 1, .group = group};
    return one;
}

// The groups of `map` under `key`, of which there may be `most` things together. ERR_INPUT else.
static enum err_kind find_groups(const struct yaml *map, const char *key, const struct yaml **out,
                                 struct err *err)
{
    if (yaml_need(map, key, YAML_LIST, out, err))
        return err->kind;
    if ((*out)->count == 0 || (*out)->count > SERIES_MAX)
        return yaml_refuse(*out, err, "write 1 to %d groups of %s", SERIES_MAX, key);
    return OK;
}

static enum err_kind check_sum(const struct yaml *groups, const char *key, int64_t sum,
                               int64_t most, struct err *err)
{
    if (sum <= most)
        return OK;
    return yaml_refuse(groups, err, "%lld %s, at most %lld", (long long)sum, key, (long long)most);
}

static enum err_kind read_count(const struct yaml *item, const char *key, int64_t most,
                                int64_t *out, struct err *err)
{
    if (item->kind != YAML_MAP)
        return yaml_refuse(item, err, "%s are {count: 12, values: [...]}", key);
    return shape_check(item, SHAPE_MEMBERS, err) || field_whole(item, "count", 1, most, out, err)
               ? err->kind
               : OK;
}

// The communes of one group of members, or of a case without an ensemble.
static enum err_kind read_communes(const struct yaml *map, const struct case_terms *terms,
                                   int64_t members, size_t group, const struct case_list *list,
                                   struct err *err)
{
    const struct yaml *communes = NULL;
    int64_t sum = 0;
    if (find_groups(map, "communes", &communes, err))
        return err->kind;
    for (size_t i = 0; i < communes->count; i++) {
        const struct yaml *item = communes->item[i];
        struct case_series *one = add_series(list, group);
        one->members = members;
        if (read_count(item, "communes", terms->communes, &one->communes, err) ||
            read_values(item, terms->unit, one, err))
            return err->kind;
        sum += one->communes;
    }
    return check_sum(communes, "communes", sum, terms->communes, err);
}

static int64_t communes_in(const struct case_list *list, size_t group)
{
    int64_t sum = 0;
    for (size_t i = 0; i < *list->count; i++)
        sum += (*list->at)[i].group == group ? (*list->at)[i].communes : 0;
    return sum;
}

static enum err_kind read_members(const struct yaml *map, const struct case_terms *terms,
                                  const struct case_list *list, struct err *err)
{
    const struct yaml *groups = NULL;
    int64_t sum = 0, members = 0;
    if (find_groups(map, "members", &groups, err))
        return err->kind;
    for (size_t i = 0; i < groups->count; i++, sum += members) {
        const struct yaml *item = groups->item[i];
        if (read_count(item, "members", CASE_MEMBERS_MAX, &members, err))
            return err->kind;
        if (terms->communes) {
            if (read_communes(item, terms, members, i, list, err))
                return err->kind;
            if (communes_in(list, i) != communes_in(list, 0))
                return yaml_refuse(item, err,
                                   "each member tells of the same communes; write as "
                                   "many of them");
            continue;
        }
        struct case_series *one = add_series(list, i);
        one->members = members;
        if (read_values(item, terms->unit, one, err))
            return err->kind;
    }
    return check_sum(groups, "members", sum, CASE_MEMBERS_MAX, err);
}

static enum err_kind read_series(const struct yaml *map, const struct case_terms *terms,
                                 struct case_series **series, size_t *count, struct err *err)
{
    struct case_list list = {series, count};
    const struct yaml *members = yaml_get(map, "members"), *communes = yaml_get(map, "communes");
    if (communes && !terms->communes)
        return yaml_refuse(communes, err, "this policy is of one commune; write values: [...]");
    if (members && !terms->members)
        return yaml_refuse(members, err, "this policy has no ensemble; write values: [...]");
    if (terms->members)
        return read_members(map, terms, &list, err);
    if (terms->communes)
        return read_communes(map, terms, 1, 0, &list, err);
    return read_values(map, terms->unit, add_series(&list, 0), err);
}

static enum err_kind read_step(const struct yaml *map, int64_t *step_s, struct err *err)
{
    struct str step;
    if (yaml_need_text(map, "step", &step, err))
        return err->kind;
    *step_s = 0;
    return str_is(step, "period") ? OK : field_span(map, "step", step_s, err);
}

// Finds the part or model that the series is of.
static enum err_kind find_more(const struct yaml *map, const struct policy *policy,
                               struct case_more *more, int64_t *members, struct err *err)
{
    struct str of;
    if (yaml_need_text(map, "of", &of, err))
        return err->kind;
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        if (!str_is(of, part->name))
            continue;
        bool observed = policy->stages && part->watch == WATCH_OBSERVATION;
        *more = (struct case_more){.source = part->source,
                                   .variable = part->variable,
                                   .station = part->station,
                                   .unit = part->index.input,
                                   .before_s = observed ? part->index.within_s : 0};
        *members = observed ? 0 : policy->ensemble.members;
        return OK;
    }
    for (size_t i = 0; i < policy->ensemble.models; i++) {
        const struct model *model = &policy->ensemble.model[i];
        if (!str_is(of, model->source))
            continue;
        *more = (struct case_more){.source = model->source,
                                   .variable = policy->variable,
                                   .station = "",
                                   .unit = policy->index.input};
        *members = model->members > 1 ? model->members : 0;
        return OK;
    }
    for (size_t i = 0; i < policy->substitutes; i++) {
        const struct substitute *rung = &policy->substitute[i];
        if (rung->rung == RUNG_NEIGHBOURS && str_is(of, rungs[RUNG_NEIGHBOURS])) {
            *more = (struct case_more){.source = policy->source,
                                       .variable = policy->variable,
                                       .station = "",
                                       .unit = policy->index.input,
                                       .near = true};
            *members = rung->neighbours;
            return OK;
        }
        if (rung->rung != RUNG_SOURCE || !str_is(of, rung->source))
            continue;
        *more = (struct case_more){.source = policy->substitute[i].source,
                                   .variable = policy->variable,
                                   .station = "",
                                   .unit = policy->index.input};
        return OK;
    }
    if (policy->index.take == INDEX_STORM && str_is(of, "storm_distance")) {
        *more = (struct case_more){.source = policy->source,
                                   .variable = "storm_distance",
                                   .station = "",
                                   .unit = UNIT_DISTANCE};
        return OK;
    }
    return yaml_refuse(yaml_get(map, "of"), err, "the policy has no part or model of that name");
}

static enum err_kind read_more(const struct yaml *map, const struct policy *policy, int64_t step_s,
                               struct case_more *more, struct err *err)
{
    struct case_terms terms = {0};
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "more is a list of {of: NAME, step: 24 h, values: [...]}");
    if (shape_check(map, SHAPE_MORE, err) || find_more(map, policy, more, &terms.members, err) ||
        read_step(map, &more->step_s, err))
        return err->kind;
    if (more->near && policy->index.share)
        return yaml_refuse(yaml_get(map, "of"), err,
                           "the communes of a share have no neighbours in a case; take it out");
    if (more->near && more->step_s != step_s)
        return yaml_refuse(yaml_get(map, "step"), err,
                           "neighbours have the steps of the case; write the same");
    terms.unit = more->unit;
    if (more->near) {
        terms.communes = terms.members;
        terms.members = 0;
    }
    more->members = terms.members > 0;
    return read_series(map, &terms, &more->series, &more->count, err);
}

static enum err_kind read_all_more(const struct yaml *map, const struct policy *policy,
                                   struct policy_case *out, struct err *err)
{
    const struct yaml *list = yaml_get(map, "more");
    if (!list)
        return OK;
    if (list->kind != YAML_LIST || list->count > PARTS_MAX + MODELS_MAX)
        return yaml_refuse(list, err, "more is a list of {of: NAME, step: 24 h, values: [...]}");
    out->more = mem_new(list->count + 1, sizeof(*out->more));
    for (; out->more_count < list->count; out->more_count++) {
        struct case_more *more = &out->more[out->more_count];
        if (read_more(list->item[out->more_count], policy, out->step_s, more, err)) {
            series_free(&more->series, more->count);
            return err->kind;
        }
    }
    return OK;
}

// The numbers that the policy states beside its answer.
static enum err_kind read_stated(const struct yaml *map, const struct policy *policy,
                                 struct policy_case *out, struct err *err)
{
    const struct yaml *index = yaml_get(map, "index"), *probability = yaml_get(map, "probability");
    out->probability_milli = -1;
    if (index && out->expect == EXPECT_NOT_KNOWN)
        return yaml_refuse(index, err, "what is not known has no index; take it out");
    if (probability && (out->expect == EXPECT_NOT_KNOWN || policy->ensemble.members == 0))
        return yaml_refuse(probability, err,
                           "only an ensemble that is known has a probability; take it out");
    out->has_index = index != NULL;
    if (index && field_unit(map, "index", policy->index.unit, &out->index_milli, err))
        return err->kind;
    return probability ? field_share(map, "probability", &out->probability_milli, err) : OK;
}

// What an alert that fires tells people to do.
static enum err_kind read_tells(const struct yaml *map, const struct policy *policy,
                                struct policy_case *out, struct err *err)
{
    const struct yaml *tells = yaml_get(map, "tells");
    size_t step = 0;
    out->tells = -1;
    if (!tells)
        return OK;
    if (out->expect != EXPECT_FIRE || !actions_there(policy))
        return yaml_refuse(tells, err,
                           "only an alert that fires and has actions tells people what to do; take "
                           "it out");
    if (yaml_choice(tells, action_steps, &step, err))
        return err->kind;
    out->tells = (int)step;
    return OK;
}

static enum err_kind read_expected(const struct yaml *map, const struct policy *policy,
                                   struct policy_case *out, struct err *err)
{
    const int64_t most_vnd = 1000000000000;
    enum { LEVEL_MAX = 5 };
    const struct yaml *pays = yaml_get(map, "pays"), *sum = yaml_get(map, "sum_insured");
    const struct yaml *before = yaml_get(map, "paid_before");
    static const char *const sayings[] = {"on", "off", "neither", NULL};
    const struct yaml *level = yaml_get(map, "level"), *says = yaml_get(map, "says");
    size_t said = 0;
    bool insurance = policy->kind == POLICY_INSURANCE;
    if (level && (insurance || out->expect != EXPECT_FIRE))
        return yaml_refuse(level, err, "only an alert that fires has a level; take it out");
    if (level && field_whole(map, "level", 1, LEVEL_MAX, &out->level, err))
        return err->kind;
    if (says && insurance)
        return yaml_refuse(says, err, "an insurance says nothing of on and off; take it out");
    if (says && yaml_choice(says, sayings, &said, err))
        return err->kind;
    out->says = says ? (int)said : -1;
    if (read_tells(map, policy, out, err) || read_stated(map, policy, out, err))
        return err->kind;
    if (!pays && !sum && !before)
        return OK;
    if (!insurance)
        return yaml_refuse(pays  ? pays
                           : sum ? sum
                                 : before,
                           err, "an alert pays nothing; take it out");
    if (field_vnd(map, "sum_insured", 1, most_vnd, &out->sum_insured_vnd, err) ||
        field_vnd(map, "pays", 0, most_vnd, &out->pays_vnd, err))
        return err->kind;
    out->has_amount = true;
    return yaml_get(map, "paid_before")
               ? field_vnd(map, "paid_before", 1, most_vnd, &out->paid_before_vnd, err)
               : OK;
}

// --- dated events

// A name that leads nowhere but beside the policy.
static bool is_plain(struct str name)
{
    enum { NAME_MAX_BYTES = 100 };
    bool good = name.len > 0 && name.len <= NAME_MAX_BYTES && name.at[0] != '.';
    for (size_t i = 0; good && i < name.len; i++)
        good = isalnum((unsigned char)name.at[i]) || strchr("._-", name.at[i]);
    return good;
}

// A series file has one variable of one source, as it was observed.
static enum err_kind check_event(const struct yaml *map, const struct policy *policy,
                                 struct err *err)
{
    static const char *const written[] = {"step", "values",   "members", "communes",
                                          "more", "coverage", NULL};
    bool observed = policy->kind == POLICY_INSURANCE || policy->watch == WATCH_OBSERVATION;
    bool alone = policy->ensemble.members == 0 && !policy->index.share;
    for (size_t i = 0; i < policy->parts; i++)
        alone = alone && strcmp(policy->part[i].source, policy->source) == 0 &&
                strcmp(policy->part[i].variable, policy->variable) == 0;
    for (size_t i = 0; i < policy->substitutes; i++)
        alone = alone && policy->substitute[i].rung == RUNG_CLIMATOLOGY;
    if (!observed || !alone)
        return yaml_refuse(yaml_get(map, "series"), err,
                           "a series file has one variable of one source that was observed; write "
                           "the values of this policy's cases");
    for (size_t i = 0; written[i]; i++) {
        if (yaml_get(map, written[i]))
            return yaml_refuse(yaml_get(map, written[i]), err,
                               "the series file says it; take \"%s\" out", written[i]);
    }
    return OK;
}

static enum err_kind read_event(const struct yaml *map, const struct policy *policy,
                                struct case_event *out, struct err *err)
{
    struct str file, sum, place, period;
    struct err why = {0};
    if (check_event(map, policy, err) || yaml_need_text(map, "series", &file, err) ||
        yaml_need_text(map, "sha256", &sum, err) || yaml_need_text(map, "place", &place, err) ||
        yaml_need_text(map, "period", &period, err))
        return err->kind;
    if (!is_plain(file))
        return yaml_refuse(yaml_get(map, "series"), err,
                           "the series file lies beside the policy; write its name alone, as "
                           "buon-ho.nc");
    if (hash_parse(sum, &out->hash, &why))
        return yaml_refuse(yaml_get(map, "sha256"), err, "%s", why.text);
    if (policy->station[0] && !str_is(place, policy->station))
        return yaml_refuse(yaml_get(map, "place"), err,
                           "the policy looks at the gauge %s alone; write that as the place",
                           policy->station);
    out->file = str_copy(file);
    out->place = str_copy(place);
    out->period = str_copy(period);
    return OK;
}

// How many values a case is, over all of its members and communes.
static enum err_kind check_cells(const struct yaml *map, const struct policy_case *one,
                                 struct err *err)
{
    enum { CELLS_MAX = 4000000 };
    int64_t rows = 0, communes = 0;
    for (size_t s = 0; s < one->count; s++) {
        const struct case_series *series = &one->series[s];
        rows += (int64_t)series->count * series->members;
        communes += series->group == 0 ? series->communes : 0;
    }
    if (rows * communes <= CELLS_MAX)
        return OK;
    return yaml_refuse(map, err, "the case has more than %d values; write fewer", CELLS_MAX);
}

// The values of a case as they are written.
static enum err_kind read_written(const struct yaml *map, const struct policy *policy,
                                  struct policy_case *out, struct err *err)
{
    static const char *const of_event[] = {"sha256", "place", "period", NULL};
    struct case_terms terms = {policy->index.input, policy->ensemble.members,
                               policy->index.share ? COMMUNES_MAX : 0};
    int64_t coverage = 1000;
    for (size_t i = 0; of_event[i]; i++) {
        if (yaml_get(map, of_event[i]))
            return yaml_refuse(yaml_get(map, of_event[i]), err,
                               "\"%s\" belongs to a case of a series file; add series, or take it "
                               "out",
                               of_event[i]);
    }
    if (read_step(map, &out->step_s, err) ||
        (yaml_get(map, "coverage") && field_share(map, "coverage", &coverage, err)))
        return err->kind;
    out->coverage = coverage * 10;
    if (read_series(map, &terms, &out->series, &out->count, err) || check_cells(map, out, err))
        return err->kind;
    return read_all_more(map, policy, out, err);
}

static enum err_kind read_case(const struct yaml *map, const struct policy *policy,
                               struct policy_case *out, struct err *err)
{
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a case is {name: ..., step: 24 h, values: [...]}");
    if (shape_check(map, SHAPE_CASE, err) || field_title(map, "name", &out->name, err))
        return err->kind;
    struct buf where = buf_new(4096);
    buf_print(&where, "%s:%u:%u", map->file, map->line, map->column);
    out->where = buf_take(&where);
    if (yaml_get(map, "series") ? read_event(map, policy, &out->event, err)
                                : read_written(map, policy, out, err))
        return err->kind;
    return read_expected(map, policy, out, err);
}

static enum err_kind read_group(const struct yaml *map, enum expectation expect,
                                const struct policy *policy, struct policy_cases *out,
                                struct err *err)
{
    const struct yaml *list = yaml_get(map, expectations[expect]);
    bool needed = expect != EXPECT_NOT_KNOWN;
    if (needed && !list)
        return yaml_refuse(map, err,
                           "a policy shows when it fires and when not; add a case under "
                           "%s",
                           expectations[expect]);
    if (!list)
        return OK;
    if (list->kind != YAML_LIST || (needed && list->count == 0))
        return yaml_refuse(list, err, "write at least one case under %s", expectations[expect]);
    for (size_t i = 0; i < list->count; i++) {
        if (out->count == CASES_MAX)
            return yaml_refuse(list->item[i], err, "more than %d cases", CASES_MAX);
        out->at = mem_resize(out->at, out->count + 1, sizeof(*out->at));
        struct policy_case *one = &out->at[out->count++];
        *one = (struct policy_case){.expect = expect};
        if (read_case(list->item[i], policy, one, err))
            return err->kind;
    }
    return OK;
}

enum err_kind cases_read(const struct yaml *root, const struct policy *policy,
                         struct policy_cases *out, struct err *err)
{
    const struct yaml *map = NULL;
    AUTO(cases_free) struct policy_cases cases = {0};
    if (yaml_need(root, "cases", YAML_MAP, &map, err) || shape_check(map, SHAPE_CASES, err))
        return err->kind;
    for (int i = EXPECT_FIRE; i <= EXPECT_NOT_KNOWN; i++) {
        if (read_group(map, (enum expectation)i, policy, &cases, err))
            return err->kind;
    }
    if (courses_read(map, policy, &cases, err) || dated_read(map, policy, &cases, err))
        return err->kind;
    *out = cases;
    cases = (struct policy_cases){0};
    return OK;
}
