#include "policies/message.h"

#include "core/mem.h"
#include "core/phrase.h"
#include "policies/actions.h"
#include "policies/policy.h"
#include "policies/state_text.h"
#include "policies/when.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    MESSAGE_BYTES_MAX = 600,
    FORMER_BYTES_MAX = 240, // more than former_said says
    EVENT_BYTES_MAX = 64,
    OFFICIAL_BYTES_MAX = 80,
    ACTIONS_SAID_MAX = 300,                  // with their step, said once
    STAGES_SAID_MAX = MESSAGE_BYTES_MAX / 7, // {stage}
    RENDERED_BYTES_MAX = 6 * MESSAGE_BYTES_MAX + 2 * FORMER_BYTES_MAX + ACTIONS_SAID_MAX +
                         STAGES_SAID_MAX * LINE_BYTES_MAX
};

static bool in_any(const struct policy *policy, const struct part *stage)
{
    (void)policy;
    (void)stage;
    return true;
}

static bool in_alert(const struct policy *policy, const struct part *stage)
{
    (void)stage;
    return policy->kind == POLICY_ALERT;
}

static bool in_insurance(const struct policy *policy, const struct part *stage)
{
    (void)stage;
    return policy->kind == POLICY_INSURANCE;
}

static bool has_trigger(const struct policy *policy, const struct part *stage)
{
    return policy->trigger.there || stage;
}

static bool has_strike(const struct policy *policy, const struct part *stage)
{
    (void)stage;
    return policy->kind == POLICY_INSURANCE && policy->payout.strike_milli != 0;
}

static bool has_members(const struct policy *policy, const struct part *stage)
{
    return (stage ? stage->ensemble.members : policy->ensemble.members) > 0;
}

static bool has_index(const struct policy *policy, const struct part *stage)
{
    (void)stage;
    return !policy->phases;
}

static bool has_stages(const struct policy *policy, const struct part *stage)
{
    (void)stage;
    return policy->stages;
}

static bool has_actions(const struct policy *policy, const struct part *stage)
{
    (void)stage;
    return actions_there(policy);
}

static void say_actions(const struct policy *policy, const struct message_values *values,
                        enum language language, struct buf *out)
{
    const struct actions *actions = actions_of(policy, values->stage);
    if (actions)
        actions_say(actions, language, out);
}

static void say_stage(const struct policy *policy, const struct message_values *values,
                      enum language language, struct buf *out)
{
    const struct part *stage = policy_stage(policy, values->stage);
    buf_text(out, stage ? part_title(stage, language) : "");
}

static void say_commune(const struct policy *policy, const struct message_values *values,
                        enum language language, struct buf *out)
{
    (void)policy;
    (void)language;
    buf_text(out, values->commune);
}

static void say_index(const struct policy *policy, const struct message_values *values,
                      enum language language, struct buf *out)
{
    unit_say(out, values->index_milli, policy->index.unit, language);
}

static void say_threshold(const struct policy *policy, const struct message_values *values,
                          enum language language, struct buf *out)
{
    const struct part *stage = policy_stage(policy, values->stage);
    const struct trigger_rule *trigger = stage ? &stage->trigger : &policy->trigger;
    unit_say(out, trigger->threshold_milli, policy->index.unit, language);
}

static void say_strike(const struct policy *policy, const struct message_values *values,
                       enum language language, struct buf *out)
{
    (void)values;
    unit_say(out, policy->payout.strike_milli, policy->index.unit, language);
}

static void say_from(const struct policy *policy, const struct message_values *values,
                     enum language language, struct buf *out)
{
    (void)policy;
    (void)language;
    buf_text(out, utc_local_text(values->from).at);
}

static void say_to(const struct policy *policy, const struct message_values *values,
                   enum language language, struct buf *out)
{
    (void)policy;
    (void)language;
    buf_text(out, utc_local_text(values->to).at);
}

