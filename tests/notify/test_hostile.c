// 50,000 hostile connections to the port of the bus, while a good worker beyond it is given
// messages all the time: every one of these is done, and the dispatcher's memory does not grow.
//
// HOSTILE=n: so many connections. HOSTILE_SEED=n replays the noise.
#include "core/bus.h"
#include "core/bus_key.h"
#include "core/clock.h"
#include "core/hash.h"
#include "notify/channel.h"
#include "notify/service.h"
#include "notify/worker.h"
#include "tests/notify/bed.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/wait.h>

enum {
    CONNECTIONS = SANITIZED ? 5000 : 50000,
    EVERY = 500,       // a message for the good worker after so many
    WARM = 5000,       // connections before memory is looked at first
    GROWTH_KIB = 8192, // that is allowed from then on
    SOURCES = 200,     // addresses 127.0.0.2 ... that they come from
    PACE_US = 50,
};

// --- a good worker: says done
// ----------------------------------------------------------------------------

static enum err_kind good_open(const struct site *site, const struct host *host, void **self,
                               struct err *err)
{
    (void)site;
    (void)host;
    (void)err;
    *self = NULL;
    return OK;
}

static enum err_kind good_deliver(void *self, struct job *job, size_t count, struct err *err)
{
    (void)self;
    (void)err;
    for (size_t i = 0; i < count; i++)
        job[i].outcome = OUTCOME_DONE;
    return OK;
}

static void good_close(void **self)
{
    *self = NULL;
}

static pid_t start_worker(const struct site *site, const char *address, const char *key)
{
    static const struct channel channel = {.name = "sms",
                                           .driver = "good",
                                           .open = good_open,
                                           .deliver = good_deliver,
                                           .close = good_close};
    pid_t child = child_fork();
    if (child > 0)
        return child;
    struct err err = {0};
    struct work work = {.site = site,
                        .channel = "sms",
                        .address = address,
                        .key_path = key,
                        .with = &channel,
                        .stopped = bed_never};
    _exit(worker_run(&work, &err) != OK);
}

static pid_t start_dispatcher(const struct site *site, const char *folder)
{
    pid_t child = child_fork();
    if (child > 0)
        return child;
    struct ledger *ledger = NULL;
    struct err err = {0};
    struct dispatch_report report;
    AUTO(mem_drop) char *log = file_join(folder, "dispatch.log");
    if (!freopen(log, "a", stderr) || ledger_open(folder, LEDGER_WRITE, &ledger, &err))
        _exit(1);
    setlinebuf(stderr); // who looks into the log sees what was said
    struct service service = {.site = site, .ledger = ledger, .now = bed_now, .stopped = bed_never};
    _exit(service_run(&service, &report, &err) != OK);
}

// --- messages for it
// -------------------------------------------------------------------------------------

static int64_t some_entry(struct place *place)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    AUTO(doc_free) struct doc *body = doc_object();
    int64_t seq = 0;
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(ledger_append(txn, "test", (struct utc){0}, body, &seq, NULL, &place->err),
             place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
    return seq;
}

static void put(struct place *place, int64_t cause, int number)
{
    AUTO(ledger_undo) struct txn *txn = NULL;
    bool fresh;
    char body[] = "{}";
    struct outbox_item item = {
        .channel = "sms", .expires = UTC_NEVER, .cause = cause, .body = body};
    (void)snprintf(item.key, sizeof(item.key), "k/%d", number);
    CHECK_OK(ledger_begin(place->ledger, &txn, &place->err), place->err);
    CHECK_OK(outbox_put(txn, &item, &fresh, &place->err), place->err);
    CHECK_OK(ledger_commit(&txn, &place->err), place->err);
}

static int64_t done(struct place *place)
{
    int64_t count[OUTBOX_STATES];
    CHECK_OK(outbox_count(place->ledger, "sms", count, &place->err), place->err);
    return count[OUTBOX_DONE];
}

// --- enemies
// -----------------------------------------------------------------------------------------

static uint64_t draw(uint64_t *seed, uint64_t below)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % below;
}

