#include "notify/cap_standing.h"

#include "core/doc.h"
#include "core/log.h"
#include "core/mem.h"
#include "ledger/bulletin.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"
#include "notify/cap_check.h"
#include "notify/cap_relay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BODY_BYTES_MAX = 60 * 1024, FRAME_BYTES = 1024 };

static const char *text_of(const struct doc *one, const char *key)
{
    return doc_text(doc_get(one, key), "");
}

bool cap_is_for_telling(const struct standing_ask *ask, const struct doc *one)
{
    return (ask->drill || strcmp(text_of(one, "status"), "Actual") == 0) &&
           (!ask->must_be_signed || str_starts(str_of(text_of(one, "seal")), "signed"));
}

// --- what stands
// --------------------------------------------------------------------------------------

static enum err_kind note(void *self, const struct entry *entry, struct err *err)
{
    struct doc *list = self, *one = NULL;
    if (doc_parse(str_of(entry->text), "entry of a bulletin", &one, err))
        return err_of(err);
    if (strcmp(text_of(one, "source"), bulletin_relay_source) == 0)
        doc_push(list, one);
    else
        doc_free(&one);
    return OK;
}

static bool has_ended(const struct doc *one, struct utc now)
{
    struct utc end, heard = {0};
    struct err ignored = {0};
    if (cap_time(str_of(text_of(one, "expires")), &end))
        return end.s <= now.s;
    return utc_parse(str_of(text_of(one, "at")), &heard, &ignored) || heard.s + DAY_S <= now.s;
}

static bool stands(const struct doc *heard, size_t i, const struct standing_ask *ask)
{
    const struct doc *one = doc_at(heard, i);
    if (!doc_bool(doc_get(one, "told"), true) || strcmp(text_of(one, "msgType"), "Cancel") == 0 ||
        !cap_is_for_telling(ask, one) || has_ended(one, ask->now))
        return false;
    for (size_t k = 0; k < doc_count(heard); k++) {
        if (k != i && cap_takes_back(doc_at(heard, k), one))
            return false;
    }
    return true;
}

// Numbers of the entries that stand, newest first, and where they are in what was heard.
static void find_standing(const struct doc *heard, const struct standing_ask *ask, struct doc *seqs,
                          size_t *at)
{
    for (size_t i = doc_count(heard); i-- > 0;) {
        if (!stands(heard, i, ask))
            continue;
        at[doc_count(seqs)] = i;
        doc_push_int(seqs, doc_int(doc_get(doc_at(heard, i), "seq"), 0));
    }
}

static bool is_same(const struct doc *a, const struct doc *b)
{
    bool same = a && b && doc_count(a) == doc_count(b);
    for (size_t i = 0; same && i < doc_count(a); i++)
        same = doc_int(doc_at(a, i), -1) == doc_int(doc_at(b, i), -2);
    return same;
}

// --- how it is told
// -----------------------------------------------------------------------------------

static struct doc *show(const struct doc *one)
{
    static const char *const keys[] = {"identifier", "sent", "expires", "by", "status", "seal"};
    struct doc *shown = doc_object();
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        doc_put_text(shown, keys[i], text_of(one, keys[i]));
    if (doc_get(one, "quote")) {
        doc_put_same(shown, "quote", doc_get(one, "quote"));
    } else { // an entry of before quotes were kept
        struct doc *quote = doc_object();
        doc_put_text(shown, "by", text_of(one, "sender"));
        doc_put_text(quote, "vi", text_of(one, "headline"));
        doc_put_text(quote, "en", text_of(one, "headline"));
        doc_put(shown, "quote", quote);
    }
    return shown;
}

