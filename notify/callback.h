#ifndef GONG_NOTIFY_CALLBACK_H
#define GONG_NOTIFY_CALLBACK_H

#include "core/err.h"
#include "core/listen.h"

#include <stdint.h>

struct evidence;
struct host;
struct site;

// Where carriers call back: a listener (callback_address, callback_port) whose paths begin with a
// secret word, so that nobody else can forge a report.
struct callback;

// `answer` gives the status for a call of "/WORD/NAME"; any other is answered 404. The word is the
// secret of that name: at least 16 letters, digits, "-" or "_" (ERR_INPUT else).
struct callback_settings {
    const char *secret; // "kannel-callback"
    unsigned (*answer)(void *self, const char *name, struct listen_request *request);
    void *self;
    const struct host *host; // to whom evidence is told
};
MUST_USE enum err_kind callback_open(const struct site *site,
                                     const struct callback_settings *settings,
                                     struct callback **out, struct err *err);
void callback_close(struct callback **callback);

void callback_step(struct callback *callback); // serves what came; does not wait

// From within `answer`: tells the host of evidence and keeps the request open until it is noted;
// the status to return. Then it is answered 200 when it was recorded, `missing` when no message is
// known by that name, 503 when it was not recorded now or nothing was heard of it for 5 s.
unsigned callback_tell(struct callback *callback, struct listen_request *request,
                       const struct evidence *evidence, unsigned missing);
// As channel->noted.
void callback_noted(struct callback *callback, int64_t number, enum err_kind kind);
int callback_descriptor(const struct callback *callback);
const char *callback_url(const struct callback *callback); // "http://127.0.0.1:8090/WORD"

#endif
