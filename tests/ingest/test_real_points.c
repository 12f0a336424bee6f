// Every file under ../shared/data/stations and ../shared/data/tracks: what is read from it, or why
// it is refused. The figures were computed apart from this program (by awk and Python from the text
// files, by ncdump from the NetCDF) and written down.
#include "core/doc.h"
#include "core/file.h"
#include "core/proc.h"
#include "ingest/decode.h"
#include "ingest/points.h"
#include "ingest/points_check.h"
#include "ledger/reading.h"
#include "tests/check.h"

#include <stdlib.h>

enum { FILE_MAX = 4 << 20, SAMPLES = 3 };

static struct decode_limits limits = {.mib_max = 512, .cpu_s = 5};

#define LONG "{\"format\":\"csv\","
#define RAIN(reads, interval, stamp)                                                               \
    "\"variables\":[{\"reads\":\"" reads                                                           \
    "\",\"means\":\"rain\",\"unit\":\"mm\",\"interval\":\"" interval "\",\"stamp\":\"" stamp       \
    "\"}]}"
#define MRC                                                                                        \
    LONG                                                                                           \
        "\"code\":\"station_id\",\"name\":\"station\",\"latitude\":\"lat\",\"longitude\":\"lon\"," \
        "\"time\":\"date\",\"time_format\":\"YYYY-MM-DD\","
#define GSO                                                                                        \
    LONG "\"layout\":\"months\",\"code\":\"City_or_province\",\"time\":\"Year\","                  \
         "\"time_format\":\"YYYY\","
#define LIST(code)                                                                                 \
    LONG "\"layout\":\"list\",\"code\":\"" code "\",\"latitude\":\"lat\",\"longitude\":\"lon\"}"

struct sample {
    const char *variable, *station, *to;
    int32_t milli;
    uint32_t doubted;
};

