#include "core/sphere.h"

#include <math.h>

static const double EARTH_KM = 6371.0088, RADIANS = M_PI / 180;

double sphere_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b)
{
    double up = sin((latitude_b - latitude_a) * RADIANS / 2);
    double along = sin((longitude_b - longitude_a) * RADIANS / 2);
    double h = up * up + cos(latitude_a * RADIANS) * cos(latitude_b * RADIANS) * along * along;
    return 2 * EARTH_KM * asin(sqrt(h < 1 ? h : 1));
}
