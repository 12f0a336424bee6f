#include "notify/sms_http.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/hash.h"
#include "core/http.h"
#include "core/mem.h"
#include "core/site.h"
#include "notify/callback.h"
#include "notify/sms.h"
#include "notify/sms_template.h"

#include <stdio.h>
#include <string.h>

enum {
    BYTES_MAX = 64 * 1024,
    TIMEOUT_MS = 8000,
    PIECE_JOBS = 8, // at once, and between two heartbeats
    HEADERS_MAX = 17,
    REQUEST_DIGITS = 32,
    DOWN_MS = 60000,
};

struct sms_http {
    const struct host *host;
    struct sms_desk *desk;
    struct sms_template *template;
    struct callback *callback; // NULL: the file knows no reports
    struct http *http;
    struct buf secret;
    char *sender;
};

void sms_http_close(void **self)
{
    struct sms_http *sms = *self;
    if (!sms)
        return;
    callback_close(&sms->callback);
    http_close(&sms->http);
    sms_template_free(&sms->template);
    sms_desk_close(&sms->desk);
    buf_free(&sms->secret);
    mem_free(&sms->sender);
    mem_free(self);
}

// One message on its way.
struct sending {
    struct job *job;
    struct sms_letter letter;
    struct buf url, body, header[HEADERS_MAX];
    const char *line[HEADERS_MAX + 1];
    char request[REQUEST_DIGITS + 1];
};

struct sendings {
    struct sending at[PIECE_JOBS];
    struct http_job exchange[PIECE_JOBS];
    size_t count;
};

static void sending_free(struct sending *sending)
{
    sms_letter_free(&sending->letter);
    buf_free(&sending->url);
    buf_free(&sending->body);
    for (size_t i = 0; i < HEADERS_MAX; i++)
        buf_free(&sending->header[i]);
}

static void sendings_free(struct sendings *sendings)
{
    for (size_t i = 0; i < sendings->count; i++) {
        sending_free(&sendings->at[i]);
        buf_free(&sendings->exchange[i].reply.body);
    }
}

static void write_request(const struct sms_http *sms, struct sending *sending)
{
    struct hash_hex hex = hash_hex(hash_of(str_of(sending->job->note->key)));
    memcpy(sending->request, hex.at, REQUEST_DIGITS);
    struct sms_template_values values = {
        .to = sending->letter.to,
        .text = sending->letter.text.at,
        .sender = sms->sender,
        .request = sending->request,
        .callback = sms->callback ? callback_url(sms->callback) : "",
        .secret = sms->secret.at,
        .unicode = sending->letter.size.coding == SMS_UCS2,
    };
    sending->url = buf_new(BYTES_MAX);
    sending->body = buf_new(BYTES_MAX);
    sms_template_url(sms->template, &values, &sending->url);
    sms_template_body(sms->template, &values, &sending->body);
    for (size_t i = 0; i < sms_template_headers(sms->template); i++) {
        sending->header[i] = buf_new(BYTES_MAX);
        sms_template_header(sms->template, i, &values, &sending->header[i]);
        sending->line[i] = sending->header[i].at;
    }
}

static enum err_kind take_code(struct sms_http *sms, const struct sending *sending,
                               const struct http_reply *reply, struct err *err)
{
    struct sms_template_answer answer;
    struct job *job = sending->job;
    sms_template_answer(sms->template, buf_slice(&reply->body), &answer);
    // The word by which a report will name the message.
    (void)snprintf(job->ref, sizeof(job->ref), "%s", *answer.ref ? answer.ref : sending->request);
    if (answer.outcome == OUTCOME_DONE)
        return sms_done(sms->desk, job, &sending->letter, "http", err);
    sms_settle(job, answer.outcome, answer.outcome == OUTCOME_DOWN ? DOWN_MS : 0,
               *answer.code ? "the aggregator answered %s"
                            : "the aggregator's answer has no code%s",
               answer.code);
    return OK;
}

