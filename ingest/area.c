#include "ingest/area.h"

#include "core/mem.h"
#include "ingest/aggregate.h"
#include "ingest/box.h"
#include "ingest/weights.h"

#include <string.h>

enum { AREAS_MAX = 16 };

struct areas {
    struct map *map;
    size_t count;
    struct area area[AREAS_MAX];
};

struct areas *areas_new(struct map *map)
{
    struct areas *areas = mem_new(1, sizeof(*areas));
    areas->map = map;
    return areas;
}

void areas_free(struct areas **areas)
{
    if (!*areas)
        return;
    for (size_t i = 0; i < (*areas)->count; i++) {
        aggregate_free(&(*areas)->area[i].aggregate);
        weights_free(&(*areas)->area[i].weights);
        boundary_set_free(&(*areas)->area[i].set);
        needs_free(&(*areas)->area[i].needs);
    }
    mem_free(areas);
}

enum err_kind areas_find(struct areas *areas, const char *name, struct area **out, struct err *err)
{
    for (size_t i = 0; i < areas->count; i++) {
        if (strcmp(areas->area[i].set->name, name) == 0) {
            *out = &areas->area[i];
            return OK;
        }
    }
    if (areas->count == AREAS_MAX)
        return err_set(err, ERR_BROKEN, "more than %d boundary sets are in use", AREAS_MAX);
    struct area area = {0};
    if (boundary_set_load(areas->map, name, true, &area.set, err))
        return err->kind;
    if (box_around(area.set, &area.box, err)) {
        boundary_set_free(&area.set);
        return err->kind;
    }
    area.needs = needs_new();
    area.box.needs = area.needs.text;
    areas->area[areas->count] = area;
    *out = &areas->area[areas->count++];
    return OK;
}

enum err_kind areas_weigh(struct areas *areas, struct area *area, const struct grid *grid,
                          const char *url, struct err *err)
{
    struct hash hash = grid_hash(grid);
    if (area->weights && hash_same(hash, area->grid))
        return OK;
    aggregate_free(&area->aggregate);
    weights_free(&area->weights);
    if (weights_for(areas->map, area->set, grid, &area->weights, err)) {
        // Not the file's fault: the file must not be refused for it.
        err->kind = err->kind == ERR_INPUT ? ERR_BROKEN : err->kind;
        return err_add(err, "weighing the grid of %s", url);
    }
    area->aggregate = aggregate_new(area->weights);
    area->grid = hash;
    needs_add(&area->needs, hash, area->weights);
    area->box.needs = area->needs.text;
    return OK;
}
