#ifndef GONG_LEDGER_ALARM_H
#define GONG_LEDGER_ALARM_H

#include "core/date.h"
#include "core/err.h"
#include "ledger/subscriber.h"

#include <stdbool.h>
#include <stdint.h>

struct txn;

// What whoever runs gong must know: a source is silent, an operator did not confirm.
struct alarm_word {
    const char *vi, *en; // one sentence each, without the mark of a drill
    bool drill;
    int64_t cause; // the entry that says the same
    struct utc at;
};

// One message to each subscriber who wants alarms (not by MQTT or to operators), in the commit of
// the entry. They go at any hour and are worth nothing a day later.
MUST_USE enum err_kind alarm_tell(struct txn *txn, const struct subscribers *to,
                                  const struct alarm_word *word, struct err *err);

// The same for any news of gong itself: to each who has the wish, by mail, webhook or SMS.
struct alarm_news {
    enum subscriber_wish wish;
    const char *kind; // of the body, and the beginning of the keys: "alarm"
    const char *body; // canonical JSON: kind, drill, text {vi, en}, title {vi, en}
    int64_t cause;
    struct utc expires;
    int32_t lane; // outbox.h: 0 what is urgent
};
MUST_USE enum err_kind alarm_news_tell(struct txn *txn, const struct subscribers *to,
                                       const struct alarm_news *news, struct err *err);

#endif
