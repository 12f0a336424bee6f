#include "ingest/cf.h"

#include "core/mem.h"
#include "ingest/cf_axes.h"
#include "ingest/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Steps x cells of one file: 200 MB of floats. A global half-hourly grid cut to Viet Nam is 50,000.
enum { VALUES_MAX = 50 * 1000 * 1000, UNIT_SIZE = 128 };

// One wanted variable, as it lies in the file.
struct layout {
    const struct wanted *wanted;
    struct ncvar var;
    struct cf_axes axes;
    struct axis latitude, longitude;
    struct scale scale;
    struct cf_step *steps; // [times]
    int32_t *members;      // [member_count]
    size_t times, member_count;
    struct utc issued_at;
};

static void layout_free(struct layout *layout)
{
    axis_free(&layout->latitude);
    axis_free(&layout->longitude);
    mem_free(&layout->steps);
    mem_free(&layout->members);
}

struct layouts {
    size_t count;
    struct layout at[WANTED_MAX];
};

static void layouts_free(struct layouts **layouts)
{
    for (size_t i = 0; *layouts && i < (*layouts)->count; i++)
        layout_free(&(*layouts)->at[i]);
    mem_free(layouts);
}

static enum err_kind lay_grid(const struct ncgrid *file, const struct wanted_list *list,
                              struct layout *layout, struct err *err)
{
    const struct cf_axes *axes = &layout->axes;
    if (cf_axis_cells(file, &axes->latitude_var, AXIS_LATITUDE, &layout->latitude, err) ||
        cf_axis_cells(file, &axes->longitude_var, AXIS_LONGITUDE, &layout->longitude, err))
        return err->kind;
    if (!list->has_box)
        return OK;
    if (axis_cut(&layout->latitude, list->south_milli / 1000.0, list->north_milli / 1000.0, err))
        return err->kind;
    return axis_cut(&layout->longitude, list->west_milli / 1000.0, list->east_milli / 1000.0, err);
}

static enum err_kind lay_out(const struct ncgrid *file, const struct wanted_list *list, size_t i,
                             struct layout *layout, struct err *err)
{
    char unit[UNIT_SIZE];
    const struct wanted *wanted = &list->at[i];
    layout->wanted = wanted;
    layout->issued_at = UTC_NEVER;
    if (ncgrid_find(file, wanted->reads, &layout->var, err) ||
        cf_axes_find(file, &layout->var, &layout->axes, err) || lay_grid(file, list, layout, err))
        return err->kind;
    if (*wanted->unit)
        (void)snprintf(unit, sizeof(unit), "%s", wanted->unit);
    else if (!ncgrid_text(file, &layout->var, "units", unit, sizeof(unit)))
        return err_set(err, ERR_INPUT,
                       "\"%s\" has no units; give them with \"unit:\" in sources.yaml",
                       wanted->reads);
    if (scale_for(wanted->variable, unit, &layout->scale, err) ||
        cf_times(file, &layout->var, &layout->axes, wanted, &layout->steps, &layout->times, err) ||
        cf_members(file, &layout->axes, &layout->var, &layout->members, &layout->member_count, err))
        return err->kind;
    return list->forecast ? cf_issue(file, &layout->var, &layout->issued_at, err) : OK;
}

static bool same_axis(const struct axis *a, const struct axis *b)
{
    return a->count == b->count && memcmp(a->edge, b->edge, (a->count + 1) * sizeof(*a->edge)) == 0;
}

static enum err_kind check_whole(const struct layouts *all, size_t *steps, struct err *err)
{
    const struct layout *first = &all->at[0];
    size_t cells = first->latitude.count * first->longitude.count;
    *steps = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct layout *one = &all->at[i];
        if (!same_axis(&one->latitude, &first->latitude) ||
            !same_axis(&one->longitude, &first->longitude))
            return err_set(err, ERR_INPUT, "\"%s\" is on another grid than \"%s\"",
                           one->wanted->reads, first->wanted->reads);
        *steps += one->times * one->member_count;
    }
    if (*steps == 0 || *steps > VALUES_MAX || cells > VALUES_MAX / *steps)
        return err_set(err, ERR_INPUT, "%zu steps of %zu cells are more than gong reads at once",
                       *steps, cells);
    return OK;
}

