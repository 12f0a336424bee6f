#include "tests/loopback.h"
#include "tests/notify/payhouse.h"

#include <netinet/in.h>
#include <sys/socket.h>

// The same driver and provider with Prism between them: it holds both to the OpenAPI file of the
// GSMA (with the two corrections without which it checks no body), and answers 4xx or 5xx for what
// does not keep to it. Installed by tests/npm.sh tests/contract.
static const char SPEC[] =
    "../shared/specs/gsma-mm/mobile-money-api-1.2.0-disbursements.two-fixes.json";
static const char PRISM[] = "build/npm/contract/node_modules/@stoplight/prism-cli/dist/index.js";

static long ask(int port, const char *method, const char *path, const char *body)
{
    static const char *const headers[] = {"Content-Type: application/json", "X-API-Key: drill-key",
                                          NULL};
    struct err err = {0};
    char url[300];
    AUTO(http_close) struct http *http = http_new();
    struct http_reply reply = {.body = buf_new(100000)};
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
    struct http_request request = {.method = method,
                                   .url = url,
                                   .headers = headers,
                                   .body = body ? str_of(body) : (struct str){NULL, 0},
                                   .timeout_ms = 60000};
    long status = http_exchange(http, &request, &reply, &err) ? 0 : reply.status;
    buf_free(&reply.body);
    return status;
}

static pid_t prism_start(int port, int provider_port)
{
    pid_t pid = 0;
    struct err err = {0};
    char here[16], to[64];
    (void)snprintf(here, sizeof(here), "%d", port);
    (void)snprintf(to, sizeof(to), "http://127.0.0.1:%d", provider_port);
    const char *argv[] = {"/usr/bin/env", "node", PRISM,   "proxy",    "-h", "127.0.0.1", "-p",
                          here,           "-v",   "fatal", "--errors", SPEC, to,          NULL};
    CHECK(file_exists(PRISM));
    CHECK_OK(proc_start(argv, &pid, &err), err);
    for (int i = 0; i < 6000 && ask(port, "GET", "/heartbeat", NULL) != 200; i++)
        pause_a_little();
    CHECK_INT(ask(port, "GET", "/heartbeat", NULL), 200);
    return pid;
}

static void check_contract_is_alive(int port)
{
    ROW("the contract is alive: what it forbids is stopped before it comes to the provider");
    CHECK_INT(ask(port, "POST", "/transactions/type/disbursement",
                  "{\"amount\":1500000,\"currency\":\"VND\"}"),
              422);
    CHECK_INT(ask(port, "POST", "/transactions/type/disbursement",
                  "{\"amount\":\"1500000.00\",\"currency\":\"VND\",\"debitParty\":[{\"key\":"
                  "\"accountid\",\"value\":\"f\"}],\"creditParty\":[{\"key\":\"msisdn\",\"value\":"
                  "\"+84900000001\"}]}"),
              422);
}

static const struct {
    const char *fault, *end;
    size_t paid;
    bool breaks; // no whole answer: what Prism makes of it is no violation
} rows[] = {
    {"none", "paid", 1, false},
    {"delays", "paid", 1, false},
    {"fails", "rejected", 0, false},
    {"lies-404", "paid", 1, false},
    {"forgets", "paid", 1, false},
    {"refuses", "rejected", 0, false},
    {"paid-then-silent", "paid", 1, false},
    {"paid-then-cut", "paid", 1, true},
    {"paid-then-5xx", "paid", 1, true},
    {"silent", "paid", 1, false},
    {"lies-amount", "paid", 1, false},
    {"lies-other", "paid", 1, false},
    {"lies-failed", "paid", 1, false},
    {"duplicates", "paid", 1, false},
    {"calls-wrong", "paid", 1, false},
};

static void pay_one(struct house *house, const struct provider *provider, unsigned i)
{
    struct job job[1];
    ROW(rows[i].fault);
    char contract[16], key[32];
    int64_t amount = 0;
    (void)snprintf(contract, sizeof(contract), "C-%u", i);
    provider_reset(provider, i, rows[i].fault, 100);
    house_plan(house, contract, "P-1", 1500000 + i);
    for (int turn = 0; turn < 100 && house_turn(house, 1, HOUSE_ANSWERS, job); turn++) {
        pause_a_little();
        if (strstr(job[0].why, "answered 422") ||
            (!rows[i].breaks && strstr(job[0].why, "answered 500")))
            CHECK_FAILED("Prism found a violation: %s", job[0].why);
    }
    CHECK_TEXT(house_state(house, contract), rows[i].end);
    (void)snprintf(key, sizeof(key), "pay/%s/p/q", contract);
    CHECK_INT(provider_paid(provider, i, payment_reference_of(key).at, &amount), rows[i].paid);
    CHECK_INT(amount, rows[i].paid ? 1500000 + i : 0);
}

static void test_both_sides_keep_to_the_contract(void **state)
{
    (void)state;
    struct provider provider = provider_start("none", "0");
    struct house house;
    char settings[400];
    unsigned callback_port = free_port();
    int port = (int)free_port();
    pid_t prism = prism_start(port, provider.port);

    check_contract_is_alive(port);
    (void)snprintf(settings, sizeof(settings),
                   "pay_driver: gsma\ngsma_url: http://127.0.0.1:%d\ngsma_account: float\n"
                   "gsma_timeout_ms: 2000\ngsma_quiet_s: 0\ngsma_listen_port: %u\n"
                   "gsma_callback_url: http://127.0.0.1:%u/gsma\n",
                   port, callback_port, callback_port);
    house_open(&house, settings);
    house_start(&house);
    house_person(&house, "P-1", "Đặng Thị Bưởi (diễn tập)", "84900000001");
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        pay_one(&house, &provider, i);
    AUTO(buf_free) struct buf noted = house_wrong_call(&house);
    ROW("the one call that broke the contract was noted");
    CHECK_INT(str_count(buf_slice(&noted), '\n'), 1);
    CHECK_HAS(noted.at, "amount");
    house_close(&house);
    proc_end(prism, 2000);
    provider_stop(&provider);
}

TEST_MAIN(cmocka_unit_test(test_both_sides_keep_to_the_contract))
