#include "ingest/grib.h"

#include "core/mem.h"
#include "ingest/gribfile.h"
#include "ingest/scale.h"
#include "ingest/totals.h"
#include "ingest/turn.h"
#include "ledger/reading.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGES_MAX = 200000,
    VALUES_MAX = 50 * 1000 * 1000,      // as of a NetCDF file: ingest/cf.c
    PART_VALUES_MAX = 20 * 1000 * 1000, // read at once; the heads of all are read for each part
    NAMES_SHOWN_MAX = 10,
};

// One message that is wanted.
struct field {
    size_t which; // of the wanted variables
    bool north;   // its northward component
    struct gribfile_head head;
    size_t message; // its place in the file, from 0
    bool in_part;   // its time is one of those that are read now
    double *value;  // [cells]; NULL: not read now
};

struct fields {
    const struct wanted_list *list;
    size_t count, room, cells;
    struct field *at;
    struct gribfile_grid grid;
    size_t messages;  // in the file
    bool in_parts;    // more than is read at once: first the heads of all, then some of the numbers
    size_t next;      // the number of the time to go on with; 0: the end
    struct buf names; // that the file has, for who asked for another
    size_t names_count;
};

static void fields_free(struct fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        mem_free(&fields->at[i].value);
    mem_free(&fields->at);
    gribfile_grid_free(&fields->grid);
    buf_free(&fields->names);
}

static bool is_total(const struct wanted *wanted)
{
    return wanted->interval == INTERVAL_SINCE_RUN || wanted->interval == INTERVAL_SINCE_DAY;
}

// --- gathering
// ----------------------------------------------------------------------------------

static void note_name(struct fields *fields, const char *name)
{
    char known[48];
    (void)snprintf(known, sizeof(known), "%s%s", fields->names_count ? ", " : "", name);
    bool full = fields->names_count >= NAMES_SHOWN_MAX;
    if (full || (fields->names_count && strstr(fields->names.at, name)))
        return;
    buf_text(&fields->names, known);
    fields->names_count++;
}

static bool is_picked(const struct gribfile_message *message, const struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->pick_count; i++) {
        if (!gribfile_has(message, wanted->pick[i].dim, wanted->pick[i].value))
            return false;
    }
    return true;
}

// Which wanted variable the message is of; SIZE_MAX: of none.
static size_t match(const struct fields *fields, const struct gribfile_message *message,
                    const char *name, bool *north)
{
    for (size_t i = 0; i < fields->list->count; i++) {
        const struct wanted *wanted = &fields->list->at[i];
        bool east = strcmp(wanted->reads, name) == 0;
        *north = *wanted->reads_north && strcmp(wanted->reads_north, name) == 0;
        if ((east || *north) && is_picked(message, wanted))
            return i;
    }
    return SIZE_MAX;
}

// Whether one more field may be read beside those that are; in parts they are let go of.
static enum err_kind check_room(struct fields *fields, struct err *err)
{
    size_t most = fields->list->in_parts ? PART_VALUES_MAX : VALUES_MAX;
    if (fields->in_parts || fields->count < most / fields->cells)
        return OK;
    if (!fields->list->in_parts)
        return err_set(err, ERR_INPUT, "more than %zu fields of %zu cells are too many at once",
                       fields->count, fields->cells);
    for (size_t i = 0; i < fields->count; i++)
        mem_free(&fields->at[i].value);
    fields->in_parts = true;
    return OK;
}

static enum err_kind add_field(struct fields *fields, const struct gribfile_message *message,
                               struct field field, struct err *err)
{
    if (fields->count == 0) {
        if (gribfile_grid(message, fields->list, &fields->grid, err))
            return err_of(err);
        fields->cells = fields->grid.cells.rows * fields->grid.cells.columns;
    }
    if (!gribfile_on(message, &fields->grid))
        return err_set(err, ERR_INPUT, "\"%s\" is on another grid than the fields before it",
                       field.head.name);
    if (check_room(fields, err))
        return err_of(err);
    if (fields->count == fields->room) {
        fields->room = fields->room ? 2 * fields->room : 64;
        fields->at = mem_resize(fields->at, fields->room, sizeof(*fields->at));
    }
    if (!fields->in_parts)
        field.value = mem_new(fields->cells, sizeof(*field.value));
    fields->at[fields->count++] = field;
    return field.value ? gribfile_values(message, &fields->grid, field.value, err) : OK;
}

