#include "ingest/weights.h"

#include "core/mem.h"
#include "ingest/rings.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double RADIANS = M_PI / 180;
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

// --- one commune
// ----------------------------------------------------------------------------------

// The part of the grid that a commune's box touches, with what the edges added up so far.
struct window {
    const struct grid *grid;
    size_t row, column;   // of its south-west cell
    size_t rows, columns; // its size; 0 when the commune lies beside the grid
    double *part;         // [rows x columns] area between the edges in a cell and the cell's foot
    double *over; // [(rows + 1) x columns] width of the edges above; the last row is the sky
    size_t room;
};

static void window_free(struct window *window)
{
    mem_free(&window->part);
    mem_free(&window->over);
}

// The last i with edge[i] <= value, for edge[0] <= value; at most count - 1.
static size_t cell_of(const double *edge, size_t count, double value)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (edge[middle] <= value)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct box {
    double west, east, south, north;
};

static struct box box_of(const struct rings *rings)
{
    struct box box = {INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t r = 0; r < rings->count; r++) {
        for (size_t i = 0; i < rings->at[r].points; i++) {
            const double *xy = &rings->at[r].xy[2 * i];
            box.west = fmin(box.west, xy[0]);
            box.east = fmax(box.east, xy[0]);
            box.south = fmin(box.south, xy[1]);
            box.north = fmax(box.north, xy[1]);
        }
    }
    return box;
}

// The cells from the one that holds `low` to the one that holds `high`; none when outside.
static size_t stretch(const double *edge, size_t count, double low, double high, size_t *first)
{
    if (!(high > edge[0] && low < edge[count]))
        return 0;
    *first = low <= edge[0] ? 0 : cell_of(edge, count, low);
    size_t last = high >= edge[count] ? count - 1 : cell_of(edge, count, high);
    return last - *first + 1;
}

// Sets the window to the commune's box, moved by `turn` degrees; false when nothing of it is there.
static bool window_set(struct window *window, const struct grid *grid, struct box box, double turn)
{
    window->grid = grid;
    window->columns =
        stretch(grid->longitude, grid->columns, box.west + turn, box.east + turn, &window->column);
    window->rows = stretch(grid->latitude, grid->rows, box.south, box.north, &window->row);
    if (window->columns == 0 || window->rows == 0)
        return false;
    size_t need = (window->rows + 1) * window->columns;
    if (need > window->room) {
        window->room = need * 2;
        window->part = mem_resize(window->part, window->room, sizeof(double));
        window->over = mem_resize(window->over, window->room, sizeof(double));
    }
    memset(window->part, 0, need * sizeof(double));
    memset(window->over, 0, need * sizeof(double));
    return true;
}

// A straight edge, or a piece of one, that runs from west to east.
struct edge {
    double x0, y0, x1, y1; // degrees
    double sign;           // -1 when the ring runs from east to west here
};

static double edge_y(const struct edge *edge, double x)
{
    return edge->y0 + (edge->y1 - edge->y0) * ((x - edge->x0) / (edge->x1 - edge->x0));
}

static double edge_x(const struct edge *edge, double y)
{
    return edge->x0 + (edge->x1 - edge->x0) * ((y - edge->y0) / (edge->y1 - edge->y0));
}

// Adds a piece that lies within one cell (row == rows: above all of them).
static void add_piece(struct window *window, size_t row, size_t column, const struct edge *piece)
{
    double width = piece->sign * (piece->x1 - piece->x0) * RADIANS;
    window->over[row * window->columns + column] += width;
    if (row == window->rows)
        return;
    double foot = window->grid->latitude[window->row + row] * RADIANS;
    window->part[row * window->columns + column] +=
        width * rings_mean_height(piece->y0 * RADIANS, piece->y1 * RADIANS, foot);
}

