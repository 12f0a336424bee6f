// gong-boundary: boundary sets, the communes that everything is decided for.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"
#include "ingest/boundary_keep.h"
#include "ingest/boundary_look.h"
#include "ingest/geojson.h"
#include "ingest/places.h"
#include "ledger/map.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { FILE_BYTES_MAX = 1 << 30 };

static enum err_kind check_name(const char *name, struct err *err)
{
    size_t len = strlen(name);
    bool good = len > 0 && len < sizeof(((struct boundary_set *)0)->name);
    for (size_t i = 0; i < len; i++)
        good = good && (islower((unsigned char)name[i]) || isdigit((unsigned char)name[i]) ||
                        name[i] == '-');
    if (!good)
        return err_usage(
            err,
            "--set \"%s\" is no name for a boundary set; write up to 31 of a-z, 0-9 and "
            "\"-\", such as vn2025",
            name);
    return OK;
}

static double area_of(const struct boundary_set *set)
{
    double sum = 0;
    for (size_t i = 0; i < set->count; i++)
        sum += set->commune[i].area_km2;
    return sum;
}

static void print_import(const struct cli *cli, const struct boundary_set *set, bool fresh,
                         const struct geojson_notes *notes)
{
    AUTO(doc_free) struct doc *result = doc_object();
    struct doc *list = doc_array();
    for (size_t i = 0; i < notes->count; i++) {
        struct doc *note = doc_object();
        doc_put_text(note, "code", notes->at[i].code);
        doc_put_text(note, "note", notes->at[i].text);
        doc_push(list, note);
        if (!cli_json(cli))
            (void)fprintf(stderr, "commune %s: %s\n", notes->at[i].code, notes->at[i].text);
    }
    doc_put_text(result, "set", set->name);
    doc_put_int(result, "communes", (int64_t)set->count);
    doc_put_bool(result, "new", fresh);
    doc_put_text(result, "hash", hash_hex(boundary_set_hash(set)).at);
    doc_put(result, "notes", list);
    if (cli_json(cli))
        cli_print(result);
    else if (!cli_quiet(cli))
        (void)printf(
            "boundary set %s: %zu communes, %.0f km2, %zu repaired, joined or nameless%s\n",
            set->name, set->count, area_of(set), notes->count,
            fresh ? "" : " (it was there already)");
}

// What gong-ogr makes of a file that is no GeoJSON, under limits of its own.
static enum err_kind convert(const char *file, const char *layer, struct buf *out, struct err *err)
{
    static const struct proc_limits limits = {
        .memory_bytes = (int64_t)8 << 30, .cpu_s = 600, .output_bytes_max = FILE_BYTES_MAX};
    AUTO(mem_drop) char *program = proc_program("gong-ogr");
    AUTO(buf_free) struct buf complaint = buf_new(600);
    const char *argv[] = {program, file, layer ? "--layer" : NULL, layer, NULL};
    int code = -1;
    if (proc_run(argv, -1, &limits, out, &complaint, &code, err))
        return err_of(err);
    if (code == EXIT_YES)
        return OK;
    struct str said = buf_slice(&complaint), line = {"", 0};
    if (str_starts(said, "gong-ogr: "))
        said = (struct str){said.at + 10, said.len - 10};
    (void)str_take_line(&said, &line);
    return err_set(err, ERR_INPUT, "%s: " STR_FMT, file, STR_ARG(line));
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);
    return len >= tail && strcasecmp(text + len - tail, end) == 0;
}

static enum err_kind read_text(const struct cli *cli, struct buf *out, struct err *err)
{
    const char *file = cli_arg(cli, 0);
    if (ends_with(file, ".shp") || ends_with(file, ".gpkg"))
        return convert(file, cli_value(cli, "layer"), out, err);
    return file_read(file, out, err);
}

