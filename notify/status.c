#include "notify/status.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/site.h"
#include "ledger/now.h"
#include "ledger/outbox_view.h"
#include "notify/channel.h"
#include "notify/worker.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { DEAD_SHOWN_MAX = 10000, ID_MAX = 999999999 };

struct desk {
    const struct cli *cli;
    struct site *site;
    struct ledger *ledger;
    struct utc now;
};

static void desk_close(struct desk *desk)
{
    ledger_close(&desk->ledger);
    site_free(&desk->site);
}

static enum err_kind desk_open(const struct cli *cli, struct desk *desk, struct err *err)
{
    desk->cli = cli;
    if (cli_site(cli, &desk->site, err) ||
        ledger_open(site_folder(desk->site), LEDGER_READ, &desk->ledger, err))
        return err_of(err);
    return ledger_now(cli, desk->site, desk->ledger, &desk->now, err);
}

// --- one message
// -------------------------------------------------------------------------------------

static struct doc *view_doc(const struct outbox_view *view)
{
    struct doc *one = doc_object();
    doc_put_int(one, "id", view->id);
    doc_put_text(one, "channel", view->channel);
    doc_put_text(one, "key", view->key);
    doc_put_text(one, "person", view->person);
    doc_put_text(one, "contract", view->contract);
    doc_put_text(one, "state", outbox_state_name(view->state));
    doc_put_int(one, "attempts", view->attempt);
    doc_put_text(one, "since", utc_text(view->since).at);
    if (view->expires.s != UTC_NEVER.s)
        doc_put_text(one, "expires", utc_text(view->expires).at);
    if (view->state == OUTBOX_READY || view->state == OUTBOX_UNKNOWN)
        doc_put_int(one, "due_ms", view->due_ms);
    doc_put_text(one, "result", view->result);
    doc_put_text(one, "carrier", evidence_names[view->evidence]);
    doc_put_int(one, "cause", view->cause);
    return one;
}

// "waits", with until when and why; "done".
static void say_state(const struct outbox_view *view)
{
    (void)printf("%s", outbox_state_name(view->state));
    if (view->attempt)
        (void)printf(" after %" PRId64 " attempt%s", view->attempt, view->attempt == 1 ? "" : "s");
    if (*view->result)
        (void)printf(": %s", view->result);
    if (view->evidence != EVIDENCE_NONE)
        (void)printf("; the carrier said: %s", evidence_names[view->evidence]);
    if ((view->state == OUTBOX_READY || view->state == OUTBOX_UNKNOWN) && view->due_ms)
        (void)printf("; %s %s", view->state == OUTBOX_READY ? "tried again" : "asked about",
                     utc_local_text((struct utc){view->due_ms / 1000}).at);
    (void)printf("\n");
}

static enum err_kind show_messages(const struct desk *desk, struct doc *result, struct err *err)
{
    const struct cli *cli = desk->cli;
    for (size_t i = 0; i < cli_count(cli); i++) {
        struct outbox_view view;
        int64_t id = 0;
        if (num_whole(str_of(cli_arg(cli, i)), 1, ID_MAX, &id, err) ||
            outbox_view(desk->ledger, id, &view, err))
            return err_of(err);
        doc_push(result, view_doc(&view));
        if (cli_json(cli))
            continue;
        (void)printf("%" PRId64 "  %s  %s  for %s, decided %s\n    ", view.id, view.channel,
                     view.key, *view.person ? view.person : "nobody",
                     utc_local_text(view.since).at);
        say_state(&view);
        if (view.state == OUTBOX_READY && view.expires.s != UTC_NEVER.s)
            (void)printf("    not sent after %s\n", utc_local_text(view.expires).at);
    }
    return OK;
}

// --- all
// ---------------------------------------------------------------------------------------------

// Whether somebody hands messages out in this folder: who listens at its socket.
static bool is_dispatched(const struct site *site)
{
    AUTO(mem_drop) char *folder = site_path(site, "run");
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int run = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run < 0)
        return false;
    // However long the folder's path is.
    (void)snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/notify.sock", run);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
    if (fd >= 0)
        (void)close(fd);
    (void)close(run);
    return is;
}

