#ifndef GONG_TRIGGERS_ALERT_NOTE_H
#define GONG_TRIGGERS_ALERT_NOTE_H

#include "core/doc.h"
#include "core/err.h"
#include "policies/unit.h"
#include "triggers/alert.h"

// What a run made of an alert, as it stands in the decision's entry (`alert`), so that the state
// can be followed from entry to entry, is made again by replay, and is told by explain:
//
//   level       after the run; 0: off
//   since       of the last change of level, while it is on
//   reached     [level] times: since when it has been of level 1, 2 ... or a higher one
//   runs        consecutive runs that spoke for more (> 0) or less (< 0), where there are any
//   turn, tells "on", "up", "down", "off", and whether that is told to people
//   told, told_level  when it was told last, and of which level
//   kept        the level below which no run takes it now, where this one would have

// NULL when the alert is off as it was, and no run speaks for more.
struct doc *alert_note_doc(const struct alert_state *before, const struct alert_state *after,
                           const struct alert_taken *taken);

// The state that a note tells; `seen` stays. ERR_INPUT when it is none.
MUST_USE enum err_kind alert_note_read(const struct doc *note, struct alert_state *state,
                                       struct err *err);

void alert_note_say(const struct doc *note, enum language language, struct buf *out);

#endif
