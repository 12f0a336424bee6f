#include "notify/cap_relay.h"

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

enum {
    FEED_BYTES_MAX = 4 << 20,
    ALERT_BYTES_MAX = 1 << 20,
    ENTRIES_MAX = 200,
    TIMEOUT_S = 20,
    FETCHING_MS = 60000,
    FIELD_BYTES_MAX = 500,
    REFERENCES_BYTES_MAX = 8192,
};

struct urls {
    char **at;
    size_t count;
};

static void urls_free(struct urls *urls)
{
    for (size_t i = 0; i < urls->count; i++)
        mem_free(&urls->at[i]);
    mem_free(&urls->at);
}

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

static bool has_ended(const struct xml_node *alert, struct utc now)
{
    bool ended = xml_find(alert, "info") != NULL;
    for (const struct xml_node *info = xml_find(alert, "info"); info; info = xml_again(info)) {
        struct utc expires;
        if (!cap_time(xml_trimmed(xml_find(info, "expires")), &expires) || expires.s > now.s)
            ended = false;
    }
    return ended;
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
    if (has_ended(alert, now))
        return FATE_OVER;
    return str_is(type, "Cancel") ? FATE_CANCELS : FATE_STANDS;
}

static struct doc *describe(const struct xml_node *alert, bool cancels)
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
        {"expires", "info/expires"},
        {"headline", "info/headline"},
        {"areaDesc", "info/area/areaDesc"},
        {"by", "info/senderName"},
    };
    struct doc *one = doc_object(), *quotes = doc_object();
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        put_clean(one, fields[i].key, xml_trimmed(xml_find(alert, fields[i].path)),
                  FIELD_BYTES_MAX);
    if (!*text_of(one, "by"))
        doc_put_text(one, "by", text_of(one, "sender"));
    put_clean(one, "references", xml_trimmed(xml_find(alert, "references")), REFERENCES_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(quotings); i++)
        quote(alert, &quotings[i], cancels, quotes);
    doc_put(one, "quote", quotes);
    return one;
}

// Read, checked, verified, kept.
static enum err_kind hear(const char *folder, const char *url, const char *certificate,
                          struct utc now, struct heard *out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(ALERT_BYTES_MAX);
    AUTO(xml_free) struct xml *xml = NULL;
    struct cap_findings findings;
    enum cap_seal seal = CAP_UNSIGNED;
    if (http_get(url, TIMEOUT_S, &text, err) || xml_parse(buf_slice(&text), url, &xml, err))
        return err_of(err);
    cap_check(xml, CAP_FOREIGN, &findings);
    if (cap_verdict(&findings, url, err) ||
        (certificate && cap_verify(buf_slice(&text), certificate, &seal, err)))
        return err_of(err);
    if (seal == CAP_FALSE)
        return err_set(err, ERR_REFUSED, "%s is signed by somebody else, or was changed", url);
    const struct xml_node *alert = xml_root(xml);
    struct hash_hex hex = hash_hex(hash_of(buf_slice(&text)));
    AUTO(buf_free) struct buf name = buf_new(100);
    buf_print(&name, "%s.xml", hex.at);
    AUTO(mem_drop) char *path = file_join(folder, name.at);
    *out = (struct heard){.fate = fate_of(alert, now), .known = file_exists(path)};
    bool is_quoted = out->fate == FATE_STANDS || out->fate == FATE_CANCELS;
    if (is_quoted && !out->known && file_write(path, buf_slice(&text), 0600, err))
        return err_of(err);
    out->one = describe(alert, out->fate == FATE_CANCELS);
    doc_put_text(out->one, "raw", hex.at);
    doc_put_text(out->one, "seal", certificate ? cap_seal_name(seal) : "not checked");
    return OK;
}

// --- all of them
// --------------------------------------------------------------------------------------

// Whether `later` takes the place of `earlier`, or takes it back. Only who said it may, and an
// exercise ends no warning.
static bool takes_back(const struct heard *later, const struct heard *earlier)
{
    static const char *const same[] = {"sender", "status"};
    const char *type = text_of(later->one, "msgType");
    if (later->fate == FATE_APART || (strcmp(type, "Update") != 0 && strcmp(type, "Cancel") != 0))
        return false;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        if (strcmp(text_of(later->one, same[i]), text_of(earlier->one, same[i])) != 0)
            return false;
    }
    AUTO(buf_free) struct buf wanted = buf_new(REFERENCES_BYTES_MAX);
    buf_print(&wanted, "%s,%s,%s", text_of(earlier->one, "sender"),
              text_of(earlier->one, "identifier"), text_of(earlier->one, "sent"));
    struct str rest = str_of(text_of(later->one, "references")), triple;
    while (str_take_field(&rest, ' ', &triple)) {
        if (str_same(triple, buf_slice(&wanted)))
            return true;
    }
    return false;
}

static void find_withdrawn(struct hearing *hearing)
{
    for (size_t i = 0; i < hearing->count; i++) {
        for (size_t k = 0; k < hearing->count && !hearing->at[i].withdrawn; k++)
            hearing->at[i].withdrawn = k != i && takes_back(&hearing->at[k], &hearing->at[i]);
    }
}

static void list_heard(struct hearing *hearing, struct doc *list, struct relay_report *report)
{
    for (size_t i = 0; i < hearing->count; i++) {
        struct heard *heard = &hearing->at[i];
        report->apart += heard->fate == FATE_APART;
        report->over += heard->fate == FATE_OVER;
        if (heard->fate == FATE_APART || heard->fate == FATE_OVER)
            continue;
        if (heard->withdrawn) {
            report->withdrawn++;
            continue;
        }
        *(heard->known ? &report->known : &report->quoted) += 1;
        doc_put_bool(heard->one, "stands", heard->fate == FATE_STANDS);
        doc_push(list, TAKE(heard->one));
    }
}

enum err_kind cap_relay(const struct site *site, const char *url, const char *certificate,
                        struct utc now, struct doc *list, struct relay_report *report,
                        struct err *err)
{
    AUTO(mem_drop) char *folder = site_path(site, "out/cap-relay");
    AUTO(buf_free) struct buf text = buf_new(FEED_BYTES_MAX);
    AUTO(urls_free) struct urls urls = {0};
    AUTO(hearing_free) struct hearing *hearing = mem_new(1, sizeof(*hearing));
    int64_t until_ms = clock_ticks_ms() + FETCHING_MS;
    *report = (struct relay_report){0};
    if (file_make_folder(folder, 0700, err) || http_get(url, TIMEOUT_S, &text, err) ||
        cap_feed_read(buf_slice(&text), url, ENTRIES_MAX, &urls.at, &urls.count, err))
        return err_of(err);
    for (size_t i = 0; i < urls.count; i++) {
        struct err why = {0};
        if (clock_ticks_ms() >= until_ms) {
            log_warn("%zu alerts of %s are left for the next time: it answers slowly",
                     urls.count - i, url);
            break;
        }
        enum err_kind kind =
            hear(folder, urls.at[i], certificate, now, &hearing->at[hearing->count], &why);
        if (kind == ERR_BROKEN) {
            *err = why;
            return kind;
        }
        hearing->count += kind == OK;
        if (kind) {
            report->refused++;
            log_err("an alert is not quoted", &why);
        }
    }
    find_withdrawn(hearing);
    list_heard(hearing, list, report);
    return OK;
}
