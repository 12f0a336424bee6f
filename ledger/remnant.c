#include "ledger/remnant.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/people.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NEEDLES = 4,
    NEEDLE_BYTES_MAX = 128,
    NEEDLE_BYTES_MIN = 6,
    CHUNK = 1 << 20,
    DEPTH_MAX = 16,
    LINE_BYTES_MAX = 5000
};

struct search {
    const char *needle[NEEDLES]; // [count]
    size_t count;
    char national[20]; // the phone as it is dialled at home
    char *chunk;       // NEEDLE_BYTES_MAX of the one before, then CHUNK
    struct doc *found;
};

static void add(struct search *search, const char *text)
{
    if (strlen(text) >= NEEDLE_BYTES_MIN && strlen(text) <= NEEDLE_BYTES_MAX)
        search->needle[search->count++] = text;
}

static bool holds(const struct search *search, size_t len)
{
    for (size_t i = 0; i < search->count; i++) {
        const char *needle = search->needle[i];
        if (memmem(search->chunk, len, needle, strlen(needle)))
            return true;
    }
    return false;
}

enum sight { CLEAN, THERE, UNSEEN };

static enum sight look_through(const struct search *search, const char *path)
{
    AUTO(file_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? CLEAN : UNSEEN; // a file that went away holds nothing
    for (size_t kept = 0;;) {
        ssize_t got = read(fd, search->chunk + kept, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? UNSEEN : CLEAN;
        size_t len = kept + (size_t)got;
        if (holds(search, len))
            return THERE;
        kept = len < NEEDLE_BYTES_MAX ? len : NEEDLE_BYTES_MAX;
        memmove(search->chunk, search->chunk + len - kept, kept);
    }
}

static void say(const struct search *search, const char *path, enum sight sight)
{
    bool is_book = strncmp(path, "out/bank/", 9) == 0 || strncmp(path, "out/cash/", 9) == 0;
    AUTO(buf_free) struct buf line = buf_new(LINE_BYTES_MAX);
    if (sight == CLEAN)
        return;
    buf_print(&line, "%s: %s", path,
              sight == UNSEEN ? "COULD NOT BE LOOKED INTO: see whether it holds the person"
              : is_book       ? "such an accounting record"
                              : "NOT FORGOTTEN THERE: take it out by hand");
    doc_push_text(search->found, line.at);
}

static bool is_left_out(const char *inside, const char *name)
{
    return !*inside && (strcmp(name, "archive") == 0 || strcmp(name, "reserve") == 0);
}

// `inside` is the folder's path from the site's on, "" at the top.
static enum err_kind walk(const struct search *search, const char *folder, const char *inside,
                          int depth, struct err *err)
{
    AUTO(file_names_free) char **names = NULL;
    if (depth > DEPTH_MAX)
        return OK;
    if (file_names(folder, &names, err))
        return err_of(err);
    for (size_t i = 0; names[i]; i++) {
        AUTO(mem_drop) char *path = file_join(folder, names[i]);
        AUTO(mem_drop)
        char *at = *inside ? file_join(inside, names[i]) : str_copy(str_of(names[i]));
        struct stat status;
        if (is_left_out(inside, names[i]) || lstat(path, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode) && walk(search, path, at, depth + 1, err))
            return err_of(err);
        if (S_ISREG(status.st_mode))
            say(search, at, look_through(search, path));
    }
    return OK;
}

enum err_kind remnant_find(const char *folder, const struct person *person, struct doc *found,
                           struct err *err)
{
    AUTO(mem_drop) char *chunk = mem_new(CHUNK + NEEDLE_BYTES_MAX, 1);
    struct search search = {.chunk = chunk, .found = found};
    if (strlen(person->phone) > 2)
        (void)snprintf(search.national, sizeof(search.national), "0%.17s", person->phone + 2);
    add(&search, person->phone);
    add(&search, search.national);
    add(&search, person->account);
    add(&search, person->name);
    return search.count ? walk(&search, folder, "", 0, err) : OK;
}