// Cuts a piece that lies within one column at the lines of latitude. Below the window is nothing
// to add: there it stands over no cell.
static void add_column(struct window *window, size_t column, const struct edge *piece)
{
    const double *line = &window->grid->latitude[window->row];
    bool rises = piece->y1 > piece->y0;
    double low = fmin(piece->y0, piece->y1), high = fmax(piece->y0, piece->y1);
    if (high <= line[0])
        return;
    size_t row = low <= line[0]              ? 0
                 : low >= line[window->rows] ? window->rows
                                             : cell_of(line, window->rows, low);
    double y = fmax(low, line[0]);
    for (; row <= window->rows && (y < high || low == high); row++) {
        double top = row == window->rows ? high : fmin(high, line[row + 1]);
        struct edge cut = *piece;
        if (y > low)
            *(rises ? &cut.x0 : &cut.x1) = edge_x(piece, y);
        if (top < high)
            *(rises ? &cut.x1 : &cut.x0) = edge_x(piece, top);
        cut.y0 = rises ? y : top;
        cut.y1 = rises ? top : y;
        add_piece(window, row, column, &cut);
        y = top;
        if (low == high)
            return;
    }
}

// Cuts an edge at the lines of longitude. What lies beside the window is beside the grid as well.
static void add_edge(struct window *window, const struct edge *edge)
{
    const double *line = &window->grid->longitude[window->column];
    double west = fmax(edge->x0, line[0]), east = fmin(edge->x1, line[window->columns]);
    if (!(east > west))
        return;
    for (size_t column = cell_of(line, window->columns, west); west < east; column++) {
        double end = fmin(east, line[column + 1]);
        struct edge piece = *edge;
        piece.x0 = west;
        piece.y0 = west > edge->x0 ? edge_y(edge, west) : edge->y0;
        piece.x1 = end;
        piece.y1 = end < edge->x1 ? edge_y(edge, end) : edge->y1;
        add_column(window, column, &piece);
        west = end;
    }
}

static void add_ring(struct window *window, const struct ring *ring, double turn)
{
    // With the clock the edges that run east are the upper ones: they count for more area.
    double sign = (ring_turn(ring) < 0) != ring->is_hole ? 1 : -1;
    for (size_t i = 1; i < ring->points; i++) {
        const double *a = &ring->xy[2 * i - 2], *b = &ring->xy[2 * i];
        if (a[0] < b[0])
            add_edge(window, &(struct edge){a[0] + turn, a[1], b[0] + turn, b[1], sign});
        else if (a[0] > b[0])
            add_edge(window, &(struct edge){b[0] + turn, b[1], a[0] + turn, a[1], -sign});
    }
}

// --- all communes
// ---------------------------------------------------------------------------------

struct maker {
    struct weights *weights; // being made
    size_t room;
    struct window window;
};

static void maker_free(struct maker *maker)
{
    weights_free(&maker->weights);
    window_free(&maker->window);
}

static void keep(struct maker *maker, size_t at, uint32_t cell, double share)
{
    if (at == maker->room) {
        maker->room = maker->room ? maker->room * 2 : 1024;
        maker->weights->cell = mem_resize(maker->weights->cell, maker->room, sizeof(uint32_t));
        maker->weights->share = mem_resize(maker->weights->share, maker->room, sizeof(double));
    }
    maker->weights->cell[at] = cell;
    maker->weights->share[at] = share;
}

// Runs down each column from the sky: an edge above stands over the whole of a cell.
static void sum_columns(struct window *window)
{
    const double *latitude = window->grid->latitude;
    for (size_t row = window->rows; row-- > 0;) {
        double bottom = latitude[window->row + row] * RADIANS;
        double top = latitude[window->row + row + 1] * RADIANS;
        double height = 2 * cos(0.5 * (top + bottom)) * sin(0.5 * (top - bottom));
        double *over = &window->over[row * window->columns];
        for (size_t column = 0; column < window->columns; column++) {
            double above = over[window->columns + column];
            window->part[row * window->columns + column] += height * above;
            over[column] += above;
        }
    }
}

