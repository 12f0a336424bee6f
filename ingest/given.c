#include "ingest/given.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum err_kind given_map(int fd, const char *program, void **bytes, size_t *size, struct err *err)
{
    static char nothing[1];
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return err_set(err, ERR_MISSING, "standard input is no file; write: %s ... < FILE",
                       program);
    *bytes = nothing;
    *size = (size_t)info.st_size;
    if (*size == 0)
        return OK;
    *bytes = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (*bytes == MAP_FAILED) // what it may use grows with the file: the machine lacks memory
        return err_errno(err, ERR_LATER, "cannot map a file of %zu bytes", *size);
    return OK;
}

bool given_is_hdf(int fd)
{
    static const char HDF[8] = "\x89HDF\r\n\x1a\n"; // without a NUL
    char start[sizeof(HDF)];
    return pread(fd, start, sizeof(start), 0) == sizeof(start) &&
           memcmp(start, HDF, sizeof(HDF)) == 0;
}

void given_unmap(void *bytes, size_t size)
{
    if (size > 0)
        (void)munmap(bytes, size);
}

enum err_kind given_back(struct str bytes, struct err *err)
{
    while (bytes.len) {
        ssize_t put = write(STDOUT_FILENO, bytes.at, bytes.len);
        if (put <= 0)
            return err_errno(err, ERR_LATER, "cannot write what was read");
        bytes.at += put;
        bytes.len -= (size_t)put;
    }
    return OK;
}
