#include "policies/area.h"

#include "core/mem.h"
#include "core/text.h"
#include "core/yaml.h"
#include "policies/shape.h"

#include <string.h>

enum { COMMUNE_DIGITS = 5 };

void area_free(struct area *area)
{
    for (size_t i = 0; i < area->count; i++)
        mem_free(&area->name[i]);
    mem_free(&area->name);
    area->count = 0;
}

static bool is_code(struct str text)
{
    bool good = text.len == COMMUNE_DIGITS;
    for (size_t i = 0; good && i < text.len; i++)
        good = text.at[i] >= '0' && text.at[i] <= '9';
    return good;
}

static enum err_kind check_item(const struct yaml *item, const struct yaml *list, size_t i,
                                enum area_kind kind, struct err *err)
{
    if (item->kind != YAML_TEXT || item->text.len == 0)
        return yaml_refuse(item, err, "a name is wanted here");
    if (kind == AREA_COMMUNES && !is_code(item->text))
        return yaml_refuse(item, err,
                           "\"" STR_FMT "\" is no commune code; write five digits, as \"01840\"",
                           STR_ARG(item->text));
    for (size_t j = 0; j < i; j++) {
        if (str_same(list->item[j]->text, item->text))
            return yaml_refuse(item, err, "\"" STR_FMT "\" stands here twice; take one out",
                               STR_ARG(item->text));
    }
    return OK;
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
    for (size_t i = 0; i < list->count; i++)
        out->name[i] = str_copy(list->item[i]->text);
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
    const struct yaml *zones = yaml_get(area, "zones"), *communes = yaml_get(area, "communes");
    if (!zones == !communes)
        return yaml_refuse(area, err, "write either zones or communes");
    return read_list(zones ? zones : communes, zones ? AREA_ZONES : AREA_COMMUNES, out, err);
}

bool area_holds(const struct area *area, const char *code, const char *zone)
{
    if (area->kind == AREA_ALL)
        return true;
    const char *wanted = area->kind == AREA_ZONES ? zone : code;
    for (size_t i = 0; i < area->count; i++) {
        if (strcmp(area->name[i], wanted) == 0)
            return true;
    }
    return false;
}
