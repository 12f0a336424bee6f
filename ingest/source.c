#include "ingest/source.h"

#include "core/mem.h"
#include "core/num.h"
#include "core/yaml.h"
#include "ingest/scale.h"
#include "ingest/source_read.h"
#include "ingest/template.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SOURCES_MAX = 200, URL_BYTES_MAX = 8192 };

void sources_free(struct sources **sources)
{
    if (!*sources)
        return;
    for (size_t i = 0; i < (*sources)->count; i++) {
        struct source *one = &(*sources)->at[i];
        mem_free(&one->title);
        mem_free(&one->licence);
        mem_free(&one->cells);
        mem_free(&one->url);
        mem_free(&one->points);
        mem_free(&one->fetch.sum_url);
        mem_free(&one->fetch.index_url);
        for (size_t j = 0; j < one->fetch.takes; j++)
            mem_free(&one->fetch.take[j]);
        for (char **mirror = one->mirror; mirror && *mirror; mirror++)
            mem_free(mirror);
        mem_free(&one->mirror);
        mem_free(&one->names);
        for (size_t j = 0; j < one->parameter_count; j++)
            mem_free(&one->parameter[j]);
        mem_free(&one->parameter);
    }
    mem_free(&(*sources)->at);
    mem_free(sources);
}

// --- addresses
// --------------------------------------------------------------------------------------

bool source_is_table(const struct source *source)
{
    return source->format == FORMAT_STATIONS || source->format == FORMAT_TRACKS ||
           source->format == FORMAT_REPORTS;
}

struct utc source_step_on(const struct source *source, struct utc step, int64_t count)
{
    if (source->every_months)
        return date_months_on(step, count * source->every_months);
    return (struct utc){step.s + count * source->every_s};
}

// Whole spans of `length` in `count`, also where that is below zero.
static int64_t whole_spans(int64_t count, int64_t length)
{
    return count / length - (count % length < 0);
}

struct utc source_step(const struct source *source, struct utc at)
{
    struct utc from = source->from;
    if (!source->every_months)
        return source_step_on(source, from, whole_spans(at.s - from.s, source->every_s));
    struct civil first = utc_civil(from), now = utc_civil(at); // `first` is of a month's beginning
    int64_t months = ((int64_t)now.year - first.year) * 12 + now.month - first.month;
    return source_step_on(source, from, whole_spans(months, source->every_months));
}

size_t source_parts(const struct source *source)
{
    size_t parameters = source->parameter_count ? source->parameter_count : 1;
    return source->lead_count * source->member_count * parameters;
}

void source_fill(const struct source *source, const char *text, struct utc step, size_t part,
                 struct buf *out)
{
    assert(part < source_parts(source));
    size_t member = part / source->lead_count % source->member_count;
    size_t parameter = part / source->lead_count / source->member_count;
    struct template_at at = {
        .step = step,
        .every_s = source->every_s,
        .every_months = source->every_months,
        .lead_h =
            source->lead_first_h + source->lead_every_h * (int32_t)(part % source->lead_count),
        .member = source->member_first + (int32_t)member,
        .parameter = source->parameter_count ? source->parameter[parameter] : "",
    };
    template_fill(str_of(text), &at, out);
}

// The template of the addresses that are recorded; false when there is none.
static bool template_of(const struct source *source, struct buf *out)
{
    if (source->place == PLACE_TEMPLATE)
        buf_text(out, source->url);
    else if (source->place == PLACE_FOLDER && source->names)
        buf_print(out, "%s%s", source->url, source->names);
    return out->len > 0;
}

bool source_locate(const struct source *source, const char *url, struct source_spot *out)
{
    AUTO(buf_free) struct buf text = buf_new(URL_BYTES_MAX);
    struct template_names names = {source->parameter, source->parameter_count};
    struct template_use use = {0};
    struct template_at at;
    struct source_spot spot = {0};
    struct err why = {0};
    if (!template_of(source, &text) || template_check(buf_slice(&text), &use, &why) ||
        !template_match(buf_slice(&text), url, source->every_s, source->every_months, &names, &at,
                        &spot.parameter))
        return false;
    spot.step = at.step;
    spot.lead_h = at.lead_h;
    spot.member = at.member;
    spot.has_lead = use.lead;
    spot.has_member = use.member;
    *out = spot;
    return true;
}

