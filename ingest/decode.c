#include "ingest/decode.h"

#include "core/mem.h"
#include "core/nest.h"
#include "ingest/confine.h"
#include "ingest/cells.h"
#include "ingest/given.h"
#include "ingest/points.h"
#include "ingest/sealed.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIB = 1 << 20, COMPLAINT_MAX = 500, SENTENCE_MAX = 2000 };
// A child that waits on something else than the processor is ended as well.
enum { WALL_FACTOR = 3, WALL_SLACK_MS = 5000 };

// The very bytes whose hash was checked, as a file without a name: the archive's file could be
// another by the time the child opens it.
static enum err_kind as_file(struct str bytes, int *out, struct err *err)
{
    AUTO(sealed_close) int fd = -1;
    if (sealed_new(&fd, err))
        return err_of(err);
    while (bytes.len) {
        ssize_t put = write(fd, bytes.at, bytes.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_errno(err, ERR_LATER, "cannot fill a file in memory");
        bytes.at += put;
        bytes.len -= (size_t)put;
    }
    if (sealed_seal(fd, err))
        return err_of(err);
    *out = fd;
    fd = -1;
    return OK;
}

// ASCII with a question mark for every other byte; nothing when that would say nothing.
static void add_printable(struct str text, struct buf *out)
{
    bool letters = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        buf_add(out, c >= ' ' && c <= '~' ? &text.at[i] : "?", 1);
        letters = letters || (c >= 'a' && c <= 'z');
    }
    if (!letters)
        buf_clear(out);
}

// The child's sentence is as little to be trusted as its frame: one line of clean text.
static void clean(struct str said, struct buf *out)
{
    struct err why = {0};
    struct str name = STR("gong-decode: "); // as long as "gong-points: "
    if (str_starts(said, name.at) || str_starts(said, "gong-points: ")) {
        said.at += name.len;
        said.len -= name.len;
    }
    struct str line = {"", 0};
    (void)str_take_line(&said, &line);                 // an empty complaint stays empty
    while (line.len && (line.at[line.len - 1] & 0x80)) // a character that was cut in two
        line.len--;
    if (text_nfc(str_trim(line), out, &why)) { // a damaged file's names, most likely
        buf_clear(out);
        add_printable(line, out);
    }
    if (out->len == 0)
        buf_text(out, "the decoder gave no reason that can be shown");
}

// What a file can bring about is its fault; a signal that somebody sent (a person, a machine short
// of memory) is not, and neither is a machine that stood still: the same file is read again later.
static enum err_kind refuse_signal(int signal, const struct decode_limits *limits, struct err *err)
{
    switch (signal) {
    case SIGXCPU:
        return err_set(err, ERR_INPUT,
                       "the decoder needed more than %lld s for each %d MiB of the file "
                       "(decode_cpu_s) and was ended; the file is damaged or hostile",
                       (long long)limits->cpu_s, DECODE_SHARE_MIB);
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGABRT:
    case SIGTRAP:
    case SIGSYS:
    case SIGPIPE:
        return err_set(err, ERR_INPUT,
                       "the decoder crashed (signal %d); the file is damaged or hostile", signal);
    default:
        return err_set(
            err, ERR_LATER,
            "the decoder was ended from outside (signal %d); the file is read again later", signal);
    }
}

static enum err_kind refuse_ended(int code, const struct decode_limits *limits, struct err *err)
{
    if (code == PROC_TOO_MUCH)
        return err_set(err, ERR_INPUT,
                       "the decoder wrote more than %lld MiB (decode_mib_max) and was ended; the "
                       "file is too large, damaged or hostile",
                       (long long)limits->mib_max);
    if (code == PROC_TOO_LONG)
        return err_set(err, ERR_LATER,
                       "the decoder did not end in time although it did not work; the machine is "
                       "overloaded, and the file is read again later");
    return refuse_signal(code - PROC_SIGNAL, limits, err);
}

// A child may have been taken over by its file: whatever it ends with is about this one file, and
// never ERR_BROKEN, which ends a run. What may be the machine's fault makes the file wait.
static enum err_kind refuse_exit(int code, const struct decode_limits *limits,
                                 const struct buf *complaint, struct err *err)
{
    if (code >= PROC_SIGNAL)
        return refuse_ended(code, limits, err);
    AUTO(buf_free) struct buf sentence = buf_new(SENTENCE_MAX);
    clean(buf_slice(complaint), &sentence);
    if (code == EXIT_LATER)
        return err_set(err, ERR_LATER, "%s", sentence.at);
    if (code == DECODE_OTHER_GRID)
        return err_set(err, ERR_REFUSED, "%s", sentence.at);
    if (code == DECODE_NOT_HELD)
        return err_set(err, ERR_MISSING, "%s; the file waits until it has", sentence.at);
    if (code == EXIT_BROKEN || code == EXIT_USAGE)
        return err_set(err, ERR_MISSING,
                       "%s; if that is so, all files wait for a decoder that can start (exit %d)",
                       sentence.at, code);
    return err_set(err, ERR_INPUT, "%s", sentence.at);
}

