#include "ingest/raster.h"

#include "core/mem.h"
#include "ingest/grid.h"
#include "ingest/outline.h"
#include "ingest/rings.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

static const double RADIANS = M_PI / 180;
// Half a row in radians up to which the series of six terms is exact to the last digits.
static const double HALF_MAX = 0.0105;

// One row of cells, about its middle.
struct row {
    double middle;       // degrees
    double sine, cosine; // of it
    double foot;         // radians
    double above_foot;   // sine - sin(foot)
    double height;       // sin(top) - sin(foot)
};

struct raster {
    const struct grid *grid;
    struct row *row; // [grid->rows]
    bool series;     // all rows are low enough for it
    // The part of the grid that the shape's box touches.
    size_t first_row, first_column, rows, columns;
    const double *latitude, *longitude; // its lines, [rows + 1] and [columns + 1]
    double *part;                       // [rows x columns] between the edges and the cell's foot
    double *over; // [(rows + 1) x columns] width of the edges above; the last row is the sky
    size_t room;
    uint32_t *cell;
    double *area;
    size_t count, cell_room;
};

static inline double lesser(double a, double b)
{
    return a < b ? a : b;
}

static inline double greater(double a, double b)
{
    return a > b ? a : b;
}

static double sine_difference(double high, double low)
{
    return 2 * cos(0.5 * (high + low)) * sin(0.5 * (high - low));
}

struct raster *raster_new(const struct grid *grid)
{
    assert(grid->corners == 0);
    struct raster *raster = mem_new(1, sizeof(*raster));
    raster->grid = grid;
    raster->row = mem_new(grid->rows, sizeof(*raster->row));
    raster->series = true;
    for (size_t i = 0; i < grid->rows; i++) {
        double foot = grid->latitude[i] * RADIANS, top = grid->latitude[i + 1] * RADIANS;
        double degrees = 0.5 * (grid->latitude[i] + grid->latitude[i + 1]);
        double middle = degrees * RADIANS;
        raster->row[i] = (struct row){.middle = degrees,
                                      .sine = sin(middle),
                                      .cosine = cos(middle),
                                      .foot = foot,
                                      .above_foot = sine_difference(middle, foot),
                                      .height = sine_difference(top, foot)};
        raster->series = raster->series && top - foot <= 2 * HALF_MAX;
    }
    return raster;
}

void raster_free(struct raster **raster)
{
    if (!*raster)
        return;
    mem_free(&(*raster)->row);
    mem_free(&(*raster)->part);
    mem_free(&(*raster)->over);
    mem_free(&(*raster)->cell);
    mem_free(&(*raster)->area);
    mem_free(raster);
}

// --- the window
// -----------------------------------------------------------------------------------

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

// The cells from the one that holds `low` to the one that holds `high`; none when outside.
static size_t stretch(const double *edge, size_t count, double low, double high, size_t *first)
{
    if (!(high > edge[0] && low < edge[count]))
        return 0;
    *first = low <= edge[0] ? 0 : cell_of(edge, count, low);
    size_t last = high >= edge[count] ? count - 1 : cell_of(edge, count, high);
    return last - *first + 1;
}

// Sets the window to the shape's box, moved by `turn` degrees; false when nothing of it is there.
static bool set_window(struct raster *raster, const struct outline *outline, double turn)
{
    const struct grid *grid = raster->grid;
    raster->columns = stretch(grid->longitude, grid->columns, outline->west + turn,
                              outline->east + turn, &raster->first_column);
    if (raster->columns == 0)
        return false;
    raster->rows =
        stretch(grid->latitude, grid->rows, outline->south, outline->north, &raster->first_row);
    if (raster->rows == 0)
        return false;
    raster->latitude = grid->latitude + raster->first_row;
    raster->longitude = grid->longitude + raster->first_column;
    size_t need = (raster->rows + 1) * raster->columns;
    if (need > raster->room) {
        raster->room = need * 2;
        raster->part = mem_resize(raster->part, raster->room, sizeof(double));
        raster->over = mem_resize(raster->over, raster->room, sizeof(double));
    }
    memset(raster->part, 0, need * sizeof(double));
    memset(raster->over, 0, need * sizeof(double));
    return true;
}

