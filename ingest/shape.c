#include "ingest/shape.h"

#include "core/mem.h"

#include <geos_c.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// One GEOS context with its last complaint.
struct geos {
    GEOSContextHandle_t handle;
    char complaint[200];
};

static void note(const char *text, void *self)
{
    struct geos *geos = self;
    (void)snprintf(geos->complaint, sizeof(geos->complaint), "%s", text);
}

static void geos_start(struct geos *geos)
{
    geos->handle = GEOS_init_r();
    GEOSContext_setErrorMessageHandler_r(geos->handle, note, geos);
}

static void geos_end(struct geos *geos)
{
    GEOS_finish_r(geos->handle);
}

// A geometry that belongs to a context, for AUTO.
struct geom {
    struct geos *geos;
    GEOSGeometry *at; // NULL when it could not be made
};

static void geom_free(struct geom *geom)
{
    if (geom->at)
        GEOSGeom_destroy_r(geom->geos->handle, geom->at);
    geom->at = NULL;
}

static GEOSGeometry *make_ring(struct geos *geos, const struct ring *ring)
{
    GEOSCoordSequence *points = GEOSCoordSeq_copyFromBuffer_r(
        geos->handle, ring->xy, (unsigned)ring->points, /* hasZ */ 0, /* hasM */ 0);
    return points ? GEOSGeom_createLinearRing_r(geos->handle, points) : NULL;
}

// The outer ring rings[first] with the holes after it. GEOS takes the rings in any case.
static GEOSGeometry *make_polygon(struct geos *geos, const struct rings *rings, size_t first,
                                  size_t *next)
{
    size_t holes = 0;
    while (first + 1 + holes < rings->count && rings->at[first + 1 + holes].is_hole)
        holes++;
    *next = first + 1 + holes;
    AUTO(mem_drop) GEOSGeometry **hole = mem_new(holes + 1, sizeof(GEOSGeometry *));
    GEOSGeometry *shell = make_ring(geos, &rings->at[first]);
    bool whole = shell != NULL;
    for (size_t i = 0; i < holes; i++) {
        hole[i] = make_ring(geos, &rings->at[first + 1 + i]);
        whole = whole && hole[i];
    }
    if (whole)
        return GEOSGeom_createPolygon_r(geos->handle, shell, hole, (unsigned)holes);
    for (size_t i = 0; i < holes; i++)
        GEOSGeom_destroy_r(geos->handle, hole[i]);
    GEOSGeom_destroy_r(geos->handle, shell);
    return NULL;
}

static GEOSGeometry *make_all(struct geos *geos, const struct rings *rings)
{
    AUTO(mem_drop) GEOSGeometry **part = mem_new(rings->count + 1, sizeof(GEOSGeometry *));
    size_t count = 0;
    bool whole = true;
    for (size_t i = 0; i < rings->count && whole; count += whole) {
        part[count] = make_polygon(geos, rings, i, &i);
        whole = part[count] != NULL;
    }
    if (whole && count == 1)
        return part[0];
    if (whole)
        return GEOSGeom_createCollection_r(geos->handle, GEOS_MULTIPOLYGON, part, (unsigned)count);
    for (size_t i = 0; i < count; i++)
        GEOSGeom_destroy_r(geos->handle, part[i]);
    return NULL;
}

// MakeValid may leave lines and points beside the polygons: only what has an area is kept.
static GEOSGeometry *areas_of(struct geos *geos, const GEOSGeometry *valid)
{
    int parts = GEOSGetNumGeometries_r(geos->handle, valid);
    GEOSGeometry *sum = GEOSGeom_createEmptyPolygon_r(geos->handle);
    for (int i = 0; i < parts && sum; i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(geos->handle, valid, i);
        int type = GEOSGeomTypeId_r(geos->handle, part);
        if (type != GEOS_POLYGON && type != GEOS_MULTIPOLYGON)
            continue;
        GEOSGeometry *more = GEOSUnion_r(geos->handle, sum, part);
        GEOSGeom_destroy_r(geos->handle, sum);
        sum = more;
    }
    return sum;
}

static enum err_kind refuse(const struct geos *geos, const char *why, struct err *err)
{
    return err_set(err, ERR_INPUT, "%s%s%s", why, *geos->complaint ? ": " : "", geos->complaint);
}

