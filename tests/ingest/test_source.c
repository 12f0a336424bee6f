#include "ingest/source.h"

#include "tests/check.h"

#define HEAD "sources:\n  demo:\n    title: T\n    licence: L\n    kind: observation\n"
#define SET "    boundary_set: pilots\n"
#define RAIN "    variables: [{reads: rain, means: rain, interval: 6 h, stamp: end}]\n"
#define TIMED "    every: 6 h\n    from: 2024-09-01\n"
#define LEAD "    url: https://h.example/{YYYY}{MM}{DD}{hh}.{lead3}\n"
#define IN_FILE(file)                                                                              \
    "    variables: [{reads: tp, file: " file ", means: rain, interval: 6 h, stamp: end}]\n"
#define PARTED TIMED "    url: https://h.example/{YYYY}{MM}{DD}{hh}_{parameter}.nc\n"
#define INDEX(kind, take)                                                                          \
    "    index: {kind: " kind ", at: \"https://h.example/{YYYY}.idx\", take: [" take "]}\n"
#define REPORTS                                                                                    \
    "    format: reports\n    reports: {code: c, value: v, unit: u, figure: f, season: s}\n"
#define FIGURES(what) "    figures: [{reads: a, " what ", day: local00}]\n"
#define WEB "    url: https://h.example/{YYYY}{MM}{DD}{hh}.nc\n"

static void test_good(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        enum source_place place;
        bool in_site;
        enum wanted_interval interval;
        int64_t interval_s;
        bool ends;
    } rows[] = {
        {"a folder in the site", HEAD SET RAIN "    url: season/rain/\n", PLACE_FOLDER, true,
         INTERVAL_SPAN, 21600, true},
        {"a folder of the machine", HEAD SET RAIN "    url: file:///srv/era5/\n", PLACE_FOLDER,
         false, INTERVAL_SPAN, 21600, true},
        {"one file", HEAD SET RAIN "    url: file:///srv/a.nc\n", PLACE_FILE, false, INTERVAL_SPAN,
         21600, true},
        {"no url", HEAD SET RAIN, PLACE_NONE, false, INTERVAL_SPAN, 21600, true},
        {"one address on the web, asked every hour",
         HEAD SET RAIN "    url: https://h.example/a.nc\n    every: 1 h\n", PLACE_POLLED, false,
         INTERVAL_SPAN, 21600, true},
        {"an FTP server",
         HEAD SET RAIN "    url: ftp://h.example/{YYYY}.nc\n    every: 1 h\n    from: 2024-09-01\n",
         PLACE_TEMPLATE, false, INTERVAL_SPAN, 21600, true},
        {"an address with a time", HEAD SET RAIN WEB "    every: 6 h\n    from: 2024-09-01\n",
         PLACE_TEMPLATE, false, INTERVAL_SPAN, 21600, true},
        {"months",
         HEAD SET "    variables: [{reads: tp, means: rain, unit: m day-1, interval: month, stamp: "
                  "start}]\n",
         PLACE_NONE, false, INTERVAL_MONTH, 0, false},
        {"a day",
         HEAD SET "    variables: [{reads: a, means: rain, interval: day, stamp: start}]\n",
         PLACE_NONE, false, INTERVAL_SPAN, 86400, false},
        {"bounds", HEAD SET "    variables: [{reads: a, means: rain, interval: bounds}]\n",
         PLACE_NONE, false, INTERVAL_BOUNDS, 0, false},
        {"a running total since midnight",
         HEAD SET "    variables: [{reads: tp, means: rain, interval: since day}]\n", PLACE_NONE,
         false, INTERVAL_SINCE_DAY, 0, false},
        {"a moment", HEAD SET "    variables: [{reads: a, means: gust, interval: instant}]\n",
         PLACE_NONE, false, INTERVAL_INSTANT, 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        AUTO(sources_free) struct sources *sources = NULL;
        CHECK_OK(sources_parse(str_of(rows[i].text), "s.yaml", &sources, &err), err);
        CHECK_INT(sources->count, 1);
        const struct source *one = &sources->at[0];
        CHECK_TEXT(one->name, "demo");
        CHECK_TEXT(one->boundary_set, "pilots");
        CHECK_INT(one->place, rows[i].place);
        CHECK_INT(one->in_site, rows[i].in_site);
        CHECK_INT(one->wanted.count, 1);
        CHECK_INT(one->wanted.at[0].interval, rows[i].interval);
        CHECK_INT(one->wanted.at[0].interval_s, rows[i].interval_s);
        CHECK_INT(one->wanted.at[0].stamp_ends, rows[i].ends);
    }
}

