#include "ingest/cellfile.h"

#include "core/mem.h"
#include "ingest/sealed.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// What tells one version of a file from the next.
struct version {
    int64_t inode, bytes, changed_s, changed_ns;
};

struct cellfile {
    char source[64];
    struct version version;
    int fd;
};

struct cellfiles {
    const struct site *site;
    struct decoder *decoder;
    struct cellfile *at; // heap
    size_t count;
};

struct cellfiles *cellfiles_new(const struct site *site, struct decoder *decoder)
{
    struct cellfiles *files = mem_new(1, sizeof(*files));
    files->site = site;
    files->decoder = decoder;
    return files;
}

void cellfiles_free(struct cellfiles **files)
{
    if (!*files)
        return;
    for (size_t i = 0; i < (*files)->count; i++)
        sealed_close(&(*files)->at[i].fd);
    mem_free(&(*files)->at);
    mem_free(files);
}

static struct cellfile *find(struct cellfiles *files, const char *source)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->at[i].source, source) == 0)
            return &files->at[i];
    }
    files->at = mem_resize(files->at, files->count + 1, sizeof(*files->at));
    struct cellfile *one = &files->at[files->count++];
    *one = (struct cellfile){.fd = -1};
    (void)snprintf(one->source, sizeof(one->source), "%s", source);
    return one;
}

// The file is the operator's, and large: it is read as it lies there, not as a copy.
static enum err_kind read_file(struct cellfiles *files, const struct source *source,
                               const struct area *area, struct cellfile *one, struct err *err)
{
    struct stat info;
    struct err why = {0};
    AUTO(mem_drop) char *path = site_path(files->site, source->cells);
    AUTO(sealed_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return err_set(err, ERR_MISSING,
                       "the cells of source %s are in %s, which is not there: put the file there "
                       "that the weather service has of its grid; what came waits",
                       source->name, path);
    struct version version = {(int64_t)info.st_ino, info.st_size, info.st_mtim.tv_sec,
                              info.st_mtim.tv_nsec};
    if (one->fd >= 0 && memcmp(&version, &one->version, sizeof(version)) == 0)
        return OK;
    int made = -1;
    enum err_kind kind = decode_cells(files->decoder, fd, &area->box, &made, &why);
    if (kind) {
        *err = why;
        (void)err_add(err, "reading the cells of source %s in %s", source->name, path);
        return err->kind = kind == ERR_INPUT ? ERR_MISSING : kind;
    }
    sealed_close(&one->fd);
    one->fd = made;
    one->version = version;
    return OK;
}

enum err_kind cellfiles_lend(struct cellfiles *files, const struct source *source,
                             const struct area *area, int *fd, struct err *err)
{
    *fd = -1;
    if (!source->cells)
        return OK;
    struct cellfile *one = find(files, source->name);
    if (read_file(files, source, area, one, err))
        return err_of(err);
    *fd = one->fd;
    return OK;
}
