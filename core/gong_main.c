// gong: the front door. `gong x ...` becomes the program gong-x that stands beside it, so that no
// file has to know all others. A few short ways in are kept here as a table.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Words that people will try, and the program and verb behind them.
static const struct {
    const char *word, *program, *verb;
} aliases[] = {
    {"fetch", "gong-ingest", "fetch"},
    {"verify", "gong-ledger", "verify"},
};

static const struct {
    const char *name, *help;
} programs[] = {
    {"init", "make a site: one folder with settings, ledger, archive and keys"},
    {"up", "start, watch and restart everything of a site on this machine"},
    {"status", "one screen: what is fresh, late, pending, dead"},
    {"explain", "why, or why not: every number behind one decision"},
    {"receipt", "a decision as a paper that is checked anywhere"},
    {"bundle", "all evidence of one settlement in one file"},
    {"replay", "derive all decisions again from the raw files and compare"},
    {"boundary", "import and list boundary sets (communes)"},
    {"ingest", "fetch, decode and aggregate weather files"},
    {"policy", "check and explain policy files"},
    {"trigger", "evaluate policies and record decisions"},
    {"contract", "import and list contracts"},
    {"ledger", "verify, show and export the ledger"},
    {"notify", "hand out and deliver what was decided; dead letters, tests"},
    {"channel", "check whether the ways out of the house are open"},
    {"cap", "alerts in the Common Alerting Protocol: publish, check, quote"},
    {"pay", "approve payouts; take in what banks and communes say of them"},
    {"hold", "stop payments, or more, at once; what is held"},
    {"release", "end a hold"},
    {"dispute", "open, answer and close disputes of contracts"},
    {"history", "each decision, what it replaced, and why"},
    {"reconcile", "compare the ledger with the provider's and the bank's books"},
    {"role", "who may do what at a site, by which key"},
    {"keys", "who may work for a site from another machine"},
    {"backtest", "what a policy would have said and paid in every past season"},
    {"price", "what a cover must cost, and how sure that is; how good an alert was"},
    {"fund", "what a basis-risk fund gives to each accepted claim of a season"},
    {"series", "make series files: values by place and step over years"},
    {"season", "write the demo season (a drill)"},
    {"demo", "run the main job as a drill, from nothing to a checked ledger"},
};

enum { PROGRAMS = sizeof(programs) / sizeof(programs[0]) };

static void print_help(FILE *out)
{
    (void)fprintf(out,
                  "gong %s: disaster alerts and micro-insurance payouts that can be proved\n\n",
                  GONG_VERSION);
    for (size_t i = 0; i < PROGRAMS; i++)
        (void)fprintf(out, "  gong %-10s %s\n", programs[i].name, programs[i].help);
    (void)fprintf(out, "\nEach takes --help, --site DIR, --json and --quiet.\n"
                       "First steps: gong init mysite; gong --help; README.md\n");
}

static int unknown(const char *word)
{
    const char *names[PROGRAMS + 1] = {0};
    for (size_t i = 0; i < PROGRAMS; i++)
        names[i] = programs[i].name;
    const char *nearest = text_nearest(str_of(word), names);
    if (nearest && strcmp(nearest, word) == 0) {
        (void)fprintf(stderr, "gong: gong-%s is not beside gong; install gong again\n", word);
        return EXIT_MISSING;
    }
    (void)fprintf(stderr, "gong: unknown command \"%s\"%s%s%s; see gong --help\n", word,
                  nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    return EXIT_USAGE;
}

static int become(const char *program, const char *verb, int argc, char **argv)
{
    AUTO(mem_drop) char *path = proc_program(program);
    if (access(path, X_OK) != 0) {
        const char *name = strncmp(program, "gong-", 5) == 0 ? program + 5 : program;
        return unknown(name);
    }
    AUTO(mem_drop) const char **args = mem_new((size_t)argc + 3, sizeof(*args));
    size_t count = 0;
    args[count++] = path;
    if (verb)
        args[count++] = verb;
    for (int i = 2; i < argc; i++)
        args[count++] = argv[i];
    struct err err = {0};
    (void)proc_become(args, &err);
    (void)fprintf(stderr, "gong: %s\n", err.text);
    return EXIT_LATER;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0 || strcmp(word, "-h") == 0) {
        print_help(stdout);
        return EXIT_YES;
    }
    if (strcmp(word, "--version") == 0) {
        (void)printf("gong %s\n", GONG_VERSION);
        return EXIT_YES;
    }
    for (size_t i = 0; i < COUNT_OF(aliases); i++) {
        if (strcmp(word, aliases[i].word) == 0)
            return become(aliases[i].program, aliases[i].verb, argc, argv);
    }
    if (strchr(word, '/'))
        return unknown(word);
    struct buf program = buf_new(80);
    buf_print(&program, "gong-%s", word);
    AUTO(mem_drop) char *name = buf_take(&program);
    return become(name, NULL, argc, argv);
}