static void test_components(void **state)
{
    (void)state;
    struct err err = {0};
    AUTO(sources_free) struct sources *sources = NULL;
    static const char *const text =
        HEAD SET "    files: cdf5\n    variables: [{reads: [u10, v10], means: wind, interval: "
                 "instant, pick: \"level=850, height=10\", where: \"q!=bad|2\"}]\n";
    CHECK_OK(sources_parse(str_of(text), "s.yaml", &sources, &err), err);
    const struct wanted *wanted = &sources->at[0].wanted.at[0];
    CHECK(sources->at[0].wanted.cdf5);
    CHECK_TEXT(wanted->reads, "u10");
    CHECK_TEXT(wanted->reads_north, "v10");
    CHECK_TEXT(wanted->where, "q!=bad|2");
    CHECK_INT(wanted->pick_count, 2);
    CHECK_TEXT(wanted->pick[1].dim, "height");
    CHECK_NEAR(wanted->pick[1].value, 10, 0);
}

static const struct {
    const char *name, *text, *says;
} refused_rows[] = {
    {"an empty file", "", "s.yaml:1:"},
    {"no sources", "a: 1\n", "s.yaml:1:1: "},
    {"an unknown key", HEAD SET RAIN "    ulr: x/\n", "s.yaml:8:5: "},
    {"it names the nearest", HEAD SET RAIN "    ulr: x/\n", "url"},
    {"no boundary set", HEAD RAIN, "boundary_set"},
    {"a boundary set that is too long",
     HEAD RAIN "    boundary_set: a123456789a123456789a123456789a123456789\n", "1 to 31 bytes"},
    {"no variable", HEAD SET "    variables: []\n", "0 variables; write 1 to 16"},
    {"an unknown variable",
     HEAD SET "    variables: [{reads: a, means: snow, interval: day, stamp: start}]\n", "snow"},
    {"no meaning", HEAD SET "    variables: [{reads: a, interval: day, stamp: start}]\n",
     "write rain, wind, gust, temperature or chance"},
    {"the same twice",
     HEAD SET "    variables:\n      - {reads: a, means: gust, interval: instant}\n      - "
              "{reads: b, means: gust, interval: instant}\n",
     "s.yaml:9:9: \"gust\" is read twice"},
    {"cells beyond the site", HEAD SET RAIN "    cells: ../grid.nc\n",
     "\"cells\" is the path of a file within the site, such as"},
    {"cells somewhere on this machine", HEAD SET RAIN "    cells: /grid.nc\n",
     "\"cells\" is the path of a file within the site"},
    {"cells on the web", HEAD SET RAIN "    cells: https://h.example/grid.nc\n",
     "\"cells\" is the path of a file within the site"},
    {"cells of files that are no GRIB", HEAD SET RAIN "    files: cdf5\n    cells: grid.nc\n",
     "\"cells\" belongs to grids in GRIB; leave it out"},
    {"a unit of something else",
     HEAD SET "    variables: [{reads: tp, means: rain, unit: kg, interval: day, stamp: end}]\n",
     "s.yaml:7:48: the unit \"kg\" does not fit rain (mm or mm day-1)"},
    {"a unit that is misspelt",
     HEAD SET "    variables: [{reads: t, means: temperature, unit: Klvin, interval: instant}]\n",
     "the unit \"Klvin\" does not fit temperature (K)"},
    {"a second product without a bound",
     HEAD SET RAIN "    second: {source: other, over: 1 days}\n", "\"apart\""},
    {"a second product over what is no part of a day",
     HEAD SET RAIN "    second: {source: other, over: 7 h, apart: 50 mm}\n",
     "s.yaml:8:35: over: write 1 h to 31 days, a part of a day or whole days"},
    {"a bound of nothing", HEAD SET RAIN "    second: {source: other, over: 1 days, apart: 0 mm}\n",
     "apart: write more than 0 mm"},
    {"a source that is its own second",
     HEAD SET RAIN "    second: {source: demo, over: 1 days, apart: 50 mm}\n",
     "name another source"},
    {"a second product that is not there",
     HEAD SET RAIN "    second: {source: demi, over: 1 days, apart: 50 mm}\n",
     "s.yaml:8:22: sources.yaml has no source \"demi\"; did you mean \"demo\"?"},
    {"a second product of wind",
     HEAD SET "    second: {source: other, over: 1 days, apart: 50 mm}\n"
              "    variables: [{reads: a, means: wind, interval: instant}]\n",
     "\"second\" belongs to observed rain on a grid"},
    {"a second product of what the source has not",
     HEAD SET RAIN "    second: {source: other, means: gust, over: 1 days, apart: 9 m/s}\n",
     "\"second\" belongs to observed gust on a grid"},
    {"a second product of chances",
     HEAD SET RAIN "    second: {source: other, means: chance, over: 1 days, apart: 50 %}\n",
     "s.yaml:8:36: means: write rain, wind, gust or temperature"},
    {"a bound in another unit",
     HEAD SET "    second: {source: other, means: gust, over: 1 days, apart: 50 mm}\n"
              "    variables: [{reads: a, means: gust, interval: instant}]\n",
     "apart: "},
    {"a second product of other communes",
     HEAD SET RAIN "    second: {source: other, over: 1 days, apart: 50 mm}\n"
                   "  other:\n    title: T\n    licence: L\n    kind: observation\n"
                   "    boundary_set: others\n" RAIN,
     "other is no observed rain of the communes of \"pilots\""},
    {"no interval", HEAD SET "    variables: [{reads: a, means: rain}]\n",
     "\"interval\" is missing"},
    {"an interval of words",
     HEAD SET "    variables: [{reads: a, means: rain, interval: hourly, stamp: end}]\n",
     "\"hourly\" is no interval; write month, day"},
    {"an interval of nothing",
     HEAD SET "    variables: [{reads: a, means: rain, interval: 0 h, stamp: end}]\n",
     "1 s to 366 days"},
    {"no stamp", HEAD SET "    variables: [{reads: a, means: rain, interval: day}]\n",
     "\"stamp\" is missing; write start or end"},
    {"a stamp of bounds",
     HEAD SET "    variables: [{reads: a, means: rain, interval: bounds, stamp: end}]\n",
     "has no meaning here"},
    {"a wrong stamp",
     HEAD SET "    variables: [{reads: a, means: rain, interval: day, stamp: middle}]\n", "middle"},
    {"rain of a moment", HEAD SET "    variables: [{reads: a, means: rain, interval: instant}]\n",
     "never of an instant"},
    {"three components",
     HEAD SET "    variables: [{reads: [u, v, w], means: wind, interval: instant}]\n",
     "3 names; write one, or of a wind its two components: [u10, v10]"},
    {"two components of rain",
     HEAD SET "    variables: [{reads: [a, b], means: rain, interval: day, stamp: end}]\n",
     "only a wind or a gust has two components"},
    {"a choice of nothing",
     HEAD SET "    variables: [{reads: a, means: gust, interval: instant, pick: percentile}]\n",
     "\"percentile\" chooses nothing; write a dimension and a number"},
    {"flags of nothing",
     HEAD SET "    variables: [{reads: a, means: gust, interval: instant, where: quality}]\n",
     "\"quality\" names no flags; write a variable and its flags"},
    {"flags as a list",
     HEAD SET "    variables: [{reads: a, means: gust, interval: instant, where: [a=b]}]\n",
     "write a variable and its flags, such as \"quality=good\""},
    {"links of a grid",
     HEAD SET RAIN "    url: https://a.example/x.nc\n    every: 1 h\n    links: yes\n",
     "links are those of a feed"},
    {"a running total of gusts",
     HEAD SET "    variables: [{reads: a, means: gust, interval: since day}]\n",
     "only rain is a running total"},
    {"a run that an observation has not",
     HEAD SET "    variables: [{reads: a, means: rain, interval: since run}]\n",
     "belongs to \"kind: forecast\""},
    {"files of another kind", HEAD SET RAIN "    files: grib\n", "cdf5"},
    {"a path of the machine", HEAD SET RAIN "    url: /srv/era5/\n", "write https://"},
    {"a path out of the site", HEAD SET RAIN "    url: a/../../b/\n", "write https://"},
    {"another protocol", HEAD SET RAIN "    url: gopher://h.example/\n", "write https://"},
    {"an address on the web that nobody knows when to ask",
     HEAD SET RAIN "    url: https://h.example/a.nc\n", "\"every\" is missing"},
    {"a lead without a list", HEAD SET RAIN TIMED "    url: https://h/{YYYY}{lead3}\n",
     "{lead} in the url and \"leads\" go together"},
    {"a list without a lead",
     HEAD SET RAIN WEB TIMED "    leads: {first: 3 h, last: 9 h, every: 3 h}\n",
     "{lead} in the url and \"leads\" go together"},
    {"leads that miss their last",
     HEAD SET RAIN TIMED LEAD "    leads: {first: 3 h, last: 10 h, every: 3 h}\n",
     "in steps of \"every\""},
    {"leads of half hours",
     HEAD SET RAIN TIMED LEAD "    leads: {first: 3 h, last: 9 h, every: 30 min}\n",
     "every: write 3600 s"},
    {"too many files a run",
     HEAD SET RAIN TIMED "    url: https://h/{YYYY}{lead}{member}\n    members: {first: 1, last: "
                         "50}\n    leads: {first: 0 h, last: 200 h, every: 1 h}\n",
     "10050 files for one step, at most 5000"},
    {"a member without a list", HEAD SET RAIN TIMED "    url: https://h/{YYYY}{member2}\n",
     "{member} in the url and \"members\" go together"},
    {"members backwards",
     HEAD SET RAIN TIMED "    url: https://h/{YYYY}{member}\n    members: {first: 9, last: 1}\n",
     "last: "},
    {"a mirror without the time", HEAD SET RAIN WEB TIMED "    mirrors: [\"https://m/a.nc\"]\n",
     "names the same time"},
    {"a mirror that is a folder", HEAD SET RAIN WEB TIMED "    mirrors: [x/]\n",
     "a mirror is an address"},
    {"mirrors of a folder", HEAD SET RAIN "    url: a/\n    mirrors: [\"https://m/\"]\n",
     "\"mirrors\" belongs to a url"},
    {"a password in the clear", HEAD SET RAIN TIMED "    url: http://h/{YYYY}\n    login: netrc\n",
     "over https or ftp only"},
    {"another way to log in", HEAD SET RAIN WEB TIMED "    login: kerberos\n", "kerberos"},
    {"a checksum of another kind",
     HEAD SET RAIN WEB TIMED "    checksum: {kind: crc32, at: header}\n", "crc32"},
    {"a checksum from nowhere", HEAD SET RAIN WEB TIMED "    checksum: {kind: sha256, at: here}\n",
     "\"at\" is header, etag, or an address"},
    {"two proofs",
     HEAD SET RAIN WEB TIMED "    compare: yes\n    checksum: {kind: sha256, at: header}\n",
     "leave \"compare\" out"},
    {"bytes that go before a policy's period ends",
     HEAD SET RAIN WEB TIMED "    retention: 30 days\n", "retention: write 34560000 s"},
    {"stale before late", HEAD SET RAIN WEB TIMED "    late_after: 6 h\n    stale_after: 5 h\n",
     "what is stale is late before"},
    {"an unknown format", HEAD SET RAIN "    format: bufr\n", "bufr"},
    {"stations of a boundary set", HEAD SET RAIN "    format: stations\n",
     "\"boundary_set\" belongs to grids"},
    {"stations without a description", HEAD RAIN "    format: stations\n", "stations"},
    {"a table that does not say its unit",
     HEAD RAIN "    format: stations\n    stations: {format: csv, code: c, time: t, time_format: "
               "YYYY}\n",
     "\"unit\" must be a text"},
    {"tracks without an average", HEAD "    format: tracks\n    tracks: {format: jma}\n",
     "\"wind_average\" says what"},
    {"tracks that are a table", HEAD "    format: tracks\n    tracks: {format: csv}\n",
     "time_format"},
    {"an unknown slot", HEAD SET RAIN "    url: https://h.example/{year}.nc\n",
     "{year} is unknown; write {YYYY}"},
    {"a brace alone", HEAD SET RAIN "    url: https://h.example/{YYYY}{.nc\n", "stands alone"},
    {"no every", HEAD SET RAIN WEB "    from: 2024-09-01\n", "every"},
    {"no from", HEAD SET RAIN WEB "    every: 6 h\n", "from"},
    {"a from that is no date", HEAD SET RAIN WEB "    every: 6 h\n    from: 2024-02-30\n",
     "s.yaml:10:11: from: "},
    {"every second", HEAD SET RAIN WEB "    every: 1 s\n    from: 2024-09-01\n",
     "every: write 60 s to 366 days"},
    {"every month from amid one", HEAD SET RAIN WEB "    every: month\n    from: 2024-09-02\n",
     "s.yaml:10:11: from: with \"every: month\" it is the first moment of a month"},
    {"every year of an address that is asked for again",
     HEAD SET RAIN "    url: https://h.example/a.nc\n    every: year\n",
     "every: \"year\" belongs to a url with {YYYY}"},
    {"every of a folder", HEAD SET RAIN "    url: a/\n    every: 6 h\n",
     "belongs to a url with {YYYY}"},
    {"parameters without their slot", HEAD SET IN_FILE("tp") WEB TIMED "    parameters: [tp]\n",
     "{parameter} in the url and \"parameters\" go together"},
    {"a slot without parameters", HEAD SET RAIN TIMED "    url: https://h/{YYYY}{parameter}\n",
     "{parameter} in the url and \"parameters\" go together"},
    {"a file of no parameter", HEAD SET IN_FILE("tp") WEB TIMED,
     "\"file\" belongs to a source with \"parameters\""},
    {"a file that is not listed", HEAD SET IN_FILE("u") PARTED "    parameters: [tp]\n",
     "\"file\" names one of the parameters"},
    {"a variable of no file", HEAD SET RAIN PARTED "    parameters: [tp]\n",
     "\"file\" is missing: which of the parameters holds it"},
    {"a file that nobody reads", HEAD SET IN_FILE("tp") PARTED "    parameters: [tp, u]\n",
     "no variable is read from the file of \"u\""},
    {"one parameter twice", HEAD SET IN_FILE("tp") PARTED "    parameters: [tp, tp]\n",
     "the parameter \"tp\" stands twice"},
    {"a parameter that is a path", HEAD SET IN_FILE("tp") PARTED "    parameters: [a/b]\n",
     "a parameter is letters, digits"},
    {"two files of one component", HEAD SET IN_FILE("[a, b]") PARTED "    parameters: [a, b]\n",
     "write one parameter, or of a wind that is read from two components both"},
    {"names of what is no folder", HEAD SET RAIN WEB TIMED "    names: \"{YYYY}.nc\"\n",
     "\"names\" belongs to a url that is a folder"},
    {"names with a folder in them", HEAD SET RAIN "    url: a/\n    names: \"b/{YYYY}.nc\"\n",
     "is what the files are called, without a folder"},
    {"names without a time", HEAD SET RAIN "    url: a/\n    names: \"{member}.nc\"\n",
     "\"names\" has the step's or run's time"},
    {"leads of a folder whose names do not say them",
     HEAD SET RAIN
     "    url: a/\n    names: \"{YYYY}.nc\"\n    leads: {first: 3 h, last: 6 h, every: "
     "3 h}\n",
     "{lead} where there are leads"},
    {"parameters of a folder without names",
     HEAD SET IN_FILE("tp") "    url: a/\n    parameters: [tp]\n",
     "write with \"names\" how they are called"},
    {"an index of a folder", HEAD SET RAIN "    url: a/\n" INDEX("wgrib2", "\":A:\""),
     "beside a url with times"},
    {"an index of another kind", HEAD SET RAIN WEB TIMED INDEX("bufr", "\":A:\""), "bufr"},
    {"a choice that is none", HEAD SET RAIN WEB TIMED INDEX("wgrib2", "APCP"),
     "\"APCP\" chooses no message; write a part of its line between colons"},
    {"nothing chosen", HEAD SET RAIN WEB TIMED INDEX("wgrib2", ""),
     "\"take\" is a list of 1 to 16"},
    {"pieces over FTP",
     HEAD SET RAIN TIMED "    url: ftp://h.example/{YYYY}.nc\n" INDEX("wgrib2", "\":A:\""),
     "pieces are had over http and https only"},
    {"a checksum of pieces",
     HEAD SET RAIN WEB TIMED
     "    checksum: {kind: sha256, at: header}\n" INDEX("wgrib2", "\":A:\""),
     "are of whole files; leave them out"},
    {"an unknown kind", "sources:\n  d:\n    title: T\n    licence: L\n    kind: guess\n" SET RAIN,
     "guess"},
    {"reports of no communes", HEAD "    format: reports\n", "\"boundary_set\""},
    {"reports without their columns", HEAD SET "    format: reports\n", "\"reports\""},
    {"reports of nothing", HEAD SET REPORTS, "\"figures\""},
    {"figures that are no figures", HEAD SET REPORTS FIGURES("means: rain, from: 06-01, to: 10-31"),
     "\"rain\" is no figure; write yield, mortality or loss"},
    {"a figure as a word", HEAD SET REPORTS "    figures: [loss]\n", "a figure is wanted here"},
    {"a figure with another key", HEAD SET REPORTS FIGURES("means: loss, until: 10-31"), "until"},
    {"a season without its end", HEAD SET REPORTS FIGURES("means: yield, from: 06-01"),
     "\"from\" and \"to\" of a figure go together"},
    {"a season that begins on no day of every year",
     HEAD SET REPORTS FIGURES("means: yield, from: 02-29, to: 10-31"), "is no day of every year"},
    {"a year, and no season", HEAD SET REPORTS FIGURES("means: yield"),
     "a column \"season\" (the year) goes with \"from\" and \"to\""},
    {"no day boundary",
     HEAD SET REPORTS "    figures: [{reads: a, means: yield, from: 06-01, to: 10-31}]\n",
     "as in the policy: utc00, local00 or vnrain19"},
    {"a unit in two places",
     HEAD SET REPORTS FIGURES("means: yield, from: 06-01, to: 10-31, unit: t/ha"),
     "the unit stands in a column"},
    {"a year and days",
     HEAD SET
     "    format: reports\n    reports: {code: c, value: v, unit: u, season: s, first_day: "
     "a, last_day: b}\n" FIGURES("means: loss"),
     "in the column \"season\" (the year in which it begins) or in"},
    {"two of a kind",
     HEAD SET REPORTS
     "    figures: [{reads: a, means: loss, from: 06-01, to: 10-31, day: utc00}, {reads: b, means: "
     "loss, from: 06-01, to: 10-31, day: utc00}]\n",
     "\"loss\" is read twice; one source gives one loss of a commune"},
    {"two figures, and no column that says which",
     HEAD SET
     "    format: reports\n    reports: {code: c, value: v, unit: u, season: s}\n"
     "    figures: [{reads: a, means: loss, from: 06-01, to: 10-31, day: utc00}, {reads: b, "
     "means: yield, from: 06-01, to: 10-31, day: utc00}]\n",
     "\"figure\" names the column"},
    {"a table of gauges that says it is of figures",
     HEAD "    format: stations\n    stations: {format: reports, code: c, time: t, time_format: "
          "YYYY}\n" RAIN,
     "\"value\" must be a text"},
    {"variables of reports", HEAD SET RAIN REPORTS, "what reports give stands under \"figures\""},
    {"reports of the future",
     "sources:\n  d:\n    title: T\n    licence: L\n    kind: forecast\n" SET
     "    format: reports\n",
     "what people report is an observation"},
    {"a table of gauges of the future: it would be taken for what was measured",
     "sources:\n  d:\n    title: T\n    licence: L\n    kind: forecast\n    format: stations\n"
     "    url: a/\n    stations: {format: csv, code: c, time: t, time_format: YYYY}\n" RAIN,
     "write \"kind: observation\""},
    {"figures of a grid", HEAD SET RAIN "    figures: [loss]\n", "belongs to \"format: reports\""},
    {"the communes of gauges", HEAD SET "    format: stations\n" RAIN,
     "belongs to grids and reports; leave it out"},
    {"a name with capitals", "sources:\n  Demo:\n    title: T\n", "s.yaml:2:3: a source's name"},
    {"two of one name", "sources:\n  a: {}\n  a: {}\n", "s.yaml:3:3"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused_rows); i++) {
        ROW(refused_rows[i].name);
        struct err err = {0};
        struct sources *sources = NULL;
        CHECK_INT(sources_parse(str_of(refused_rows[i].text), "s.yaml", &sources, &err), ERR_INPUT);
        CHECK(!sources);
        CHECK_HAS(err.text, refused_rows[i].says);
        CHECK_HAS(err.text, "s.yaml:");
    }
}