static void keep_window(struct maker *maker, size_t commune, double area)
{
    struct window *window = &maker->window;
    uint32_t *end = &maker->weights->start[commune + 1];
    sum_columns(window);
    for (size_t row = 0; row < window->rows; row++) {
        for (size_t column = 0; column < window->columns; column++) {
            double share = window->part[row * window->columns + column] / area;
            size_t cell = (window->row + row) * window->grid->columns + window->column + column;
            if (share >= WEIGHTS_SHARE_MIN)
                keep(maker, (*end)++, (uint32_t)cell, fmin(share, 1));
        }
    }
}

static double area_of(const struct rings *rings)
{
    static const double UNIT_KM2 = 6371.0072 * 6371.0072;
    return rings_area_km2(rings) / UNIT_KM2;
}

// A grid may begin at 0 or -180: the commune is looked for on every turn of the globe.
static void make_row(struct maker *maker, size_t commune, const struct grid *grid,
                     const struct rings *rings)
{
    struct box box = box_of(rings);
    double area = area_of(rings);
    maker->weights->start[commune + 1] = maker->weights->start[commune];
    for (int turn = -360; turn <= 360 && area > 0; turn += 360) {
        if (!window_set(&maker->window, grid, box, turn))
            continue;
        for (size_t r = 0; r < rings->count; r++)
            add_ring(&maker->window, &rings->at[r], turn);
        keep_window(maker, commune, area);
    }
}

static struct hash hash_weights(const struct weights *weights)
{
    AUTO(buf_free) struct buf bytes = buf_new(WEIGHTS_BYTES_MAX);
    weights_write(weights, &bytes);
    return hash_of(buf_slice(&bytes));
}

enum err_kind weights_make(const struct boundary_set *set, const struct grid *grid,
                           struct weights **out, struct err *err)
{
    if (grid->corners)
        return err_set(err, ERR_INPUT, "cells that are polygons are not weighed yet");
    AUTO(maker_free) struct maker maker = {.weights = mem_new(1, sizeof(struct weights))};
    struct weights *weights = maker.weights;
    weights->communes = set->count;
    weights->cells = grid->rows * grid->columns;
    assert(weights->cells <= UINT32_MAX);
    weights->start = mem_new(set->count + 1, sizeof(uint32_t));
    for (size_t c = 0; c < set->count; c++) {
        AUTO(rings_free) struct rings rings = {0};
        if (rings_of_wkb(set->commune[c].shape, &rings, err))
            return err_set(err, ERR_BROKEN, "the shape of commune %s of \"%s\" is damaged",
                           set->commune[c].code, set->name);
        make_row(&maker, c, grid, &rings);
    }
    weights->hash = hash_weights(weights);
    *out = TAKE(maker.weights);
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
    if (kind != ERR_MISSING || weights_make(set, grid, &weights, err))
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

static bool take(struct str *rest, void *out, size_t size)
{
    if (rest->len < size)
        return false;
    memcpy(out, rest->at, size);
    rest->at += size;
    rest->len -= size;
    return true;
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
    if (!take(rest, magic, sizeof(magic)) || memcmp(magic, MAGIC, sizeof(MAGIC)) != 0 ||
        !take(rest, &communes, sizeof(communes)) || !take(rest, &cells, sizeof(cells)) ||
        communes >= rest->len / sizeof(uint32_t) || cells > UINT32_MAX)
        return false;
    weights->communes = communes;
    weights->cells = cells;
    weights->start = mem_new(communes + 1, sizeof(uint32_t));
    if (!take(rest, weights->start, (communes + 1) * sizeof(uint32_t)))
        return false;
    size_t count = weights->start[communes];
    if (rest->len != count * (sizeof(uint32_t) + sizeof(double)))
        return false;
    weights->cell = mem_new(count + 1, sizeof(uint32_t));
    weights->share = mem_new(count + 1, sizeof(double));
    return take(rest, weights->cell, count * sizeof(uint32_t)) &&
           take(rest, weights->share, count * sizeof(double)) && is_sound(weights);
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
