// What a turn gathered: one commit of answers and reports where the store can do that, else each.
#include "notify/turn.h"

#include "notify/answers.h"
#include "notify/dispatch.h"
#include "notify/queue.h"
#include "tests/notify/words.h"

enum { CALLS = 6, FEW = 2 };

// A store whose answers are known before; `calls` tells what it was asked: r both together, s
// answers, t reports.
struct store {
    enum err_kind says[CALLS];
    char calls[CALLS + 1];
    size_t count;
};

static enum err_kind say(struct store *store, char what, struct err *err)
{
    CHECK(store->count < CALLS);
    enum err_kind kind = store->says[store->count];
    store->calls[store->count++] = what;
    if (kind)
        err_write(err, kind, "as the test wants it");
    return kind;
}

static enum err_kind settle(void *self, const struct outbox_answer *answer, size_t count,
                            struct err *err)
{
    CHECK(answer && count > 0);
    return say(self, 's', err);
}

static enum err_kind testify(void *self, const struct outbox_evidence *evidence, size_t count,
                             enum err_kind *noted, struct err *err)
{
    CHECK(evidence && count > 0);
    for (size_t i = 0; i < count; i++)
        noted[i] = OK;
    return say(self, 't', err);
}

static enum err_kind record(void *self, const struct outbox_news *news, struct err *err)
{
    CHECK_INT(news->answers, FEW);
    CHECK_INT(news->words, WORDS);
    for (size_t i = 0; i < news->words; i++)
        news->noted[i] = i == 1 ? ERR_MISSING : OK;
    return say(self, 'r', err);
}

static void add_answers(struct answers *answers)
{
    struct note note = {.type = NOTE_ACK, .attempt = 1, .outcome = OUTCOME_DONE};
    for (note.id = 1; note.id <= FEW; note.id++)
        CHECK(answers_add(answers, "sms", &note, 0, (struct utc){0}));
}

static void a_turn_is_one_commit(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool apart, no_answers, no_words;
        enum err_kind says[CALLS];
        const char *calls;
        enum err_kind kind;
        size_t done, recorded;
        bool wait;
        enum noted told[WORDS];
    } rows[] = {
        {"both, once", .says = {OK}, .calls = "r", .done = 2, .recorded = 2,
         .told = {NOTED_RECORDED, NOTED_NOT_FOUND, NOTED_RECORDED}},
        {"a store that cannot do both at once", .apart = true, .calls = "st", .done = 2,
         .recorded = 3, .told = {NOTED_RECORDED, NOTED_RECORDED, NOTED_RECORDED}},
        {"no report", .no_words = true, .calls = "s", .done = 2},
        {"no answer", .no_answers = true, .calls = "t", .recorded = 3,
         .told = {NOTED_RECORDED, NOTED_RECORDED, NOTED_RECORDED}},
        {"neither", .no_answers = true, .no_words = true, .calls = ""},
        {"one is a lie: each as ever", .says = {ERR_INPUT}, .calls = "rst", .done = 2,
         .recorded = 3, .told = {NOTED_RECORDED, NOTED_RECORDED, NOTED_RECORDED}},
        {"one is refused: each as ever", .says = {ERR_REFUSED}, .calls = "rst", .done = 2,
         .recorded = 3, .told = {NOTED_RECORDED, NOTED_RECORDED, NOTED_RECORDED}},
        {"the store takes nothing now: it is asked once, the answers wait, the words are said "
         "again",
         .says = {ERR_LATER}, .calls = "r", .wait = true,
         .told = {NOTED_NOT_NOW, NOTED_NOT_NOW, NOTED_NOT_NOW}},
        {"a lie, and then it takes nothing", .says = {ERR_INPUT, ERR_LATER}, .calls = "rs",
         .wait = true, .told = {NOTED_NOT_NOW, NOTED_NOT_NOW, NOTED_NOT_NOW}},
        {"the store is broken", .says = {ERR_BROKEN, ERR_BROKEN}, .calls = "rs",
         .kind = ERR_BROKEN},
    };
    AUTO(place_free) struct place place = place_new();
    AUTO(bus_close) struct bus *server = NULL, *worker = NULL;
    char route[BUS_PEER_MAX];
    words_connect(&place, &server, &worker, route);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct err err = {0};
        struct store store = {.count = 0};
        struct queue queue = {
            &store, NULL, settle, testify, NULL, NULL, rows[i].apart ? NULL : record};
        struct dispatch_report report = {0};
        AUTO(answers_free) struct answers *answers = answers_new();
        AUTO(testimony_free) struct testimony *testimony = testimony_new();
        memcpy(store.says, rows[i].says, sizeof(store.says));
        if (!rows[i].no_answers)
            add_answers(answers);
        if (!rows[i].no_words)
            words_add(testimony, route);
        CHECK_INT(turn_record(answers, testimony, &queue, server, &report, &err), rows[i].kind);
        CHECK_TEXT(store.calls, rows[i].calls);
        CHECK_INT(report.done, rows[i].done);
        CHECK_INT(report.evidence, rows[i].recorded);
        CHECK_INT(answers_wait(answers), rows[i].wait);
        if (!rows[i].no_words && !rows[i].kind)
            words_told(worker, rows[i].told);
    }
}

// What waited goes with the next turn, once.
static void what_waited_is_recorded_once(void **state)
{
    (void)state;
    AUTO(place_free) struct place place = place_new();
    AUTO(bus_close) struct bus *server = NULL, *worker = NULL;
    char route[BUS_PEER_MAX];
    static const enum noted not_now[] = {NOTED_NOT_NOW, NOTED_NOT_NOW, NOTED_NOT_NOW};
    static const enum noted noted[] = {NOTED_RECORDED, NOTED_NOT_FOUND, NOTED_RECORDED};
    struct err err = {0};
    struct store store = {.says = {ERR_LATER, OK}};
    struct queue queue = {&store, NULL, settle, testify, NULL, NULL, record};
    struct dispatch_report report = {0};
    AUTO(answers_free) struct answers *answers = answers_new();
    AUTO(testimony_free) struct testimony *testimony = testimony_new();
    words_connect(&place, &server, &worker, route);
    add_answers(answers);
    words_add(testimony, route);
    CHECK_OK(turn_record(answers, testimony, &queue, server, &report, &err), err);
    words_told(worker, not_now);
    words_add(testimony, route);
    CHECK_OK(turn_record(answers, testimony, &queue, server, &report, &err), err);
    words_told(worker, noted);
    CHECK(!answers_wait(answers));
    CHECK_OK(turn_record(answers, testimony, &queue, server, &report, &err), err);
    CHECK_TEXT(store.calls, "rr");
    CHECK_INT(report.done, FEW);
    CHECK_INT(report.evidence, WORDS - 1);
}

TEST_MAIN(cmocka_unit_test(a_turn_is_one_commit), cmocka_unit_test(what_waited_is_recorded_once))
