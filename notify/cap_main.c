// gong-cap: publishes alerts as CAP 1.2, checks files, quotes other people's alerts.
#include "core/cli.h"
#include "core/file.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/xml.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "ledger/now.h"
#include "notify/cap_check.h"
#include "notify/cap_desk.h"
#include "notify/cap_relay.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 4 << 20 };

struct desk {
    struct site *site;
    struct ledger *ledger;
    struct map *map;
    struct utc now;
};

static void desk_close(struct desk *desk)
{
    ledger_close(&desk->ledger);
    map_close(&desk->map);
    site_free(&desk->site);
}

static enum err_kind desk_open(const struct cli *cli, struct desk *desk, struct err *err)
{
    if (cli_site(cli, &desk->site, err))
        return err_of(err);
    const char *folder = site_folder(desk->site);
    if (ledger_open(folder, LEDGER_READ, &desk->ledger, err) ||
        map_open(folder, LEDGER_READ, &desk->map, err) ||
        ledger_now(cli, desk->site, desk->ledger, &desk->now, err))
        return err_of(err);
    return OK;
}

static void print_report(const struct cli *cli, const struct cap_report *report)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "known", (int64_t)report->known);
        doc_put_int(result, "no_instruction", (int64_t)report->no_instruction);
        doc_put_int(result, "published", (int64_t)report->published);
        doc_put_int(result, "refused", (int64_t)report->refused);
        doc_put_int(result, "stale", (int64_t)report->stale);
        doc_put_int(result, "unnamed", (int64_t)report->unnamed);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("%zu published, %zu were, %zu are over, %zu of policies that cap.yaml does "
                     "not name, %zu refused\n",
                     report->published, report->known, report->stale, report->unnamed,
                     report->refused);
    }
    if (report->no_instruction)
        log_warn(CAP_NO_INSTRUCTION, report->no_instruction);
}

static int run_publish(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    struct cap_report report;
    if (desk_open(cli, &desk, &err) ||
        cap_publish(desk.site, desk.ledger, desk.map, desk.now, &report, &err))
        return cli_fail(cli, &err);
    print_report(cli, &report);
    return report.refused ? cli_fail(cli, &report.why) : EXIT_YES;
}

static int run_withdraw(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    const char *why = cli_value(cli, "why");
    if (!why || strlen(why) < 5 || strlen(why) > 500) {
        (void)err_usage(&err, "--why must say why, in 5 to 500 letters");
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (desk_open(cli, &desk, &err) ||
        cap_withdraw(desk.site, desk.now, cli_arg(cli, 0), why, &err))
        return cli_fail(cli, &err);
    return EXIT_YES;
}

static int run_check(const struct cli *cli)
{
    struct err err = {0};
    enum cap_rules rules = cli_has(cli, "ours") ? CAP_OURS : CAP_FOREIGN;
    bool good = true;
    for (size_t i = 0; i < cli_count(cli); i++) {
        AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
        AUTO(xml_free) struct xml *xml = NULL;
        struct cap_findings findings;
        const char *name = cli_arg(cli, i);
        if (file_read(name, &text, &err) || xml_parse(buf_slice(&text), name, &xml, &err))
            return cli_fail(cli, &err);
        cap_check(xml, rules, &findings);
        for (size_t f = 0; f < findings.count && f < CAP_FINDINGS_MAX; f++)
            (void)printf("%s:%zu: %s: %s\n", name, findings.at[f].line,
                         findings.at[f].is_error ? "error" : "warning", findings.at[f].text);
        if (findings.count == 0 && !cli_quiet(cli))
            (void)printf("%s: good\n", name);
        good = good && findings.errors == 0;
    }
    return good ? EXIT_YES : EXIT_INVALID;
}

static int run_relay(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(doc_free) struct doc *list = doc_array(), *quoted = doc_array();
    struct relay_report report;
    if (desk_open(cli, &desk, &err))
        return cli_fail(cli, &err);
    struct relay_ask ask = {.url = cli_arg(cli, 0),
                            .certificate = cli_value(cli, "certificate"),
                            .now = desk.now,
                            .anew = true};
    if (cap_relay(desk.site, &ask, list, &report, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < doc_count(list); i++) {
        if (doc_bool(doc_get(doc_at(list, i), "quoted"), true))
            doc_push(quoted, doc_copy(doc_at(list, i)));
    }
    if (cli_json(cli)) {
        cli_print(quoted);
    } else if (!cli_quiet(cli)) {
        for (size_t i = 0; i < doc_count(quoted); i++)
            (void)printf("%s [%s, %s]\n",
                         doc_text(doc_get(doc_get(doc_at(quoted, i), "quote"), "vi"), ""),
                         doc_text(doc_get(doc_at(quoted, i), "status"), ""),
                         doc_text(doc_get(doc_at(quoted, i), "seal"), ""));
        (void)printf("%zu quoted anew, %zu known, %zu over, %zu withdrawn, %zu not for the public, "
                     "%zu refused\n",
                     report.quoted, report.known, report.over, report.withdrawn, report.apart,
                     report.refused);
    }
    return report.refused ? EXIT_NO : EXIT_YES;
}

static const struct cli_option withdraw_options[] = {
    {"why", "TEXT", "why it was a mistake; stands in the message"}, {0}};
static const struct cli_option check_options[] = {
    {"ours", NULL, "also how we write: two languages, an end, marks of a drill"}, {0}};
static const struct cli_option relay_options[] = {
    {"certificate", "FILE", "PEM of who must have signed; else signatures are not looked at"}, {0}};

static const struct cli_verb verbs[] = {
    {.name = "publish",
     .args = "",
     .help = "write the ledger's alerts as CAP files and an Atom feed into out/cap; what is wrong "
             "with one holds up no other",
     .example = "gong cap publish --site mysite",
     .run = run_publish},
    {.name = "withdraw",
     .args = "IDENTIFIER",
     .help = "withdraw an alert that was a mistake (a Cancel)",
     .example = "gong cap withdraw gong-20240904T190000-0123abcd --why \"sent by mistake\"",
     .options = withdraw_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_withdraw},
    {.name = "check",
     .args = "FILE...",
     .help = "what is wrong with CAP 1.2 files",
     .example = "gong cap check alert.xml",
     .options = check_options,
     .args_min = 1,
     .args_max = 1000,
     .run = run_check},
    {.name = "relay",
     .args = "URL",
     .help = "read, verify and quote the alerts of somebody else's Atom feed",
     .example = "gong cap relay http://127.0.0.1:8080/feed.xml --certificate them.pem",
     .options = relay_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_relay},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-cap",
                                        .help = "Alerts in the Common Alerting Protocol.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
