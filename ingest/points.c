#include "ingest/points.h"

#include "core/hash.h"
#include "core/mem.h"
#include "ledger/reading.h"

#include <assert.h>
#include <string.h>

static const char MAGIC[8] = "gongp 1\n";
enum { NAME_BYTES_MAX = 512 };
static const int64_t TIME_MAX_S = (int64_t)10000 * 366 * DAY_S;

const char *const bulletin_names[BULLETIN_FIELDS] = {
    "identifier", "sender",    "sent",    "status",   "msgType",  "event", "urgency",
    "severity",   "certainty", "expires", "headline", "areaDesc", "link"};

void points_free(struct points *points)
{
    for (size_t i = 0; i < points->stations; i++)
        mem_free(&points->station[i].name);
    mem_free(&points->station);
    mem_free(&points->value);
    for (size_t i = 0; i < points->tracks; i++)
        track_free(&points->track[i]);
    mem_free(&points->track);
    mem_free(&points->bulletin);
    *points = (struct points){0};
}

size_t points_step_end(const struct points *points, size_t first)
{
    const struct point_value *one = &points->value[first];
    size_t end = first + 1;
    for (; end < points->values; end++) {
        const struct point_value *next = &points->value[end];
        if (next->variable != one->variable || next->to.s != one->to.s ||
            next->from.s != one->from.s)
            break;
    }
    return end;
}

// --- writing
// --------------------------------------------------------------------------------------

static void put_i64(struct buf *out, int64_t number)
{
    buf_add(out, &number, sizeof(number));
}

static void put_text(struct buf *out, const char *text)
{
    put_i64(out, (int64_t)strlen(text));
    buf_text(out, text);
}

void points_write(const struct points *points, struct buf *out)
{
    size_t start = out->len;
    buf_add(out, MAGIC, sizeof(MAGIC));
    put_i64(out, points->rows);
    put_i64(out, points->missing);
    put_i64(out, points->repeated);
    put_i64(out, points->clashing);
    put_i64(out, (int64_t)points->variables);
    put_i64(out, (int64_t)points->stations);
    put_i64(out, (int64_t)points->values);
    put_i64(out, (int64_t)points->tracks);
    put_i64(out, (int64_t)points->bulletins);
    for (size_t i = 0; i < points->variables; i++)
        put_text(out, points->variable[i]);
    for (size_t i = 0; i < points->stations; i++) {
        const struct station *station = &points->station[i];
        put_text(out, station->code);
        put_text(out, station->name);
        put_i64(out, station->latitude_micro);
        put_i64(out, station->longitude_micro);
        put_i64(out, station->flags);
    }
    buf_add(out, points->value, points->values * sizeof(*points->value));
    for (size_t i = 0; i < points->tracks; i++) {
        const struct track *track = &points->track[i];
        put_text(out, track->storm);
        put_text(out, track->name);
        put_i64(out, track->issued_at.s);
        put_i64(out, track->member);
        put_i64(out, (int64_t)track->count);
        buf_add(out, track->fix, track->count * sizeof(*track->fix));
    }
    for (size_t i = 0; i < points->bulletins; i++) {
        for (size_t f = 0; f < BULLETIN_FIELDS; f++)
            put_text(out, points->bulletin[i].text[f]);
    }
    struct hash sum = hash_of((struct str){out->at + start, out->len - start});
    buf_add(out, sum.at, sizeof(sum.at));
}

// --- reading
// --------------------------------------------------------------------------------------

struct cursor {
    struct str rest;
    const char *wrong; // what was; NULL: nothing yet
};

static bool fail(struct cursor *cursor, const char *what)
{
    if (!cursor->wrong)
        cursor->wrong = what;
    return false;
}

static bool take(struct cursor *cursor, void *out, size_t size)
{
    if (cursor->wrong || cursor->rest.len < size)
        return fail(cursor, "its size");
    if (size)
        memcpy(out, cursor->rest.at, size);
    cursor->rest.at += size;
    cursor->rest.len -= size;
    return true;
}

static int64_t take_i64(struct cursor *cursor, int64_t min, int64_t max, const char *what)
{
    int64_t number = 0;
    if (!take(cursor, &number, sizeof(number)))
        return min;
    if (number < min || number > max) {
        (void)fail(cursor, what);
        return min;
    }
    return number;
}

