#include "policies/supply.h"

#include "core/mem.h"
#include "core/num.h"
#include "core/yaml.h"
#include "policies/policy.h"

#include <stdio.h>
#include <string.h>

void supplies_free(struct supplies *supplies)
{
    for (size_t i = 0; i < supplies->count; i++) {
        mem_free(&supplies->at[i].title);
        mem_free(&supplies->at[i].licence);
    }
    mem_free(&supplies->at);
    supplies->count = 0;
}

// --- reading
// --------------------------------------------------------------------------------------

static void copy(const struct yaml *node, char *out, size_t size)
{
    if (node && node->kind == YAML_TEXT)
        (void)snprintf(out, size, STR_FMT, STR_ARG(node->text));
}

static char *text_of(const struct yaml *node)
{
    return node && node->kind == YAML_TEXT ? str_copy(node->text) : NULL;
}

static void read_gives(const struct yaml *list, struct supply *out)
{
    for (size_t i = 0; list && i < list->count && out->count < SUPPLY_GIVES_MAX; i++) {
        const struct yaml *one = list->item[i];
        copy(one->kind == YAML_MAP ? yaml_get(one, "means") : one, out->gives[out->count++],
             SUPPLY_WORD_SIZE);
    }
}

static int64_t whole(const struct yaml *node)
{
    enum { MEMBERS_MOST = 10000 };
    struct err ignored = {0};
    int64_t number = 0;
    bool is = node && node->kind == YAML_TEXT &&
              num_whole(node->text, 0, MEMBERS_MOST, &number, &ignored) == OK;
    return is ? number : 0;
}

static int64_t members_of(const struct yaml *map)
{
    const struct yaml *files = yaml_get(map, "members");
    if (files && files->kind == YAML_MAP)
        return whole(yaml_get(files, "last")) - whole(yaml_get(files, "first")) + 1;
    return whole(yaml_get(map, "ensemble"));
}

static enum err_kind read_supply(const struct yaml *key, const struct yaml *map, struct supply *out,
                                 struct err *err)
{
    static const char *const formats[] = {"grid", "stations", "tracks", "cap", "reports", NULL};
    size_t format = SUPPLY_GRID;
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a source is wanted here, as \"title:\", \"url:\" ...");
    if (yaml_get(map, "format") && yaml_choice(yaml_get(map, "format"), formats, &format, err))
        return err_of(err);
    const struct yaml *kind = yaml_get(map, "kind");
    out->format = (enum supply_format)format;
    out->forecast = kind && kind->kind == YAML_TEXT && str_is(kind->text, "forecast");
    out->members = members_of(map);
    out->title = text_of(yaml_get(map, "title"));
    out->licence = text_of(yaml_get(map, "licence"));
    copy(key, out->name, sizeof(out->name));
    copy(yaml_get(map, "boundary_set"), out->boundary_set, sizeof(out->boundary_set));
    read_gives(yaml_get(map, "variables"), out);
    read_gives(yaml_get(map, "figures"), out);
    return OK;
}

enum err_kind supplies_load(const char *path, struct supplies *out, struct err *err)
{
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    AUTO(supplies_free) struct supplies supplies = {0};
    const struct yaml *map;
    if (yaml_load(path, &file, err) || yaml_need(yaml_root(file), "sources", YAML_MAP, &map, err))
        return err_of(err);
    supplies.at = mem_new(map->count + 1, sizeof(*supplies.at));
    for (size_t i = 0; i < map->count; i++) {
        if (read_supply(map->key[i], map->item[i], &supplies.at[supplies.count++], err))
            return err_of(err);
    }
    *out = MOVE(supplies);
    return OK;
}

// --- what a policy asks for
// -----------------------------------------------------------------------------

struct wish {
    const char *source, *variable, *station;
    bool forecast;
    int64_t members; // at least so many of a run; 0: there are none
};

enum { WISHES_MAX = PARTS_MAX + MODELS_MAX + SUBSTITUTES_MAX + 1 };
struct wishes {
    struct wish at[WISHES_MAX];
    size_t count;
};

static void add(struct wishes *wishes, struct wish wish)
{
    for (size_t i = 0; i < wishes->count; i++) {
        const struct wish *other = &wishes->at[i];
        if (strcmp(other->source, wish.source) == 0 &&
            strcmp(other->variable, wish.variable) == 0 &&
            strcmp(other->station, wish.station) == 0 && other->forecast == wish.forecast)
            return;
    }
    wishes->at[wishes->count++] = wish;
}

static void wishes_of(const struct policy *policy, struct wishes *out)
{
    bool forecast = policy->kind == POLICY_ALERT && policy->watch == WATCH_FORECAST;
    int64_t members = forecast && policy->ensemble.members ? policy->ensemble.minimum : 0;
    struct wish own = {policy->source, policy->variable, policy->station, forecast, members};
    out->count = 0;
    if (!policy->stages)
        add(out, own);
    for (size_t i = 0; i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        bool ahead = policy->stages ? part->watch == WATCH_FORECAST : forecast;
        add(out,
            (struct wish){part->source, part->variable, part->station, ahead, ahead ? members : 0});
    }
    for (size_t i = 0; i < policy->ensemble.models; i++) {
        const struct model *model = &policy->ensemble.model[i];
        add(out, (struct wish){model->source, policy->variable, policy->station, forecast,
                               model->members > 1 ? model->minimum : 0});
    }
    for (size_t i = 0; i < policy->substitutes; i++) {
        if (policy->substitute[i].rung == RUNG_SOURCE)
            add(out, (struct wish){policy->substitute[i].source, policy->variable, policy->station,
                                   forecast, members});
    }
}

