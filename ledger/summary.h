#ifndef GONG_LEDGER_SUMMARY_H
#define GONG_LEDGER_SUMMARY_H

#include "core/date.h"
#include "core/doc.h"
#include "ledger/ledger.h"

// The state of a site as one document, for gong status and for the drill's table:
//   sources   [{source, newest, age_s, late, late_after_s, silence, silence_since, read, refused,
//               waiting, tried_at, complaint}]
//             `silence` is that of silence.h: "stale" is nothing to decide by
//   policies  [{policy, batches, period, as_of, newest: {yes, no, unknown},
//               communes: {yes, no, unknown}, alerts_on}]
//             `newest` counts the last batch; `communes` each commune once over all occasions: yes
//             when it ever was, else unknown when it ever was
//   left_out  [{kind, since, why}]: nobody is covered or told by these (left_out.h)
//   outbox    [{channel, ready, leased, unknown, done, dead, expired}]
//   payouts   [{policy, state, count, vnd}]
//   people    {disputes_open, disputes_overdue, proposals_open, holds}: what waits for people
//   ledger    {entries, head}
// Times are text; a missing one is null. The caller owns `*out`.
MUST_USE enum err_kind summary_make(struct ledger *ledger, struct utc now, struct doc **out,
                                    struct err *err);

#endif
