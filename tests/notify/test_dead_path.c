// A way that is dead, and what else there is to do: no SMS delays no payment, and no payment no
// SMS, whether the carrier cannot be reached or the worker.
#include "tests/notify/scene.h"

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
    struct service service = {.site = scene->house.site, .now = scene_now, .stopped = scene_never};
    if (!freopen(log, "a", stderr) ||
        ledger_open(scene->house.place.folder, LEDGER_WRITE, &ledger, &err))
        _exit(1);
    service.ledger = ledger;
    _exit(service_run(&service, &report, &err) != OK);
}

// One scene: how long it takes until all of each channel are done; of `dead` none is, ever.
// CHANNELS: both are well.
static void run_scene(struct gateway *gateway, struct provider *provider, enum way way,
                      enum channels dead, unsigned seed, int64_t took_ms[CHANNELS])
{
    static const int64_t want[CHANNELS] = {PAYOUTS, MESSAGES};
    static unsigned next_port = 11000;
    struct scene scene = {.seed = seed, .way = way};
    struct evil evil[CHANNELS] = {{"blackhole", "0", 600000, 600, 0},
                                  {"blackhole", "0", 600000, 600, 0}};
    if (dead != CHANNELS)
        evil[dead].share = "100";
    provider_reset(provider, seed, "none", 0);
    scene_open(&scene, gateway, (unsigned)provider->port, &next_port);
    scene_proxies(&scene, gateway, (unsigned)provider->port, evil);
    pid_t dispatcher = start_dispatcher(&scene);
    scene_worker(&scene, CHANNEL_PAY);
    scene_worker(&scene, CHANNEL_SMS);
    int64_t start_ms = clock_ticks_ms();
    bool is_done[CHANNELS] = {false};
    for (int left = dead == CHANNELS ? CHANNELS : CHANNELS - 1;
         left > 0 && clock_ticks_ms() - start_ms < BOUND_MS; bed_pause()) {
        for (int i = 0; i < CHANNELS; i++) {
            if (i == (int)dead || is_done[i] ||
                count_of(&scene, channel_words[i], OUTBOX_DONE) < want[i])
                continue;
            is_done[i] = true;
            took_ms[i] = clock_ticks_ms() - start_ms;
            left--;
        }
    }
    for (int i = 0; i < CHANNELS; i++)
        CHECK_INT(count_of(&scene, channel_words[i], OUTBOX_DONE), i == (int)dead ? 0 : want[i]);
    bed_end(&dispatcher, SIGKILL);
    scene_close(&scene);
}

// Beside a way that is dead, the other takes as long as when both are well: were it held up by one
// job of the dead way, that would be for its lease at least (those of scene_settings).
static void a_dead_path_does_not_delay_the_other(void **state)
{
    (void)state;
    enum { WELL = CHANNELS };
    static const struct {
        const char *name;
        enum way way;
        enum channels dead, open;
        int64_t lease_ms; // of the dead one
    } rows[] = {
        {"Kannel cannot be reached", WAY_HTTP, CHANNEL_SMS, CHANNEL_PAY, 20000},
        {"the provider cannot be reached", WAY_HTTP, CHANNEL_PAY, CHANNEL_SMS, 10000},
        {"the SMSC cannot be reached", WAY_SMPP, CHANNEL_SMS, CHANNEL_PAY, 20000},
        {"the provider cannot, SMS by SMPP", WAY_SMPP, CHANNEL_PAY, CHANNEL_SMS, 10000},
        {"the worker for SMS cannot be reached", WAY_BUS, CHANNEL_SMS, CHANNEL_PAY, 4000},
        {"the worker for payments cannot be reached", WAY_BUS, CHANNEL_PAY, CHANNEL_SMS, 4000},
    };
    int64_t well_ms[WAYS][CHANNELS];
    struct gateway gateway;
    struct provider provider = provider_start("none", "0");
    gateway_start(&gateway);
    for (unsigned way = 0; way < WAYS; way++) {
        ROW(way_names[way]);
        run_scene(&gateway, &provider, (enum way)way, (enum channels)WELL, way, well_ms[way]);
    }
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        int64_t took_ms[CHANNELS] = {0}, well = well_ms[rows[i].way][rows[i].open];
        ROW(rows[i].name);
        run_scene(&gateway, &provider, rows[i].way, rows[i].dead, WAYS + i, took_ms);
        (void)printf("# %s: all of %s were done in %lld ms; when both are well, %lld ms\n",
                     rows[i].name, channel_words[rows[i].open], (long long)took_ms[rows[i].open],
                     (long long)well);
        CHECK(took_ms[rows[i].open] < well + rows[i].lease_ms);
    }
    gateway_end(&gateway);
    provider_stop(&provider);
}

TEST_MAIN(cmocka_unit_test(a_dead_path_does_not_delay_the_other))
