#include "ingest/boundary_look.h"

#include "core/cli.h"
#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "ingest/boundary_keep.h"
#include "ingest/box.h"
#include "ingest/former_csv.h"
#include "ingest/grid.h"
#include "ingest/outline.h"
#include "ingest/raster.h"
#include "ingest/shape.h"
#include "ingest/weights.h"
#include "ledger/former.h"
#include "ledger/map.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_BYTES_MAX = 1 << 28,
    SHAPE_BYTES_MAX = 256 << 20,
    ROW_BYTES_MAX = 2048,
    SHOWN_MAX = 20,
    MILLION = 1000000
};
static const double EARTH_KM = 6371.0072, RADIANS = M_PI / 180, CELL = 0.1;
// Overlaps and gaps under this are rounding of coordinates (a square of about 30 m).
static const double SLIVER_KM2 = 0.001;

// A site's map and one set of it.
struct desk {
    struct site *site;
    struct map *map;
    struct boundary_set *set;
    struct formers formers;
};

static void desk_free(struct desk *desk)
{
    site_free(&desk->site);
    map_close(&desk->map);
    boundary_set_free(&desk->set);
    formers_free(&desk->formers);
}

static enum err_kind desk_open(const struct cli *cli, enum ledger_mode mode, struct desk *desk,
                               struct err *err)
{
    return cli_site(cli, &desk->site, err) ||
                   map_open(site_folder(desk->site), mode, &desk->map, err)
               ? err_of(err)
               : OK;
}

static enum err_kind desk_take(struct desk *desk, const char *name, bool with_shapes,
                               struct err *err)
{
    boundary_set_free(&desk->set);
    formers_free(&desk->formers);
    return boundary_set_load(desk->map, name, with_shapes, &desk->set, err) ||
                   former_list(desk->map, name, NULL, &desk->formers, err)
               ? err_of(err)
               : OK;
}

static struct str *shapes_of(const struct boundary_set *set)
{
    struct str *shapes = mem_new(set->count + 1, sizeof(*shapes));
    for (size_t i = 0; i < set->count; i++)
        shapes[i] = set->commune[i].shape;
    return shapes;
}

static double area_of(const struct boundary_set *set)
{
    double sum = 0;
    for (size_t i = 0; i < set->count; i++)
        sum += set->commune[i].area_km2;
    return sum;
}

static int64_t square_metres(double km2)
{
    return (int64_t)llround(km2 * MILLION);
}

// --- list
// -----------------------------------------------------------------------------------------

static struct doc *commune_doc(const struct commune *commune, const struct formers *formers)
{
    struct doc *one = doc_object();
    AUTO(mem_drop) char *names = former_names(formers, commune->code);
    AUTO(mem_drop) char *provinces = former_provinces(formers, commune->code);
    doc_put_text(one, "code", commune->code);
    doc_put_text(one, "name", commune->name);
    doc_put_text(one, "zone", commune->zone);
    doc_put_int(one, "area_m2", square_metres(commune->area_km2));
    doc_put_text(one, "former", names);
    doc_put_text(one, "former_province", provinces);
    return one;
}

static int list_one(const struct cli *cli, struct desk *desk)
{
    struct err err = {0};
    if (desk_take(desk, cli_arg(cli, 0), false, &err))
        return cli_fail(cli, &err);
    AUTO(doc_free) struct doc *result = doc_object();
    struct doc *list = doc_array();
    doc_put_text(result, "set", desk->set->name);
    doc_put(result, "communes", list);
    for (size_t i = 0; i < desk->set->count; i++) {
        const struct commune *commune = &desk->set->commune[i];
        struct doc *one = commune_doc(commune, &desk->formers);
        const char *former = doc_text(doc_get(one, "former"), "");
        const char *province = doc_text(doc_get(one, "former_province"), "");
        if (!cli_json(cli))
            (void)printf("%-8s %s%s%s  %.1f km2%s%s%s%s%s\n", commune->code, commune->name,
                         *commune->zone ? "  " : "", commune->zone, commune->area_km2,
                         *former ? "  trước đây: " : "", former, *province ? " (" : "", province,
                         *province ? ")" : "");
        doc_push(list, one);
    }
    if (cli_json(cli))
        cli_print(result);
    return EXIT_YES;
}

