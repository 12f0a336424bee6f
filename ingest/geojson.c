#include "ingest/geojson.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ingest/rings.h"
#include "ingest/shape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CODE_BYTES_MAX = 15,
    NAME_BYTES_MAX = 200,
    SHAPE_BYTES_MAX = 256 << 20,
    RING_POINTS_MIN = 4
};

// A commune as it is being read: features of one code come together here.
struct draft {
    char *code, *name, *zone; // heap
    bool nameless;            // the code stands for the name
    size_t feature;           // number of its first feature, from 1
    struct rings rings;
};
struct drafts {
    struct draft *at;
    size_t count;
};

static void drafts_free(struct drafts *drafts)
{
    for (size_t i = 0; i < drafts->count; i++) {
        struct draft *draft = &drafts->at[i];
        mem_free(&draft->code);
        mem_free(&draft->name);
        mem_free(&draft->zone);
        rings_free(&draft->rings);
    }
    mem_free(&drafts->at);
    drafts->count = 0;
}

void geojson_notes_free(struct geojson_notes *notes)
{
    mem_free(&notes->at);
    notes->count = 0;
}

static void add_note(struct geojson_notes *notes, const char *code, const char *text)
{
    notes->at = mem_resize(notes->at, notes->count + 1, sizeof(*notes->at));
    struct geojson_note *note = &notes->at[notes->count++];
    (void)snprintf(note->code, sizeof(note->code), "%s", code);
    (void)snprintf(note->text, sizeof(note->text), "%s", text);
}

// --- one feature
// ----------------------------------------------------------------------------------

static enum err_kind no_property(const struct doc *properties, const char *key, struct err *err)
{
    AUTO(buf_free) struct buf names = buf_new(400);
    for (const char *one = doc_next_key(properties, NULL); one && !doc_get(properties, key);
         one = doc_next_key(properties, one))
        buf_print(&names, "%s%s", names.len ? ", " : "; it has ", one);
    return err_set(err, ERR_INPUT, "it has no property \"%s\"%s", key, names.at ? names.at : "");
}

// A property as NFC text; heap.
static enum err_kind take_text(const struct doc *properties, const char *key, size_t bytes_max,
                               char **out, struct err *err)
{
    const struct doc *value = doc_get(properties, key);
    if (!value || doc_is_null(value))
        return no_property(properties, key, err);
    if (!doc_is_text(value))
        return err_set(err, ERR_INPUT,
                       "its property \"%s\" is no text; a code such as \"00004\" keeps its zeros "
                       "only as text: put it in quotes",
                       key);
    AUTO(buf_free) struct buf text = buf_new(bytes_max);
    if (text_nfc(str_trim(str_of(doc_text(value, ""))), &text, err))
        return err_add(err, "reading property \"%s\"", key);
    if (text.full || text.len == 0)
        return err_set(err, ERR_INPUT, "its property \"%s\" is %s", key,
                       text.full ? "too long" : "empty");
    *out = buf_take(&text);
    return OK;
}

static enum err_kind take_point(const struct doc *point, double *xy, struct err *err)
{
    if (doc_count(point) < 2 || !doc_real(doc_at(point, 0), &xy[0]) ||
        !doc_real(doc_at(point, 1), &xy[1]))
        return err_set(err, ERR_INPUT, "a position is not [longitude, latitude]");
    if (!(fabs(xy[0]) <= 180 && fabs(xy[1]) <= 90))
        return err_set(err, ERR_INPUT,
                       "position [%g, %g] is not on the globe; RFC 7946 wants degrees of WGS 84, "
                       "longitude first",
                       xy[0], xy[1]);
    return OK;
}

