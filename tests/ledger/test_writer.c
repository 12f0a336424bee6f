// Threads that stay with the ledger's writer, on its processor, and others that do not.
#include "ledger/writer.h"

#include "core/mem.h"
#include "ledger/seat.h"
#include "tests/ledger/place.h"

#include <pthread.h>
#include <sched.h>

enum { PRODUCERS = 12, EACH = 40 };

struct producer {
    pthread_t thread;
    struct writer *writer;
    bool stays, stayed, failed;
    cpu_set_t before, after; // where it may run
    int64_t seq[EACH];
};

static void *produce(void *self)
{
    struct producer *producer = self;
    struct err err = {0};
    AUTO(doc_free) struct doc *body = doc_object();
    (void)sched_getaffinity(0, sizeof(producer->before), &producer->before);
    if (producer->stays)
        producer->stayed = writer_stay(producer->writer);
    (void)sched_getaffinity(0, sizeof(producer->after), &producer->after);
    for (int i = 0; i < EACH; i++)
        producer->failed |= writer_append(producer->writer, "drill", (struct utc){0}, body,
                                          &producer->seq[i], &err) != OK;
    return NULL;
}

static void run_all(struct place *place, struct producer producer[PRODUCERS], int staying)
{
    AUTO(writer_close) struct writer *writer = NULL;
    CHECK_OK(writer_open(place->folder, &writer, &place->err), place->err);
    for (int i = 0; i < PRODUCERS; i++) {
        producer[i] = (struct producer){.writer = writer, .stays = i < staying};
        CHECK_INT(pthread_create(&producer[i].thread, NULL, produce, &producer[i]), 0);
    }
    for (int i = 0; i < PRODUCERS; i++)
        CHECK_INT(pthread_join(producer[i].thread, NULL), 0);
    CHECK_INT(writer_report(writer).entries, PRODUCERS * EACH);
}

// Whoever stays has one processor, the same for all; whoever does not keeps its own.
static bool is_seated(const struct producer *one, const cpu_set_t *seat)
{
    return one->stayed ? CPU_COUNT(&one->after) == 1 && CPU_EQUAL(&one->after, seat)
                       : CPU_EQUAL(&one->after, &one->before);
}

static void check_seats(const struct producer producer[PRODUCERS], bool is_choice)
{
    for (int i = 0; i < PRODUCERS; i++) {
        CHECK_INT(producer[i].stayed, producer[i].stays && is_choice);
        CHECK(is_seated(&producer[i], &producer[0].after));
    }
}

static void check_entries(struct place *place, const struct producer producer[PRODUCERS])
{
    bool seen[PRODUCERS * EACH + 1] = {false};
    struct ledger_report report;
    for (int i = 0; i < PRODUCERS * EACH; i++) {
        const struct producer *one = &producer[i / EACH];
        int64_t seq = one->seq[i % EACH];
        CHECK(!one->failed && seq >= 1 && seq <= PRODUCERS * EACH && !seen[seq]);
        CHECK(i % EACH == 0 || seq > one->seq[i % EACH - 1]);
        seen[seq] = true;
    }
    CHECK_OK(ledger_verify(place->ledger, &report, &place->err), place->err);
    CHECK_INT(report.entries, PRODUCERS * EACH);
}

static void every_entry_is_there_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int staying;
    } rows[] = {{"none stays", 0}, {"half of them", PRODUCERS / 2}, {"all", PRODUCERS}};
    static struct producer producer[PRODUCERS];
    for (size_t r = 0; r < COUNT_OF(rows); r++) {
        ROW(rows[r].name);
        AUTO(place_free) struct place place = place_new();
        bool is_choice = seat_find(place.folder) >= 0;
        run_all(&place, producer, rows[r].staying);
        check_seats(producer, is_choice);
        check_entries(&place, producer);
    }
}

static cpu_set_t allowed_now(void)
{
    cpu_set_t allowed;
    CHECK_INT(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
    return allowed;
}

static void a_seat_is_one_that_the_thread_may_have(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_in("/dev/shm"); // where files can have no name
    cpu_set_t allowed = allowed_now();
    int seat = seat_find(place.folder);
    ROW("the thread may use all that it could before");
    cpu_set_t after = allowed_now();
    CHECK(CPU_EQUAL(&allowed, &after));
    ROW("and the seat is one of them");
    CHECK_INT(seat >= 0, CPU_COUNT(&allowed) > 1);
    CHECK(seat < 0 || CPU_ISSET((size_t)seat, &allowed));
    ROW("where no file can be made there is none");
    CHECK_INT(seat_find("/proc/self"), -1);
}

static void no_seat_without_a_choice(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_in("/dev/shm");
    cpu_set_t allowed = allowed_now();
    int first = 0;
    while (!CPU_ISSET((size_t)first, &allowed))
        first++;
    CHECK(seat_take(first));
    CHECK_INT(seat_find(place.folder), -1);
    CHECK_INT(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
}

TEST_MAIN(cmocka_unit_test(every_entry_is_there_once),
          cmocka_unit_test(a_seat_is_one_that_the_thread_may_have),
          cmocka_unit_test(no_seat_without_a_choice))
