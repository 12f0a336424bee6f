#include "ingest/dap.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/text.h"
#include "ingest/spool.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { URL_BYTES_MAX = 8192, WORDS_MAX = 500, CPU_S = 60 };
static const int64_t MEMORY_BYTES_MAX = (int64_t)2 << 30;
static const char NCCOPY[] = "/usr/bin/nccopy", CLASSIC_64[] = "-6";

bool dap_is(const char *url)
{
    return strncmp(url, "dap://", 6) == 0 || strncmp(url, "daps://", 7) == 0;
}

// Appended to `out`; `path` is written on the way and removed.
static enum err_kind fetch(const char *url, const char *path, int64_t timeout_s, struct buf *out,
                           struct err *err)
{
    AUTO(buf_free) struct buf address = buf_new(URL_BYTES_MAX);
    AUTO(buf_free) struct buf words = buf_new(WORDS_MAX);
    AUTO(buf_free) struct buf complaint = buf_new(WORDS_MAX);
    int code = -1;
    if (!file_exists(NCCOPY))
        return err_set(err, ERR_MISSING, "%s is not there; install netcdf-bin", NCCOPY);
    buf_print(&address, "http%s", url + strlen("dap"));
    const char *const argv[] = {NCCOPY, CLASSIC_64, address.at, path, NULL};
    struct proc_limits limits = {.memory_bytes = MEMORY_BYTES_MAX,
                                 .cpu_s = CPU_S,
                                 .wall_ms = timeout_s * 1000,
                                 .output_bytes_max = WORDS_MAX};
    enum err_kind kind = proc_run(argv, -1, &limits, &words, &complaint, &code, err);
    if (!kind && code != 0) {
        struct str said = buf_slice(&complaint), line = {"", 0};
        (void)str_take_line(&said, &line);
        kind = err_set(err, ERR_LATER, "%s cannot be fetched by OPeNDAP: " STR_FMT, url,
                       STR_ARG(line));
    }
    if (!kind)
        kind = file_read(path, out, err);
    (void)unlink(path);
    return kind;
}

enum err_kind dap_spool(const struct dap_ask *ask, struct spool *spool, struct err *err)
{
    AUTO(buf_free) struct buf bytes = buf_new(ask->bytes_max);
    AUTO(buf_free) struct buf again = buf_new(ask->bytes_max);
    AUTO(buf_free) struct buf path = buf_new(URL_BYTES_MAX);
    struct spool_note note = {.modified_s = -1};
    buf_print(&path, "%s.dap", spool_path(spool));
    if (fetch(ask->url, path.at, ask->timeout_s, &bytes, err) ||
        (ask->compare && fetch(ask->url, path.at, ask->timeout_s, &again, err)))
        return err_of(err);
    if (ask->compare && !str_same(buf_slice(&bytes), buf_slice(&again)))
        return err_set(err, ERR_LATER, "%s: a second fetch brought other bytes", ask->url);
    (void)snprintf(note.from, sizeof(note.from), "%s", ask->url);
    note.length = (int64_t)bytes.len;
    if (spool_restart(spool, &note, err))
        return err_of(err);
    return spool_add(spool, bytes.at ? bytes.at : "", bytes.len, err);
}
