#include "ingest/weights.h"

#include "core/mem.h"
#include "ingest/mosaic.h"
#include "ingest/outline.h"
#include "ingest/raster.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const char MAGIC[8] = "gongw 1\n";

enum { WEIGHTS_BYTES_MAX = 1 << 30 };

void weights_free(struct weights **weights)
{
    if (!*weights)
        return;
    mem_free(&(*weights)->start);
    mem_free(&(*weights)->cell);
    mem_free(&(*weights)->share);
    mem_free(weights);
}

struct weights_maker {
    struct weights *weights; // being made
    size_t done, room;
    struct raster *raster; // of a rectilinear grid,
    struct mosaic *mosaic; //   or of one whose cells are polygons
    struct outline outline;
};

struct weights_maker *weights_maker_new(const struct grid *grid, size_t communes)
{
    struct weights_maker *maker = mem_new(1, sizeof(*maker));
    maker->weights = mem_new(1, sizeof(*maker->weights));
    maker->weights->communes = communes;
    maker->weights->cells = grid->rows * grid->columns;
    assert(maker->weights->cells <= UINT32_MAX);
    maker->weights->start = mem_new(communes + 1, sizeof(uint32_t));
    if (grid->corners)
        maker->mosaic = mosaic_new(grid);
    else
        maker->raster = raster_new(grid);
    return maker;
}

void weights_maker_free(struct weights_maker **maker)
{
    if (!*maker)
        return;
    weights_free(&(*maker)->weights);
    raster_free(&(*maker)->raster);
    mosaic_free(&(*maker)->mosaic);
    outline_free(&(*maker)->outline);
    mem_free(maker);
}

bool weights_maker_add(struct weights_maker *maker, struct str shape)
{
    struct weights *weights = maker->weights;
    struct overlap overlap;
    assert(maker->done < weights->communes);
    if (!outline_set(&maker->outline, shape))
        return false;
    if (maker->mosaic)
        mosaic_overlap(maker->mosaic, &maker->outline, &overlap);
    else
        raster_overlap(maker->raster, &maker->outline, &overlap);
    size_t at = weights->start[maker->done];
    if (at + overlap.count > maker->room) {
        maker->room = 2 * (at + overlap.count);
        weights->cell = mem_resize(weights->cell, maker->room, sizeof(uint32_t));
        weights->share = mem_resize(weights->share, maker->room, sizeof(double));
    }
    for (size_t i = 0; i < overlap.count && overlap.total > 0; i++) {
        double share = overlap.area[i] / overlap.total;
        if (!(share >= WEIGHTS_SHARE_MIN))
            continue;
        weights->cell[at] = overlap.cell[i];
        weights->share[at++] = fmin(share, 1);
    }
    weights->start[++maker->done] = (uint32_t)at;
    return true;
}

static size_t entries(const struct weights *weights)
{
    return weights->start[weights->communes];
}

// The same bytes as weights_write's, without a copy of them.
static struct hash hash_weights(const struct weights *weights)
{
    struct hasher hasher = hasher_new();
    hasher_add(&hasher, MAGIC, sizeof(MAGIC));
    hasher_add_u64(&hasher, weights->communes);
    hasher_add_u64(&hasher, weights->cells);
    hasher_add(&hasher, weights->start, (weights->communes + 1) * sizeof(uint32_t));
    hasher_add(&hasher, weights->cell, entries(weights) * sizeof(uint32_t));
    hasher_add(&hasher, weights->share, entries(weights) * sizeof(double));
    return hasher_end(&hasher);
}

struct weights *weights_maker_end(struct weights_maker *maker)
{
    assert(maker->done == maker->weights->communes);
    maker->weights->hash = hash_weights(maker->weights);
    return TAKE(maker->weights);
}

enum err_kind weights_make(const struct boundary_set *set, const struct grid *grid,
                           struct weights **out, struct err *err)
{
    AUTO(weights_maker_free) struct weights_maker *maker = weights_maker_new(grid, set->count);
    for (size_t c = 0; c < set->count; c++) {
        if (!weights_maker_add(maker, set->commune[c].shape))
            return err_set(err, ERR_BROKEN, "the shape of commune %s of \"%s\" is damaged",
                           set->commune[c].code, set->name);
    }
    *out = weights_maker_end(maker);
    return OK;
}

static bool has_shapes(const struct boundary_set *set)
{
    return set->count == 0 || (set->commune && set->commune[0].shape.len > 0);
}

