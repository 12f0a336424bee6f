#ifndef GONG_INGEST_NEED_H
#define GONG_INGEST_NEED_H

#include "core/hash.h"
#include "ingest/weights.h"

#include <stdbool.h>
#include <stddef.h>

// Which cells of a grid weigh in any commune: of a file in chunks no others than theirs are read.
// Only the parent has the weights, and only the file tells its grid: a decoder that is told of no
// such cells answers with the grid alone, and is begun again with them. So what is read of a file
// depends on nothing but the file and the boundary set.

// The parent's: of the grids that were weighed last.
enum { NEEDS_MAX = 6 };
struct needs {
    size_t count;
    struct {
        struct hash grid;
        char *runs;
    } at[NEEDS_MAX];
    char *text; // all of them, for the decoder (wanted_list); never NULL once there was needs_new
};
struct needs needs_new(void);
void needs_free(struct needs *needs); // frees what is in it; serves as cleanup attribute

bool needs_has(const struct needs *needs, struct hash grid);
// needs->text is another afterwards. A grid with too many cells to tell is told to be read whole.
void needs_add(struct needs *needs, struct hash grid, const struct weights *weights);

// The decoder's, of such a text: sets cell [cells], row by row as a grid's, when it is to look at
// some alone. NEED_UNTOLD also for a text that needs_add did not write.
enum need { NEED_UNTOLD, NEED_WHOLE, NEED_CELLS };
enum need need_of(const char *text, struct hash grid, bool *cell, size_t cells);

#endif
