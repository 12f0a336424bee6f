// gong-people: what is held of a person, who looked at it, and how a person is forgotten.
#include "core/cli.h"
#include "core/mem.h"
#include "core/phrase.h"
#include "ledger/access.h"
#include "ledger/amend.h"
#include "ledger/forget.h"
#include "ledger/hand.h"
#include "ledger/register.h"

#include <inttypes.h>
#include <stdio.h>

enum { DOSSIER_BYTES_MAX = 256 << 20 };

// A site with both its ledger and its people; written, because to look is recorded. And the act of
// who asks for it.
struct desk {
    struct hand hand;
    struct people *people;
    struct act act;
    bool draft; // the words were printed, and that is all
};

static void desk_close(struct desk *desk)
{
    act_free(&desk->act);
    hand_close(&desk->hand);
    people_close(&desk->people);
}

static enum err_kind desk_open(const struct cli *cli, struct desk *desk, struct err *err)
{
    if (hand_open(cli, LEDGER_WRITE, &desk->hand, err) ||
        people_open(site_folder(desk->hand.site), LEDGER_WRITE, &desk->people, err))
        return err_of(err);
    return OK;
}

// Whether they may is asked before anything is looked up; what they sign names the person.
static enum err_kind desk_begin(const struct cli *cli, struct desk *desk, const char *act,
                                struct err *err)
{
    if (desk_open(cli, desk, err) || hand_begin(&desk->hand, act, &desk->act, err))
        return err_of(err);
    act_about(&desk->act, "person/%.47s", cli_arg(cli, 0));
    doc_put_text(desk->act.text, "person", cli_arg(cli, 0));
    return OK;
}

static int run_export(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(doc_free) struct doc *dossier = NULL;
    AUTO(buf_free) struct buf text = buf_new(DOSSIER_BYTES_MAX);
    const char *person = cli_arg(cli, 0);
    if (desk_begin(cli, &desk, "people-export", &err) ||
        forget_dossier(desk.people, desk.hand.ledger, person, &dossier, &err) ||
        hand_sign(&desk.hand, &desk.act, &desk.draft, &err))
        return cli_fail(cli, &err);
    if (desk.draft)
        return EXIT_YES;
    if (hand_record(&desk.hand, &desk.act, &err) ||
        access_record(desk.people, desk.hand.now, hand_who(&desk.hand, &desk.act), "people export",
                      person, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        cli_print(dossier);
        return EXIT_YES;
    }
    doc_pretty(dossier, &text);
    (void)fputs(text.at, stdout);
    return EXIT_YES;
}

static int say_kept(const struct cli *cli, const struct forget *forget, const struct doc *kept)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "person", forget->person);
        doc_put_same(result, "kept", kept);
        cli_print(result);
        return EXIT_YES;
    }
    if (cli_quiet(cli))
        return EXIT_YES;
    (void)printf("%s is forgotten: name, phone, account, language, opt-outs and texts are gone.\n"
                 "What stays:\n",
                 forget->person);
    for (size_t i = 0; i < doc_count(kept); i++)
        (void)printf("  - %s\n", doc_text(doc_at(kept, i), ""));
    return EXIT_YES;
}

static int run_erase(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(doc_free) struct doc *kept = NULL;
    struct forget forget = {.person = cli_arg(cli, 0),
                            .end_contracts = cli_has(cli, "end-contracts")};
    if (hand_why(cli, "why", &forget.why, &err) || desk_begin(cli, &desk, "people-erase", &err) ||
        hand_names_nobody(&desk.hand, "why", &err))
        return cli_fail(cli, &err);
    forget.folder = site_folder(desk.hand.site);
    forget.who = hand_who(&desk.hand, &desk.act);
    forget.at = desk.hand.now;
    doc_put_bool(desk.act.text, "end_contracts", forget.end_contracts);
    if (forget_check(desk.people, desk.hand.ledger, &forget, &err) ||
        hand_sign(&desk.hand, &desk.act, &desk.draft, &err))
        return cli_fail(cli, &err);
    if (desk.draft)
        return EXIT_YES;
    if (hand_record(&desk.hand, &desk.act, &err) ||
        forget_person(desk.people, desk.hand.ledger, &forget, &kept, &err))
        return cli_fail(cli, &err);
    return say_kept(cli, &forget, kept);
}

// As the import says it; a site whose messages are faulty says nothing of it.
static void remark_language(const struct cli *cli, const struct desk *desk, const char *language)
{
    struct err ignored = {0};
    AUTO(phrase_free) struct phrase_book *book = NULL;
    char why[600];
    if (language && phrase_load_site(site_folder(desk->hand.site), &book, &ignored) == OK &&
        language_is_unsaid(book, language, why, sizeof(why)))
        (void)fprintf(stderr, "%s: %s\n", cli_arg(cli, 0), why);
}

