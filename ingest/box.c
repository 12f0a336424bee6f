#include "ingest/box.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { WKB_POLYGON = 3, WKB_MULTIPOLYGON = 6, WKB_LITTLE = 1, DIMENSION_COUNT = 2 };

struct box {
    double low[DIMENSION_COUNT], high[DIMENSION_COUNT];
};

static bool take(struct str *rest, void *out, size_t size)
{
    if (rest->len < size)
        return false;
    memcpy(out, rest->at, size);
    rest->at += size;
    rest->len -= size;
    return true;
}

static bool take_ring(struct str *rest, struct box *box)
{
    uint32_t points;
    double at[DIMENSION_COUNT];
    if (!take(rest, &points, sizeof(points)))
        return false;
    for (uint32_t i = 0; i < points; i++) {
        if (!take(rest, at, sizeof(at)))
            return false;
        for (size_t d = 0; d < DIMENSION_COUNT; d++) {
            box->low[d] = fmin(box->low[d], at[d]);
            box->high[d] = fmax(box->high[d], at[d]);
        }
    }
    return true;
}

// The head of a geometry: byte order and type; then how many parts it has.
static bool take_head(struct str *rest, uint32_t *type, uint32_t *count)
{
    uint8_t order;
    return take(rest, &order, sizeof(order)) && order == WKB_LITTLE &&
           take(rest, type, sizeof(*type)) && take(rest, count, sizeof(*count));
}

static bool take_polygon(struct str *rest, uint32_t rings, struct box *box)
{
    for (uint32_t i = 0; i < rings; i++) {
        if (!take_ring(rest, box))
            return false;
    }
    return true;
}

static bool take_shape(struct str rest, struct box *box)
{
    uint32_t type, count, inner_type, rings;
    if (!take_head(&rest, &type, &count))
        return false;
    if (type == WKB_POLYGON)
        return take_polygon(&rest, count, box);
    for (uint32_t i = 0; type == WKB_MULTIPOLYGON && i < count; i++) {
        if (!take_head(&rest, &inner_type, &rings) || inner_type != WKB_POLYGON ||
            !take_polygon(&rest, rings, box))
            return false;
    }
    return type == WKB_MULTIPOLYGON;
}

enum err_kind box_around(const struct boundary_set *set, struct wanted_list *list, struct err *err)
{
    struct box box = {{INFINITY, INFINITY}, {-INFINITY, -INFINITY}};
    for (size_t i = 0; i < set->count; i++) {
        if (!take_shape(set->commune[i].shape, &box))
            return err_set(err, ERR_BROKEN, "the shape of commune %s of \"%s\" is damaged",
                           set->commune[i].code, set->name);
    }
    if (!(box.low[0] >= -180 && box.high[0] <= 180 && box.low[1] >= -90 && box.high[1] <= 90))
        return err_set(err, ERR_BROKEN, "the communes of \"%s\" do not lie on the globe",
                       set->name);
    list->has_box = true;
    list->west_milli = (int32_t)floor(box.low[0] * 1000);
    list->south_milli = (int32_t)floor(box.low[1] * 1000);
    list->east_milli = (int32_t)ceil(box.high[0] * 1000);
    list->north_milli = (int32_t)ceil(box.high[1] * 1000);
    return OK;
}
