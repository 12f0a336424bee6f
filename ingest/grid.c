#include "ingest/grid.h"

#include "core/mem.h"
#include "ingest/wanted.h"
#include "ledger/reading.h"

#include <math.h>
#include <string.h>

static const char MAGIC[8] = "gongf 4\n";

enum {
    SIDE_MAX = 100000,            // cells along one axis
    CELLS_MAX = 50 * 1000 * 1000, // with corners of their own
    STEPS_MAX = 1000000,
    MEMBERS_MAX = 10000,
};
static const int64_t TIME_MAX_S = (int64_t)10000 * 366 * DAY_S;

void grid_free(struct grid *grid)
{
    mem_free(&grid->latitude);
    mem_free(&grid->longitude);
    mem_free(&grid->corner);
    grid->rows = grid->columns = grid->corners = 0;
}

void frame_free(struct frame *frame)
{
    grid_free(&frame->grid);
    mem_free(&frame->step);
    mem_free(&frame->value);
    frame->count = 0;
}

static size_t corner_bytes(const struct grid *grid)
{
    return grid->rows * grid->columns * grid->corners * 2 * sizeof(double);
}

struct hash grid_hash(const struct grid *grid)
{
    struct hasher hasher = hasher_new();
    hasher_add_u64(&hasher, grid->rows);
    hasher_add_u64(&hasher, grid->columns);
    if (grid->corners) { // one without corners keeps the name it had before there were any
        hasher_add_u64(&hasher, grid->corners);
        hasher_add(&hasher, grid->corner, corner_bytes(grid));
    } else {
        hasher_add(&hasher, grid->latitude, (grid->rows + 1) * sizeof(double));
        hasher_add(&hasher, grid->longitude, (grid->columns + 1) * sizeof(double));
    }
    return hasher_end(&hasher);
}

// --- writing
// --------------------------------------------------------------------------------------

static void put_u64(struct buf *out, uint64_t number)
{
    buf_add(out, &number, sizeof(number));
}

void frame_write(const struct frame *frame, struct buf *out)
{
    size_t start = out->len, rows = frame->grid.rows, columns = frame->grid.columns;
    buf_add(out, MAGIC, sizeof(MAGIC));
    put_u64(out, rows);
    put_u64(out, columns);
    put_u64(out, frame->grid.corners);
    put_u64(out, frame->count);
    put_u64(out, frame->next);
    put_u64(out, frame->asks);
    if (frame->grid.corners) {
        buf_add(out, frame->grid.corner, corner_bytes(&frame->grid));
    } else {
        buf_add(out, frame->grid.latitude, (rows + 1) * sizeof(double));
        buf_add(out, frame->grid.longitude, (columns + 1) * sizeof(double));
    }
    for (size_t i = 0; i < frame->count; i++) {
        const struct grid_step *step = &frame->step[i];
        buf_add(out, step->variable, sizeof(step->variable));
        put_u64(out, (uint64_t)step->valid_from.s);
        put_u64(out, (uint64_t)step->valid_to.s);
        put_u64(out, (uint64_t)step->issued_at.s);
        put_u64(out, (uint64_t)(int64_t)step->member);
    }
    buf_add(out, frame->value, frame->count * rows * columns * sizeof(float));
    struct hash sum = hash_of((struct str){out->at + start, out->len - start});
    buf_add(out, sum.at, HASH_SIZE);
}

// --- reading
// --------------------------------------------------------------------------------------

static bool take_i64(struct str *rest, int64_t *out)
{
    return str_take_bytes(rest, out, sizeof(*out));
}

static enum err_kind wrong(struct err *err, const char *what)
{
    return err_set(err, ERR_INPUT, "the decoder's answer is no good grid: %s", what);
}

static bool ascends(const double *edge, size_t count, double low, double high)
{
    for (size_t i = 0; i <= count; i++) {
        if (!(edge[i] >= low && edge[i] <= high) || (i > 0 && !(edge[i] > edge[i - 1])))
            return false;
    }
    return true;
}

static enum err_kind take_edges(struct str *rest, struct grid *grid, struct err *err)
{
    size_t rows = grid->rows, columns = grid->columns;
    if (rest->len < (rows + columns + 2) * sizeof(double))
        return wrong(err, "it is cut off in its edges");
    grid->latitude = mem_new(rows + 1, sizeof(double));
    grid->longitude = mem_new(columns + 1, sizeof(double));
    (void)str_take_bytes(rest, grid->latitude, (rows + 1) * sizeof(double));
    (void)str_take_bytes(rest, grid->longitude, (columns + 1) * sizeof(double));
    if (!ascends(grid->latitude, rows, -90, 90))
        return wrong(err, "its latitudes do not ascend between -90 and 90");
    if (!ascends(grid->longitude, columns, -360, 720) ||
        grid->longitude[columns] - grid->longitude[0] > 360 + 1e-6)
        return wrong(err, "its longitudes do not ascend within 360 degrees");
    return OK;
}

// Twice the area on the map; negative when the corners run clockwise.
static double doubled_area(const double *corner, size_t corners)
{
    double sum = 0;
    for (size_t i = 1; i + 1 < corners; i++)
        sum += (corner[2 * i] - corner[0]) * (corner[2 * i + 3] - corner[1]) -
               (corner[2 * i + 2] - corner[0]) * (corner[2 * i + 1] - corner[1]);
    return sum;
}

