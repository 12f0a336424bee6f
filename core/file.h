#ifndef GONG_CORE_FILE_H
#define GONG_CORE_FILE_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Reads a whole file into `out` (appended). More than out->max bytes is ERR_INPUT, and so is what
// is no regular file (a folder, a pipe: it could wait without end).
// ERR_MISSING when it is not there, ERR_LATER when it cannot be read now.
MUST_USE enum err_kind file_read(const char *path, struct buf *out, struct err *err);

// The same of a file that another process made: a link in its place is not followed, ERR_LATER.
MUST_USE enum err_kind file_read_itself(const char *path, struct buf *out, struct err *err);

// Writes so that the file is there whole or not at all, also after a power cut: a new file beside
// it, fsync, rename, fsync of the folder. An old file of that name is replaced; ERR_INPUT when
// something else has it (file_may_be_replaced).
MUST_USE enum err_kind file_write(const char *path, struct str bytes, mode_t mode, struct err *err);

// The same without waiting for the disk: whole or not at all for other processes, and after the end
// of this one; after a power cut it may be the old one, empty or gone. For what is only a hint.
MUST_USE enum err_kind file_note(const char *path, struct str bytes, mode_t mode, struct err *err);

// Brings a name that a rename has just made onto the disk (fsync of its folder).
MUST_USE enum err_kind file_sync_name(const char *path, struct err *err);

// Makes the folder and those above it that are missing; an existing one is left as it is.
MUST_USE enum err_kind file_make_folder(const char *path, mode_t mode, struct err *err);

// For AUTO: closes what was opened, unless it is -1.
void file_close(const int *fd);

// Who is at work on a file holds it until `*fd` is closed, as a process does that ends: an empty
// one of that name (0600), made now or left by who is dead.
MUST_USE enum err_kind file_hold(const char *path, int *fd, struct err *err);
// Holds what nobody holds, to remove it: -1 when somebody does, or there is none.
int file_hold_left(const char *path);

// flock of an open file, LOCK_SH or LOCK_EX; while others hold it, it is tried for `wait_ms`.
// `*held` false: they still do. ERR_REFUSED when there can be none, as on some network disks.
MUST_USE enum err_kind file_lock(int fd, const char *path, int how, int64_t wait_ms, bool *held,
                                 struct err *err);

// The same path without slashes at its end; heap.
char *file_bare(const char *path);

bool file_exists(const char *path);

// Whether two paths name one file, by links or in other words; also one that is not there yet.
bool file_same(const char *a, const char *b);

// Folder and name joined by one slash; heap, mem_free.
char *file_join(const char *folder, const char *name);

// The folder that a path names a file in, "." when it names none; heap, mem_free.
char *file_folder(const char *path);

// The names in a folder (not "." or ".."), sorted by byte, NULL-ended; file_names_free.
MUST_USE enum err_kind file_names(const char *folder, char ***names, struct err *err);
void file_names_free(char ***names);

// ERR_INPUT when the path is a device, a pipe or a socket: a rename would take its place, and
// /dev/null would be a file from then on.
MUST_USE enum err_kind file_may_be_replaced(const char *path, struct err *err);

// Copies the bytes of one file to another place, as file_write does.
MUST_USE enum err_kind file_copy(const char *from, const char *to, mode_t mode, struct err *err);

#endif