// Replaces the geometry by a valid one with the same area, where it is not valid.
static enum err_kind repair(struct geos *geos, struct geom *geom, bool *repaired, char why[200],
                            struct err *err)
{
    *repaired = GEOSisValid_r(geos->handle, geom->at) != 1;
    if (!*repaired)
        return OK;
    char *reason = GEOSisValidReason_r(geos->handle, geom->at);
    (void)snprintf(why, 200, "%s", reason ? reason : "not valid");
    GEOSFree_r(geos->handle, reason);
    AUTO(geom_free) struct geom valid = {geos, GEOSMakeValid_r(geos->handle, geom->at)};
    if (!valid.at)
        return refuse(geos, "the polygon cannot be repaired", err);
    geom_free(geom);
    geom->at = areas_of(geos, valid.at);
    return geom->at ? OK : refuse(geos, "the polygon cannot be repaired", err);
}

static enum err_kind write_wkb(struct geos *geos, const struct geom *geom, struct buf *wkb,
                               struct err *err)
{
    GEOSWKBWriter *writer = GEOSWKBWriter_create_r(geos->handle);
    size_t size = 0;
    GEOSWKBWriter_setByteOrder_r(geos->handle, writer, GEOS_WKB_NDR);
    GEOSWKBWriter_setOutputDimension_r(geos->handle, writer, 2);
    unsigned char *bytes = GEOSWKBWriter_write_r(geos->handle, writer, geom->at, &size);
    GEOSWKBWriter_destroy_r(geos->handle, writer);
    if (!bytes)
        return refuse(geos, "the polygon cannot be written", err);
    buf_add(wkb, bytes, size);
    GEOSFree_r(geos->handle, bytes);
    return wkb->full ? refuse(geos, "the polygon is too large", err) : OK;
}

enum err_kind shape_make(const struct rings *rings, struct buf *wkb, bool *repaired, char why[200],
                         struct err *err)
{
    AUTO(geos_end) struct geos geos = {0};
    geos_start(&geos);
    AUTO(geom_free) struct geom geom = {&geos, make_all(&geos, rings)};
    if (!geom.at)
        return refuse(&geos, "the rings make no polygon", err);
    if (repair(&geos, &geom, repaired, why, err))
        return err_of(err);
    double area = 0;
    if (GEOSArea_r(geos.handle, geom.at, &area) != 1 || !(area > 0))
        return refuse(&geos, "the polygon has no area", err);
    return write_wkb(&geos, &geom, wkb, err);
}

// --- many shapes
// ----------------------------------------------------------------------------------

void shape_pairs_free(struct shape_pairs *pairs)
{
    mem_free(&pairs->at);
    pairs->count = 0;
}

// Geometries of one context, read from WKB.
struct geoms {
    struct geos *geos;
    size_t count;
    GEOSGeometry **at;
};

static void geoms_free(struct geoms *geoms)
{
    for (size_t i = 0; i < geoms->count; i++)
        GEOSGeom_destroy_r(geoms->geos->handle, geoms->at[i]);
    mem_free(&geoms->at);
    geoms->count = 0;
}

static enum err_kind geoms_read(struct geos *geos, const struct shapes *shapes, struct geoms *out,
                                struct err *err)
{
    out->geos = geos;
    out->at = mem_new(shapes->count + 1, sizeof(GEOSGeometry *));
    for (size_t i = 0; i < shapes->count; i++, out->count++) {
        out->at[i] = GEOSGeomFromWKB_buf_r(geos->handle, (const unsigned char *)shapes->at[i].at,
                                           shapes->at[i].len);
        if (!out->at[i])
            return refuse(geos, "a shape is damaged", err);
    }
    return OK;
}

// Area on the sphere of the polygons in a geometry.
static double area_of(struct geos *geos, const GEOSGeometry *geometry)
{
    double sum = 0;
    int parts = GEOSGetNumGeometries_r(geos->handle, geometry);
    for (int i = 0; i < parts; i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(geos->handle, geometry, i);
        struct err why = {0};
        AUTO(buf_free) struct buf wkb = buf_new((size_t)1 << 30);
        AUTO(rings_free) struct rings rings = {0};
        struct geom one = {geos, (GEOSGeometry *)(uintptr_t)part};
        if (GEOSGeomTypeId_r(geos->handle, part) != GEOS_POLYGON ||
            GEOSisEmpty_r(geos->handle, part) == 1)
            continue;
        if (write_wkb(geos, &one, &wkb, &why) == OK &&
            rings_of_wkb(buf_slice(&wkb), &rings, &why) == OK)
            sum += rings_area_km2(&rings);
    }
    return sum;
}

