#include "ingest/cf_cells.h"

#include "core/mem.h"
#include "ingest/projection.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { TEXT_SIZE = 128, CELLS_MAX = 20 * 1000 * 1000 };
static const double MILLI = 1000.0;

void cf_cells_free(struct cf_cells *cells)
{
    axis_free(&cells->latitude);
    axis_free(&cells->longitude);
    mesh_free(&cells->mesh);
}

// --- rectilinear
// --------------------------------------------------------------------------------

static enum err_kind read_axis(const struct ncgrid *file, const struct ncvar *coordinate,
                               enum axis_kind kind, struct axis *out, struct err *err)
{
    size_t count = coordinate->dim[0].len;
    AUTO(mem_drop) double *centre = mem_resize(NULL, count, sizeof(*centre));
    AUTO(mem_drop) double *bounds = NULL;
    if (ncgrid_values(file, coordinate, NULL, NULL, centre, err) ||
        cf_bounds(file, coordinate, &bounds, err) ||
        axis_make(kind, centre, bounds, count, out, err))
        return err_of(err);
    return OK;
}

// --- cells that are boxes of a map
// ---------------------------------------------------------------

// The two ends of each cell of an axis, [count x 2], in the file's order.
static enum err_kind read_ends(const struct ncgrid *file, const struct ncvar *coordinate,
                               double **out, struct err *err)
{
    size_t count = coordinate->dim[0].len;
    AUTO(mem_drop) double *centre = mem_new(count + 1, sizeof(*centre));
    AUTO(mem_drop) double *end = mem_new(2 * count + 1, sizeof(*end));
    AUTO(mem_drop) double *bounds = NULL;
    if (ncgrid_values(file, coordinate, NULL, NULL, centre, err) ||
        cf_bounds(file, coordinate, &bounds, err))
        return err_of(err);
    if (count < 2 && !bounds)
        return err_set(err, ERR_INPUT, "there is one \"%s\": the size of its cell is not known",
                       coordinate->name);
    bool up = count > 1 && centre[1] > centre[0];
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(centre[i]) ||
            (i && (centre[i] == centre[i - 1] || (centre[i] > centre[i - 1]) != up)))
            return err_set(err, ERR_INPUT, "the axis \"%s\" does not run one way",
                           coordinate->name);
    }
    for (size_t i = 0; !bounds && i < count; i++) {
        double before = i ? centre[i - 1] : 2 * centre[0] - centre[1];
        double after = i + 1 < count ? centre[i + 1] : 2 * centre[i] - centre[i - 1];
        end[2 * i] = (before + centre[i]) / 2;
        end[2 * i + 1] = (centre[i] + after) / 2;
    }
    *out = bounds ? TAKE(bounds) : TAKE(end);
    return OK;
}

// Cells that stand apart: a model thinned out, whose bounds are those of the cells that are left.
static bool stand_apart(const double *end, size_t count)
{
    static const double SLACK = 0.01, CIRCLE = 360;
    for (size_t i = 1; i < count; i++) {
        const double *a = end + 2 * i - 2, *b = end + 2 * i;
        double forth = fabs(remainder(b[0] - a[1], CIRCLE));
        double back = fabs(remainder(b[1] - a[0], CIRCLE));
        double across = fabs(remainder(b[0] - a[0], CIRCLE)); // bounds that run the other way
        double other = fabs(remainder(b[1] - a[1], CIRCLE));
        double wide = fmin(fabs(a[1] - a[0]), fabs(b[1] - b[0]));
        if (fmin(forth, back) > SLACK * wide && fmin(across, other) > SLACK * wide)
            return true;
    }
    return false;
}

