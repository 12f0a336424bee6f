#include "notify/cap_relay.h"

#include "core/cli.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/http.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "core/xml.h"
#include "notify/cap_check.h"
#include "notify/cap_feed.h"
#include "notify/cap_sign.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    FEED_BYTES_MAX = 4 << 20,
    ALERT_BYTES_MAX = 1 << 20,
    ENTRIES_MAX = 200,
    TIMEOUT_S = 10,
    FETCHING_MS = 20000,
    ANEW_MS = 60000, // a person waits for it
    FIELD_BYTES_MAX = 500,
    REFERENCES_BYTES_MAX = 8192,
};

// What was heard, of which some is quoted.
enum fate { FATE_STANDS, FATE_CANCELS, FATE_OVER, FATE_APART };
struct heard {
    struct doc *one;
    enum fate fate;
    bool known, withdrawn;
};
struct hearing {
    struct heard at[ENTRIES_MAX];
    size_t count;
};

static void hearing_free(struct hearing **hearing)
{
    for (size_t i = 0; *hearing && i < (*hearing)->count; i++)
        doc_free(&(*hearing)->at[i].one);
    mem_free(hearing);
}

// --- one alert
// ----------------------------------------------------------------------------------------

// One line of clean text in NFC, cut behind a letter.
static void put_clean(struct doc *out, const char *key, struct str text, size_t bytes_max)
{
    struct err why = {0};
    AUTO(mem_drop)
    char *line = str_copy((struct str){text.at, text.len < bytes_max ? text.len : bytes_max});
    AUTO(buf_free) struct buf clean = buf_new(4 * bytes_max + 1);
    text_clean(line);
    for (char *at = line; *at; at++) {
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    }
    bool is_clean = text_nfc(str_of(line), &clean, &why) == OK;
    doc_put_str(out, key, is_clean ? buf_slice(&clean) : STR(""));
}

static const char *text_of(const struct doc *one, const char *key)
{
    return doc_text(doc_get(one, key), "");
}

// The info in a language, else the first.
static const struct xml_node *info_in(const struct xml_node *alert, const char *language)
{
    const struct xml_node *first = xml_find(alert, "info");
    for (const struct xml_node *info = first; info; info = xml_again(info)) {
        if (str_starts(xml_trimmed(xml_find(info, "language")), language))
            return info;
    }
    return first;
}

struct quoting {
    const char *language, *source, *issued, *withdraws, *exercise, *test;
};
static const struct quoting quotings[] = {{"vi", "Nguồn:", "phát lúc", "rút lại tin đã phát",
                                           "[Diễn tập của nguồn] ", "[Tin thử của nguồn] "},
                                          {"en", "Source:", "issued", "withdraws what it issued",
                                           "[Exercise of the source] ", "[Test of the source] "}};

static void quote(const struct xml_node *alert, const struct quoting *in, bool cancels,
                  struct doc *out)
{
    const struct xml_node *info = info_in(alert, in->language);
    AUTO(buf_free) struct buf text = buf_new(ALERT_BYTES_MAX);
    struct str by = xml_trimmed(xml_find(info, "senderName"));
    struct str says = xml_trimmed(xml_find(info, "headline"));
    struct str status = xml_trimmed(xml_find(alert, "status"));
    struct utc sent = {0};
    if (by.len == 0)
        by = xml_trimmed(xml_find(alert, "sender"));
    if (says.len == 0)
        says = xml_trimmed(xml_find(info, "event"));
    bool is_time = cap_time(xml_trimmed(xml_find(alert, "sent")), &sent);
    assert(is_time); // cap_check saw to it
    if (str_is(status, "Exercise"))
        buf_text(&text, in->exercise);
    else if (!str_is(status, "Actual"))
        buf_text(&text, in->test);
    buf_print(&text, "%s " STR_FMT ", %s %s%s%s", in->source, STR_ARG(by), in->issued,
              utc_local_text(sent).at, cancels ? ", " : "", cancels ? in->withdraws : "");
    if (says.len)
        buf_print(&text, ": «" STR_FMT "»", STR_ARG(says));
    put_clean(out, in->language, buf_slice(&text), 2 * FIELD_BYTES_MAX);
}

// When the last of its infos ends, as it stands there; "" when one has no end.
static struct str end_of(const struct xml_node *alert)
{
    struct str last = STR("");
    struct utc latest = {INT64_MIN};
    for (const struct xml_node *info = xml_find(alert, "info"); info; info = xml_again(info)) {
        struct str text = xml_trimmed(xml_find(info, "expires"));
        struct utc expires;
        if (!cap_time(text, &expires))
            return STR("");
        if (expires.s > latest.s) {
            latest = expires;
            last = text;
        }
    }
    return last;
}

