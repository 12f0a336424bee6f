// 100,000 mutated answers of a mobile money provider over real sockets: the line stays alive, its
// memory flat, a bent answer is never taken for "paid", and every good answer between them is read.
//
// REPLIES=n how many; REPLY_SEED=n the mutations of that seed.
#include "notify/gsma_line.h"

#include "core/clock.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/site.h"
#include "tests/notify/bed.h"

#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdlib.h>

enum { REPLIES = 100000, GOOD_EVERY = 10, ORDER_MS = 2000, REPLY_MAX = 4096, WARM = 2000 };

static const struct gsma_order order = {"0A1B2C3D4E5F6G7H8J9K0M1N2P", 1500000, "84900000001",
                                        "insurer-float"};

#define TRANSACTION(status)                                                                        \
    "{\"amount\":\"1500000\",\"currency\":\"VND\",\"type\":\"disbursement\","                      \
    "\"transactionReference\":\"REF-17\",\"requestingOrganisationTransactionReference\":"          \
    "\"0A1B2C3D4E5F6G7H8J9K0M1N2P\",\"transactionStatus\":\"" status "\","                         \
    "\"debitParty\":[{\"key\":\"accountid\",\"value\":\"insurer-float\"}],"                        \
    "\"creditParty\":[{\"key\":\"msisdn\",\"value\":\"+84900000001\"}]}"

static const struct {
    const char *status, *body;
} answers[] = {
    {"201 Created", TRANSACTION("completed")}, // the good one, and what mutations begin with
    {"202 Accepted", "{\"serverCorrelationId\":\"01234567-89ab-4def-8123-456789abcdef\","
                     "\"status\":\"pending\",\"notificationMethod\":\"polling\"}"},
    {"400 Bad Request", "{\"errorCategory\":\"businessRule\",\"errorCode\":\"insufficientFunds\"}"},
    {"503 Service Unavailable",
     "{\"errorCategory\":\"serviceUnavailable\",\"errorCode\":\"genericError\"}"},
};

// splitmix64 (Vigna, public domain).
static uint64_t next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static size_t write_answer(char *out, size_t number)
{
    int len = snprintf(out, REPLY_MAX,
                       "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                       "Connection: close\r\n\r\n%s",
                       answers[number].status, strlen(answers[number].body), answers[number].body);
    CHECK(len > 0 && len < REPLY_MAX / 2);
    return (size_t)len;
}

// One to four edits anywhere, head and body: a byte, a bit, a piece cut out or doubled, the tail
// off.
static size_t mutate(char *text, size_t len, uint64_t *state)
{
    for (uint64_t edits = 1 + next(state) % 4; edits && len; edits--) {
        size_t at = next(state) % len, piece = 1 + next(state) % 40;
        if (piece > len - at)
            piece = len - at;
        switch (next(state) % 5) {
        case 0:
            text[at] = (char)next(state);
            break;
        case 1:
            text[at] = (char)(text[at] ^ (1 << next(state) % 8));
            break;
        case 2:
            memmove(text + at, text + at + piece, len - at - piece);
            len -= piece;
            break;
        case 3:
            memmove(text + at + piece, text + at, len - at);
            len += piece;
            break;
        default:
            len = at;
        }
    }
    return len;
}

// The i-th reply of a seed, whose state was that after the one before.
static size_t make_reply(char out[REPLY_MAX], size_t i, uint64_t *state)
{
    if (i % GOOD_EVERY == 0)
        return write_answer(out, 0);
    size_t len = write_answer(out, next(state) % COUNT_OF(answers));
    return mutate(out, len, state);
}

// What was taken for "paid" had each of what makes it so, to the letter.
static void check_paid(const char *reply, size_t len, uint64_t seed, size_t i)
{
    static const char *const needed[] = {"\"amount\":\"1500000\"", "\"currency\":\"VND\"",
                                         "\"transactionStatus\":\"completed\"",
                                         "\"0A1B2C3D4E5F6G7H8J9K0M1N2P\"", "HTTP/1."};
    for (size_t k = 0; k < COUNT_OF(needed); k++) {
        if (!memmem(reply, len, needed[k], strlen(needed[k])))
            CHECK_FAILED("seed %" PRIu64 ": answer %zu was taken for paid without %s:\n%.*s", seed,
                         i, needed[k], (int)len, reply);
    }
}

