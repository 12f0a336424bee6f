// Feeds a fuzz target its seeds, then seeded mutations of them, without libFuzzer: so that every
// `make test` tries some thousand hostile inputs and any one can be replayed.
//
//   fuzz_x FOLDER [SEED [COUNT]]     FOLDER holds the seed files
#include "core/file.h"
#include "core/mem.h"
#include "tests/fuzz/fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED_BYTES_MAX = 1 << 20, COUNT_STANDARD = 4000 };

// splitmix64 (Vigna, public domain).
static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

// One to four edits: a byte changed, a bit flipped, a piece cut out, doubled or the tail cut off.
static void mutate(struct buf *text, uint64_t *state)
{
    for (uint64_t edits = 1 + next(state) % 4; edits && text->len; edits--) {
        size_t at = next(state) % text->len;
        size_t len = 1 + next(state) % 16;
        if (len > text->len - at)
            len = text->len - at;
        char piece[16];
        switch (next(state) % 5) {
        case 0:
            text->at[at] = (char)next(state);
            break;
        case 1:
            text->at[at] = (char)(text->at[at] ^ (1 << (next(state) % 8)));
            break;
        case 2:
            memmove(text->at + at, text->at + at + len, text->len - at - len);
            text->len -= len;
            break;
        case 3:
            memcpy(piece, text->at + at, len);
            buf_add(text, piece, len);
            break;
        case 4:
            text->len = at;
            break;
        }
    }
}

static size_t replay(const char *folder, uint64_t seed, size_t count)
{
    struct err err = {0};
    char **names = NULL;
    if (file_names(folder, &names, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        exit(EXIT_FAILURE);
    }
    size_t tried = 0;
    for (char **name = names; *name; name++) {
        AUTO(mem_drop) char *path = file_join(folder, *name);
        AUTO(buf_free) struct buf whole = buf_new(SEED_BYTES_MAX);
        if (file_read(path, &whole, &err)) {
            (void)fprintf(stderr, "%s\n", err.text);
            exit(EXIT_FAILURE);
        }
        (void)LLVMFuzzerTestOneInput((const uint8_t *)whole.at, whole.len);
        for (size_t i = 0; i < count; i++, tried++) {
            AUTO(buf_free) struct buf text = buf_new(SEED_BYTES_MAX);
            buf_str(&text, buf_slice(&whole));
            mutate(&text, &seed);
            (void)LLVMFuzzerTestOneInput((const uint8_t *)text.at, text.len);
        }
    }
    file_names_free(&names);
    return tried;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s FOLDER [SEED [COUNT]]\n", argv[0]);
        return 2;
    }
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20241124;
    size_t count = argc > 3 ? strtoull(argv[3], NULL, 10) : COUNT_STANDARD;
    (void)printf("# seed %" PRIu64 "\n", seed);
    size_t tried = replay(argv[1], seed, count);
    if (tried == 0) {
        (void)printf("not ok 1 - no seed in %s\n", argv[1]);
        return 1;
    }
    (void)printf("ok 1 - %zu hostile inputs\n", tried);
    return 0;
}
