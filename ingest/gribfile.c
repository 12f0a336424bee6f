#include "ingest/gribfile.h"

#include "core/mem.h"
#include "ingest/cells.h"
#include "ledger/reading.h"

#include <eccodes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    POINTS_MAX = 20 * 1000 * 1000,
    ROWS_MAX = 20000,
    MEMBER_MAX = 9999,
    TEXT_SIZE = 64,
};
// What ecCodes puts where a bitmap has nothing; no field has it as a number.
static const double MISSING = 9.87654321e37;
static const double MILLI = 1000.0, CIRCLE = 360;

struct gribfile_message {
    codes_handle *handle;
};

bool gribfile_is(struct str bytes)
{
    return str_starts(bytes, "GRIB");
}

const char *gribfile_tables(void)
{
    static char folder[1024];
    const char *path = codes_definition_path(NULL);
    // Several folders may stand there, from the environment: the first one only.
    (void)snprintf(folder, sizeof(folder), "%.*s", (int)strcspn(path ? path : "", ":"),
                   path ? path : "");
    return folder;
}

void gribfile_close(struct gribfile_message **message)
{
    if (!*message)
        return;
    (void)codes_handle_delete((*message)->handle);
    mem_free(message);
}

static enum err_kind refuse(int status, const char *what, struct err *err)
{
    return err_set(err, ERR_INPUT, "%s of a GRIB message cannot be read: %s", what,
                   codes_get_error_message(status));
}

enum err_kind gribfile_next(struct gribparts *parts, struct gribfile_message **out, struct err *err)
{
    struct str message;
    *out = NULL;
    if (gribparts_next(parts, &message, err))
        return err_of(err);
    if (message.len == 0)
        return OK;
    codes_handle *handle = codes_handle_new_from_message_copy(NULL, message.at, message.len);
    if (!handle)
        return err_set(err, ERR_INPUT, "a GRIB message cannot be read");
    *out = mem_new(1, sizeof(**out));
    (*out)->handle = handle;
    return OK;
}

enum err_kind gribfile_pass(struct gribparts *parts, struct err *err)
{
    struct str message;
    return gribparts_next(parts, &message, err);
}

// --- what is said of it
// -------------------------------------------------------------------------

static enum err_kind need_long(const struct gribfile_message *message, const char *key, long *out,
                               struct err *err)
{
    int status = codes_get_long(message->handle, key, out);
    return status ? refuse(status, key, err) : OK;
}

static enum err_kind need_text(const struct gribfile_message *message, const char *key, char *out,
                               size_t size, struct err *err)
{
    char text[256] = "";
    size_t len = sizeof(text);
    int status = codes_get_string(message->handle, key, text, &len);
    if (status)
        return refuse(status, key, err);
    (void)snprintf(out, size, "%.*s", (int)size - 1, text);
    return OK;
}

static enum err_kind read_issue(const struct gribfile_message *message, struct utc *out,
                                struct err *err)
{
    long date, time, second = 0;
    if (need_long(message, "dataDate", &date, err) || need_long(message, "dataTime", &time, err))
        return err_of(err);
    (void)codes_get_long(message->handle, "second", &second);
    struct civil at = {.year = (int)(date / 10000),
                       .month = (int)(date / 100 % 100),
                       .day = (int)(date % 100),
                       .hour = (int)(time / 100),
                       .minute = (int)(time % 100),
                       .second = (int)second};
    bool real = at.year >= 1850 && at.year <= 2200 && at.month >= 1 && at.month <= 12 &&
                at.day >= 1 && at.day <= date_days_in_month(at.year, at.month) && at.hour < 24 &&
                at.minute < 60 && at.hour >= 0 && second >= 0 && second < 60;
    if (!real)
        return err_set(err, ERR_INPUT, "a GRIB message is of the date %ld, %04ld", date, time);
    *out = utc_of_civil(at);
    return OK;
}

