#ifndef GONG_POLICIES_CASES_H
#define GONG_POLICIES_CASES_H

#include "core/err.h"
#include "core/hash.h"
#include "policies/course.h"
#include "policies/dated.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy;
struct yaml;

// Examples that a policy carries and that are run whenever it is loaded (triggers/trial.h).
//
//   cases:
//     fire:
//       - {name: "30 mm each 6 h", step: 6 h, values: [30 x 12]}
//     not_fire:
//       - {name: "half of them", step: 24 h, members: [{count: 9, values: [120, 0, 0]},
//                                                      {count: 11, values: [0 x 3]}]}
//     not_known: [{name: "a hole", step: 24 h, values: [0, missing, 0]}]
//
// values are plain numbers in the variable's unit (mm, m/s, °C), from the window's start, one per
// step; "0 x 30" is thirty times 0; `step: period` makes one step of the whole window. An
// insurance case may say what it pays: sum_insured: 10000000 VND, pays: 2717000 VND (with
// paid_before: 1000000 VND, what is added to that), an alert's the
// level: 2 that it has, what its message tells: prepare or now (the step of its actions), and says:
// on, off or neither, what the run speaks for. Any may say the
// index: 3 days that the policy states, and with an ensemble the probability: 45 % (rounded down).
// coverage: 85 % is
// what of the commune was seen at each step. The distance of storms stands under more, of:
// storm_distance. What a policy with parts or several models looks at beside its own source stands
// under more: [{of: NAME, step: 24 h, values: [...]}], by the name of the part or model; parts that
// look at the same source and variable share one of them. What neighbours had (of: neighbours)
// stands there as communes: [{count: 2, values: [...]}], the nearest first, with the case's own
// step.
//
// {name: drought of 2016, series: buon-ho.nc, sha256: ..., place: "48/73", period: "2016"} is what
// happened; it says what it pays, or its level, like the others.
enum expectation { EXPECT_FIRE, EXPECT_NOT_FIRE, EXPECT_NOT_KNOWN };
extern const char *const expectations[]; // "fire", "not_fire", "not_known", NULL

struct case_series {
    int64_t members;  // how many members are alike; 1 without an ensemble
    int64_t communes; // how many communes are alike; 1 where the policy is of one
    size_t group;     // series of the same members follow one another, one a kind of commune
    size_t count;
    int64_t *milli; // [count] thousandths of the variable's unit; CASE_MISSING
};
#define CASE_MISSING INT64_MIN

// The series of another source or variable.
struct case_more {
    const char *source, *variable; // borrowed from the policy
    const char *station;           // "": of the communes
    enum unit unit;
    int64_t before_s; // it begins so long before the occasion; 0 for all but observed stages
    int64_t step_s;
    size_t count;
    struct case_series *series;
    bool members; // its series are members of an ensemble
    bool near;    // its series are those of neighbours, of the case's own source and steps
};

// A case that is a dated event instead of written values: one place of a series file (ledger/
// seriesfile.h) beside the policy, in a period as the policy names it ("2016", "2016-10"), or at a
// moment. The file is known by its hash, so that the policy is whole.
struct case_event {
    char *file; // a name without a folder; NULL: the values are written
    struct hash hash;
    char *place, *period;
};

struct policy_case {
    enum expectation expect;
    struct case_event event;
    struct texts name;
    char *where;    // "file:line:column"
    int64_t step_s; // 0: the whole window
    size_t count;   // of series
    struct case_series *series;
    size_t more_count;
    struct case_more *more; // [more_count] owned
    int64_t level;          // that an alert must have; 0: any
    bool has_index;
    int64_t index_milli;       // that the policy states, rounded as it says
    int64_t probability_milli; // of an ensemble, rounded down; -1: any
    int tells;                 // the step of what people are told to do: enum action_step; -1 any
    int says;                  // what an alert's run speaks for: -1 any, 0 on, 1 off, 2 neither
    int64_t coverage;          // of each step, in 1/10000
    bool has_amount;
    int64_t sum_insured_vnd, pays_vnd;
    int64_t paid_before_vnd; // what stands for the period already: pays is what is added; 0: none
};

struct policy_cases {
    struct policy_case *at;
    size_t count;
    struct course *course; // [courses] over time; owned
    size_t courses;
    struct dated *dated; // [dated_count] by the calendar; owned
    size_t dated_count;
};
void cases_free(struct policy_cases *cases);
size_t cases_all(const struct policy_cases *cases); // how many, of every kind

// Reads `cases:` of a policy whose other members were read; at least one must-fire and one
// must-not-fire case is required.
MUST_USE enum err_kind cases_read(const struct yaml *root, const struct policy *policy,
                                  struct policy_cases *out, struct err *err);

#endif
