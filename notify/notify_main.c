// gong-notify: hands out what was decided, and delivers it.
#include "core/cli.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/reserve.h"
#include "ledger/access.h"
#include "ledger/people.h"
#include "ledger/ledger.h"
#include "ledger/map.h"
#include "ledger/now.h"
#include "ledger/outbox.h"
#include "notify/cap_pass.h"
#include "notify/channel.h"
#include "notify/queue.h"
#include "notify/retry.h"
#include "notify/service.h"
#include "notify/status.h"
#include "notify/tend.h"
#include "notify/trial_send.h"
#include "notify/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CHANNELS_MAX = 16, GRACE_MS = 5000 };
enum { TEND_PAUSE_S = 5, PAUSE_MS = 100 };

// What the dispatcher needs, open.
struct desk {
    const struct cli *cli;
    struct site *site;
    struct ledger *ledger;
    struct map *map; // of who tends; else NULL
};

static void desk_close(struct desk *desk)
{
    map_close(&desk->map);
    ledger_close(&desk->ledger);
    site_free(&desk->site);
}

static enum err_kind desk_open(const struct cli *cli, enum ledger_mode mode, struct desk *desk,
                               struct err *err)
{
    desk->cli = cli;
    if (cli_site(cli, &desk->site, err) ||
        ledger_open(site_folder(desk->site), mode, &desk->ledger, err))
        return err_of(err);
    return OK;
}

static enum err_kind desk_now(void *self, struct utc *out, struct err *err)
{
    struct desk *desk = self;
    return ledger_now(desk->cli, desk->site, desk->ledger, out, err);
}

// Begun on a full disk (`*full`): the warnings that wait go out from the space kept for them.
static enum err_kind desk_open_for_warnings(const struct cli *cli, struct desk *desk, bool *full,
                                            struct err *err)
{
    *full = desk_open(cli, LEDGER_WRITE, desk, err) != OK && err->full;
    if (!*full || !reserve_give_up(site_folder(desk->site)))
        return err->kind;
    log_error(QUEUE_DISK_FULL);
    *err = (struct err){0};
    return ledger_open(site_folder(desk->site), LEDGER_WRITE, &desk->ledger, err);
}

static int run_dispatch(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    struct dispatch_report report;
    bool full = false;
    if (desk_open_for_warnings(cli, &desk, &full, &err))
        return cli_fail(cli, &err);
    struct service service = {.site = desk.site,
                              .ledger = desk.ledger,
                              .now = desk_now,
                              .self = &desk,
                              .warnings_only = full,
                              .stopped = cli_stopped};
    if (service_run(&service, &report, &err))
        return cli_fail(cli, &err);
    return EXIT_YES;
}

// Whoever delivers reads phones and accounts as messages need them: one row for each worker; which
// messages they were stands in the outbox.
static enum err_kind note_access(const struct site *site, const char *channel, struct err *err)
{
    AUTO(people_close) struct people *people = NULL;
    struct utc now = clock_system.now(clock_system.self);
    char verb[ACCESS_VERB_SIZE];
    (void)snprintf(verb, sizeof(verb), "deliver %.30s", channel);
    if (people_open(site_folder(site), LEDGER_WRITE, &people, err) ||
        access_record(people, now, "gong-notify", verb, access_everybody, err))
        return err_of(err);
    return OK;
}

