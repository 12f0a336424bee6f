// gong-people: what is held of a person, who looked at it, and how a person is forgotten.
#include "core/cli.h"
#include "core/mem.h"
#include "ledger/access.h"
#include "ledger/forget.h"
#include "ledger/hand.h"

#include <inttypes.h>
#include <stdio.h>

enum { DOSSIER_BYTES_MAX = 256 << 20 };

// A site with both its ledger and its people; written, because to look is recorded.
struct desk {
    struct hand hand;
    struct people *people;
    const char *who;
};

static void desk_close(struct desk *desk)
{
    hand_close(&desk->hand);
    people_close(&desk->people);
}

static enum err_kind desk_open(const struct cli *cli, struct desk *desk, struct err *err)
{
    desk->who = access_who(cli);
    if (hand_open(cli, LEDGER_WRITE, &desk->hand, err) ||
        people_open(site_folder(desk->hand.site), LEDGER_WRITE, &desk->people, err))
        return err_of(err);
    return OK;
}

static int run_export(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(doc_free) struct doc *dossier = NULL;
    AUTO(buf_free) struct buf text = buf_new(DOSSIER_BYTES_MAX);
    const char *person = cli_arg(cli, 0);
    if (desk_open(cli, &desk, &err) ||
        forget_dossier(desk.people, desk.hand.ledger, person, &dossier, &err) ||
        access_record(desk.people, desk.hand.now, desk.who, "people export", person, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        cli_print(dossier);
        return EXIT_YES;
    }
    doc_pretty(dossier, &text);
    (void)fputs(text.at, stdout);
    return EXIT_YES;
}

static int run_erase(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(doc_free) struct doc *kept = NULL;
    struct forget forget = {.person = cli_arg(cli, 0),
                            .end_contracts = cli_has(cli, "end-contracts")};
    if (hand_why(cli, "why", &forget.why, &err) || desk_open(cli, &desk, &err))
        return cli_fail(cli, &err);
    forget.folder = site_folder(desk.hand.site);
    forget.who = desk.who;
    forget.at = desk.hand.now;
    if (forget_person(desk.people, desk.hand.ledger, &forget, &kept, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_text(result, "person", forget.person);
        doc_put_same(result, "kept", kept);
        cli_print(result);
        return EXIT_YES;
    }
    if (cli_quiet(cli))
        return EXIT_YES;
    (void)printf("%s is forgotten: name, phone, account, language, opt-outs and texts are gone.\n"
                 "What stays:\n",
                 forget.person);
    for (size_t i = 0; i < doc_count(kept); i++)
        (void)printf("  - %s\n", doc_text(doc_at(kept, i), ""));
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

#define BY                                                                                         \
    {                                                                                              \
        "by", "WHO", "who looks, for the log of access (default: the login of this machine)"       \
    }

static const struct cli_option look_options[] = {BY, {0}};
static const struct cli_option erase_options[] = {
    BY,
    {"why", "TEXT", "why, for the register; no name, phone or account (10 letters and more)"},
    {"end-contracts", NULL, "end the person's contracts today, too"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "export",
     .args = "PERSON",
     .help = "print everything that is held of a person, with the decisions about them, as JSON",
     .example = "gong people export P-00293 --by officer-1 --site mysite > P-00293.json",
     .options = look_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_export},
    {.name = "erase",
     .args = "PERSON",
     .help = "forget a person: name, phone, account and texts go, every proof stays valid",
     .example = "gong people erase P-00293 --why \"asked for it on 3 May\" --site mysite",
     .options = erase_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_erase},
    {.name = "access",
     .args = "[PERSON]",
     .help = "list who looked at personal data, and check that no line was taken out",
     .example = "gong people access P-00293 --site mysite",
     .options = look_options,
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