static enum err_kind read_member(const struct gribfile_message *message, int32_t *out,
                                 struct err *err)
{
    // Templates of edition 2 that are of one member of an ensemble: WMO Manual on Codes, 4.0.
    static const long ensembles[] = {1, 11, 33, 34, 41, 43, 45, 47};
    long number = 0, members = 0, template = -1;
    bool one = false;
    *out = MEMBER_NONE;
    (void)codes_get_long(message->handle, "productDefinitionTemplateNumber", &template);
    (void)codes_get_long(message->handle, "numberOfForecastsInEnsemble", &members);
    for (size_t i = 0; i < COUNT_OF(ensembles); i++)
        one = one || template == ensembles[i];
    if ((!one && members <= 0) || codes_get_long(message->handle, "perturbationNumber", &number))
        return OK;
    if (number < 0 || number > MEMBER_MAX)
        return err_set(err, ERR_INPUT, "a GRIB message is of member %ld", number);
    *out = (int32_t)number;
    return OK;
}

enum err_kind gribfile_head(const struct gribfile_message *message, struct gribfile_head *out,
                            struct err *err)
{
    static const long STEP_S_MAX = 400L * DAY_S;
    struct gribfile_head head = {.name = ""};
    long start, end;
    size_t len = 1;
    // The handle has a copy of the message: this changes how steps are told, and nothing else.
    if (codes_set_string(message->handle, "stepUnits", "s", &len))
        return err_set(err, ERR_INPUT, "a GRIB message counts its steps in no known unit");
    if (need_text(message, "shortName", head.name, sizeof(head.name), err) ||
        need_text(message, "units", head.unit, sizeof(head.unit), err) ||
        need_text(message, "stepType", head.method, sizeof(head.method), err) ||
        need_long(message, "startStep", &start, err) || need_long(message, "endStep", &end, err) ||
        read_issue(message, &head.issued_at, err) || read_member(message, &head.member, err))
        return err_of(err);
    if (start < 0 || end < start || end > STEP_S_MAX)
        return err_set(err, ERR_INPUT, "a GRIB message is of the steps %ld to %ld s", start, end);
    head.to.s = head.issued_at.s + end;
    head.from.s = strcmp(head.method, "instant") == 0 ? head.to.s : head.issued_at.s + start;
    head.from_run = start == 0 && end > 0;
    *out = head;
    return OK;
}

bool gribfile_has(const struct gribfile_message *message, const char *key, double value)
{
    static const double SLACK = 0.0005;
    double found;
    return codes_get_double(message->handle, key, &found) == 0 && fabs(found - value) <= SLACK;
}

// --- grids
// --------------------------------------------------------------------------------------

void gribfile_grid_free(struct gribfile_grid *grid)
{
    cf_cells_free(&grid->cells);
    mem_free(&grid->cell);
}

// The points of a grid, in the order of the message.
struct points {
    size_t count;
    double *latitude, *longitude;
};

static void points_free(struct points *points)
{
    mem_free(&points->latitude);
    mem_free(&points->longitude);
}

static enum err_kind read_points(const struct gribfile_message *message, struct points *out,
                                 struct err *err)
{
    long count = 0;
    if (need_long(message, "numberOfDataPoints", &count, err))
        return err_of(err);
    if (count < 1 || count > POINTS_MAX)
        return err_set(err, ERR_INPUT, "a GRIB message has %ld points, wanted are 1 to %d", count,
                       POINTS_MAX);
    size_t room = (size_t)count, latitudes = room, longitudes = room;
    AUTO(points_free)
    struct points points = {room, mem_new(room, sizeof(double)), mem_new(room, sizeof(double))};
    int status = codes_get_double_array(message->handle, "latitudes", points.latitude, &latitudes);
    if (status == 0)
        status =
            codes_get_double_array(message->handle, "longitudes", points.longitude, &longitudes);
    if (status)
        return refuse(status, "the grid", err);
    if (latitudes != room || longitudes != room)
        return err_set(err, ERR_INPUT, "a GRIB grid has %zu latitudes for %ld points", latitudes,
                       count);
    *out = MOVE(points);
    return OK;
}