static enum err_kind gather(struct str bytes, struct fields *fields, struct err *err)
{
    size_t messages = 0;
    AUTO(gribparts_free) struct gribparts parts = gribparts_of(bytes);
    for (;;) {
        AUTO(gribfile_close) struct gribfile_message *message = NULL;
        struct field field = {.message = messages, .in_part = true};
        if (gribfile_next(&parts, &message, err))
            return err_add(err, "reading message %zu", messages + 1);
        fields->messages = messages;
        if (!message)
            return OK;
        if (++messages > MESSAGES_MAX)
            return err_set(err, ERR_INPUT, "more than %d GRIB messages", MESSAGES_MAX);
        if (gribfile_head(message, &field.head, err))
            return err_add(err, "reading message %zu", messages);
        note_name(fields, field.head.name);
        field.which = match(fields, message, field.head.name, &field.north);
        if (field.which != SIZE_MAX && add_field(fields, message, field, err))
            return err_add(err, "reading message %zu (%s)", messages, field.head.name);
    }
}

// --- ordering
// -----------------------------------------------------------------------------------

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

// By variable, run, time, member; the eastward component first.
static int by_step(const void *x, const void *y)
{
    const struct field *a = x, *b = y;
    const int64_t keys[][2] = {
        {(int64_t)a->which, (int64_t)b->which}, {a->head.issued_at.s, b->head.issued_at.s},
        {a->head.to.s, b->head.to.s},           {a->head.from.s, b->head.from.s},
        {a->head.member, b->head.member},       {a->north, b->north},
    };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (keys[i][0] != keys[i][1])
            return order(keys[i][0], keys[i][1]);
    }
    return 0;
}

// --- in parts
// -----------------------------------------------------------------------------------

static int by_time(const void *x, const void *y)
{
    const int64_t *a = x, *b = y;
    return order(*a, *b);
}

// Which times are read now: from number list->first on as many as make a part, all fields of each.
static enum err_kind choose_times(struct fields *fields, int64_t *first_s, int64_t *last_s,
                                  struct err *err)
{
    AUTO(mem_drop) int64_t *time = mem_new(fields->count + 1, sizeof(*time));
    size_t most = PART_VALUES_MAX / fields->cells, from = fields->list->first, number = 0,
           taken = 0;
    for (size_t i = 0; i < fields->count; i++)
        time[i] = fields->at[i].head.to.s;
    qsort(time, fields->count, sizeof(*time), by_time);
    for (size_t i = 0, next; i < fields->count; i = next, number++) {
        for (next = i; next < fields->count && time[next] == time[i];)
            next++;
        if (number < from)
            continue;
        if (next - i > VALUES_MAX / fields->cells)
            return err_set(err, ERR_INPUT,
                           "%zu fields of %zu cells at one time are more than gong reads at once; "
                           "have it in files of fewer members or a smaller area",
                           next - i, fields->cells);
        if (taken && taken + next - i > most) {
            fields->next = number;
            return OK;
        }
        *first_s = taken ? *first_s : time[i];
        *last_s = time[i];
        taken += next - i;
    }
    return taken ? OK : err_set(err, ERR_INPUT, "the file has no time number %zu", from);
}

static bool same_stamp(const struct field *a, const struct field *b)
{
    return a->which == b->which && a->head.issued_at.s == b->head.issued_at.s &&
           a->head.to.s == b->head.to.s;
}

// Of a running total also the fields of the same member at the time before, which is taken off.
static void need_before(const struct fields *fields, size_t at, bool *needed)
{
    const struct field *one = &fields->at[at], *found = NULL;
    for (size_t i = at; i-- > 0;) {
        const struct field *other = &fields->at[i];
        if (other->which != one->which || other->head.issued_at.s != one->head.issued_at.s ||
            (found && !same_stamp(other, found)))
            break;
        if (other->head.member != one->head.member || other->head.to.s == one->head.to.s)
            continue;
        needed[other->message] = true;
        found = other;
    }
}

