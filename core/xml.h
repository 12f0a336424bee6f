#ifndef GONG_CORE_XML_H
#define GONG_CORE_XML_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// An XML document that came from outside, whole in memory (libxml2 behind our own name). Read
// without network, entities or document type: a text that brings its own is ERR_INPUT. Comments
// are dropped. At most XML_BYTES_MAX; depth as libxml2 allows (256).
struct xml;
struct xml_node; // an element; borrowed from its document

enum { XML_BYTES_MAX = 16 << 20 };

// ERR_INPUT names `name`, the line and what is wrong.
MUST_USE enum err_kind xml_parse(struct str text, const char *name, struct xml **out,
                                 struct err *err);
void xml_free(struct xml **xml);

const struct xml_node *xml_root(const struct xml *xml);
const char *xml_name(const struct xml_node *node);  // without prefix
const char *xml_space(const struct xml_node *node); // namespace; "" for none
size_t xml_line(const struct xml_node *node);

// Elements within an element in their order; NULL after the last.
const struct xml_node *xml_first(const struct xml_node *node);
const struct xml_node *xml_next(const struct xml_node *node);
bool xml_is(const struct xml_node *node, const char *name);

// The first element down a path ("GrpHdr/MsgId"), whatever the namespace; NULL when it is not there
// or `node` is NULL.
const struct xml_node *xml_find(const struct xml_node *node, const char *path);

// The next sibling of the same name; NULL after the last.
const struct xml_node *xml_again(const struct xml_node *node);

// The text directly in an element, as it stands in the file; "" for none or a NULL node. Borrowed.
const char *xml_text(const struct xml_node *node);
// The same without white space at both ends.
struct str xml_trimmed(const struct xml_node *node);
// An attribute's value copied to `out`; false when it is not there or longer.
bool xml_attribute(const struct xml_node *node, const char *name, char *out, size_t size);

// The root without processing instructions, comments and ignorable blanks, as some signers sign it.
void xml_print_plain(const struct xml *xml, struct buf *out);

// Writing: two blanks a level, one element a line, always the same bytes. Text is escaped; what XML
// cannot hold (control characters) must not come in (assert).
enum { XML_DEPTH_MAX = 16 };
struct xml_writer {
    struct buf *out;
    const char *open[XML_DEPTH_MAX];
    size_t depth;
};
struct xml_writer xml_writer_new(struct buf *out); // writes the declaration
// `attributes` as it stands in the tag ("xmlns=\"...\""), "" for none; names are literals.
void xml_open(struct xml_writer *writer, const char *name, const char *attributes);
void xml_close(struct xml_writer *writer);
void xml_leaf(struct xml_writer *writer, const char *name, const char *text);
// An element without content; nothing is escaped.
void xml_empty(struct xml_writer *writer, const char *name, const char *attributes);
// An element with attributes and text.
void xml_leaf_with(struct xml_writer *writer, const char *name, const char *attributes,
                   const char *text);
// A text as it must stand in an attribute or element.
void xml_escape(struct buf *out, const char *text);

#endif
