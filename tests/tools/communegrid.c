// Communes as a grid that CDO takes: communegrid IN.geojson CODE NAME OUT.grid OUT.cells
// CDO's conservative remapping knows convex cells only, so each commune is cut into triangles
// (GEOS, constrained Delaunay), which cover it exactly: OUT.grid describes them as an unstructured
// grid, a line of OUT.cells names the commune of each. Communes are taken when they touch the box
// of the optional WEST SOUTH EAST NORTH.
#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"
#include "ingest/geojson.h"
#include "ledger/map.h"

#include <geos_c.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 128 << 20, CORNERS = 3 };

struct triangles {
    size_t count, room;
    double *xy; // [count x 3 x 2]
    struct buf names;
};

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
}

// Counter-clockwise; what is no wider than a hair is left out.
static void add(struct triangles *all, const GEOSGeometry *triangle, const char *code)
{
    double xy[2 * CORNERS], area;
    const GEOSCoordSequence *points = GEOSGeom_getCoordSeq(GEOSGetExteriorRing(triangle));
    for (unsigned i = 0; i < CORNERS; i++)
        (void)GEOSCoordSeq_getXY(points, i, &xy[2 * i], &xy[2 * i + 1]);
    area = (xy[2] - xy[0]) * (xy[5] - xy[1]) - (xy[4] - xy[0]) * (xy[3] - xy[1]);
    if (area < 0) {
        double x = xy[2], y = xy[3];
        xy[2] = xy[4], xy[3] = xy[5];
        xy[4] = x, xy[5] = y;
    }
    static const double HAIR = 1e-12; // square degrees: a hundredth of a square metre
    if (area < HAIR && area > -HAIR)
        return;
    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 1024;
        all->xy = mem_resize(all->xy, all->room, sizeof(xy));
    }
    memcpy(all->xy + all->count++ * 2 * CORNERS, xy, sizeof(xy));
    buf_print(&all->names, "%s\n", code);
}

static bool touches(const GEOSGeometry *shape, char **box)
{
    double west, south, east, north;
    if (!box)
        return true;
    (void)GEOSGeom_getXMin(shape, &west);
    (void)GEOSGeom_getYMin(shape, &south);
    (void)GEOSGeom_getXMax(shape, &east);
    (void)GEOSGeom_getYMax(shape, &north);
    return east >= atof(box[0]) && north >= atof(box[1]) && west <= atof(box[2]) &&
           south <= atof(box[3]);
}

static void cut(struct triangles *all, const struct commune *commune, char **box)
{
    GEOSGeometry *shape =
        GEOSGeomFromWKB_buf((const unsigned char *)commune->shape.at, commune->shape.len);
    if (shape && touches(shape, box)) {
        GEOSGeometry *parts = GEOSConstrainedDelaunayTriangulation(shape);
        for (int i = 0; parts && i < GEOSGetNumGeometries(parts); i++)
            add(all, GEOSGetGeometryN(parts, i), commune->code);
        GEOSGeom_destroy(parts);
    }
    GEOSGeom_destroy(shape);
}

// One coordinate of all corners, or of all centres.
static void put_numbers(struct buf *out, const struct triangles *all, const char *key, size_t which,
                        bool centres)
{
    buf_print(out, "%s =\n", key);
    for (size_t i = 0; i < all->count; i++) {
        const double *at = all->xy + i * 2 * CORNERS + which;
        if (centres)
            buf_print(out, "%.12f\n", (at[0] + at[2] + at[4]) / CORNERS);
        else
            buf_print(out, "%.12f %.12f %.12f\n", at[0], at[2], at[4]);
    }
}

static int write_all(const struct triangles *all, char **argv)
{
    struct err err = {0};
    AUTO(buf_free) struct buf grid = buf_new(BYTES_MAX);
    buf_print(&grid,
              "gridtype = unstructured\ngridsize = %zu\nnvertex = 3\nxunits = degrees\nyunits = "
              "degrees\n",
              all->count);
    put_numbers(&grid, all, "xvals", 0, true);
    put_numbers(&grid, all, "xbounds", 0, false);
    put_numbers(&grid, all, "yvals", 1, true);
    put_numbers(&grid, all, "ybounds", 1, false);
    if (file_write(argv[4], buf_slice(&grid), 0644, &err) ||
        file_write(argv[5], buf_slice(&all->names), 0644, &err)) {
        (void)fprintf(stderr, "communegrid: %s\n", err.text);
        return 1;
    }
    (void)printf("%zu triangles\n", all->count);
    return 0;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct geojson_notes notes = {0};
    struct triangles all = {.names = buf_new(BYTES_MAX)};
    AUTO(buf_free) struct buf text = buf_new(BYTES_MAX);
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    if (argc != 6 && argc != 10) {
        (void)fprintf(
            stderr,
            "communegrid IN.geojson CODE NAME OUT.grid OUT.cells [WEST SOUTH EAST NORTH]\n");
        return 2;
    }
    struct geojson_keys keys = {.code = argv[2], .name = argv[3]};
    if (file_read(argv[1], &text, &err) ||
        geojson_read(buf_slice(&text), argv[1], &keys, &set, &notes, &err)) {
        (void)fprintf(stderr, "communegrid: %s\n", err.text);
        return 1;
    }
    geojson_notes_free(&notes);
    initGEOS(say, say);
    for (size_t c = 0; c < set->count; c++)
        cut(&all, &set->commune[c], argc == 10 ? argv + 6 : NULL);
    finishGEOS();
    int code = write_all(&all, argv);
    buf_free(&all.names);
    mem_free(&all.xy);
    return code;
}
