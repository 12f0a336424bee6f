#ifndef GONG_LEDGER_REMNANT_H
#define GONG_LEDGER_REMNANT_H

#include "core/doc.h"
#include "core/err.h"

struct person;

// Where a site still holds the bytes of a person's phone (84... or 0...), account or name; what is
// empty of these is not looked for. A line for each file in `found`, an array of texts: its path
// from the site's folder on, and whether it is a record of money that must be kept, is to be
// removed, or could not be looked into. All files are looked through but the archive (raw data, and
// letters as they came), the reserve and links. A database is found here only when an entry of it
// named the person before that was refused.
MUST_USE enum err_kind remnant_find(const char *folder, const struct person *person,
                                    struct doc *found, struct err *err);

#endif