// Boxes of an axis of y and one of x, brought to the globe by `map` (NULL: they are degrees).
static enum err_kind make_boxes(const double *y, size_t rows, const double *x, size_t columns,
                                const struct projection *map, struct mesh *out, struct err *err)
{
    static const size_t up[] = {0, 0, 1, 1}, along[] = {0, 1, 1, 0};
    struct mesh size = {.rows = rows, .columns = columns, .corners = 4};
    if (columns == 0 || rows == 0 || rows > CELLS_MAX / columns)
        return err_set(err, ERR_INPUT, "%zu x %zu cells are none, or more than gong reads", rows,
                       columns);
    AUTO(mem_drop) double *longitude = mem_new(rows * columns * 4, sizeof(*longitude));
    AUTO(mem_drop) double *latitude = mem_new(rows * columns * 4, sizeof(*latitude));
    for (size_t i = 0; i < rows * columns * 4; i++) {
        size_t row = i / 4 / columns, column = i / 4 % columns;
        double at_x = x[2 * column + along[i % 4]], at_y = y[2 * row + up[i % 4]];
        longitude[i] = at_x;
        latitude[i] = at_y;
        if (map)
            projection_back(map, at_x, at_y, &longitude[i], &latitude[i]);
    }
    return mesh_from_corners(longitude, latitude, size, out, err);
}

static double number_of(const struct ncgrid *file, const struct ncvar *mapping, const char *name,
                        double otherwise)
{
    double value;
    return ncgrid_numbers(file, mapping, name, &value, 1) == 1 ? value : otherwise;
}

static void read_earth(const struct ncgrid *file, const struct ncvar *mapping,
                       struct projection *out)
{
    // WGS 84 where the file is silent.
    static const double MAJOR_M = 6378137, INVERSE = 298.257223563;
    double radius = number_of(file, mapping, "earth_radius", 0);
    double major = number_of(file, mapping, "semi_major_axis", radius);
    double minor = number_of(file, mapping, "semi_minor_axis", 0);
    double inverse = number_of(file, mapping, "inverse_flattening", 0);
    bool silent = major <= 0;
    out->major_m = silent ? MAJOR_M : major;
    if (silent)
        out->flattening = 1 / INVERSE;
    else if (inverse > 0)
        out->flattening = 1 / inverse;
    else if (minor > 0)
        out->flattening = (major - minor) / major;
}

static enum err_kind read_mapping(const struct ncgrid *file, const struct ncvar *var,
                                  struct projection *out, struct err *err)
{
    char text[NCGRID_NAME_SIZE], name[TEXT_SIZE];
    struct ncvar mapping;
    struct projection map = {0};
    if (!ncgrid_text(file, var, "grid_mapping", text, sizeof(text)) ||
        !ncgrid_beside(file, var, text, &mapping) ||
        !ncgrid_text(file, &mapping, "grid_mapping_name", name, sizeof(name)))
        return err_set(err, ERR_INPUT,
                       "\"%s\" is on a projected or rotated grid, and the file does not say which "
                       "(no grid mapping, no two-dimensional coordinates)",
                       var->name);
    if (projection_named(name, &map.kind, err))
        return err_add(err, "reading the grid of \"%s\"", var->name);
    bool rotated = map.kind == PROJECTION_ROTATED_POLE;
    const struct {
        const char *name;
        double *at;
    } all[] = {
        {"longitude_of_projection_origin", &map.longitude},
        {"longitude_of_central_meridian", &map.longitude},
        {"straight_vertical_longitude_from_pole", &map.longitude},
        {"latitude_of_projection_origin", &map.latitude},
        {"scale_factor_at_projection_origin", &map.scale},
        {"scale_factor_at_central_meridian", &map.scale},
        {"false_easting", &map.east_m},
        {"false_northing", &map.north_m},
        {"grid_north_pole_longitude", &map.longitude},
        {"grid_north_pole_latitude", &map.latitude},
        {"north_pole_grid_longitude", &map.grid_longitude},
    };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        *all[i].at = number_of(file, &mapping, all[i].name, *all[i].at);
    size_t parallels = ncgrid_numbers(file, &mapping, "standard_parallel", map.parallel, 2);
    if (parallels < 2)
        map.parallel[1] = map.parallel[0];
    if (!rotated)
        read_earth(file, &mapping, &map);
    *out = map;
    return projection_check(&map, err);
}

