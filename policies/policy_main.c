// gong-policy: checks policy files, with their cases, and says in words what they promise.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/phrase.h"
#include "core/sms.h"
#include "core/proc.h"
#include "core/site.h"
#include "policies/annex.h"
#include "policies/describe.h"
#include "policies/differ.h"
#include "policies/doubt.h"
#include "policies/format.h"
#include "policies/message_sample.h"
#include "policies/policy.h"
#include "policies/preset_verb.h"
#include "policies/propose.h"
#include "policies/shape.h"
#include "policies/signed.h"
#include "policies/supply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// What a run of check has found so far.
struct checked {
    const struct cli *cli;
    struct doc *list;
    int worst;
    struct supplies supplies; // of the site that --site names, else as they ship
    bool of_site;
};

static enum err_kind load_supplies(const struct cli *cli, struct supplies *out, bool *of_site,
                                   struct err *err)
{
    AUTO(mem_drop) char *own = file_join(cli_site_folder(cli), "sources.yaml");
    AUTO(mem_drop) char *shipped = proc_shipped("sources.yaml");
    *of_site = file_exists(own);
    if (*of_site)
        return supplies_load(own, out, err);
    if (shipped)
        return supplies_load(shipped, out, err);
    return err_set(err, ERR_MISSING,
                   "no sources.yaml: neither in %s, nor installed with gong; name the site with "
                   "--site",
                   cli_site_folder(cli));
}

// What may not be meant, and the sources that cannot give what is asked of them.
static size_t doubts_of(const struct checked *checked, const struct policy *policy, struct buf *out)
{
    enum { LINES_BYTES_MAX = 32 * 1024 };
    AUTO(buf_free) struct buf lines = buf_new(LINES_BYTES_MAX);
    size_t count = policy_doubts(policy, out) +
                   supplies_miss(policy, &checked->supplies, checked->of_site, &lines);
    struct str rest = buf_slice(&lines), line;
    while (str_take_line(&rest, &line))
        buf_print(out, "doubt: " STR_FMT "\n", STR_ARG(line));
    return count;
}

// The cases go through the very function that decides, which lies above this room: the program of
// that room runs them.
static enum err_kind run_cases(const char *file, struct err *err)
{
    enum { OUTPUT_MAX = 64 * 1024, WALL_MS = 60000 };
    AUTO(mem_drop) char *program = proc_program("gong-trigger");
    AUTO(buf_free) struct buf out = buf_new(OUTPUT_MAX), complaint = buf_new(OUTPUT_MAX);
    const char *const argv[] = {program, "cases", file, "--quiet", NULL};
    const struct proc_limits limits = {.wall_ms = WALL_MS, .output_bytes_max = OUTPUT_MAX};
    int code = 0;
    if (proc_run(argv, -1, &limits, &out, &complaint, &code, err))
        return err_add(err, "running the cases of %s", file);
    if (code == EXIT_YES)
        return OK;
    struct str said = str_trim(buf_slice(&complaint)), speaker = STR("gong-trigger: ");
    if (str_starts(said, speaker.at))
        said = (struct str){said.at + speaker.len, said.len - speaker.len};
    if (said.len == 0)
        said = STR("gong-trigger did not end well");
    return err_set(err, ERR_INPUT, STR_FMT, STR_ARG(said));
}

// Such a name can stand in no command line, nor in the ledger.
static enum err_kind check_name(const char *shown, const char *file, struct err *err)
{
    return strcmp(shown, file) == 0
               ? OK
               : err_set(err, ERR_INPUT, "%s: the file's name is no text in UTF-8; rename it",
                         shown);
}

