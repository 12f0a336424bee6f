#include "ingest/cf.h"

#include "core/mem.h"
#include "ingest/cf_axes.h"
#include "ingest/cf_cells.h"
#include "ingest/cf_file.h"
#include "ingest/cf_flags.h"
#include "ingest/cf_times.h"
#include "ingest/need.h"
#include "ingest/scale.h"
#include "ingest/totals.h"
#include "ingest/turn.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// Steps x cells of one file: 200 MB of floats. A global half-hourly grid cut to Viet Nam is 50,000.
enum {
    VALUES_MAX = 50 * 1000 * 1000,
    PART_VALUES_MAX = 10 * 1000 * 1000, // of a file that is read in parts
    TEXT_SIZE = 128
};

// One wanted variable, as it lies in the file.
struct layout {
    const struct wanted *wanted;
    struct ncvar var, north;   // north: the other component of a wind, when there is one
    struct chunk_need need[3]; // theirs and that of the flags, where not all chunks are read
    struct cf_flags flags;
    struct cf_axes axes;
    struct cf_cells cells;
    struct scale scale;
    struct cf_times times;
    int32_t *members; // [member_count]
    size_t member_count;
};

static void layout_free(struct layout *layout)
{
    for (size_t i = 0; i < COUNT_OF(layout->need); i++)
        chunk_need_free(&layout->need[i]);
    cf_cells_free(&layout->cells);
    cf_times_free(&layout->times);
    mem_free(&layout->members);
}

struct layouts {
    size_t count;
    struct layout at[]; // as many as variables are wanted
};

static void layouts_free(struct layouts **layouts)
{
    for (size_t i = 0; *layouts && i < (*layouts)->count; i++)
        layout_free(&(*layouts)->at[i]);
    mem_free(layouts);
}

// What the file says was done over time: "time: mean (interval: 1 hr)" -> "mean".
static void time_method(const struct ncgrid *file, const struct ncvar *var, char *out, size_t size)
{
    char text[TEXT_SIZE];
    out[0] = '\0';
    if (!ncgrid_text(file, var, "cell_methods", text, sizeof(text)))
        return;
    const char *at = strstr(text, "time: ");
    if (at)
        (void)snprintf(out, size, "%.*s", (int)strcspn(at + 6, " ("), at + 6);
}

static enum err_kind check_method(const struct ncgrid *file, const struct layout *layout,
                                  struct err *err)
{
    static const struct {
        const char *variable, *method, *why;
        bool amounts_only; // and only while the unit is the file's own
    } wrong[] = {
        {"rain", "point", "rain of a moment is no amount", false},
        {"rain", "maximum", "the largest of some rain is no amount", false},
        {"rain", "minimum", "the least of some rain is no amount", false},
        {"rain", "mean",
         "a mean of amounts: say with \"unit:\" what it is a mean of, such as mm "
         "day-1",
         true},
        {"gust", "mean", "a mean is no gust", false},
        {"gust", "minimum", "the least wind is no gust", false},
    };
    char method[TEXT_SIZE];
    const struct wanted *wanted = layout->wanted;
    time_method(file, &layout->var, method, sizeof(method));
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        bool counts = !wrong[i].amounts_only || (!layout->scale.per_day && !*wanted->unit);
        if (strcmp(wrong[i].variable, wanted->variable) == 0 &&
            strcmp(wrong[i].method, method) == 0 && counts)
            return err_set(err, ERR_INPUT, "\"%s\" is \"time: %s\": %s", wanted->reads, method,
                           wrong[i].why);
    }
    return OK;
}