int boundary_list(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_free) struct desk desk = {0};
    AUTO(file_names_free) char **names = NULL;
    if (desk_open(cli, LEDGER_READ, &desk, &err) || boundary_set_names(desk.map, &names, &err))
        return cli_fail(cli, &err);
    if (cli_count(cli) == 1)
        return list_one(cli, &desk);
    AUTO(doc_free) struct doc *result = doc_object();
    struct doc *list = doc_array();
    doc_put(result, "sets", list);
    for (size_t i = 0; names[i]; i++) {
        if (desk_take(&desk, names[i], false, &err))
            return cli_fail(cli, &err);
        struct doc *one = doc_object();
        doc_put_text(one, "set", desk.set->name);
        doc_put_int(one, "communes", (int64_t)desk.set->count);
        doc_put_int(one, "former", (int64_t)desk.formers.count);
        doc_put_text(one, "hash", hash_hex(desk.set->hash).at);
        doc_push(list, one);
        if (!cli_json(cli))
            (void)printf("%-20s %6zu communes  %.0f km2  %zu former names  %.16s…\n",
                         desk.set->name, desk.set->count, area_of(desk.set), desk.formers.count,
                         hash_hex(desk.set->hash).at);
    }
    if (cli_json(cli))
        cli_print(result);
    else if (!names[0] && !cli_quiet(cli))
        (void)printf("no boundary set yet; see gong boundary import --help\n");
    return EXIT_YES;
}

// --- check
// ----------------------------------------------------------------------------------------

static struct grid tenths(const struct wanted_list *box)
{
    int south = (int)floor(box->south_milli / 100.0), north = (int)ceil(box->north_milli / 100.0);
    int west = (int)floor(box->west_milli / 100.0), east = (int)ceil(box->east_milli / 100.0);
    struct grid grid = {.rows = (size_t)(north - south), .columns = (size_t)(east - west)};
    grid.latitude = mem_new(grid.rows + 1, sizeof(double));
    grid.longitude = mem_new(grid.columns + 1, sizeof(double));
    for (size_t i = 0; i <= grid.rows; i++)
        grid.latitude[i] = (south + (int)i) / 10.0;
    for (size_t i = 0; i <= grid.columns; i++)
        grid.longitude[i] = (west + (int)i) / 10.0;
    return grid;
}

// Adds each commune's area within each cell; km2.
static void add_up(const struct weights *weights, const double *area_km2, double *sum)
{
    for (size_t c = 0; c < weights->communes; c++) {
        for (size_t i = weights->start[c]; i < weights->start[c + 1]; i++)
            sum[weights->cell[i]] += weights->share[i] * area_km2[c];
    }
}

static double cell_km2(const struct grid *grid, size_t cell)
{
    double south = grid->latitude[cell / grid->columns] * RADIANS;
    double north = grid->latitude[cell / grid->columns + 1] * RADIANS;
    double width =
        (grid->longitude[cell % grid->columns + 1] - grid->longitude[cell % grid->columns]) *
        RADIANS;
    return width * 2 * cos(0.5 * (south + north)) * sin(0.5 * (north - south)) * EARTH_KM *
           EARTH_KM;
}

// The weights of all communes, less what lies in two of them, and of what lies outside them, added
// up in every cell of 0.1 degree: the largest difference to the cell, as a share of it, above and
// below.
struct balance {
    double over, under;
    size_t cells;
};

// Adds the area of other shapes within each cell, times `sign`, and nothing is too little to count.
static enum err_kind add_shapes(const struct grid *grid, const struct shapes *shapes, double sign,
                                double *sum, struct err *err)
{
    AUTO(outline_free) struct outline outline = {0};
    AUTO(raster_free) struct raster *raster = raster_new(grid);
    for (size_t i = 0; i < shapes->count; i++) {
        struct overlap overlap;
        if (!outline_set(&outline, shapes->at[i]))
            return err_set(err, ERR_BROKEN, "what communes share, or leave out, has no shape");
        raster_overlap(raster, &outline, &overlap);
        for (size_t k = 0; k < overlap.count; k++)
            sum[overlap.cell[k]] += sign * overlap.area[k] * EARTH_KM * EARTH_KM;
    }
    return OK;
}

