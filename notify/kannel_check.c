// gong channel check for Kannel: is it there, has it carriers, does it let us send.
#include "core/doc.h"
#include "core/http.h"
#include "core/mem.h"
#include "core/site.h"
#include "notify/kannel.h"

#include <stdio.h>
#include <string.h>

enum {
    URL_BYTES_MAX = 16384,
    SECRET_BYTES_MAX = 4096,
    STATUS_BYTES_MAX = 1 << 20,
    TIMEOUT_MS = 5000,
    UNTOLD = 400,  // sendsms knows us, and misses the receiver
    REFUSED = 403, // sendsms does not know us
};

// The text between <name> and </name>, the first one; at NULL when there is none.
static struct str element(const char *xml, const char *name)
{
    char open[32], shut[32];
    (void)snprintf(open, sizeof(open), "<%s>", name);
    (void)snprintf(shut, sizeof(shut), "</%s>", name);
    const char *from = strstr(xml, open);
    const char *to = from ? strstr(from, shut) : NULL;
    if (!to)
        return (struct str){NULL, 0};
    from += strlen(open);
    return str_trim((struct str){from, (size_t)(to - from)});
}

static enum err_kind read_status(const char *xml, struct doc *report, struct err *err)
{
    size_t online = 0;
    for (const char *at = xml; (at = strstr(at, "<status>online")); at++)
        online++;
    doc_put_str(report, "version", element(xml, "version"));
    doc_put_int(report, "carriers_online", (int64_t)online);
    if (!strstr(xml, "<type>smsbox</type>"))
        return err_set(err, ERR_LATER, "no smsbox is connected to kannel; start one");
    if (online == 0)
        return err_set(err, ERR_LATER, "kannel has no carrier online: messages would only queue");
    return OK;
}

// One question to Kannel, with a password of keys/ added to the address.
static enum err_kind ask(const struct site *site, struct buf *url, const char *secret,
                         struct http_reply *reply, struct err *err)
{
    AUTO(http_close) struct http *http = http_new();
    AUTO(buf_free) struct buf password = buf_new(SECRET_BYTES_MAX);
    if (site_secret(site, secret, &password, err))
        return err_of(err);
    http_field(url, "password", buf_slice(&password));
    struct http_request request = {.method = "GET", .url = url->at, .timeout_ms = TIMEOUT_MS};
    return http_exchange(http, &request, reply, err);
}

static enum err_kind check_status(const struct site *site, struct http_reply *reply,
                                  struct doc *report, struct err *err)
{
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    buf_print(&url, "%s?", site_text(site, "kannel_status_url"));
    if (ask(site, &url, "kannel-status", reply, err))
        return err_of(err);
    if (reply->status != 200)
        return err_set(err, ERR_REFUSED,
                       "kannel's status page answered %ld: check keys/kannel-status",
                       reply->status);
    const char *xml = reply->body.at ? reply->body.at : "";
    if (strstr(xml, "Denied"))
        return err_set(err, ERR_REFUSED,
                       "kannel's status page denies us: check keys/kannel-status");
    return read_status(xml, report, err);
}

// A message without a receiver is none: smsbox asks first who we are, and says then what it misses.
static enum err_kind check_sender(const struct site *site, struct http_reply *reply,
                                  struct err *err)
{
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    buf_print(&url, "%s?", site_text(site, "kannel_url"));
    http_field(&url, "username", str_of(site_text(site, "kannel_user")));
    if (ask(site, &url, "kannel", reply, err))
        return err_of(err);
    if (reply->status == REFUSED)
        return err_set(err, ERR_REFUSED,
                       "kannel does not let us send: check kannel_user and keys/kannel, and "
                       "user-allow-ip in kannel's own file");
    if (reply->status != UNTOLD)
        return err_set(err, ERR_REFUSED, "sendsms answered %ld to a question: check kannel_url",
                       reply->status);
    return OK;
}

enum err_kind kannel_check(const struct site *site, struct doc *report, struct err *err)
{
    struct http_reply reply = {.body = buf_new(STATUS_BYTES_MAX)};
    doc_put_text(report, "url", site_text(site, "kannel_status_url"));
    enum err_kind kind = check_status(site, &reply, report, err);
    if (!kind)
        kind = check_sender(site, &reply, err);
    buf_free(&reply.body);
    return kind;
}
