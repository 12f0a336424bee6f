#ifndef GONG_NOTIFY_STATUS_H
#define GONG_NOTIFY_STATUS_H

#include "core/cli.h"

// `gong notify status`: how many messages of each channel are in which state, the one that has
// waited for longest and why; with ids: what stands of each of these messages. And `gong notify
// dead`: those that were given up.
int status_show(const struct cli *cli);
int status_dead(const struct cli *cli);

// Why nobody takes messages of a channel that the site does not serve (site_serves).
struct site;
const char *status_unserved(const struct site *site, const char *channel);

#endif
