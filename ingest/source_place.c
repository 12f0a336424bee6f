#include "ingest/source_read.h"

#include "core/mem.h"
#include "core/num.h"
#include "core/yaml.h"
#include "ingest/dap.h"
#include "ingest/source.h"
#include "ingest/template.h"

#include <string.h>

enum {
    EVERY_S_MIN = 60,
    SPAN_S_MAX = 366 * DAY_S,
    MIRRORS_MAX = 8,
    LEAD_H_MAX = 24 * 60,
    MEMBERS_MAX = 200,
    STEP_PARTS_MAX = 5000,
    AT_ONCE_MAX = 16,
    AT_ONCE_USUAL = 2,
    MIB_MAX = 4096,
    // A file that was missing is asked for again while newer ones come, this long.
    MISSING_AFTER_S = 10 * DAY_S,
    // No period of a policy is longer than a year; and a decision may come late.
    KEEP_S_MIN = 400 * DAY_S,
    KEEP_S_MAX = 20 * 366 * DAY_S,
};

static enum err_kind read_span(const struct yaml *node, const char *key, int64_t min, int64_t max,
                               int64_t *out, struct err *err)
{
    int64_t milli;
    struct err why = {0};
    if (node->kind != YAML_TEXT)
        return yaml_refuse(node, err, "%s: a span of time is wanted here, such as \"6 h\"", key);
    if (num_quantity(node->text, QUANTITY_TIME, &milli, &why))
        return yaml_refuse(node, err, "%s: %s", key, why.text);
    if (milli % 1000 || milli < min * 1000 || milli > max * 1000)
        return yaml_refuse(node, err, "%s: write %lld s to %lld days", key, (long long)min,
                           (long long)(max / DAY_S));
    *out = milli / 1000;
    return OK;
}

static enum err_kind need_span(const struct yaml *map, const char *key, int64_t min, int64_t *out,
                               struct err *err)
{
    const struct yaml *node;
    if (yaml_need(map, key, YAML_TEXT, &node, err))
        return err_of(err);
    return read_span(node, key, min, SPAN_S_MAX, out, err);
}

static enum err_kind may_span(const struct yaml *map, const char *key, int64_t min, int64_t max,
                              int64_t *out, struct err *err)
{
    const struct yaml *node = yaml_get(map, key);
    return node ? read_span(node, key, min, max, out, err) : OK;
}

static enum err_kind read_whole(const struct yaml *map, const char *key, int64_t min, int64_t max,
                                int64_t *out, struct err *err)
{
    struct err why = {0};
    struct str text;
    if (yaml_need_text(map, key, &text, err))
        return err_of(err);
    if (num_whole(text, min, max, out, &why))
        return yaml_refuse(yaml_get(map, key), err, "%s: %s", key, why.text);
    return OK;
}

// --- parts of a step
// ------------------------------------------------------------------------------

static enum err_kind read_leads(const struct yaml *leads, struct source *out, struct err *err)
{
    static const char *const keys[] = {"first", "last", "every", NULL};
    int64_t first_s = 0, last_s = 0, every_s = HOUR_S;
    if (leads->kind != YAML_MAP)
        return yaml_refuse(leads, err, "write leads: {first: 3 h, last: 120 h, every: 3 h}");
    if (yaml_check_keys(leads, keys, err) || need_span(leads, "first", 0, &first_s, err) ||
        need_span(leads, "last", 0, &last_s, err) ||
        need_span(leads, "every", HOUR_S, &every_s, err))
        return err_of(err);
    if (first_s % HOUR_S || last_s % HOUR_S || every_s % HOUR_S || last_s < first_s ||
        last_s > LEAD_H_MAX * (int64_t)HOUR_S || (last_s - first_s) % every_s)
        return yaml_refuse(leads, err,
                           "leads are whole hours up to %d, and \"last\" is reached from \"first\" "
                           "in steps of \"every\"",
                           LEAD_H_MAX);
    out->lead_first_h = (int32_t)(first_s / HOUR_S);
    out->lead_every_h = (int32_t)(every_s / HOUR_S);
    out->lead_count = (size_t)((last_s - first_s) / every_s) + 1;
    out->has_leads = true;
    return OK;
}

