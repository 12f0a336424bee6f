#include "ingest/points_build.h"

#include "core/mem.h"
#include "ingest/points_text.h"
#include "ledger/reading.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HECTOPASCAL = 100, SIX_HOURS_S = 6 * HOUR_S, NAMES_SIZE = 32 };
static const double LATITUDE_MOST = 90, LONGITUDE_MOST = 360, KNOTS_MOST = 250;
static const double PRESSURE_LEAST = 800, PRESSURE_MOST = 1100, MILES_MOST = 2000;

static struct track_fix new_fix(const struct build *build)
{
    return (struct track_fix){.wind_milli = TRACK_NONE,
                              .gust_milli = TRACK_NONE,
                              .wind_average_s = build->wanted->wind_average_s,
                              .pressure_pa = TRACK_NONE,
                              .radius_34_m = TRACK_NONE,
                              .radius_50_m = TRACK_NONE};
}

static enum err_kind set_place(double latitude, double longitude, struct track_fix *fix,
                               struct err *err)
{
    if (!(fabs(latitude) <= LATITUDE_MOST) || !(fabs(longitude) <= LONGITUDE_MOST))
        return err_set(err, ERR_INPUT, "%g, %g is no position", latitude, longitude);
    if (longitude > LONGITUDE_MOST / 2)
        longitude -= LONGITUDE_MOST;
    if (longitude < -LONGITUDE_MOST / 2)
        longitude += LONGITUDE_MOST;
    fix->latitude_milli = (int32_t)lround(latitude * 1000);
    fix->longitude_milli = (int32_t)lround(longitude * 1000);
    return OK;
}

static enum err_kind set_wind(double knots, int32_t *out, struct err *err)
{
    if (!(knots >= 0 && knots <= KNOTS_MOST))
        return err_set(err, ERR_INPUT, "a wind of %g knots is beyond every record", knots);
    *out = knots_milli(knots);
    return OK;
}

static enum err_kind set_pressure(double hectopascal, int32_t *out, struct err *err)
{
    if (!(hectopascal >= PRESSURE_LEAST && hectopascal <= PRESSURE_MOST))
        return err_set(err, ERR_INPUT, "a pressure of %g hPa is beyond every record", hectopascal);
    *out = (int32_t)lround(hectopascal * HECTOPASCAL);
    return OK;
}

static enum err_kind set_radius(double miles, int32_t *out, struct err *err)
{
    if (!(miles >= 0 && miles <= MILES_MOST))
        return err_set(err, ERR_INPUT, "a radius of %g nautical miles is beyond every record",
                       miles);
    int32_t radius_m = miles_m(miles);
    if (radius_m > *out)
        *out = radius_m;
    return OK;
}

static enum err_kind copy_name(struct str text, char *out, size_t size, const char *what,
                               struct err *err)
{
    struct err why = {0};
    AUTO(buf_free) struct buf name = buf_new(2 * size);
    text = str_trim(text);
    if (text.len >= size || text_nfc(text, &name, &why) || name.len >= size ||
        strpbrk(name.at ? name.at : "", "\n\t"))
        return err_set(err, ERR_INPUT, "a storm's %s is longer than %zu bytes or broken", what,
                       size - 1);
    (void)snprintf(out, size, "%s", name.at ? name.at : "");
    return OK;
}

static enum err_kind need_real(struct str text, const char *what, double *out, struct err *err)
{
    text = str_trim(text);
    if (!text_real(text, out))
        return err_set(err, ERR_INPUT, "\"%.*s\" is no %s", (int)(text.len < 20 ? text.len : 20),
                       text.at, what);
    return OK;
}

// --- IBTrACS, comma-separated
// -------------------------------------------------------------------

struct ibtracs {
    int sid, name, time, latitude, longitude, wind, gust, pressure, flag;
    int radius_34[4], radius_50[4];
    size_t columns;
};

// -1 when there is none.
static int column(const struct csv *csv, const char *prefix, const char *name)
{
    char wanted[4 * NAMES_SIZE]; // both are names of this file
    (void)snprintf(wanted, sizeof(wanted), "%s%s", prefix, name);
    for (size_t i = 0; i < csv->count; i++) {
        struct str field = str_trim(csv->field[i]);
        if (field.len == strlen(wanted) && strncasecmp(field.at, wanted, field.len) == 0)
            return (int)i;
    }
    return -1;
}

