#include "notify/file_channel.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "ledger/people.h"
#include "notify/journal.h"
#include "notify/recipient.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES_MAX = 64 * 1024 };

struct file_channel {
    struct people *people; // NULL: it is told to subscribers, who are in no register
    struct journal *journal;
    // Makes a job's line; ERR_REFUSED when it can never be sent.
    enum err_kind (*make)(const struct note *note, const struct doc *body,
                          const struct person *person, struct doc *line, struct err *err);
};

void file_channel_close(void **self)
{
    struct file_channel *channel = *self;
    if (!channel)
        return;
    people_close(&channel->people);
    journal_close(&channel->journal);
    mem_free(self);
}

static void copy_text(const struct doc *body, const char *key, struct doc *line)
{
    doc_put_text(line, key, doc_text(doc_get(body, key), ""));
}

static enum err_kind make_sms(const struct note *note, const struct doc *body,
                              const struct person *person, struct doc *line, struct err *err)
{
    const char *language = NULL;
    const char *text = recipient_text(body, "text", person->language, &language);
    if (!text)
        return err_set(err, ERR_REFUSED, "the message has no text");
    doc_put_text(line, "channel", "sms");
    copy_text(body, "commune", line);
    const struct doc *contracts = doc_get(body, "contracts");
    if (contracts)
        doc_put_same(line, "contracts", contracts);
    copy_text(body, "kind", line);
    doc_put_text(line, "language", language);
    doc_put_text(line, "person", note->person);
    copy_text(body, "policy", line);
    copy_text(body, "period", line);
    doc_put_text(line, "text", text);
    doc_put_text(line, "to", person->phone);
    return OK;
}

static enum err_kind make_pay(const struct note *note, const struct doc *body,
                              const struct person *person, struct doc *line, struct err *err)
{
    if (!*person->account)
        return err_set(err, ERR_REFUSED, "person %s has no account", note->person);
    doc_put_text(line, "channel", "pay");
    doc_put_text(line, "account", person->account);
    copy_text(body, "amount_vnd", line);
    doc_put_text(line, "contract", note->contract);
    doc_put_text(line, "currency", "VND");
    doc_put_text(line, "name", person->name);
    copy_text(body, "period", line);
    copy_text(body, "policy", line);
    return OK;
}

// The whole message, so that a drill shows what would have gone.
static enum err_kind make_told(const struct note *note, const struct doc *body,
                               const struct person *person, struct doc *line, struct err *err)
{
    (void)person;
    (void)err;
    doc_put_same(line, "body", body);
    doc_put_text(line, "to", note->person);
    return OK;
}

static enum err_kind open_file(const struct site *site, const char *name,
                               enum err_kind (*make)(const struct note *, const struct doc *,
                                                     const struct person *, struct doc *,
                                                     struct err *),
                               void **self, struct err *err)
{
    struct file_channel *channel = mem_new(1, sizeof(*channel));
    AUTO(mem_drop) char *path = site_path(site, name);
    *self = channel;
    channel->make = make;
    bool of_register = make != make_told;
    if ((of_register && people_open(site_folder(site), LEDGER_READ, &channel->people, err)) ||
        journal_open(path, &channel->journal, err)) {
        file_channel_close(self);
        return err_of(err);
    }
    return OK;
}

enum err_kind file_sms_open(const struct site *site, const struct host *host, void **self,
                            struct err *err)
{
    (void)host;
    return open_file(site, "out/sms.jsonl", make_sms, self, err);
}

enum err_kind file_pay_open(const struct site *site, const struct host *host, void **self,
                            struct err *err)
{
    (void)host;
    return open_file(site, "out/pay.jsonl", make_pay, self, err);
}

