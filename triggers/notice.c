#include "triggers/notice.h"

#include "core/doc.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/phrase.h"
#include "ledger/map.h"
#include "ledger/outbox.h"
#include "ledger/people.h"
#include "policies/actions.h"
#include "policies/calendar.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "policies/short_text.h"
#include "triggers/evaluate.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LANE_ALERT = 0, LANE_MONEY = 1, LANE_NOTE = 2, BODY_BYTES_MAX = 65536 };
// Who is asked later remembers no more.
enum { QUESTION_VALID_S = 3 * DAY_S };

void notice_key(char out[96], const char *format, ...)
{
    enum { ROOM = 96, KEPT = 62 };
    char whole[512];
    va_list values;
    va_start(values, format);
    int len = vsnprintf(whole, sizeof(whole), format, values);
    va_end(values);
    assert(len > 0 && (size_t)len < sizeof(whole));
    if (len < ROOM) {
        memcpy(out, whole, (size_t)len + 1);
        return;
    }
    struct hash_hex hex = hash_hex(hash_of((struct str){whole, (size_t)len}));
    int cut = snprintf(out, ROOM, "%.*s#%.32s", KEPT, whole, hex.at);
    assert(cut > 0 && cut < ROOM);
}

static void copy_id(char *out, size_t size, const char *id)
{
    assert(strlen(id) < size);
    memcpy(out, id, strlen(id) + 1);
}

static struct message_values values_of(const struct notice *notice)
{
    struct utc as_of = notice->occasion->as_of;
    return (struct message_values){
        .commune = notice->commune->name,
        .former = notice->commune->formerly,
        .index_milli = decision_stated(notice->result),
        .from = notice->occasion->from,
        .to = notice->occasion->to,
        .issued = as_of,
        .next = calendar_next(notice->policy, as_of),
        .probability_milli = notice->result->probability_milli,
        .period = notice->occasion->period,
        .stage = notice->result->stage,
        .cancel = notice->cancel,
        .kept = notice->kept,
        .official = notice->official,
        .event = notice->cause,
    };
}

void notice_text(const struct notice *notice, enum language language, struct buf *out)
{
    struct message_values values = values_of(notice);
    message_render(notice->policy, &values, language, notice->drill, out);
}

static struct doc *short_texts(const struct notice *notice, const struct message_values *values)
{
    struct doc *made = doc_object();
    for (int i = 0; i < LANGUAGES; i++) {
        AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
        short_text(notice->policy, values, (enum language)i, notice->drill, &text);
        doc_put_str(made, language_names[i], buf_slice(&text));
    }
    return made;
}

// A part of each of the texts that may be taken out of it where there is no room for it.
static void put_part(struct doc *body, const struct notice *notice,
                     const struct message_values *values, const char *key,
                     void (*say_part)(const struct message_values *values, const char *language,
                                      struct buf *out))
{
    AUTO(doc_free) struct doc *made = doc_object();
    size_t more = notice->phrases ? phrase_languages(notice->phrases) : 0;
    for (size_t i = 0; i < LANGUAGES + more; i++) {
        AUTO(buf_free) struct buf part = buf_new(BODY_BYTES_MAX);
        const char *language = i < LANGUAGES ? language_names[i]
                                             : phrase_language(notice->phrases, i - LANGUAGES).code;
        if (!doc_get(doc_get(body, "text"), language))
            continue;
        say_part(values, language, &part);
        if (part.len)
            doc_put_str(made, language, buf_slice(&part));
    }
    if (doc_count(made))
        doc_put(body, key, TAKE(made));
}

// What people do, by its step, for whoever says it apart from the text (CAP).
static void put_actions(struct doc *body, const struct notice *notice,
                        const struct message_values *values)
{
    const struct actions *actions =
        notice->cancel ? NULL : actions_of(notice->policy, values->stage);
    if (!actions)
        return;
    struct doc *made = doc_object(), *said = doc_object();
    doc_put_text(made, "step", action_steps[actions->step]);
    for (int i = 0; i < LANGUAGES; i++) {
        AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
        actions_say(actions, (enum language)i, &text);
        doc_put_str(said, language_names[i], buf_slice(&text));
    }
    doc_put(made, "text", said);
    doc_put(body, "actions", made);
}

// Whether what is warned of is said to come or was measured, for whoever says it apart (CAP).
static enum watch watch_of(const struct policy *policy, const char *stage)
{
    for (size_t i = 0; policy->stages && stage && i < policy->parts; i++) {
        if (strcmp(policy->part[i].name, stage) == 0)
            return policy->part[i].watch;
    }
    return policy->watch;
}

static void put_stage(struct doc *body, const struct notice *notice)
{
    const char *stage = notice->policy->stages ? notice->result->stage : NULL;
    if (notice->cancel)
        return;
    if (stage)
        doc_put_text(body, "stage", stage);
    if (watch_of(notice->policy, stage) == WATCH_OBSERVATION)
        doc_put_bool(body, "measured", true);
}

