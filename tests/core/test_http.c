#include "core/http.h"

#include "core/cli.h"
#include "core/clock.h"
#include "core/file.h"
#include "tests/check.h"
#include "tests/loopback.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_S = 60, LIMIT = 1000 };

// A server of canned answers on a free port of the loopback: the path names the answer.
static pid_t server;
static unsigned port;

static void answer(int to)
{
    static const struct {
        const char *path, *reply;
    } replies[] = {
        {"/good", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"},
        {"/empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
        {"/short", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\nConnection: close\r\n\r\nhello"},
        {"/announced", "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\nhello"},
        {"/gone", "HTTP/1.1 410 Gone\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngone"},
        {"/denied", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"},
        {"/busy", "HTTP/1.1 429 Slow down\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwait"},
        {"/down", "HTTP/1.1 503 Down\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndown"},
        {"/part", "HTTP/1.1 206 Part\r\nContent-Length: 4\r\nConnection: close\r\n\r\npart"},
        {"/moved", "HTTP/1.1 302 Moved\r\nLocation: /good\r\nContent-Length: 0\r\nConnection: "
                   "close\r\n\r\n"},
        {"/circle", "HTTP/1.1 302 Moved\r\nLocation: /circle\r\nContent-Length: 0\r\nConnection: "
                    "close\r\n\r\n"},
        {"/to-file", "HTTP/1.1 302 Moved\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n"
                     "Connection: close\r\n\r\n"},
        {"/noise", "what is this"},
        {"/folded", "HTTP/1.1 200 OK\r\n of: nothing\r\nContent-Length: 5\r\nConnection: close\r\n"
                    "\r\nhello"},
    };
    char request[2000] = "", path[100] = "/", block[500];
    (void)!read(to, request, sizeof(request) - 1);
    size_t len = strcspn(request + 4, " ");
    memcpy(path, request + 4, len < 99 ? len : 99);
    const char *reply = "HTTP/1.1 404 No\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone";
    for (size_t i = 0; i < COUNT_OF(replies); i++) {
        if (strcmp(path, replies[i].path) == 0)
            reply = replies[i].reply;
    }
    if (strcmp(path, "/endless") == 0) {
        memset(block, 'x', sizeof(block));
        reply = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        (void)!write(to, reply, strlen(reply));
        for (int i = 0; i < 10; i++)
            (void)!write(to, block, sizeof(block));
        reply = "";
    }
    (void)!write(to, reply, strlen(reply));
}

static int start(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, size) || listen(listener, 20) ||
        getsockname(listener, (struct sockaddr *)&at, &size))
        return -1;
    port = ntohs(at.sin_port);
    (void)unsetenv("http_proxy"); // of the machine: the loopback needs none
    (void)unsetenv("https_proxy");
    (void)unsetenv("all_proxy");
    server = child_fork();
    if (server == 0) {
        (void)signal(SIGPIPE, SIG_IGN);
        for (;;) {
            int to = accept(listener, NULL, NULL);
            answer(to);
            (void)close(to);
        }
    }
    (void)close(listener);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    (void)kill(server, SIGKILL);
    return waitpid(server, NULL, 0) == server ? 0 : -1;
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path;
        enum err_kind kind;
        const char *says; // the body, or the words of the refusal
    } rows[] = {
        {"a whole file", "/good", OK, "hello"},
        {"an empty file is a file", "/empty", OK, ""},
        {"a redirect is followed", "/moved", OK, "hello"},
        {"a transfer that breaks off", "/short", ERR_LATER, "cannot be fetched"},
        {"a size over the limit that is announced", "/announced", ERR_INPUT,
         "larger than 1000 bytes (fetch_mib_max)"},
        {"a size over the limit that is not announced", "/endless", ERR_INPUT,
         "larger than 1000 bytes"},
        {"not there", "/none", ERR_MISSING, "answered 404"},
        {"gone", "/gone", ERR_MISSING, "answered 410"},
        {"not allowed", "/denied", ERR_REFUSED, "answered 403"},
        {"too often", "/busy", ERR_LATER, "answered 429"},
        {"down", "/down", ERR_LATER, "answered 503"},
        {"a part that nobody asked for", "/part", ERR_LATER, "answered 206"},
        {"a redirect to itself", "/circle", ERR_REFUSED, "redirect"},
        {"a redirect to a file of this machine", "/to-file", ERR_INPUT, "cannot be fetched"},
        {"no HTTP", "/noise", ERR_INPUT, "cannot be fetched"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        char url[200];
        struct err err = {0};
        AUTO(buf_free) struct buf out = buf_new(LIMIT);
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, rows[i].path);
        CHECK_INT(http_get(url, TIMEOUT_S, &out, &err), rows[i].kind);
        if (rows[i].kind == OK) {
            CHECK_TEXT(out.at ? out.at : "", rows[i].says);
        } else {
            CHECK_HAS(err.text, rows[i].says);
            CHECK_HAS(err.text, rows[i].path[1] == 't' ? "file:" : "127.0.0.1");
            CHECK_INT(out.len, 0); // no part is ever seen
            CHECK(!out.full);
        }
    }
}

static void test_other_addresses(void **state)
{
    (void)state;
    struct err err = {0};
    char folder[] = "/tmp/gong-test-XXXXXX", url[200];
    CHECK(mkdtemp(folder));
    AUTO(mem_drop) char *path = file_join(folder, "mưa 7%.nc");
    CHECK_OK(file_write(path, STR("rain"), 0600, &err), err);

    ROW("a file whose name has a blank, a percent sign and letters of Vietnamese");
    AUTO(mem_drop) char *address = http_file_url(path);
    CHECK_HAS(address, "m%C6%B0a%207%25.nc");
    AUTO(buf_free) struct buf out = buf_new(LIMIT);
    CHECK_OK(http_get(address, TIMEOUT_S, &out, &err), err);
    CHECK_TEXT(out.at, "rain");

    ROW("a file over the limit leaves what was there");
    AUTO(buf_free) struct buf small = buf_new(5);
    buf_text(&small, "ab");
    CHECK_INT(http_get(address, TIMEOUT_S, &small, &err), ERR_INPUT);
    CHECK_TEXT(small.at, "ab");

    ROW("no such file");
    CHECK_INT(http_get("file:///nothing/here.nc", TIMEOUT_S, &out, &err), ERR_MISSING);
    ROW("another protocol");
    CHECK_INT(http_get("gopher://127.0.0.1/", TIMEOUT_S, &out, &err), ERR_INPUT);
    ROW("nobody listens");
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:1/");
    CHECK_INT(http_get(url, TIMEOUT_S, &out, &err), ERR_LATER);
    CHECK_TEXT(out.at, "rain");
}

// What somebody else chose leads to no address within, unless it may.
static void test_within(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool within;
    } rows[] = {
        {"127.0.0.1", true},
        {"10.1.2.3", true},
        {"172.16.0.1", true},
        {"172.32.0.1", false},
        {"192.168.7.7", true},
        {"169.254.169.254", true},
        {"100.64.0.1", true},
        {"0.0.0.0", true},
        {"224.0.0.1", true},
        {"8.8.8.8", false},
        {"::1", true},
        {"fe80::1", true},
        {"fd00::1", true},
        {"::ffff:10.0.0.1", true},
        {"::ffff:8.8.8.8", false},
        {"2001:4860::1", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].address);
        struct sockaddr_in v4 = {.sin_family = AF_INET};
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
        bool is_v4 = inet_pton(AF_INET, rows[i].address, &v4.sin_addr) == 1;
        CHECK(is_v4 || inet_pton(AF_INET6, rows[i].address, &v6.sin6_addr) == 1);
        CHECK_INT(http_is_within(is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6),
                  rows[i].within);
    }
    char url[200];
    struct err err = {0};
    AUTO(buf_free) struct buf out = buf_new(LIMIT);
    struct http_reach outside = {.outside = true}, any = {0};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/moved", port);
    ROW("from outside");
    CHECK_INT(http_get_within(url, TIMEOUT_S, &outside, &out, &err), ERR_REFUSED);
    CHECK_HAS(err.text, "it leads to an address within");
    CHECK_INT(out.len, 0);
    ROW("from within");
    CHECK_OK(http_get_within(url, TIMEOUT_S, &any, &out, &err), err);
    CHECK_TEXT(out.at, "hello");
    CHECK(any.within);
}

