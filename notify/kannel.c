#include "notify/kannel.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/hash.h"
#include "core/http.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/site.h"
#include "notify/callback.h"
#include "notify/inbound.h"
#include "notify/sms.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    URL_BYTES_MAX = 16384,
    REPLY_BYTES_MAX = 4096,
    CALL_BYTES_MAX = 64 * 1024,
    TIMEOUT_MS = 5000,
    PART_MS_MIN = 1000, // what a long message wants for each part until the deadline
    // Requests in flight. smsbox and bearerbox wait up to 40 ms for one another when either has
    // little to say (Nagle, delayed acknowledgement): few in flight are mostly such waits.
    AT_ONCE = HTTP_AT_ONCE_MAX,
    WAIT_MS = 1,
    FEW = 8, // jobs that begin or end before Kannel's reports are looked after
    DOWN_MS = 5000,
    CREDENTIALS_MS = 60000,
    DLR_MASK = 31, // delivered, failed, buffered, accepted, rejected
};

// A message on its way. A long one goes part by part: of one that it cuts itself, Kannel asks the
// carrier for a report of the first part only.
struct sending {
    struct job *job; // NULL: the place is free
    struct sms_letter letter;
    struct str rest; // of the letter's text: what is behind the part on its way
    size_t part;     // which one that is, from 1
    char *url;
    struct http_job exchange;
};

struct kannel {
    const struct host *host;
    struct sms_desk *desk;
    struct inbound_desk *inbound;
    struct http *http;
    struct callback *callback;
    char *url, *user, *smsc, *sender;
    struct buf password;
    int64_t valid_min, lease_ms;
    struct sending sending[AT_ONCE];
    size_t on_way;  // of them
    size_t unheard; // of them, begun or ended since reports were looked after
};

static void sending_free(struct sending *sending)
{
    sms_letter_free(&sending->letter);
    buf_free(&sending->exchange.reply.body);
    mem_free(&sending->url);
    *sending = (struct sending){0};
}

void kannel_close(void **self)
{
    struct kannel *kannel = *self;
    if (!kannel)
        return;
    callback_close(&kannel->callback);
    http_close(&kannel->http);
    for (size_t i = 0; i < AT_ONCE; i++)
        sending_free(&kannel->sending[i]);
    inbound_close(&kannel->inbound);
    sms_desk_close(&kannel->desk);
    mem_free(&kannel->url);
    mem_free(&kannel->user);
    mem_free(&kannel->smsc);
    mem_free(&kannel->sender);
    buf_free(&kannel->password);
    mem_free(self);
}

// --- sending
// ------------------------------------------------------------------------------------------

// Whether its reports come by our names of its parts: of a message in parts, and of any later try,
// whose reports must be known from those of the first. The first of a message in one comes by key,
// which costs the ledger less.
static bool has_names(const struct job *job, const struct sending *sending)
{
    return sending->letter.size.parts > 1 || job->note->attempt > 1;
}

// The address that Kannel calls with a delivery report. "%d" and "%A" are its own placeholders, so
// a key must have no "%": it is written in hexadecimal.
static void add_report_url(const struct kannel *kannel, const struct job *job,
                           const struct sending *sending, struct buf *url)
{
    AUTO(buf_free) struct buf report = buf_new(URL_BYTES_MAX);
    buf_print(&report, "%s/dlr?", callback_url(kannel->callback));
    if (has_names(job, sending)) {
        buf_print(&report, "part=%s", sms_part_name(job, sending->part).at);
    } else {
        buf_text(&report, "key=");
        for (const char *at = job->note->key; *at; at++) {
            buf_char(&report, "0123456789abcdef"[(unsigned char)*at >> 4]);
            buf_char(&report, "0123456789abcdef"[(unsigned char)*at & 15]);
        }
    }
    buf_text(&report, "&type=%d&answer=%A");
    http_field(url, "dlr-url", buf_slice(&report));
}

static void add_number(struct buf *url, const char *name, int64_t number)
{
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%" PRId64, number);
    http_field(url, name, str_of(digits));
}

