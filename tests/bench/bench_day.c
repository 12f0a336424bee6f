// Whole processes. A day of IMERG, 48 files, weights cached. gong series build does what the others
// do: from files to values by commune, kept on the disk; each file is decoded in a sandbox of its
// own. gong ingest run does more: it brings the files into its archive, hashes them, and records
// readings, doubts and entries. The bare parts read, multiply and commit one row; CDO and xarray
// read the same files with their weights cached. Before that the start of the decoders, sandbox
// included.
#include "core/mem.h"
#include "core/text.h"
#include "tests/bench/bench.h"

#include <stdlib.h>

enum { COMMAND_BYTES_MAX = 8192 };

// Makes a site whose map has the communes and the weights of the grid, and nothing else.
static const char *const prepare =
    "set -e; cd $BENCH_FOLDER; export PATH=$GONG_BIN:$PATH\n"
    "mkdir day; ln -s $BENCH_DATA/imerg_0??.nc day/\n"
    "jq -c '.features |= map(.properties = {code: (\"c\" + (.properties.id | tostring)), "
    "name: \"A\"})' $BENCH_DATA/communes_3321.geojson >communes.geojson\n"
    "gong init site --quiet >/dev/null\n"
    "cat >site/sources.yaml <<END\n"
    "sources:\n"
    "  day:\n"
    "    title: a day\n"
    "    licence: CC0\n"
    "    url: file://$BENCH_FOLDER/day/\n"
    "    boundary_set: set\n"
    "    kind: observation\n"
    "    variables:\n"
    "      - {reads: Grid/precipitation, means: rain, interval: 30 min, stamp: start}\n"
    "END\n"
    "gong boundary import communes.geojson --set set --code code --name name --site site --quiet\n"
    "cp -r site warm; gong ingest run --site warm --quiet; cp warm/map.db site/map.db\n"
    "rm -rf warm\n";

// As ../shared/bench/p2_zonal.sh prepares it.
static const char *const prepare_cdo =
    "set -e; cd $BENCH_FOLDER\n"
    "/usr/bin/python3 -W ignore $BENCH_SHARED/peers/cdo_grid.py $BENCH_DATA/communes_3321.gpkg "
    "grid.txt one.txt\n"
    "cdo -s -sellonlatbox,102,110,8,24 $BENCH_DATA/imerg_T_000.nc t.nc\n"
    "cdo -s gencon,grid.txt t.nc w.nc\n";

static char *command(const char *text)
{
    struct buf whole = buf_new(COMMAND_BYTES_MAX);
    buf_print(&whole, "export BENCH_FOLDER=%s; %s", bench_folder(), text);
    return buf_take(&whole);
}

static void run(const char *what, const char *text)
{
    AUTO(mem_drop) char *whole = command(text);
    if (system(whole) != 0)
        bench_fail(what, "it could not be made ready");
}

static const struct {
    const char *name, *line;
} ways[] = {
    {"a day of IMERG (gong series build)",
     "exec $GONG_BIN/gong-series build --source day --grids $BENCH_FOLDER/day --out "
     "$BENCH_FOLDER/now/day.nc --site $BENCH_FOLDER/now --quiet"},
    {"a day of IMERG (gong ingest run: fetched, hashed, archived, recorded)",
     "exec $GONG_BIN/gong-ingest run --site $BENCH_FOLDER/now --quiet"},
};

static void bench_against(size_t way, const char *reference, const char *theirs, double goal,
                          double over)
{
    AUTO(mem_drop) char *before = command("cd $BENCH_FOLDER && rm -rf now && cp -r site now");
    AUTO(mem_drop) char *ours = command(ways[way].line);
    AUTO(mem_drop) char *other = command(theirs);
    bench_processes(&(struct bench_processes){.name = ways[way].name,
                                              .reference = reference,
                                              .before = before,
                                              .ours = ours,
                                              .theirs = other,
                                              .rounds = 3,
                                              .goal = goal,
                                              .goal_over = over});
}

// One half-hour by gong-plain, which its parent starts for a plain file, and by gong-decode, which
// it starts for any other.
#define ONE_HALF_HOUR                                                                              \
    " -- observation 1102000 1008500 1109500 1023400 file file usual rain Grid/precipitation "     \
    "none file '1800 s' start none none <$BENCH_DATA/imerg_000.nc"

static void bench_start(void)
{
    static const struct {
        const char *start, *peak, *line;
    } rows[] = {
        {"start of gong-plain: sandbox and one half-hour, more than an empty process with the "
         "NetCDF library",
         "peak memory of gong-plain for one half-hour", "exec $GONG_BIN/gong-plain" ONE_HALF_HOUR},
        {"start of gong-decode: sandbox and one half-hour, more than an empty process with the "
         "NetCDF library",
         "peak memory of gong-decode for one half-hour",
         "exec $GONG_BIN/gong-decode" ONE_HALF_HOUR},
    };
    AUTO(mem_drop) char *empty = command("exec $BENCH_BUILD/startup");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        AUTO(mem_drop) char *ours = command(rows[i].line);
        struct bench_difference start = {
            .name = rows[i].start, .ours = ours, .theirs = empty, .rounds = 15, .bound_ms = 10};
        bench_difference(&start);
        bench_peak(rows[i].peak, ours, 24);
    }
}

void bench_day(void)
{
    bench_start();
    run("the day of half-hours", prepare);
    run("CDO", prepare_cdo);
    for (size_t way = 0; way < COUNT_OF(ways); way++) {
        bench_against(way, "bare parts, 48 files, one row",
                      "exec $BENCH_BUILD/cold $BENCH_DATA/w_3321_imerg.csr /Grid/precipitation "
                      "$BENCH_FOLDER/cold.db $BENCH_DATA/imerg_0??.nc",
                      1.25, 0);
        bench_against(way, "CDO remap, weights cached",
                      "cd $BENCH_FOLDER; exec cdo -s -O remap,grid.txt,w.nc "
                      "-sellonlatbox,102,110,8,24 $BENCH_DATA/imerg_T_day.nc h.nc",
                      0, 45);
        bench_against(way, "xarray and scipy, weights cached",
                      "cd $BENCH_FOLDER; exec /usr/bin/python3 $BENCH_SHARED/peers/zonal.py "
                      "xr-spmv b.npy $BENCH_DATA/w_3321_imerg.csr $BENCH_DATA/imerg_0??.nc "
                      "2>/dev/null",
                      0, 12);
    }
}
