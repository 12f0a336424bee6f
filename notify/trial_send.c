#include "notify/trial_send.h"

#include "core/clock.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/access.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"
#include "ledger/people.h"
#include "ledger/subscriber.h"
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

// Whether there is somebody to be told: a slip would end as a dead letter that nobody looks at.
static enum err_kind check_person(const struct site *site, const char *channel, const char *id,
                                  struct err *err)
{
    AUTO(people_close) struct people *people = NULL;
    AUTO(subscribers_free) struct subscribers list = {0};
    struct person person;
    if (strcmp(channel, "sms") != 0) {
        if (subscribers_load(site_folder(site), &list, err))
            return err_of(err);
        return subscriber_find(&list, channel, id)
                   ? OK
                   : err_set(err, ERR_MISSING, "subscribers.yaml has no %s \"%s\"", channel, id);
    }
    if (people_open(site_folder(site), LEDGER_WRITE, &people, err) ||
        person_find(people, id, &person, err) ||
        access_record(people, clock_system.now(clock_system.self), access_login(), "send_test", id,
                      err))
        return err_of(err);
    return *person.phone ? OK : err_set(err, ERR_MISSING, "person %s has no phone", id);
}

static enum err_kind check(const struct site *site, const char *channel, const char *person,
                           struct err *err)
{
    const struct channel *found = NULL;
    if (strcmp(channel, "pay") == 0)
        return err_set(err, ERR_REFUSED,
                       "a payment that is tried is a payment; gong channel check pay");
    if (channel_find(site, channel, &found, err))
        return err_of(err);
    return check_person(site, channel, person, err);
}

static enum err_kind put(struct txn *txn, const struct outbox_item *item, int64_t *id,
                         struct err *err)
{
    bool row = false, fresh = false;
    if (outbox_put(txn, item, &fresh, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(txn_ledger(txn)), "SELECT id FROM outbox WHERE key = ?");
    stmt_text(stmt, 1, item->key);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *id = row ? row_int(stmt, 0) : 0;
    return OK;
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
                         const char *person, struct utc now, int64_t *id, struct err *err)
{
    uint64_t word;
    char period[20];
    if (check(site, channel, person, err))
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
        put(txn, &item, id, err) || ledger_commit(&txn, err))
        return err_of(err);
    return OK;
}