// 3GPP TS 23.040, 9.2.3.24.1: concatenated, 8-bit reference.
static void add_header(const char *key, const struct sending *sending, struct buf *url)
{
    const char header[] = {5,
                           0,
                           3,
                           (char)hash_of(str_of(key)).at[0],
                           (char)sending->letter.size.parts,
                           (char)sending->part};
    if (sending->letter.size.parts > 1)
        http_field(url, "udh", (struct str){header, sizeof(header)});
}

// The request of the next part; NULL when it is too long.
static char *make_url(const struct kannel *kannel, const struct job *job, struct sending *sending)
{
    const struct sms_letter *letter = &sending->letter;
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    struct str text;
    bool is_some = sms_take_part(&sending->rest, letter->size.coding, letter->size.parts, &text);
    assert(is_some);
    sending->part++;
    buf_text(&url, kannel->url);
    buf_char(&url, '?');
    http_field(&url, "username", str_of(kannel->user));
    http_field(&url, "password", buf_slice(&kannel->password));
    http_field(&url, "from", str_of(kannel->sender));
    http_field(&url, "to", str_of(letter->to));
    if (strcmp(kannel->smsc, "any") != 0)
        http_field(&url, "smsc", str_of(kannel->smsc));
    // Without these Kannel writes "?" for what is not in the 7-bit alphabet, and says "delivered".
    http_field(&url, "charset", STR("UTF-8"));
    add_number(&url, "coding", letter->size.coding == SMS_UCS2 ? 2 : 0);
    add_number(&url, "validity", kannel->valid_min);
    add_number(&url, "dlr-mask", DLR_MASK);
    add_header(job->note->key, sending, &url);
    add_report_url(kannel, job, sending, &url);
    http_field(&url, "text", text);
    return url.full ? NULL : buf_take(&url);
}

// What an answer of sendsms means. The digit before the colon tells whether a message was taken,
// not the status: 0 accepted, 3 queued for later (no carrier is connected now).
static enum err_kind take_answer(struct kannel *kannel, struct job *job,
                                 const struct sending *sending, struct err *err)
{
    const struct http_job *exchange = &sending->exchange;
    const struct http_reply *reply = &exchange->reply;
    const char *body = reply->body.at ? reply->body.at : "";
    if (exchange->kind && !reply->sent) {
        sms_settle(job, OUTCOME_DOWN, DOWN_MS, "%.150s", exchange->why.text);
    } else if (exchange->kind) {
        sms_settle(job, OUTCOME_UNKNOWN, 0, "%.150s", exchange->why.text);
    } else if (reply->status == 202 && (body[0] == '0' || body[0] == '3')) {
        const char *carrier = body[0] == '0' ? "kannel" : "kannel, queued";
        if (sending->rest.len == 0)
            return sms_done(kannel->desk, job, &sending->letter, carrier, err);
        sms_settle(job, OUTCOME_DONE, 0, "%s: %zu parts", carrier, sending->part);
    } else if (reply->status == 401 || reply->status == 403) {
        sms_settle(job, OUTCOME_DOWN, CREDENTIALS_MS,
                   "kannel refuses us (%ld): check kannel_user and keys/kannel", reply->status);
    } else if (reply->status == 503) {
        sms_settle(job, OUTCOME_BUSY, 0, "kannel is busy (503)");
    } else if (reply->status >= 500) {
        sms_settle(job, OUTCOME_RETRY, 0, "kannel answered %ld", reply->status);
    } else {
        sms_settle(job, OUTCOME_REFUSED, 0, "kannel answered %ld: %.100s", reply->status, body);
    }
    return OK;
}

// What the whole of a message became by its last part. As soon as one was taken (or one that is
// alone may have been) all have their refs: delivered is the message when all parts are, so not by
// those alone that were taken.
static void settle_parts(struct job *job, const struct sending *sending)
{
    size_t all = sending->letter.size.parts, taken = sending->part - (job->outcome != OUTCOME_DONE);
    bool is_out = taken > 0 || (all == 1 && job->outcome == OUTCOME_UNKNOWN);
    AUTO(buf_free) struct buf refs = buf_new(sizeof(job->ref)), why = buf_new(2 * WHY_MAX);
    for (size_t part = 1; is_out && part <= all; part++)
        buf_print(&refs, "%s%s", part > 1 ? " " : "", sms_part_name(job, part).at);
    (void)snprintf(job->ref, sizeof(job->ref), "%s", refs.at ? refs.at : "");
    if (job->outcome == OUTCOME_DONE || taken == 0)
        return;
    buf_print(&why, "%.150s, %zu of %zu parts were taken", job->why, taken, all);
    // It does not keep its place as if nothing had left.
    bool is_untouched = job->outcome == OUTCOME_BUSY || job->outcome == OUTCOME_DOWN;
    sms_settle(job, is_untouched ? OUTCOME_RETRY : job->outcome, 0, "%s", why.at);
}