static int run_import(const struct cli *cli)
{
    struct err err = {0};
    const char *name = cli_value(cli, "set"), *file = cli_arg(cli, 0);
    struct geojson_keys keys = {cli_value(cli, "code"), cli_value(cli, "name"),
                                cli_value(cli, "zone")};
    AUTO(site_free) struct site *site = NULL;
    AUTO(map_close) struct map *map = NULL;
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    AUTO(places_free) struct places *places = NULL; // made now, kept for later
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(geojson_notes_free) struct geojson_notes notes = {0};
    bool fresh = false;
    if (!name || !keys.code || !keys.name) {
        (void)err_usage(&err, "--set, --code and --name are needed; see gong boundary "
                              "import --help");
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (check_name(name, &err) || cli_site(cli, &site, &err) || read_text(cli, &text, &err) ||
        geojson_read(buf_slice(&text), file, &keys, &set, &notes, &err))
        return cli_fail(cli, &err);
    (void)snprintf(set->name, sizeof(set->name), "%s", name);
    if (map_open(site_folder(site), LEDGER_WRITE, &map, &err) ||
        boundary_set_put(map, set, &fresh, &err) ||
        boundary_keep_set(cli, site, set, &keys, buf_slice(&text), &err))
        return cli_fail(cli, &err);
    // Whoever needs it makes it then.
    if (places_for(map, name, &places, &err))
        (void)fprintf(stderr, "warning: what finds places is not made yet: %s\n", err.text);
    print_import(cli, set, fresh, &notes);
    return EXIT_YES;
}

static const struct cli_option import_options[] = {
    {"set", "NAME", "name of the boundary set, such as vn2025; a set never changes"},
    {"code", "PROPERTY", "property that holds the commune's code (text, with its zeros)"},
    {"name", "PROPERTY", "property that holds the commune's name"},
    {"zone", "PROPERTY", "property that holds its zone: what a policy's area may name"},
    {"layer", "NAME", "layer of a GeoPackage, where it has several"},
    {0},
};
static const struct cli_option locate_options[] = {
    {"set", "NAME", "only in this boundary set"},
    {0},
};
static const struct cli_option crosswalk_options[] = {
    {"once", NULL, "what lies in several communes of B counts for the first of them alone"},
    {0},
};
static const struct cli_option former_options[] = {
    {"set", "NAME", "the boundary set whose codes are the new ones"},
    {"rename", "OLD=NEW", "a new code that the list has wrongly"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "import",
     .args = "FILE",
     .help = "import communes from GeoJSON, a shapefile or a GeoPackage; none is dropped",
     .example = "gong boundary import communes.geojson --set vn2025 --code code --name full_name",
     .options = import_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_import},
    {.name = "list",
     .args = "[SET]",
     .help = "list the boundary sets of a site, or the communes of one",
     .example = "gong boundary list vn2025 --site mysite",
     .args_max = 1,
     .run = boundary_list},
    {.name = "check",
     .args = "SET",
     .help = "look for overlaps, and hold that no area is lost to the weights",
     .example = "gong boundary check vn2025 --site mysite",
     .args_min = 1,
     .args_max = 1,
     .run = boundary_check},
    {.name = "crosswalk",
     .args = "A B",
     .help = "which share of each commune of A lies in which of B, as CSV; what lies in none too",
     .example = "gong boundary crosswalk vn2009 vn2025 --once > shares.csv",
     .options = crosswalk_options,
     .args_min = 2,
     .args_max = 2,
     .run = boundary_crosswalk},
    {.name = "locate",
     .args = "LAT LON",
     .help = "which commune holds a place, now and formerly",
     .example = "gong boundary locate 18.34 105.9 --site mysite",
     .options = locate_options,
     .args_min = 2,
     .args_max = 2,
     .run = boundary_locate},
    {.name = "former",
     .args = "FILE.csv",
     .help = "take a list of old communes and the new ones that they are in",
     .example = "gong boundary former old_to_new.csv --set vn2025 --rename 06970=06978",
     .options = former_options,
     .args_min = 1,
     .args_max = 1,
     .run = boundary_former},
    {.name = "remake",
     .args = "",
     .help = "make map.db again, when it is gone, from what was imported: the archive keeps it",
     .example = "gong boundary remake --site mysite",
     .run = boundary_remake},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-boundary",
                                        .help = "Boundary sets of a site.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
