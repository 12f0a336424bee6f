#include "core/yaml.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/yaml_why.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum {
    BYTES_MAX = 1 << 20,
    DEPTH_MAX = 32,
    EVENTS_MAX = 50000,
    KEYS_MAX = 1000,
    CHILDREN_FIRST = 8
};

struct yaml_file {
    char *name;
    struct yaml *root;
};

struct reader {
    yaml_parser_t parser;
    const char *name;
    struct str text;
    unsigned events, depth;
};

static void node_free(struct yaml **node)
{
    struct yaml *n = *node;
    if (!n)
        return;
    for (size_t i = 0; i < n->count; i++) {
        node_free(&n->item[i]);
        if (n->key)
            node_free(&n->key[i]);
    }
    mem_free(&n->item);
    mem_free(&n->key);
    mem_free(&n->used);
    if (n->kind == YAML_TEXT) {
        char *text = (char *)(uintptr_t)n->text.at;
        mem_free(&text);
    }
    mem_free(node);
}

static enum err_kind refuse_at(const struct reader *reader, yaml_mark_t mark, struct err *err,
                               const char *what)
{
    return err_set(err, ERR_INPUT, "%s:%zu:%zu: %s", reader->name, mark.line + 1, mark.column + 1,
                   what);
}

// The next event. On OK the caller deletes it.
static enum err_kind next_event(struct reader *reader, yaml_event_t *event, struct err *err)
{
    if (!yaml_parser_parse(&reader->parser, event)) {
        const yaml_parser_t *p = &reader->parser;
        if (p->error == YAML_READER_ERROR && yaml_check_letters(reader->text, reader->name, err))
            return err->kind;
        yaml_mark_t at = p->error == YAML_READER_ERROR ? p->mark : p->problem_mark;
        yaml_mark_t begun = p->context ? p->context_mark : at;
        struct yaml_problem found = {
            p->problem, {at.line + 1, at.column + 1}, {begun.line + 1, begun.column + 1}};
        yaml_say_problem(&found, reader->text, reader->name, err);
        return ERR_INPUT;
    }
    if (++reader->events > EVENTS_MAX) {
        (void)refuse_at(reader, event->start_mark, err, "more than 50,000 YAML items; split it");
        yaml_event_delete(event);
        return ERR_INPUT;
    }
    return OK;
}

static struct yaml *node_new(const struct reader *reader, enum yaml_kind kind, yaml_mark_t mark)
{
    struct yaml *node = mem_new(1, sizeof(*node));
    node->kind = kind;
    node->file = reader->name;
    node->line = (unsigned)mark.line + 1;
    node->column = (unsigned)mark.column + 1;
    return node;
}

static enum err_kind read_node(struct reader *reader, const yaml_event_t *event, struct yaml **out,
                               struct err *err);

static enum err_kind read_scalar(struct reader *reader, const yaml_event_t *event,
                                 struct yaml **out, struct err *err)
{
    AUTO(node_free) struct yaml *node = node_new(reader, YAML_TEXT, event->start_mark);
    struct str value = {(const char *)event->data.scalar.value, event->data.scalar.length};
    struct buf text = buf_new(BYTES_MAX * 4);
    if (text_nfc(value, &text, err)) {
        buf_free(&text);
        char why[sizeof(err->text)];
        (void)snprintf(why, sizeof(why), "%s", err->text);
        return yaml_refuse(node, err, "%s", why);
    }
    node->text.len = text.len;
    node->text.at = mem_resize(buf_take(&text), node->text.len + 1, 1); // a file has thousands
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    *out = TAKE(node);
    return OK;
}

static void make_room(struct yaml *node)
{
    if (node->count && (node->count < CHILDREN_FIRST || (node->count & (node->count - 1))))
        return;
    size_t room = node->count ? node->count * 2 : CHILDREN_FIRST;
    node->item = mem_resize(node->item, room, sizeof(struct yaml *));
    if (node->kind == YAML_MAP) {
        node->key = mem_resize(node->key, room, sizeof(struct yaml *));
        node->used = mem_resize(node->used, room, sizeof(bool));
    }
}

