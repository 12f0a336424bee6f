#include "ingest/places.h"

#include "core/mem.h"
#include "ingest/box.h"
#include "ledger/centre.h"

#include <math.h>
#include <string.h>

static const char MAGIC[8] = "gongp 3\n";
// Under the hash of this they are kept where the weights are, which have the hash of a grid.
static const char KEPT_AS[] = "gong places 3";

enum { BYTES_MAX = 1 << 25 };

void places_free(struct places **places)
{
    if (!*places)
        return;
    mem_free(&(*places)->place);
    mem_free(&(*places)->texts);
    mem_free(places);
}

// As bytes: the head, the centres, then code, name and zone of each, each with its NUL.
static void write_places(const struct boundary_set *set, const struct wanted_list *box,
                         struct buf *out)
{
    const int32_t side[] = {box->west_milli, box->south_milli, box->east_milli, box->north_milli};
    uint64_t count = set->count;
    buf_add(out, MAGIC, sizeof(MAGIC));
    buf_add(out, &count, sizeof(count));
    buf_add(out, side, sizeof(side));
    for (size_t i = 0; i < set->count; i++) {
        // The very numbers that distances between communes are measured with: a series of a past
        // has the neighbours that the live engine has. NaN when there is no polygon.
        double centre[2] = {NAN, NAN};
        (void)centre_of_shape(set->commune[i].shape, &centre[0], &centre[1]);
        buf_add(out, centre, sizeof(centre));
    }
    for (size_t i = 0; i < set->count; i++) {
        const struct commune *commune = &set->commune[i];
        const char *const text[] = {commune->code, commune->name, commune->zone};
        for (size_t k = 0; k < COUNT_OF(text); k++)
            buf_add(out, text[k], strlen(text[k]) + 1);
    }
}

static bool take_text(struct str *rest, const char **out)
{
    const char *end = rest->len ? memchr(rest->at, '\0', rest->len) : NULL;
    if (!end)
        return false;
    *out = rest->at;
    rest->len -= (size_t)(end + 1 - rest->at);
    rest->at = end + 1;
    return true;
}

// `places` has set and count.
static bool read_places(struct str bytes, struct places *places)
{
    char magic[sizeof(MAGIC)];
    uint64_t count;
    bool good = str_take_bytes(&bytes, magic, sizeof(magic)) &&
                memcmp(magic, MAGIC, sizeof(magic)) == 0 &&
                str_take_bytes(&bytes, &count, sizeof(count)) && count == places->count &&
                str_take_bytes(&bytes, places->side_milli, sizeof(places->side_milli));
    places->place = mem_new(places->count + 1, sizeof(*places->place));
    for (size_t i = 0; good && i < places->count; i++) {
        struct series_place *place = &places->place[i];
        good = str_take_bytes(&bytes, &place->lat, sizeof(place->lat)) &&
               str_take_bytes(&bytes, &place->lon, sizeof(place->lon));
    }
    if (!good)
        return false;
    places->texts = mem_new(bytes.len + 1, 1);
    memcpy(places->texts, bytes.at, bytes.len);
    struct str rest = {places->texts, bytes.len};
    for (size_t i = 0; good && i < places->count; i++) {
        struct series_place *place = &places->place[i];
        good = take_text(&rest, &place->code) && take_text(&rest, &place->name) &&
               take_text(&rest, &place->zone);
    }
    return good && rest.len == 0;
}

// Makes them of the polygons, and keeps them under `name`.
static enum err_kind make(struct map *map, const char *boundary_set, struct hash name,
                          struct buf *bytes, struct err *err)
{
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    struct wanted_list box = {0};
    if (boundary_set_load(map, boundary_set, true, &set, err) || box_around(set, &box, err))
        return err_of(err);
    write_places(set, &box, bytes);
    if (bytes->full)
        return err_set(err, ERR_BROKEN, "the places of \"%s\" are over %d MiB", boundary_set,
                       BYTES_MAX >> 20);
    return map_weights_put(map, set->hash, name, hash_of(buf_slice(bytes)), buf_slice(bytes), err);
}

enum err_kind places_for(struct map *map, const char *boundary_set, struct places **out,
                         struct err *err)
{
    AUTO(buf_free) struct buf bytes = buf_new(BYTES_MAX);
    AUTO(places_free) struct places *places = mem_new(1, sizeof(*places));
    struct hash hash, name = hash_of(str_of(KEPT_AS));
    if (boundary_set_head(map, boundary_set, &places->set, &places->count, err))
        return err_of(err);
    enum err_kind kind = map_weights_get(map, places->set, name, &hash, &bytes, err);
    if (kind == ERR_MISSING) {
        kind = make(map, boundary_set, name, &bytes, err);
        hash = hash_of(buf_slice(&bytes));
    }
    if (kind)
        return err_of(err);
    if (!hash_same(hash_of(buf_slice(&bytes)), hash) || !read_places(buf_slice(&bytes), places))
        return err_set(err, ERR_BROKEN, "the places kept for \"%s\" were changed", boundary_set);
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
