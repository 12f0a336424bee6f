#ifndef GONG_NOTIFY_SERVICE_H
#define GONG_NOTIFY_SERVICE_H

#include "notify/dispatch.h"

struct ledger;
struct site;

// The dispatcher of a site: its lock, its socket, its outbox.
struct service {
    const struct site *site;
    struct ledger *ledger; // LEDGER_WRITE
    enum err_kind (*now)(void *self, struct utc *out, struct err *err);
    void *self;
    bool (*stopped)(void);
    bool warnings_only; // begun on a full disk: only these go out, until it is started again
    bool until_empty;   // ends when nothing waits any more (a drain)
};

// ERR_REFUSED when another dispatcher works at this site, ERR_BROKEN when the ledger cannot be
// trusted.
MUST_USE enum err_kind service_run(const struct service *service, struct dispatch_report *report,
                                   struct err *err);

#endif