static void check_file(struct checked *checked, const char *file)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(buf_free) struct buf doubts = buf_new(64 * 1024);
    AUTO(mem_drop) char *shown = mem_text(file); // its name may be any bytes
    struct doc *one = doc_object();
    bool plain = !cli_json(checked->cli);
    if (!text_is_utf8(str_of(file)))
        text_clean(shown);
    doc_put_text(one, "file", shown);
    doc_push(checked->list, one);
    if (check_name(shown, file, &err) || policy_load(file, &policy, &err) ||
        policy_check_new(policy, file, &err) || run_cases(file, &err)) {
        doc_put_text(one, "error", err.text);
        checked->worst = err_exit_code(err.kind);
        if (plain)
            (void)fprintf(stderr, "%s\n", err.text);
        return;
    }
    size_t count = doubts_of(checked, policy, &doubts);
    doc_put_text(one, "id", policy->id);
    doc_put_int(one, "version", policy->version);
    doc_put_text(one, "hash", hash_hex(policy->hash).at);
    doc_put_int(one, "doubts", (int64_t)count);
    doc_put_int(one, "cases", (int64_t)(cases_all(&policy->cases)));
    struct str rest = buf_slice(&doubts), line;
    while (plain && count && str_take_line(&rest, &line))
        (void)fprintf(stderr, "%s: " STR_FMT "\n", file, STR_ARG(line));
    if (plain && !cli_quiet(checked->cli))
        (void)printf("%s: ok: %s version %" PRId64 " (%s), %zu cases, sha256 %.16s…\n", file,
                     policy->id, policy->version, policy_kinds[policy->kind],
                     cases_all(&policy->cases), hash_hex(policy->hash).at);
}

// A file, or every *.yaml of a folder and of its folder products/; messages/ is no policy.
static void check_path(struct checked *checked, const char *path)
{
    struct err err = {0};
    AUTO(file_names_free) char **names = NULL;
    if (str_ends(str_of(path), ".yaml") || file_names(path, &names, &err)) {
        check_file(checked, path);
        return;
    }
    for (char **name = names; *name; name++) {
        AUTO(mem_drop) char *inner = file_join(path, *name);
        if (strcmp(*name, "products") == 0)
            check_path(checked, inner);
        else if (str_ends(str_of(*name), ".yaml") && (*name)[0] != '.')
            check_file(checked, inner);
    }
}

static int run_check(const struct cli *cli)
{
    struct err err = {0};
    AUTO(doc_free) struct doc *result = doc_object();
    struct checked checked = {.cli = cli, .list = doc_array(), .worst = EXIT_YES};
    doc_put(result, "policies", checked.list);
    if (load_supplies(cli, &checked.supplies, &checked.of_site, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < cli_count(cli); i++)
        check_path(&checked, cli_arg(cli, i));
    supplies_free(&checked.supplies);
    if (cli_json(cli))
        cli_print(result);
    if (doc_count(checked.list) == 0) {
        (void)fprintf(stderr, "no policy there; give a .yaml file or a folder of them\n");
        return EXIT_MISSING;
    }
    return checked.worst;
}

static enum err_kind read_language(const struct cli *cli, enum language *out, struct err *err)
{
    const char *word = cli_value(cli, "lang");
    return language_read(word ? word : language_names[LANGUAGE_VI], out, err);
}

// A text as it is, or as a member of a document.
static int print_text(const struct cli *cli, const struct policy *policy, const char *text)
{
    if (!cli_json(cli)) {
        (void)fputs(text, stdout);
        return EXIT_YES;
    }
    AUTO(doc_free) struct doc *result = doc_object();
    doc_put_text(result, "id", policy->id);
    doc_put_int(result, "version", policy->version);
    doc_put_text(result, "text", text);
    cli_print(result);
    return EXIT_YES;
}

enum { WORDS_MAX = 1 << 22 };

// Who signed the text at the site that --site names; nothing without a site there.
static enum err_kind add_signed(const struct cli *cli, const struct policy *policy,
                                enum language language, struct buf *out, struct err *err)
{
    AUTO(mem_drop) char *path = file_join(cli_site_folder(cli), "ledger.db");
    AUTO(ledger_close) struct ledger *ledger = NULL;
    if (!file_exists(path))
        return OK;
    if (ledger_open(cli_site_folder(cli), LEDGER_READ, &ledger, err))
        return err_of(err);
    return signed_words(ledger, policy->hash, language, out, err);
}

static int run_explain(const struct cli *cli)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(buf_free) struct buf text = buf_new(WORDS_MAX);
    enum language language;
    if (read_language(cli, &language, &err) || policy_load(cli_arg(cli, 0), &policy, &err))
        return cli_fail(cli, &err);
    policy_describe(policy, language, &text);
    if (add_signed(cli, policy, language, &text, &err))
        return cli_fail(cli, &err);
    return print_text(cli, policy, text.at);
}

