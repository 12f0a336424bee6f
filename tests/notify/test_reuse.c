// What serves again is as new: the dispatcher's note of a job, a worker's places for jobs and their
// bodies, and its note of an answer. A real dispatcher with a list in memory and a real worker
// whose driver says what it was given; long jobs and short ones, bodies of each size, answers with
// words and without.
#include "core/bus.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/site.h"
#include "notify/channel.h"
#include "notify/dispatch.h"
#include "notify/worker.h"
#include "tests/ledger/place.h"
#include "tests/loopback.h"

#include <sys/wait.h>

enum {
    JOBS = 300,
    BODY_BYTES_MAX = 9000, // over what a place keeps for the next job
    LEASE_MS = 60000,
    NOW_S = 1725667200,
    AFTER_MS = 77000, // what a put off job asks for
};

// --- the jobs: each with texts of its own lengths
// --------------------------------------------------------

static void fill(char *out, size_t size, size_t len, int64_t id)
{
    len = len < size ? len : size - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)('a' + (size_t)(id + (int64_t)i) % 26);
    out[len] = '\0';
}

static size_t length_of(int64_t id, size_t most)
{
    // Long, then short, then none, then some.
    static const size_t share[] = {100, 2, 0, 50, 7};
    return most * share[(size_t)id % COUNT_OF(share)] / 100;
}

static struct outbox_item item_of(int64_t id)
{
    struct outbox_item item = {.id = id, .attempt = 1, .ask = id % 3 == 0};
    item.body = mem_new(BODY_BYTES_MAX + 1, 1);
    fill(item.key, sizeof(item.key), 1 + length_of(id, sizeof(item.key)), id);
    fill(item.person, sizeof(item.person), length_of(id + 1, sizeof(item.person)), id);
    fill(item.contract, sizeof(item.contract), length_of(id + 2, sizeof(item.contract)), id);
    fill(item.body, BODY_BYTES_MAX + 1, 1 + length_of(id + 3, BODY_BYTES_MAX), id);
    return item;
}

static struct hash_hex digest(const char *key, const char *person, const char *contract,
                              struct str body, bool ask)
{
    AUTO(buf_free) struct buf all = buf_new((size_t)2 * BODY_BYTES_MAX);
    buf_print(&all, "%s|%s|%s|%d|", key, person, contract, ask);
    buf_str(&all, body);
    return hash_hex(hash_of(buf_slice(&all)));
}

static enum outcome outcome_of(int64_t id)
{
    return id % 7 == 0 ? OUTCOME_PUT_OFF : id % 7 == 1 ? OUTCOME_BUSY : OUTCOME_DONE;
}

// What the driver answers to a job, by its number: nearly each is another answer than the last.
static void answer(struct job *job)
{
    const struct note *note = job->note;
    struct hash_hex hex = digest(note->key, note->person, note->contract, note->body, note->ask);
    int64_t id = note->id;
    job->outcome = outcome_of(id);
    if (job->outcome == OUTCOME_PUT_OFF)
        job->after_ms = AFTER_MS;
    if (id % 2 == 0)
        (void)snprintf(job->ref, sizeof(job->ref), "%s", hex.at);
    if (id % 4 < 2)
        (void)snprintf(job->why, sizeof(job->why), "%s", hex.at);
    if (note->at.s != NOW_S)
        (void)snprintf(job->why, sizeof(job->why), "it is another time");
}

// --- the worker
// ------------------------------------------------------------------------------------------

struct echo {
    const struct host *host;
};

static enum err_kind echo_open(const struct site *site, const struct host *host, void **self,
                               struct err *err)
{
    (void)site;
    (void)err;
    struct echo *echo = mem_new(1, sizeof(*echo));
    echo->host = host;
    *self = echo;
    return OK;
}

static enum err_kind echo_batch(void *self, struct job *job, size_t count, struct err *err)
{
    (void)self;
    (void)err;
    for (size_t i = 0; i < count; i++)
        answer(&job[i]);
    return OK;
}

// Each is settled by itself, the last first; then what came meanwhile, two in hand at once.
static enum err_kind echo_one_by_one(void *self, struct job *job, size_t count, struct err *err)
{
    const struct host *host = ((struct echo *)self)->host;
    (void)err;
    for (size_t i = count; i > 0; i--) {
        answer(&job[i - 1]);
        host->settled(host->self, &job[i - 1]);
        (void)host->beat(host->self);
    }
    struct job *first = host->more(host->self);
    while (first) {
        struct job *second = host->more(host->self);
        answer(first);
        host->settled(host->self, first);
        (void)host->beat(host->self);
        first = second;
    }
    return OK;
}

static void echo_close(void **self)
{
    mem_free(self);
}

static void echo_noted(void *self, int64_t number, enum err_kind kind)
{
    (void)self;
    (void)number;
    (void)kind;
}

static bool never(void)
{
    return false;
}

