#include "policies/message_sample.h"

#include "core/mem.h"
#include "core/phrase.h"
#include "core/sms_fit.h"
#include "ledger/decision.h"
#include "policies/calendar.h"
#include "policies/message.h"
#include "policies/payout_rule.h"
#include "policies/policy.h"
#include "policies/window.h"
#include "policies/short_text.h"

#include <string.h>

enum { TEXT_BYTES_MAX = 8192 };

// Which of a policy's messages it is.
struct sample {
    const struct policy *policy;
    const char *stage; // NULL: no stages
    bool over, kept;
    const char *language;
    size_t parts;
};

// Far enough past a threshold to be another number, near enough to be possible.
static int64_t past(enum unit unit, int64_t threshold_milli, bool above)
{
    static const int64_t by[UNITS] = {
        [UNIT_RAIN] = 12300,   [UNIT_WIND] = 2300,         [UNIT_TEMPERATURE] = 1300,
        [UNIT_DAYS] = 2000,    [UNIT_DEGREE_DAYS] = 12300, [UNIT_BEAUFORT] = 1000,
        [UNIT_PERCENT] = 2300, [UNIT_NUMBER] = 310,        [UNIT_DISTANCE] = 12000,
        [UNIT_STAGE] = 230,    [UNIT_YIELD] = 230,
    };
    int64_t step = by[unit];
    while (!above && unit != UNIT_NUMBER && step > 0 && step >= threshold_milli)
        step /= 2;
    return above ? threshold_milli + step : threshold_milli - step;
}

static int64_t past_trigger(enum unit unit, const struct trigger_rule *trigger)
{
    bool above = trigger->compare == COMPARE_MORE || trigger->compare == COMPARE_MORE_OR_SAME;
    return past(unit, trigger->threshold_milli, above);
}

static int64_t index_of(const struct policy *policy, const char *stage)
{
    static const int64_t some = 123400;
    const struct payout_rule *payout = &policy->payout;
    enum unit unit = policy->index.unit;
    for (size_t i = 0; stage && policy->stages && i < policy->parts; i++) {
        const struct part *part = &policy->part[i];
        if (strcmp(part->name, stage) == 0 && part->trigger.there)
            return past_trigger(part->index.unit, &part->trigger);
    }
    if (policy->trigger.there)
        return past_trigger(unit, &policy->trigger);
    if (policy->kind == POLICY_INSURANCE && payout->tiers)
        return past(unit, payout->tier[0].threshold_milli,
                    payout->tier_compare == COMPARE_MORE ||
                        payout->tier_compare == COMPARE_MORE_OR_SAME);
    if (policy->kind == POLICY_INSURANCE && payout->average_milli)
        return past(unit, payout->average_milli, false);
    if (policy->kind == POLICY_INSURANCE && payout->strike_milli)
        return past(unit, payout->strike_milli,
                    payout->form == PAYOUT_LINEAR_EXCESS || payout->form == PAYOUT_TICK_EXCESS ||
                        payout->form == PAYOUT_MORTALITY || payout->form == PAYOUT_LAYER);
    return past(unit, unit == UNIT_RAIN ? some : 0, true);
}

// No more days than are looked at.
static int64_t possible(const struct policy *policy, int64_t index_milli)
{
    enum { DAY_MILLI = 1000 };
    int64_t most = window_days(policy) * DAY_MILLI;
    bool counts = policy->index.unit == UNIT_DAYS && policy->index.take != INDEX_FIRST_RAIN;
    return counts && index_milli > most ? most : index_milli;
}

