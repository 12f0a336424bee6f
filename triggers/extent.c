#include "triggers/extent.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/sphere.h"
#include "ledger/wkb.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POINTS_A_SIDE = 12, PART_OF = 20, CODE_BYTES_MAX = 128, CODES_MAX = 4000 };
static const double MICRO = 1e6, METRES_A_KM = 1000;

struct place {
    double lat, lon;
};

// How far something goes, in degrees.
struct box {
    struct place least, most;
};
static const struct box nowhere = {{INFINITY, INFINITY}, {-INFINITY, -INFINITY}};

// A polygon, or (points NULL) a circle, or a box that the border of a polygon runs through.
struct figure {
    struct place *points, centre; // points: heap
    bool is_border;
    size_t count;
    double radius_km;
    struct box box;
};
struct extent {
    struct figure *figure;
    size_t figures;
    char (*code)[CODE_BYTES_MAX];
    size_t codes;
};

void extent_free(struct extent **extent)
{
    for (size_t i = 0; *extent && i < (*extent)->figures; i++)
        mem_free(&(*extent)->figure[i].points);
    if (*extent) {
        mem_free(&(*extent)->figure);
        mem_free(&(*extent)->code);
    }
    mem_free(extent);
}

static struct place place_at(const struct doc *numbers, size_t i)
{
    return (struct place){(double)doc_int(doc_at(numbers, i), 0) / MICRO,
                          (double)doc_int(doc_at(numbers, i + 1), 0) / MICRO};
}

static void take_in(struct box *box, struct place at)
{
    box->least = (struct place){fmin(box->least.lat, at.lat), fmin(box->least.lon, at.lon)};
    box->most = (struct place){fmax(box->most.lat, at.lat), fmax(box->most.lon, at.lon)};
}

// At least as large as the circle; near a pole and over the date line all longitudes.
static struct box box_of_circle(struct place centre, double radius_km)
{
    static const double KM_A_DEGREE = 110, FULL = 180, NARROW = 0.05;
    double lat = radius_km / KM_A_DEGREE, lon = FULL;
    double least = cos((fabs(centre.lat) + lat) * acos(-1) / FULL);
    if (fabs(centre.lat) + lat < FULL / 2 && least > NARROW)
        lon = lat / least;
    if (centre.lon - lon < -FULL || centre.lon + lon > FULL)
        return (struct box){{centre.lat - lat, -INFINITY}, {centre.lat + lat, INFINITY}};
    return (struct box){{centre.lat - lat, centre.lon - lon}, {centre.lat + lat, centre.lon + lon}};
}

static bool boxes_meet(const struct box *a, const struct box *b)
{
    return a->least.lat <= b->most.lat && b->least.lat <= a->most.lat &&
           a->least.lon <= b->most.lon && b->least.lon <= a->most.lon;
}

struct extent *extent_of(const struct doc *numbers)
{
    const struct doc *polygons = doc_get(numbers, "polygons"),
                     *circles = doc_get(numbers, "circles");
    const struct doc *codes = doc_get(numbers, "geocodes"), *borders = doc_get(numbers, "borders");
    if (!numbers)
        return NULL;
    AUTO(extent_free) struct extent *made = mem_new(1, sizeof(*made));
    made->figure = mem_new(doc_count(polygons) + doc_count(circles) + doc_count(borders) + 1,
                           sizeof(*made->figure));
    for (size_t i = 0; i < doc_count(polygons); i++) {
        const struct doc *one = doc_at(polygons, i);
        struct figure *figure = &made->figure[made->figures++];
        figure->points = mem_new(doc_count(one) / 2 + 1, sizeof(*figure->points));
        figure->box = nowhere;
        for (size_t n = 0; n + 1 < doc_count(one); n += 2) {
            figure->points[figure->count] = place_at(one, n);
            take_in(&figure->box, figure->points[figure->count++]);
        }
    }
    for (size_t i = 0; i < doc_count(circles); i++) {
        const struct doc *one = doc_at(circles, i);
        double radius_m = (double)doc_int(doc_at(one, 2), 0);
        struct figure *figure = &made->figure[made->figures++];
        *figure = (struct figure){.centre = place_at(one, 0), .radius_km = radius_m / METRES_A_KM};
        figure->box = box_of_circle(figure->centre, figure->radius_km);
    }
    for (size_t i = 0; i < doc_count(borders); i++)
        made->figure[made->figures++] = (struct figure){
            .is_border = true,
            .box = {place_at(doc_at(borders, i), 0), place_at(doc_at(borders, i), 2)}};
    size_t count = doc_count(codes) < CODES_MAX ? doc_count(codes) : CODES_MAX;
    made->code = mem_new(count + 1, sizeof(*made->code));
    for (size_t i = 0; i < count; i++)
        (void)snprintf(made->code[made->codes++], CODE_BYTES_MAX, "%s",
                       doc_text(doc_at(codes, i), ""));
    return made->figures || made->codes ? TAKE(made) : NULL;
}