// Kilometres are metres, degrees stay.
static enum err_kind read_factor(const struct ncgrid *file, const struct ncvar *axis, double *out,
                                 struct err *err)
{
    char units[TEXT_SIZE];
    (void)ncgrid_text(file, axis, "units", units, sizeof(units));
    static const struct {
        const char *unit;
        double factor;
    } known[] = {{"m", 1},     {"metre", 1},  {"meter", 1},   {"meters", 1}, {"metres", 1},
                 {"km", 1000}, {"degree", 1}, {"degrees", 1}, {"", 1}};
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (strcasecmp(units, known[i].unit) == 0) {
            *out = known[i].factor;
            return OK;
        }
    }
    return err_set(err, ERR_INPUT, "the axis \"%s\" counts in \"%s\"; metres or degrees are read",
                   axis->name, units);
}

static enum err_kind find_projected(const struct ncgrid *file, const struct ncvar *var,
                                    const struct cf_axes *axes, struct mesh *out, struct err *err)
{
    struct projection map;
    double y_factor, x_factor;
    AUTO(mem_drop) double *y = NULL;
    AUTO(mem_drop) double *x = NULL;
    if (read_mapping(file, var, &map, err) || read_factor(file, &axes->y_var, &y_factor, err) ||
        read_factor(file, &axes->x_var, &x_factor, err) || read_ends(file, &axes->y_var, &y, err) ||
        read_ends(file, &axes->x_var, &x, err))
        return err_of(err);
    size_t rows = axes->y_var.dim[0].len, columns = axes->x_var.dim[0].len;
    for (size_t i = 0; i < 2 * rows; i++)
        y[i] *= y_factor;
    for (size_t i = 0; i < 2 * columns; i++)
        x[i] *= x_factor;
    return make_boxes(y, rows, x, columns, &map, out, err);
}

// --- two-dimensional and scattered coordinates
// --------------------------------------------------

static double degrees_of(const struct ncgrid *file, const struct ncvar *var)
{
    char units[TEXT_SIZE];
    (void)ncgrid_text(file, var, "units", units, sizeof(units));
    return strncasecmp(units, "radian", 6) == 0 ? 180 / M_PI : 1;
}

static enum err_kind read_all(const struct ncgrid *file, const struct ncvar *var, double factor,
                              double **out, struct err *err)
{
    size_t count = 1;
    for (size_t i = 0; i < var->dims; i++) {
        if (var->dim[i].len > CELLS_MAX || count > CELLS_MAX / (var->dim[i].len | 1))
            return err_set(err, ERR_INPUT, "\"%s\" has more numbers than gong reads", var->name);
        count *= var->dim[i].len;
    }
    AUTO(mem_drop) double *values = mem_new(count + 1, sizeof(*values));
    if (ncgrid_values(file, var, NULL, NULL, values, err))
        return err_of(err);
    for (size_t i = 0; i < count; i++)
        values[i] *= factor;
    *out = TAKE(values);
    return OK;
}

// The corners of each cell, as bounds with one dimension more than the coordinate.
static bool has_corners(const struct ncgrid *file, const struct ncvar *coordinate,
                        struct ncvar *out)
{
    if (!cf_bounds_find(file, coordinate, out) || !out->numeric ||
        out->dims != coordinate->dims + 1)
        return false;
    for (size_t i = 0; i < coordinate->dims; i++) {
        if (out->dim[i].id != coordinate->dim[i].id)
            return false;
    }
    return true;
}

