#include "ingest/source.h"

#include "core/mem.h"
#include "core/num.h"
#include "core/yaml.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SOURCES_MAX = 200, EVERY_S_MIN = 60, EVERY_S_MAX = 366 * DAY_S };

void sources_free(struct sources **sources)
{
    if (!*sources)
        return;
    for (size_t i = 0; i < (*sources)->count; i++) {
        struct source *one = &(*sources)->at[i];
        mem_free(&one->title);
        mem_free(&one->licence);
        mem_free(&one->url);
    }
    mem_free(&(*sources)->at);
    mem_free(sources);
}

// --- templates
// --------------------------------------------------------------------------------------

struct slot {
    const char *name;
    int width;
    enum {
        SLOT_YEAR,
        SLOT_MONTH,
        SLOT_DAY,
        SLOT_HOUR,
        SLOT_MINUTE,
        SLOT_SECOND,
        SLOT_DAY_OF_YEAR,
        SLOT_MINUTE_OF_DAY
    } what;
    bool of_end;
};
static const struct slot slots[] = {
    {"YYYY", 4, SLOT_YEAR, false},
    {"MM", 2, SLOT_MONTH, false},
    {"DD", 2, SLOT_DAY, false},
    {"hh", 2, SLOT_HOUR, false},
    {"mm", 2, SLOT_MINUTE, false},
    {"JJJ", 3, SLOT_DAY_OF_YEAR, false},
    {"mmmm", 4, SLOT_MINUTE_OF_DAY, false},
    {"EYYYY", 4, SLOT_YEAR, true},
    {"EMM", 2, SLOT_MONTH, true},
    {"EDD", 2, SLOT_DAY, true},
    {"Ehh", 2, SLOT_HOUR, true},
    {"Emm", 2, SLOT_MINUTE, true},
    {"Ess", 2, SLOT_SECOND, true},
};

static const struct slot *find_slot(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(slots); i++) {
        if (str_is(name, slots[i].name))
            return &slots[i];
    }
    return NULL;
}

// Takes text up to the next "{...}"; `slot` is what stands in it, {NULL, 0} at the end.
static struct str take_piece(struct str *rest, struct str *slot)
{
    struct str piece = *rest;
    *slot = (struct str){NULL, 0};
    const char *open = rest->len ? memchr(rest->at, '{', rest->len) : NULL;
    const char *close = open ? memchr(open, '}', rest->len - (size_t)(open - rest->at)) : NULL;
    if (!close) {
        *rest = (struct str){rest->at + rest->len, 0};
        return piece;
    }
    piece.len = (size_t)(open - rest->at);
    *slot = (struct str){open + 1, (size_t)(close - open) - 1};
    size_t used = (size_t)(close + 1 - rest->at);
    *rest = (struct str){close + 1, rest->len - used};
    return piece;
}

static int slot_value(const struct slot *slot, struct civil at)
{
    switch (slot->what) {
    case SLOT_YEAR:
        return at.year;
    case SLOT_MONTH:
        return at.month;
    case SLOT_DAY:
        return at.day;
    case SLOT_HOUR:
        return at.hour;
    case SLOT_MINUTE:
        return at.minute;
    case SLOT_SECOND:
        return at.second;
    case SLOT_DAY_OF_YEAR:
        return date_day_of_year(at);
    case SLOT_MINUTE_OF_DAY:
        break;
    }
    return at.hour * 60 + at.minute;
}

