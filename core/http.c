#include "core/http.h"

#include "core/cli.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/num.h"

#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REDIRECTS_MAX = 5, CONNECT_TIMEOUT_S = 20, URL_MAX = 8192 };
// A server that trickles is as good as none: under 100 bytes a second for 30 s is a timeout.
enum { SLOWEST_BYTES_S = 100, SLOW_S = 30 };

struct transfer {
    struct buf *out;
    bool too_large;
};

static size_t take(char *bytes, size_t size, size_t count, void *self)
{
    struct transfer *transfer = self;
    buf_add(transfer->out, bytes, size * count);
    transfer->too_large = transfer->out->full;
    return transfer->too_large ? 0 : size * count;
}

// Ends the transfer when the program was told to stop.
static int watch(void *self, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)self;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return cli_stopped() ? 1 : 0;
}

static void easy_free(CURL **easy)
{
    if (*easy)
        curl_easy_cleanup(*easy);
    *easy = NULL;
}

static CURL *prepare(const char *url, int64_t timeout_s, struct transfer *transfer, char *why)
{
    static bool ready;
    if (!ready)
        ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    // A new one each time. libcurl before 8.1.1 takes a first header line that begins with a blank
    // for the rest of the last header of the answer before, which a handle that is used again has
    // freed, also after curl_easy_reset (https://github.com/curl/curl/pull/11103).
    CURL *easy = curl_easy_init();
    if (!easy)
        return NULL;
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "file,http,https");
    (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)timeout_s);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST_BYTES_S);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_S);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "gong/" GONG_VERSION);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch);
    // Announced sizes over the limit are refused before a byte is sent.
    (void)curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                           (curl_off_t)(transfer->out->max - transfer->out->len));
    return easy;
}

static enum err_kind kind_of_code(CURLcode code)
{
    static const struct {
        CURLcode code;
        enum err_kind kind;
    } kinds[] = {
        {CURLE_FILE_COULDNT_READ_FILE, ERR_MISSING},
        {CURLE_UNSUPPORTED_PROTOCOL, ERR_INPUT},
        {CURLE_URL_MALFORMAT, ERR_INPUT},
        {CURLE_PEER_FAILED_VERIFICATION, ERR_REFUSED},
        {CURLE_SSL_CACERT_BADFILE, ERR_REFUSED},
        {CURLE_SSL_ISSUER_ERROR, ERR_REFUSED},
        {CURLE_TOO_MANY_REDIRECTS, ERR_REFUSED},
        {CURLE_REMOTE_ACCESS_DENIED, ERR_REFUSED},
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (kinds[i].code == code)
            return kinds[i].kind;
    }
    return ERR_LATER;
}

static enum err_kind kind_of_status(long status)
{
    if (status == 404 || status == 410)
        return ERR_MISSING;
    if (status == 408 || status == 425 || status == 429 || status >= 500 || status < 400)
        return ERR_LATER;
    return ERR_REFUSED;
}

static enum err_kind transfer_end(CURL *easy, CURLcode code, const struct transfer *transfer,
                                  const char *why, struct err *err)
{
    long status = 0;
    char *url = NULL;
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
    const char *from = url ? url : "the source";
    if (transfer->too_large || code == CURLE_FILESIZE_EXCEEDED)
        return err_set(err, ERR_INPUT, "%s is larger than %zu bytes (fetch_mib_max)", from,
                       transfer->out->max);
    if (code != CURLE_OK) {
        enum err_kind kind = kind_of_code(code);
        err_write(err, kind, "%s cannot be fetched: %s", from,
                  *why ? why : curl_easy_strerror(code));
        return kind;
    }
    // 0: a file. Anything but 200 is not the whole file.
    if (status != 0 && status != 200) {
        enum err_kind kind = kind_of_status(status);
        err_write(err, kind, "%s answered %ld", from, status);
        return kind;
    }
    return OK;
}

static bool is_within_v4(uint32_t a)
{
    return a >> 24 == 0 || a >> 24 == 10 || a >> 24 == 127 || a >> 20 == 0xac1 ||
           a >> 16 == 0xc0a8 || a >> 16 == 0xa9fe || a >> 22 == 0x191 || a >> 28 >= 0xe;
}

bool http_is_within(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        return is_within_v4(ntohl(v4.sin_addr.s_addr));
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, address, sizeof(v6));
    const uint8_t *b = v6.sin6_addr.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
        return is_within_v4((uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 |
                            b[15]);
    // Only what is global (2000::/3) is not private.
    return (b[0] & 0xe0) != 0x20;
}

