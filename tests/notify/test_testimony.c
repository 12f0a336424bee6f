// Evidence in one commit: what each worker is told when the store takes it, and when it does not.
#include "notify/testimony.h"

#include "notify/queue.h"
#include "tests/notify/words.h"

enum { CALLS_MAX = 1 + WORDS };

// A store whose answers are known before: the first to all of the words, the rest to each alone.
struct store {
    enum err_kind says[CALLS_MAX];
    size_t calls;
    int unknown; // 1 + the word whose message the store does not have
};

static enum err_kind testify(void *self, const struct outbox_evidence *evidence, size_t count,
                             enum err_kind *noted, struct err *err)
{
    struct store *store = self;
    (void)evidence;
    CHECK(store->calls < CALLS_MAX);
    enum err_kind kind = store->says[store->calls++];
    for (size_t i = 0; kind == OK && i < count; i++)
        noted[i] = (int)i + 1 == store->unknown ? ERR_MISSING : OK;
    if (kind)
        err_write(err, kind, "as the test wants it");
    return kind;
}

static void each_worker_is_told_what_is_true(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct store store;
        size_t calls, recorded;
        enum noted told[WORDS];
    } rows[] = {
        {"all of it", {.says = {OK}}, 1, 3, {NOTED_RECORDED, NOTED_RECORDED, NOTED_RECORDED}},
        {"a message that is not known",
         {.says = {OK}, .unknown = 2},
         1,
         2,
         {NOTED_RECORDED, NOTED_NOT_FOUND, NOTED_RECORDED}},
        {"somebody else writes for long: none is tried alone, none is called unknown",
         {.says = {ERR_LATER}},
         1,
         0,
         {NOTED_NOT_NOW, NOTED_NOT_NOW, NOTED_NOT_NOW}},
        {"the store itself is not there: that says nothing of the messages",
         {.says = {ERR_MISSING}},
         1,
         0,
         {NOTED_NOT_NOW, NOTED_NOT_NOW, NOTED_NOT_NOW}},
        {"one is a lie: the good ones stand",
         {.says = {ERR_INPUT, OK, ERR_INPUT, OK}},
         4,
         2,
         {NOTED_RECORDED, NOTED_NOT_NOW, NOTED_RECORDED}},
        {"one is refused: the good ones stand",
         {.says = {ERR_REFUSED, ERR_REFUSED, OK, OK}},
         4,
         2,
         {NOTED_NOT_NOW, NOTED_RECORDED, NOTED_RECORDED}},
        {"one is a lie, and then somebody else writes for long: the rest is not tried",
         {.says = {ERR_INPUT, OK, ERR_LATER}},
         3,
         1,
         {NOTED_RECORDED, NOTED_NOT_NOW, NOTED_NOT_NOW}},
    };
    AUTO(place_free) struct place place = place_new();
    AUTO(bus_close) struct bus *server = NULL, *worker = NULL;
    char route[BUS_PEER_MAX];
    words_connect(&place, &server, &worker, route);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct store store = rows[i].store;
        struct queue queue = {.self = &store, .testify = testify};
        size_t recorded = 0;
        AUTO(testimony_free) struct testimony *testimony = testimony_new();
        words_add(testimony, route);
        CHECK_OK(testimony_record(testimony, &queue, server, &recorded, &err), err);
        CHECK_INT(store.calls, rows[i].calls);
        CHECK_INT(recorded, rows[i].recorded);
        words_told(worker, rows[i].told);
    }
}

static void a_store_that_broke_ends_it(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct store store;
        size_t calls;
    } rows[] = {{"at once", {.says = {ERR_BROKEN}}, 1},
                {"after a lie", {.says = {ERR_INPUT, ERR_INPUT, ERR_BROKEN}}, 3}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct store store = rows[i].store;
        struct queue queue = {.self = &store, .testify = testify};
        size_t recorded = 0;
        AUTO(testimony_free) struct testimony *testimony = testimony_new();
        words_add(testimony, "#00000001");
        CHECK_INT(testimony_record(testimony, &queue, NULL, &recorded, &err), ERR_BROKEN);
        CHECK_HAS(err.text, "as the test wants it");
        CHECK_INT(store.calls, rows[i].calls);
        CHECK_INT(recorded, 0);
    }
}

TEST_MAIN(cmocka_unit_test(each_worker_is_told_what_is_true),
          cmocka_unit_test(a_store_that_broke_ends_it))
