#include "triggers/storm.h"

#include "core/mem.h"
#include "core/sphere.h"
#include "ledger/reading.h"
#include "ledger/track.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { APART_S_MAX = DAY_S };
static const double DEGREE = 1000; // thousandths

bool storm_is_variable(const char *variable)
{
    return strcmp(variable, "storm_distance") == 0 || strcmp(variable, "storm_wind") == 0;
}

// --- where the storms are at one moment

struct centre {
    bool known; // else it is somewhere between two fixes that are too far apart
    double latitude, longitude;
    int32_t wind_milli; // READING_NONE: not told
};

static int32_t wind_between(const struct track_fix *a, const struct track_fix *b, double share)
{
    if (a->wind_milli == TRACK_NONE || b->wind_milli == TRACK_NONE)
        return READING_NONE;
    double wind = a->wind_milli + share * (b->wind_milli - a->wind_milli);
    return (int32_t)llround(wind);
}

// false when the storm is not there.
static bool centre_at(const struct track *track, struct utc at, struct centre *out)
{
    const struct track_fix *fix = track->fix;
    size_t i = 0;
    if (at.s < fix[0].at.s || at.s > fix[track->count - 1].at.s)
        return false;
    while (i + 2 < track->count && fix[i + 1].at.s < at.s)
        i++;
    const struct track_fix *a = &fix[i], *b = track->count > 1 ? &fix[i + 1] : a;
    if (at.s == a->at.s)
        b = a;
    else if (at.s == b->at.s)
        a = b;
    int64_t span_s = b->at.s - a->at.s;
    double share = span_s ? (double)(at.s - a->at.s) / (double)span_s : 0;
    int32_t east = b->longitude_milli - a->longitude_milli;
    east += east > 180000 ? -360000 : east < -180000 ? 360000 : 0;
    *out = (struct centre){
        .known = span_s <= APART_S_MAX,
        .latitude = (a->latitude_milli + share * (b->latitude_milli - a->latitude_milli)) / DEGREE,
        .longitude = (a->longitude_milli + share * east) / DEGREE,
        .wind_milli = wind_between(a, b, share),
    };
    return true;
}

// --- the readings

struct maker {
    const struct tracks *tracks;
    const struct storm_query *query;
    struct readings *out;
    size_t room;           // of out, in readings
    int32_t member;        // whose
    struct centre *centre; // [tracks->count] room for those that are there
};

static struct reading *add(struct maker *maker, const char *variable, struct utc from,
                           struct utc to, struct reading *reading)
{
    struct readings *out = maker->out;
    const struct storm_query *query = maker->query;
    if (out->count == maker->room) {
        maker->room = 2 * maker->room + 64;
        out->meta = mem_resize(out->meta, maker->room, sizeof(*out->meta));
        out->hash = mem_resize(out->hash, maker->room, sizeof(*out->hash));
        out->value = mem_resize(out->value, maker->room * query->points, sizeof(*out->value));
        out->cover = mem_resize(out->cover, maker->room * query->points, sizeof(*out->cover));
    }
    struct reading_meta *meta = &out->meta[out->count];
    *meta = (struct reading_meta){.boundary_set = STORM_SET,
                                  .valid_from = from,
                                  .valid_to = to,
                                  .issued_at = query->issued_at,
                                  .member = maker->member};
    assert(strlen(query->source) < sizeof(meta->source));
    memcpy(meta->source, query->source, strlen(query->source) + 1);
    memcpy(meta->variable, variable, strlen(variable) + 1);
    *reading = (struct reading){.meta = *meta,
                                .communes = query->points,
                                .value = out->value + out->count * query->points,
                                .cover = out->cover + out->count * query->points};
    out->count++;
    return reading;
}

static int64_t distance_of(const struct storm_query *query, const struct centre *centre, size_t p)
{
    const struct storm_box *box = query->box;
    if (box) {
        int64_t east = llround(centre->longitude * DEGREE);
        int64_t north = llround(centre->latitude * DEGREE);
        bool in =
            east >= box->west && east <= box->east && north >= box->south && north <= box->north;
        return in ? 0 : STORM_AWAY_MILLI;
    }
    const struct storm_point *point = &query->point[p];
    return llround(
        1000 * sphere_km(centre->latitude, centre->longitude, point->latitude, point->longitude));
}

