#include "policies/format.h"

#include "core/mem.h"
#include "core/yaml.h"
#include "policies/shape.h"

#include <stdlib.h>

// A key with its value and what stands above it.
struct block {
    size_t order, place; // of its key; in the file
    struct buf text;
};
struct blocks {
    struct block *at;
    size_t count;
};

static void blocks_free(struct blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++)
        buf_free(&blocks->at[i].text);
    mem_free(&blocks->at);
}

static struct block *add_block(struct blocks *blocks)
{
    enum { BLOCK_BYTES_MAX = 1 << 20 };
    blocks->at = mem_resize(blocks->at, blocks->count + 1, sizeof(*blocks->at));
    struct block *block = &blocks->at[blocks->count];
    *block = (struct block){.order = SIZE_MAX, .place = blocks->count};
    block->text = buf_new(BLOCK_BYTES_MAX);
    blocks->count++;
    return block;
}

static struct str cut_end(struct str line)
{
    while (line.len && (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '\t' ||
                        line.at[line.len - 1] == '\r'))
        line.len--;
    return line;
}

static bool begins_key(struct str line, struct str *key)
{
    struct str rest = line;
    if (line.len == 0 || line.at[0] == ' ' || line.at[0] == '#')
        return false;
    return str_take_field(&rest, ':', key) && rest.at != NULL;
}

static int by_order(const void *a, const void *b)
{
    const struct block *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

// Comments and empty lines belong to the key below them.
static void split(struct str text, struct blocks *blocks)
{
    struct str line, key;
    struct block *open = add_block(blocks);
    bool has_key = false, empty = false;
    while (str_take_line(&text, &line)) {
        line = cut_end(line);
        bool begins = begins_key(line, &key);
        bool above = line.len == 0 || line.at[0] == '#';
        if (has_key && (begins || above)) {
            open = add_block(blocks);
            has_key = false;
            empty = false;
        }
        if (begins) {
            open->order = shape_order(key);
            has_key = true;
        }
        if (!(line.len == 0 && empty)) {
            buf_str(&open->text, line);
            buf_char(&open->text, '\n');
        }
        empty = line.len == 0;
    }
}

static bool same_tree(const struct yaml *a, const struct yaml *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == YAML_TEXT)
        return str_same(a->text, b->text);
    for (size_t i = 0; i < a->count; i++) {
        const struct yaml *other = b->item[i];
        if (a->kind == YAML_MAP) {
            AUTO(mem_drop) char *key = str_copy(a->key[i]->text);
            other = yaml_get(b, key);
        }
        if (!other || !same_tree(a->item[i], other))
            return false;
    }
    return true;
}

enum err_kind policy_format(struct str text, const char *name, struct buf *out, struct err *err)
{
    AUTO(yaml_file_free) struct yaml_file *before = NULL;
    AUTO(yaml_file_free) struct yaml_file *after = NULL;
    AUTO(blocks_free) struct blocks blocks = {0};
    AUTO(buf_free) struct buf made = buf_new(1 << 20);
    if (yaml_parse(text, name, &before, err))
        return err->kind;
    if (yaml_root(before)->kind != YAML_MAP)
        return yaml_refuse(yaml_root(before), err, "a policy is wanted here, as \"gong: 1\"");
    split(text, &blocks);
    qsort(blocks.at, blocks.count, sizeof(*blocks.at), by_order);
    for (size_t i = 0; i < blocks.count; i++)
        buf_str(&made, buf_slice(&blocks.at[i].text));
    while (made.len > 1 && made.at[made.len - 1] == '\n' && made.at[made.len - 2] == '\n')
        made.at[--made.len] = 0;
    struct err why = {0};
    if (made.full || yaml_parse(buf_slice(&made), name, &after, &why) ||
        !same_tree(yaml_root(before), yaml_root(after)))
        return err_set(err, ERR_INPUT,
                       "%s:1:1: it cannot be written otherwise without changing what it says; put "
                       "each key on a line of its own",
                       name);
    buf_str(out, buf_slice(&made));
    return OK;
}