static void say_issued(const struct policy *policy, const struct message_values *values,
                       enum language language, struct buf *out)
{
    (void)policy;
    (void)language;
    buf_text(out, utc_local_text(values->issued).at);
}

static void say_next(const struct policy *policy, const struct message_values *values,
                     enum language language, struct buf *out)
{
    (void)policy;
    (void)language;
    buf_text(out, utc_local_text(values->next).at);
}

static void say_when(const struct policy *policy, const struct message_values *values,
                     enum language language, struct buf *out)
{
    (void)policy;
    when_say_span(values->from, values->to, language, out);
}

static void say_probability(const struct policy *policy, const struct message_values *values,
                            enum language language, struct buf *out)
{
    (void)policy;
    unit_number(out, values->probability_milli * 100, language);
    buf_text(out, " %");
}

static void say_amount(const struct policy *policy, const struct message_values *values,
                       enum language language, struct buf *out)
{
    (void)policy;
    unit_money(out, values->amount_vnd, language);
    buf_text(out, language == LANGUAGE_VI ? " đồng" : " VND");
}

static void say_contract(const struct policy *policy, const struct message_values *values,
                         enum language language, struct buf *out)
{
    (void)policy;
    (void)language;
    buf_text(out, values->contract);
}

static void say_period(const struct policy *policy, const struct message_values *values,
                       enum language language, struct buf *out)
{
    (void)policy;
    (void)language;
    buf_text(out, values->period);
}

// Every placeholder: when it fits (in the text of one stage, or of the policy: NULL), whether an
// alert or a payout must have it, and whether it is a reason to warn.
static const struct placeholder {
    const char *name;
    bool (*fits)(const struct policy *policy, const struct part *stage);
    bool alert_needs, insurance_needs, is_reason;
    void (*say)(const struct policy *policy, const struct message_values *values,
                enum language language, struct buf *out);
} placeholders[] = {
    {"commune", in_any, true, true, false, say_commune},
    {"stage", has_stages, false, false, true, say_stage},
    {"index", has_index, false, false, true, say_index},
    {"from", in_any, false, false, false, say_from},
    {"to", in_any, false, false, false, say_to},
    {"when", in_any, false, false, false, say_when},
    {"threshold", has_trigger, false, false, true, say_threshold},
    {"strike", has_strike, false, false, false, say_strike},
    {"probability", has_members, false, false, true, say_probability},
    {"issued", in_any, true, false, false, say_issued},
    {"next", in_alert, true, false, false, say_next},
    {"amount", in_insurance, false, true, false, say_amount},
    {"contract", in_insurance, false, true, false, say_contract},
    {"period", in_insurance, false, false, false, say_period},
    {"actions", has_actions, false, false, false, say_actions},
};

static const struct placeholder *find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(placeholders); i++) {
        if (str_is(name, placeholders[i].name))
            return &placeholders[i];
    }
    return NULL;
}

static enum err_kind refuse_unknown(const struct policy *policy, const struct part *stage,
                                    struct str name, struct err *err)
{
    const char *names[COUNT_OF(placeholders) + 1] = {0};
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(placeholders); i++) {
        if (placeholders[i].fits(policy, stage))
            names[count++] = placeholders[i].name;
    }
    if (find(name))
        return err_set(err, ERR_INPUT, "{" STR_FMT "} does not fit this %s; take it out",
                       STR_ARG(name), stage ? "stage" : "policy");
    const char *nearest = text_nearest(name, names);
    if (nearest)
        return err_set(err, ERR_INPUT, "unknown placeholder {" STR_FMT "}; did you mean {%s}?",
                       STR_ARG(name), nearest);
    AUTO(buf_free) struct buf list = buf_new(300);
    for (size_t i = 0; i < count; i++)
        buf_print(&list, "%s{%s}", i ? ", " : "", names[i]);
    return err_set(err, ERR_INPUT, "unknown placeholder {" STR_FMT "}; known here: %s",
                   STR_ARG(name), list.at ? list.at : "");
}

