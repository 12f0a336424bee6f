#include "policies/short_text.h"

#include "core/mem.h"
#include "core/sms.h"
#include "policies/actions.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "policies/state_text.h"
#include "policies/when.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// A piece of more bytes has more letters than the text whatever they are.
enum { PIECES_MAX = 24, PIECE_BYTES_MAX = 2048, LETTER_BYTES_MAX = 4 };

// In which turn a piece is left out.
enum turn {
    TURN_NEVER,
    TURN_OFFICIAL,
    TURN_THRESHOLD,
    TURN_TITLE,
    TURN_FOURTH, // action
    TURN_THIRD,
    TURN_SECOND,
    TURN_PREPARING,
    TURN_PREPARE,
    TURN_TIME,
    TURN_ACTING,
    TURN_NOW,
    TURN_NOT_OFFICIAL,
    TURN_NEXT,
    TURN_REASON,
    TURN_ISSUED,
};

// Pieces in the order of the text.
struct piece {
    char text[LETTER_BYTES_MAX * (SHORT_TEXT_MAX + 1)];
    enum turn turn;
};
struct pieces {
    struct piece at[PIECES_MAX];
    size_t count;
    size_t cut; // which of them is cut when all that may go is not enough
};

static void add(struct pieces *pieces, enum turn turn, const char *text, ...) PRINTF(3, 4);
static void add(struct pieces *pieces, enum turn turn, const char *text, ...)
{
    va_list values;
    assert(pieces->count < PIECES_MAX);
    struct piece *piece = &pieces->at[pieces->count++];
    piece->turn = turn;
    va_start(values, text);
    (void)vsnprintf(piece->text, sizeof(piece->text), text, values);
    va_end(values);
    text_clean(piece->text); // of one that is too long its last letter may be halved
}

// Without accents, everything of a turn up to `left_out` gone.
static void join(const struct pieces *pieces, enum turn left_out, struct buf *out)
{
    AUTO(buf_free) struct buf whole = buf_new(PIECES_MAX * PIECE_BYTES_MAX);
    for (size_t i = 0; i < pieces->count; i++) {
        if (pieces->at[i].turn == TURN_NEVER || pieces->at[i].turn > left_out)
            buf_text(&whole, pieces->at[i].text);
    }
    (void)text_ascii(buf_slice(&whole), out);
}

static size_t septets(const struct buf *text)
{
    struct sms_size size = sms_measure(buf_slice(text));
    return size.coding == SMS_GSM7 ? size.units : SIZE_MAX;
}

// By its last word, so that none is halved; false when none is left.
static bool cut(struct pieces *pieces)
{
    char *text = pieces->at[pieces->cut].text, *blank = strrchr(text, ' ');
    bool is_some = *text;
    *(blank ? blank : text) = '\0';
    return is_some;
}

static void write_pieces(struct pieces *pieces, struct buf *out)
{
    const enum turn last = TURN_ISSUED;
    for (enum turn left_out = TURN_NEVER; left_out <= last; left_out++) {
        AUTO(buf_free) struct buf text = buf_new(PIECES_MAX * PIECE_BYTES_MAX);
        join(pieces, left_out, &text);
        if (septets(&text) > SHORT_TEXT_MAX && left_out < last)
            continue;
        while (septets(&text) > SHORT_TEXT_MAX && cut(pieces)) {
            buf_clear(&text);
            join(pieces, left_out, &text);
        }
        buf_str(out, buf_slice(&text));
        return;
    }
}

struct said {
    char at[48];
};

static struct said said_of(const struct buf *text)
{
    struct said said;
    assert(text->len < sizeof(said.at));
    memcpy(said.at, text->at, text->len + 1);
    return said;
}

static struct said said_when(struct utc at, enum language language)
{
    AUTO(buf_free) struct buf text = buf_new(PIECE_BYTES_MAX);
    when_say(at, language, &text);
    return said_of(&text);
}

// The hour alone on the day on which the message is issued.
static struct said said_beside(struct utc at, struct utc issued, enum language language)
{
    AUTO(buf_free) struct buf text = buf_new(PIECE_BYTES_MAX);
    when_say_beside(at, issued, language, &text);
    return said_of(&text);
}

static struct said said_amount(const struct policy *policy, int64_t milli, enum language language)
{
    AUTO(buf_free) struct buf text = buf_new(PIECE_BYTES_MAX);
    unit_say(&text, milli, policy->index.unit, language);
    return said_of(&text);
}