static enum err_kind load_whole(struct map *map, const struct boundary_set *set,
                                struct boundary_set **out, struct err *err)
{
    if (boundary_set_load(map, set->name, true, out, err))
        return err_of(err);
    if (!hash_same((*out)->hash, set->hash))
        return err_set(err, ERR_BROKEN, "boundary set \"%s\" is another than before", set->name);
    return OK;
}

enum err_kind weights_for(struct map *map, const struct boundary_set *set, const struct grid *grid,
                          struct weights **out, struct err *err)
{
    AUTO(buf_free) struct buf bytes = buf_new(WEIGHTS_BYTES_MAX);
    AUTO(weights_free) struct weights *weights = NULL;
    struct hash name = grid_hash(grid), hash;
    enum err_kind kind = map_weights_get(map, set->hash, name, &hash, &bytes, err);
    if (kind == OK) {
        if (weights_read(buf_slice(&bytes), &weights, err) || !hash_same(weights->hash, hash) ||
            weights->communes != set->count || weights->cells != grid->rows * grid->columns)
            return err_set(err, ERR_BROKEN, "the weights kept for \"%s\" were changed", set->name);
        *out = TAKE(weights);
        return OK;
    }
    AUTO(boundary_set_free) struct boundary_set *whole = NULL;
    if (kind != ERR_MISSING || (!has_shapes(set) && load_whole(map, set, &whole, err)) ||
        weights_make(whole ? whole : set, grid, &weights, err))
        return err_of(err);
    weights_write(weights, &bytes);
    if (bytes.full)
        return err_set(err, ERR_BROKEN, "the weights of \"%s\" are over %d MiB", set->name,
                       WEIGHTS_BYTES_MAX >> 20);
    if (map_weights_put(map, set->hash, name, weights->hash, buf_slice(&bytes), err))
        return err_of(err);
    *out = TAKE(weights);
    return OK;
}

// --- as bytes
// -------------------------------------------------------------------------------------

static void put_u64(struct buf *out, uint64_t number)
{
    buf_add(out, &number, sizeof(number));
}

void weights_write(const struct weights *weights, struct buf *out)
{
    size_t count = weights->start[weights->communes];
    buf_add(out, MAGIC, sizeof(MAGIC));
    put_u64(out, weights->communes);
    put_u64(out, weights->cells);
    buf_add(out, weights->start, (weights->communes + 1) * sizeof(uint32_t));
    buf_add(out, weights->cell, count * sizeof(uint32_t));
    buf_add(out, weights->share, count * sizeof(double));
}

static bool is_sound(const struct weights *weights)
{
    for (size_t i = 0; i < weights->start[weights->communes]; i++) {
        if (weights->cell[i] >= weights->cells ||
            !(weights->share[i] >= WEIGHTS_SHARE_MIN && weights->share[i] <= 1))
            return false;
    }
    for (size_t c = 0; c < weights->communes; c++) {
        if (weights->start[c] > weights->start[c + 1])
            return false;
    }
    return weights->start[0] == 0;
}

static bool take_weights(struct str *rest, struct weights *weights)
{
    char magic[sizeof(MAGIC)];
    uint64_t communes, cells;
    if (!str_take_bytes(rest, magic, sizeof(magic)) || memcmp(magic, MAGIC, sizeof(MAGIC)) != 0 ||
        !str_take_bytes(rest, &communes, sizeof(communes)) ||
        !str_take_bytes(rest, &cells, sizeof(cells)) || communes >= rest->len / sizeof(uint32_t) ||
        cells > UINT32_MAX)
        return false;
    weights->communes = communes;
    weights->cells = cells;
    weights->start = mem_new(communes + 1, sizeof(uint32_t));
    if (!str_take_bytes(rest, weights->start, (communes + 1) * sizeof(uint32_t)))
        return false;
    size_t count = weights->start[communes];
    if (rest->len != count * (sizeof(uint32_t) + sizeof(double)))
        return false;
    weights->cell = mem_new(count + 1, sizeof(uint32_t));
    weights->share = mem_new(count + 1, sizeof(double));
    return str_take_bytes(rest, weights->cell, count * sizeof(uint32_t)) &&
           str_take_bytes(rest, weights->share, count * sizeof(double)) && is_sound(weights);
}

enum err_kind weights_read(struct str bytes, struct weights **out, struct err *err)
{
    AUTO(weights_free) struct weights *weights = mem_new(1, sizeof(*weights));
    struct str rest = bytes;
    if (!take_weights(&rest, weights))
        return err_set(err, ERR_INPUT, "the bytes are no weights");
    weights->hash = hash_of(bytes);
    *out = TAKE(weights);
    return OK;
}