// What one of them says: noise; a greeting of ZMTP cut somewhere, or with a bit turned, or for
// another mechanism; a whole greeting and then noise where CURVE's HELLO belongs; a frame of 2^62
// bytes; nothing.
static size_t make_words(uint64_t *seed, char *out, size_t size)
{
    static const char greeting[64] = "\xff\0\0\0\0\0\0\0\x01\x7f\x03\x00"
                                     "CURVE";
    size_t len = draw(seed, size);
    for (size_t i = 0; i < size; i++)
        out[i] = (char)draw(seed, 256);
    uint64_t kind = draw(seed, 7);
    if (kind == 0)
        return len;
    if (kind == 1)
        return 0;
    memcpy(out, greeting, sizeof(greeting));
    if (kind == 2)
        return draw(seed, sizeof(greeting));
    if (kind == 3)
        out[draw(seed, sizeof(greeting))] ^= (char)(1 << draw(seed, 8));
    if (kind == 4)
        memcpy(out + 12, "NULL\0", 5);
    if (kind == 5)
        memcpy(out + sizeof(greeting), "\x02\x40\0\0\0\0\0\0\0", 9);
    if (kind == 6)
        memcpy(out + sizeof(greeting), "\x04\xc8\x05HELLO\x01\0", 10);
    return sizeof(greeting) + draw(seed, size - sizeof(greeting));
}

// Most go with a reset at once, some stay open until their place in `open` is wanted.
static void attack(uint64_t *seed, int port, int *open_one)
{
    char words[300];
    struct linger hard = {1, 0};
    struct sockaddr_in from = {
        .sin_family = AF_INET,
        .sin_addr = {htonl(INADDR_LOOPBACK + 1 + (uint32_t)draw(seed, SOURCES))}};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    size_t len = make_words(seed, words, sizeof(words));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    if (bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
        connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        (void)(send(fd, words, len, MSG_NOSIGNAL) >= 0);
    if (*open_one > 0)
        (void)close(*open_one);
    *open_one = 0;
    if (draw(seed, 4) == 0)
        *open_one = fd;
    else
        (void)close(fd);
}

static void close_all(const int *held, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (held[i] > 0)
            (void)close(held[i]);
    }
}

static long rss_kib(pid_t process)
{
    char path[64], line[200];
    long kib = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)process);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    }
    (void)fclose(file);
    return kib;
}

static long from_environment(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : otherwise;
}

static void wait_done(struct place *place, int64_t want)
{
    while (done(place) < want)
        bed_pause();
}

// A site that listens beyond itself, to a key for sms and to one for pay.
struct beyond {
    struct place place;
    struct site *site;
    unsigned port;
    char address[64];
    struct bus_key good, other;
};

static void beyond_free(struct beyond *beyond)
{
    site_free(&beyond->site);
    place_free(&beyond->place);
}

static struct beyond beyond_new(void)
{
    struct beyond beyond = {.port = free_port()};
    char settings[200], text[300];
    struct bus_key server;
    AUTO(buf_free) struct buf keys = buf_new(1000);
    (void)snprintf(beyond.address, sizeof(beyond.address), "tcp://127.0.0.1:%u", beyond.port);
    (void)snprintf(settings, sizeof(settings), "bus_listen: %s\n", beyond.address);
    beyond.place = bed_site(settings);
    AUTO(mem_drop) char *run = file_join(beyond.place.folder, "run");
    CHECK_OK(file_make_folder(run, 0700, &beyond.place.err), beyond.place.err);
    bus_key_make(&server);
    bus_key_make(&beyond.good);
    bus_key_make(&beyond.other);
    memcpy(beyond.good.server_key, server.public_key, sizeof(server.public_key));
    memcpy(beyond.other.server_key, server.public_key, sizeof(server.public_key));
    bus_key_print(&server, &keys);
    bed_write(beyond.place.folder, "keys/bus.server", keys.at);
    buf_clear(&keys);
    bus_key_print(&beyond.good, &keys);
    bed_write(beyond.place.folder, "keys/good.worker", keys.at);
    (void)snprintf(text, sizeof(text), "sms good %s\npay other %s\n", beyond.good.public_key,
                   beyond.other.public_key);
    bed_write(beyond.place.folder, "keys/allow", text);
    CHECK_OK(site_open(beyond.place.folder, &beyond.site, &beyond.place.err), beyond.place.err);
    return beyond;
}

// --- in another's name
// -----------------------------------------------------------------------------------

// Waits for a word of this type; what else comes is passed over, but for a job.
static struct note hear(struct bus *bus, enum note_type type)
{
    for (int64_t end = clock_ticks_ms() + BED_WAIT_MS; clock_ticks_ms() < end;) {
        AUTO(bus_message_free) struct bus_message message = {0};
        struct err err = {0};
        struct notes notes;
        struct note note = {0};
        bool got = false;
        CHECK_OK(bus_receive(bus, BED_STEP_MS, &message, &got, &err), err);
        if (!got)
            continue;
        CHECK_OK(notes_open(&message, &notes, &err), err);
        CHECK_OK(notes_take(&notes, &note, &got, &err), err);
        if (got && note.type == type)
            return note;
        if (got && note.type == NOTE_JOB)
            CHECK_FAILED("%s was given to one who is to have no job", note.key);
    }
    CHECK_FAILED("never heard %d", (int)type);
    return (struct note){0};
}