struct proc_limits decode_child(const struct decode_limits *limits, int64_t bytes)
{
    int64_t cpu_s = limits->cpu_s * (1 + bytes / ((int64_t)DECODE_SHARE_MIB * MIB));
    return (struct proc_limits){
        // A sanitized child maps terabytes that it does not use.
        .memory_bytes = confine_is_possible() ? limits->mib_max * MIB + bytes : 0,
        .cpu_s = cpu_s,
        .wall_ms = cpu_s * 1000 * WALL_FACTOR + WALL_SLACK_MS,
        .output_bytes_max = (size_t)limits->mib_max * MIB,
    };
}

// To whom it is no matter what a file was refused for.
static enum err_kind as_input(struct err *err)
{
    return err->kind = err->kind == ERR_REFUSED ? ERR_INPUT : err_of(err);
}

// `quick`: it is a gong-plain.
static enum err_kind finish(struct proc_child *child, const struct decode_limits *limits,
                            bool quick, struct buf *frame, struct err *err)
{
    *frame = buf_new((size_t)limits->mib_max * MIB);
    AUTO(buf_free) struct buf complaint = buf_new(COMPLAINT_MAX);
    int code = -1;
    if (proc_finish(child, frame, &complaint, &code, err))
        return err->kind;
    if (quick && code == DECODE_NOT_PLAIN)
        return err_set(err, ERR_LATER, "the file is not plain; gong-decode reads it");
    return code == EXIT_YES ? OK : refuse_exit(code, limits, &complaint, err);
}

// --- many files ----------------------------------------------------------------------------------

// A program that makes a fork of itself for each file.
struct forker {
    char *program;     // NULL: none
    struct nest *nest; // NULL: not started, or gone
};

struct decoder {
    struct decode_limits limits;
    struct forker full, plain;
};

struct decoder *decoder_new(const struct decode_limits *limits)
{
    struct decoder *decoder = mem_new(1, sizeof(*decoder));
    decoder->limits = *limits;
    decoder->full.program =
        limits->program ? mem_text(limits->program) : proc_program("gong-decode");
    if (limits->plain)
        decoder->plain.program = mem_text(limits->plain);
    else if (!limits->program)
        decoder->plain.program = proc_program("gong-plain");
    return decoder;
}

void decoder_free(struct decoder **decoder)
{
    if (!*decoder)
        return;
    nest_end(&(*decoder)->full.nest);
    nest_end(&(*decoder)->plain.nest);
    mem_free(&(*decoder)->full.program);
    mem_free(&(*decoder)->plain.program);
    mem_free(decoder);
}

static enum err_kind begin_in_nest(struct decoder *decoder, struct forker *forker,
                                   const char *const *args, const struct nest_files *files,
                                   struct proc_child *child, struct err *err)
{
    struct stat info;
    const char *const argv[] = {forker->program, forker == &decoder->plain ? "--alone" : "--nest",
                                NULL};
    int64_t bytes = 0;
    for (size_t i = 0; i < files->count; i++) {
        if (fstat(files->fd[i], &info) != 0)
            return err_errno(err, ERR_LATER, "cannot tell the size of a raw file");
        bytes += info.st_size;
    }
    struct proc_limits limits = decode_child(&decoder->limits, bytes);
    // It looks at no file, and a limit of its own could not be raised by the forks for a large one.
    if (!forker->nest && nest_start(argv, &(struct proc_limits){0}, &forker->nest, err))
        return err_of(err);
    if (nest_begin_files(forker->nest, args, files, &limits, child, err)) {
        nest_end(&forker->nest);
        return err_of(err);
    }
    child->name = forker->program; // the nest may end before it does
    return OK;
}

static enum err_kind begin_full(struct decoder *decoder, const struct nest_files *files,
                                const struct wanted_list *wanted, struct proc_child *out,
                                struct err *err)
{
    struct err first = {0};
    AUTO(wanted_args_free) char **args = wanted_args(wanted);
    const char *const *list = (const char *const *)args;
    // A nest that somebody ended is no reason to give up: another one is made, once.
    if (begin_in_nest(decoder, &decoder->full, list, files, out, &first) == OK)
        return OK;
    return begin_in_nest(decoder, &decoder->full, list, files, out, err);
}

