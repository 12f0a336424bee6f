#include "ingest/silence.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/file.h"
#include "core/http.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/site.h"
#include "ledger/alarm.h"
#include "ledger/now.h"
#include "ledger/raw.h"
#include "ledger/silence.h"
#include "ledger/subscriber.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    URL_BYTES_MAX = 8192,
    REPLY_BYTES_MAX = 4096,
    ASK_MS = 5000,
    BEAT_BYTES_MAX = 64 * 1024,
    MAX_AGE_S = 300,
    WORDS_MAX = 300,
    FILES_MAX = 20000, // looked at in one round: the rest with the next
};

// --- one source
// -----------------------------------------------------------------------------------

static struct doc *body_of(const struct work *work, const struct source *source, const char *state)
{
    struct doc *body = doc_object();
    doc_put_text(body, "source", source->name);
    doc_put_text(body, "state", state);
    doc_put_bool(body, "drill", site_is_drill(work->site));
    return body;
}

// In a sentence, to whoever wants alarms. A slip in subscribers.yaml costs these messages, not the
// alarm.
static enum err_kind tell_subscribers(const struct work *work, struct txn *txn,
                                      const struct source *source, struct utc now,
                                      const struct doc *body, int64_t seq, struct err *err)
{
    AUTO(subscribers_free) struct subscribers to = {0};
    struct err why = {0};
    const char *state = doc_text(doc_get(body, "state"), "");
    const char *newest = doc_text(doc_get(body, "newest"), doc_text(doc_get(body, "first"), "-"));
    static const char *const said[][2] = {{"late", "trễ"},
                                          {"stale", "quá cũ, không nên quyết định theo"},
                                          {"back", "đã có lại"},
                                          {"missing", "thiếu bước"}};
    const char *state_vi = state;
    char vi[WORDS_MAX], en[WORDS_MAX];
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        if (strcmp(state, said[i][0]) == 0)
            state_vi = said[i][1];
    }
    (void)snprintf(vi, sizeof(vi), "nguồn %s: %s, số liệu %s.", source->name, state_vi, newest);
    (void)snprintf(en, sizeof(en), "source %s: %s, data of %s.", source->name, state, newest);
    struct alarm_word word = {vi, en, site_is_drill(work->site), seq, now};
    if (subscribers_load(site_folder(work->site), &to, &why)) {
        log_err("subscribers are not told", &why);
        return OK;
    }
    return alarm_tell(txn, &to, &word, err);
}

// The entry, and with it the alarm that is to be told.
static enum err_kind record(const struct work *work, const struct source *source, struct utc now,
                            const struct doc *body, const struct silence_state *state,
                            struct err *err)
{
    int64_t seq = 0;
    AUTO(buf_free) struct buf text = buf_new(REPLY_BYTES_MAX * 4);
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(work->ledger, &txn, err) ||
        (body && ledger_append(txn, "silence", now, body, &seq, NULL, err)))
        return err_of(err);
    if (body) {
        AUTO(doc_free) struct doc *alarm = doc_copy(body);
        doc_put_text(alarm, "at", utc_text(now).at);
        doc_put_int(alarm, "entry", seq);
        doc_canonical(alarm, &text);
        if (silence_alarm(txn, seq, text.at, err) ||
            tell_subscribers(work, txn, source, now, body, seq, err))
            return err_of(err);
    }
    if (silence_put(txn, source->name, state, err))
        return err_of(err);
    return ledger_commit(&txn, err);
}

static enum silence judge(const struct source *source, int64_t age_s)
{
    if (source->stale_after_s && age_s > source->stale_after_s)
        return SILENCE_STALE;
    return source->late_after_s && age_s > source->late_after_s ? SILENCE_LATE : SILENCE_FRESH;
}

static enum err_kind look_at_age(const struct work *work, const struct source *source,
                                 struct utc now, struct silence_state *state, struct err *err)
{
    struct utc newest;
    if (!source->late_after_s && !source->stale_after_s)
        return OK;
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    bool asked = source->format == FORMAT_CAP && source->place == PLACE_POLLED;
    if (asked)
        source_address(source, (struct utc){0}, 0, 0, &url);
    if (silence_newest(work->ledger, source->name, asked ? url.at : NULL, now, &newest, err))
        return err_of(err);
    if (state->state == SILENCE_NONE)
        state->since = now;
    // One that never gave anything is measured from the first look at it.
    struct utc from = newest.s == UTC_NEVER.s ? state->since : newest;
    enum silence next = judge(source, now.s - from.s);
    enum silence before = state->state;
    if (next == before)
        return OK;
    if (newest.s != UTC_NEVER.s || next != SILENCE_FRESH)
        state->since = now;
    state->state = next;
    bool quiet = before == SILENCE_NONE && next == SILENCE_FRESH; // the usual beginning
    AUTO(doc_free)
    struct doc *body = body_of(work, source, next == SILENCE_FRESH ? "back" : silence_name(next));
    if (newest.s == UTC_NEVER.s)
        doc_put_null(body, "newest");
    else
        doc_put_text(body, "newest", utc_text(newest).at);
    doc_put_int(body, "age_s", now.s - from.s);
    if (!quiet)
        log_warn("source %s is %s: its newest data are %" PRId64 " min old", source->name,
                 next == SILENCE_FRESH ? "back" : silence_name(next), (now.s - from.s) / 60);
    return record(work, source, now, quiet ? NULL : body, state, err);
}