// The numbers of the messages that are needed.
static enum err_kind load(struct str bytes, struct fields *fields, const bool *needed,
                          struct err *err)
{
    AUTO(gribparts_free) struct gribparts parts = gribparts_of(bytes);
    AUTO(mem_drop) size_t *field = mem_new(fields->messages + 1, sizeof(*field));
    for (size_t i = 0; i < fields->count; i++)
        field[fields->at[i].message] = i;
    for (size_t i = 0; i < fields->messages; i++) {
        AUTO(gribfile_close) struct gribfile_message *message = NULL;
        if (needed[i] ? gribfile_next(&parts, &message, err) : gribfile_pass(&parts, err))
            return err_add(err, "reading message %zu", i + 1);
        if (!message)
            continue;
        struct field *one = &fields->at[field[i]];
        one->value = mem_new(fields->cells, sizeof(*one->value));
        if (gribfile_values(message, &fields->grid, one->value, err))
            return err_add(err, "reading message %zu (%s)", i + 1, one->head.name);
    }
    return OK;
}

// Fields are in order: those of the times that are read now get their numbers.
static enum err_kind load_part(struct str bytes, struct fields *fields, struct err *err)
{
    int64_t first_s = 0, last_s = 0;
    AUTO(mem_drop) bool *needed = mem_new(fields->messages + 1, sizeof(*needed));
    if (choose_times(fields, &first_s, &last_s, err))
        return err_of(err);
    for (size_t i = 0; i < fields->count; i++) {
        struct field *field = &fields->at[i];
        field->in_part = field->head.to.s >= first_s && field->head.to.s <= last_s;
        if (!field->in_part)
            continue;
        needed[field->message] = true;
        if (is_total(&fields->list->at[field->which]))
            need_before(fields, i, needed);
    }
    return load(bytes, fields, needed, err);
}

// Two components become a speed, in the place of the first; the second is dropped.
static enum err_kind join(struct fields *fields, struct err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < fields->count; i++) {
        struct field *east = &fields->at[i];
        const struct wanted *wanted = &fields->list->at[east->which];
        if (*wanted->reads_north && east->value) {
            struct field *north = i + 1 < fields->count ? &fields->at[i + 1] : NULL;
            bool pair = !east->north && north && north->north && east->which == north->which &&
                        east->head.to.s == north->head.to.s &&
                        east->head.issued_at.s == north->head.issued_at.s &&
                        east->head.member == north->head.member;
            if (!pair)
                return err_set(err, ERR_INPUT, "\"%s\" of %s stands without its other component",
                               east->head.name, utc_text(east->head.to).at);
            for (size_t c = 0; c < fields->cells; c++)
                east->value[c] = hypot(east->value[c], north->value[c]);
            i++;
        }
        struct field moved = *east;
        east->value = NULL;
        mem_free(&fields->at[kept].value);
        fields->at[kept++] = moved;
    }
    for (size_t i = kept; i < fields->count; i++)
        mem_free(&fields->at[i].value);
    fields->count = kept;
    return OK;
}

// NCEP gives a total since the run beside one of the last hours, and where both are the same the
// same field twice. Of what is asked as "since run" the bucket is dropped where the total is there,
// and a field that says the same in every cell as the one before it.
// `other` makes `one` needless.
static bool stands_for(const struct field *other, const struct field *one, bool first, size_t cells)
{
    if (!other->value || other->head.member != one->head.member || other->north != one->north)
        return false;
    if (other->head.from_run && !one->head.from_run)
        return true;
    return first && other->head.from.s == one->head.from.s &&
           memcmp(other->value, one->value, cells * sizeof(*one->value)) == 0;
}

// `i` of fields that are in order: those of one stamp stand together.
static bool is_spare(const struct fields *fields, size_t i)
{
    const struct field *one = &fields->at[i];
    if (fields->list->at[one->which].interval != INTERVAL_SINCE_RUN || !one->value)
        return false;
    for (size_t k = i; k-- > 0 && same_stamp(&fields->at[k], one);) {
        if (stands_for(&fields->at[k], one, true, fields->cells))
            return true;
    }
    for (size_t k = i + 1; k < fields->count && same_stamp(&fields->at[k], one); k++) {
        if (stands_for(&fields->at[k], one, false, fields->cells))
            return true;
    }
    return false;
}

static void drop_spare(struct fields *fields)
{
    size_t kept = 0;
    AUTO(mem_drop) bool *spare = mem_new(fields->count + 1, sizeof(*spare));
    for (size_t i = 0; i < fields->count; i++) {
        spare[i] = is_spare(fields, i);
        if (spare[i])
            mem_free(&fields->at[i].value);
    }
    for (size_t i = 0; i < fields->count; i++) {
        if (!spare[i])
            fields->at[kept++] = fields->at[i];
    }
    fields->count = kept;
}

