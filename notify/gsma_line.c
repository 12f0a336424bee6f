#include "notify/gsma_line.h"

#include "core/clock.h"
#include "core/doc.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/http.h"
#include "core/mem.h"
#include "core/site.h"
#include "notify/channel.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    REPLY_BYTES_MAX = 4 << 20,
    URL_BYTES_MAX = 2000,
    HEADER_MAX = 300,
    HEADERS = 8,
    LINKS_MAX = 3, // response -> request state -> transaction
    PAGE = 100,    // transactions of a statement at a time
    PAGES_MAX = 1000,
    ABSENT_MAX = 1024, // orders that were not found once
};

struct absent {
    char reference[32];
    int64_t first_ms; // ticks
};

struct gsma_line {
    const struct host *host;
    char *url, *account, *callback, *authority;
    struct buf key, client; // secrets
    int64_t quiet_ms;
    struct http *http;
    struct buf reply;
    struct absent absent[ABSENT_MAX];
    size_t absents;
};

void gsma_line_close(struct gsma_line **line)
{
    struct gsma_line *one = *line;
    if (!one)
        return;
    mem_free(&one->url);
    mem_free(&one->account);
    mem_free(&one->callback);
    mem_free(&one->authority);
    buf_free(&one->key);
    buf_free(&one->client);
    buf_free(&one->reply);
    http_close(&one->http);
    mem_free(line);
}

static enum err_kind need_setting(const struct site *site, const char *name, char **out,
                                  struct err *err)
{
    const char *text = site_text(site, name);
    if (!*text)
        return err_set(err, ERR_INPUT, "%s is empty; write it into gong.yaml", name);
    *out = mem_text(text);
    return OK;
}

enum err_kind gsma_line_open(const struct site *site, const struct host *host,
                             struct gsma_line **out, struct err *err)
{
    AUTO(gsma_line_close) struct gsma_line *line = mem_new(1, sizeof(*line));
    struct err ignored = {0};
    line->host = host;
    line->key = buf_new(HEADER_MAX / 2);
    line->client = buf_new(HEADER_MAX / 2);
    line->reply = buf_new(REPLY_BYTES_MAX);
    line->callback = mem_text(site_text(site, "gsma_callback_url"));
    line->quiet_ms = site_whole(site, "gsma_quiet_s") * 1000;
    if (need_setting(site, "gsma_url", &line->url, err) ||
        need_setting(site, "gsma_account", &line->account, err) ||
        site_secret(site, "gsma-api-key", &line->key, err))
        return err_of(err);
    if (site_secret(site, "gsma-client-id", &line->client, &ignored))
        buf_clear(&line->client);
    AUTO(mem_drop) char *authority = site_path(site, "keys/gsma-ca.pem");
    if (file_exists(authority))
        line->authority = TAKE(authority);
    line->http = http_new();
    *out = TAKE(line);
    return OK;
}

const char *gsma_line_account(const struct gsma_line *line)
{
    return line->account;
}

// --- one exchange
// -------------------------------------------------------------------------------------

struct headers {
    char text[HEADERS][HEADER_MAX];
    const char *at[HEADERS + 1];
    size_t count;
};

PRINTF(2, 3) static void header(struct headers *headers, const char *text, ...)
{
    assert(headers->count < HEADERS);
    char *out = headers->text[headers->count];
    va_list values;
    va_start(values, text);
    int len = vsnprintf(out, HEADER_MAX, text, values);
    va_end(values);
    if (len > 0 && len < HEADER_MAX)
        headers->at[headers->count++] = out;
}

static void common_headers(const struct gsma_line *line, struct headers *headers)
{
    struct utc now = clock_system.now(clock_system.self);
    header(headers, "Accept: application/json");
    header(headers, "X-Date: %s", utc_text(now).at);
    header(headers, "X-API-Key: %s", line->key.at);
    if (line->client.len)
        header(headers, "X-Client-Id: %s", line->client.at);
}

static enum err_kind exchange(struct gsma_line *line, const struct http_request *request,
                              long *status, bool *sent, struct err *err)
{
    struct http_request once = *request;
    struct http_reply reply = {.body = line->reply};
    once.once = true;
    once.authority = line->authority;
    if (line->host)
        (void)line->host->beat(line->host->self);
    enum err_kind kind = http_exchange(line->http, &once, &reply, err);
    line->reply = reply.body;
    *status = kind ? 0 : reply.status;
    *sent = reply.sent;
    return kind;
}

