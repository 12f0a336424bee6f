// gong-trigger: decides what is due, once or for ever, and tries the cases of policies.
#include "core/cli.h"
#include "core/doc.h"
#include "core/file.h"
#include "triggers/alert.h"
#include "triggers/anomaly.h"
#include "ledger/decision.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/phrase.h"
#include "ledger/act.h"
#include "ledger/fetcher.h"
#include "ledger/hand.h"
#include "ledger/ledger.h"
#include "ledger/left_out.h"
#include "ledger/map.h"
#include "ledger/now.h"
#include "ledger/people.h"
#include "ledger/subscriber.h"
#include "policies/policy.h"
#include "policies/supply.h"
#include "triggers/cleared.h"
#include "triggers/gaps.h"
#include "triggers/settle.h"
#include "triggers/shelf.h"
#include "triggers/trial.h"

#include <inttypes.h>
#include <stdio.h>

// Everything that deciding needs, open.
struct desk {
    struct site *site;
    struct ledger *ledger;
    struct people *people;
    struct map *map;
};

static void desk_close(struct desk *desk)
{
    ledger_close(&desk->ledger);
    people_close(&desk->people);
    map_close(&desk->map);
    site_free(&desk->site);
}

static enum err_kind desk_open(const struct cli *cli, struct desk *desk, struct err *err)
{
    if (cli_site(cli, &desk->site, err) ||
        ledger_open(site_folder(desk->site), LEDGER_WRITE, &desk->ledger, err) ||
        people_open(site_folder(desk->site), LEDGER_READ, &desk->people, err) ||
        map_open(site_folder(desk->site), LEDGER_READ, &desk->map, err))
        return err_of(err);
    return OK;
}

static void show_progress(void *self, size_t done, size_t total)
{
    struct progress *progress = self;
    progress->total = total;
    progress_step(progress, done);
}

// A translator's slip costs the other languages, never a warning; one in subscribers.yaml costs
// those who are in it.
static void load_others(const struct desk *desk, struct phrase_book **phrases,
                        struct subscribers *subscribers, struct left_outs *left_out)
{
    struct err why = {0};
    if (phrase_load_site(site_folder(desk->site), phrases, &why)) {
        (void)fprintf(stderr, "languages but vi and en left out: %s\n", why.text);
        left_outs_add(left_out, "language", why.text);
    }
    if (subscribers_load(site_folder(desk->site), subscribers, &why)) {
        (void)fprintf(stderr, "subscribers left out: %s\n", why.text);
        left_outs_add(left_out, "subscriber", why.text);
    }
}

// Sources that policies name and that give them nothing, or a file by which nothing can be fetched:
// told, since nothing else would.
static void look_at_sources(const struct desk *desk, const struct shelf *shelf, struct utc now,
                            struct left_outs *left_out)
{
    AUTO(supplies_free) struct supplies supplies = {0};
    AUTO(mem_drop) char *path = site_path(desk->site, "sources.yaml");
    struct err why = {0};
    size_t before = left_out->count;
    if (fetcher_ask(desk->site, &why))
        left_outs_add(left_out, "source", why.text);
    if (supplies_load(path, &supplies, &why))
        left_outs_add(left_out, "source", why.text);
    else
        gaps_sources(shelf, now, &supplies, left_out);
    for (size_t i = before; i < left_out->count; i++)
        (void)fprintf(stderr, "%s\n", left_out->at[i].why);
}

// What cannot count, kept for gong status. Decided is decided: it costs no run.
static void keep_left_out(const struct desk *desk, const struct shelf *shelf, struct utc now,
                          const struct subscribers *subscribers, struct left_outs *left_out)
{
    struct err why = {0};
    if (cli_stopped()) // not everything was looked at
        return;
    look_at_sources(desk, shelf, now, left_out);
    if (gaps_look(desk->map, shelf, now, subscribers, left_out, &why) ||
        left_out_put(desk->ledger, left_out, now, &why))
        log_err("what is left out could not be kept for gong status", &why);
}