void source_address(const struct source *source, struct utc step, struct buf *out)
{
    assert(source->place == PLACE_TEMPLATE);
    struct civil start = utc_civil(step);
    struct civil end = utc_civil((struct utc){step.s + source->every_s - 1});
    struct str rest = str_of(source->url), name;
    while (rest.len) {
        buf_str(out, take_piece(&rest, &name));
        const struct slot *slot = name.at ? find_slot(name) : NULL;
        if (slot)
            buf_print(out, "%0*d", slot->width, slot_value(slot, slot->of_end ? end : start));
    }
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

static enum err_kind read_variable(const struct yaml *map, struct wanted *out, struct err *err)
{
    static const char *const keys[] = {"reads", "means", "unit", "interval", "stamp", NULL};
    static const char *const stamps[] = {"start", "end", NULL};
    struct err why = {0};
    size_t which;
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a variable is wanted here, as \"reads:\" and \"means:\"");
    if (yaml_check_keys(map, keys, err) ||
        need_copy(map, "reads", out->reads, sizeof(out->reads), err))
        return err->kind;
    const struct yaml *means = yaml_get(map, "means");
    if (!means)
        return yaml_refuse(map, err, "\"means\" is missing; write rain, wind, gust or temperature");
    if (yaml_choice(means, wanted_variables, &which, err))
        return err->kind;
    (void)snprintf(out->variable, sizeof(out->variable), "%s", wanted_variables[which]);
    if (yaml_get(map, "unit") && need_copy(map, "unit", out->unit, sizeof(out->unit), err))
        return err->kind;
    if (strcmp(out->unit, "file") == 0)
        return yaml_refuse(yaml_get(map, "unit"), err,
                           "\"file\" is no unit; leave \"unit\" out to believe the file");
    const struct yaml *interval = yaml_get(map, "interval");
    if (!interval || interval->kind != YAML_TEXT)
        return yaml_refuse(interval ? interval : map, err,
                           "\"interval\" is missing; write what one time stamp stands for: month, "
                           "day, \"30 min\", bounds or instant");
    if (wanted_interval_parse(interval->text, out, &why))
        return yaml_refuse(interval, err, "%s", why.text);
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
    if (out->interval == INTERVAL_INSTANT && strcmp(out->variable, "rain") == 0)
        return yaml_refuse(interval, err,
                           "rain is an amount over an interval, never of an instant");
    return OK;
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

static enum err_kind read_duration(const struct yaml *map, const char *key, int64_t min,
                                   int64_t *out, struct err *err)
{
    const struct yaml *node;
    int64_t milli;
    struct err why = {0};
    if (yaml_need(map, key, YAML_TEXT, &node, err))
        return err->kind;
    if (num_quantity(node->text, QUANTITY_TIME, &milli, &why))
        return yaml_refuse(node, err, "%s: %s", key, why.text);
    if (milli % 1000 || milli < min * 1000 || milli > EVERY_S_MAX * 1000LL)
        return yaml_refuse(node, err, "%s: write %lld s to 366 days", key, (long long)min);
    *out = milli / 1000;
    return OK;
}

static enum err_kind check_template(const struct yaml *url, const struct yaml *map,
                                    struct source *out, struct err *err)
{
    struct str rest = url->text, name, from;
    struct err why = {0};
    while (rest.len) {
        struct str piece = take_piece(&rest, &name);
        if (memchr(piece.at, '{', piece.len) || memchr(piece.at, '}', piece.len))
            return yaml_refuse(url, err, "a \"{\" or \"}\" stands alone");
        if (name.at && !find_slot(name))
            return yaml_refuse(url, err,
                               "{" STR_FMT "} is unknown; write {YYYY} {MM} {DD} {hh} {mm} {JJJ} "
                               "{mmmm} or {EYYYY} {EMM} {EDD} {Ehh} {Emm} {Ess}",
                               STR_ARG(name));
    }
    if (read_duration(map, "every", EVERY_S_MIN, &out->every_s, err) ||
        yaml_need_text(map, "from", &from, err))
        return err->kind;
    if (utc_parse(from, &out->from, &why))
        return yaml_refuse(yaml_get(map, "from"), err, "from: %s", why.text);
    return yaml_get(map, "latency") ? read_duration(map, "latency", 0, &out->latency_s, err) : OK;
}

static bool has_parent_step(struct str path)
{
    struct str step;
    while (str_take_field(&path, '/', &step)) {
        if (str_is(step, ".."))
            return true;
    }
    return false;
}

static enum err_kind read_place(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const timed[] = {"every", "from", "latency"};
    const struct yaml *url = yaml_get(map, "url");
    out->url = mem_text("");
    if (url && (url->kind != YAML_TEXT || url->text.len == 0))
        return yaml_refuse(url, err, "\"url\" must be one address or path");
    if (url) {
        struct str text = url->text;
        bool web = str_starts(text, "http://") || str_starts(text, "https://");
        bool timely = memchr(text.at, '{', text.len) || memchr(text.at, '}', text.len);
        out->in_site = !web && !str_starts(text, "file://");
        if (out->in_site && (memchr(text.at, ':', text.len) || text.at[0] == '/' ||
                             has_parent_step(text) || timely))
            return yaml_refuse(url, err,
                               "write https://..., http://..., file:///... or a plain path "
                               "within the site, such as season/forecast/");
        if (web && !timely)
            return yaml_refuse(url, err,
                               "an address on the web needs the time of its step, such as "
                               "{YYYY}{MM}{DD}, and \"every\" and \"from\"");
        mem_free(&out->url);
        out->url = str_copy(text);
        out->place = timely ? PLACE_TEMPLATE : str_ends(text, "/") ? PLACE_FOLDER : PLACE_FILE;
    }
    if (url && out->place == PLACE_TEMPLATE)
        return check_template(url, map, out, err);
    for (size_t i = 0; i < COUNT_OF(timed); i++) {
        if (yaml_get(map, timed[i]))
            return yaml_refuse(yaml_get(map, timed[i]), err,
                               "\"%s\" belongs to a url with {YYYY} and the like", timed[i]);
    }
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

static enum err_kind read_source(const struct yaml *key, const struct yaml *map, struct source *out,
                                 struct err *err)
{
    static const char *const keys[] = {"title",   "licence",    "url",       "boundary_set",
                                       "kind",    "every",      "variables", "from",
                                       "latency", "late_after", NULL};
    static const char *const kinds[] = {"observation", "forecast", NULL};
    struct str text;
    size_t which;
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
    const struct yaml *kind;
    if (yaml_need(map, "kind", YAML_TEXT, &kind, err) || yaml_choice(kind, kinds, &which, err) ||
        need_copy(map, "boundary_set", out->boundary_set, sizeof(out->boundary_set), err) ||
        read_variables(map, out, err) || read_place(map, out, err))
        return err->kind;
    out->wanted.forecast = which == 1;
    return yaml_get(map, "late_after")
               ? read_duration(map, "late_after", 1, &out->late_after_s, err)
               : OK;
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
