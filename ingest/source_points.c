#include "ingest/source_read.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/yaml.h"
#include "ingest/points_wanted.h"
#include "ingest/source.h"

enum { POINTS_BYTES_MAX = 64 * 1024 };

static struct doc *doc_of(const struct yaml *node);

static void put(struct doc *object, const char *key, const struct yaml *node)
{
    if (node->kind == YAML_TEXT)
        doc_put_str(object, key, node->text);
    else
        doc_put(object, key, doc_of(node));
}

// The same tree; its depth was limited when it was read.
static struct doc *doc_of(const struct yaml *node)
{
    struct doc *made = node->kind == YAML_MAP ? doc_object() : doc_array();
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml *item = node->item[i];
        if (node->kind == YAML_MAP) {
            AUTO(mem_drop) char *key = str_copy(node->key[i]->text);
            put(made, key, item);
        } else if (item->kind == YAML_TEXT) {
            AUTO(mem_drop) char *text = str_copy(item->text);
            doc_push_text(made, text);
        } else {
            doc_push(made, doc_of(item));
        }
    }
    return made;
}

enum err_kind source_read_points(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const station_keys[] = {
        "format",      "layout",     "code",    "name",  "latitude",   "longitude", "time", "rows",
        "time_format", "utc_offset", "missing", "round", "header_row", "first_row", NULL};
    static const char *const track_keys[] = {"format", "agency", "name", "wind_average", NULL};
    static const char *const report_keys[] = {"code",    "name",   "figure",    "value",
                                              "unit",    "season", "first_day", "last_day",
                                              "missing", "others", NULL};
    static const char *const figure_keys[] = {"reads", "means", "unit", "from", "to", "day", NULL};
    static const struct {
        const char *key;
        const char *const *keys;
        const char *formats;
    } ways[] = {[FORMAT_STATIONS] = {"stations", station_keys, "csv or json"},
                [FORMAT_TRACKS] = {"tracks", track_keys, "ibtracs-csv, ibtracs-nc, jma or atcf"},
                [FORMAT_REPORTS] = {"reports", report_keys, ""}};
    bool stations = out->format == FORMAT_STATIONS, reports = out->format == FORMAT_REPORTS;
    struct points_wanted wanted;
    struct err why = {0};
    if (out->format == FORMAT_CAP) {
        out->points = mem_text("{\"format\":\"cap\"}");
        return OK;
    }
    const struct yaml *node, *figures = NULL;
    if (yaml_need(map, ways[out->format].key, YAML_MAP, &node, err) ||
        yaml_check_keys(node, ways[out->format].keys, err) ||
        (reports && yaml_need(map, "figures", YAML_LIST, &figures, err)))
        return err_of(err);
    for (size_t i = 0; figures && i < figures->count; i++) {
        if (figures->item[i]->kind != YAML_MAP)
            return yaml_refuse(
                figures->item[i], err,
                "a figure is wanted here, as {reads: rice yield, means: yield, from: "
                "06-01, to: 10-31, day: local00}");
        if (yaml_check_keys(figures->item[i], figure_keys, err))
            return err_of(err);
    }
    AUTO(doc_free) struct doc *doc = doc_of(node);
    AUTO(buf_free) struct buf json = buf_new(POINTS_BYTES_MAX);
    if (stations)
        doc_put(doc, "variables", doc_of(yaml_get(map, "variables")));
    if (reports) {
        doc_put_text(doc, "format", "reports");
        doc_put(doc, "figures", doc_of(figures));
    }
    doc_canonical(doc, &json);
    if (json.full)
        return yaml_refuse(node, err, "this is longer than %d bytes", POINTS_BYTES_MAX);
    if (points_wanted_parse(buf_slice(&json), &wanted, &why))
        return yaml_refuse(node, err, "%s", why.text);
    bool is_stations = wanted.format == POINTS_CSV || wanted.format == POINTS_JSON;
    bool other = wanted.format == POINTS_CAP || (wanted.format == POINTS_REPORTS && !reports);
    if (is_stations != stations || other)
        return yaml_refuse(node, err, "format does not belong here; write %s",
                           ways[out->format].formats);
    out->points = buf_take(&json);
    return OK;
}
