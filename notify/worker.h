#ifndef GONG_NOTIFY_WORKER_H
#define GONG_NOTIFY_WORKER_H

#include "core/err.h"
#include "core/site.h"

#include <stdbool.h>

struct channel;

struct work {
    const struct site *site;
    const char *channel;
    const char *address;        // of a dispatcher elsewhere, "tcp://..."; NULL: this site's own
    const char *key_path;       // with an address: the file that gong keys make wrote
    const struct channel *with; // this driver; NULL: the one that the site's settings name
    bool (*stopped)(void);
};
// Works for one channel until `stopped` or told to end: takes jobs, does them, says what became of
// them. ERR_BROKEN when the channel's store cannot be trusted any more.
MUST_USE enum err_kind worker_run(const struct work *work, struct err *err);

// Where dispatcher and workers of a site meet; heap, mem_free.
char *worker_socket(const struct site *site);

// How many jobs one worker of a channel may hold: what the site says, else what the driver likes;
// 1 for "pay".
int64_t worker_credit(const struct site *site, const struct channel *channel);

#endif
