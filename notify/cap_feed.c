#include "notify/cap_feed.h"

#include "core/mem.h"
#include "core/xml.h"
#include "notify/cap.h"

#include <stdio.h>
#include <string.h>

enum { URL_BYTES_MAX = 2000 };

static const char ATOM[] = "http://www.w3.org/2005/Atom";
static const char CAP_TYPE[] = "application/cap+xml";

static void link_to(struct xml_writer *writer, const char *rel, const char *type, const char *url)
{
    AUTO(buf_free) struct buf attributes = buf_new(2 * URL_BYTES_MAX);
    buf_print(&attributes, "rel=\"%s\" type=\"%s\" href=\"", rel, type);
    xml_escape(&attributes, url);
    buf_char(&attributes, '"');
    xml_empty(writer, "link", attributes.at);
}

void cap_feed_write(const struct feed *feed, struct buf *out)
{
    struct xml_writer writer = xml_writer_new(out);
    xml_open(&writer, "feed", "xmlns=\"http://www.w3.org/2005/Atom\"");
    xml_leaf(&writer, "id", feed->url);
    xml_leaf(&writer, "title", feed->title);
    xml_leaf(&writer, "updated", cap_time_text(feed->updated).at);
    xml_open(&writer, "author", "");
    xml_leaf(&writer, "name", feed->author);
    xml_close(&writer);
    link_to(&writer, "self", "application/atom+xml", feed->url);
    for (size_t i = 0; i < feed->count; i++) {
        const struct feed_entry *entry = &feed->entry[i];
        AUTO(buf_free) struct buf term = buf_new(500);
        buf_text(&term, "term=\"");
        xml_escape(&term, entry->category);
        buf_char(&term, '"');
        xml_open(&writer, "entry", "");
        xml_leaf(&writer, "id", entry->url);
        xml_leaf(&writer, "title", entry->title);
        xml_leaf(&writer, "updated", cap_time_text(entry->updated).at);
        link_to(&writer, "alternate", CAP_TYPE, entry->url);
        xml_empty(&writer, "category", term.at);
        xml_close(&writer);
    }
    xml_close(&writer);
}

static char *url_of(const struct xml_node *entry)
{
    char type[64], href[URL_BYTES_MAX];
    for (const struct xml_node *link = xml_find(entry, "link"); link; link = xml_again(link)) {
        if (xml_attribute(link, "type", type, sizeof(type)) && strcmp(type, CAP_TYPE) == 0 &&
            xml_attribute(link, "href", href, sizeof(href)))
            return mem_text(href);
    }
    struct str id = xml_trimmed(xml_find(entry, "id"));
    return id.len && id.len < URL_BYTES_MAX ? str_copy(id) : NULL;
}

void feed_links_free(struct feed_links *links)
{
    for (size_t i = 0; i < links->count; i++)
        mem_free(&links->at[i].url);
    mem_free(&links->at);
    links->count = 0;
}

enum err_kind cap_feed_read(struct str text, const char *name, size_t max, struct feed_links *out,
                            struct err *err)
{
    AUTO(xml_free) struct xml *xml = NULL;
    if (xml_parse(text, name, &xml, err))
        return err_of(err);
    const struct xml_node *root = xml_root(xml);
    if (!xml_is(root, "feed") || strcmp(xml_space(root), ATOM) != 0)
        return err_set(err, ERR_INPUT, "%s is no Atom feed", name);
    *out = (struct feed_links){.at = mem_new(max + 1, sizeof(*out->at))};
    size_t seen = 0;
    for (const struct xml_node *entry = xml_find(root, "entry"); entry && seen < max;
         entry = xml_again(entry), seen++) {
        char *url = url_of(entry);
        if (!url)
            continue;
        struct feed_link *link = &out->at[out->count++];
        struct str updated = xml_trimmed(xml_find(entry, "updated"));
        link->url = url;
        (void)snprintf(link->updated, sizeof(link->updated), STR_FMT, STR_ARG(updated));
    }
    return OK;
}
