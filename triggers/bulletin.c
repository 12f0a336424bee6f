#include "triggers/bulletin.h"

#include "core/doc.h"
#include "core/mem.h"
#include "core/sms_fit.h"
#include "ledger/decision.h"
#include "ledger/map.h"
#include "ledger/outbox.h"
#include "ledger/subscriber.h"
#include "policies/calendar.h"
#include "policies/message.h"
#include "policies/policy.h"
#include "policies/short_text.h"
#include "policies/when.h"
#include "triggers/evaluate.h"
#include "triggers/notice.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    LANE_ALERT = 0,
    LANE_MONEY = 1,
    TEXT_BYTES_MAX = 64 * 1024,
    STATE_NAMED_MAX = 300,
    PAGE_BYTES_MAX = 52 * 1024, // of a body's 64 KiB: the rest is for title, policy and times
    ROW_BYTES = 160             // keys, code, level or sums of a row in both places where it is
};

// A commune of the batch; name and zone are borrowed from its boundary set, which outlives it.
struct row {
    const struct commune *commune;
    int64_t level;
    struct utc since;
    bool told;
    char *text[LANGUAGES]; // heap, of those told
    int64_t payouts, amount_vnd;
};

struct bulletin {
    const struct subscribers *to;
    struct row *row;
    size_t count;
};

struct bulletin *bulletin_new(const struct subscribers *to)
{
    if (!to || to->count == 0)
        return NULL;
    struct bulletin *bulletin = mem_new(1, sizeof(*bulletin));
    bulletin->to = to;
    return bulletin;
}

void bulletin_free(struct bulletin **bulletin)
{
    if (!*bulletin)
        return;
    for (size_t i = 0; i < (*bulletin)->count; i++) {
        for (int l = 0; l < LANGUAGES; l++)
            mem_free(&(*bulletin)->row[i].text[l]);
    }
    mem_free(&(*bulletin)->row);
    mem_free(bulletin);
}

static struct row *row_of(struct bulletin *bulletin, const struct commune *commune)
{
    if (bulletin->count && bulletin->row[bulletin->count - 1].commune == commune)
        return &bulletin->row[bulletin->count - 1];
    if ((bulletin->count & (bulletin->count - 1)) == 0)
        bulletin->row = mem_resize(bulletin->row, bulletin->count ? 2 * bulletin->count : 1,
                                   sizeof(*bulletin->row));
    struct row *row = &bulletin->row[bulletin->count++];
    *row = (struct row){.commune = commune};
    return row;
}

void bulletin_note_alert(struct bulletin *bulletin, const struct notice *notice,
                         const struct alert_state *state, bool told)
{
    if (!bulletin || (!told && !state->on))
        return;
    struct row *row = row_of(bulletin, notice->commune);
    row->level = state->level;
    row->since = state->since;
    row->told = told;
    // Officers know what a commune was before; sixty such lists would not fit into one message.
    struct commune place = *notice->commune;
    struct notice plain = *notice;
    place.formerly = NULL;
    plain.commune = &place;
    for (int l = 0; told && l < LANGUAGES; l++) {
        AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX);
        notice_text(&plain, (enum language)l, &text);
        assert(text.len > 0);
        row->text[l] = buf_take(&text);
    }
}

void bulletin_note_payout(struct bulletin *bulletin, const struct notice *notice,
                          struct money amount)
{
    if (!bulletin)
        return;
    struct row *row = row_of(bulletin, notice->commune);
    row->payouts++;
    row->amount_vnd += amount.minor;
}

// --- words
// ------------------------------------------------------------------------------------------

// What one message is about: up to BULLETIN_ROWS_MAX rows, as many as a body has room for.
struct page {
    const struct row *row[BULLETIN_ROWS_MAX];
    size_t count, bytes;
    bool is_payout;
};

struct counts {
    size_t on, off;
    int64_t payouts, amount_vnd;
};

static struct counts count_page(const struct page *page)
{
    struct counts counts = {0};
    for (size_t i = 0; i < page->count; i++) {
        counts.on += page->row[i]->level > 0;
        counts.off += page->row[i]->level == 0;
        counts.payouts += page->row[i]->payouts;
        counts.amount_vnd += page->row[i]->amount_vnd;
    }
    return counts;
}