// What an address says of its file, and the address of the file beside it.
static void test_located(void **state)
{
    (void)state;
    static const char text[] =
        HEAD SET "    variables: [{reads: [u, v], file: [u_10m, v_10m], means: wind, interval: "
                 "instant}]\n    parameters: [u_10m, v_10m]\n    url: icon/\n    names: "
                 "\"x_{YYYY}{MM}{DD}{hh}_{lead3}_{PARAMETER}.grib2\"\n";
    struct err err = {0};
    struct source_spot spot;
    AUTO(sources_free) struct sources *sources = NULL;
    AUTO(buf_free) struct buf beside = buf_new(1000);
    CHECK_OK(sources_parse(str_of(text), "s.yaml", &sources, &err), err);
    const struct source *source = &sources->at[0];
    CHECK(source_locate(source, "icon/x_2024090618_072_V_10M.grib2", &spot));
    CHECK_TEXT(utc_text(spot.step).at, "2024-09-06T18:00:00Z");
    CHECK_INT(spot.lead_h, 72);
    CHECK_INT(spot.parameter, 1);
    CHECK(spot.has_lead && !spot.has_member);
    source_beside(source, &spot, 0, &beside);
    CHECK_TEXT(beside.at, "icon/x_2024090618_072_U_10M.grib2");
    CHECK(!source_locate(source, "icon/x_2024090618_072_T_2M.grib2", &spot));
    CHECK(!source_locate(source, "other/x_2024090618_072_V_10M.grib2", &spot));
}