void source_beside(const struct source *source, const struct source_spot *spot, size_t parameter,
                   struct buf *out)
{
    assert(parameter < source->parameter_count);
    AUTO(buf_free) struct buf text = buf_new(URL_BYTES_MAX);
    struct template_at at = {spot->step,   source->every_s, source->every_months,
                             spot->lead_h, spot->member,    source->parameter[parameter]};
    bool there = template_of(source, &text);
    assert(there);
    template_fill(buf_slice(&text), &at, out);
}

void source_address(const struct source *source, struct utc step, size_t part, size_t mirror,
                    struct buf *out)
{
    assert(mirror < source_mirrors(source));
    source_fill(source, mirror ? source->mirror[mirror - 1] : source->url, step, part, out);
}

size_t source_mirrors(const struct source *source)
{
    size_t count = 1;
    while (source->mirror && source->mirror[count - 1])
        count++;
    return count;
}

// --- reading
// ----------------------------------------------------------------------------------------

static enum err_kind need_copy(const struct yaml *map, const char *key, char *out, size_t size,
                               struct err *err)
{
    struct str text;
    if (yaml_need_text(map, key, &text, err))
        return err->kind;
    if (text.len == 0 || text.len >= size)
        return yaml_refuse(yaml_get(map, key), err, "\"%s\" must have 1 to %zu bytes", key,
                           size - 1);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return OK;
}

static enum err_kind copy_name(const struct yaml *node, char *out, size_t size, struct err *err)
{
    if (node->kind != YAML_TEXT || node->text.len == 0 || node->text.len >= size ||
        str_is(node->text, "none"))
        return yaml_refuse(node, err, "a name of 1 to %zu bytes is wanted here", size - 1);
    memcpy(out, node->text.at, node->text.len);
    out[node->text.len] = '\0';
    return OK;
}

// "tp", or of a wind that is two components "[u10, v10]".
static enum err_kind read_names(const struct yaml *map, struct wanted *out, struct err *err)
{
    const struct yaml *reads = yaml_get(map, "reads");
    if (!reads || reads->kind != YAML_LIST)
        return need_copy(map, "reads", out->reads, sizeof(out->reads), err);
    if (reads->count != 2)
        return yaml_refuse(reads, err,
                           "%zu names; write one, or of a wind its two components: [u10, v10]",
                           reads->count);
    const struct yaml *means = yaml_get(map, "means");
    if (!means || means->kind != YAML_TEXT ||
        (!str_is(means->text, "wind") && !str_is(means->text, "gust")))
        return yaml_refuse(reads, err, "only a wind or a gust has two components");
    if (copy_name(reads->item[0], out->reads, sizeof(out->reads), err))
        return err->kind;
    return copy_name(reads->item[1], out->reads_north, sizeof(out->reads_north), err);
}

static enum err_kind read_picks(const struct yaml *map, struct wanted *out, struct err *err)
{
    const struct yaml *pick = yaml_get(map, "pick");
    struct err why = {0};
    if (!pick)
        return OK;
    if (pick->kind != YAML_TEXT || pick->text.len == 0 ||
        wanted_picks_parse(pick->text, out, &why) || out->pick_count == 0)
        return yaml_refuse(pick, err, "%s",
                           why.text[0] ? why.text
                                       : "write a dimension and a number, such as "
                                         "\"percentile=50\"");
    return OK;
}

static enum err_kind read_where(const struct yaml *map, struct wanted *out, struct err *err)
{
    const struct yaml *where = yaml_get(map, "where");
    struct err why = {0};
    if (!where)
        return OK;
    if (where->kind != YAML_TEXT || where->text.len == 0)
        return yaml_refuse(where, err, "write a variable and its flags, such as \"quality=good\"");
    if (wanted_where_parse(where->text, out, &why))
        return yaml_refuse(where, err, "%s", why.text);
    return OK;
}

