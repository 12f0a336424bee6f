#ifndef GONG_POLICIES_POLICY_H
#define GONG_POLICIES_POLICY_H

#include "core/date.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"
#include "policies/area.h"
#include "policies/cases.h"
#include "policies/field.h"
#include "policies/index_rule.h"
#include "policies/payout_rule.h"
#include "policies/period.h"
#include "policies/trigger_rule.h"
#include "policies/unit.h"

#include <stdint.h>

// A policy is one YAML file: the annex of the contract, the production rule and the backtest
// input. This is what it says, as whole numbers; no threshold lives anywhere else. The language is
// described in policies/README.md; whatever cannot be right is refused as
// "file:line:column: what is wrong; what to write".
enum policy_kind { POLICY_ALERT, POLICY_INSURANCE };
extern const char *const policy_kinds[]; // "alert", "insurance", NULL

enum watch { WATCH_FORECAST, WATCH_OBSERVATION };

enum { POLICY_ID_SIZE = 33, POLICY_BYTES_MAX = 1 << 20 };

struct policy {
    char id[POLICY_ID_SIZE];
    int64_t version;
    enum policy_kind kind;
    struct texts title;
    struct civil effective_from, effective_to; // both inclusive
    char boundary_set[32];
    struct area area;
    char source[64], variable[32];
    struct index_rule index;
    int64_t rounding_milli;   // the index is rounded to a multiple of this, once
    int64_t minimum_coverage; // of each reading, in 1/10000; 0: any observed share counts
    struct trigger_rule trigger;
    struct period_rule period; // PERIOD_NONE: an alert per forecast run or observed step

    // alert
    enum watch watch;
    struct ensemble_rule ensemble;
    struct trigger_rule clear;
    int64_t persistence; // consecutive runs before the alert goes on or off
    int64_t next_update_s;

    // insurance
    int64_t settle_after_s;
    struct payout_rule payout;

    struct texts message; // with placeholders; see policies/message.h
    struct policy_cases cases;

    struct hash hash; // SHA-256 of the file's bytes
    struct str text;  // the file's bytes; owned
};

// `name` stands in the errors and in the cases' places; the text is copied.
MUST_USE enum err_kind policy_parse(struct str text, const char *name, struct policy **out,
                                    struct err *err);
MUST_USE enum err_kind policy_load(const char *path, struct policy **out, struct err *err);
void policy_free(struct policy **policy);

#endif
