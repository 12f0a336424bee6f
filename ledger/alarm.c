#include "ledger/alarm.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/sms_fit.h"
#include "ledger/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BODY_BYTES_MAX = 8192 };

static struct doc *body_of(const struct alarm_word *word)
{
    struct doc *body = doc_object(), *text = doc_object(), *title = doc_object();
    struct doc *brief = doc_object();
    AUTO(buf_free) struct buf vi = buf_new(BODY_BYTES_MAX), en = buf_new(BODY_BYTES_MAX);
    AUTO(buf_free) struct buf less_vi = buf_new(BODY_BYTES_MAX), less_en = buf_new(BODY_BYTES_MAX);
    buf_print(&vi, "%sgong: %s", word->drill ? "[DIỄN TẬP] " : "", word->vi);
    buf_print(&en, "%sgong: %s", word->drill ? "[DRILL] " : "", word->en);
    doc_put_str(text, "vi", buf_slice(&vi));
    doc_put_str(text, "en", buf_slice(&en));
    sms_shorten(buf_slice(&vi), &less_vi);
    sms_shorten(buf_slice(&en), &less_en);
    doc_put_str(brief, "vi", buf_slice(&less_vi));
    doc_put_str(brief, "en", buf_slice(&less_en));
    doc_put_text(title, "vi", word->drill ? "[DIỄN TẬP] Báo động của gong" : "Báo động của gong");
    doc_put_text(title, "en", word->drill ? "[DRILL] Alarm of gong" : "Alarm of gong");
    doc_put_text(body, "kind", "alarm");
    doc_put_bool(body, "drill", word->drill);
    doc_put(body, "short", brief);
    doc_put(body, "text", text);
    doc_put(body, "title", title);
    return body;
}

enum err_kind alarm_news_tell(struct txn *txn, const struct subscribers *to,
                              const struct alarm_news *news, struct err *err)
{
    for (size_t i = 0; i < to->count; i++) {
        const struct subscriber *one = &to->at[i];
        struct outbox_item item = {.lane = news->lane,
                                   .cause = news->cause,
                                   .body = (char *)(uintptr_t)news->body,
                                   .expires = news->expires};
        bool fresh, is_sms = strcmp(one->channel, "sms") == 0;
        if (!subscriber_hears(one, news->wish, NULL) || strcmp(one->channel, "mqtt") == 0 ||
            strcmp(one->channel, "telco") == 0)
            continue;
        (void)snprintf(item.channel, sizeof(item.channel), "%s", one->channel);
        (void)snprintf(item.person, sizeof(item.person), "%.47s", is_sms ? one->to : one->id);
        (void)snprintf(item.key, sizeof(item.key), "%s/%s/%" PRId64 "/%s", news->kind, one->channel,
                       news->cause, one->id);
        if (outbox_put(txn, &item, &fresh, err))
            return err_add(err, "telling subscriber %s", one->id);
    }
    return OK;
}

enum err_kind alarm_tell(struct txn *txn, const struct subscribers *to,
                         const struct alarm_word *word, struct err *err)
{
    AUTO(doc_free) struct doc *body = body_of(word);
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    doc_canonical(body, &text);
    struct alarm_news news = {.wish = WISH_ALARMS,
                              .kind = "alarm",
                              .body = text.at,
                              .cause = word->cause,
                              .expires =
                                  word->drill ? UTC_NEVER : (struct utc){word->at.s + DAY_S}};
    return alarm_news_tell(txn, to, &news, err);
}
