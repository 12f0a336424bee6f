#ifndef GONG_NOTIFY_CAP_RELAY_H
#define GONG_NOTIFY_CAP_RELAY_H

#include "core/date.h"
#include "core/doc.h"
#include "core/err.h"

#include <stddef.h>

struct site;

// Reads the CAP alerts of somebody else's Atom feed and quotes them: who says so, when, and whether
// the signature is that of the pinned certificate. Never as our own: a quote names its source and
// time first. The bytes are kept under their SHA-256 in out/cap-relay.
struct relay_report {
    size_t quoted, known, over, refused; // over: ended already
};
// `certificate`: path of a PEM, or NULL: then nothing is said of signatures. `list` gets an object
// an alert: identifier, sender, sent, status, seal, quote {vi, en}. What is no good alert, or
// falsely signed, is refused, with its reason on the log.
MUST_USE enum err_kind cap_relay(const struct site *site, const char *url, const char *certificate,
                                 struct utc now, struct doc *list, struct relay_report *report,
                                 struct err *err);

#endif
