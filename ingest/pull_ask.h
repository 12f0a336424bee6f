#ifndef GONG_INGEST_PULL_ASK_H
#define GONG_INGEST_PULL_ASK_H

#include "ingest/pull_file.h"

// What is asked of a server for the stage that a file is in, and where the bytes that come go to.
// Used by pull_file.c and pull_parts.c only.

// Fills in file->login, ->cookies and ->ca_file, as the source and the site have them; NULL where
// there are none.
void pull_trust(const struct work *work, struct pull_file *file);

void pull_ask(const struct work *work, struct pull_file *file, struct transfer_ask *ask);

// For what is small and is kept whole in file->sum: whatever the server says, all of it.
bool pull_begin_small(void *self, const struct transfer_answer *answer);
bool pull_take_small(void *self, const void *bytes, size_t len);

#endif