static enum err_kind check_key(const struct yaml *map, const struct yaml *key, struct err *err)
{
    if (key->kind != YAML_TEXT)
        return yaml_refuse(key, err, "a key must be plain text; write \"name: value\"");
    if (str_is(key->text, "<<"))
        return yaml_refuse(key, err, "merge keys are not allowed; write the members out");
    // Each key is compared with all before it.
    if (map->count >= KEYS_MAX)
        return yaml_refuse(key, err, "more than %d keys in one map; split it", KEYS_MAX);
    for (size_t i = 0; i < map->count; i++) {
        if (str_same(map->key[i]->text, key->text))
            return yaml_refuse(key, err, "the key \"" STR_FMT "\" stands twice (first in line %u)",
                               STR_ARG(key->text), map->key[i]->line);
    }
    return OK;
}

// One item of a list, or one key and its value of a map, whose first event is given.
static enum err_kind read_child(struct reader *reader, struct yaml *node, const yaml_event_t *first,
                                struct err *err)
{
    AUTO(node_free) struct yaml *child = NULL;
    if (read_node(reader, first, &child, err))
        return err->kind;
    make_room(node);
    if (node->kind == YAML_LIST) {
        node->item[node->count++] = TAKE(child);
        return OK;
    }
    if (check_key(node, child, err))
        return err->kind;
    yaml_event_t event;
    if (next_event(reader, &event, err))
        return err->kind;
    struct yaml *value = NULL;
    enum err_kind kind = read_node(reader, &event, &value, err);
    yaml_event_delete(&event);
    if (kind)
        return kind;
    node->used[node->count] = false;
    node->key[node->count] = TAKE(child);
    node->item[node->count++] = value;
    return OK;
}

static enum err_kind read_children(struct reader *reader, struct yaml *node, yaml_event_type_t end,
                                   struct err *err)
{
    for (;;) {
        yaml_event_t event;
        if (next_event(reader, &event, err))
            return err->kind;
        bool ended = event.type == end;
        enum err_kind kind = ended ? OK : read_child(reader, node, &event, err);
        yaml_event_delete(&event);
        if (ended || kind)
            return kind;
    }
}

static enum err_kind read_node(struct reader *reader, const yaml_event_t *event, struct yaml **out,
                               struct err *err)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    enum yaml_kind kind = YAML_TEXT;
    yaml_event_type_t end = YAML_NO_EVENT;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        kind = YAML_LIST;
        end = YAML_SEQUENCE_END_EVENT;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        kind = YAML_MAP;
        end = YAML_MAPPING_END_EVENT;
    } else if (event->type == YAML_ALIAS_EVENT) {
        return refuse_at(reader, event->start_mark, err,
                         "aliases (*name) are not allowed; write the value out");
    } else {
        return refuse_at(reader, event->start_mark, err, "a value is missing here");
    }
    if (anchor)
        return refuse_at(reader, event->start_mark, err, "anchors (&name) are not allowed");
    if (tag)
        return refuse_at(reader, event->start_mark, err, "tags (!name) are not allowed");
    if (kind == YAML_TEXT)
        return read_scalar(reader, event, out, err);
    if (reader->depth >= DEPTH_MAX)
        return refuse_at(reader, event->start_mark, err, "nested deeper than 32 levels");
    AUTO(node_free) struct yaml *node = node_new(reader, kind, event->start_mark);
    reader->depth++;
    enum err_kind read = read_children(reader, node, end, err);
    reader->depth--;
    if (read == OK)
        *out = TAKE(node);
    return read;
}

// The events of a file with one document: stream start, document start, node, end, end.
static enum err_kind read_document(struct reader *reader, struct yaml **out, struct err *err)
{
    AUTO(node_free) struct yaml *root = NULL;
    for (;;) {
        yaml_event_t event;
        if (next_event(reader, &event, err))
            return err->kind;
        enum err_kind kind = OK;
        bool ended = event.type == YAML_STREAM_END_EVENT;
        bool is_frame =
            event.type == YAML_STREAM_START_EVENT || event.type == YAML_DOCUMENT_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT) {
            if (root)
                kind = refuse_at(reader, event.start_mark, err,
                                 "a second document (---); keep one in a file");
        } else if (!ended && !is_frame) {
            kind = read_node(reader, &event, &root, err);
        }
        yaml_event_delete(&event);
        if (kind)
            return kind;
        if (ended)
            break;
    }
    if (!root)
        return err_set(err, ERR_INPUT, "%s:1:1: the file is empty", reader->name);
    *out = TAKE(root);
    return OK;
}