// GET of a path below the provider's address; `status` 0 when no whole answer came.
static long get(struct gsma_line *line, const char *path, int64_t until_ms)
{
    struct headers headers = {.count = 0};
    struct err ignored = {0};
    long status = 0;
    bool sent = false;
    int64_t left_ms = until_ms - clock_ticks_ms();
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    buf_print(&url, "%s%s", line->url, path);
    buf_clear(&line->reply);
    if (left_ms <= 0 || url.full)
        return 0;
    common_headers(line, &headers);
    struct http_request request = {
        .method = "GET", .url = url.at, .headers = headers.at, .timeout_ms = left_ms};
    (void)exchange(line, &request, &status, &sent, &ignored);
    return status;
}

void gsma_line_order(struct gsma_line *line, const struct gsma_order *order, int64_t time_ms,
                     struct gsma_answer *out)
{
    struct headers headers = {.count = 0};
    struct err err = {0};
    long status = 0;
    bool sent = false;
    AUTO(buf_free) struct buf url = buf_new(URL_BYTES_MAX);
    AUTO(buf_free) struct buf body = buf_new(URL_BYTES_MAX);
    gsma_order_body(order, &body);
    buf_print(&url, "%s/transactions/type/disbursement", line->url);
    common_headers(line, &headers);
    header(&headers, "Content-Type: application/json");
    header(&headers, "X-CorrelationID: %s", gsma_correlation(order->reference).at);
    header(&headers, "X-Content-Hash: %s", hash_hex(hash_of(buf_slice(&body))).at);
    if (*line->callback)
        header(&headers, "X-Callback-URL: %s", line->callback);
    struct http_request request = {.method = "POST",
                                   .url = url.at,
                                   .headers = headers.at,
                                   .body = buf_slice(&body),
                                   .timeout_ms = time_ms};
    if (exchange(line, &request, &status, &sent, &err) && !sent) {
        *out = (struct gsma_answer){.outcome = OUTCOME_DOWN};
        (void)snprintf(out->why, sizeof(out->why), "not sent: %.150s", err.text);
        return;
    }
    gsma_read_order(order, status, buf_slice(&line->reply), out);
}

// --- questions
// ----------------------------------------------------------------------------------------

static bool is_final(const struct gsma_answer *answer)
{
    return answer->outcome == OUTCOME_DONE || answer->outcome == OUTCOME_REFUSED;
}

// Follows the links until there is an end or no more link.
static void follow(struct gsma_line *line, const struct gsma_order *order, int64_t until_ms,
                   struct gsma_answer *answer)
{
    for (int i = 0; i < LINKS_MAX && *answer->link && !is_final(answer); i++) {
        struct gsma_answer next;
        long status = get(line, answer->link, until_ms);
        gsma_read_link(order, status, buf_slice(&line->reply), &next);
        bool same = strcmp(next.link, answer->link) == 0;
        *answer = next;
        if (same)
            return;
    }
}

static void account_path(const struct gsma_line *line, const char *what, size_t offset,
                         struct buf *out)
{
    buf_text(out, "/accounts/accountid/");
    http_escape(out, str_of(line->account));
    buf_print(out, "/%s", what);
    if (strcmp(what, "transactions") == 0)
        buf_print(out, "?limit=%d&offset=%zu", PAGE, offset);
}

static void search_statement(struct gsma_line *line, const struct gsma_order *order,
                             int64_t until_ms, struct gsma_answer *answer)
{
    for (size_t page = 0; page < PAGES_MAX; page++) {
        size_t count = 0;
        AUTO(buf_free) struct buf path = buf_new(URL_BYTES_MAX);
        account_path(line, "transactions", page * PAGE, &path);
        long status = get(line, path.at, until_ms);
        gsma_read_statement(order, status, buf_slice(&line->reply), &count, answer);
        if (answer->outcome != OUTCOME_ABSENT || count < PAGE)
            return;
    }
    answer->outcome = OUTCOME_UNKNOWN;
}

