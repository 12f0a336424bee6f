// gong-up: starts, watches and restarts everything of a site on one machine, and stops it cleanly.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    WORDS_MAX = 4,
    PARTS_MAX = 32,
    TICK_MS = 50,
    GRACE_MS = 5000,
    PAUSE_FIRST_MS = 100, // before a program that ended is started again; doubles up to
    PAUSE_MOST_MS = 5000,
    GOING_MS = 5000,   // a gong up that was killed is gone by then
    STEADY_MS = 10000, // who ran for so long begins with the first pause again
};

// What runs at a site, each a process of its own, so that each can be confined and can fail alone.
struct part {
    const char *name, *program, *words[WORDS_MAX];
};
static const struct part always[] = {
    {"ingest", "gong-ingest", {"watch"}},      {"trigger", "gong-trigger", {"watch"}},
    {"dispatch", "gong-notify", {"dispatch"}}, {"seal", "gong-ledger", {"seal", "--every", "60"}},
    {"tend", "gong-notify", {"tend"}},
};
// Reads somebody else's feed: apart, since nothing of ours may wait for it.
static const struct part relay = {"relay", "gong-notify", {"relay"}};

struct child {
    pid_t pid; // 0: does not run
    int64_t started_ms, start_at_ms, pause_ms;
    int64_t starts;
};

struct house {
    const struct cli *cli;
    struct site *site;
    int lock;
    size_t count;
    struct part part[PARTS_MAX];
    struct child child[PARTS_MAX];
    struct channel_name channel[PARTS_MAX];
};

static void house_close(struct house *house)
{
    if (house->lock > 0)
        (void)close(house->lock);
    site_free(&house->site);
}

// The parts of this site: those that are always there, who reads official alerts where a feed of
// them is set, and a worker for each channel with a driver.
static void furnish(struct house *house)
{
    for (size_t i = 0; i < COUNT_OF(always); i++)
        house->part[house->count++] = always[i];
    if (strcmp(site_text(house->site, "cap_relay_url"), "none") != 0)
        house->part[house->count++] = relay;
    for (size_t i = 0; house->count < PARTS_MAX; i++) {
        struct channel_name *channel = &house->channel[house->count];
        *channel = site_channel(i);
        if (!*channel->at)
            break;
        if (!site_serves(house->site, channel->at))
            continue;
        house->part[house->count++] =
            (struct part){channel->at, "gong-notify", {"work", "--channel", channel->at}};
    }
}

static void say(const struct house *house, const char *part, const char *what, int64_t number)
{
    if (cli_quiet(house->cli))
        return;
    if (cli_json(house->cli)) {
        AUTO(doc_free) struct doc *line = doc_object();
        doc_put_text(line, "part", part);
        doc_put_text(line, "event", what);
        doc_put_int(line, "number", number);
        cli_print(line);
    } else {
        (void)printf("%-9s %s %" PRId64 "\n", part, what, number);
    }
    (void)fflush(stdout);
}

// One gong up a site. The lock goes with the process, however it ends: one that was just killed has
// it until the system is done with it.
static enum err_kind take_house(struct house *house, struct err *err)
{
    AUTO(mem_drop) char *path = site_path(house->site, "run/up.lock");
    bool held = false;
    house->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (house->lock < 0)
        return err_errno(err, ERR_BROKEN, "cannot open %s", path);
    if (file_lock(house->lock, path, LOCK_EX, GOING_MS, &held, err))
        return err_of(err);
    if (!held)
        return err_set(err, ERR_REFUSED, "gong up runs at this site already; stop that one first");
    char text[32];
    int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
    // The lock is what holds; the number is for people, and a full disk may have no room for it.
    if ((pwrite(house->lock, text, (size_t)len, 0) != len || ftruncate(house->lock, len) != 0) &&
        errno != ENOSPC)
        return err_errno(err, ERR_BROKEN, "cannot write %s", path);
    return OK;
}

static void start(struct house *house, size_t i)
{
    const struct part *part = &house->part[i];
    struct child *child = &house->child[i];
    struct err err = {0};
    AUTO(mem_drop) char *program = proc_program(part->program);
    const char *argv[WORDS_MAX + 6] = {program};
    size_t count = 1;
    for (size_t w = 0; w < WORDS_MAX && part->words[w]; w++)
        argv[count++] = part->words[w];
    argv[count++] = "--site";
    argv[count++] = site_folder(house->site);
    argv[count++] = "--quiet";
    if (cli_value(house->cli, "now")) {
        argv[count++] = "--now";
        argv[count++] = cli_value(house->cli, "now");
    }
    child->started_ms = clock_ticks_ms();
    child->start_at_ms = child->started_ms + child->pause_ms;
    if (proc_start(argv, &child->pid, &err)) {
        child->pid = 0;
        (void)cli_fail(house->cli, &err);
        return;
    }
    child->starts++;
    say(house, part->name, "started, pid", child->pid);
}

// Sets when a child that ended is started again: at once and then ever later, so that one that
// cannot run does not take the machine.
static void note_end(struct house *house, size_t i, int exit_code)
{
    struct child *child = &house->child[i];
    int64_t now_ms = clock_ticks_ms();
    child->pid = 0;
    if (now_ms - child->started_ms >= STEADY_MS || child->pause_ms == 0)
        child->pause_ms = PAUSE_FIRST_MS;
    else if (child->pause_ms < PAUSE_MOST_MS)
        child->pause_ms = child->pause_ms * 2 < PAUSE_MOST_MS ? child->pause_ms * 2 : PAUSE_MOST_MS;
    child->start_at_ms = now_ms + child->pause_ms;
    say(house, house->part[i].name, "ended with", exit_code);
}

static void watch(struct house *house)
{
    while (!cli_stopped()) {
        for (size_t i = 0; i < house->count; i++) {
            struct child *child = &house->child[i];
            int exit_code = 0;
            if (child->pid && proc_ended(child->pid, &exit_code))
                note_end(house, i, exit_code);
            if (!child->pid && clock_ticks_ms() >= child->start_at_ms)
                start(house, i);
        }
        clock_system.pause_ms(clock_system.self, TICK_MS);
    }
}

// In the order of the work: nothing new is begun, what is in hand is finished.
static void stop(struct house *house)
{
    for (size_t i = 0; i < house->count; i++) {
        if (!house->child[i].pid)
            continue;
        proc_end(house->child[i].pid, GRACE_MS);
        say(house, house->part[i].name, "stopped, was pid", house->child[i].pid);
    }
}

static int run_up(const struct cli *cli)
{
    struct err err = {0};
    AUTO(house_close) struct house house = {.cli = cli};
    struct utc fixed;
    struct clock clock;
    if (cli_site(cli, &house.site, &err) || cli_clock(cli, house.site, &fixed, &clock, &err) ||
        take_house(&house, &err))
        return cli_fail(cli, &err);
    furnish(&house);
    say(&house, "up", site_is_drill(house.site) ? "DIỄN TẬP / DRILL, pid" : "live, pid", getpid());
    watch(&house);
    stop(&house);
    say(&house, "up", "stopped, was pid", getpid());
    return EXIT_YES;
}

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "",
     .help = "start, watch and restart everything of a site; SIGTERM or Ctrl-C stops it cleanly",
     .example = "gong up --site mysite",
     .run = run_up,
     .endless = true},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-up",
                                        .help = "Everything of a site on one machine.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
