#include "ingest/sealed.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum err_kind sealed_new(int *fd, struct err *err)
{
    int made = memfd_create("gong-raw", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made < 0)
        return err_errno(err, ERR_LATER, "cannot make a file in memory");
    *fd = made;
    return OK;
}

enum err_kind sealed_seal(int fd, struct err *err)
{
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return err_errno(err, ERR_LATER, "cannot seal a file in memory");
    return OK;
}

void sealed_close(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
