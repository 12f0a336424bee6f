#include "ingest/pair.h"

#include <math.h>
#include <stdio.h>

static bool same_step(const struct grid_step *a, const struct grid_step *b)
{
    return a->valid_from.s == b->valid_from.s && a->valid_to.s == b->valid_to.s &&
           a->issued_at.s == b->issued_at.s && a->member == b->member;
}

enum err_kind pair_join(struct frame *east, const struct frame *north, const char *variable,
                        struct err *err)
{
    size_t cells = east->grid.rows * east->grid.columns;
    if (!hash_same(grid_hash(&east->grid), grid_hash(&north->grid)))
        return err_set(err, ERR_INPUT, "the two components of the wind are on two grids");
    if (east->count != north->count)
        return err_set(err, ERR_INPUT, "the components of the wind are of %zu and of %zu steps",
                       east->count, north->count);
    if (east->next != north->next)
        return err_set(err, ERR_INPUT, "the components of the wind are of other times");
    for (size_t i = 0; i < east->count; i++) {
        if (!same_step(&east->step[i], &north->step[i]))
            return err_set(err, ERR_INPUT, "the eastward wind is of %s, the northward one of %s",
                           utc_text(east->step[i].valid_to).at,
                           utc_text(north->step[i].valid_to).at);
    }
    for (size_t i = 0; i < east->count; i++) {
        struct grid_step *step = &east->step[i];
        float *out = east->value + i * cells;
        const float *other = north->value + i * cells;
        (void)snprintf(step->variable, sizeof(step->variable), "%s", variable);
        for (size_t c = 0; c < cells; c++)
            out[c] = (float)hypot((double)out[c], (double)other[c]);
    }
    return OK;
}
