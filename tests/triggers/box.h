#ifndef GONG_TESTS_TRIGGERS_BOX_H
#define GONG_TESTS_TRIGGERS_BOX_H

#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

// Boxes in degrees as the shape of a commune: WKB of a multipolygon, as the ingest room writes it.
struct box {
    double west, south, east, north;
};

static inline void box_number(struct buf *out, uint32_t number)
{
    buf_add(out, (const char *)&number, sizeof(number));
}

static inline void box_wkb(const struct box *box, size_t count, struct buf *out)
{
    buf_char(out, 1);
    box_number(out, 6);
    box_number(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        const double xy[] = {box[i].west,  box[i].south, box[i].east,  box[i].south, box[i].east,
                             box[i].north, box[i].west,  box[i].north, box[i].west,  box[i].south};
        buf_char(out, 1);
        box_number(out, 3);
        box_number(out, 1);
        box_number(out, 5);
        buf_add(out, (const char *)xy, sizeof(xy));
    }
}

#endif