// As long as they come: an amount of a large contract, a long name.
static struct message_values long_values(const struct sample *sample)
{
    const struct policy *policy = sample->policy;
    bool alert = policy->kind == POLICY_ALERT;
    struct utc at = {1795003200}; // 19:00 18/11/2026: runs and steps end on the hour
    return (struct message_values){
        .commune = "Phường Bắc Gia Nghĩa",
        .former =
            alert ? "Phường Quảng Thành, Phường Nghĩa Thành, Phường Nghĩa Đức, Xã Đắk Ha" : NULL,
        .index_milli = possible(policy, index_of(policy, sample->stage)),
        .from = at,
        .to = {at.s + 3 * DAY_S},
        .issued = at,
        .next = calendar_next(policy, at),
        .probability_milli = 650,
        .stage = sample->stage,
        .cancel = sample->over,
        .kept = sample->kept,
        .amount_vnd = 12345000,
        .contract = "BK-000031",
        .period = "2026",
        .official = alert ? "urn:oid:2.49.0.1.704.0.2026.11.18.17.0.0" : NULL,
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

static enum language language_of(const char *language)
{
    bool english = strcmp(language, language_names[LANGUAGE_EN]) == 0;
    return english ? LANGUAGE_EN : LANGUAGE_VI;
}

// What goes out by each policy of a route, as notify/sms makes it.
static void put_sent(const struct sample *sample, const char *whole, struct doc *one)
{
    struct message_values values = long_values(sample);
    AUTO(buf_free) struct buf brief = buf_new(TEXT_BYTES_MAX), former = buf_new(TEXT_BYTES_MAX);
    AUTO(buf_free) struct buf official = buf_new(TEXT_BYTES_MAX);
    short_text(sample->policy, &values, language_of(sample->language), false, &brief);
    message_former(&values, sample->language, &former);
    message_official(&values, sample->language, &official);
    struct sms_texts texts = {
        .whole = whole, .optional = {former.at, official.at}, .brief = brief.at};
    struct doc *sent = doc_object();
    doc_put(one, "sent", sent);
    for (size_t p = 0; sms_policy_names[p]; p++) {
        struct err err = {0};
        struct sms_fitted fitted;
        struct sms_limits limits = {(enum sms_policy)p, sample->parts};
        AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX), said = buf_new(TEXT_BYTES_MAX);
        if (sms_fit(&texts, &limits, &text, &fitted, &err)) {
            struct doc *none = doc_object();
            doc_put_text(none, "refused", err.text);
            doc_put(sent, sms_policy_names[p], none);
            continue;
        }
        struct doc *way = put_size(sent, sms_policy_names[p], &fitted.size);
        bool off = fitted.plain && fitted.said != SMS_SAID_BRIEF;
        buf_print(&said, "%s%s%s", sms_said_names[fitted.said],
                  off && *sms_said_names[fitted.said] ? ", " : "", off ? "accents off" : "");
        doc_put_str(way, "said", buf_slice(&said));
        doc_put_int(way, "letters_lost", (int64_t)fitted.lost);
        doc_put_str(way, "text", buf_slice(&text));
    }
}

static bool write_sample(const struct sample *sample, const struct phrase_book *book,
                         struct buf *text)
{
    struct message_values values = long_values(sample);
    for (int i = 0; i < LANGUAGES; i++) {
        if (strcmp(sample->language, language_names[i]) != 0)
            continue;
        message_render(sample->policy, &values, (enum language)i, false, text);
        return true;
    }
    return message_say(sample->policy, &values, book, sample->language, false, text);
}

static void add_sample(const struct sample *sample, const struct phrase_book *book, bool usable,
                       struct doc *list)
{
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX), plain = buf_new(TEXT_BYTES_MAX);
    AUTO(buf_free) struct buf lost = buf_new(TEXT_BYTES_MAX);
    struct doc *one = doc_object();
    doc_push(list, one);
    doc_put_text(one, "language", sample->language);
    if (sample->stage)
        doc_put_text(one, "stage", sample->stage);
    if (sample->over)
        doc_put_bool(one, "over", true);
    if (sample->kept)
        doc_put_bool(one, "kept", true);
    if (!write_sample(sample, book, &text)) {
        doc_put_text(one, "missing",
                     usable ? "no text of this policy; Vietnamese is sent"
                            : "not approved yet; Vietnamese is sent");
        return;
    }
    doc_put_str(one, "text", buf_slice(&text));
    measure(one, "accents", buf_slice(&text));
    sms_plain(buf_slice(&text), &plain, &lost);
    measure(one, "plain", buf_slice(&plain));
    if (lost.len)
        doc_put_str(one, "lost", buf_slice(&lost));
    put_sent(sample, text.at, one);
}

// Whether an alert can fall to this stage, and be kept there.
static bool can_be_kept(const struct policy *policy, size_t stage)
{
    return stage + 1 < policy->parts && policy->part[stage + 1].level < ALERT_LEVEL_HELD;
}

static void add_stages(struct sample sample, const struct phrase_book *book, bool usable,
                       struct doc *list)
{
    for (size_t s = 0; s < sample.policy->parts; s++) {
        sample.stage = sample.policy->part[s].name;
        sample.kept = false;
        add_sample(&sample, book, usable, list);
        sample.kept = true;
        if (can_be_kept(sample.policy, s))
            add_sample(&sample, book, usable, list);
    }
}

void message_samples(const struct policy *policy, const struct phrase_book *book, size_t parts,
                     struct doc *list)
{
    for (size_t i = 0; i < phrase_languages(book); i++) {
        struct phrase_language language = phrase_language(book, i);
        struct sample sample = {.policy = policy, .language = language.code, .parts = parts};
        if (!policy->stages)
            add_sample(&sample, book, language.usable, list);
        else
            add_stages(sample, book, language.usable, list);
        sample.over = true;
        if (policy->kind == POLICY_ALERT)
            add_sample(&sample, book, language.usable, list);
    }
}