static const struct {
    const char *name, *file, *wanted;
    size_t stations, values;
    int64_t rows, missing, repeated, clashing;
    size_t duplicate, scrambled, same_place;
    const char *first, *last; // ends of the first and the last interval
    struct sample sample[SAMPLES];
    const char *refused; // the sentence; NULL when it is read
} tables[] = {
    {"a list of places, two of them at one point", "central_vn_72points_coordinates.csv",
     LIST("name"), .stations = 72, .rows = 72, .same_place = 2},
    {"a list of places", "imhen_stations.csv", LIST("station"), .stations = 67, .rows = 67},
    {"a wide table without positions: nine pairs of columns are the same",
     "central_vn_gauges_daily_2011-2018_LABELS_UNRELIABLE.csv",
     LONG "\"layout\":\"wide\",\"time\":\"date\",\"time_format\":\"YYYY-MM-DD\"," RAIN("*", "day",
                                                                                       "start"),
     .stations = 72, .values = 210384, .rows = 2922, .duplicate = 18,
     .first = "2011-01-02T00:00:00Z", .last = "2019-01-01T00:00:00Z",
     .sample = {{"rain", "BaTo", "2017-11-05T00:00:00Z", 1126200, 0},
                {"rain", "BaTo", "2011-01-02T00:00:00Z", 800, 0},
                {"rain", "BaTo", "2017-11-06T00:00:00Z", 1038800, 0}}},
    {"monthly sums of the statistics office, blanks written as dots",
     "gso_monthly_rainfall_stations_2002-2019.csv",
     GSO "\"missing\":[\"..\",\"...\"]," RAIN("*", "month", "start"), .stations = 15,
     .values = 3136, .rows = 270, .missing = 104, .first = "2002-02-01T00:00:00Z",
     .last = "2020-01-01T00:00:00Z",
     .sample = {{"rain", "Hue", "2019-11-01T00:00:00Z", 333300, 0},
                {"rain", "Vinh", "2019-11-01T00:00:00Z", 1163700, 0},
                {"rain", "Ca Mau", "2003-01-01T00:00:00Z", 53000, 0}}},
    {"the same, with one kind of blank not named", "gso_monthly_rainfall_stations_2002-2019.csv",
     GSO "\"missing\":[\"..\"]," RAIN("*", "month", "start"),
     .refused = "\"...\" is no number; if it stands for no value, name it under \"missing\", while "
                "reading column 12, while reading row 219"},
    {"57 years of months, year and month in columns of their own",
     "imhen_monthly_rainfall_1961-2017.csv",
     LONG "\"code\":\"station\",\"time\":[\"year\",\"month\"],\"time_format\":\"YYYY MM\"," RAIN(
         "rainfall_mm", "month", "start"),
     .stations = 67, .values = 37737, .rows = 37848, .missing = 111,
     .first = "1961-02-01T00:00:00Z", .last = "2018-01-01T00:00:00Z",
     .sample = {{"rain", "Bac Kan", "1961-02-01T00:00:00Z", 5300, 0},
                {"rain", "Hue", "1999-12-01T00:00:00Z", 2451700, 0},
                {"rain", "Dak Nong", "2018-01-01T00:00:00Z", 1500, 0}}},
    {"a table as hydrologists typed it: stations in columns, their numbers in row 7",
     "mrc_manual_rainfall_raw.csv",
     LONG "\"layout\":\"wide\",\"header_row\":\"7\",\"first_row\":\"9\",\"time\":\"StaID\","
          "\"time_format\":\"DD/MM/YYYY\",\"missing\":[\"999.8\"]," RAIN("*", "day", "start"),
     .stations = 170, .values = 462, .rows = 11, .missing = 1408, .first = "2019-10-23T00:00:00Z",
     .last = "2019-11-02T00:00:00Z",
     .sample = {{"rain", "180601", "2019-11-02T00:00:00Z", 230000, 0},
                {"rain", "160706", "2019-11-02T00:00:00Z", 180000, 0},
                {"rain", "170601", "2019-11-02T00:00:00Z", 146700, 0}}},
    {"the same, row by row, with positions", "mrc_mekong_gauges_daily_20191022-1101.csv",
     MRC "\"missing\":[\"999.8\"]," RAIN("rain_mm_raw", "day", "start"), .stations = 123,
     .values = 462, .rows = 1290, .missing = 828, .first = "2019-10-23T00:00:00Z",
     .last = "2019-11-02T00:00:00Z",
     .sample = {{"rain", "180601", "2019-11-02T00:00:00Z", 230000, 0},
                {"rain", "160706", "2019-11-02T00:00:00Z", 180000, 0},
                {"rain", "130803", "2019-11-01T00:00:00Z", 144000, 0}}},
    {"the trap: 999.8 is not rain", "mrc_mekong_gauges_daily_20191022-1101.csv",
     MRC RAIN("rain_mm_raw", "day", "start"),
     .refused = "rain of 999.8 stands 828 times among 1290 values: a code, not weather; name it "
                "under \"missing\""},
    {"cities, local time, rounded to hours: two readings in one hour are settled and doubted",
     "openweather_78cities_hourly_20250718-21.csv",
     LONG "\"code\":[\"province\",\"city\"],\"latitude\":\"lat\",\"longitude\":\"lon\","
          "\"time\":\"local_time\",\"time_format\":\"YYYY-MM-DD hh:mm:ss\","
          "\"utc_offset\":\"+07:00\",\"round\":\"1 h\",\"variables\":["
          "{\"reads\":\"rain_1h_mm\",\"means\":\"rain\",\"unit\":\"mm\",\"interval\":\"1 h\","
          "\"stamp\":\"end\"},"
          "{\"reads\":\"wind_speed_ms\",\"means\":\"wind\",\"unit\":\"m/s\","
          "\"interval\":\"instant\"},"
          "{\"reads\":\"wind_gust_ms\",\"means\":\"gust\",\"unit\":\"m/s\","
          "\"interval\":\"instant\"}]}",
     .stations = 78, .values = 15588, .rows = 5342, .repeated = 378, .clashing = 60,
     .first = "2025-07-17T19:00:00Z", .last = "2025-07-21T17:00:00Z",
     .sample = {{"rain", "Ha Noi/Ha Noi", "2025-07-19T18:00:00Z", 71130, 0},
                {"rain", "Ba Ria-Vung Tau-Ba Ria/Ba Ria", "2025-07-18T15:00:00Z", 180, 1},
                {"gust", "Quang Ninh-Mong Cai/Mong Cai", "2025-07-21T13:00:00Z", 22970, 0}}},
    {"one city every few minutes", "openweather_raw_hanoi_20250718-21.csv",
     LONG "\"code\":\"city\",\"time\":\"time\",\"time_format\":\"YYYY-MM-DD hh:mm:ss\","
          "\"utc_offset\":\"+07:00\",\"variables\":["
          "{\"reads\":\"precipitation\",\"means\":\"rain\",\"unit\":\"mm\",\"interval\":\"1 h\","
          "\"stamp\":\"end\"},"
          "{\"reads\":\"wind_gust\",\"means\":\"gust\",\"unit\":\"m/s\","
          "\"interval\":\"instant\"},"
          "{\"reads\":\"temperature\",\"means\":\"temperature\",\"unit\":\"degC\","
          "\"interval\":\"instant\"}]}",
     .stations = 1, .values = 3771, .rows = 1257, .first = "2025-07-17T18:20:42Z",
     .last = "2025-07-21T16:58:40Z",
     .sample = {{"rain", "Ha Noi", "2025-07-19T17:46:51Z", 81830, 0},
                {"gust", "Ha Noi", "2025-07-17T18:20:42Z", 4580, 0},
                {"temperature", "Ha Noi", "2025-07-17T18:20:42Z", 303150, 0}}},
    {"2,539 gauges by name: names in Vietnamese, ten said twice, four said twice otherwise",
     "vrain_stations_20260124.csv",
     LONG "\"code\":[\"Tỉnh/Thành phố\",\"Huyện\",\"Tên trạm\"],\"time\":\"Dấu thời gian\","
          "\"time_format\":\"DD/MM/YYYY hh:mm\",\"utc_offset\":\"+07:00\"," RAIN("Tổng lượng mưa",
                                                                                 "day", "end"),
     .stations = 2539, .values = 2539, .rows = 2553, .repeated = 10, .clashing = 4,
     .first = "2026-01-24T12:00:00Z", .last = "2026-01-24T12:00:00Z",
     .sample = {{"rain", "Thành phố Huế/xã Phú Lộc/Đỉnh Bạch Mã (Phú Lộc)", "2026-01-24T12:00:00Z",
                 31000, 0},
                {"rain", "Đà Nẵng/xã Bà Nà/Hòa Ninh", "2026-01-24T12:00:00Z", 30600, 0},
                {"rain", "Quảng Ngãi/xã Trà Bồng/Trà Thủy", "2026-01-24T12:00:00Z", 0, 1}}},
};

