// What a worker remembers of what it did.
#include "core/mem.h"
#include "notify/recall.h"
#include "tests/check.h"

#include <string.h>

static struct job job_of(struct note *note, int64_t id, const char *key, enum outcome outcome)
{
    *note = (struct note){.type = NOTE_JOB, .id = id, .attempt = 1};
    (void)snprintf(note->key, sizeof(note->key), "%s", key);
    return (struct job){.note = note, .outcome = outcome};
}

static void test_recall(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t id;
        const char *key;
        enum outcome before;
        int64_t id_again;
        const char *key_again;
        bool ask, found;
    } rows[] = {
        {"done, and comes again", 7, "k/7", OUTCOME_DONE, 7, "k/7", false, true},
        {"another message", 7, "k/7", OUTCOME_DONE, 8, "k/8", false, false},
        {"its number at another ledger", 7, "k/7", OUTCOME_DONE, 7, "other/7", false, false},
        {"its place taken", 7, "k/7", OUTCOME_DONE, 7 + RECALL_MESSAGES, "k/7", false, false},
        {"a job that asks", 7, "k/7", OUTCOME_DONE, 7, "k/7", true, false},
        {"not known", 7, "k/7", OUTCOME_UNKNOWN, 7, "k/7", false, false},
        {"refused: a person may send it again", 7, "k/7", OUTCOME_REFUSED, 7, "k/7", false, false},
        {"on its way", 7, "k/7", OUTCOME_PENDING, 7, "k/7", false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        AUTO(recall_free) struct recall *recall = recall_new();
        struct note note, again;
        struct job job = job_of(&note, rows[i].id, rows[i].key, rows[i].before);
        (void)snprintf(job.ref, sizeof(job.ref), "a b");
        (void)snprintf(job.why, sizeof(job.why), "by the test");
        recall_keep(recall, &job);
        job = job_of(&again, rows[i].id_again, rows[i].key_again, OUTCOME_UNKNOWN);
        again.ask = rows[i].ask;
        again.attempt = 2;
        CHECK(recall_find(recall, &job) == rows[i].found);
        CHECK_INT(job.outcome, rows[i].found ? OUTCOME_DONE : OUTCOME_UNKNOWN);
        CHECK_TEXT(job.ref, rows[i].found ? "a b" : "");
        CHECK_TEXT(job.why, rows[i].found ? "by the test" : "");
    }
}

static void the_last_ones_are_remembered(void **state)
{
    (void)state;
    enum { ALL = 3 * RECALL_MESSAGES };
    AUTO(recall_free) struct recall *recall = recall_new();
    struct note note;
    for (int64_t id = 1; id <= ALL; id++) {
        struct job job = job_of(&note, id, id % 2 ? "short" : "a longer key", OUTCOME_DONE);
        (void)snprintf(job.ref, sizeof(job.ref), "%lld", (long long)id);
        recall_keep(recall, &job);
    }
    for (int64_t id = 1; id <= ALL; id++) {
        char ref[24];
        struct job job = job_of(&note, id, id % 2 ? "short" : "a longer key", OUTCOME_UNKNOWN);
        (void)snprintf(ref, sizeof(ref), "%lld", (long long)id);
        CHECK(recall_find(recall, &job) == (id > ALL - RECALL_MESSAGES));
        if (id > ALL - RECALL_MESSAGES)
            CHECK_TEXT(job.ref, ref);
    }
}

TEST_MAIN(cmocka_unit_test(test_recall), cmocka_unit_test(the_last_ones_are_remembered))