static enum err_kind read_members(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const keys[] = {"first", "last", NULL};
    const struct yaml *members = yaml_get(map, "members");
    int64_t first = 0, last = 0;
    if (members->kind != YAML_MAP)
        return yaml_refuse(members, err, "write members: {first: 1, last: 30}");
    if (yaml_check_keys(members, keys, err) ||
        read_whole(members, "first", 0, MEMBERS_MAX, &first, err) ||
        read_whole(members, "last", first, MEMBERS_MAX, &last, err))
        return err_of(err);
    out->member_first = (int32_t)first;
    out->member_count = (size_t)(last - first) + 1;
    return OK;
}

// A slot without its list, or a list without its slot, fetches the wrong files.
static enum err_kind check_parts(const struct yaml *map, const struct yaml *url,
                                 const struct template_use *use, struct source *out,
                                 struct err *err)
{
    const struct yaml *leads = yaml_get(map, "leads"), *members = yaml_get(map, "members");
    if (use->lead != (leads != NULL))
        return yaml_refuse(leads ? leads : url, err,
                           "{lead} in the url and \"leads\" go together; write both or none");
    if (use->member != (members != NULL))
        return yaml_refuse(members ? members : url, err,
                           "{member} in the url and \"members\" go together; write both or none");
    if (use->parameter != (out->parameter_count > 0))
        return yaml_refuse(
            url, err, "{parameter} in the url and \"parameters\" go together; write both or none");
    if ((leads && read_leads(leads, out, err)) || (members && read_members(map, out, err)))
        return err_of(err);
    if (source_parts(out) > STEP_PARTS_MAX)
        return yaml_refuse(url, err, "%zu files for one step, at most %d", source_parts(out),
                           STEP_PARTS_MAX);
    return OK;
}

// --- places
// ---------------------------------------------------------------------------------------

static bool has_parent_step(struct str path)
{
    struct str step;
    while (str_take_field(&path, '/', &step)) {
        if (str_is(step, ".."))
            return true;
    }
    return false;
}

static bool is_web(struct str text)
{
    return str_starts(text, "http://") || str_starts(text, "https://") ||
           str_starts(text, "ftp://") || str_starts(text, "ftps://") ||
           str_starts(text, "dap://") || str_starts(text, "daps://");
}

static bool has_slot(struct str text)
{
    return memchr(text.at, '{', text.len) || memchr(text.at, '}', text.len);
}

static enum err_kind read_mirrors(const struct yaml *map, const struct template_use *use,
                                  struct source *out, struct err *err)
{
    const struct yaml *list = yaml_get(map, "mirrors");
    struct err why = {0};
    if (!list)
        return OK;
    if (list->kind != YAML_LIST || list->count == 0 || list->count > MIRRORS_MAX)
        return yaml_refuse(list, err, "\"mirrors\" is a list of 1 to %d addresses", MIRRORS_MAX);
    out->mirror = mem_new(list->count + 1, sizeof(*out->mirror));
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml *one = list->item[i];
        struct template_use its = {0};
        if (one->kind != YAML_TEXT || !(is_web(one->text) || str_starts(one->text, "file:///")))
            return yaml_refuse(one, err, "a mirror is an address such as https://...");
        if (template_check(one->text, &its, &why))
            return yaml_refuse(one, err, "%s", why.text);
        if (its.time != use->time || its.lead != use->lead || its.member != use->member ||
            its.parameter != use->parameter)
            return yaml_refuse(
                one, err, "a mirror names the same time, lead, member and parameter as the url");
        out->mirror[i] = str_copy(one->text);
    }
    return OK;
}

// From one address to the next: a span of time, or a month or a year of the calendar.
static enum err_kind read_every(const struct yaml *map, struct source *out, struct err *err)
{
    const struct yaml *node;
    if (yaml_need(map, "every", YAML_TEXT, &node, err))
        return err_of(err);
    bool month = str_is(node->text, "month"), year = str_is(node->text, "year");
    if (!month && !year)
        return read_span(node, "every", EVERY_S_MIN, SPAN_S_MAX, &out->every_s, err);
    if (out->place != PLACE_TEMPLATE)
        return yaml_refuse(node, err,
                           "every: \"%s\" belongs to a url with {YYYY} in it; write a "
                           "span of time, such as \"6 h\"",
                           month ? "month" : "year");
    out->every_months = month ? 1 : 12;
    out->every_s = (month ? 31 : 366) * (int64_t)DAY_S;
    return OK;
}