#define TOLD(channel)                                                                              \
    enum err_kind file_##channel##_open(const struct site *site, const struct host *host,          \
                                        void **self, struct err *err)                              \
    {                                                                                              \
        (void)host;                                                                                \
        return open_file(site, "out/" #channel ".jsonl", make_told, self, err);                    \
    }                                                                                              \
    enum err_kind file_##channel##_check(const struct site *site, struct doc *report,              \
                                         struct err *err)                                          \
    {                                                                                              \
        return check_file(site, "out/" #channel ".jsonl", report, err);                            \
    }

// Whether the file can be written; nothing is.
static enum err_kind check_file(const struct site *site, const char *name, struct doc *report,
                                struct err *err)
{
    AUTO(mem_drop) char *path = site_path(site, name);
    AUTO(journal_close) struct journal *journal = NULL;
    if (journal_open(path, &journal, err))
        return err_of(err);
    doc_put_text(report, "file", name);
    return OK;
}

enum err_kind file_sms_check(const struct site *site, struct doc *report, struct err *err)
{
    return check_file(site, "out/sms.jsonl", report, err);
}

enum err_kind file_pay_check(const struct site *site, struct doc *report, struct err *err)
{
    return check_file(site, "out/pay.jsonl", report, err);
}

TOLD(mail)
TOLD(webhook)
TOLD(mqtt)
TOLD(telco)

static void settle(struct job *job, enum outcome outcome, const char *why)
{
    job->outcome = outcome;
    (void)snprintf(job->why, sizeof(job->why), "%.*s", (int)sizeof(job->why) - 1, why);
}

// Makes the line of one job; appended to `out`.
static enum err_kind make_line(const struct file_channel *channel, const struct note *note,
                               struct buf *out, struct err *err)
{
    AUTO(doc_free) struct doc *body = NULL;
    AUTO(doc_free) struct doc *line = doc_object();
    struct person person;
    if (doc_parse(note->body, "message body", &body, err))
        return err_set(err, ERR_REFUSED, "the message body is no JSON");
    if ((channel->people && recipient_find(channel->people, note->person, &person, err)) ||
        channel->make(note, body, &person, line, err))
        return err_of(err);
    doc_put_text(line, "at", utc_text(note->at).at);
    doc_put_bool(line, "drill", doc_bool(doc_get(body, "drill"), false));
    doc_put_text(line, "key", note->key);
    doc_canonical(line, out);
    if (out->full)
        return err_set(err, ERR_REFUSED, "the message is over %d bytes", LINE_BYTES_MAX);
    return OK;
}

// One job within a journal's turn: written, known already, or set aside.
static enum err_kind do_job(struct file_channel *channel, struct job *job, struct err *err)
{
    AUTO(buf_free) struct buf line = buf_new(LINE_BYTES_MAX);
    struct err why = {0};
    if (journal_has(channel->journal, job->note->key)) {
        settle(job, OUTCOME_DONE, "file");
        return OK;
    }
    if (job->note->ask) {
        settle(job, OUTCOME_ABSENT, "not in the file");
        return OK;
    }
    if (clock_wall_ms() >= job->note->deadline_ms) { // somebody else may have it by now
        settle(job, OUTCOME_BUSY, "its time was over before it was begun");
        return OK;
    }
    enum err_kind kind = make_line(channel, job->note, &line, &why);
    if (kind == ERR_BROKEN) {
        *err = why;
        return kind;
    }
    if (kind) {
        settle(job, kind == ERR_REFUSED ? OUTCOME_REFUSED : OUTCOME_RETRY, why.text);
        return OK;
    }
    settle(job, OUTCOME_DONE, "file");
    journal_add(channel->journal, job->note->key, buf_slice(&line));
    return OK;
}

enum err_kind file_channel_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    struct file_channel *channel = self;
    if (journal_begin(channel->journal, err))
        return err_of(err);
    enum err_kind kind = OK;
    for (size_t i = 0; i < count && !kind; i++)
        kind = do_job(channel, &job[i], err);
    return kind ? (journal_abandon(channel->journal), kind) : journal_end(channel->journal, err);
}
