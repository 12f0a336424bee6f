// gong-role: who may do what at a site, by which key.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "ledger/hand.h"
#include "ledger/role.h"
#include "ledger/scope.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 16 << 20, PATH_BYTES_MAX = 4096, KEY_LETTERS_SHOWN = 16 };

static int usage(const struct cli *cli, const struct err *err)
{
    (void)cli_fail(cli, err);
    return EXIT_USAGE;
}

// --- keys

static enum err_kind write_key(const char *path, const void *bytes, size_t len, mode_t mode,
                               struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(200);
    if (file_exists(path))
        return err_set(err, ERR_REFUSED, "%s is there; take it away first", path);
    base64_add(&text, bytes, len);
    buf_char(&text, '\n');
    return file_write(path, buf_slice(&text), mode, err);
}

static int run_key(const struct cli *cli)
{
    struct err err = {0};
    AUTO(sign_forget) struct sign_secret secret;
    struct sign_public key;
    const char *person = cli_arg(cli, 0), *out = cli_value(cli, "out");
    AUTO(buf_free) struct buf secret_path = buf_new(PATH_BYTES_MAX);
    AUTO(buf_free) struct buf public_path = buf_new(PATH_BYTES_MAX);
    buf_print(&secret_path, "%s/%s.key", out ? out : ".", person);
    buf_print(&public_path, "%s/%s.pub", out ? out : ".", person);
    sign_new(&secret);
    sign_public_of(&secret, &key);
    if (role_check_name(person, &err) ||
        write_key(secret_path.at, secret.at, sizeof(secret.at), 0600, &err) ||
        write_key(public_path.at, key.at, sizeof(key.at), 0644, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli))
        (void)printf("%s: for %s and nobody else; %s: for gong role add\n", secret_path.at, person,
                     public_path.at);
    return EXIT_YES;
}

static int run_sign(const struct cli *cli)
{
    struct err err = {0};
    AUTO(sign_forget) struct sign_secret secret;
    struct signature signature;
    const char *key = NULL, *file = cli_arg(cli, 0);
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    AUTO(buf_free) struct buf path = buf_new(PATH_BYTES_MAX);
    AUTO(buf_free) struct buf out = buf_new(200);
    memset(&secret, 0, sizeof(secret));
    if (hand_need(cli, "key", &key, &err))
        return usage(cli, &err);
    if (hand_read_key(key, &secret, &err) || file_read(file, &text, &err))
        return cli_fail(cli, &err);
    sign_bytes(&secret, buf_slice(&text), &signature);
    base64_add(&out, signature.at, sizeof(signature.at));
    buf_char(&out, '\n');
    buf_print(&path, "%s.sig", file);
    if (file_write(path.at, buf_slice(&out), 0644, &err))
        return cli_fail(cli, &err);
    return EXIT_YES;
}

// --- acts

// The first person of a site is not in it yet.
static enum err_kind begin_add(const struct hand *hand, const struct sign_public *key,
                               struct act *act, struct err *err)
{
    bool any = false;
    if (role_any(hand->ledger, &any, err))
        return err_of(err);
    if (any)
        return hand_begin(hand, "role-add", act, err);
    const char *by = cli_value(hand->cli, "by");
    return act_found(hand->ledger, site_is_drill(hand->site), by ? by : cli_arg(hand->cli, 0), key,
                     act, err);
}

static void say(const struct cli *cli, const char *person, const char *what)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "person", person);
        doc_put_text(result, "state", what);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("%s: %s\n", person, what);
    }
}