static bool begins_month(struct utc time)
{
    struct civil civil = utc_civil(time);
    return civil.day == 1 && utc_of_civil(civil).s % DAY_S == 0;
}

static enum err_kind read_timed(const struct yaml *map, const struct yaml *url, struct source *out,
                                struct err *err)
{
    struct str from;
    struct err why = {0};
    struct template_use use = {0};
    if (template_check(url->text, &use, &why))
        return yaml_refuse(url, err, "%s", why.text);
    if (use.time != (out->place == PLACE_TEMPLATE))
        return yaml_refuse(url, err, "an address with {lead} or {member} needs the run's time too");
    if (read_every(map, out, err) || check_parts(map, url, &use, out, err) ||
        read_mirrors(map, &use, out, err))
        return err_of(err);
    if (out->place == PLACE_POLLED)
        return OK;
    if (yaml_need_text(map, "from", &from, err))
        return err_of(err);
    if (utc_parse(from, &out->from, &why))
        return yaml_refuse(yaml_get(map, "from"), err, "from: %s", why.text);
    if (out->every_months && !begins_month(out->from))
        return yaml_refuse(yaml_get(map, "from"), err,
                           "from: with \"every: %s\" it is the first moment of a month",
                           out->every_months == 1 ? "month" : "year");
    return may_span(map, "latency", 0, SPAN_S_MAX, &out->latency_s, err);
}

// The file that describes a grid.
static enum err_kind read_cells(const struct yaml *map, struct source *out, struct err *err)
{
    const struct yaml *node = yaml_get(map, "cells");
    if (!node)
        return OK;
    struct str text = node->text;
    if (node->kind != YAML_TEXT || text.len == 0 || text.at[0] == '/' || has_parent_step(text) ||
        memchr(text.at, ':', text.len))
        return yaml_refuse(node, err,
                           "\"cells\" is the path of a file within the site, such as "
                           "grids/icon_grid_0026_R03B07_G.nc");
    if (out->format != FORMAT_GRID || out->wanted.cdf5)
        return yaml_refuse(node, err, "\"cells\" belongs to grids in GRIB; leave it out");
    out->cells = str_copy(text);
    return OK;
}

static enum err_kind read_url(const struct yaml *url, struct source *out, struct err *err)
{
    struct str text = url->text;
    bool web = is_web(text), timely = has_slot(text);
    out->in_site = !web && !str_starts(text, "file://");
    if (out->in_site &&
        (memchr(text.at, ':', text.len) || text.at[0] == '/' || has_parent_step(text) || timely))
        return yaml_refuse(
            url, err,
            "write https://..., http://..., ftp://..., dap://..., file:///... or a plain path "
            "within the site, such as season/forecast/");
    mem_free(&out->url);
    out->url = str_copy(text);
    out->place = timely                ? PLACE_TEMPLATE
                 : web                 ? PLACE_POLLED
                 : str_ends(text, "/") ? PLACE_FOLDER
                                       : PLACE_FILE;
    return OK;
}

// "names" of a folder's files: they say what an address says of its file.
static enum err_kind read_folder_names(const struct yaml *map, struct source *out, struct err *err)
{
    const struct yaml *names = yaml_get(map, "names"), *leads = yaml_get(map, "leads");
    struct template_use use = {0};
    struct err why = {0};
    if (!names && out->parameter_count)
        return yaml_refuse(map, err,
                           "files of a folder hold parameters: write with \"names\" how they are "
                           "called, such as \"{YYYY}{MM}{DD}{hh}_{parameter}.nc\"");
    if (!names)
        return OK;
    if (out->place != PLACE_FOLDER)
        return yaml_refuse(names, err, "\"names\" belongs to a url that is a folder");
    if (names->kind != YAML_TEXT || memchr(names->text.at, '/', names->text.len))
        return yaml_refuse(names, err,
                           "\"names\" is what the files are called, without a folder, such as "
                           "\"{YYYY}{MM}{DD}{hh}_{lead3}.grib2\"");
    if (template_check(names->text, &use, &why))
        return yaml_refuse(names, err, "%s", why.text);
    if (!use.time || use.parameter != (out->parameter_count > 0) || (leads && !use.lead))
        return yaml_refuse(names, err,
                           "\"names\" has the step's or run's time, {lead} where there are leads, "
                           "and {parameter} where there are parameters");
    out->names = str_copy(names->text);
    return leads ? read_leads(leads, out, err) : OK;
}

