#ifndef GONG_INGEST_CONVOY_H
#define GONG_INGEST_CONVOY_H

#include "core/err.h"
#include "ingest/decode.h"

#include <stdbool.h>
#include <stddef.h>

// Many plain files of one source: a few children of gong-plain, each as confined as one that reads
// a single file, and each with several files that it reads one after the other. A convoy only ever
// says what is in a file that is read the short way (ingest/cf.h); for any other (of another
// format, odd, to be refused; one at which a child crashed, hung or talked nonsense, and those that
// it had still to read) it says nothing, and the caller has it read by a child of its own, whose
// verdict counts. A child that was taken over by one file could lie about those after it: so it is
// for folders that somebody chose (series), not for what is fetched and paid by (derive).
struct convoy;

// The children's program (NULL: gong-plain beside the running one) is started here: it is ready by
// the time that there are files.
struct convoy *convoy_new(const char *program);
void convoy_free(struct convoy **convoy);

// Begins with files that are open for reading and that nobody changes; they may be closed
// afterwards. What was not taken of the files before is dropped. That no child could be started is
// no error: then nothing is read.
enum { CONVOY_FILES_MAX = 96 };
void convoy_begin(struct convoy *convoy, const struct decode_limits *limits,
                  const struct wanted_list *wanted, const int *files, size_t count);

// The next of these files, in their order: false, with `out` untouched, when it is to be read by a
// child of its own. `out` is to be freed (frame_free).
bool convoy_next(struct convoy *convoy, struct frame *out);

// In the child: what goes before each answer on its standard output, 0 for a file that it does not
// read.
struct convoy_head {
    uint64_t bytes;
};

#endif