static void add_official(struct pieces *pieces, const struct message_values *values,
                         enum language language)
{
    if (values->official && *values->official)
        add(pieces, TURN_OFFICIAL, language == LANGUAGE_VI ? " Ban tin so %s." : " Bulletin %s.",
            values->official);
}

// Every message says when it was issued and which it is; one that has a next says when.
static void add_end(struct pieces *pieces, const struct message_values *values,
                    enum language language)
{
    bool vi = language == LANGUAGE_VI;
    if (values->event)
        add(pieces, TURN_NEVER, vi ? " Tin so %" PRId64 : " No. %" PRId64, values->event);
    else
        add(pieces, TURN_NEVER, vi ? " Tin" : " Issued");
    const char *before = vi ? " luc " : values->event ? ", issued " : " ";
    add(pieces, values->event ? TURN_ISSUED : TURN_NEVER, "%s%s", before,
        said_when(values->issued, language).at);
    add(pieces, TURN_NEXT, vi ? ", tin sau truoc %s" : ", next by %s",
        said_beside(values->next, values->issued, language).at);
    add(pieces, TURN_NEVER, ".");
    add(pieces, TURN_NOT_OFFICIAL,
        vi ? " Khong phai cap do chinh thuc." : " Not an official level.");
    add_official(pieces, values, language);
}

static void add_over(struct pieces *pieces, const struct message_values *values,
                     enum language language)
{
    add(pieces, TURN_NEVER, language == LANGUAGE_VI ? ", het canh bao luc %s." : ", over at %s.",
        said_when(values->issued, language).at);
    if (values->event)
        add(pieces, TURN_NEVER,
            language == LANGUAGE_VI ? " Tin so %" PRId64 "." : " No. %" PRId64 ".", values->event);
    add(pieces, TURN_NOT_OFFICIAL,
        language == LANGUAGE_VI ? " Khong phai cap do chinh thuc." : " Not an official level.");
    add_official(pieces, values, language);
}

// Up to the first comma it says what comes, behind it where or how it is known.
static void add_title(struct pieces *pieces, enum turn rest, const char *title)
{
    size_t head = message_title_head(title);
    add(pieces, TURN_NEVER, "%.*s", (int)head, title);
    if (title[head])
        add(pieces, rest, "%s", title + head);
}

// What people do: its step tells a stage from the next, and of the actions as many as there is room
// for. That they must act now is worth more than when it ends, that they prepare less. Whom to call
// is said in any case.
static void add_actions(struct pieces *pieces, const struct policy *policy, const char *stage,
                        enum language language)
{
    static const enum turn more[] = {TURN_SECOND, TURN_THIRD, TURN_FOURTH};
    const struct actions *actions = actions_of(policy, stage);
    if (!actions)
        return;
    bool now = actions->step == ACTION_NOW;
    struct str rest = str_of(actions->texts.at[language]), one;
    add(pieces, now ? TURN_NOW : TURN_PREPARE, ". %s", actions_step(actions, language));
    for (size_t said = 0; said <= COUNT_OF(more) && str_take_field(&rest, ';', &one);) {
        one = str_trim(one);
        if (one.len == 0 || memmem(one.at, one.len, "112", 3))
            continue;
        enum turn first = now ? TURN_ACTING : TURN_PREPARING;
        add(pieces, said ? more[said - 1] : first, "%s" STR_FMT, said ? "; " : ": ", STR_ARG(one));
        said++;
    }
}

// What is paid, by which contract and why.
static void write_payout(const struct policy *policy, const struct message_values *values,
                         enum language language, struct pieces *pieces)
{
    bool vi = language == LANGUAGE_VI;
    AUTO(buf_free) struct buf money = buf_new(PIECE_BYTES_MAX);
    unit_money(&money, values->amount_vnd, language);
    add(pieces, TURN_NEVER,
        vi ? "Hop dong %s: duoc chi tra %s dong" : "Contract %s: %s VND is paid", values->contract,
        money.at);
    pieces->cut = pieces->count;
    add(pieces, TURN_NEVER, ", %s", values->commune);
    if (!policy->phases)
        add(pieces, TURN_REASON, ", %s", said_amount(policy, values->index_milli, language).at);
    add(pieces, TURN_TIME, vi ? ", tu %s" : ", from %s", said_when(values->from, language).at);
    add(pieces, TURN_TIME, vi ? " den %s" : " to %s",
        said_beside(values->to, values->from, language).at);
    add(pieces, TURN_NEVER, ".");
    if (values->event)
        add(pieces, TURN_NEVER, vi ? " Tin so %" PRId64 : " No. %" PRId64, values->event);
    else
        add(pieces, TURN_NEVER, vi ? " Tin" : " Issued");
    add(pieces, values->event ? TURN_ISSUED : TURN_NEVER, ", %s",
        said_when(values->issued, language).at);
    add(pieces, TURN_NEVER, ".");
}