static enum err_kind find_cornered(const struct ncgrid *file, const struct cf_axes *axes,
                                   const struct ncvar *y_bounds, const struct ncvar *x_bounds,
                                   struct mesh *out, struct err *err)
{
    AUTO(mem_drop) double *latitude = NULL;
    AUTO(mem_drop) double *longitude = NULL;
    bool flat = axes->places == CF_CURVED;
    struct mesh size = {
        .rows = flat ? axes->y_var.dim[0].len : 1,
        .columns = axes->y_var.dim[axes->y_var.dims - 1].len,
        .corners = y_bounds->dim[y_bounds->dims - 1].len,
    };
    if (x_bounds->dim[x_bounds->dims - 1].len != size.corners)
        return err_set(err, ERR_INPUT, "\"%s\" and \"%s\" have not as many corners", y_bounds->name,
                       x_bounds->name);
    if (read_all(file, y_bounds, degrees_of(file, &axes->y_var), &latitude, err) ||
        read_all(file, x_bounds, degrees_of(file, &axes->x_var), &longitude, err))
        return err_of(err);
    return mesh_from_corners(longitude, latitude, size, out, err);
}

static enum err_kind find_curved(const struct ncgrid *file, const struct ncvar *var,
                                 const struct cf_axes *axes, struct mesh *out, struct err *err)
{
    struct ncvar y_bounds, x_bounds;
    if (has_corners(file, &axes->y_var, &y_bounds) && has_corners(file, &axes->x_var, &x_bounds))
        return find_cornered(file, axes, &y_bounds, &x_bounds, out, err);
    if (axes->places == CF_SCATTERED)
        return err_set(
            err, ERR_INPUT,
            "\"%s\" stands at points along \"%s\", without the bounds of their cells: "
            "points have no area; stations are read from CSV and JSON (\"format: stations\")",
            var->name, var->dim[axes->x].name);
    AUTO(mem_drop) double *latitude = NULL;
    AUTO(mem_drop) double *longitude = NULL;
    if (read_all(file, &axes->y_var, degrees_of(file, &axes->y_var), &latitude, err) ||
        read_all(file, &axes->x_var, degrees_of(file, &axes->x_var), &longitude, err))
        return err_of(err);
    return mesh_from_centres(longitude, latitude, axes->y_var.dim[0].len, axes->y_var.dim[1].len,
                             out, err);
}

// Latitudes and longitudes of cells that do not touch: boxes of their own, not rows and columns.
static enum err_kind find_apart(const struct ncgrid *file, const struct cf_axes *axes,
                                struct mesh *out, bool *apart, struct err *err)
{
    AUTO(mem_drop) double *y = NULL;
    AUTO(mem_drop) double *x = NULL;
    struct ncvar bounds;
    size_t rows = axes->y_var.dim[0].len, columns = axes->x_var.dim[0].len;
    *apart = false;
    if (!cf_bounds_find(file, &axes->y_var, &bounds) ||
        !cf_bounds_find(file, &axes->x_var, &bounds))
        return OK;
    if (read_ends(file, &axes->y_var, &y, err) || read_ends(file, &axes->x_var, &x, err))
        return err_of(err);
    *apart = stand_apart(y, rows) || stand_apart(x, columns);
    return *apart ? make_boxes(y, rows, x, columns, NULL, out, err) : OK;
}

static enum err_kind find_rectilinear(const struct ncgrid *file, const struct cf_axes *axes,
                                      const struct wanted_list *list, struct cf_cells *cells,
                                      struct err *err)
{
    cells->rectilinear = true;
    if (read_axis(file, &axes->y_var, AXIS_LATITUDE, &cells->latitude, err) ||
        read_axis(file, &axes->x_var, AXIS_LONGITUDE, &cells->longitude, err))
        return err_of(err);
    if (list->has_box &&
        (axis_cut(&cells->latitude, list->south_milli / MILLI, list->north_milli / MILLI, err) ||
         axis_cut(&cells->longitude, list->west_milli / MILLI, list->east_milli / MILLI, err)))
        return err_of(err);
    cells->rows = cells->latitude.count;
    cells->columns = cells->longitude.count;
    return OK;
}