static int run_work(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    const struct channel *found = NULL;
    const char *channel = cli_value(cli, "channel");
    if (!channel) {
        (void)err_usage(&err, "--channel is needed, such as sms or pay");
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (cli_has(cli, "connect") != cli_has(cli, "key")) {
        (void)err_usage(&err, "--connect and --key go together");
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (cli_site(cli, &site, &err) || channel_find(site, channel, &found, &err) ||
        note_access(site, channel, &err))
        return cli_fail(cli, &err);
    struct work work = {.site = site,
                        .channel = channel,
                        .address = cli_value(cli, "connect"),
                        .key_path = cli_value(cli, "key"),
                        .stopped = cli_stopped};
    if (worker_run(&work, &err))
        return cli_fail(cli, &err);
    return EXIT_YES;
}

// --- drain
// --------------------------------------------------------------------------------------------

// The workers that a drain started: one for each channel.
static struct crew {
    pid_t pid[CHANNELS_MAX];
    size_t count;
    bool lost; // one of them ended by itself
} crew;

static void crew_end(void)
{
    for (size_t i = 0; i < crew.count; i++) {
        if (crew.pid[i])
            proc_end(crew.pid[i], GRACE_MS);
    }
    crew.count = 0;
}

static enum err_kind crew_start(const struct site *site, struct err *err)
{
    AUTO(mem_drop) char *program = proc_program("gong-notify");
    for (size_t i = 0; *site_channel(i).at && crew.count < CHANNELS_MAX; i++) {
        struct channel_name channel = site_channel(i);
        if (!site_serves(site, channel.at))
            continue;
        const char *argv[] = {program,           "work",    "--channel", channel.at, "--site",
                              site_folder(site), "--quiet", NULL};
        if (proc_start(argv, &crew.pid[crew.count], err)) {
            crew_end();
            return err_of(err);
        }
        crew.count++;
    }
    return OK;
}

static bool drain_stopped(void)
{
    for (size_t i = 0; i < crew.count; i++) {
        int exit_code = 0;
        if (crew.pid[i] && proc_ended(crew.pid[i], &exit_code)) {
            crew.pid[i] = 0;
            crew.lost = true;
        }
    }
    return crew.lost || cli_stopped();
}

static struct doc *report_doc(const struct dispatch_report *report)
{
    struct doc *result = doc_object();
    doc_put_int(result, "handed_out", (int64_t)report->handed_out);
    doc_put_int(result, "done", (int64_t)report->done);
    doc_put_int(result, "pending", (int64_t)report->pending);
    doc_put_int(result, "unknown", (int64_t)report->unknown);
    doc_put_int(result, "evidence", (int64_t)report->evidence);
    doc_put_int(result, "absent", (int64_t)report->absent);
    doc_put_int(result, "retried", (int64_t)report->retried);
    doc_put_int(result, "refused", (int64_t)report->refused);
    doc_put_int(result, "reclaimed", (int64_t)report->reclaimed);
    return result;
}

// What waits because its channel has no driver: nobody should take an ended drain for all sent.
static enum err_kind report_waiting(const struct desk *desk, struct doc *result, struct err *err)
{
    struct doc *waiting = doc_object();
    doc_put(result, "waiting", waiting);
    for (size_t i = 0; *site_channel(i).at; i++) {
        struct channel_name channel = site_channel(i);
        int64_t count[OUTBOX_STATES];
        if (site_serves(desk->site, channel.at))
            continue;
        if (outbox_count(desk->ledger, channel.at, count, err))
            return err_of(err);
        if (count[OUTBOX_READY])
            doc_put_int(waiting, channel.at, count[OUTBOX_READY]);
        if (count[OUTBOX_READY] && !cli_json(desk->cli) && !cli_quiet(desk->cli))
            (void)printf("%" PRId64 " of channel %s wait: %s (%s_driver: %s)\n",
                         count[OUTBOX_READY], channel.at, status_unserved(desk->site, channel.at),
                         channel.at, site_driver(desk->site, channel.at));
    }
    return OK;
}

static int run_drain(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    struct dispatch_report report;
    bool full = false;
    if (desk_open_for_warnings(cli, &desk, &full, &err) || crew_start(desk.site, &err))
        return cli_fail(cli, &err);
    struct service service = {.site = desk.site,
                              .ledger = desk.ledger,
                              .now = desk_now,
                              .self = &desk,
                              .warnings_only = full,
                              .stopped = drain_stopped,
                              .until_empty = true};
    enum err_kind kind = service_run(&service, &report, &err);
    bool lost = crew.lost;
    crew_end();
    if (!kind && lost)
        kind = err_set(&err, ERR_LATER, "a worker ended; what it said stands above");
    if (kind)
        return cli_fail(cli, &err);
    if (!cli_json(cli) && !cli_quiet(cli))
        (void)printf("%zu messages handed out: %zu done, %zu refused, %zu tried again\n",
                     report.handed_out, report.done, report.refused, report.retried);
    AUTO(doc_free) struct doc *result = report_doc(&report);
    if (report_waiting(&desk, result, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli))
        cli_print(result);
    // What was said when the space was given up is not all: who waits for the end learns it too.
    return cli_stopped() ? EXIT_STOPPED : report.warnings_only ? EXIT_LATER : EXIT_YES;
}

// --- a test
// ---------------------------------------------------------------------------------------------

static int run_send_test(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    const char *channel = cli_value(cli, "channel"), *person = cli_value(cli, "person");
    struct utc now;
    if (!channel || !person) {
        (void)err_usage(&err, "--channel and --person are needed");
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    int64_t id = 0;
    if (desk_open(cli, LEDGER_WRITE, &desk, &err) || desk_now(&desk, &now, &err) ||
        trial_send(desk.ledger, desk.site, channel, person, now, &id, &err))
        return cli_fail(cli, &err);
    AUTO(doc_free) struct doc *result = doc_object();
    doc_put_int(result, "id", id);
    if (cli_json(cli))
        cli_print(result);
    else if (!cli_quiet(cli))
        (void)printf("message %" PRId64 ", a test for %s, waits in the outbox; what becomes of it: "
                     "gong notify status %" PRId64 "\n",
                     id, person, id);
    return EXIT_YES;
}

// --- what happens by itself
// ---------------------------------------------------------------------------

// Once, or again and again, until told to stop, with a pause in between; what goes wrong is said
// when it is another thing than before.
struct chore {
    const char *doing;
    enum err_kind (*turn)(const struct desk *desk, struct utc now, struct err *err);
    int64_t pause_s;
};

static int go_on(struct desk *desk, const struct chore *chore)
{
    struct err told = {0};
    while (!cli_stopped()) {
        struct utc now;
        struct err why = {0};
        enum err_kind kind = desk_now(desk, &now, &why);
        if (!kind)
            kind = chore->turn(desk, now, &why);
        if (kind == ERR_BROKEN)
            return cli_fail(desk->cli, &why);
        if (kind && strcmp(why.text, told.text) != 0 && !cli_stopped())
            log_err(chore->doing, &why);
        told = why;
        if (cli_has(desk->cli, "once"))
            return kind ? cli_fail(desk->cli, &why) : EXIT_YES;
        int64_t until_ms = clock_ticks_ms() + chore->pause_s * 1000;
        while (clock_ticks_ms() < until_ms && !cli_stopped())
            clock_system.pause_ms(clock_system.self, PAUSE_MS);
    }
    return EXIT_YES;
}

static enum err_kind tend_turn(const struct desk *desk, struct utc now, struct err *err)
{
    return tend(desk->site, desk->ledger, desk->map, now, err);
}

static int run_tend(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    static const struct chore chore = {"tending", tend_turn, TEND_PAUSE_S};
    if (desk_open(cli, LEDGER_WRITE, &desk, &err) ||
        map_open(site_folder(desk.site), LEDGER_READ, &desk.map, &err))
        return cli_fail(cli, &err);
    return go_on(&desk, &chore);
}

static enum err_kind relay_turn(const struct desk *desk, struct utc now, struct err *err)
{
    struct pass_report report;
    return cap_pass(desk->site, desk->ledger, now, &report, err);
}

static int run_relay(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    struct chore chore = {"passing on official alerts", relay_turn, 0};
    if (desk_open(cli, LEDGER_WRITE, &desk, &err))
        return cli_fail(cli, &err);
    chore.pause_s = site_whole(desk.site, "cap_relay_s");
    return go_on(&desk, &chore);
}

static const struct cli_option once_options[] = {
    {"once", NULL, "once, not until told to stop"},
    {0},
};

static const struct cli_option dead_options[] = {
    {"channel", "NAME", "only this channel's"},
    {0},
};

static const struct cli_option test_options[] = {
    {"channel", "NAME", "sms ...; not pay"},
    {"person", "ID", "whom: a person of the register, or an id of subscribers.yaml"},
    {0},
};

static const struct cli_option work_options[] = {
    {"channel", "NAME", "sms, pay ..."},
    {"connect", "ADDRESS", "a dispatcher elsewhere, tcp://HOST:PORT; without it this site's own"},
    {"key", "FILE", "with --connect: the key that gong keys make wrote"},
    {0},
};

static const struct cli_verb verbs[] = {
    {.name = "dispatch",
     .args = "",
     .help = "hand out what is due to workers, until told to stop",
     .example = "gong notify dispatch --site mysite",
     .run = run_dispatch,
     .endless = true},
    {.name = "work",
     .args = "",
     .help = "deliver messages of one channel, until told to stop",
     .example = "gong notify work --channel sms --site mysite",
     .options = work_options,
     .run = run_work,
     .endless = true},
    {.name = "tend",
     .args = "",
     .help =
         "publish alerts as CAP (cap.yaml), watch for confirmations of operators; until stopped",
     .example = "gong notify tend --site mysite",
     .options = once_options,
     .run = run_tend,
     .endless = true},
    {.name = "relay",
     .args = "",
     .help =
         "pass on the official alerts of the feed cap_relay_url, each cap_relay_s; until stopped",
     .example = "gong notify relay --site mysite",
     .options = once_options,
     .run = run_relay,
     .endless = true},
    {.name = "drain",
     .args = "",
     .help = "dispatcher and workers until nothing waits any more, then stop; exit 7: the disk was"
             " full, warnings went out, all else waits still",
     .example = "gong notify drain --site mysite",
     .run = run_drain},
    {.name = "status",
     .args = "[ID...]",
     .help =
         "how many messages are in which state, and what waits for longest; what became of some",
     .example = "gong notify status 17 --site mysite",
     .args_max = 1000,
     .run = status_show},
    {.name = "dead",
     .args = "",
     .help = "the messages that were given up, and why",
     .example = "gong notify dead --channel sms --site mysite",
     .options = dead_options,
     .run = status_dead},
    {.name = "retry",
     .args = "ID...",
     .help = "send dead letters again (payments: gong pay retry)",
     .example = "gong notify retry 17 --by operator-1 --key operator-1.key --site mysite",
     .options = retry_options,
     .args_min = 1,
     .args_max = 1000,
     .run = retry_messages},
    {.name = "send-test",
     .args = "",
     .help = "a test message to one person, by the way that a warning goes",
     .example = "gong notify send-test --channel sms --person P-1 --site mysite",
     .options = test_options,
     .run = run_send_test},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-notify",
                                        .help = "Delivers what was decided.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