// Moves past the next piece of plain text and the placeholder after it; false at the end. `name`
// has no bytes when the text ends without one, and at is NULL when a brace is left open.
static bool take_piece(struct str *rest, struct str *plain, struct str *name, bool *open)
{
    if (rest->len == 0)
        return false;
    *name = (struct str){NULL, 0};
    *open = false;
    const char *brace = memchr(rest->at, '{', rest->len);
    plain->at = rest->at;
    plain->len = brace ? (size_t)(brace - rest->at) : rest->len;
    rest->at += plain->len;
    rest->len -= plain->len;
    if (!brace)
        return true;
    const char *end = memchr(rest->at, '}', rest->len);
    if (!end) {
        *open = true;
        return true;
    }
    *name = (struct str){rest->at + 1, (size_t)(end - rest->at) - 1};
    rest->len -= name->len + 2;
    rest->at = end + 1;
    return true;
}

const char *message_mixed(const char *text)
{
    static const char *const signs[] = {"[QC]", "[AD]", "http://", "https://", "www."};
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (strcasestr(text, signs[i]))
            return signs[i];
    }
    return NULL;
}

// Which text of a policy it is.
enum said { SAID_ON, SAID_OFF };

// Which placeholders of the table a text has.
struct seen {
    bool at[COUNT_OF(placeholders)];
};

static bool is_actions(const struct placeholder *placeholder)
{
    return placeholder->say == say_actions;
}

static enum err_kind check_needed(const struct policy *policy, enum said said,
                                  const struct seen *seen, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(placeholders); i++) {
        const struct placeholder *one = &placeholders[i];
        bool needed = policy->kind == POLICY_ALERT ? one->alert_needs : one->insurance_needs;
        needed = needed || (is_actions(one) && said == SAID_ON && actions_there(policy));
        if (needed && !seen->at[i])
            return err_set(err, ERR_INPUT, "the message does not say {%s}; put it in", one->name);
    }
    return OK;
}

static enum err_kind check_reason(const struct policy *policy, const struct part *stage,
                                  const struct seen *seen, struct err *err)
{
    const char *reason = NULL;
    bool has_reason = false;
    for (size_t i = 0; i < COUNT_OF(placeholders); i++) {
        has_reason = has_reason || (placeholders[i].is_reason && seen->at[i]);
        if (placeholders[i].is_reason && placeholders[i].fits(policy, stage))
            reason = placeholders[i].name;
    }
    if (!reason || has_reason)
        return OK;
    return err_set(err, ERR_INPUT,
                   "the message does not say why it warns; put in {index}, {threshold}, "
                   "{probability} or {stage}, here for example {%s}",
                   reason);
}

static enum err_kind check(const struct policy *policy, const struct part *stage, const char *text,
                           enum said said, struct seen *seen, struct err *err)
{
    bool open;
    struct str rest = str_of(text), plain, name;
    if (message_mixed(text))
        return err_set(err, ERR_INPUT,
                       "\"%s\" belongs into advertising, which is never mixed with warnings and "
                       "payouts; take it out",
                       message_mixed(text));
    if (rest.len > MESSAGE_BYTES_MAX)
        return err_set(err, ERR_INPUT, "longer than %d bytes; a farmer reads it on a small phone",
                       MESSAGE_BYTES_MAX);
    while (take_piece(&rest, &plain, &name, &open)) {
        if (open)
            return err_set(err, ERR_INPUT, "a brace is open; write the placeholder as {commune}");
        if (memchr(plain.at, '}', plain.len))
            return err_set(err, ERR_INPUT, "a brace closes that was never open; take it out");
        if (!name.at)
            continue;
        const struct placeholder *placeholder = find(name);
        if (!placeholder || !placeholder->fits(policy, stage))
            return refuse_unknown(policy, stage, name, err);
        if (is_actions(placeholder) && said == SAID_OFF)
            return err_set(err, ERR_INPUT,
                           "when the alert is over there is nothing to do for it; take {actions} "
                           "out");
        if (is_actions(placeholder) && seen->at[placeholder - placeholders])
            return err_set(err, ERR_INPUT, "{actions} stands twice; say them once");
        seen->at[placeholder - placeholders] = true;
    }
    return check_needed(policy, said, seen, err);
}