static const struct {
    const char *name, *file, *wanted;
    size_t tracks;
    int64_t fixes;
    const char *first, *last;
    struct {
        const char *storm, *called, *at;
        int32_t latitude_milli, longitude_milli, wind_milli, pressure_pa;
        int32_t radius_34_m;
    } sample[SAMPLES];
} tracks[] = {
    {"eight storms of IBTrACS",
     "ibtracs_wp_selected_storms.csv",
     "{\"format\":\"ibtracs-csv\",\"agency\":\"wmo\",\"name\":\"NAME_ADDED\","
     "\"wind_average\":\"10 min\"}",
     8,
     229,
     "2009-09-25T00:00:00Z",
     "2024-09-09T12:00:00Z",
     {{"2024245N12129", "YAGI", "2024-09-04T18:00:00Z", 19200, 116300, 51444, 92500, TRACK_NONE},
      {"2009268N14128", "KETSANA", "2009-09-25T00:00:00Z", 14400, 128400, TRACK_NONE, 100000,
       TRACK_NONE},
      {"2013306N07162", "HAIYAN", "2013-11-05T18:00:00Z", 7100, 141300, 38583, 96500, TRACK_NONE}}},
    {"161 storms as RSMC Tokyo writes them",
     "jma_best_track_2015-2020.txt",
     "{\"format\":\"jma\",\"wind_average\":\"10 min\"}",
     161,
     5822,
     "2015-01-13T00:00:00Z",
     "2020-12-25T00:00:00Z",
     {{"1723", "DAMREY", "2017-11-03T00:00:00Z", 12600, 113500, 33439, 97500, 444480},
      {"1723", "DAMREY", "2017-11-02T06:00:00Z", 12900, 116800, 20578, 99600, 444480},
      {"1723", "DAMREY", "2017-11-01T18:00:00Z", 12200, 118600, TRACK_NONE, 100200, TRACK_NONE}}},
    {"50 storms of IBTrACS in NetCDF, over the date line",
     "ibtracs_v04r01_sample_50storms.nc",
     "{\"format\":\"ibtracs-nc\",\"agency\":\"wmo\",\"wind_average\":\"10 min\"}",
     50,
     2669,
     "2022-01-07T12:00:00Z",
     "2025-07-03T00:00:00Z",
     {{"2023201N13134", "DOKSURI", "2023-07-25T18:00:00Z", 19000, 121600, 51444, 92500, TRACK_NONE},
      {"2023201N13134", "DOKSURI", "2023-07-21T15:00:00Z", 14200, 132000, TRACK_NONE, TRACK_NONE,
       TRACK_NONE},
      {"2024225N24147", "WUKONG", "2024-08-19T06:00:00Z", 39700, -179900, TRACK_NONE, TRACK_NONE,
       TRACK_NONE}}},
};