static enum err_kind check_twice(const struct fields *fields, struct err *err)
{
    for (size_t i = 1; i < fields->count; i++) {
        const struct field *a = &fields->at[i - 1], *b = &fields->at[i];
        if (by_step(a, b) == 0 && a->value && b->value)
            return err_set(
                err, ERR_INPUT,
                "there are two fields \"%s\" for %s; choose one with \"pick:\" (a level, "
                "a percentile) in sources.yaml",
                b->head.name, utc_text(b->head.to).at);
    }
    return OK;
}

static enum err_kind check_there(const struct fields *fields, struct err *err)
{
    for (size_t w = 0; w < fields->list->count; w++) {
        bool found = false;
        for (size_t i = 0; i < fields->count; i++)
            found = found || fields->at[i].which == w;
        if (!found)
            return err_set(err, ERR_INPUT, "the file has no \"%s\"%s%s%s",
                           fields->list->at[w].reads,
                           fields->list->at[w].pick_count ? " as it is picked" : "",
                           fields->names_count ? "; there are: " : "",
                           fields->names_count ? fields->names.at : "");
    }
    return OK;
}

// --- meaning
// ------------------------------------------------------------------------------------

static enum err_kind check_method(const struct field *field, const struct wanted *wanted,
                                  const struct scale *scale, struct err *err)
{
    const char *method = field->head.method;
    bool rain = strcmp(wanted->variable, "rain") == 0, gust = strcmp(wanted->variable, "gust") == 0;
    bool total = is_total(wanted);
    if (rain && !scale->per_day && strcmp(method, "accum") != 0)
        return err_set(err, ERR_INPUT, "\"%s\" is of the kind \"%s\": no amount of rain",
                       field->head.name, method);
    if (total && (scale->per_day || strcmp(method, "accum") != 0))
        return err_set(err, ERR_INPUT, "\"%s\" is no running total", field->head.name);
    if (wanted->interval == INTERVAL_SINCE_RUN && !field->head.from_run &&
        field->head.to.s != field->head.issued_at.s)
        return err_set(err, ERR_INPUT,
                       "\"%s\" counts from %s, not from the run; write \"interval: bounds\"",
                       field->head.name, utc_text(field->head.from).at);
    if (gust && (strcmp(method, "avg") == 0 || strcmp(method, "min") == 0))
        return err_set(err, ERR_INPUT, "\"%s\" is of the kind \"%s\": no gust", field->head.name,
                       method);
    return OK;
}

static enum err_kind scale_of(const struct field *field, const struct wanted *wanted,
                              struct scale *out, struct err *err)
{
    const char *unit = *wanted->unit ? wanted->unit : field->head.unit;
    if (scale_for(wanted->variable, unit, out, err))
        return err_of(err);
    return check_method(field, wanted, out, err);
}

static enum err_kind turn(const double *value, const double *before, size_t cells,
                          const struct scale *scale, float *out, struct err *err)
{
    for (size_t i = 0; i < cells; i++) {
        double at = value[i] - (before ? before[i] : 0);
        at = at * scale->factor + scale->offset;
        if (at < scale->lowest && before)
            return err_set(err, ERR_INPUT, "the running total falls by %g mm; is it one?", -at);
        if (at < scale->lowest || at > scale->highest)
            return err_set(err, ERR_INPUT, "a value of %g cannot be; is its unit right?", at);
        out[i] = at < turn_floor(scale->lowest) ? 0 : (float)at;
    }
    return OK;
}

// The field of the same member at the time before, or after; NULL.
static const struct field *beside(const struct fields *fields, size_t at, bool before)
{
    const struct field *one = &fields->at[at];
    for (size_t i = at; before ? i-- > 0 : ++i < fields->count;) {
        const struct field *other = &fields->at[i];
        if (other->which != one->which || other->head.issued_at.s != one->head.issued_at.s)
            break;
        if (other->head.member == one->head.member && other->head.to.s != one->head.to.s)
            return other;
    }
    return NULL;
}