static void settle(struct kannel *kannel, struct job *job)
{
    kannel->host->settled(kannel->host->self, job);
}

static int64_t left_ms(const struct job *job)
{
    return job->note->deadline_ms - clock_wall_ms();
}

// Whether a letter of many parts may be begun: after the lease's end somebody else sends it too.
// Of a short lease half is enough, else it would never go.
static bool has_time(const struct kannel *kannel, const struct job *job, size_t parts)
{
    int64_t wanted_ms = (int64_t)parts * PART_MS_MIN;
    if (wanted_ms > kannel->lease_ms / 2)
        wanted_ms = kannel->lease_ms / 2;
    return parts == 1 || left_ms(job) >= wanted_ms;
}

// Writes a job's letter and request, if it is to be sent; settles it else.
static enum err_kind write_request(struct kannel *kannel, struct sending *sending, struct job *job,
                                   struct err *err)
{
    bool ready = false;
    if (job->note->ask) {
        // Kannel can be asked nothing; what it had to say came by itself.
        sms_settle(job, OUTCOME_UNKNOWN, 0, "no report came from kannel");
        return OK;
    }
    if (left_ms(job) <= 0) { // somebody else may have it by now
        sms_settle(job, OUTCOME_BUSY, 0, "its time was over before it was begun");
        return OK;
    }
    if (sms_write(kannel->desk, job, &sending->letter, &ready, err))
        return err_of(err);
    if (ready && !has_time(kannel, job, sending->letter.size.parts)) {
        sms_settle(job, OUTCOME_BUSY, 0, "too little time was left for %zu parts",
                   sending->letter.size.parts);
        return OK;
    }
    sending->rest = buf_slice(&sending->letter.text);
    if (ready)
        sending->url = make_url(kannel, job, sending);
    if (ready && !sending->url)
        sms_settle(job, OUTCOME_REFUSED, 0, "the message is over %d bytes", URL_BYTES_MAX);
    return OK;
}

// The parts of a long message share what is left until the deadline: the last ends before it too.
static int64_t timeout_ms(const struct sending *sending)
{
    size_t parts = sending->letter.size.parts;
    if (parts == 1)
        return TIMEOUT_MS;
    int64_t share_ms = left_ms(sending->job) / (int64_t)(parts - sending->part + 1);
    if (share_ms > TIMEOUT_MS)
        return TIMEOUT_MS;
    return share_ms > 0 ? share_ms : 1;
}

static void launch(struct kannel *kannel, struct sending *sending)
{
    sending->exchange = (struct http_job){
        .request = {.method = "GET", .url = sending->url, .timeout_ms = timeout_ms(sending)},
        .reply.body = buf_new(REPLY_BYTES_MAX)};
    http_start(kannel->http, &sending->exchange);
    kannel->on_way++;
}

static void attend(struct kannel *kannel)
{
    kannel->unheard = 0;
    (void)kannel->host->beat(kannel->host->self);
    callback_step(kannel->callback);
}

// Kannel has few reports on their way at once, and waits with the next until one is answered: that
// must not take as long as all that may begin and end together.
static void attend_now_and_then(struct kannel *kannel)
{
    if (++kannel->unheard >= FEW)
        attend(kannel);
}

static enum err_kind start(struct kannel *kannel, struct sending *sending, struct job *job,
                           struct err *err)
{
    attend_now_and_then(kannel);
    if (write_request(kannel, sending, job, err))
        return err_of(err);
    if (!sending->url) {
        sending_free(sending);
        settle(kannel, job);
        return OK;
    }
    sending->job = job;
    launch(kannel, sending);
    return OK;
}

