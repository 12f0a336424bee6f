#include "ingest/points_build.h"

#include "core/mem.h"
#include "ingest/points_text.h"
#include "ledger/reading.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 65536, NAME_BYTES_MAX = 511, SHOWN = 40 };
static const double KNOT_MS = 1852.0 / 3600.0, NAUTICAL_MILE_M = 1852.0, MICRO = 1e6;

void build_free(struct build *build)
{
    points_free(&build->points);
    mem_free(&build->slot);
}

enum err_kind build_start(const struct points_wanted *wanted, struct build *out, struct err *err)
{
    *out = (struct build){.wanted = wanted};
    for (size_t i = 0; i < wanted->wanted.count; i++) {
        const struct wanted *one = &wanted->wanted.at[i];
        bool said = wanted->format == POINTS_REPORTS; // by each row, or with the figure
        if (!said && scale_for(one->variable, one->unit, &out->scale[i], err))
            return err_add(err, "reading \"%s\" as %s", one->reads, one->variable);
        memcpy(out->points.variable[i], one->variable, sizeof(out->points.variable[i]));
    }
    out->points.variables = wanted->wanted.count;
    out->slot = mem_new(SLOTS, sizeof(*out->slot));
    return OK;
}

// --- stations
// -------------------------------------------------------------------------------------

static size_t slot_of(const struct build *build, const char *code)
{
    uint64_t mixed = 14695981039346656037U; // FNV-1a
    for (const char *at = code; *at; at++)
        mixed = (mixed ^ (unsigned char)*at) * 1099511628211U;
    size_t slot = mixed % SLOTS;
    while (build->slot[slot] &&
           strcmp(build->points.station[build->slot[slot] - 1].code, code) != 0)
        slot = (slot + 1) % SLOTS;
    return slot;
}

static enum err_kind clean(struct str text, size_t bytes_max, const char *what, struct buf *out,
                           struct err *err)
{
    if (text.len > bytes_max || memchr(text.at ? text.at : "", '\n', text.len) ||
        memchr(text.at ? text.at : "", '\t', text.len))
        return err_set(err, ERR_INPUT, "a station's %s is longer than %zu bytes or broken", what,
                       bytes_max);
    return text_nfc(text, out, err) ? err_add(err, "reading a station's %s", what) : OK;
}

static enum err_kind degrees(struct str text, double most, int32_t *out, struct err *err)
{
    double value;
    if (!text_real(text, &value) || !(fabs(value) <= most))
        return err_set(err, ERR_INPUT, "\"%.*s\" is no position in degrees",
                       (int)(text.len < SHOWN ? text.len : SHOWN), text.at);
    *out = (int32_t)llround(value * MICRO);
    return OK;
}

static enum err_kind place(const struct build_station *said, struct station *station,
                           struct err *err)
{
    static const double latitude_most = 90, longitude_most = 360;
    int32_t latitude, longitude;
    if (!said->latitude.len || !said->longitude.len)
        return OK;
    if (degrees(said->latitude, latitude_most, &latitude, err) ||
        degrees(said->longitude, longitude_most, &longitude, err))
        return err_of(err);
    if (longitude > 180 * (int32_t)MICRO)
        longitude -= 360 * (int32_t)MICRO;
    if (longitude < -180 * (int32_t)MICRO)
        return err_set(err, ERR_INPUT, "a longitude is west of -180 degrees");
    station->latitude_micro = latitude;
    station->longitude_micro = longitude;
    return OK;
}

static enum err_kind add_station(struct build *build, const char *code,
                                 const struct build_station *said, uint32_t *out, struct err *err)
{
    struct points *points = &build->points;
    AUTO(buf_free) struct buf name = buf_new(2 * NAME_BYTES_MAX);
    struct station station = {.latitude_micro = STATION_NOWHERE,
                              .longitude_micro = STATION_NOWHERE};
    if (points->stations == STATION_PLACES_MAX)
        return err_set(err, ERR_INPUT, "more than %d stations", STATION_PLACES_MAX);
    if (clean(said->name, NAME_BYTES_MAX, "name", &name, err) || place(said, &station, err))
        return err_of(err);
    if (points->stations == build->station_room) {
        build->station_room = build->station_room ? build->station_room * 2 : 64;
        points->station = mem_resize(points->station, build->station_room, sizeof(station));
    }
    memcpy(station.code, code, strlen(code) + 1);
    station.name = buf_take(&name);
    points->station[points->stations] = station;
    *out = (uint32_t)points->stations++;
    return OK;
}

