#ifndef GONG_POLICIES_INDEX_RULE_H
#define GONG_POLICIES_INDEX_RULE_H

#include "core/err.h"
#include "policies/field.h"
#include "policies/start_rule.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct share_rule;
struct water_rule;
struct yaml;

// Which single number is made of a commune's readings within a window. One row of the table in
// index_rule.c per kind; how each is computed is triggers/index.c.
enum index_take {
    INDEX_TOTAL,       // sum; of days when there is a cap, a floor or a cap of dekads
    INDEX_MAXIMUM,     // largest step, or day when each_day is written
    INDEX_MAXIMUM_SUM, // largest sum over `over`: Rx-n-day
    INDEX_DRY_SPELL,   // longest run of dry days: CDD
    INDEX_MINIMUM,     // smallest step or day
    INDEX_MEAN,        // mean over time
    INDEX_MINIMUM_SUM, // smallest sum over `over`
    INDEX_SPELL,       // longest run of days that are `day` `at`: CWD, cold spells
    INDEX_DAY_COUNT,   // how many days are `day` `at`
    INDEX_ANTECEDENT,  // antecedent precipitation at the window's end: keep x yesterday's + today's
    INDEX_FIRST_RAIN,  // the first day on which the sum of `over` reaches `rain_from`
    INDEX_DEGREE_DAYS, // growing degree days; with `limit` both temperatures are clipped first
    INDEX_COLD_DAYS,   // sum of (base - daily mean) over days that are colder than base
    INDEX_HEAT_DAYS,   // sum of (daily maximum - base) over days that are hotter than base
    INDEX_PERCENTILE,  // of the days that are `day` `at`
    INDEX_TOTAL_ABOVE, // sum of the days that are `day` `at`: R95pTOT
    INDEX_SHARE_ABOVE, // the same as a share of all days of `wet_from` or more
    INDEX_SPI,         // standardized precipitation index against `base`
    INDEX_SPEI,        // the same of rain less `pet`
    INDEX_WRSI,        // water requirement satisfaction index of a crop, by dekads
    INDEX_STORM,       // the largest wind of storms while their centre is within `radius`
    INDEX_AREA_SHARE,  // the share of the area's communes whose own index passes
    INDEX_REPORTED,    // the one figure of the window as it was reported: a yield, a loss
};
extern const char *const index_takes[]; // names in the policy language, NULL-ended
// Whether an index of that kind may have the key.
bool index_take_has(size_t take, const char *key);
const char *index_take_word(enum index_take take, enum language language); // "tổng", "total"

// How a day that is not observed is read by spells; it has no default that is not said.
enum missing { MISSING_BREAK, MISSING_DRY, MISSING_UNKNOWN };
extern const char *const index_missings[]; // "dry": it counts as a day of the spell

// How a day is made of its steps. A mean is rounded to thousandths, half away from zero.
enum each_day { EACH_DAY_SUM, EACH_DAY_MEAN, EACH_DAY_MAXIMUM, EACH_DAY_MINIMUM };
extern const char *const each_days[];

enum { BASE_MAX = 120, BASE_MIN = 30 }; // years of spi and spei

struct index_rule {
    enum index_take take;
    enum unit input;  // of the readings
    enum unit unit;   // of the index
    int64_t over_s;   // maximum_sum, minimum_sum, first_rain: the length that is summed, 0 else
    int64_t within_s; // how far it looks, 0: the whole period
    bool daily;       // days come first: over in days, a cap or floor, a spell
    enum each_day each_day;
    bool beaufort; // the index is the force of the wind
    bool has_cap, has_floor, has_dekad_cap;
    int64_t cap_milli, floor_milli; // of a day: at most; and a day under the floor counts as none
    int64_t dekad_cap_milli;        // of a calendar dekad
    int64_t day_milli;              // a day counts (is dry, cold, wet) when its value
    enum compare day;               //   `day` this
    enum missing missing;
    int64_t follow_s;         // a spell that begins in the period is counted whole, up to so long
                              //   past its end; one that had begun before is not; 0: cut at the end
    int64_t wet_milli;        // share_above: days of this much or more
    int64_t base_milli;       // degree days: from this temperature on
    bool has_limit;           //   up to this one
    int64_t limit_milli;      //
    int64_t keep_milli;       // antecedent: share that is kept from one day to the next
    int64_t rain_milli;       // first_rain: the sum that is reached
    int64_t share_milli;      // percentile
    int64_t method;           //   7 or 8 of Hyndman and Fan
    int64_t radius_milli;     // storm_wind_near: km from the commune
    bool has_box;             //   or while it is in this box, in thousandths of a degree:
    int64_t box_milli[4];     //   west, east, south, north
    int64_t pet_milli;        // spei: of the window
    size_t base_count;        // spi, spei: totals of the window in earlier years
    int64_t *base_value;      //   [base_count] thousandths of mm; owned
    struct water_rule *water; // wrsi; owned, NULL else
    struct start_rule start;
    struct share_rule *share; // area_share; owned
};
void index_rule_free(struct index_rule *rule); // frees what is in it

// Reads `index:` of a policy over a variable of unit `input`.
MUST_USE enum err_kind index_rule_read(const struct yaml *policy, enum unit input,
                                       struct index_rule *out, struct err *err);

// Smallest and largest value that the index can have over `days` days, in thousandths: what a
// threshold outside of it can never be. INT64_MIN and INT64_MAX where there is no bound.
void index_rule_range(const struct index_rule *rule, int64_t days, int64_t *least, int64_t *most);

#endif