static int run_add(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    const char *name = NULL, *file = NULL, *person = cli_arg(cli, 0);
    struct sign_public key;
    enum role role;
    bool draft = false, in = false;
    if (hand_need(cli, "role", &name, &err) || hand_need(cli, "public", &file, &err))
        return usage(cli, &err);
    if (role_parse(name, &role, &err) || hand_read_public(file, &key, &err) ||
        hand_open(cli, LEDGER_WRITE, &hand, &err) || begin_add(&hand, &key, &act, &err))
        return cli_fail(cli, &err);
    role_word_add(&act, person, role, &key);
    if (scope_word(&act, cli_value(cli, "provinces"), cli_value(cli, "policies"), &err) ||
        hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (role_add(hand.ledger, &act, hand.now, &in, &err))
        return cli_fail(cli, &err);
    say(cli, person, in ? "in" : "waits to be confirmed");
    return EXIT_YES;
}

// Who confirms sees, before it is signed, which key it is for; the draft holds it whole.
static void show_key(const struct cli *cli, const struct role_row *row)
{
    AUTO(buf_free) struct buf key = buf_new(200);
    base64_add(&key, row->key.at, sizeof(row->key.at));
    if (!cli_quiet(cli) && !cli_json(cli))
        (void)fprintf(stderr, "%s, %s, with the key that begins with %.*s\n", row->person,
                      role_name(row->role), KEY_LETTERS_SHOWN, key.at);
}

static int run_confirm(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    struct role_row row;
    bool draft = false;
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) ||
        hand_begin(&hand, "role-confirm", &act, &err) ||
        role_find(hand.ledger, cli_arg(cli, 0), &row, &err))
        return cli_fail(cli, &err);
    show_key(cli, &row);
    role_word_confirm(&act, &row);
    if (hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (role_confirm(hand.ledger, &act, hand.now, &err))
        return cli_fail(cli, &err);
    say(cli, row.person, "in");
    return EXIT_YES;
}

static int run_retire(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    bool draft = false;
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) || hand_begin(&hand, "role-retire", &act, &err))
        return cli_fail(cli, &err);
    role_word_person(&act, cli_arg(cli, 0));
    if (hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (role_retire(hand.ledger, &act, hand.now, &err))
        return cli_fail(cli, &err);
    say(cli, cli_arg(cli, 0), "retired");
    return EXIT_YES;
}

static enum err_kind word_rekey(const struct hand *hand, const char *person,
                                const struct sign_public *key, struct act *act, struct err *err)
{
    struct role_row row;
    const char *by = cli_value(hand->cli, "by");
    bool own = by && strcmp(by, person) == 0;
    if (hand_begin(hand, own ? "role-key" : "role-key-for", act, err) ||
        role_find(hand->ledger, person, &row, err))
        return err_of(err);
    role_word_key(act, &row, key);
    return OK;
}