enum err_kind build_station(struct build *build, const struct build_station *said, uint32_t *out,
                            struct err *err)
{
    AUTO(buf_free) struct buf code = buf_new(STATION_CODE_SIZE);
    if (clean(said->code, STATION_CODE_SIZE - 1, "code", &code, err))
        return err_of(err);
    if (code.len == 0 || code.full || code.len >= STATION_CODE_SIZE)
        return err_set(err, ERR_INPUT, "a station's code has %zu bytes, not 1 to %d", code.len,
                       STATION_CODE_SIZE - 1);
    size_t slot = slot_of(build, code.at);
    if (build->slot[slot]) {
        *out = build->slot[slot] - 1;
        return OK;
    }
    uint32_t index;
    if (add_station(build, code.at, said, &index, err))
        return err_add(err, "reading station %s", code.at);
    build->slot[slot_of(build, code.at)] = index + 1;
    *out = index;
    return OK;
}

// --- values
// ---------------------------------------------------------------------------------------

static bool is_missing(const struct points_wanted *wanted, struct str text)
{
    double value, none;
    bool number = text_real(text, &value);
    for (size_t i = 0; i < wanted->missing_count; i++) {
        struct str missing = str_of(wanted->missing[i]);
        if (str_same(text, missing) || (number && text_real(missing, &none) && value == none))
            return true;
    }
    return text.len == 0;
}

static enum err_kind to_milli(const struct build *build, const struct wanted *wanted,
                              const struct scale *scale, double number, int64_t step_s,
                              int32_t *out, struct err *err)
{
    static const double THOUSAND = 1000;
    struct scale over;
    (void)build;
    if (scale_over(scale, step_s, &over, err))
        return err_of(err);
    double value = number * over.factor + over.offset;
    if (!(value >= over.lowest && value <= over.highest))
        return err_set(err, ERR_INPUT,
                       "%g is beyond every record of %s; if it stands for no value, name it under "
                       "\"missing\"",
                       number, wanted->variable);
    if (value < 0 && strcmp(wanted->variable, "rain") == 0)
        value = 0;
    *out = (int32_t)llround(value * THOUSAND);
    return OK;
}

enum err_kind build_add(struct build *build, struct point_value value, struct err *err)
{
    struct points *points = &build->points;
    if (points->values == POINTS_VALUES_MAX)
        return err_set(err, ERR_INPUT, "more than %d values", POINTS_VALUES_MAX);
    if (points->values == build->value_room) {
        build->value_room = build->value_room ? build->value_room * 2 : 256;
        points->value = mem_resize(points->value, build->value_room, sizeof(value));
    }
    value.doubted = (uint32_t)points->values; // the order of the file, until the end
    points->value[points->values++] = value;
    return OK;
}

enum err_kind build_value(struct build *build, const struct build_value *said, struct err *err)
{
    const struct wanted *wanted = &build->wanted->wanted.at[said->variable];
    struct str text = str_trim(said->text);
    double number;
    struct point_value value = {.station = said->station, .variable = said->variable};
    if (is_missing(build->wanted, text)) {
        build->points.missing++;
        return OK;
    }
    if (!text_real(text, &number))
        return err_set(
            err, ERR_INPUT,
            "\"%.*s\" is no number; if it stands for no value, name it under \"missing\"",
            (int)(text.len < SHOWN ? text.len : SHOWN), text.at);
    if (wanted_step(wanted, said->stamp, &value.from, &value.to, err) ||
        to_milli(build, wanted, &build->scale[said->variable], number, value.to.s - value.from.s,
                 &value.milli, err))
        return err_of(err);
    return build_add(build, value, err);
}

enum err_kind build_time(const struct build *build, struct str text, struct utc *out,
                         struct err *err)
{
    const struct points_wanted *wanted = build->wanted;
    struct utc time;
    if (text_time(str_trim(text), wanted->time_format, &time, err))
        return err_of(err);
    time.s -= wanted->utc_offset_s;
    if (wanted->round_s) {
        int64_t past = ((time.s % wanted->round_s) + wanted->round_s) % wanted->round_s;
        time.s += past * 2 >= wanted->round_s ? wanted->round_s - past : -past;
    }
    *out = time;
    return OK;
}

// --- tracks
// ---------------------------------------------------------------------------------------

int32_t knots_milli(double knots)
{
    return (int32_t)llround(knots * KNOT_MS * 1000);
}

