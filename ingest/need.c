#include "ingest/need.h"

#include "core/mem.h"

#include <stdint.h>
#include <string.h>

// A text that crosses beside others on a command line of 60,000 bytes (core/nest.h). A run is a
// number in digits of five bits, the lowest first, each but the last with a sixth: '0' to 'o'.
enum {
    RUNS_BYTES_MAX = 40000, // of one grid
    TEXT_BYTES_MAX = 45000, // of all
    DIGIT_BITS = 5,
    MORE = 1 << DIGIT_BITS,
    FIRST = '0',
    LAST = FIRST + 2 * MORE - 1,
};
static const char START[] = "cells", WHOLE[] = "!", BETWEEN[] = " ";

// --- the parent's

struct needs needs_new(void)
{
    return (struct needs){.text = mem_text(START)};
}

void needs_free(struct needs *needs)
{
    for (size_t i = 0; i < needs->count; i++)
        mem_free(&needs->at[i].runs);
    mem_free(&needs->text);
    needs->count = 0;
}

bool needs_has(const struct needs *needs, struct hash grid)
{
    for (size_t i = 0; i < needs->count; i++) {
        if (hash_same(needs->at[i].grid, grid))
            return true;
    }
    return false;
}

static void put_run(struct buf *out, size_t run)
{
    do {
        size_t digit = run & (MORE - 1);
        run >>= DIGIT_BITS;
        char one = (char)(FIRST + digit + (run ? MORE : 0));
        buf_add(out, &one, 1);
    } while (run);
}

// Cells that do not weigh and those that do, in turn.
static char *runs_of(const struct weights *weights)
{
    struct buf out = buf_new(RUNS_BYTES_MAX);
    AUTO(mem_drop) bool *cell = mem_new(weights->cells + 1, sizeof(*cell));
    for (size_t i = 0; i < weights->start[weights->communes]; i++)
        cell[weights->cell[i]] = true;
    for (size_t i = 0, end; i < weights->cells; i = end) {
        bool weighs = cell[i];
        if (i == 0 && weighs)
            put_run(&out, 0);
        for (end = i; end < weights->cells && cell[end] == weighs; end++) {
        }
        put_run(&out, end - i);
    }
    if (out.full) {
        buf_free(&out);
        return mem_text(WHOLE);
    }
    return buf_take(&out);
}

static void drop_first(struct needs *needs)
{
    mem_free(&needs->at[0].runs);
    needs->count--;
    memmove(&needs->at[0], &needs->at[1], needs->count * sizeof(needs->at[0]));
}

static size_t text_bytes(const struct needs *needs)
{
    size_t bytes = 0;
    for (size_t i = 0; i < needs->count; i++)
        bytes += sizeof(hash_hex(needs->at[i].grid).at) + strlen(needs->at[i].runs) + 1;
    return bytes;
}

void needs_add(struct needs *needs, struct hash grid, const struct weights *weights)
{
    if (needs_has(needs, grid))
        return;
    if (needs->count == NEEDS_MAX)
        drop_first(needs);
    needs->at[needs->count].grid = grid;
    needs->at[needs->count++].runs = runs_of(weights);
    while (text_bytes(needs) > TEXT_BYTES_MAX)
        drop_first(needs);
    struct buf text = buf_new(TEXT_BYTES_MAX + sizeof(START));
    buf_text(&text, START);
    for (size_t i = 0; i < needs->count; i++)
        buf_print(&text, "%s%s%s", BETWEEN, hash_hex(needs->at[i].grid).at, needs->at[i].runs);
    mem_free(&needs->text);
    needs->text = buf_take(&text);
}

// --- the decoder's

static bool take_run(struct str *rest, size_t *out)
{
    size_t shift = 0;
    *out = 0;
    while (rest->len > 0 && shift < 8 * sizeof(size_t) - DIGIT_BITS) {
        char one = *rest->at++;
        rest->len--;
        if (one < FIRST || one > LAST)
            return false;
        size_t digit = (size_t)(one - FIRST);
        *out |= (digit & (MORE - 1)) << shift;
        shift += DIGIT_BITS;
        if (digit < MORE)
            return true;
    }
    return false;
}

static bool take_runs(struct str runs, bool *cell, size_t cells)
{
    size_t at = 0, run;
    bool weighs = false;
    while (runs.len > 0) {
        if (!take_run(&runs, &run) || run > cells - at)
            return false;
        memset(cell + at, weighs, run * sizeof(*cell));
        at += run;
        weighs = !weighs;
    }
    return at == cells;
}

enum need need_of(const char *text, struct hash grid, bool *cell, size_t cells)
{
    struct str rest = str_of(text), part;
    struct hash_hex name = hash_hex(grid);
    while (str_take_field(&rest, BETWEEN[0], &part)) {
        if (!str_starts(part, name.at))
            continue;
        struct str runs = {part.at + strlen(name.at), part.len - strlen(name.at)};
        if (str_is(runs, WHOLE))
            return NEED_WHOLE;
        return take_runs(runs, cell, cells) ? NEED_CELLS : NEED_UNTOLD;
    }
    return NEED_UNTOLD;
}
