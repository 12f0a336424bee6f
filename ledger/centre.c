#include "ledger/centre.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { WKB_POLYGON = 3, WKB_MULTIPOLYGON = 6, WKB_LITTLE = 1 };

// Sums over all rings, about the first point, so that a small commune keeps its digits.
struct sum {
    bool begun;
    double x0, y0, area2, x, y;
};

// The direction of a ring does not matter: the first of a polygon counts, the others are taken off.
static bool add_ring(struct str *rest, bool is_hole, struct sum *sum)
{
    uint32_t points = 0;
    double last[2] = {0}, area2 = 0, x = 0, y = 0;
    if (!str_take_bytes(rest, &points, sizeof(points)) || points < 4 ||
        points > rest->len / sizeof(last))
        return false;
    for (uint32_t i = 0; i < points; i++) {
        double at[2] = {0};
        if (!str_take_bytes(rest, at, sizeof(at)) || !isfinite(at[0]) || !isfinite(at[1]))
            return false;
        if (!sum->begun) {
            sum->begun = true;
            sum->x0 = at[0];
            sum->y0 = at[1];
        }
        at[0] -= sum->x0;
        at[1] -= sum->y0;
        double cross = i ? last[0] * at[1] - at[0] * last[1] : 0;
        area2 += cross;
        x += (last[0] + at[0]) * cross;
        y += (last[1] + at[1]) * cross;
        memcpy(last, at, sizeof(at));
    }
    double sign = (area2 < 0) == is_hole ? 1 : -1;
    sum->area2 += sign * area2;
    sum->x += sign * x;
    sum->y += sign * y;
    return true;
}

static bool add_shape(struct str *rest, int depth, struct sum *sum)
{
    uint8_t order = 0;
    uint32_t kind = 0, count = 0;
    if (!str_take_bytes(rest, &order, sizeof(order)) || order != WKB_LITTLE ||
        !str_take_bytes(rest, &kind, sizeof(kind)) || !str_take_bytes(rest, &count, sizeof(count)))
        return false;
    if (kind == WKB_POLYGON) {
        for (uint32_t i = 0; i < count; i++) {
            if (!add_ring(rest, i > 0, sum))
                return false;
        }
        return true;
    }
    if (kind != WKB_MULTIPOLYGON || depth > 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!add_shape(rest, depth + 1, sum))
            return false;
    }
    return true;
}

bool centre_of_shape(struct str wkb, double *latitude, double *longitude)
{
    struct sum sum = {0};
    if (!add_shape(&wkb, 0, &sum) || wkb.len || !(sum.area2 > 0))
        return false;
    *longitude = sum.x0 + sum.x / (3 * sum.area2);
    *latitude = sum.y0 + sum.y / (3 * sum.area2);
    return true;
}
