#ifndef GONG_CORE_SPHERE_H
#define GONG_CORE_SPHERE_H

// Distance along the great circle in km between two points in degrees, by the haversine formula on
// a sphere of the mean radius of the Earth, 6371.0088 km (IUGG).
double sphere_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b);

#endif