// Not found: believed the second time, when the first was long enough ago.
static void doubt(struct gsma_line *line, const struct gsma_order *order,
                  struct gsma_answer *answer)
{
    int64_t now_ms = clock_ticks_ms();
    size_t at = 0;
    while (at < line->absents && strcmp(line->absent[at].reference, order->reference) != 0)
        at++;
    if (at == line->absents) {
        if (line->absents == ABSENT_MAX) // forgotten: it takes longer, no more
            line->absents = 0;
        struct absent *absent = &line->absent[line->absents++];
        (void)snprintf(absent->reference, sizeof(absent->reference), "%s", order->reference);
        absent->first_ms = now_ms;
    } else if (now_ms - line->absent[at].first_ms >= line->quiet_ms) {
        line->absent[at] = line->absent[--line->absents];
        return;
    }
    answer->outcome = OUTCOME_UNKNOWN;
    (void)snprintf(answer->why, sizeof(answer->why),
                   "the provider does not know it; asked again before that is believed");
}

void gsma_line_ask(struct gsma_line *line, const struct gsma_order *order, int64_t time_ms,
                   struct gsma_answer *out)
{
    int64_t until_ms = clock_ticks_ms() + time_ms;
    AUTO(buf_free) struct buf path = buf_new(URL_BYTES_MAX);
    buf_print(&path, "/responses/%s", gsma_correlation(order->reference).at);
    long status = get(line, path.at, until_ms);
    gsma_read_response(status, buf_slice(&line->reply), out);
    if (out->outcome == OUTCOME_PENDING)
        follow(line, order, until_ms, out);
    // "Failed" and "not known" are believed only when the statement does not say otherwise.
    if (out->outcome == OUTCOME_ABSENT || out->outcome == OUTCOME_REFUSED) {
        struct gsma_answer statement;
        search_statement(line, order, until_ms, &statement);
        if (statement.outcome != OUTCOME_ABSENT && statement.outcome != OUTCOME_REFUSED)
            *out = statement;
    }
    if (out->outcome == OUTCOME_ABSENT)
        doubt(line, order, out);
}

// --- for people
// ---------------------------------------------------------------------------------------

enum { STATEMENT_MS = 60000, CHECK_MS = 10000 };

enum err_kind gsma_line_statement(struct gsma_line *line,
                                  enum err_kind (*each)(void *self, const struct doc *one,
                                                        struct err *err),
                                  void *self, struct err *err)
{
    for (size_t page = 0; page < PAGES_MAX; page++) {
        AUTO(buf_free) struct buf path = buf_new(URL_BYTES_MAX);
        AUTO(doc_free) struct doc *list = NULL;
        account_path(line, "transactions", page * PAGE, &path);
        long status = get(line, path.at, clock_ticks_ms() + STATEMENT_MS);
        if (status != 200 || doc_parse(buf_slice(&line->reply), "statement", &list, err) ||
            !doc_is_array(list))
            return err_set(err, ERR_LATER, "the provider gave no statement (%ld); try again later",
                           status);
        for (size_t i = 0; i < doc_count(list); i++) {
            if (each(self, doc_at(list, i), err))
                return err_of(err);
        }
        if (doc_count(list) < PAGE)
            return OK;
    }
    return err_set(err, ERR_INPUT, "the statement has over %d transactions", PAGE * PAGES_MAX);
}

static enum err_kind check_one(struct gsma_line *line, const char *path, const char *member,
                               struct doc *report, struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    struct err ignored = {0};
    long status = get(line, path, clock_ticks_ms() + CHECK_MS);
    if (status == 401 || status == 403)
        return err_set(err, ERR_REFUSED,
                       "the provider answered %ld: it does not take keys/gsma-api-key", status);
    if (status != 200)
        return err_set(err, ERR_LATER, "the provider answered %ld at %.60s", status, path);
    if (doc_parse(buf_slice(&line->reply), "answer", &doc, &ignored) == OK)
        doc_put_text(report, member, doc_text(doc_get(doc, member), "not said"));
    return OK;
}

enum err_kind gsma_line_check(struct gsma_line *line, struct doc *report, struct err *err)
{
    AUTO(buf_free) struct buf balance = buf_new(URL_BYTES_MAX);
    account_path(line, "balance", 0, &balance);
    if (check_one(line, "/heartbeat", "serviceStatus", report, err) ||
        check_one(line, balance.at, "availableBalance", report, err))
        return err_of(err);
    return OK;
}
