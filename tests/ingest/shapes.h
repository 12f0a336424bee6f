#ifndef GONG_TESTS_INGEST_SHAPES_H
#define GONG_TESTS_INGEST_SHAPES_H

// Boundary sets made of a few points, and areas by another way than gong's: GEOS cuts, Gauss and
// Legendre integrate.
#include "ingest/rings.h"
#include "ingest/shape.h"
#include "ingest/weights.h"
#include "tests/check.h"

#include <geos_c.h>

static const double RADIANS = M_PI / 180;

// A set of `count` communes without shapes, "00", "01" ...
static inline struct boundary_set *set_new(size_t count)
{
    struct boundary_set *set = mem_new(1, sizeof(*set));
    (void)snprintf(set->name, sizeof(set->name), "test");
    set->count = count;
    set->commune = mem_new(count, sizeof(*set->commune));
    for (size_t i = 0; i < count; i++) {
        char code[24];
        (void)snprintf(code, sizeof(code), "%02zu", i);
        set->commune[i].code = mem_text(code);
        set->commune[i].name = mem_text("A");
        set->commune[i].zone = mem_text("");
    }
    return set;
}

static inline void set_shape(struct boundary_set *set, size_t i, const struct rings *rings)
{
    struct err err = {0};
    AUTO(buf_free) struct buf wkb = buf_new(1 << 20);
    bool repaired;
    char why[200];
    CHECK_OK(shape_make(rings, &wkb, &repaired, why, &err), err);
    CHECK(!repaired);
    set->commune[i].area_km2 = rings_area_km2(rings);
    set->commune[i].shape.len = wkb.len;
    set->commune[i].shape.at = buf_take(&wkb);
}

static inline void add_points(struct rings *rings, const double *xy, size_t points, bool is_hole)
{
    memcpy(rings_add(rings, points, is_hole)->xy, xy, points * 2 * sizeof(double));
}

static inline void add_box(struct rings *rings, double west, double south, double east,
                           double north)
{
    double xy[] = {west, south, east, south, east, north, west, north, west, south};
    add_points(rings, xy, 5, false);
}

static inline double share_of(const struct weights *weights, size_t commune, size_t cell)
{
    double sum = 0;
    for (size_t i = weights->start[commune]; i < weights->start[commune + 1]; i++)
        sum += weights->cell[i] == cell ? weights->share[i] : 0;
    return sum;
}

static inline double row_sum(const struct weights *weights, size_t commune)
{
    double sum = 0;
    for (size_t i = weights->start[commune]; i < weights->start[commune + 1]; i++)
        sum += weights->share[i];
    return sum;
}

// Area of a ring on the unit sphere, by quadrature of sin(latitude) along its edges.
static inline double ring_area(GEOSContextHandle_t geos, const GEOSGeometry *ring)
{
    static const double at[] = {0, 0.5384693101056831, 0.9061798459386640};
    static const double weight[] = {0.5688888888888889, 0.4786286704993665, 0.2369268850561891};
    const GEOSCoordSequence *points = GEOSGeom_getCoordSeq_r(geos, ring);
    unsigned count = 0;
    double sum = 0, x0 = 0, y0 = 0, base = 0;
    GEOSCoordSeq_getSize_r(geos, points, &count);
    for (unsigned i = 0; i < count; i++) {
        double x, y, mean = 0;
        GEOSCoordSeq_getXY_r(geos, points, i, &x, &y);
        base = i == 0 ? sin(y * RADIANS) : base;
        double middle = (y + y0) / 2, half = (y - y0) / 2;
        for (size_t g = 0; g < COUNT_OF(at) && i > 0; g++) {
            double up = sin((middle + half * at[g]) * RADIANS) - base;
            double down = sin((middle - half * at[g]) * RADIANS) - base;
            mean += weight[g] / 2 * (g == 0 ? up : up + down);
        }
        sum += (x - x0) * RADIANS * mean;
        x0 = x;
        y0 = y;
    }
    return fabs(sum);
}

static inline double geometry_area(GEOSContextHandle_t geos, const GEOSGeometry *geometry)
{
    double sum = 0;
    for (int i = 0; i < GEOSGetNumGeometries_r(geos, geometry); i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(geos, geometry, i);
        if (GEOSGeomTypeId_r(geos, part) != GEOS_POLYGON || GEOSisEmpty_r(geos, part))
            continue;
        sum += ring_area(geos, GEOSGetExteriorRing_r(geos, part));
        for (int h = 0; h < GEOSGetNumInteriorRings_r(geos, part); h++)
            sum -= ring_area(geos, GEOSGetInteriorRingN_r(geos, part, h));
    }
    return sum;
}

static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static inline double random_within(uint64_t *state, double low, double high)
{
    return low + (high - low) * (double)(next_random(state) >> 11) * 0x1p-53;
}

// A star round a middle; every third has a hole, every other one runs with the clock.
static inline void add_star(struct rings *rings, uint64_t *state, size_t i)
{
    enum { POINTS_MAX = 40 };
    size_t points = 3 + next_random(state) % (POINTS_MAX - 4);
    double xy[2 * POINTS_MAX], hole[2 * POINTS_MAX];
    double x = random_within(state, 104.6, 107.4), y = random_within(state, 19.6, 22.4);
    double size = pow(10, random_within(state, -2, 0)), turn = i % 2 ? -1 : 1;
    for (size_t p = 0; p < points; p++) {
        double angle = turn * 2 * M_PI * (double)p / (double)points;
        double out = size * random_within(state, 0.3, 1);
        xy[2 * p] = x + out * cos(angle);
        xy[2 * p + 1] = y + out * sin(angle);
        hole[2 * p] = x + 0.1 * size * cos(angle);
        hole[2 * p + 1] = y + 0.1 * size * sin(angle);
    }
    memcpy(&xy[2 * points], xy, 2 * sizeof(double));
    memcpy(&hole[2 * points], hole, 2 * sizeof(double));
    add_points(rings, xy, points + 1, false);
    if (i % 3 == 0 && points > 8)
        add_points(rings, hole, points + 1, true);
}

#endif
