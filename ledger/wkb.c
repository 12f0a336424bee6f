#include "ledger/wkb.h"

#include <stdint.h>

enum { WKB_POLYGON = 3, WKB_MULTIPOLYGON = 6, WKB_LITTLE = 1, PAIR = 2 * sizeof(double) };

struct walk {
    struct str rest;
    bool (*take)(void *self, struct str points, bool is_hole);
    void *self;
};

static bool take_ring(struct walk *walk, bool is_hole)
{
    uint32_t points = 0;
    if (!str_take_bytes(&walk->rest, &points, sizeof(points)) || points < 4 ||
        points > walk->rest.len / PAIR)
        return false;
    struct str ring = {walk->rest.at, (size_t)points * PAIR};
    walk->rest.at += ring.len;
    walk->rest.len -= ring.len;
    return walk->take(walk->self, ring, is_hole);
}

static bool take_shape(struct walk *walk, int depth)
{
    uint8_t order = 0;
    uint32_t kind = 0, count = 0;
    if (!str_take_bytes(&walk->rest, &order, sizeof(order)) || order != WKB_LITTLE ||
        !str_take_bytes(&walk->rest, &kind, sizeof(kind)) ||
        !str_take_bytes(&walk->rest, &count, sizeof(count)))
        return false;
    if (kind != WKB_POLYGON && (kind != WKB_MULTIPOLYGON || depth > 0))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (kind == WKB_POLYGON ? !take_ring(walk, i > 0) : !take_shape(walk, depth + 1))
            return false;
    }
    return true;
}

bool wkb_walk(struct str wkb, bool (*take)(void *self, struct str points, bool is_hole), void *self)
{
    struct walk walk = {wkb, take, self};
    return take_shape(&walk, 0) && walk.rest.len == 0;
}
