#include "ingest/cells.h"

#include "core/hash.h"
#include "core/mem.h"
#include "ingest/grid.h"
#include "ingest/mesh.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum { CELLS_MAX = 5 * 1000 * 1000 }; // ICON's globe at 13 km has 2,949,120
static const double MILLI = 1000;

void cells_free(struct cells *cells)
{
    mem_free(&cells->index);
    mem_free(&cells->corner);
}

// Four groups of hexadecimal digits, as RFC 9562 writes them, in small letters.
static bool is_uuid(const char *text)
{
    static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    bool good = strlen(text) == sizeof(pattern) - 1;
    for (size_t i = 0; good && pattern[i]; i++)
        good = pattern[i] == '-' ? text[i] == '-' : strchr("0123456789abcdef", text[i]) != NULL;
    return good;
}

// --- from a file
// ----------------------------------------------------------------------------------

static enum err_kind read_corners(const struct ncgrid *file, const char *name, struct ncvar *var,
                                  double **out, struct err *err)
{
    char units[64];
    if (ncgrid_find(file, name, var, err))
        return err_of(err);
    (void)ncgrid_text(file, var, "units", units, sizeof(units));
    double factor = strncasecmp(units, "radian", 6) == 0 ? 180 / M_PI : 1;
    if (!var->numeric || var->dims != 2 || var->dim[0].len < 1 || var->dim[0].len > CELLS_MAX ||
        var->dim[1].len < 3 || var->dim[1].len > GRID_CORNERS_MAX)
        return err_set(err, ERR_INPUT, "\"%s\" is no table of cells (1 to %d) by corners (3 to %d)",
                       name, CELLS_MAX, GRID_CORNERS_MAX);
    size_t count = var->dim[0].len * var->dim[1].len;
    AUTO(mem_drop) double *values = mem_new(count, sizeof(*values));
    if (ncgrid_values(file, var, NULL, NULL, values, err))
        return err_of(err);
    for (size_t i = 0; i < count; i++)
        values[i] *= factor;
    *out = TAKE(values);
    return OK;
}

static enum err_kind read_uuid(const struct ncgrid *file, const struct ncvar *near, char *out,
                               struct err *err)
{
    struct ncvar whole = *near;
    whole.id = NCGRID_FILE;
    bool there = ncgrid_text(file, &whole, "uuidOfHGrid", out, CELLS_UUID_SIZE);
    for (char *c = out; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'F' ? *c - 'A' + 'a' : *c);
    if (!there || !is_uuid(out))
        return err_set(err, ERR_INPUT,
                       "the grid has no name (the attribute uuidOfHGrid), by which it is told from "
                       "others");
    return OK;
}

// Those that touch the box, with their corners as the file has them.
static void take(const struct mesh *mesh, const struct wanted_list *list, struct cells *out)
{
    struct mesh_box box = {list->west_milli / MILLI, list->south_milli / MILLI,
                           list->east_milli / MILLI, list->north_milli / MILLI};
    size_t numbers = mesh->corners * 2;
    out->index = mem_new(mesh->columns, sizeof(*out->index));
    out->corner = mem_new(mesh->columns * numbers, sizeof(*out->corner));
    for (size_t i = 0; i < mesh->columns; i++) {
        if (list->has_box && !mesh_touches(mesh, i, box))
            continue;
        memcpy(out->corner + out->count * numbers, mesh->corner + i * numbers,
               numbers * sizeof(*out->corner));
        out->index[out->count++] = (uint32_t)i;
    }
}

enum err_kind cells_find(const struct ncgrid *file, const struct wanted_list *list,
                         struct cells *out, struct err *err)
{
    struct ncvar x_var, y_var;
    AUTO(mem_drop) double *x = NULL;
    AUTO(mem_drop) double *y = NULL;
    AUTO(mesh_free) struct mesh mesh = {0};
    AUTO(cells_free) struct cells cells = {.count = 0};
    if (read_corners(file, "clon_vertices", &x_var, &x, err) ||
        read_corners(file, "clat_vertices", &y_var, &y, err) ||
        read_uuid(file, &x_var, cells.uuid, err))
        return err_of(err);
    if (x_var.dim[0].len != y_var.dim[0].len || x_var.dim[1].len != y_var.dim[1].len)
        return err_set(err, ERR_INPUT,
                       "\"clon_vertices\" and \"clat_vertices\" are not of the same cells");
    struct mesh size = {.rows = 1, .columns = x_var.dim[0].len, .corners = x_var.dim[1].len};
    if (mesh_from_corners(x, y, size, &mesh, err))
        return err_of(err);
    cells.total = mesh.columns;
    cells.corners = mesh.corners;
    take(&mesh, list, &cells);
    if (cells.count == 0)
        return err_set(err, ERR_INPUT, "none of the %zu cells of the grid touches the area",
                       cells.total);
    *out = MOVE(cells);
    return OK;
}