// One search for partners.
struct crossing {
    struct geos *geos;
    const struct geoms *a, *b;
    bool same; // a and b are one: each pair once
    size_t at; // of a
    struct shape_pairs pairs;
    size_t room;
    bool failed;
};

static void meet(void *item, void *self)
{
    struct crossing *crossing = self;
    size_t b = (size_t)(uintptr_t)item - 1, a = crossing->at;
    GEOSContextHandle_t geos = crossing->geos->handle;
    if (crossing->failed || (crossing->same && b <= a))
        return;
    GEOSGeometry *both = GEOSIntersection_r(geos, crossing->a->at[a], crossing->b->at[b]);
    if (!both) {
        crossing->failed = true;
        return;
    }
    double area_km2 = area_of(crossing->geos, both);
    GEOSGeom_destroy_r(geos, both);
    if (!(area_km2 > 0))
        return;
    struct shape_pairs *pairs = &crossing->pairs;
    if (pairs->count == crossing->room) {
        crossing->room = crossing->room ? 2 * crossing->room : 1024;
        pairs->at = mem_resize(pairs->at, crossing->room, sizeof(*pairs->at));
    }
    pairs->at[pairs->count++] = (struct shape_pair){a, b, area_km2};
}

static int by_place(const void *one, const void *other)
{
    const struct shape_pair *x = one, *y = other;
    return x->a != y->a ? (x->a > y->a) - (x->a < y->a) : (x->b > y->b) - (x->b < y->b);
}

enum err_kind shape_cross(const struct shapes *a, const struct shapes *b, struct shape_pairs *out,
                          struct err *err)
{
    enum { NODE = 10 };
    AUTO(geos_end) struct geos geos = {0};
    geos_start(&geos);
    AUTO(geoms_free) struct geoms first = {0}, second = {0};
    struct crossing crossing = {.geos = &geos, .a = &first, .b = b ? &second : &first, .same = !b};
    if (geoms_read(&geos, a, &first, err) || (b && geoms_read(&geos, b, &second, err)))
        return err_of(err);
    GEOSSTRtree *tree = GEOSSTRtree_create_r(geos.handle, NODE);
    for (size_t i = 0; i < crossing.b->count; i++) // numbers as pointers: 0 would be none
        GEOSSTRtree_insert_r(geos.handle, tree, crossing.b->at[i], (void *)(uintptr_t)(i + 1));
    for (crossing.at = 0; crossing.at < first.count; crossing.at++)
        GEOSSTRtree_query_r(geos.handle, tree, first.at[crossing.at], meet, &crossing);
    GEOSSTRtree_destroy_r(geos.handle, tree);
    if (crossing.failed) {
        shape_pairs_free(&crossing.pairs);
        return refuse(&geos, "two polygons cannot be laid over one another", err);
    }
    if (crossing.pairs.count)
        qsort(crossing.pairs.at, crossing.pairs.count, sizeof(*crossing.pairs.at), by_place);
    *out = crossing.pairs;
    return OK;
}

void shape_parts_free(struct shape_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        mem_free(&parts->at[i].at);
    mem_free(&parts->at);
    mem_free(&parts->of);
    parts->count = 0;
}

// The polygons of what an overlay made, which share no area; lines and points beside them are left.
static GEOSGeometry *polygons_of(struct geos *geos, const GEOSGeometry *overlay)
{
    size_t parts = (size_t)GEOSGetNumGeometries_r(geos->handle, overlay);
    AUTO(geoms_free) struct geoms kept = {geos, 0, mem_new(parts + 1, sizeof(GEOSGeometry *))};
    for (size_t i = 0; i < parts; i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(geos->handle, overlay, (int)i);
        if (GEOSGeomTypeId_r(geos->handle, part) != GEOS_POLYGON)
            continue;
        kept.at[kept.count] = GEOSGeom_clone_r(geos->handle, part);
        if (!kept.at[kept.count])
            return NULL;
        kept.count++;
    }
    GEOSGeometry *all =
        GEOSGeom_createCollection_r(geos->handle, GEOS_MULTIPOLYGON, kept.at, (unsigned)kept.count);
    kept.count = 0; // the collection owns them now
    return all;
}

static int by_later(const void *one, const void *other)
{
    const struct shape_pair *x = one, *y = other;
    return x->b != y->b ? (x->b > y->b) - (x->b < y->b) : (x->a > y->a) - (x->a < y->a);
}

