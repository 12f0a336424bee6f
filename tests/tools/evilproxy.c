// evilproxy: stands between a client and a server on loopback and is as evil as real networks are,
// by a seed. For tests only.
//
//   evilproxy --listen PORT --to PORT [--seed N] [--faults a,b,c] [--heal-ms N] [--share PERCENT]
//             [--bytes N] [--late-ms N] [--stall-ms N]
//
// Each connection draws a fate from its seed; `--share` per cent of them are evil (default 70).
// What strikes after some bytes strikes within `--bytes` (default 600: a request and its answer; a
// conversation that lasts wants more); what is about answers, within a tenth of them.
//
//   latency    each piece comes 5 to 200 ms later
//   slice      one byte at a time
//   stall      after some bytes nothing moves for --stall-ms (default 1 s) to three times as long
//   halfclose  after some bytes the server's answers are cut off by an orderly end
//   reset      after some bytes both ends are reset
//   orphan     after some bytes the client is reset, and the server is not told
//   blackhole  taken, and never a byte either way
//   duplicate  what the client sent is sent a second time, on a connection of its own
//   late       answers are kept back for --late-ms (default 2 s) to twice as long: after many a
//              client's patience
//   truncate   the answer ends in its middle
//
// --listen 0 takes a free port; "listening PORT" is the first line of its output. SIGUSR1, or
// --heal-ms after the start, ends all evil: what is held is let go, new connections are clean.
// SIGTERM ends it; the last line counts what was done: "evil seed=7 none=3 latency=2 ...".
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS_MAX = 400, HELD_MAX = 1 << 16, RECORD_MAX = 1 << 14, TICK_MS = 5, IDLE_MS = 50 };

enum { ANSWER_SHARE = 10 }; // answers are a tenth of what passes, or less

enum fate {
    NONE,
    LATENCY,
    SLICE,
    STALL,
    HALFCLOSE,
    RESET,
    ORPHAN,
    BLACKHOLE,
    DUPLICATE,
    LATE,
    TRUNCATE,
};
enum { FATES = TRUNCATE + 1 };
static const char *const fate_names[FATES] = {"none",      "latency", "slice",   "stall",
                                              "halfclose", "reset",   "orphan",  "blackhole",
                                              "duplicate", "late",    "truncate"};

// One direction: bytes read at one end and not yet written at the other.
struct flow {
    int from, to;
    char held[HELD_MAX];
    size_t len;
    int64_t passed, not_before_ms;
    bool ended, told;
};

struct pair {
    bool used;
    enum fate fate;
    int client, server;
    struct flow up, down; // to the server, to the client
    int64_t after_bytes, after_answer_bytes, pause_ms, until_ms;
    char record[RECORD_MAX]; // what the client sent, for a duplicate
    size_t recorded;
};

struct proxy {
    int listener, to_port;
    uint64_t seed;
    bool wanted[FATES];
    int share;
    int64_t bytes, late_ms, stall_ms, heal_at_ms, count[FATES];
    struct pair pair[PAIRS_MAX];
};

static volatile sig_atomic_t stop, heal;

static void on_signal(int number)
{
    if (number == SIGUSR1)
        heal = 1;
    else
        stop = 1;
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

// SplitMix64.
static uint64_t draw(uint64_t *seed, uint64_t below)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % below;
}

static bool is_healed(const struct proxy *proxy)
{
    return heal || (proxy->heal_at_ms && now_ms() >= proxy->heal_at_ms);
}

// --- sockets
// ----------------------------------------------------------------------------------------

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static int connect_to(int port)
{
    struct sockaddr_in to = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static int listen_on(int port)
{
    struct sockaddr_in at = loopback(port);
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, 512) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        die("listen");
    (void)printf("listening %d\n", ntohs(at.sin_port));
    (void)fflush(stdout);
    return fd;
}

