#ifndef GONG_NOTIFY_CAP_PASS_H
#define GONG_NOTIFY_CAP_PASS_H

#include "core/date.h"
#include "core/err.h"

#include <stddef.h>

struct doc;
struct ledger;
struct site;

// Official alerts of others on their way to the officers here: what the feed of the setting
// cap_relay_url has (cap_relay.h) becomes ledger entries of kind "bulletin" (source "cap-relay"),
// and what is new is told, in the commit of its entry, to the subscribers who want `bulletins`: by
// mail, webhook and SMS in the words of the source, with its name and time first; by MQTT as the
// list of all that stands, TO/official, kept (cap_standing.h), also when the feed cannot be
// fetched. What was told and is withdrawn is told too. One commit holds all of a round. In earnest
// only what is Actual is told. With cap_relay_certificate what is not signed by that is not
// looked at. Nothing is decided by any of it.
struct pass_report {
    size_t heard, told; // new entries; of which were told to anybody
};

// Nothing when cap_relay_url is none. ERR_LATER when the feed cannot be fetched.
MUST_USE enum err_kind cap_pass(const struct site *site, struct ledger *ledger, struct utc now,
                                struct pass_report *report, struct err *err);

// Where cap_relay_url is none: what was on the list for screens is on it no more, since nobody
// would say when it ends. Once it is set again, what stands by the ledger is there again.
MUST_USE enum err_kind cap_pass_unset(const struct site *site, struct ledger *ledger,
                                      struct utc now, struct err *err);

// As cap_pass, of a list that was heard (cap_relay.h).
MUST_USE enum err_kind cap_pass_list(const struct site *site, struct ledger *ledger, struct utc now,
                                     const struct doc *list, struct pass_report *report,
                                     struct err *err);

#endif
