#include "notify/pay_gsma.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/hash.h"
#include "core/listen.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/site.h"
#include "ledger/payment.h"
#include "ledger/people.h"
#include "notify/gsma_call.h"
#include "notify/gsma_line.h"
#include "notify/journal.h"
#include "notify/recipient.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    CALLS_MAX = 64, // callbacks that wait to be asked about; more: the usual question finds it
    CALL_BYTES_MAX = 64 * 1024,
    WRONG_NOTED_MAX = 1000, // callbacks that are none, noted by one worker: who calls is not known
    ORDERS_KNOWN = 256,     // newest orders of this worker, so that a callback finds its key
    ASK_SOON_MS = 2000,
    NOT_SENT_MS = 5000,
    STEP_ASK_MS = 5000,
    LINE_BYTES_MAX = 4096,
    LEAST_MS = 200, // with less time left nothing is begun
};

// What is needed to ask about an order again.
struct known {
    char key[KEY_MAX], reference[PAYMENT_REFERENCE_SIZE], account[40];
    int64_t amount_vnd;
};

struct pay_gsma {
    const struct host *host;
    struct gsma_line *line;
    struct people *people;
    struct journal *journal;
    struct journal *wrong_calls; // callbacks that were none, each body once
    size_t wrong_noted;
    struct listener *listener; // NULL: no callbacks
    int64_t timeout_ms;
    struct known known[ORDERS_KNOWN];
    size_t next_known;
    char call[CALLS_MAX][PAYMENT_REFERENCE_SIZE];
    size_t calls;
};

void pay_gsma_close(void **self)
{
    struct pay_gsma *gsma = *self;
    if (!gsma)
        return;
    listener_close(&gsma->listener);
    gsma_line_close(&gsma->line);
    people_close(&gsma->people);
    journal_close(&gsma->journal);
    journal_close(&gsma->wrong_calls);
    mem_free(self);
}

// The order that a call without our reference is about, by the correlation id that went with the
// order; NULL when it is not known here any more. In capitals a UUID is the same (RFC 4122, 3).
static const struct known *find_correlated(const struct pay_gsma *gsma, struct str id)
{
    for (size_t i = 0; id.at && i < ORDERS_KNOWN; i++) {
        const char *reference = gsma->known[i].reference;
        if (!*reference)
            continue;
        struct gsma_id wanted = gsma_correlation(reference);
        if (id.len == strlen(wanted.at) && strncasecmp(id.at, wanted.at, id.len) == 0)
            return &gsma->known[i];
    }
    return NULL;
}

// What came, without a word of it: when, how much, its hash (whoever sent it has the bytes), and
// what is wrong with it. False when it cannot be noted.
static bool note_wrong(struct pay_gsma *gsma, struct str body, const char *why)
{
    struct err ignored = {0};
    struct hash_hex hash = hash_hex(hash_of(body));
    AUTO(buf_free) struct buf text = buf_new(LINE_BYTES_MAX);
    AUTO(doc_free) struct doc *line = doc_object();
    if (gsma->wrong_noted >= WRONG_NOTED_MAX)
        return true;
    if (journal_begin(gsma->wrong_calls, &ignored))
        return false;
    if (journal_has(gsma->wrong_calls, hash.at)) {
        journal_abandon(gsma->wrong_calls);
        return true;
    }
    doc_put_text(line, "at", utc_text((struct utc){clock_wall_ms() / 1000}).at);
    doc_put_int(line, "bytes", (int64_t)body.len);
    doc_put_text(line, "key", hash.at);
    doc_put_text(line, "why", why);
    doc_canonical(line, &text);
    journal_add(gsma->wrong_calls, hash.at, buf_slice(&text));
    gsma->wrong_noted++;
    return journal_end(gsma->wrong_calls, &ignored) == OK;
}

// A callback names an order; it is asked about in the next step. Whoever calls, nothing is
// believed, and one that is no callback of this API is noted.
static void take_call(void *self, struct listen_request *request, struct listen_reply *reply)
{
    struct pay_gsma *gsma = self;
    struct gsma_call call;
    const char *method = listen_method(request);
    reply->status = 204;
    if (strcmp(method, "PUT") != 0 && strcmp(method, "POST") != 0) {
        reply->status = 405;
        return;
    }
    gsma_read_call(listen_body(request), &call);
    if (call.kind == GSMA_CALL_WRONG) {
        reply->status = note_wrong(gsma, listen_body(request), call.why) ? 400 : 503;
        return;
    }
    if (!*call.reference) {
        const struct known *known =
            find_correlated(gsma, listen_header(request, "X-CorrelationID"));
        if (!known) {
            reply->status = 404;
            return;
        }
        memcpy(call.reference, known->reference, sizeof(call.reference));
    }
    if (gsma->calls < CALLS_MAX)
        memcpy(gsma->call[gsma->calls++], call.reference, sizeof(call.reference));
}