// --- steps that never came
// ----------------------------------------------------------------------------

// How many files of a step did not come: leads and members of a run.
static enum err_kind count_gone(const struct work *work, const struct source *source,
                                struct utc step, int64_t *gone, struct err *err)
{
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    *gone = 0;
    for (size_t part = 0; part < source_parts(source); part++) {
        bool known = false;
        buf_clear(&url);
        source_address(source, step, part, 0, &url);
        if (raw_known_url(work->ledger, source->name, url.at, &known, err))
            return err_of(err);
        *gone += !known;
    }
    return OK;
}

static enum err_kind look_at_steps(const struct work *work, const struct source *source,
                                   struct utc now, struct silence_state *state, struct err *err)
{
    struct utc due = {now.s - source->latency_s - source->fetch.missing_after_s};
    if (source->place != PLACE_TEMPLATE || due.s < source->from.s)
        return OK;
    struct utc last = source_step(source, due);
    struct utc step = state->missing_upto.s == UTC_NEVER.s
                          ? source->from
                          : source_step_on(source, state->missing_upto, 1);
    struct utc first_gone = UTC_NEVER, last_gone = UTC_NEVER;
    int64_t gone = 0, files = 0;
    if (step.s > last.s)
        return OK;
    for (int64_t looked = 0; step.s <= last.s && looked < FILES_MAX;
         step = source_step_on(source, step, 1)) {
        int64_t parts;
        looked += (int64_t)source_parts(source);
        if (count_gone(work, source, step, &parts, err))
            return err_of(err);
        state->missing_upto = step;
        if (parts == 0)
            continue;
        files += parts;
        first_gone = gone++ ? first_gone : step;
        last_gone = step;
    }
    AUTO(doc_free) struct doc *body = body_of(work, source, "missing");
    if (gone) {
        doc_put_int(body, "steps", gone);
        doc_put_int(body, "files", files);
        doc_put_int(body, "files_of_step", (int64_t)source_parts(source));
        doc_put_text(body, "first", utc_text(first_gone).at);
        doc_put_text(body, "last", utc_text(last_gone).at);
        log_warn("source %s: %" PRId64 " steps from %s on never came", source->name, gone,
                 utc_text(first_gone).at);
    }
    return record(work, source, now, gone ? body : NULL, state, err);
}

// --- telling
// --------------------------------------------------------------------------------------

// One line at the end of out/alarms.jsonl, on the disk before it counts as told.
static enum err_kind write_line(const struct work *work, const char *text, struct err *err)
{
    AUTO(mem_drop) char *path = site_path(work->site, "out/alarms.jsonl");
    AUTO(buf_free) struct buf line = buf_new(REPLY_BYTES_MAX * 4);
    buf_print(&line, "%s\n", text);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(err, ERR_BROKEN, "cannot open %s", path);
    bool good = write(fd, line.at, line.len) == (ssize_t)line.len && fsync(fd) == 0;
    int why = errno;
    (void)close(fd);
    errno = why;
    return good ? OK : err_errno(err, ERR_BROKEN, "cannot write %s", path);
}

static enum err_kind ask(const char *method, const char *url, const char *json, struct err *err)
{
    static const char *const headers[] = {"Content-Type: application/json", NULL};
    AUTO(http_close) struct http *http = http_new();
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = json ? headers : NULL,
                                   .timeout_ms = ASK_MS,
                                   .by_proxy = true};
    struct http_reply reply = {.body = buf_new(REPLY_BYTES_MAX)};
    if (json)
        request.body = str_of(json);
    enum err_kind kind = http_exchange(http, &request, &reply, err);
    buf_free(&reply.body);
    if (kind)
        return kind;
    if (reply.status < 200 || reply.status > 299)
        return err_set(err, ERR_LATER, "it answered %ld", reply.status);
    return OK;
}

static bool is_none(const char *url)
{
    return strcmp(url, "none") == 0 || !*url;
}

