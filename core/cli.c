#include "core/cli.h"

#include "core/doc.h"
#include "core/file.h"
#include "core/log.h"
#include "core/mem.h"

#include <argp.h>
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OPTIONS_MAX = 32,
    ARGS_MAX = 1000,
    GIVEN_MAX = 256,
    KEY_FIRST = 0x1000,
    RESULT_BYTES_MAX = 256 << 20,
    COMPOSED_MOST = 3, // times as many bytes, at the most (Unicode, annex 15)
};

static const struct cli_option standard_options[] = {
    {"site", "DIR", "the site's folder (else GONG_SITE, else here)"},
    {"json", NULL, "print the result as one JSON object"},
    {"quiet", NULL, "print no progress, only the result and errors"},
    {"now", "TIME", "let the clock stand at TIME, such as 2024-09-07T06:00:00Z (drill sites only)"},
};

struct cli {
    const char *program;
    const struct cli_verb *verb;
    struct argp_option parsed[OPTIONS_MAX + 1];
    const char *value[OPTIONS_MAX]; // "" for a switch that is given
    char *composed[OPTIONS_MAX];    // what `value` is of one that takes a TEXT
    size_t options;
    const char *arg[ARGS_MAX];
    size_t count;
    const char *given[GIVEN_MAX]; // each value as it was written, also of options given again
    size_t given_as[GIVEN_MAX];   // of which option
    size_t givens;
};

static volatile sig_atomic_t stopped; // the stop flag

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

bool cli_stopped(void)
{
    return stopped != 0;
}

static void add_option(struct cli *cli, const struct cli_option *option)
{
    assert(cli->options < OPTIONS_MAX);
    cli->parsed[cli->options] = (struct argp_option){
        .name = option->name,
        .key = KEY_FIRST + (int)cli->options,
        .arg = option->value,
        .doc = option->help,
    };
    cli->options++;
}

static void cli_free(struct cli **cli)
{
    for (size_t i = 0; i < (*cli)->options; i++)
        mem_free(&(*cli)->composed[i]);
    mem_free(cli);
}

// What is given goes into stores and the ledger: it is text, or the program ends. Its composed form
// (NFC), which is what words that stay are kept in; the caller's.
static char *compose(const struct argp_state *state, const char *value)
{
    struct err err = {0};
    AUTO(mem_drop) char *shown = mem_text(value);
    AUTO(buf_free) struct buf text = buf_new(COMPOSED_MOST * strlen(value) + 1);
    text_clean(shown);
    if (text_nfc(str_of(value), &text, &err))
        argp_error(state, "no text in UTF-8, or with a control character in it: \"%s\"", shown);
    return buf_take(&text);
}

static void take_option(struct cli *cli, size_t i, const char *value,
                        const struct argp_state *state)
{
    AUTO(mem_drop) char *composed = compose(state, value);
    cli->value[i] = value;
    if (cli->givens < GIVEN_MAX) {
        cli->given[cli->givens] = value;
        cli->given_as[cli->givens++] = i;
    } else {
        argp_error(state, "more than %d options", GIVEN_MAX);
    }
    if (!*value || !cli->parsed[i].arg || strcmp(cli->parsed[i].arg, "TEXT") != 0)
        return;
    mem_free(&cli->composed[i]);
    cli->value[i] = cli->composed[i] = TAKE(composed);
}

