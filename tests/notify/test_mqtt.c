// A real broker (mosquitto) that wants to know who comes, and speaks TLS.
#include "notify/mqtt.h"

#include "tests/notify/bed.h"

static void run_program(const char *folder, const char *const *argv)
{
    int status = 0;
    pid_t child = bed_start(folder, "program.log", argv);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static pid_t start_broker(const char *folder, unsigned port, bool tls)
{
    AUTO(buf_free) struct buf text = buf_new(2000);
    char config[100], words[100];
    (void)snprintf(config, sizeof(config), "%s/broker.conf", folder);
    (void)snprintf(words, sizeof(words), "%s/words", folder);
    const char *make[] = {"/usr/bin/mosquitto_passwd", "-b", "-c", words, "gong", "word", NULL};
    run_program(folder, make);
    buf_print(&text, "user root\nlistener %u 127.0.0.1\nallow_anonymous false\npassword_file %s\n",
              port, words);
    if (tls)
        buf_print(&text, "certfile %s/server.cert\nkeyfile %s/server.key\n", folder, folder);
    bed_write(folder, "broker.conf", text.at);
    const char *argv[] = {"/usr/sbin/mosquitto", "-c", config, NULL};
    pid_t broker = bed_start(folder, "broker.log", argv);
    bed_wait_port(port);
    return broker;
}

static void a_broker_knows_who_comes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *user, *word, *authority;
        bool tls;
        enum err_kind kind;
        const char *says;
    } rows[] = {
        {"the right word", "gong", "word", "", false, OK, ""},
        {"another word", "gong", "other", "", false, ERR_REFUSED, "does not let us in"},
        {"nobody", "", "", "", false, ERR_REFUSED, "does not let us in"},
        {"over TLS", "gong", "word", "server.cert", true, OK, ""},
        {"another word over TLS", "gong", "other", "server.cert", true, ERR_REFUSED,
         "does not let us in"},
        {"a certificate that is not trusted", "gong", "word", "other.cert", true, ERR_LATER, "TLS"},
        {"TLS is wanted, and not spoken", "gong", "word", "", true, ERR_LATER, "MQTT broker"},
    };
    AUTO(place_free) struct place place = place_new();
    bed_certificate(place.folder, "server", "DNS:localhost,IP:127.0.0.1");
    bed_certificate(place.folder, "other", "DNS:localhost,IP:127.0.0.1");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        unsigned port = free_port();
        pid_t broker = start_broker(place.folder, port, rows[i].tls);
        struct err err = {0};
        AUTO(mem_drop) char *authority = file_join(place.folder, rows[i].authority);
        struct mqtt_place at = {.host = "127.0.0.1",
                                .client = "gong-drill",
                                .port = (int)port,
                                .user = rows[i].user,
                                .password = rows[i].word,
                                .authority = *rows[i].authority ? authority : ""};
        const struct mqtt_state topic = {"gong/drill/current", STR("{\"alerts\":2}")};
        enum err_kind kind = mqtt_publish(&at, &topic, 1, 5000, &err);
        if (kind != rows[i].kind)
            CHECK_FAILED("%d: %s", (int)kind, err.text);
        CHECK_HAS(err.text, rows[i].says);
        bed_end(&broker, SIGTERM);
    }
}

TEST_MAIN(cmocka_unit_test(a_broker_knows_who_comes))