static void say(struct bus *bus, const struct note *note)
{
    struct err err = {0};
    int64_t end = clock_ticks_ms() + BED_WAIT_MS;
    while (note_send(bus, NULL, note, &err) && clock_ticks_ms() < end)
        bed_pause(); // not connected yet
}

static struct note ack_of(const struct note *job)
{
    return (struct note){
        .type = NOTE_ACK, .id = job->id, .attempt = job->attempt, .outcome = OUTCOME_DONE};
}

static void a_key_for_another_channel_does_not_speak_in_a_workers_name(void **state)
{
    (void)state;
    AUTO(beyond_free) struct beyond beyond = beyond_new();
    struct place *place = &beyond.place;
    AUTO(bus_close) struct bus *worker = NULL, *thief = NULL;
    struct note ready = {.type = NOTE_READY, .worker = "w-1", .channel = "sms", .credit = 2};
    struct note also = {.type = NOTE_READY, .worker = "w-1", .channel = "pay", .credit = 2};
    pid_t dispatcher = start_dispatcher(beyond.site, place->folder);
    int64_t cause = some_entry(place);
    put(place, cause, 0);
    CHECK_OK(bus_join_tcp(beyond.address, &beyond.good, &worker, &place->err), place->err);
    say(worker, &ready);
    struct note job = hear(worker, NOTE_JOB), ack = ack_of(&job);
    CHECK_OK(bus_join_tcp(beyond.address, &beyond.other, &thief, &place->err), place->err);
    ROW("a key for pay says that it is the worker for sms");
    say(thief, &ready);
    CHECK_HAS(hear(thief, NOTE_ERR).why, "not for this channel");
    ROW("or a worker for pay under that name");
    say(thief, &also);
    CHECK_HAS(hear(thief, NOTE_ERR).why, "another worker's");
    ROW("done, it says; and whoever is sent the next message, it is not");
    say(thief, &ack);
    put(place, cause, 1);
    job = hear(worker, NOTE_JOB);
    CHECK_TEXT(job.key, "k/1");
    say(thief, &also);
    (void)hear(thief, NOTE_ERR);
    CHECK_INT(done(place), 0);
    ROW("the worker comes back by its key: what it did counts before it says who it is");
    bus_close(&worker);
    CHECK_OK(bus_join_tcp(beyond.address, &beyond.good, &worker, &place->err), place->err);
    ack = ack_of(&job);
    say(worker, &ack);
    wait_done(place, 1);
    put(place, cause, 2);
    CHECK_TEXT(hear(worker, NOTE_JOB).key, "k/2");
    bed_end(&dispatcher, SIGKILL);
}

static void a_key_that_is_dropped_is_served_no_more(void **state)
{
    (void)state;
    AUTO(beyond_free) struct beyond beyond = beyond_new();
    struct place *place = &beyond.place;
    AUTO(bus_close) struct bus *dropped = NULL, *good = NULL;
    struct note ready = {.type = NOTE_READY, .worker = "w-1", .channel = "sms", .credit = 2},
                also = ready;
    char allow[200];
    AUTO(mem_drop) char *next = file_join(place->folder, "keys/next");
    AUTO(mem_drop) char *listed = file_join(place->folder, "keys/allow");
    pid_t dispatcher = start_dispatcher(beyond.site, place->folder);
    int64_t cause = some_entry(place);
    put(place, cause, 0);
    CHECK_OK(bus_join_tcp(beyond.address, &beyond.good, &dropped, &place->err), place->err);
    say(dropped, &ready);
    struct note job = hear(dropped, NOTE_JOB), ack = ack_of(&job);
    ROW("a list that is not good: who is in stays");
    bed_write(place->folder, "keys/allow", "sms\n");
    (void)snprintf(allow, sizeof(allow), "sms good %s\n", beyond.other.public_key);
    bed_write(place->folder, "keys/next", allow);
    say(dropped, &ready);
    (void)hear(dropped, NOTE_HB);
    ROW("its name has another key now, and it says nothing: what comes is for who has the new key");
    // At once: who says nothing for PEER_SILENT_MS is given nothing, whatever its key.
    CHECK(rename(next, listed) == 0);
    put(place, cause, 1);
    bed_wait_text(place->folder, "dispatch.log", "given nothing more");
    CHECK_OK(bus_join_tcp(beyond.address, &beyond.other, &good, &place->err), place->err);
    (void)snprintf(also.worker, sizeof(also.worker), "w-2");
    say(good, &also);
    CHECK_TEXT(hear(good, NOTE_JOB).key, "k/1");
    ROW("what it says does not count");
    say(dropped, &ack);
    CHECK_HAS(hear(dropped, NOTE_ERR).why, "your key was dropped");
    CHECK_INT(done(place), 0);
    ROW("nor is it given anything for it");
    put(place, cause, 2);
    say(dropped, &ready);
    CHECK_HAS(hear(dropped, NOTE_ERR).why, "your key was dropped");
    CHECK_TEXT(hear(good, NOTE_JOB).key, "k/2");
    ROW("however much it says, the log says it in a few lines");
    for (int i = 0; i < 200; i++)
        say(dropped, &ready);
    for (int i = 0; i < 200; i++)
        CHECK_HAS(hear(dropped, NOTE_ERR).why, "your key was dropped");
    CHECK(bed_count_text(place->folder, "dispatch.log", "are not heard") < 100);
    bed_end(&dispatcher, SIGKILL);
}

