#include "ingest/shape.h"

#include "core/mem.h"

#include <geos_c.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
