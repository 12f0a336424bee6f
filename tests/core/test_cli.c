#include "core/cli.h"

#include "core/file.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/gong-test-XXXXXX";
static char ran[200]; // what the verb saw

static int show(const struct cli *cli)
{
    const char *set = cli_value(cli, cli_has(cli, "why") ? "why" : "set");
    (void)snprintf(ran, sizeof(ran), "%s|%s|%d|%d|%s", cli_count(cli) ? cli_arg(cli, 0) : "-",
                   set ? set : "-", cli_has(cli, "dry"), cli_json(cli), cli_site_folder(cli));
    return EXIT_NO;
}

static int look(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    struct utc fixed;
    struct clock clock;
    if (cli_site(cli, &site, &err) || cli_clock(cli, site, &fixed, &clock, &err))
        return cli_fail(cli, &err);
    (void)snprintf(ran, sizeof(ran), "%s", utc_text(clock.now(clock.self)).at);
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"set", "NAME", "a value"}, {"why", "TEXT", "words"}, {"dry", NULL, "a switch"}, {0}};
static const struct cli_verb verbs[] = {
    {"import", "FILE", "takes a file", "gong-t import x", options, 1, 1, show, false},
    {"look", "", "looks at the site", "gong-t look", NULL, 0, 0, look, false},
};
static const struct cli_program program = {"gong-t", "a program", verbs, COUNT_OF(verbs)};

enum { WORDS_MAX = 8 };

static int run(const char *const *words)
{
    char *argv[WORDS_MAX + 2] = {(char *)(uintptr_t) "gong-t"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    ran[0] = '\0';
    return cli_main(&program, argc, argv);
}

static void test_arguments_reach_the_verb(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words[WORDS_MAX], *want;
    } rows[] = {
        {"an argument", {"import", "a.csv"}, "a.csv|-|0|0|."},
        {"options around it", {"import", "--set", "x", "a", "--dry", "--json"}, "a|x|1|1|."},
        {"an option with =", {"import", "--set=y", "a"}, "a|y|0|0|."},
        {"the site", {"import", "a", "--site", "dir"}, "a|-|0|0|dir"},
        {"words are composed", {"import", "a", "--why", "ba\xCC\x83o"}, "a|b\xC3\xA3o|0|0|."},
        {"the last of them counts", {"import", "a", "--why=x", "--why=y"}, "a|y|0|0|."},
        {"a name stays",
         {"import", "ba\xCC\x83o", "--set", "e\xCC\x81"},
         "ba\xCC\x83o|e\xCC\x81|0|0|."},
        {"-- ends the options", {"import", "--", "--set"}, "--set|-|0|0|."},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        CHECK_INT(run(rows[i].words), EXIT_NO); // what the verb returned
        CHECK_TEXT(ran, rows[i].want);
    }
}

static void test_wrong_words_are_usage(void **state)
{
    (void)state;
    static const char *const none[] = {NULL}, *const typo[] = {"imprt", NULL};
    CHECK_INT(run(none), EXIT_USAGE);
    CHECK_INT(run(typo), EXIT_USAGE);
    CHECK_TEXT(ran, "");
    static const char *const help[] = {"--help", NULL}, *const version[] = {"--version", NULL};
    CHECK_INT(run(help), EXIT_YES);
    CHECK_INT(run(version), EXIT_YES);
}

static void settings(const char *text)
{
    struct err err = {0};
    AUTO(mem_drop) char *path = file_join(folder, "gong.yaml");
    CHECK_OK(file_write(path, str_of(text), 0600, &err), err);
}

static void test_the_clock_stands_in_drills_only(void **state)
{
    (void)state;
    CHECK(mkdtemp(folder) != NULL);
    const char *const words[] = {"look", "--site", folder, "--now", "2024-02-29T06:00Z", NULL};
    settings("mode: drill\n");
    CHECK_INT(run(words), EXIT_YES);
    CHECK_TEXT(ran, "2024-02-29T06:00:00Z");
    settings("mode: live\n");
    CHECK_INT(run(words), EXIT_REFUSED);
    const char *const bad[] = {"look", "--site", folder, "--now", "29/02/2024", NULL};
    settings("mode: drill\n");
    CHECK_INT(run(bad), EXIT_INVALID);
    const char *const nowhere[] = {"look", "--site", "/tmp/gong-none", NULL};
    CHECK_INT(run(nowhere), EXIT_MISSING);
    AUTO(mem_drop) char *path = file_join(folder, "gong.yaml");
    CHECK_INT(unlink(path), 0);
    CHECK_INT(rmdir(folder), 0);
}

static void test_errors_carry_their_exit_code(void **state)
{
    (void)state;
    struct err err = {0};
    CHECK_INT(err_set(&err, ERR_LATER, "cause %d", 1), ERR_LATER);
    CHECK_INT(err_add(&err, "reading %s", "x"), ERR_LATER);
    CHECK_TEXT(err.text, "cause 1, while reading x");
    for (int i = 0; i < 100; i++)
        (void)err_add(&err, "adding more and more to a sentence that has an end");
    CHECK(strlen(err.text) < sizeof(err.text));
    static const int want[] = {0, 3, 4, 7, 6, 5};
    for (size_t i = 0; i < COUNT_OF(want); i++)
        CHECK_INT(err_exit_code((enum err_kind)i), want[i]);
}

TEST_MAIN(cmocka_unit_test(test_arguments_reach_the_verb),
          cmocka_unit_test(test_wrong_words_are_usage),
          cmocka_unit_test(test_the_clock_stands_in_drills_only),
          cmocka_unit_test(test_errors_carry_their_exit_code))