static bool has_ended(const struct xml_node *alert, struct utc now)
{
    struct utc end;
    return cap_time(end_of(alert), &end) && end.s <= now.s;
}

static bool is_listed(struct str list, struct str place)
{
    for (struct str rest = list, one; str_take_field(&rest, ';', &one);) {
        if (str_same(str_trim(one), place))
            return true;
    }
    return false;
}

// The places of all infos in the language that is quoted, each once, cut behind a letter.
static void put_areas(const struct xml_node *alert, const char *language, const char *key,
                      struct doc *out)
{
    static const char cut[] = "…";
    AUTO(buf_free) struct buf all = buf_new(ALERT_BYTES_MAX), some = buf_new(FIELD_BYTES_MAX);
    struct str wanted = xml_trimmed(xml_find(info_in(alert, language), "language"));
    for (const struct xml_node *info = xml_find(alert, "info"); info; info = xml_again(info)) {
        if (!str_same(xml_trimmed(xml_find(info, "language")), wanted))
            continue;
        for (const struct xml_node *area = xml_find(info, "area");
             area && all.len <= FIELD_BYTES_MAX; area = xml_again(area)) {
            struct str place = xml_trimmed(xml_find(area, "areaDesc"));
            if (place.len && !is_listed(buf_slice(&all), place))
                buf_print(&all, "%s" STR_FMT, all.len ? "; " : "", STR_ARG(place));
        }
    }
    size_t len = all.len;
    if (len > FIELD_BYTES_MAX) {
        len = FIELD_BYTES_MAX - (sizeof(cut) - 1);
        while (len > 0 && ((unsigned char)all.at[len] & 0xc0) == 0x80)
            len--;
    }
    buf_add(&some, all.at, len);
    buf_text(&some, len < all.len ? cut : "");
    put_clean(out, key, buf_slice(&some), FIELD_BYTES_MAX);
}

static bool is_one_of(struct str text, const char *const *words)
{
    while (*words && !str_is(text, *words))
        words++;
    return *words != NULL;
}

static enum fate fate_of(const struct xml_node *alert, struct utc now)
{
    static const char *const kept_apart[] = {"System", "Draft", NULL};
    static const char *const about_messages[] = {"Ack", "Error", NULL};
    struct str type = xml_trimmed(xml_find(alert, "msgType"));
    if (!str_is(xml_trimmed(xml_find(alert, "scope")), "Public") ||
        is_one_of(xml_trimmed(xml_find(alert, "status")), kept_apart) ||
        is_one_of(type, about_messages))
        return FATE_APART;
    // That something is withdrawn is worth telling whatever end the Cancel itself gives.
    if (str_is(type, "Cancel"))
        return FATE_CANCELS;
    return has_ended(alert, now) ? FATE_OVER : FATE_STANDS;
}

static struct doc *describe(const struct xml_node *alert, enum fate fate)
{
    static const struct {
        const char *key, *path;
    } fields[] = {
        {"identifier", "identifier"},
        {"sender", "sender"},
        {"sent", "sent"},
        {"status", "status"},
        {"msgType", "msgType"},
        {"event", "info/event"},
        {"urgency", "info/urgency"},
        {"severity", "info/severity"},
        {"certainty", "info/certainty"},
        {"headline", "info/headline"},
        {"by", "info/senderName"},
    };
    struct doc *one = doc_object(), *quotes = doc_object(), *where = doc_object();
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        put_clean(one, fields[i].key, xml_trimmed(xml_find(alert, fields[i].path)),
                  FIELD_BYTES_MAX);
    if (!*text_of(one, "by"))
        doc_put_text(one, "by", text_of(one, "sender"));
    put_clean(one, "references", xml_trimmed(xml_find(alert, "references")), REFERENCES_BYTES_MAX);
    put_clean(one, "expires", end_of(alert), FIELD_BYTES_MAX);
    put_areas(alert, "", "areaDesc", one);
    // What does not stand is held against no commune.
    struct doc *area = fate == FATE_STANDS ? cap_area_numbers(alert) : NULL;
    if (area)
        doc_put(one, "area", area);
    for (size_t i = 0; i < COUNT_OF(quotings); i++) {
        quote(alert, &quotings[i], fate == FATE_CANCELS, quotes);
        put_areas(alert, quotings[i].language, quotings[i].language, where);
    }
    doc_put(one, "quote", quotes);
    doc_put(one, "where", where);
    return one;
}

