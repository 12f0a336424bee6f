#include "ingest/series.h"

#include "core/file.h"
#include "core/mem.h"
#include "ingest/aggregate.h"
#include "ingest/cellfile.h"
#include "ingest/convoy.h"
#include "ingest/given.h"
#include "ingest/need.h"
#include "ingest/places.h"
#include "ingest/weights.h"
#include "ledger/reading.h"
#include "ledger/seriesfile.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_S = 31 * DAY_S };

// --- what all ways have in common -------------------------------------------------------------

// A file that is being made of a boundary set's communes.
struct making {
    struct places *places;
    struct seriesfile_writer *writer;
    struct series_report report;
    const struct series_wish *wish;
};

static void making_free(struct making *making)
{
    places_free(&making->places);
    seriesfile_drop(&making->writer);
}

// Of making->places.
static enum err_kind begin(const char *boundary_set, const char *source, const char *origin,
                           const char *variable, struct making *making, struct err *err)
{
    struct seriesfile_head head = {.variable = variable,
                                   .source = source,
                                   .boundary_set = boundary_set,
                                   .origin = origin,
                                   .product = making->wish->product,
                                   .licence = making->wish->licence,
                                   .place = making->places->place,
                                   .places = making->places->count,
                                   .covers = true};
    making->report.places = head.places;
    return seriesfile_create(making->wish->out, &head, &making->writer, err);
}

static enum err_kind add_step(struct making *making, struct span span, const int32_t *value,
                              const uint16_t *cover, struct err *err)
{
    const struct series_wish *wish = making->wish;
    if ((wish->from.s != UTC_NEVER.s && span.from.s < wish->from.s) ||
        (wish->to.s != UTC_NEVER.s && span.to.s > wish->to.s))
        return OK;
    struct series_report *report = &making->report;
    if (seriesfile_append(making->writer, span, value, cover, err))
        return err_of(err);
    if (report->steps++ == 0)
        report->first = span.from;
    report->last = span.to;
    for (size_t i = 0; i < report->places; i++)
        report->missing += value[i] == READING_NONE;
    return OK;
}

static enum err_kind end(struct making *making, struct series_report *report, struct err *err)
{
    if (making->report.steps == 0)
        return err_set(err, ERR_MISSING, "no step of it lies between the times asked for");
    if (seriesfile_finish(&making->writer, err))
        return err_of(err);
    *report = making->report;
    return OK;
}

// --- a site's readings ---------------------------------------------------------------------------

