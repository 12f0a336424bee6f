#include "ingest/projection.h"

#include "core/mem.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double RADIANS = M_PI / 180;
// Snyder's series for latitudes settle to a millimetre in four rounds.
enum { ROUNDS = 12 };
// A projection whose pole or cone is as close to a special case as this is that case.
static const double NOTHING = 1e-9;

enum err_kind projection_named(const char *name, enum projection_kind *out, struct err *err)
{
    static const struct {
        const char *name;
        enum projection_kind kind;
    } names[] = {
        {"rotated_latitude_longitude", PROJECTION_ROTATED_POLE},
        {"lambert_azimuthal_equal_area", PROJECTION_LAMBERT_AZIMUTHAL},
        {"albers_conical_equal_area", PROJECTION_ALBERS},
        {"lambert_conformal_conic", PROJECTION_LAMBERT_CONIC},
        {"polar_stereographic", PROJECTION_POLAR_STEREOGRAPHIC},
        {"mercator", PROJECTION_MERCATOR},
        {"transverse_mercator", PROJECTION_TRANSVERSE_MERCATOR},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            *out = names[i].kind;
            return OK;
        }
    }
    return err_set(err, ERR_INPUT, "the grid mapping \"%s\" is not read", name);
}

static double eccentricity_squared(const struct projection *p)
{
    return p->flattening * (2 - p->flattening);
}

// Snyder's q (3-12), m (14-15) and t (15-9a) of a latitude in radians.
static double q_of(double e2, double latitude)
{
    double s = sin(latitude), e = sqrt(e2);
    if (e2 <= 0)
        return 2 * s;
    return (1 - e2) * (s / (1 - e2 * s * s) - log((1 - e * s) / (1 + e * s)) / (2 * e));
}

static double m_of(double e2, double latitude)
{
    return cos(latitude) / sqrt(1 - e2 * sin(latitude) * sin(latitude));
}

static double t_of(double e2, double latitude)
{
    double e = sqrt(e2), es = e * sin(latitude);
    return tan(M_PI / 4 - latitude / 2) / pow((1 - es) / (1 + es), e / 2);
}

// The latitude whose q it is (3-16); NaN beyond the pole.
static double latitude_of_q(double e2, double q)
{
    double latitude = asin(q / 2), e = sqrt(e2), pole = q_of(e2, M_PI / 2);
    if (!(fabs(q) <= pole))
        return NAN;
    if (pole - fabs(q) < NOTHING)
        return copysign(M_PI / 2, q);
    for (int i = 0; e2 > 0 && i < ROUNDS; i++) {
        double s = sin(latitude), one = 1 - e2 * s * s;
        latitude += one * one / (2 * cos(latitude)) *
                    (q / (1 - e2) - s / one + log((1 - e * s) / (1 + e * s)) / (2 * e));
    }
    return latitude;
}

static double latitude_of_t(double e2, double t)
{
    double e = sqrt(e2), latitude = M_PI / 2 - 2 * atan(t);
    for (int i = 0; e2 > 0 && i < ROUNDS; i++) {
        double es = e * sin(latitude);
        latitude = M_PI / 2 - 2 * atan(t * pow((1 - es) / (1 + es), e / 2));
    }
    return latitude;
}

struct point {
    double longitude, latitude; // radians
};

static struct point back_rotated(const struct projection *p, double x, double y)
{
    double turn = (x + p->grid_longitude) * RADIANS, up = y * RADIANS;
    double pole = p->latitude * RADIANS, meridian = p->longitude * RADIANS;
    double along = cos(pole) * sin(up) - sin(pole) * cos(turn) * cos(up);
    double across = sin(turn) * cos(up);
    double height = cos(pole) * cos(up) * cos(turn) + sin(pole) * sin(up);
    return (struct point){
        atan2(sin(meridian) * along - cos(meridian) * across,
              cos(meridian) * along + sin(meridian) * across),
        asin(fmax(-1, fmin(1, height))),
    };
}

static struct point back_lambert_azimuthal(const struct projection *p, double x, double y)
{
    double e2 = eccentricity_squared(p), start = p->latitude * RADIANS;
    double pole = q_of(e2, M_PI / 2), radius = p->major_m * sqrt(pole / 2);
    double sine = q_of(e2, start) / pole, cosine = sqrt(1 - sine * sine);
    double d = p->major_m * m_of(e2, start) / (radius * cosine);
    double rho = hypot(x / d, d * y);
    if (rho < NOTHING)
        return (struct point){p->longitude * RADIANS, start};
    double angle = 2 * asin(rho / (2 * radius)); // NaN beside the map
    double q = pole * (cos(angle) * sine + d * y * sin(angle) * cosine / rho);
    return (struct point){
        p->longitude * RADIANS +
            atan2(x * sin(angle), d * rho * cosine * cos(angle) - d * d * y * sine * sin(angle)),
        latitude_of_q(e2, q),
    };
}

