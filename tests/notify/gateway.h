#ifndef GONG_TESTS_NOTIFY_GATEWAY_H
#define GONG_TESTS_NOTIFY_GATEWAY_H

#include "notify/kannel.h"

#include "tests/notify/bed.h"
#include "tests/notify/kannel_config.h"

// The driver "kannel" and what it speaks to: Kannel itself, or something that answers as it is
// told.

static const char warning[] =
    "{\"kind\":\"alert\",\"text\":{\"vi\":\"Cảnh báo mưa lớn ở xã Tuy Đức (diễn tập)\","
    "\"en\":\"Heavy rain in Tuy Duc (drill)\"}}";

struct gateway {
    struct place place;
    struct site *site;
    struct bed_host host;
    void *driver;
    char settings[600], status_url[100];
    struct kannel_ports port;
    pid_t bearerbox, smsbox, carrier;
};

static inline void gateway_end(struct gateway *gateway)
{
    if (gateway->driver)
        kannel_close(&gateway->driver);
    bed_end(&gateway->carrier, SIGTERM);
    bed_end(&gateway->smsbox, SIGTERM);
    bed_end(&gateway->bearerbox, SIGTERM);
    site_free(&gateway->site);
    place_free(&gateway->place);
}

static inline struct job deliver_until(struct gateway *gateway, const char *key, const char *person,
                                       const char *body, int64_t deadline_ms)
{
    struct err err = {0};
    static struct note note;
    struct job job = bed_job(&note, key, person, body);
    note.deadline_ms = deadline_ms;
    CHECK_OK(kannel_deliver(gateway->driver, &job, 1, &err), err);
    return job;
}

static inline struct job deliver_one(struct gateway *gateway, const char *key, const char *person,
                                     const char *body)
{
    return deliver_until(gateway, key, person, body, INT64_MAX);
}

static const char long_text[] =
    "{\"kind\":\"alert\",\"text\":{\"en\":\"Heavy rain. Heavy rain. Heavy rain. "
    "Heavy rain. Heavy rain. Heavy rain. Heavy rain. Heavy rain. Heavy rain. "
    "Heavy rain. Heavy rain. Heavy rain. Heavy rain. Heavy rain. Heavy rain.\"}}";

#endif
