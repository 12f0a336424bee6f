// Answers in one commit: what is recorded, what is kept, when the store takes it and when not.
#include "notify/answers.h"

#include "notify/dispatch.h"
#include "notify/protocol.h"
#include "notify/queue.h"
#include "tests/check.h"

enum { FEW = 3, CALLS_MAX = 8, TOO_MANY = 1000000 };

// A store whose answers are known before, call by call; it keeps the numbers that it took.
struct store {
    enum err_kind says[CALLS_MAX];
    size_t calls, taken;
    int64_t id[CALLS_MAX * FEW];
};

static enum err_kind settle(void *self, const struct outbox_answer *answer, size_t count,
                            struct err *err)
{
    struct store *store = self;
    CHECK(store->calls < CALLS_MAX);
    enum err_kind kind = store->says[store->calls++];
    if (kind)
        return err_set(err, kind, "as the test wants it");
    for (size_t i = 0; i < count; i++) {
        CHECK_TEXT(answer[i].why, "paid to the drill");
        CHECK_TEXT(answer[i].channel, "pay");
        store->id[store->taken++] = answer[i].id;
    }
    return OK;
}

static void add(struct answers *answers, int64_t id)
{
    struct note note = {.type = NOTE_ACK,
                        .id = id,
                        .attempt = 1,
                        .outcome = OUTCOME_DONE,
                        .why = "paid to the drill"};
    CHECK(answers_add(answers, "pay", &note, 0, (struct utc){0}));
}

static void each_is_recorded_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum err_kind says[CALLS_MAX];
        size_t rounds, calls, taken, done;
        int64_t id[FEW + 1]; // in the order in which the store took them
        bool wait;           // still, at the end
    } rows[] = {
        {"in one commit", {OK}, 1, 1, 3, 3, {1, 2, 3}, false},
        {"one round more asks nothing", {OK}, 2, 1, 3, 3, {1, 2, 3}, false},
        {"the store is away: they are kept", {ERR_LATER}, 1, 1, 0, 0, {0}, true},
        {"and recorded when it is back", {ERR_LATER, ERR_LATER, OK}, 3, 3, 3, 3, {1, 2, 3}, false},
        {"one is a lie: the good ones stand",
         {ERR_INPUT, OK, ERR_INPUT, OK},
         1,
         4,
         2,
         2,
         {1, 3},
         false},
        {"a lie, and then the store goes: what was recorded is not recorded again",
         {ERR_INPUT, OK, ERR_LATER, OK},
         2,
         4,
         3,
         3,
         {1, 2, 3},
         false},
        {"a lie that comes last", {ERR_INPUT, OK, OK, ERR_INPUT}, 2, 4, 2, 2, {1, 2}, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct store store = {.calls = 0};
        struct queue queue = {.self = &store, .settle = settle};
        struct dispatch_report report = {0};
        AUTO(answers_free) struct answers *answers = answers_new();
        memcpy(store.says, rows[i].says, sizeof(store.says));
        for (int64_t id = 1; id <= FEW; id++)
            add(answers, id);
        for (size_t round = 0; round < rows[i].rounds; round++)
            CHECK_OK(answers_record(answers, &queue, &report, &err), err);
        CHECK_INT(store.calls, rows[i].calls);
        CHECK_INT(store.taken, rows[i].taken);
        CHECK_INT(report.done, rows[i].done);
        CHECK_INT(answers_wait(answers), rows[i].wait);
        for (size_t k = 0; k < store.taken; k++)
            CHECK_INT(store.id[k], rows[i].id[k]);
    }
}

static void a_store_that_broke_ends_it(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum err_kind says[CALLS_MAX], wanted;
    } rows[] = {
        {"at once", {ERR_BROKEN}, ERR_BROKEN},
        {"after a lie", {ERR_INPUT, OK, ERR_BROKEN}, ERR_BROKEN},
        {"another dispatcher has the post", {ERR_REFUSED}, ERR_REFUSED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct store store = {.calls = 0};
        struct queue queue = {.self = &store, .settle = settle};
        struct dispatch_report report = {0};
        AUTO(answers_free) struct answers *answers = answers_new();
        memcpy(store.says, rows[i].says, sizeof(store.says));
        for (int64_t id = 1; id <= FEW; id++)
            add(answers, id);
        CHECK_INT(answers_record(answers, &queue, &report, &err), rows[i].wanted);
        CHECK_HAS(err.text, "as the test wants it");
    }
}

// Memory has an end, however long the store is away; what has a place keeps it.
static void there_is_a_last_place(void **state)
{
    (void)state;
    struct err err = {0};
    struct store store = {.says = {ERR_LATER}};
    struct queue queue = {.self = &store, .settle = settle};
    struct dispatch_report report = {0};
    AUTO(answers_free) struct answers *answers = answers_new();
    struct note note = {.type = NOTE_ACK, .attempt = 1, .outcome = OUTCOME_DONE};
    int count = 0;
    while (count < TOO_MANY && answers_add(answers, NULL, &note, 0, (struct utc){0}))
        count++;
    CHECK(count >= 1000 && count < TOO_MANY); // a worker's whole credit
    CHECK_OK(answers_record(answers, &queue, &report, &err), err);
    CHECK(answers_wait(answers));
    CHECK(!answers_add(answers, NULL, &note, 0, (struct utc){0}));
}

TEST_MAIN(cmocka_unit_test(each_is_recorded_once), cmocka_unit_test(a_store_that_broke_ends_it),
          cmocka_unit_test(there_is_a_last_place))
