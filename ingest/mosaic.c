#include "ingest/mosaic.h"

#include "core/mem.h"
#include "ingest/grid.h"
#include "ingest/outline.h"
#include "ingest/raster.h"
#include "ingest/rings.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double RADIANS = M_PI / 180;
// Buckets along one axis at most: 16 million of them are 64 MB.
enum { BUCKETS_MAX = 4096 };

struct box {
    double west, east, south, north;
};

struct mosaic {
    const struct grid *grid;
    size_t cells;
    struct box *box; // [cells]
    // Buckets, row by row from the south-west corner of `whole`; each names the cells whose box
    // touches it.
    struct box whole;
    size_t rows, columns;
    uint32_t *first;  // [rows x columns + 1]
    uint32_t *member; // cells
    // Of the shape in hand.
    uint32_t *seen; // [cells] number of the search that last met the cell
    uint32_t search;
    uint32_t *cell;
    double *area;
    size_t count, room;
    double *from, *to; // a ring as it is being cut
    size_t from_room, to_room;
};

static const double *corners_of(const struct mosaic *mosaic, size_t cell)
{
    return mosaic->grid->corner + 2 * cell * mosaic->grid->corners;
}

static struct box box_of(const double *xy, size_t points)
{
    struct box box = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t i = 0; i < points; i++) {
        box.west = fmin(box.west, xy[2 * i]);
        box.east = fmax(box.east, xy[2 * i]);
        box.south = fmin(box.south, xy[2 * i + 1]);
        box.north = fmax(box.north, xy[2 * i + 1]);
    }
    return box;
}

static bool has_size(const struct box *box)
{
    return box->east > box->west && box->north > box->south;
}

// --- buckets
// --------------------------------------------------------------------------------------

static size_t bucket_of(double value, double low, double high, size_t count)
{
    double at = (value - low) / (high - low) * (double)count;
    return at <= 0 ? 0 : at >= (double)count ? count - 1 : (size_t)at;
}

struct span {
    size_t row, row_end, column, column_end; // the ends are inside
};

static struct span span_of(const struct mosaic *mosaic, const struct box *box)
{
    const struct box *all = &mosaic->whole;
    return (struct span){
        bucket_of(box->south, all->south, all->north, mosaic->rows),
        bucket_of(box->north, all->south, all->north, mosaic->rows),
        bucket_of(box->west, all->west, all->east, mosaic->columns),
        bucket_of(box->east, all->west, all->east, mosaic->columns),
    };
}

// Counts the cells of each bucket, or puts them in: twice the same walk.
static void fill_buckets(struct mosaic *mosaic, uint32_t *at, bool put)
{
    for (size_t c = 0; c < mosaic->cells; c++) {
        if (!has_size(&mosaic->box[c]))
            continue;
        struct span span = span_of(mosaic, &mosaic->box[c]);
        for (size_t row = span.row; row <= span.row_end; row++) {
            for (size_t column = span.column; column <= span.column_end; column++) {
                uint32_t *end = &at[row * mosaic->columns + column];
                if (put)
                    mosaic->member[*end] = (uint32_t)c;
                (*end)++;
            }
        }
    }
}

static void make_buckets(struct mosaic *mosaic)
{
    size_t side = (size_t)ceil(sqrt((double)mosaic->cells));
    mosaic->rows = mosaic->columns = side < BUCKETS_MAX ? side : BUCKETS_MAX;
    size_t buckets = mosaic->rows * mosaic->columns;
    mosaic->first = mem_new(buckets + 2, sizeof(*mosaic->first));
    // Shifted by one, so that after the second walk each bucket's end is the next one's start.
    fill_buckets(mosaic, mosaic->first + 2, false);
    for (size_t i = 2; i < buckets + 2; i++)
        mosaic->first[i] += mosaic->first[i - 1];
    mosaic->member = mem_new(mosaic->first[buckets + 1] + 1, sizeof(*mosaic->member));
    fill_buckets(mosaic, mosaic->first + 1, true);
}

