#ifndef GONG_CORE_PROC_H
#define GONG_CORE_PROC_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// The folder of the running program: the other programs of gong stand beside it. Heap, mem_free.
char *proc_folder(void);

// The path of a program of gong ("gong-decode"): beside the running one. Heap, mem_free.
char *proc_program(const char *name);

// The path of a file that ships with the programs ("sources.yaml"): installed, or in data/ of the
// source tree. Heap, mem_free; NULL when it is in neither.
char *proc_shipped(const char *name);

// What a child may use. 0 means no limit of that kind.
struct proc_limits {
    int64_t memory_bytes, cpu_s, wall_ms;
    size_t output_bytes_max;
};

// Runs argv (NULL-ended, argv[0] is the path) with an empty environment but PATH and locale, with
// `input_fd` as standard input (-1: /dev/null), in no-new-privileges mode, with no other
// descriptor; collects its standard output into `out` and up to 500 bytes of its standard error
// into `complaint`. The child is ended at its limits. OK when it ran, whatever its exit;
// `*exit_code` is 0..255, PROC_SIGNAL + signal (SIGXCPU when its processor time was over), or that
// it was ended here: PROC_TOO_LONG (wall time), PROC_TOO_MUCH (output). ERR_LATER when it could not
// be started.
enum { PROC_SIGNAL = 256, PROC_TOO_LONG = 1000, PROC_TOO_MUCH };
MUST_USE enum err_kind proc_run(const char *const *argv, int input_fd,
                                const struct proc_limits *limits, struct buf *out,
                                struct buf *complaint, int *exit_code, struct err *err);

// The same in two halves, so that several run side by side. proc_begin borrows argv and input_fd
// until it returns; proc_finish waits, and gives what proc_run gives. A child that was begun is
// either finished or dropped (ended, without a word); its wall time counts from the beginning.
struct proc_child {
    pid_t pid; // 0: none
    int out, complain;
    int64_t end_ms;   // on clock_ticks_ms
    const char *name; // borrowed, for sentences
};
MUST_USE enum err_kind proc_begin(const char *const *argv, int input_fd,
                                  const struct proc_limits *limits, struct proc_child *child,
                                  struct err *err);
MUST_USE enum err_kind proc_finish(struct proc_child *child, struct buf *out, struct buf *complaint,
                                   int *exit_code, struct err *err);
void proc_drop(struct proc_child *child); // serves as cleanup attribute; does nothing when finished

// Starts argv as proc_begin does, between descriptors that are given. ERR_LATER when not.
MUST_USE enum err_kind proc_between(const char *const *argv, const int ends[3],
                                    const struct proc_limits *limits, pid_t *out, struct err *err);

// Whether this kernel has landlock, switched on (Linux 5.13 or later): programs that read what
// comes from outside are held by it.
bool proc_has_landlock(void);

// In a process that is about to look at a file: its limits, for itself.
void proc_limit_self(const struct proc_limits *limits);

// A fork of this process goes first: false in it, which goes on and ends with _exit. True here once
// it has ended, with `*exit_code` as of proc_ended; PROC_NO_FORK when none could be made: nothing
// was done; PROC_LOST when it ran and nobody knows how it ended: all may be done, do it no second
// time. It does not outlive this process. For a process of one thread that does not ignore its
// children (cli_main sees to that).
enum { PROC_NO_FORK = -1, PROC_LOST = -2 };
MUST_USE bool proc_went_first(int *exit_code);

// Starts a long-lived child with our standard error and environment; ERR_LATER when not. It is
// asked to end (SIGTERM) when this process ends, however and whenever that is.
MUST_USE enum err_kind proc_start(const char *const *argv, pid_t *out, struct err *err);

// True when a child has ended; then it is gone from the system's table and `*exit_code` is 0..255,
// or PROC_SIGNAL + signal.
bool proc_ended(pid_t child, int *exit_code);

// Asks a child to end (SIGTERM), ends it (SIGKILL) after grace_ms, and returns when it is gone.
void proc_end(pid_t child, int64_t grace_ms);

// Replaces this process; returns only on failure.
enum err_kind proc_become(const char *const *argv, struct err *err);

#endif