static struct point back_albers(const struct projection *p, double x, double y)
{
    double e2 = eccentricity_squared(p);
    double one = p->parallel[0] * RADIANS, two = p->parallel[1] * RADIANS;
    double m1 = m_of(e2, one), m2 = m_of(e2, two), q1 = q_of(e2, one), q2 = q_of(e2, two);
    double n = fabs(one - two) < NOTHING ? sin(one) : (m1 * m1 - m2 * m2) / (q2 - q1);
    double c = m1 * m1 + n * q1, a = p->major_m;
    double rho0 = a * sqrt(c - n * q_of(e2, p->latitude * RADIANS)) / n;
    double side = n < 0 ? -1 : 1, rho = hypot(x, rho0 - y);
    double angle = atan2(side * x, side * (rho0 - y));
    return (struct point){
        p->longitude * RADIANS + angle / n,
        latitude_of_q(e2, (c - rho * rho * n * n / (a * a)) / n),
    };
}

static struct point back_lambert_conic(const struct projection *p, double x, double y)
{
    double e2 = eccentricity_squared(p);
    double one = p->parallel[0] * RADIANS, two = p->parallel[1] * RADIANS;
    double m1 = m_of(e2, one), t1 = t_of(e2, one);
    double n = fabs(one - two) < NOTHING
                   ? sin(one)
                   : (log(m1) - log(m_of(e2, two))) / (log(t1) - log(t_of(e2, two)));
    double f = m1 / (n * pow(t1, n));
    double rho0 = p->major_m * f * pow(t_of(e2, p->latitude * RADIANS), n);
    double side = n < 0 ? -1 : 1, rho = side * hypot(x, rho0 - y);
    double t = pow(rho / (p->major_m * f), 1 / n);
    return (struct point){
        p->longitude * RADIANS + atan2(side * x, side * (rho0 - y)) / n,
        latitude_of_t(e2, t),
    };
}

static struct point back_polar(const struct projection *p, double x, double y)
{
    double e2 = eccentricity_squared(p), e = sqrt(e2), side = p->latitude < 0 ? -1 : 1;
    double at = side * p->parallel[0] * RADIANS, rho = hypot(x, y), t;
    if (p->scale > 0)
        t = rho * sqrt(pow(1 + e, 1 + e) * pow(1 - e, 1 - e)) / (2 * p->major_m * p->scale);
    else if (fabs(at - M_PI / 2) < NOTHING)
        t = rho * sqrt(pow(1 + e, 1 + e) * pow(1 - e, 1 - e)) / (2 * p->major_m);
    else
        t = rho * t_of(e2, at) / (p->major_m * m_of(e2, at));
    double angle = rho < NOTHING ? 0 : atan2(side * x, -side * y);
    return (struct point){p->longitude * RADIANS + side * angle, side * latitude_of_t(e2, t)};
}

static struct point back_mercator(const struct projection *p, double x, double y)
{
    double e2 = eccentricity_squared(p);
    double scale = p->scale > 0 ? p->scale : m_of(e2, p->parallel[0] * RADIANS);
    double radius = p->major_m * scale;
    return (struct point){p->longitude * RADIANS + x / radius, latitude_of_t(e2, exp(-y / radius))};
}

// Length of the meridian from the equator (3-21).
static double meridian_of(double e2, double major_m, double latitude)
{
    double e4 = e2 * e2, e6 = e4 * e2;
    return major_m * ((1 - e2 / 4 - 3 * e4 / 64 - 5 * e6 / 256) * latitude -
                      (3 * e2 / 8 + 3 * e4 / 32 + 45 * e6 / 1024) * sin(2 * latitude) +
                      (15 * e4 / 256 + 45 * e6 / 1024) * sin(4 * latitude) -
                      35 * e6 / 3072 * sin(6 * latitude));
}

// The latitude at the foot of the perpendicular (3-26, 8-19, 3-24).
static double foot_of(double e2, double major_m, double length)
{
    double e4 = e2 * e2, root = sqrt(1 - e2), f = (1 - root) / (1 + root);
    double mu = length / (major_m * (1 - e2 / 4 - 3 * e4 / 64 - 5 * e4 * e2 / 256));
    return mu + (3 * f / 2 - 27 * pow(f, 3) / 32) * sin(2 * mu) +
           (21 * f * f / 16 - 55 * pow(f, 4) / 32) * sin(4 * mu) +
           151 * pow(f, 3) / 96 * sin(6 * mu) + 1097 * pow(f, 4) / 512 * sin(8 * mu);
}

