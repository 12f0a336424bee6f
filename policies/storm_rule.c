#include "policies/storm_rule.h"

#include "core/num.h"
#include "core/yaml.h"
#include "policies/index_rule.h"
#include "policies/shape.h"

static enum err_kind read_degrees(const struct yaml *map, const char *key, int64_t most,
                                  int64_t *milli, struct err *err)
{
    struct str text;
    struct err why = {0};
    if (yaml_need_text(map, key, &text, err))
        return err->kind;
    if (num_milli(text, milli, &why))
        return yaml_refuse(yaml_get(map, key), err, "%s", why.text);
    if (*milli < -most * 1000 || *milli > most * 1000)
        return yaml_refuse(yaml_get(map, key), err, "%s is -%lld to %lld degrees", key,
                           (long long)most, (long long)most);
    return OK;
}

static enum err_kind read_box(const struct yaml *box, struct index_rule *out, struct err *err)
{
    enum { LONGITUDE_MAX = 180, LATITUDE_MAX = 90 };
    int64_t *milli = out->box_milli;
    if (box->kind != YAML_MAP)
        return yaml_refuse(box, err, "a box is {west: 104, east: 108.5, south: 20, north: 23.5}");
    if (shape_check(box, SHAPE_BOX, err) ||
        read_degrees(box, "west", LONGITUDE_MAX, &milli[0], err) ||
        read_degrees(box, "east", LONGITUDE_MAX, &milli[1], err) ||
        read_degrees(box, "south", LATITUDE_MAX, &milli[2], err) ||
        read_degrees(box, "north", LATITUDE_MAX, &milli[3], err))
        return err->kind;
    if (milli[0] >= milli[1] || milli[2] >= milli[3])
        return yaml_refuse(box, err, "the box is empty; west is less than east, south than north");
    out->has_box = true;
    return OK;
}

enum err_kind storm_rule_read(const struct yaml *index, struct index_rule *out, struct err *err)
{
    const struct yaml *box = yaml_get(index, "box"), *radius = yaml_get(index, "radius");
    if (!box == !radius)
        return yaml_refuse(index, err,
                           "where does a storm count? write either radius: 100 km or "
                           "box: {west: ..., east: ..., south: ..., north: ...}");
    if (box)
        return read_box(box, out, err);
    if (field_positive(index, "radius", UNIT_DISTANCE, &out->radius_milli, err))
        return err->kind;
    if (out->radius_milli > (int64_t)STORM_KM_MAX * 1000)
        return yaml_refuse(radius, err, "storms are looked at within %d km; write a shorter one",
                           STORM_KM_MAX);
    return OK;
}
