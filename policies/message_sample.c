#include "policies/message_sample.h"

#include "core/mem.h"
#include "core/phrase.h"
#include "core/sms.h"
#include "policies/calendar.h"
#include "policies/message.h"
#include "policies/policy.h"

#include <string.h>

enum { TEXT_BYTES_MAX = 8192 };

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

static void put_size(struct doc *one, const char *key, struct str text)
{
    struct sms_size size = sms_measure(text);
    struct doc *way = doc_object();
    doc_put_text(way, "coding", sms_coding_names[size.coding]);
    doc_put_int(way, "units", (int64_t)size.units);
    doc_put_int(way, "parts", (int64_t)size.parts);
    doc_put(one, key, way);
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
    put_size(one, "accents", buf_slice(&text));
    (void)text_ascii(buf_slice(&text), &plain);
    put_size(one, "plain", buf_slice(&plain));
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
