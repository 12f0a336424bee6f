#ifndef GONG_NOTIFY_CAP_FEED_H
#define GONG_NOTIFY_CAP_FEED_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"

#include <stddef.h>

// Atom feeds (RFC 4287) of CAP alerts: ours, and those of others.

struct feed_entry {
    const char *url; // of the CAP file, for good: it is the entry's id
    const char *title, *category;
    struct utc updated;
};
struct feed {
    const char *url, *title, *author;
    struct utc updated;
    const struct feed_entry *entry; // newest first
    size_t count;
};
void cap_feed_write(const struct feed *feed, struct buf *out);

// The addresses of the alerts in a feed: the link of type application/cap+xml, else the entry's id;
// and when each was changed last, as it says ("" when it does not). ERR_INPUT when it is no Atom
// feed; at most `max` entries are looked at.
struct feed_link {
    char *url;
    char updated[40];
};
struct feed_links {
    struct feed_link *at; // heap
    size_t count;
};
void feed_links_free(struct feed_links *links);
MUST_USE enum err_kind cap_feed_read(struct str text, const char *name, size_t max,
                                     struct feed_links *out, struct err *err);

#endif
