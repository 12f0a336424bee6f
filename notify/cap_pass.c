#include "notify/cap_pass.h"

#include "core/doc.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/alarm.h"
#include "ledger/bulletin.h"
#include "ledger/ledger.h"
#include "ledger/subscriber.h"
#include "notify/cap_check.h"
#include "notify/cap_relay.h"
#include "notify/cap_standing.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 4096, BODY_BYTES_MAX = 60 * 1024, END_TOLD_H = 12 };
enum { SHORT_LETTERS_MAX = 150 }; // with two brackets that count twice, one SMS without accents

static const char NONE[] = "none";

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
    const char *where =
        doc_text(doc_get(doc_get(one, "where"), in->language), text_of(one, "areaDesc"));
    if (*where)
        buf_print(out, " %s: %s.", in->where, where);
    if (doc_bool(doc_get(one, "stands"), true) &&
        cap_time(str_of(text_of(one, "expires")), &expires))
        buf_print(out, " %s: %s.", in->until, utc_local_text(expires).at);
    buf_print(out, " %s: %s. %s", in->number, text_of(one, "identifier"), in->only);
}

// Source, time and headline, cut at a word, for who can have no more.
static void say_short(const struct doc *one, const struct wording *in, bool drill, struct buf *out)
{
    static const char cut[] = "…";
    AUTO(buf_free) struct buf whole = buf_new(TEXT_BYTES_MAX);
    size_t letters = 0, at = 0, word = 0;
    buf_print(&whole, "%s%s", drill ? in->mark : "",
              doc_text(doc_get(doc_get(one, "quote"), in->language), ""));
    for (; at < whole.len && letters < SHORT_LETTERS_MAX; at++) {
        if (whole.at[at] == ' ')
            word = at;
        letters += ((unsigned char)whole.at[at] & 0xc0) != 0x80;
    }
    while (at < whole.len && ((unsigned char)whole.at[at] & 0xc0) == 0x80)
        at++;
    if (at < whole.len && word)
        at = word;
    buf_add(out, whole.at, at);
    buf_text(out, at < whole.len ? cut : "");
}

static struct doc *body_of(const struct doc *one, bool drill)
{
    static const char *const passed[] = {
        "identifier", "sender",   "sent",      "status",  "msgType",  "references", "event",
        "urgency",    "severity", "certainty", "expires", "headline", "areaDesc",   "seal"};
    struct doc *body = doc_object(), *text = doc_object(), *title = doc_object();
    struct doc *brief = doc_object();
    doc_put_text(body, "kind", "official");
    doc_put_bool(body, "drill", drill);
    for (size_t i = 0; i < COUNT_OF(passed); i++)
        doc_put_text(body, passed[i], text_of(one, passed[i]));
    for (size_t i = 0; i < COUNT_OF(wordings); i++) {
        AUTO(buf_free) struct buf said = buf_new(TEXT_BYTES_MAX), head = buf_new(TEXT_BYTES_MAX);
        AUTO(buf_free) struct buf less = buf_new(TEXT_BYTES_MAX);
        say(one, &wordings[i], drill, &said);
        say_short(one, &wordings[i], drill, &less);
        doc_put_str(brief, wordings[i].language, buf_slice(&less));
        buf_print(&head, "%s%s: %s", drill ? wordings[i].mark : "", wordings[i].title,
                  text_of(one, "by"));
        doc_put_str(text, wordings[i].language, buf_slice(&said));
        doc_put_str(title, wordings[i].language, buf_slice(&head));
    }
    doc_put(body, "text", text);
    doc_put(body, "short", brief);
    doc_put(body, "title", title);
    return body;
}

// --- entries and messages
// ---------------------------------------------------------------------------------