// Sends the next part of a long message whose part was taken; false when there is none, or no time.
static bool go_on(struct kannel *kannel, struct sending *sending)
{
    if (sending->job->outcome != OUTCOME_DONE || sending->rest.len == 0)
        return false;
    if (left_ms(sending->job) <= 0) {
        sending->part++; // the one that is not begun
        sms_settle(sending->job, OUTCOME_BUSY, 0, "its time was over before the next was begun");
        return false;
    }
    char *url = make_url(kannel, sending->job, sending);
    assert(url); // the first one had room
    buf_free(&sending->exchange.reply.body);
    mem_free(&sending->url);
    sending->url = url;
    launch(kannel, sending);
    return true;
}

static enum err_kind finish(struct kannel *kannel, const struct http_job *exchange, struct err *err)
{
    size_t at = 0;
    while (&kannel->sending[at].exchange != exchange)
        at++;
    struct sending *sending = &kannel->sending[at];
    assert(sending->job);
    kannel->on_way--;
    attend_now_and_then(kannel);
    if (take_answer(kannel, sending->job, sending, err))
        return err_of(err);
    if (go_on(kannel, sending))
        return OK;
    if (has_names(sending->job, sending))
        settle_parts(sending->job, sending);
    settle(kannel, sending->job);
    sending_free(sending);
    return OK;
}

// Fills every free place with the next job, of the batch or of what came meanwhile.
static enum err_kind start_some(struct kannel *kannel, struct job *job, size_t count, size_t *begun,
                                struct err *err)
{
    for (size_t i = 0; i < AT_ONCE;) {
        if (kannel->sending[i].job) {
            i++;
            continue;
        }
        struct job *next =
            *begun < count ? &job[(*begun)++] : kannel->host->more(kannel->host->self);
        if (!next)
            return OK;
        if (start(kannel, &kannel->sending[i], next, err))
            return err_of(err);
    }
    return OK;
}

// Kannel is slow to start and slow to end (it waits for more to send together): requests are kept
// on their way as long as jobs come, and reports are heard meanwhile.
enum err_kind kannel_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    struct kannel *kannel = self;
    size_t begun = 0;
    do {
        struct http_job *done;
        if (start_some(kannel, job, count, &begun, err))
            return err_of(err);
        attend(kannel);
        for (int64_t wait_ms = WAIT_MS;
             kannel->on_way > 0 && (done = http_finished(kannel->http, wait_ms)); wait_ms = 0) {
            if (finish(kannel, done, err))
                return err_of(err);
        }
    } while (kannel->on_way > 0 || begun < count);
    return OK;
}

// --- what Kannel calls back
// ---------------------------------------------------------------------------

static bool read_hex_key(struct str hex, char key[KEY_MAX])
{
    if (hex.len == 0 || hex.len % 2 || hex.len / 2 >= KEY_MAX)
        return false;
    for (size_t i = 0; i < hex.len; i++) {
        char c = hex.at[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        key[i / 2] = (char)(i % 2 ? key[i / 2] | digit : digit << 4);
    }
    key[hex.len / 2] = '\0';
    return true;
}

static enum evidence_kind evidence_of(struct str type)
{
    static const struct {
        const char *type;
        enum evidence_kind kind;
    } types[] = {{"1", EVIDENCE_DELIVERED},
                 {"2", EVIDENCE_FAILED},
                 {"4", EVIDENCE_BUFFERED},
                 {"8", EVIDENCE_ACCEPTED},
                 {"16", EVIDENCE_FAILED}};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (str_is(type, types[i].type))
            return types[i].kind;
    }
    return EVIDENCE_NONE;
}

static bool read_ref(struct str text, char ref[REF_MAX])
{
    bool is_ref = text.at && text.len > 0 && text.len < REF_MAX;
    for (size_t i = 0; is_ref && i < text.len; i++)
        is_ref = text.at[i] && strchr("0123456789abcdef-", text.at[i]);
    if (is_ref)
        (void)snprintf(ref, REF_MAX, STR_FMT, STR_ARG(text));
    return is_ref;
}