enum err_kind decode_begin(struct decoder *decoder, int fd, const struct wanted_list *wanted,
                           struct proc_child *out, struct err *err)
{
    return begin_full(decoder, &(struct nest_files){&fd, 1}, wanted, out, err);
}

enum err_kind decode_begin_beside(struct decoder *decoder, int fd, int cells_fd,
                                  const struct wanted_list *wanted, struct proc_child *out,
                                  struct err *err)
{
    const int both[] = {fd, cells_fd};
    assert(wanted->cells == CELLS_BESIDE);
    return begin_full(decoder, &(struct nest_files){both, COUNT_OF(both)}, wanted, out, err);
}

enum err_kind decode_begin_quick(struct decoder *decoder, int fd, const struct wanted_list *wanted,
                                 struct proc_child *out, struct err *err)
{
    struct err why = {0}; // then the other one does it
    if (!decoder->plain.program || !given_is_hdf(fd))
        return decode_begin(decoder, fd, wanted, out, err);
    AUTO(wanted_args_free) char **args = wanted_args(wanted);
    if (begin_in_nest(decoder, &decoder->plain, (const char *const *)args,
                      &(struct nest_files){&fd, 1}, out, &why) == OK)
        return OK;
    return decode_begin(decoder, fd, wanted, out, err);
}

enum err_kind decode_end(struct decoder *decoder, struct proc_child *child, struct frame *out,
                         struct err *err)
{
    AUTO(frame_free) struct frame frame = {0};
    if (decode_end_asking(decoder, child, &frame, err))
        return as_input(err);
    if (frame.asks)
        return err_set(err, ERR_INPUT, DECODE_ASKS);
    *out = MOVE(frame);
    return OK;
}

enum err_kind decode_end_asking(struct decoder *decoder, struct proc_child *child,
                                struct frame *out, struct err *err)
{
    AUTO(buf_free) struct buf frame = {0};
    bool quick = child->name == decoder->plain.program;
    if (finish(child, &decoder->limits, quick, &frame, err))
        return err_of(err);
    return frame_read(buf_slice(&frame), out, err);
}

enum err_kind decode_cells(struct decoder *decoder, int fd, const struct wanted_list *wanted,
                           int *cells_fd, struct err *err)
{
    AUTO(proc_drop) struct proc_child child = {0};
    AUTO(buf_free) struct buf bytes = {0};
    AUTO(cells_free) struct cells cells = {.count = 0};
    struct wanted_list list = *wanted;
    list.cells = CELLS_ALONE;
    list.count = 0;
    if (decode_begin(decoder, fd, &list, &child, err) ||
        finish(&child, &decoder->limits, false, &bytes, err) ||
        cells_read(buf_slice(&bytes), &cells, err))
        return as_input(err);
    return as_file(buf_slice(&bytes), cells_fd, err);
}

// --- a table of points ---------------------------------------------------------------------------

// Runs a child on the bytes.
static enum err_kind run_child(struct str bytes, const char *program, const char *json,
                               const struct decode_limits *limits, struct buf *frame,
                               struct err *err)
{
    AUTO(sealed_close) int fd = -1;
    AUTO(proc_drop) struct proc_child begun = {0};
    // What is wanted comes from sources.yaml and is never an option.
    const char *const argv[] = {program, "--", json, NULL};
    struct proc_limits child = decode_child(limits, (int64_t)bytes.len);
    if (as_file(bytes, &fd, err) || proc_begin(argv, fd, &child, &begun, err))
        return err_of(err);
    return finish(&begun, limits, false, frame, err) ? as_input(err) : OK;
}

enum err_kind decode_points(struct str bytes, const char *json, const struct decode_limits *limits,
                            struct points *out, struct err *err)
{
    AUTO(mem_drop)
    char *program = limits->program ? mem_text(limits->program) : proc_program("gong-points");
    AUTO(buf_free) struct buf frame = {0};
    enum err_kind kind = run_child(bytes, program, json, limits, &frame, err);
    // As with grids (derive.c): once more, before others are read.
    if (decode_is_to_begin_again(kind)) {
        *err = (struct err){0};
        buf_free(&frame);
        kind = run_child(bytes, program, json, limits, &frame, err);
    }
    if (kind)
        return kind;
    return points_read(buf_slice(&frame), out, err);
}