static void test_parts(void **state)
{
    (void)state;
    static const char text[] = HEAD SET RAIN TIMED
        "    url: https://h.example/{YYYY}{MM}{DD}{hh}/m{member2}.f{lead3}\n"
        "    mirrors: [\"ftp://m/{YY}{JJJ}{hh}{member}/{lead}\"]\n"
        "    members: {first: 1, last: 3}\n    leads: {first: 3 h, last: 12 h, every: 3 h}\n"
        "    checksum: {kind: sha256, at: \"https://h/{YYYY}{lead}{member}.sha256\"}\n"
        "    retention: 500 days\n    missing_after: 2 days\n    recheck: 3 days\n"
        "    at_once: 4\n    login: netrc\n";
    struct err err = {0};
    AUTO(sources_free) struct sources *sources = NULL;
    CHECK_OK(sources_parse(str_of(text), "s.yaml", &sources, &err), err);
    const struct source *one = &sources->at[0];
    CHECK_INT(source_parts(one), 12);
    CHECK_INT(source_mirrors(one), 2);
    CHECK_INT(one->fetch.keep_s, 500 * DAY_S);
    CHECK_INT(one->fetch.missing_after_s, 2 * DAY_S);
    CHECK_INT(one->fetch.recheck_s, 3 * DAY_S);
    CHECK_INT(one->fetch.at_once, 4);
    CHECK(one->fetch.login);
    static const struct {
        size_t part, mirror;
        const char *address;
    } rows[] = {
        {0, 0, "https://h.example/2024090112/m01.f003"},
        {3, 0, "https://h.example/2024090112/m01.f012"},
        {4, 0, "https://h.example/2024090112/m02.f003"},
        {11, 0, "https://h.example/2024090112/m03.f012"},
        {11, 1, "ftp://m/24245123/12"},
    };
    struct utc step;
    CHECK_OK(utc_parse(STR("2024-09-01T12:00Z"), &step, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].address);
        AUTO(buf_free) struct buf out = buf_new(1000);
        source_address(one, step, rows[i].part, rows[i].mirror, &out);
        CHECK_TEXT(out.at, rows[i].address);
    }
    AUTO(buf_free) struct buf sum = buf_new(1000);
    source_fill(one, one->fetch.sum_url, step, 11, &sum);
    CHECK_TEXT(sum.at, "https://h/2024123.sha256");
}

