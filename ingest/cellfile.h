#ifndef GONG_INGEST_CELLFILE_H
#define GONG_INGEST_CELLFILE_H

#include "core/err.h"
#include "core/site.h"
#include "ingest/area.h"
#include "ingest/decode.h"
#include "ingest/source.h"

// The files that describe the grids of sources ("cells" of sources.yaml). Each is read once, by the
// sandboxed decoder, and again when it was replaced.
struct cellfiles;
struct cellfiles *cellfiles_new(const struct site *site, struct decoder *decoder); // borrowed
void cellfiles_free(struct cellfiles **files);

// The cells that touch the area, for decode_begin_beside; borrowed until cellfiles_free or the next
// call for the same source. -1 when the source has its cells in its files. ERR_MISSING when the
// file is not there or cannot be read: what comes from the source waits.
MUST_USE enum err_kind cellfiles_lend(struct cellfiles *files, const struct source *source,
                                      const struct area *area, int *fd, struct err *err);

#endif