// Ends a pair; with `hard` by a reset at both ends.
static void end_pair(struct pair *pair, bool hard)
{
    struct linger linger = {1, 0};
    int ends[] = {pair->client, pair->server};
    for (int i = 0; i < 2; i++) {
        if (ends[i] < 0)
            continue;
        if (hard)
            (void)setsockopt(ends[i], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        (void)close(ends[i]);
    }
    pair->used = false;
}

// --- fates
// ------------------------------------------------------------------------------------------

static enum fate draw_fate(struct proxy *proxy)
{
    enum fate wanted[FATES];
    size_t count = 0;
    for (int i = 1; i < FATES; i++) {
        if (proxy->wanted[i])
            wanted[count++] = (enum fate)i;
    }
    bool evil = (int)draw(&proxy->seed, 100) < proxy->share;
    return evil && count && !is_healed(proxy) ? wanted[draw(&proxy->seed, count)] : NONE;
}

static void clear_flow(struct flow *flow)
{
    flow->len = 0;
    flow->passed = flow->not_before_ms = 0;
    flow->ended = flow->told = false;
}

static void begin_pair(struct proxy *proxy, struct pair *pair, int client)
{
    int one = 1;
    clear_flow(&pair->up);
    clear_flow(&pair->down);
    pair->used = true;
    pair->fate = draw_fate(proxy);
    pair->after_bytes = (int64_t)draw(&proxy->seed, (uint64_t)proxy->bytes);
    pair->after_answer_bytes = pair->after_bytes % (proxy->bytes / ANSWER_SHARE);
    pair->pause_ms = 0;
    pair->until_ms = 0;
    pair->recorded = 0;
    pair->client = client;
    pair->server = pair->fate == BLACKHOLE ? -1 : connect_to(proxy->to_port);
    (void)fcntl(client, F_SETFL, O_NONBLOCK);
    (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (pair->fate == LATENCY)
        pair->pause_ms = 5 + (int64_t)draw(&proxy->seed, 196);
    else if (pair->fate == STALL)
        pair->pause_ms =
            proxy->stall_ms + (int64_t)draw(&proxy->seed, 2 * (uint64_t)proxy->stall_ms + 1);
    else if (pair->fate == LATE)
        pair->pause_ms = proxy->late_ms + (int64_t)draw(&proxy->seed, (uint64_t)proxy->late_ms + 1);
    pair->up.from = pair->down.to = client;
    pair->up.to = pair->down.from = pair->server;
    proxy->count[pair->fate]++;
    if (pair->server < 0 && pair->fate != BLACKHOLE)
        end_pair(pair, true); // nobody listens behind us: as a refused connection
}

static void take_in(struct proxy *proxy)
{
    for (;;) {
        int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
        struct pair *free_pair = NULL;
        if (client < 0)
            return;
        for (int i = 0; i < PAIRS_MAX && !free_pair; i++)
            free_pair = proxy->pair[i].used ? NULL : &proxy->pair[i];
        if (free_pair)
            begin_pair(proxy, free_pair, client);
        else
            (void)close(client);
    }
}

// Sends again what a client sent, on a connection of its own; the answer is thrown away.
static void duplicate(const struct proxy *proxy, const struct pair *pair)
{
    char answer[4096];
    int fd = connect_to(proxy->to_port);
    if (fd < 0)
        return;
    struct timeval patience = {1, 0};
    (void)fcntl(fd, F_SETFL, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (write(fd, pair->record, pair->recorded) > 0)
        (void)(read(fd, answer, sizeof(answer)) > 0);
    (void)close(fd);
}

// The client's end is reset, the server's stays open until the server closes it.
static void orphan(struct pair *pair)
{
    struct linger linger = {1, 0};
    (void)setsockopt(pair->client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    (void)close(pair->client);
    pair->client = -1;
}

// --- moving bytes
// -----------------------------------------------------------------------------------

// Takes in what is there; false when the pair is over.
static bool read_flow(struct pair *pair, struct flow *flow, int64_t delay_ms)
{
    if (flow->len == HELD_MAX || flow->ended)
        return true;
    ssize_t got = read(flow->from, flow->held + flow->len, HELD_MAX - flow->len);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0) {
        flow->ended = true;
        return true;
    }
    if (flow == &pair->up && pair->recorded + (size_t)got <= RECORD_MAX) {
        memcpy(pair->record + pair->recorded, flow->held + flow->len, (size_t)got);
        pair->recorded += (size_t)got;
    }
    if (flow->len == 0)
        flow->not_before_ms = now_ms() + delay_ms;
    flow->len += (size_t)got;
    return true;
}

static bool write_flow(struct flow *flow, size_t most)
{
    size_t len = flow->len < most ? flow->len : most;
    if (len && now_ms() >= flow->not_before_ms) {
        ssize_t put = write(flow->to, flow->held, len);
        if (put < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (put > 0) {
            flow->passed += put;
            flow->len -= (size_t)put;
            memmove(flow->held, flow->held + put, flow->len);
        }
    }
    if (flow->ended && flow->len == 0 && !flow->told) {
        (void)shutdown(flow->to, SHUT_WR);
        flow->told = true;
    }
    return true;
}

// What its fate does with a pair now; false when it is over.
static bool suffer(struct proxy *proxy, struct pair *pair, size_t *most)
{
    int64_t passed = pair->up.passed + pair->down.passed;
    bool healed = is_healed(proxy);
    switch (pair->fate) {
    case RESET:
        if (!healed && passed >= pair->after_bytes) {
            end_pair(pair, true);
            return false;
        }
        break;
    case HALFCLOSE:
    case TRUNCATE:
        if (!healed && pair->down.passed + (int64_t)pair->down.len > pair->after_answer_bytes) {
            if (pair->fate == TRUNCATE && pair->down.len > 8)
                pair->down.len /= 2;
            else
                pair->down.len = 0;
            (void)write_flow(&pair->down, HELD_MAX);
            end_pair(pair, false);
            return false;
        }
        break;
    case STALL:
        if (!healed && passed >= pair->after_bytes && pair->until_ms == 0)
            pair->until_ms = now_ms() + pair->pause_ms;
        *most = !healed && now_ms() < pair->until_ms ? 0 : *most;
        break;
    case SLICE:
        *most = healed ? *most : 1;
        break;
    case ORPHAN:
        if (!healed && passed >= pair->after_bytes) {
            orphan(pair);
            return false;
        }
        break;
    case DUPLICATE:
        if (pair->down.len && passed >= pair->after_answer_bytes && pair->until_ms == 0) {
            pair->until_ms = 1;
            duplicate(proxy, pair);
        }
        break;
    case NONE:
    case LATENCY:
    case BLACKHOLE:
    case LATE:
        break;
    }
    if (healed)
        pair->up.not_before_ms = pair->down.not_before_ms = 0;
    return true;
}

// Whoever is left of a pair speaks to nobody; false when it is over.
static bool swallow(int fd)
{
    char swallowed[4096];
    ssize_t got = read(fd, swallowed, sizeof(swallowed));
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void move_pair(struct proxy *proxy, struct pair *pair)
{
    size_t most = HELD_MAX;
    if (pair->client < 0 || pair->server < 0) {
        bool is_hole = pair->server < 0;
        if (!swallow(is_hole ? pair->client : pair->server) || (is_hole && is_healed(proxy)))
            end_pair(pair, is_hole);
        return;
    }
    bool is_late =
        pair->fate == LATE && pair->up.passed + pair->down.passed >= pair->after_answer_bytes;
    int64_t up_ms = pair->fate == LATENCY ? pair->pause_ms : 0;
    int64_t down_ms = pair->fate == LATENCY || is_late ? pair->pause_ms : 0;
    bool good = read_flow(pair, &pair->up, up_ms) && read_flow(pair, &pair->down, down_ms);
    if (good && !suffer(proxy, pair, &most))
        return;
    good = good && write_flow(&pair->up, most) && write_flow(&pair->down, most);
    if (!good)
        end_pair(pair, true);
    else if (pair->up.told && pair->down.told)
        end_pair(pair, false);
}

static void turn(struct proxy *proxy)
{
    static struct pollfd wait[1 + 2 * PAIRS_MAX];
    nfds_t count = 1;
    wait[0] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
    for (int i = 0; i < PAIRS_MAX; i++) {
        struct pair *pair = &proxy->pair[i];
        if (!pair->used)
            continue;
        if (pair->client >= 0 && !pair->up.ended)
            wait[count++] = (struct pollfd){.fd = pair->client, .events = POLLIN};
        if (pair->server >= 0 && !pair->down.ended)
            wait[count++] = (struct pollfd){.fd = pair->server, .events = POLLIN};
    }
    (void)poll(wait, count, count > 1 ? TICK_MS : IDLE_MS);
    take_in(proxy);
    for (int i = 0; i < PAIRS_MAX; i++) {
        if (proxy->pair[i].used)
            move_pair(proxy, &proxy->pair[i]);
    }
}

// --- the command line
// -------------------------------------------------------------------------------

static void refuse(const char *what, const char *word)
{
    (void)fprintf(stderr, "evilproxy: %s %s\n", what, word);
    exit(2);
}

static bool want_faults(struct proxy *proxy, char *list)
{
    for (char *next = NULL, *one = strtok_r(list, ",", &next); one;
         one = strtok_r(NULL, ",", &next)) {
        int found = 0;
        for (int i = 1; i < FATES; i++) {
            if (strcmp(fate_names[i], one) == 0)
                found = i;
        }
        if (!found)
            refuse("there is no fault", one);
        proxy->wanted[found] = true;
    }
    return true;
}

static void read_options(struct proxy *proxy, int argc, char **argv)
{
    int port = 0;
    bool chosen = false;
    for (int i = 1; i + 1 < argc; i += 2) {
        long number = strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--listen") == 0)
            port = (int)number;
        else if (strcmp(argv[i], "--to") == 0)
            proxy->to_port = (int)number;
        else if (strcmp(argv[i], "--seed") == 0)
            proxy->seed = (uint64_t)number;
        else if (strcmp(argv[i], "--share") == 0)
            proxy->share = (int)number;
        else if (strcmp(argv[i], "--bytes") == 0)
            proxy->bytes = number;
        else if (strcmp(argv[i], "--late-ms") == 0)
            proxy->late_ms = number;
        else if (strcmp(argv[i], "--stall-ms") == 0)
            proxy->stall_ms = number;
        else if (strcmp(argv[i], "--heal-ms") == 0)
            proxy->heal_at_ms = now_ms() + number;
        else if (strcmp(argv[i], "--faults") == 0)
            chosen = want_faults(proxy, argv[i + 1]);
        else
            refuse("unknown option", argv[i]);
    }
    for (int i = 1; i < FATES && !chosen; i++)
        proxy->wanted[i] = true;
    if (proxy->bytes < ANSWER_SHARE || proxy->late_ms < 0 || proxy->stall_ms < 0)
        refuse("a number is too small of", "--bytes, --late-ms or --stall-ms");
    proxy->listener = listen_on(port);
}

int main(int argc, char **argv)
{
    static struct proxy proxy = {.share = 70, .bytes = 600, .late_ms = 2000, .stall_ms = 1000};
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGUSR1, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    read_options(&proxy, argc, argv);
    uint64_t seed = proxy.seed;
    while (!stop)
        turn(&proxy);
    (void)printf("evil seed=%llu", (unsigned long long)seed);
    for (int i = 0; i < FATES; i++)
        (void)printf(" %s=%lld", fate_names[i], (long long)proxy.count[i]);
    (void)printf("\n");
    return 0;
}