static enum err_kind ibtracs_plan(const struct build *build, const struct csv *csv,
                                  struct ibtracs *out, struct err *err)
{
    static const char *const corners[] = {"NE", "SE", "SW", "NW"};
    char agency[NAMES_SIZE], radius[NAMES_SIZE];
    (void)snprintf(agency, sizeof(agency), "%s_", build->wanted->agency);
    *out = (struct ibtracs){
        .sid = column(csv, "", "SID"),
        .name = column(csv, "", build->wanted->name[0] ? build->wanted->name : "NAME"),
        .time = column(csv, "", "ISO_TIME"),
        .latitude = column(csv, "", "LAT"),
        .longitude = column(csv, "", "LON"),
        .wind = column(csv, agency, "WIND"),
        .gust = column(csv, agency, "GUST"),
        .pressure = column(csv, agency, "PRES"),
        .flag = column(csv, "", "IFLAG"),
        .columns = csv->count,
    };
    for (int i = 0; i < 4; i++) {
        (void)snprintf(radius, sizeof(radius), "R34_%s", corners[i]);
        out->radius_34[i] = column(csv, agency, radius);
        (void)snprintf(radius, sizeof(radius), "R50_%s", corners[i]);
        out->radius_50[i] = column(csv, agency, radius);
    }
    if (out->sid < 0 || out->time < 0 || out->latitude < 0 || out->longitude < 0 || out->wind < 0)
        return err_set(err, ERR_INPUT,
                       "row 1 lacks one of SID, ISO_TIME, LAT, LON and %sWIND; is it IBTrACS, and "
                       "is \"agency\" right?",
                       agency);
    return OK;
}

static struct str at_column(const struct csv *csv, int index)
{
    return index < 0 ? (struct str){"", 0} : str_trim(csv->field[index]);
}

// A number that may be left blank.
static enum err_kind may_set(struct str text, enum err_kind (*set)(double, int32_t *, struct err *),
                             int32_t *out, struct err *err)
{
    double value;
    if (!text.len)
        return OK;
    return need_real(text, "number", &value, err) ? err_of(err) : set(value, out, err);
}

static enum err_kind ibtracs_fix(const struct build *build, const struct csv *csv,
                                 const struct ibtracs *plan, struct track_fix *out, struct err *err)
{
    struct track_fix fix = new_fix(build);
    double latitude, longitude;
    if (text_time(at_column(csv, plan->time), "YYYY-MM-DD hh:mm:ss", &fix.at, err) ||
        need_real(csv->field[plan->latitude], "latitude", &latitude, err) ||
        need_real(csv->field[plan->longitude], "longitude", &longitude, err) ||
        set_place(latitude, longitude, &fix, err) ||
        may_set(at_column(csv, plan->wind), set_wind, &fix.wind_milli, err) ||
        may_set(at_column(csv, plan->gust), set_wind, &fix.gust_milli, err) ||
        may_set(at_column(csv, plan->pressure), set_pressure, &fix.pressure_pa, err))
        return err_of(err);
    for (int i = 0; i < 4; i++) {
        if (may_set(at_column(csv, plan->radius_34[i]), set_radius, &fix.radius_34_m, err) ||
            may_set(at_column(csv, plan->radius_50[i]), set_radius, &fix.radius_50_m, err))
            return err_of(err);
    }
    // Without the source's own flag: the hours between the main ones that bear no wind.
    struct str flag = at_column(csv, plan->flag);
    bool original = flag.at && flag.len && memchr(flag.at, 'O', flag.len);
    bool between =
        flag.len ? !original : fix.at.s % SIX_HOURS_S != 0 && fix.wind_milli == TRACK_NONE;
    fix.kind = between ? TRACK_INTERPOLATED : TRACK_FIX;
    *out = fix;
    return OK;
}

