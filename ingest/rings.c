#include "ingest/rings.h"

#include "core/mem.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double EARTH_KM = 6371.0072, RADIANS = M_PI / 180;

enum { WKB_POLYGON = 3, WKB_MULTIPOLYGON = 6, WKB_LITTLE = 1, RING_POINTS_MIN = 4 };

void rings_free(struct rings *rings)
{
    for (size_t i = 0; i < rings->count; i++)
        mem_free(&rings->at[i].xy);
    mem_free(&rings->at);
    rings->count = 0;
}

struct ring *rings_add(struct rings *rings, size_t points, bool is_hole)
{
    rings->at = mem_resize(rings->at, rings->count + 1, sizeof(*rings->at));
    struct ring *ring = &rings->at[rings->count++];
    *ring = (struct ring){points, mem_new(points * 2, sizeof(double)), is_hole};
    return ring;
}

static bool is_good(const struct ring *ring)
{
    size_t last = ring->points - 1;
    for (size_t i = 0; i <= last; i++) {
        if (!(fabs(ring->xy[2 * i]) <= 360 && fabs(ring->xy[2 * i + 1]) <= 90))
            return false;
    }
    return ring->xy[0] == ring->xy[2 * last] && ring->xy[1] == ring->xy[2 * last + 1];
}

static bool take_polygon(struct str *rest, uint32_t count, struct rings *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t points;
        if (!str_take_bytes(rest, &points, sizeof(points)) || points < RING_POINTS_MIN ||
            points > rest->len / (2 * sizeof(double)))
            return false;
        struct ring *ring = rings_add(out, points, i > 0);
        if (!str_take_bytes(rest, ring->xy, points * 2 * sizeof(double)) || !is_good(ring))
            return false;
    }
    return true;
}

// The head of a geometry: byte order and type; then how many parts it has.
static bool take_head(struct str *rest, uint32_t *type, uint32_t *count)
{
    uint8_t order;
    return str_take_bytes(rest, &order, sizeof(order)) && order == WKB_LITTLE &&
           str_take_bytes(rest, type, sizeof(*type)) && str_take_bytes(rest, count, sizeof(*count));
}

static bool take_shape(struct str *rest, struct rings *out)
{
    uint32_t type, count, inner, rings;
    if (!take_head(rest, &type, &count))
        return false;
    if (type == WKB_POLYGON)
        return take_polygon(rest, count, out);
    for (uint32_t i = 0; type == WKB_MULTIPOLYGON && i < count; i++) {
        if (!take_head(rest, &inner, &rings) || inner != WKB_POLYGON ||
            !take_polygon(rest, rings, out))
            return false;
    }
    return type == WKB_MULTIPOLYGON;
}

enum err_kind rings_of_wkb(struct str wkb, struct rings *out, struct err *err)
{
    AUTO(rings_free) struct rings rings = {0};
    if (!take_shape(&wkb, &rings) || wkb.len > 0 || rings.count == 0)
        return err_set(err, ERR_INPUT, "the bytes are no WKB polygon on the globe");
    *out = MOVE(rings);
    return OK;
}

double ring_turn(const struct ring *ring)
{
    double sum = 0;
    for (size_t i = 1; i < ring->points; i++) {
        const double *a = &ring->xy[2 * i - 2], *b = &ring->xy[2 * i];
        // About the first point, so that small rings far from the origin keep their digits.
        sum += (a[0] - ring->xy[0]) * (b[1] - ring->xy[1]) -
               (b[0] - ring->xy[0]) * (a[1] - ring->xy[1]);
    }
    return sum;
}

// sin(x)/x - 1
static double sinc_less_one(double x)
{
    double square = x * x;
    if (square < 1e-4)
        return -square / 6 * (1 - square / 20 * (1 - square / 42));
    return sin(x) / x - 1;
}

// Along a straight edge sin(latitude) has the mean sin(m) sinc(d), with middle m and half rise d;
// sin(m) - sin(base) is written as a product, because the two are nearly equal.
double rings_mean_height(double a, double b, double base)
{
    double middle = 0.5 * (a + b), half = 0.5 * (b - a);
    return 2 * cos(0.5 * (middle + base)) * sin(0.5 * (middle - base)) +
           sin(middle) * sinc_less_one(half);
}

double rings_area_km2(const struct rings *rings)
{
    double total = 0;
    for (size_t r = 0; r < rings->count; r++) {
        const struct ring *ring = &rings->at[r];
        double base = ring->xy[1] * RADIANS, sum = 0;
        for (size_t i = 1; i < ring->points; i++) {
            const double *a = &ring->xy[2 * i - 2], *b = &ring->xy[2 * i];
            sum +=
                (b[0] - a[0]) * RADIANS * rings_mean_height(a[1] * RADIANS, b[1] * RADIANS, base);
        }
        total += ring->is_hole ? -fabs(sum) : fabs(sum);
    }
    return total * EARTH_KM * EARTH_KM;
}
