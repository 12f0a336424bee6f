#include "notify/cap_pass.h"

#include "core/doc.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/alarm.h"
#include "ledger/bulletin.h"
#include "ledger/ledger.h"
#include "ledger/outbox.h"
#include "ledger/subscriber.h"
#include "notify/cap_check.h"
#include "notify/cap_relay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 4096, BODY_BYTES_MAX = 60 * 1024, STANDING_MAX = 60 };

static const char SOURCE[] = "cap-relay", NONE[] = "none";

static const char *text_of(const struct doc *one, const char *key)
{
    return doc_text(doc_get(one, key), "");
}

// --- words
// --------------------------------------------------------------------------------------------

struct wording {
    const char *language, *mark, *title, *where, *until, *number, *only;
};
static const struct wording wordings[] = {
    {"vi", "[DIỄN TẬP] ", "Tin chính thức được chuyển tiếp", "Nơi", "Hiệu lực đến", "Số hiệu",
     "gong chỉ chuyển lời của nguồn."},
    {"en", "[DRILL] ", "An official bulletin, passed on", "Where", "Valid until", "Identifier",
     "gong only passes on what the source says."}};

static void say(const struct doc *one, const struct wording *in, bool drill, struct buf *out)
{
    struct utc expires;
    buf_print(out, "%s%s.", drill ? in->mark : "",
              doc_text(doc_get(doc_get(one, "quote"), in->language), ""));
    if (*text_of(one, "areaDesc"))
        buf_print(out, " %s: %s.", in->where, text_of(one, "areaDesc"));
    if (cap_time(str_of(text_of(one, "expires")), &expires))
        buf_print(out, " %s: %s.", in->until, utc_local_text(expires).at);
    buf_print(out, " %s: %s. %s", in->number, text_of(one, "identifier"), in->only);
}

static struct doc *body_of(const struct doc *one, bool drill)
{
    static const char *const passed[] = {
        "identifier", "sender",   "sent",      "status",  "msgType",  "references", "event",
        "urgency",    "severity", "certainty", "expires", "headline", "areaDesc",   "seal"};
    struct doc *body = doc_object(), *text = doc_object(), *title = doc_object();
    doc_put_text(body, "kind", "official");
    doc_put_bool(body, "drill", drill);
    for (size_t i = 0; i < COUNT_OF(passed); i++)
        doc_put_text(body, passed[i], text_of(one, passed[i]));
    for (size_t i = 0; i < COUNT_OF(wordings); i++) {
        AUTO(buf_free) struct buf said = buf_new(TEXT_BYTES_MAX), head = buf_new(TEXT_BYTES_MAX);
        say(one, &wordings[i], drill, &said);
        buf_print(&head, "%s%s: %s", drill ? wordings[i].mark : "", wordings[i].title,
                  text_of(one, "by"));
        doc_put_str(text, wordings[i].language, buf_slice(&said));
        doc_put_str(title, wordings[i].language, buf_slice(&head));
    }
    doc_put(body, "text", text);
    doc_put(body, "title", title);
    return body;
}

// --- entries and messages
// ---------------------------------------------------------------------------------

struct desk {
    const struct site *site;
    struct ledger *ledger;
    struct subscribers to;
    struct utc now;
    bool drill, must_be_signed;
};

static void desk_close(struct desk *desk)
{
    subscribers_free(&desk->to);
}

// The entry of what was heard: as readers of CAP files write it (ledger/bulletin.h), with who
// sealed it and what it takes back.
static enum err_kind put_entry(struct txn *txn, const struct desk *desk, const struct doc *one,
                               bool *fresh, struct err *err)
{
    static const char *const kept[] = {"raw",      "identifier", "sender",  "sent",
                                       "status",   "msgType",    "event",   "urgency",
                                       "severity", "certainty",  "expires", "headline",
                                       "areaDesc", "references", "seal"};
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "source", SOURCE);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        doc_put_text(body, kept[i], text_of(one, kept[i]));
    return bulletin_put(txn, desk->now, body, fresh, err);
}

// A copy without the signature that is asked for is as if it was not there: it must not come before
// the signed one.
static bool may_be_trusted(const struct desk *desk, const struct doc *one)
{
    return !desk->must_be_signed || str_starts(str_of(text_of(one, "seal")), "signed");
}

// Whether any of what a Cancel takes back, of the same sender, was heard here.
static enum err_kind was_heard(struct txn *txn, const struct doc *one, bool *heard, struct err *err)
{
    struct str rest = str_of(text_of(one, "references")), triple;
    *heard = false;
    while (!*heard && str_take_field(&rest, ' ', &triple)) {
        struct str sender, identifier;
        int64_t seq = 0;
        if (!str_take_field(&triple, ',', &sender) || !str_take_field(&triple, ',', &identifier))
            continue;
        if (!str_is(sender, text_of(one, "sender")))
            continue;
        AUTO(mem_drop) char *name = str_copy(identifier), *sent = str_copy(triple);
        if (bulletin_find(txn_ledger(txn), SOURCE, name, sent, &seq, err))
            return err_of(err);
        *heard = seq > 0;
    }
    return OK;
}

static enum err_kind is_told(struct txn *txn, const struct desk *desk, const struct doc *one,
                             bool *told, struct err *err)
{
    *told = desk->drill || strcmp(text_of(one, "status"), "Actual") == 0;
    if (!*told || doc_bool(doc_get(one, "stands"), true))
        return OK;
    return was_heard(txn, one, told, err);
}

