// The bus over TCP: who gets in, who does not, and what happens when the list is not there.
#include "core/bus.h"
#include "core/bus_key.h"
#include "core/clock.h"
#include "core/file.h"
#include "notify/protocol.h"
#include "tests/ledger/place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { HEARD_MS = 3000, UNHEARD_MS = 700 };

struct scene {
    struct place place;
    struct bus *server;
    struct bus_key server_key, good, other;
    char allow[120], address[64];
};

static void scene_free(struct scene *scene)
{
    bus_close(&scene->server);
    place_free(&scene->place);
}

static void write_allow(struct scene *scene, const char *text, mode_t mode)
{
    CHECK_OK(file_write(scene->allow, str_of(text), mode, &scene->place.err), scene->place.err);
}

static void allow_good(struct scene *scene)
{
    char text[200];
    (void)snprintf(text, sizeof(text), "# workers\nsms hanoi %s\n", scene->good.public_key);
    write_allow(scene, text, 0600);
}

static struct scene scene_new(void)
{
    struct scene scene = {.place = place_new()};
    char path[120];
    (void)snprintf(path, sizeof(path), "%s/bus.sock", scene.place.folder);
    (void)snprintf(scene.allow, sizeof(scene.allow), "%s/allow", scene.place.folder);
    bus_key_make(&scene.server_key);
    bus_key_make(&scene.good);
    bus_key_make(&scene.other);
    memcpy(scene.good.server_key, scene.server_key.public_key, sizeof(scene.good.server_key));
    memcpy(scene.other.server_key, scene.server_key.public_key, sizeof(scene.other.server_key));
    CHECK_OK(bus_serve(path, &scene.server, &scene.place.err), scene.place.err);
    CHECK_OK(bus_serve_tcp(scene.server, "tcp://127.0.0.1:*", &scene.server_key, scene.allow,
                           &scene.place.err),
             scene.place.err);
    bus_tcp_address(scene.server, scene.address, sizeof(scene.address));
    return scene;
}

// Says READY until it is heard, or the time is over. The role under which it was heard.
static bool is_heard(struct scene *scene, struct bus *client, const char *role, int64_t wait_ms)
{
    struct note ready = {.type = NOTE_READY, .worker = "w", .channel = "sms", .credit = 1};
    int64_t until_ms = clock_ticks_ms() + wait_ms;
    while (clock_ticks_ms() < until_ms) {
        AUTO(bus_message_free) struct bus_message heard = {0};
        struct err err = {0};
        bool got = false;
        (void)(note_send(client, NULL, &ready, &err) == OK);
        CHECK_OK(bus_receive(scene->server, 20, &heard, &got, &err), err);
        if (got) {
            CHECK_TEXT(heard.role, role);
            return true;
        }
    }
    return false;
}

static bool gets_in(struct scene *scene, const struct bus_key *key, int64_t wait_ms)
{
    AUTO(bus_close) struct bus *client = NULL;
    static int times;
    char name[20];
    (void)snprintf(name, sizeof(name), "worker-%d", ++times);
    CHECK_OK(bus_join_tcp(scene->address, name, key, &client, &scene->place.err), scene->place.err);
    return is_heard(scene, client, "sms", wait_ms);
}

static void only_keys_of_the_list_get_in(void **state)
{
    (void)state;
    AUTO(scene_free) struct scene scene = scene_new();
    ROW("no list: nobody");
    CHECK(!gets_in(&scene, &scene.good, UNHEARD_MS));
    ROW("on the list");
    allow_good(&scene);
    CHECK(gets_in(&scene, &scene.good, HEARD_MS));
    ROW("the server's key alone is not enough");
    CHECK(!gets_in(&scene, &scene.other, UNHEARD_MS));
    ROW("another secret for a key of the list");
    struct bus_key thief = scene.other;
    memcpy(thief.public_key, scene.good.public_key, sizeof(thief.public_key));
    CHECK(!gets_in(&scene, &thief, UNHEARD_MS));
    ROW("a server with another key is not spoken to");
    struct bus_key misled = scene.good;
    memcpy(misled.server_key, scene.other.public_key, sizeof(misled.server_key));
    CHECK(!gets_in(&scene, &misled, UNHEARD_MS));
    ROW("a list with a wrong line: nobody");
    write_allow(&scene, "sms hanoi not-a-key\n", 0600);
    CHECK(!gets_in(&scene, &scene.good, UNHEARD_MS));
    ROW("a list that others may write: nobody");
    allow_good(&scene);
    CHECK_INT(chmod(scene.allow, 0622), 0);
    CHECK(!gets_in(&scene, &scene.good, UNHEARD_MS));
    ROW("right again");
    allow_good(&scene);
    CHECK(gets_in(&scene, &scene.good, HEARD_MS));
    ROW("taken off the list");
    write_allow(&scene, "# nobody\n", 0600);
    CHECK(!gets_in(&scene, &scene.good, UNHEARD_MS));
    ROW("the Unix socket needs no key and has no role");
    AUTO(bus_close) struct bus *local = NULL;
    char path[120];
    (void)snprintf(path, sizeof(path), "%s/bus.sock", scene.place.folder);
    CHECK_OK(bus_join(path, "local", &local, &scene.place.err), scene.place.err);
    CHECK(is_heard(&scene, local, "", HEARD_MS));
}

