#ifndef GONG_DATA_SEASON_WEATHER_H
#define GONG_DATA_SEASON_WEATHER_H

#include "core/err.h"
#include "data/season/random.h"
#include "data/season/table.h"
#include "data/season/track.h"

#include <stdint.h>

// A regular grid by its centres: longitude west + i * step, latitude south + j * step.
struct grid {
    double west, south, step;
    size_t columns, rows;
};

// Invented texture: a few waves over space and time around 1, between 0.4 and 1.6.
enum { WAVES = 4 };
struct texture {
    double east[WAVES], north[WAVES], turn[WAVES], phase[WAVES]; // rad/degree, rad/h, rad
};
struct texture texture_new(struct random *random);
double texture_at(const struct texture *texture, double latitude, double longitude, double hours);

// How much more it rains in the hills of former Bắc Kạn than R-CLIPER says, which knows no hills:
// an invented smooth field, no measurement.
double terrain_factor(double latitude, double longitude);

// Rain in mm/h and gust in m/s at a place, from the storm's position and strength.
double storm_rain_mm_h(const struct storm *storm, const struct texture *texture, double latitude,
                       double longitude, double hours);
double storm_gust_m_s(const struct storm *storm, double latitude, double longitude);

// Each writes its files into an existing folder.
//   forecast  10 runs, every 12 h from 2024-09-04T00Z, 20 members, 6-hourly to 72 h, 0.25 degree:
//             members are perturbed tracks and strengths, spreading with the lead time
//   observed  144 half-hourly files from 2024-09-06T00Z in the layout of IMERG, 0.1 degree
//   daily     one file, 1 January to 30 April 2024, 0.1 degree over former Đắk Nông
struct season {
    const struct fix *fix;
    size_t fixes;
    uint64_t seed;
};
MUST_USE enum err_kind forecast_write(const struct season *season, const char *folder,
                                      struct err *err);
MUST_USE enum err_kind observed_write(const struct season *season, const char *folder,
                                      struct err *err);
MUST_USE enum err_kind daily_write(const struct season *season, const char *folder,
                                   struct err *err);

enum { FORECAST_RUNS = 10, OBSERVED_FILES = 144 };

#endif
