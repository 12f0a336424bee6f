#ifndef GONG_INGEST_CONFINE_H
#define GONG_INGEST_CONFINE_H

#include "core/err.h"

#include <stdbool.h>

// False in a build with sanitizers: they open files, start processes and map terabytes.
bool confine_is_possible(void);

// Gives up what a process that only computes does not need: no file can be opened or made, no
// socket, no process, no signal to others (seccomp; whatever is not named is EPERM), no file
// grows. What is open stays open. ERR_BROKEN when the kernel refuses. It cannot be undone. Does
// nothing where it is not possible.
MUST_USE enum err_kind confine_process(struct err *err);

#endif