// "Mưa rất to, vùng Bắc Kạn cũ: 12 xã có cảnh báo, 1 xã hết cảnh báo"
static void say_title(const struct notice *notice, const struct page *page, enum language language,
                      struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    struct counts counts = count_page(page);
    if (notice->drill)
        buf_text(out, message_drill_mark(language));
    buf_print(out, "%s: ", notice->policy->title.at[language]);
    if (page->is_payout) {
        buf_print(out, vi ? "%" PRId64 " hợp đồng được chi trả, " : "%" PRId64 " contracts paid, ",
                  counts.payouts);
        text_grouped(out, counts.amount_vnd, vi ? '.' : ',');
        buf_text(out, vi ? " đồng" : " VND");
        return;
    }
    if (counts.on)
        buf_print(out, vi ? "%zu xã có cảnh báo" : "alert in %zu communes", counts.on);
    if (counts.off)
        buf_print(out, vi ? "%s%zu xã hết cảnh báo" : "%sover in %zu communes",
                  counts.on ? ", " : "", counts.off);
}

// Which message it is, when it was issued, and when the next one comes.
static void say_number(const struct notice *notice, const struct page *page, enum language language,
                       struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    struct utc issued = notice->occasion->as_of;
    buf_print(out, vi ? " Tin số %" PRId64 " lúc " : " Message no. %" PRId64 ", issued ",
              notice->cause);
    when_say(issued, language, out);
    if (!page->is_payout && count_page(page).on) {
        buf_text(out, vi ? ", tin sau trước " : ", next by ");
        when_say_beside(calendar_next(notice->policy, issued), issued, language, out);
    }
    buf_char(out, '.');
}

static void say_rows(const struct notice *notice, const struct page *page, enum language language,
                     struct buf *out)
{
    bool vi = language == LANGUAGE_VI;
    say_title(notice, page, language, out);
    buf_char(out, '.');
    say_number(notice, page, language, out);
    buf_char(out, '\n');
    for (size_t i = 0; i < page->count; i++) {
        const struct row *row = page->row[i];
        if (!page->is_payout) {
            buf_print(out, "\n%s (%s): %s\n", row->commune->name, row->commune->code,
                      row->text[language]);
            continue;
        }
        buf_print(out, "\n%s (%s): %" PRId64 "; ", row->commune->name, row->commune->code,
                  row->payouts);
        text_grouped(out, row->amount_vnd, vi ? '.' : ',');
        buf_text(out, vi ? " đồng" : " VND");
    }
}

// For a phone: the title, as many names as go into two parts, its number, and that it is not
// official.
static void say_brief(const struct notice *notice, const struct page *page, enum language language,
                      struct buf *out)
{
    enum { NAMES_MAX = 4 };
    say_title(notice, page, language, out);
    buf_text(out, " (");
    for (size_t i = 0; i < page->count && i < NAMES_MAX; i++)
        buf_print(out, "%s%s", i ? ", " : "", page->row[i]->commune->name);
    buf_text(out, page->count > NAMES_MAX ? ", ...)." : ").");
    say_number(notice, page, language, out);
    if (!page->is_payout)
        buf_text(out, language == LANGUAGE_VI ? " Không phải cấp độ rủi ro thiên tai chính thức."
                                              : " Not an official risk level.");
}

static struct doc *communes_of(const struct page *page)
{
    struct doc *list = doc_array();
    for (size_t i = 0; i < page->count; i++) {
        struct doc *one = doc_object();
        doc_put_text(one, "commune", page->row[i]->commune->code);
        doc_put_text(one, "commune_name", page->row[i]->commune->name);
        doc_put_text(one, "zone", page->row[i]->commune->zone);
        if (page->is_payout) {
            char digits[24];
            (void)snprintf(digits, sizeof(digits), "%" PRId64, page->row[i]->amount_vnd);
            doc_put_text(one, "amount_vnd", digits);
            doc_put_int(one, "payouts", page->row[i]->payouts);
        } else {
            doc_put_int(one, "level", page->row[i]->level);
        }
        doc_push(list, one);
    }
    return list;
}

// --- messages
// ---------------------------------------------------------------------------------------

static struct doc *body_of(const struct notice *notice, const char *kind)
{
    struct doc *body = notice_body(notice, kind);
    doc_put_text(body, "as_of", utc_text(notice->occasion->as_of).at);
    doc_put_text(body, "from", utc_text(notice->occasion->from).at);
    doc_put_text(body, "to", utc_text(notice->occasion->to).at);
    return body;
}

static void put_said(struct doc *body, const char *key, const char *language, const char *text)
{
    struct doc *said = doc_object();
    doc_put_text(said, language, text);
    doc_put(body, key, said);
}

