#ifndef GONG_INGEST_LINKS_H
#define GONG_INGEST_LINKS_H

#include "core/err.h"
#include "core/text.h"
#include "ingest/work.h"
#include "ledger/raw.h"

#include <stdbool.h>

// A feed of official warnings says where each warning lies whole.

// Whether a link may be followed that stands in a file from `feed`: it names a file of the same
// server, by the same way. A feed is a stranger's text: it must not send us to others, least of all
// to those that only this machine can reach.
bool links_may(const char *feed, struct str link);

// What feeds named, kept between rounds: a copy is read once. Held by struct work.
struct links;
struct links *links_new(void);
void links_free(struct links **links); // serves as cleanup attribute

// The addresses that one copy of a source's feed names, of those that may be followed and each
// once; NULL-ended, borrowed from work->links until the next call for that source. It is read by
// gong-points, as before. Errors: those of the archive and of decode_points (ingest/decode.h), also
// when the copy is not there or damaged; the next call tries again.
MUST_USE enum err_kind links_of(const struct work *work, const struct source *source,
                                const struct raw *raw, char *const **out, struct err *err);

#endif
