#include "triggers/report.h"

#include "core/cdf.h"
#include "core/mem.h"
#include "ledger/decision.h"
#include "policies/policy.h"
#include "triggers/backtest.h"
#include "triggers/history.h"

#include <math.h>

#define TEXT(attribute, value)                                                                     \
    {                                                                                              \
        .name = (attribute), .text = (value)                                                       \
    }

// The places' codes and positions as blocks.
struct places {
    char *code;
    size_t width;
    double *lat, *lon;
};

static void places_free(struct places *places)
{
    mem_free(&places->code);
    mem_free(&places->lat);
    mem_free(&places->lon);
}

static void places_make(const struct report *report, struct places *out)
{
    const struct backtest *b = report->backtest;
    out->width = 1;
    for (size_t c = 0; c < b->communes; c++) {
        size_t len = strlen(history_place(report->history, b->place[c]).code);
        out->width = len > out->width ? len : out->width;
    }
    out->code = mem_new(b->communes, out->width);
    out->lat = mem_new(b->communes, sizeof(*out->lat));
    out->lon = mem_new(b->communes, sizeof(*out->lon));
    for (size_t c = 0; c < b->communes; c++) {
        struct series_place place = history_place(report->history, b->place[c]);
        for (size_t k = 0; place.code[k]; k++)
            out->code[c * out->width + k] = place.code[k];
        out->lat[c] = place.lat;
        out->lon[c] = place.lon;
    }
}

enum { VARIABLES = 8 };

static void put_variables(const struct policy *policy, const struct places *places,
                          struct cdf_variable *out)
{
    const struct cdf_attribute fill = {.name = "_FillValue", .number = NAN, .type = CDF_DOUBLE};
    const struct cdf_attribute where = TEXT("coordinates", "lat lon code");
    const struct cdf_variable variable[VARIABLES] = {
        {"time",
         CDF_DOUBLE,
         {"time"},
         {TEXT("standard_name", "time"), TEXT("long_name", "end of the season"),
          TEXT("units", "seconds since 1970-01-01 00:00:00"), TEXT("calendar", "standard"),
          TEXT("axis", "T"), TEXT("bounds", "time_bnds")},
         NULL},
        {"time_bnds", CDF_DOUBLE, {"time", "bnds"}, {{0}}, NULL},
        {"code",
         CDF_CHAR,
         {"place", "code_length"},
         {TEXT("cf_role", "timeseries_id"), TEXT("long_name", "code of the place")},
         places->code},
        {"lat",
         CDF_DOUBLE,
         {"place"},
         {TEXT("standard_name", "latitude"), TEXT("units", "degrees_north")},
         places->lat},
        {"lon",
         CDF_DOUBLE,
         {"place"},
         {TEXT("standard_name", "longitude"), TEXT("units", "degrees_east")},
         places->lon},
        {"index",
         CDF_DOUBLE,
         {"time", "place"},
         {TEXT("long_name", "index of the policy, rounded"),
          TEXT("units", unit_word(policy->index.unit, LANGUAGE_EN)), fill, where},
         NULL},
        {"answer",
         CDF_SHORT,
         {"time", "place"},
         {TEXT("long_name", "0 no, 1 yes, 2 not known"), TEXT("units", "1"), where},
         NULL},
        {"payout",
         CDF_DOUBLE,
         {"time", "place"},
         {TEXT("long_name", "payout in VND"), TEXT("units", "1"), fill, where},
         NULL},
    };
    memcpy(out, variable, sizeof(variable));
}

static enum err_kind create(const struct report *report, const struct places *places,
                            const char *path, struct cdf_writer **out, struct err *err)
{
    const struct policy *policy = report->backtest->policy;
    const struct cdf_attribute own[] = {
        TEXT("Conventions", "CF-1.8"),
        TEXT("featureType", "timeSeries"),
        TEXT("title", "answers of a policy over past seasons, made by gong"),
        TEXT("policy", policy->id),
        TEXT("policy_hash", hash_hex(policy->hash).at),
        TEXT("series", report->series),
        {.name = "sum_insured_vnd",
         .number = (double)report->backtest->sum_insured_vnd,
         .type = CDF_DOUBLE},
        {0},
    };
    const struct cdf_dimension dimension[] = {{"time", 0},
                                              {"place", report->backtest->communes},
                                              {"bnds", 2},
                                              {"code_length", places->width}};
    struct cdf_variable variable[VARIABLES];
    put_variables(policy, places, variable);
    const struct cdf_layout layout = {own, dimension, variable, COUNT_OF(dimension),
                                      COUNT_OF(variable)};
    return cdf_create(path, &layout, out, err);
}

static enum err_kind append(const struct backtest *b, size_t o, double *index, int16_t *answer,
                            double *payout, struct cdf_writer *writer, struct err *err)
{
    const struct occasion *occasion = &b->occasions.at[o];
    double time = (double)occasion->to.s, bounds[2] = {(double)occasion->from.s, time};
    for (size_t c = 0; c < b->communes; c++) {
        size_t cell = o * b->communes + c;
        bool known = b->quotient[cell] != INDEX_NOT_KNOWN;
        index[c] = known ? (double)backtest_index(b, cell) / 1000 : NAN;
        answer[c] = (int16_t)b->answer[cell];
        payout[c] = b->answer[cell] == ANSWER_UNKNOWN ? NAN : (double)b->pays_vnd[cell];
    }
    return cdf_append(writer, (const void *const[]){&time, bounds, index, answer, payout}, err);
}

enum err_kind report_netcdf(const struct report *report, const char *path, struct err *err)
{
    const struct backtest *b = report->backtest;
    AUTO(places_free) struct places places = {0};
    AUTO(cdf_drop) struct cdf_writer *writer = NULL;
    AUTO(mem_drop) double *index = mem_new(b->communes, sizeof(*index));
    AUTO(mem_drop) int16_t *answer = mem_new(b->communes, sizeof(*answer));
    AUTO(mem_drop) double *payout = mem_new(b->communes, sizeof(*payout));
    places_make(report, &places);
    if (create(report, &places, path, &writer, err))
        return err_of(err);
    for (size_t o = 0; o < b->occasions.count; o++) {
        if (append(b, o, index, answer, payout, writer, err))
            return err_of(err);
    }
    return cdf_finish(&writer, err);
}