static enum err_kind open_parts(const struct site *site, struct pay_gsma *gsma, struct err *err)
{
    AUTO(mem_drop) char *journal = site_path(site, "out/pay-gsma.jsonl");
    AUTO(mem_drop) char *wrong_calls = site_path(site, "out/pay-gsma-calls.jsonl");
    int64_t port = site_whole(site, "gsma_listen_port");
    struct listen_settings listen = {.address = "127.0.0.1",
                                     .port = (uint16_t)port,
                                     .body_max = CALL_BYTES_MAX,
                                     .handle = take_call,
                                     .self = gsma};
    gsma->timeout_ms = site_whole(site, "gsma_timeout_ms");
    if (gsma_line_open(site, gsma->host, &gsma->line, err) ||
        people_open(site_folder(site), LEDGER_READ, &gsma->people, err) ||
        journal_open(journal, &gsma->journal, err) ||
        (port && (journal_open(wrong_calls, &gsma->wrong_calls, err) ||
                  listener_open(&listen, &gsma->listener, err))))
        return err_of(err);
    return OK;
}

enum err_kind pay_gsma_open(const struct site *site, const struct host *host, void **self,
                            struct err *err)
{
    struct pay_gsma *gsma = mem_new(1, sizeof(*gsma));
    *self = gsma;
    gsma->host = host;
    if (open_parts(site, gsma, err)) {
        pay_gsma_close(self);
        return err_of(err);
    }
    return OK;
}

// --- one payment
// --------------------------------------------------------------------------------------

static void settle(struct job *job, enum outcome outcome, int64_t after_ms, const char *why)
{
    job->outcome = outcome;
    job->after_ms = after_ms;
    (void)snprintf(job->why, sizeof(job->why), "%.*s", (int)sizeof(job->why) - 1, why);
}

// Whom and how much; ERR_REFUSED when it can never be paid this way.
static enum err_kind find_order(struct pay_gsma *gsma, const struct note *note, struct known *out,
                                struct err *err)
{
    AUTO(doc_free) struct doc *body = NULL;
    struct person person;
    struct money money;
    struct err why = {0};
    if (doc_parse(note->body, "message body", &body, &why) ||
        money_parse_vnd(str_of(doc_text(doc_get(body, "amount_vnd"), "")), &money, &why) ||
        money.minor == 0)
        return err_set(err, ERR_REFUSED, "the message names no amount in whole đồng");
    if (recipient_find(gsma->people, note->person, &person, err))
        return err_of(err);
    if (!*person.account)
        return err_set(err, ERR_REFUSED, "person %s has no account", note->person);
    *out = (struct known){.amount_vnd = money.minor};
    memcpy(out->key, note->key, sizeof(out->key));
    memcpy(out->account, person.account, sizeof(out->account));
    memcpy(out->reference, payment_reference_of(note->key).at, sizeof(out->reference));
    return OK;
}

static struct gsma_order order_of(const struct pay_gsma *gsma, const struct known *known)
{
    return (struct gsma_order){known->reference, known->amount_vnd, known->account,
                               gsma_line_account(gsma->line)};
}

// The line of the journal is on the disk before the request leaves. Its key ends in the hash of the
// bytes, so that the same payment with other bytes is seen.
static enum err_kind put_intent(struct pay_gsma *gsma, const struct note *note,
                                const struct gsma_order *order, bool *same, struct err *err)
{
    char exact[KEY_MAX + HASH_HEX_SIZE + 1];
    AUTO(buf_free) struct buf bytes = buf_new(LINE_BYTES_MAX);
    AUTO(buf_free) struct buf text = buf_new(LINE_BYTES_MAX);
    gsma_order_body(order, &bytes);
    struct hash_hex hash = hash_hex(hash_of(buf_slice(&bytes)));
    (void)snprintf(exact, sizeof(exact), "%s#%s", note->key, hash.at);
    if (journal_begin(gsma->journal, err))
        return err_of(err);
    *same = journal_has(gsma->journal, exact);
    if (*same || journal_has(gsma->journal, note->key)) {
        journal_abandon(gsma->journal);
        return OK;
    }
    for (int i = 0; i < 2; i++) {
        AUTO(doc_free) struct doc *line = doc_object();
        doc_put_text(line, "at", utc_text(note->at).at);
        doc_put_text(line, "correlation", gsma_correlation(order->reference).at);
        doc_put_text(line, "key", i ? exact : note->key);
        doc_put_text(line, "reference", order->reference);
        doc_put_text(line, "request", hash.at);
        buf_clear(&text);
        doc_canonical(line, &text);
        journal_add(gsma->journal, i ? exact : note->key, buf_slice(&text));
    }
    *same = true;
    return journal_end(gsma->journal, err);
}

static void remember(struct pay_gsma *gsma, const struct known *known)
{
    gsma->known[gsma->next_known++ % ORDERS_KNOWN] = *known;
}

// How long one exchange may take; 0 when it is too late to begin anything.
static int64_t time_left_ms(const struct pay_gsma *gsma, const struct note *note)
{
    int64_t left_ms = note->deadline_ms - clock_wall_ms();
    if (left_ms < LEAST_MS)
        return 0;
    return left_ms < gsma->timeout_ms ? left_ms : gsma->timeout_ms;
}