static int run_rekey(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    const char *file = NULL, *person = cli_arg(cli, 0);
    struct sign_public key;
    bool draft = false, in = false;
    if (hand_need(cli, "public", &file, &err))
        return usage(cli, &err);
    if (hand_read_public(file, &key, &err) || hand_open(cli, LEDGER_WRITE, &hand, &err) ||
        word_rekey(&hand, person, &key, &act, &err) || hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (role_key(hand.ledger, &act, hand.now, &in, &err))
        return cli_fail(cli, &err);
    say(cli, person, in ? "in, with the new key" : "waits to be confirmed");
    return EXIT_YES;
}

// --- lists

static const char *state_of(const struct role_row *row)
{
    if (row->retired)
        return "retired";
    return row->since ? "in" : "waits";
}

static int run_list(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(role_rows_free) struct role_rows rows = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    if (hand_open(cli, LEDGER_READ, &hand, &err) || role_list(hand.ledger, &rows, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct role_row *row = &rows.at[i];
        AUTO(buf_free) struct buf key = buf_new(200);
        base64_add(&key, row->key.at, sizeof(row->key.at));
        AUTO(buf_free) struct buf scope = buf_new(SCOPE_WORDS_MAX);
        if (scope_words(hand.ledger, row->person, &scope, &err))
            return cli_fail(cli, &err);
        struct doc *one = doc_object();
        doc_put_text(one, "key", key.at);
        doc_put_text(one, "person", row->person);
        doc_put_text(one, "role", role_name(row->role));
        doc_put_text(one, "scope", scope.len ? scope.at : "");
        doc_put_int(one, "seq", row->seq);
        doc_put_text(one, "state", state_of(row));
        doc_push(list, one);
        if (!cli_json(cli))
            (void)printf("%-24s %-9s %-8s %s%s%s\n", row->person, role_name(row->role),
                         state_of(row), key.at, scope.len ? "  " : "", scope.len ? scope.at : "");
    }
    if (cli_json(cli))
        cli_print(list);
    else if (rows.count == 0 && !cli_quiet(cli))
        (void)printf(site_is_drill(hand.site)
                         ? "nobody: this drill has one built-in person, \"drill\", who signs "
                           "nothing\n"
                         : "nobody: begin with gong role key and gong role add\n");
    return EXIT_YES;
}

static struct doc *rule_doc(const struct act_rule *rule)
{
    struct doc *one = doc_object(), *roles = doc_array();
    for (int i = 0; i < ROLES; i++) {
        if (act_allows(rule, (enum role)i))
            doc_push_text(roles, role_name((enum role)i));
    }
    doc_put_text(one, "act", rule->name);
    doc_put_text(one, "entry", rule->entry);
    doc_put_text(one, "help", rule->help);
    doc_put(one, "roles", roles);
    return one;
}

static int run_matrix(const struct cli *cli)
{
    AUTO(doc_free) struct doc *list = doc_array();
    if (!cli_json(cli)) {
        (void)printf("%-16s", "");
        for (int i = 0; i < ROLES; i++)
            (void)printf(" %-9s", role_name((enum role)i));
        (void)printf("\n");
    }
    for (const struct act_rule *rule = act_rules; rule->name; rule++) {
        doc_push(list, rule_doc(rule));
        if (cli_json(cli))
            continue;
        (void)printf("%-16s", rule->name);
        for (int i = 0; i < ROLES; i++)
            (void)printf(" %-9s", act_allows(rule, (enum role)i) ? "yes" : "-");
        (void)printf(" %s\n", rule->help);
    }
    if (cli_json(cli))
        cli_print(list);
    return EXIT_YES;
}

static const struct cli_option key_options[] = {
    {"out", "DIR", "where the two files go; default: here"}, {0}};
static const struct cli_option sign_options[] = {{"key", "FILE", "the key of who signs"}, {0}};
static const struct cli_option add_options[] = {
    {"role", "ROLE", "officer, approver, insurer, auditor or operator"},
    {"public", "FILE", "the person's public key (PERSON.pub of gong role key)"},
    {"provinces", "A,B", "only what is about these; default: the whole site"},
    {"policies", "P,Q", "only what is about these"},
    HAND_OPTIONS,
    {0}};
static const struct cli_option hand_options[] = {HAND_OPTIONS, {0}};
static const struct cli_option rekey_options[] = {
    {"public", "FILE", "the new public key (of gong role key, made in another folder)"},
    HAND_OPTIONS,
    {0}};

static const struct cli_verb verbs[] = {
    {.name = "key",
     .args = "PERSON",
     .help = "make a person's key: PERSON.key, which stays with that person, and PERSON.pub",
     .example = "gong role key officer-1",
     .options = key_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_key},
    {.name = "add",
     .args = "PERSON",
     .help = "name a person with a role; the first one is an operator who adds themselves",
     .example = "gong role add officer-1 --role officer --public officer-1.pub --by operator-1 "
                "--key operator-1.key --site mysite",
     .options = add_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_add},
    {.name = "confirm",
     .args = "PERSON",
     .help = "let in a person whom somebody else named (needed once the site works)",
     .example = "gong role confirm officer-2 --by insurer-1 --key insurer-1.key --site mysite",
     .options = hand_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_confirm},
    {.name = "rekey",
     .args = "PERSON",
     .help = "replace a person's key: one's own, signed with the old one; or, where that is lost, "
             "by an operator, and somebody else confirms. What was signed before stays good",
     .example = "gong role rekey officer-1 --public new/officer-1.pub --by officer-1 "
                "--key officer-1.key --site mysite",
     .options = rekey_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_rekey},
    {.name = "retire",
     .args = "PERSON",
     .help = "end a person's role, for good",
     .example = "gong role retire officer-1 --by operator-1 --key operator-1.key --site mysite",
     .options = hand_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_retire},
    {.name = "list",
     .args = "",
     .help = "who has which role",
     .example = "gong role list --site mysite",
     .run = run_list},
    {.name = "matrix",
     .args = "",
     .help = "which role may do which act",
     .example = "gong role matrix --json",
     .run = run_matrix},
    {.name = "sign",
     .args = "FILE",
     .help = "sign a file with a key, on any machine: what --draft printed, a cash list; FILE.sig",
     .example = "gong role sign act.json --key officer-1.key",
     .options = sign_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_sign},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-role",
                                        .help = "Who may do what at a site, by which key.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
