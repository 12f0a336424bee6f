#ifndef GONG_INGEST_LINKS_H
#define GONG_INGEST_LINKS_H

#include "core/err.h"
#include "core/text.h"
#include "ingest/work.h"

#include <stdbool.h>

// A feed of official warnings says where each warning lies whole.

// Whether a link may be followed that stands in a file from `feed`: it names a file of the same
// server, by the same way. A feed is a stranger's text: it must not send us to others, least of all
// to those that only this machine can reach.
bool links_may(const char *feed, struct str link);

// The addresses that the newest copy of a source's feed names, of those that may be followed; heap,
// NULL-ended, links_free. None when no copy was read yet. The copy is read by gong-points, as
// before. Errors: those of the ledger and the archive; ERR_LATER when no child could be started.
MUST_USE enum err_kind links_of(const struct work *work, const struct source *source, char ***out,
                                struct err *err);
void links_free(char ***links);

#endif
