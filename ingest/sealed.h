#ifndef GONG_INGEST_SEALED_H
#define GONG_INGEST_SEALED_H

#include "core/err.h"

// A file in memory, without a name, that nobody can change once it is sealed: what was looked at is
// what is read later. It is filled with write() between the two; the caller closes it. ERR_LATER
// when the machine has no room.
MUST_USE enum err_kind sealed_new(int *fd, struct err *err);
MUST_USE enum err_kind sealed_seal(int fd, struct err *err);

void sealed_close(const int *fd); // serves as cleanup attribute; -1: nothing

#endif