// The stamp belongs to an interval of a length; what an interval may be depends on the variable.
static enum err_kind read_stamp(const struct yaml *map, const struct yaml *interval,
                                struct wanted *out, struct err *err)
{
    static const char *const stamps[] = {"start", "end", NULL};
    size_t which = 0;
    const struct yaml *stamp = yaml_get(map, "stamp");
    bool needs = out->interval == INTERVAL_MONTH || out->interval == INTERVAL_SPAN;
    if (needs && !stamp)
        return yaml_refuse(map, err,
                           "\"stamp\" is missing; write start or end: what the time stamp "
                           "is of its interval");
    if (!needs && stamp)
        return yaml_refuse(stamp, err, "\"stamp\" has no meaning here; leave it out");
    if (stamp && yaml_choice(stamp, stamps, &which, err))
        return err->kind;
    out->stamp_ends = stamp && which == 1;
    bool total = out->interval == INTERVAL_SINCE_RUN || out->interval == INTERVAL_SINCE_DAY;
    if (total && strcmp(out->variable, "rain") != 0)
        return yaml_refuse(interval, err, "only rain is a running total");
    if (out->interval == INTERVAL_INSTANT && strcmp(out->variable, "rain") == 0)
        return yaml_refuse(interval, err,
                           "rain is an amount over an interval, never of an instant");
    return OK;
}

static enum err_kind read_variable(const struct yaml *map, struct wanted *out, struct err *err)
{
    static const char *const keys[] = {"reads", "file", "means", "unit", "interval",
                                       "stamp", "pick", "where", NULL};
    struct err why = {0};
    size_t which;
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a variable is wanted here, as \"reads:\" and \"means:\"");
    if (yaml_check_keys(map, keys, err) || read_names(map, out, err) || read_picks(map, out, err) ||
        read_where(map, out, err))
        return err->kind;
    const struct yaml *means = yaml_get(map, "means");
    if (!means)
        return yaml_refuse(map, err,
                           "\"means\" is missing; write rain, wind, gust, temperature or "
                           "chance");
    if (yaml_choice(means, wanted_variables, &which, err))
        return err->kind;
    (void)snprintf(out->variable, sizeof(out->variable), "%s", wanted_variables[which]);
    if (yaml_get(map, "unit") && need_copy(map, "unit", out->unit, sizeof(out->unit), err))
        return err->kind;
    if (strcmp(out->unit, "file") == 0)
        return yaml_refuse(yaml_get(map, "unit"), err,
                           "\"file\" is no unit; leave \"unit\" out to believe the file");
    // Every file would be refused for it, and for good.
    struct scale scale;
    if (*out->unit && scale_for(out->variable, out->unit, &scale, &why))
        return yaml_refuse(yaml_get(map, "unit"), err, "%s", why.text);
    const struct yaml *interval = yaml_get(map, "interval");
    if (!interval || interval->kind != YAML_TEXT)
        return yaml_refuse(interval ? interval : map, err,
                           "\"interval\" is missing; write what one time stamp stands for: month, "
                           "day, \"30 min\", bounds, since run, since day or instant");
    if (wanted_interval_parse(interval->text, out, &why))
        return yaml_refuse(interval, err, "%s", why.text);
    return read_stamp(map, interval, out, err);
}

static enum err_kind read_variables(const struct yaml *map, struct source *out, struct err *err)
{
    const struct yaml *list;
    if (yaml_need(map, "variables", YAML_LIST, &list, err))
        return err->kind;
    if (list->count == 0 || list->count > WANTED_MAX)
        return yaml_refuse(list, err, "%zu variables; write 1 to %d", list->count, WANTED_MAX);
    for (size_t i = 0; i < list->count; i++) {
        struct wanted *wanted = &out->wanted.at[i];
        if (read_variable(list->item[i], wanted, err))
            return err->kind;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(out->wanted.at[j].variable, wanted->variable) == 0)
                return yaml_refuse(list->item[i], err, "\"%s\" is read twice", wanted->variable);
        }
    }
    out->wanted.count = list->count;
    return OK;
}