static error_t take(int key, char *value, struct argp_state *state)
{
    struct cli *cli = state->input;
    if (key >= KEY_FIRST && (size_t)(key - KEY_FIRST) < cli->options) {
        take_option(cli, (size_t)(key - KEY_FIRST), value ? value : "", state);
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        if (cli->count >= cli->verb->args_max || cli->count >= ARGS_MAX)
            argp_error(state, "one argument too many: %s", value);
        char *composed = compose(state, value); // it must be text; a path stays as it is
        mem_free(&composed);
        cli->arg[cli->count++] = value;
        return 0;
    }
    if (key == ARGP_KEY_END) {
        char *composed = compose(state, cli_site_folder(cli)); // it may be the environment's
        mem_free(&composed);
        if (cli->count < cli->verb->args_min)
            argp_error(state, "an argument is missing: %s", cli->verb->args);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static void print_verbs(const struct cli_program *program, FILE *out)
{
    (void)fprintf(out, "%s: %s\n\n", program->name, program->help);
    for (size_t i = 0; i < program->count; i++) {
        const struct cli_verb *verb = &program->verbs[i];
        (void)fprintf(out, "  %s %-10s %-14s %s\n", program->name, verb->name, verb->args,
                      verb->help);
    }
    (void)fprintf(out, "\nEach takes --help. Exit codes: 0 ok, 1 no or differences, 2 usage, "
                       "3 invalid file, 4 missing data,\n5 verification failed, 6 not permitted, "
                       "7 try again, 130 interrupted.\n");
}

static int unknown_verb(const struct cli_program *program, const char *word)
{
    const char *names[OPTIONS_MAX + 1] = {0};
    for (size_t i = 0; i < program->count && i < OPTIONS_MAX; i++)
        names[i] = program->verbs[i].name;
    const char *nearest = text_nearest(str_of(word), names);
    (void)fprintf(stderr, "%s: unknown command \"%s\"%s%s%s; see %s --help\n", program->name, word,
                  nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "",
                  program->name);
    return EXIT_USAGE;
}

static const struct cli_verb *find_verb(const struct cli_program *program, const char *word)
{
    for (size_t i = 0; i < program->count; i++) {
        if (strcmp(program->verbs[i].name, word) == 0)
            return &program->verbs[i];
    }
    return NULL;
}

static int run_verb(const struct cli_program *program, const struct cli_verb *verb, int argc,
                    char **argv)
{
    AUTO(cli_free) struct cli *cli = mem_new(1, sizeof(*cli));
    cli->program = program->name;
    cli->verb = verb;
    for (const struct cli_option *o = verb->options; o && o->name; o++)
        add_option(cli, o);
    for (size_t i = 0; i < COUNT_OF(standard_options); i++)
        add_option(cli, &standard_options[i]);
    AUTO(buf_free) struct buf doc = buf_new(2000);
    buf_print(&doc, "%s\vExample:\n  %s", verb->help, verb->example);
    AUTO(buf_free) struct buf name = buf_new(100);
    buf_print(&name, "%s%s%s", program->name, *verb->name ? " " : "", verb->name);
    const struct argp argp = {
        .options = cli->parsed, .parser = take, .args_doc = verb->args, .doc = doc.at};
    argv[0] = name.at; // what --help and errors call this
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, cli) != 0)
        return EXIT_USAGE;
    int code = verb->run(cli);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "%s: the output could not be written\n", program->name);
        return code == EXIT_YES ? EXIT_LATER : code;
    }
    return stopped && code == EXIT_YES && !verb->endless ? EXIT_STOPPED : code;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = stop}; // no SA_RESTART: waits end early
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
    // Who started this program may ignore children; then nobody is told how one ended.
    action.sa_handler = SIG_DFL;
    (void)sigaction(SIGCHLD, &action, NULL);
}

int cli_main(const struct cli_program *program, int argc, char **argv)
{
    log_program(program->name);
    catch_signals();
    if (program->count == 1 && *program->verbs[0].name == '\0')
        return run_verb(program, &program->verbs[0], argc, argv);
    const char *word = argc > 1 ? argv[1] : "--help";
    if (strcmp(word, "--version") == 0) {
        (void)printf("%s %s\n", program->name, GONG_VERSION);
        return EXIT_YES;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0 || strcmp(word, "-h") == 0) {
        print_verbs(program, argc > 1 ? stdout : stderr);
        return argc > 1 ? EXIT_YES : EXIT_USAGE;
    }
    const struct cli_verb *verb = find_verb(program, word);
    return verb ? run_verb(program, verb, argc - 1, argv + 1) : unknown_verb(program, word);
}

size_t cli_count(const struct cli *cli)
{
    return cli->count;
}

const char *cli_arg(const struct cli *cli, size_t i)
{
    assert(i < cli->count);
    return cli->arg[i];
}

const char *cli_value(const struct cli *cli, const char *option)
{
    for (size_t i = 0; i < cli->options; i++) {
        if (strcmp(cli->parsed[i].name, option) == 0)
            return cli->value[i];
    }
    assert(false && "an option that is not in the verb's table");
    return NULL;
}

const char *cli_each(const struct cli *cli, const char *option, size_t i)
{
    for (size_t k = 0; k < cli->givens; k++) {
        if (strcmp(cli->parsed[cli->given_as[k]].name, option) == 0 && i-- == 0)
            return cli->given[k];
    }
    return NULL;
}

bool cli_has(const struct cli *cli, const char *option)
{
    return cli_value(cli, option) != NULL;
}

static bool same_file(const char *a, const char *b)
{
    return a && b && file_same(a, b);
}

// Whether the option, as often as it was given, names this file; also behind a name, "NAME=FILE".
static bool reads_file(const struct cli *cli, const char *option, const char *path)
{
    const char *value;
    for (size_t i = 0; (value = cli_each(cli, option, i)) != NULL; i++) {
        const char *sign = strchr(value, '=');
        if (same_file(path, value) || same_file(path, sign ? sign + 1 : NULL))
            return true;
    }
    return false;
}

