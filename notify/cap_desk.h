#ifndef GONG_NOTIFY_CAP_DESK_H
#define GONG_NOTIFY_CAP_DESK_H

#include "core/date.h"
#include "core/err.h"

#include <stddef.h>

struct ledger;
struct map;
struct site;

// Publishes the alerts that the ledger holds as CAP files in out/cap, with an Atom feed beside
// them: static files for any web server. A file never changes. One alert for each commune and
// episode; what follows in the same policy and commune is an Update that names all earlier ones
// that have not ended, the end is an Update with AllClear. What each policy's alerts are called
// stands in cap.yaml of the site; a policy that is not in it is not published.
struct cap_report {
    size_t published, known, stale, unnamed; // unnamed: of a policy that cap.yaml does not name
};
MUST_USE enum err_kind cap_publish(const struct site *site, struct ledger *ledger, struct map *map,
                                   struct utc now, struct cap_report *report, struct err *err);

// Withdraws an alert that was a mistake: a Cancel. ERR_MISSING when it was not published or has
// ended.
MUST_USE enum err_kind cap_withdraw(const struct site *site, struct utc now, const char *identifier,
                                    const char *why, struct err *err);

#endif
