// gong-status: one screen that says what is fresh, late, pending and dead.
#include "core/cli.h"
#include "core/mem.h"
#include "core/proc.h"
#include "ledger/fetcher.h"
#include "ledger/now.h"
#include "ledger/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int64_t number(const struct doc *doc, const char *key)
{
    return doc_int(doc_get(doc, key), 0);
}

static const char *text(const struct doc *doc, const char *key, const char *otherwise)
{
    return doc_text(doc_get(doc, key), otherwise);
}

static void print_age(int64_t age_s)
{
    if (age_s < 2 * HOUR_S)
        (void)printf("%" PRId64 " min old", age_s / 60);
    else if (age_s < 2 * DAY_S)
        (void)printf("%" PRId64 " h old", age_s / HOUR_S);
    else
        (void)printf("%" PRId64 " days old", age_s / DAY_S);
}

static void print_sources(const struct doc *list, const char *fault)
{
    (void)printf("\nsources\n");
    if (fault)
        (void)printf("  NOTHING IS FETCHED BY sources.yaml AS IT IS: %s\n", fault);
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i);
        const char *newest = text(one, "newest", NULL);
        (void)printf("  %-20s ", text(one, "source", ""));
        if (newest) {
            (void)printf("newest %s, ", newest);
            print_age(number(one, "age_s"));
        } else {
            (void)printf("no data yet");
        }
        if (strcmp(text(one, "silence", ""), "stale") == 0)
            (void)printf("  STALE since %s: nobody should decide by it",
                         text(one, "silence_since", "?"));
        else if (doc_bool(doc_get(one, "late"), false))
            (void)printf("  LATE");
        (void)printf("; files: %" PRId64 " read, %" PRId64 " refused, %" PRId64 " waiting\n",
                     number(one, "read"), number(one, "refused"), number(one, "waiting"));
        if (*text(one, "complaint", ""))
            (void)printf("  %-20s last try: %s\n", "", text(one, "complaint", ""));
    }
    if (doc_count(list) == 0)
        (void)printf("  none has given anything yet; run gong ingest run\n");
}

static void print_policies(const struct doc *list)
{
    (void)printf("\npolicies (communes of the newest decision)\n");
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i), *newest = doc_get(one, "newest");
        (void)printf("  %-28s %-22s yes %" PRId64 ", no %" PRId64 ", not known %" PRId64,
                     text(one, "policy", ""), text(one, "period", ""), number(newest, "yes"),
                     number(newest, "no"), number(newest, "unknown"));
        if (number(one, "alerts_on"))
            (void)printf("; alert on in %" PRId64, number(one, "alerts_on"));
        if (number(one, "doubtful"))
            (void)printf("; on doubtful data %" PRId64 " (gong explain --policy)",
                         number(one, "doubtful"));
        (void)printf("\n");
    }
    if (doc_count(list) == 0)
        (void)printf("  nothing was decided yet; run gong trigger run\n");
}

static void print_left_out(const struct doc *list)
{
    if (doc_count(list))
        (void)printf("\nLEFT OUT: nobody is covered or told by these\n");
    for (size_t i = 0; i < doc_count(list); i++) {
        const struct doc *one = doc_at(list, i);
        (void)printf("  %-10s since %s: %s\n", text(one, "kind", ""), text(one, "since", "?"),
                     text(one, "why", ""));
    }
}

static void print_outbox(const struct doc *outbox, const struct doc *payouts)
{
    (void)printf("\nto be sent\n");
    for (size_t i = 0; i < doc_count(outbox); i++) {
        const struct doc *one = doc_at(outbox, i);
        (void)printf("  %-8s pending %" PRId64 ", in hand %" PRId64 ", unknown %" PRId64
                     ", done %" PRId64 ", dead %" PRId64 ", expired %" PRId64 "%s\n",
                     text(one, "channel", ""), number(one, "ready"), number(one, "leased"),
                     number(one, "unknown"), number(one, "done"), number(one, "dead"),
                     number(one, "expired"), number(one, "dead") ? "  DEAD" : "");
    }
    if (doc_count(outbox) == 0)
        (void)printf("  nothing\n");
    (void)printf("\npayouts\n");
    for (size_t i = 0; i < doc_count(payouts); i++) {
        const struct doc *one = doc_at(payouts, i);
        AUTO(buf_free) struct buf amount = buf_new(64);
        text_grouped(&amount, number(one, "vnd"), '.');
        (void)printf("  %-28s %-9s %6" PRId64 "  %15s đ\n", text(one, "policy", ""),
                     text(one, "state", ""), number(one, "count"), amount.at);
    }
    if (doc_count(payouts) == 0)
        (void)printf("  none\n");
}

static void print_people(const struct doc *people)
{
    (void)printf("\npeople  disputes open %" PRId64 ", OVERDUE %" PRId64
                 "; proposals to sign %" PRId64 "; holds %" PRId64 "%s\n",
                 number(people, "disputes_open"), number(people, "disputes_overdue"),
                 number(people, "proposals_open"), number(people, "holds"),
                 number(people, "holds") ? " (gong hold --list)" : "");
}

static int run_status(const struct cli *cli)
{
    struct err err = {0}, fault = {0};
    struct utc now;
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(doc_free) struct doc *summary = NULL;
    if (cli_site(cli, &site, &err) || ledger_open(site_folder(site), LEDGER_READ, &ledger, &err) ||
        ledger_now(cli, site, ledger, &now, &err) || summary_make(ledger, now, &summary, &err))
        return cli_fail(cli, &err);
    doc_put_text(summary, "site", site_folder(site));
    doc_put_bool(summary, "drill", site_is_drill(site));
    doc_put_bool(summary, "landlock", proc_has_landlock());
    bool is_faulty = fetcher_ask(site, &fault) != OK;
    int code = is_faulty ? err_exit_code(fault.kind) : EXIT_YES;
    if (is_faulty)
        doc_put_text(summary, "sources_fault", fault.text);
    else
        doc_put_null(summary, "sources_fault");
    if (cli_json(cli)) {
        cli_print(summary);
        return code;
    }
    (void)printf("%s · %s%s\n", site_text(site, "title"), utc_local_text(now).at,
                 site_is_drill(site) ? " · DIỄN TẬP / DRILL" : "");
    print_sources(doc_get(summary, "sources"), text(summary, "sources_fault", NULL));
    print_policies(doc_get(summary, "policies"));
    print_left_out(doc_get(summary, "left_out"));
    print_outbox(doc_get(summary, "outbox"), doc_get(summary, "payouts"));
    print_people(doc_get(summary, "people"));
    if (!proc_has_landlock())
        (void)printf("\nkernel  has NO landlock (Linux 5.13 or later, switched on): what reads "
                     "weather files "
                     "is held by seccomp alone; GRIB and OPeNDAP are not read\n");
    const struct doc *chain = doc_get(summary, "ledger");
    (void)printf("\nledger  %" PRId64 " entries, head %.16s…\n", number(chain, "entries"),
                 text(chain, "head", ""));
    return code;
}

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "",
     .help =
         "say in one screen what is fresh, late, pending, dead; exit 3 when sources.yaml is wrong",
     .example = "gong status --site mysite",
     .run = run_status},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-status",
                                        .help = "The state of a site.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