enum err_kind cli_apart(const struct cli *cli, const char *const *writes, const char *const *reads,
                        struct err *err)
{
    for (size_t i = 0; writes[i]; i++) {
        const char *path = cli_value(cli, writes[i]);
        if (path && site_owns(path))
            return err_usage(err, "--%s would write over %s, a site's own; name another file",
                             writes[i], path);
        for (size_t k = 0; k < cli_count(cli); k++) {
            if (same_file(path, cli_arg(cli, k)))
                return err_usage(err, "--%s would write over %s, which is read; name another file",
                                 writes[i], path);
        }
        for (size_t k = 0; reads[k]; k++) {
            if (reads_file(cli, reads[k], path))
                return err_usage(err, "--%s would write over %s of --%s; name another file",
                                 writes[i], path, reads[k]);
        }
        for (size_t k = 0; k < i; k++) {
            if (same_file(path, cli_value(cli, writes[k])))
                return err_usage(err, "--%s and --%s are one file, %s; name another for one",
                                 writes[k], writes[i], path);
        }
    }
    return OK;
}

bool cli_json(const struct cli *cli)
{
    return cli_has(cli, "json");
}

bool cli_quiet(const struct cli *cli)
{
    return cli_has(cli, "quiet");
}

const char *cli_site_folder(const struct cli *cli)
{
    const char *folder = cli_value(cli, "site");
    if (!folder)
        folder = getenv("GONG_SITE");
    return folder && *folder ? folder : ".";
}

enum err_kind cli_site(const struct cli *cli, struct site **out, struct err *err)
{
    if (site_open(cli_site_folder(cli), out, err))
        return err_of(err);
    bool speaks = !cli_quiet(cli) && !cli_json(cli) && isatty(STDERR_FILENO);
    if (speaks && site_is_drill(*out))
        (void)fprintf(stderr, "DIỄN TẬP / DRILL\n");
    return OK;
}

enum err_kind cli_clock(const struct cli *cli, const struct site *site, struct utc *fixed,
                        struct clock *out, struct err *err)
{
    const char *now = cli_value(cli, "now");
    if (!now) {
        *out = clock_system;
        return OK;
    }
    if (!site_is_drill(site))
        return err_set(err, ERR_REFUSED,
                       "--now is for drills, and this site's mode is live; leave it out");
    if (utc_parse(str_of(now), fixed, err))
        return err_add(err, "reading --now");
    *out = clock_fixed(fixed);
    return OK;
}

int cli_fail(const struct cli *cli, const struct err *err)
{
    int code = err->usage ? EXIT_USAGE : err->full ? EXIT_LATER : err_exit_code(err->kind);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *why = doc_object();
        doc_put_text(why, "error", err->text);
        doc_put_int(why, "exit", code);
        AUTO(buf_free) struct buf line = buf_new(8192);
        doc_canonical(why, &line);
        (void)fprintf(stderr, "%s\n", line.at);
    } else {
        (void)fprintf(stderr, "%s: %s\n", cli->program, err->text);
    }
    return code;
}

void cli_print(const struct doc *doc)
{
    AUTO(buf_free) struct buf line = buf_new(RESULT_BYTES_MAX);
    doc_canonical(doc, &line);
    assert(!line.full);
    (void)printf("%s\n", line.at);
}

struct progress progress_new(const struct cli *cli, const char *what, size_t total)
{
    struct progress progress = {.what = what, .total = total, .shown_tenth = (size_t)-1};
    progress.on = !cli_quiet(cli) && !cli_json(cli) && total > 0;
    progress.terminal = isatty(STDERR_FILENO) != 0;
    progress_step(&progress, 0);
    return progress;
}

void progress_step(struct progress *progress, size_t done)
{
    enum { BAR = 30 };
    size_t parts = progress->terminal ? 100 : 10;
    size_t now = progress->total ? done * parts / progress->total : 0;
    if (!progress->on || now == progress->shown_tenth)
        return;
    progress->shown_tenth = now;
    if (!progress->terminal) {
        (void)fprintf(stderr, "%s: %zu of %zu\n", progress->what, done, progress->total);
        return;
    }
    char bar[BAR + 1] = {0};
    for (size_t i = 0; i < BAR; i++)
        bar[i] = i * progress->total < done * BAR ? '#' : '.';
    (void)fprintf(stderr, "\r%s [%s] %zu/%zu ", progress->what, bar, done, progress->total);
}

void progress_end(struct progress *progress)
{
    if (progress->on && progress->terminal)
        (void)fprintf(stderr, "\n");
    progress->on = false;
}