// Warnings: the first one of each file, as xmllint shows it.
static const struct {
    const char *file;
    size_t count;
    const char *identifier, *sent, *event, *severity;
    const char *refused;
} warnings[] = {
    {"australia.cap", 1, "tag:www.rfs.nsw.gov.au2011-10-06:40184", "2011-10-05T23:04:00+10:00",
     "Fire", "Minor", NULL},
    {"canada.cap", 1, "2.49.0.1.124.6bddbc91.2012", "2012-05-02T23:21:04-00:00", "thunderstorm",
     "Minor", NULL},
    {"dwd_20170223.xml", 1, "2.49.0.1.276.DWD.PVW.1487857490473.4", "2017-02-23T13:45:00+00:00",
     "WINDBÖEN", "Minor", NULL},
    {"oasis_example_amber.xml", 1, "KAR0-0306112239-SW", "2003-06-11T22:39:00-07:00",
     "Child Abduction", "Severe", NULL},
    {"earthquake_cap11.cap", 1, "USGS-earthquakes-us2010apcd.6.20100831T000925.496Z",
     "2010-08-31T00:09:25-05:00", "Earthquake", "Unknown", NULL},
    {"weather_noaa_cap11.cap", 1,
     "NOAA-NWS-ALERTS-MT20100830100700TFXFlashFloodWatchTFX20100830180000MT",
     "2010-08-30T04:07:00-06:00", "Flash Flood Watch", "Severe", NULL},
    {"us_example.cap.xml", 1,
     "NOAA-NWS-ALERTS-FL125619AB1A40.FloodWarning.125619C888A0FL.TBWFLSTBW."
     "2f2c464ed6d3c88332763253f7efcb49",
     "2016-10-07T09:12:00-04:00", "Flood Warning", "Moderate", NULL},
    {"wcatwc_tsunami_warning.cap", 1, "PAAQ-2-lqw6d6", "2011-09-02T11:36:50-00:00",
     "Tsunami Warning", "Extreme", NULL},
    // Without its scope: others' warnings are kept as they are, gong sends none of them on.
    {"invalid.cap", 1, "12345", "2010-08-31T00:09:25+00:00", "Storm", "Unknown", NULL},
    {"nws_atom_feed.xml", 163,
     "https://alerts.weather.gov/cap/wwacapget.php?x=AK125AB652A170.HighWindWarning."
     "125AB660BDF0AK.AFGNPWNSB.e9d4afdcacb3b7015f58bccc1db60d46",
     "2018-08-15T14:52:00-08:00", "High Wind Warning", "Severe", NULL},
    {"CAP-v1.2.xsd", 0, NULL, NULL, NULL, NULL,
     "it is \"schema\", neither a CAP alert nor an Atom or RSS feed"},
};

static void read_file(const char *folder, const char *name, struct buf *out)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(folder, name);
    CHECK_OK(file_read(path, out, &err), err);
}

static void check_sample(const struct points *points, const struct sample *sample)
{
    for (size_t i = 0; i < points->values; i++) {
        const struct point_value *value = &points->value[i];
        if (strcmp(points->variable[value->variable], sample->variable) != 0 ||
            strcmp(points->station[value->station].code, sample->station) != 0 ||
            strcmp(utc_text(value->to).at, sample->to) != 0)
            continue;
        CHECK_INT(value->milli, sample->milli);
        CHECK_INT(value->doubted, sample->doubted);
        return;
    }
    CHECK_FAILED("no %s at %s for %s", sample->variable, sample->station, sample->to);
}

static void check_times(const struct points *points, const char *first, const char *last)
{
    struct utc least = {INT64_MAX}, most = {INT64_MIN};
    for (size_t i = 0; i < points->values; i++) {
        struct utc to = points->value[i].to;
        least = to.s < least.s ? to : least;
        most = to.s > most.s ? to : most;
    }
    CHECK_TEXT(utc_text(least).at, first);
    CHECK_TEXT(utc_text(most).at, last);
}