// A server whose certificate nobody vouches for is refused, and not asked for anything.
static void test_untrusted(void **state)
{
    (void)state;
    static const char script[] =
        "cd \"$1\" && openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 "
        "-subj /CN=localhost >/dev/null 2>&1 && exec openssl s_server -quiet "
        "-accept \"127.0.0.1:$2\" -key key -cert cert -www >/dev/null 2>&1";
    char folder[] = "/tmp/gong-test-XXXXXX", url[100], number[16];
    struct err err = {0};
    AUTO(buf_free) struct buf out = buf_new(LIMIT);
    CHECK(mkdtemp(folder));
    unsigned tls_port = free_port();
    (void)snprintf(number, sizeof(number), "%u", tls_port);
    (void)snprintf(url, sizeof(url), "https://localhost:%u/", tls_port);
    pid_t child = child_fork();
    if (child == 0) {
        (void)execl("/bin/sh", "sh", "-c", script, "sh", folder, number, NULL);
        _exit(127);
    }
    enum err_kind kind = ERR_LATER; // until it listens
    for (size_t i = 0; i < 2400 && kind == ERR_LATER; i++) {
        clock_system.pause_ms(clock_system.self, 50);
        kind = http_get(url, TIMEOUT_S, &out, &err);
    }
    (void)kill(child, SIGKILL);
    CHECK_INT(waitpid(child, NULL, 0), child);
    static const char *const made[] = {"key", "cert"};
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        AUTO(mem_drop) char *path = file_join(folder, made[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    CHECK_INT(kind, ERR_REFUSED);
    CHECK_HAS(err.text, "certificate");
    CHECK_INT(out.len, 0);
}

// A first header line that goes on with a line that is not there touches nothing of the answer
// before: one client asks again and again, after whole answers and after one that broke off.
static void test_folded(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum err_kind kind;
    } rows[] = {{"/good", OK},          {"/folded", ERR_LATER}, {"/short", ERR_LATER},
                {"/folded", ERR_LATER}, {"/folded", ERR_LATER}, {"/none", OK},
                {"/folded", ERR_LATER}, {"/good", OK}};
    struct http *http = http_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].path);
        char url[200];
        struct err err = {0};
        struct http_reply reply = {.body = buf_new(LIMIT)};
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, rows[i].path);
        struct http_request request = {
            .method = "GET", .url = url, .timeout_ms = TIMEOUT_S * 1000, .once = true};
        CHECK_INT(http_exchange(http, &request, &reply, &err), rows[i].kind);
        CHECK(reply.sent);
        buf_free(&reply.body);
    }
    http_close(&http);
}

