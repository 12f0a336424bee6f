#include "triggers/receipt_value.h"

#include "core/hash.h"
#include "core/mem.h"
#include "ledger/station.h"
#include "policies/policy.h"
#include "triggers/grounds.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- a reading

bool receipt_is_wide(const struct policy *policy)
{
    bool wide = policy->index.share || substitute_of(policy, RUNG_NEIGHBOURS) ||
                policy->index.take == INDEX_REPORTED;
    for (size_t i = 0; i < policy->parts && !wide; i++)
        wide = policy->part[i].index.share || policy->part[i].index.take == INDEX_REPORTED;
    return wide;
}

static void put_values(const struct readings *readings, size_t i, struct doc *one)
{
    struct doc *values = doc_array(), *covers = doc_array();
    const int32_t *value = readings->value + i * readings->communes;
    const uint16_t *cover = readings->cover + i * readings->communes;
    for (size_t c = 0; c < readings->communes; c++) {
        doc_push_int(values, value[c]);
        doc_push_int(covers, cover[c]);
    }
    doc_put_int(one, "revision", readings->meta[i].revision);
    doc_put(one, "values", values);
    doc_put(one, "covers", covers);
}

struct doc *receipt_reading_doc(const struct readings *readings, size_t i, bool wide)
{
    const struct reading_meta *meta = &readings->meta[i];
    struct doc *one = doc_object();
    doc_put_text(one, "source", meta->source);
    doc_put_text(one, "variable", meta->variable);
    doc_put_text(one, "from", utc_text(meta->valid_from).at);
    doc_put_text(one, "to", utc_text(meta->valid_to).at);
    if (meta->issued_at.s != UTC_NEVER.s)
        doc_put_text(one, "issued_at", utc_text(meta->issued_at).at);
    if (meta->member != MEMBER_NONE)
        doc_put_int(one, "member", meta->member);
    if (wide) {
        put_values(readings, i, one);
    } else {
        if (readings->value[i] != READING_NONE)
            doc_put_int(one, "value", readings->value[i]);
        doc_put_int(one, "cover", readings->cover[i]);
    }
    doc_put_text(one, "raw", hash_hex(meta->raw).at);
    doc_put_text(one, "weights", hash_hex(meta->weights).at);
    return one;
}

enum err_kind receipt_need_time(const struct doc *object, const char *key, struct utc *out,
                                struct err *err)
{
    const char *text = NULL;
    if (doc_need_text(object, key, &text, err))
        return err_of(err);
    return utc_parse(str_of(text), out, err);
}

static enum err_kind take_value(int64_t number, int64_t share, int32_t *value, uint16_t *cover,
                                struct err *err)
{
    if (number < INT32_MIN || number > INT32_MAX || share < 0 || share > READING_COVER_FULL)
        return err_set(err, ERR_INPUT, "a reading of the receipt is out of its range");
    *value = (int32_t)number;
    *cover = (uint16_t)share;
    return OK;
}

static enum err_kind take_values(const struct doc *said, size_t communes, int32_t *value,
                                 uint16_t *cover, struct err *err)
{
    const struct doc *values = doc_get(said, "values"), *covers = doc_get(said, "covers");
    int64_t number = 0, share = 0;
    if (values && (doc_count(values) != communes || doc_count(covers) != communes))
        return err_set(err, ERR_INPUT,
                       "a reading of the receipt is of %zu communes, the set has %zu",
                       doc_count(values), communes);
    if (!values && doc_need_int(said, "cover", &share, err))
        return err_of(err);
    number = doc_int(doc_get(said, "value"), READING_NONE);
    for (size_t c = 0; c < communes; c++) {
        if (values) {
            number = doc_int(doc_at(values, c), INT64_MAX);
            share = doc_int(doc_at(covers, c), -1);
        }
        if (take_value(number, share, &value[c], &cover[c], err))
            return err_of(err);
    }
    return OK;
}