static enum err_kind tell(const struct work *work, struct err *err)
{
    AUTO(alarms_free) struct alarms alarms = {0};
    const char *url = site_text(work->site, "alarm_url");
    if (silence_untold(work->ledger, &alarms, err))
        return err_of(err);
    for (size_t i = 0; i < alarms.count; i++) {
        const struct alarm *alarm = &alarms.at[i];
        if (alarm->told == ALARM_NEW &&
            (write_line(work, alarm->text, err) ||
             silence_told(work->ledger, alarm->seq, ALARM_WRITTEN, err)))
            return err_of(err);
    }
    for (size_t i = 0; i < alarms.count; i++) {
        struct err why = {0};
        if (!is_none(url) && ask("POST", url, alarms.at[i].text, &why))
            return err_set(err, ERR_LATER, "alarm %" PRId64 " cannot be told to alarm_url: %s",
                           alarms.at[i].seq, why.text);
        if (silence_told(work->ledger, alarms.at[i].seq, ALARM_TOLD, err))
            return err_of(err);
    }
    return OK;
}

enum err_kind silence_look(const struct work *work, struct err *err)
{
    struct utc now;
    if (ledger_now(work->cli, work->site, work->ledger, &now, err))
        return err_of(err);
    for (size_t i = 0; i < work->sources->count; i++) {
        const struct source *source = &work->sources->at[i];
        struct silence_state state;
        if (source->place == PLACE_NONE || !source->enabled)
            continue;
        if (silence_get(work->ledger, source->name, &state, err) ||
            look_at_age(work, source, now, &state, err) ||
            look_at_steps(work, source, now, &state, err))
            return err_add(err, "looking at the schedule of source %s", source->name);
    }
    return tell(work, err);
}

// --- the heartbeat
// -----------------------------------------------------------------------------------

static enum err_kind beat_doc(const struct work *work, struct doc *doc, struct err *err)
{
    struct doc *list = doc_array();
    doc_put(doc, "sources", list);
    doc_put_text(doc, "at", utc_text(clock_system.now(clock_system.self)).at);
    doc_put_text(doc, "program", "gong-ingest");
    doc_put_int(doc, "pid", (int64_t)getpid());
    for (size_t i = 0; i < work->sources->count; i++) {
        struct silence_state state;
        if (silence_get(work->ledger, work->sources->at[i].name, &state, err))
            return err_of(err);
        if (state.state == SILENCE_NONE)
            continue;
        struct doc *one = doc_object();
        doc_put_text(one, "source", work->sources->at[i].name);
        doc_put_text(one, "state", silence_name(state.state));
        doc_put_text(one, "since", utc_text(state.since).at);
        doc_push(list, one);
    }
    return OK;
}

enum err_kind silence_beat(const struct work *work, struct err *err)
{
    struct err why = {0};
    AUTO(mem_drop) char *path = site_path(work->site, "run/heartbeat.json");
    AUTO(buf_free) struct buf text = buf_new(BEAT_BYTES_MAX);
    AUTO(doc_free) struct doc *doc = doc_object();
    const char *url = site_text(work->site, "heartbeat_url");
    if (beat_doc(work, doc, err))
        return err_of(err);
    doc_canonical(doc, &text);
    if (file_write(path, buf_slice(&text), 0644, err))
        return err_of(err);
    if (is_none(url))
        return OK;
    return ask("GET", url, NULL, &why)
               ? err_set(err, ERR_LATER, "heartbeat_url cannot be asked: %s", why.text)
               : OK;
}

enum err_kind silence_heard(const struct work *work, struct err *err)
{
    AUTO(mem_drop) char *path = site_path(work->site, "run/heartbeat.json");
    AUTO(buf_free) struct buf text = buf_new(BEAT_BYTES_MAX);
    AUTO(doc_free) struct doc *doc = NULL;
    const char *asked = cli_value(work->cli, "max-age"), *at;
    int64_t max_age_s = MAX_AGE_S, milli;
    struct utc beat, now = clock_system.now(clock_system.self);
    if (asked) {
        if (num_quantity(str_of(asked), QUANTITY_TIME, &milli, err))
            return err_add(err, "reading --max-age");
        max_age_s = milli / 1000;
    }
    if (file_read(path, &text, err) || doc_parse(buf_slice(&text), path, &doc, err) ||
        doc_need_text(doc, "at", &at, err) || utc_parse(str_of(at), &beat, err))
        return err_set(err, ERR_MISSING, "gong-ingest has not been alive at this site: no %s",
                       path);
    if (now.s - beat.s > max_age_s)
        return err_set(err, ERR_MISSING, "gong-ingest was last alive at %s, %" PRId64 " s ago", at,
                       now.s - beat.s);
    cli_print(doc);
    return OK;
}