static enum err_kind read_distinct(const struct gribfile_message *message, const char *key,
                                   double **out, size_t *count, struct err *err)
{
    int status = codes_get_size(message->handle, key, count);
    if (status)
        return refuse(status, key, err);
    if (*count < 1 || *count > ROWS_MAX)
        return err_set(err, ERR_INPUT, "a GRIB grid has %zu %s", *count, key);
    AUTO(mem_drop) double *values = mem_new(*count, sizeof(*values));
    status = codes_get_double_array(message->handle, key, values, count);
    if (status)
        return refuse(status, key, err);
    *out = TAKE(values);
    return OK;
}

// The row or column whose edges hold the value; SIZE_MAX when none does.
static size_t find_edge(const struct axis *axis, double value)
{
    size_t low = 0, high = axis->count;
    if (!(value >= axis->edge[0] && value < axis->edge[axis->count]))
        return SIZE_MAX;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        *(value >= axis->edge[middle] ? &low : &high) = middle;
    }
    return low;
}

static size_t find_column(const struct axis *axis, double longitude)
{
    double first = axis->edge[0];
    double turned = first + fmod(fmod(longitude - first, CIRCLE) + CIRCLE, CIRCLE);
    return find_edge(axis, turned);
}

static enum err_kind place_straight(const struct gribfile_message *message,
                                    const struct wanted_list *list, struct gribfile_grid *grid,
                                    struct err *err)
{
    AUTO(mem_drop) double *y = NULL;
    AUTO(mem_drop) double *x = NULL;
    AUTO(points_free) struct points points = {0};
    size_t rows, columns;
    struct cf_cells *cells = &grid->cells;
    cells->rectilinear = true;
    if (read_distinct(message, "distinctLatitudes", &y, &rows, err) ||
        read_distinct(message, "distinctLongitudes", &x, &columns, err) ||
        axis_make(AXIS_LATITUDE, y, NULL, rows, &cells->latitude, err) ||
        axis_make(AXIS_LONGITUDE, x, NULL, columns, &cells->longitude, err) ||
        read_points(message, &points, err))
        return err_of(err);
    if (list->has_box &&
        (axis_cut(&cells->latitude, list->south_milli / MILLI, list->north_milli / MILLI, err) ||
         axis_cut(&cells->longitude, list->west_milli / MILLI, list->east_milli / MILLI, err)))
        return err_of(err);
    cells->rows = cells->latitude.count;
    cells->columns = cells->longitude.count;
    grid->points = points.count;
    grid->cell = mem_new(points.count, sizeof(*grid->cell));
    for (size_t i = 0; i < points.count; i++) {
        size_t row = find_edge(&cells->latitude, points.latitude[i]);
        size_t column = find_column(&cells->longitude, points.longitude[i]);
        bool in = row != SIZE_MAX && column != SIZE_MAX;
        grid->cell[i] = in ? (uint32_t)(row * cells->columns + column) : UINT32_MAX;
    }
    return OK;
}

// Points of a mesh that was cut: those of the rows and columns that are left.
static void place_mesh(struct gribfile_grid *grid, size_t columns)
{
    const struct mesh *mesh = &grid->cells.mesh;
    grid->cells.rows = mesh->rows;
    grid->cells.columns = mesh->columns;
    grid->cell = mem_new(grid->points, sizeof(*grid->cell));
    for (size_t i = 0; i < grid->points; i++) {
        size_t row = i / columns - mesh->first_row, column = i % columns - mesh->first_column;
        bool in = row < mesh->rows && column < mesh->columns; // below 0 is beyond as well
        grid->cell[i] = in ? (uint32_t)(row * mesh->columns + column) : UINT32_MAX;
    }
}

static enum err_kind cut(const struct wanted_list *list, struct mesh *mesh, struct err *err)
{
    struct mesh_box box = {list->west_milli / MILLI, list->south_milli / MILLI,
                           list->east_milli / MILLI, list->north_milli / MILLI};
    return list->has_box ? mesh_cut(mesh, box, err) : OK;
}