static void fill_item(const struct notice *notice, const struct subscriber *to, bool is_payout,
                      struct outbox_item *item)
{
    bool is_sms = strcmp(to->channel, "sms") == 0;
    (void)snprintf(item->channel, sizeof(item->channel), "%s", to->channel);
    (void)snprintf(item->person, sizeof(item->person), "%.47s", is_sms ? to->to : to->id);
    item->lane = !is_payout ? LANE_ALERT : is_sms ? OUTBOX_LANE_REST : LANE_MONEY;
    item->expires = is_payout ? UTC_NEVER : notice_stale_after(notice);
}

static enum language language_of(const struct subscriber *to)
{
    return strcmp(to->language, "en") == 0 ? LANGUAGE_EN : LANGUAGE_VI;
}

// For one SMS without accents: what stands of it everywhere.
static void put_short(struct doc *body, const struct notice *notice, const struct page *page)
{
    AUTO(buf_free) struct buf text = buf_new(TEXT_BYTES_MAX), less = buf_new(TEXT_BYTES_MAX);
    const struct message_values values = {
        .from = notice->occasion->from,
        .to = notice->occasion->to,
        .issued = notice->occasion->as_of,
        .next = calendar_next(notice->policy, notice->occasion->as_of),
        .cancel = count_page(page).on == 0,
        .event = notice->cause};
    if (page->is_payout) {
        say_title(notice, page, LANGUAGE_VI, &text);
        buf_char(&text, '.');
        say_number(notice, page, LANGUAGE_VI, &text);
        sms_shorten(buf_slice(&text), &less);
    } else {
        short_text_area(notice->policy, &values, notice->drill, &less);
    }
    put_said(body, "short", "vi", less.at);
}

static enum err_kind put_page(struct txn *txn, const struct notice *notice,
                              const struct subscriber *to, const struct page *page, size_t number,
                              struct err *err)
{
    enum language language = language_of(to);
    struct outbox_item item = {.cause = notice->cause};
    AUTO(buf_free) struct buf title = buf_new(TEXT_BYTES_MAX), text = buf_new(TEXT_BYTES_MAX);
    AUTO(doc_free)
    struct doc *body = body_of(notice, page->is_payout ? "payout" : "alert");
    bool brief = strcmp(to->channel, "sms") == 0, fresh;
    say_title(notice, page, language, &title);
    (brief ? say_brief : say_rows)(notice, page, language, &text);
    put_said(body, "title", to->language, title.at);
    put_said(body, "text", to->language, text.at);
    doc_put(body, "communes", communes_of(page));
    if (brief || strcmp(to->channel, "telco") == 0)
        put_short(body, notice, page);
    fill_item(notice, to, page->is_payout, &item);
    notice_key(item.key, "bulletin/%s/%" PRId64 "/%s/%s/%s%zu", to->channel, notice->cause, to->id,
               notice->policy->id, page->is_payout ? "pay" : "", number);
    return notice_put(txn, &item, body, &fresh, err);
}

// How long a text is in JSON, at most.
static size_t json_bytes(const char *text)
{
    enum { ESCAPED = 6 }; // \u001f
    size_t bytes = 0;
    for (; *text; text++)
        bytes += (unsigned char)*text < ' ' ? ESCAPED : 1 + (size_t)(*text == '"' || *text == '\\');
    return bytes;
}

// What a row adds to a message: its text, and what it is in the list of communes.
static size_t row_bytes(const struct row *row, enum language language, bool is_payout)
{
    return ROW_BYTES + 2 * json_bytes(row->commune->name) + json_bytes(row->commune->zone) +
           (is_payout ? 0 : json_bytes(row->text[language]));
}

static enum err_kind end_page(struct txn *txn, const struct notice *notice,
                              const struct subscriber *to, struct page *page, size_t *number,
                              struct err *err)
{
    if (page->count && put_page(txn, notice, to, page, ++*number, err))
        return err_of(err);
    page->count = page->bytes = 0;
    return OK;
}