static enum err_kind take_answer(struct sms_http *sms, const struct sending *sending,
                                 const struct http_job *exchange, struct err *err)
{
    const struct http_reply *reply = &exchange->reply;
    struct job *job = sending->job;
    int64_t after_ms = reply->retry_after_s > 0 ? reply->retry_after_s * 1000 : 0;
    if (exchange->kind && !reply->sent)
        sms_settle(job, OUTCOME_DOWN, DOWN_MS, "%.150s", exchange->why.text);
    else if (exchange->kind)
        sms_settle(job, OUTCOME_UNKNOWN, 0, "%.150s", exchange->why.text);
    else if (reply->status >= 200 && reply->status < 300)
        return take_code(sms, sending, reply, err);
    else if (reply->status == 429 || reply->status == 503)
        sms_settle(job, OUTCOME_BUSY, after_ms, "the aggregator is busy (%ld)", reply->status);
    else if (reply->status == 401 || reply->status == 403)
        sms_settle(job, OUTCOME_DOWN, DOWN_MS,
                   "the aggregator refuses us (%ld): check keys/sms-http", reply->status);
    else if (reply->status >= 500)
        sms_settle(job, OUTCOME_UNKNOWN, 0, "the aggregator broke (%ld)", reply->status);
    else
        sms_settle(job, OUTCOME_REFUSED, 0, "the aggregator answered %ld", reply->status);
    return OK;
}

static enum err_kind add_job(struct sms_http *sms, struct sendings *sendings, struct job *job,
                             struct err *err)
{
    struct sending *sending = &sendings->at[sendings->count];
    bool ready = false;
    if (job->note->ask) {
        sms_settle(job, OUTCOME_UNKNOWN, 0, "no report came from the aggregator");
        return OK;
    }
    if (clock_wall_ms() >= job->note->deadline_ms) { // somebody else may have it by now
        sms_settle(job, OUTCOME_BUSY, 0, "its time was over before it was begun");
        return OK;
    }
    if (sms_write(sms->desk, job, &sending->letter, &ready, err))
        return err_of(err);
    if (!ready) {
        sms_letter_free(&sending->letter);
        return OK;
    }
    sending->job = job;
    write_request(sms, sending);
    bool has_body = sending->body.len > 0;
    sendings->exchange[sendings->count++] = (struct http_job){
        .request = {.method = sms_template_method(sms->template),
                    .url = sending->url.at,
                    .headers = sending->line,
                    .body = has_body ? buf_slice(&sending->body) : (struct str){NULL, 0},
                    .timeout_ms = TIMEOUT_MS,
                    .once = true}, // a message sent twice by a library is sent twice
        .reply.body = buf_new(BYTES_MAX)};
    return OK;
}

enum err_kind sms_http_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    struct sms_http *sms = self;
    for (size_t at = 0; at < count;) {
        AUTO(sendings_free) struct sendings sendings = {0};
        for (; at < count && sendings.count < PIECE_JOBS; at++) {
            if (add_job(sms, &sendings, &job[at], err))
                return err_of(err);
        }
        http_exchange_many(sms->http, sendings.exchange, sendings.count, PIECE_JOBS);
        for (size_t i = 0; i < sendings.count; i++) {
            if (take_answer(sms, &sendings.at[i], &sendings.exchange[i], err))
                return err_of(err);
        }
        if (sms->callback) // reports are heard, and answered, meanwhile
            callback_step(sms->callback);
        (void)sms->host->beat(sms->host->self);
    }
    return OK;
}

static struct str parameter(const void *self, const char *name)
{
    return listen_query(self, name);
}

static unsigned answer_call(void *self, const char *name, struct listen_request *request)
{
    struct sms_http *sms = self;
    struct sms_template_report report;
    if (strcmp(name, "report") != 0)
        return 404;
    if (!sms_template_report(sms->template, parameter, request, &report))
        return 200; // a state that the file leaves out
    struct evidence evidence = {.kind = report.kind};
    (void)snprintf(evidence.ref, sizeof(evidence.ref), "%s",
                   *report.ref ? report.ref : report.request);
    (void)snprintf(evidence.why, sizeof(evidence.why), "http: report");
    // Missing: perhaps not yet; the aggregator says it again.
    return callback_tell(sms->callback, request, &evidence, 503);
}

void sms_http_noted(void *self, int64_t number, enum err_kind kind)
{
    struct sms_http *sms = self;
    if (sms->callback)
        callback_noted(sms->callback, number, kind);
}

enum err_kind sms_http_step(void *self, struct err *err)
{
    (void)err;
    struct sms_http *sms = self;
    if (sms->callback)
        callback_step(sms->callback);
    return OK;
}

size_t sms_http_fds(void *self, int *fd, size_t max)
{
    struct sms_http *sms = self;
    if (max == 0 || !sms->callback)
        return 0;
    fd[0] = callback_descriptor(sms->callback);
    return 1;
}

