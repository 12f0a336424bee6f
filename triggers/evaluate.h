#ifndef GONG_TRIGGERS_EVALUATE_H
#define GONG_TRIGGERS_EVALUATE_H

#include "core/doc.h"
#include "ledger/decision.h"
#include "policies/trace.h"
#include "triggers/alert.h"
#include "triggers/payout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct looks;
struct occasion;
struct policy;
struct readings;

// One commune's answer, with every number that led to it.
struct decision_result {
    enum answer answer;
    bool has_index;
    int64_t index_milli; // rounded; with an ensemble the middle member's (upper of two)
    // What a message says: the index, but of members what as many of them reach as the policy asks
    // for, of several models that of the one with the largest share, of conditions that look at
    // the same index that of one which holds. So a number that is said is one that the alert
    // stands on.
    bool has_stated;
    int64_t stated_milli;
    enum speech speech; // of an alert
    int64_t level;      // of an alert that is to be on: 1 to 5; else 0
    int64_t hold;       // an alert that is on stays on up to this level, though it is not said
    const char *stage;  // name of the stage of `level`; NULL: no stages; the policy's
    int64_t probability_milli; // of an ensemble, for people: rounded down
    struct share probability;  // the same exactly; 0/0 without an ensemble
    struct share share;        // of the sum insured; 0/1 for an alert
    bool lacks_members;        // of an ensemble, some that the policy looks at are not there
    struct doc *trace;         // array, owned; see policies/trace.h
};
void decision_result_free(struct decision_result *result); // frees what is in it

// What is said of it: `stated_milli` where it is there, else the index.
int64_t decision_stated(const struct decision_result *result);

// decision = evaluate(policy, readings, commune, occasion). Pure: no clock, file, socket, global
// or random number. The live engine, the cases, explain and replay call this one function.
//   commune   its index in the readings' boundary set
//   occasion  the window that is looked at
// Readings of several sources and variables may be mixed when the policy has parts; each source's
// are in order of time. Readings outside the windows are not looked at. Cannot fail: what is not
// there is an answer.
void evaluate(const struct policy *policy, const struct readings *readings, size_t commune,
              const struct occasion *occasion, struct decision_result *out);

// The same, and byte for byte what it finds; looks at the same readings are taken once for all
// communes and policies (triggers/looks.h).
void evaluate_beside(const struct policy *policy, const struct readings *readings, size_t commune,
                     const struct occasion *occasion, struct looks *looks,
                     struct decision_result *out);

// What it says of an alert at that moment.
struct alert_said evaluate_said(const struct decision_result *result, struct utc as_of);

// The answer when a source's file could not be read: not known, with the sentence why.
void evaluate_refused(const char *why, struct decision_result *out);

#endif
