#include "core/listen.h"

#include "core/http.h"
#include "tests/check.h"
#include "tests/loopback.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_MS = 60000, BODY_MAX = 1000, REPLY_MAX = 4000 };

// The listener under test in a child of its own; its port comes back over a pipe.
static pid_t server;
static unsigned port, deaf_port;
static int deaf; // listens and never answers: a connection to it breaks off when it is closed

static void handle(void *self, struct listen_request *request, struct listen_reply *reply)
{
    struct listen_request **held = self;
    if (strcmp(listen_path(request), "/later") == 0) {
        *held = request;
        reply->status = LISTEN_LATER;
        return;
    }
    struct str text = listen_query(request, "text"), none = listen_query(request, "none");
    struct str header = listen_header(request, "x-gong-sign");
    if (strcmp(listen_path(request), "/slow-down") == 0)
        reply->status = 429;
    if (strcmp(listen_path(request), "/pages") == 0)
        reply->type = "application/json";
    buf_print(&reply->body, "%s %s text %zu:", listen_method(request), listen_path(request),
              text.len);
    for (size_t i = 0; i < text.len; i++)
        buf_print(&reply->body, "%02x", (unsigned)(unsigned char)text.at[i]);
    buf_print(&reply->body, " none %s sign " STR_FMT " body " STR_FMT, none.at ? "there" : "absent",
              STR_ARG(header), STR_ARG(listen_body(request)));
}

static void run_server(int to)
{
    struct err err = {0};
    struct listener *listener = NULL;
    struct listen_request *held = NULL;
    struct listen_settings settings = {
        .address = "127.0.0.1", .body_max = BODY_MAX, .handle = handle, .self = &held};
    if (listener_open(&settings, &listener, &err))
        _exit(1);
    uint16_t at = listener_port(listener);
    (void)!write(to, &at, sizeof(at));
    for (;;) {
        listener_step(listener, 1000);
        if (held)
            listener_answer(listener, held, 202);
        held = NULL;
    }
}

static int start(void **state)
{
    (void)state;
    int ends[2];
    uint16_t at = 0;
    struct sockaddr_in deaf_at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(deaf_at);
    (void)unsetenv("http_proxy");
    (void)unsetenv("all_proxy");
    deaf = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(deaf, (struct sockaddr *)&deaf_at, size) || listen(deaf, 5) ||
        getsockname(deaf, (struct sockaddr *)&deaf_at, &size) || pipe(ends))
        return -1;
    deaf_port = ntohs(deaf_at.sin_port);
    server = child_fork();
    if (server == 0)
        run_server(ends[1]);
    (void)close(ends[1]); // of a server that ended nothing comes
    if (read(ends[0], &at, sizeof(at)) != sizeof(at))
        return -1;
    port = at;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    (void)close(deaf);
    (void)kill(server, SIGKILL);
    return waitpid(server, NULL, 0) == server ? 0 : -1;
}

static void test_requests(void **state)
{
    (void)state;
    static const char *const signed_by[] = {"X-Gong-Sign: abc", NULL};
    static const struct {
        const char *name, *method, *path, *body;
        const char *const *headers;
        long status;
        const char *answer;
    } rows[] = {
        {"a question", "GET", "/dlr?text=a", NULL, NULL, 200,
         "GET /dlr text 1:61 none absent sign  body "},
        {"UTF-16 with zero bytes, as Kannel sends it", "GET", "/mo?text=%1E%EB%00%20%00n", NULL,
         NULL, 200, "GET /mo text 6:1eeb0020006e none absent sign  body "},
        {"an empty value is there", "GET", "/mo?none=&text=", NULL, NULL, 200,
         "GET /mo text 0: none there sign  body "},
        {"a body and a header", "POST", "/cb", "{\"a\":1}", signed_by, 200,
         "POST /cb text 0: none absent sign abc body {\"a\":1}"},
        {"an empty body", "POST", "/cb", "", NULL, 200, "POST /cb text 0: none absent sign  body "},
        {"another verb", "PUT", "/cb", "x", NULL, 200, "PUT /cb text 0: none absent sign  body x"},
        {"answered later, by the loop around the listener", "GET", "/later", NULL, NULL, 202, ""},
        {"a status is an answer", "GET", "/slow-down", NULL, NULL, 429,
         "GET /slow-down text 0: none absent sign  body "},
    };
    struct http *http = http_new();
    for (size_t i = 0; i < 2 * COUNT_OF(rows); i++) { // on a new connection, and on a kept one
        size_t r = i / 2;
        ROW(rows[r].name);
        char url[200];
        struct err err = {0};
        struct http_reply reply = {.body = buf_new(REPLY_MAX)};
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, rows[r].path);
        struct http_request request = {.method = rows[r].method,
                                       .url = url,
                                       .headers = rows[r].headers,
                                       .body = str_of(rows[r].body),
                                       .timeout_ms = TIMEOUT_MS,
                                       .once = i % 2 == 0};
        CHECK_OK(http_exchange(http, &request, &reply, &err), err);
        CHECK_INT(reply.status, rows[r].status);
        CHECK(reply.sent);
        CHECK_TEXT(reply.body.at ? reply.body.at : "", rows[r].answer);
        CHECK_TEXT(reply.type, "text/plain; charset=utf-8");
        buf_free(&reply.body);
    }
    http_close(&http);
}