static enum err_kind read_name(const struct yaml *key, struct source *out, struct err *err)
{
    struct str name = key->text;
    bool good = name.len > 0 && name.len < sizeof(out->name);
    for (size_t i = 0; good && i < name.len; i++)
        good = (name.at[i] >= 'a' && name.at[i] <= 'z') ||
               (name.at[i] >= '0' && name.at[i] <= '9') || name.at[i] == '-';
    if (!good)
        return yaml_refuse(key, err, "a source's name has 1 to 63 of a-z, 0-9 and \"-\"");
    memcpy(out->name, name.at, name.len);
    return OK;
}

// A kind of file that is refused unless it is expected.
static enum err_kind read_files(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const kinds[] = {"cdf5", NULL};
    const struct yaml *files = yaml_get(map, "files");
    size_t which;
    if (files && yaml_choice(files, kinds, &which, err))
        return err_of(err);
    out->wanted.cdf5 = files != NULL;
    return OK;
}

static enum err_kind read_grid_variables(const struct yaml *map, struct source *source,
                                         struct err *err)
{
    if (read_variables(map, source, err))
        return err_of(err);
    for (size_t i = 0; i < source->wanted.count; i++) {
        if (source->wanted.at[i].interval == INTERVAL_SINCE_RUN && !source->wanted.forecast)
            return yaml_refuse(yaml_get(map, "variables"), err,
                               "\"interval: since run\" belongs to \"kind: forecast\"");
    }
    return OK;
}

// How many members a run in one file should have.
static enum err_kind read_ensemble(const struct yaml *map, struct source *out, struct err *err)
{
    enum { ENSEMBLE_MAX = 1000 };
    const struct yaml *node = yaml_get(map, "ensemble");
    struct err why = {0};
    if (!node)
        return OK;
    if (node->kind != YAML_TEXT || num_whole(node->text, 2, ENSEMBLE_MAX, &out->ensemble, &why))
        return yaml_refuse(node, err, "ensemble: write how many members a run has, 2 to %d",
                           ENSEMBLE_MAX);
    if (yaml_get(map, "members"))
        return yaml_refuse(node, err,
                           "\"ensemble\" is of runs in one file; \"members\" says of files");
    return OK;
}

// Keys of figures that people report, and such as these have no meaning for.
static enum err_kind check_reports(const struct yaml *map, const struct source *source,
                                   struct err *err)
{
    static const char *const own[] = {"figures", "reports"};
    bool reports = source->format == FORMAT_REPORTS;
    const struct yaml *variables = yaml_get(map, "variables");
    for (size_t i = 0; !reports && i < COUNT_OF(own); i++) {
        if (yaml_get(map, own[i]))
            return yaml_refuse(yaml_get(map, own[i]), err, "\"%s\" belongs to \"format: reports\"",
                               own[i]);
    }
    if (reports && variables)
        return yaml_refuse(variables, err, "what reports give stands under \"figures\"");
    if (reports && source->wanted.forecast)
        return yaml_refuse(yaml_get(map, "kind"), err, "what people report is an observation");
    return OK;
}

// What its files are, and what is read from them.
static enum err_kind read_format(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const formats[] = {"grid", "stations", "tracks", "cap", "reports", NULL};
    static const char *const kinds[] = {"observation", "forecast", NULL};
    const struct yaml *format = yaml_get(map, "format"), *kind;
    size_t which = FORMAT_GRID;
    if (format && yaml_choice(format, formats, &which, err))
        return err_of(err);
    out->format = (enum source_format)which;
    if (yaml_need(map, "kind", YAML_TEXT, &kind, err) || yaml_choice(kind, kinds, &which, err))
        return err_of(err);
    out->wanted.forecast = which == 1;
    if (out->format == FORMAT_STATIONS && out->wanted.forecast)
        return yaml_refuse(kind, err,
                           "a table of gauges says of no run that its values are of: what gauges "
                           "measured is an observation; write \"kind: observation\"");
    const struct yaml *set = yaml_get(map, "boundary_set");
    bool of_communes = out->format == FORMAT_GRID || out->format == FORMAT_REPORTS;
    if (read_files(map, out, err) || read_ensemble(map, out, err) || check_reports(map, out, err) ||
        (of_communes &&
         need_copy(map, "boundary_set", out->boundary_set, sizeof(out->boundary_set), err)))
        return err_of(err);
    if (out->format == FORMAT_GRID)
        return read_grid_variables(map, out, err);
    if (set && !of_communes)
        return yaml_refuse(set, err, "\"boundary_set\" belongs to grids and reports; leave it out");
    if (out->format == FORMAT_STATIONS && read_variables(map, out, err))
        return err_of(err);
    return source_read_points(map, out, err);
}

