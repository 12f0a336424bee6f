#ifndef GONG_TRIGGERS_OVERRIDE_H
#define GONG_TRIGGERS_OVERRIDE_H

#include "core/err.h"

struct policy;

// A policy with some of its values changed, for what-if: "threshold=120 mm; payout.exit=20 mm".
// A key is the end of a path in the file ("payout.tiers.2.from" counts from 1) and must be the only
// one that ends so. The changed text goes through the loader like any other, so that what cannot be
// right is refused; its own cases are not run, because they hold for the file as it stands.
// ERR_INPUT says which key is not there, or which there are. `sets` may be NULL: nothing is
// changed.
MUST_USE enum err_kind override_load(const char *path, const char *sets, struct policy **out,
                                     struct err *err);

#endif