static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_reach *reach = self;
    bool within = http_is_within(&address->addr);
    (void)purpose;
    reach->within |= within;
    if (within && reach->outside)
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static enum err_kind get(const char *url, int64_t timeout_s, struct http_reach *reach,
                         struct buf *out, struct err *err)
{
    assert(url && timeout_s > 0 && out && !out->full);
    size_t before = out->len;
    char why[CURL_ERROR_SIZE] = "";
    struct transfer transfer = {.out = out};
    AUTO(easy_free) CURL *easy = prepare(url, timeout_s, &transfer, why);
    if (!easy)
        return err_set(err, ERR_LATER, "libcurl cannot be started");
    if (reach) {
        (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, reach);
    }
    if (transfer_end(easy, curl_easy_perform(easy), &transfer, why, err)) {
        out->full = false;
        out->len = before;
        if (out->at)
            out->at[before] = '\0';
        return err->kind;
    }
    return OK;
}

enum err_kind http_get(const char *url, int64_t timeout_s, struct buf *out, struct err *err)
{
    return get(url, timeout_s, NULL, out, err);
}

enum err_kind http_get_within(const char *url, int64_t timeout_s, struct http_reach *reach,
                              struct buf *out, struct err *err)
{
    struct http_reach now = {.outside = reach->outside};
    enum err_kind kind = get(url, timeout_s, &now, out, err);
    reach->within |= now.within;
    if (kind && now.outside && now.within)
        return err_set(err, ERR_REFUSED,
                       "%s is not fetched: it leads to an address within, and who names it is "
                       "outside",
                       url);
    return kind;
}

// --- exchanges
// -----------------------------------------------------------------------------------------

enum { REPLY_HEADERS_MAX = 64 * 1024, WAIT_MS = 200 };

// One exchange on its way.
struct flight {
    struct http_job *job;
    CURL *easy; // NULL: the place is free
    struct curl_slist *headers, *resolve;
    struct transfer transfer;
    size_t headers_bytes;
    char why[CURL_ERROR_SIZE];
};

