#include "notify/cap_relay.h"

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

enum { FEED_BYTES_MAX = 4 << 20, ALERT_BYTES_MAX = 1 << 20, ENTRIES_MAX = 200, TIMEOUT_S = 20 };

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

static void quote(const struct xml_node *alert, const char *language, const char *source,
                  const char *issued, struct doc *out)
{
    const struct xml_node *info = info_in(alert, language);
    AUTO(buf_free) struct buf text = buf_new(4000);
    struct str by = xml_trimmed(xml_find(info, "senderName"));
    struct str says = xml_trimmed(xml_find(info, "headline"));
    struct utc sent = {0};
    if (by.len == 0)
        by = xml_trimmed(xml_find(alert, "sender"));
    if (says.len == 0)
        says = xml_trimmed(xml_find(info, "event"));
    bool is_time = cap_time(xml_trimmed(xml_find(alert, "sent")), &sent);
    assert(is_time); // cap_check saw to it
    buf_print(&text, "%s " STR_FMT ", %s %s: «" STR_FMT "»", source, STR_ARG(by), issued,
              utc_local_text(sent).at, STR_ARG(says));
    doc_put_str(out, language, buf_slice(&text));
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

static void put_text(struct doc *out, const char *key, const struct xml_node *alert,
                     const char *name)
{
    doc_put_str(out, key, xml_trimmed(xml_find(alert, name)));
}

// One alert: read, checked, verified, kept, quoted.
static enum err_kind relay_one(const char *folder, const char *url, const char *certificate,
                               struct utc now, struct doc *list, struct relay_report *report,
                               struct err *err)
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
    if (has_ended(alert, now)) {
        report->over++;
        return OK;
    }
    AUTO(buf_free) struct buf name = buf_new(100);
    buf_print(&name, "%s.xml", hash_hex(hash_of(buf_slice(&text))).at);
    AUTO(mem_drop) char *path = file_join(folder, name.at);
    bool known = file_exists(path);
    if (!known && file_write(path, buf_slice(&text), 0600, err))
        return err_of(err);
    struct doc *one = doc_object(), *quotes = doc_object();
    doc_put_text(one, "file", name.at);
    put_text(one, "identifier", alert, "identifier");
    put_text(one, "sender", alert, "sender");
    put_text(one, "sent", alert, "sent");
    put_text(one, "status", alert, "status");
    doc_put_text(one, "seal", certificate ? cap_seal_name(seal) : "not checked");
    quote(alert, "vi", "Nguồn:", "phát lúc", quotes);
    quote(alert, "en", "Source:", "issued", quotes);
    doc_put(one, "quote", quotes);
    doc_push(list, one);
    *(known ? &report->known : &report->quoted) += 1;
    return OK;
}

enum err_kind cap_relay(const struct site *site, const char *url, const char *certificate,
                        struct utc now, struct doc *list, struct relay_report *report,
                        struct err *err)
{
    AUTO(mem_drop) char *folder = site_path(site, "out/cap-relay");
    AUTO(buf_free) struct buf text = buf_new(FEED_BYTES_MAX);
    AUTO(urls_free) struct urls urls = {0};
    *report = (struct relay_report){0};
    if (file_make_folder(folder, 0700, err) || http_get(url, TIMEOUT_S, &text, err) ||
        cap_feed_read(buf_slice(&text), url, ENTRIES_MAX, &urls.at, &urls.count, err))
        return err_of(err);
    for (size_t i = 0; i < urls.count; i++) {
        struct err why = {0};
        enum err_kind kind = relay_one(folder, urls.at[i], certificate, now, list, report, &why);
        if (kind == ERR_BROKEN) {
            *err = why;
            return kind;
        }
        if (kind) {
            report->refused++;
            log_err("an alert is not quoted", &why);
        }
    }
    return OK;
}