// One pass over all policies. The policy files are read anew each time: a change needs no restart.
static enum err_kind decide(const struct cli *cli, const struct desk *desk,
                            struct settle_report *report, size_t *refused, struct err *err)
{
    AUTO(shelf_free) struct shelf shelf = {0};
    AUTO(mem_drop) char *folder = site_path(desk->site, "policies");
    AUTO(phrase_free) struct phrase_book *phrases = NULL;
    AUTO(left_outs_free) struct left_outs left_out = {0};
    AUTO(subscribers_free) struct subscribers subscribers = {0};
    load_others(desk, &phrases, &subscribers, &left_out);
    struct progress progress = progress_new(cli, "deciding", 1);
    struct utc now;
    struct anomaly_bounds bounds = anomaly_bounds_of(desk->site);
    struct settle settle = {
        .ledger = desk->ledger,
        .bounds = site_is_drill(desk->site) ? NULL : &bounds,
        .people = desk->people,
        .map = desk->map,
        .drill = site_is_drill(desk->site),
        .phrases = phrases,
        .subscribers = &subscribers,
        .ask_after_s = site_whole(desk->site, "ask_after_h") * HOUR_S,
        .progress = show_progress,
        .progress_self = &progress,
        .stopped = cli_stopped,
        .left_out = &left_out,
    };
    enum err_kind loaded = site_is_drill(desk->site)
                               ? shelf_load(folder, &shelf, err)
                               : shelf_load_signed(desk->ledger, folder, &shelf, err);
    if (loaded || ledger_now(cli, desk->site, desk->ledger, &now, err))
        return err_of(err);
    for (size_t i = 0; i < shelf.refused_count; i++)
        (void)fprintf(stderr, "policy left out: %s\n", shelf.refused[i].text);
    *refused = shelf.refused_count;
    enum err_kind kind = settle_run(&settle, &shelf, now, report, err);
    progress_end(&progress);
    if (kind)
        return err_of(err);
    keep_left_out(desk, &shelf, now, &subscribers, &left_out);
    return OK;
}

static struct doc *report_doc(const struct settle_report *report, size_t refused)
{
    struct doc *result = doc_object();
    doc_put_int(result, "batches", (int64_t)report->batches);
    doc_put_int(result, "yes", (int64_t)report->yes);
    doc_put_int(result, "no", (int64_t)report->no);
    doc_put_int(result, "unknown", (int64_t)report->unknown);
    doc_put_int(result, "alerts_on", (int64_t)report->alerts_on);
    doc_put_int(result, "alerts_off", (int64_t)report->alerts_off);
    doc_put_int(result, "alert_messages", (int64_t)report->alert_messages);
    doc_put_int(result, "payouts", (int64_t)report->payouts);
    doc_put_int(result, "paid_vnd", report->paid_vnd);
    doc_put_int(result, "skipped", (int64_t)report->skipped);
    doc_put_int(result, "policies_refused", (int64_t)refused);
    return result;
}

static void print_report(const struct cli *cli, const struct settle_report *report, size_t refused)
{
    AUTO(doc_free) struct doc *result = report_doc(report, refused);
    if (cli_json(cli)) {
        cli_print(result);
        return;
    }
    if (report->skipped)
        (void)fprintf(stderr, "%zu could not be decided: %s\n", report->skipped,
                      report->reason.text);
    if (cli_quiet(cli))
        return;
    (void)printf("%zu decided: communes yes %zu, no %zu, not known %zu\n"
                 "alerts on %zu, off %zu, %zu messages; %zu payouts, %" PRId64 " đồng\n",
                 report->batches, report->yes, report->no, report->unknown, report->alerts_on,
                 report->alerts_off, report->alert_messages, report->payouts, report->paid_vnd);
}

static int run_run(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    struct settle_report report = {0};
    size_t refused = 0;
    if (desk_open(cli, &desk, &err) || decide(cli, &desk, &report, &refused, &err))
        return cli_fail(cli, &err);
    print_report(cli, &report, refused);
    if (refused)
        return EXIT_INVALID;
    return report.skipped ? err_exit_code(report.reason.kind) : EXIT_YES;
}

static int run_watch(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    if (desk_open(cli, &desk, &err))
        return cli_fail(cli, &err);
    int64_t pause_ms = site_whole(desk.site, "poll_s") * 1000;
    while (!cli_stopped()) {
        struct settle_report report = {0};
        size_t refused = 0;
        enum err_kind kind = decide(cli, &desk, &report, &refused, &err);
        if (kind == ERR_BROKEN)
            return cli_fail(cli, &err);
        if (kind)
            log_err("deciding", &err);
        else if (report.batches)
            log_info("%zu decided: yes %zu, no %zu, not known %zu; %zu messages, %zu payouts",
                     report.batches, report.yes, report.no, report.unknown, report.alert_messages,
                     report.payouts);
        if (!cli_stopped())
            clock_system.pause_ms(clock_system.self, pause_ms);
    }
    return EXIT_YES;
}

// Within the commit: what a run has made of the alert since it was read for the act is not undone.
static enum err_kind still_at(const struct hand *hand, struct alert_state *state,
                              const char *policy, const char *commune, struct err *err)
{
    int64_t signed_level = state->level;
    if (alert_state_get(hand->ledger, policy, commune, state, err))
        return err_of(err);
    if (state->level != signed_level)
        return err_set(err, ERR_LATER,
                       "the alert %s of commune %s came from level %" PRId64 " to %" PRId64
                       " while it was cleared; look at it, and clear it again",
                       policy, commune, signed_level, state->level);
    return OK;
}

