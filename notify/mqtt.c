#include "notify/mqtt.h"

#include "core/clock.h"
#include "core/mem.h"

#include <mosquitto.h>
#include <stdbool.h>

enum { KEEPALIVE_S = 30, LOOP_MS = 50, QOS = 1 };

struct line {
    int connected; // -1: no answer yet; else the broker's
    size_t acknowledged;
};

static void on_connect(struct mosquitto *client, void *self, int answer)
{
    (void)client;
    ((struct line *)self)->connected = answer;
}

static void on_publish(struct mosquitto *client, void *self, int id)
{
    (void)client;
    (void)id;
    ((struct line *)self)->acknowledged++;
}

static void client_free(struct mosquitto **client)
{
    if (*client)
        mosquitto_destroy(*client);
    *client = NULL;
}

static enum err_kind set_up(struct mosquitto *client, const struct mqtt_place *place,
                            struct err *err)
{
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_publish_callback_set(client, on_publish);
    if (*place->user && mosquitto_username_pw_set(client, place->user, place->password))
        return err_set(err, ERR_INPUT, "the MQTT user or password cannot be used");
    if (*place->authority && mosquitto_tls_set(client, place->authority, NULL, NULL, NULL, NULL))
        return err_set(err, ERR_INPUT, "%s cannot be used for TLS", place->authority);
    int result = mosquitto_connect(client, place->host, place->port, KEEPALIVE_S);
    if (result)
        return err_set(err, ERR_LATER, "the MQTT broker is not there: %s",
                       mosquitto_strerror(result));
    return OK;
}

// Until `*what` is no longer `from` (or `enough` are acknowledged), or time is up.
static enum err_kind wait_for(struct mosquitto *client, const struct line *line, size_t enough,
                              int64_t until_ms, struct err *err)
{
    while (line->connected < 0 || line->acknowledged < enough) {
        int result = mosquitto_loop(client, LOOP_MS, 1);
        if (line->connected > 0)
            return err_set(err, ERR_REFUSED, "the MQTT broker does not let us in: %s",
                           mosquitto_connack_string(line->connected));
        if (result)
            return err_set(err, ERR_LATER, "the MQTT broker went away: %s",
                           mosquitto_strerror(result));
        if (clock_ticks_ms() >= until_ms)
            return err_set(err, ERR_LATER, "the MQTT broker does not answer in time");
    }
    return OK;
}

enum err_kind mqtt_publish(const struct mqtt_place *place, const struct mqtt_state *state,
                           size_t count, int64_t timeout_ms, struct err *err)
{
    static bool ready;
    struct line line = {.connected = -1};
    int64_t until_ms = clock_ticks_ms() + timeout_ms;
    if (!ready)
        ready = mosquitto_lib_init() == MOSQ_ERR_SUCCESS;
    AUTO(client_free) struct mosquitto *client = mosquitto_new(place->client, true, &line);
    if (!client)
        return err_set(err, ERR_LATER, "libmosquitto cannot be started");
    if (set_up(client, place, err) || wait_for(client, &line, 0, until_ms, err))
        return err_of(err);
    for (size_t i = 0; i < count; i++) {
        int result = mosquitto_publish(client, NULL, state[i].topic, (int)state[i].payload.len,
                                       state[i].payload.at, QOS, true);
        if (result)
            return err_set(err, ERR_LATER, "%s was not published: %s", state[i].topic,
                           mosquitto_strerror(result));
    }
    if (wait_for(client, &line, count, until_ms, err))
        return err_of(err);
    (void)mosquitto_disconnect(client);
    return OK;
}