// A report is answered 200 only when it is recorded: Kannel says it again some times, then never.
// One of a message that this ledger never had is answered so too: it will not have it later either.
// But a part is known once the answer of the whole is recorded: its last word comes again.
static unsigned take_report(struct kannel *kannel, struct listen_request *request)
{
    struct str type = listen_query(request, "type");
    struct evidence evidence = {.kind = evidence_of(type)};
    bool is_part = read_ref(listen_query(request, "part"), evidence.ref);
    if (evidence.kind == EVIDENCE_NONE ||
        (!is_part && !read_hex_key(listen_query(request, "key"), evidence.key)))
        return 400;
    (void)snprintf(evidence.why, sizeof(evidence.why), "kannel: report " STR_FMT, STR_ARG(type));
    bool is_last = evidence.kind == EVIDENCE_DELIVERED || evidence.kind == EVIDENCE_FAILED;
    return callback_tell(kannel->callback, request, &evidence, is_part && is_last ? 503 : 200);
}

void kannel_noted(void *self, int64_t number, enum err_kind kind)
{
    struct kannel *kannel = self;
    callback_noted(kannel->callback, number, kind);
}

// The text as UTF-8: Kannel gives raw bytes in the character set that it names.
static void read_text(const struct listen_request *request, struct buf *out)
{
    struct str text = listen_query(request, "text"), set = listen_query(request, "charset");
    if (str_is(set, "UTF-16BE") || str_is(listen_query(request, "coding"), "2"))
        sms_decode_utf16(text, out);
    else if (str_starts(set, "ISO-8859") || str_starts(set, "iso-8859"))
        sms_decode_latin1(text, out);
    else
        buf_str(out, text);
}

static unsigned take_message(struct kannel *kannel, const struct listen_request *request)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(CALL_BYTES_MAX);
    read_text(request, &text);
    struct inbound inbound = {.carrier = "kannel",
                              .id = listen_query(request, "id"),
                              .from = listen_query(request, "from"),
                              .to = listen_query(request, "to"),
                              .text = buf_slice(&text)};
    if (!inbound.id.at || !inbound.from.at)
        return 400;
    enum err_kind kind = inbound_take(kannel->inbound, &inbound, &err);
    if (kind)
        log_err("an inbound message", &err);
    return kind == OK || kind == ERR_INPUT ? 200 : 503;
}

static unsigned answer_call(void *self, const char *name, struct listen_request *request)
{
    if (strcmp(name, "dlr") == 0)
        return take_report(self, request);
    return strcmp(name, "mo") == 0 ? take_message(self, request) : 404;
}

enum err_kind kannel_step(void *self, struct err *err)
{
    (void)err;
    struct kannel *kannel = self;
    callback_step(kannel->callback);
    return OK;
}

size_t kannel_fds(void *self, int *fd, size_t max)
{
    struct kannel *kannel = self;
    if (max == 0)
        return 0;
    fd[0] = callback_descriptor(kannel->callback);
    return 1;
}

// --- opening and checking
// -----------------------------------------------------------------------------

static enum err_kind read_settings(const struct site *site, struct kannel *kannel, struct err *err)
{
    kannel->url = mem_text(site_text(site, "kannel_url"));
    kannel->user = mem_text(site_text(site, "kannel_user"));
    kannel->smsc = mem_text(site_text(site, "kannel_smsc"));
    kannel->sender = mem_text(site_text(site, "sms_sender"));
    kannel->valid_min = site_whole(site, "sms_valid_min");
    kannel->lease_ms = 1000 * site_whole(site, "lease_s");
    kannel->password = buf_new(REPLY_BYTES_MAX);
    return site_secret(site, "kannel", &kannel->password, err);
}

enum err_kind kannel_open(const struct site *site, const struct host *host, void **self,
                          struct err *err)
{
    struct kannel *kannel = mem_new(1, sizeof(*kannel));
    *self = kannel;
    kannel->host = host;
    kannel->http = http_new();
    struct callback_settings settings = {"kannel-callback", answer_call, kannel, host};
    if (read_settings(site, kannel, err) || sms_desk_open(site, &kannel->desk, err) ||
        inbound_open(site, kannel->desk, &kannel->inbound, err) ||
        callback_open(site, &settings, &kannel->callback, err)) {
        kannel_close(self);
        return err_of(err);
    }
    return OK;
}