int32_t miles_m(double nautical_miles)
{
    return (int32_t)llround(nautical_miles * NAUTICAL_MILE_M);
}

enum err_kind build_track(struct build *build, struct track **out, struct err *err)
{
    struct points *points = &build->points;
    if (points->tracks == POINTS_TRACKS_MAX)
        return err_set(err, ERR_INPUT, "more than %d tracks", POINTS_TRACKS_MAX);
    if (points->tracks == build->track_room) {
        build->track_room = build->track_room ? build->track_room * 2 : 64;
        points->track = mem_resize(points->track, build->track_room, sizeof(*points->track));
    }
    struct track *track = &points->track[points->tracks++];
    *track = (struct track){.issued_at = UTC_NEVER, .member = MEMBER_NONE};
    *out = track;
    return OK;
}

enum err_kind build_fix(struct track *track, const struct track_fix *fix, struct err *err)
{
    if (track->count == TRACK_FIXES_MAX)
        return err_set(err, ERR_INPUT, "storm %s has more than %d positions", track->storm,
                       TRACK_FIXES_MAX);
    if (track->count && fix->at.s <= track->fix[track->count - 1].at.s)
        return err_set(err, ERR_INPUT, "storm %s: %s does not come after %s", track->storm,
                       utc_text(fix->at).at, utc_text(track->fix[track->count - 1].at).at);
    track->fix = mem_resize(track->fix, track->count + 1, sizeof(*track->fix));
    track->fix[track->count++] = *fix;
    return OK;
}

// --- the end
// --------------------------------------------------------------------------------------

static int by_key(const struct point_value *a, const struct point_value *b)
{
    if (a->variable != b->variable)
        return a->variable < b->variable ? -1 : 1;
    if (a->to.s != b->to.s)
        return a->to.s < b->to.s ? -1 : 1;
    if (a->from.s != b->from.s)
        return a->from.s < b->from.s ? -1 : 1;
    return (a->station > b->station) - (a->station < b->station);
}

static int by_key_and_order(const void *x, const void *y)
{
    const struct point_value *a = x, *b = y;
    int order = by_key(a, b);
    return order ? order : (a->doubted > b->doubted) - (a->doubted < b->doubted);
}

// The last of those for one station and time stays; it is doubted when another said otherwise.
static void settle(struct points *points)
{
    size_t kept = 0;
    if (points->values)
        qsort(points->value, points->values, sizeof(*points->value), by_key_and_order);
    for (size_t i = 0; i < points->values; i++) {
        struct point_value one = points->value[i];
        one.doubted = 0;
        if (kept && by_key(&points->value[kept - 1], &one) == 0) {
            struct point_value *before = &points->value[kept - 1];
            bool same = before->milli == one.milli;
            points->repeated += same;
            points->clashing += !same;
            one.doubted = before->doubted || !same;
            *before = one;
            continue;
        }
        points->value[kept++] = one;
    }
    points->values = kept;
}

enum err_kind build_end(struct build *build, struct points *out, struct err *err)
{
    struct points *points = &build->points;
    // A feed without warnings is good news.
    if (build->wanted->format != POINTS_CAP &&
        (points->rows == 0 || points->stations + points->tracks == 0))
        return err_set(err, ERR_INPUT, "there is not one row of data");
    settle(points);
    *out = MOVE(build->points);
    return OK;
}

enum err_kind points_parse(void *bytes, size_t size, const struct points_wanted *wanted,
                           struct points *out, struct err *err)
{
    AUTO(build_free) struct build build = {0};
    struct str text = {bytes, size};
    enum err_kind kind = OK;
    if (build_start(wanted, &build, err))
        return err_of(err);
    switch (wanted->format) {
    case POINTS_CSV:
        kind = table_read_csv(&build, text, err);
        break;
    case POINTS_JSON:
        kind = table_read_json(&build, text, err);
        break;
    case POINTS_IBTRACS_CSV:
        kind = track_read_ibtracs(&build, text, err);
        break;
    case POINTS_IBTRACS_NC:
        kind = track_read_netcdf(&build, bytes, size, err);
        break;
    case POINTS_JMA:
        kind = track_read_jma(&build, text, err);
        break;
    case POINTS_CAP:
        kind = bulletin_read(&build, text, err);
        break;
    case POINTS_REPORTS:
        kind = reports_read(&build, text, err);
        break;
    case POINTS_ATCF:
        kind = track_read_atcf(&build, text, err);
        break;
    }
    return kind ? kind : build_end(&build, out, err);
}
