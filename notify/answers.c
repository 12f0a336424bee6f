#include "notify/answers.h"

#include "core/log.h"
#include "core/mem.h"
#include "notify/dispatch.h"
#include "notify/protocol.h"
#include "notify/queue.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { ANSWERS_MAX = 1024 }; // in one commit

struct answers {
    size_t recorded, count; // those before `recorded` are in the store already
    bool wait;
    struct outbox_answer answer[ANSWERS_MAX];
    struct note note[ANSWERS_MAX]; // holds the texts of `answer`
};

struct answers *answers_new(void)
{
    return mem_new(1, sizeof(struct answers));
}

void answers_free(struct answers **answers)
{
    mem_free(answers);
}

bool answers_add(struct answers *answers, const char *channel, const struct note *note,
                 int64_t due_ms, struct utc at)
{
    if (answers->count == ANSWERS_MAX)
        return false;
    size_t i = answers->count++;
    struct note *kept = &answers->note[i];
    memcpy(kept->ref, note->ref, strlen(note->ref) + 1); // `answer` borrows only its texts
    memcpy(kept->why, note->why, strlen(note->why) + 1);
    if (channel)
        text_copy(kept->channel, sizeof(kept->channel), channel);
    answers->answer[i] = (struct outbox_answer){.id = note->id,
                                                .attempt = note->attempt,
                                                .outcome = note->outcome,
                                                .channel = channel ? kept->channel : NULL,
                                                .due_ms = due_ms,
                                                .at = at,
                                                .ref = kept->ref,
                                                .why = kept->why};
    return true;
}

static void count_some(const struct answers *answers, size_t count, struct dispatch_report *report)
{
    size_t *const counters[OUTCOMES] = {
        [OUTCOME_UNKNOWN] = &report->unknown, [OUTCOME_DONE] = &report->done,
        [OUTCOME_PENDING] = &report->pending, [OUTCOME_ABSENT] = &report->absent,
        [OUTCOME_BUSY] = &report->retried,    [OUTCOME_DOWN] = &report->retried,
        [OUTCOME_RETRY] = &report->retried,   [OUTCOME_REFUSED] = &report->refused,
        [OUTCOME_PUT_OFF] = &report->retried,
    };
    for (size_t i = answers->recorded; i < answers->recorded + count; i++)
        ++*counters[answers->answer[i].outcome];
}

// The next `count` of them, in one commit.
static enum err_kind record_some(struct answers *answers, size_t count, const struct queue *queue,
                                 struct dispatch_report *report, struct err *err)
{
    if (count == 0)
        return OK;
    if (queue->settle(queue->self, answers->answer + answers->recorded, count, err))
        return err_of(err);
    count_some(answers, count, report);
    answers->recorded += count;
    return OK;
}

static enum err_kind record_each(struct answers *answers, const struct queue *queue,
                                 struct dispatch_report *report, struct err *err)
{
    while (answers->recorded < answers->count) {
        struct err why = {0};
        enum err_kind kind = record_some(answers, 1, queue, report, &why);
        if (kind == ERR_INPUT) { // it speaks of what never was
            log_err("an answer was not recorded", &why);
            answers->recorded++;
        } else if (kind) {
            *err = why;
            return kind;
        }
    }
    return OK;
}

static void wait_for_store(struct answers *answers, const struct err *why)
{
    if (!answers->wait)
        log_err("answers wait until the store takes them", why);
    answers->wait = true;
}

static void begin_anew(struct answers *answers)
{
    answers->recorded = answers->count = 0;
    answers->wait = false;
}

enum err_kind answers_record(struct answers *answers, const struct queue *queue,
                             struct dispatch_report *report, struct err *err)
{
    size_t count = answers->count - answers->recorded;
    enum err_kind kind = record_some(answers, count, queue, report, err);
    if (kind == ERR_INPUT)
        kind = record_each(answers, queue, report, err);
    if (kind == ERR_LATER) {
        wait_for_store(answers, err);
        return OK;
    }
    if (kind)
        return kind;
    begin_anew(answers);
    return OK;
}

size_t answers_open(const struct answers *answers, const struct outbox_answer **first)
{
    *first = answers->answer + answers->recorded;
    return answers->count - answers->recorded;
}

void answers_noted(struct answers *answers, enum err_kind kind, struct dispatch_report *report,
                   const struct err *why)
{
    if (kind) {
        wait_for_store(answers, why);
        return;
    }
    count_some(answers, answers->count - answers->recorded, report);
    begin_anew(answers);
}

bool answers_wait(const struct answers *answers)
{
    return answers->wait;
}
