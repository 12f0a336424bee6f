#ifndef GONG_POLICIES_TRACE_H
#define GONG_POLICIES_TRACE_H

#include "core/doc.h"
#include "core/text.h"
#include "policies/unit.h"

#include <stdbool.h>

// The names of the steps that a decision's trace consists of, in the order of operations, each
// with whole numbers only; and how each is said. triggers/evaluate.c writes them.
//
//   window        value: steps used, from, to
//   coverage      value, at_least: of the least observed step, in 1/10000
//   members       value: present, at_least; of: those that the policy looks at, where some are
//                 not there
//   member_index  values: the index of each present member, rounded
//   index         value, unit, take, over_s, from, to: before rounding
//   rounded       value, unit, to: after rounding to a multiple of `to`
//   compare       value, unit, operator, threshold, margin, holds
//   probability   value: members that pass, of, operator, threshold (thousandths), holds
//   payout        form, part, whole: the share of the sum insured; strike, exit, floor, or tiers
//                 as [[threshold, pay] ...] with tier (how many are reached)
//   part          name, level (of a stage, 0 else): what follows is of this part of the policy
//   quantile      value, unit, share: that quantile of the members (thousandths)
//   model         source, value, of, weight: members of one model that pass
//   models        how, holds; weighted and pooled: value, operator, threshold (thousandths, value
//                 rounded down); agree: value, of, needed
//   combine       how, value: conditions that hold, unknown, of, needed, holds
//   weighted      part, whole: the phase's share by its weight and limit
//   events        list of [at, event, part, paid] in 10^-12 of the sum insured
//   substituted   rung (from 1), by ("source", "neighbours", "climatology"), value: steps that it
//                 filled; of a source: source, ratio (thousandths)
//   area          value: communes that pass, of, unknown, unknown_at_most (thousandths)
//   after         what the policy then does with a share, only where it says so: part, whole (the
//                 share before), and of deductible, franchise, minimum, maximum (thousandths) those
//                 that are written; each: with every event's, in the list that follows
//   capped        value, unit: what the index would be without the caps and floors of days and
//                 dekads; daily_cap, daily_floor, dekad_cap: those that are written
//   not_known     why (a row of the table below), at: the first moment it stands for, text
enum trace_step {
    TRACE_WINDOW,
    TRACE_COVERAGE,
    TRACE_MEMBERS,
    TRACE_MEMBER_INDEX,
    TRACE_INDEX,
    TRACE_ROUNDED,
    TRACE_COMPARE,
    TRACE_PROBABILITY,
    TRACE_PAYOUT,
    TRACE_NOT_KNOWN,
    TRACE_PART,
    TRACE_QUANTILE,
    TRACE_MODEL,
    TRACE_MODELS,
    TRACE_COMBINE,
    TRACE_WEIGHTED,
    TRACE_EVENTS,
    TRACE_SUBSTITUTED,
    TRACE_AREA,
    TRACE_AFTER,
    TRACE_CAPPED,
};
extern const char *const trace_steps[];

// Why an answer is not known.
enum gap {
    GAP_NONE,
    GAP_NO_READINGS,  // nothing at all
    GAP_ABSENT,       // a step is not there
    GAP_NOT_OBSERVED, // the step is there, nobody saw this commune
    GAP_COVERAGE,     // less of it was seen than the policy asks for
    GAP_OVERLAP,      // two steps say something of the same time
    GAP_TILING,       // steps do not add up to the window or to days
    GAP_MEMBERS,      // fewer members than the policy asks for
    GAP_REFUSED,      // the source's file could not be read
    GAP_RANGE,        // numbers beyond what can be added up: no weather
    GAP_NO_START,     // the season did not start by the latest day; the policy says what then
    GAP_NO_FIT,       // the years of the policy allow no distribution
};
extern const char *const trace_gaps[];

// An object {"step": name}; owned.
struct doc *trace_new(enum trace_step step);

// The step of that name within a trace, or NULL; borrowed.
const struct doc *trace_find(const struct doc *trace, enum trace_step step);

// One step as one line for people, without newline. `titles` (NULL: none) has for the name of a
// part what people read, {"vi": ..., "en": ...}; one without a title is called by its name.
void trace_say(const struct doc *step, const struct doc *titles, enum language language,
               struct buf *out);

#endif
