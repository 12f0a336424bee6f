#ifndef GONG_CORE_TAR_H
#define GONG_CORE_TAR_H

#include "core/date.h"
#include "core/text.h"

#include <stddef.h>

// A tar file (POSIX ustar) that is built in memory, the same bytes for the same content: owner 0,
// mode 0644. tar_add asserts that the name has at most 100 bytes.
void tar_add(struct buf *tar, const char *name, struct str bytes, struct utc at);
void tar_end(struct buf *tar);

// The regular files of such a tar file, as somebody else sends it.
enum { TAR_NAME_SIZE = 101, TAR_FILES_MAX = 1000000 };
struct tar_file {
    char name[TAR_NAME_SIZE];
    struct str bytes; // borrowed from the tar file
};
struct tar_files {
    struct tar_file *at; // [count] in the file's order
    size_t count;
};
void tar_files_free(struct tar_files *files); // frees what is in it; serves as cleanup attribute

// ERR_INPUT, with the place, when it is no tar file, is cut off, holds anything but regular files,
// or a name that is absolute, leads upwards, or is there twice.
MUST_USE enum err_kind tar_read(struct str tar, const char *name, struct tar_files *out,
                                struct err *err);

#endif
