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

static void a_dead_path_does_not_delay_the_other(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum way way;
        enum channels dead, open;
    } rows[] = {
        {"Kannel cannot be reached", WAY_HTTP, CHANNEL_SMS, CHANNEL_PAY},
        {"the provider cannot be reached", WAY_HTTP, CHANNEL_PAY, CHANNEL_SMS},
        {"the SMSC cannot be reached", WAY_SMPP, CHANNEL_SMS, CHANNEL_PAY},
        {"the provider cannot, SMS by SMPP", WAY_SMPP, CHANNEL_PAY, CHANNEL_SMS},
        {"the worker for SMS cannot be reached", WAY_BUS, CHANNEL_SMS, CHANNEL_PAY},
        {"the worker for payments cannot be reached", WAY_BUS, CHANNEL_PAY, CHANNEL_SMS},
    };
    static const int64_t want[CHANNELS] = {PAYOUTS, MESSAGES};
    struct gateway gateway;
    unsigned next_port = 11000;
    struct provider provider = provider_start("none", "0");
    gateway_start(&gateway);
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene = {.seed = i, .way = rows[i].way};
        struct evil evil[CHANNELS] = {{"blackhole", "0", 600000, 600, 0},
                                      {"blackhole", "0", 600000, 600, 0}};
        const char *dead = channel_words[rows[i].dead], *open = channel_words[rows[i].open];
        ROW(rows[i].name);
        evil[rows[i].dead].share = "100";
        provider_reset(&provider, i, "none", 0);
        scene_open(&scene, &gateway, (unsigned)provider.port, &next_port);
        scene_proxies(&scene, &gateway, (unsigned)provider.port, evil);
        pid_t dispatcher = start_dispatcher(&scene);
        scene_worker(&scene, CHANNEL_PAY);
        scene_worker(&scene, CHANNEL_SMS);
        int64_t start_ms = clock_ticks_ms();
        while (count_of(&scene, open, OUTBOX_DONE) < want[rows[i].open] &&
               clock_ticks_ms() - start_ms < BOUND_MS)
            bed_pause();
        CHECK_INT(count_of(&scene, open, OUTBOX_DONE), want[rows[i].open]);
        CHECK_INT(count_of(&scene, dead, OUTBOX_DONE), 0);
        (void)printf("# %s: all of %s were done in %lld ms\n", rows[i].name, open,
                     (long long)(clock_ticks_ms() - start_ms));
        bed_end(&dispatcher, SIGKILL);
        scene_close(&scene);
    }
    gateway_end(&gateway);
    provider_stop(&provider);
}

TEST_MAIN(cmocka_unit_test(a_dead_path_does_not_delay_the_other))