static void every_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        ROW(tables[i].name);
        struct err err = {0};
        struct points_doubts doubts = {0};
        AUTO(points_free) struct points points = {0};
        AUTO(buf_free) struct buf bytes = buf_new(FILE_MAX);
        read_file("../shared/data/stations", tables[i].file, &bytes);
        enum err_kind kind =
            decode_points(buf_slice(&bytes), tables[i].wanted, &limits, &points, &err);
        if (!kind)
            kind = points_check(&points, &doubts, &err);
        if (tables[i].refused) {
            CHECK_INT(kind, ERR_INPUT);
            CHECK_TEXT(err.text, tables[i].refused);
            continue;
        }
        CHECK_OK(kind, err);
        CHECK_INT(points.stations, tables[i].stations);
        CHECK_INT(points.values, tables[i].values);
        CHECK_INT(points.rows, tables[i].rows);
        CHECK_INT(points.missing, tables[i].missing);
        CHECK_INT(points.repeated, tables[i].repeated);
        CHECK_INT(points.clashing, tables[i].clashing);
        CHECK_INT(doubts.duplicate, tables[i].duplicate);
        CHECK_INT(doubts.scrambled, tables[i].scrambled);
        CHECK_INT(doubts.same_place, tables[i].same_place);
        if (!tables[i].values)
            continue;
        check_times(&points, tables[i].first, tables[i].last);
        for (size_t j = 0; j < SAMPLES; j++)
            check_sample(&points, &tables[i].sample[j]);
    }
}

static void every_track(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tracks); i++) {
        ROW(tracks[i].name);
        struct err err = {0};
        AUTO(points_free) struct points points = {0};
        AUTO(buf_free) struct buf bytes = buf_new(FILE_MAX);
        read_file("../shared/data/tracks", tracks[i].file, &bytes);
        CHECK_OK(decode_points(buf_slice(&bytes), tracks[i].wanted, &limits, &points, &err), err);
        CHECK_INT(points.tracks, tracks[i].tracks);
        CHECK_INT(points.rows, tracks[i].fixes);
        size_t found = 0;
        struct utc least = {INT64_MAX}, most = {INT64_MIN};
        for (size_t t = 0; t < points.tracks; t++) {
            const struct track *track = &points.track[t];
            least = track->fix[0].at.s < least.s ? track->fix[0].at : least;
            most =
                track->fix[track->count - 1].at.s > most.s ? track->fix[track->count - 1].at : most;
            for (size_t f = 0; f < track->count; f++) {
                for (size_t s = 0; s < SAMPLES; s++) {
                    const struct track_fix *fix = &track->fix[f];
                    if (strcmp(track->storm, tracks[i].sample[s].storm) != 0 ||
                        strcmp(utc_text(fix->at).at, tracks[i].sample[s].at) != 0)
                        continue;
                    found++;
                    CHECK_TEXT(track->name, tracks[i].sample[s].called);
                    CHECK_INT(fix->latitude_milli, tracks[i].sample[s].latitude_milli);
                    CHECK_INT(fix->longitude_milli, tracks[i].sample[s].longitude_milli);
                    CHECK_INT(fix->wind_milli, tracks[i].sample[s].wind_milli);
                    CHECK_INT(fix->pressure_pa, tracks[i].sample[s].pressure_pa);
                    CHECK_INT(fix->radius_34_m, tracks[i].sample[s].radius_34_m);
                    CHECK_INT(fix->wind_average_s, 600);
                }
            }
        }
        CHECK_INT(found, SAMPLES);
        CHECK_TEXT(utc_text(least).at, tracks[i].first);
        CHECK_TEXT(utc_text(most).at, tracks[i].last);
    }
}

