// gong-policy: checks policy files and says in words what they promise. Their cases are run by
// gong-trigger, which owns the function that decides.
#include "core/cli.h"
#include "core/mem.h"
#include "core/phrase.h"
#include "policies/describe.h"
#include "policies/message_sample.h"
#include "policies/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int run_check(const struct cli *cli)
{
    int worst = EXIT_YES;
    AUTO(doc_free) struct doc *result = doc_object();
    struct doc *list = doc_array();
    doc_put(result, "policies", list);
    for (size_t i = 0; i < cli_count(cli); i++) {
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        const char *file = cli_arg(cli, i);
        struct doc *one = doc_object();
        doc_put_text(one, "file", file);
        doc_push(list, one);
        if (policy_load(file, &policy, &err)) {
            doc_put_text(one, "error", err.text);
            worst = err_exit_code(err.kind);
            if (!cli_json(cli))
                (void)fprintf(stderr, "%s\n", err.text);
            continue;
        }
        doc_put_text(one, "id", policy->id);
        doc_put_int(one, "version", policy->version);
        doc_put_text(one, "hash", hash_hex(policy->hash).at);
        if (!cli_json(cli) && !cli_quiet(cli))
            (void)printf("%s: ok: %s version %" PRId64 " (%s), %zu cases to be run by gong trigger "
                         "cases, sha256 %.16s…\n",
                         file, policy->id, policy->version, policy_kinds[policy->kind],
                         policy->cases.count, hash_hex(policy->hash).at);
    }
    if (cli_json(cli))
        cli_print(result);
    return worst;
}

static int run_explain(const struct cli *cli)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    const char *word = cli_value(cli, "lang");
    enum language language = word && strcmp(word, "en") == 0 ? LANGUAGE_EN : LANGUAGE_VI;
    if (word && strcmp(word, language_names[language]) != 0) {
        (void)err_set(&err, ERR_INPUT, "--lang %s is unknown; write vi or en", word);
        return cli_fail(cli, &err);
    }
    if (policy_load(cli_arg(cli, 0), &policy, &err))
        return cli_fail(cli, &err);
    AUTO(buf_free) struct buf text = buf_new(64 * 1024);
    policy_describe(policy, language, &text);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "id", policy->id);
        doc_put_int(result, "version", policy->version);
        doc_put_text(result, "text", text.at);
        cli_print(result);
        return EXIT_YES;
    }
    (void)fputs(text.at, stdout);
    return EXIT_YES;
}

static int run_messages(const struct cli *cli)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(phrase_free) struct phrase_book *book = NULL;
    AUTO(doc_free) struct doc *list = doc_array();
    if (policy_load(cli_arg(cli, 0), &policy, &err) ||
        phrase_load_site(cli_site_folder(cli), &book, &err))
        return cli_fail(cli, &err);
    message_samples(policy, book, list);
    if (cli_json(cli)) {
        cli_print(list);
        return EXIT_YES;
    }
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i);
        (void)printf("%s: %s\n", doc_text(doc_get(one, "language"), ""),
                     doc_text(doc_get(one, "text"), doc_text(doc_get(one, "missing"), "")));
        const char *const ways[] = {"accents", "plain"};
        for (size_t w = 0; w < COUNT_OF(ways); w++) {
            const struct doc *way = doc_get(one, ways[w]);
            if (way)
                (void)printf("  %s: %s, %" PRId64 " units, %" PRId64 " parts\n",
                             w ? "accents off" : "accents kept",
                             doc_text(doc_get(way, "coding"), ""),
                             doc_int(doc_get(way, "units"), 0), doc_int(doc_get(way, "parts"), 0));
        }
    }
    return EXIT_YES;
}

static const struct cli_option explain_options[] = {
    {"lang", "LANGUAGE", "vi (default) or en"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "check",
     .args = "FILE...",
     .help = "check policy files: file:line:column, what is wrong, what to write",
     .example = "gong policy check policies/*.yaml",
     .args_min = 1,
     .args_max = 1000,
     .run = run_check},
    {.name = "explain",
     .args = "FILE",
     .help = "say in plain words what a policy promises",
     .example = "gong policy explain policies/dak-nong-coffee-drought.yaml --lang en",
     .options = explain_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_explain},
    {.name = "messages",
     .args = "FILE",
     .help = "show a policy's messages in every language, with their size as SMS",
     .example = "gong policy messages policies/bac-kan-heavy-rain.yaml",
     .args_min = 1,
     .args_max = 1,
     .run = run_messages},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-policy",
                                        .help = "Policy files: the contract is the program.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