static void test_limits(void **state)
{
    (void)state;
    struct http *http = http_new();
    struct err err = {0};
    char url[200], large[BODY_MAX + 2];
    memset(large, 'x', sizeof(large));
    struct http_reply reply = {.body = buf_new(REPLY_MAX)};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/cb", port);
    struct http_request request = {
        .method = "POST", .url = url, .body = {large, BODY_MAX}, .timeout_ms = TIMEOUT_MS};

    ROW("a body of the maximum");
    CHECK_OK(http_exchange(http, &request, &reply, &err), err);
    CHECK_INT(reply.status, 200);
    ROW("a body of one byte more");
    request.body.len++;
    CHECK_OK(http_exchange(http, &request, &reply, &err), err);
    CHECK_INT(reply.status, 413);
    ROW("an answer that is over our own maximum");
    struct http_reply small = {.body = buf_new(10)};
    CHECK_INT(http_exchange(http, &request, &small, &err), OK); // "too large\n" is ten bytes
    request.body.len--;
    CHECK_INT(http_exchange(http, &request, &small, &err), ERR_INPUT);
    CHECK_HAS(err.text, "is over 10 bytes");
    CHECK(small.sent);
    ROW("a second listener on a port that is taken");
    struct listener *second = NULL;
    struct listen_settings settings = {
        .address = "127.0.0.1", .port = (uint16_t)port, .body_max = BODY_MAX, .handle = handle};
    CHECK_INT(listener_open(&settings, &second, &err), ERR_LATER);
    CHECK_HAS(err.text, "nothing can listen on 127.0.0.1");
    ROW("an address that is none");
    settings.address = "localhost";
    CHECK_INT(listener_open(&settings, &second, &err), ERR_INPUT);
    CHECK_HAS(err.text, "write 127.0.0.1");
    buf_free(&small.body);
    buf_free(&reply.body);
    http_close(&http);
}

// What is known when no answer came: whether anything was sent.
static void test_unanswered(void **state)
{
    (void)state;
    struct http *http = http_new();
    struct err err = {0};
    char url[200];
    struct http_reply reply = {.body = buf_new(REPLY_MAX)};
    struct http_request request = {
        .method = "POST", .url = url, .body = STR("pay"), .timeout_ms = TIMEOUT_MS, .once = true};

    ROW("nobody listens: nothing was sent");
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:1/pay?to=84900000001");
    CHECK_INT(http_exchange(http, &request, &reply, &err), ERR_LATER);
    CHECK(!reply.sent);
    CHECK_INT(reply.status, 0);
    CHECK_HAS(err.text, "http://127.0.0.1:1 cannot be asked");
    CHECK(!strstr(err.text, "84900000001"));

    ROW("taken and never answered: not known");
    (void)snprintf(url, sizeof(url), "http://user:word@127.0.0.1:%u/pay", deaf_port);
    for (request.timeout_ms = 300; !reply.sent && request.timeout_ms < TIMEOUT_MS;
         request.timeout_ms *= 2) // where the machine stands still it is not even sent
        CHECK_INT(http_exchange(http, &request, &reply, &err), ERR_LATER);
    CHECK(reply.sent);
    CHECK_INT(reply.status, 0);
    CHECK_HAS(err.text, "gave no answer");
    CHECK(!strstr(err.text, "word"));

    ROW("a file is no such question");
    (void)snprintf(url, sizeof(url), "file:///etc/hostname");
    CHECK_INT(http_exchange(http, &request, &reply, &err), ERR_INPUT);
    CHECK(!reply.sent);
    buf_free(&reply.body);
    http_close(&http);
}

