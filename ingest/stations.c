#include "ingest/stations.h"

#include "core/doc.h"
#include "core/file.h"
#include "core/mem.h"
#include "ingest/derive_points.h"
#include "ledger/now.h"
#include "ledger/station.h"

#include <stdio.h>

enum { LIST_BYTES_MAX = 64 << 20, JSON_BYTES_MAX = 4096 };
static const double MICRO = 1e6;

static void put(struct doc *doc, const struct work *work, const char *option, const char *key)
{
    const char *value = cli_value(work->cli, option);
    if (value)
        doc_put_text(doc, key, value);
}

static enum err_kind import(const struct work *work, const struct source *source,
                            const struct decode_limits *limits, struct err *err)
{
    AUTO(buf_free) struct buf bytes = buf_new(LIST_BYTES_MAX);
    AUTO(buf_free) struct buf json = buf_new(JSON_BYTES_MAX);
    AUTO(doc_free) struct doc *doc = doc_object();
    struct derive_points job = {work, work->ledger, limits, source};
    size_t count = 0;
    struct utc at;
    if (!cli_value(work->cli, "code"))
        return err_set(err, ERR_INPUT, "which column is the station's code? write --code COLUMN");
    doc_put_text(doc, "format", "csv");
    doc_put_text(doc, "layout", "list");
    put(doc, work, "code", "code");
    put(doc, work, "name", "name");
    put(doc, work, "latitude", "latitude");
    put(doc, work, "longitude", "longitude");
    doc_canonical(doc, &json);
    if (file_read(cli_arg(work->cli, 0), &bytes, err) ||
        ledger_now(work->cli, work->site, work->ledger, &at, err) ||
        derive_stations(&job, buf_slice(&bytes), at, json.at, &count, err))
        return err_add(err, "reading %s", cli_arg(work->cli, 0));
    if (!cli_quiet(work->cli))
        (void)printf("%zu stations\n", count);
    return OK;
}

static void print_flags(const struct station *station, struct buf *out)
{
    static const enum station_flag flags[] = {STATION_DUPLICATE, STATION_SCRAMBLED,
                                              STATION_SAME_PLACE};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        if (station->flags & flags[i])
            buf_print(out, "%s%s", out->len ? ", " : "", station_flag_name(flags[i]));
    }
}

static enum err_kind list(const struct work *work, const struct source *source, struct err *err)
{
    AUTO(stations_free) struct stations stations = {0};
    if (station_list(work->ledger, source->name, &stations, err))
        return err_of(err);
    AUTO(doc_free) struct doc *all = doc_array();
    for (size_t i = 0; i < stations.count; i++) {
        const struct station *one = &stations.at[i];
        AUTO(buf_free) struct buf flags = buf_new(100);
        AUTO(buf_free) struct buf place = buf_new(100);
        print_flags(one, &flags);
        if (one->latitude_micro != STATION_NOWHERE)
            buf_print(&place, "%.6f %.6f", one->latitude_micro / MICRO,
                      one->longitude_micro / MICRO);
        struct doc *item = doc_object();
        doc_put_text(item, "code", one->code);
        doc_put_text(item, "name", one->name);
        doc_put_text(item, "place", place.at ? place.at : "");
        doc_put_text(item, "flags", flags.at ? flags.at : "");
        doc_push(all, item);
        if (!cli_json(work->cli))
            (void)printf("%-24s %-22s %-12s %s\n", one->code, place.at ? place.at : "-",
                         flags.at ? flags.at : "", one->name);
    }
    if (cli_json(work->cli))
        cli_print(all);
    return OK;
}

enum err_kind stations_verb(const struct work *work, const struct decode_limits *limits,
                            struct err *err)
{
    const char *name = cli_value(work->cli, "source");
    const struct source *source = NULL;
    if (!name)
        return err_set(err, ERR_INPUT, "of which source? write --source NAME");
    if (sources_find(work->sources, name, &source, err))
        return err_of(err);
    if (source->format != FORMAT_STATIONS)
        return err_set(err, ERR_INPUT, "source %s has no stations", name);
    return cli_count(work->cli) ? import(work, source, limits, err) : list(work, source, err);
}
