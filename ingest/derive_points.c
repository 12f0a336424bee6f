#include "ingest/derive_points.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ingest/archive.h"
#include "ingest/points.h"
#include "ingest/points_check.h"
#include "ledger/bulletin.h"
#include "ledger/reading.h"
#include "ledger/reread.h"
#include "ledger/stored.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { FLAGS_SHOWN_MAX = 100 };

struct made {
    struct txn *txn;
    const struct raw *raw;
    const struct source *source;
    struct points points;
    struct points_doubts doubts;
    struct stations stations; // of the source, with those of this file
    size_t *place;            // [points.stations]; heap
    struct utc at, first, last;
    struct hasher names;
    struct derived derived;
};

static void made_free(struct made *made)
{
    ledger_undo(&made->txn);
    points_free(&made->points);
    stations_free(&made->stations);
    mem_free(&made->place);
}

// --- reading the file
// ------------------------------------------------------------------------------

// Positions that are known from before help to see whether neighbours resemble one another.
static enum err_kind take_positions(const struct derive_points *job, struct points *points,
                                    struct err *err)
{
    AUTO(stations_free) struct stations known = {0};
    if (station_list(job->ledger, job->source->name, &known, err))
        return err_of(err);
    for (size_t i = 0; i < points->stations; i++) {
        struct station *one = &points->station[i];
        for (size_t j = 0; one->latitude_micro == STATION_NOWHERE && j < known.count; j++) {
            if (strcmp(known.at[j].code, one->code) != 0)
                continue;
            one->latitude_micro = known.at[j].latitude_micro;
            one->longitude_micro = known.at[j].longitude_micro;
            break;
        }
    }
    return OK;
}

static enum err_kind read_points(const struct derive_points *job, struct made *made,
                                 struct err *err)
{
    AUTO(buf_free) struct buf bytes = buf_new((size_t)made->raw->bytes + 1);
    assert(job->source->points);
    if (archive_get(job->work->archive, made->raw->hash, &bytes, err)) {
        (void)err_add(err, "reading the raw file %s of %s", made->raw->url, job->source->name);
        return err->kind = ERR_BROKEN;
    }
    if (decode_points(buf_slice(&bytes), job->source->points, job->limits, &made->points, err) ||
        take_positions(job, &made->points, err))
        return err_of(err);
    if (job->source->format == FORMAT_STATIONS && made->points.values == 0)
        return err_set(err, ERR_INPUT, "the table holds no value that was observed");
    return points_check(&made->points, &made->doubts, err);
}

static void see_time(struct made *made, struct utc time)
{
    if (made->first.s == UTC_NEVER.s || time.s < made->first.s)
        made->first = time;
    if (made->last.s == UTC_NEVER.s || time.s > made->last.s)
        made->last = time;
}

static void measure_times(struct made *made, bool by_data)
{
    struct utc issued = UTC_NEVER;
    made->first = made->last = UTC_NEVER;
    for (size_t i = 0; i < made->points.values; i++)
        see_time(made, made->points.value[i].to);
    for (size_t i = 0; i < made->points.tracks; i++) {
        const struct track *track = &made->points.track[i];
        see_time(made, track->fix[0].at);
        see_time(made, track->fix[track->count - 1].at);
        if (track->issued_at.s > issued.s)
            issued = track->issued_at;
    }
    if (made->first.s == UTC_NEVER.s) // warnings: what they say is for people
        made->first = made->last = made->raw->fetched_at;
    if (by_data)
        made->at = issued.s != UTC_NEVER.s ? issued : made->last;
}

// --- stations
// -----------------------------------------------------------------------------------------

static enum err_kind put_stations(struct made *made, struct err *err)
{
    struct points *points = &made->points;
    made->place = mem_new(points->stations + 1, sizeof(*made->place));
    for (size_t i = 0; i < points->stations; i++) {
        if (station_put(made->txn, made->source->name, &points->station[i], &made->place[i], err))
            return err_of(err);
    }
    return station_list(txn_ledger(made->txn), made->source->name, &made->stations, err);
}