static enum err_kind weigh(const struct boundary_set *set, const struct shape_pairs *pairs,
                           struct balance *out, struct err *err)
{
    struct wanted_list box = {0};
    AUTO(mem_drop) struct str *shapes = shapes_of(set);
    AUTO(buf_free) struct buf rest = buf_new(SHAPE_BYTES_MAX);
    AUTO(weights_free) struct weights *inside = NULL;
    AUTO(shape_parts_free) struct shape_parts twice = {0};
    struct shapes all = {shapes, set->count};
    if (box_around(set, &box, err))
        return err_of(err);
    AUTO(grid_free) struct grid grid = tenths(&box);
    const double frame[] = {grid.longitude[0], grid.latitude[0], grid.longitude[grid.columns],
                            grid.latitude[grid.rows]};
    size_t cells = grid.rows * grid.columns;
    AUTO(mem_drop) double *area = mem_new(set->count + 1, sizeof(*area));
    AUTO(mem_drop) double *sum = mem_new(cells, sizeof(*sum));
    for (size_t i = 0; i < set->count; i++)
        area[i] = set->commune[i].area_km2;
    if (weights_make(set, &grid, &inside, err) || shape_twice(&all, pairs, &twice, err) ||
        shape_outside(&all, frame, &rest, err))
        return err_of(err);
    add_up(inside, area, sum);
    struct str outside = buf_slice(&rest);
    struct shapes again = {twice.at, twice.count}, others = {&outside, rest.len ? 1 : 0};
    if (add_shapes(&grid, &again, -1, sum, err) || add_shapes(&grid, &others, 1, sum, err))
        return err_of(err);
    out->cells = cells;
    for (size_t i = 0; i < cells; i++) {
        double share = sum[i] / cell_km2(&grid, i) - 1;
        out->over = fmax(out->over, share);
        out->under = fmax(out->under, -share);
    }
    return OK;
}

static int by_area(const void *a, const void *b)
{
    const struct shape_pair *x = a, *y = b;
    return (x->area_km2 < y->area_km2) - (x->area_km2 > y->area_km2);
}

static void print_overlaps(const struct cli *cli, const struct boundary_set *set,
                           struct shape_pairs *pairs, struct doc *result)
{
    struct doc *list = doc_array();
    if (pairs->count)
        qsort(pairs->at, pairs->count, sizeof(*pairs->at), by_area);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct commune *a = &set->commune[pairs->at[i].a], *b = &set->commune[pairs->at[i].b];
        struct doc *one = doc_object();
        doc_put_text(one, "a", a->code);
        doc_put_text(one, "b", b->code);
        doc_put_int(one, "area_m2", square_metres(pairs->at[i].area_km2));
        doc_push(list, one);
        if (!cli_json(cli) && !cli_quiet(cli) && i < SHOWN_MAX)
            (void)printf("overlap: %s %s and %s %s share %.4f km2\n", a->code, a->name, b->code,
                         b->name, pairs->at[i].area_km2);
    }
    if (pairs->count > SHOWN_MAX && !cli_json(cli) && !cli_quiet(cli))
        (void)printf("... and %zu smaller overlaps (all of them with --json)\n",
                     pairs->count - SHOWN_MAX);
    doc_put(result, "overlaps", list);
}

