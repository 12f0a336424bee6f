#ifndef GONG_POLICIES_POLICY_H
#define GONG_POLICIES_POLICY_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"
#include "policies/actions.h"
#include "policies/area.h"
#include "policies/cases.h"
#include "policies/field.h"
#include "policies/index_rule.h"
#include "policies/limit_rule.h"
#include "policies/payout_rule.h"
#include "policies/period.h"
#include "policies/substitute.h"
#include "policies/trigger_rule.h"
#include "policies/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A policy is one YAML file: the annex of the contract, the production rule and the backtest
// input. This is what it says, as whole numbers; no threshold lives anywhere else. The language is
// described in policies/README.md; whatever cannot be right is refused as
// "file:line:column: what is wrong; what to write".
enum policy_kind { POLICY_ALERT, POLICY_INSURANCE };
extern const char *const policy_kinds[]; // "alert", "insurance", NULL
// Whether a policy of that kind may have the key.
bool policy_kind_has(size_t kind, const char *key);

enum {
    POLICY_ID_SIZE = 33,
    POLICY_OWNER_SIZE = 81,
    POLICY_BYTES_MAX = 1 << 20,
    PARTS_MAX = 12,
    CAPS_MAX = 8,
    SUBSTITUTES_MAX = 4,
    STATION_SIZE = 96
};

enum watch { WATCH_FORECAST, WATCH_OBSERVATION };

// One more look at the same commune: a phase of an insurance's season, a circle around the commune,
// another condition or a stage of an alert, or the second index that a payout asks for. What its
// YAML leaves out is the policy's own.
struct part {
    char name[POLICY_ID_SIZE];
    struct texts title; // what people read for `name`; texts may be NULL: the name
    char source[64], variable[32];
    char station[STATION_SIZE]; // the gauge that counts for every commune; "": the commune itself
    struct index_rule index;
    int64_t rounding_milli, minimum_coverage;
    struct trigger_rule trigger; // a condition or a stage
    int64_t level;               // a stage: 1 to 5
    enum watch watch;            // a stage: what is said to come, or what was seen until then
    int64_t lead_s;              // a stage: its window begins so long after the run
    int64_t cut_off_s; // a stage: from so long before its window on no run takes it back; 0: none
    struct ensemble_rule ensemble;              // a stage: the policy's, with its own probability
    struct trigger_rule clear;                  // a stage: `stop`
    struct actions actions;                     // a stage
    bool has_message;                           // a stage: `message` is its own
    struct texts message;                       // with placeholders; else the policy's is said
    int from_month, from_day, to_month, to_day; // a phase: within the period, both inclusive
    int64_t weight_milli;                       // a phase: of the sum insured
    int64_t limit_milli;       // a phase: at most this of the sum insured; 0: its weight
    struct payout_rule payout; // a phase
};

// How an alert's own condition and those of its parts are one answer.
enum combine { COMBINE_NONE, COMBINE_ANY, COMBINE_ALL, COMBINE_AT_LEAST };
extern const char *const combines[]; // "", "any_of", "all_of", "at_least"

// A legal limit to what one contract may pay, for periods that end between two dates.
struct legal_cap {
    struct civil from, to;
    int64_t most_vnd;
};

struct policy {
    char id[POLICY_ID_SIZE];
    int64_t version;
    enum policy_kind kind;
    char owner[POLICY_OWNER_SIZE]; // who answers for it: an office or a role; "" when not said
    struct texts title;
    struct civil effective_from, effective_to; // both inclusive
    char boundary_set[32];
    struct area area;
    char source[64], variable[32];
    char station[STATION_SIZE]; // as in a part
    struct index_rule index;
    int64_t rounding_milli;   // the index is rounded to a multiple of this, once
    int64_t minimum_coverage; // of each reading, in 1/10000; 0: any observed share counts
    struct trigger_rule trigger;
    struct substitute substitute[SUBSTITUTES_MAX]; // the ladder
    size_t substitutes;
    int64_t missing_milli;     // with more of the window missing nothing is filled; of the whole
    struct period_rule period; // PERIOD_NONE: an alert per forecast run or observed step

    // alert
    enum watch watch;
    struct ensemble_rule ensemble;
    struct trigger_rule clear;
    int64_t persistence;     // consecutive runs before the alert goes on or up
    int64_t persistence_off; // and before it goes off or down
    int64_t level;           // of an alert without stages, 1 to 5
    int64_t cool_down_s;     // the same level is not told again within this; 0: always
    bool stages;             // the parts are stages, by rising level
    bool has_cancel;         // `cancel`: what is sent when it goes off
    struct texts cancel;
    struct actions actions; // of an alert without stages
    int64_t next_update_s;

    enum combine combine; // with the conditions in `part`
    int64_t combine_least;

    // insurance
    int64_t settle_after_s;
    bool true_up; // later data may add to a payout that stands, never take from it
    struct payout_rule payout;
    struct limit_rule limits;
    bool has_also;    // the payout's second index is part[0]
    bool phases;      // the parts are phases
    bool circles;     // the parts are circles, from the inner to the outer
    bool circles_sum; // what they pay is added up; else the highest
    struct legal_cap cap[CAPS_MAX];
    size_t caps;
    char caps_preset[POLICY_ID_SIZE]; // whose caps they are; "" when they stand in the policy
    bool
        needs_confirmation; // nothing is paid before an official confirmation of the event is there
    int64_t dispute_answer_s; // a dispute is answered within; 0: the contract does not say

    struct part *part; // [parts], owned; NULL when there are none
    size_t parts;

    struct texts message; // with placeholders; see policies/message.h; a stage may have its own
    struct policy_cases cases;

    struct hash hash; // SHA-256 of the file's bytes
    struct str text;  // the file's bytes; owned
};

// What a policy looks at by itself: its own index as a part.
struct part policy_main_part(const struct policy *policy); // borrows; not to be freed

// What people read: its title, or its name.
const char *part_title(const struct part *part, enum language language);

// The stage of this name; NULL when there is none (or `name` is NULL).
const struct part *policy_stage(const struct policy *policy, const char *name);

// What an index looks at on an occasion: a spell that is followed needs the day before, which tells
// whether it had begun by then, and the days after.
struct occasion policy_window(const struct index_rule *index, const struct occasion *occasion);

// The days of a phase within one occasion of its policy.
struct occasion policy_phase(const struct part *part, const struct occasion *occasion);

// `name` stands in the errors and in the cases' places; the text is copied.
MUST_USE enum err_kind policy_parse(struct str text, const char *name, struct policy **out,
                                    struct err *err);
// What is asked of a policy that is to be signed, beyond what one that was signed once must have: a
// warning says why, the radius of the index is the outer circle's. ERR_INPUT with
// `name`:line:column and what to write.
MUST_USE enum err_kind policy_check_new(const struct policy *policy, const char *name,
                                        struct err *err);
MUST_USE enum err_kind policy_load(const char *path, struct policy **out, struct err *err);
void policy_free(struct policy **policy);

// Makes of an alert with stages the alert that one of them is by itself, for trying it on the past;
// a forecast begins `*lead_s` after its run. ERR_INPUT when it has no stage of that name.
MUST_USE enum err_kind policy_stage_alone(struct policy *policy, const char *name, int64_t *lead_s,
                                          struct err *err);

#endif