enum err_kind yaml_parse(struct str text, const char *name, struct yaml_file **out, struct err *err)
{
    if (text.len > BYTES_MAX)
        return err_set(err, ERR_INPUT, "%s:1:1: larger than 1 MiB; split it", name);
    AUTO(yaml_file_free) struct yaml_file *file = mem_new(1, sizeof(*file));
    file->name = mem_text(name);
    struct reader reader = {.name = file->name, .text = text};
    int ready = yaml_parser_initialize(&reader.parser);
    assert(ready);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.at, text.len);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    enum err_kind kind = read_document(&reader, &file->root, err);
    yaml_parser_delete(&reader.parser);
    if (kind)
        return kind;
    *out = TAKE(file);
    return OK;
}

enum err_kind yaml_load(const char *path, struct yaml_file **out, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(BYTES_MAX);
    if (file_read(path, &text, err))
        return err->kind;
    return yaml_parse(buf_slice(&text), path, out, err);
}

void yaml_file_free(struct yaml_file **file)
{
    if (!*file)
        return;
    node_free(&(*file)->root);
    mem_free(&(*file)->name);
    mem_free(file);
}

const struct yaml *yaml_root(const struct yaml_file *file)
{
    return file->root;
}

void yaml_refuse_at(const struct yaml *at, struct err *err, const char *text, ...)
{
    char what[500];
    va_list values;
    va_start(values, text);
    (void)vsnprintf(what, sizeof(what), text, values);
    va_end(values);
    err_write(err, ERR_INPUT, "%s:%u:%u: %s", at->file, at->line, at->column, what);
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++) {
        if (str_is(map->key[i]->text, key)) {
            map->used[i] = true;
            return map->item[i];
        }
    }
    return NULL;
}

enum err_kind yaml_check_keys(const struct yaml *map, const char *const *keys, struct err *err)
{
    for (size_t i = 0; i < map->count; i++) {
        struct str key = map->key[i]->text;
        bool known = false;
        for (const char *const *name = keys; *name && !known; name++)
            known = str_is(key, *name);
        if (known)
            continue;
        const char *nearest = text_nearest(key, keys);
        if (nearest)
            return yaml_refuse(map->key[i], err,
                               "unknown key \"" STR_FMT "\"; did you mean \"%s\"?", STR_ARG(key),
                               nearest);
        if (key.len && key.at[0] >= '0' && key.at[0] <= '9')
            return yaml_refuse(map->key[i], err,
                               "\"" STR_FMT
                               "\" stands after a comma, which begins a new member here; "
                               "for decimals use a point: 100.5",
                               STR_ARG(key));
        return yaml_refuse(map->key[i], err, "unknown key \"" STR_FMT "\"; take it out",
                           STR_ARG(key));
    }
    return OK;
}

static const char *kind_name(enum yaml_kind kind)
{
    switch (kind) {
    case YAML_TEXT:
        return "a single value";
    case YAML_LIST:
        return "a list";
    case YAML_MAP:
        return "a map of names and values";
    }
    return "";
}

enum err_kind yaml_need(const struct yaml *map, const char *key, enum yaml_kind kind,
                        const struct yaml **out, struct err *err)
{
    if (map->kind != YAML_MAP)
        return yaml_refuse(map, err, "a map of names and values is wanted here");
    const struct yaml *value = yaml_get(map, key);
    if (!value)
        return yaml_refuse(map, err, "\"%s\" is missing here; add \"%s: ...\"", key, key);
    if (value->kind != kind)
        return yaml_refuse(value, err, "\"%s\" must be %s", key, kind_name(kind));
    *out = value;
    return OK;
}

enum err_kind yaml_need_text(const struct yaml *map, const char *key, struct str *out,
                             struct err *err)
{
    const struct yaml *value = NULL;
    if (yaml_need(map, key, YAML_TEXT, &value, err))
        return err->kind;
    if (value->text.len == 0)
        return yaml_refuse(value, err,
                           "\"%s\" is empty; write its value (in quotes if it begins with #)", key);
    *out = value->text;
    return OK;
}

enum err_kind yaml_choice(const struct yaml *node, const char *const *names, size_t *out,
                          struct err *err)
{
    if (node->kind != YAML_TEXT)
        return yaml_refuse(node, err, "a single word is wanted here");
    for (size_t i = 0; names[i]; i++) {
        if (str_is(node->text, names[i])) {
            *out = i;
            return OK;
        }
    }
    AUTO(buf_free) struct buf list = buf_new(300);
    for (size_t i = 0; names[i]; i++)
        buf_print(&list, "%s%s", i ? ", " : "", names[i]);
    return yaml_refuse(node, err, "\"" STR_FMT "\" is not one of: %s", STR_ARG(node->text),
                       list.at ? list.at : "");
}