int boundary_check(const struct cli *cli)
{
    struct err err = {0};
    struct balance balance = {0};
    AUTO(desk_free) struct desk desk = {0};
    AUTO(shape_pairs_free) struct shape_pairs pairs = {0};
    AUTO(doc_free) struct doc *result = doc_object();
    if (desk_open(cli, LEDGER_READ, &desk, &err) || desk_take(&desk, cli_arg(cli, 0), true, &err))
        return cli_fail(cli, &err);
    AUTO(mem_drop) struct str *shapes = shapes_of(desk.set);
    struct shapes all = {shapes, desk.set->count};
    if (shape_cross(&all, NULL, &pairs, &err) || weigh(desk.set, &pairs, &balance, &err))
        return cli_fail(cli, &err);
    double overlap_km2 = 0;
    for (size_t i = 0; i < pairs.count; i++)
        overlap_km2 += pairs.at[i].area_km2;
    print_overlaps(cli, desk.set, &pairs, result);
    bool whole = balance.under <= 1e-9 && balance.over <= 1e-9;
    doc_put_text(result, "set", desk.set->name);
    doc_put_int(result, "communes", (int64_t)desk.set->count);
    doc_put_int(result, "area_m2", square_metres(area_of(desk.set)));
    doc_put_int(result, "overlap_m2", square_metres(overlap_km2));
    doc_put_int(result, "former", (int64_t)desk.formers.count);
    doc_put_bool(result, "weights_whole", whole);
    if (cli_json(cli))
        cli_print(result);
    else if (!cli_quiet(cli))
        (void)printf("boundary set %s: %zu communes, %.0f km2; %zu overlaps, %.4f km2 in all; "
                     "communes, each place once, and outside together are each of %zu cells of "
                     "%.1f degree to %.1e of it below and %.1e above: %s\n",
                     desk.set->name, desk.set->count, area_of(desk.set), pairs.count, overlap_km2,
                     balance.cells, CELL, balance.under, balance.over,
                     whole ? "nothing is lost" : "SOMETHING IS LOST OR COUNTED TWICE");
    return whole && overlap_km2 < SLIVER_KM2 * (double)desk.set->count ? EXIT_YES : EXIT_NO;
}

// --- crosswalk
// ------------------------------------------------------------------------------------

static int32_t share_of(double part_km2, double whole_km2)
{
    return (int32_t)lround(fmin(part_km2 / whole_km2, 1) * MILLION);
}

// One commune of A and one of B, or what lies in none of B (`to` NULL).
static void print_row(const struct cli *cli, const struct commune *from, const struct commune *to,
                      double part_km2, struct doc *list)
{
    struct doc *one = doc_object();
    int32_t share = share_of(part_km2, from->area_km2);
    const char *texts[] = {from->code, from->name, to ? to->code : "", to ? to->name : ""};
    doc_put_text(one, "old", from->code);
    doc_put_text(one, "new", texts[2]);
    doc_put_int(one, "area_m2", square_metres(part_km2));
    doc_put_int(one, "share_millionths", share);
    doc_push(list, one);
    if (cli_json(cli))
        return;
    AUTO(buf_free) struct buf line = buf_new(ROW_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        csv_put(&line, texts[i]);
        buf_char(&line, ',');
    }
    (void)printf("%s%" PRId64 ",%d.%06d\n", line.at, square_metres(part_km2), share / MILLION,
                 share % MILLION);
}

// Of each commune of A what lies in one of B (`in`), and what of that lies in an earlier one of B
// as well (`again`, a part of `in`): where communes of B overlap.
struct crosswalk {
    struct shape_pairs in, again;
};

static void crosswalk_free(struct crosswalk *walk)
{
    shape_pairs_free(&walk->in);
    shape_pairs_free(&walk->again);
}

static enum err_kind lay_over(const struct boundary_set *a, const struct boundary_set *b,
                              struct crosswalk *out, struct err *err)
{
    AUTO(mem_drop) struct str *first = shapes_of(a);
    AUTO(mem_drop) struct str *second = shapes_of(b);
    AUTO(shape_pairs_free) struct shape_pairs own = {0};
    AUTO(shape_parts_free) struct shape_parts twice = {0};
    struct shapes all_a = {first, a->count}, all_b = {second, b->count};
    if (shape_cross(&all_a, &all_b, &out->in, err) || shape_cross(&all_b, NULL, &own, err) ||
        shape_twice(&all_b, &own, &twice, err))
        return err_of(err);
    struct shapes parts = {twice.at, twice.count};
    if (shape_cross(&all_a, &parts, &out->again, err))
        return err_of(err);
    for (size_t i = 0; i < out->again.count; i++)
        out->again.at[i].b = twice.of[out->again.at[i].b];
    return OK;
}

// What of this pair was counted with an earlier commune of B; `*next` walks on behind it.
static double counted_before(const struct shape_pairs *again, const struct shape_pair *pair,
                             size_t *next)
{
    double km2 = 0;
    for (; *next < again->count; (*next)++) {
        const struct shape_pair *at = &again->at[*next];
        if (at->a > pair->a || (at->a == pair->a && at->b > pair->b))
            break;
        km2 += at->a == pair->a && at->b == pair->b ? at->area_km2 : 0;
    }
    return km2;
}