enum err_kind message_check(const struct policy *policy, const struct part *stage, const char *text,
                            struct err *err)
{
    struct seen seen = {0};
    return check(policy, stage, text, SAID_ON, &seen, err);
}

enum err_kind message_check_cancel(const struct policy *policy, const char *text, struct err *err)
{
    struct seen seen = {0};
    return check(policy, NULL, text, SAID_OFF, &seen, err);
}

enum err_kind message_check_new(const struct policy *policy, const struct part *stage,
                                const char *text, struct err *err)
{
    struct seen seen = {0};
    if (check(policy, stage, text, SAID_ON, &seen, err))
        return err_of(err);
    return policy->kind == POLICY_ALERT ? check_reason(policy, stage, &seen, err) : OK;
}

const char *message_drill_mark(enum language language)
{
    return language == LANGUAGE_VI ? "[DIỄN TẬP] " : "[DRILL] ";
}

void message_former(const struct message_values *values, const char *language, struct buf *out)
{
    const char *word = strcmp(language, "vi") == 0   ? "trước đây gồm "
                       : strcmp(language, "en") == 0 ? "formerly "
                                                     : "";
    if (values->former && *values->former && strlen(values->former) <= FORMER_BYTES_MAX)
        buf_print(out, " (%s%s)", word, values->former);
}

void message_official(const struct message_values *values, const char *language, struct buf *out)
{
    const char *number = values->official;
    if (number && *number && strlen(number) <= OFFICIAL_BYTES_MAX)
        buf_print(out, " %s %s.",
                  strcmp(language, "en") == 0 ? "Official bulletin no." : "Bản tin chính thức số",
                  number);
}

// A policy's text, and what it says for {actions}; NULL: the policy's own.
struct wording {
    const char *text, *actions;
};

// The text with its values filled in, numbers and dates as in `figures`.
static void fill_in(const struct policy *policy, const struct message_values *values,
                    struct wording wording, const char *language, enum language figures,
                    struct buf *out)
{
    struct str rest = str_of(wording.text), plain, name;
    bool open, is_told = false;
    while (take_piece(&rest, &plain, &name, &open)) {
        assert(!open);
        buf_str(out, plain);
        if (!name.at)
            continue;
        const struct placeholder *placeholder = find(name);
        if (is_actions(placeholder) && wording.actions)
            buf_text(out, wording.actions);
        else
            placeholder->say(policy, values, figures, out);
        if (!is_told && str_is(name, "commune")) {
            message_former(values, language, out);
            is_told = true;
        }
    }
}

static void put_clean(const struct buf *made, struct buf *out)
{
    assert(!made->full);
    struct err err = {0};
    enum err_kind kind = text_nfc(buf_slice(made), out, &err);
    assert(kind == OK);
}

// "4711"; of a payout, whose text need not say it, with the time at which it was decided: "4711, 7h
// 7/9".
static void say_event(const struct policy *policy, const struct message_values *values,
                      enum language language, struct buf *out)
{
    buf_print(out, "%" PRId64, values->event);
    if (policy->kind == POLICY_INSURANCE) {
        buf_text(out, ", ");
        when_say(values->issued, language, out);
    }
}

// The stage that is on, when it has a message of its own.
static const struct part *own_words(const struct policy *policy, const char *stage)
{
    const struct part *part = policy_stage(policy, stage);
    return part && part->has_message ? part : NULL;
}

size_t message_title_head(const char *title)
{
    size_t head = strcspn(title, ",");
    while (title[head] && isdigit((unsigned char)title[head + 1]))
        head += 1 + strcspn(title + head + 1, ",");
    return head;
}

