#ifndef GONG_TESTS_NOTIFY_SCENE_H
#define GONG_TESTS_NOTIFY_SCENE_H

// A live site whose ways out lead through an evilproxy each: dispatcher, workers, the driver "gsma"
// and one for SMS, the test's own provider and a carrier behind them. The carriers are one for all
// scenes of a test: Debian's Kannel with its fakesmsc, npm smpp.
#include "core/bus_key.h"
#include "notify/kannel.h"
#include "notify/service.h"
#include "notify/smpp.h"
#include "notify/worker.h"
#include "tests/notify/bed.h"
#include "tests/notify/payhouse.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/wait.h>

enum {
    PAYOUTS = 4,
    MESSAGES = 8,
    AMOUNT = 1500000,
    // How long the backlog takes after healing is printed; it is given up when it surely is no more
    // a matter of the machine.
    BOUND_MS = 600000,
    CREDIT = 2, // few at a time: faults strike between them
};

// Between what the proxies stand.
enum way {
    WAY_HTTP, // worker and provider, worker and Kannel
    WAY_SMPP, // worker and provider, worker and SMSC
    WAY_BUS,  // dispatcher and each worker: TCP with CURVE; the carriers are reached straight
};
enum { WAYS = WAY_BUS + 1 };
static const char *const way_names[WAYS] = {"http", "smpp", "bus"};

static const char EVILPROXY[] = "/tests/tools/evilproxy";

// --- the carriers
// -------------------------------------------------------------------------------------

struct gateway {
    struct place place;
    unsigned admin_port, smsbox_port, send_port, fake_port, smsc_port;
    pid_t bearerbox, smsbox, carrier, smsc;
};

static inline void write_config(const struct gateway *gateway)
{
    AUTO(buf_free) struct buf config = buf_new(8192);
    buf_print(&config,
              "group = core\nadmin-port = %u\nadmin-interface = 127.0.0.1\nadmin-password = adm\n"
              "status-password = sta\nsmsbox-port = %u\nsmsbox-interface = 127.0.0.1\n"
              "box-deny-ip = \"*.*.*.*\"\nbox-allow-ip = \"127.0.0.1\"\n"
              "store-type = file\nstore-location = \"%s/store\"\ndlr-storage = internal\n\n"
              "group = smsc\nsmsc = fake\nsmsc-id = FAKE\nport = %u\n"
              "connect-allow-ip = 127.0.0.1\n\n",
              gateway->admin_port, gateway->smsbox_port, gateway->place.folder, gateway->fake_port);
    buf_print(&config,
              "group = smsbox\nsmsbox-id = box1\nbearerbox-host = 127.0.0.1\nsendsms-port = %u\n"
              "sendsms-interface = 127.0.0.1\n\n"
              "group = sendsms-user\nusername = gong\npassword = secret\nmax-messages = 6\n"
              "concatenation = true\nuser-allow-ip = 127.0.0.1\n",
              gateway->send_port);
    bed_write(gateway->place.folder, "kannel.conf", config.at);
}

static inline void start_kannel(struct gateway *gateway)
{
    char url[100], port[16];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/status.xml?password=sta",
                   gateway->admin_port);
    (void)snprintf(port, sizeof(port), "%u", gateway->fake_port);
    write_config(gateway);
    AUTO(mem_drop) char *config = file_join(gateway->place.folder, "kannel.conf");
    const char *bearerbox[] = {"/usr/sbin/bearerbox", "-v", "4", config, NULL};
    const char *smsbox[] = {"/usr/sbin/smsbox", "-v", "4", config, NULL};
    const char *carrier[] = {
        "/usr/lib/kannel/test/fakesmsc", "-H", "127.0.0.1", "-r", port, "-m", "0",
        "84900000001 8079 text nop",     NULL};
    gateway->bearerbox = bed_start(gateway->place.folder, "bearerbox.log", bearerbox);
    bed_wait_http(url, "<version>");
    gateway->smsbox = bed_start(gateway->place.folder, "smsbox.log", smsbox);
    bed_wait_http(url, "<type>smsbox</type>");
    gateway->carrier = bed_start(gateway->place.folder, "carrier.log", carrier);
    bed_wait_http(url, "<status>online");
}