static enum err_kind take_ring(const struct doc *list, bool is_hole, struct rings *out,
                               struct err *err)
{
    size_t count = doc_count(list);
    if (!doc_is_array(list) || count < RING_POINTS_MIN)
        return err_set(err, ERR_INPUT, "a ring has %zu positions, at least 4 are needed", count);
    struct ring *ring = rings_add(out, count, is_hole);
    for (size_t i = 0; i < count; i++) {
        double *xy = &ring->xy[2 * i];
        if (take_point(doc_at(list, i), xy, err))
            return err_of(err);
        if (i > 0 && fabs(xy[0] - xy[-2]) > 180)
            return err_set(err, ERR_INPUT,
                           "a ring leaps from longitude %g to %g; RFC 7946 wants a polygon cut in "
                           "two at the date line",
                           xy[-2], xy[0]);
    }
    const double *last = &ring->xy[2 * (count - 1)];
    if (ring->xy[0] != last[0] || ring->xy[1] != last[1])
        return err_set(err, ERR_INPUT, "a ring is not closed: its last position is not its first");
    return OK;
}

static enum err_kind take_polygon(const struct doc *list, struct rings *out, struct err *err)
{
    if (!doc_is_array(list) || doc_count(list) == 0)
        return err_set(err, ERR_INPUT, "a polygon has no rings");
    for (size_t i = 0; i < doc_count(list); i++) {
        if (take_ring(doc_at(list, i), i > 0, out, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind take_geometry(const struct doc *geometry, struct rings *out, struct err *err)
{
    const char *type = doc_text(doc_get(geometry, "type"), "null");
    const struct doc *coordinates = doc_get(geometry, "coordinates");
    if (strcmp(type, "Polygon") == 0)
        return take_polygon(coordinates, out, err);
    if (strcmp(type, "MultiPolygon") != 0)
        return err_set(err, ERR_INPUT,
                       "its geometry is \"%s\"; a commune is a Polygon or a MultiPolygon", type);
    if (doc_count(coordinates) == 0)
        return err_set(err, ERR_INPUT, "its geometry is empty");
    for (size_t i = 0; i < doc_count(coordinates); i++) {
        if (take_polygon(doc_at(coordinates, i), out, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind take_feature(const struct doc *feature, const struct geojson_keys *keys,
                                  struct draft *out, struct err *err)
{
    const struct doc *properties = doc_get(feature, "properties");
    const struct doc *name = doc_get(properties, keys->name);
    if (take_text(properties, keys->code, CODE_BYTES_MAX, &out->code, err))
        return err_of(err);
    out->nameless = name && (doc_is_null(name) || str_trim(str_of(doc_text(name, "-"))).len == 0);
    if (out->nameless)
        out->name = mem_text(out->code);
    else if (take_text(properties, keys->name, NAME_BYTES_MAX, &out->name, err))
        return err_of(err);
    if (keys->zone && take_text(properties, keys->zone, NAME_BYTES_MAX, &out->zone, err))
        return err_add(err, "reading commune %s", out->code);
    if (!keys->zone)
        out->zone = mem_text("");
    if (take_geometry(doc_get(feature, "geometry"), &out->rings, err))
        return err_add(err, "reading commune %s", out->code);
    return OK;
}

// --- all features
// ---------------------------------------------------------------------------------

static enum err_kind take_features(const struct doc *list, const struct geojson_keys *keys,
                                   struct drafts *out, struct err *err)
{
    out->at = mem_new(doc_count(list) + 1, sizeof(*out->at));
    for (size_t i = 0; i < doc_count(list); i++) {
        struct draft *draft = &out->at[out->count++];
        draft->feature = i + 1;
        if (take_feature(doc_at(list, i), keys, draft, err))
            return err_add(err, "reading feature %zu", i + 1);
    }
    return OK;
}

static int by_code(const void *a, const void *b)
{
    const struct draft *x = a, *y = b;
    int order = strcmp(x->code, y->code);
    return order ? order : (x->feature > y->feature) - (x->feature < y->feature);
}

// Moves the rings of `more` behind those of `draft`.
static void join(struct draft *draft, struct draft *more)
{
    for (size_t i = 0; i < more->rings.count; i++) {
        struct ring *ring = &more->rings.at[i];
        struct ring *copy = rings_add(&draft->rings, ring->points, ring->is_hole);
        memcpy(copy->xy, ring->xy, ring->points * 2 * sizeof(double));
    }
}

static enum err_kind make_commune(struct draft *draft, struct commune *out,
                                  struct geojson_notes *notes, struct err *err)
{
    AUTO(buf_free) struct buf wkb = buf_new(SHAPE_BYTES_MAX);
    AUTO(rings_free) struct rings kept = {0};
    bool repaired = false;
    char why[200];
    if (shape_make(&draft->rings, &wkb, &repaired, why, err))
        return err_add(err, "making the polygon of commune %s", draft->code);
    if (repaired) {
        char text[240];
        (void)snprintf(text, sizeof(text), "repaired: %s", why);
        add_note(notes, draft->code, text);
    }
    if (draft->nameless)
        add_note(notes, draft->code, "it has no name; its code stands for it");
    if (rings_of_wkb(buf_slice(&wkb), &kept, err))
        return err_add(err, "making the polygon of commune %s", draft->code);
    out->code = TAKE(draft->code);
    out->name = TAKE(draft->name);
    out->zone = TAKE(draft->zone);
    out->area_km2 = rings_area_km2(&kept);
    out->shape = (struct str){NULL, wkb.len};
    out->shape.at = buf_take(&wkb);
    return OK;
}

// Sorted drafts become communes; those of one code become one.
static enum err_kind make_communes(struct drafts *drafts, struct boundary_set *set,
                                   struct geojson_notes *notes, struct err *err)
{
    for (size_t i = 0, next; i < drafts->count; i = next) {
        struct draft *draft = &drafts->at[i];
        for (next = i + 1; next < drafts->count && strcmp(drafts->at[next].code, draft->code) == 0;
             next++) {
            if (strcmp(drafts->at[next].name, draft->name) != 0)
                return err_set(err, ERR_INPUT,
                               "features %zu and %zu have the code %s but two names (%s, %s)",
                               draft->feature, drafts->at[next].feature, draft->code, draft->name,
                               drafts->at[next].name);
            join(draft, &drafts->at[next]);
        }
        if (next > i + 1)
            add_note(notes, draft->code, "several features joined into one commune");
        if (make_commune(draft, &set->commune[set->count], notes, err))
            return err_of(err);
        set->count++;
    }
    return OK;
}

// GeoJSON is longitude and latitude of WGS 84 (RFC 7946, section 4). Files of before 2016 may name
// another system in a member "crs": numbers of VN-2000 look the same and lie 200 m off.
static enum err_kind check_crs(const struct doc *doc, struct err *err)
{
    static const char *const same[] = {"urn:ogc:def:crs:OGC:1.3:CRS84",
                                       "urn:ogc:def:crs:OGC::CRS84", "OGC:CRS84",
                                       "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"};
    const struct doc *crs = doc_get(doc, "crs");
    const char *name = doc_text(doc_get(doc_get(crs, "properties"), "name"), "one without a name");
    bool known = !crs;
    for (size_t i = 0; i < COUNT_OF(same); i++)
        known = known || strcmp(name, same[i]) == 0;
    return known
               ? OK
               : err_set(err, ERR_INPUT,
                         "its coordinates are of the system \"%.80s\"; turn them to longitude and "
                         "latitude of WGS 84 (ogr2ogr -t_srs EPSG:4326)",
                         name);
}

enum err_kind geojson_read(struct str text, const char *file, const struct geojson_keys *keys,
                           struct boundary_set **out, struct geojson_notes *notes, struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    AUTO(drafts_free) struct drafts drafts = {0};
    if (doc_parse(text, file, &doc, err))
        return err_of(err);
    const struct doc *features = doc_get(doc, "features");
    if (strcmp(doc_text(doc_get(doc, "type"), ""), "FeatureCollection") != 0 ||
        doc_count(features) == 0)
        return err_set(err, ERR_INPUT, "%s is no GeoJSON FeatureCollection with features in it",
                       file);
    if (check_crs(doc, err) || take_features(features, keys, &drafts, err))
        return err_add(err, "reading %s", file);
    qsort(drafts.at, drafts.count, sizeof(*drafts.at), by_code);
    AUTO(boundary_set_free) struct boundary_set *set = mem_new(1, sizeof(*set));
    set->commune = mem_new(drafts.count, sizeof(*set->commune));
    if (make_communes(&drafts, set, notes, err))
        return err_add(err, "reading %s", file);
    *out = TAKE(set);
    return OK;
}
