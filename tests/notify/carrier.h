#ifndef GONG_TESTS_NOTIFY_CARRIER_H
#define GONG_TESTS_NOTIFY_CARRIER_H

// A live site that speaks SMPP to the npm package smpp as its carrier (tests/smsc).
#include "notify/smpp.h"
#include "tests/notify/bed.h"

struct carrier {
    struct place place;
    struct site *site;
    struct bed_host host;
    void *driver;
    unsigned port;
    pid_t pid;
    int logs;
    char log[32];
};

// Starts the carrier with faults; they are words with "=", NULL-ended.
static inline void start_carrier(struct carrier *carrier, const char *const *faults)
{
    char port[16];
    const char *argv[16] = {"/usr/bin/node", "tests/smsc/smsc.js", port};
    (void)snprintf(port, sizeof(port), "%u", carrier->port);
    (void)snprintf(carrier->log, sizeof(carrier->log), "carrier%d.log", carrier->logs++);
    for (size_t i = 0; faults && faults[i]; i++)
        argv[3 + i] = faults[i];
    carrier->pid = bed_start(carrier->place.folder, carrier->log, argv);
    bed_wait_said(carrier->place.folder, carrier->log, "listening", &carrier->pid);
}

// A site that speaks to a carrier; the driver is opened by the caller.
static inline void begin_closed(struct carrier *carrier, const char *settings,
                                const char *const *faults)
{
    struct err err = {0};
    char yaml[600];
    memset(carrier, 0, sizeof(*carrier));
    carrier->port = free_port();
    (void)snprintf(yaml, sizeof(yaml),
                   "sms_driver: smpp\nsms_sender: PCTT\nsmpp_port: %u\nsmpp_system_id: esme\n%s",
                   carrier->port, settings);
    carrier->place = bed_site(yaml);
    bed_write(carrier->place.folder, "keys/smpp", "pw\n");
    start_carrier(carrier, faults);
    bed_host_init(&carrier->host);
    bed_host_tells(&carrier->host, &carrier->driver, smpp_noted);
    CHECK_OK(site_open(carrier->place.folder, &carrier->site, &err), err);
}

static inline void begin(struct carrier *carrier, const char *settings, const char *const *faults)
{
    struct err err = {0};
    begin_closed(carrier, settings, faults);
    CHECK_OK(smpp_open(carrier->site, &carrier->host.host, &carrier->driver, &err), err);
}

static inline void end(struct carrier *carrier)
{
    smpp_close(&carrier->driver);
    bed_end(&carrier->pid, SIGTERM);
    site_free(&carrier->site);
    place_free(&carrier->place);
}

static inline struct job deliver_until(struct carrier *carrier, const char *key, const char *person,
                                       const char *body, int64_t deadline_ms)
{
    struct err err = {0};
    static struct note note;
    struct job job = bed_job(&note, key, person, body);
    note.deadline_ms = deadline_ms;
    CHECK_OK(smpp_deliver(carrier->driver, &job, 1, &err), err);
    return job;
}

static inline struct job deliver_one(struct carrier *carrier, const char *key, const char *person,
                                     const char *body)
{
    return deliver_until(carrier, key, person, body, INT64_MAX);
}

// One turn of a worker: what was told is noted, and the carrier answered.
static inline void turn(struct carrier *carrier)
{
    struct err err = {0};
    CHECK_OK(smpp_step(carrier->driver, &err), err);
    (void)bed_beat(&carrier->host);
}

// Waits until the carrier said a text so many times; turns meanwhile.
static inline void turn_until(struct carrier *carrier, const char *text, size_t count)
{
    for (int64_t until = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < until; bed_pause()) {
        if (carrier->driver)
            turn(carrier);
        if (bed_count_text(carrier->place.folder, carrier->log, text) >= count)
            return;
    }
    CHECK_FAILED("the carrier never said \"%s\" %zu times", text, count);
}

static inline void wait_evidence(struct carrier *carrier, enum evidence_kind kind, const char *ref)
{
    for (int64_t until = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < until; bed_pause()) {
        turn(carrier);
        if (!bed_has(&carrier->host, kind, ref))
            continue;
        turn(carrier); // what was told is answered
        return;
    }
    CHECK_FAILED("no evidence %d for %s", (int)kind, ref);
}

#endif