static inline void gateway_start(struct gateway *gateway)
{
    char port[16];
    *gateway = (struct gateway){.place = place_new()};
    unsigned *ports[] = {&gateway->admin_port, &gateway->smsbox_port, &gateway->send_port,
                         &gateway->fake_port, &gateway->smsc_port};
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        *ports[i] = free_port();
    start_kannel(gateway);
    (void)snprintf(port, sizeof(port), "%u", gateway->smsc_port);
    const char *smsc[] = {"/usr/bin/node", "tests/smsc/smsc.js", port, NULL};
    gateway->smsc = bed_start(gateway->place.folder, "smsc.log", smsc);
    bed_wait_text(gateway->place.folder, "smsc.log", "listening");
}

static inline void gateway_end(struct gateway *gateway)
{
    bed_end(&gateway->smsc, SIGTERM);
    bed_end(&gateway->carrier, SIGTERM);
    bed_end(&gateway->smsbox, SIGTERM);
    bed_end(&gateway->bearerbox, SIGTERM);
    place_free(&gateway->place);
}

// --- one site under faults
// ----------------------------------------------------------------------------

enum channels { CHANNEL_PAY, CHANNEL_SMS, CHANNELS };
static const char *const channel_words[CHANNELS] = {"pay", "sms"};

struct scene {
    struct house house;
    enum way way;
    unsigned seed, callback_port;
    unsigned lease_s, gsma_timeout_ms; // 0: as scene_settings has it
    unsigned port[CHANNELS];           // of the proxies
    unsigned bus_port;                 // of the dispatcher
    pid_t proxy[CHANNELS], worker[CHANNELS];
    char address[CHANNELS][40]; // of the dispatcher for each worker, WAY_BUS
};

// How evil a proxy is.
struct evil {
    const char *faults, *share; // NULL: all of them
    int heal_ms, bytes, late_ms;
};

static inline void scene_proxy(struct scene *scene, enum channels at, unsigned to,
                               const struct evil *evil)
{
    enum { TEXT = 16 };
    char program[300], log[TEXT], number[6][TEXT];
    const char *build = getenv("GONG_BIN");
    const unsigned numbers[] = {scene->port[at],
                                to,
                                scene->seed * CHANNELS + at,
                                (unsigned)evil->heal_ms,
                                (unsigned)evil->bytes,
                                (unsigned)evil->late_ms};
    (void)snprintf(program, sizeof(program), "%s%s", build ? build : "build/release", EVILPROXY);
    (void)snprintf(log, sizeof(log), "proxy-%s.log", channel_words[at]);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        (void)snprintf(number[i], TEXT, "%u", numbers[i]);
    const char *argv[] = {program,      "--listen", number[0],   "--to",
                          number[1],    "--seed",   number[2],   "--heal-ms",
                          number[3],    "--bytes",  number[4],   "--late-ms",
                          number[5],    "--share",  evil->share, evil->faults ? "--faults" : NULL,
                          evil->faults, NULL};
    scene->proxy[at] = bed_start(scene->house.place.folder, log, argv);
    bed_wait_text(scene->house.place.folder, log, "listening");
}

// The proxies of a scene, `evil` [CHANNELS].
static inline void scene_proxies(struct scene *scene, const struct gateway *gateway,
                                 unsigned provider_port, const struct evil *evil)
{
    const unsigned carrier_port[WAYS][CHANNELS] = {
        [WAY_HTTP] = {provider_port, gateway->send_port},
        [WAY_SMPP] = {provider_port, gateway->smsc_port},
        [WAY_BUS] = {scene->bus_port, scene->bus_port},
    };
    for (int i = 0; i < CHANNELS; i++)
        scene_proxy(scene, (enum channels)i, carrier_port[scene->way][i], &evil[i]);
}