// One component read as a speed would be negative half the time, and too small always.
static enum err_kind check_component(const struct ncgrid *file, const struct layout *layout,
                                     struct err *err)
{
    static const char *const components[] = {"eastward_wind", "northward_wind", "x_wind", "y_wind"};
    char name[TEXT_SIZE];
    (void)ncgrid_text(file, &layout->var, "standard_name", name, sizeof(name));
    bool component = false;
    for (size_t i = 0; i < COUNT_OF(components); i++)
        component = component || strcmp(components[i], name) == 0;
    for (const char *const *own = (const char *const[]){"u10", "v10", "10u", "10v", "u", "v", NULL};
         *own; own++)
        component = component || strcmp(*own, layout->var.name) == 0;
    bool wind = strcmp(layout->wanted->variable, "wind") == 0 ||
                strcmp(layout->wanted->variable, "gust") == 0;
    if (component && wind && !*layout->wanted->reads_north)
        return err_set(err, ERR_INPUT,
                       "\"%s\" is one component of the wind, not its speed; name both: \"reads: "
                       "[eastward, northward]\", and \"file:\" where each is in a file of its own",
                       layout->wanted->reads);
    return OK;
}

static enum err_kind lay_north(const struct ncgrid *file, struct layout *layout, struct err *err)
{
    if (!*layout->wanted->reads_north)
        return OK;
    const struct ncvar *east = &layout->var;
    if (ncgrid_find(file, layout->wanted->reads_north, &layout->north, err))
        return err_of(err);
    bool same = layout->north.numeric && layout->north.dims == east->dims;
    for (size_t i = 0; same && i < east->dims; i++)
        same = layout->north.dim[i].id == east->dim[i].id;
    return same ? OK
                : err_set(err, ERR_INPUT, "\"%s\" and \"%s\" have not the same dimensions",
                          layout->wanted->reads, layout->wanted->reads_north);
}

static enum err_kind lay_scale(const struct ncgrid *file, struct layout *layout, struct err *err)
{
    char unit[TEXT_SIZE];
    const struct wanted *wanted = layout->wanted;
    if (*wanted->unit)
        (void)snprintf(unit, sizeof(unit), "%s", wanted->unit);
    else if (!ncgrid_text(file, &layout->var, "units", unit, sizeof(unit)))
        return err_set(err, ERR_INPUT,
                       "\"%s\" has no units; give them with \"unit:\" in sources.yaml",
                       wanted->reads);
    if (scale_for(wanted->variable, unit, &layout->scale, err) || check_method(file, layout, err))
        return err_of(err);
    bool total = wanted->interval == INTERVAL_SINCE_RUN || wanted->interval == INTERVAL_SINCE_DAY;
    if (total && layout->scale.per_day)
        return err_set(err, ERR_INPUT, "\"%s\" counts \"%s\": a rate is no running total",
                       wanted->reads, unit);
    return OK;
}

static enum err_kind lay_out(const struct ncgrid *file, const struct wanted_list *list, size_t i,
                             struct layout *layout, struct err *err)
{
    layout->wanted = &list->at[i];
    if (ncgrid_find(file, layout->wanted->reads, &layout->var, err) ||
        cf_flags_find(file, &layout->var, layout->wanted, &layout->flags, err) ||
        cf_axes_find(file, &layout->var, layout->wanted, &layout->axes, err) ||
        check_component(file, layout, err) || lay_north(file, layout, err) ||
        cf_cells_find(file, &layout->var, &layout->axes, list, &layout->cells, err) ||
        lay_scale(file, layout, err) ||
        cf_times_find(file, &layout->var, &layout->axes, list, layout->wanted, &layout->times,
                      err) ||
        cf_members(file, &layout->var, &layout->axes, list, &layout->members, &layout->member_count,
                   err))
        return err_of(err);
    return OK;
}

// Which times of each variable are read, by their number, and how many steps that is: all, those of
// a stream, or as many as make a part.
struct span_read {
    size_t first, end, next, steps;
};

