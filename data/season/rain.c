#include "data/season/rain.h"

#include <assert.h>
#include <math.h>

static const double MM_H_PER_INCH_DAY = 25.4 / 24;

struct rain_profile rain_profile_of(double wind_kt)
{
    assert(wind_kt > 0);
    double u = 1 + (wind_kt - 35) / 33;
    return (struct rain_profile){
        .t0_mm_h = fmax(0, -1.10 + 3.96 * u) * MM_H_PER_INCH_DAY,
        .tm_mm_h = fmax(0, -1.60 + 4.80 * u) * MM_H_PER_INCH_DAY,
        .rm_km = 64.5 - 13.0 * u,
        .re_km = 150 - 16.0 * u,
    };
}

double rain_rate_mm_h(const struct rain_profile *profile, double distance_km)
{
    assert(profile && distance_km >= 0);
    if (distance_km < profile->rm_km)
        return profile->t0_mm_h +
               (profile->tm_mm_h - profile->t0_mm_h) * distance_km / profile->rm_km;
    return profile->tm_mm_h * exp(-(distance_km - profile->rm_km) / profile->re_km);
}
