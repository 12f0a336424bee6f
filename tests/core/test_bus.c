// How the bus waits: whatever has come is taken at once, also where the socket said before that it
// has nothing and is not asked again, and where other descriptors are watched beside it.
#include "core/bus.h"

#include "core/clock.h"
#include "core/file.h"
#include "core/mem.h"
#include "tests/check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    NEVER_MS = 60000, // only a wait that missed what was there lasts so long
    ARRIVES_MS = 50,
    JOINED_MS = 60000,
};

// Two ends, each known to the other, and a pipe that says nothing.
struct ends {
    char folder[40], path[60], peer[BUS_PEER_MAX];
    struct bus *server, *client;
    int quiet[2];
    struct err err;
};

static void ends_free(struct ends *ends)
{
    bus_close(&ends->client);
    bus_close(&ends->server);
    (void)close(ends->quiet[0]);
    (void)close(ends->quiet[1]);
    (void)unlink(ends->path);
    (void)rmdir(ends->folder);
}

static void say(struct ends *ends, bool from_server, const char *text)
{
    const struct str frame = str_of(text);
    CHECK_OK(bus_send(from_server ? ends->server : ends->client, from_server ? ends->peer : NULL,
                      &frame, 1, &ends->err),
             ends->err);
}

// What one end takes within a wait; NULL when nothing came.
static char *take(struct ends *ends, bool at_server, int64_t wait_ms)
{
    AUTO(bus_message_free) struct bus_message message = {0};
    bool got = false;
    CHECK_OK(
        bus_receive(at_server ? ends->server : ends->client, wait_ms, &message, &got, &ends->err),
        ends->err);
    if (!got)
        return NULL;
    if (at_server)
        memcpy(ends->peer, message.peer, sizeof(ends->peer));
    return str_copy(bus_frame(&message, 0));
}

static void expect(struct ends *ends, bool at_server, const char *text)
{
    int64_t start_ms = clock_ticks_ms();
    AUTO(mem_drop) char *got = take(ends, at_server, NEVER_MS);
    CHECK_TEXT(got, text);
    if (clock_ticks_ms() - start_ms >= NEVER_MS)
        CHECK_FAILED("\"%s\" was there, and the wait went on to its end", text);
}

// What looks of the server that wait for nothing take, sooner or later.
static void expect_in_looks(struct ends *ends, const char *text)
{
    int64_t until_ms = clock_ticks_ms() + NEVER_MS;
    char *got = NULL;
    while (!(got = take(ends, true, 0)) && clock_ticks_ms() < until_ms)
        clock_system.pause_ms(clock_system.self, 1);
    AUTO(mem_drop) char *taken = got;
    CHECK(taken);
    CHECK_TEXT(taken, text);
}

static void expect_nothing(struct ends *ends, bool at_server, int64_t wait_ms)
{
    AUTO(mem_drop) char *got = take(ends, at_server, wait_ms);
    CHECK(!got);
}

static struct ends ends_new(void)
{
    struct ends ends = {.folder = "/tmp/gong-test-XXXXXX"};
    CHECK(mkdtemp(ends.folder) && pipe(ends.quiet) == 0);
    (void)snprintf(ends.path, sizeof(ends.path), "%s/bus", ends.folder);
    CHECK_OK(bus_serve(ends.path, &ends.server, &ends.err), ends.err);
    CHECK_OK(bus_join(ends.path, &ends.client, &ends.err), ends.err);
    const struct str hello = STR("hello");
    int64_t until_ms = clock_ticks_ms() + JOINED_MS;
    while (bus_send(ends.client, NULL, &hello, 1, &ends.err) && clock_ticks_ms() < until_ms)
        clock_system.pause_ms(clock_system.self, 1);
    expect(&ends, true, "hello");
    return ends;
}

static void watch(struct ends *ends, size_t count)
{
    bus_watch(ends->server, ends->quiet, count);
    bus_watch(ends->client, ends->quiet, count);
}

static void let_it_arrive(void)
{
    clock_system.pause_ms(clock_system.self, ARRIVES_MS);
}

static void what_is_there_is_taken_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_dry;     // it was asked before, and had nothing
        bool is_waited;  // and waited for nothing besides
        size_t messages; // that come then
        bool speaks;     // and it speaks itself before it waits: ZeroMQ takes in what has come
    } rows[] = {
        {"it was not asked before", false, false, 1, false},
        {"it was asked, and then one came", true, false, 1, false},
        {"it waited in vain, and then one came", false, true, 1, false},
        {"it was asked and waited, and then one came", true, true, 1, false},
        {"three came together: the second and third are not waited for", true, false, 3, false},
        {"one came, and it spoke itself", true, false, 1, true},
        {"one came after it waited in vain, and it spoke itself", false, true, 1, true},
        {"three came, and it spoke itself", true, true, 3, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (int at = 0; at < 4; at++) {
            bool at_server = at & 1, is_watched = at & 2;
            char name[200];
            (void)snprintf(name, sizeof(name), "%s (%s%s)", rows[i].name,
                           at_server ? "server" : "client", is_watched ? ", it watches" : "");
            ROW(name);
            AUTO(ends_free) struct ends ends = ends_new();
            watch(&ends, is_watched);
            if (rows[i].is_dry)
                expect_nothing(&ends, at_server, 0);
            if (rows[i].is_waited)
                expect_nothing(&ends, at_server, 5);
            for (size_t m = 0; m < rows[i].messages; m++)
                say(&ends, !at_server, (const char *[]){"one", "two", "three"}[m]);
            let_it_arrive();
            if (rows[i].speaks)
                say(&ends, at_server, "its own");
            for (size_t m = 0; m < rows[i].messages; m++)
                expect(&ends, at_server, (const char *[]){"one", "two", "three"}[m]);
            expect_nothing(&ends, at_server, 0);
            expect_nothing(&ends, at_server, 5);
        }
    }
}

// A look that waits for nothing takes what is there too, each time it is asked.
static void a_look_takes_what_came_since(void **state)
{
    (void)state;
    AUTO(ends_free) struct ends ends = ends_new();
    for (int round = 0; round < 3; round++) {
        expect_nothing(&ends, true, 0);
        say(&ends, false, "since");
        expect_in_looks(&ends, "since");
    }
}

// A watched descriptor ends the wait; what comes by the socket after it is not lost.
static void a_watched_descriptor_ends_the_wait(void **state)
{
    (void)state;
    AUTO(ends_free) struct ends ends = ends_new();
    int64_t start_ms = clock_ticks_ms();
    watch(&ends, 1);
    CHECK_INT(write(ends.quiet[1], "x", 1), 1);
    ROW("nothing has come");
    expect_nothing(&ends, true, NEVER_MS);
    expect_nothing(&ends, true, NEVER_MS);
    ROW("something has");
    say(&ends, false, "beside it");
    expect_in_looks(&ends, "beside it");
    CHECK(clock_ticks_ms() - start_ms < NEVER_MS);
}

TEST_MAIN(cmocka_unit_test(what_is_there_is_taken_at_once),
          cmocka_unit_test(a_look_takes_what_came_since),
          cmocka_unit_test(a_watched_descriptor_ends_the_wait))