struct mosaic *mosaic_new(const struct grid *grid)
{
    assert(grid->corners >= 3 && grid->corners <= GRID_CORNERS_MAX);
    struct mosaic *mosaic = mem_new(1, sizeof(*mosaic));
    mosaic->grid = grid;
    mosaic->cells = grid->rows * grid->columns;
    mosaic->box = mem_new(mosaic->cells + 1, sizeof(*mosaic->box));
    mosaic->seen = mem_new(mosaic->cells + 1, sizeof(*mosaic->seen));
    mosaic->whole = (struct box){INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t c = 0; c < mosaic->cells; c++) {
        mosaic->box[c] = box_of(corners_of(mosaic, c), grid->corners);
        if (!has_size(&mosaic->box[c]))
            continue;
        mosaic->whole.west = fmin(mosaic->whole.west, mosaic->box[c].west);
        mosaic->whole.east = fmax(mosaic->whole.east, mosaic->box[c].east);
        mosaic->whole.south = fmin(mosaic->whole.south, mosaic->box[c].south);
        mosaic->whole.north = fmax(mosaic->whole.north, mosaic->box[c].north);
    }
    make_buckets(mosaic);
    return mosaic;
}

void mosaic_free(struct mosaic **mosaic)
{
    if (!*mosaic)
        return;
    mem_free(&(*mosaic)->box);
    mem_free(&(*mosaic)->first);
    mem_free(&(*mosaic)->member);
    mem_free(&(*mosaic)->seen);
    mem_free(&(*mosaic)->cell);
    mem_free(&(*mosaic)->area);
    mem_free(&(*mosaic)->from);
    mem_free(&(*mosaic)->to);
    mem_free(mosaic);
}

// --- one ring and one cell
// ------------------------------------------------------------------------

static double *room_for(double **at, size_t *room, size_t points)
{
    if (points > *room) {
        *room = 2 * points;
        *at = mem_resize(*at, *room, 2 * sizeof(double));
    }
    return *at;
}

// How far a point lies to the left of the line from a to b (times its length).
static double left_of(const double *a, const double *b, const double *at)
{
    return (b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0]);
}

// Keeps what of an open ring lies to the left of the line from a to b; gives its points.
static size_t cut(const double *a, const double *b, const double *ring, size_t points, double *out)
{
    size_t kept = 0;
    const double *before = ring + 2 * (points - 1);
    double left_before = left_of(a, b, before);
    for (size_t i = 0; i < points; i++) {
        const double *at = ring + 2 * i;
        double left = left_of(a, b, at);
        if ((left > 0 && left_before < 0) || (left < 0 && left_before > 0)) {
            double share = left_before / (left_before - left);
            out[2 * kept] = before[0] + share * (at[0] - before[0]);
            out[2 * kept++ + 1] = before[1] + share * (at[1] - before[1]);
        }
        if (left >= 0) {
            out[2 * kept] = at[0];
            out[2 * kept++ + 1] = at[1];
        }
        before = at;
        left_before = left;
    }
    return kept;
}

// Signed area on the unit sphere of an open ring: positive when it runs with the clock.
static double area_of(const double *xy, size_t points)
{
    double sum = 0, base = points ? xy[1] * RADIANS : 0;
    for (size_t i = 0; i < points; i++) {
        const double *a = xy + 2 * i, *b = xy + 2 * (i + 1 < points ? i + 1 : 0);
        if (a[0] != b[0])
            sum +=
                (b[0] - a[0]) * RADIANS * rings_mean_height(a[1] * RADIANS, b[1] * RADIANS, base);
    }
    return sum;
}

// Area of a ring (moved by `turn` degrees) within a convex polygon that runs counter-clockwise.
static double area_within(struct mosaic *mosaic, const double *xy, size_t points, double turn,
                          const double *corner, size_t corners)
{
    // A cut through n points leaves at most 2 n.
    double *from = room_for(&mosaic->from, &mosaic->from_room, 2 * points + 2);
    size_t count = 0;
    for (size_t i = 0; i < points; i++, count++) {
        from[2 * count] = xy[2 * i] + turn;
        from[2 * count + 1] = xy[2 * i + 1];
    }
    for (size_t k = 0; k < corners && count > 0; k++) {
        const double *a = corner + 2 * k, *b = corner + 2 * (k + 1 < corners ? k + 1 : 0);
        if (a[0] == b[0] && a[1] == b[1])
            continue;
        double *to = room_for(&mosaic->to, &mosaic->to_room, 2 * count + 2);
        count = cut(a, b, mosaic->from, count, to);
        double *swap = mosaic->from;
        size_t swap_room = mosaic->from_room;
        mosaic->from = mosaic->to;
        mosaic->from_room = mosaic->to_room;
        mosaic->to = swap;
        mosaic->to_room = swap_room;
    }
    return area_of(mosaic->from, count);
}

