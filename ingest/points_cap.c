#include "core/mem.h"
#include "core/xml.h"
#include "ingest/points_build.h"

#include <stdio.h>
#include <string.h>

// One line of clean text, cut where a character begins.
static void copy(struct str text, char *out, size_t size)
{
    struct err why = {0};
    AUTO(buf_free) struct buf clean = buf_new(4 * size);
    if (text.len >= size)
        text.len = size - 1;
    while (text.len && text.len == size - 1 && ((unsigned char)text.at[text.len - 1] & 0x80))
        text.len--; // perhaps in the middle of one
    if (text_nfc(text, &clean, &why) || clean.len >= size)
        buf_clear(&clean);
    for (size_t i = 0; i < clean.len; i++) {
        if (clean.at[i] == '\n' || clean.at[i] == '\t')
            clean.at[i] = ' ';
    }
    (void)snprintf(out, size, "%s", clean.at ? clean.at : "");
}

static enum err_kind add(struct build *build, const struct bulletin *bulletin, struct err *err)
{
    struct points *points = &build->points;
    if (!bulletin->text[BULLETIN_IDENTIFIER][0])
        return err_set(err, ERR_INPUT, "a warning has no identifier");
    if (points->bulletins == BULLETINS_MAX)
        return err_set(err, ERR_INPUT, "more than %d warnings", BULLETINS_MAX);
    points->bulletin =
        mem_resize(points->bulletin, points->bulletins + 1, sizeof(*points->bulletin));
    points->bulletin[points->bulletins++] = *bulletin;
    points->rows++;
    return OK;
}

// A CAP alert: what it says of itself, and of its first info and area.
static enum err_kind read_alert(struct build *build, const struct xml_node *alert, struct err *err)
{
    static const char *const paths[BULLETIN_FIELDS] = {"identifier",
                                                       "sender",
                                                       "sent",
                                                       "status",
                                                       "msgType",
                                                       "info/event",
                                                       "info/urgency",
                                                       "info/severity",
                                                       "info/certainty",
                                                       "info/expires",
                                                       "info/headline",
                                                       "info/area/areaDesc",
                                                       NULL};
    struct bulletin bulletin = {0};
    for (size_t f = 0; f < BULLETIN_FIELDS && paths[f]; f++)
        copy(xml_trimmed(xml_find(alert, paths[f])), bulletin.text[f], sizeof(bulletin.text[f]));
    return add(build, &bulletin, err);
}

// Where an entry says that the warning lies: Atom's link that says that it is CAP, or else its
// first (a page may stand beside it); RSS's, which is text.
static void read_link(const struct xml_node *entry, char *out, size_t size)
{
    char type[64], href[BULLETIN_TEXT_SIZE];
    out[0] = '\0';
    for (const struct xml_node *link = xml_find(entry, "link"); link; link = xml_again(link)) {
        bool is_cap = xml_attribute(link, "type", type, sizeof(type)) && strstr(type, "cap");
        if (!xml_attribute(link, "href", href, sizeof(href)))
            copy(xml_trimmed(link), href, sizeof(href));
        if (!out[0] || is_cap)
            (void)snprintf(out, size, "%s", href);
        if (is_cap)
            return;
    }
}

// An entry of a feed: an alert within it, or the elements of one beside its own, or a title only.
static enum err_kind read_entry(struct build *build, const struct xml_node *entry, struct err *err)
{
    static const char *const paths[BULLETIN_FIELDS][3] = {
        {"identifier", "id", "guid"},
        {"sender", "author/name", "author"},
        {"sent", "updated", "pubDate"},
        {"status", NULL, NULL},
        {"msgType", NULL, NULL},
        {"event", NULL, NULL},
        {"urgency", NULL, NULL},
        {"severity", NULL, NULL},
        {"certainty", NULL, NULL},
        {"expires", NULL, NULL},
        {"headline", "title", NULL},
        {"areaDesc", NULL, NULL},
        {NULL, NULL, NULL}}; // a link has a rule of its own
    struct bulletin bulletin = {0};
    const struct xml_node *alert = xml_find(entry, "content/alert");
    if (alert)
        return read_alert(build, alert, err);
    for (size_t f = 0; f < BULLETIN_FIELDS; f++) {
        for (size_t i = 0; i < 3 && paths[f][i] && !bulletin.text[f][0]; i++)
            copy(xml_trimmed(xml_find(entry, paths[f][i])), bulletin.text[f],
                 sizeof(bulletin.text[f]));
    }
    read_link(entry, bulletin.text[BULLETIN_LINK], sizeof(bulletin.text[BULLETIN_LINK]));
    return add(build, &bulletin, err);
}

enum err_kind bulletin_read(struct build *build, struct str text, struct err *err)
{
    AUTO(xml_free) struct xml *xml = NULL;
    if (xml_parse(text, "the file", &xml, err))
        return err_of(err);
    const struct xml_node *root = xml_root(xml), *entry;
    if (xml_is(root, "alert"))
        return read_alert(build, root, err);
    if (xml_is(root, "feed"))
        entry = xml_find(root, "entry");
    else if (xml_is(root, "rss"))
        entry = xml_find(root, "channel/item");
    else
        return err_set(err, ERR_INPUT, "it is \"%s\", neither a CAP alert nor an Atom or RSS feed",
                       xml_name(root));
    for (; entry; entry = xml_again(entry)) {
        if (read_entry(build, entry, err))
            return err_of(err);
    }
    return OK;
}
