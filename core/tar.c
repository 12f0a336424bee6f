#include "core/tar.h"

#include "core/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512, NAME_MAX_BYTES = 100, SUM_AT = 148, SUM_LEN = 8 };

// Where the fields of a header stand (IEEE Std 1003.1, pax, "ustar Interchange Format").
static void put(char *header, size_t at, const char *text)
{
    for (size_t i = 0; text[i]; i++) // no NUL: a name may fill its field
        header[at + i] = text[i];
}

static void pad(struct buf *tar)
{
    static const char zero[BLOCK];
    if (tar->len % BLOCK)
        buf_add(tar, zero, BLOCK - tar->len % BLOCK);
}

void tar_add(struct buf *tar, const char *name, struct str bytes, struct utc at)
{
    char header[BLOCK] = {0}, number[24];
    unsigned sum = 0;
    assert(strlen(name) <= NAME_MAX_BYTES && tar->len % BLOCK == 0);
    put(header, 0, name);
    put(header, 100, "0000644");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    (void)snprintf(number, sizeof(number), "%011" PRIo64, (uint64_t)bytes.len);
    put(header, 124, number);
    (void)snprintf(number, sizeof(number), "%011" PRIo64, (uint64_t)(at.s > 0 ? at.s : 0));
    put(header, 136, number);
    put(header, 156, "0");
    put(header, 257, "ustar");
    put(header, 263, "00");
    memset(header + SUM_AT, ' ', SUM_LEN);
    for (size_t i = 0; i < BLOCK; i++)
        sum += (unsigned char)header[i];
    (void)snprintf(number, sizeof(number), "%06o", sum);
    put(header, SUM_AT, number);
    header[SUM_AT + 6] = '\0';
    buf_add(tar, header, BLOCK);
    buf_str(tar, bytes);
    pad(tar);
}

void tar_end(struct buf *tar)
{
    static const char zero[2 * BLOCK];
    buf_add(tar, zero, sizeof(zero));
}

// --- reading

void tar_files_free(struct tar_files *files)
{
    mem_free(&files->at);
    files->count = 0;
}

// An octal field, ended by NUL or blank; -1 when it is none.
static int64_t octal(const char *field, size_t size)
{
    int64_t number = 0;
    size_t i = 0;
    while (i < size && field[i] == ' ')
        i++;
    size_t first = i;
    for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
        number = number * 8 + (field[i] - '0');
    return i == first || (i < size && field[i] != '\0' && field[i] != ' ') ? -1 : number;
}

static bool is_zero(const char *block)
{
    static const char zero[BLOCK];
    return memcmp(block, zero, BLOCK) == 0;
}

static bool sum_fits(const char *header)
{
    int64_t sum = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        bool of_sum = i >= SUM_AT && i < SUM_AT + SUM_LEN;
        sum += of_sum ? ' ' : (unsigned char)header[i];
    }
    return octal(header + SUM_AT, SUM_LEN) == sum;
}

// A name by which nothing outside its folder is meant.
static bool is_tame(const char *name)
{
    size_t len = strlen(name);
    return len && name[0] != '/' && strcmp(name, "..") != 0 && strncmp(name, "../", 3) != 0 &&
           !strstr(name, "/../") && !(len > 2 && strcmp(name + len - 3, "/..") == 0);
}

static enum err_kind read_header(const char *header, size_t at, const char *name,
                                 struct tar_file *out, int64_t *size, struct err *err)
{
    *size = octal(header + 124, 12);
    if (!sum_fits(header) || *size < 0)
        return err_set(err, ERR_INPUT, "%s: at byte %zu there is no tar header", name, at);
    memcpy(out->name, header, NAME_MAX_BYTES);
    out->name[NAME_MAX_BYTES] = '\0';
    if (header[156] != '0' && header[156] != '\0')
        return err_set(err, ERR_INPUT, "%s: %s is no regular file; a bundle holds nothing else",
                       name, out->name);
    if (header[345] != '\0' || !is_tame(out->name))
        return err_set(err, ERR_INPUT, "%s: a file is called \"%.100s\", which leads elsewhere",
                       name, out->name);
    return OK;
}

static int by_name(const void *a, const void *b)
{
    const struct tar_file *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static enum err_kind check_once(const struct tar_files *files, const char *name, struct err *err)
{
    AUTO(mem_drop)
    const struct tar_file **sorted = mem_new(files->count + 1, sizeof(const struct tar_file *));
    for (size_t i = 0; i < files->count; i++)
        sorted[i] = &files->at[i];
    qsort(sorted, files->count, sizeof(const struct tar_file *), by_name);
    for (size_t i = 1; i < files->count; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            return err_set(err, ERR_INPUT, "%s: %s is in it twice", name, sorted[i]->name);
    }
    return OK;
}

enum err_kind tar_read(struct str tar, const char *name, struct tar_files *out, struct err *err)
{
    AUTO(tar_files_free) struct tar_files files = {0};
    size_t at = 0, room = 0;
    while (at + BLOCK <= tar.len && !is_zero(tar.at + at)) {
        int64_t size = 0;
        if (files.count == room) {
            room = room ? room * 2 : 64;
            files.at = mem_resize(files.at, room, sizeof(*files.at));
        }
        struct tar_file *file = &files.at[files.count];
        if (read_header(tar.at + at, at, name, file, &size, err))
            return err_of(err);
        at += BLOCK;
        if ((uint64_t)size > tar.len - at || ++files.count > TAR_FILES_MAX)
            return err_set(err, ERR_INPUT, "%s: %s is cut off", name, file->name);
        file->bytes = (struct str){tar.at + at, (size_t)size};
        at += ((size_t)size + BLOCK - 1) / BLOCK * BLOCK;
    }
    if (at + BLOCK > tar.len || files.count == 0)
        return err_set(err, ERR_INPUT, "%s: %s", name,
                       files.count ? "its end is cut off" : "this is no tar file");
    if (check_once(&files, name, err))
        return err_of(err);
    *out = MOVE(files);
    return OK;
}