static enum err_kind check_whole(const struct layouts *all, const struct wanted_list *wanted,
                                 const struct cf_stream *sink, struct span_read *out,
                                 struct err *err)
{
    const struct layout *first = &all->at[0];
    size_t cells = first->cells.rows * first->cells.columns, at_once = 0, longest = 0, steps = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct layout *one = &all->at[i];
        size_t times = one->times.runs * one->times.count;
        if (!cf_cells_same(&one->cells, &first->cells))
            return err_set(err, ERR_INPUT, "\"%s\" is on another grid than \"%s\"",
                           one->wanted->reads, first->wanted->reads);
        steps += times > VALUES_MAX / one->member_count ? VALUES_MAX : times * one->member_count;
        at_once += one->times.runs * one->member_count;
        longest = one->times.count > longest ? one->times.count : longest;
    }
    *out = (struct span_read){.end = SIZE_MAX, .steps = steps};
    if (sink) {
        *out = (struct span_read){sink->first, sink->end, 0, steps ? 1 : 0};
    } else if (wanted->in_parts && steps && cells <= VALUES_MAX / at_once) {
        size_t many = PART_VALUES_MAX / (cells * at_once);
        out->first = wanted->first;
        if (out->first >= longest)
            return err_set(err, ERR_INPUT, "the file has no time number %zu", out->first);
        many = many > 0 ? many : 1;
        many = many < longest - out->first ? many : longest - out->first;
        out->end = out->first + many;
        out->next = out->end < longest ? out->end : 0;
        out->steps = many * at_once;
    }
    if (out->steps == 0 || out->steps > VALUES_MAX || cells > VALUES_MAX / out->steps)
        return err_set(err, ERR_INPUT,
                       "%zu steps of %zu cells are more than gong reads at once; %s", steps, cells,
                       wanted->in_parts ? "have it in files of fewer members or a smaller area"
                                        : "ask for it in parts");
    return OK;
}

// --- reading
// ------------------------------------------------------------------------------------

// What is read of one variable, step by step.
struct reader {
    const struct ncgrid *file;
    const struct layout *layout;
    size_t cells;
    double *value, *north; // [cells] as in the file
    double *flag;          // [cells] NULL: none are asked for
    float *stored;         // [cells] the same as floats
    double *total;         // [member_count x cells] of a running total, at the stamp before
    struct frame *frame;
};

static void reader_free(struct reader *reader)
{
    mem_free(&reader->value);
    mem_free(&reader->stored);
    mem_free(&reader->north);
    mem_free(&reader->flag);
    mem_free(&reader->total);
}

static bool is_total(const struct layout *layout)
{
    return layout->wanted->interval == INTERVAL_SINCE_RUN ||
           layout->wanted->interval == INTERVAL_SINCE_DAY;
}

// Which step of a variable.
struct place {
    size_t run, time, member;
};

// The part of the variable that one step is.
static void part_of(const struct layout *layout, const struct place *place, size_t *start,
                    size_t *count)
{
    const struct cf_axes *axes = &layout->axes;
    for (size_t i = 0; i < layout->var.dims; i++) {
        start[i] = axes->pick[i];
        count[i] = 1;
    }
    cf_cells_part(&layout->cells, axes, start, count);
    if (axes->run != NO_AXIS)
        start[axes->run] = place->run;
    if (axes->time != NO_AXIS)
        start[axes->time] = place->time;
    if (axes->member != NO_AXIS)
        start[axes->member] = place->member;
}

// --- what is not read
// ------------------------------------------------------------------------------------

// The part of a variable that is read at a step: of the first one.
struct part {
    struct ncvar *var;
    size_t start[NCGRID_DIMS_MAX], count[NCGRID_DIMS_MAX];
};

// The field, the other component, the flags; returns how many there are.
static size_t parts_of(struct layout *layout, struct part *part)
{
    size_t parts = 1;
    part[0].var = &layout->var;
    part_of(layout, &(struct place){0}, part[0].start, part[0].count);
    if (*layout->wanted->reads_north) {
        part[parts] = part[0];
        part[parts++].var = &layout->north;
    }
    if (layout->flags.is_asked) {
        part[parts].var = &layout->flags.var;
        cf_flags_part(&layout->flags, part[0].start, part[0].count, part[parts].start,
                      part[parts].count);
        parts++;
    }
    return parts;
}