static void test_address(void **state)
{
    (void)state;
    static const struct {
        const char *name, *url, *time, *address;
        int64_t every_s;
        int32_t every_months;
    } rows[] = {
        {"a run every six hours", "https://h/{YYYY}{MM}{DD}/{hh}.nc", "2024-09-07T06:00Z",
         "https://h/20240907/06.nc", 21600, 0},
        {"a half hour as IMERG names it",
         "https://h/{JJJ}/3B.{YYYY}{MM}{DD}-S{hh}{mm}00-E{Ehh}{Emm}{Ess}.{mmmm}.HDF5",
         "2024-09-07T23:30Z", "https://h/251/3B.20240907-S233000-E235959.1410.HDF5", 1800, 0},
        {"the last second of a month is of the next but one day", "https://h/{EYYYY}-{EMM}-{EDD}",
         "2024-02-28", "https://h/2024-02-29", 172800, 0},
        {"the last second of a February", "https://h/{YYYY}{MM}01-{EYYYY}{EMM}{EDD}", "2024-02-01",
         "https://h/20240201-20240229", 31 * DAY_S, 1},
        {"the last second of a year", "https://h/{YYYY}/{EMM}{EDD}", "2028-01-01",
         "https://h/2028/1231", 366 * DAY_S, 12},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct utc time;
        AUTO(mem_drop) char *url = mem_text(rows[i].url);
        struct source source = {.url = url,
                                .place = PLACE_TEMPLATE,
                                .every_s = rows[i].every_s,
                                .every_months = rows[i].every_months,
                                .lead_count = 1,
                                .member_count = 1};
        AUTO(buf_free) struct buf out = buf_new(1000);
        CHECK_OK(utc_parse(str_of(rows[i].time), &time, &err), err);
        source_address(&source, time, 0, 0, &out);
        CHECK_TEXT(out.at, rows[i].address);
        struct source_spot spot = {0};
        bool there = source_locate(&source, out.at, &spot);
        CHECK(!there || rows[i].every_months == 0 || spot.step.s == time.s);
        CHECK(there || rows[i].every_months == 0);
    }
}