static int run_annex(const struct cli *cli)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(supplies_free) struct supplies supplies = {0};
    AUTO(buf_free) struct buf signatures = buf_new(WORDS_MAX);
    AUTO(buf_free) struct buf text = buf_new(WORDS_MAX);
    enum language language;
    const char *as = cli_value(cli, "as");
    bool html = as && strcmp(as, "html") == 0, of_site = false;
    if (as && !html && strcmp(as, "markdown") != 0) {
        (void)err_usage(&err, "--as %s is unknown; write markdown or html", as);
        return cli_fail(cli, &err);
    }
    if (read_language(cli, &language, &err) || policy_load(cli_arg(cli, 0), &policy, &err))
        return cli_fail(cli, &err);
    enum err_kind kind = load_supplies(cli, &supplies, &of_site, &err);
    if (kind == ERR_MISSING) // the contract is whole without it; the paper says what it lacks
        (void)fprintf(stderr, "gong-policy: %s; the annex has its sources by their keys alone\n",
                      err.text);
    if ((kind && kind != ERR_MISSING) || add_signed(cli, policy, language, &signatures, &err))
        return cli_fail(cli, &err);
    policy_annex(policy, language, html, &supplies, buf_slice(&signatures), &text);
    return print_text(cli, policy, text.at);
}

static int run_diff(const struct cli *cli)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *old = NULL;
    AUTO(policy_free) struct policy *new = NULL;
    AUTO(buf_free) struct buf text = buf_new(WORDS_MAX);
    enum language language;
    if (read_language(cli, &language, &err) || policy_load(cli_arg(cli, 0), &old, &err) ||
        policy_load(cli_arg(cli, 1), &new, &err))
        return cli_fail(cli, &err);
    size_t count = policy_differ(old, new, language, &text);
    (void)print_text(cli, new, text.at);
    return count ? EXIT_NO : EXIT_YES;
}

static int run_format(const struct cli *cli)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX);
    AUTO(buf_free) struct buf made = buf_new(POLICY_BYTES_MAX);
    const char *file = cli_arg(cli, 0);
    if (file_read(file, &text, &err) || policy_format(buf_slice(&text), file, &made, &err))
        return cli_fail(cli, &err);
    bool same = str_same(buf_slice(&text), buf_slice(&made));
    if (cli_has(cli, "write")) {
        if (!same && file_write(file, buf_slice(&made), 0644, &err))
            return cli_fail(cli, &err);
        return EXIT_YES;
    }
    if (cli_has(cli, "check"))
        return same ? EXIT_YES : EXIT_NO;
    (void)fputs(made.at, stdout);
    return EXIT_YES;
}

static int run_schema(const struct cli *cli)
{
    (void)cli;
    AUTO(doc_free) struct doc *schema = shape_schema();
    AUTO(buf_free) struct buf text = buf_new(WORDS_MAX);
    doc_pretty(schema, &text);
    (void)printf("%s\n", text.at);
    return EXIT_YES;
}

// The text that goes out, where it is none that was shown before.
static void print_new(const char *text, struct doc *shown)
{
    for (size_t i = 0; i < doc_count(shown); i++) {
        if (strcmp(doc_text(doc_at(shown, i), ""), text) == 0)
            return;
    }
    doc_push_text(shown, text);
    (void)printf("    %s\n", text);
}

