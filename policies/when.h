#ifndef GONG_POLICIES_WHEN_H
#define GONG_POLICIES_WHEN_H

#include "core/date.h"
#include "core/text.h"
#include "policies/unit.h"

// Times as people say them, in Vietnamese local time and without the year: a message is of these
// days. Appended to `out`.

// "7h 6/9", "13h30 6/9"; "07:00 6 Sep", "13:30 6 Sep".
void when_say(struct utc at, enum language language, struct buf *out);

// The same, without the date when it is that of `today`.
void when_say_beside(struct utc at, struct utc today, enum language language, struct buf *out);

// From one time to another. A night or a part of one day is called by its name, as the weather
// service does: "đêm 6/9 (19h-7h)", "chiều 6/9 (13h-18h)"; else "từ 7h 6/9 đến 7h 7/9".
void when_say_span(struct utc from, struct utc to, enum language language, struct buf *out);

#endif
