#ifndef GONG_POLICIES_FORMAT_H
#define GONG_POLICIES_FORMAT_H

#include "core/err.h"
#include "core/text.h"

// The file of a policy as everybody writes it: its keys in one order, each with the comments above
// it; no blanks at the ends of lines, no two empty lines, one newline at the end. What it says
// stays the same (checked); what it says wrongly is not looked at. ERR_INPUT when it is no YAML map
// or could not be written otherwise without changing it. `out` is appended to.
MUST_USE enum err_kind policy_format(struct str text, const char *name, struct buf *out,
                                     struct err *err);

#endif