struct http {
    CURLM *multi;
    int epoll;      // the sockets that libcurl waits for
    int64_t due_ms; // ticks at which it wants to be called all the same; -1: never
    struct flight flight[HTTP_AT_ONCE_MAX];
};

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *known)
{
    struct http *http = self;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(http->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events |= what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0;
    event.events |= what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0;
    int first = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
        second = EPOLL_CTL_MOD + EPOLL_CTL_ADD - first;
    // A number that was closed and came again may be watched already, or no more.
    bool failed = epoll_ctl(http->epoll, first, fd, &event) != 0 &&
                  epoll_ctl(http->epoll, second, fd, &event) != 0;
    (void)curl_multi_assign(http->multi, fd, http);
    return failed ? -1 : 0;
}

static int watch_time(CURLM *multi, long after_ms, void *self)
{
    struct http *http = self;
    (void)multi;
    http->due_ms = after_ms < 0 ? -1 : clock_ticks_ms() + after_ms;
    return 0;
}

struct http *http_new(void)
{
    struct http *http = mem_new(1, sizeof(*http));
    http->multi = curl_multi_init();
    http->epoll = epoll_create1(EPOLL_CLOEXEC);
    http->due_ms = -1;
    assert(http->multi && http->epoll >= 0 && "libcurl cannot be started");
    (void)curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_AT_ONCE_MAX);
    (void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    (void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    (void)curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, watch_time);
    (void)curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    return http;
}

static void flight_end(struct flight *flight)
{
    easy_free(&flight->easy);
    curl_slist_free_all(flight->headers);
    curl_slist_free_all(flight->resolve);
    *flight = (struct flight){0};
}

static void flight_take_down(struct http *http, struct flight *flight)
{
    (void)curl_multi_remove_handle(http->multi, flight->easy);
    flight_end(flight);
}

void http_close(struct http **http)
{
    if (!*http)
        return;
    for (size_t i = 0; i < HTTP_AT_ONCE_MAX; i++) {
        if ((*http)->flight[i].easy)
            flight_take_down(*http, &(*http)->flight[i]);
    }
    (void)curl_multi_cleanup((*http)->multi);
    (void)close((*http)->epoll);
    mem_free(http);
}

static size_t take_header(char *bytes, size_t size, size_t count, void *self)
{
    static const char name[] = "retry-after:";
    struct flight *flight = self;
    flight->headers_bytes += size * count;
    if (flight->headers_bytes > REPLY_HEADERS_MAX)
        return 0;
    struct str line = {bytes, size * count};
    if (line.len > sizeof(name) - 1 && strncasecmp(line.at, name, sizeof(name) - 1) == 0) {
        int64_t seconds = 0;
        struct err ignored = {0};
        struct str value =
            str_trim((struct str){line.at + sizeof(name) - 1, line.len - (sizeof(name) - 1)});
        if (num_whole(value, 0, 86400, &seconds, &ignored) == OK)
            flight->job->reply.retry_after_s = seconds;
    }
    return line.len;
}

static void set_headers(struct flight *flight, const struct http_request *request)
{
    for (size_t i = 0; request->headers && request->headers[i]; i++)
        flight->headers = curl_slist_append(flight->headers, request->headers[i]);
    // A pause for "100 Continue" serves nobody here, and a form is not what every body is.
    flight->headers = curl_slist_append(flight->headers, "Expect:");
    if (!request->body.at)
        flight->headers = curl_slist_append(flight->headers, "Content-Type:");
    (void)curl_easy_setopt(flight->easy, CURLOPT_HTTPHEADER, flight->headers);
    (void)curl_easy_setopt(flight->easy, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(flight->easy, CURLOPT_HEADERDATA, flight);
}

static void flight_begin(struct flight *flight, struct http_job *job)
{
    const struct http_request *request = &job->request;
    struct http_reply *reply = &job->reply;
    assert(request->method && request->url && request->timeout_ms > 0);
    buf_clear(&reply->body);
    *reply = (struct http_reply){.body = reply->body, .retry_after_s = -1};
    *flight = (struct flight){.job = job, .transfer = {.out = &reply->body}};
    flight->easy = prepare(request->url, 1, &flight->transfer, flight->why);
    assert(flight->easy && "libcurl cannot be started");
    CURL *easy = flight->easy;
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, flight);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    if (!request->by_proxy)
        (void)curl_easy_setopt(easy, CURLOPT_PROXY, ""); // else http_proxy and its like are obeyed
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 0L); // an answer may take its time
    set_headers(flight, request);
    if (request->body.at) {
        (void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.at);
    }
    if (strcmp(request->method, "HEAD") == 0)
        (void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else
        (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->once) {
        (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
    if (request->resolve)
        flight->resolve = curl_slist_append(NULL, request->resolve);
    if (flight->resolve)
        (void)curl_easy_setopt(easy, CURLOPT_RESOLVE, flight->resolve);
    if (request->authority)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, request->authority);
}

// Scheme, host and port of an address: what may be said in a log.
static struct str place_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *end = host ? host + 3 + strcspn(host + 3, "/?#") : url + strcspn(url, "/?#");
    const char *user = host ? memchr(host + 3, '@', (size_t)(end - host - 3)) : NULL;
    return user ? (struct str){user + 1, (size_t)(end - user - 1)}
                : (struct str){url, (size_t)(end - url)};
}

static void flight_land(struct flight *flight, CURLcode code)
{
    struct http_job *job = flight->job;
    struct str place = place_of(job->request.url);
    long request_bytes = 0;
    char *type = NULL;
    (void)curl_easy_getinfo(flight->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    (void)curl_easy_getinfo(flight->easy, CURLINFO_CONTENT_TYPE, &type);
    job->reply.sent = request_bytes > 0;
    if (type)
        (void)snprintf(job->reply.type, HTTP_TYPE_MAX, "%.*s", HTTP_TYPE_MAX - 1, type);
    if (flight->transfer.too_large || code == CURLE_FILESIZE_EXCEEDED) {
        job->kind = err_set(&job->why, ERR_INPUT, "the answer of " STR_FMT " is over %zu bytes",
                            STR_ARG(place), job->reply.body.max);
    } else if (code != CURLE_OK) {
        job->kind = kind_of_code(code);
        err_write(&job->why, job->kind, STR_FMT " %s: %s", STR_ARG(place),
                  job->reply.sent ? "gave no answer" : "cannot be asked",
                  *flight->why ? flight->why : curl_easy_strerror(code));
    } else {
        job->kind = OK;
        (void)curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &job->reply.status);
    }
    if (job->kind)
        buf_clear(&job->reply.body);
}

static struct flight *free_place(struct http *http)
{
    for (size_t i = 0; i < HTTP_AT_ONCE_MAX; i++) {
        if (!http->flight[i].easy)
            return &http->flight[i];
    }
    return NULL;
}

void http_start(struct http *http, struct http_job *job)
{
    struct flight *flight = free_place(http);
    assert(flight && "HTTP_AT_ONCE_MAX exchanges are on their way");
    flight_begin(flight, job);
    (void)curl_multi_add_handle(http->multi, flight->easy);
}

// One that ended, taken out of the air.
static struct http_job *take_down(struct http *http, struct flight *flight, CURLcode code)
{
    flight_land(flight, code);
    struct http_job *job = flight->job;
    flight_take_down(http, flight);
    return job;
}

static struct http_job *take_landed(struct http *http)
{
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left));) {
        struct flight *flight = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&flight);
        return take_down(http, flight, code);
    }
    return NULL;
}

