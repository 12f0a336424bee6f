#include "ledger/fetcher.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/site.h"
#include "core/text.h"

#include <string.h>

static const char speaker[] = "gong-ingest: ";

static enum err_kind kind_of(int exit_code)
{
    static const enum err_kind kinds[] = {ERR_INPUT, ERR_MISSING, ERR_LATER, ERR_REFUSED};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (err_exit_code(kinds[i]) == exit_code)
            return kinds[i];
    }
    return ERR_BROKEN;
}

enum err_kind fetcher_ask(const struct site *site, struct err *err)
{
    enum { WORDS_MAX = 4096 };
    AUTO(mem_drop) char *program = proc_program("gong-ingest");
    AUTO(buf_free) struct buf out = buf_new(WORDS_MAX);
    AUTO(buf_free) struct buf complaint = buf_new(WORDS_MAX);
    const char *argv[] = {program, "check", "--quiet", "--site", site_folder(site), NULL};
    struct proc_limits limits = {.output_bytes_max = WORDS_MAX};
    int code = 0;
    if (!file_exists(program))
        return OK;
    if (proc_run(argv, -1, &limits, &out, &complaint, &code, err))
        return err_of(err);
    if (code == EXIT_YES)
        return OK;
    struct str said = str_trim(buf_slice(&complaint));
    if (str_starts(said, speaker)) {
        said.at += strlen(speaker);
        said.len -= strlen(speaker);
    }
    return err_set(err, kind_of(code), STR_FMT,
                   STR_ARG(said.len ? said : STR("gong-ingest ended without a word")));
}