static pid_t start_worker(const struct site *site, int64_t credit, bool one_by_one)
{
    struct channel channel = {.name = "echo",
                              .driver = "echo",
                              .credit = credit,
                              .open = echo_open,
                              .deliver = one_by_one ? echo_one_by_one : echo_batch,
                              .close = echo_close,
                              .noted = one_by_one ? echo_noted : NULL}; // it is heard in a beat
    pid_t child = child_fork();
    if (child > 0)
        return child;
    struct err err = {0};
    struct work work = {.site = site, .channel = "echo", .with = &channel, .stopped = never};
    _exit(worker_run(&work, &err) != OK);
}

// --- the list
// --------------------------------------------------------------------------------------------

struct list {
    int64_t next;   // the first that was not handed out
    size_t settled; // jobs
    bool done[JOBS + 1];
};

static enum err_kind take(void *self, const struct outbox_claim *claim, struct outbox_items *out,
                          struct err *err)
{
    struct list *list = self;
    (void)err;
    out->at = mem_new(claim->max, sizeof(*out->at));
    while (out->count < claim->max && list->next <= JOBS)
        out->at[out->count++] = item_of(list->next++);
    return OK;
}

static void settle_one(struct list *list, const struct outbox_answer *said)
{
    int64_t id = said->id, now_ms = clock_wall_ms();
    CHECK(id >= 1 && id <= JOBS && !list->done[id]);
    struct outbox_item item = item_of(id);
    struct hash_hex hex = digest(item.key, item.person, item.contract, str_of(item.body), item.ask);
    CHECK_INT(said->attempt, 1);
    CHECK_TEXT(said->channel, "echo");
    CHECK_INT(said->outcome, outcome_of(id));
    CHECK_TEXT(said->ref, id % 2 == 0 ? hex.at : "");
    CHECK_TEXT(said->why, id % 4 < 2 ? hex.at : "");
    int64_t wait_ms = said->due_ms ? said->due_ms - now_ms : 0;
    switch (id % 7) {
    case 0: // as it was asked for, with jitter
        CHECK(wait_ms > AFTER_MS / 2 && wait_ms < 2 * AFTER_MS);
        break;
    case 1: // nothing was asked for
        CHECK(wait_ms < AFTER_MS / 2);
        CHECK(said->due_ms > 0);
        break;
    default:
        CHECK_INT(said->due_ms, 0);
    }
    list->done[id] = true;
    list->settled++;
    outbox_item_free(&item);
}

static enum err_kind settle(void *self, const struct outbox_answer *said, size_t count,
                            struct err *err)
{
    (void)err;
    for (size_t i = 0; i < count; i++)
        settle_one(self, &said[i]);
    return OK;
}

static enum err_kind reclaim(void *self, int64_t now_ms, const char *worker, size_t *count,
                             struct err *err)
{
    (void)self;
    (void)now_ms;
    (void)worker;
    (void)err;
    *count = 0;
    return OK;
}

static enum err_kind is_empty(void *self, bool *empty, struct err *err)
{
    const struct list *list = self;
    (void)err;
    *empty = list->settled == JOBS;
    return OK;
}

static enum err_kind fixed_now(void *self, struct utc *out, struct err *err)
{
    (void)self;
    (void)err;
    out->s = NOW_S;
    return OK;
}

static void each_job_is_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t credit;
        bool one_by_one;
    } rows[] = {
        {"one job at a time: each place serves all", 1, false},
        {"some at a time", 5, false},
        {"all at once", JOBS, false},
        {"one at a time, settled by itself", 1, true},
        {"some, settled one by one, and more taken meanwhile", 5, true},
        {"all, settled one by one", JOBS, true},
    };
    AUTO(place_free) struct place place = place_new();
    AUTO(site_free) struct site *site = NULL;
    struct err err = {0};
    place_settings(&place, "mode: drill\n");
    CHECK_OK(site_open(place.folder, &site, &err), err);
    AUTO(mem_drop) char *run = site_path(site, "run");
    CHECK_OK(file_make_folder(run, 0700, &err), err);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(mem_drop) char *socket = worker_socket(site);
        AUTO(bus_close) struct bus *bus = NULL;
        struct list list = {.next = 1};
        struct dispatch_report report;
        struct dispatch dispatch = {.queue = {&list, take, settle, NULL, reclaim, is_empty, NULL},
                                    .lease_ms = LEASE_MS,
                                    .pay_lease_ms = LEASE_MS,
                                    .retry_first_ms = 2000,
                                    .now = fixed_now,
                                    .stopped = never,
                                    .until_empty = true};
        int status = 0;
        // Before ZeroMQ has threads here: one of them could hold a lock that the child then waits
        // for.
        pid_t worker = start_worker(site, rows[i].credit, rows[i].one_by_one);
        CHECK_OK(bus_serve(socket, &bus, &err), err);
        dispatch.bus = bus;
        CHECK_OK(dispatch_run(&dispatch, &report, &err), err);
        CHECK(waitpid(worker, &status, 0) == worker && status == 0);
        CHECK_INT(list.settled, JOBS);
        CHECK_INT(report.handed_out, JOBS);
    }
}

TEST_MAIN(cmocka_unit_test(each_job_is_its_own))