enum err_kind source_read_place(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const timed[] = {"every", "from", "latency", "leads", "members", "mirrors"};
    const struct yaml *url = yaml_get(map, "url");
    if (read_cells(map, out, err))
        return err_of(err);
    out->url = mem_text("");
    out->lead_count = out->member_count = 1;
    if (url && (url->kind != YAML_TEXT || url->text.len == 0))
        return yaml_refuse(url, err, "\"url\" must be one address or path");
    if (url && read_url(url, out, err))
        return err_of(err);
    bool asked = url && (out->place == PLACE_TEMPLATE || out->place == PLACE_POLLED);
    if (asked ? read_timed(map, url, out, err) : read_folder_names(map, out, err))
        return err_of(err);
    if (asked && yaml_get(map, "names"))
        return yaml_refuse(yaml_get(map, "names"), err,
                           "\"names\" belongs to a url that is a folder");
    for (size_t i = 0; i < COUNT_OF(timed); i++) {
        bool fits = out->place == PLACE_TEMPLATE ||
                    (asked && i != 1 && i != 2) || // one address has no first step
                    (out->names && i == 3);        // what a folder's names say
        if (yaml_get(map, timed[i]) && !fits)
            return yaml_refuse(yaml_get(map, timed[i]), err,
                               "\"%s\" belongs to a url with {YYYY} and the like", timed[i]);
    }
    return OK;
}

// --- how they are brought
// -----------------------------------------------------------------------------

static enum err_kind read_yes_no(const struct yaml *map, const char *key, bool *out,
                                 struct err *err)
{
    static const char *const words[] = {"no", "yes", NULL};
    const struct yaml *node = yaml_get(map, key);
    size_t which = 0;
    if (node && yaml_choice(node, words, &which, err))
        return err_of(err);
    *out = which == 1;
    return OK;
}

static enum err_kind read_login(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const ways[] = {"netrc", NULL};
    const struct yaml *login = yaml_get(map, "login");
    size_t which;
    if (!login)
        return OK;
    if (yaml_choice(login, ways, &which, err))
        return err_of(err);
    struct str url = str_of(out->url);
    if (!str_starts(url, "https://") && !str_starts(url, "ftp://") && !str_starts(url, "ftps://") &&
        !str_starts(url, "daps://"))
        return yaml_refuse(login, err, "a password goes over https or ftp only");
    out->fetch.login = true;
    return OK;
}

static enum err_kind read_sum(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const keys[] = {"kind", "at", NULL};
    static const char *const kinds[] = {"sha256", "md5", "sha1", NULL};
    const struct yaml *sum = yaml_get(map, "checksum"), *kind, *at;
    struct template_use use = {0};
    struct err why = {0};
    size_t which;
    if (!sum)
        return OK;
    if (sum->kind != YAML_MAP)
        return yaml_refuse(sum, err,
                           "write checksum: {kind: sha256, at: header} or the address of the file "
                           "that holds it");
    if (yaml_check_keys(sum, keys, err) || yaml_need(sum, "kind", YAML_TEXT, &kind, err) ||
        yaml_choice(kind, kinds, &which, err) || yaml_need(sum, "at", YAML_TEXT, &at, err))
        return err_of(err);
    static const enum sum_kind sums[] = {SUM_SHA256, SUM_MD5, SUM_SHA1};
    out->fetch.sum = sums[which];
    if (str_is(at->text, "header"))
        return OK;
    out->fetch.sum_etag = str_is(at->text, "etag");
    if (out->fetch.sum_etag)
        return OK;
    if (!is_web(at->text) && !str_starts(at->text, "file:///"))
        return yaml_refuse(at, err, "\"at\" is header, etag, or an address such as https://...");
    if (template_check(at->text, &use, &why))
        return yaml_refuse(at, err, "%s", why.text);
    out->fetch.sum_url = str_copy(at->text);
    return OK;
}

static enum err_kind read_takes(const struct yaml *list, struct source *out, struct err *err)
{
    struct err why = {0};
    if (list->count == 0 || list->count > PIECES_TAKE_MAX)
        return yaml_refuse(list, err, "\"take\" is a list of 1 to %d choices", PIECES_TAKE_MAX);
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml *one = list->item[i];
        if (one->kind != YAML_TEXT)
            return yaml_refuse(one, err, "a choice is a text");
        if (pieces_check(out->fetch.index, one->text, &why))
            return yaml_refuse(one, err, "%s", why.text);
        out->fetch.take[out->fetch.takes++] = str_copy(one->text);
    }
    return OK;
}

