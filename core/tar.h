#ifndef GONG_CORE_TAR_H
#define GONG_CORE_TAR_H

#include "core/date.h"
#include "core/text.h"

// A tar file (POSIX ustar) that is built in memory, the same bytes for the same content: owner 0,
// mode 0644. tar_add asserts that the name has at most 100 bytes.
void tar_add(struct buf *tar, const char *name, struct str bytes, struct utc at);
void tar_end(struct buf *tar);

#endif