static enum err_kind load(const struct site *site, struct sms_template **out, struct err *err)
{
    AUTO(mem_drop) char *path = site_path(site, site_text(site, "sms_http_file"));
    return sms_template_load(path, out, err);
}

enum err_kind sms_http_open(const struct site *site, const struct host *host, void **self,
                            struct err *err)
{
    struct sms_http *sms = mem_new(1, sizeof(*sms));
    struct callback_settings settings = {"sms-http-callback", answer_call, sms, host};
    *self = sms;
    sms->host = host;
    sms->http = http_new();
    sms->secret = buf_new(BYTES_MAX);
    sms->sender = mem_text(site_text(site, "sms_sender"));
    if (load(site, &sms->template, err) || site_secret(site, "sms-http", &sms->secret, err) ||
        sms_desk_open(site, &sms->desk, err) ||
        (sms_template_has_reports(sms->template) &&
         callback_open(site, &settings, &sms->callback, err))) {
        sms_http_close(self);
        return err_of(err);
    }
    return OK;
}

// What was asked for and what came back.
struct look {
    struct buf url, header[HEADERS_MAX];
    const char *line[HEADERS_MAX + 1];
    struct http_reply reply;
};

static void look_free(struct look *look)
{
    buf_free(&look->url);
    for (size_t i = 0; i < HEADERS_MAX; i++)
        buf_free(&look->header[i]);
    buf_free(&look->reply.body);
}

static enum err_kind judge(const struct sms_template *template, const struct look *look, bool asked,
                           struct err *err)
{
    long status = look->reply.status;
    char code[32];
    if (status == 401 || status == 403)
        return err_set(err, ERR_REFUSED, "the aggregator refuses us (%ld): check keys/sms-http",
                       status);
    if (status >= 500)
        return err_set(err, ERR_LATER, "the aggregator broke (%ld); try again later", status);
    if (!asked && (status == 404 || status == 410))
        return err_set(err, ERR_REFUSED,
                       "the aggregator has nothing at the address of sms_http_file (%ld); when it "
                       "only answers what is sent, say under \"check\" there what may be asked",
                       status);
    if (!asked ||
        (status == 200 && sms_template_is_open(template, buf_slice(&look->reply.body), code)))
        return OK;
    if (status != 200)
        return err_set(err, ERR_REFUSED,
                       "the aggregator answered %ld to the question of \"check\" in sms_http_file",
                       status);
    return err_set(err, ERR_REFUSED,
                   "the aggregator does not know us (code \"%.31s\"): check keys/sms-http", code);
}

enum err_kind sms_http_check(const struct site *site, struct doc *report, struct err *err)
{
    AUTO(sms_template_free) struct sms_template *template = NULL;
    AUTO(http_close) struct http *http = http_new();
    AUTO(buf_free) struct buf secret = buf_new(BYTES_MAX);
    AUTO(look_free)
    struct look look = {.url = buf_new(BYTES_MAX), .reply.body = buf_new(BYTES_MAX)};
    if (load(site, &template, err) || site_secret(site, "sms-http", &secret, err))
        return err_of(err);
    struct sms_template_values values = {"", "", "", "", "", "", false};
    sms_template_url(template, &values, &look.url);
    look.url.at[strcspn(look.url.at, "?")] = '\0';
    doc_put_text(report, "url", look.url.at); // without the secret
    buf_clear(&look.url);
    values.secret = secret.at;
    bool asked = sms_template_check_url(template, &values, &look.url);
    if (!asked) {
        sms_template_url(template, &values, &look.url);
        look.url.at[strcspn(look.url.at, "?")] = '\0';
    }
    for (size_t i = 0; i < sms_template_headers(template); i++) {
        look.header[i] = buf_new(BYTES_MAX);
        sms_template_header(template, i, &values, &look.header[i]);
        look.line[i] = look.header[i].at;
    }
    struct http_request request = {.method = asked ? "GET" : "HEAD",
                                   .url = look.url.at,
                                   .headers = look.line,
                                   .timeout_ms = TIMEOUT_MS};
    enum err_kind kind = http_exchange(http, &request, &look.reply, err);
    doc_put_int(report, "status", look.reply.status);
    kind = kind ? kind : judge(template, &look, asked, err);
    doc_put_bool(report, "knows_us", !kind && asked);
    return kind;
}
