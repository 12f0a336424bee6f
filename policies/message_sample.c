#include "policies/message_sample.h"

#include "core/mem.h"
#include "core/phrase.h"
#include "core/sms_fit.h"
#include "policies/calendar.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "policies/short_text.h"

#include <string.h>

enum { TEXT_BYTES_MAX = 8192, ROUTE_PARTS = 3 };

// As long as they come: an amount of a large contract, a long name.
static struct message_values long_values(const struct policy *policy, const char *stage)
{
    struct utc at = {1795000000};
    return (struct message_values){
        .commune = "Phường Bắc Gia Nghĩa",
        .index_milli = policy->trigger.there ? policy->trigger.threshold_milli + 12300 : 123400,
        .from = at,
        .to = {at.s + 3 * DAY_S},
        .issued = at,
        .next = calendar_next(policy, at),
        .probability_milli = 650,
        .stage = stage,
        .amount_vnd = 12345000,
        .contract = "BK-000031",
        .period = "2026",
        .event = 123456,
    };
}

static struct doc *put_size(struct doc *one, const char *key, const struct sms_size *size)
{
    struct doc *way = doc_object();
    doc_put_text(way, "coding", sms_coding_names[size->coding]);
    doc_put_int(way, "units", (int64_t)size->units);
    doc_put_int(way, "parts", (int64_t)size->parts);
    doc_put(one, key, way);
    return way;
}

static void measure(struct doc *one, const char *key, struct str text)
{
    struct sms_size size = sms_measure(text);
    (void)put_size(one, key, &size);
}

// What goes out by each policy of a route that takes three parts, as notify/sms makes it.
static void put_sent(const struct policy *policy, const char *stage, const char *language,
                     const char *whole, struct doc *one)
{
    struct message_values values = long_values(policy, stage);
    AUTO(buf_free) struct buf brief = buf_new(TEXT_BYTES_MAX);
    bool english = strcmp(language, language_names[LANGUAGE_EN]) == 0;
    short_text(policy, &values, english ? LANGUAGE_EN : LANGUAGE_VI, false, &brief);
    struct sms_texts texts = {.whole = whole, .brief = brief.at};
    struct doc *sent = doc_object();
    doc_put(one, "sent", sent);
    for (size_t p = 0; sms_policy_names[p]; p++) {
        struct err err = {0};
        struct sms_fitted fitted;
        struct sms_limits limits = {(enum sms_policy)p, ROUTE_PARTS};
        AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
        if (sms_fit(&texts, &limits, &text, &fitted, &err)) {
            struct doc *none = doc_object();
            doc_put_text(none, "refused", err.text);
            doc_put(sent, sms_policy_names[p], none);
            continue;
        }
        struct doc *way = put_size(sent, sms_policy_names[p], &fitted.size);
        bool is_brief = fitted.said == SMS_SAID_BRIEF;
        doc_put_text(way, "said",
                     is_brief       ? sms_said_names[fitted.said]
                     : fitted.plain ? "accents off"
                                    : "");
        doc_put_int(way, "letters_lost", (int64_t)fitted.lost);
        doc_put_str(way, "text", buf_slice(&text));
    }
}

static bool write_sample(const struct policy *policy, const char *stage,
                         const struct phrase_book *book, const char *language, struct buf *text)
{
    struct message_values values = long_values(policy, stage);
    for (int i = 0; i < LANGUAGES; i++) {
        if (strcmp(language, language_names[i]) != 0)
            continue;
        message_render(policy, &values, (enum language)i, false, text);
        return true;
    }
    return message_say(policy, &values, book, language, false, text);
}

static void add_sample(const struct policy *policy, const char *stage,
                       const struct phrase_book *book, const struct phrase_language *language,
                       struct doc *list)
{
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX), plain = buf_new(TEXT_BYTES_MAX);
    AUTO(buf_free) struct buf lost = buf_new(TEXT_BYTES_MAX);
    struct doc *one = doc_object();
    doc_push(list, one);
    doc_put_text(one, "language", language->code);
    if (stage)
        doc_put_text(one, "stage", stage);
    if (!write_sample(policy, stage, book, language->code, &text)) {
        doc_put_text(one, "missing",
                     language->usable ? "no text of this policy; Vietnamese is sent"
                                      : "not approved yet; Vietnamese is sent");
        return;
    }
    doc_put_str(one, "text", buf_slice(&text));
    measure(one, "accents", buf_slice(&text));
    sms_plain(buf_slice(&text), &plain, &lost);
    measure(one, "plain", buf_slice(&plain));
    if (lost.len)
        doc_put_str(one, "lost", buf_slice(&lost));
    put_sent(policy, stage, language->code, text.at, one);
}

void message_samples(const struct policy *policy, const struct phrase_book *book, struct doc *list)
{
    for (size_t i = 0; i < phrase_languages(book); i++) {
        struct phrase_language language = phrase_language(book, i);
        if (!policy->stages)
            add_sample(policy, NULL, book, &language, list);
        for (size_t s = 0; policy->stages && s < policy->parts; s++)
            add_sample(policy, policy->part[s].name, book, &language, list);
    }
}
