#include "ledger/centre.h"

#include "ledger/wkb.h"

#include <math.h>
#include <string.h>

// Sums over all rings, about the first point, so that a small commune keeps its digits.
struct sum {
    bool begun;
    double x0, y0, area2, x, y;
};

// The direction of a ring does not matter: the first of a polygon counts, the others are taken off.
static bool add_ring(void *self, struct str points, bool is_hole)
{
    struct sum *sum = self;
    double last[2] = {0}, at[2] = {0}, area2 = 0, x = 0, y = 0;
    for (bool begun = false; str_take_bytes(&points, at, sizeof(at)); begun = true) {
        if (!isfinite(at[0]) || !isfinite(at[1]))
            return false;
        if (!sum->begun) {
            sum->begun = true;
            sum->x0 = at[0];
            sum->y0 = at[1];
        }
        at[0] -= sum->x0;
        at[1] -= sum->y0;
        double cross = begun ? last[0] * at[1] - at[0] * last[1] : 0;
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

bool centre_of_shape(struct str wkb, double *latitude, double *longitude)
{
    struct sum sum = {0};
    if (!wkb_walk(wkb, add_ring, &sum) || !(sum.area2 > 0))
        return false;
    *longitude = sum.x0 + sum.x / (3 * sum.area2);
    *latitude = sum.y0 + sum.y / (3 * sum.area2);
    return true;
}