// --- fetching
// -----------------------------------------------------------------------------------------

// Who chooses what is fetched is somebody else: a feed of the web names no file, and one that is
// outside no address within.
struct fetching {
    const char *folder, *certificate;
    struct utc now;
    int64_t until_ms; // ticks
    bool anew, is_web, may_be_within;
};

static bool is_web(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

static char *path_of(const struct fetching *in, const char *name, const char *end)
{
    AUTO(buf_free) struct buf file = buf_new(HASH_HEX_SIZE + 8);
    buf_print(&file, "%s%s", name, end);
    return file_join(in->folder, file.at);
}

// Where it is kept what an address had when the feed said that it was changed; NULL when it does
// not say: then it is fetched each time.
static char *note_of(const struct fetching *in, const struct feed_link *link)
{
    AUTO(buf_free) struct buf key = buf_new(ALERT_BYTES_MAX);
    if (!*link->updated)
        return NULL;
    buf_print(&key, "%s\n%s", link->url, link->updated);
    struct hash_hex hex = hash_hex(hash_of(buf_slice(&key)));
    return path_of(in, hex.at, ".url");
}

// What was fetched already, from the disk. False: it is to be fetched.
static bool is_kept(const struct fetching *in, const char *note, struct buf *text)
{
    AUTO(buf_free) struct buf name = buf_new(HASH_HEX_SIZE);
    struct err ignored = {0};
    if (!note || !file_exists(note) || file_read(note, &name, &ignored) ||
        name.len != HASH_HEX_SIZE - 1)
        return false;
    AUTO(mem_drop) char *path = path_of(in, name.at, ".xml");
    if (file_exists(path) && file_read(path, text, &ignored) == OK) {
        struct hash_hex hex = hash_hex(hash_of(buf_slice(text)));
        if (text->len && strcmp(hex.at, name.at) == 0)
            return true;
    }
    buf_clear(text);
    return false;
}

static enum err_kind fetch(const struct fetching *in, const char *url, struct buf *text,
                           struct err *err)
{
    struct http_reach reach = {.outside = !in->may_be_within};
    if (in->is_web && !is_web(url))
        return err_set(err, ERR_REFUSED, "%.200s is not fetched: a feed of the web names no file",
                       url);
    if (clock_ticks_ms() >= in->until_ms)
        return err_set(err, ERR_LATER, "%.200s is left for the next time", url);
    return http_get_within(url, TIMEOUT_S, &reach, text, err);
}

// Read, checked, verified, kept.
static enum err_kind hear(const struct fetching *in, const struct feed_link *link,
                          struct heard *out, struct err *err)
{
    const char *url = link->url, *certificate = in->certificate;
    AUTO(buf_free) struct buf text = buf_new(ALERT_BYTES_MAX);
    AUTO(xml_free) struct xml *xml = NULL;
    AUTO(mem_drop) char *note = note_of(in, link);
    struct cap_findings findings;
    enum cap_seal seal = CAP_UNSIGNED;
    bool kept = !in->anew && is_kept(in, note, &text);
    if ((!kept && fetch(in, url, &text, err)) || xml_parse(buf_slice(&text), url, &xml, err))
        return err_of(err);
    cap_check(xml, CAP_FOREIGN, &findings);
    if (cap_verdict(&findings, url, err) ||
        (certificate && cap_verify(buf_slice(&text), certificate, &seal, err)))
        return err_of(err);
    if (seal == CAP_FALSE)
        return err_set(err, ERR_REFUSED, "%s is signed by somebody else, or was changed", url);
    const struct xml_node *alert = xml_root(xml);
    struct hash_hex hex = hash_hex(hash_of(buf_slice(&text)));
    AUTO(mem_drop) char *path = path_of(in, hex.at, ".xml");
    *out = (struct heard){.fate = fate_of(alert, in->now), .known = file_exists(path)};
    if (out->fate != FATE_APART && !kept &&
        ((!out->known && file_write(path, buf_slice(&text), 0600, err)) ||
         (note && file_write(note, str_of(hex.at), 0600, err))))
        return err_of(err);
    out->one = describe(alert, out->fate);
    doc_put_text(out->one, "raw", hex.at);
    doc_put_text(out->one, "seal", certificate ? cap_seal_name(seal) : "not checked");
    return OK;
}

// --- all of them
// --------------------------------------------------------------------------------------

bool cap_takes_back(const struct doc *later, const struct doc *earlier)
{
    static const char *const same[] = {"sender", "status"};
    const char *type = text_of(later, "msgType");
    if (strcmp(type, "Update") != 0 && strcmp(type, "Cancel") != 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        if (strcmp(text_of(later, same[i]), text_of(earlier, same[i])) != 0)
            return false;
    }
    AUTO(buf_free) struct buf wanted = buf_new(REFERENCES_BYTES_MAX);
    buf_print(&wanted, "%s,%s,%s", text_of(earlier, "sender"), text_of(earlier, "identifier"),
              text_of(earlier, "sent"));
    struct str rest = str_of(text_of(later, "references")), triple;
    while (str_take_field(&rest, ' ', &triple)) {
        if (str_same(triple, buf_slice(&wanted)))
            return true;
    }
    return false;
}

static bool takes_back(const struct heard *later, const struct heard *earlier)
{
    return later->one && later->fate != FATE_APART && cap_takes_back(later->one, earlier->one);
}

static void find_withdrawn(struct hearing *hearing)
{
    for (size_t i = 0; i < hearing->count; i++) {
        for (size_t k = 0; k < hearing->count && !hearing->at[i].withdrawn; k++)
            hearing->at[i].withdrawn =
                k != i && hearing->at[i].one && takes_back(&hearing->at[k], &hearing->at[i]);
    }
}

static void list_heard(struct hearing *hearing, struct doc *list, struct relay_report *report)
{
    for (size_t i = 0; i < hearing->count; i++) {
        struct heard *heard = &hearing->at[i];
        if (!heard->one)
            continue;
        bool is_over = heard->fate == FATE_OVER, is_quoted = !is_over && !heard->withdrawn;
        report->apart += heard->fate == FATE_APART;
        report->over += is_over;
        report->withdrawn += heard->fate != FATE_APART && !is_over && heard->withdrawn;
        bool is_alert = strcmp(text_of(heard->one, "msgType"), "Alert") == 0;
        if (heard->fate == FATE_APART || (!is_quoted && is_alert))
            continue;
        if (is_quoted)
            *(heard->known ? &report->known : &report->quoted) += 1;
        doc_put_bool(heard->one, "stands", is_quoted && heard->fate == FATE_STANDS);
        doc_put_bool(heard->one, "quoted", is_quoted);
        doc_push(list, TAKE(heard->one));
    }
}

// Each round begins at another one: what answers slowly keeps no other from being reached for good.
static enum err_kind hear_all(const struct fetching *in, const struct feed_links *links,
                              struct hearing *hearing, struct relay_report *report, struct err *err)
{
    size_t begin = links->count ? (size_t)(in->now.s / 60) % links->count : 0, left = 0;
    hearing->count = links->count;
    for (size_t n = 0; n < links->count && !cli_stopped(); n++) {
        struct err why = {0};
        size_t i = (begin + n) % links->count;
        enum err_kind kind = hear(in, &links->at[i], &hearing->at[i], &why);
        if (kind == ERR_BROKEN) {
            *err = why;
            return kind;
        }
        bool is_late = kind == ERR_LATER && clock_ticks_ms() >= in->until_ms;
        left += is_late;
        report->refused += kind && !is_late;
        if (kind && !is_late)
            log_err("an alert is not quoted", &why);
    }
    if (left)
        log_warn("%zu alerts of the feed are left for the next time: it answers slowly", left);
    return OK;
}

enum err_kind cap_relay(const struct site *site, const struct relay_ask *ask, struct doc *list,
                        struct relay_report *report, struct err *err)
{
    AUTO(mem_drop) char *folder = site_path(site, "out/cap-relay");
    AUTO(buf_free) struct buf text = buf_new(FEED_BYTES_MAX);
    AUTO(feed_links_free) struct feed_links links = {0};
    AUTO(hearing_free) struct hearing *hearing = mem_new(1, sizeof(*hearing));
    struct http_reach reach = {0};
    const char *url = ask->url;
    *report = (struct relay_report){0};
    if (file_make_folder(folder, 0700, err) ||
        http_get_within(url, TIMEOUT_S, &reach, &text, err) ||
        cap_feed_read(buf_slice(&text), url, ENTRIES_MAX, &links, err))
        return err_of(err);
    struct fetching in = {.folder = folder,
                          .certificate = ask->certificate,
                          .now = ask->now,
                          .until_ms = clock_ticks_ms() + (ask->anew ? ANEW_MS : FETCHING_MS),
                          .anew = ask->anew,
                          .is_web = is_web(url),
                          .may_be_within = reach.within || !is_web(url)};
    if (hear_all(&in, &links, hearing, report, err))
        return err_of(err);
    find_withdrawn(hearing);
    list_heard(hearing, list, report);
    return OK;
}