// A connection can break at the worker's end only; the worker comes back before the server knows.
static void of_two_connections_of_a_name_the_newer_is_heard(void **state)
{
    (void)state;
    AUTO(scene_free) struct scene scene = scene_new();
    AUTO(bus_close) struct bus *old = NULL, *new = NULL;
    struct note drain = {.type = NOTE_DRAIN};
    AUTO(bus_message_free) struct bus_message heard = {0};
    bool got = false;
    allow_good(&scene);
    CHECK_OK(bus_join_tcp(scene.address, "worker", &scene.good, &old, &scene.place.err),
             scene.place.err);
    CHECK(is_heard(&scene, old, "sms", HEARD_MS));
    ROW("under the same name, the first still open");
    CHECK_OK(bus_join_tcp(scene.address, "worker", &scene.good, &new, &scene.place.err),
             scene.place.err);
    CHECK(is_heard(&scene, new, "sms", HEARD_MS));
    ROW("and is answered");
    CHECK_OK(note_send(scene.server, "worker", &drain, &scene.place.err), scene.place.err);
    CHECK_OK(bus_receive(new, HEARD_MS, &heard, &got, &scene.place.err), scene.place.err);
    CHECK(got);
}

// Bytes that are no ZeroMQ, and a greeting without encryption, get no word out of the server.
static void plain_words_get_no_answer(void **state)
{
    (void)state;
    AUTO(scene_free) struct scene scene = scene_new();
    // Greeting of ZMTP 3 with the mechanism NULL.
    char greeting[64] = "\xff\0\0\0\0\0\0\0\x01\x7f\x03\x00NULL";
    allow_good(&scene);
    static const char *const names[] = {"a NULL greeting", "noise", "half a greeting"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ROW(names[i]);
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        to.sin_port = htons((uint16_t)strtol(strrchr(scene.address, ':') + 1, NULL, 10));
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
        if (i == 1)
            memset(greeting, 'x', sizeof(greeting));
        size_t len = i == 2 ? 11 : sizeof(greeting);
        CHECK_INT(write(fd, greeting, len), len);
        AUTO(bus_message_free) struct bus_message heard = {0};
        bool got = false;
        for (int t = 0; t < 5; t++)
            CHECK_OK(bus_receive(scene.server, 20, &heard, &got, &scene.place.err),
                     scene.place.err);
        CHECK(!got);
        (void)close(fd);
    }
    ROW("a good one is served after them");
    CHECK(gets_in(&scene, &scene.good, HEARD_MS));
}

static void key_files(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    struct bus_key key, back;
    char path[120];
    AUTO(buf_free) struct buf text = buf_new(1000);
    (void)snprintf(path, sizeof(path), "%s/key", place.folder);
    bus_key_make(&key);
    memcpy(key.server_key, key.public_key, sizeof(key.server_key));
    bus_key_print(&key, &text);
    CHECK_INT(bus_key_load(path, false, &back, &place.err), ERR_MISSING);
    CHECK_HAS(place.err.text, "gong keys make");
    CHECK_OK(file_write(path, buf_slice(&text), 0600, &place.err), place.err);
    CHECK_OK(bus_key_load(path, false, &back, &place.err), place.err);
    CHECK_TEXT(back.secret_key, key.secret_key);
    ROW("others may read it");
    CHECK_INT(chmod(path, 0640), 0);
    CHECK_INT(bus_key_load(path, false, &back, &place.err), ERR_REFUSED);
    CHECK_HAS(place.err.text, "chmod 600");
    ROW("no server's key in a worker's file");
    *strstr(text.at, "server") = '\0';
    CHECK_OK(file_write(path, str_of(text.at), 0600, &place.err), place.err);
    CHECK_INT(bus_key_load(path, false, &back, &place.err), ERR_INPUT);
    CHECK_HAS(place.err.text, "a key is missing");
    CHECK_OK(bus_key_load(path, true, &back, &place.err), place.err);
    ROW("a line that is none");
    CHECK_OK(file_write(path, STR("hello\n"), 0600, &place.err), place.err);
    CHECK_INT(bus_key_load(path, true, &back, &place.err), ERR_INPUT);
}

TEST_MAIN(cmocka_unit_test(only_keys_of_the_list_get_in),
          cmocka_unit_test(of_two_connections_of_a_name_the_newer_is_heard),
          cmocka_unit_test(plain_words_get_no_answer), cmocka_unit_test(key_files))
