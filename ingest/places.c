#include "ingest/places.h"

#include "core/mem.h"
#include "ingest/box.h"
#include "ingest/rings.h"

#include <math.h>
#include <string.h>

static const char MAGIC[8] = "gongp 1\n";
// Under this name they are kept where the weights are, which are kept by the hash of a grid.
static const char KEPT_AS[] = "places of the set itself, on no grid";

enum { BYTES_MAX = 1 << 25 };

void places_free(struct places **places)
{
    if (!*places)
        return;
    mem_free(&(*places)->latitude);
    mem_free(&(*places)->longitude);
    mem_free(places);
}

// Of a shape's outer rings, by area; NaN when there is none.
static void find_middle(struct str shape, double *lat, double *lon)
{
    AUTO(rings_free) struct rings rings = {0};
    struct err err = {0};
    double weight = 0, x_sum = 0, y_sum = 0;
    *lat = *lon = NAN;
    if (shape.len == 0 || rings_of_wkb(shape, &rings, &err))
        return;
    for (size_t r = 0; r < rings.count; r++) {
        const struct ring *ring = &rings.at[r];
        double whole = ring->is_hole ? 0 : ring_turn(ring), sign = whole < 0 ? -1 : whole > 0;
        for (size_t i = 0; sign != 0 && i + 1 < ring->points; i++) {
            const double *a = ring->xy + 2 * i, *b = a + 2;
            double turn = sign * (a[0] * b[1] - b[0] * a[1]);
            x_sum += (a[0] + b[0]) * turn;
            y_sum += (a[1] + b[1]) * turn;
            weight += turn;
        }
    }
    if (weight <= 0)
        return;
    *lon = x_sum / (3 * weight);
    *lat = y_sum / (3 * weight);
}

static struct places *new_places(struct hash set, size_t count)
{
    struct places *places = mem_new(1, sizeof(*places));
    places->set = set;
    places->count = count;
    places->latitude = mem_new(count + 1, sizeof(*places->latitude));
    places->longitude = mem_new(count + 1, sizeof(*places->longitude));
    return places;
}

static enum err_kind make(struct map *map, const char *name, struct places **out, struct err *err)
{
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    struct wanted_list box = {0};
    if (boundary_set_load(map, name, true, &set, err) || box_around(set, &box, err))
        return err_of(err);
    struct places *places = new_places(set->hash, set->count);
    for (size_t i = 0; i < set->count; i++)
        find_middle(set->commune[i].shape, &places->latitude[i], &places->longitude[i]);
    const int32_t side[] = {box.west_milli, box.south_milli, box.east_milli, box.north_milli};
    memcpy(places->side_milli, side, sizeof(side));
    *out = places;
    return OK;
}

static void write_places(struct places *places, struct buf *out)
{
    uint64_t count = places->count;
    buf_add(out, MAGIC, sizeof(MAGIC));
    buf_add(out, &count, sizeof(count));
    buf_add(out, places->side_milli, sizeof(places->side_milli));
    buf_add(out, places->latitude, places->count * sizeof(double));
    buf_add(out, places->longitude, places->count * sizeof(double));
}

static bool read_places(struct str bytes, struct places *places)
{
    char magic[sizeof(MAGIC)];
    uint64_t count;
    return str_take_bytes(&bytes, magic, sizeof(magic)) &&
           memcmp(magic, MAGIC, sizeof(magic)) == 0 &&
           str_take_bytes(&bytes, &count, sizeof(count)) && count == places->count &&
           str_take_bytes(&bytes, places->side_milli, sizeof(places->side_milli)) &&
           str_take_bytes(&bytes, places->latitude, places->count * sizeof(double)) &&
           str_take_bytes(&bytes, places->longitude, places->count * sizeof(double)) &&
           bytes.len == 0;
}

enum err_kind places_for(struct map *map, const char *boundary_set, struct places **out,
                         struct err *err)
{
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    AUTO(places_free) struct places *places = NULL;
    struct hash set, hash, name = hash_of(str_of(KEPT_AS));
    size_t count = 0;
    if (boundary_set_head(map, boundary_set, &set, &count, err))
        return err_of(err);
    enum err_kind kind = map_weights_get(map, set, name, &hash, &bytes, err);
    if (kind == OK) {
        places = new_places(set, count);
        if (!hash_same(hash_of(buf_slice(&bytes)), hash) || !read_places(buf_slice(&bytes), places))
            return err_set(err, ERR_BROKEN, "the places kept for \"%s\" were changed",
                           boundary_set);
        *out = TAKE(places);
        return OK;
    }
    if (kind != ERR_MISSING || make(map, boundary_set, &places, err))
        return err_of(err);
    write_places(places, &bytes);
    if (bytes.full)
        return err_set(err, ERR_BROKEN, "the places of \"%s\" are over %d MiB", boundary_set,
                       BYTES_MAX >> 20);
    if (map_weights_put(map, set, name, hash_of(buf_slice(&bytes)), buf_slice(&bytes), err))
        return err_of(err);
    *out = TAKE(places);
    return OK;
}

void places_box(const struct places *places, struct wanted_list *list)
{
    list->has_box = true;
    list->west_milli = places->side_milli[0];
    list->south_milli = places->side_milli[1];
    list->east_milli = places->side_milli[2];
    list->north_milli = places->side_milli[3];
}