static enum err_kind add_readings(struct making *making, const struct readings *readings,
                                  struct err *err)
{
    for (size_t i = 0; i < readings->count; i++) {
        const struct reading_meta *meta = &readings->meta[i];
        struct span span = {meta->valid_from, meta->valid_to};
        size_t at = i * readings->communes;
        if (readings->communes != making->report.places)
            return err_set(err, ERR_INPUT, "the readings are of another set of communes");
        if (add_step(making, span, readings->value + at, readings->cover + at, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind series_of_site(struct ledger *ledger, struct map *map, const char *source,
                             const char *boundary_set, const struct series_wish *wish,
                             struct series_report *report, struct err *err)
{
    AUTO(making_free) struct making making = {.wish = wish};
    AUTO(mem_drop) struct utc *steps = NULL;
    size_t count = 0;
    struct reading_query query = {.source = source,
                                  .variable = wish->variable ? wish->variable : "rain",
                                  .boundary_set = boundary_set,
                                  .issued_at = UTC_NEVER,
                                  .from = UTC_NEVER,
                                  .to = UTC_NEVER};
    if (reading_steps(ledger, &query, &steps, &count, err))
        return err_of(err);
    if (count == 0)
        return err_set(err, ERR_MISSING, "the site has no reading of %s from %s over %s",
                       query.variable, source, boundary_set);
    if (places_for(map, boundary_set, &making.places, err) ||
        begin(boundary_set, source, "readings of a site", query.variable, &making, err))
        return err_of(err);
    for (size_t i = 0; i < count;) {
        size_t last = i;
        while (last + 1 < count && steps[last + 1].s - steps[i].s < CHUNK_S)
            last++;
        AUTO(readings_free) struct readings readings = {0};
        query.from.s = steps[i].s - 1;
        query.to = steps[last];
        if (reading_load(ledger, &query, &readings, err) || add_readings(&making, &readings, err))
            return err_of(err);
        i = last + 1;
        if (wish->progress)
            wish->progress(wish->self, i, count);
    }
    return end(&making, report, err);
}

// --- a folder of grids ---------------------------------------------------------------------------

// What a folder is read with: plain files by a convoy, the others each by a child of its own, some
// of them side by side while the one before them is added up.
enum { SIDE_BY_SIDE = 3 };
struct reading_of_grids {
    struct map *map;
    const struct source *source;
    struct making *making;
    struct wanted_list wanted;
    const struct decode_limits *limits;
    struct convoy *convoy; // borrowed
    struct decoder *decoder;
    struct cellfiles *cellfiles;
    struct proc_child child[SIDE_BY_SIDE];
    struct hash grid; // of weights and aggregate
    struct weights *weights;
    struct needs needs;
    struct aggregate *aggregate;
    int32_t *value;
    uint16_t *cover;
};

static void reading_of_grids_free(struct reading_of_grids *reading)
{
    for (size_t i = 0; i < SIDE_BY_SIDE; i++)
        proc_drop(&reading->child[i]);
    cellfiles_free(&reading->cellfiles);
    decoder_free(&reading->decoder);
    aggregate_free(&reading->aggregate);
    weights_free(&reading->weights);
    needs_free(&reading->needs);
    mem_free(&reading->value);
    mem_free(&reading->cover);
}

static enum err_kind weigh(struct reading_of_grids *reading, const struct grid *grid,
                           struct err *err)
{
    struct hash hash = grid_hash(grid);
    const struct places *places = reading->making->places;
    if (reading->weights && hash_same(hash, reading->grid))
        return OK;
    aggregate_free(&reading->aggregate);
    weights_free(&reading->weights);
    struct boundary_set set = {.hash = places->set, .count = places->count}; // read if need be
    (void)snprintf(set.name, sizeof(set.name), "%s", reading->source->boundary_set);
    if (weights_for(reading->map, &set, grid, &reading->weights, err))
        return err_of(err);
    reading->aggregate = aggregate_new(reading->weights);
    reading->grid = hash;
    needs_add(&reading->needs, hash, reading->weights);
    reading->wanted.needs = reading->needs.text;
    return OK;
}

static enum err_kind add_frame(struct reading_of_grids *reading, const struct frame *frame,
                               struct err *err)
{
    size_t cells = frame->grid.rows * frame->grid.columns;
    if (weigh(reading, &frame->grid, err))
        return err_of(err);
    for (size_t i = 0; i < frame->count; i++) {
        const struct grid_step *step = &frame->step[i];
        if (strcmp(step->variable, reading->wanted.at[0].variable) != 0)
            continue;
        aggregate_step(reading->aggregate, frame->value + i * cells, reading->value,
                       reading->cover);
        struct span span = {step->valid_from, step->valid_to};
        if (add_step(reading->making, span, reading->value, reading->cover, err))
            return err_of(err);
    }
    return OK;
}

// Nobody is asked for the hash of these bytes later, so the decoder may have the file itself.
static enum err_kind begin_file(struct reading_of_grids *reading, const char *path, size_t first,
                                struct proc_child *child, struct err *err)
{
    struct cells_used used = {.any = false};
    struct wanted_list wanted = reading->wanted;
    int cells = -1; // borrowed
    AUTO(file_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_errno(err, ERR_INPUT, "cannot open it");
    wanted.first = first;
    if (cellfiles_lend(reading->cellfiles, reading->source, &wanted, &used, &cells, err))
        return err_of(err);
    return cells < 0 ? decode_begin(reading->decoder, fd, &wanted, child, err)
                     : decode_begin_beside(reading->decoder, fd, cells, &wanted, child, err);
}

// A part of a file, the first of which is here, and then the others, each by a child of its own.
static enum err_kind add_parts(struct reading_of_grids *reading, const char *path,
                               struct frame *frame, struct err *err)
{
    enum err_kind kind = add_frame(reading, frame, err);
    for (size_t first = 0, next = frame->next; kind == OK && next;) {
        AUTO(proc_drop) struct proc_child child = {0};
        if (next <= first)
            return err_set(err, ERR_INPUT, "the decoder goes round in a circle");
        frame_free(frame);
        *frame = (struct frame){0};
        if (begin_file(reading, path, next, &child, err) ||
            decode_end(reading->decoder, &child, frame, err))
            return err_of(err);
        kind = add_frame(reading, frame, err);
        first = next;
        next = frame->next;
    }
    return kind;
}

static enum err_kind end_file(struct reading_of_grids *reading, const char *path,
                              struct proc_child *child, struct err *err)
{
    AUTO(frame_free) struct frame frame = {0};
    if (decode_end(reading->decoder, child, &frame, err))
        return err_of(err);
    return add_parts(reading, path, &frame, err);
}

// The same of one that may ask which cells of its grid are needed: it is begun again with them.
static enum err_kind end_or_tell(struct reading_of_grids *reading, const char *path,
                                 struct proc_child *child, struct err *err)
{
    AUTO(frame_free) struct frame frame = {0};
    if (decode_end_asking(reading->decoder, child, &frame, err))
        return err->kind = err->kind == ERR_REFUSED ? ERR_INPUT : err_of(err);
    if (!frame.asks)
        return add_parts(reading, path, &frame, err);
    if (weigh(reading, &frame.grid, err) || begin_file(reading, path, 0, child, err))
        return err_of(err);
    return end_file(reading, path, child, err);
}

// Files of the folder, in their order.
struct listed {
    const char *folder;
    char *const *name; // [count]
    size_t count, done;
};

static void tell(const struct reading_of_grids *reading, struct listed *list)
{
    const struct series_wish *wish = reading->making->wish;
    list->done++;
    if (wish->progress)
        wish->progress(wish->self, list->done, list->count);
}

// `many` files from list->done on, each by a child of its own.
static enum err_kind read_alone(struct reading_of_grids *reading, struct listed *list, size_t many,
                                struct err *err)
{
    for (size_t begun = list->done, end = begun + many; list->done < end;) {
        bool more = begun < end && begun < list->done + SIDE_BY_SIDE;
        size_t i = more ? begun++ : list->done;
        struct proc_child *child = &reading->child[i % SIDE_BY_SIDE];
        AUTO(mem_drop) char *path = file_join(list->folder, list->name[i]);
        if (more ? begin_file(reading, path, 0, child, err)
                 : end_or_tell(reading, path, child, err))
            return err_add(err, "reading %s", path);
        if (!more)
            tell(reading, list);
    }
    return OK;
}

// As many of the next files as a convoy takes, open: at most CONVOY_FILES_MAX, into `files`.
static size_t open_plain(const struct listed *list, int *files)
{
    size_t count = 0;
    while (count < CONVOY_FILES_MAX && list->done + count < list->count) {
        AUTO(mem_drop) char *path = file_join(list->folder, list->name[list->done + count]);
        int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        bool plain = file >= 0 && given_is_hdf(file);
        if (!plain && file >= 0)
            (void)close(file);
        if (!plain)
            break;
        files[count++] = file;
    }
    return count;
}

// The next `many` files by a convoy; what it does not read has a child of its own. Fewer when it
// asks which cells of a grid are needed: then it is to begin again with that file.
static enum err_kind read_in_convoy(struct reading_of_grids *reading, struct listed *list,
                                    size_t many, bool *again, struct err *err)
{
    for (size_t i = 0; i < many; i++) {
        AUTO(frame_free) struct frame frame = {0};
        bool read = convoy_next(reading->convoy, &frame);
        bool asks = read && frame.asks;
        if (asks && !needs_has(&reading->needs, grid_hash(&frame.grid))) {
            *again = true;
            return weigh(reading, &frame.grid, err);
        }
        if (!read || asks) {
            if (read_alone(reading, list, 1, err))
                return err_of(err);
            continue;
        }
        AUTO(mem_drop) char *path = file_join(list->folder, list->name[list->done]);
        if (add_parts(reading, path, &frame, err))
            return err_add(err, "reading %s", path);
        tell(reading, list);
        *again = true;
    }
    return OK;
}

// Has a convoy begin with the next files, and says with how many.
static size_t begin_convoy(const struct reading_of_grids *reading, const struct listed *list)
{
    int files[CONVOY_FILES_MAX];
    size_t many = open_plain(list, files);
    if (many > 0)
        convoy_begin(reading->convoy, reading->limits, &reading->wanted, files, many);
    for (size_t i = 0; i < many; i++)
        (void)close(files[i]);
    return many;
}

// `many` is what was begun with.
static enum err_kind read_files(struct reading_of_grids *reading, struct listed *list, size_t many,
                                struct err *err)
{
    while (many > 0) {
        bool again = false; // it read something, or will
        if (read_in_convoy(reading, list, many, &again, err))
            return err_of(err);
        many = again ? begin_convoy(reading, list) : 0;
    }
    // The files of a folder are of one kind: so are those that are left.
    return read_alone(reading, list, list->count - list->done, err);
}

// Only the wanted variable.
static enum err_kind wanted_of(const struct source *source, const struct series_wish *wish,
                               struct wanted_list *out, struct err *err)
{
    if (source->wanted.forecast)
        return err_set(err, ERR_INPUT, "source %s is a forecast; a series has observations",
                       source->name);
    for (size_t i = 0; i < source->wanted.count; i++) {
        const struct wanted *one = &source->wanted.at[i];
        if (out->count == 0 && (!wish->variable || strcmp(one->variable, wish->variable) == 0))
            out->at[out->count++] = *one;
    }
    out->cdf5 = source->wanted.cdf5;
    out->cells = source->cells ? CELLS_BESIDE : CELLS_IN_FILE;
    out->in_parts = true;
    if (out->count == 0)
        return err_set(err, ERR_MISSING, "source %s has no variable %s", source->name,
                       wish->variable);
    return OK;
}

// Those that do not begin with a dot, moved to the front; returns how many.
static size_t leave_out_hidden(char **names)
{
    size_t kept = 0;
    for (size_t i = 0; names[i]; i++) {
        char *name = names[i];
        if (name[0] == '.')
            continue;
        names[i] = names[kept];
        names[kept++] = name;
    }
    return kept;
}

enum err_kind series_of_grids(struct map *map, const struct series_grids *grids,
                              const struct series_wish *wish, struct series_report *report,
                              struct err *err)
{
    const struct source *source = grids->source;
    AUTO(making_free) struct making making = {.wish = wish};
    AUTO(file_names_free) char **names = NULL;
    AUTO(reading_of_grids_free)
    struct reading_of_grids reading = {.map = map,
                                       .source = source,
                                       .making = &making,
                                       .limits = grids->limits,
                                       .convoy = grids->convoy};
    reading.decoder = decoder_new(grids->limits);
    reading.cellfiles = cellfiles_new(grids->site, NULL, NULL, reading.decoder);
    reading.needs = needs_new();
    reading.wanted.needs = reading.needs.text;
    if (file_names(grids->folder, &names, err) || wanted_of(source, wish, &reading.wanted, err) ||
        places_for(map, source->boundary_set, &making.places, err))
        return err_of(err);
    places_box(making.places, &reading.wanted);
    struct listed list = {grids->folder, names, leave_out_hidden(names), 0};
    if (list.count == 0)
        return err_set(err, ERR_MISSING, "there is no file in %s", grids->folder);
    size_t many = begin_convoy(&reading, &list); // which goes on while the file is begun
    if (begin(source->boundary_set, source->name, "a folder of grids",
              reading.wanted.at[0].variable, &making, err))
        return err_of(err);
    reading.value = mem_new(making.report.places, sizeof(*reading.value));
    reading.cover = mem_new(making.report.places, sizeof(*reading.cover));
    if (read_files(&reading, &list, many, err))
        return err_of(err);
    return end(&making, report, err);
}