// Its size with and without accents, and what goes out by each sms_policy.
static void print_ways(const struct doc *one)
{
    static const char *const ways[] = {"accents", "plain"};
    AUTO(doc_free) struct doc *shown = doc_array();
    doc_push_text(shown, doc_text(doc_get(one, "text"), ""));
    for (size_t w = 0; w < COUNT_OF(ways); w++) {
        const struct doc *way = doc_get(one, ways[w]);
        if (way)
            (void)printf("  %s: %s, %" PRId64 " units, %" PRId64 " parts\n",
                         w ? "accents off" : "accents kept", doc_text(doc_get(way, "coding"), ""),
                         doc_int(doc_get(way, "units"), 0), doc_int(doc_get(way, "parts"), 0));
    }
    if (doc_get(one, "lost"))
        (void)printf("  left out where accents are: %s\n", doc_text(doc_get(one, "lost"), ""));
    for (size_t p = 0; doc_get(one, "sent") && sms_policy_names[p]; p++) {
        const struct doc *way = doc_get(doc_get(one, "sent"), sms_policy_names[p]);
        const char *said = doc_text(doc_get(way, "said"), "");
        const char *refused = doc_text(doc_get(way, "refused"), NULL);
        int64_t parts = doc_int(doc_get(way, "parts"), 0);
        if (refused) {
            (void)printf("  sent by %s: refused: %s\n", sms_policy_names[p], refused);
            continue;
        }
        (void)printf("  sent by %s: %s, %" PRId64 " part%s%s%s%s\n", sms_policy_names[p],
                     doc_text(doc_get(way, "coding"), ""), parts, parts == 1 ? "" : "s",
                     *said ? ", " : "", said,
                     doc_int(doc_get(way, "letters_lost"), 0) ? ", letters left out" : "");
        print_new(doc_text(doc_get(way, "text"), ""), shown);
    }
}

// How many parts the route takes: what --parts says, else the site that --site names, else what a
// new site has.
static enum err_kind read_parts(const struct cli *cli, int64_t *out, struct err *err)
{
    static const int64_t of_new_site = 3;
    const char *said = cli_value(cli, "parts");
    AUTO(mem_drop) char *settings = file_join(cli_site_folder(cli), "gong.yaml");
    AUTO(site_free) struct site *site = NULL;
    *out = of_new_site;
    if (said) {
        struct err why = {0};
        return num_whole(str_of(said), 1, SMS_PARTS_MAX, out, &why)
                   ? err_usage(err, "--parts: write a whole number from 1 to %d", SMS_PARTS_MAX)
                   : OK;
    }
    if (!file_exists(settings))
        return OK;
    if (site_open(cli_site_folder(cli), &site, err))
        return err_of(err);
    *out = site_whole(site, "sms_parts_max");
    return OK;
}

static void print_samples(const struct doc *list, int64_t parts)
{
    (void)printf("an SMS of this route has at most %" PRId64 " part%s\n", parts,
                 parts == 1 ? "" : "s");
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i);
        const char *stage = doc_text(doc_get(one, "stage"), "");
        (void)printf(
            "%s%s%s%s%s: %s\n", doc_text(doc_get(one, "language"), ""), *stage ? ", " : "", stage,
            doc_bool(doc_get(one, "kept"), false) ? ", when it fell to it and is kept" : "",
            doc_bool(doc_get(one, "over"), false) ? ", when it is over" : "",
            doc_text(doc_get(one, "text"), doc_text(doc_get(one, "missing"), "")));
        print_ways(one);
    }
}

static int run_messages(const struct cli *cli)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(phrase_free) struct phrase_book *book = NULL;
    AUTO(doc_free) struct doc *list = doc_array();
    int64_t parts = 0;
    if (read_parts(cli, &parts, &err) || policy_load(cli_arg(cli, 0), &policy, &err) ||
        phrase_load_site(cli_site_folder(cli), &book, &err))
        return cli_fail(cli, &err);
    message_samples(policy, book, (size_t)parts, list);
    if (cli_json(cli))
        cli_print(list);
    else
        print_samples(list, parts);
    return EXIT_YES;
}

static const struct cli_option explain_options[] = {
    {"lang", "LANGUAGE", "vi (default) or en"},
    {0},
};