static bool is_new_storm(const struct build *build, const char *storm)
{
    const struct track *track = build->points.track;
    for (size_t i = 0; track && i < build->points.tracks; i++) {
        if (strcmp(track[i].storm, storm) == 0)
            return false;
    }
    return true;
}

static enum err_kind ibtracs_row(struct build *build, const struct csv *csv,
                                 const struct ibtracs *plan, struct err *err)
{
    struct track *track =
        build->points.tracks ? &build->points.track[build->points.tracks - 1] : NULL;
    struct track_fix fix;
    char storm[sizeof(track->storm)];
    if (csv->count != plan->columns)
        return err_set(err, ERR_INPUT, "it has %zu fields, the header has %zu", csv->count,
                       plan->columns);
    if (copy_name(csv->field[plan->sid], storm, sizeof(storm), "SID", err))
        return err_of(err);
    if (!storm[0])
        return err_set(err, ERR_INPUT, "it has no SID");
    if (!track || strcmp(track->storm, storm) != 0) {
        if (!is_new_storm(build, storm))
            return err_set(err, ERR_INPUT, "storm %s comes a second time", storm);
        if (build_track(build, &track, err) ||
            copy_name(at_column(csv, plan->name), track->name, sizeof(track->name), "name", err))
            return err_of(err);
        memcpy(track->storm, storm, sizeof(storm));
    }
    build->points.rows++;
    if (ibtracs_fix(build, csv, plan, &fix, err))
        return err_of(err);
    return build_fix(track, &fix, err);
}

enum err_kind track_read_ibtracs(struct build *build, struct str text, struct err *err)
{
    AUTO(csv_free) struct csv csv;
    struct ibtracs plan = {0};
    bool row = true;
    csv_start(&csv, text);
    for (size_t number = 1;; number++) {
        if (csv_next(&csv, &row, err))
            return err_add(err, "reading row %zu", csv.line);
        if (!row)
            return OK;
        if (number == 1) {
            if (ibtracs_plan(build, &csv, &plan, err))
                return err_of(err);
            continue;
        }
        // The second row of the published files holds units.
        if (number == 2 && csv.count == plan.columns && !at_column(&csv, plan.time).len)
            continue;
        if (ibtracs_row(build, &csv, &plan, err))
            return err_add(err, "reading row %zu", csv.line);
    }
}

// --- RSMC Tokyo
// ---------------------------------------------------------------------------------

// Columns count from 1, as in the agency's description of the format.
static struct str columns(struct str line, size_t first, size_t last)
{
    if (line.len < first)
        return (struct str){"", 0};
    size_t end = line.len < last ? line.len : last;
    return str_trim((struct str){line.at + first - 1, end - first + 1});
}

static enum err_kind jma_storm(struct build *build, struct str line, size_t *left, struct err *err)
{
    struct track *track;
    double count;
    if (build_track(build, &track, err) ||
        copy_name(columns(line, 7, 10), track->storm, sizeof(track->storm), "number", err) ||
        copy_name(columns(line, 31, 50), track->name, sizeof(track->name), "name", err) ||
        need_real(columns(line, 13, 15), "count of lines", &count, err))
        return err_of(err);
    if (!track->storm[0] || !(count >= 1 && count <= TRACK_FIXES_MAX))
        return err_set(err, ERR_INPUT, "a storm's head has no number, or announces %g lines",
                       count);
    *left = (size_t)count;
    return OK;
}