// (8-17) and (8-18).
static struct point back_transverse(const struct projection *p, double x, double y)
{
    double e2 = eccentricity_squared(p), a = p->major_m, second = e2 / (1 - e2);
    double foot = foot_of(
        e2, a, meridian_of(e2, a, p->latitude * RADIANS) + y / (p->scale > 0 ? p->scale : 1));
    double s = sin(foot), c = second * cos(foot) * cos(foot), t = tan(foot) * tan(foot);
    double n = a / sqrt(1 - e2 * s * s), r = a * (1 - e2) / pow(1 - e2 * s * s, 1.5);
    double d = x / (n * (p->scale > 0 ? p->scale : 1)), d2 = d * d;
    double latitude =
        foot -
        n * tan(foot) / r *
            (d2 / 2 - (5 + 3 * t + 10 * c - 4 * c * c - 9 * second) * d2 * d2 / 24 +
             (61 + 90 * t + 298 * c + 45 * t * t - 252 * second - 3 * c * c) * d2 * d2 * d2 / 720);
    double turn = (d - (1 + 2 * t + c) * d2 * d / 6 +
                   (5 - 2 * c + 28 * t - 3 * c * c + 8 * second + 24 * t * t) * d2 * d2 * d / 120) /
                  cos(foot);
    return (struct point){p->longitude * RADIANS + turn, latitude};
}

enum err_kind projection_check(const struct projection *p, struct err *err)
{
    double one = p->parallel[0], two = p->parallel[1];
    if (p->kind != PROJECTION_ROTATED_POLE && !(p->major_m > 1e6 && p->major_m < 1e7))
        return err_set(err, ERR_INPUT, "the grid mapping's earth has a radius of %g m", p->major_m);
    if (!(p->flattening >= 0 && p->flattening < 0.1) || !(fabs(p->latitude) <= 90) ||
        !(fabs(p->longitude) <= 360) || !(fabs(one) <= 90) || !(fabs(two) <= 90) ||
        !isfinite(p->east_m) || !isfinite(p->north_m) || !(p->scale >= 0 && p->scale < 10) ||
        !(fabs(p->grid_longitude) <= 360))
        return err_set(err, ERR_INPUT, "the grid mapping's numbers are out of bounds");
    bool conic = p->kind == PROJECTION_ALBERS || p->kind == PROJECTION_LAMBERT_CONIC;
    if (conic && fabs(one + two) < NOTHING)
        return err_set(err, ERR_INPUT, "the standard parallels %g and %g make no cone", one, two);
    if (p->kind == PROJECTION_LAMBERT_AZIMUTHAL && fabs(p->latitude) > 90 - NOTHING)
        return err_set(err, ERR_INPUT, "Lambert's azimuthal projection at a pole is not read");
    if (p->kind == PROJECTION_POLAR_STEREOGRAPHIC && fabs(fabs(p->latitude) - 90) > NOTHING)
        return err_set(err, ERR_INPUT, "a stereographic projection from %g N is not read",
                       p->latitude);
    return OK;
}

void projection_back(const struct projection *p, double x, double y, double *longitude,
                     double *latitude)
{
    struct point point = {NAN, NAN};
    x -= p->east_m;
    y -= p->north_m;
    switch (p->kind) {
    case PROJECTION_ROTATED_POLE:
        point = back_rotated(p, x, y);
        break;
    case PROJECTION_LAMBERT_AZIMUTHAL:
        point = back_lambert_azimuthal(p, x, y);
        break;
    case PROJECTION_ALBERS:
        point = back_albers(p, x, y);
        break;
    case PROJECTION_LAMBERT_CONIC:
        point = back_lambert_conic(p, x, y);
        break;
    case PROJECTION_POLAR_STEREOGRAPHIC:
        point = back_polar(p, x, y);
        break;
    case PROJECTION_MERCATOR:
        point = back_mercator(p, x, y);
        break;
    case PROJECTION_TRANSVERSE_MERCATOR:
        point = back_transverse(p, x, y);
        break;
    }
    bool good = isfinite(point.longitude) && isfinite(point.latitude);
    *longitude = good ? remainder(point.longitude / RADIANS, 360) : NAN;
    *latitude = good ? point.latitude / RADIANS : NAN;
}