enum err_kind cf_cells_find(const struct ncgrid *file, const struct ncvar *var,
                            const struct cf_axes *axes, const struct wanted_list *list,
                            struct cf_cells *out, struct err *err)
{
    AUTO(cf_cells_free) struct cf_cells cells = {0};
    bool straight = axes->places == CF_RECTILINEAR, apart = false;
    if (straight && find_apart(file, axes, &cells.mesh, &apart, err))
        return err_of(err);
    if (straight && !apart) {
        if (find_rectilinear(file, axes, list, &cells, err))
            return err_of(err);
        *out = MOVE(cells);
        return OK;
    }
    if (axes->places == CF_PROJECTED && find_projected(file, var, axes, &cells.mesh, err))
        return err_of(err);
    if (!straight && axes->places != CF_PROJECTED && find_curved(file, var, axes, &cells.mesh, err))
        return err_of(err);
    struct mesh_box box = {list->west_milli / MILLI, list->south_milli / MILLI,
                           list->east_milli / MILLI, list->north_milli / MILLI};
    if (list->has_box && mesh_cut(&cells.mesh, box, err))
        return err_of(err);
    cells.rows = cells.mesh.rows;
    cells.columns = cells.mesh.columns;
    *out = MOVE(cells);
    return OK;
}

// --- what was found
// -----------------------------------------------------------------------------

void cf_cells_part(const struct cf_cells *cells, const struct cf_axes *axes, size_t *start,
                   size_t *count)
{
    if (axes->y != NO_AXIS) {
        start[axes->y] = cells->rectilinear ? cells->latitude.first : cells->mesh.first_row;
        count[axes->y] = cells->rows;
    }
    start[axes->x] = cells->rectilinear ? cells->longitude.first : cells->mesh.first_column;
    count[axes->x] = cells->columns;
}

size_t cf_cells_at(const struct cf_cells *cells, const struct cf_axes *axes, size_t row,
                   size_t column)
{
    if (cells->rectilinear && cells->latitude.descending)
        row = cells->rows - 1 - row;
    if (cells->rectilinear && cells->longitude.descending)
        column = cells->columns - 1 - column;
    bool row_major = axes->y == NO_AXIS || axes->y < axes->x;
    return row_major ? row * cells->columns + column : column * cells->rows + row;
}

void cf_cells_place(const struct cf_cells *cells, size_t row, size_t column, double *longitude,
                    double *latitude)
{
    size_t cell = (row * cells->columns + column) * cells->mesh.corners * 2;
    *longitude = cells->rectilinear ? cells->longitude.edge[column] : cells->mesh.corner[cell];
    *latitude = cells->rectilinear ? cells->latitude.edge[row] : cells->mesh.corner[cell + 1];
}

static bool same_axis(const struct axis *a, const struct axis *b)
{
    return a->count == b->count && memcmp(a->edge, b->edge, (a->count + 1) * sizeof(*a->edge)) == 0;
}

static bool same_mesh(const struct mesh *a, const struct mesh *b)
{
    return a->rows == b->rows && a->columns == b->columns && a->corners == b->corners &&
           memcmp(a->corner, b->corner,
                  a->rows * a->columns * a->corners * 2 * sizeof(*a->corner)) == 0;
}

bool cf_cells_same(const struct cf_cells *a, const struct cf_cells *b)
{
    if (a->rectilinear != b->rectilinear)
        return false;
    return a->rectilinear
               ? same_axis(&a->latitude, &b->latitude) && same_axis(&a->longitude, &b->longitude)
               : same_mesh(&a->mesh, &b->mesh);
}

static double *copy_of(const double *from, size_t count)
{
    double *copy = mem_new(count, sizeof(*copy));
    memcpy(copy, from, count * sizeof(*copy));
    return copy;
}

void cf_cells_grid(const struct cf_cells *cells, struct grid *out)
{
    *out = (struct grid){.rows = cells->rows, .columns = cells->columns};
    if (cells->rectilinear) {
        out->latitude = copy_of(cells->latitude.edge, cells->rows + 1);
        out->longitude = copy_of(cells->longitude.edge, cells->columns + 1);
        return;
    }
    out->corners = cells->mesh.corners;
    out->corner =
        copy_of(cells->mesh.corner, cells->rows * cells->columns * cells->mesh.corners * 2);
}
