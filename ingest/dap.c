#include "ingest/dap.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/text.h"
#include "ingest/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL_BYTES_MAX = 8192, WORDS_MAX = 500, CPU_S = 60, FOLDER_MODE = 0700, FILE_MODE = 0600 };
static const int64_t MEMORY_BYTES_MAX = (int64_t)2 << 30;

bool dap_is(const char *url)
{
    return strncmp(url, "dap://", 6) == 0 || strncmp(url, "daps://", 7) == 0;
}

// What the NetCDF library is to know, in the one folder that its program can write to.
static enum err_kind put_settings(const struct dap_ask *ask, const char *folder, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(URL_BYTES_MAX);
    AUTO(mem_drop) char *path = file_join(folder, DAP_SETTINGS);
    buf_print(&text, "HTTP.COOKIEJAR=%s/cookies\n", folder); // else it makes one in /tmp
    if (ask->login)
        buf_print(&text, "HTTP.NETRC=%s\n", ask->login);
    if (ask->ca_file)
        buf_print(&text, "HTTP.SSL.CAINFO=%s\n", ask->ca_file);
    return file_write(path, buf_slice(&text), FILE_MODE, err);
}

// The same from everywhere, for a child that goes to a folder of its own; what is not there stays
// as it is. Heap; NULL for NULL.
static char *absolute(const char *path)
{
    char *real = path ? realpath(path, NULL) : NULL;
    char *out = path ? mem_text(real ? real : path) : NULL;
    free(real); // of the C library
    return out;
}

// Asks, and leaves the answer in `folder`, which is there; all paths are absolute.
static enum err_kind ask_server(const struct dap_ask *ask, const char *folder, struct err *err)
{
    AUTO(buf_free) struct buf address = buf_new(URL_BYTES_MAX);
    AUTO(buf_free) struct buf words = buf_new(WORDS_MAX);
    AUTO(buf_free) struct buf complaint = buf_new(WORDS_MAX);
    AUTO(mem_drop) char *program = proc_program("gong-dap");
    int code = -1;
    if (put_settings(ask, folder, err))
        return err_of(err);
    buf_print(&address, "http%s", ask->url + strlen("dap"));
    const char *const argv[] = {program,
                                "--",
                                address.at,
                                folder,
                                ask->login ? ask->login : "none",
                                ask->ca_file ? ask->ca_file : "system",
                                NULL};
    struct proc_limits limits = {.memory_bytes = MEMORY_BYTES_MAX,
                                 .cpu_s = CPU_S,
                                 .wall_ms = ask->timeout_s * 1000,
                                 .output_bytes_max = WORDS_MAX};
    if (proc_run(argv, -1, &limits, &words, &complaint, &code, err))
        return err_of(err);
    if (code == PROC_TOO_LONG)
        return err_set(err, ERR_LATER, "%s did not answer within %lld s (fetch_timeout_s)",
                       ask->url, (long long)ask->timeout_s);
    if (code != 0) {
        struct str said = buf_slice(&complaint), line = {"", 0};
        (void)str_take_line(&said, &line);
        err_write(err, code == DAP_NOT_THERE ? ERR_MISSING : ERR_LATER,
                  "%s cannot be fetched by OPeNDAP: " STR_FMT, ask->url, STR_ARG(line));
        return err_of(err);
    }
    return OK;
}

// The folder is made on the way.
static enum err_kind fetch_into(const struct dap_ask *ask, const char *folder, struct buf *out,
                                struct err *err)
{
    if (file_make_folder(folder, FOLDER_MODE, err))
        return err_of(err);
    AUTO(mem_drop) char *here = absolute(folder);
    AUTO(mem_drop) char *login = absolute(ask->login);
    AUTO(mem_drop) char *ca_file = absolute(ask->ca_file);
    AUTO(mem_drop) char *answer = file_join(here, DAP_ANSWER);
    struct dap_ask absolute_ask = *ask;
    absolute_ask.login = login;
    absolute_ask.ca_file = ca_file;
    if (ask_server(&absolute_ask, here, err))
        return err_of(err);
    return file_read_itself(answer, out, err);
}

// Appended to `out`; `folder` is made on the way and removed. What a child did to it is a failure
// of this file, and stops no other.
static enum err_kind fetch(const struct dap_ask *ask, const char *folder, struct buf *out,
                           struct err *err)
{
    enum err_kind kind = fetch_into(ask, folder, out, err);
    spool_drop_folder(folder);
    if (kind == ERR_BROKEN)
        kind = err->kind = ERR_LATER;
    return kind;
}

enum err_kind dap_spool(const struct dap_ask *ask, struct spool *spool, struct err *err)
{
    AUTO(buf_free) struct buf bytes = buf_new(ask->bytes_max);
    AUTO(buf_free) struct buf again = buf_new(ask->bytes_max);
    AUTO(buf_free) struct buf folder = buf_new(URL_BYTES_MAX);
    struct spool_note note = {.modified_s = -1};
    buf_print(&folder, "%s.dap", spool_path(spool));
    spool_drop_folder(folder.at); // who was killed amid it left something
    if (fetch(ask, folder.at, &bytes, err) || (ask->compare && fetch(ask, folder.at, &again, err)))
        return err_of(err);
    if (ask->compare && !str_same(buf_slice(&bytes), buf_slice(&again)))
        return err_set(err, ERR_LATER, "%s: a second fetch brought other bytes", ask->url);
    (void)snprintf(note.from, sizeof(note.from), "%s", ask->url);
    note.length = (int64_t)bytes.len;
    if (spool_restart(spool, &note, err))
        return err_of(err);
    return spool_add(spool, bytes.at ? bytes.at : "", bytes.len, err);
}