static bool take_text(struct cursor *cursor, char *out, size_t size, const char *what)
{
    struct err why = {0};
    size_t len = (size_t)take_i64(cursor, 0, (int64_t)size - 1, what);
    if (!take(cursor, out, len))
        return false;
    out[len] = '\0';
    AUTO(buf_free) struct buf clean = buf_new(3 * size + 16);
    if (strlen(out) != len || text_nfc((struct str){out, len}, &clean, &why) ||
        !str_same(buf_slice(&clean), (struct str){out, len}) || memchr(out, '\n', len) ||
        memchr(out, '\t', len))
        return fail(cursor, what);
    return true;
}

static bool is_time(struct utc time)
{
    return time.s > -TIME_MAX_S && time.s < TIME_MAX_S;
}

static void take_stations(struct cursor *cursor, struct points *points)
{
    static const unsigned flags = STATION_DUPLICATE | STATION_SCRAMBLED | STATION_SAME_PLACE;
    char name[NAME_BYTES_MAX];
    for (size_t i = 0; i < points->stations && !cursor->wrong; i++) {
        struct station *one = &points->station[i];
        name[0] = '\0';
        if (take_text(cursor, one->code, sizeof(one->code), "a station's code") && !one->code[0])
            (void)fail(cursor, "a station's code");
        (void)take_text(cursor, name, sizeof(name), "a station's name");
        one->name = mem_text(name);
        one->latitude_micro = (int32_t)take_i64(cursor, INT32_MIN, 90000000, "a latitude");
        one->longitude_micro = (int32_t)take_i64(cursor, INT32_MIN, 360000000, "a longitude");
        one->flags = (unsigned)take_i64(cursor, 0, flags, "a flag");
        bool nowhere = one->latitude_micro == STATION_NOWHERE;
        if (nowhere != (one->longitude_micro == STATION_NOWHERE) ||
            (!nowhere && (one->latitude_micro < -90000000 || one->longitude_micro < -180000000)))
            (void)fail(cursor, "a position");
    }
}

static int order(const struct point_value *a, const struct point_value *b)
{
    if (a->variable != b->variable)
        return a->variable < b->variable ? -1 : 1;
    if (a->to.s != b->to.s)
        return a->to.s < b->to.s ? -1 : 1;
    if (a->from.s != b->from.s)
        return a->from.s < b->from.s ? -1 : 1;
    return (a->station > b->station) - (a->station < b->station);
}

static void check_values(struct cursor *cursor, const struct points *points)
{
    for (size_t i = 0; i < points->values && !cursor->wrong; i++) {
        const struct point_value *one = &points->value[i];
        if (one->station >= points->stations || one->variable >= points->variables ||
            one->doubted > 1 || one->milli == READING_NONE || !is_time(one->from) ||
            !is_time(one->to) || one->from.s > one->to.s)
            (void)fail(cursor, "a value");
        if (i && order(one - 1, one) >= 0)
            (void)fail(cursor, "the order of its values");
    }
}

static bool is_fix(const struct track_fix *fix)
{
    const int32_t may_lack[] = {fix->wind_milli, fix->gust_milli, fix->pressure_pa,
                                fix->radius_34_m, fix->radius_50_m};
    for (size_t i = 0; i < COUNT_OF(may_lack); i++) {
        if (may_lack[i] < 0 && may_lack[i] != TRACK_NONE)
            return false;
    }
    return is_time(fix->at) && fix->latitude_milli >= -90000 && fix->latitude_milli <= 90000 &&
           fix->longitude_milli >= -180000 && fix->longitude_milli <= 180000 &&
           fix->wind_average_s > 0 && fix->wind_average_s <= HOUR_S && fix->kind >= TRACK_FIX &&
           fix->kind <= TRACK_INTERPOLATED;
}

static void take_track(struct cursor *cursor, struct track *track)
{
    if (take_text(cursor, track->storm, sizeof(track->storm), "a storm's number") &&
        !track->storm[0])
        (void)fail(cursor, "a storm's number");
    (void)take_text(cursor, track->name, sizeof(track->name), "a storm's name");
    track->issued_at.s = take_i64(cursor, INT64_MIN, TIME_MAX_S, "an issue time");
    if (track->issued_at.s != UTC_NEVER.s && !is_time(track->issued_at))
        (void)fail(cursor, "an issue time");
    track->member = (int32_t)take_i64(cursor, MEMBER_NONE, 10000, "a member");
    size_t count = (size_t)take_i64(cursor, 1, TRACK_FIXES_MAX, "a count of fixes");
    if (cursor->wrong || cursor->rest.len / sizeof(struct track_fix) < count) {
        (void)fail(cursor, "its size");
        return;
    }
    track->fix = mem_new(count, sizeof(*track->fix));
    track->count = count;
    (void)take(cursor, track->fix, count * sizeof(*track->fix));
    for (size_t i = 0; i < count; i++) {
        if (!is_fix(&track->fix[i]) || (i && track->fix[i].at.s <= track->fix[i - 1].at.s))
            (void)fail(cursor, "a fix");
    }
}

