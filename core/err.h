#ifndef GONG_CORE_ERR_H
#define GONG_CORE_ERR_H

#include <assert.h>
#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(text, values) __attribute__((format(printf, text, values)))

// A kind exists only where some caller acts on it in its own way.
enum err_kind {
    OK = 0,
    ERR_INPUT,   // this datum is wrong: set it aside, go on with the next
    ERR_MISSING, // what was asked for does not exist
    ERR_LATER,   // network, lock, timeout: the same call may work later
    ERR_REFUSED, // the other side understood and said no: never retry
    ERR_BROKEN,  // our store or an invariant: stop, wake a person
};

// Lives on the caller's stack; no heap, no thread-local, nothing to free.
struct err {
    enum err_kind kind;
    bool usage;     // ERR_INPUT: what is wrong is the command line, not a file
    bool full;      // ERR_BROKEN: the disk is; when somebody made room, the same call works
    char text[600]; // cause first, then ", while ..." for each caller that added
};

// Writes kind and sentence, and is the kind (a constant where it stands, so that compilers and
// analyzers know that a failed call did not set its outputs). A text that does not fit is cut
// behind a letter; what is no letter of UTF-8 becomes '?'.
#define err_set(err, kind, ...) (err_write((err), (kind), __VA_ARGS__), (kind))
void err_write(struct err *err, enum err_kind kind, const char *text, ...) PRINTF(3, 4);

// As err_set with ERR_INPUT, for a word of the command line: the program ends with EXIT_USAGE.
#define err_usage(err, ...)                                                                        \
    (err_write((err), ERR_INPUT, __VA_ARGS__), ((err)->usage = true), ERR_INPUT)

// ERR_BROKEN, because there is no space left on the disk "for ...".
#define err_no_space(err, ...)                                                                     \
    (err_write((err), ERR_BROKEN, "no space is left on the disk for " __VA_ARGS__),                \
     err_more_space(err), ERR_BROKEN)
void err_more_space(struct err *err); // marks it, and adds what to do

// As err_set, for a system call that failed: adds ": " and what errno means. ENOSPC and EDQUOT
// are ERR_BROKEN and full (a person must make room), EINTR and EAGAIN are ERR_LATER, ENOENT is
// ERR_MISSING, anything else is `otherwise`.
#define err_errno(err, otherwise, ...) (err_system((err), (otherwise), __VA_ARGS__), err_of(err))
void err_system(struct err *err, enum err_kind otherwise, const char *text, ...) PRINTF(3, 4);

// Adds ", while ..." to the sentence and returns its kind. The text holds what the cause did not
// know: a file, a policy, a commune.
#define err_add(err, ...) (err_more((err), __VA_ARGS__), err_of(err))
void err_more(struct err *err, const char *text, ...) PRINTF(2, 3);

// The kind of an error that was set: `return err_of(err);` after a call that failed. It is never OK
// (assert), which compilers and analyzers cannot know of err->kind.
static inline enum err_kind err_of(const struct err *err)
{
    assert(err->kind != OK);
    return err->kind;
}

// The exit code for a program that ends with an error of this kind (a full disk: EXIT_LATER; ux: 3
// invalid, 4 missing, 5 broken, 6 refused, 7 try again; 0 for OK).
int err_exit_code(enum err_kind kind);

enum {
    EXIT_YES = 0,       // done, or the answer is yes
    EXIT_NO = 1,        // the answer is no, or there are differences
    EXIT_USAGE = 2,     // wrong command line
    EXIT_INVALID = 3,   // wrong policy, configuration or data file
    EXIT_MISSING = 4,   // data missing or stale
    EXIT_BROKEN = 5,    // verification failed
    EXIT_REFUSED = 6,   // not permitted
    EXIT_LATER = 7,     // temporary, try again
    EXIT_STOPPED = 130, // interrupted
};

#endif
