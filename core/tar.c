#include "core/tar.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
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