// What the later shape of each of `count` pairs has in common with the earlier ones together.
static GEOSGeometry *shared_by(const struct geoms *all, const struct shape_pair *pair, size_t count)
{
    GEOSContextHandle_t geos = all->geos->handle;
    AUTO(geoms_free)
    struct geoms earlier = {all->geos, 0, mem_new(count, sizeof(GEOSGeometry *))};
    for (size_t i = 0; i < count; i++, earlier.count++) {
        earlier.at[i] = GEOSGeom_clone_r(geos, all->at[pair[i].a]);
        if (!earlier.at[i])
            return NULL;
    }
    AUTO(geom_free)
    struct geom set = {all->geos, GEOSGeom_createCollection_r(geos, GEOS_GEOMETRYCOLLECTION,
                                                              earlier.at, (unsigned)earlier.count)};
    earlier.count = 0; // the collection owns them now
    AUTO(geom_free)
    struct geom together = {all->geos, set.at ? GEOSUnaryUnion_r(geos, set.at) : NULL};
    AUTO(geom_free)
    struct geom both = {
        all->geos, together.at ? GEOSIntersection_r(geos, together.at, all->at[pair->b]) : NULL};
    return both.at ? polygons_of(all->geos, both.at) : NULL;
}

enum err_kind shape_twice(const struct shapes *shapes, const struct shape_pairs *pairs,
                          struct shape_parts *out, struct err *err)
{
    enum { PART_BYTES_MAX = 64 << 20 };
    AUTO(geos_end) struct geos geos = {0};
    geos_start(&geos);
    AUTO(geoms_free) struct geoms all = {0};
    AUTO(shape_parts_free) struct shape_parts parts = {0};
    AUTO(mem_drop) struct shape_pair *pair = mem_new(pairs->count + 1, sizeof(*pair));
    parts.at = mem_new(pairs->count + 1, sizeof(*parts.at));
    parts.of = mem_new(pairs->count + 1, sizeof(*parts.of));
    if (geoms_read(&geos, shapes, &all, err))
        return err_of(err);
    if (pairs->count) {
        memcpy(pair, pairs->at, pairs->count * sizeof(*pair));
        qsort(pair, pairs->count, sizeof(*pair), by_later);
    }
    for (size_t i = 0, next; i < pairs->count; i = next) {
        for (next = i; next < pairs->count && pair[next].b == pair[i].b;)
            next++;
        AUTO(buf_free) struct buf wkb = buf_new(PART_BYTES_MAX);
        AUTO(geom_free) struct geom part = {&geos, shared_by(&all, pair + i, next - i)};
        if (!part.at)
            return refuse(&geos, "what polygons share cannot be put together", err);
        if (GEOSisEmpty_r(geos.handle, part.at) == 1)
            continue;
        if (write_wkb(&geos, &part, &wkb, err))
            return err_of(err);
        parts.of[parts.count] = pair[i].b;
        parts.at[parts.count].len = wkb.len;
        parts.at[parts.count++].at = buf_take(&wkb);
    }
    *out = MOVE(parts);
    return OK;
}

enum err_kind shape_outside(const struct shapes *shapes, const double box[4], struct buf *wkb,
                            struct err *err)
{
    AUTO(geos_end) struct geos geos = {0};
    geos_start(&geos);
    AUTO(geoms_free) struct geoms all = {0};
    if (geoms_read(&geos, shapes, &all, err))
        return err_of(err);
    AUTO(geom_free)
    struct geom set = {&geos, GEOSGeom_createCollection_r(geos.handle, GEOS_GEOMETRYCOLLECTION,
                                                          all.at, (unsigned)all.count)};
    all.count = 0; // the collection owns them now
    AUTO(geom_free) struct geom whole = {&geos, GEOSUnaryUnion_r(geos.handle, set.at)};
    AUTO(geom_free)
    struct geom frame = {&geos,
                         GEOSGeom_createRectangle_r(geos.handle, box[0], box[1], box[2], box[3])};
    if (!whole.at || !frame.at)
        return refuse(&geos, "the polygons cannot be put together", err);
    AUTO(geom_free)
    struct geom rest = {&geos, GEOSDifference_r(geos.handle, frame.at, whole.at)};
    if (!rest.at)
        return refuse(&geos, "the polygons cannot be taken off their box", err);
    AUTO(geom_free) struct geom areas = {&geos, polygons_of(&geos, rest.at)};
    if (!areas.at || GEOSisEmpty_r(geos.handle, areas.at) == 1)
        return areas.at ? OK : refuse(&geos, "what is outside cannot be made", err);
    return write_wkb(&geos, &areas, wkb, err);
}