// A decision for messages to have as their cause.
static inline int64_t some_decision(struct scene *scene)
{
    struct err err = {0};
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(ledger_db(scene->house.place.ledger),
                                "SELECT seq FROM entry WHERE kind = 'decision' LIMIT 1");
    bool row = false;
    CHECK_OK(stmt_next(stmt, &row, &err), err);
    CHECK(row);
    return row_int(stmt, 0);
}

// What the carrier can tell one message from all others by.
static inline void message_mark(const struct scene *scene, int number, char out[32])
{
    (void)snprintf(out, 32, "no. %u-%d)", scene->seed, number);
}

static inline void put_sms(struct scene *scene, int number)
{
    struct err *err = &scene->house.place.err;
    AUTO(ledger_undo) struct txn *txn = NULL;
    bool fresh;
    char mark[32], body[300];
    message_mark(scene, number, mark);
    (void)snprintf(body, sizeof(body),
                   "{\"drill\":false,\"kind\":\"alert\",\"period\":\"p\",\"policy\":\"q\","
                   "\"text\":{\"vi\":\"gong: %s, %s\"},\"version\":1}",
                   // Kannel's fake carrier writes only the 7-bit alphabet as it is.
                   scene->way == WAY_HTTP ? "mua rat to (dien tap" : "mưa rất to (diễn tập", mark);
    struct outbox_item item = {.channel = "sms",
                               .lane = 0,
                               .expires = UTC_NEVER,
                               .cause = some_decision(scene),
                               .body = body};
    (void)snprintf(item.key, sizeof(item.key), "alert/%u/%d", scene->seed, number);
    (void)snprintf(item.person, sizeof(item.person), "P-%d", number);
    CHECK_OK(ledger_begin(scene->house.place.ledger, &txn, err), *err);
    CHECK_OK(outbox_put(txn, &item, &fresh, err), *err);
    CHECK_OK(ledger_commit(&txn, err), *err);
}

// The settings of a scene, but for what all sites have.
static inline void scene_settings(const struct scene *scene, const struct gateway *gateway,
                                  unsigned provider_port, struct buf *out)
{
    bool is_bus = scene->way == WAY_BUS;
    buf_print(out,
              "pay_driver: gsma\ngsma_url: http://127.0.0.1:%u\ngsma_account: float\n"
              "gsma_timeout_ms: %u\ngsma_quiet_s: 0\ncallback_port: %u\nsms_sender: PCTT\n"
              "retry_first_ms: 200\nattempts_max: 20\ncredit: %d\n",
              is_bus ? provider_port : scene->port[CHANNEL_PAY],
              scene->gsma_timeout_ms ? scene->gsma_timeout_ms : 300U, scene->callback_port, CREDIT);
    if (scene->way == WAY_HTTP)
        buf_print(out,
                  "sms_driver: kannel\nkannel_url: http://127.0.0.1:%u/cgi-bin/sendsms\n"
                  "kannel_status_url: http://127.0.0.1:%u/status.xml\n",
                  scene->port[CHANNEL_SMS], gateway->admin_port);
    else
        buf_print(out, "sms_driver: smpp\nsmpp_system_id: esme-%u\nsmpp_port: %u\n", scene->seed,
                  is_bus ? gateway->smsc_port : scene->port[CHANNEL_SMS]);
    if (is_bus)
        buf_print(out, "bus_listen: tcp://127.0.0.1:%u\n", scene->bus_port);
    unsigned lease_s = scene->lease_s ? scene->lease_s : is_bus ? 4U : 20U;
    unsigned pay_lease_s = scene->lease_s ? scene->lease_s : is_bus ? 4U : 10U;
    buf_print(out, "lease_s: %u\npay_lease_s: %u\n", lease_s, pay_lease_s);
}

