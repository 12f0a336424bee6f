#include "ingest/pull_record.h"

#include "core/hash.h"
#include "core/mem.h"
#include "ingest/proof.h"
#include "ledger/origin.h"
#include "ledger/raw.h"
#include "ledger/reread.h"

#include <string.h>

enum { HEADERS_MAX = 32 * 1024 };

static const char *const sum_of_provider[] = {[SUM_NONE] = "",
                                              [SUM_SHA256] = "sha256 of the provider",
                                              [SUM_MD5] = "md5 of the provider",
                                              [SUM_SHA1] = "sha1 of the provider"};

enum err_kind pull_prove(const struct pull_file *file, const struct transfer_answer *answer,
                         bool *proved, struct err *err)
{
    const struct source_fetch *fetch = &file->source->fetch;
    struct sum sum;
    *proved = true;
    if (fetch->sum == SUM_NONE || (file->sum_url && file->stage != STAGE_SUM))
        return OK;
    if (sum_of_file(fetch->sum, spool_path(file->spool), &sum, err))
        return err->kind = ERR_BROKEN; // our own disk
    if (file->stage == STAGE_SUM)
        *proved = proof_sum_says(buf_slice(&file->sum), file->url, &sum);
    else if (fetch->sum_etag)
        *proved = proof_etag_says(answer->etag, &sum);
    else
        *proved = proof_digest_says(answer->digest, fetch->sum, &sum) ||
                  (fetch->sum == SUM_MD5 && proof_base64_says(answer->md5, &sum));
    return OK;
}

static enum err_kind is_last(struct txn *txn, const struct raw *raw, bool *last, struct err *err)
{
    AUTO(raws_free) struct raws later = {0};
    *last = true;
    for (enum raw_state state = RAW_FETCHED; state <= RAW_RELEASED && *last; state++) {
        raws_free(&later);
        if (raw_list(txn_ledger(txn), raw->source, state, raw->position, &later, err))
            return err_of(err);
        *last = later.count == 0;
    }
    return OK;
}

// A table whose bytes came before is read once more when its address said another thing since, or
// has not said it yet and other tables came after it; and, as they may have come too early, when
// they were refused and this address brings them again. A table that was let go of stays so.
static enum err_kind take_again(struct txn *txn, const struct raw *raw, struct err *err)
{
    bool found = false, last = false;
    struct hash before;
    AUTO(raw_free) struct raw was = {0};
    if (raw_get(txn_ledger(txn), raw->source, raw->hash, &found, &was, err))
        return err_of(err);
    if (!found || was.state == RAW_RELEASED)
        return OK;
    if (origin_newest(txn_ledger(txn), raw->source, raw->url, &found, &before, err) ||
        is_last(txn, &was, &last, err))
        return err_of(err);
    bool back = found ? !hash_same(before, raw->hash) : !last;
    bool retried = was.state == RAW_REFUSED && found && strcmp(was.url, raw->url) == 0;
    return back || retried ? reread_begin(txn, raw, err) : OK;
}

enum err_kind pull_record(struct txn *txn, const struct pull_file *file, struct hash hash,
                          const struct transfer_answer *answer, struct utc now, bool *fresh,
                          struct err *err)
{
    static char none[] = "";
    AUTO(mem_drop)
    char *checked = mem_text(file->source->fetch.sum ? sum_of_provider[file->source->fetch.sum]
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
    if (raw_put(txn, &raw, fresh, err) ||
        (!*fresh && source_is_table(file->source) && take_again(txn, &raw, err)))
        return err_of(err);
    return origin_put(txn, &origin, err);
}
