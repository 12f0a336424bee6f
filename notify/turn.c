#include "notify/turn.h"

#include "notify/answers.h"
#include "notify/dispatch.h"
#include "notify/queue.h"
#include "notify/testimony.h"

// False: nothing of it is recorded, and each is to be recorded by itself.
static bool record_together(struct answers *answers, struct testimony *testimony,
                            const struct queue *queue, struct bus *bus,
                            struct dispatch_report *report)
{
    struct outbox_news news = {0};
    struct err why = {0};
    news.answers = answers_open(answers, &news.answer);
    testimony_open(testimony, &news);
    if (!queue->record || news.answers == 0 || news.words == 0)
        return false;
    enum err_kind kind = queue->record(queue->self, &news, &why);
    if (kind != OK && kind != ERR_LATER)
        return false;
    answers_noted(answers, kind, report, &why);
    if (kind == OK)
        testimony_recorded(testimony, bus, &report->evidence);
    else
        testimony_put_off(testimony, bus);
    return true;
}

enum err_kind turn_record(struct answers *answers, struct testimony *testimony,
                          const struct queue *queue, struct bus *bus,
                          struct dispatch_report *report, struct err *err)
{
    if (record_together(answers, testimony, queue, bus, report))
        return OK;
    if (answers_record(answers, queue, report, err))
        return err_of(err);
    if (answers_wait(answers)) {
        testimony_put_off(testimony, bus);
        return OK;
    }
    return testimony_record(testimony, queue, bus, &report->evidence, err);
}