// Every commune of A has its rows and, last, what of it lies in no commune of B. With `once`, what
// lies in several of B counts for the first of them alone. How many communes lie in such a place.
static size_t print_rows(const struct cli *cli, const struct boundary_set *a,
                         const struct boundary_set *b, const struct crosswalk *walk,
                         struct doc *list)
{
    size_t at = 0, next = 0, doubled = 0;
    bool once = cli_has(cli, "once");
    if (!cli_json(cli))
        (void)printf("old_commune_code,old_commune,new_commune_code,new_commune,area_m2,"
                     "area_share\n");
    for (size_t i = 0; i < a->count; i++) {
        double left_km2 = a->commune[i].area_km2, twice_km2 = 0;
        for (; at < walk->in.count && walk->in.at[at].a == i; at++) {
            const struct shape_pair *pair = &walk->in.at[at];
            double before_km2 = counted_before(&walk->again, pair, &next);
            left_km2 -= pair->area_km2 - before_km2;
            twice_km2 += before_km2;
            print_row(cli, &a->commune[i], &b->commune[pair->b],
                      fmax(pair->area_km2 - (once ? before_km2 : 0), 0), list);
        }
        doubled += twice_km2 > SLIVER_KM2;
        print_row(cli, &a->commune[i], NULL, fmax(left_km2, 0), list);
    }
    return doubled;
}

int boundary_crosswalk(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_free) struct desk desk = {0};
    AUTO(boundary_set_free) struct boundary_set *a = NULL, *b = NULL;
    AUTO(crosswalk_free) struct crosswalk walk = {0};
    if (desk_open(cli, LEDGER_READ, &desk, &err) ||
        boundary_set_load(desk.map, cli_arg(cli, 0), true, &a, &err) ||
        boundary_set_load(desk.map, cli_arg(cli, 1), true, &b, &err) || lay_over(a, b, &walk, &err))
        return cli_fail(cli, &err);
    AUTO(doc_free) struct doc *result = doc_object();
    struct doc *list = doc_array();
    size_t doubled = print_rows(cli, a, b, &walk, list);
    doc_put_text(result, "from", a->name);
    doc_put_text(result, "to", b->name);
    doc_put_int(result, "in_overlaps", (int64_t)doubled);
    doc_put(result, "rows", list);
    if (cli_json(cli))
        cli_print(result);
    else if (doubled && !cli_quiet(cli) && !cli_has(cli, "once"))
        (void)fprintf(stderr,
                      "%zu communes of %s lie in part where communes of %s overlap: their shares "
                      "add up to more than 1; --once counts such a place for the first alone\n",
                      doubled, a->name, b->name);
    return EXIT_YES;
}

// --- locate
// ---------------------------------------------------------------------------------------

// A JSON number, which is as strict as it gets.
static bool degrees(const char *text, double limit, double *out)
{
    struct err why = {0};
    AUTO(doc_free) struct doc *list = NULL;
    AUTO(buf_free) struct buf json = buf_new(64);
    buf_print(&json, "[%s]", text);
    return !json.full && doc_parse(buf_slice(&json), "degrees", &list, &why) == OK &&
           doc_count(list) == 1 && doc_real(doc_at(list, 0), out) && fabs(*out) <= limit;
}

// The communes of the set in hand that hold a point; more than one where they overlap.
static bool locate_in(const struct cli *cli, const struct desk *desk, double latitude,
                      double longitude, struct doc *list)
{
    bool found = false;
    AUTO(outline_free) struct outline outline = {0};
    for (size_t i = 0; i < desk->set->count; i++) {
        const struct commune *commune = &desk->set->commune[i];
        if (!outline_set(&outline, commune->shape) || !outline_holds(&outline, longitude, latitude))
            continue;
        struct doc *one = commune_doc(commune, &desk->formers);
        const char *former = doc_text(doc_get(one, "former"), "");
        doc_put_text(one, "set", desk->set->name);
        if (!cli_json(cli))
            (void)printf("%s: %s %s%s%s%s%s\n", desk->set->name, commune->code, commune->name,
                         *commune->zone ? ", " : "", commune->zone, *former ? "; trước đây: " : "",
                         former);
        doc_push(list, one);
        found = true;
    }
    return found;
}

