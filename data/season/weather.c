#include "data/season/weather.h"

#include "data/season/rain.h"
#include "data/season/wind.h"

#include <math.h>

static const double TURN = 6.283185307179586;

struct texture texture_new(struct random *random)
{
    struct texture texture;
    for (size_t i = 0; i < WAVES; i++) {
        texture.east[i] = (random_unit(random) - 0.5) * 2 * TURN / 0.8;
        texture.north[i] = (random_unit(random) - 0.5) * 2 * TURN / 0.8;
        texture.turn[i] = (random_unit(random) - 0.5) * 2 * TURN / 9;
        texture.phase[i] = random_unit(random) * TURN;
    }
    return texture;
}

double texture_at(const struct texture *texture, double latitude, double longitude, double hours)
{
    double sum = 0;
    for (size_t i = 0; i < WAVES; i++)
        sum += sin(texture->east[i] * (longitude - 105) + texture->north[i] * (latitude - 22) +
                   texture->turn[i] * hours + texture->phase[i]);
    return 1 + 0.15 * sum;
}

double terrain_factor(double latitude, double longitude)
{
    double east = (longitude - 105.85) / 0.35, north = (latitude - 22.25) / 0.4;
    return 2.1 + 1.4 * sin(2.2 * east + 0.4) * cos(1.7 * north) + 0.5 * sin(4.1 * north - east);
}

double storm_rain_mm_h(const struct storm *storm, const struct texture *texture, double latitude,
                       double longitude, double hours)
{
    struct rain_profile profile = rain_profile_of(storm->wind_kt);
    double away = distance_km(storm->latitude, storm->longitude, latitude, longitude);
    double rate = rain_rate_mm_h(&profile, away) * terrain_factor(latitude, longitude) *
                  texture_at(texture, latitude, longitude, hours);
    return fmax(0, rate);
}

double storm_gust_m_s(const struct storm *storm, double latitude, double longitude)
{
    // A radius of 45 km and a B of 1.3 are round figures for a large typhoon.
    double away = distance_km(storm->latitude, storm->longitude, latitude, longitude);
    return wind_gust_m_s(wind_holland_m_s(wind_m_s_of_kt(storm->wind_kt), 45, 1.3, away));
}
