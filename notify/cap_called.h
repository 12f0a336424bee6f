#ifndef GONG_NOTIFY_CAP_CALLED_H
#define GONG_NOTIFY_CAP_CALLED_H

#include "core/err.h"

struct doc;
struct yaml;

// What an alert is called in CAP: the words of a policy in a site's cap.yaml (data/cap.yaml), for
// one stage of it where it has words of its own there (`stages: {NAME: {...}}`).
enum { CAP_CALLED_BYTES_MAX = 2000 };
struct cap_called {
    char event_vi[CAP_CALLED_BYTES_MAX], event_en[CAP_CALLED_BYTES_MAX];
    char code[CAP_CALLED_BYTES_MAX], category[CAP_CALLED_BYTES_MAX];
    char severity[CAP_CALLED_BYTES_MAX], urgency[CAP_CALLED_BYTES_MAX];
    char certainty[CAP_CALLED_BYTES_MAX], response[CAP_CALLED_BYTES_MAX]; // response "": none
    char how_vi[CAP_CALLED_BYTES_MAX], how_en[CAP_CALLED_BYTES_MAX];      // "": not said
};

// `of` is the policy's map in cap.yaml. `body` is the message in the outbox (`stage`, `measured`,
// `actions`); NULL: what it is about is over, and there is nothing to do any more.
// What was measured at a stage is Observed and Immediate unless that stage has other words: the
// policy's are those of what may come. How people act is what the policy says for the stage that is
// on, else what cap.yaml says in both languages; where nobody says how, no action is asked for.
// ERR_INPUT with line and column for a word that is missing, or one that is none of these.
MUST_USE enum err_kind cap_called_read(const struct yaml *of, const struct doc *body,
                                       struct cap_called *out, struct err *err);

#endif
