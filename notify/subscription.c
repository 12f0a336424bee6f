#include "notify/subscription.h"

#include "core/clock.h"
#include "core/doc.h"
#include "ledger/subscriber.h"
#include "notify/sms.h"

bool subscription_begin(const struct subscribers *list, const char *channel, struct job *job,
                        const struct subscriber **to, struct doc **body)
{
    struct err why = {0};
    *to = subscriber_find(list, channel, job->note->person);
    if (clock_wall_ms() >= job->note->deadline_ms)
        sms_settle(job, OUTCOME_BUSY, 0, "no time was left");
    else if (!*to)
        sms_settle(job, OUTCOME_REFUSED, 0, "subscribers.yaml has no %s \"%.47s\"", channel,
                   job->note->person);
    else if (doc_parse(job->note->body, "message body", body, &why))
        sms_settle(job, OUTCOME_REFUSED, 0, "the message body is no JSON");
    else
        return true;
    return false;
}
