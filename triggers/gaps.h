#ifndef GONG_TRIGGERS_GAPS_H
#define GONG_TRIGGERS_GAPS_H

#include "core/date.h"
#include "core/err.h"

struct boundary_set;
struct supplies;
struct left_outs;
struct map;
struct policy;
struct shelf;
struct subscribers;

// Who is covered by nobody's mistake: names that mean nothing at this site. A typing error in a
// zone would leave people without cover, or an officer without warnings, and no error anywhere.

// ERR_INPUT when the boundary set lacks a name of the policy's area (a zone, a commune, a former
// province), with the name.
MUST_USE enum err_kind gaps_area(const struct policy *policy, const struct boundary_set *set,
                                 struct err *err);

// Adds to `out` what cannot count, before its season comes: policies on the shelf that were
// refused, whose boundary set is not there, or whose area has a name that the set lacks;
// subscribers that name a zone which no boundary set of these policies has. Policies that ended
// before `now`, or that newer versions wholly replaced, are passed over: their faults were mended.
MUST_USE enum err_kind gaps_look(struct map *map, const struct shelf *shelf, struct utc now,
                                 const struct subscribers *subscribers, struct left_outs *out,
                                 struct err *err);

// Adds to `out` the sources of those policies that sources.yaml lacks, or that cannot give what is
// asked of them (policies/supply.h): what waits for one never decides, and no error tells it.
void gaps_sources(const struct shelf *shelf, struct utc now, const struct supplies *supplies,
                  struct left_outs *out);

#endif