static enum err_kind jma_radii(struct str line, struct track_fix *fix, struct err *err)
{
    double longest;
    if (columns(line, 43, 46).len) {
        if (need_real(columns(line, 43, 46), "radius", &longest, err) ||
            set_radius(longest, &fix->radius_50_m, err))
            return err_of(err);
    }
    if (columns(line, 54, 57).len) {
        if (need_real(columns(line, 54, 57), "radius", &longest, err) ||
            set_radius(longest, &fix->radius_34_m, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind jma_fix(struct build *build, struct str line, struct err *err)
{
    struct track *track = &build->points.track[build->points.tracks - 1];
    struct track_fix fix = new_fix(build);
    double latitude, longitude, pressure, wind = 0;
    if (!str_is(columns(line, 10, 12), "002"))
        return err_set(err, ERR_INPUT, "columns 10 to 12 are not 002");
    if (text_time(columns(line, 1, 8), "YYMMDDhh", &fix.at, err) ||
        need_real(columns(line, 16, 18), "latitude", &latitude, err) ||
        need_real(columns(line, 20, 23), "longitude", &longitude, err) ||
        set_place(latitude / 10, longitude / 10, &fix, err) ||
        need_real(columns(line, 25, 28), "pressure", &pressure, err) ||
        set_pressure(pressure, &fix.pressure_pa, err))
        return err_of(err);
    // 000: below 35 knots, which is not measured.
    if (columns(line, 34, 36).len && need_real(columns(line, 34, 36), "wind", &wind, err))
        return err_of(err);
    if ((wind > 0 && set_wind(wind, &fix.wind_milli, err)) || jma_radii(line, &fix, err))
        return err_of(err);
    build->points.rows++;
    return build_fix(track, &fix, err);
}

enum err_kind track_read_jma(struct build *build, struct str text, struct err *err)
{
    struct str line;
    size_t left = 0;
    for (size_t number = 1; str_take_line(&text, &line); number++) {
        if (!str_trim(line).len)
            continue;
        bool head = str_starts(line, "66666 ");
        if (head != (left == 0))
            return err_set(err, ERR_INPUT,
                           "line %zu: %s; a storm has as many lines as its head announces", number,
                           head ? "a storm begins before the last one has ended"
                                : "a line belongs to no storm");
        if (head ? jma_storm(build, line, &left, err) : jma_fix(build, line, err))
            return err_add(err, "reading line %zu", number);
        left -= head ? 0 : 1;
    }
    if (left)
        return err_set(err, ERR_INPUT, "the file ends %zu lines before its last storm does", left);
    return OK;
}

// --- ATCF
// ---------------------------------------------------------------------------------------

enum { ATCF_FIELDS_MIN = 10, ATCF_HOURS_MAX = 400 };
enum atcf_field {
    ATCF_BASIN,
    ATCF_CYCLONE,
    ATCF_BASE,
    ATCF_NUMBER,
    ATCF_TECH,
    ATCF_TAU,
    ATCF_LAT,
    ATCF_LON,
    ATCF_WIND,
    ATCF_PRESSURE,
    ATCF_TYPE,
    ATCF_RADIUS,
    ATCF_CODE,
    ATCF_R1,
    ATCF_R4 = ATCF_R1 + 3
};

// "135N" -> 13.5, "1170W" -> -117.0
static enum err_kind tenths(struct str text, char plus, char minus, double *out, struct err *err)
{
    text = str_trim(text);
    const char side = (char)(text.len ? text.at[text.len - 1] : ' ');
    if ((side != plus && side != minus) ||
        need_real((struct str){text.at, text.len - 1}, "position", out, err))
        return err_set(err, ERR_INPUT, "a position ends in %c or %c, such as 135%c", plus, minus,
                       plus);
    *out = (side == minus ? -*out : *out) / 10;
    return OK;
}

// "AP07" -> 7 for an ensemble's technique AP; MEMBER_NONE else.
static int32_t member_of(struct str tech)
{
    if (tech.len != 4 || !strchr("0123456789", tech.at[2]) || !strchr("0123456789", tech.at[3]))
        return MEMBER_NONE;
    return (tech.at[2] - '0') * 10 + (tech.at[3] - '0');
}

static enum err_kind atcf_track(struct build *build, const struct csv *csv, struct utc base,
                                struct track **out, struct err *err)
{
    struct str tech = str_trim(csv->field[ATCF_TECH]);
    bool best = str_is(tech, "BEST");
    int32_t member = member_of(tech);
    AUTO(buf_free) struct buf storm = buf_new(64);
    buf_str(&storm, str_trim(csv->field[ATCF_BASIN]));
    buf_str(&storm, str_trim(csv->field[ATCF_CYCLONE]));
    buf_print(&storm, "%04d", utc_civil(base).year);
    struct utc issued_at = best ? UTC_NEVER : base;
    struct track *track =
        build->points.tracks ? &build->points.track[build->points.tracks - 1] : NULL;
    if (track && strcmp(track->storm, storm.at) == 0 && track->issued_at.s == issued_at.s &&
        track->member == member) {
        *out = track;
        return OK;
    }
    if (build_track(build, &track, err) ||
        copy_name(buf_slice(&storm), track->storm, sizeof(track->storm), "number", err))
        return err_of(err);
    track->issued_at = issued_at;
    track->member = member;
    *out = track;
    return OK;
}

static enum err_kind atcf_radii(const struct csv *csv, struct track_fix *fix, struct err *err)
{
    double kind, radius;
    if (csv->count <= ATCF_R4 || !text_real(str_trim(csv->field[ATCF_RADIUS]), &kind) ||
        (kind != 34 && kind != 50))
        return OK;
    for (size_t i = ATCF_R1; i <= ATCF_R4; i++) {
        if (!str_trim(csv->field[i]).len)
            continue;
        if (need_real(csv->field[i], "radius", &radius, err) ||
            set_radius(radius, kind == 34 ? &fix->radius_34_m : &fix->radius_50_m, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind atcf_fix(struct build *build, const struct csv *csv, struct track *track,
                              struct utc at, struct err *err)
{
    struct track_fix fix = new_fix(build);
    double latitude, longitude, wind = 0, pressure = 0;
    fix.at = at;
    // Further radii of the same time.
    if (track->count && track->fix[track->count - 1].at.s == at.s)
        return atcf_radii(csv, &track->fix[track->count - 1], err);
    if (tenths(csv->field[ATCF_LAT], 'N', 'S', &latitude, err) ||
        tenths(csv->field[ATCF_LON], 'E', 'W', &longitude, err) ||
        set_place(latitude, longitude, &fix, err) ||
        (str_trim(csv->field[ATCF_WIND]).len &&
         need_real(csv->field[ATCF_WIND], "wind", &wind, err)) ||
        (str_trim(csv->field[ATCF_PRESSURE]).len &&
         need_real(csv->field[ATCF_PRESSURE], "pressure", &pressure, err)))
        return err_of(err);
    // 0 stands for "not known".
    if ((wind > 0 && set_wind(wind, &fix.wind_milli, err)) ||
        (pressure > 0 && set_pressure(pressure, &fix.pressure_pa, err)) ||
        atcf_radii(csv, &fix, err))
        return err_of(err);
    return build_fix(track, &fix, err);
}

static enum err_kind atcf_row(struct build *build, const struct csv *csv, struct err *err)
{
    struct track *track;
    struct utc base;
    double tau = 0;
    const char *agency = build->wanted->agency[0] ? build->wanted->agency : "BEST";
    if (csv->count < ATCF_FIELDS_MIN)
        return err_set(err, ERR_INPUT, "it has %zu fields, not %d or more", csv->count,
                       ATCF_FIELDS_MIN);
    struct str tech = str_trim(csv->field[ATCF_TECH]);
    // "AP" stands for all its members; the other techniques of the deck are passed over.
    bool whole = str_is(tech, agency);
    if (!whole && !(strlen(agency) == 2 && str_starts(tech, agency)))
        return OK;
    build->points.rows++;
    if (text_time(str_trim(csv->field[ATCF_BASE]), "YYYYMMDDhh", &base, err) ||
        need_real(csv->field[ATCF_TAU], "lead time", &tau, err))
        return err_of(err);
    if (!(tau >= 0 && tau <= ATCF_HOURS_MAX))
        return err_set(err, ERR_INPUT, "a lead time of %g hours", tau);
    if (atcf_track(build, csv, base, &track, err))
        return err_of(err);
    return atcf_fix(build, csv, track, (struct utc){base.s + (int64_t)tau * HOUR_S}, err);
}

enum err_kind track_read_atcf(struct build *build, struct str text, struct err *err)
{
    AUTO(csv_free) struct csv csv;
    bool row = true;
    csv_start(&csv, text);
    for (;;) {
        if (csv_next(&csv, &row, err) || (row && atcf_row(build, &csv, err)))
            return err_add(err, "reading line %zu", csv.line);
        if (!row)
            return OK;
    }
}