static bool has_chunks(const struct ncgrid *file, struct layouts *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct part part[COUNT_OF(all->at[i].need)];
        size_t parts = parts_of(&all->at[i], part);
        for (size_t k = 0; k < parts; k++) {
            if (ncgrid_has_chunks(file, part[k].var, part[k].start, part[k].count))
                return true;
        }
    }
    return false;
}

// `cell` as the grid has them, `turned` [the same] for this function's use.
static void need_cells(const struct ncgrid *file, struct layout *layout, const bool *cell,
                       bool *turned)
{
    const struct cf_cells *cells = &layout->cells;
    struct part part[COUNT_OF(layout->need)];
    size_t parts = parts_of(layout, part);
    for (size_t row = 0; row < cells->rows; row++) {
        for (size_t column = 0; column < cells->columns; column++)
            turned[cf_cells_at(cells, &layout->axes, row, column)] =
                cell[row * cells->columns + column];
    }
    for (size_t i = 0; i < parts; i++) {
        if (ncgrid_need(file, part[i].var, part[i].start, part[i].count, turned, &layout->need[i]))
            part[i].var->need = &layout->need[i];
    }
}

// Leaves out chunks with no cell that is needed. False when it is not known which cells are.
static bool leave_out(const struct ncgrid *file, const struct wanted_list *wanted,
                      struct layouts *all, const struct grid *grid)
{
    size_t cells = grid->rows * grid->columns;
    if (!wanted->needs || !has_chunks(file, all))
        return true;
    AUTO(mem_drop) bool *cell = mem_new(2 * cells, sizeof(*cell));
    enum need need = need_of(wanted->needs, grid_hash(grid), cell, cells);
    for (size_t i = 0; need == NEED_CELLS && i < all->count; i++)
        need_cells(file, &all->at[i], cell, cell + cells);
    return need != NEED_UNTOLD;
}

// --- step by step
// ------------------------------------------------------------------------------------

// The numbers of one step in the file's order, the speed where there are two components.
static enum err_kind read_numbers(struct reader *reader, const struct place *place, struct err *err)
{
    size_t start[NCGRID_DIMS_MAX], count[NCGRID_DIMS_MAX];
    const struct layout *layout = reader->layout;
    part_of(layout, place, start, count);
    if (ncgrid_values(reader->file, &layout->var, start, count, reader->value, err))
        return err_of(err);
    if (reader->flag &&
        cf_flags_hide(reader->file, &layout->flags, start, count, reader->value, reader->flag, err))
        return err_of(err);
    if (!reader->north)
        return OK;
    if (ncgrid_values(reader->file, &layout->north, start, count, reader->north, err))
        return err_of(err);
    for (size_t i = 0; i < reader->cells; i++)
        reader->value[i] = hypot(reader->value[i], reader->north[i]);
    return OK;
}

// Takes the total before off, and keeps this one for the next.
static void take_off(struct reader *reader, size_t member, bool is_difference)
{
    double *before = reader->total + member * reader->cells;
    for (size_t i = 0; i < reader->cells; i++) {
        double now = reader->value[i];
        reader->value[i] = is_difference ? now - before[i] : now;
        before[i] = now;
    }
}

static enum err_kind refuse_value(const struct layout *layout, double value, size_t row,
                                  size_t column, struct err *err)
{
    double longitude, latitude;
    cf_cells_place(&layout->cells, row, column, &longitude, &latitude);
    if (value < 0 && is_total(layout))
        return err_set(err, ERR_INPUT,
                       "the running total falls by %g mm at %.2f N %.2f E; is it one?", -value,
                       latitude, longitude);
    return err_set(err, ERR_INPUT,
                   "%s of %g at %.2f N %.2f E cannot be; does the file name its fill value and its "
                   "unit rightly?",
                   layout->wanted->variable, value, latitude, longitude);
}