static bool holds(const struct raster *raster, const struct outline *outline, double turn)
{
    return outline->west + turn >= raster->longitude[0] &&
           outline->east + turn <= raster->longitude[raster->columns] &&
           outline->south >= raster->latitude[0] &&
           outline->north <= raster->latitude[raster->rows];
}

// --- edges
// ----------------------------------------------------------------------------------------

// The mean of sin(latitude) - sin(foot) along a straight edge from y0 to y1 (degrees).
static inline double mean_height(const struct raster *raster, const struct row *row, double y0,
                                 double y1)
{
    if (!raster->series)
        return rings_mean_height(y0 * RADIANS, y1 * RADIANS, row->foot);
    double a = (y0 - row->middle) * RADIANS, b = (y1 - row->middle) * RADIANS;
    // Sums of a^i b^(n-i): the mean of u^n from a to b is the n-th over n + 1.
    double sum = a + b, product = a * b, squares = a * a + b * b;
    double second = squares + product, third = sum * squares;
    double fourth = squares * squares - product * product + product * squares;
    double fifth = sum * (squares * squares - product * product);
    double sine = sum / 2 - third / 24 + fifth / 720;
    double cosine_less_one = fourth / 120 - second / 6;
    return row->above_foot + row->cosine * sine + row->sine * cosine_less_one;
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
static void add_piece(struct raster *raster, size_t row, size_t column, const struct edge *piece)
{
    double width = piece->sign * (piece->x1 - piece->x0) * RADIANS;
    raster->over[row * raster->columns + column] += width;
    if (row == raster->rows)
        return;
    const struct row *at = &raster->row[raster->first_row + row];
    raster->part[row * raster->columns + column] +=
        width * mean_height(raster, at, piece->y0, piece->y1);
}

// Cuts a piece that lies within one column at the lines of latitude. Below the window is nothing
// to add: there it stands over no cell.
static void add_column(struct raster *raster, size_t column, const struct edge *piece)
{
    const double *line = raster->latitude;
    bool rises = piece->y1 > piece->y0;
    double low = lesser(piece->y0, piece->y1), high = greater(piece->y0, piece->y1);
    if (high <= line[0])
        return;
    size_t row = low <= line[0]              ? 0
                 : low >= line[raster->rows] ? raster->rows
                                             : cell_of(line, raster->rows, low);
    double y = greater(low, line[0]);
    for (; row <= raster->rows && (y < high || low == high); row++) {
        double top = row == raster->rows ? high : lesser(high, line[row + 1]);
        struct edge cut = *piece;
        if (y > low)
            *(rises ? &cut.x0 : &cut.x1) = edge_x(piece, y);
        if (top < high)
            *(rises ? &cut.x1 : &cut.x0) = edge_x(piece, top);
        cut.y0 = rises ? y : top;
        cut.y1 = rises ? top : y;
        add_piece(raster, row, column, &cut);
        y = top;
        if (low == high)
            return;
    }
}

// Cuts an edge at the lines of longitude. What lies beside the window is beside the grid as well.
static void add_edge(struct raster *raster, const struct edge *edge)
{
    const double *line = raster->longitude;
    double west = greater(edge->x0, line[0]);
    double east = lesser(edge->x1, line[raster->columns]);
    if (!(east > west))
        return;
    for (size_t column = cell_of(line, raster->columns, west); west < east; column++) {
        double end = lesser(east, line[column + 1]);
        struct edge piece = *edge;
        piece.x0 = west;
        piece.y0 = west > edge->x0 ? edge_y(edge, west) : edge->y0;
        piece.x1 = end;
        piece.y1 = end < edge->x1 ? edge_y(edge, end) : edge->y1;
        add_column(raster, column, &piece);
        west = end;
    }
}

// The cell that the walk along a ring is in: its lines, and what was added since it came there.
struct stand {
    double west, east, south, north;
    size_t at; // of part and over
    const struct row *row;
    double part, over;
};

// Goes to the cell of a point; outside the window to one that holds nothing.
static void stand_at(const struct raster *raster, double x, double y, struct stand *stand)
{
    *stand = (struct stand){.west = INFINITY, .east = -INFINITY, .row = raster->row};
    if (!(x >= raster->longitude[0] && x <= raster->longitude[raster->columns] &&
          y >= raster->latitude[0] && y <= raster->latitude[raster->rows]))
        return;
    size_t column = cell_of(raster->longitude, raster->columns, x);
    size_t row = cell_of(raster->latitude, raster->rows, y);
    stand->west = raster->longitude[column];
    stand->east = raster->longitude[column + 1];
    stand->south = raster->latitude[row];
    stand->north = raster->latitude[row + 1];
    stand->at = row * raster->columns + column;
    stand->row = &raster->row[raster->first_row + row];
}

static void leave(struct raster *raster, const struct stand *stand)
{
    raster->part[stand->at] += stand->part;
    raster->over[stand->at] += stand->over;
}

static void add_ring(struct raster *raster, const double *xy, const struct outline_ring *ring,
                     double turn)
{
    struct stand stand;
    double x0 = xy[0] + turn, y0 = xy[1], sign = ring->sign;
    stand_at(raster, x0, y0, &stand);
    for (size_t i = 1; i < ring->points; i++) {
        double x1 = xy[2 * i] + turn, y1 = xy[2 * i + 1];
        if (x1 >= stand.west && x1 <= stand.east && y1 >= stand.south && y1 <= stand.north) {
            double width = x1 - x0;
            stand.over += width;
            stand.part += width * mean_height(raster, stand.row, y0, y1);
        } else {
            stand.over *= sign * RADIANS;
            stand.part *= sign * RADIANS;
            leave(raster, &stand);
            if (x0 < x1)
                add_edge(raster, &(struct edge){x0, y0, x1, y1, sign});
            else if (x0 > x1)
                add_edge(raster, &(struct edge){x1, y1, x0, y0, -sign});
            stand_at(raster, x1, y1, &stand);
        }
        x0 = x1;
        y0 = y1;
    }
    stand.over *= sign * RADIANS;
    stand.part *= sign * RADIANS;
    leave(raster, &stand);
}

// --- the sum
// --------------------------------------------------------------------------------------

// Runs down each column from the sky: an edge above stands over the whole of a cell.
static void sum_columns(struct raster *raster)
{
    size_t columns = raster->columns;
    for (size_t row = raster->rows; row-- > 0;) {
        double height = raster->row[raster->first_row + row].height;
        double *over = raster->over + row * columns, *part = raster->part + row * columns;
        for (size_t column = 0; column < columns; column++) {
            double above = over[columns + column];
            part[column] += height * above;
            over[column] += above;
        }
    }
}

static double keep_window(struct raster *raster)
{
    size_t need = raster->count + raster->rows * raster->columns;
    double total = 0;
    if (need > raster->cell_room) {
        raster->cell_room = need * 2;
        raster->cell = mem_resize(raster->cell, raster->cell_room, sizeof(uint32_t));
        raster->area = mem_resize(raster->area, raster->cell_room, sizeof(double));
    }
    sum_columns(raster);
    for (size_t row = 0; row < raster->rows; row++) {
        size_t first = (raster->first_row + row) * raster->grid->columns + raster->first_column;
        for (size_t column = 0; column < raster->columns; column++) {
            double area = raster->part[row * raster->columns + column];
            if (area == 0)
                continue;
            total += area;
            raster->cell[raster->count] = (uint32_t)(first + column);
            raster->area[raster->count++] = area;
        }
    }
    return total;
}

// A grid may begin at 0 or -180: the shape is looked for on every turn of the globe.
void raster_overlap(struct raster *raster, const struct outline *outline, struct overlap *out)
{
    bool whole = false;
    double total = 0;
    raster->count = 0;
    for (int turn = -360; turn <= 360; turn += 360) {
        if (!set_window(raster, outline, turn))
            continue;
        for (size_t r = 0; r < outline->rings; r++)
            add_ring(raster, outline->xy + 2 * outline->ring[r].first, &outline->ring[r], turn);
        double area = keep_window(raster);
        if (holds(raster, outline, turn)) {
            whole = true;
            total = area;
        }
    }
    *out = (struct overlap){raster->count, raster->cell, raster->area,
                            whole ? total : outline_area(outline)};
}
