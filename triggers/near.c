#include "triggers/near.h"

#include "core/mem.h"
#include "core/sphere.h"
#include "ledger/centre.h"
#include "ledger/map.h"
#include "triggers/storm.h"

#include <math.h>

// A degree of latitude is never shorter than this on a sphere of the Earth's radius.
#define DEGREE_KM 111.19

enum err_kind near_centres(const struct boundary_set *set, struct storm_point **out,
                           struct err *err)
{
    AUTO(mem_drop) struct storm_point *point = mem_new(set->count + 1, sizeof(*point));
    for (size_t c = 0; c < set->count; c++) {
        const struct commune *commune = &set->commune[c];
        if (!centre_of_shape(commune->shape, &point[c].latitude, &point[c].longitude))
            return err_set(err, ERR_INPUT,
                           "commune %s of boundary set %s has no polygon to measure a distance "
                           "from; import the set with its polygons",
                           commune->code, set->name);
    }
    *out = TAKE(point);
    return OK;
}

// Puts a commune among the nearest so far.
static void put(size_t *near, double *km, size_t count, size_t commune, double distance_km)
{
    size_t at = count;
    while (at > 0 && distance_km < km[at - 1])
        at--;
    if (at == count)
        return;
    for (size_t i = count - 1; i > at; i--) {
        near[i] = near[i - 1];
        km[i] = km[i - 1];
    }
    near[at] = commune;
    km[at] = distance_km;
}

static void find_one(const struct storm_point *point, size_t points, size_t c, double within_km,
                     size_t count, size_t *near)
{
    double km[16];
    for (size_t i = 0; i < count; i++) {
        near[i] = SIZE_MAX;
        km[i] = INFINITY;
    }
    for (size_t other = 0; other < points; other++) {
        const struct storm_point *a = &point[c], *b = &point[other];
        if (other == c || fabs(a->latitude - b->latitude) * DEGREE_KM > within_km)
            continue;
        double distance_km = sphere_km(a->latitude, a->longitude, b->latitude, b->longitude);
        if (distance_km <= within_km)
            put(near, km, count, other, distance_km);
    }
}

void near_among(const struct storm_point *point, size_t points, size_t count, int64_t within_milli,
                size_t **out)
{
    *out = mem_new(points * count + 1, sizeof(**out));
    for (size_t c = 0; c < points; c++)
        find_one(point, points, c, (double)within_milli / 1000, count, *out + c * count);
}

enum err_kind near_find(const struct boundary_set *set, size_t count, int64_t within_milli,
                        size_t **out, struct err *err)
{
    AUTO(mem_drop) struct storm_point *point = NULL;
    if (near_centres(set, &point, err))
        return err_of(err);
    near_among(point, set->count, count, within_milli, out);
    return OK;
}
