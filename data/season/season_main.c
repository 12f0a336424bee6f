// gong-season: writes the demo season, for drills only.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "data/season/contracts.h"
#include "data/season/thiessen.h"
#include "data/season/weather.h"

#include <stdio.h>

enum { TEXT_BYTES_MAX = 16 << 20 };

static const uint64_t SEED_USUAL = 20240907; // the day on which Yagi came ashore

static enum err_kind write_text(const char *folder, const char *name, const struct buf *text,
                                struct err *err)
{
    AUTO(mem_drop) char *path = file_join(folder, name);
    if (text->full)
        return err_set(err, ERR_BROKEN, "%s grew too large", name);
    return file_write(path, buf_slice(text), 0644, err);
}

static enum err_kind write_tables(const char *folder, uint64_t seed, size_t *communes,
                                  size_t *contracts, struct err *err)
{
    AUTO(mem_drop) struct place *place = mem_new(PLACES_MAX, sizeof(*place));
    AUTO(buf_free) struct buf boundary = buf_new(TEXT_BYTES_MAX), csv = buf_new(TEXT_BYTES_MAX);
    if (places_load(place, communes, err))
        return err->kind;
    thiessen_geojson(place, *communes, &boundary);
    *contracts = contracts_csv(place, *communes, seed, &csv);
    if (write_text(folder, "boundary.geojson", &boundary, err))
        return err->kind;
    return write_text(folder, "contracts.csv", &csv, err);
}

static enum err_kind write_weather(const char *folder, uint64_t seed, struct err *err)
{
    static const struct {
        const char *name;
        enum err_kind (*write)(const struct season *, const char *, struct err *);
    } part[] = {{"forecast", forecast_write}, {"observed", observed_write}, {"daily", daily_write}};
    AUTO(mem_drop) struct fix *fix = mem_new(FIXES_MAX, sizeof(*fix));
    struct season season = {.fix = fix, .seed = seed};
    if (fixes_load(fix, &season.fixes, err))
        return err->kind;
    for (size_t i = 0; i < COUNT_OF(part); i++) {
        AUTO(mem_drop) char *path = file_join(folder, part[i].name);
        if (file_make_folder(path, 0755, err) || part[i].write(&season, path, err))
            return err->kind;
    }
    return OK;
}

static int run_write(const struct cli *cli)
{
    struct err err = {0};
    const char *folder = cli_arg(cli, 0), *seed_text = cli_value(cli, "seed");
    int64_t seed = (int64_t)SEED_USUAL;
    size_t communes = 0, contracts = 0;
    if (seed_text && num_whole(str_of(seed_text), 0, INT64_MAX, &seed, &err)) {
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (file_make_folder(folder, 0755, &err) ||
        write_tables(folder, (uint64_t)seed, &communes, &contracts, &err) ||
        write_weather(folder, (uint64_t)seed, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "seed", seed);
        doc_put_int(result, "communes", (int64_t)communes);
        doc_put_int(result, "contracts", (int64_t)contracts);
        doc_put_int(result, "forecasts", FORECAST_RUNS);
        doc_put_int(result, "observed", OBSERVED_FILES);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("DIỄN TẬP / DRILL: seed %lld, %zu communes, %zu contracts, %d forecasts, "
                     "%d half hours, 1 dry season in %s\n",
                     (long long)seed, communes, contracts, FORECAST_RUNS, OBSERVED_FILES, folder);
    }
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"seed", "N", "another season: 20240907 when not given; the same seed writes the same bytes"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "write",
     .args = "DIR",
     .help = "write boundaries, contracts, forecasts and observations of the demo season",
     .example = "gong season write mysite/season",
     .options = options,
     .args_min = 1,
     .args_max = 1,
     .run = run_write},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-season",
                                        .help = "Writes the demo season: invented, for drills.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