// How many messages are in this state.
static int64_t count_in(struct place *place, enum outbox_state state)
{
    int64_t count[OUTBOX_STATES];
    CHECK_OK(outbox_count(place->ledger, "sms", count, &place->err), place->err);
    return count[state];
}

// Waits until the dispatcher knows that its one worker's connection is gone.
static void wait_gone(const struct place *place)
{
    static const char *const lines[] = {"the connection of worker", "could not be reached"};
    for (size_t i = 0; !bed_count_text(place->folder, "dispatch.log", lines[i]);
         i = (i + 1) % COUNT_OF(lines))
        bed_pause();
}

// A worker beyond the network whose connection broke may be at work: what it has stays its, and
// only what could not be sent goes to another.
static void a_broken_connection_is_not_the_end_of_a_worker(void **state)
{
    (void)state;
    AUTO(beyond_free) struct beyond beyond = beyond_new();
    struct place *place = &beyond.place;
    AUTO(bus_close) struct bus *first = NULL, *second = NULL;
    struct note ready = {.type = NOTE_READY, .worker = "w-1", .channel = "sms", .credit = 2};
    char want[8];
    pid_t dispatcher = start_dispatcher(beyond.site, place->folder);
    int64_t cause = some_entry(place);
    put(place, cause, 0);
    CHECK_OK(bus_join_tcp(beyond.address, &beyond.good, &first, &place->err), place->err);
    say(first, &ready);
    struct note job = hear(first, NOTE_JOB), none = {.type = NOTE_HB};
    CHECK_TEXT(job.key, "k/0");
    bus_close(&first);
    put(place, cause, 1); // offered to the one that is not there, or to nobody
    wait_gone(place);
    int next = 1;
    if (!bed_count_text(place->folder, "dispatch.log", "could not be reached") &&
        count_in(place, OUTBOX_LEASED) == 2) // sent before anybody knew: it is the first's
        put(place, cause, ++next);
    (void)snprintf(want, sizeof(want), "k/%d", next);
    CHECK_OK(bus_join_tcp(beyond.address, &beyond.good, &second, &place->err), place->err);
    (void)snprintf(ready.worker, sizeof(ready.worker), "w-2");
    say(second, &ready);
    CHECK_TEXT(hear(second, NOTE_JOB).key, want);
    ROW("what the first has in hand is given to nobody else");
    for (int i = 0; i < 3; i++) { // `hear` fails on a job
        say(second, &none);
        (void)hear(second, NOTE_HB);
    }
    ROW("and counts when it says so");
    struct note ack = ack_of(&job);
    CHECK_OK(bus_join_tcp(beyond.address, &beyond.good, &first, &place->err), place->err);
    say(first, &ack);
    wait_done(place, 1);
    bed_end(&dispatcher, SIGKILL);
}

// Bytes that have come to connections of a port and that its program has not taken yet.
static unsigned long bytes_at(unsigned port)
{
    unsigned long sum = 0, queue;
    unsigned own;
    char line[300];
    FILE *table = fopen("/proc/self/net/tcp", "re");
    CHECK(table != NULL);
    while (fgets(line, sizeof(line), table)) {
        if (sscanf(line, " %*d: %*x:%x %*x:%*x 01 %*x:%lx", &own, &queue) == 2 && own == port)
            sum += queue;
    }
    CHECK_INT(fclose(table), 0);
    return sum;
}

