#include "policies/substitute.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/policy.h"
#include "policies/shape.h"

#include <inttypes.h>
#include <string.h>

const char *const rungs[] = {"source", "neighbours", "climatology", NULL};

static enum err_kind read_source(const struct yaml *map, const struct policy *policy,
                                 struct substitute *out, struct err *err)
{
    enum { RATIO_MILLI_MAX = 10000 };
    if (policy->index.input == UNIT_TEMPERATURE)
        return yaml_refuse(map, err, "a ratio of °C says nothing; write neighbours or climatology");
    if (field_name(map, "source", out->source, sizeof(out->source), err) ||
        field_positive(map, "ratio", UNIT_NUMBER, &out->ratio_milli, err))
        return err->kind;
    if (out->ratio_milli > RATIO_MILLI_MAX)
        return yaml_refuse(yaml_get(map, "ratio"), err, "a ratio is at most 10; write 0.8");
    if (strcmp(out->source, policy->source) == 0)
        return yaml_refuse(yaml_get(map, "source"), err,
                           "a source cannot fill its own gaps; write another");
    return OK;
}

static enum err_kind read_neighbours(const struct yaml *map, const struct policy *policy,
                                     struct substitute *out, struct err *err)
{
    enum { WITHIN_KM_MAX = 200 };
    if (policy->station[0])
        return yaml_refuse(map, err, "a gauge has no neighbouring communes; write another source");
    if (substitute_of(policy, RUNG_NEIGHBOURS))
        return yaml_refuse(map, err, "neighbours stand once; take one of the two out");
    if (field_whole(map, "neighbours", 1, NEIGHBOURS_MAX, &out->neighbours, err) ||
        field_positive(map, "within", UNIT_DISTANCE, &out->within_milli, err))
        return err->kind;
    if (out->within_milli > (int64_t)WITHIN_KM_MAX * 1000)
        return yaml_refuse(yaml_get(map, "within"), err,
                           "who is farther away than %d km is no neighbour; write 30 km",
                           WITHIN_KM_MAX);
    return OK;
}

// A usual value for each day makes sums and means; no day of it is dry, wet or the highest.
static bool is_usual_enough(const struct index_rule *index)
{
    switch (index->take) {
    case INDEX_TOTAL:
    case INDEX_MEAN:
    case INDEX_MINIMUM_SUM:
    case INDEX_MAXIMUM_SUM:
    case INDEX_ANTECEDENT:
    case INDEX_SPI:
    case INDEX_SPEI:
    case INDEX_WRSI:
        return true;
    case INDEX_MAXIMUM:
    case INDEX_DRY_SPELL:
    case INDEX_MINIMUM:
    case INDEX_SPELL:
    case INDEX_DAY_COUNT:
    case INDEX_FIRST_RAIN:
    case INDEX_DEGREE_DAYS:
    case INDEX_COLD_DAYS:
    case INDEX_HEAT_DAYS:
    case INDEX_PERCENTILE:
    case INDEX_TOTAL_ABOVE:
    case INDEX_SHARE_ABOVE:
    case INDEX_STORM:
    case INDEX_AREA_SHARE:
    case INDEX_REPORTED:
        return false;
    }
    return false;
}

// The rungs fill every look at the policy's source and variable, those of its parts as well.
static enum err_kind check_usual(const struct yaml *list, const struct policy *policy,
                                 struct err *err)
{
    if (!is_usual_enough(&policy->index))
        return yaml_refuse(list, err,
                           "a usual value says nothing of single days; it fills totals, means and "
                           "sums, not %s",
                           index_takes[policy->index.take]);
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        if (strcmp(part->source, policy->source) == 0 &&
            strcmp(part->variable, policy->variable) == 0 && !is_usual_enough(&part->index))
            return yaml_refuse(list, err,
                               "a usual value says nothing of single days; it fills totals, means "
                               "and sums, not the %s of %s, which is of the same source; take "
                               "climatology or %s out",
                               index_takes[part->index.take], part->name, part->name);
    }
    return OK;
}

static enum err_kind read_climatology(const struct yaml *map, const struct policy *policy,
                                      struct substitute *out, struct err *err)
{
    size_t count = 0;
    const struct yaml *list = yaml_get(map, "climatology");
    if (check_usual(list, policy, err) || field_units(map, "climatology", policy->index.input,
                                                      out->climate_milli, MONTHS, &count, err))
        return err->kind;
    if (count != MONTHS)
        return yaml_refuse(list, err, "%zu months; write 12 values, of January to December", count);
    for (size_t i = 0; i < MONTHS && policy->index.input == UNIT_RAIN; i++) {
        if (out->climate_milli[i] < 0)
            return yaml_refuse(list->item[i], err, "rain is never negative");
    }
    return OK;
}