static enum err_kind place_curved(const struct gribfile_message *message,
                                  const struct wanted_list *list, struct gribfile_grid *grid,
                                  struct err *err)
{
    long wide = 0, high = 0, by_columns = 0, snakes = 0;
    AUTO(points_free) struct points points = {0};
    (void)codes_get_long(message->handle, "jPointsAreConsecutive", &by_columns);
    (void)codes_get_long(message->handle, "alternativeRowScanning", &snakes);
    if (by_columns || snakes)
        return err_set(err, ERR_INPUT,
                       "a GRIB grid that runs by columns or to and fro is not read");
    if ((codes_get_long(message->handle, "Nx", &wide) && need_long(message, "Ni", &wide, err)) ||
        (codes_get_long(message->handle, "Ny", &high) && need_long(message, "Nj", &high, err)) ||
        read_points(message, &points, err))
        return err_of(err);
    if (wide < 1 || high < 1 || points.count / (size_t)wide != (size_t)high ||
        points.count % (size_t)wide)
        return err_set(err, ERR_INPUT, "a GRIB grid of %ld x %ld has %zu points", wide, high,
                       points.count);
    if (mesh_from_centres(points.longitude, points.latitude, (size_t)high, (size_t)wide,
                          &grid->cells.mesh, err) ||
        cut(list, &grid->cells.mesh, err))
        return err_of(err);
    grid->points = points.count;
    place_mesh(grid, (size_t)wide);
    return OK;
}

// A reduced Gaussian grid: rows of latitude with less and less points towards the poles. Each cell
// goes halfway to its neighbours, in the row and to the rows beside it.
static enum err_kind place_reduced(const struct gribfile_message *message,
                                   const struct wanted_list *list, struct gribfile_grid *grid,
                                   struct err *err)
{
    static const size_t up[] = {0, 0, 1, 1};
    AUTO(points_free) struct points points = {0};
    if (read_points(message, &points, err))
        return err_of(err);
    AUTO(mem_drop) double *x = mem_new(points.count * 4, sizeof(*x));
    AUTO(mem_drop) double *y = mem_new(points.count * 4, sizeof(*y));
    double before = 90; // the pole, or the edge towards it
    for (size_t i = 0, next; i < points.count; i = next) {
        for (next = i; next < points.count && points.latitude[next] == points.latitude[i];)
            next++;
        double here = points.latitude[i];
        double after = next < points.count ? (here + points.latitude[next]) / 2 : -90;
        if (!(before > here && here > after))
            return err_set(err, ERR_INPUT, "a reduced GRIB grid does not run from north to south");
        for (size_t k = i; k < next; k++) {
            double half = CIRCLE / (double)(next - i) / 2, west = points.longitude[k] - half;
            const double ends[] = {after, before}, sides[] = {west, west + 2 * half};
            for (size_t c = 0; c < 4; c++) {
                x[4 * k + c] = sides[c == 1 || c == 2];
                y[4 * k + c] = ends[up[c]];
            }
        }
        before = after;
    }
    struct mesh size = {.rows = 1, .columns = points.count, .corners = 4};
    if (mesh_from_corners(x, y, size, &grid->cells.mesh, err) || cut(list, &grid->cells.mesh, err))
        return err_of(err);
    grid->points = points.count;
    place_mesh(grid, points.count);
    return OK;
}