// Pieces of a file by an index.
static enum err_kind read_index(const struct yaml *map, struct source *out, struct err *err)
{
    static const char *const keys[] = {"kind", "at", "take", NULL};
    static const char *const kinds[] = {"wgrib2", "ecmwf", NULL};
    const struct yaml *index = yaml_get(map, "index"), *kind, *at, *take;
    struct template_use use = {0};
    struct err why = {0};
    size_t which;
    if (!index)
        return OK;
    if (index->kind != YAML_MAP || out->place != PLACE_TEMPLATE)
        return yaml_refuse(index, err,
                           "write index: {kind: wgrib2, at: https://..., take: [...]} beside a url "
                           "with times");
    if (yaml_check_keys(index, keys, err) || yaml_need(index, "kind", YAML_TEXT, &kind, err) ||
        yaml_choice(kind, kinds, &which, err) || yaml_need(index, "at", YAML_TEXT, &at, err) ||
        yaml_need(index, "take", YAML_LIST, &take, err))
        return err_of(err);
    if (!str_starts(str_of(out->url), "http") || !str_starts(at->text, "http"))
        return yaml_refuse(at, err, "pieces are had over http and https only");
    if (template_check(at->text, &use, &why))
        return yaml_refuse(at, err, "%s", why.text);
    if (out->fetch.sum || out->fetch.compare || out->fetch.recheck_s)
        return yaml_refuse(index, err,
                           "\"checksum\", \"compare\" and \"recheck\" are of whole files; leave "
                           "them out");
    out->fetch.index = (enum pieces_kind)which;
    out->fetch.index_url = str_copy(at->text);
    return read_takes(take, out, err);
}

static enum err_kind read_limits(const struct yaml *map, struct source *out, struct err *err)
{
    struct source_fetch *fetch = &out->fetch;
    fetch->at_once = AT_ONCE_USUAL;
    fetch->missing_after_s = MISSING_AFTER_S;
    if (yaml_get(map, "at_once") &&
        read_whole(map, "at_once", 1, AT_ONCE_MAX, &fetch->at_once, err))
        return err_of(err);
    if (yaml_get(map, "mib_max") && read_whole(map, "mib_max", 1, MIB_MAX, &fetch->mib_max, err))
        return err_of(err);
    if (may_span(map, "recheck", 1, SPAN_S_MAX, &fetch->recheck_s, err) ||
        may_span(map, "missing_after", 1, SPAN_S_MAX, &fetch->missing_after_s, err) ||
        may_span(map, "late_after", 1, SPAN_S_MAX, &out->late_after_s, err) ||
        may_span(map, "stale_after", 1, SPAN_S_MAX, &out->stale_after_s, err))
        return err_of(err);
    return may_span(map, "retention", KEEP_S_MIN, KEEP_S_MAX, &fetch->keep_s, err);
}

enum err_kind source_read_fetch(const struct yaml *map, struct source *out, struct err *err)
{
    if (read_login(map, out, err) || read_sum(map, out, err) ||
        read_yes_no(map, "compare", &out->fetch.compare, err) || read_limits(map, out, err) ||
        read_index(map, out, err) || read_yes_no(map, "links", &out->fetch.links, err))
        return err_of(err);
    if (out->fetch.links && (out->format != FORMAT_CAP || out->place != PLACE_POLLED))
        return yaml_refuse(yaml_get(map, "links"), err,
                           "links are those of a feed that is asked for again and again, of "
                           "\"format: cap\"");
    if (dap_is(out->url) && out->fetch.sum)
        return yaml_refuse(yaml_get(map, "checksum"), err,
                           "what OPeNDAP cuts out has no checksum; write compare: yes");
    if (out->fetch.compare && out->fetch.sum)
        return yaml_refuse(yaml_get(map, "compare"), err,
                           "\"checksum\" proves the bytes already; leave \"compare\" out");
    if (out->stale_after_s && out->stale_after_s < out->late_after_s)
        return yaml_refuse(yaml_get(map, "stale_after"), err,
                           "what is stale is late before; write more than late_after");
    return OK;
}