// How the cells of a layout lie, and what their numbers mean over one step.
static struct turn turn_of(const struct layout *layout, const struct scale *scale)
{
    const struct cf_cells *cells = &layout->cells;
    size_t first = cf_cells_at(cells, &layout->axes, 0, 0);
    size_t row = cells->rows > 1 ? cf_cells_at(cells, &layout->axes, 1, 0) : first;
    size_t column = cells->columns > 1 ? cf_cells_at(cells, &layout->axes, 0, 1) : first;
    return (struct turn){
        .rows = cells->rows,
        .columns = cells->columns,
        .first = first,
        .row_step = (ptrdiff_t)row - (ptrdiff_t)first,
        .column_step = (ptrdiff_t)column - (ptrdiff_t)first,
        .factor = scale->factor,
        .offset = scale->offset,
        .lowest = scale->lowest,
        .highest = scale->highest,
    };
}

static enum err_kind turn(const struct reader *reader, const struct scale *scale, float *out,
                          struct err *err)
{
    const struct layout *layout = reader->layout;
    struct turn how = turn_of(layout, scale);
    size_t bad = turn_doubles(&how, reader->value, out);
    if (bad == SIZE_MAX)
        return OK;
    size_t row = bad / how.columns, column = bad % how.columns;
    double stored = reader->value[cf_cells_at(&layout->cells, &layout->axes, row, column)];
    return refuse_value(layout, stored * how.factor + how.offset, row, column, err);
}

// Most steps are floats that mean what they are: read and turned without a detour. False when it is
// not so, or a value cannot be: then the step goes the long way, which has the sentences.
static bool read_floats(struct reader *reader, const struct place *place, const struct scale *scale,
                        float *out)
{
    size_t start[NCGRID_DIMS_MAX], count[NCGRID_DIMS_MAX];
    float missing;
    struct turn how = turn_of(reader->layout, scale);
    if (reader->north || reader->flag || is_total(reader->layout))
        return false;
    part_of(reader->layout, place, start, count);
    return ncgrid_floats(reader->file, &reader->layout->var, start, count, reader->stored,
                         &missing) &&
           turn_floats(&how, reader->stored, missing, out);
}

// Reads one step into the frame, at frame->count; a running total may give none.
static enum err_kind read_step(struct reader *reader, const struct place *place, struct err *err)
{
    const struct layout *layout = reader->layout;
    const struct cf_times *times = &layout->times;
    size_t at = place->run * times->count + place->time;
    struct utc stamp = times->to[at];
    struct total_step part = {.from = times->from[at]};
    struct frame *frame = reader->frame;
    struct scale scale;
    float *out = frame->value + frame->count * reader->cells;
    bool told = true, done = false;
    if (!is_total(layout)) {
        if (scale_over(&layout->scale, stamp.s - part.from.s, &scale, err))
            return err_of(err);
        done = read_floats(reader, place, &scale, out);
    }
    if (!done && read_numbers(reader, place, err))
        return err_of(err);
    if (is_total(layout)) {
        struct utc before = place->time ? times->to[at - 1] : UTC_NEVER;
        struct utc after = place->time + 1 < times->count ? times->to[at + 1] : UTC_NEVER;
        told = total_step_of(layout->wanted->interval, times->issued_at[place->run], before, stamp,
                             after, &part);
        take_off(reader, place->member, told && part.is_difference);
    }
    if (!told)
        return OK;
    struct grid_step *step = &frame->step[frame->count];
    memcpy(step->variable, layout->wanted->variable, sizeof(step->variable));
    step->valid_from = part.from;
    step->valid_to = stamp;
    step->issued_at = times->issued_at[place->run];
    step->member = layout->members[place->member];
    if (!done && (scale_over(&layout->scale, stamp.s - part.from.s, &scale, err) ||
                  turn(reader, &scale, out, err)))
        return err_of(err);
    frame->count++;
    return OK;
}

