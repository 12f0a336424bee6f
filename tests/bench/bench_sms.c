// 100,000 alert messages: rendered from a policy, counted in parts, queued in the outbox. The bound
// is that of a storm's evening: five seconds.
#include "core/clock.h"
#include "core/doc.h"
#include "core/mem.h"
#include "core/sms.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGES = 100000, PER_COMMIT = 500, BOUND_S = 5, TEXT_MAX = 8192 };

static struct message_values values_of(const struct policy *policy, size_t i)
{
    struct utc at = {1795000000};
    return (struct message_values){.commune = i % 2 ? "Xã Tuy Đức" : "Phường Bắc Gia Nghĩa",
                                   .index_milli = 100000 + (int64_t)(i % 1000) * 100,
                                   .from = at,
                                   .to = {at.s + 3 * DAY_S},
                                   .issued = at,
                                   .next = {at.s + policy->next_update_s},
                                   .probability_milli = 650,
                                   .event = (int64_t)i + 1};
}

// One message as triggers/notice.c makes it, with its size as it will travel.
static size_t queue(struct txn *txn, const struct policy *policy, size_t i, int64_t cause)
{
    struct err err = {0};
    struct message_values values = values_of(policy, i);
    struct sms_limits limits = {SMS_POLICY_AUTO, 3};
    struct sms_size size = {0};
    size_t parts = 0;
    AUTO(doc_free) struct doc *body = doc_object();
    struct doc *texts = doc_object();
    for (int l = 0; l < LANGUAGES; l++) {
        AUTO(buf_free) struct buf text = buf_new(TEXT_MAX), sent = buf_new(TEXT_MAX);
        message_render(policy, &values, (enum language)l, true, &text);
        BENCH_OK(sms_prepare(buf_slice(&text), &limits, &sent, &size, &err), err);
        parts += size.parts;
        doc_put_str(texts, language_names[l], buf_slice(&text));
    }
    AUTO(buf_free) struct buf canonical = buf_new(4 * TEXT_MAX);
    struct outbox_item item = {.channel = "sms", .expires = UTC_NEVER, .cause = cause};
    bool fresh;
    doc_put_text(body, "kind", "alert");
    doc_put_text(body, "policy", policy->id);
    doc_put(body, "text", texts);
    doc_canonical(body, &canonical);
    (void)snprintf(item.key, sizeof(item.key), "alert/%s/%zu", policy->id, i);
    (void)snprintf(item.person, sizeof(item.person), "P-%zu", i);
    item.body = canonical.at;
    BENCH_OK(outbox_put(txn, &item, &fresh, &err), err);
    return parts;
}

void bench_sms(void)
{
    struct err err = {0};
    AUTO(policy_free) struct policy *policy = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t cause = 0;
    size_t parts = 0;
    BENCH_OK(policy_load("policies/bac-kan-heavy-rain.yaml", &policy, &err), err);
    BENCH_OK(ledger_create(bench_folder(), &err), err);
    BENCH_OK(ledger_open(bench_folder(), LEDGER_WRITE, &ledger, &err), err);
    int64_t start_ns = clock_ticks_ns();
    for (size_t i = 0; i < MESSAGES; i += PER_COMMIT) {
        AUTO(ledger_undo) struct txn *txn = NULL;
        BENCH_OK(ledger_begin(ledger, &txn, &err), err);
        if (cause == 0)
            BENCH_OK(ledger_append(txn, "bench", (struct utc){0}, body, &cause, NULL, &err), err);
        for (size_t k = 0; k < PER_COMMIT; k++)
            parts += queue(txn, policy, i + k, cause);
        BENCH_OK(ledger_commit(&txn, &err), err);
    }
    double seconds = (double)(clock_ticks_ns() - start_ns) / 1e9;
    if (parts != (size_t)MESSAGES * 2 * 3)
        bench_fail("sms", "the parts do not add up");
    bench_count("sms: 100,000 alerts in two languages rendered, counted in parts, queued", "s",
                seconds, BOUND_S);
}
