#ifndef GONG_CORE_CLI_H
#define GONG_CORE_CLI_H

#include "core/clock.h"
#include "core/doc.h"
#include "core/err.h"
#include "core/site.h"

#include <stdbool.h>
#include <stddef.h>

// The command line of a program, as tables. Parser (argp underneath), --help and the man page are
// made from them. Every verb also takes --site DIR, --json, --quiet, --now TIME and --help.
struct cli_option {
    const char *name;  // long name without dashes
    const char *value; // NULL for a switch; else its name in --help: "FILE". "TEXT": words that are
                       // kept, and are given composed (NFC)
    const char *help;  // one line
};

struct cli;

struct cli_verb {
    const char *name;                 // "import"; "" for a program that is itself the verb
    const char *args;                 // "FILE", "" or "FILE..."
    const char *help;                 // one line, what it does
    const char *example;              // one command line
    const struct cli_option *options; // ends with name NULL; may be NULL
    size_t args_min, args_max;
    int (*run)(const struct cli *cli); // returns an exit code of core/err.h
    bool endless; // runs until it is told to stop: then that is its good end, not exit 130
};

struct cli_program {
    const char *name; // "gong-boundary"
    const char *help; // one line
    const struct cli_verb *verbs;
    size_t count;
};

// Parses and runs; returns the exit code. Unknown words get the nearest one named, exit 2; so ends
// what is no text in UTF-8, or holds a control character but \n and \t.
int cli_main(const struct cli_program *program, int argc, char **argv);

size_t cli_count(const struct cli *cli);                          // positional arguments
const char *cli_arg(const struct cli *cli, size_t i);             // asserts i < count
const char *cli_value(const struct cli *cli, const char *option); // NULL when not given; last wins
bool cli_has(const struct cli *cli, const char *option);
// What an option that may be given again had the i-th time, as it was written; NULL: not so often.
const char *cli_each(const struct cli *cli, const char *option, size_t i);

// Whether each file that an option of `writes` names is another than what is read, which is the
// arguments and the options of `reads` (both lists NULL-ended), than the other ones written, and
// than what a site keeps (site_owns). ERR_INPUT, as of wrong usage, names it.
MUST_USE enum err_kind cli_apart(const struct cli *cli, const char *const *writes,
                                 const char *const *reads, struct err *err);
bool cli_json(const struct cli *cli);
bool cli_quiet(const struct cli *cli);

// The site: --site, else GONG_SITE, else ".". cli_site opens it; of a drill site it says so on a
// terminal (standard error; not with --quiet or --json), so that nobody takes what follows for
// real.
const char *cli_site_folder(const struct cli *cli);
MUST_USE enum err_kind cli_site(const struct cli *cli, struct site **out, struct err *err);

// The clock for this run: the system's, or one that stands at --now (allowed in drill sites only:
// ERR_REFUSED else). `*fixed` keeps the time and must live as long as the clock.
MUST_USE enum err_kind cli_clock(const struct cli *cli, const struct site *site, struct utc *fixed,
                                 struct clock *out, struct err *err);

// Prints "gong-x: sentence" on standard error (one JSON object with --json) and returns the exit
// code for it: the end of a verb that failed.
int cli_fail(const struct cli *cli, const struct err *err);

// Prints one JSON document as one line on standard output: the result of a verb with --json.
void cli_print(const struct doc *doc);

// Set when SIGINT or SIGTERM came; cli_main installs the handlers.
bool cli_stopped(void);

// Progress of long work on standard error: a bar on a terminal, else a plain line now and then
// (at the start, each tenth, the end). Nothing with --quiet or --json.
struct progress {
    const char *what;
    size_t total, shown_tenth;
    bool on, terminal;
};
struct progress progress_new(const struct cli *cli, const char *what, size_t total);
void progress_step(struct progress *progress, size_t done);
void progress_end(struct progress *progress);

#define GONG_VERSION "0.1.0"

#endif
