#include "ingest/pull_record.h"

#include "core/mem.h"
#include "ledger/origin.h"
#include "ledger/raw.h"

#include <string.h>

enum { HEADERS_MAX = 32 * 1024 };

enum err_kind pull_record(struct txn *txn, const struct pull_file *file, struct hash hash,
                          const struct transfer_answer *answer, struct utc now, bool *fresh,
                          struct err *err)
{
    static char none[] = "";
    AUTO(mem_drop)
    char *checked = mem_text(file->source->fetch.sum       ? "sha256 of the provider"
                             : file->source->fetch.compare ? "second fetch"
                                                           : "");
    AUTO(buf_free) struct buf headers = buf_new(HEADERS_MAX);
    struct err why = {0};
    // What a server writes is not always UTF-8.
    if (answer && text_nfc(buf_slice(&answer->headers), &headers, &why))
        buf_clear(&headers);
    struct raw raw = {.hash = hash, .url = file->url, .fetched_at = now};
    memcpy(raw.source, file->source->name, sizeof(raw.source));
    raw.bytes = file->bytes;
    struct origin origin = {
        .hash = hash,
        .url = file->url,
        .from = file->place[file->at],
        .address = none,
        .began_at = file->began_at,
        .ended_at = now,
        .bytes = raw.bytes,
        .resumed_from = file->resumed_from,
        .headers = headers.at ? headers.at : none,
        .checked = checked,
    };
    AUTO(mem_drop) char *from = NULL;
    AUTO(mem_drop) char *address = NULL;
    if (answer) {
        from = answer->url[0] ? mem_text(answer->url) : NULL;
        origin.from = from ? from : origin.from;
        address = mem_text(answer->address);
        origin.address = address;
        origin.status = answer->status;
    }
    memcpy(origin.source, raw.source, sizeof(origin.source));
    if (raw_put(txn, &raw, fresh, err))
        return err_of(err);
    return origin_put(txn, &origin, err);
}
