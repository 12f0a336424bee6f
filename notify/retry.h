#ifndef GONG_NOTIFY_RETRY_H
#define GONG_NOTIFY_RETRY_H

#include "core/cli.h"

// A person sends dead letters again: messages (`gong notify retry`, the act message-retry) or
// payments (`gong pay retry`, the act pay-retry), each of which is first asked about. One act, one
// entry, for all that are named; when one of them cannot be sent again, none is.
extern const struct cli_option retry_options[];
int retry_messages(const struct cli *cli);
int retry_payments(const struct cli *cli);

#endif