enum err_kind receipt_take_reading(const struct doc *said, size_t communes,
                                   struct reading_meta *meta, int32_t *value, uint16_t *cover,
                                   struct err *err)
{
    const char *source = NULL, *variable = NULL, *raw = NULL, *weights = NULL;
    *meta = (struct reading_meta){.issued_at = UTC_NEVER, .member = MEMBER_NONE};
    if (doc_need_text(said, "source", &source, err) ||
        doc_need_text(said, "variable", &variable, err) || doc_need_text(said, "raw", &raw, err) ||
        doc_need_text(said, "weights", &weights, err) || hash_parse(str_of(raw), &meta->raw, err) ||
        hash_parse(str_of(weights), &meta->weights, err) ||
        receipt_need_time(said, "from", &meta->valid_from, err) ||
        receipt_need_time(said, "to", &meta->valid_to, err) ||
        (doc_get(said, "issued_at") && receipt_need_time(said, "issued_at", &meta->issued_at, err)))
        return err_of(err);
    (void)snprintf(meta->source, sizeof(meta->source), "%s", source);
    (void)snprintf(meta->variable, sizeof(meta->variable), "%s", variable);
    meta->member = (int32_t)doc_int(doc_get(said, "member"), MEMBER_NONE);
    meta->revision = (int32_t)doc_int(doc_get(said, "revision"), 0);
    return take_values(said, communes, value, cover, err);
}

// --- tracks

// A number that may be not known: then nothing is said.
static void put_known(struct doc *fix, const char *key, int32_t number)
{
    if (number != TRACK_NONE)
        doc_put_int(fix, key, number);
}

static struct doc *fix_doc(const struct track_fix *fix)
{
    struct doc *one = doc_object();
    doc_put_text(one, "at", utc_text(fix->at).at);
    doc_put_int(one, "latitude_milli", fix->latitude_milli);
    doc_put_int(one, "longitude_milli", fix->longitude_milli);
    put_known(one, "wind_milli", fix->wind_milli);
    put_known(one, "gust_milli", fix->gust_milli);
    put_known(one, "wind_average_s", fix->wind_average_s);
    put_known(one, "pressure_pa", fix->pressure_pa);
    put_known(one, "radius_34_m", fix->radius_34_m);
    put_known(one, "radius_50_m", fix->radius_50_m);
    doc_put_int(one, "kind", fix->kind);
    return one;
}

static struct doc *track_doc(const struct track *track)
{
    struct doc *one = doc_object(), *fixes = doc_array();
    doc_put_text(one, "source", track->source);
    doc_put_text(one, "storm", track->storm);
    doc_put_text(one, "name", track->name);
    if (track->issued_at.s != UTC_NEVER.s)
        doc_put_text(one, "issued_at", utc_text(track->issued_at).at);
    if (track->member != MEMBER_NONE)
        doc_put_int(one, "member", track->member);
    doc_put_int(one, "revision", track->revision);
    doc_put_text(one, "raw", hash_hex(track->raw).at);
    doc_put(one, "fixes", fixes);
    for (size_t i = 0; i < track->count; i++)
        doc_push(fixes, fix_doc(&track->fix[i]));
    return one;
}

enum err_kind receipt_put_tracks(struct ledger *ledger, const struct doc *names,
                                 struct doc *receipt, struct err *err)
{
    AUTO(tracks_free) struct tracks tracks = {0};
    AUTO(mem_drop) struct hash *hash = NULL;
    size_t count = 0;
    if (doc_count(names) == 0)
        return OK;
    if (grounds_names(names, &hash, &count, err) ||
        track_load_named(ledger, hash, count, &tracks, err))
        return err_of(err);
    struct doc *list = doc_array();
    doc_put(receipt, "tracks", list);
    for (size_t i = 0; i < tracks.count; i++)
        doc_push(list, track_doc(&tracks.at[i]));
    return OK;
}

static int32_t known(const struct doc *fix, const char *key)
{
    int64_t number = doc_int(doc_get(fix, key), TRACK_NONE);
    return number < INT32_MIN || number > INT32_MAX ? TRACK_NONE : (int32_t)number;
}