static enum err_kind send(struct pay_gsma *gsma, struct job *job, const struct known *known,
                          struct err *err)
{
    struct gsma_order order = order_of(gsma, known);
    struct gsma_answer answer;
    bool same = false;
    if (put_intent(gsma, job->note, &order, &same, err))
        return err_of(err);
    if (!same) {
        settle(job, OUTCOME_REFUSED, 0,
               "the account or amount is not that of the first try; pay it by hand");
        return OK;
    }
    remember(gsma, known);
    int64_t time_ms = time_left_ms(gsma, job->note);
    if (time_ms == 0) {
        settle(job, OUTCOME_BUSY, 0, "it was too late to begin");
        return OK;
    }
    gsma_line_order(gsma->line, &order, time_ms, &answer);
    int64_t after_ms = answer.must_ask ? ASK_SOON_MS : 0;
    settle(job, answer.outcome, answer.outcome == OUTCOME_DOWN ? NOT_SENT_MS : after_ms,
           answer.why);
    return OK;
}

static void ask(struct pay_gsma *gsma, struct job *job, const struct known *known)
{
    struct gsma_order order = order_of(gsma, known);
    struct gsma_answer answer;
    remember(gsma, known);
    int64_t time_ms = time_left_ms(gsma, job->note);
    if (time_ms == 0)
        return;
    gsma_line_ask(gsma->line, &order, time_ms, &answer);
    settle(job, answer.outcome, 0, answer.why);
}

enum err_kind pay_gsma_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    struct pay_gsma *gsma = self;
    for (size_t i = 0; i < count; i++) {
        struct known known;
        struct err why = {0};
        enum err_kind kind = find_order(gsma, job[i].note, &known, &why);
        if (kind == ERR_BROKEN) {
            *err = why;
            return kind;
        }
        if (kind) {
            // An order that was sent is not refused because its person was forgotten since.
            bool final = kind == ERR_REFUSED && !job[i].note->ask;
            settle(&job[i], final ? OUTCOME_REFUSED : OUTCOME_UNKNOWN, 0, why.text);
            if (kind == ERR_LATER && !job[i].note->ask)
                settle(&job[i], OUTCOME_BUSY, NOT_SENT_MS, why.text);
        } else if (job[i].note->ask) {
            ask(gsma, &job[i], &known);
        } else if (send(gsma, &job[i], &known, err)) {
            return err_of(err);
        }
    }
    return OK;
}

// --- callbacks
// ----------------------------------------------------------------------------------------

static const struct known *find_known(const struct pay_gsma *gsma, const char *reference)
{
    for (size_t i = 0; i < ORDERS_KNOWN; i++) {
        if (strcmp(gsma->known[i].reference, reference) == 0)
            return &gsma->known[i];
    }
    return NULL;
}

// Asks about one order that a callback named, and hands on what is final. One that is not known
// here any more is asked about in its turn.
static void answer_call(struct pay_gsma *gsma, const char *reference)
{
    struct gsma_answer answer;
    struct err ignored = {0};
    const struct known *known = find_known(gsma, reference);
    if (!known)
        return;
    struct gsma_order order = order_of(gsma, known);
    gsma_line_ask(gsma->line, &order, STEP_ASK_MS, &answer);
    bool done = answer.outcome == OUTCOME_DONE;
    if (!done && answer.outcome != OUTCOME_REFUSED)
        return;
    struct evidence evidence = {.kind = done ? EVIDENCE_DELIVERED : EVIDENCE_FAILED};
    memcpy(evidence.key, known->key, sizeof(evidence.key));
    (void)snprintf(evidence.why, sizeof(evidence.why), "called, then asked: %.150s", answer.why);
    // Not recorded now: the usual question will find it.
    (void)gsma->host->evidence(gsma->host->self, &evidence, &ignored);
}

enum err_kind pay_gsma_step(void *self, struct err *err)
{
    struct pay_gsma *gsma = self;
    (void)err;
    if (!gsma->listener)
        return OK;
    listener_step(gsma->listener, 0);
    if (gsma->calls == 0)
        return OK;
    char reference[PAYMENT_REFERENCE_SIZE];
    memcpy(reference, gsma->call[--gsma->calls], sizeof(reference));
    answer_call(gsma, reference);
    return OK;
}

size_t pay_gsma_fds(void *self, int *fd, size_t max)
{
    const struct pay_gsma *gsma = self;
    if (!gsma->listener || max == 0)
        return 0;
    *fd = listener_descriptor(gsma->listener);
    return 1;
}

enum err_kind pay_gsma_check(const struct site *site, struct doc *report, struct err *err)
{
    AUTO(gsma_line_close) struct gsma_line *line = NULL;
    if (gsma_line_open(site, NULL, &line, err))
        return err_of(err);
    return gsma_line_check(line, report, err);
}
