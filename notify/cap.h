#ifndef GONG_NOTIFY_CAP_H
#define GONG_NOTIFY_CAP_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// Writes an alert of CAP 1.2 (OASIS), always in the one order of the schema, Vietnamese first, then
// English with the same facts.

enum cap_type { CAP_ALERT, CAP_UPDATE, CAP_CANCEL };
enum { CAP_BYTES_MAX = 1 << 20, CAP_POLYGONS_MAX = 100 };

struct cap_words {
    const char *event, *sender_name, *headline, *description, *instruction, *area;
};

struct cap_alert {
    const char *identifier, *sender; // no blank, comma, < or &
    struct utc sent;
    bool drill; // status Exercise, else Actual
    enum cap_type type;
    const char *references; // "sender,identifier,sent ..." of all earlier ones; "" for CAP_ALERT
    const char *note;       // why it is withdrawn; "" for none
    const char *category, *response, *urgency, *severity, *certainty; // words of the schema;
                                                                      // response "": none
    const char *event_code; // "OET-159", a term of the OASIS list; "" for none
    struct utc expires;
    const char *policy;                    // parameter gong-policy
    const char *set, *code;                // boundary set and commune: geocode "SET" = code
    const char *polygon[CAP_POLYGONS_MAX]; // "lat,lon lat,lon ...", closed
    size_t polygons;
    struct cap_words vi, en;
    bool sign; // leave room for an XML signature
};

// `out` is appended to. ERR_INPUT when what was written does not pass our own check (cap_check.h):
// then nothing is appended.
MUST_USE enum err_kind cap_write(const struct cap_alert *alert, struct buf *out, struct err *err);

// "2024-09-07T13:00:00+07:00"
struct utc_text cap_time_text(struct utc time);

#endif