static enum err_kind read_source(const struct yaml *key, const struct yaml *map, struct source *out,
                                 struct err *err)
{
    static const char *const keys[] = {
        "title",       "licence",   "format",   "url",      "mirrors",       "boundary_set",
        "kind",        "variables", "stations", "tracks",   "every",         "from",
        "latency",     "leads",     "members",  "login",    "checksum",      "compare",
        "links",       "at_once",   "mib_max",  "recheck",  "missing_after", "late_after",
        "stale_after", "retention", "files",    "ensemble", "enabled",       "names",
        "parameters",  "index",     "figures",  "second",   "reports",       "cells",
        NULL};
    struct str text;
    if (read_name(key, out, err))
        return err->kind;
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a source is wanted here, as \"title:\", \"url:\" ...");
    if (yaml_check_keys(map, keys, err) || yaml_need_text(map, "title", &text, err))
        return err->kind;
    out->title = str_copy(text);
    if (yaml_need_text(map, "licence", &text, err))
        return err->kind;
    out->licence = str_copy(text);
    if (read_format(map, out, err) || source_read_parameters(map, out, err) ||
        source_read_second(map, out, err) || source_read_place(map, out, err))
        return err_of(err);
    static const char *const words[] = {"no", "yes", NULL};
    const struct yaml *enabled = yaml_get(map, "enabled");
    size_t on = 1;
    if (enabled && yaml_choice(enabled, words, &on, err))
        return err_of(err);
    out->enabled = on == 1;
    return source_read_fetch(map, out, err);
}

static enum err_kind read_all(const struct yaml *root, struct sources *out, struct err *err)
{
    static const char *const keys[] = {"sources", NULL};
    const struct yaml *map;
    if (root->kind != YAML_MAP)
        return yaml_refuse(root, err, "\"sources:\" is wanted here");
    if (yaml_check_keys(root, keys, err) || yaml_need(root, "sources", YAML_MAP, &map, err))
        return err->kind;
    if (map->count > SOURCES_MAX)
        return yaml_refuse(map, err, "%zu sources, at most %d", map->count, SOURCES_MAX);
    out->at = mem_new(map->count ? map->count : 1, sizeof(*out->at));
    for (size_t i = 0; i < map->count; i++) {
        out->count = i + 1;
        if (read_source(map->key[i], map->item[i], &out->at[i], err))
            return err->kind;
    }
    for (size_t i = 0; i < map->count; i++) {
        if (*out->at[i].second && source_check_second(map->item[i], out, &out->at[i], err))
            return err_of(err);
    }
    return OK;
}

enum err_kind sources_parse(struct str text, const char *name, struct sources **out,
                            struct err *err)
{
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    AUTO(sources_free) struct sources *sources = mem_new(1, sizeof(*sources));
    if (yaml_parse(text, name, &file, err) || read_all(yaml_root(file), sources, err))
        return err->kind;
    *out = TAKE(sources);
    return OK;
}

enum err_kind sources_load(const char *path, struct sources **out, struct err *err)
{
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    AUTO(sources_free) struct sources *sources = mem_new(1, sizeof(*sources));
    if (yaml_load(path, &file, err) || read_all(yaml_root(file), sources, err))
        return err->kind;
    *out = TAKE(sources);
    return OK;
}

enum err_kind sources_find(const struct sources *sources, const char *name,
                           const struct source **out, struct err *err)
{
    const char *names[SOURCES_MAX + 1] = {0};
    for (size_t i = 0; i < sources->count; i++) {
        names[i] = sources->at[i].name;
        if (strcmp(names[i], name) == 0) {
            *out = &sources->at[i];
            return OK;
        }
    }
    const char *near = text_nearest(str_of(name), names);
    return err_set(err, ERR_MISSING, "sources.yaml has no source \"%s\"%s%s%s", name,
                   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}
