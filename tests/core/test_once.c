// What goes over the wire when a kept connection breaks, and past whom: libcurl sends a request
// again by itself when a connection that was used before ends without an answer, and obeys
// http_proxy. Neither may happen to money.
#include "core/http.h"

#include "tests/check.h"
#include "tests/loopback.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { TIMEOUT_MS = 60000, REPLY_MAX = 1000, CUT = 2 };

static const char BODY[] = "pay", DEAD_PROXY[] = "http://127.0.0.1:1";

// A server that keeps connections and answers each request but the one numbered CUT: that one it
// takes, and then closes the connection without a word.
struct server {
    pid_t pid;
    unsigned port;
    unsigned *taken; // requests, shared with the server
};

static void serve_one(int to, unsigned *taken)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";
    char request[2000];
    size_t len = 0;
    for (;;) {
        ssize_t got = read(to, request + len, sizeof(request) - len);
        if (got <= 0)
            _exit(0);
        len += (size_t)got;
        if (!str_ends((struct str){request, len}, BODY))
            continue;
        len = 0;
        if (__atomic_add_fetch(taken, 1, __ATOMIC_SEQ_CST) == CUT)
            _exit(0);
        (void)!write(to, reply, sizeof(reply) - 1);
    }
}

static struct server server_start(void)
{
    struct server server = {.port = 0};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, 20) == 0 &&
          getsockname(listener, (struct sockaddr *)&at, &size) == 0);
    server.port = ntohs(at.sin_port);
    server.taken = mmap(NULL, sizeof(*server.taken), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(server.taken != MAP_FAILED);
    server.pid = child_fork();
    if (server.pid == 0) {
        (void)signal(SIGCHLD, SIG_IGN); // nobody asks how a connection ended
        for (;;) {
            int to = accept(listener, NULL, NULL);
            if (child_fork() == 0)
                serve_one(to, server.taken);
            (void)close(to);
        }
    }
    (void)close(listener);
    return server;
}

static void server_end(struct server *server)
{
    (void)kill(server->pid, SIGKILL);
    CHECK_INT(waitpid(server->pid, NULL, 0), server->pid);
    (void)munmap(server->taken, sizeof(*server->taken));
}

enum way { KEPT, ONCE, BY_PROXY };

static enum err_kind post(struct http *http, const struct server *server, enum way way, bool *sent,
                          struct err *err)
{
    char url[100];
    struct http_reply reply = {.body = buf_new(REPLY_MAX)};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/pay", server->port);
    struct http_request request = {.method = "POST",
                                   .url = url,
                                   .body = str_of(BODY),
                                   .timeout_ms = TIMEOUT_MS,
                                   .once = way == ONCE,
                                   .by_proxy = way == BY_PROXY};
    enum err_kind kind = http_exchange(http, &request, &reply, err);
    *sent = reply.sent;
    buf_free(&reply.body);
    return kind;
}

// The first of two requests is answered, the second taken and not answered.
static void money_is_sent_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum way first, second;
        unsigned taken;
        enum err_kind kind; // of the second
    } rows[] = {
        {"libcurl by itself sends again, and says nothing of it", KEPT, KEPT, 3, OK},
        {"money does not go by a connection that was kept", KEPT, ONCE, 2, ERR_LATER},
        {"nothing goes by the connection of money after it", ONCE, KEPT, 2, ERR_LATER},
        {"money after money", ONCE, ONCE, 2, ERR_LATER},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct server server = server_start();
        AUTO(http_close) struct http *http = http_new();
        struct err err = {0};
        bool sent = false;
        CHECK_OK(post(http, &server, rows[i].first, &sent, &err), err);
        CHECK_INT(post(http, &server, rows[i].second, &sent, &err), rows[i].kind);
        CHECK(sent);
        CHECK_INT(*server.taken, rows[i].taken);
        if (rows[i].kind)
            CHECK_HAS(err.text, "gave no answer");
        server_end(&server);
    }
}

static void no_proxy_stands_between(void **state)
{
    (void)state;
    static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    struct server server = server_start();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ROW(names[i]);
        char url[100];
        struct err err = {0};
        bool sent = false;
        AUTO(http_close) struct http *http = http_new();
        AUTO(buf_free) struct buf out = buf_new(REPLY_MAX);
        *server.taken = CUT; // what comes is answered
        CHECK_INT(setenv(names[i], DEAD_PROXY, 1), 0);
        CHECK_OK(post(http, &server, ONCE, &sent, &err), err);
        CHECK_OK(post(http, &server, KEPT, &sent, &err), err);
        CHECK_INT(*server.taken, CUT + 2);
        // A file of weather may come by a proxy, and a word to a watcher may go by one.
        CHECK_INT(post(http, &server, BY_PROXY, &sent, &err), ERR_LATER);
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", server.port);
        CHECK_INT(http_get(url, TIMEOUT_MS / 1000, &out, &err), ERR_LATER);
        CHECK_INT(*server.taken, CUT + 2);
        CHECK_INT(unsetenv(names[i]), 0);
    }
    server_end(&server);
}

int main(void)
{
    static const char *const proxies[] = {"http_proxy", "all_proxy", "ALL_PROXY", "no_proxy",
                                          "NO_PROXY"};
    const struct CMUnitTest tests[] = {cmocka_unit_test(money_is_sent_once),
                                       cmocka_unit_test(no_proxy_stands_between)};
    for (size_t i = 0; i < COUNT_OF(proxies); i++)
        (void)unsetenv(proxies[i]); // of the machine
    return cmocka_run_group_tests(tests, NULL, NULL);
}