static bool is_convex(const double *corner, size_t corners)
{
    for (size_t k = 0; k < corners; k++) {
        const double *a = corner + 2 * k, *b = corner + 2 * ((k + 1) % corners),
                     *c = corner + 2 * ((k + 2) % corners);
        if (left_of(a, b, c) < 0)
            return false;
    }
    return true;
}

static double ring_in_cell(struct mosaic *mosaic, const double *xy, size_t points, double turn,
                           const double *corner)
{
    size_t corners = mosaic->grid->corners;
    if (is_convex(corner, corners))
        return area_within(mosaic, xy, points, turn, corner, corners);
    double sum = 0;
    for (size_t k = 1; k + 1 < corners; k++) {
        const double *b = corner + 2 * k, *c = corner + 2 * (k + 1);
        double left = left_of(corner, b, c);
        const double *second = left > 0 ? b : c, *third = left > 0 ? c : b;
        double triangle[] = {corner[0], corner[1], second[0], second[1], third[0], third[1]};
        if (left != 0)
            sum += (left > 0 ? 1 : -1) * area_within(mosaic, xy, points, turn, triangle, 3);
    }
    return sum;
}

// --- one shape
// ------------------------------------------------------------------------------------

static bool touches(const struct box *a, const struct box *b)
{
    return a->west < b->east && a->east > b->west && a->south < b->north && a->north > b->south;
}

static void keep(struct mosaic *mosaic, size_t cell, double area)
{
    if (mosaic->count == mosaic->room) {
        mosaic->room = mosaic->room ? 2 * mosaic->room : 256;
        mosaic->cell = mem_resize(mosaic->cell, mosaic->room, sizeof(uint32_t));
        mosaic->area = mem_resize(mosaic->area, mosaic->room, sizeof(double));
    }
    mosaic->cell[mosaic->count] = (uint32_t)cell;
    mosaic->area[mosaic->count++] = area;
}

static void add_cell(struct mosaic *mosaic, const struct outline *outline, double turn, size_t cell)
{
    double sum = 0;
    for (size_t r = 0; r < outline->rings; r++) {
        const struct outline_ring *ring = &outline->ring[r]; // without its last point, the first
        sum += ring->sign * ring_in_cell(mosaic, outline->xy + 2 * ring->first, ring->points - 1,
                                         turn, corners_of(mosaic, cell));
    }
    if (sum != 0)
        keep(mosaic, cell, sum);
}

static void search(struct mosaic *mosaic, const struct outline *outline, double turn)
{
    struct box box = {outline->west + turn, outline->east + turn, outline->south, outline->north};
    if (!touches(&box, &mosaic->whole))
        return;
    struct span span = span_of(mosaic, &box);
    mosaic->search++;
    for (size_t row = span.row; row <= span.row_end; row++) {
        size_t begin = mosaic->first[row * mosaic->columns + span.column];
        size_t end = mosaic->first[row * mosaic->columns + span.column_end + 1];
        for (size_t i = begin; i < end; i++) {
            uint32_t cell = mosaic->member[i];
            if (mosaic->seen[cell] == mosaic->search || !touches(&box, &mosaic->box[cell]))
                continue;
            mosaic->seen[cell] = mosaic->search;
            add_cell(mosaic, outline, turn, cell);
        }
    }
}

struct pair {
    uint32_t cell;
    double area;
};

static int by_cell(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

// Puts the cells in order, and those that came on two turns of the globe together.
static void sort(struct mosaic *mosaic)
{
    AUTO(mem_drop) struct pair *pairs = mem_new(mosaic->count + 1, sizeof(*pairs));
    size_t kept = 0;
    for (size_t i = 0; i < mosaic->count; i++)
        pairs[i] = (struct pair){mosaic->cell[i], mosaic->area[i]};
    qsort(pairs, mosaic->count, sizeof(*pairs), by_cell);
    for (size_t i = 0; i < mosaic->count; i++) {
        if (kept && mosaic->cell[kept - 1] == pairs[i].cell) {
            mosaic->area[kept - 1] += pairs[i].area;
            continue;
        }
        mosaic->cell[kept] = pairs[i].cell;
        mosaic->area[kept++] = pairs[i].area;
    }
    mosaic->count = kept;
}

void mosaic_overlap(struct mosaic *mosaic, const struct outline *outline, struct overlap *out)
{
    mosaic->count = 0;
    for (int turn = -360; turn <= 360; turn += 360)
        search(mosaic, outline, turn);
    sort(mosaic);
    *out = (struct overlap){mosaic->count, mosaic->cell, mosaic->area, outline_area(outline)};
}
