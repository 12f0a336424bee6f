// Mail to subscribers, and requests to operators, which are mail too.
#include "core/clock.h"
#include "core/date.h"
#include "core/doc.h"
#include "core/hash.h"
#include "core/mail.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/subscriber.h"
#include "notify/recipient.h"
#include "notify/sms.h"
#include "notify/subscription.h"
#include "notify/telco.h"

#include <stdio.h>
#include <string.h>

enum {
    SEND_MS = 15000,
    DOWN_MS = 30000,
    LETTER_BYTES_MAX = 1 << 20,
    TEXT_BYTES_MAX = 256 * 1024,
    AUTH_FAILED = 535,
    DATE_SIZE = 64,
};

struct post {
    const struct site *site;
    const struct host *host;
    const char *channel; // "mail", "telco"
    struct buf password;
    char *authority;
};

void mail_close(void **self)
{
    struct post *post = *self;
    if (!post)
        return;
    buf_free(&post->password);
    mem_free(&post->authority);
    mem_free(self);
}

static enum err_kind open_post(const struct site *site, const struct host *host,
                               const char *channel, void **self, struct err *err)
{
    struct post *post = *self = mem_new(1, sizeof(*post));
    AUTO(subscribers_free) struct subscribers list = {0};
    const char *authority = site_text(site, "mail_ca_file");
    *post = (struct post){site, host, channel, buf_new(256), NULL};
    post->authority = strcmp(authority, "system") == 0 ? mem_text("") : site_path(site, authority);
    if (subscribers_load(site_folder(site), &list, err) ||
        (*site_text(site, "mail_user") && site_secret(site, "mail", &post->password, err))) {
        mail_close(self);
        return err_of(err);
    }
    return OK;
}

enum err_kind mail_open(const struct site *site, const struct host *host, void **self,
                        struct err *err)
{
    return open_post(site, host, "mail", self, err);
}

enum err_kind telco_open(const struct site *site, const struct host *host, void **self,
                         struct err *err)
{
    if (telco_ready(site, err))
        return err_of(err);
    return open_post(site, host, "telco", self, err);
}

// RFC 5322: "Wed, 04 Sep 2024 19:00:00 +0700".
static void say_date(struct utc at, char out[DATE_SIZE])
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil local = utc_civil((struct utc){at.s + VIETNAM_OFFSET_S});
    int64_t day = (at.s + VIETNAM_OFFSET_S) / DAY_S;
    (void)snprintf(out, DATE_SIZE, "%s, %02d %s %d %02d:%02d:%02d +0700", days[day % 7], local.day,
                   months[local.month - 1], local.year, local.hour, local.minute, local.second);
}

static struct mail line_of(const struct post *post)
{
    return (struct mail){.url = site_text(post->site, "mail_url"),
                         .user = site_text(post->site, "mail_user"),
                         .password = post->password.at ? post->password.at : "",
                         .authority = post->authority,
                         .from = site_text(post->site, "mail_from"),
                         .timeout_ms = SEND_MS};
}

// Subject and text of a job; settles it when it has none.
static bool write_text(const struct post *post, struct job *job, const struct subscriber *to,
                       const struct doc *body, struct buf *subject, struct buf *text)
{
    struct err why = {0};
    const char *language;
    if (strcmp(post->channel, "telco") == 0) {
        if (telco_form(post->site, job->note, to, body, subject, text, &why) == OK)
            return true;
        sms_settle(job, OUTCOME_REFUSED, 0, "%.190s", why.text);
        return false;
    }
    const char *said = recipient_text(body, "text", to->language, &language);
    const char *title = recipient_text(body, "title", to->language, &language);
    if (!said) {
        sms_settle(job, OUTCOME_REFUSED, 0, "the message has no text");
        return false;
    }
    buf_text(subject, title ? title : site_text(post->site, "title"));
    buf_text(text, said);
    buf_char(text, '\n');
    return true;
}

static void settle(struct job *job, enum err_kind kind, long code, const struct err *why)
{
    if (kind == OK)
        sms_settle(job, OUTCOME_DONE, 0, "smtp: %ld", code);
    else if (code == AUTH_FAILED || code == 0)
        sms_settle(job, OUTCOME_DOWN, DOWN_MS, "%.190s", why->text);
    else if (kind == ERR_REFUSED)
        sms_settle(job, OUTCOME_REFUSED, 0, "%.190s", why->text);
    else
        sms_settle(job, OUTCOME_RETRY, 0, "%.190s", why->text);
}

// False when the server is not there: the rest need not be tried.
static bool deliver_one(struct post *post, const struct subscribers *list, struct job *job)
{
    struct err why = {0};
    const struct subscriber *to = NULL;
    AUTO(doc_free) struct doc *body = NULL;
    AUTO(buf_free) struct buf subject = buf_new(4096), text = buf_new(TEXT_BYTES_MAX);
    AUTO(buf_free) struct buf message = buf_new(LETTER_BYTES_MAX);
    char date[DATE_SIZE];
    long code = 0;
    if (!subscription_begin(list, post->channel, job, &to, &body) ||
        !write_text(post, job, to, body, &subject, &text))
        return true;
    struct mail mail = line_of(post);
    // The same for every try: whoever gets it twice can tell.
    struct hash_hex id = hash_hex(hash_of(str_of(job->note->key)));
    id.at[40] = '\0';
    say_date(job->note->at, date);
    struct letter letter = {mail.from, to->to, subject.at, text.at, id.at, date};
    mail_write(&letter, &message);
    mail.to = to->to;
    mail.message = buf_slice(&message);
    enum err_kind kind = mail_send(&mail, &code, &why);
    settle(job, kind, code, &why);
    // Kept with the time: from then on an operator's confirmation is waited for.
    if (kind == OK && strcmp(post->channel, "telco") == 0)
        (void)snprintf(job->ref, sizeof(job->ref), "%s", id.at);
    return job->outcome != OUTCOME_DOWN;
}

enum err_kind mail_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    struct post *post = self;
    AUTO(subscribers_free) struct subscribers list = {0};
    struct err why = {0};
    (void)err;
    bool there = subscribers_load(site_folder(post->site), &list, &why) == OK;
    for (size_t i = 0; i < count; i++) {
        (void)post->host->beat(post->host->self);
        if (!there)
            sms_settle(&job[i], OUTCOME_DOWN, DOWN_MS, "%.190s", why.text);
        else if (!deliver_one(post, &list, &job[i])) {
            there = false;
            (void)snprintf(why.text, sizeof(why.text), "%s", job[i].why);
        }
    }
    return OK;
}

enum err_kind mail_check(const struct site *site, struct doc *report, struct err *err)
{
    static const struct host nobody = {0};
    void *self = NULL;
    long code = 0;
    if (mail_open(site, &nobody, &self, err))
        return err_of(err);
    struct mail mail = line_of(self);
    enum err_kind kind = mail_try(&mail, &code, err);
    doc_put_text(report, "server", mail.url);
    doc_put_int(report, "code", code);
    mail_close(&self);
    return kind;
}

enum err_kind telco_check(const struct site *site, struct doc *report, struct err *err)
{
    return telco_ready(site, err) ? err_of(err) : mail_check(site, report, err);
}