// All rows that a subscriber wants to hear, page by page.
static enum err_kind tell(struct txn *txn, const struct bulletin *bulletin,
                          const struct notice *notice, const struct subscriber *to, bool is_payout,
                          struct err *err)
{
    struct page page = {.is_payout = is_payout};
    size_t number = 0;
    for (size_t i = 0; i < bulletin->count; i++) {
        const struct row *row = &bulletin->row[i];
        bool wanted = is_payout ? row->payouts > 0 : row->told;
        if (!wanted || !subscriber_in_zone(to, row->commune->zone))
            continue;
        size_t bytes = row_bytes(row, language_of(to), is_payout);
        bool full = page.count == BULLETIN_ROWS_MAX || page.bytes + bytes > PAGE_BYTES_MAX;
        if (full && end_page(txn, notice, to, &page, &number, err))
            return err_of(err);
        page.row[page.count++] = row;
        page.bytes += bytes;
    }
    return end_page(txn, notice, to, &page, &number, err);
}

// --- state that is kept
// -------------------------------------------------------------------------------

static struct doc *state_of(const struct bulletin *bulletin, const char *zone)
{
    struct doc *list = doc_array();
    size_t named = 0;
    for (size_t i = 0; i < bulletin->count; i++) {
        const struct row *row = &bulletin->row[i];
        if (row->level == 0 || strcmp(row->commune->zone, zone) != 0)
            continue;
        struct doc *one = doc_object();
        doc_put_text(one, "commune", row->commune->code);
        doc_put_int(one, "level", row->level);
        if (named++ < STATE_NAMED_MAX) { // a country's names would not fit
            doc_put_text(one, "commune_name", row->commune->name);
            doc_put_text(one, "since", utc_text(row->since).at);
        }
        doc_push(list, one);
    }
    return list;
}

// A topic takes no blank, "/", "+", "#": these become "-".
static void topic_word(char *text)
{
    for (; *text; text++) {
        if (strchr(" /+#$", *text))
            *text = '-';
    }
}

static enum err_kind put_state(struct txn *txn, const struct bulletin *bulletin,
                               const struct notice *notice, const struct subscriber *to,
                               const char *zone, struct err *err)
{
    char word[64];
    struct outbox_item item = {.cause = notice->cause};
    AUTO(doc_free) struct doc *body = body_of(notice, "state");
    AUTO(buf_free) struct buf topic = buf_new(TEXT_BYTES_MAX);
    bool fresh;
    (void)snprintf(word, sizeof(word), "%s", *zone ? zone : "all");
    topic_word(word);
    buf_print(&topic, "%s/%s", word, notice->policy->id);
    doc_put_text(body, "topic", topic.at);
    doc_put_text(body, "zone", zone);
    doc_put(body, "alerts", state_of(bulletin, zone));
    fill_item(notice, to, false, &item);
    item.expires = UTC_NEVER; // what is kept by the broker must become true again
    notice_key(item.key, "state/%s/%s/%" PRId64 "/%s", to->id, word, notice->cause,
               notice->policy->id);
    notice_key(item.thread, "state/%s/%s", to->id, topic.at);
    return notice_put(txn, &item, body, &fresh, err);
}

static bool is_first_told_of_zone(const struct bulletin *bulletin, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (bulletin->row[k].told &&
            strcmp(bulletin->row[k].commune->zone, bulletin->row[i].commune->zone) == 0)
            return false;
    }
    return bulletin->row[i].told;
}

static enum err_kind put_states(struct txn *txn, const struct bulletin *bulletin,
                                const struct notice *notice, const struct subscriber *to,
                                struct err *err)
{
    for (size_t i = 0; i < bulletin->count; i++) {
        const char *zone = bulletin->row[i].commune->zone;
        if (is_first_told_of_zone(bulletin, i) && subscriber_in_zone(to, zone) &&
            put_state(txn, bulletin, notice, to, zone, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind bulletin_send(struct txn *txn, const struct bulletin *bulletin,
                            const struct notice *notice, int64_t cause, struct err *err)
{
    struct notice about = *notice;
    about.cause = cause;
    for (size_t i = 0; bulletin && i < bulletin->to->count; i++) {
        const struct subscriber *to = &bulletin->to->at[i];
        bool alerts = subscriber_hears(to, WISH_ALERTS, notice->policy->id);
        bool keeps = strcmp(to->channel, "mqtt") == 0;
        if (alerts && keeps && put_states(txn, bulletin, &about, to, err))
            return err_add(err, "telling subscriber %s", to->id);
        if (alerts && !keeps && tell(txn, bulletin, &about, to, false, err))
            return err_add(err, "telling subscriber %s", to->id);
        if (!keeps && subscriber_hears(to, WISH_PAYOUTS, notice->policy->id) &&
            tell(txn, bulletin, &about, to, true, err))
            return err_add(err, "telling subscriber %s", to->id);
    }
    return OK;
}