// The interval of a field, and the total that is taken off; false: nothing can be said of it.
static enum err_kind span_of(const struct fields *fields, size_t at, struct utc *from,
                             const double **off, bool *told, struct err *err)
{
    const struct field *field = &fields->at[at];
    struct wanted wanted = fields->list->at[field->which];
    struct utc to = field->head.to;
    *off = NULL;
    *told = true;
    *from = field->head.from;
    if (is_total(&wanted)) {
        const struct field *before = beside(fields, at, true), *after = beside(fields, at, false);
        struct total_step step;
        *told = total_step_of(wanted.interval, field->head.issued_at,
                              before ? before->head.to : UTC_NEVER, to,
                              after ? after->head.to : UTC_NEVER, &step);
        *from = *told ? step.from : to;
        *off = *told && step.is_difference && before ? before->value : NULL;
    } else if (wanted.interval == INTERVAL_INSTANT) {
        *from = to;
    } else if (wanted.interval != INTERVAL_BOUNDS) {
        wanted.stamp_ends = true;
        return wanted_step(&wanted, to, from, &to, err);
    }
    return OK;
}

// A mirror that still has yesterday's file under today's address gives the wrong weather.
static enum err_kind check_address(const struct wanted_list *list, const struct gribfile_head *head,
                                   struct err *err)
{
    if (list->forecast && list->has_issue && head->issued_at.s != list->issued_at.s)
        return err_set(err, ERR_INPUT, "the file is of the run %s, its address says %s",
                       utc_text(head->issued_at).at, utc_text(list->issued_at).at);
    if (list->has_member && head->member != MEMBER_NONE && head->member != list->member)
        return err_set(err, ERR_INPUT, "the file is of member %d, its address says %d",
                       (int)head->member, (int)list->member);
    return OK;
}

static enum err_kind put_field(const struct fields *fields, size_t at, struct frame *frame,
                               struct err *err)
{
    const struct field *field = &fields->at[at];
    const struct wanted_list *list = fields->list;
    const struct wanted *wanted = &list->at[field->which];
    struct grid_step *step = &frame->step[frame->count];
    struct scale scale;
    const double *off;
    bool told;
    if (scale_of(field, wanted, &scale, err) ||
        span_of(fields, at, &step->valid_from, &off, &told, err))
        return err_of(err);
    if (!told)
        return OK;
    memcpy(step->variable, wanted->variable, sizeof(step->variable));
    if (check_address(list, &field->head, err))
        return err_of(err);
    step->valid_to = field->head.to;
    step->issued_at = list->forecast ? field->head.issued_at : UTC_NEVER;
    step->member = list->has_member ? list->member : field->head.member;
    if (scale_over(&scale, step->valid_to.s - step->valid_from.s, &scale, err) ||
        turn(field->value, off, fields->cells, &scale, frame->value + frame->count * fields->cells,
             err))
        return err_add(err, "reading \"%s\" of %s", field->head.name, utc_text(field->head.to).at);
    frame->count++;
    return OK;
}

static enum err_kind put_fields(const struct fields *fields, struct frame *frame, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < fields->count; i++)
        count += fields->at[i].in_part;
    frame->step = mem_new(count + 1, sizeof(*frame->step));
    frame->value = mem_new(count * fields->cells + 1, sizeof(*frame->value));
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->at[i].in_part && put_field(fields, i, frame, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind grib_read(struct str bytes, const struct wanted_list *wanted, struct frame *out,
                        struct err *err)
{
    AUTO(fields_free) struct fields fields = {.list = wanted, .names = buf_new(1000)};
    AUTO(frame_free) struct frame frame = {.count = 0};
    for (size_t i = 0; i < wanted->count; i++) {
        if (*wanted->at[i].where)
            return err_set(err, ERR_INPUT,
                           "\"where: %s\": a GRIB file has no variables of flags; leave it out",
                           wanted->at[i].where);
    }
    fields.in_parts = wanted->in_parts && wanted->first > 0;
    if (gather(bytes, &fields, err) || check_there(&fields, err))
        return err_of(err);
    assert(fields.at); // check_there found something
    qsort(fields.at, fields.count, sizeof(*fields.at), by_step);
    if (fields.in_parts && load_part(bytes, &fields, err))
        return err_of(err);
    drop_spare(&fields);
    if (check_twice(&fields, err) || join(&fields, err))
        return err_of(err);
    cf_cells_grid(&fields.grid.cells, &frame.grid);
    if (put_fields(&fields, &frame, err))
        return err_of(err);
    frame.next = fields.next;
    if (frame.count == 0 && !wanted->in_parts)
        return err_set(err, ERR_INPUT, "nothing can be made of the running totals");
    *out = MOVE(frame);
    return OK;
}