// The policy's own words, or where it has none the program's.
static void say_text(const struct policy *policy, const struct message_values *values,
                     enum language language, struct buf *out)
{
    const struct part *own = own_words(policy, values->stage);
    const struct texts *texts = values->cancel ? &policy->cancel
                                : own          ? &own->message
                                               : &policy->message;
    if (values->cancel && !policy->has_cancel)
        state_text_over(policy, values, language, out);
    else if (values->kept && !values->cancel)
        state_text_kept(policy, values, language, out);
    else
        fill_in(policy, values, (struct wording){texts->at[language], NULL},
                language_names[language], language, out);
}

void message_render(const struct policy *policy, const struct message_values *values,
                    enum language language, bool drill, struct buf *out)
{
    AUTO(buf_free) struct buf made = buf_new(RENDERED_BYTES_MAX);
    if (drill)
        buf_text(&made, message_drill_mark(language));
    say_text(policy, values, language, &made);
    if (policy->kind == POLICY_ALERT) {
        buf_text(&made, language == LANGUAGE_VI ? " Không phải cấp độ rủi ro thiên tai chính thức."
                                                : " Not an official risk level.");
        message_official(values, language_names[language], &made);
    }
    if (values->event) {
        buf_text(&made, language == LANGUAGE_VI ? " Tin số " : " Message no. ");
        say_event(policy, values, language, &made);
        buf_char(&made, '.');
    }
    put_clean(&made, out);
}

// What to do in a language of the book; false when its text says {actions} and nobody wrote them.
static bool find_actions(const struct policy *policy, const char *stage,
                         const struct phrase_book *book, const char *language, const char **out)
{
    char key[2 * POLICY_ID_SIZE + 1];
    struct err ignored = {0};
    if (!actions_of(policy, stage))
        return true;
    (void)snprintf(key, sizeof(key), "%s/%s", policy->id, policy->stages ? stage : "actions");
    *out = phrase_policy(book, language, key);
    return *out && actions_check(*out, &ignored) == OK;
}

// The text in a language of the book; NULL when nobody wrote it, or it does not pass.
static const char *find_text(const struct policy *policy, const struct part *own,
                             const struct phrase_book *book, const char *language)
{
    char key[2 * POLICY_ID_SIZE + sizeof("//message")];
    struct err ignored = {0};
    (void)snprintf(key, sizeof(key), own ? "%s/%s/message" : "%s", policy->id,
                   own ? own->name : "");
    const char *text = phrase_policy(book, language, key);
    return text && message_check(policy, own, text, &ignored) == OK ? text : NULL;
}

bool message_say(const struct policy *policy, const struct message_values *values,
                 const struct phrase_book *book, const char *language, bool drill, struct buf *out)
{
    AUTO(buf_free) struct buf made = buf_new(RENDERED_BYTES_MAX);
    const struct part *own = own_words(policy, values->stage);
    const char *text =
        values->cancel || values->kept ? NULL : find_text(policy, own, book, language);
    struct wording wording = {text, NULL};
    if (!text || !find_actions(policy, values->stage, book, language, &wording.actions))
        return false;
    if (drill) {
        (void)phrase_say(book, PHRASE_DRILL, language, NULL, 0, &made);
        buf_char(&made, ' ');
    }
    // Numbers and dates as people in Việt Nam write them.
    fill_in(policy, values, wording, language, LANGUAGE_VI, &made);
    if (policy->kind == POLICY_ALERT) {
        buf_char(&made, ' ');
        (void)phrase_say(book, PHRASE_NOT_OFFICIAL, language, NULL, 0, &made);
        message_official(values, language, &made);
    }
    if (values->event) {
        AUTO(buf_free) struct buf event = buf_new(EVENT_BYTES_MAX);
        say_event(policy, values, LANGUAGE_VI, &event);
        struct phrase_value value = {"event", event.at};
        buf_char(&made, ' ');
        (void)phrase_say(book, PHRASE_EVENT, language, &value, 1, &made);
    }
    put_clean(&made, out);
    return true;
}
