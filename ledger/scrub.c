#include "ledger/scrub.h"

#include "core/doc.h"
#include "core/file.h"
#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 30 };

static const char *const files[] = {"out/sms.jsonl", "out/pay.jsonl", "out/pay-csv.jsonl",
                                    "out/pay-iso20022.jsonl"};
static const char *const members[] = {"\"to\":\"", "\"name\":\"", "\"account\":\""};

static bool is_about(struct str line, const char *person, const struct contracts *contracts)
{
    struct err ignored = {0};
    AUTO(doc_free) struct doc *doc = NULL;
    if (doc_parse(line, "line", &doc, &ignored))
        return false; // a torn last line is nobody's yet: its writer moves it aside
    if (strcmp(doc_text(doc_get(doc, "person"), ""), person) == 0)
        return true;
    const char *contract = doc_text(doc_get(doc, "contract"), "");
    for (size_t i = 0; i < contracts->count; i++) {
        if (strcmp(contract, contracts->at[i].id) == 0)
            return true;
    }
    return false;
}

// The value after a member's name, up to its closing quote.
static struct str value_of(struct str line, const char *member)
{
    const char *at = memmem(line.at, line.len, member, strlen(member));
    if (!at)
        return (struct str){0};
    at += strlen(member);
    const char *end = at;
    while (end < line.at + line.len && *end != '"')
        end += *end == '\\' && end + 1 < line.at + line.len ? 2 : 1;
    return (struct str){at, (size_t)(end - at)};
}

static enum err_kind blank(int fd, const char *path, const char *start, struct str value,
                           struct err *err)
{
    char block[512];
    memset(block, 'x', sizeof(block));
    off_t place = value.at - start;
    while (value.len) {
        size_t some = value.len < sizeof(block) ? value.len : sizeof(block);
        ssize_t put = pwrite(fd, block, some, place);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return err_errno(err, ERR_BROKEN, "cannot blank what %s says of a person", path);
        place += put;
        value.len -= (size_t)put;
    }
    return OK;
}

static enum err_kind scrub_line(int fd, const char *path, const char *start, struct str line,
                                struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (blank(fd, path, start, value_of(line, members[i]), err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind scrub_file(const char *path, const char *person,
                                const struct contracts *contracts, struct err *err)
{
    AUTO(file_close) int fd = open(path, O_RDWR | O_CLOEXEC);
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    if (fd < 0 && errno == ENOENT)
        return OK;
    if (fd < 0)
        return err_errno(err, ERR_REFUSED, "cannot open %s", path);
    while (flock(fd, LOCK_EX) != 0) {
        if (errno != EINTR)
            return err_errno(err, ERR_LATER, "cannot lock %s", path);
    }
    if (file_read(path, &text, err))
        return err_of(err);
    struct str rest = buf_slice(&text);
    for (struct str line; str_take_line(&rest, &line);) {
        if (is_about(line, person, contracts) && scrub_line(fd, path, text.at, line, err))
            return err_of(err);
    }
    if (fsync(fd) != 0)
        return err_errno(err, ERR_BROKEN, "cannot fsync %s", path);
    return OK;
}

enum err_kind scrub_lines(const char *folder, const char *person, const struct contracts *contracts,
                          struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        AUTO(mem_drop) char *path = file_join(folder, files[i]);
        if (scrub_file(path, person, contracts, err))
            return err_of(err);
    }
    return OK;
}
