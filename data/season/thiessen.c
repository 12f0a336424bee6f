#include "data/season/thiessen.h"

#include <assert.h>
#include <string.h>

static const double MARGIN_DEGREES = 0.06;

// How far the point is on the other's side of the line half way: > 0 is over there.
static double over(struct point own, struct point other, struct point p)
{
    struct point middle = {(own.x + other.x) / 2, (own.y + other.y) / 2};
    return (p.x - middle.x) * (other.x - own.x) + (p.y - middle.y) * (other.y - own.y);
}

static void add(struct cell *cell, struct point p)
{
    assert(cell->count < CELL_POINTS_MAX);
    cell->at[cell->count++] = p;
}

// Sutherland and Hodgman with one half-plane.
static void cut(struct cell *cell, struct point own, struct point other)
{
    struct cell kept = {.count = 0};
    for (size_t i = 0; i < cell->count; i++) {
        struct point a = cell->at[i], b = cell->at[(i + 1) % cell->count];
        double from = over(own, other, a), to = over(own, other, b);
        if (from <= 0)
            add(&kept, a);
        if ((from < 0 && to > 0) || (from > 0 && to < 0)) {
            double share = from / (from - to);
            add(&kept, (struct point){a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share});
        }
    }
    *cell = kept;
}

void thiessen_cell(const struct point *site, size_t sites, size_t own, const struct cell *area,
                   struct cell *out)
{
    assert(site && own < sites && area && out);
    *out = *area;
    for (size_t i = 0; i < sites; i++) {
        if (i != own)
            cut(out, site[own], site[i]);
    }
}

double cell_area(const struct cell *cell)
{
    double twice = 0;
    for (size_t i = 0; i < cell->count; i++) {
        struct point a = cell->at[i], b = cell->at[(i + 1) % cell->count];
        twice += a.x * b.y - b.x * a.y;
    }
    return twice / 2;
}

void cell_box(const struct point *site, size_t sites, double margin, struct cell *out)
{
    assert(site && sites > 0 && out);
    struct point low = site[0], high = site[0];
    for (size_t i = 1; i < sites; i++) {
        low.x = site[i].x < low.x ? site[i].x : low.x;
        low.y = site[i].y < low.y ? site[i].y : low.y;
        high.x = site[i].x > high.x ? site[i].x : high.x;
        high.y = site[i].y > high.y ? site[i].y : high.y;
    }
    low = (struct point){low.x - margin, low.y - margin};
    high = (struct point){high.x + margin, high.y + margin};
    *out = (struct cell){
        .at = {low, {high.x, low.y}, high, {low.x, high.y}},
        .count = 4,
    };
}

static void print_feature(struct buf *out, const struct place *place, const struct cell *cell)
{
    buf_print(out,
              "{\"type\":\"Feature\",\"properties\":{\"code\":\"%s\",\"full_name\":\"%s\","
              "\"zone\":\"%s\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[",
              place->code, place->name, place->zone);
    for (size_t i = 0; i <= cell->count; i++) {
        struct point p = cell->at[i % cell->count];
        buf_print(out, "%s[%.6f,%.6f]", i ? "," : "", p.x, p.y);
    }
    buf_text(out, "]]}}");
}

void thiessen_geojson(const struct place *place, size_t count, struct buf *out)
{
    assert(count <= PLACES_MAX);
    buf_text(out, "{\"type\":\"FeatureCollection\",\"features\":[\n");
    for (size_t i = 0; i < count; i++) {
        struct point site[PLACES_MAX];
        size_t sites = 0, own = 0;
        for (size_t k = 0; k < count; k++) {
            if (strcmp(place[k].zone, place[i].zone) != 0)
                continue;
            if (k == i)
                own = sites;
            site[sites++] = (struct point){place[k].longitude, place[k].latitude};
        }
        struct cell box, cell;
        cell_box(site, sites, MARGIN_DEGREES, &box);
        thiessen_cell(site, sites, own, &box, &cell);
        print_feature(out, &place[i], &cell);
        buf_text(out, i + 1 < count ? ",\n" : "\n");
    }
    buf_text(out, "]}\n");
}