// What it warns of, and until when.
static void add_reason(struct pieces *pieces, const struct policy *policy,
                       const struct message_values *values, enum language language)
{
    bool vi = language == LANGUAGE_VI;
    if (!policy->phases)
        add(pieces, TURN_REASON, ", %s", said_amount(policy, values->index_milli, language).at);
    if (!policy->phases && policy->trigger.there)
        add(pieces, TURN_THRESHOLD, vi ? " (nguong %s)" : " (threshold %s)",
            said_amount(policy, policy->trigger.threshold_milli, language).at);
    add(pieces, TURN_TIME, vi ? ", den %s" : ", until %s",
        said_beside(values->to, values->issued, language).at);
}

static void add_kept(struct pieces *pieces, const struct policy *policy,
                     const struct message_values *values, enum language language)
{
    AUTO(buf_free) struct buf lowered = buf_new(PIECE_BYTES_MAX);
    state_text_lowered(policy, values, language, &lowered);
    add(pieces, TURN_REASON, "%s", lowered.at);
    add(pieces, TURN_NEVER, language == LANGUAGE_VI ? ", chua het canh bao" : ", not over");
}

void short_text(const struct policy *policy, const struct message_values *values,
                enum language language, bool drill, struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    struct pieces pieces = {.cut = 1};
    add(&pieces, TURN_NEVER, "%s", drill ? (vi ? "DIEN TAP. " : "DRILL. ") : "");
    if (policy->kind == POLICY_INSURANCE) {
        write_payout(policy, values, language, &pieces);
        write_pieces(&pieces, out);
        return;
    }
    add_title(&pieces, TURN_TITLE, policy->title.at[language]);
    add(&pieces, TURN_NEVER, ": %s", values->commune);
    if (values->cancel) {
        add_over(&pieces, values, language);
        write_pieces(&pieces, out);
        return;
    }
    if (values->kept)
        add_kept(&pieces, policy, values, language);
    else
        add_reason(&pieces, policy, values, language);
    add_actions(&pieces, policy, values->stage, language);
    add(&pieces, TURN_NEVER, vi ? ". Goi 112." : ". Call 112.");
    add_end(&pieces, values, language);
    write_pieces(&pieces, out);
}

void short_text_area(const struct policy *policy, const struct message_values *values, bool drill,
                     struct buf *out)
{
    struct pieces pieces = {.cut = 1};
    add(&pieces, TURN_NEVER, "%s", drill ? "DIEN TAP. " : "");
    add(&pieces, TURN_NEVER, "%s", policy->title.at[LANGUAGE_VI]);
    if (values->cancel) {
        add_over(&pieces, values, LANGUAGE_VI);
        write_pieces(&pieces, out);
        return;
    }
    if (!policy->phases && policy->trigger.there)
        add(&pieces, TURN_REASON, ", nguong %s",
            said_amount(policy, policy->trigger.threshold_milli, LANGUAGE_VI).at);
    add(&pieces, TURN_TIME, ", tu %s", said_beside(values->from, values->issued, LANGUAGE_VI).at);
    add(&pieces, TURN_TIME, " den %s", said_beside(values->to, values->from, LANGUAGE_VI).at);
    add_actions(&pieces, policy, values->stage, LANGUAGE_VI);
    add(&pieces, TURN_NEVER, ". Goi 112.");
    add_end(&pieces, values, LANGUAGE_VI);
    write_pieces(&pieces, out);
}

void short_question(const struct message_values *values, enum language language, bool drill,
                    struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    struct pieces pieces = {.cut = 1};
    add(&pieces, TURN_NEVER, "%s", drill ? (vi ? "DIEN TAP. " : "DRILL. ") : "");
    add(&pieces, TURN_NEVER, "%s", values->commune);
    add(&pieces, TURN_NEVER, vi ? ": tu %s" : ": from %s", said_when(values->from, language).at);
    add(&pieces, TURN_NEVER, vi ? " den %s co mua lon khong?" : " to %s, did it rain hard?",
        said_beside(values->to, values->from, language).at);
    add(&pieces, TURN_NEVER, vi ? " Tra loi CO hoac KHONG" : " Answer CO (yes) or KHONG (no)");
    add(&pieces, TURN_TIME, vi ? ", thiet hai ghi phia sau" : ", and any damage after it");
    add(&pieces, TURN_NEVER, ".");
    write_pieces(&pieces, out);
}