static enum err_kind read_substitute(const struct yaml *map, const struct policy *policy,
                                     struct substitute *out, struct err *err)
{
    static const struct {
        const char *beside; // the one other key of that rung
        enum err_kind (*read)(const struct yaml *, const struct policy *, struct substitute *,
                              struct err *);
    } readers[] = {
        [RUNG_SOURCE] = {"ratio", read_source},
        [RUNG_NEIGHBOURS] = {"within", read_neighbours},
        [RUNG_CLIMATOLOGY] = {NULL, read_climatology},
    };
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a substitute is {source: chirps-prelim, ratio: 0.8}");
    if (shape_check(map, SHAPE_SUBSTITUTE, err))
        return err->kind;
    size_t found = COUNT_OF(readers);
    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        if (!yaml_get(map, rungs[i]))
            continue;
        if (found < COUNT_OF(readers))
            return yaml_refuse(yaml_get(map, rungs[i]), err,
                               "one rung is one of source, neighbours and climatology; write two");
        found = i;
    }
    if (found == COUNT_OF(readers))
        return yaml_refuse(map, err,
                           "by what is it filled? write {source: chirps-prelim, ratio: 0.8}, "
                           "{neighbours: 3, within: 30 km} or {climatology: [...]}");
    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        if (i != found && readers[i].beside && yaml_get(map, readers[i].beside))
            return yaml_refuse(yaml_get(map, readers[i].beside), err,
                               "\"%s\" belongs to %s; take it out", readers[i].beside, rungs[i]);
    }
    out->rung = (enum rung)found;
    return readers[found].read(map, policy, out, err);
}

enum err_kind substitutes_read(const struct yaml *root, struct policy *policy, struct err *err)
{
    const struct yaml *list = yaml_get(root, "substitutes");
    const struct yaml *most = yaml_get(root, "missing_at_most");
    if (!list && !most)
        return OK;
    if (!list || !most)
        return yaml_refuse(list ? list : most, err,
                           "\"substitutes\" and \"missing_at_most: 10 %%\" go together");
    if (list->kind != YAML_LIST || list->count == 0 || list->count > SUBSTITUTES_MAX)
        return yaml_refuse(list, err, "write a list of 1 to %d substitutes", SUBSTITUTES_MAX);
    bool forecast = policy->kind == POLICY_ALERT && policy->watch == WATCH_FORECAST;
    bool weather =
        strncmp(policy->variable, "storm_", 6) != 0 && policy->index.take != INDEX_REPORTED;
    if (forecast || !weather)
        return yaml_refuse(
            list, err,
            "only what was observed is filled, and neither storms nor reports; take it out");
    for (; policy->substitutes < list->count; policy->substitutes++) {
        const struct substitute *usual = substitute_of(policy, RUNG_CLIMATOLOGY);
        if (usual)
            return yaml_refuse(list->item[policy->substitutes], err,
                               "climatology fills all that is missing: what stands after it is "
                               "never reached; put it last");
        if (read_substitute(list->item[policy->substitutes], policy,
                            &policy->substitute[policy->substitutes], err))
            return err->kind;
    }
    if (field_share(root, "missing_at_most", &policy->missing_milli, err))
        return err->kind;
    return policy->missing_milli ? OK : yaml_refuse(most, err, "0 %% fills nothing; take it out");
}

const struct substitute *substitute_of(const struct policy *policy, enum rung rung)
{
    for (size_t i = 0; i < policy->substitutes; i++) {
        if (policy->substitute[i].rung == rung)
            return &policy->substitute[i];
    }
    return NULL;
}

static void say_rung(const struct policy *policy, const struct substitute *rung,
                     enum language language, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    switch (rung->rung) {
    case RUNG_SOURCE:
        buf_print(out, "%s × ", rung->source);
        unit_number(out, rung->ratio_milli, language);
        return;
    case RUNG_NEIGHBOURS:
        buf_print(out,
                  vi ? "trung bình của %" PRId64 " xã gần nhất có số liệu, tâm cách không quá "
                     : "the mean of the nearest %" PRId64
                       " communes that have it, their centres no farther than ",
                  rung->neighbours);
        unit_say(out, rung->within_milli, UNIT_DISTANCE, language);
        return;
    case RUNG_CLIMATOLOGY:
        buf_text(out, vi ? "trị số thường có theo tháng, từ tháng 1 đến tháng 12"
                         : "what is usual in the month, January to December");
        if (policy->index.input == UNIT_RAIN)
            buf_text(out, vi ? ", mỗi ngày" : ", each day");
        buf_print(out, " (%s):", unit_word(policy->index.input, language));
        for (size_t i = 0; i < MONTHS; i++) {
            buf_char(out, ' ');
            unit_number(out, rung->climate_milli[i], language);
        }
        return;
    }
}

void substitutes_say(const struct policy *policy, enum language language, struct buf *out)
{
    for (size_t i = 0; i < policy->substitutes; i++) {
        buf_text(out, i ? "; " : " ");
        say_rung(policy, &policy->substitute[i], language, out);
    }
}