static enum err_kind tell(struct txn *txn, const struct desk *desk, const struct doc *one,
                          int64_t cause, struct err *err)
{
    AUTO(doc_free) struct doc *body = body_of(one, desk->drill);
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    struct utc expires;
    bool ends = cap_time(str_of(text_of(one, "expires")), &expires);
    doc_canonical(body, &text);
    if (text.full)
        return err_set(err, ERR_INPUT, "what %s says is too long", text_of(one, "identifier"));
    if (!ends)
        expires.s = desk->now.s + DAY_S;
    struct alarm_news news = {.wish = WISH_BULLETINS,
                              .kind = "official",
                              .body = text.at,
                              .cause = cause,
                              .expires = desk->drill ? UTC_NEVER : expires};
    return alarm_news_tell(txn, &desk->to, &news, err);
}

// One alert: its entry, and who is told of it, in one commit.
static enum err_kind pass_one(const struct desk *desk, const struct doc *one,
                              struct pass_report *report, int64_t *newest, struct err *err)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    bool fresh = false, told = false;
    int64_t seq = 0;
    if (!may_be_trusted(desk, one))
        return OK;
    if (ledger_begin(desk->ledger, &txn, err) || put_entry(txn, desk, one, &fresh, err))
        return err_of(err);
    if (!fresh)
        return OK;
    if (is_told(txn, desk, one, &told, err) ||
        bulletin_find(desk->ledger, SOURCE, text_of(one, "identifier"), text_of(one, "sent"), &seq,
                      err) ||
        (told && tell(txn, desk, one, seq, err)))
        return err_of(err);
    report->heard++;
    report->told += told;
    *newest = seq;
    return ledger_commit(&txn, err);
}

// --- state that is kept
// -------------------------------------------------------------------------------

// All that stands and would be told, for screens.
static enum err_kind put_state(const struct desk *desk, const struct doc *list, int64_t cause,
                               struct err *err)
{
    AUTO(doc_free) struct doc *body = doc_object();
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct doc *standing = doc_array();
    doc_put_text(body, "kind", "official");
    doc_put_bool(body, "drill", desk->drill);
    doc_put_text(body, "topic", "official");
    doc_put_text(body, "zone", "");
    doc_put_text(body, "as_of", utc_text(desk->now).at);
    doc_put(body, "bulletins", standing);
    if (ledger_begin(desk->ledger, &txn, err))
        return err_of(err);
    for (size_t i = 0; i < doc_count(list) && doc_count(standing) < STANDING_MAX; i++) {
        const struct doc *one = doc_at(list, i);
        bool told = false;
        if (!may_be_trusted(desk, one))
            continue;
        if (is_told(txn, desk, one, &told, err))
            return err_of(err);
        if (!told || !doc_bool(doc_get(one, "stands"), true))
            continue;
        struct doc *shown = doc_object();
        static const char *const keys[] = {"identifier", "sent", "expires", "by", "status", "seal"};
        for (size_t k = 0; k < COUNT_OF(keys); k++)
            doc_put_text(shown, keys[k], text_of(one, keys[k]));
        doc_put_same(shown, "quote", doc_get(one, "quote"));
        doc_push(standing, shown);
    }
    doc_canonical(body, &text);
    for (size_t i = 0; i < desk->to.count && !text.full; i++) {
        const struct subscriber *to = &desk->to.at[i];
        struct outbox_item item = {.cause = cause, .expires = UTC_NEVER, .body = text.at};
        bool fresh;
        if (strcmp(to->channel, "mqtt") != 0 || !subscriber_hears(to, WISH_BULLETINS, NULL))
            continue;
        (void)snprintf(item.channel, sizeof(item.channel), "mqtt");
        (void)snprintf(item.person, sizeof(item.person), "%.47s", to->id);
        (void)snprintf(item.key, sizeof(item.key), "state/%.40s/official/%" PRId64, to->id, cause);
        (void)snprintf(item.thread, sizeof(item.thread), "state/%.40s/official", to->id);
        if (outbox_put(txn, &item, &fresh, err))
            return err_add(err, "telling subscriber %s", to->id);
    }
    return ledger_commit(&txn, err);
}

enum err_kind cap_pass_list(const struct site *site, struct ledger *ledger, struct utc now,
                            const struct doc *list, struct pass_report *report, struct err *err)
{
    AUTO(desk_close)
    struct desk desk = {.site = site,
                        .ledger = ledger,
                        .now = now,
                        .drill = site_is_drill(site),
                        .must_be_signed =
                            strcmp(site_text(site, "cap_relay_certificate"), NONE) != 0};
    int64_t newest = 0;
    *report = (struct pass_report){0};
    if (subscribers_load(site_folder(site), &desk.to, err))
        return err_of(err);
    // A feed has its newest first: the oldest is told first.
    for (size_t i = doc_count(list); i-- > 0;) {
        if (pass_one(&desk, doc_at(list, i), report, &newest, err))
            return err_of(err);
    }
    return newest ? put_state(&desk, list, newest, err) : OK;
}

enum err_kind cap_pass(const struct site *site, struct ledger *ledger, struct utc now,
                       struct pass_report *report, struct err *err)
{
    AUTO(doc_free) struct doc *list = doc_array();
    const char *url = site_text(site, "cap_relay_url");
    const char *certificate = site_text(site, "cap_relay_certificate");
    bool has_certificate = strcmp(certificate, NONE) != 0;
    AUTO(mem_drop) char *path = has_certificate ? site_path(site, certificate) : NULL;
    struct relay_report relay;
    *report = (struct pass_report){0};
    if (strcmp(url, NONE) == 0)
        return OK;
    if (cap_relay(site, url, path, now, list, &relay, err) ||
        cap_pass_list(site, ledger, now, list, report, err))
        return err_of(err);
    if (report->heard)
        log_info("%zu official bulletins heard, %zu told", report->heard, report->told);
    return OK;
}
