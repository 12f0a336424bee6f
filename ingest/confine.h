#ifndef GONG_INGEST_CONFINE_H
#define GONG_INGEST_CONFINE_H

#include "core/err.h"

// Gives up what a process that only computes does not need: no file can be opened or made, no
// socket, no process, no signal to others (seccomp; whatever is not named is EPERM), no file
// grows. What is open stays open. ERR_BROKEN when the kernel refuses. It cannot be undone. In a
// build with sanitizers it does nothing: they open files and start processes of their own.
MUST_USE enum err_kind confine_process(struct err *err);

#endif