static void say_oldest(const struct desk *desk, const struct outbox_view *oldest)
{
    int64_t age_s = desk->now.s - oldest->since.s;
    (void)printf("          oldest: message %" PRId64 " (%s), ", oldest->id, oldest->key);
    if (age_s < 2 * HOUR_S)
        (void)printf("%" PRId64 " min, ", age_s > 0 ? age_s / 60 : 0);
    else
        (void)printf("%" PRId64 " h, ", age_s / HOUR_S);
    say_state(oldest);
}

const char *status_unserved(const struct site *site, const char *channel)
{
    return strcmp(site_driver(site, channel), "none") == 0 ? "it has no driver"
                                                           : "the site has no subscribers.yaml";
}

static enum err_kind show_channel(const struct desk *desk, const char *name, struct doc *result,
                                  int64_t *waits, struct err *err)
{
    int64_t count[OUTBOX_STATES];
    struct outbox_view oldest;
    bool some = false, speaks = !cli_json(desk->cli);
    struct doc *one = doc_object();
    doc_put(result, name, one);
    if (outbox_count(desk->ledger, name, count, err) ||
        outbox_view_oldest(desk->ledger, name, &oldest, &some, err))
        return err_of(err);
    if (speaks)
        (void)printf("%-8s", name);
    for (int state = 0; state < OUTBOX_STATES; state++) {
        const char *word = outbox_state_name((enum outbox_state)state);
        doc_put_int(one, word, count[state]);
        if (speaks)
            (void)printf("  %s %" PRId64, word, count[state]);
    }
    if (speaks)
        (void)printf("\n");
    *waits += count[OUTBOX_READY] + count[OUTBOX_UNKNOWN];
    if (!some)
        return OK;
    doc_put(one, "oldest", view_doc(&oldest));
    if (speaks)
        say_oldest(desk, &oldest);
    if (speaks && !site_serves(desk->site, name))
        (void)printf("          nobody takes them: %s\n", status_unserved(desk->site, name));
    return OK;
}

int status_show(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    bool of_some = cli_count(cli) > 0;
    AUTO(doc_free) struct doc *result = of_some ? doc_array() : doc_object();
    int64_t waits = 0;
    if (desk_open(cli, &desk, &err) || (of_some && show_messages(&desk, result, &err)))
        return cli_fail(cli, &err);
    for (size_t i = 0; !of_some && *site_channel(i).at; i++) {
        struct channel_name channel = site_channel(i);
        if (show_channel(&desk, channel.at, result, &waits, &err))
            return cli_fail(cli, &err);
    }
    if (cli_json(cli))
        cli_print(result);
    else if (waits && !is_dispatched(desk.site))
        (void)printf("no dispatcher works in this folder: nothing is handed out; gong up, or gong "
                     "notify drain\n");
    return EXIT_YES;
}

// --- dead letters
// ------------------------------------------------------------------------------------

int status_dead(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(mem_drop) struct outbox_dead *list = NULL;
    AUTO(doc_free) struct doc *result = doc_array();
    const struct channel *channel = NULL;
    const char *name = cli_value(cli, "channel");
    size_t count = 0;
    if (desk_open(cli, &desk, &err))
        return cli_fail(cli, &err);
    // A channel may have dead letters and no driver any more; one that is none has neither.
    if (name && channel_find(desk.site, name, &channel, &err) == ERR_INPUT)
        return cli_fail(cli, &err);
    err = (struct err){0};
    if (outbox_dead_list(desk.ledger, name, DEAD_SHOWN_MAX, &list, &count, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < count; i++) {
        struct doc *one = doc_object();
        doc_put_int(one, "id", list[i].id);
        doc_put_text(one, "channel", list[i].channel);
        doc_put_text(one, "key", list[i].key);
        doc_put_text(one, "person", list[i].person);
        doc_put_int(one, "attempts", list[i].attempt);
        doc_put_text(one, "why", list[i].why);
        doc_push(result, one);
        if (!cli_json(cli))
            (void)printf("%" PRId64 "  %s  %s  for %s, after %" PRId64 " attempt%s: %s\n",
                         list[i].id, list[i].channel, list[i].key,
                         *list[i].person ? list[i].person : "nobody", list[i].attempt,
                         list[i].attempt == 1 ? "" : "s", list[i].why);
    }
    if (cli_json(cli))
        cli_print(result);
    else if (count == 0 && !cli_quiet(cli))
        (void)printf("no dead letters\n");
    return EXIT_YES;
}
