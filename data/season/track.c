#include "data/season/track.h"

#include <assert.h>
#include <math.h>

static const double RADIANS = 3.141592653589793 / 180, EARTH_KM = 6371;

static double between(double a, double b, double share)
{
    return a + (b - a) * share;
}

struct storm track_at(const struct fix *fix, size_t count, struct utc time)
{
    assert(fix && count > 0);
    size_t next = 0;
    while (next < count && fix[next].time.s <= time.s)
        next++;
    const struct fix *a = &fix[next ? next - 1 : 0], *b = &fix[next < count ? next : count - 1];
    double share = a->time.s < b->time.s && time.s > a->time.s
                       ? (double)(time.s - a->time.s) / (double)(b->time.s - a->time.s)
                       : 0;
    return (struct storm){between(a->latitude, b->latitude, share),
                          between(a->longitude, b->longitude, share),
                          between(a->wind_kt, b->wind_kt, share)};
}

double distance_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b)
{
    double up = sin((latitude_b - latitude_a) * RADIANS / 2);
    double across = sin((longitude_b - longitude_a) * RADIANS / 2);
    double h = up * up + cos(latitude_a * RADIANS) * cos(latitude_b * RADIANS) * across * across;
    return 2 * EARTH_KM * asin(fmin(1, sqrt(h)));
}