static const struct cli_option message_options[] = {
    {"parts", "N", "parts that one SMS may have; else those of the site (sms_parts_max), else 3"},
    {0},
};

static const struct cli_option preset_options[] = {
    {"lang", "LANGUAGE", "vi (default) or en"},
    {"at", "VALUES", "what these values give by one table: \"rain_24h: 150 mm, days: 3 days\""},
    {0},
};

static const struct cli_option annex_options[] = {
    {"lang", "LANGUAGE", "vi (default) or en"},
    {"as", "FORM", "markdown (default) or html"},
    {0},
};

static const struct cli_option format_options[] = {
    {"write", NULL, "write the file instead of printing it"},
    {"check", NULL, "print nothing; exit 1 when it would be written otherwise"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "check",
     .args = "FILE|FOLDER...",
     .help = "check policy files and run their cases: file:line:column, what is wrong, what to "
             "write; doubts",
     .example = "gong policy check policies/",
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
    {.name = "annex",
     .args = "FILE",
     .help = "write the annex of the contract, with the hash of the file",
     .example = "gong policy annex policies/dak-nong-coffee-drought.yaml --as html",
     .options = annex_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_annex},
    {.name = "diff",
     .args = "OLD NEW",
     .help = "say in words what changed, and for whom; exit 1 when anything did",
     .example = "gong policy diff old.yaml new.yaml --lang en",
     .options = explain_options,
     .args_min = 2,
     .args_max = 2,
     .run = run_diff},
    {.name = "format",
     .args = "FILE",
     .help = "write a policy as everybody does: keys in one order, comments kept",
     .example = "gong policy format my.yaml --write",
     .options = format_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_format},
    {.name = "schema",
     .args = "",
     .help = "print the JSON Schema of policies, for editors",
     .example = "gong policy schema >policy.schema.json",
     .run = run_schema},
    {.name = "presets",
     .args = "[NAME|NAME/TABLE]",
     .help =
         "list the tables of the law that policies name, show one with how sure each row is, or "
         "say what values give by it",
     .example = "gong policy presets vn-2021-18/heavy-rain --at \"rain_24h: 150 mm, days: 3 days\"",
     .options = preset_options,
     .args_max = 1,
     .run = verb_presets},
    {.name = "propose",
     .args = "FILE",
     .help = "propose a policy for a site, with what it would have done in the past",
     .example =
         "gong policy propose my.yaml --why \"a lower strike\" --series rain.nc --by officer-1 "
         "--key officer-1.key",
     .options = propose_options,
     .args_min = 1,
     .args_max = 1,
     .run = verb_propose},
    {.name = "proposals",
     .args = "",
     .help = "what was proposed, and what is in force since when",
     .example = "gong policy proposals --site mysite",
     .run = verb_proposals},
    {.name = "show",
     .args = "ID|HASH",
     .help = "a proposal: what changes in words, its effect on the past, who signed",
     .example = "gong policy show dak-nong-coffee-drought --lang en --site mysite",
     .options = show_options,
     .args_min = 1,
     .args_max = 1,
     .run = verb_show},
    {.name = "sign",
     .args = "ID|HASH",
     .help = "sign a proposal; with the last signature it is in force from its day on",
     .example = "gong policy sign dak-nong-coffee-drought --by insurer-1 --key insurer-1.key",
     .options = sign_options,
     .args_min = 1,
     .args_max = 1,
     .run = verb_sign},
    {.name = "reject",
     .args = "ID|HASH",
     .help = "end a proposal",
     .example =
         "gong policy reject dak-nong-coffee-drought --why \"too early\" --by insurer-1 --key "
         "insurer-1.key",
     .options = reject_options,
     .args_min = 1,
     .args_max = 1,
     .run = verb_reject},
    {.name = "messages",
     .args = "FILE",
     .help = "show a policy's messages in every language, also when it is over, with their size as "
             "SMS and what goes out by each sms_policy",
     .example = "gong policy messages policies/bac-kan-heavy-rain.yaml",
     .options = message_options,
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