static bool is_cell(const double *corner, size_t corners)
{
    double west = corner[0], east = corner[0];
    for (size_t i = 0; i < corners; i++) {
        double longitude = corner[2 * i], latitude = corner[2 * i + 1];
        if (!(longitude >= -540 && longitude <= 720 && latitude >= -90 && latitude <= 90))
            return false;
        west = longitude < west ? longitude : west;
        east = longitude > east ? longitude : east;
    }
    return east - west < 180 && doubled_area(corner, corners) >= 0;
}

static enum err_kind take_corners(struct str *rest, struct grid *grid, struct err *err)
{
    size_t cells = grid->rows * grid->columns, cell_size = grid->corners * 2;
    if (cells > rest->len / (cell_size * sizeof(double)))
        return wrong(err, "it is cut off in its corners");
    grid->corner = mem_new(cells * cell_size, sizeof(double));
    (void)str_take_bytes(rest, grid->corner, corner_bytes(grid));
    for (size_t i = 0; i < cells; i++) {
        if (!is_cell(grid->corner + i * cell_size, grid->corners))
            return wrong(err,
                         "the corners of a cell are off the globe, too far apart or clockwise");
    }
    return OK;
}

static enum err_kind take_grid(struct str *rest, struct frame *frame, struct err *err)
{
    struct grid *grid = &frame->grid;
    char magic[sizeof(MAGIC)];
    uint64_t rows, columns, corners, count, next, asks;
    if (!str_take_bytes(rest, magic, sizeof(magic)) || memcmp(magic, MAGIC, sizeof(MAGIC)) != 0)
        return wrong(err, "it does not begin as one");
    if (!str_take_bytes(rest, &rows, sizeof(rows)) ||
        !str_take_bytes(rest, &columns, sizeof(columns)) ||
        !str_take_bytes(rest, &corners, sizeof(corners)) ||
        !str_take_bytes(rest, &count, sizeof(count)) ||
        !str_take_bytes(rest, &next, sizeof(next)) || !str_take_bytes(rest, &asks, sizeof(asks)) ||
        next > STEPS_MAX || rows < 1 || rows > SIDE_MAX || columns < 1 ||
        columns > (corners ? CELLS_MAX / rows : SIDE_MAX) ||
        (corners != 0 && (corners < 3 || corners > GRID_CORNERS_MAX)) || count > STEPS_MAX)
        return wrong(err, "its size is out of bounds");
    if (asks > 1 || (asks && (count || next || columns > CELLS_MAX / rows)))
        return wrong(err, "it asks for what it has, or of too many cells");
    grid->rows = rows;
    grid->columns = columns;
    grid->corners = corners;
    frame->count = count;
    frame->next = next;
    frame->asks = asks;
    return corners ? take_corners(rest, grid, err) : take_edges(rest, grid, err);
}

static bool is_time(int64_t s)
{
    return s >= -TIME_MAX_S && s <= TIME_MAX_S;
}

static enum err_kind take_step(struct str *rest, struct grid_step *step, struct err *err)
{
    int64_t member;
    if (!str_take_bytes(rest, step->variable, sizeof(step->variable)) ||
        !take_i64(rest, &step->valid_from.s) || !take_i64(rest, &step->valid_to.s) ||
        !take_i64(rest, &step->issued_at.s) || !take_i64(rest, &member))
        return wrong(err, "it is cut off in its steps");
    if (!memchr(step->variable, '\0', sizeof(step->variable)) ||
        !wanted_is_variable(str_of(step->variable)))
        return wrong(err, "a step has no known variable");
    if (!is_time(step->valid_from.s) || !is_time(step->valid_to.s) ||
        step->valid_from.s > step->valid_to.s ||
        (step->issued_at.s != UTC_NEVER.s && !is_time(step->issued_at.s)))
        return wrong(err, "a step's times are out of order or out of bounds");
    if (member != MEMBER_NONE && (member < 0 || member >= MEMBERS_MAX))
        return wrong(err, "a step's member number is out of bounds");
    step->member = (int32_t)member;
    return OK;
}

static enum err_kind take_values(struct str *rest, struct frame *frame, struct err *err)
{
    size_t cells = frame->grid.rows * frame->grid.columns, room = rest->len / sizeof(float);
    if (frame->count > room / cells || rest->len != frame->count * cells * sizeof(float))
        return wrong(err, "its values are not as many as it says");
    frame->value = mem_new(frame->count * cells + 1, sizeof(float));
    (void)str_take_bytes(rest, frame->value, rest->len);
    return OK;
}

enum err_kind frame_read(struct str bytes, struct frame *out, struct err *err)
{
    AUTO(frame_free) struct frame frame = {0};
    if (bytes.len < HASH_SIZE)
        return wrong(err, "it is cut off");
    struct str body = {bytes.at, bytes.len - HASH_SIZE}, rest = body;
    struct hash sum = hash_of(body);
    if (memcmp(sum.at, bytes.at + body.len, HASH_SIZE) != 0)
        return wrong(err, "its checksum does not fit");
    if (take_grid(&rest, &frame, err))
        return err_of(err);
    enum { STEP_BYTES = sizeof(((struct grid_step *)0)->variable) + 4 * sizeof(int64_t) };
    if (frame.count > rest.len / STEP_BYTES)
        return wrong(err, "it is cut off in its steps");
    frame.step = mem_new(frame.count + 1, sizeof(*frame.step));
    for (size_t i = 0; i < frame.count; i++) {
        if (take_step(&rest, &frame.step[i], err))
            return err_of(err);
    }
    if (take_values(&rest, &frame, err))
        return err_of(err);
    *out = MOVE(frame);
    return OK;
}
