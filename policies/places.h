#ifndef GONG_POLICIES_PLACES_H
#define GONG_POLICIES_PLACES_H

#include "core/doc.h"
#include "core/err.h"

struct policy;

// The provinces in which a policy applies at a site, as an array of texts, sorted: the zones of the
// communes that its area holds, or what these were before the reform where they have no zone. "" is
// among them where nobody can say: a commune with neither, or a boundary set that is not there.
MUST_USE enum err_kind places_of(const char *site_folder, const struct policy *policy,
                                 struct doc **out, struct err *err);

#endif