bool extent_has_code(const struct extent *extent, const char *set, const char *code)
{
    char wanted[CODE_BYTES_MAX];
    (void)snprintf(wanted, sizeof(wanted), "%s=%s", set, code);
    for (size_t i = 0; extent && i < extent->codes; i++) {
        if (strcmp(extent->code[i], wanted) == 0)
            return true;
    }
    return false;
}

bool extent_has_shapes(const struct extent *extent)
{
    return extent && extent->figures > 0;
}

// --- points in figures
// ----------------------------------------------------------------------------------------

// Whether a ray from `at` to the east crosses the side from a to b.
static bool crosses(struct place at, struct place a, struct place b)
{
    if ((a.lat > at.lat) == (b.lat > at.lat))
        return false;
    return at.lon < a.lon + (at.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon);
}

// Of one in whose box it is.
static bool is_in_figure(const struct figure *figure, struct place at)
{
    bool inside = false;
    if (figure->is_border)
        return true;
    if (!figure->points)
        return sphere_km(at.lat, at.lon, figure->centre.lat, figure->centre.lon) <=
               figure->radius_km;
    for (size_t i = 0; i < figure->count; i++) {
        size_t next = i + 1 < figure->count ? i + 1 : 0; // closed, whether it says so or not
        if (crosses(at, figure->points[i], figure->points[next]))
            inside = !inside;
    }
    return inside;
}

static bool is_in_extent(const struct extent *extent, struct place at)
{
    const struct box here = {at, at};
    for (size_t i = 0; i < extent->figures; i++) {
        if (boxes_meet(&extent->figure[i].box, &here) && is_in_figure(&extent->figure[i], at))
            return true;
    }
    return false;
}

// A commune's shape in one look: how far it goes, and whether a point is in it.
struct look {
    struct place at;
    struct box box;
    bool inside;
};

static bool look_at_ring(void *self, struct str points, bool is_hole)
{
    struct look *look = self;
    double pair[2];
    struct place last = {0};
    (void)is_hole; // a point in a hole crosses two rings
    for (bool begun = false; str_take_bytes(&points, pair, sizeof(pair)); begun = true) {
        struct place at = {pair[1], pair[0]};
        if (!isfinite(at.lat) || !isfinite(at.lon))
            return false;
        if (begun && crosses(look->at, last, at))
            look->inside = !look->inside;
        take_in(&look->box, at);
        last = at;
    }
    return true;
}

static bool look_at(struct str shape, struct place at, struct look *out)
{
    *out = (struct look){at, nowhere, false};
    return wkb_walk(shape, look_at_ring, out);
}

static bool is_in_shape(struct str shape, struct place at)
{
    struct look look;
    return look_at(shape, at, &look) && look.inside;
}

// Whether a figure lies all in a shape that goes as far as `box`. A border is but a part of one.
static bool lies_in(const struct figure *figure, struct str shape, const struct box *box)
{
    if (figure->is_border)
        return false;
    if (!figure->points)
        return boxes_meet(&figure->box, box) && is_in_shape(shape, figure->centre);
    if (figure->box.least.lat < box->least.lat || figure->box.most.lat > box->most.lat ||
        figure->box.least.lon < box->least.lon || figure->box.most.lon > box->most.lon)
        return false;
    for (size_t i = 0; i < figure->count; i++) {
        if (!is_in_shape(shape, figure->points[i]))
            return false;
    }
    return figure->count > 0;
}

// A bulletin of another province is not looked at point by point.
static bool may_meet(const struct extent *extent, const struct box *box)
{
    for (size_t i = 0; i < extent->figures; i++) {
        if (boxes_meet(&extent->figure[i].box, box))
            return true;
    }
    return false;
}

bool extent_meets(const struct extent *extent, struct str shape)
{
    struct look all;
    size_t inside = 0, both = 0;
    if (!extent_has_shapes(extent) || !look_at(shape, (struct place){0}, &all) ||
        !may_meet(extent, &all.box))
        return false;
    const struct place least = all.box.least, most = all.box.most;
    for (int i = 0; i < POINTS_A_SIDE * POINTS_A_SIDE; i++) {
        int row = i / POINTS_A_SIDE, column = i % POINTS_A_SIDE;
        double north = (row + 0.5) / POINTS_A_SIDE, east = (column + 0.5) / POINTS_A_SIDE;
        struct place at = {least.lat + north * (most.lat - least.lat),
                           least.lon + east * (most.lon - least.lon)};
        if (!is_in_shape(shape, at))
            continue;
        inside++;
        both += is_in_extent(extent, at);
    }
    if (both > 0 && both * PART_OF >= inside)
        return true;
    for (size_t i = 0; i < extent->figures; i++) {
        if (lies_in(&extent->figure[i], shape, &all.box))
            return true;
    }
    return false;
}