// Steps of a fixed length are counted from the first; those of the calendar stay on its first days,
// in leap years too, before the first step and behind it.
static void test_steps(void **state)
{
    (void)state;
    static const struct {
        const char *name, *from, *at, *step, *next, *far; // far: 30 steps on
        int64_t every_s;
        int32_t every_months;
    } rows[] = {
        {"six hours", "2024-09-01T00:00:00Z", "2024-09-07T07:00:00Z", "2024-09-07T06:00:00Z",
         "2024-09-07T12:00:00Z", "2024-09-14T18:00:00Z", 21600, 0},
        {"before the first", "2024-09-01T00:00:00Z", "2024-08-31T23:00:00Z", "2024-08-31T18:00:00Z",
         "2024-09-01T00:00:00Z", "2024-09-08T06:00:00Z", 21600, 0},
        {"years, over a leap year", "2026-01-01T00:00:00Z", "2028-12-31T23:00:00Z",
         "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z", "2058-01-01T00:00:00Z", 366 * DAY_S, 12},
        {"a year before the first", "2026-01-01T00:00:00Z", "2024-02-29T00:00:00Z",
         "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2054-01-01T00:00:00Z", 366 * DAY_S, 12},
        {"months", "2026-01-01T00:00:00Z", "2027-02-28T23:59:59Z", "2027-02-01T00:00:00Z",
         "2027-03-01T00:00:00Z", "2029-08-01T00:00:00Z", 31 * DAY_S, 1},
        {"a year that begins in July", "2026-07-01T00:00:00Z", "2027-06-30T00:00:00Z",
         "2026-07-01T00:00:00Z", "2027-07-01T00:00:00Z", "2056-07-01T00:00:00Z", 366 * DAY_S, 12},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct utc at;
        struct source source = {.every_s = rows[i].every_s, .every_months = rows[i].every_months};
        CHECK_OK(utc_parse(str_of(rows[i].from), &source.from, &err), err);
        CHECK_OK(utc_parse(str_of(rows[i].at), &at, &err), err);
        struct utc step = source_step(&source, at);
        CHECK_TEXT(utc_text(step).at, rows[i].step);
        CHECK_TEXT(utc_text(source_step_on(&source, step, 1)).at, rows[i].next);
        CHECK_TEXT(utc_text(source_step_on(&source, step, 30)).at, rows[i].far);
        CHECK_INT(source_step_on(&source, source_step_on(&source, step, 30), -30).s, step.s);
        CHECK_INT(source_step(&source, step).s, step.s);
    }
}

// The file that ships is good, and a name that is misspelt is named.
static void test_shipped(void **state)
{
    (void)state;
    struct err err = {0};
    const struct source *one = NULL;
    AUTO(sources_free) struct sources *sources = NULL;
    CHECK_OK(sources_load("data/sources.yaml", &sources, &err), err);
    CHECK_OK(sources_find(sources, "demo-forecast", &one, &err), err);
    CHECK(one->wanted.forecast);
    CHECK_INT(one->wanted.count, 2);
    CHECK_OK(sources_find(sources, "era5land-monthly", &one, &err), err);
    CHECK_TEXT(one->wanted.at[0].unit, "m day-1");
    CHECK_TEXT(one->boundary_set, "vn2025");
    CHECK_INT(sources_find(sources, "demo-observd", &one, &err), ERR_MISSING);
    CHECK_HAS(err.text, "did you mean \"demo-observed\"?");
}

TEST_MAIN(cmocka_unit_test(test_components), cmocka_unit_test(test_good),
          cmocka_unit_test(test_refusals), cmocka_unit_test(test_address),
          cmocka_unit_test(test_steps), cmocka_unit_test(test_located),
          cmocka_unit_test(test_parts), cmocka_unit_test(test_shipped))