// A grid whose cells are described beside the file (ICON's triangles): each point is one of them.
static enum err_kind place_beside(const struct gribfile_message *message,
                                  const struct wanted_list *list, struct gribfile_grid *grid,
                                  struct err *err)
{
    enum { BYTES = (CELLS_UUID_SIZE - 5) / 2 };
    const struct cells *cells = list->beside;
    unsigned char bytes[BYTES] = {0};
    char uuid[CELLS_UUID_SIZE];
    size_t len = sizeof(bytes);
    long count = 0;
    if (!cells)
        return err_set(err, ERR_INPUT,
                       "the GRIB grid \"unstructured_grid\" has its cells in a file of their own "
                       "(ICON's triangles); name that file with \"cells:\" in sources.yaml");
    int status = codes_get_bytes(message->handle, "uuidOfHGrid", bytes, &len);
    if (status || len != sizeof(bytes))
        return refuse(status, "uuidOfHGrid", err);
    for (size_t i = 0, at = 0; i < sizeof(bytes); i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        at += (size_t)snprintf(uuid + at, sizeof(uuid) - at, "%s%02x", dash ? "-" : "", bytes[i]);
    }
    if (need_long(message, "numberOfDataPoints", &count, err))
        return err_of(err);
    if (strcmp(uuid, cells->uuid) != 0 || count < 0 || (size_t)count != cells->total)
        return err_set(err, ERR_MISSING,
                       "a GRIB message has %ld numbers on the grid %s, and the file of its "
                       "\"cells:\" is of the grid %s with %zu cells",
                       count, uuid, cells->uuid, cells->total);
    AUTO(mem_drop) double *x = mem_new(cells->count * cells->corners, sizeof(*x));
    AUTO(mem_drop) double *y = mem_new(cells->count * cells->corners, sizeof(*y));
    for (size_t i = 0; i < cells->count * cells->corners; i++) {
        x[i] = cells->corner[2 * i];
        y[i] = cells->corner[2 * i + 1];
    }
    struct mesh size = {.rows = 1, .columns = cells->count, .corners = cells->corners};
    if (mesh_from_corners(x, y, size, &grid->cells.mesh, err))
        return err_of(err);
    grid->cells.rows = 1;
    grid->cells.columns = cells->count;
    grid->points = cells->total;
    grid->cell = mem_new(grid->points, sizeof(*grid->cell));
    memset(grid->cell, UINT8_MAX, grid->points * sizeof(*grid->cell));
    for (size_t i = 0; i < cells->count; i++)
        grid->cell[cells->index[i]] = (uint32_t)i;
    return OK;
}

enum err_kind gribfile_grid(const struct gribfile_message *message, const struct wanted_list *list,
                            struct gribfile_grid *out, struct err *err)
{
    static const struct {
        const char *type;
        enum err_kind (*place)(const struct gribfile_message *message,
                               const struct wanted_list *list, struct gribfile_grid *grid,
                               struct err *err);
    } kinds[] = {
        {"regular_ll", place_straight},
        {"regular_gg", place_straight},
        {"rotated_ll", place_curved},
        {"lambert", place_curved},
        {"polar_stereographic", place_curved},
        {"mercator", place_curved},
        {"lambert_azimuthal_equal_area", place_curved},
        {"reduced_gg", place_reduced},
        {"unstructured_grid", place_beside},
    };
    char type[TEXT_SIZE];
    AUTO(gribfile_grid_free) struct gribfile_grid grid = {.name = ""};
    if (need_text(message, "gridType", type, sizeof(type), err) ||
        need_text(message, "md5GridSection", grid.name, sizeof(grid.name), err))
        return err_of(err);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (strcmp(kinds[i].type, type) != 0)
            continue;
        if (kinds[i].place(message, list, &grid, err))
            return err_of(err);
        *out = MOVE(grid);
        return OK;
    }
    return err_set(err, ERR_INPUT, "the GRIB grid \"%s\" is not read", type);
}

bool gribfile_on(const struct gribfile_message *message, const struct gribfile_grid *grid)
{
    char name[sizeof(grid->name)];
    struct err why = {0};
    return need_text(message, "md5GridSection", name, sizeof(name), &why) == OK &&
           strcmp(name, grid->name) == 0;
}

enum err_kind gribfile_values(const struct gribfile_message *message,
                              const struct gribfile_grid *grid, double *out, struct err *err)
{
    size_t count = 0, cells = grid->cells.rows * grid->cells.columns;
    int status = codes_set_double(message->handle, "missingValue", MISSING);
    if (status == 0)
        status = codes_get_size(message->handle, "values", &count);
    if (status)
        return refuse(status, "the field", err);
    if (count != grid->points)
        return err_set(err, ERR_INPUT, "a GRIB message has %zu numbers on %zu points", count,
                       grid->points);
    AUTO(mem_drop) double *values = mem_new(count, sizeof(*values));
    status = codes_get_double_array(message->handle, "values", values, &count);
    if (status)
        return refuse(status, "the field", err);
    for (size_t i = 0; i < cells; i++)
        out[i] = NAN;
    for (size_t i = 0; i < grid->points && i < count; i++) {
        if (grid->cell[i] != UINT32_MAX && values[i] != MISSING)
            out[grid->cell[i]] = values[i];
    }
    return OK;
}