// A person switches an alert off: from level 3 on nobody else does. Who and why are an entry.
static enum err_kind clear_alert(const struct hand *hand, const char *why, bool *draft,
                                 bool *was_on, size_t *sent, struct err *err)
{
    const char *policy = cli_arg(hand->cli, 0), *commune = cli_arg(hand->cli, 1);
    AUTO(act_free) struct act act = {0};
    struct alert_state state;
    int64_t seq;
    if (hand_begin(hand, "alert-clear", &act, err) ||
        alert_state_get(hand->ledger, policy, commune, &state, err))
        return err_of(err);
    act_about(&act, "alert/%.60s/%.20s", policy, commune);
    doc_put_text(act.text, "commune", commune);
    doc_put_int(act.text, "level", state.level);
    doc_put_text(act.text, "policy", policy);
    doc_put_text(act.text, "why", why);
    if (hand_sign(hand, &act, draft, err))
        return err_of(err);
    if (*draft)
        return OK;
    *was_on = state.on;
    if (!*was_on)
        return OK;
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(hand->ledger, &txn, err) || still_at(hand, &state, policy, commune, err) ||
        act_put(txn, &act, hand->now, &seq, err))
        return err_of(err);
    *was_on = alert_clear(&state, hand->now);
    if (alert_state_put(txn, policy, commune, &state, err))
        return err_of(err);
    const struct cleared cleared = {hand->site, hand->ledger, policy, commune, seq, hand->now};
    if (cleared_tell(txn, &cleared, sent, err))
        return err_add(err, "telling who was warned");
    return ledger_commit(&txn, err);
}

static int run_clear(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    const char *why;
    bool was_on = false, draft = false;
    size_t sent = 0;
    if (hand_why(cli, "why", &why, &err)) {
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) || hand_names_nobody(&hand, "why", &err) ||
        clear_alert(&hand, why, &draft, &was_on, &sent, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    bool speaks = !cli_quiet(cli) && !cli_json(cli);
    if (speaks && was_on)
        (void)printf("%s in commune %s: off, %zu messages\n", cli_arg(cli, 0), cli_arg(cli, 1),
                     sent);
    else if (speaks)
        (void)printf("%s in commune %s was not on\n", cli_arg(cli, 0), cli_arg(cli, 1));
    return was_on ? EXIT_YES : EXIT_NO;
}

static int run_cases(const struct cli *cli)
{
    int worst = EXIT_YES;
    for (size_t i = 0; i < cli_count(cli); i++) {
        struct err err = {0};
        AUTO(policy_free) struct policy *policy = NULL;
        AUTO(mem_drop) char *beside = file_folder(cli_arg(cli, i));
        const char *files = cli_value(cli, "files");
        size_t ran = 0;
        if (policy_load(cli_arg(cli, i), &policy, &err) ||
            trial_run(policy, files ? files : beside, &ran, &err))
            worst = cli_fail(cli, &err);
        else if (!cli_quiet(cli) && !cli_json(cli))
            (void)printf("%s: %s version %" PRId64 ": %zu cases ok\n", cli_arg(cli, i), policy->id,
                         policy->version, ran);
    }
    return worst;
}

static const struct cli_option cases_options[] = {
    {"files", "DIR", "where the series files of cases lie; without it beside each policy"},
    {0},
};

static const struct cli_option clear_options[] = {
    {"why", "TEXT", "why; kept in the ledger: no name, phone or account"},
    HAND_OPTIONS,
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "run",
     .args = "",
     .help = "decide everything that is due, once",
     .example = "gong trigger run --site mysite",
     .run = run_run},
    {.name = "watch",
     .args = "",
     .help = "decide what is due every poll_s seconds until told to stop",
     .example = "gong trigger watch --site mysite",
     .run = run_watch,
     .endless = true},
    {.name = "clear",
     .args = "POLICY COMMUNE",
     .help = "switch an alert off by hand; from level 3 on nothing else does",
     .example =
         "gong trigger clear dak-nong-heavy-rain 24611 --why \"rain is over\" --by officer-1 --key "
         "officer-1.key",
     .options = clear_options,
     .args_min = 2,
     .args_max = 2,
     .run = run_clear},
    {.name = "cases",
     .args = "FILE...",
     .help = "check policy files and run the cases that they carry",
     .example = "gong trigger cases policies/*.yaml",
     .options = cases_options,
     .args_min = 1,
     .args_max = 1000,
     .run = run_cases},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-trigger",
                                        .help = "Evaluates policies and records decisions.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