static struct doc *texts(const struct notice *notice, const struct message_values *values)
{
    struct doc *made = doc_object();
    for (int i = 0; i < LANGUAGES; i++) {
        AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
        message_render(notice->policy, values, (enum language)i, notice->drill, &text);
        doc_put_str(made, language_names[i], buf_slice(&text));
    }
    for (size_t i = 0; notice->phrases && i < phrase_languages(notice->phrases); i++) {
        struct phrase_language language = phrase_language(notice->phrases, i);
        AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
        if (!doc_get(made, language.code) && message_say(notice->policy, values, notice->phrases,
                                                         language.code, notice->drill, &text))
            doc_put_str(made, language.code, buf_slice(&text));
    }
    return made;
}

struct doc *notice_body(const struct notice *notice, const char *kind)
{
    struct doc *body = doc_object();
    doc_put_text(body, "kind", kind);
    doc_put_bool(body, "drill", notice->drill);
    doc_put_text(body, "policy", notice->policy->id);
    doc_put_int(body, "version", notice->policy->version);
    doc_put_text(body, "period", notice->occasion->period);
    return body;
}

static void put_place(struct doc *body, const struct notice *notice, struct doc *contracts,
                      const struct message_values *values)
{
    doc_put_text(body, "commune", notice->commune->code);
    doc_put_text(body, "commune_name", notice->commune->name);
    doc_put(body, "contracts", contracts);
    doc_put(body, "text", texts(notice, values));
}

enum err_kind notice_put(struct txn *txn, struct outbox_item *item, const struct doc *body,
                         bool *fresh, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    doc_canonical(body, &text);
    if (text.full)
        return err_set(err, ERR_BROKEN, "message %s is over %d bytes", item->key, BODY_BYTES_MAX);
    item->body = text.at;
    return outbox_put(txn, item, fresh, err);
}

struct utc notice_stale_after(const struct notice *notice)
{
    if (notice->drill)
        return UTC_NEVER;
    if (notice->policy->watch == WATCH_FORECAST)
        return notice->occasion->to;
    return calendar_next(notice->policy, notice->occasion->as_of);
}

static enum err_kind alert_person(struct txn *txn, const struct notice *notice,
                                  const struct contract *contract, size_t count, bool *fresh,
                                  struct err *err)
{
    const struct policy *policy = notice->policy;
    struct outbox_item item = {.channel = "sms",
                               .lane = LANE_ALERT,
                               .expires = notice_stale_after(notice),
                               .cause = notice->cause};
    char again[24] = "";
    if (notice->again) {
        int len = snprintf(again, sizeof(again), "/%" PRId64, notice->again);
        assert(len > 0 && (size_t)len < sizeof(again));
    }
    notice_key(item.key, "%s/%s/%s/%s/%s%s", notice->cancel ? "cancel" : "alert", policy->id,
               notice->commune->code, notice->occasion->period, contract->person, again);
    copy_id(item.person, sizeof(item.person), contract->person);
    // The newest word on a place is what people need. A drill shows every one of them.
    if (!notice->drill)
        notice_key(item.thread, "alert/%s/%s/%s", policy->id, notice->commune->code,
                   contract->person);
    struct message_values values = values_of(notice);
    struct doc *contracts = doc_array();
    for (size_t i = 0; i < count; i++)
        doc_push_text(contracts, contract[i].id);
    AUTO(doc_free) struct doc *body = notice_body(notice, notice->cancel ? "cancel" : "alert");
    put_place(body, notice, contracts, &values);
    put_part(body, notice, &values, "former", message_former);
    put_part(body, notice, &values, "bulletin", message_official);
    doc_put(body, "short", short_texts(notice, &values));
    put_actions(body, notice, &values);
    put_stage(body, notice);
    return notice_put(txn, &item, body, fresh, err);
}

static void say_question(const struct notice *notice, struct doc *texts, const char *language)
{
    struct utc_text from = utc_local_text(notice->occasion->from);
    struct utc_text to = utc_local_text(notice->occasion->to);
    struct phrase_value value[] = {
        {"commune", notice->commune->name}, {"from", from.at}, {"to", to.at}};
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    if (notice->drill) {
        (void)phrase_say(notice->phrases, PHRASE_DRILL, language, NULL, 0, &text);
        buf_char(&text, ' ');
    }
    (void)phrase_say(notice->phrases, PHRASE_QUESTION, language, value, COUNT_OF(value), &text);
    doc_put_str(texts, language, buf_slice(&text));
}

// An alert that rain sets off, which is all that the question asks about: not heat, nor drought.
static bool is_of_much_rain(const struct policy *policy)
{
    const struct trigger_rule *trigger =
        policy->stages && policy->parts ? &policy->part[0].trigger : &policy->trigger;
    bool most = trigger->compare == COMPARE_MORE || trigger->compare == COMPARE_MORE_OR_SAME;
    return strcmp(policy->variable, "rain") == 0 && trigger->there && most;
}