// With the positions that another file holds, the table whose names are mixed up is found out, and
// sound tables are not.
static void mixed_up_names_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *name, *list, *list_wanted, *table;
        size_t scrambled;
    } rows[] = {
        {"the columns' names are mixed up", "central_vn_72points_coordinates.csv", LIST("name"),
         "central_vn_gauges_daily_2011-2018_LABELS_UNRELIABLE.csv", 72},
        {"they are not", "imhen_stations.csv", LIST("station"),
         "imhen_monthly_rainfall_1961-2017.csv", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct points_doubts doubts = {0};
        AUTO(points_free) struct points list = {0};
        AUTO(points_free) struct points points = {0};
        AUTO(buf_free) struct buf bytes = buf_new(FILE_MAX);
        read_file("../shared/data/stations", rows[i].list, &bytes);
        CHECK_OK(decode_points(buf_slice(&bytes), rows[i].list_wanted, &limits, &list, &err), err);
        buf_clear(&bytes);
        read_file("../shared/data/stations", rows[i].table, &bytes);
        const char *wanted = NULL;
        for (size_t t = 0; t < COUNT_OF(tables); t++) {
            if (strcmp(tables[t].file, rows[i].table) == 0)
                wanted = tables[t].wanted;
        }
        CHECK_OK(decode_points(buf_slice(&bytes), wanted, &limits, &points, &err), err);
        for (size_t s = 0; s < points.stations; s++) {
            for (size_t l = 0; l < list.stations; l++) {
                if (strcmp(points.station[s].code, list.station[l].code) != 0)
                    continue;
                points.station[s].latitude_micro = list.station[l].latitude_micro;
                points.station[s].longitude_micro = list.station[l].longitude_micro;
            }
        }
        CHECK_OK(points_check(&points, &doubts, &err), err);
        CHECK_INT(doubts.scrambled, rows[i].scrambled);
        CHECK_INT(doubts.doubted, rows[i].scrambled ? points.values : 0);
        print_message("# correlation near %.2f, far %.2f\n", doubts.near, doubts.far);
    }
}

static void official_warnings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(warnings); i++) {
        ROW(warnings[i].file);
        struct err err = {0};
        AUTO(points_free) struct points points = {0};
        AUTO(buf_free) struct buf bytes = buf_new(FILE_MAX);
        read_file("../shared/data/cap", warnings[i].file, &bytes);
        enum err_kind kind =
            decode_points(buf_slice(&bytes), "{\"format\":\"cap\"}", &limits, &points, &err);
        if (warnings[i].refused) {
            CHECK_INT(kind, ERR_INPUT);
            CHECK_TEXT(err.text, warnings[i].refused);
            continue;
        }
        CHECK_OK(kind, err);
        CHECK_INT(points.bulletins, warnings[i].count);
        const struct bulletin *first = &points.bulletin[0];
        CHECK_TEXT(first->text[BULLETIN_IDENTIFIER], warnings[i].identifier);
        CHECK_TEXT(first->text[BULLETIN_SENT], warnings[i].sent);
        CHECK_TEXT(first->text[BULLETIN_EVENT], warnings[i].event);
        CHECK_TEXT(first->text[BULLETIN_SEVERITY], warnings[i].severity);
        // The one feed links each entry by its identifier.
        CHECK_TEXT(first->text[BULLETIN_LINK], warnings[i].count > 1 ? warnings[i].identifier : "");
    }
}

// No file is left out.
static void every_file_has_its_row(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(file_names_free) char **cap_names = NULL;
    CHECK_OK(file_names("../shared/data/cap", &cap_names, &err), err);
    for (size_t i = 0; cap_names[i]; i++) {
        bool found = false;
        ROW(cap_names[i]);
        for (size_t j = 0; j < COUNT_OF(warnings); j++)
            found = found || strcmp(warnings[j].file, cap_names[i]) == 0;
        CHECK(found);
    }
    AUTO(file_names_free) char **names = NULL;
    AUTO(file_names_free) char **track_names = NULL;
    CHECK_OK(file_names("../shared/data/stations", &names, &err), err);
    CHECK_OK(file_names("../shared/data/tracks", &track_names, &err), err);
    for (size_t i = 0; names[i]; i++) {
        bool found = false;
        ROW(names[i]);
        for (size_t j = 0; j < COUNT_OF(tables); j++)
            found = found || strcmp(tables[j].file, names[i]) == 0;
        CHECK(found);
    }
    for (size_t i = 0; track_names[i]; i++) {
        bool found = false;
        ROW(track_names[i]);
        for (size_t j = 0; j < COUNT_OF(tracks); j++)
            found = found || strcmp(tracks[j].file, track_names[i]) == 0;
        CHECK(found);
    }
}

int main(void)
{
    const char *built = getenv("GONG_BIN");
    AUTO(mem_drop) char *folder = proc_folder();
    AUTO(mem_drop) char *beside = file_join(folder, "../..");
    AUTO(mem_drop) char *program = file_join(built ? built : beside, "gong-points");
    limits.program = program;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table),
        cmocka_unit_test(every_track),
        cmocka_unit_test(mixed_up_names_are_found),
        cmocka_unit_test(official_warnings),
        cmocka_unit_test(every_file_has_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