static void test_many(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct http *http = http_new();
    struct http_job *job = mem_new(COUNT, sizeof(*job));
    char(*url)[100] = mem_new(COUNT, sizeof(*url));
    for (size_t i = 0; i < COUNT; i++) {
        unsigned at = i % 50 == 7 ? 1 : port; // some are refused, which is their own affair
        (void)snprintf(url[i], sizeof(url[i]), "http://127.0.0.1:%u/n%zu", at, i);
        job[i] =
            (struct http_job){.request = {.method = "GET", .url = url[i], .timeout_ms = TIMEOUT_MS},
                              .reply.body = buf_new(REPLY_MAX)};
    }
    http_exchange_many(http, job, COUNT, 8);
    for (size_t i = 0; i < COUNT; i++) {
        char wanted[100];
        (void)snprintf(wanted, sizeof(wanted), "GET /n%zu text", i);
        if (i % 50 == 7) {
            CHECK_INT(job[i].kind, ERR_LATER);
        } else {
            CHECK_OK(job[i].kind, job[i].why);
            CHECK_HAS(job[i].reply.body.at, wanted);
        }
        buf_free(&job[i].reply.body);
    }
    mem_free(&url);
    mem_free(&job);
    http_close(&http);
}

// A connection with something sent on it; what is read of it later waits in the kernel.
static int call(uint16_t to, const char *text)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(to), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    CHECK(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
    return fd;
}

static void check_answer(int fd, const char *begins)
{
    char text[REPLY_MAX] = "";
    CHECK(recv(fd, text, sizeof(text) - 1, 0) > 0);
    CHECK(str_starts(str_of(text), begins));
    (void)close(fd);
}

struct holder {
    size_t held;
};

static void hold_all(void *self, struct listen_request *request, struct listen_reply *reply)
{
    struct holder *holder = self;
    (void)request;
    holder->held++;
    reply->status = LISTEN_LATER;
}

static void test_close(void **state)
{
    (void)state;
    static const char start_of_one[] = "GET /b HTTP/1.1\r\n", rest[] = "Host: x\r\n\r\n";
    struct err err = {0};
    struct listener *listener = NULL;
    struct holder holder = {0};
    struct listen_settings settings = {
        .address = "127.0.0.1", .body_max = BODY_MAX, .handle = hold_all, .self = &holder};
    CHECK_OK(listener_open(&settings, &listener, &err), err);
    int first = call(listener_port(listener), "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    int second = call(listener_port(listener), start_of_one);
    while (holder.held == 0)
        listener_step(listener, 1000);
    for (int i = 0; i < 10; i++) // the second is taken in, as far as it came
        listener_step(listener, 10);
    ROW("one is held, and the rest of another comes while it closes");
    CHECK(send(second, rest, strlen(rest), MSG_NOSIGNAL) == (ssize_t)strlen(rest));
    listener_close(&listener);
    CHECK_INT(holder.held, 1);
    check_answer(first, "HTTP/1.1 503 ");
    check_answer(second, "HTTP/1.1 503 ");
}

static void test_fields(void **state)
{
    (void)state;
    AUTO(buf_free) struct buf out = buf_new(200);
    buf_text(&out, "http://127.0.0.1/send?");
    http_field(&out, "text", STR("lũ & 7%"));
    http_field(&out, "to", STR("84900000001"));
    CHECK_TEXT(out.at, "http://127.0.0.1/send?text=l%C5%A9%20%26%207%25&to=84900000001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),   cmocka_unit_test(test_limits),
        cmocka_unit_test(test_unanswered), cmocka_unit_test(test_many),
        cmocka_unit_test(test_close),      cmocka_unit_test(test_fields)};
    return cmocka_run_group_tests(tests, start, stop);
}