// One step: what is known of it already, with the values first..end of this file laid over it.
static enum err_kind put_step(struct made *made, size_t first, size_t end, struct err *err)
{
    const struct point_value *value = &made->points.value[first];
    size_t places = made->stations.count, known = 0, count = 0;
    AUTO(mem_drop) int32_t *old_value = NULL;
    AUTO(mem_drop) uint16_t *old_cover = NULL;
    AUTO(mem_drop) int32_t *values = mem_new(places, sizeof(*values));
    AUTO(mem_drop) uint16_t *cover = mem_new(places, sizeof(*cover));
    struct reading reading = {.meta = {.boundary_set = STATION_SET,
                                       .valid_from = value->from,
                                       .valid_to = value->to,
                                       .issued_at = UTC_NEVER,
                                       .member = MEMBER_NONE,
                                       .raw = made->raw->hash,
                                       .received_at = made->at},
                              .value = values,
                              .cover = cover};
    memcpy(reading.meta.source, made->source->name, sizeof(reading.meta.source));
    memcpy(reading.meta.variable, made->points.variable[value->variable],
           sizeof(reading.meta.variable));
    bool found = false;
    if (reading_newest_step(txn_ledger(made->txn), &reading.meta, &found, &old_value, &old_cover,
                            &known, err))
        return err_of(err);
    for (size_t i = 0; i < places; i++) {
        values[i] = i < known ? old_value[i] : READING_NONE;
        cover[i] = i < known ? old_cover[i] : 0;
    }
    for (size_t i = first; i < end; i++) {
        size_t place = made->place[made->points.value[i].station];
        values[place] = made->points.value[i].milli;
        cover[place] = made->points.value[i].doubted ? 0 : READING_COVER_FULL;
    }
    // Stations that became known later than all that spoke are left off: the same file gives the
    // same reading, whatever came between.
    for (size_t i = 0; i < places; i++)
        count = values[i] != READING_NONE ? i + 1 : count;
    reading.communes = count > known ? count : known;
    reading.meta.weights = stations_hash(&made->stations, reading.communes);
    struct hash name;
    bool fresh = false;
    if (reading_put(made->txn, &reading, &fresh, &name, err))
        return err_of(err);
    hasher_add(&made->names, name.at, sizeof(name.at));
    made->derived.readings++;
    made->derived.fresh += fresh ? 1 : 0;
    return OK;
}

