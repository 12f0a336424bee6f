#include "notify/service.h"

#include "core/bus_key.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/reserve.h"
#include "core/site.h"
#include "ledger/db.h"
#include "ledger/post.h"
#include "notify/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { STANDBY_MS = 500 };

static void lock_drop(int *lock)
{
    if (*lock >= 0)
        (void)close(*lock);
}

// One dispatcher a site: the lock goes with its process, however it ends.
static enum err_kind take_lock(const struct site *site, int *out, struct err *err)
{
    AUTO(mem_drop) char *path = site_path(site, "run/dispatch.lock");
    bool held = false;
    *out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*out < 0)
        return err_errno(err, ERR_BROKEN, "cannot open %s", path);
    if (file_lock(*out, path, LOCK_EX, 0, &held, err))
        return err_of(err);
    if (!held)
        return err_set(err, ERR_REFUSED,
                       "another dispatcher works at this site (gong up or gong notify); stop that "
                       "one first");
    return OK;
}

// Who commits to the ledger writes its log, and that is the nudge: no program has to know another.
// When there can be none, the dispatcher looks by itself.
static int watch_ledger(const struct site *site)
{
    AUTO(mem_drop) char *path = site_path(site, "ledger.db-wal");
    int nudge = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (nudge >= 0 && inotify_add_watch(nudge, path, IN_MODIFY) >= 0)
        return nudge;
    lock_drop(&nudge);
    return 0;
}

// The post is known by its folder: what run/dispatch.lock holds was drawn when it was made.
static enum err_kind name_holder(int lock, struct post *post, struct err *err)
{
    uint8_t random[8];
    ssize_t got = pread(lock, post->holder, 2 * sizeof(random), 0);
    if (got == 2 * (ssize_t)sizeof(random))
        return OK;
    random_bytes(random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++)
        (void)snprintf(post->holder + 2 * i, 3, "%02x", random[i]);
    if (pwrite(lock, post->holder, 2 * sizeof(random), 0) != 2 * (ssize_t)sizeof(random))
        return err_errno(err, ERR_BROKEN, "cannot write run/dispatch.lock");
    return OK;
}

// One dispatcher a store: one at another machine goes first, until it ends or is silent for too
// long. A drain does not wait for that.
static enum err_kind take_post(const struct service *service, int lock, struct post *post,
                               struct err *err)
{
    if (strcmp(site_text(service->site, "store"), "sqlite") == 0)
        return OK; // no other machine has the file, and the lock is this folder's
    (void)snprintf(post->name, sizeof(post->name), "dispatcher");
    if (name_holder(lock, post, err))
        return err_of(err);
    for (bool told = false; !service->stopped(); told = true) {
        int64_t now_ms = clock_wall_ms();
        enum err_kind kind = post_take(service->ledger, post, now_ms, now_ms + POST_MS, err);
        if ((kind != ERR_REFUSED && kind != ERR_LATER) || service->until_empty)
            return kind;
        if (!told)
            log_info("%s", err->text);
        clock_system.pause_ms(clock_system.self, STANDBY_MS);
    }
    return err_set(err, ERR_LATER, "stopped while another dispatcher works");
}

// A fence that stays would bar what the caller does with its ledger after us.
struct guard {
    struct ledger *ledger;
    const struct post *post;
};

static void guard_drop(struct guard *guard)
{
    struct err ignored = {0}; // who comes next waits then
    if (!guard->post)
        return;
    ledger_fence(guard->ledger, NULL);
    if (post_leave(guard->ledger, guard->post, &ignored))
        log_info("%s", ignored.text);
}

static void nudge_drop(int *nudge)
{
    if (*nudge > 0)
        (void)close(*nudge);
}

// Workers on other machines, where the site wants such.
static enum err_kind listen_beyond(const struct site *site, struct bus *bus, struct err *err)
{
    const char *address = site_text(site, "bus_listen");
    AUTO(mem_drop) char *path = site_path(site, "keys/bus.server");
    AUTO(mem_drop) char *allow = site_path(site, "keys/allow");
    struct bus_key key;
    if (!*address)
        return OK;
    if (!str_starts(str_of(address), "tcp://"))
        return err_set(err, ERR_INPUT, "bus_listen: \"%s\" does not begin with tcp://", address);
    if (bus_key_load(path, true, &key, err) || bus_serve_tcp(bus, address, &key, allow, err))
        return err_add(err, "listening at %s", address);
    return OK;
}

static void serve_channels(const struct site *site, struct outbox_queue *outbox)
{
    for (size_t i = 0; *site_channel(i).at && outbox->served_count < QUEUE_CHANNELS_MAX; i++) {
        if (site_serves(site, site_channel(i).at))
            outbox->served[outbox->served_count++] = site_channel(i);
    }
}

enum err_kind service_run(const struct service *service, struct dispatch_report *report,
                          struct err *err)
{
    const struct site *site = service->site;
    AUTO(mem_drop) char *socket = worker_socket(site);
    AUTO(lock_drop) int lock = -1;
    struct post post = {.fence = 0};
    AUTO(nudge_drop) int nudge = 0;
    bool empty = false;
    AUTO(bus_close) struct bus *bus = NULL;
    AUTO(outbox_queue_free)
    struct outbox_queue outbox = {
        .ledger = service->ledger,
        .attempts_max = site_whole(site, "attempts_max"),
        .warnings_only = service->warnings_only,
        .caps = {site_whole(site, "pay_day_vnd_max"), site_whole(site, "pay_event_vnd_max")}};
    *report = (struct dispatch_report){0};
    if (take_lock(site, &lock, err) || take_post(service, lock, &post, err))
        return err_of(err);
    AUTO(guard_drop) struct guard guard = {service->ledger, *post.name ? &post : NULL};
    ledger_fence(service->ledger, guard.post);
    if (bus_serve(socket, &bus, err) || listen_beyond(site, bus, err))
        return err_of(err);
    reserve_keep(site_folder(site));
    serve_channels(site, &outbox);
    // The first look opens the log, which from then on stays.
    if (outbox_is_empty(service->ledger, "", OUTBOX_LANE_REST, &empty, err))
        return err_of(err);
    outbox.post = guard.post;
    int heard = db_watch(ledger_db(service->ledger));
    nudge = heard < 0 ? watch_ledger(site) : 0;
    struct dispatch dispatch = {.queue = queue_of_outbox(&outbox),
                                .bus = bus,
                                .lease_ms = site_whole(site, "lease_s") * 1000,
                                .pay_lease_ms = site_whole(site, "pay_lease_s") * 1000,
                                .retry_first_ms = site_whole(site, "retry_first_ms"),
                                .now = service->now,
                                .self = service->self,
                                .stopped = service->stopped,
                                .until_empty = service->until_empty,
                                .nudge = heard < 0 ? nudge : heard};
    enum err_kind kind = dispatch_run(&dispatch, report, err);
    report->warnings_only = outbox.warnings_only;
    return kind;
}