static enum err_kind take_fix(const struct doc *said, struct track_fix *out, struct err *err)
{
    int64_t latitude = 0, longitude = 0;
    if (receipt_need_time(said, "at", &out->at, err) ||
        doc_need_int(said, "latitude_milli", &latitude, err) ||
        doc_need_int(said, "longitude_milli", &longitude, err))
        return err_of(err);
    if (llabs(latitude) > 90000 || llabs(longitude) > 360000)
        return err_set(err, ERR_INPUT, "a fix of a track is nowhere on the earth");
    out->latitude_milli = (int32_t)latitude;
    out->longitude_milli = (int32_t)longitude;
    out->wind_milli = known(said, "wind_milli");
    out->gust_milli = known(said, "gust_milli");
    out->wind_average_s = known(said, "wind_average_s");
    out->pressure_pa = known(said, "pressure_pa");
    out->radius_34_m = known(said, "radius_34_m");
    out->radius_50_m = known(said, "radius_50_m");
    out->kind = known(said, "kind");
    return OK;
}

static enum err_kind take_track(const struct doc *said, struct track *out, struct err *err)
{
    const char *source = NULL, *storm = NULL, *name = NULL, *raw = NULL;
    const struct doc *fixes = doc_get(said, "fixes");
    int64_t revision = 0;
    out->issued_at = UTC_NEVER;
    if (doc_need_text(said, "source", &source, err) || doc_need_text(said, "storm", &storm, err) ||
        doc_need_text(said, "name", &name, err) || doc_need_text(said, "raw", &raw, err) ||
        doc_need_int(said, "revision", &revision, err) || hash_parse(str_of(raw), &out->raw, err) ||
        (doc_get(said, "issued_at") && receipt_need_time(said, "issued_at", &out->issued_at, err)))
        return err_of(err);
    (void)snprintf(out->source, sizeof(out->source), "%s", source);
    (void)snprintf(out->storm, sizeof(out->storm), "%s", storm);
    (void)snprintf(out->name, sizeof(out->name), "%s", name);
    out->member = (int32_t)doc_int(doc_get(said, "member"), MEMBER_NONE);
    out->revision = (int32_t)revision;
    if (doc_count(fixes) == 0 || doc_count(fixes) > TRACK_FIXES_MAX)
        return err_set(err, ERR_INPUT, "a track of the receipt has %zu fixes", doc_count(fixes));
    out->fix = mem_new(doc_count(fixes), sizeof(*out->fix));
    for (; out->count < doc_count(fixes); out->count++) {
        if (take_fix(doc_at(fixes, out->count), &out->fix[out->count], err))
            return err_of(err);
    }
    out->hash = track_hash(out);
    return OK;
}

enum err_kind receipt_take_tracks(const struct doc *receipt, const struct doc *names,
                                  struct tracks *out, struct err *err)
{
    AUTO(tracks_free) struct tracks tracks = {0};
    const struct doc *list = doc_get(receipt, "tracks");
    if (doc_count(list) != doc_count(names))
        return err_set(err, ERR_REFUSED,
                       "the receipt does not hold: it shows another number of tracks than the "
                       "decision stands on");
    tracks.at = mem_new(doc_count(names) + 1, sizeof(*tracks.at));
    for (size_t i = 0; i < doc_count(names); i++) {
        struct track *track = &tracks.at[tracks.count++];
        if (take_track(doc_at(list, i), track, err))
            return err_add(err, "reading track %zu of the receipt", i + 1);
        if (strcmp(hash_hex(track->hash).at, doc_text(doc_at(names, i), "")) != 0)
            return err_set(err, ERR_REFUSED,
                           "the receipt does not hold: the track of storm %s is not the one that "
                           "the decision names",
                           track->storm);
    }
    *out = MOVE(tracks);
    return OK;
}

// --- gauges

// The gauge that a list of readings ("@station 1 mrc-gauges stage") is of: the policy says it.
static const char *gauge_of(const struct policy *policy, const char *key)
{
    long part = strncmp(key, "@station ", 9) == 0 ? strtol(key + 9, NULL, 10) : -1;
    if (part == 0)
        return policy->station;
    return part >= 1 && (size_t)part <= policy->parts ? policy->part[part - 1].station : "";
}

