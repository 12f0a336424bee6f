#ifndef GONG_TRIGGERS_LOOK_H
#define GONG_TRIGGERS_LOOK_H

#include "core/doc.h"
#include "policies/field.h"
#include "policies/trace.h"
#include "triggers/index.h"
#include "triggers/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decision_result;
struct looked;
struct looks;
struct occasion;
struct part;
struct policy;
struct readings;

// One look of a policy at one commune: the readings of a part within a window, its index, rounded.
// Everything that is found is written into the trace.
struct gaze {
    const struct policy *policy;
    const struct readings *readings;
    size_t commune;
    struct doc *trace;   // array; the steps are appended
    struct looks *looks; // what was looked at already; NULL: nothing is kept
};

struct look {
    bool known;
    int64_t milli; // rounded
    enum gap gap;  // why it is not known,
    struct utc at; //   and where that begins
};

// The series of one part in (from, to] of `occasion`, of one member or MEMBER_NONE; series_free.
// What was filled by substitutes is written into `trace` when it is not NULL.
void look_series(const struct gaze *gaze, const struct part *part, int32_t member,
                 const struct occasion *occasion, struct series *out, struct doc *trace);

// The index of one part over a window, of one member or MEMBER_NONE, and how many steps it stands
// on: as it was found before, or taken now. Not of a share of communes.
struct looked look_index_of(const struct gaze *gaze, const struct part *part,
                            const struct occasion *window, int32_t member, struct doc *trace);

// Takes the look; writes window, coverage, index and rounded, or nothing after coverage when it is
// not known.
struct look look_take(const struct gaze *gaze, const struct part *part,
                      const struct occasion *occasion);

// --- steps of the trace that several write
void look_inputs(const struct part *part, const struct occasion *occasion, size_t steps,
                 int64_t cover_least, struct doc *trace);
void look_index(const struct part *part, const struct index_value *value, int64_t rounded,
                struct doc *trace);
struct doc *look_value(enum trace_step name, int64_t value, enum unit unit); // owned
bool look_compare(enum unit unit, enum compare compare, int64_t value, int64_t threshold,
                  struct doc *trace);
void look_part(const char *name, int64_t level, struct doc *trace);
void look_not_known(enum gap gap, struct utc at, const char *text, struct doc *trace);

#endif