// libcurl itself asks whether we were told to stop only of an exchange in which something happens.
static struct http_job *take_stopped(struct http *http)
{
    for (size_t i = 0; i < HTTP_AT_ONCE_MAX; i++) {
        if (http->flight[i].easy)
            return take_down(http, &http->flight[i], CURLE_ABORTED_BY_CALLBACK);
    }
    return NULL;
}

static void move_on(struct http *http, curl_socket_t fd, int what)
{
    int running = 0;
    CURLMcode code = curl_multi_socket_action(http->multi, fd, what, &running);
    assert(code == CURLM_OK);
    (void)code;
}

// What libcurl does by its clock: begins what was started, ends what took too long.
static void move_on_in_time(struct http *http)
{
    if (http->due_ms < 0 || clock_ticks_ms() < http->due_ms)
        return;
    http->due_ms = -1;
    move_on(http, CURL_SOCKET_TIMEOUT, 0);
}

// Tells libcurl of the sockets at which something happened, and of no others: of each it is told of
// it asks the system.
static void move_on_in_wait(struct http *http, int64_t wait_ms)
{
    struct epoll_event event[HTTP_AT_ONCE_MAX];
    int64_t left_ms = http->due_ms < 0 ? wait_ms : http->due_ms - clock_ticks_ms();
    left_ms = left_ms < 0 ? 0 : left_ms < wait_ms ? left_ms : wait_ms;
    int count = epoll_wait(http->epoll, event, HTTP_AT_ONCE_MAX, (int)left_ms);
    for (int i = 0; i < count; i++) {
        int what = (event[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (event[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (event[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        move_on(http, event[i].data.fd, what);
    }
    move_on_in_time(http);
}

struct http_job *http_finished(struct http *http, int64_t wait_ms)
{
    struct http_job *job = take_landed(http);
    if (job || wait_ms == 0)
        return job;
    move_on_in_time(http);
    if ((job = take_landed(http)))
        return job;
    move_on_in_wait(http, cli_stopped() ? 0 : wait_ms);
    job = take_landed(http);
    return job || !cli_stopped() ? job : take_stopped(http);
}

void http_exchange_many(struct http *http, struct http_job *job, size_t count, size_t parallel)
{
    assert(parallel > 0 && parallel <= HTTP_AT_ONCE_MAX);
    size_t begun = 0, landed = 0;
    while (landed < count) {
        while (begun < count && begun - landed < parallel)
            http_start(http, &job[begun++]);
        landed += http_finished(http, WAIT_MS) != NULL;
    }
}

enum err_kind http_exchange(struct http *http, const struct http_request *request,
                            struct http_reply *reply, struct err *err)
{
    struct http_job job = {.request = *request, .reply = *reply};
    http_exchange_many(http, &job, 1, 1);
    *reply = job.reply;
    if (job.kind)
        *err = job.why;
    return job.kind;
}

static bool is_plain(char at)
{
    return (at >= 'a' && at <= 'z') || (at >= 'A' && at <= 'Z') || (at >= '0' && at <= '9') ||
           (at && strchr("-._~", at));
}

static void escape_one(struct buf *out, unsigned byte)
{
    static const char digits[] = "0123456789ABCDEF";
    buf_char(out, '%');
    buf_char(out, digits[byte >> 4]);
    buf_char(out, digits[byte & 15]);
}

void http_escape(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_plain(text.at[i]))
            buf_char(out, text.at[i]);
        else
            escape_one(out, (unsigned char)text.at[i]);
    }
}

void http_field(struct buf *out, const char *name, struct str value)
{
    if (out->len && out->at[out->len - 1] != '?')
        buf_char(out, '&');
    http_escape(out, str_of(name));
    buf_char(out, '=');
    http_escape(out, value);
}

char *http_file_url(const char *absolute_path)
{
    struct buf url = buf_new(URL_MAX);
    buf_text(&url, "file://");
    for (const char *at = absolute_path; *at; at++) {
        if (*at == '/')
            buf_char(&url, *at);
        else
            http_escape(&url, (struct str){at, 1});
    }
    return buf_take(&url);
}