// The entry of what was heard: as readers of CAP files write it (ledger/bulletin.h), with who
// sealed it, what it takes back, how it is quoted, and whether it was one to be told.
static enum err_kind put_entry(struct txn *txn, const struct standing_ask *ask,
                               const struct doc *one, bool told, bool *fresh, struct err *err)
{
    static const char *const kept[] = {"raw",      "identifier", "sender",  "sent",
                                       "status",   "msgType",    "event",   "urgency",
                                       "severity", "certainty",  "expires", "headline",
                                       "areaDesc", "references", "seal",    "by"};
    AUTO(doc_free) struct doc *body = doc_object();
    doc_put_text(body, "source", bulletin_relay_source);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        doc_put_text(body, kept[i], text_of(one, kept[i]));
    doc_put_same(body, "quote", doc_get(one, "quote"));
    if (doc_get(one, "area"))
        doc_put_same(body, "area", doc_get(one, "area"));
    doc_put_bool(body, "told", told);
    return bulletin_put(txn, ask->now, body, fresh, err);
}

// A copy without the signature that is asked for is as if it was not there: it must not come before
// the signed one.
static bool may_be_trusted(const struct standing_ask *ask, const struct doc *one)
{
    return !ask->must_be_signed || str_starts(str_of(text_of(one, "seal")), "signed");
}

// Whether an entry is of one that was told, and that `one` takes back.
static enum err_kind ends_told(struct ledger *ledger, int64_t seq, const struct doc *one,
                               bool *ends, struct err *err)
{
    AUTO(doc_free) struct doc *earlier = NULL;
    if (ledger_entry_doc(ledger, seq, &earlier, err))
        return err_of(err);
    *ends = doc_bool(doc_get(earlier, "told"), true) && cap_takes_back(one, earlier);
    return OK;
}

// Whether any of what a Cancel takes back was told here.
static enum err_kind was_told(struct txn *txn, const struct doc *one, bool *told, struct err *err)
{
    struct str rest = str_of(text_of(one, "references")), triple;
    *told = false;
    while (!*told && str_take_field(&rest, ' ', &triple)) {
        struct str sender, identifier;
        int64_t seq = 0;
        if (!str_take_field(&triple, ',', &sender) || !str_take_field(&triple, ',', &identifier))
            continue;
        AUTO(mem_drop) char *name = str_copy(identifier), *sent = str_copy(triple);
        if (bulletin_find(txn_ledger(txn), bulletin_relay_source, name, sent, &seq, err) ||
            (seq && ends_told(txn_ledger(txn), seq, one, told, err)))
            return err_of(err);
    }
    return OK;
}

static enum err_kind is_told(struct txn *txn, const struct standing_ask *ask, const struct doc *one,
                             bool *told, struct err *err)
{
    *told = doc_bool(doc_get(one, "quoted"), true) && cap_is_for_telling(ask, one);
    if (!*told || doc_bool(doc_get(one, "stands"), true))
        return OK;
    return was_told(txn, one, told, err);
}

// Until when it is worth telling: that something is withdrawn for some hours whatever it says.
static struct utc worth_until(const struct standing_ask *ask, const struct doc *one)
{
    struct utc expires, floor = {ask->now.s + END_TOLD_H * HOUR_S};
    if (!cap_time(str_of(text_of(one, "expires")), &expires))
        expires.s = ask->now.s + DAY_S;
    bool ends = !doc_bool(doc_get(one, "stands"), true);
    return ends && expires.s < floor.s ? floor : expires;
}

static enum err_kind tell(struct txn *txn, const struct standing_ask *ask, const struct doc *one,
                          int64_t cause, struct err *err)
{
    AUTO(doc_free) struct doc *body = body_of(one, ask->drill);
    AUTO(buf_free) struct buf text = buf_new(BODY_BYTES_MAX);
    doc_canonical(body, &text);
    if (text.full)
        return err_set(err, ERR_INPUT, "what %s says is too long", text_of(one, "identifier"));
    struct alarm_news news = {.wish = WISH_BULLETINS,
                              .kind = "official",
                              .body = text.at,
                              .cause = cause,
                              .expires = ask->drill ? UTC_NEVER : worth_until(ask, one)};
    return alarm_news_tell(txn, ask->to, &news, err);
}

