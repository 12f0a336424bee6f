#ifndef GONG_NOTIFY_MQTT_H
#define GONG_NOTIFY_MQTT_H

#include "core/err.h"
#include "core/text.h"

#include <stddef.h>
#include <stdint.h>

// State to an MQTT 3.1.1 broker (libmosquitto): retained, QoS 1. A broker may forget what it
// acknowledged when it crashes: so the whole state is published anew each time.
struct mqtt_place {
    const char *host, *client; // client: our client id, the same each time
    int port;
    const char *user, *password, *authority; // "" for none; authority: file of certificates for TLS
};
struct mqtt_state {
    const char *topic;
    struct str payload; // len 0 clears the topic
};
// OK when the broker acknowledged every one. ERR_LATER when it is not there or does not answer in
// time, ERR_REFUSED when it does not let us in.
MUST_USE enum err_kind mqtt_publish(const struct mqtt_place *place, const struct mqtt_state *state,
                                    size_t count, int64_t timeout_ms, struct err *err);

#endif
