#ifndef GONG_INGEST_CONFINE_H
#define GONG_INGEST_CONFINE_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

// False in a build with sanitizers: they open files, start processes and map terabytes.
bool confine_is_possible(void);

// Gives up what a process that only computes does not need: no file can be opened or made, no
// socket, no process, no signal to others nor a handler of its own, no code that was not there
// (seccomp; whatever is not named is EPERM), no file grows. Landlock says the same of files, TCP
// and signals once more where the kernel has it. What is open stays open. It cannot be undone.
//
// With `readable`, files in that folder can be opened for reading (a library's own tables) and
// nothing else; whether a file is there can be asked. Only with landlock, ERR_MISSING where the
// kernel has none, or where there is no such folder.
//
// ERR_BROKEN when the kernel refuses. Does nothing where it is not possible.
MUST_USE enum err_kind confine_process(const char *readable, struct err *err);

// The same of files alone, for a program that talks to a server and is started next (landlock stays
// over exec): nothing can be opened but what is named here, nothing changed but what is `written`,
// no port listened at. In a folder that is `written` files can be made and removed, no links and no
// folders. Paths that are not there are left out, but for `written` ones: ERR_MISSING. ERR_BROKEN
// where the kernel has no landlock. Does nothing where it is not possible.
struct confine_path {
    const char *path; // a file, or a folder with all that is in it
    bool written;
};
MUST_USE enum err_kind confine_files(const struct confine_path *paths, size_t count,
                                     struct err *err);

#endif