// One alert: its entry, and who is told of it.
static enum err_kind pass_one(struct txn *txn, const struct standing_ask *ask,
                              const struct doc *one, struct pass_report *report, struct err *err)
{
    bool fresh = false, told = false;
    int64_t seq = 0;
    if (!may_be_trusted(ask, one))
        return OK;
    if (is_told(txn, ask, one, &told, err) || put_entry(txn, ask, one, told, &fresh, err))
        return err_of(err);
    if (!fresh)
        return OK;
    if (bulletin_find(txn_ledger(txn), bulletin_relay_source, text_of(one, "identifier"),
                      text_of(one, "sent"), &seq, err) ||
        (told && tell(txn, ask, one, seq, err)))
        return err_of(err);
    report->heard++;
    report->told += told;
    return OK;
}

// --- all of it
// ----------------------------------------------------------------------------------------

// What is new and the list of what stands are one commit: a screen has what the officers were told.
enum err_kind cap_pass_list(const struct site *site, struct ledger *ledger, struct utc now,
                            const struct doc *list, struct pass_report *report, struct err *err)
{
    AUTO(subscribers_free) struct subscribers to = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct standing_ask ask = {.to = &to,
                               .now = now,
                               .drill = site_is_drill(site),
                               .must_be_signed =
                                   strcmp(site_text(site, "cap_relay_certificate"), NONE) != 0};
    struct pass_report passed = {0};
    bool put = false;
    *report = passed;
    if (subscribers_load(site_folder(site), &to, err) || ledger_begin(ledger, &txn, err))
        return err_of(err);
    // A feed has its newest first: the oldest is told first.
    for (size_t i = doc_count(list); i-- > 0;) {
        if (pass_one(txn, &ask, doc_at(list, i), &passed, err))
            return err_of(err);
    }
    if (cap_standing_put(txn, &ask, &put, err) ||
        ((put || passed.heard) && ledger_commit(&txn, err)))
        return err_of(err);
    *report = passed;
    return OK;
}

enum err_kind cap_pass_unset(const struct site *site, struct ledger *ledger, struct utc now,
                             struct err *err)
{
    AUTO(doc_free) struct doc *last = NULL;
    AUTO(subscribers_free) struct subscribers to = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct standing_ask ask = {.to = &to, .now = now, .drill = site_is_drill(site), .unset = true};
    bool put = false;
    if (strcmp(site_text(site, "cap_relay_url"), NONE) != 0)
        return OK;
    if (bulletin_standing(ledger, bulletin_relay_source, &last, err))
        return err_of(err);
    if (doc_count(doc_get(last, "seqs")) == 0)
        return OK;
    if (subscribers_load(site_folder(site), &to, err) || ledger_begin(ledger, &txn, err) ||
        cap_standing_put(txn, &ask, &put, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

enum err_kind cap_pass(const struct site *site, struct ledger *ledger, struct utc now,
                       struct pass_report *report, struct err *err)
{
    AUTO(doc_free) struct doc *list = doc_array();
    const char *url = site_text(site, "cap_relay_url");
    const char *certificate = site_text(site, "cap_relay_certificate");
    bool has_certificate = strcmp(certificate, NONE) != 0;
    AUTO(mem_drop) char *path = has_certificate ? site_path(site, certificate) : NULL;
    struct relay_ask ask = {.url = url, .certificate = path, .now = now};
    struct relay_report relay;
    struct err why = {0};
    *report = (struct pass_report){0};
    if (strcmp(url, NONE) == 0)
        return OK;
    // Without the feed nothing is heard, but what stands ends all the same.
    enum err_kind kind = cap_relay(site, &ask, list, &relay, &why);
    if (kind == ERR_BROKEN || cap_pass_list(site, ledger, now, list, report, err)) {
        if (kind == ERR_BROKEN)
            *err = why;
        return err->kind;
    }
    if (report->heard)
        log_info("%zu official bulletins heard, %zu told", report->heard, report->told);
    if (kind)
        *err = why;
    return kind;
}