// Keys for a dispatcher and a worker of each channel beyond a network.
static inline void scene_keys(struct scene *scene)
{
    struct bus_key server;
    AUTO(buf_free) struct buf text = buf_new(4000), allow = buf_new(4000);
    bus_key_make(&server);
    bus_key_print(&server, &text);
    bed_write(scene->house.place.folder, "keys/bus.server", text.at);
    for (int i = 0; i < CHANNELS; i++) {
        struct bus_key key;
        char name[40];
        bus_key_make(&key);
        memcpy(key.server_key, server.public_key, sizeof(key.server_key));
        buf_clear(&text);
        bus_key_print(&key, &text);
        (void)snprintf(name, sizeof(name), "keys/%s.worker", channel_words[i]);
        bed_write(scene->house.place.folder, name, text.at);
        buf_print(&allow, "%s drill %s\n", channel_words[i], key.public_key);
        (void)snprintf(scene->address[i], sizeof(scene->address[i]), "tcp://127.0.0.1:%u",
                       scene->port[i]);
    }
    bed_write(scene->house.place.folder, "keys/allow", allow.at);
}

static inline void scene_open(struct scene *scene, const struct gateway *gateway,
                              unsigned provider_port)
{
    AUTO(buf_free) struct buf settings = buf_new(2000);
    unsigned *ports[] = {&scene->port[CHANNEL_PAY], &scene->port[CHANNEL_SMS],
                         &scene->callback_port, &scene->bus_port};
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        *ports[i] = free_port();
    scene_settings(scene, gateway, provider_port, &settings);
    house_open(&scene->house, settings.at);
    bed_write(scene->house.place.folder, "keys/kannel", "secret\n");
    bed_write(scene->house.place.folder, "keys/kannel-status", "sta\n");
    bed_write(scene->house.place.folder, "keys/kannel-callback", "word-of-the-test-0001");
    bed_write(scene->house.place.folder, "keys/smpp", "pw\n");
    scene_keys(scene);
    for (int i = 0; i < PAYOUTS || i < MESSAGES; i++) {
        char person[16], contract[16];
        (void)snprintf(person, sizeof(person), "P-%d", i);
        (void)snprintf(contract, sizeof(contract), "C-%d", i);
        house_person(&scene->house, person, "Đặng Thị Bưởi (diễn tập)", "84900000001");
        if (i < PAYOUTS)
            house_plan(&scene->house, contract, person, AMOUNT);
        if (i < MESSAGES)
            put_sms(scene, i);
    }
}

static inline void scene_worker(struct scene *scene, enum channels at)
{
    scene->worker[at] = child_fork();
    if (scene->worker[at] > 0)
        return;
    struct err err = {0};
    char key[40];
    (void)snprintf(key, sizeof(key), "keys/%s.worker", channel_words[at]);
    AUTO(mem_drop) char *log = file_join(scene->house.place.folder, "worker.log");
    AUTO(mem_drop) char *key_path = file_join(scene->house.place.folder, key);
    if (!freopen(log, "a", stderr))
        _exit(1);
    struct work work = {.site = scene->house.site,
                        .channel = channel_words[at],
                        .address = scene->way == WAY_BUS ? scene->address[at] : NULL,
                        .key_path = key_path,
                        .stopped = bed_never};
    _exit(worker_run(&work, &err) != OK);
}

static inline void scene_close(struct scene *scene)
{
    for (int i = 0; i < CHANNELS; i++)
        proc_end(scene->worker[i], 2000);
    for (int i = 0; i < CHANNELS; i++)
        bed_end(&scene->proxy[i], SIGTERM);
    house_close(&scene->house);
}

static inline int64_t count_of(struct scene *scene, const char *channel, enum outbox_state state)
{
    int64_t count[OUTBOX_STATES];
    struct err err = {0};
    CHECK_OK(outbox_count(scene->house.place.ledger, channel, count, &err), err);
    return count[state];
}

#endif
