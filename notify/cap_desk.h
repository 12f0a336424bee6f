#ifndef GONG_NOTIFY_CAP_DESK_H
#define GONG_NOTIFY_CAP_DESK_H

#include "core/date.h"
#include "core/err.h"

#include <stddef.h>

struct ledger;
struct map;
struct site;

// What is told of alerts that do not say what to do; %zu: how many.
#define CAP_NO_INSTRUCTION                                                                         \
    "%zu alerts published as CAP without an instruction: neither the policy (actions) nor "        \
    "cap.yaml (instruction_vi and instruction_en) says what to do"

// Publishes the alerts that the ledger holds as CAP files in out/cap, with an Atom feed beside
// them: static files for any web server. A file never changes. One alert for each commune and
// episode; what follows in the same policy and commune is an Update that names all earlier ones
// that have not ended, the end is an Update with AllClear. What each policy's alerts are called
// stands in cap.yaml of the site; a policy that is not in it is not published. What is wrong with
// one alert, or with the words of its policy, holds up no other: it is counted in `refused`.
struct cap_report {
    size_t published, known, stale, unnamed; // unnamed: of a policy that cap.yaml does not name
    size_t no_instruction; // of those published: neither policy nor cap.yaml says what to do
    size_t refused;
    struct err why; // of the first that was refused
};
MUST_USE enum err_kind cap_publish(const struct site *site, struct ledger *ledger, struct map *map,
                                   struct utc now, struct cap_report *report, struct err *err);

// Withdraws an alert that was a mistake: a Cancel. ERR_MISSING when it was not published or has
// ended.
MUST_USE enum err_kind cap_withdraw(const struct site *site, struct utc now, const char *identifier,
                                    const char *why, struct err *err);

#endif
