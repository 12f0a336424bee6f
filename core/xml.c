#include "core/xml.h"

#include "core/mem.h"

#include <assert.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

struct xml {
    xmlDoc *doc;
};

void xml_free(struct xml **xml)
{
    if (!*xml)
        return;
    xmlFreeDoc((*xml)->doc);
    mem_free(xml);
}

static void context_free(xmlParserCtxt **context)
{
    if (!*context)
        return;
    xmlFreeParserCtxt(*context);
    *context = NULL;
}

// Comments and instructions say nothing that is read here. Text on both sides of one is joined, so
// that an element's text is one piece.
static void drop_remarks(xmlNode *parent)
{
    for (xmlNode *node = parent->children, *next; node; node = next) {
        next = node->next;
        if (node->type == XML_ELEMENT_NODE) {
            drop_remarks(node);
        } else if (node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE) {
            xmlUnlinkNode(node);
            xmlFreeNode(node);
        }
    }
    for (xmlNode *node = parent->children; node && node->next;) {
        if (node->type == XML_TEXT_NODE && node->next->type == XML_TEXT_NODE)
            xmlTextMerge(node, node->next);
        else
            node = node->next;
    }
}

// What the parser says, in one line.
static enum err_kind refuse(const xmlError *why, const char *name, struct err *err)
{
    if (!why || !why->message)
        return err_set(err, ERR_INPUT, "%s is no XML", name);
    struct str text = str_trim(str_of(why->message));
    return err_set(err, ERR_INPUT, "%s:%d: " STR_FMT, name, why->line, STR_ARG(text));
}

enum err_kind xml_parse(struct str text, const char *name, struct xml **out, struct err *err)
{
    assert(name && out);
    if (text.len > XML_BYTES_MAX)
        return err_set(err, ERR_INPUT, "%s: %zu bytes of XML, at most %d", name, text.len,
                       XML_BYTES_MAX);
    if (text.len == 0)
        return err_set(err, ERR_INPUT, "%s is empty, XML is wanted", name);
    AUTO(context_free) xmlParserCtxt *context = xmlNewParserCtxt();
    assert(context);
    xmlDoc *doc = xmlCtxtReadMemory(context, text.at, (int)text.len, NULL, NULL,
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                        XML_PARSE_NOCDATA);
    if (!doc)
        return refuse(xmlCtxtGetLastError(context), name, err);
    AUTO(xml_free) struct xml *xml = mem_new(1, sizeof(*xml));
    xml->doc = doc;
    if (doc->intSubset || doc->extSubset)
        return err_set(err, ERR_INPUT, "%s brings its own document type, which is not read", name);
    drop_remarks((xmlNode *)doc);
    if (!xmlDocGetRootElement(doc))
        return err_set(err, ERR_INPUT, "%s has no element", name);
    *out = TAKE(xml);
    return OK;
}

static const xmlNode *node_of(const struct xml_node *node)
{
    return (const xmlNode *)(const void *)node;
}

static const struct xml_node *element_from(const xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return (const struct xml_node *)(const void *)node;
}

const struct xml_node *xml_root(const struct xml *xml)
{
    return element_from(xmlDocGetRootElement(xml->doc));
}

const char *xml_name(const struct xml_node *node)
{
    return (const char *)node_of(node)->name;
}

const char *xml_space(const struct xml_node *node)
{
    const xmlNs *space = node_of(node)->ns;
    return space && space->href ? (const char *)space->href : "";
}

size_t xml_line(const struct xml_node *node)
{
    long line = xmlGetLineNo(node_of(node));
    return line > 0 ? (size_t)line : 0;
}

const struct xml_node *xml_first(const struct xml_node *node)
{
    return element_from(node_of(node)->children);
}

const struct xml_node *xml_next(const struct xml_node *node)
{
    return element_from(node_of(node)->next);
}

static bool name_is(const struct xml_node *node, struct str name)
{
    return str_same(str_of(xml_name(node)), name);
}

bool xml_is(const struct xml_node *node, const char *name)
{
    return name_is(node, str_of(name));
}