static enum err_kind put_values(struct made *made, struct err *err)
{
    const struct points *points = &made->points;
    for (size_t i = 0, end; i < points->values; i = end) {
        end = points_step_end(points, i);
        if (put_step(made, i, end, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind put_tracks(struct made *made, struct err *err)
{
    for (size_t i = 0; i < made->points.tracks; i++) {
        struct track *track = &made->points.track[i];
        struct hash name;
        bool fresh = false;
        memcpy(track->source, made->source->name, sizeof(track->source));
        track->raw = made->raw->hash;
        track->received_at = made->at;
        if (track_put(made->txn, track, &fresh, &name, err))
            return err_of(err);
        hasher_add(&made->names, name.at, sizeof(name.at));
        made->derived.readings++;
        made->derived.fresh += fresh ? 1 : 0;
    }
    return OK;
}

static enum err_kind put_bulletins(struct made *made, struct err *err)
{
    for (size_t i = 0; i < made->points.bulletins; i++) {
        const struct bulletin *bulletin = &made->points.bulletin[i];
        AUTO(doc_free) struct doc *body = doc_object();
        bool fresh = false;
        doc_put_text(body, "source", made->source->name);
        doc_put_text(body, "raw", hash_hex(made->raw->hash).at);
        for (size_t f = 0; f < BULLETIN_FIELDS; f++)
            doc_put_text(body, bulletin_names[f], bulletin->text[f]);
        if (bulletin_put(made->txn, made->at, body, &fresh, err))
            return err_of(err);
        made->derived.readings++;
        made->derived.fresh += fresh ? 1 : 0;
    }
    return OK;
}

// --- the entry
// ----------------------------------------------------------------------------------------

static void put_flags(const struct made *made, struct doc *body)
{
    static const enum station_flag flags[] = {STATION_DUPLICATE, STATION_SCRAMBLED,
                                              STATION_SAME_PLACE};
    struct doc *list = doc_array();
    for (size_t i = 0; i < made->points.stations; i++) {
        const struct station *station = &made->points.station[i];
        for (size_t f = 0; f < COUNT_OF(flags) && doc_count(list) < FLAGS_SHOWN_MAX; f++) {
            if (!(station->flags & flags[f]))
                continue;
            struct doc *one = doc_object();
            doc_put_text(one, "station", station->code);
            doc_put_text(one, "flag", station_flag_name(flags[f]));
            doc_push(list, one);
        }
    }
    doc_put(body, "flags", list);
}

static struct doc *body_of(const struct made *made)
{
    struct doc *body = doc_object();
    doc_put_text(body, "source", made->source->name);
    doc_put_text(body, "url", made->raw->url);
    doc_put_text(body, "licence", made->source->licence);
    doc_put_text(body, "raw", hash_hex(made->raw->hash).at);
    return body;
}

static struct doc *ingest_body(struct made *made)
{
    const struct points *points = &made->points;
    struct doc *body = body_of(made);
    doc_put_text(body, "readings", hash_hex(hasher_end(&made->names)).at);
    doc_put_int(body, "steps", made->derived.readings);
    doc_put_text(body, "first", utc_text(made->first).at);
    doc_put_text(body, "last", utc_text(made->last).at);
    doc_put_int(body, "rows", points->rows);
    if (made->source->format == FORMAT_CAP) {
        doc_put_int(body, "bulletins", (int64_t)points->bulletins);
        return body;
    }
    if (made->source->format == FORMAT_TRACKS) {
        doc_put_int(body, "tracks", (int64_t)points->tracks);
        return body;
    }
    doc_put_int(body, "stations", (int64_t)points->stations);
    doc_put_int(body, "values", (int64_t)points->values);
    doc_put_int(body, "missing", points->missing);
    doc_put_int(body, "repeated", points->repeated);
    doc_put_int(body, "clashing", points->clashing);
    doc_put_int(body, "doubted", (int64_t)made->doubts.doubted);
    put_flags(made, body);
    return body;
}

static enum err_kind record(struct made *made, struct ledger *ledger, struct err *err)
{
    made->names = hasher_new();
    if (ledger_begin(ledger, &made->txn, err) || put_stations(made, err) || put_values(made, err) ||
        put_tracks(made, err) || put_bulletins(made, err))
        return err_of(err);
    AUTO(doc_free) struct doc *body = ingest_body(made);
    if (reread_end(made->txn, made->raw, made->at, body, NULL, err))
        return err_of(err);
    return ledger_commit(&made->txn, err);
}

static enum err_kind record_refusal(struct made *made, struct ledger *ledger, const char *why,
                                    struct err *err)
{
    AUTO(doc_free) struct doc *body = body_of(made);
    if (ledger_begin(ledger, &made->txn, err) ||
        reread_end(made->txn, made->raw, made->at, body, why, err) ||
        ledger_commit(&made->txn, err))
        return err_of(err);
    made->derived = (struct derived){.refused = true};
    (void)snprintf(made->derived.why, sizeof(made->derived.why), "%s", why);
    return OK;
}

enum err_kind derive_points(const struct derive_points *job, const struct raw *raw, struct utc at,
                            bool by_data, struct derived *out, struct err *err)
{
    AUTO(made_free) struct made made = {.raw = raw, .source = job->source, .at = at};
    struct err why = {0};
    enum err_kind kind = read_points(job, &made, &why);
    if (kind == ERR_INPUT) {
        if (record_refusal(&made, job->ledger, why.text, err))
            return err_add(err, "recording that %s is refused", raw->url);
    } else if (kind != OK) {
        *err = why;
        return err_of(err);
    } else {
        measure_times(&made, by_data);
        if (record(&made, job->ledger, err))
            return err_add(err, "recording what %s says", raw->url);
    }
    *out = made.derived;
    return OK;
}

// Where a station stands decides which is the nearest: a list of them has an entry, as a file has.
static enum err_kind record_list(struct made *made, struct str bytes, struct err *err)
{
    int64_t seq = 0;
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "source", made->source->name);
    doc_put_text(body, "list", hash_hex(hash_of(bytes)).at);
    doc_put_int(body, "stations", (int64_t)made->points.stations);
    if (stored_tell(made->txn, made->source->name, body, err))
        return err_of(err);
    return ledger_append(made->txn, "stations", made->at, body, &seq, NULL, err);
}

enum err_kind derive_stations(const struct derive_points *job, struct str bytes, struct utc at,
                              const char *json, size_t *count, struct err *err)
{
    AUTO(made_free) struct made made = {.source = job->source, .at = at};
    if (decode_points(bytes, json, job->limits, &made.points, err) ||
        points_check(&made.points, &made.doubts, err) ||
        ledger_begin(job->ledger, &made.txn, err) || put_stations(&made, err) ||
        record_list(&made, bytes, err) || ledger_commit(&made.txn, err))
        return err_add(err, "taking the stations of source %s", job->source->name);
    *count = made.points.stations;
    return OK;
}