static enum err_kind put_gauge(struct ledger *ledger, const char *key, const char *station,
                               const struct doc *names, struct doc *out, struct err *err)
{
    AUTO(readings_free) struct readings readings = {0};
    AUTO(mem_drop) struct hash *hash = NULL;
    char source[sizeof(readings.meta->source)];
    size_t count = 0;
    const char *word = strchr(key, ' ');
    word = word ? strchr(word + 1, ' ') : NULL;
    (void)snprintf(source, sizeof(source), "%.*s", word ? (int)strcspn(word + 1, " ") : 0,
                   word ? word + 1 : "");
    struct station_choice choice = {source, &station, 1};
    if (grounds_names(names, &hash, &count, err) ||
        station_load_named(ledger, &choice, hash, count, &readings, err))
        return err_of(err);
    struct doc *list = doc_array();
    doc_put(out, key, list);
    for (size_t i = 0; i < readings.count; i++) {
        struct doc *one = receipt_reading_doc(&readings, i, false);
        doc_put_text(one, "of", hash_hex(hash[i]).at);
        doc_push(list, one);
    }
    return OK;
}

enum err_kind receipt_put_gauges(struct ledger *ledger, const struct policy *policy,
                                 const struct doc *named, struct doc *receipt, struct err *err)
{
    struct doc *out;
    if (doc_count(named) == 0)
        return OK;
    out = doc_object();
    doc_put(receipt, "gauges", out);
    for (const char *key = doc_next_key(named, NULL); key; key = doc_next_key(named, key)) {
        if (put_gauge(ledger, key, gauge_of(policy, key), doc_get(named, key), out, err))
            return err_of(err);
    }
    return OK;
}

static void make_room(struct readings *all, size_t more)
{
    size_t count = all->count + more + 1;
    all->meta = mem_resize(all->meta, count, sizeof(*all->meta));
    all->hash = mem_resize(all->hash, count, sizeof(*all->hash));
    all->value = mem_resize(all->value, count * all->communes, sizeof(*all->value));
    all->cover = mem_resize(all->cover, count * all->communes, sizeof(*all->cover));
}

enum err_kind receipt_take_list(const struct doc *list, const char *set, struct readings *all,
                                struct err *err)
{
    assert(all->communes > 0);
    make_room(all, doc_count(list));
    for (size_t i = 0; i < doc_count(list); i++) {
        size_t at = all->count * all->communes;
        struct reading one = {
            .communes = all->communes, .value = &all->value[at], .cover = &all->cover[at]};
        if (receipt_take_reading(doc_at(list, i), all->communes, &one.meta, &all->value[at],
                                 &all->cover[at], err))
            return err_add(err, "reading the values of the receipt");
        (void)snprintf(one.meta.boundary_set, sizeof(one.meta.boundary_set), "%s", set);
        all->meta[all->count] = one.meta;
        all->hash[all->count++] =
            doc_get(doc_at(list, i), "values") ? reading_hash(&one) : (struct hash){0};
    }
    return OK;
}

enum err_kind receipt_take_gauges(const struct doc *receipt, const struct policy *policy,
                                  const struct doc *named, struct readings *all, struct err *err)
{
    const struct doc *gauges = doc_get(receipt, "gauges");
    for (const char *key = doc_next_key(named, NULL); key; key = doc_next_key(named, key)) {
        const struct doc *list = doc_get(gauges, key), *names = doc_get(named, key);
        char tag[GROUNDS_TAG_SIZE];
        const char *end = strchr(key, ' ');
        end = end ? strchr(end + 1, ' ') : NULL;
        (void)snprintf(tag, sizeof(tag), "%.*s", end ? (int)(end - key) : 0, key);
        bool same = doc_count(list) == doc_count(names) && *gauge_of(policy, key);
        for (size_t i = 0; i < doc_count(names) && same; i++)
            same = strcmp(doc_text(doc_get(doc_at(list, i), "of"), "-"),
                          doc_text(doc_at(names, i), "")) == 0;
        if (!same)
            return err_set(err, ERR_REFUSED,
                           "the receipt does not hold: it shows other readings of a gauge than the "
                           "decision stands on (%s)",
                           key);
        if (receipt_take_list(list, tag, all, err))
            return err_of(err);
    }
    return OK;
}

const char *receipt_gauge(const struct policy *policy, const struct reading_meta *meta)
{
    return meta->boundary_set[0] == '@' ? gauge_of(policy, meta->boundary_set) : "";
}