// The nearest storm of one commune: its distance, and its wind.
static void nearest(const struct maker *maker, size_t centres, size_t p, int32_t *distance,
                    int32_t *wind)
{
    *distance = STORM_AWAY_MILLI;
    *wind = 0;
    for (size_t i = 0; i < centres; i++) {
        const struct centre *centre = &maker->centre[i];
        if (!centre->known) {
            *distance = *wind = READING_NONE;
            return;
        }
        int64_t milli = distance_of(maker->query, centre, p);
        if (milli >= *distance)
            continue;
        *distance = (int32_t)milli;
        *wind = centre->wind_milli;
    }
}

static size_t centres_at(const struct maker *maker, struct utc at)
{
    size_t count = 0;
    for (size_t i = 0; i < maker->tracks->count; i++) {
        const struct track *track = &maker->tracks->at[i];
        if (track->member == maker->member && centre_at(track, at, &maker->centre[count]))
            count++;
    }
    return count;
}

// Whether any storm matters to any commune.
static bool is_near(const struct maker *maker, size_t centres)
{
    for (size_t p = 0; centres && p < maker->query->points; p++) {
        int32_t distance, wind;
        nearest(maker, centres, p, &distance, &wind);
        if (distance <= STORM_FAR_MILLI) // also when it is not known
            return true;
    }
    return false;
}

static void fill(struct maker *maker, struct utc from, struct utc to, size_t centres,
                 bool distances)
{
    struct reading reading;
    (void)add(maker, distances ? "storm_distance" : "storm_wind", from, to, &reading);
    size_t first = (maker->out->count - 1) * maker->query->points;
    for (size_t p = 0; p < maker->query->points; p++) {
        int32_t distance, wind;
        nearest(maker, centres, p, &distance, &wind);
        if (distance > STORM_FAR_MILLI) {
            distance = STORM_AWAY_MILLI;
            wind = 0;
        }
        int32_t value = distances ? distance : wind;
        maker->out->value[first + p] = value;
        maker->out->cover[first + p] = value == READING_NONE ? 0 : READING_COVER_FULL;
    }
    maker->out->hash[maker->out->count - 1] = reading_hash(&reading);
}

static struct utc earlier(struct utc a, struct utc b)
{
    return a.s < b.s ? a : b;
}

// Steps of an hour where a storm is near, of up to a day where none is.
static void make_steps(struct maker *maker, struct utc until, bool distances)
{
    struct utc from = maker->query->from, quiet = from;
    while (from.s < until.s) {
        int64_t day_s = (from.s - maker->query->from.s) % DAY_S;
        struct utc to = earlier((struct utc){from.s + HOUR_S}, until);
        size_t centres = centres_at(maker, to);
        bool near = is_near(maker, centres);
        if ((near || day_s == 0) && quiet.s < from.s)
            fill(maker, quiet, from, 0, distances);
        if (near || day_s == 0)
            quiet = from;
        if (near) {
            fill(maker, from, to, centres, distances);
            quiet = to;
        }
        from = to;
    }
    if (quiet.s < until.s)
        fill(maker, quiet, until, 0, distances);
}

static struct utc known_until(const struct tracks *tracks, const struct storm_query *query)
{
    struct utc last = UTC_NEVER;
    if (query->issued_at.s != UTC_NEVER.s || query->waited)
        return query->to;
    for (size_t i = 0; i < tracks->count; i++) {
        const struct track *track = &tracks->at[i];
        if (track->fix[track->count - 1].at.s > last.s)
            last = track->fix[track->count - 1].at;
    }
    return earlier(last, query->to);
}

static bool is_new_member(const struct tracks *tracks, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (tracks->at[k].member == tracks->at[i].member)
            return false;
    }
    return true;
}

void storm_readings(const struct tracks *tracks, const struct storm_query *query,
                    struct readings *out)
{
    assert(out->count == 0 || out->communes == query->points);
    if (tracks->count == 0 || query->points == 0)
        return;
    struct maker maker = {tracks, query, out, out->count, 0, NULL};
    maker.centre = mem_new(tracks->count, sizeof(*maker.centre));
    out->communes = query->points;
    struct utc until = known_until(tracks, query);
    for (size_t i = 0; i < tracks->count; i++) {
        maker.member = tracks->at[i].member;
        for (int distances = 1; is_new_member(tracks, i) && distances >= 0; distances--)
            make_steps(&maker, until, distances);
    }
    mem_free(&maker.centre);
}