// Says it to a dispatcher that stands still, and returns when it is there.
static void say_there(struct bus *bus, const struct note *note, unsigned port)
{
    unsigned long before = bytes_at(port);
    say(bus, note);
    while (bytes_at(port) == before)
        bed_pause();
}

// A worker that stops says what became of its job and that it ends: both are there at one look.
static void what_a_worker_says_before_it_ends_counts(void **state)
{
    (void)state;
    AUTO(beyond_free) struct beyond beyond = beyond_new();
    struct place *place = &beyond.place;
    AUTO(bus_close) struct bus *worker = NULL;
    struct note ready = {.type = NOTE_READY, .worker = "w-1", .channel = "sms", .credit = 2};
    const struct note bye = {.type = NOTE_BYE};
    pid_t dispatcher = start_dispatcher(beyond.site, place->folder);
    put(place, some_entry(place), 0);
    CHECK_OK(bus_join_tcp(beyond.address, &beyond.good, &worker, &place->err), place->err);
    say(worker, &ready);
    struct note job = hear(worker, NOTE_JOB), answer = ack_of(&job);
    answer.type = NOTE_NAK;
    answer.outcome = OUTCOME_REFUSED;
    (void)snprintf(answer.why, sizeof(answer.why), "no such number");
    ROW("refused, and it ends");
    CHECK_INT(kill(dispatcher, SIGSTOP), 0);
    CHECK_INT(waitpid(dispatcher, NULL, WUNTRACED), dispatcher);
    say_there(worker, &answer, beyond.port);
    say_there(worker, &bye, beyond.port);
    CHECK_INT(kill(dispatcher, SIGCONT), 0);
    while (count_in(place, OUTBOX_LEASED) > 0)
        bed_pause();
    CHECK_INT(count_in(place, OUTBOX_DEAD), 1);
    bed_end(&dispatcher, SIGKILL);
}

static void a_good_peer_is_served_throughout(void **state)
{
    (void)state;
    enum { OPEN_MAX = 64 };
    int held[OPEN_MAX] = {0};
    uint64_t seed = (uint64_t)from_environment("HOSTILE_SEED", 20261125), first_seed = seed;
    long connections = from_environment("HOSTILE", CONNECTIONS), warm_kib = 0;
    AUTO(beyond_free) struct beyond beyond = beyond_new();
    struct place *place = &beyond.place;
    AUTO(mem_drop) char *key_path = file_join(place->folder, "keys/good.worker");
    int64_t cause = some_entry(place), given = 0, slowest_ms = 0, sum_ms = 0;
    pid_t dispatcher = start_dispatcher(beyond.site, place->folder);
    pid_t worker = start_worker(beyond.site, beyond.address, key_path);
    put(place, cause, (int)given++);
    wait_done(place, given);
    for (long i = 0; i < connections; i++) {
        attack(&seed, (int)beyond.port, &held[i % OPEN_MAX]);
        if (i == WARM)
            warm_kib = rss_kib(dispatcher);
        if (i % EVERY != 0)
            continue;
        int64_t start_ms = clock_ticks_ms();
        put(place, cause, (int)given++);
        wait_done(place, given);
        int64_t took_ms = clock_ticks_ms() - start_ms;
        slowest_ms = took_ms > slowest_ms ? took_ms : slowest_ms;
        sum_ms += took_ms;
    }
    close_all(held, OPEN_MAX);
    CHECK_INT(waitpid(dispatcher, NULL, WNOHANG), 0);
    CHECK_INT(waitpid(worker, NULL, WNOHANG), 0);
    long end_kib = rss_kib(dispatcher);
    print_message(
        "# %ld hostile connections, seed %llu: %lld messages done meanwhile, on "
        "average in %lld ms, the slowest in %lld ms; memory %ld KiB, at the end %ld KiB\n",
        connections, (unsigned long long)first_seed, (long long)given, (long long)(sum_ms / given),
        (long long)slowest_ms, warm_kib, end_kib);
    if (!SANITIZED && warm_kib && end_kib > warm_kib + GROWTH_KIB)
        CHECK_FAILED("memory grew from %ld to %ld KiB", warm_kib, end_kib);
    bed_end(&worker, SIGKILL);
    bed_end(&dispatcher, SIGKILL);
}

TEST_MAIN(cmocka_unit_test(a_key_for_another_channel_does_not_speak_in_a_workers_name),
          cmocka_unit_test(a_broken_connection_is_not_the_end_of_a_worker),
          cmocka_unit_test(what_a_worker_says_before_it_ends_counts),
          cmocka_unit_test(a_key_that_is_dropped_is_served_no_more),
          cmocka_unit_test(a_good_peer_is_served_throughout))
