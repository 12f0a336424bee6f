#include "data/season/wind.h"

#include <assert.h>
#include <math.h>

double wind_holland_m_s(double wind_max_m_s, double radius_km, double shape, double distance_km)
{
    assert(wind_max_m_s >= 0 && radius_km > 0 && shape > 0 && distance_km >= 0);
    if (distance_km <= 0)
        return 0;
    double ratio = pow(radius_km / distance_km, shape);
    return wind_max_m_s * sqrt(ratio * exp(1 - ratio));
}

double wind_gust_m_s(double wind_m_s)
{
    return 1.5 * wind_m_s;
}

double wind_m_s_of_kt(double wind_kt)
{
    return wind_kt * 1852 / 3600;
}
