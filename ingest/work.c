#include "ingest/work.h"

#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"

#include <stdio.h>

enum err_kind work_open(const struct cli *cli, struct work *out, struct err *err)
{
    AUTO(work_close) struct work work = {.cli = cli};
    if (cli_site(cli, &work.site, err))
        return err->kind;
    const char *folder = site_folder(work.site);
    AUTO(mem_drop) char *path = site_path(work.site, "sources.yaml");
    work.archive = site_path(work.site, "archive");
    if (sources_load(path, &work.sources, err) ||
        ledger_open(folder, LEDGER_WRITE, &work.ledger, err) ||
        map_open(folder, LEDGER_WRITE, &work.map, err))
        return err->kind;
    *out = work;
    work = (struct work){0};
    return OK;
}

void work_close(struct work *work)
{
    map_close(&work->map);
    ledger_close(&work->ledger);
    sources_free(&work->sources);
    site_free(&work->site);
    mem_free(&work->archive);
}

void work_failed(struct work_report *report, const char *what, const struct err *err)
{
    report->worst = err->kind;
    (void)snprintf(report->why, sizeof(report->why), "%s", err->text);
    log_err(what, err);
}