// --- as bytes
// -------------------------------------------------------------------------------------

static const char MAGIC[8] = "gongcell"; // without a NUL
struct head {
    char magic[sizeof(MAGIC)], uuid[CELLS_UUID_SIZE + 3];
    uint64_t total, count, corners;
};

void cells_write(const struct cells *cells, struct buf *out)
{
    struct head head = {.total = cells->total, .count = cells->count, .corners = cells->corners};
    memcpy(head.magic, MAGIC, sizeof(MAGIC));
    memcpy(head.uuid, cells->uuid, sizeof(cells->uuid));
    size_t start = out->len;
    buf_add(out, &head, sizeof(head));
    buf_add(out, cells->index, cells->count * sizeof(*cells->index));
    buf_add(out, cells->corner, cells->count * cells->corners * 2 * sizeof(*cells->corner));
    struct hash sum = hash_of((struct str){out->at + start, out->len - start});
    buf_add(out, sum.at, sizeof(sum.at));
}

// Whether the numbers are such as cells_find gives.
static bool are_good(const struct cells *cells)
{
    static const double LONGITUDE_MAX = 540, LATITUDE_MAX = 90.000001;
    bool good = true;
    for (size_t i = 0; i < cells->count; i++)
        good = good && cells->index[i] < cells->total &&
               (i == 0 || cells->index[i] > cells->index[i - 1]);
    for (size_t i = 0; i < cells->count * cells->corners * 2; i++) // NaN is not within
        good = good && fabs(cells->corner[i]) <= (i % 2 ? LATITUDE_MAX : LONGITUDE_MAX);
    return good;
}

enum err_kind cells_read(struct str bytes, struct cells *out, struct err *err)
{
    struct head head = {.count = 0};
    struct hash sum = {{0}};
    AUTO(cells_free) struct cells cells = {.count = 0};
    bool good = bytes.len > sizeof(head) + sizeof(sum.at);
    if (good)
        memcpy(&head, bytes.at, sizeof(head));
    good = good && memcmp(head.magic, MAGIC, sizeof(MAGIC)) == 0 && head.count >= 1 &&
           head.count <= head.total && head.total <= CELLS_MAX && head.corners >= 3 &&
           head.corners <= GRID_CORNERS_MAX && !head.uuid[CELLS_UUID_SIZE - 1] &&
           is_uuid(head.uuid);
    size_t indices = head.count * sizeof(*cells.index);
    size_t corners = head.count * head.corners * 2 * sizeof(*cells.corner);
    good = good && bytes.len == sizeof(head) + indices + corners + sizeof(sum.at);
    if (good)
        sum = hash_of((struct str){bytes.at, bytes.len - sizeof(sum.at)});
    if (!good || memcmp(sum.at, bytes.at + bytes.len - sizeof(sum.at), sizeof(sum.at)) != 0)
        return err_set(err, ERR_INPUT, "the cells of the grid are not as the decoder writes them");
    memcpy(cells.uuid, head.uuid, sizeof(cells.uuid));
    cells.total = head.total;
    cells.count = head.count;
    cells.corners = head.corners;
    cells.index = mem_new(cells.count, sizeof(*cells.index));
    cells.corner = mem_new(cells.count * cells.corners * 2, sizeof(*cells.corner));
    memcpy(cells.index, bytes.at + sizeof(head), indices);
    memcpy(cells.corner, bytes.at + sizeof(head) + indices, corners);
    if (!are_good(&cells))
        return err_set(err, ERR_INPUT, "the cells of the grid lie nowhere, or not in their order");
    *out = MOVE(cells);
    return OK;
}
