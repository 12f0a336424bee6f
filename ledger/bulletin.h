#ifndef GONG_LEDGER_BULLETIN_H
#define GONG_LEDGER_BULLETIN_H

#include "core/doc.h"
#include "ledger/ledger.h"

#include <stdbool.h>

// Official warnings that came from outside: relayed and quoted, never imitated, and nothing is
// decided by them. Each is one ledger entry of kind "bulletin" (source, raw, and what CAP calls
// identifier, sender, sent, status, msgType, event, urgency, severity, certainty, expires,
// headline, areaDesc; what is passed on, of source "cap-relay", also references, seal, by, quote,
// told: whether it was one to be told, and, where it stood and gives one in numbers, area: polygons
// [[lat, lon, lat, lon ... in millionths of a degree]], circles [[lat, lon, radius in m]], geocodes
// ["NAME=VALUE"], and, where a polygon of too many points was given with fewer, borders: the boxes
// [[lat, lon, lat, lon]] that its outline runs through, which are part of where it holds).

extern const char bulletin_relay_source[]; // "cap-relay": what is passed on (notify)

// Adds one. The same source, identifier and sent again changes nothing (`*fresh` false), unless
// what is known is an entry of a feed, which has a "link" to the warning, and this is the warning
// itself, which has none: it is added, and is the one that bulletin_find finds.
MUST_USE enum err_kind bulletin_put(struct txn *txn, struct utc at, const struct doc *body,
                                    bool *fresh, struct err *err);

// The entry of one; `*seq` is 0 when there is none.
MUST_USE enum err_kind bulletin_find(struct ledger *ledger, const char *source,
                                     const char *identifier, const char *sent, int64_t *seq,
                                     struct err *err);

// What of a source stood when it was told last as a list: an entry of kind "standing" (source, and
// what the caller says). `*body` is heap, doc_free; NULL when there is none.
MUST_USE enum err_kind bulletin_standing(struct ledger *ledger, const char *source,
                                         struct doc **body, struct err *err);
// Puts the next one; `body` has its source.
MUST_USE enum err_kind bulletin_stand(struct txn *txn, struct utc at, const struct doc *body,
                                      int64_t *seq, struct err *err);

#endif