const struct xml_node *xml_find(const struct xml_node *node, const char *path)
{
    struct str rest = str_of(path), name;
    while (node && str_take_field(&rest, '/', &name)) {
        const struct xml_node *child = xml_first(node);
        while (child && !name_is(child, name))
            child = xml_next(child);
        node = child;
    }
    return node;
}

const struct xml_node *xml_again(const struct xml_node *node)
{
    const char *name = xml_name(node);
    do
        node = xml_next(node);
    while (node && !xml_is(node, name));
    return node;
}

const char *xml_text(const struct xml_node *node)
{
    if (!node)
        return "";
    for (const xmlNode *child = node_of(node)->children; child; child = child->next) {
        if (child->type == XML_TEXT_NODE && child->content)
            return (const char *)child->content;
    }
    return "";
}

struct str xml_trimmed(const struct xml_node *node)
{
    return str_trim(str_of(xml_text(node)));
}

bool xml_attribute(const struct xml_node *node, const char *name, char *out, size_t size)
{
    for (const xmlAttr *one = node_of(node)->properties; one; one = one->next) {
        const xmlNode *value = one->children;
        if (strcmp((const char *)one->name, name) != 0)
            continue;
        const char *text = value && value->content ? (const char *)value->content : "";
        if ((value && value->next) || strlen(text) >= size)
            return false;
        memcpy(out, text, strlen(text) + 1);
        return true;
    }
    return false;
}

// White space between elements only; text beside elements is kept.
static void drop_blanks(xmlNode *parent)
{
    for (xmlNode *node = parent->children, *next; node; node = next) {
        next = node->next;
        if (node->type == XML_ELEMENT_NODE) {
            drop_blanks(node);
        } else if (xmlIsBlankNode(node) && (node->prev || node->next)) {
            xmlUnlinkNode(node);
            xmlFreeNode(node);
        }
    }
}

void xml_print_plain(const struct xml *xml, struct buf *out)
{
    xmlDoc *copy = xmlCopyDoc(xml->doc, 1);
    xmlBuffer *bytes = xmlBufferCreate();
    assert(copy && bytes);
    drop_blanks((xmlNode *)copy);
    (void)xmlNodeDump(bytes, copy, xmlDocGetRootElement(copy), 0, 0);
    buf_add(out, xmlBufferContent(bytes), (size_t)xmlBufferLength(bytes));
    xmlBufferFree(bytes);
    xmlFreeDoc(copy);
}

// --- writing
// ----------------------------------------------------------------------------------------

struct xml_writer xml_writer_new(struct buf *out)
{
    buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    return (struct xml_writer){.out = out};
}

void xml_escape(struct buf *out, const char *text)
{
    for (const char *at = text; *at; at++)
        assert((unsigned char)*at >= 0x20 || *at == '\n' || *at == '\t');
    buf_markup(out, str_of(text));
}

static void begin(struct xml_writer *writer, const char *name, const char *attributes)
{
    for (size_t i = 0; i < writer->depth; i++)
        buf_text(writer->out, "  ");
    buf_print(writer->out, "<%s%s%s", name, *attributes ? " " : "", attributes);
}

void xml_open(struct xml_writer *writer, const char *name, const char *attributes)
{
    assert(writer->depth < XML_DEPTH_MAX);
    begin(writer, name, attributes);
    buf_text(writer->out, ">\n");
    writer->open[writer->depth++] = name;
}

void xml_close(struct xml_writer *writer)
{
    assert(writer->depth > 0);
    const char *name = writer->open[--writer->depth];
    for (size_t i = 0; i < writer->depth; i++)
        buf_text(writer->out, "  ");
    buf_print(writer->out, "</%s>\n", name);
}

void xml_leaf_with(struct xml_writer *writer, const char *name, const char *attributes,
                   const char *text)
{
    begin(writer, name, attributes);
    buf_char(writer->out, '>');
    xml_escape(writer->out, text);
    buf_print(writer->out, "</%s>\n", name);
}

void xml_leaf(struct xml_writer *writer, const char *name, const char *text)
{
    xml_leaf_with(writer, name, "", text);
}

void xml_empty(struct xml_writer *writer, const char *name, const char *attributes)
{
    begin(writer, name, attributes);
    buf_text(writer->out, "/>\n");
}