// From the order of the file to rows from the south and columns from the west, in canonical units.
static enum err_kind turn(const struct layout *layout, const struct scale *scale, const double *in,
                          float *out, struct err *err)
{
    size_t rows = layout->latitude.count, columns = layout->longitude.count;
    bool row_major = layout->axes.latitude < layout->axes.longitude;
    for (size_t r = 0; r < rows; r++) {
        size_t row = layout->latitude.descending ? rows - 1 - r : r;
        for (size_t c = 0; c < columns; c++) {
            size_t column = layout->longitude.descending ? columns - 1 - c : c;
            double value = in[row_major ? row * columns + column : column * rows + row];
            value = value * scale->factor + scale->offset;
            if (value < scale->lowest || value > scale->highest)
                return err_set(err, ERR_INPUT,
                               "%s of %g at %.2f N %.2f E cannot be; does the file name its fill "
                               "value and its unit rightly?",
                               layout->wanted->variable, value, layout->latitude.edge[r],
                               layout->longitude.edge[c]);
            out[r * columns + c] = value < 0 && scale->lowest < 0 ? 0 : (float)value;
        }
    }
    return OK;
}

// Reads one step, (time, member), into frame->value at `index`.
static enum err_kind read_step(const struct ncgrid *file, const struct layout *layout, size_t time,
                               size_t member, double *scratch, float *out, struct err *err)
{
    size_t start[NCGRID_DIMS_MAX] = {0}, count[NCGRID_DIMS_MAX];
    const struct cf_axes *axes = &layout->axes;
    const struct cf_step *step = &layout->steps[time];
    struct scale scale;
    for (size_t i = 0; i < layout->var.dims; i++)
        count[i] = 1;
    start[axes->latitude] = layout->latitude.first;
    count[axes->latitude] = layout->latitude.count;
    start[axes->longitude] = layout->longitude.first;
    count[axes->longitude] = layout->longitude.count;
    if (axes->time != NO_AXIS)
        start[axes->time] = time;
    if (axes->member != NO_AXIS)
        start[axes->member] = member;
    if (scale_over(&layout->scale, step->to.s - step->from.s, &scale, err) ||
        ncgrid_values(file, &layout->var, start, count, scratch, err) ||
        turn(layout, &scale, scratch, out, err))
        return err_add(err, "reading the step to %s", utc_text(step->to).at);
    return OK;
}

static enum err_kind read_variable(const struct ncgrid *file, const struct layout *layout,
                                   struct frame *frame, size_t *done, struct err *err)
{
    size_t cells = frame->grid.rows * frame->grid.columns;
    AUTO(mem_drop) double *scratch = mem_new(cells, sizeof(*scratch));
    for (size_t t = 0; t < layout->times; t++) {
        for (size_t m = 0; m < layout->member_count; m++, (*done)++) {
            struct grid_step *step = &frame->step[*done];
            memcpy(step->variable, layout->wanted->variable, sizeof(step->variable));
            step->valid_from = layout->steps[t].from;
            step->valid_to = layout->steps[t].to;
            step->issued_at = layout->issued_at;
            step->member = layout->members[m];
            if (read_step(file, layout, t, m, scratch, frame->value + *done * cells, err))
                return err->kind;
        }
    }
    return OK;
}

static double *edges_copy(const struct axis *axis)
{
    double *copy = mem_new(axis->count + 1, sizeof(*copy));
    memcpy(copy, axis->edge, (axis->count + 1) * sizeof(*copy));
    return copy;
}

enum err_kind cf_read(void *bytes, size_t size, const struct wanted_list *wanted, struct frame *out,
                      struct err *err)
{
    AUTO(ncgrid_close) struct ncgrid *file = NULL;
    AUTO(layouts_free) struct layouts *all = mem_new(1, sizeof(*all));
    AUTO(frame_free) struct frame frame = {0};
    size_t done = 0;
    if (ncgrid_open(bytes, size, &file, err))
        return err->kind;
    for (size_t i = 0; i < wanted->count; i++) {
        all->count = i + 1;
        if (lay_out(file, wanted, i, &all->at[i], err))
            return err->kind;
    }
    if (check_whole(all, &frame.count, err))
        return err->kind;
    frame.grid.rows = all->at[0].latitude.count;
    frame.grid.columns = all->at[0].longitude.count;
    frame.grid.latitude = edges_copy(&all->at[0].latitude);
    frame.grid.longitude = edges_copy(&all->at[0].longitude);
    frame.step = mem_new(frame.count, sizeof(*frame.step));
    frame.value = mem_new(frame.count * frame.grid.rows * frame.grid.columns, sizeof(*frame.value));
    for (size_t i = 0; i < all->count; i++) {
        if (read_variable(file, &all->at[i], &frame, &done, err))
            return err->kind;
    }
    *out = frame;
    frame = (struct frame){0};
    return OK;
}
