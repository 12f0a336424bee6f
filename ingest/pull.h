#ifndef GONG_INGEST_PULL_H
#define GONG_INGEST_PULL_H

#include "core/err.h"
#include "ingest/work.h"

#include <stdbool.h>
#include <stddef.h>

// Many files brought side by side: each into the archive and the list of raw files, one commit a
// file, after its bytes are on the disk. A limit for each host (at_once of the source) and one for
// all (fetch_at_once); what fails in a way that may pass is tried again with growing, uneven
// pauses; other places (mirrors) come first. What came half before is gone on from. Files of this
// machine are taken one after the other, in the order in which they were added.
struct pull;
struct pull *pull_new(const struct work *work);
void pull_free(struct pull **pull);

struct pull_ask {
    const struct source *source; // borrowed until pull_free
    const char *url;             // what is recorded; the texts are copied
    const char *const *place;    // [places] where it may be had, best first
    size_t places;
    const char *sum_url;   // where the provider's checksum is; NULL: nowhere
    const char *index_url; // by which it is had in pieces; NULL: whole
    bool known;            // it came before: asked for only if it changed
    bool remember;         // what the server says is kept for later; no use for a local file
    bool stays;            // a redirect is not followed: a stranger's text named the address
};
MUST_USE enum err_kind pull_add(struct pull *pull, const struct pull_ask *ask, struct err *err);
size_t pull_count(const struct pull *pull);
// Is the file of this ask among the first that were added?
bool pull_has(const struct pull *pull, size_t first, const struct pull_ask *ask);

// Brings them all, or gives them up for now. Counts are in the report. Only ERR_BROKEN comes back;
// a stop ends it early, and what came half is kept.
MUST_USE enum err_kind pull_run(struct pull *pull, struct work_report *report, struct err *err);

// After pull_run: the first failure of a source's files, "" when there was none.
const char *pull_complaint(const struct pull *pull, const struct source *source);

#endif