// Of a running total the time before the first is read as well: what is taken off.
static enum err_kind read_variable(const struct ncgrid *file, const struct layout *layout,
                                   const struct span_read *span, const struct cf_stream *sink,
                                   struct frame *frame, struct err *err)
{
    const struct cf_times *times = &layout->times;
    size_t cells = layout->cells.rows * layout->cells.columns;
    size_t first = span->first - (span->first && is_total(layout) ? 1 : 0);
    AUTO(reader_free)
    struct reader reader = {.file = file, .layout = layout, .cells = cells, .frame = frame};
    reader.value = mem_resize(NULL, cells, sizeof(double));
    reader.stored = mem_resize(NULL, cells, sizeof(float));
    if (*layout->wanted->reads_north)
        reader.north = mem_new(cells, sizeof(double));
    if (layout->flags.is_asked)
        reader.flag = mem_new(cells, sizeof(double));
    if (is_total(layout))
        reader.total = mem_new(layout->member_count * cells, sizeof(double));
    size_t steps = times->runs * times->count * layout->member_count;
    for (size_t i = 0; i < steps; i++) {
        struct place place = {i / layout->member_count / times->count,
                              i / layout->member_count % times->count, i % layout->member_count};
        size_t before = frame->count;
        if (place.time < first || place.time >= span->end)
            continue;
        if (read_step(&reader, &place, err))
            return err_add(err, "reading the step to %s",
                           utc_text(times->to[place.run * times->count + place.time]).at);
        frame->count = place.time < span->first ? before : frame->count;
        if (sink && frame->count) {
            sink->see(sink->self, &frame->grid, &frame->step[0], frame->value);
            frame->count = 0;
        }
    }
    return OK;
}

enum err_kind cf_read_file(const struct ncgrid *file, const struct wanted_list *wanted,
                           const struct cf_stream *sink, struct frame *out, struct err *err)
{
    AUTO(layouts_free)
    struct layouts *all = mem_new(1, sizeof(*all) + wanted->count * sizeof(all->at[0]));
    AUTO(frame_free) struct frame frame = {0};
    struct span_read span;
    for (size_t i = 0; i < wanted->count; i++) {
        all->count = i + 1;
        if (lay_out(file, wanted, i, &all->at[i], err))
            return err_of(err);
    }
    if (check_whole(all, wanted, sink, &span, err))
        return err_of(err);
    cf_cells_grid(&all->at[0].cells, &frame.grid);
    if (!leave_out(file, wanted, all, &frame.grid)) { // then the grid alone
        frame.asks = true;
        *out = MOVE(frame);
        return OK;
    }
    frame.step = mem_new(span.steps, sizeof(*frame.step));
    frame.value =
        mem_resize(NULL, span.steps * frame.grid.rows * frame.grid.columns, sizeof(*frame.value));
    for (size_t i = 0; i < all->count; i++) {
        if (read_variable(file, &all->at[i], &span, sink, &frame, err))
            return err_of(err);
    }
    frame.next = span.next;
    if (!sink && !wanted->in_parts && frame.count == 0)
        return err_set(err, ERR_INPUT,
                       "nothing can be made of the running totals: the file begins and ends amid "
                       "them");
    *out = MOVE(frame);
    return OK;
}

bool cf_read_short(void *bytes, size_t size, const struct wanted_list *wanted, struct frame *out,
                   size_t *inflated)
{
    AUTO(ncgrid_close) struct ncgrid *file = ncgrid_open_short(bytes, size);
    AUTO(frame_free) struct frame frame = {0};
    struct err why = {0};
    if (!file || cf_read_file(file, wanted, NULL, &frame, &why) || ncgrid_is_odd(file))
        return false;
    if (inflated)
        *inflated = ncgrid_inflated(file);
    *out = MOVE(frame);
    return true;
}
