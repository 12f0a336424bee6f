#include "ingest/links.h"

#include "core/mem.h"
#include "core/site.h"
#include "ingest/archive.h"
#include "ingest/decode.h"
#include "ingest/points.h"
#include "ledger/raw.h"

#include <string.h>
#include <strings.h>

enum { FEED_BYTES_MAX = 64 << 20, LINKS_MAX = 200 };

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

void links_free(char ***links)
{
    for (char **one = *links; one && *one; one++)
        mem_free(one);
    mem_free(links);
}

static void add(const char *link, char **links, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(links[i], link) == 0)
            return;
    }
    if (*count < LINKS_MAX)
        links[(*count)++] = mem_text(link);
}

enum err_kind links_of(const struct work *work, const struct source *source, char ***out,
                       struct err *err)
{
    bool found = false;
    size_t count = 0;
    AUTO(raw_free) struct raw raw = {0};
    AUTO(points_free) struct points points = {0};
    AUTO(buf_free) struct buf bytes = buf_new(FEED_BYTES_MAX);
    AUTO(links_free) char **links = mem_new(LINKS_MAX + 1, sizeof(*links));
    struct decode_limits limits = {.mib_max = site_whole(work->site, "decode_mib_max"),
                                   .cpu_s = site_whole(work->site, "decode_cpu_s")};
    if (raw_find(work->ledger, source->name, source->url, &found, &raw, err))
        return err_of(err);
    if (found && raw.state == RAW_READ) {
        if (archive_get(work->archive, raw.hash, &bytes, err) ||
            decode_points(buf_slice(&bytes), "{\"format\":\"cap\"}", &limits, &points, err))
            return err_add(err, "looking for the links of %s", source->url);
        for (size_t i = 0; i < points.bulletins; i++) {
            const char *link = points.bulletin[i].text[BULLETIN_LINK];
            // One that was cut leads elsewhere.
            if (strlen(link) + 1 < BULLETIN_TEXT_SIZE && links_may(source->url, str_of(link)))
                add(link, links, &count);
        }
    }
    *out = TAKE(links);
    return OK;
}
