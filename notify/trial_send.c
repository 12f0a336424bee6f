#include "notify/trial_send.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"
#include "notify/channel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BODY_BYTES_MAX = 4096, LANE_ASKED_FOR = 1, STALE_AFTER_S = 3600 };

static struct doc *texts(bool drill)
{
    struct doc *text = doc_object();
    doc_put_text(text, "vi",
                 drill ? "[DIỄN TẬP] gong: tin thử đường truyền. Bạn không cần làm gì."
                       : "gong: tin thử đường truyền. Bạn không cần làm gì.");
    doc_put_text(text, "en",
                 drill ? "[DRILL] gong: a test of the line. There is nothing to do."
                       : "gong: a test of the line. There is nothing to do.");
    return text;
}

static enum err_kind check(const struct site *site, const char *channel, struct err *err)
{
    const struct channel *found = NULL;
    if (strcmp(channel, "pay") == 0)
        return err_set(err, ERR_REFUSED,
                       "a payment that is tried is a payment; gong channel check pay");
    return channel_find(site, channel, &found, err);
}

static struct doc *body_of(const struct site *site, const char *period)
{
    struct doc *body = doc_object();
    doc_put_text(body, "kind", "test");
    doc_put_bool(body, "drill", site_is_drill(site));
    doc_put_text(body, "policy", "test");
    doc_put_int(body, "version", 1);
    doc_put_text(body, "period", period);
    doc_put(body, "text", texts(site_is_drill(site)));
    doc_put_text(body, "topic", "test"); // of MQTT
    return body;
}

enum err_kind trial_send(struct ledger *ledger, const struct site *site, const char *channel,
                         const char *person, struct utc now, struct err *err)
{
    uint64_t word;
    char period[20];
    bool fresh = false;
    if (check(site, channel, err))
        return err_of(err);
    random_bytes(&word, sizeof(word));
    (void)snprintf(period, sizeof(period), "%016" PRIx64, word);
    AUTO(doc_free) struct doc *body = body_of(site, period);
    AUTO(doc_free) struct doc *entry = doc_object();
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    AUTO(ledger_undo) struct txn *txn = NULL;
    doc_canonical(body, &text);
    doc_put_text(entry, "channel", channel);
    doc_put_text(entry, "person", person);
    doc_put_text(entry, "policy", "test");
    doc_put_text(entry, "period", period);
    struct outbox_item item = {
        .lane = LANE_ASKED_FOR, .expires = {now.s + STALE_AFTER_S}, .body = text.at};
    (void)snprintf(item.channel, sizeof(item.channel), "%s", channel);
    (void)snprintf(item.key, sizeof(item.key), "test/%s/%s", channel, period);
    (void)snprintf(item.person, sizeof(item.person), "%s", person);
    if (ledger_begin(ledger, &txn, err) ||
        ledger_append(txn, "test", now, entry, &item.cause, NULL, err) ||
        outbox_put(txn, &item, &fresh, err) || ledger_commit(&txn, err))
        return err_of(err);
    return OK;
}
