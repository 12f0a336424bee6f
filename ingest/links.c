#include "ingest/links.h"

#include "core/mem.h"
#include "core/site.h"
#include "ingest/archive.h"
#include "ingest/decode.h"
#include "ingest/points.h"

#include <string.h>
#include <strings.h>

// "https://host:port/", with its last slash; nothing when it is no such address.
static struct str server_of(struct str url)
{
    static const char *const ways[] = {"https://", "http://"};
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        if (!str_starts(url, ways[i]))
            continue;
        size_t at = strlen(ways[i]);
        const char *slash = memchr(url.at + at, '/', url.len - at);
        size_t len = slash ? (size_t)(slash - url.at) + 1 : 0;
        return (struct str){url.at, len > at + 1 ? len : 0};
    }
    return (struct str){url.at, 0};
}

bool links_may(const char *feed, struct str link)
{
    struct str ours = server_of(str_of(feed)), theirs = server_of(link);
    for (size_t i = 0; i < link.len; i++) {
        if ((unsigned char)link.at[i] <= ' ' || (unsigned char)link.at[i] >= 0x7f)
            return false;
    }
    return ours.len && ours.len == theirs.len && strncasecmp(ours.at, theirs.at, ours.len) == 0 &&
           !memchr(theirs.at, '@', theirs.len);
}

// What the copy of one feed names.
struct feed {
    const struct source *source; // borrowed from the same work
    int64_t position;            // of the copy
    size_t count;
    char **link; // [count + 1] NULL-ended
};

struct links {
    size_t feeds;
    struct feed *feed; // [feeds]
};

struct links *links_new(void)
{
    return mem_new(1, sizeof(struct links));
}

static void feed_clear(struct feed *feed)
{
    for (size_t i = 0; i < feed->count; i++)
        mem_free(&feed->link[i]);
    mem_free(&feed->link);
    feed->count = 0;
}

void links_free(struct links **links)
{
    if (!*links)
        return;
    for (size_t i = 0; i < (*links)->feeds; i++)
        feed_clear(&(*links)->feed[i]);
    mem_free(&(*links)->feed);
    mem_free(links);
}

static struct feed *feed_of(struct links *links, const struct source *source)
{
    for (size_t i = 0; i < links->feeds; i++) {
        if (links->feed[i].source == source)
            return &links->feed[i];
    }
    links->feed = mem_resize(links->feed, links->feeds + 1, sizeof(*links->feed));
    links->feed[links->feeds] = (struct feed){.source = source};
    return &links->feed[links->feeds++];
}

static void add(const char *link, struct feed *feed)
{
    for (size_t i = 0; i < feed->count; i++) {
        if (strcmp(feed->link[i], link) == 0)
            return;
    }
    feed->link[feed->count++] = mem_text(link);
}

enum err_kind links_of(const struct work *work, const struct source *source, const struct raw *raw,
                       char *const **out, struct err *err)
{
    struct feed *feed = feed_of(work->links, source);
    AUTO(points_free) struct points points = {0};
    AUTO(buf_free) struct buf bytes = buf_new((size_t)work_bytes_max(work, source));
    struct decode_limits limits = {.mib_max = site_whole(work->site, "decode_mib_max"),
                                   .cpu_s = site_whole(work->site, "decode_cpu_s")};
    *out = feed->link;
    if (feed->link && feed->position == raw->position)
        return OK;
    if (archive_get(work->archive, raw->hash, &bytes, err) ||
        decode_points(buf_slice(&bytes), "{\"format\":\"cap\"}", &limits, &points, err))
        return err_add(err, "looking for the links of %s", source->url);
    feed_clear(feed);
    feed->position = raw->position;
    feed->link = mem_new(points.bulletins + 1, sizeof(*feed->link));
    for (size_t i = 0; i < points.bulletins; i++) {
        const char *link = points.bulletin[i].text[BULLETIN_LINK];
        // One that was cut leads elsewhere.
        if (strlen(link) + 1 < BULLETIN_TEXT_SIZE && links_may(source->url, str_of(link)))
            add(link, feed);
    }
    *out = feed->link;
    return OK;
}
