#include "ingest/work.h"

#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "ingest/links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static enum err_kind open_all(const struct cli *cli, bool ledger, struct work *work,
                              struct err *err)
{
    work->cli = cli;
    work->links = links_new();
    if (cli_site(cli, &work->site, err))
        return err->kind;
    const char *folder = site_folder(work->site);
    AUTO(mem_drop) char *path = site_path(work->site, "sources.yaml");
    work->archive = site_path(work->site, "archive");
    if (sources_load(path, &work->sources, err) ||
        (ledger && ledger_open(folder, LEDGER_WRITE, &work->ledger, err)))
        return err->kind;
    return map_open(folder, LEDGER_WRITE, &work->map, err);
}

static enum err_kind open_or_close(const struct cli *cli, bool ledger, struct work *out,
                                   struct err *err)
{
    struct work work = {0};
    if (open_all(cli, ledger, &work, err)) {
        work_close(&work);
        return err->kind;
    }
    *out = work;
    return OK;
}

enum err_kind work_open(const struct cli *cli, struct work *out, struct err *err)
{
    return open_or_close(cli, true, out, err);
}

enum err_kind work_open_map(const struct cli *cli, struct work *out, struct err *err)
{
    return open_or_close(cli, false, out, err);
}

void work_close(struct work *work)
{
    map_close(&work->map);
    ledger_close(&work->ledger);
    sources_free(&work->sources);
    site_free(&work->site);
    mem_free(&work->archive);
    links_free(&work->links);
}

int64_t work_bytes_max(const struct work *work, const struct source *source)
{
    enum { MIB = 1 << 20 };
    int64_t mib = source->fetch.mib_max;
    return (mib ? mib : site_whole(work->site, "fetch_mib_max")) * MIB;
}

struct progress work_progress(const struct work *work, const char *what, size_t total)
{
    return work->silent ? (struct progress){.what = what} : progress_new(work->cli, what, total);
}

enum err_kind work_lock(const struct work *work, int *fd, struct err *err)
{
    AUTO(mem_drop) char *path = site_path(work->site, "run/ingest.lock");
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return err_errno(err, ERR_BROKEN, "cannot open %s", path);
    while (flock(lock, LOCK_EX) != 0) {
        if (errno == EINTR && !cli_stopped())
            continue;
        enum err_kind kind = err_errno(err, ERR_LATER, "cannot lock %s", path);
        (void)close(lock);
        return kind;
    }
    *fd = lock;
    return OK;
}

void work_unlock(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

void work_failed(struct work_report *report, const char *what, const struct err *err)
{
    report->worst = err->kind;
    (void)snprintf(report->why, sizeof(report->why), "%s", err->text);
    log_err(what, err);
}
