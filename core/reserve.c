#include "core/reserve.h"

#include "core/file.h"
#include "core/mem.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <unistd.h>

// Some ten thousand warnings with their entries, written twice (log and database).
enum { RESERVE_BYTES = 32 << 20 };

static bool is_roomy(const char *folder)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0)
        return false;
    return (uint64_t)disk.f_bavail * disk.f_frsize >= 2 * (uint64_t)RESERVE_BYTES;
}

void reserve_keep(const char *folder)
{
    AUTO(mem_drop) char *path = file_join(folder, "reserve");
    if (file_exists(path) || !is_roomy(folder))
        return;
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (posix_fallocate(fd, 0, RESERVE_BYTES) != 0)
        (void)unlink(path);
    (void)close(fd);
}

bool reserve_give_up(const char *folder)
{
    AUTO(mem_drop) char *path = file_join(folder, "reserve");
    return unlink(path) == 0;
}
