#include "tests/bench/bare_sms.h"

#include "core/clock.h"
#include "core/mem.h"
#include "tests/bench/bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64, CALLERS_MAX = 600, BYTES_MAX = 8192, BACKLOG = 600, SILENT_MS = 20000 };

struct talk {
    int fd; // -1: none
    size_t len;
    char bytes[BYTES_MAX];
};

struct run {
    const struct bare_sms *bare;
    struct talk client[CLIENTS_MAX], caller[CALLERS_MAX];
    struct pollfd poll[CLIENTS_MAX + CALLERS_MAX + 1];
    struct talk *of[CLIENTS_MAX + CALLERS_MAX + 1]; // whom poll[i] is of; NULL: the listener
    int listener;
    size_t sent, taken, accepted, delivered;
    int64_t start_ns, taken_ns;
};

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int open_listener(unsigned port)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = loopback(port);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, BACKLOG))
        bench_fail("the bare loop", "cannot listen for calls back");
    return fd;
}

static int open_client(unsigned port)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = loopback(port);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)))
        bench_fail("the bare loop", "cannot connect to smsbox");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static void send_whole(int fd, const char *text)
{
    size_t len = strlen(text);
    if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        bench_fail("the bare loop", "a socket does not take a request");
}

static void send_next(struct run *run, struct talk *talk)
{
    if (run->sent < run->bare->count)
        send_whole(talk->fd, run->bare->request[run->sent++]);
}

// True when a whole answer is there: Kannel says how long it is.
static bool is_answered(struct talk *talk)
{
    const char *end = memmem(talk->bytes, talk->len, "\r\n\r\n", 4);
    const char *length = memmem(talk->bytes, talk->len, "Content-Length: ", 16);
    if (!end || !length)
        return false;
    size_t body = 0;
    for (const char *at = length + 16; *at >= '0' && *at <= '9'; at++)
        body = body * 10 + (size_t)(*at - '0');
    return talk->len >= (size_t)(end - talk->bytes) + 4 + body;
}

static void take_answer(struct run *run, struct talk *talk)
{
    if (!is_answered(talk))
        return;
    if (memcmp(talk->bytes, "HTTP/1.1 202", 12) != 0)
        bench_fail("the bare loop", talk->bytes);
    talk->len = 0;
    if (++run->taken == run->bare->count)
        run->taken_ns = clock_ticks_ns();
    send_next(run, talk);
}

static void take_call(struct run *run, struct talk *talk)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    const char *end = memmem(talk->bytes, talk->len, "\r\n\r\n", 4);
    if (!end)
        return;
    size_t line = strcspn(talk->bytes, "\r");
    run->accepted += memmem(talk->bytes, line, "type=8&", 7) != NULL;
    run->delivered += memmem(talk->bytes, line, "type=1&", 7) != NULL;
    talk->len = 0; // Kannel asks one thing at a time
    send_whole(talk->fd, answer);
}

static void read_some(struct run *run, struct talk *talk)
{
    bool is_client = talk >= run->client && talk < run->client + CLIENTS_MAX;
    ssize_t got = recv(talk->fd, talk->bytes + talk->len, BYTES_MAX - 1 - talk->len, 0);
    if (got <= 0 && is_client)
        bench_fail("the bare loop", "smsbox closed a connection");
    if (got <= 0) {
        (void)close(talk->fd);
        talk->fd = -1;
        return;
    }
    talk->len += (size_t)got;
    talk->bytes[talk->len] = '\0';
    if (is_client)
        take_answer(run, talk);
    else
        take_call(run, talk);
}

static void accept_all(struct run *run)
{
    for (size_t i = 0; i < CALLERS_MAX; i++) {
        if (run->caller[i].fd >= 0)
            continue;
        run->caller[i].fd = accept4(run->listener, NULL, NULL, SOCK_CLOEXEC);
        run->caller[i].len = 0;
        if (run->caller[i].fd < 0)
            return;
    }
}

static size_t watch_all(struct run *run)
{
    size_t count = 0;
    run->of[count] = NULL;
    run->poll[count++] = (struct pollfd){run->listener, POLLIN, 0};
    for (size_t i = 0; i < CLIENTS_MAX + CALLERS_MAX; i++) {
        struct talk *talk = i < CLIENTS_MAX ? &run->client[i] : &run->caller[i - CLIENTS_MAX];
        if (talk->fd < 0)
            continue;
        run->of[count] = talk;
        run->poll[count++] = (struct pollfd){talk->fd, POLLIN, 0};
    }
    return count;
}

static void step(struct run *run)
{
    size_t count = watch_all(run);
    if (poll(run->poll, count, SILENT_MS) == 0)
        bench_fail("the bare loop", "Kannel said nothing for long");
    for (size_t i = 0; i < count; i++) {
        if (!run->poll[i].revents)
            continue;
        if (run->of[i])
            read_some(run, run->of[i]);
        else
            accept_all(run);
    }
}

static void close_all(struct run *run)
{
    (void)close(run->listener);
    for (size_t i = 0; i < CLIENTS_MAX + CALLERS_MAX; i++) {
        struct talk *talk = i < CLIENTS_MAX ? &run->client[i] : &run->caller[i - CLIENTS_MAX];
        if (talk->fd >= 0)
            (void)close(talk->fd);
    }
}

struct bare_sms_took bare_sms_run(const struct bare_sms *bare)
{
    struct run *run = mem_new(1, sizeof(*run));
    run->bare = bare;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        run->client[i].fd = i < bare->connections ? open_client(bare->send_port) : -1;
    for (size_t i = 0; i < CALLERS_MAX; i++)
        run->caller[i].fd = -1;
    run->listener = open_listener(bare->callback_port);
    run->start_ns = clock_ticks_ns();
    for (size_t i = 0; i < bare->connections; i++)
        send_next(run, &run->client[i]);
    while (run->taken < bare->count || run->accepted < bare->count || run->delivered < bare->count)
        step(run);
    struct bare_sms_took took = {.taken_s = (double)(run->taken_ns - run->start_ns) / 1e9,
                                 .reported_s = (double)(clock_ticks_ns() - run->start_ns) / 1e9};
    close_all(run);
    mem_free(&run);
    return took;
}
