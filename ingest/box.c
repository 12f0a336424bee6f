#include "ingest/box.h"

#include "core/mem.h"
#include "ingest/outline.h"

#include <math.h>

enum err_kind box_around(const struct boundary_set *set, struct wanted_list *list, struct err *err)
{
    AUTO(outline_free) struct outline outline = {0};
    double west = INFINITY, south = INFINITY, east = -INFINITY, north = -INFINITY;
    for (size_t i = 0; i < set->count; i++) {
        if (!outline_set(&outline, set->commune[i].shape))
            return err_set(err, ERR_BROKEN, "the shape of commune %s of \"%s\" is damaged",
                           set->commune[i].code, set->name);
        west = fmin(west, outline.west);
        south = fmin(south, outline.south);
        east = fmax(east, outline.east);
        north = fmax(north, outline.north);
    }
    if (!(west >= -180 && east <= 180 && south >= -90 && north <= 90))
        return err_set(err, ERR_BROKEN, "the communes of \"%s\" do not lie on the globe",
                       set->name);
    list->has_box = true;
    list->west_milli = (int32_t)floor(west * 1000);
    list->south_milli = (int32_t)floor(south * 1000);
    list->east_milli = (int32_t)ceil(east * 1000);
    list->north_milli = (int32_t)ceil(north * 1000);
    return OK;
}
