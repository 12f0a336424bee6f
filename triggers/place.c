#include "triggers/place.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 1 << 20 };

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

void place_free(struct place *place)
{
    if (place->folder[0])
        (void)nftw(place->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    place->folder[0] = '\0';
    mem_free(&place->site);
}

// What a program that reads what is said found wrong does not hold; where gong itself is not whole,
// nothing is said of it.
static enum err_kind kind_of(const char *program, int code)
{
    if (strcmp(program, "gong-init") == 0)
        return code == EXIT_MISSING ? ERR_MISSING : ERR_LATER;
    return code == EXIT_BROKEN || code == EXIT_MISSING ? ERR_REFUSED : ERR_LATER;
}

// `may_wait`: of what is waited for another run may know more.
static enum err_kind run(const char *program, const char *const *words, size_t count, bool may_wait,
                         struct err *err)
{
    AUTO(mem_drop) char *path = proc_program(program);
    AUTO(mem_drop) const char **argv = mem_new(count + 2, sizeof(*argv));
    AUTO(buf_free) struct buf out = buf_new(OUTPUT_MAX), complaint = buf_new(OUTPUT_MAX);
    struct proc_limits limits = {.output_bytes_max = OUTPUT_MAX};
    int code = 0;
    argv[0] = path;
    memcpy(argv + 1, words, count * sizeof(*argv));
    if (proc_run(argv, -1, &limits, &out, &complaint, &code, err))
        return err_of(err);
    // 1 and 3: a file was refused, which may be what the receipt says
    bool fine = code == EXIT_YES || code == EXIT_NO || code == EXIT_INVALID;
    if (!fine && !(may_wait && code == EXIT_MISSING))
        return err_set(err, kind_of(program, code), "%s %s ended with %d: " STR_FMT, program,
                       words[0], code, STR_ARG(str_trim(buf_slice(&complaint))));
    return OK;
}

enum err_kind place_run(const char *program, const char *const *words, size_t count,
                        struct err *err)
{
    return run(program, words, count, false, err);
}

enum err_kind place_run_first(const char *program, const char *const *words, size_t count,
                              struct err *err)
{
    return run(program, words, count, true, err);
}

enum err_kind place_make(struct place *place, const char *sources_yaml, struct err *err)
{
    (void)snprintf(place->folder, sizeof(place->folder), "/tmp/gong-place-XXXXXX");
    if (!mkdtemp(place->folder)) {
        place->folder[0] = '\0';
        return err_errno(err, ERR_LATER, "cannot make a folder in /tmp");
    }
    place->site = file_join(place->folder, "site");
    const char *words[] = {place->site, "--quiet"};
    AUTO(mem_drop) char *path = file_join(place->site, "sources.yaml");
    if (place_run("gong-init", words, COUNT_OF(words), err))
        return err_of(err);
    return file_write(path, str_of(sources_yaml), 0644, err);
}

enum err_kind place_shape(const char *hex, struct buf *out, struct err *err)
{
    size_t len = strlen(hex);
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i + 1 < len; i += 2) {
        const char *high = strchr(digits, hex[i]), *low = strchr(digits, hex[i + 1]);
        if (!high || !low)
            return err_set(err, ERR_INPUT, "a commune's shape is not hex");
        buf_char(out, (char)((high - digits) << 4 | (low - digits)));
    }
    return len % 2 ? err_set(err, ERR_INPUT, "a commune's shape is cut off") : OK;
}
