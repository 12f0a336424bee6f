// Webhooks to subscribers: the body of the message, signed.
#include "core/clock.h"
#include "core/doc.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/subscriber.h"
#include "notify/sms.h"
#include "notify/subscription.h"
#include "notify/webhook.h"

#include <string.h>

enum { CALL_MS = 10000, DOWN_MS = 30000 };

struct hooks {
    const struct site *site;
    const struct host *host;
};

void hook_close(void **self)
{
    mem_free(self);
}

static enum err_kind load_keys(const struct site *site, const struct subscriber *to,
                               struct webhook_keys *out, struct err *err)
{
    AUTO(buf_free) struct buf secret = buf_new(1024);
    if (site_secret(site, to->secret, &secret, err) ||
        webhook_keys_parse(buf_slice(&secret), out, err))
        return err_add(err, "reading keys/%s of subscriber %s", to->secret, to->id);
    return OK;
}

// Every webhook's keys must be there.
static enum err_kind look(const struct site *site, size_t *count, struct err *err)
{
    AUTO(subscribers_free) struct subscribers list = {0};
    if (subscribers_load(site_folder(site), &list, err))
        return err_of(err);
    *count = 0;
    for (size_t i = 0; i < list.count; i++) {
        struct webhook_keys keys;
        if (strcmp(list.at[i].channel, "webhook") != 0)
            continue;
        if (load_keys(site, &list.at[i], &keys, err))
            return err_of(err);
        ++*count;
    }
    return OK;
}

enum err_kind hook_open(const struct site *site, const struct host *host, void **self,
                        struct err *err)
{
    size_t count;
    if (look(site, &count, err))
        return err_of(err);
    struct hooks *hooks = *self = mem_new(1, sizeof(*hooks));
    *hooks = (struct hooks){site, host};
    return OK;
}

static void deliver_one(const struct hooks *hooks, const struct subscribers *list, struct job *job)
{
    struct err why = {0};
    const struct subscriber *to = NULL;
    struct webhook_keys keys;
    AUTO(doc_free) struct doc *body = NULL;
    if (!subscription_begin(list, "webhook", job, &to, &body))
        return;
    if (load_keys(hooks->site, to, &keys, &why)) {
        sms_settle(job, OUTCOME_DOWN, DOWN_MS, "%.190s", why.text);
        return;
    }
    struct webhook_call call = {.url = to->to,
                                .id = job->note->key,
                                .body = job->note->body,
                                .keys = &keys,
                                .now_s = clock_system.now(clock_system.self).s,
                                .timeout_ms = CALL_MS,
                                .may_be_private =
                                    strcmp(site_text(hooks->site, "webhook_within"), "yes") == 0};
    enum err_kind kind = webhook_send(&call, &why);
    if (kind == OK)
        sms_settle(job, OUTCOME_DONE, 0, "webhook");
    else
        sms_settle(job, kind == ERR_LATER ? OUTCOME_RETRY : OUTCOME_REFUSED, 0, "%.190s", why.text);
}

enum err_kind hook_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    const struct hooks *hooks = self;
    AUTO(subscribers_free) struct subscribers list = {0};
    struct err why = {0};
    (void)err;
    bool there = subscribers_load(site_folder(hooks->site), &list, &why) == OK;
    for (size_t i = 0; i < count; i++) {
        (void)hooks->host->beat(hooks->host->self);
        if (there)
            deliver_one(hooks, &list, &job[i]);
        else
            sms_settle(&job[i], OUTCOME_DOWN, DOWN_MS, "%.190s", why.text);
    }
    return OK;
}

// A call without an event would be one: only the keys are looked at.
enum err_kind hook_check(const struct site *site, struct doc *report, struct err *err)
{
    size_t count;
    if (look(site, &count, err))
        return err_of(err);
    doc_put_int(report, "webhooks", (int64_t)count);
    return OK;
}
