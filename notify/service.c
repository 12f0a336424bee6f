#include "notify/service.h"

#include "core/bus_key.h"
#include "core/mem.h"
#include "core/reserve.h"
#include "core/site.h"
#include "notify/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>

static void lock_drop(int *lock)
{
    if (*lock >= 0)
        (void)close(*lock);
}

// One dispatcher a site: the lock goes with its process, however it ends.
static enum err_kind take_lock(const struct site *site, int *out, struct err *err)
{
    AUTO(mem_drop) char *path = site_path(site, "run/dispatch.lock");
    *out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*out < 0)
        return err_errno(err, ERR_BROKEN, "cannot open %s", path);
    if (flock(*out, LOCK_EX | LOCK_NB) != 0)
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
    AUTO(nudge_drop) int nudge = 0;
    bool empty = false;
    AUTO(bus_close) struct bus *bus = NULL;
    AUTO(outbox_queue_free)
    struct outbox_queue outbox = {
        .ledger = service->ledger,
        .attempts_max = site_whole(site, "attempts_max"),
        .caps = {site_whole(site, "pay_day_vnd_max"), site_whole(site, "pay_event_vnd_max")}};
    *report = (struct dispatch_report){0};
    if (take_lock(site, &lock, err) || bus_serve(socket, &bus, err) ||
        listen_beyond(site, bus, err))
        return err_of(err);
    reserve_keep(site_folder(site));
    serve_channels(site, &outbox);
    // The first look opens the log, which from then on stays.
    if (outbox_is_empty(service->ledger, "", &empty, err))
        return err_of(err);
    nudge = watch_ledger(site);
    struct dispatch dispatch = {.queue = queue_of_outbox(&outbox),
                                .bus = bus,
                                .lease_ms = site_whole(site, "lease_s") * 1000,
                                .pay_lease_ms = site_whole(site, "pay_lease_s") * 1000,
                                .retry_first_ms = site_whole(site, "retry_first_ms"),
                                .now = service->now,
                                .self = service->self,
                                .stopped = service->stopped,
                                .until_empty = service->until_empty,
                                .nudge = nudge};
    return dispatch_run(&dispatch, report, err);
}
