#include "ingest/show.h"

#include "core/doc.h"
#include "core/mem.h"
#include "ingest/archive.h"
#include "ledger/origin.h"

#include <inttypes.h>
#include <stdio.h>

// What the source asks to be said with its data; "" when it is not in sources.yaml any more.
static const char *licence_of(const struct work *work, const struct origin *one)
{
    struct err why = {0};
    const struct source *source = NULL;
    return sources_find(work->sources, one->source, &source, &why) ? "" : source->licence;
}

static struct doc *origin_doc(const struct work *work, const struct origin *one)
{
    struct doc *doc = doc_object();
    doc_put_text(doc, "source", one->source);
    doc_put_text(doc, "url", one->url);
    doc_put_text(doc, "from", one->from);
    doc_put_text(doc, "address", one->address);
    doc_put_text(doc, "began_at", utc_text(one->began_at).at);
    doc_put_text(doc, "ended_at", utc_text(one->ended_at).at);
    doc_put_int(doc, "status", one->status);
    doc_put_int(doc, "bytes", one->bytes);
    doc_put_int(doc, "resumed_from", one->resumed_from);
    doc_put_text(doc, "headers", one->headers);
    doc_put_text(doc, "checked", one->checked);
    doc_put_text(doc, "licence", licence_of(work, one));
    return doc;
}

static void print_origin(const struct work *work, const struct origin *one)
{
    const char *licence = licence_of(work, one);
    (void)printf("%s  %s\n  from %s (%s), status %" PRId64 ", %" PRId64 " bytes%s%s\n", one->source,
                 utc_text(one->ended_at).at, one->from,
                 *one->address ? one->address : "this machine", one->status, one->bytes,
                 *one->checked ? ", proved by " : "", one->checked);
    struct str rest = str_of(one->headers), line;
    while (str_take_line(&rest, &line))
        (void)printf("  | " STR_FMT "\n", STR_ARG(line));
    if (*licence)
        (void)printf("  licence: %s\n", licence);
}

enum err_kind show_origin(const struct work *work, struct err *err)
{
    struct hash hash;
    AUTO(origins_free) struct origins origins = {0};
    if (hash_parse(str_of(cli_arg(work->cli, 0)), &hash, err) ||
        origin_list(work->ledger, hash, &origins, err))
        return err_of(err);
    if (origins.count == 0)
        return err_set(err, ERR_MISSING, "nothing with this hash was ever brought: %s",
                       cli_arg(work->cli, 0));
    int64_t bytes = archive_size(work->archive, hash);
    AUTO(doc_free) struct doc *all = doc_object();
    struct doc *list = doc_array();
    doc_put(all, "origins", list);
    doc_put_bool(all, "in_archive", bytes >= 0);
    for (size_t i = 0; i < origins.count; i++) {
        doc_push(list, origin_doc(work, &origins.at[i]));
        if (!cli_json(work->cli))
            print_origin(work, &origins.at[i]);
    }
    if (cli_json(work->cli))
        cli_print(all);
    else if (bytes < 0)
        (void)printf("its bytes were let go of\n");
    return OK;
}