static int run_change(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(doc_free) struct doc *changed = doc_array();
    struct amend amend = {.person = cli_arg(cli, 0),
                          .name = cli_value(cli, "name"),
                          .phone = cli_value(cli, "phone"),
                          .account = cli_value(cli, "account"),
                          .language = cli_value(cli, "language"),
                          .opt_out = cli_value(cli, "opt-out")};
    if (hand_why(cli, "why", &amend.why, &err) || desk_begin(cli, &desk, "people-change", &err) ||
        hand_names_nobody(&desk.hand, "why", &err))
        return cli_fail(cli, &err);
    amend.drill = site_is_drill(desk.hand.site);
    amend.who = hand_who(&desk.hand, &desk.act);
    amend.at = desk.hand.now;
    if (amend_check(desk.people, desk.hand.ledger, &amend, changed, &err))
        return cli_fail(cli, &err);
    doc_put_same(desk.act.text, "changed", changed);
    doc_put_text(desk.act.text, "why", amend.why);
    if (hand_sign(&desk.hand, &desk.act, &desk.draft, &err))
        return cli_fail(cli, &err);
    if (desk.draft)
        return EXIT_YES;
    if (hand_record(&desk.hand, &desk.act, &err) ||
        amend_person(desk.people, desk.hand.ledger, &amend, &err))
        return cli_fail(cli, &err);
    remark_language(cli, &desk, amend.language);
    if (cli_json(cli)) {
        cli_print(changed);
    } else if (!cli_quiet(cli)) {
        (void)printf("%s: changed", amend.person);
        for (size_t i = 0; i < doc_count(changed); i++)
            (void)printf("%s %s", i ? "," : "", doc_text(doc_at(changed, i), ""));
        (void)printf("\n");
    }
    return EXIT_YES;
}

static void print_rows(const struct cli *cli, const struct access_rows *rows, int64_t count)
{
    AUTO(doc_free) struct doc *result = doc_object();
    struct doc *list = doc_array();
    doc_put_int(result, "rows", count);
    doc_put_bool(result, "ok", true);
    doc_put(result, "access", list);
    for (size_t i = 0; i < rows->count; i++) {
        const struct access_row *row = &rows->at[i];
        if (!cli_json(cli)) {
            (void)printf("%6" PRId64 "  %s  %-16s %-20s %s\n", row->id, utc_text(row->at).at,
                         row->who, row->verb, row->person);
            continue;
        }
        struct doc *one = doc_object();
        doc_put_int(one, "id", row->id);
        doc_put_text(one, "at", utc_text(row->at).at);
        doc_put_text(one, "who", row->who);
        doc_put_text(one, "verb", row->verb);
        doc_put_text(one, "person", row->person);
        doc_push(list, one);
    }
    if (cli_json(cli))
        cli_print(result);
    else if (!cli_quiet(cli))
        (void)printf("log of access: ok (%" PRId64 " rows)\n", count);
}

static int run_access(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(access_rows_free) struct access_rows rows = {0};
    const char *person = cli_count(cli) ? cli_arg(cli, 0) : NULL;
    int64_t count = 0;
    if (desk_open(cli, &desk, &err) || access_check(desk.people, desk.hand.ledger, &count, &err) ||
        access_list(desk.people, person, &rows, &err))
        return cli_fail(cli, &err);
    print_rows(cli, &rows, count);
    return EXIT_YES;
}

static const struct cli_option look_options[] = {HAND_OPTIONS, {0}};
static const struct cli_option access_options[] = {{0}};
static const struct cli_option change_options[] = {
    HAND_OPTIONS,
    {"phone", "NUMBER", "another number; messages that wait go there"},
    {"language", "CODE", "the language that the person wants to read: vi, en, tyz ..."},
    {"account", "ACCOUNT", "where payouts go; not while one is on its way"},
    {"name", "NAME",
     "the name, as the bank or the commune knows it; not while money is on its way"},
    {"opt-out", "WHAT", "service: all but danger warnings; all: these too; none: in again"},
    {"why", "TEXT", "why; kept in the ledger: no name, phone or account (10 letters and more)"},
    {0},
};
static const struct cli_option erase_options[] = {
    HAND_OPTIONS,
    {"why", "TEXT", "why, for the register; no name, phone or account (10 letters and more)"},
    {"end-contracts", NULL, "end the person's contracts today, too"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "export",
     .args = "PERSON",
     .help = "print everything that is held of a person, with the decisions about them, as JSON",
     .example =
         "gong people export P-00293 --by officer-1 --key officer-1.key --site mysite > P.json",
     .options = look_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_export},
    {.name = "change",
     .args = "PERSON",
     .help = "put right what is held of a person, or say for them what they do not want to get",
     .example = "gong people change P-00293 --phone 0900000123 --why \"a new number, shown at the "
                "office\" --by officer-1 --key officer-1.key --site mysite",
     .options = change_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_change},
    {.name = "erase",
     .args = "PERSON",
     .help = "forget a person: name, phone, account and texts go, every proof stays valid",
     .example = "gong people erase P-00293 --why \"asked for it on 3 May\" --by officer-1 --key "
                "officer-1.key --site mysite",
     .options = erase_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_erase},
    {.name = "access",
     .args = "[PERSON]",
     .help = "list who looked at personal data, and check that no line was taken out",
     .example = "gong people access P-00293 --site mysite",
     .options = access_options,
     .args_max = 1,
     .run = run_access},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-people",
                                        .help =
                                            "People's own data: shown, forgotten, watched over.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