// In place of core/cli's: whether this process was told to stop.
static bool is_told_to_stop;

bool cli_stopped(void)
{
    return is_told_to_stop;
}

// A server that takes connections and says nothing; who waits for it ends when it is told to stop.
static void test_stopped(void **state)
{
    (void)state;
    enum { EXCHANGES = 3, WAIT_MS = 50, NEVER_MS = TIMEOUT_S * 1000 };
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct http_job job[EXCHANGES] = {{.kind = OK}}, *done;
    struct http *http = http_new();
    char url[60];
    CHECK(bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, EXCHANGES) == 0 &&
          getsockname(listener, (struct sockaddr *)&at, &size) == 0);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", ntohs(at.sin_port));
    for (size_t i = 0; i < EXCHANGES; i++) {
        job[i] = (struct http_job){
            .request = {.method = "GET", .url = url, .timeout_ms = TIMEOUT_S * 1000},
            .reply.body = buf_new(LIMIT)};
        http_start(http, &job[i]);
    }
    for (int i = 0; i < 5; i++)
        CHECK(!http_finished(http, WAIT_MS));
    is_told_to_stop = true;
    int64_t start_ms = clock_ticks_ms();
    for (size_t i = 0; i < EXCHANGES; i++) { // nothing is waited for any more
        CHECK((done = http_finished(http, NEVER_MS)));
        CHECK_INT(done->kind, ERR_LATER);
        CHECK(done->reply.sent); // whether it was done is not known
        CHECK_HAS(done->why.text, "gave no answer");
    }
    CHECK(clock_ticks_ms() - start_ms < TIMEOUT_S * 1000);
    CHECK(!http_finished(http, WAIT_MS));
    is_told_to_stop = false;
    ROW("one that takes too long ends by itself");
    job[0].request.timeout_ms = WAIT_MS;
    http_start(http, &job[0]);
    while (!(done = http_finished(http, WAIT_MS)))
        CHECK(clock_ticks_ms() - start_ms < TIMEOUT_S * 1000);
    CHECK_INT(done->kind, ERR_LATER);
    for (size_t i = 0; i < EXCHANGES; i++)
        buf_free(&job[i].reply.body);
    http_close(&http);
    (void)close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers), cmocka_unit_test(test_other_addresses),
        cmocka_unit_test(test_within),  cmocka_unit_test(test_folded),
        cmocka_unit_test(test_stopped), cmocka_unit_test(test_untrusted)};
    return cmocka_run_group_tests(tests, start, stop);
}
