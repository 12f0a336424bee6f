// gong-boundary: boundary sets, the communes that everything is decided for.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "ingest/geojson.h"
#include "ledger/map.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 30 };

static enum err_kind check_name(const char *name, struct err *err)
{
    size_t len = strlen(name);
    bool good = len > 0 && len < sizeof(((struct boundary_set *)0)->name);
    for (size_t i = 0; i < len; i++)
        good = good && (islower((unsigned char)name[i]) || isdigit((unsigned char)name[i]) ||
                        name[i] == '-');
    if (!good)
        return err_set(err, ERR_INPUT,
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
        (void)printf("boundary set %s: %zu communes, %.0f km2, %zu repaired or joined%s\n",
                     set->name, set->count, area_of(set), notes->count,
                     fresh ? "" : " (it was there already)");
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
    AUTO(boundary_set_free) struct boundary_set *set = NULL;
    AUTO(geojson_notes_free) struct geojson_notes notes = {0};
    bool fresh = false;
    if (!name || !keys.code || !keys.name) {
        (void)err_set(&err, ERR_INPUT,
                      "--set, --code and --name are needed; see gong boundary "
                      "import --help");
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (check_name(name, &err) || cli_site(cli, &site, &err) || file_read(file, &text, &err) ||
        geojson_read(buf_slice(&text), file, &keys, &set, &notes, &err))
        return cli_fail(cli, &err);
    (void)snprintf(set->name, sizeof(set->name), "%s", name);
    if (map_open(site_folder(site), LEDGER_WRITE, &map, &err) ||
        boundary_set_put(map, set, &fresh, &err))
        return cli_fail(cli, &err);
    print_import(cli, set, fresh, &notes);
    return EXIT_YES;
}

static int run_list(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(map_close) struct map *map = NULL;
    AUTO(file_names_free) char **names = NULL;
    if (cli_site(cli, &site, &err) || map_open(site_folder(site), LEDGER_READ, &map, &err) ||
        boundary_set_names(map, &names, &err))
        return cli_fail(cli, &err);
    AUTO(doc_free) struct doc *result = doc_object();
    struct doc *list = doc_array();
    doc_put(result, "sets", list);
    for (size_t i = 0; names[i]; i++) {
        AUTO(boundary_set_free) struct boundary_set *set = NULL;
        if (boundary_set_load(map, names[i], false, &set, &err))
            return cli_fail(cli, &err);
        struct doc *one = doc_object();
        doc_put_text(one, "set", set->name);
        doc_put_int(one, "communes", (int64_t)set->count);
        doc_put_text(one, "hash", hash_hex(set->hash).at);
        doc_push(list, one);
        if (!cli_json(cli))
            (void)printf("%-20s %6zu communes  %.0f km2  %.16s…\n", set->name, set->count,
                         area_of(set), hash_hex(set->hash).at);
    }
    if (cli_json(cli))
        cli_print(result);
    else if (!names[0] && !cli_quiet(cli))
        (void)printf("no boundary set yet; see gong boundary import --help\n");
    return EXIT_YES;
}

static const struct cli_option import_options[] = {
    {"set", "NAME", "name of the boundary set, such as vn2025; a set never changes"},
    {"code", "PROPERTY", "property that holds the commune's code (text, with its zeros)"},
    {"name", "PROPERTY", "property that holds the commune's name"},
    {"zone", "PROPERTY", "property that holds its zone: what a policy's area may name"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "import",
     .args = "FILE.geojson",
     .help = "import communes; rings that are not valid are repaired and named, none is dropped",
     .example = "gong boundary import communes.geojson --set vn2025 --code code --name full_name",
     .options = import_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_import},
    {.name = "list",
     .args = "",
     .help = "list the boundary sets of a site",
     .example = "gong boundary list --site mysite",
     .run = run_list},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-boundary",
                                        .help = "Boundary sets of a site.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