// --- whether it is there
// ----------------------------------------------------------------------------------

static const struct supply *find(const struct supplies *supplies, const char *name)
{
    for (size_t i = 0; i < supplies->count; i++) {
        if (strcmp(supplies->at[i].name, name) == 0)
            return &supplies->at[i];
    }
    return NULL;
}

static void say_unknown(const struct supplies *supplies, const char *name, struct buf *out)
{
    AUTO(mem_drop) const char **names = mem_new(supplies->count + 1, sizeof(*names));
    for (size_t i = 0; i < supplies->count; i++)
        names[i] = supplies->at[i].name;
    const char *near = text_nearest(str_of(name), names);
    buf_print(out, "sources.yaml has no source \"%s\"", name);
    if (near)
        buf_print(out, "; did you mean \"%s\"?", near);
    else
        buf_text(out, "; name one that it has, or add an entry");
}

static bool gives(const struct supply *supply, const char *variable)
{
    if (supply->format == SUPPLY_TRACKS)
        return strncmp(variable, "storm_", 6) == 0;
    for (size_t i = 0; i < supply->count; i++) {
        if (strcmp(supply->gives[i], variable) == 0)
            return true;
    }
    return false;
}

// One reason why the source cannot give it; false when it can.
static bool say_unfit(const struct supply *supply, const struct wish *wish,
                      const char *boundary_set, struct buf *out)
{
    const char *name = supply->name;
    bool gauges = supply->format == SUPPLY_STATIONS;
    if (supply->format == SUPPLY_CAP)
        buf_print(out, "source %s gives official warnings, by which nothing is decided", name);
    else if (!gives(supply, wish->variable))
        buf_print(out, "source %s gives no %s; name one that does", name, wish->variable);
    else if (gauges && !wish->station[0])
        buf_print(out,
                  "source %s is a table of gauges; name the one that counts with station:", name);
    else if (!gauges && wish->station[0])
        buf_print(out, "source %s has no gauges; take station: out", name);
    else if (supply->forecast != wish->forecast)
        buf_print(out, "source %s gives %s, and is asked for %s", name,
                  supply->forecast ? "forecasts" : "observations",
                  wish->forecast ? "forecasts" : "observations");
    else if (supply->members && !wish->members)
        buf_print(out, "source %s has %lld members, and the policy no ensemble", name,
                  (long long)supply->members);
    else if (supply->members && supply->members < wish->members)
        buf_print(out, "source %s has %lld members, and at least %lld are asked for", name,
                  (long long)supply->members, (long long)wish->members);
    else if (boundary_set && supply->boundary_set[0] &&
             strcmp(supply->boundary_set, boundary_set) != 0)
        buf_print(out, "source %s is read for boundary set %s, the policy is for %s", name,
                  supply->boundary_set, boundary_set);
    else
        return false;
    return true;
}

size_t supplies_miss(const struct policy *policy, const struct supplies *supplies, bool of_site,
                     struct buf *out)
{
    struct wishes wishes;
    size_t count = 0;
    wishes_of(policy, &wishes);
    for (size_t i = 0; i < wishes.count; i++) {
        enum { LINE_MAX_BYTES = 600 };
        AUTO(buf_free) struct buf line = buf_new(LINE_MAX_BYTES);
        const struct supply *supply = find(supplies, wishes.at[i].source);
        if (!supply)
            say_unknown(supplies, wishes.at[i].source, &line);
        else if (!say_unfit(supply, &wishes.at[i], of_site ? policy->boundary_set : NULL, &line))
            continue;
        buf_print(out, "%s\n", line.at);
        count++;
    }
    return count;
}

void supplies_say(const struct policy *policy, const struct supplies *supplies,
                  enum language language, struct buf *out)
{
    struct wishes wishes;
    wishes_of(policy, &wishes);
    for (size_t i = 0; i < wishes.count; i++) {
        const struct supply *supply = find(supplies, wishes.at[i].source);
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || strcmp(wishes.at[k].source, wishes.at[i].source) == 0;
        if (again)
            continue;
        buf_text(out, wishes.at[i].source);
        if (!supply)
            buf_text(out, language == LANGUAGE_VI
                              ? ": chưa có tên và giấy phép (không có trong sources.yaml)"
                              : ": title and licence are not known (not in sources.yaml)");
        if (supply && supply->title)
            buf_print(out, ": %s", supply->title);
        if (supply && supply->licence)
            buf_print(out, "; %s %s",
                      language == LANGUAGE_VI ? "giấy phép:" : "licence:", supply->licence);
        buf_char(out, '\n');
    }
}