// Answers each connection with the next reply of the seed, and closes it.
static void serve(int listener, uint64_t seed, size_t count)
{
    uint64_t state = seed;
    for (size_t i = 0; i < count; i++) {
        char asked[8192], reply[REPLY_MAX];
        int fd = accept(listener, NULL, NULL), one = 1;
        if (fd < 0)
            _exit(1);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        ssize_t got = 0, more;
        // The request is small: until its body's last brace has come.
        while ((more = recv(fd, asked + got, sizeof(asked) - (size_t)got, 0)) > 0) {
            got += more;
            if (asked[got - 1] == '}')
                break;
        }
        size_t len = make_reply(reply, i, &state);
        (void)send(fd, reply, len, MSG_NOSIGNAL);
        (void)close(fd);
    }
    _exit(0);
}

static pid_t start_server(unsigned *port, uint64_t seed, size_t count)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, 64) == 0 &&
          getsockname(listener, (struct sockaddr *)&at, &size) == 0);
    *port = ntohs(at.sin_port);
    (void)fflush(stdout);
    pid_t child = child_fork();
    if (child == 0)
        serve(listener, seed, count);
    (void)close(listener);
    return child;
}

static long resident_kib(void)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(1 << 16);
    CHECK_OK(file_read("/proc/self/status", &text, &err), err);
    const char *at = strstr(text.at, "VmRSS:");
    CHECK(at != NULL);
    return strtol(at + 6, NULL, 10);
}

static void bent_answers_prove_nothing(void **state)
{
    (void)state;
    struct err err = {0};
    const char *asked_count = getenv("REPLIES"), *asked_seed = getenv("REPLY_SEED");
    size_t count = asked_count ? strtoul(asked_count, NULL, 10) : SANITIZED ? 10000 : REPLIES;
    uint64_t seed = asked_seed ? strtoull(asked_seed, NULL, 10) : (uint64_t)clock_wall_ms();
    uint64_t state_here = seed;
    unsigned port;
    char settings[200];
    size_t outcomes[OUTCOMES] = {0};
    long early_kib = 0;
    (void)printf("# seed %" PRIu64 "\n", seed);
    pid_t server = start_server(&port, seed, count);
    (void)snprintf(settings, sizeof(settings),
                   "pay_driver: gsma\ngsma_url: http://127.0.0.1:%u\ngsma_account: insurer-float\n",
                   port);
    AUTO(place_free) struct place place = bed_site(settings);
    AUTO(site_free) struct site *site = NULL;
    AUTO(gsma_line_close) struct gsma_line *line = NULL;
    bed_write(place.folder, "keys/gsma-api-key", "drill\n");
    CHECK_OK(site_open(place.folder, &site, &err), err);
    CHECK_OK(gsma_line_open(site, NULL, &line, &err), err);
    for (size_t i = 0; i < count; i++) {
        struct gsma_answer answer = {0};
        char reply[REPLY_MAX];
        size_t len = make_reply(reply, i, &state_here); // as the server makes it
        gsma_line_order(line, &order, ORDER_MS, &answer);
        outcomes[answer.outcome]++;
        if (i % GOOD_EVERY == 0 && answer.outcome != OUTCOME_DONE)
            CHECK_FAILED("seed %" PRIu64 ": the good answer %zu was read as %d: %s", seed, i,
                         (int)answer.outcome, answer.why);
        if (answer.outcome == OUTCOME_DONE)
            check_paid(reply, len, seed, i);
        if (i == WARM)
            early_kib = resident_kib();
    }
    long late_kib = resident_kib();
    (void)printf("# %zu answers: %zu paid, %zu pending, %zu refused, %zu not known; %ld KiB after "
                 "%d, %ld KiB at the end\n",
                 count, outcomes[OUTCOME_DONE], outcomes[OUTCOME_PENDING],
                 outcomes[OUTCOME_REFUSED], outcomes[OUTCOME_UNKNOWN], early_kib, (int)WARM,
                 late_kib);
    CHECK(outcomes[OUTCOME_UNKNOWN] > count / 10);
    if (!SANITIZED)
        CHECK(late_kib - early_kib < 2048);
    bed_end(&server, SIGTERM);
}

TEST_MAIN(cmocka_unit_test(bent_answers_prove_nothing))
