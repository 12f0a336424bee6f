#ifndef GONG_NOTIFY_CAP_RELAY_H
#define GONG_NOTIFY_CAP_RELAY_H

#include "core/date.h"
#include "core/doc.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct site;

// Reads the CAP alerts of somebody else's Atom feed and quotes them: who says so, when, and whether
// the signature is that of the pinned certificate. Never as our own: a quote names its source and
// time first, and a status that is not Actual before these. The bytes are kept under their SHA-256
// in out/cap-relay.
//
// What a later Update or Cancel of the same sender and status names is not quoted any more, nor
// what has ended, nor what is not for the public (scope, System, Draft, Ack, Error).
struct relay_report {
    size_t quoted, known;   // anew, or kept already
    size_t over, withdrawn; // ended; named by a later one of the feed
    size_t apart, refused;  // not for the public; no good alert, or falsely signed
};

// `certificate`: path of a PEM, or NULL: then nothing is said of signatures. `list` gets an object
// an alert that stands, and one a Cancel (quoted: true), and one what takes back another though it
// has ended or was taken back itself (quoted: false): raw (the hash), identifier, sender, sent,
// status, msgType, references, event, urgency, severity, certainty, headline (of the first info),
// expires (the latest of its infos; "" when one has none), areaDesc (of all infos in the first
// one's language, cut with an ellipsis), each at most 500 bytes, by, seal, stands, quote {vi, en},
// where {vi, en}, and of what stands area (cap_area_numbers). What is no good alert, or
// is falsely signed, is refused, with its reason on the log; so is what a feed of the
// web names that is no http(s) address, or that leads to an address within unless the feed itself
// is there (core/http.h). What was fetched is not fetched again until its entry of the feed says
// another time of change. ERR_LATER when the feed cannot be fetched; what comes after 20 s of
// fetching (a minute where `anew`) is left for the next time, which begins at another entry.
struct relay_ask {
    const char *url, *certificate;
    struct utc now;
    bool anew; // for a person: what was fetched already is fetched again
};
MUST_USE enum err_kind cap_relay(const struct site *site, const struct relay_ask *ask,
                                 struct doc *list, struct relay_report *report, struct err *err);

// Whether `later` takes the place of `earlier`, or takes it back (both as above, or entries of
// them). Only who said it may, and an exercise ends no warning.
bool cap_takes_back(const struct doc *later, const struct doc *earlier);

#endif