static void take_bulletin(struct cursor *cursor, struct bulletin *bulletin)
{
    for (size_t f = 0; f < BULLETIN_FIELDS; f++)
        (void)take_text(cursor, bulletin->text[f], sizeof(bulletin->text[f]), "a bulletin");
    if (!cursor->wrong && !bulletin->text[BULLETIN_IDENTIFIER][0])
        (void)fail(cursor, "a bulletin");
}

static void take_all(struct cursor *cursor, struct points *points)
{
    enum { STATION_BYTES_MIN = 5 * 8, TRACK_BYTES_MIN = 5 * 8 };
    char magic[sizeof(MAGIC)];
    if (!take(cursor, magic, sizeof(magic)) || memcmp(magic, MAGIC, sizeof(magic)) != 0) {
        cursor->wrong = "its beginning";
        return;
    }
    points->rows = take_i64(cursor, 0, INT64_MAX, "a count");
    points->missing = take_i64(cursor, 0, INT64_MAX, "a count");
    points->repeated = take_i64(cursor, 0, INT64_MAX, "a count");
    points->clashing = take_i64(cursor, 0, INT64_MAX, "a count");
    points->variables = (size_t)take_i64(cursor, 0, WANTED_MAX, "a count of variables");
    size_t stations = (size_t)take_i64(cursor, 0, STATION_PLACES_MAX, "a count of stations");
    size_t values = (size_t)take_i64(cursor, 0, POINTS_VALUES_MAX, "a count of values");
    size_t tracks = (size_t)take_i64(cursor, 0, POINTS_TRACKS_MAX, "a count of tracks");
    size_t bulletins = (size_t)take_i64(cursor, 0, BULLETINS_MAX, "a count of bulletins");
    if (stations * STATION_BYTES_MIN + values * sizeof(*points->value) + tracks * TRACK_BYTES_MIN +
            bulletins * BULLETIN_FIELDS * sizeof(int64_t) >
        cursor->rest.len)
        (void)fail(cursor, "its size");
    for (size_t i = 0; i < points->variables && !cursor->wrong; i++) {
        char *name = points->variable[i];
        if (take_text(cursor, name, sizeof(points->variable[i]), "a variable") &&
            !wanted_is_variable(str_of(name)) && !wanted_is_figure(str_of(name)))
            (void)fail(cursor, "a variable");
    }
    if (cursor->wrong)
        return;
    points->station = mem_new(stations + 1, sizeof(*points->station));
    points->stations = stations;
    take_stations(cursor, points);
    points->value = mem_new(values + 1, sizeof(*points->value));
    if (take(cursor, points->value, values * sizeof(*points->value)))
        points->values = values;
    check_values(cursor, points);
    points->track = mem_new(tracks + 1, sizeof(*points->track));
    for (; points->tracks < tracks && !cursor->wrong; points->tracks++)
        take_track(cursor, &points->track[points->tracks]);
    points->bulletin = mem_new(bulletins + 1, sizeof(*points->bulletin));
    for (; points->bulletins < bulletins && !cursor->wrong; points->bulletins++)
        take_bulletin(cursor, &points->bulletin[points->bulletins]);
    if (!cursor->wrong && cursor->rest.len)
        (void)fail(cursor, "its end");
}

enum err_kind points_read(struct str bytes, struct points *out, struct err *err)
{
    AUTO(points_free) struct points points = {0};
    struct cursor cursor = {.rest = bytes};
    if (bytes.len < HASH_SIZE) {
        cursor.wrong = "its size";
    } else {
        struct hash sum;
        cursor.rest.len -= HASH_SIZE;
        memcpy(sum.at, bytes.at + cursor.rest.len, HASH_SIZE);
        if (!hash_same(sum, hash_of(cursor.rest)))
            cursor.wrong = "its checksum";
    }
    if (!cursor.wrong)
        take_all(&cursor, &points);
    if (cursor.wrong)
        return err_set(
            err, ERR_INPUT,
            "the reader of tables answered nonsense (%s); the file is damaged or hostile",
            cursor.wrong);
    *out = MOVE(points);
    return OK;
}