static struct doc *body_of(const struct standing_ask *ask, const struct doc *heard,
                           const size_t *at, size_t count)
{
    struct doc *body = doc_object(), *list = doc_array();
    size_t bytes = FRAME_BYTES;
    for (size_t i = 0; i < count; i++) {
        AUTO(doc_free) struct doc *one = show(doc_at(heard, at[i]));
        AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
        doc_canonical(one, &text);
        bytes += text.len + 1;
        if (text.full || bytes > BODY_BYTES_MAX)
            break;
        doc_push(list, TAKE(one));
    }
    size_t left_out = count - doc_count(list);
    if (left_out)
        log_warn("%zu of %zu official bulletins that stand have no room on screens", left_out,
                 count);
    doc_put_text(body, "kind", "official");
    doc_put_bool(body, "drill", ask->drill);
    doc_put_text(body, "topic", "official");
    doc_put_text(body, "zone", "");
    doc_put_text(body, "as_of", utc_text(ask->now).at);
    doc_put_int(body, "left_out", (int64_t)left_out);
    doc_put(body, "bulletins", list);
    return body;
}

static enum err_kind tell(struct txn *txn, const struct standing_ask *ask, const struct doc *body,
                          int64_t cause, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    doc_canonical(body, &text);
    for (size_t i = 0; i < ask->to->count; i++) {
        const struct subscriber *to = &ask->to->at[i];
        struct outbox_item item = {.cause = cause, .expires = UTC_NEVER, .body = text.at};
        bool fresh;
        if (strcmp(to->channel, "mqtt") != 0 || !subscriber_hears(to, WISH_BULLETINS, NULL))
            continue;
        (void)snprintf(item.channel, sizeof(item.channel), "mqtt");
        (void)snprintf(item.person, sizeof(item.person), "%.47s", to->id);
        (void)snprintf(item.key, sizeof(item.key), "state/%.40s/official/%" PRId64, to->id, cause);
        (void)snprintf(item.thread, sizeof(item.thread), "state/%.40s/official", to->id);
        if (outbox_put(txn, &item, &fresh, err))
            return err_add(err, "telling subscriber %s", to->id);
    }
    return OK;
}

static void indexes_free(size_t **at)
{
    mem_free(at);
}

enum err_kind cap_standing_put(struct txn *txn, const struct standing_ask *ask, bool *put,
                               struct err *err)
{
    AUTO(doc_free) struct doc *last = NULL;
    AUTO(doc_free) struct doc *heard = doc_array();
    struct doc *seqs = doc_array();
    AUTO(doc_free) struct doc *next = doc_object();
    int64_t cause = 0;
    doc_put_text(next, "source", bulletin_relay_source);
    doc_put(next, "seqs", seqs);
    *put = false;
    // What stood no more when the last list was made stands no more now: it begins at the oldest
    // that did.
    if (bulletin_standing(txn_ledger(txn), bulletin_relay_source, &last, err) ||
        ledger_walk(txn_ledger(txn), last ? doc_int(doc_get(last, "from"), 1) : 1, "bulletin", note,
                    heard, err))
        return err_of(err);
    AUTO(indexes_free) size_t *at = mem_new(doc_count(heard) + 1, sizeof(*at));
    if (!ask->unset)
        find_standing(heard, ask, seqs, at);
    size_t count = doc_count(seqs);
    if (last ? is_same(seqs, doc_get(last, "seqs")) : doc_count(heard) == 0)
        return OK;
    // The newest first: the last is the oldest.
    const struct doc *oldest = doc_at(heard, count ? at[count - 1] : doc_count(heard) - 1);
    int64_t from = oldest ? doc_int(doc_get(oldest, "seq"), 1) : 1;
    // Where a feed is set again, what stands is looked for from there.
    doc_put_int(next, "from", ask->unset && last ? doc_int(doc_get(last, "from"), from) : from);
    AUTO(doc_free) struct doc *body = body_of(ask, heard, at, count);
    if (bulletin_stand(txn, ask->now, next, &cause, err) || tell(txn, ask, body, cause, err))
        return err_of(err);
    *put = true;
    return OK;
}
