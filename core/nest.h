#ifndef GONG_CORE_NEST_H
#define GONG_CORE_NEST_H

#include "core/proc.h"

#include <stddef.h>

// A program that was started once and makes a fork of itself for each request: what it costs to
// load it and its libraries is paid once. The fork is a child of the process that asked, not of
// the nest, and is collected and ended with proc_finish and proc_drop like any other. The nest
// itself looks at nothing that a request brings but its list of arguments.
struct nest;

// Starts argv (NULL-ended, argv[0] is the path), which has to come to nest_serve. The limits are
// those of the nest itself. ERR_LATER when it cannot be started.
MUST_USE enum err_kind nest_start(const char *const *argv, const struct proc_limits *limits,
                                  struct nest **out, struct err *err);
void nest_end(struct nest **nest); // forks that are on their way go on

// A fork with `args` (NULL-ended) and `input_fd` as standard input, within limits. All is borrowed
// until it returns. ERR_LATER when there is none: the nest is gone (it is of no use any more), or
// the arguments are longer than NEST_BYTES_MAX together.
enum { NEST_BYTES_MAX = 60000 };
MUST_USE enum err_kind nest_begin(struct nest *nest, const char *const *args, int input_fd,
                                  const struct proc_limits *limits, struct proc_child *child,
                                  struct err *err);

// The same with several files: the first is its standard input, the others its descriptors 3, 4 and
// so on; NEST_FILES_MAX at most (assert).
enum { NEST_FILES_MAX = 64 };
struct nest_files {
    const int *fd; // [count], borrowed
    size_t count;
};
MUST_USE enum err_kind nest_begin_files(struct nest *nest, const char *const *args,
                                        const struct nest_files *files,
                                        const struct proc_limits *limits, struct proc_child *child,
                                        struct err *err);

// In the program: serves the requests that come on standard input, and returns in each fork, with
// its standard streams in place, its limits set and nothing else open. `args` (at most `max`) point
// into memory that is kept to the end of the process; returns their number. In the nest itself it
// does not return: that ends when the other side closes.
size_t nest_serve(const char **args, size_t max);

#endif
