#include "policies/area.h"

#include "core/mem.h"
#include "core/text.h"
#include "core/yaml.h"
#include "policies/shape.h"

#include <string.h>

enum { COMMUNE_DIGITS = 5 };

void area_free(struct area *area)
{
    for (size_t i = 0; i < area->count; i++) {
        mem_free(&area->name[i]);
        field_texts_free(&area->title[i]);
    }
    mem_free(&area->name);
    mem_free(&area->title);
    area->count = 0;
}

static bool is_code(struct str text)
{
    bool good = text.len == COMMUNE_DIGITS;
    for (size_t i = 0; good && i < text.len; i++)
        good = text.at[i] >= '0' && text.at[i] <= '9';
    return good;
}

// What names it: the item itself, or the key of {zone: former-bac-kan, vi: ..., en: ...}; no bytes
// where there is none.
static struct str key_of(const struct yaml *item)
{
    const struct yaml *at = item->kind == YAML_MAP ? yaml_get(item, "zone") : item;
    return at && at->kind == YAML_TEXT ? at->text : (struct str){NULL, 0};
}

static enum err_kind check_item(const struct yaml *item, const struct yaml *list, size_t i,
                                enum area_kind kind, struct err *err)
{
    const struct str text = key_of(item);
    if (text.len == 0 || (item->kind == YAML_MAP && kind != AREA_ZONES))
        return yaml_refuse(item, err,
                           kind == AREA_ZONES
                               ? "a name is wanted here, or {zone: ..., vi: ..., en: ...}"
                               : "a name is wanted here");
    if (kind == AREA_COMMUNES && !is_code(text))
        return yaml_refuse(item, err,
                           "\"" STR_FMT "\" is no commune code; write five digits, as \"01840\"",
                           STR_ARG(text));
    for (size_t j = 0; j < i; j++) {
        if (str_same(key_of(list->item[j]), text))
            return yaml_refuse(item, err, "\"" STR_FMT "\" stands here twice; take one out",
                               STR_ARG(text));
    }
    return OK;
}

static enum err_kind read_title(const struct yaml *map, struct texts *out, struct err *err)
{
    return shape_check(map, SHAPE_ZONE, err) ? err->kind : field_lines(map, out, err);
}

static enum err_kind read_list(const struct yaml *list, enum area_kind kind, struct area *out,
                               struct err *err)
{
    if (list->kind != YAML_LIST || list->count == 0)
        return yaml_refuse(list, err, "the area is empty; name at least one");
    for (size_t i = 0; i < list->count; i++) {
        if (check_item(list->item[i], list, i, kind, err))
            return err->kind;
    }
    *out = (struct area){.kind = kind, .count = list->count};
    out->name = mem_new(list->count, sizeof(*out->name));
    out->title = mem_new(list->count, sizeof(*out->title));
    for (size_t i = 0; i < list->count; i++)
        out->name[i] = str_copy(key_of(list->item[i]));
    for (size_t i = 0; i < list->count; i++) {
        if (list->item[i]->kind == YAML_MAP && read_title(list->item[i], &out->title[i], err))
            return err->kind;
    }
    return OK;
}

enum err_kind area_read(const struct yaml *policy, struct area *out, struct err *err)
{
    const struct yaml *area = yaml_get(policy, "area");
    if (!area)
        return yaml_refuse(policy, err,
                           "\"area\" is missing here; add area: all, or area: "
                           "{zones: [...]} or {communes: [...]}");
    if (area->kind == YAML_TEXT && str_is(area->text, "all")) {
        *out = (struct area){.kind = AREA_ALL};
        return OK;
    }
    if (area->kind != YAML_MAP)
        return yaml_refuse(area, err, "write all, {zones: [...]} or {communes: [...]}");
    if (shape_check(area, SHAPE_AREA, err))
        return err->kind;
    static const struct {
        const char *key;
        enum area_kind kind;
    } lists[] = {
        {"zones", AREA_ZONES}, {"communes", AREA_COMMUNES}, {"former_provinces", AREA_FORMER}};
    size_t found = COUNT_OF(lists), count = 0;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        if (yaml_get(area, lists[i].key)) {
            found = i;
            count++;
        }
    }
    if (count != 1)
        return yaml_refuse(area, err, "write either zones or communes, or former_provinces");
    return read_list(yaml_get(area, lists[found].key), lists[found].kind, out, err);
}

void area_say(const struct area *area, size_t i, enum language language, struct buf *out)
{
    const char *title = area->title ? area->title[i].at[language] : NULL;
    if (title)
        buf_print(out, "%s (%s)", title, area->name[i]);
    else
        buf_text(out, area->name[i]);
}

// Whether a name is one of "A; B".
static bool is_among(const char *list, const char *name)
{
    size_t len = strlen(name);
    while (list && *list) {
        const char *end = strchr(list, ';');
        size_t item = end ? (size_t)(end - list) : strlen(list);
        if (item == len && memcmp(list, name, len) == 0)
            return true;
        list = end ? end + 1 + (end[1] == ' ') : NULL;
    }
    return false;
}

bool area_holds(const struct area *area, const char *code, const char *zone, const char *former)
{
    if (area->kind == AREA_ALL)
        return true;
    for (size_t i = 0; i < area->count; i++) {
        const char *name = area->name[i];
        if (area->kind == AREA_FORMER ? is_among(former, name)
                                      : strcmp(name, area->kind == AREA_ZONES ? zone : code) == 0)
            return true;
    }
    return false;
}