int boundary_locate(const struct cli *cli)
{
    struct err err = {0};
    double latitude, longitude;
    const char *only = cli_value(cli, "set");
    AUTO(desk_free) struct desk desk = {0};
    AUTO(file_names_free) char **names = NULL;
    AUTO(doc_free) struct doc *result = doc_object();
    struct doc *list = doc_array();
    doc_put(result, "communes", list);
    if (!degrees(cli_arg(cli, 0), 90, &latitude) || !degrees(cli_arg(cli, 1), 180, &longitude)) {
        (void)err_set(&err, ERR_INPUT,
                      "\"%s %s\" is no place; write latitude and longitude in degrees, such as "
                      "18.34 105.9",
                      cli_arg(cli, 0), cli_arg(cli, 1));
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (desk_open(cli, LEDGER_READ, &desk, &err) || boundary_set_names(desk.map, &names, &err))
        return cli_fail(cli, &err);
    bool found = false, known = false;
    for (size_t i = 0; names[i]; i++) {
        if (only && strcmp(only, names[i]) != 0)
            continue;
        if (desk_take(&desk, names[i], true, &err))
            return cli_fail(cli, &err);
        found = locate_in(cli, &desk, latitude, longitude, list) || found;
        known = true;
    }
    if (only && !known) // says that there is none, and how it comes there
        return desk_take(&desk, only, false, &err) ? cli_fail(cli, &err) : EXIT_NO;
    if (cli_json(cli))
        cli_print(result);
    else if (!found && !cli_quiet(cli))
        (void)printf("no commune of %s holds %g N %g E\n", only ? only : "any set", latitude,
                     longitude);
    return found ? EXIT_YES : EXIT_NO;
}

// --- former
// ---------------------------------------------------------------------------------------

static enum err_kind take_renaming(const char *text, struct renaming *out, struct err *err)
{
    const char *sign = strchr(text, '=');
    if (!sign || sign == text || !sign[1])
        return err_usage(err, "--rename \"%s\": write OLD=NEW, such as 06970=06978", text);
    out->from = (struct str){text, (size_t)(sign - text)};
    out->to = str_of(sign + 1);
    return OK;
}

int boundary_former(const struct cli *cli)
{
    struct err err = {0};
    struct renaming renaming;
    const char *set = cli_value(cli, "set"), *rename = cli_value(cli, "rename");
    const char *file = cli_arg(cli, 0);
    AUTO(desk_free) struct desk desk = {0};
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    AUTO(formers_free) struct formers formers = {0};
    if (!set) {
        (void)err_usage(&err, "--set is needed: of which boundary set are the new codes?");
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    size_t nowhere = 0;
    if ((rename && take_renaming(rename, &renaming, &err)) ||
        desk_open(cli, LEDGER_WRITE, &desk, &err) || desk_take(&desk, set, false, &err) ||
        file_read(file, &text, &err) ||
        former_csv_read(buf_slice(&text), file, desk.set, rename ? &renaming : NULL, &formers,
                        &nowhere, &err) ||
        former_put(desk.map, set, &formers, &err) ||
        boundary_keep_former(cli, desk.site, set, rename, buf_slice(&text), &err))
        return cli_fail(cli, &err);
    size_t split = 0, without = 0;
    for (size_t i = 0; i < formers.count; i++)
        split += formers.at[i].is_split ? 1 : 0;
    for (size_t i = 0; i < desk.set->count; i++) {
        AUTO(mem_drop) char *names = former_names(&formers, desk.set->commune[i].code);
        without += *names ? 0 : 1;
    }
    AUTO(doc_free) struct doc *result = doc_object();
    doc_put_text(result, "set", set);
    doc_put_int(result, "rows", (int64_t)formers.count);
    doc_put_int(result, "split_rows", (int64_t)split);
    doc_put_int(result, "communes_without", (int64_t)without);
    doc_put_int(result, "parts_nowhere", (int64_t)nowhere);
    if (cli_json(cli))
        cli_print(result);
    else if (!cli_quiet(cli))
        (void)printf("boundary set %s: %zu pairs of an old commune and a new one, %zu of them of "
                     "communes that were split; %zu communes have none; %zu rows of a share that "
                     "lies in no new commune\n",
                     set, formers.count, split, without, nowhere);
    return EXIT_YES;
}
