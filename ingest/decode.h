#ifndef GONG_INGEST_DECODE_H
#define GONG_INGEST_DECODE_H

#include "core/err.h"
#include "core/proc.h"
#include "core/text.h"
#include "ingest/grid.h"
#include "ingest/wanted.h"

#include <stdbool.h>
#include <stdint.h>

// The parent's side of the sandboxed decoder: a child for each file. Whatever the bytes do to the
// child, the answer here is a frame or one sentence.
struct decode_limits {
    int64_t mib_max; // memory of the child beside the file, and size of the frame that it writes
    int64_t cpu_s;   // for each begun DECODE_SHARE_MIB of the file
    const char *program; // NULL: gong-decode beside the running program
    const char *plain;   // NULL: gong-plain beside it; when only `program` is given, none
};

// A global year of a few gigabytes is mapped whole, and takes its time; a file of the usual size
// that takes more than cpu_s is damaged or hostile.
enum { DECODE_SHARE_MIB = 16 };

// What a child may use that is given files of `bytes` together.
struct proc_limits decode_child(const struct decode_limits *limits, int64_t bytes);

// Many files, one after the other or side by side: gong-decode is started once, when it is first
// needed, and makes a fork of itself for each file (core/nest.h), as confined as before.
struct decoder;
struct decoder *decoder_new(const struct decode_limits *limits);
void decoder_free(struct decoder **decoder);

// Begins with a file that is open for reading and that nobody changes; it may be closed afterwards.
// ERR_LATER when no child could be started.
MUST_USE enum err_kind decode_begin(struct decoder *decoder, int fd,
                                    const struct wanted_list *wanted, struct proc_child *out,
                                    struct err *err);
// The same by gong-plain, which is ready in a third of the time, for a
// file that it may read. Then ERR_LATER of decode_end also means that it did not: begin with
// decode_begin.
MUST_USE enum err_kind decode_begin_quick(struct decoder *decoder, int fd,
                                          const struct wanted_list *wanted, struct proc_child *out,
                                          struct err *err);
// The same by gong-decode, with the cells of its grid beside it (wanted->cells is CELLS_BESIDE);
// `cells_fd` is of decode_cells.
MUST_USE enum err_kind decode_begin_beside(struct decoder *decoder, int fd, int cells_fd,
                                           const struct wanted_list *wanted, struct proc_child *out,
                                           struct err *err);
enum { DECODE_CELLS_FD = 3 }; // where the child has it

// The exit code of such a child; of one that this machine cannot hold well enough for its file; of
// a fork by hand whose units are not known (it never leaves gong-decode); and of one whose file is
// on another grid than that of the cells beside it. Beyond core/err.h's.
enum {
    DECODE_NOT_PLAIN = 64,
    DECODE_NOT_HELD = 65,
    DECODE_UNITS_MISSED = 66,
    DECODE_OTHER_GRID = 67
};

// Waits for it. ERR_INPUT when the file cannot be read (the child's own sentence, or that it
// crashed, ran too long or answered nonsense); ERR_LATER when the child was ended from outside;
// ERR_MISSING when it says that it could not confine itself, for such a file (GRIB, without
// landlock) or at all, or could not begin: the file waits. A child that its file has taken over can
// say all that, so nothing that it says ends a run (ERR_BROKEN). A child that is not waited for is
// dropped (proc_drop).
MUST_USE enum err_kind decode_end(struct decoder *decoder, struct proc_child *child,
                                  struct frame *out, struct err *err);
// The same of a child that is not asked for the last time: `*out` may ask which cells of its grid
// are needed (frame->asks), to be begun again with them (ingest/need.h). ERR_REFUSED when the child
// says that the cells beside its file are of another grid. To decode_end both are ERR_INPUT.
#define DECODE_ASKS "the decoder asks for what it was told"
MUST_USE enum err_kind decode_end_asking(struct decoder *decoder, struct proc_child *child,
                                         struct frame *out, struct err *err);

// Whether that may have been of a moment (a machine short of memory): the same file is begun with
// again before others are read.
static inline bool decode_is_to_begin_again(enum err_kind ended)
{
    return ended == ERR_LATER || ended == ERR_MISSING;
}

// The cells (ingest/cells.h) of a grid that touch the box of `wanted`, from the file that describes
// it, as a sealed file, `*cells_fd`, which is the caller's to close. Errors as decode_begin and
// decode_end.
MUST_USE enum err_kind decode_cells(struct decoder *decoder, int fd,
                                    const struct wanted_list *wanted, int *cells_fd,
                                    struct err *err);

// The same for a table of stations or tracks, by a gong-points of its own; `bytes` is borrowed,
// `json` is what is wanted (ingest/points_wanted.h). ERR_LATER also when no child could be started.
struct points;
MUST_USE enum err_kind decode_points(struct str bytes, const char *json,
                                     const struct decode_limits *limits, struct points *out,
                                     struct err *err);

#endif
