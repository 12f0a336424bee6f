// A way that is dead, and what else there is to do: no SMS delays no payment, and no payment no
// SMS, whether the carrier cannot be reached or the worker.
#include "tests/notify/scene.h"

enum {
    LEASE_S = 300,     // many times what a scene takes, on a slow machine too
    DEAD_MS = 3600000, // a way that is dead is so for longer
    // What the dead way may cost the other: it has three times what it takes undisturbed, in the
    // same run, and this, in one of a few tries. A single request that waits for the dead way in
    // its stead takes longer.
    TIMES_MOST = 3,
    MORE_MS = 5000,
    PATIENCE_MS = 60000, // with the provider
    TRIES = 3,           // a defect delays each time, a machine that others load not
};

// A dispatcher of its own, so that this process can look on.
static pid_t start_dispatcher(struct scene *scene)
{
    pid_t child = child_fork();
    if (child > 0)
        return child;
    struct ledger *ledger = NULL;
    struct err err = {0};
    struct dispatch_report report;
    AUTO(mem_drop) char *log = file_join(scene->house.place.folder, "dispatch.log");
    struct service service = {.site = scene->house.site, .now = bed_now, .stopped = bed_never};
    if (!freopen(log, "a", stderr) ||
        ledger_open(scene->house.place.folder, LEDGER_WRITE, &ledger, &err))
        _exit(1);
    service.ledger = ledger;
    _exit(service_run(&service, &report, &err) != OK);
}

// One scene: how long it takes until all of the other channel are done; of `dead` none is, ever,
// when it `is_dead`. Given up when a lease is over.
static int64_t run_scene(struct gateway *gateway, struct provider *provider, enum way way,
                         enum channels dead, bool is_dead, unsigned seed)
{
    static const int64_t want[CHANNELS] = {PAYOUTS, MESSAGES};
    enum channels open = dead == CHANNEL_PAY ? CHANNEL_SMS : CHANNEL_PAY;
    struct scene scene = {
        .seed = seed, .way = way, .lease_s = LEASE_S, .gsma_timeout_ms = PATIENCE_MS};
    struct evil evil[CHANNELS] = {{"blackhole", "0", DEAD_MS, 600, 0},
                                  {"blackhole", "0", DEAD_MS, 600, 0}};
    if (is_dead)
        evil[dead].share = "100";
    provider_reset(provider, seed, "none", 0);
    scene_open(&scene, gateway, (unsigned)provider->port);
    scene_proxies(&scene, gateway, (unsigned)provider->port, evil);
    pid_t dispatcher = start_dispatcher(&scene);
    scene_worker(&scene, CHANNEL_PAY);
    scene_worker(&scene, CHANNEL_SMS);
    int64_t start_ms = clock_ticks_ms(), took_ms = 0;
    while (took_ms < LEASE_S * 1000 &&
           count_of(&scene, channel_words[open], OUTBOX_DONE) < want[open]) {
        bed_pause();
        took_ms = clock_ticks_ms() - start_ms;
    }
    CHECK_INT(count_of(&scene, channel_words[open], OUTBOX_DONE), want[open]);
    if (is_dead)
        CHECK_INT(count_of(&scene, channel_words[dead], OUTBOX_DONE), 0);
    bed_end(&dispatcher, SIGKILL);
    scene_close(&scene);
    return took_ms;
}

// Beside a way that is dead, the other is done about as soon as it is undisturbed.
static void a_dead_path_does_not_delay_the_other(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum way way;
        enum channels dead;
    } rows[] = {
        {"Kannel cannot be reached", WAY_HTTP, CHANNEL_SMS},
        {"the provider cannot be reached", WAY_HTTP, CHANNEL_PAY},
        {"the SMSC cannot be reached", WAY_SMPP, CHANNEL_SMS},
        {"the provider cannot, SMS by SMPP", WAY_SMPP, CHANNEL_PAY},
        {"the worker for SMS cannot be reached", WAY_BUS, CHANNEL_SMS},
        {"the worker for payments cannot be reached", WAY_BUS, CHANNEL_PAY},
    };
    struct gateway gateway;
    struct provider provider = provider_start("none", "0");
    gateway_start(&gateway);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        bool in_time = false;
        for (unsigned n = 0; n < TRIES && !in_time; n++) {
            unsigned seed = 2 * (i + n * (unsigned)COUNT_OF(rows));
            int64_t free_ms =
                run_scene(&gateway, &provider, rows[i].way, rows[i].dead, false, seed);
            int64_t took_ms =
                run_scene(&gateway, &provider, rows[i].way, rows[i].dead, true, seed + 1);
            in_time = took_ms <= TIMES_MOST * free_ms + MORE_MS;
            (void)printf("# %s: all of the other way were done in %lld ms, undisturbed in %lld "
                         "ms\n",
                         rows[i].name, (long long)took_ms, (long long)free_ms);
        }
        CHECK(in_time);
    }
    gateway_end(&gateway);
    provider_stop(&provider);
}

TEST_MAIN(cmocka_unit_test(a_dead_path_does_not_delay_the_other))