// "Did it rain?", when the time that the alert spoke of is over. A newer alert of the place takes
// the place of a question that still waits.
static enum err_kind ask_person(struct txn *txn, const struct notice *notice,
                                const struct contract *contract, struct err *err)
{
    int64_t due_s = notice->occasion->to.s + notice->ask_after_s;
    struct outbox_item item = {.channel = "sms",
                               .lane = LANE_NOTE,
                               .due_ms = notice->drill ? 0 : due_s * 1000,
                               .expires = notice->drill ? UTC_NEVER
                                                        : (struct utc){due_s + QUESTION_VALID_S},
                               .cause = notice->cause};
    bool fresh;
    AUTO(doc_free) struct doc *body = notice_body(notice, "question");
    struct doc *texts = doc_object();
    struct doc *brief = doc_object();
    struct message_values values = values_of(notice);
    doc_put(body, "text", texts);
    doc_put(body, "short", brief);
    doc_put_text(body, "commune", notice->commune->code);
    for (int i = 0; i < LANGUAGES; i++) {
        AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
        short_question(&values, (enum language)i, notice->drill, &text);
        doc_put_str(brief, language_names[i], buf_slice(&text));
    }
    for (size_t i = 0; i < phrase_languages(notice->phrases); i++) {
        struct phrase_language language = phrase_language(notice->phrases, i);
        if (language.usable)
            say_question(notice, texts, language.code);
    }
    notice_key(item.key, "question/%s/%s/%s/%s", notice->policy->id, notice->commune->code,
               notice->occasion->period, contract->person);
    notice_key(item.thread, "question/%s/%s/%s", notice->policy->id, notice->commune->code,
               contract->person);
    copy_id(item.person, sizeof(item.person), contract->person);
    return notice_put(txn, &item, body, &fresh, err);
}

enum err_kind notice_alert(struct txn *txn, const struct notice *notice,
                           const struct contract *contract, size_t count, size_t *sent,
                           struct err *err)
{
    // What is kept was said by an older run, whose question waits.
    bool asks = notice->ask_after_s > 0 && !notice->cancel && !notice->kept && notice->phrases &&
                is_of_much_rain(notice->policy);
    for (size_t i = 0, next; i < count; i = next) {
        next = i + 1;
        while (next < count && strcmp(contract[next].person, contract[i].person) == 0)
            next++;
        bool fresh = false;
        if (alert_person(txn, notice, &contract[i], next - i, &fresh, err) ||
            (asks && ask_person(txn, notice, &contract[i], err)))
            return err->kind;
        *sent += fresh;
    }
    return OK;
}

static enum err_kind put_payment(struct txn *txn, const struct notice *notice,
                                 const struct contract *contract, struct money amount,
                                 struct err *err)
{
    const char *period = notice->occasion->period, *policy = notice->policy->id;
    // In earnest people approve it first; a drill moves no money.
    struct outbox_item item = {.channel = "pay",
                               .lane = LANE_MONEY,
                               .expires = UTC_NEVER,
                               .cause = notice->cause,
                               .held = !notice->drill};
    notice_key(item.key, "pay/%s/%s/%s", contract->id, period, policy);
    copy_id(item.person, sizeof(item.person), contract->person);
    copy_id(item.contract, sizeof(item.contract), contract->id);
    AUTO(doc_free) struct doc *body = notice_body(notice, "payout");
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRId64, amount.minor);
    assert(len > 0 && (size_t)len < sizeof(digits));
    doc_put_text(body, "contract", contract->id);
    doc_put_text(body, "amount_vnd", digits);
    bool fresh;
    return notice_put(txn, &item, body, &fresh, err);
}

enum err_kind notice_payout(struct txn *txn, const struct notice *notice,
                            const struct contract *contract, struct money amount, struct err *err)
{
    assert(amount.minor > 0 && strcmp(amount.currency, "VND") == 0);
    assert(amount.minor <= contract->sum_insured.minor);
    if (put_payment(txn, notice, contract, amount, err))
        return err->kind;
    struct outbox_item item = {
        .channel = "sms", .lane = LANE_NOTE, .expires = UTC_NEVER, .cause = notice->cause};
    notice_key(item.key, "payout-note/%s/%s/%s", contract->id, notice->occasion->period,
               notice->policy->id);
    copy_id(item.person, sizeof(item.person), contract->person);
    copy_id(item.contract, sizeof(item.contract), contract->id);
    struct message_values values = values_of(notice);
    values.amount_vnd = amount.minor;
    values.contract = contract->id;
    values.former = NULL; // the contract says which place; a warning needs the room, this one not
    struct doc *contracts = doc_array();
    doc_push_text(contracts, contract->id);
    AUTO(doc_free) struct doc *body = notice_body(notice, "payout");
    put_place(body, notice, contracts, &values);
    doc_put(body, "short", short_texts(notice, &values));
    bool fresh;
    return notice_put(txn, &item, body, &fresh, err);
}
