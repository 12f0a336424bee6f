#include "triggers/override.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"
#include "core/yaml.h"
#include "policies/policy.h"

#include <stdio.h>

enum { PATH_BYTES_MAX = 256, FOUND_MAX = 6 };

// Scalars whose path ends like the key.
struct search {
    const char *key;
    const struct yaml *found;
    size_t count;
    struct buf paths; // of those found, for a refusal
};

static bool ends_like(const char *path, const char *key)
{
    size_t path_len = strlen(path), key_len = strlen(key);
    if (key_len > path_len || strcmp(path + path_len - key_len, key) != 0)
        return false;
    return key_len == path_len || path[path_len - key_len - 1] == '.';
}

// Depth is limited by the YAML reader.
static void look(struct search *search, const struct yaml *node, const char *path)
{
    if (node->kind == YAML_TEXT) {
        if (!ends_like(path, search->key))
            return;
        search->found = node;
        if (search->count++ < FOUND_MAX)
            buf_print(&search->paths, "%s%s", search->count > 1 ? ", " : "", path);
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        char inner[PATH_BYTES_MAX];
        int len;
        const char *dot = *path ? "." : "";
        if (node->key)
            len = snprintf(inner, sizeof(inner), "%s%s" STR_FMT, path, dot,
                           STR_ARG(node->key[i]->text));
        else
            len = snprintf(inner, sizeof(inner), "%s%s%zu", path, dot, i + 1);
        if (len > 0 && (size_t)len < sizeof(inner))
            look(search, node->item[i], inner);
    }
}

// Where a scalar stands in the text, and how long it is there; false when that cannot be told.
static bool extent(struct str text, const struct yaml *node, size_t *first, size_t *len)
{
    struct str rest = text, line = {0};
    for (unsigned i = 0; i < node->line; i++) {
        if (!str_take_line(&rest, &line))
            return false;
    }
    size_t at = 0, column = 1; // columns count characters
    while (at < line.len && column < node->column) {
        at++;
        while (at < line.len && ((unsigned char)line.at[at] & 0xC0) == 0x80)
            at++;
        column++;
    }
    *first = (size_t)(line.at - text.at) + at;
    if (at == line.len)
        return false;
    char quote = line.at[at];
    if (quote == '"' || quote == '\'') {
        const char *end = memchr(line.at + at + 1, quote, line.len - at - 1);
        *len = end ? (size_t)(end - (line.at + at)) + 1 : 0;
        return end != NULL;
    }
    *len = node->text.len;
    return node->text.len <= line.len - at &&
           memcmp(line.at + at, node->text.at, node->text.len) == 0;
}

static enum err_kind apply(struct buf *text, const char *name, struct str key, struct str value,
                           struct err *err)
{
    AUTO(yaml_file_free) struct yaml_file *file = NULL;
    AUTO(mem_drop) char *word = str_copy(key);
    AUTO(buf_free) struct buf changed = buf_new(POLICY_BYTES_MAX);
    struct search search = {.key = word, .paths = buf_new(PATH_BYTES_MAX * FOUND_MAX)};
    size_t first = 0, len = 0;
    if (yaml_parse(buf_slice(text), name, &file, err)) {
        buf_free(&search.paths);
        return err_of(err);
    }
    look(&search, yaml_root(file), "");
    AUTO(mem_drop) char *paths = buf_take(&search.paths);
    if (search.count == 0)
        return err_set(err, ERR_INPUT,
                       "%s has no value \"%s\"; write a key of the file, such as "
                       "trigger.threshold",
                       name, word);
    if (search.count > 1)
        return err_set(err, ERR_INPUT, "\"%s\" is more than one value of %s: %s; write more of it",
                       word, name, paths);
    if (!extent(buf_slice(text), search.found, &first, &len))
        return err_set(err, ERR_INPUT, "\"%s\" of %s cannot be changed by --set; change the file",
                       word, name);
    buf_add(&changed, text->at, first);
    buf_str(&changed, value);
    buf_add(&changed, text->at + first + len, text->len - first - len);
    if (changed.full)
        return err_set(err, ERR_INPUT, "%s would be too long", name);
    buf_clear(text);
    buf_str(text, buf_slice(&changed));
    return OK;
}

enum err_kind override_load(const char *path, const char *sets, struct policy **out,
                            struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(POLICY_BYTES_MAX);
    struct str rest = str_of(sets ? sets : ""), one;
    if (file_read(path, &text, err))
        return err_of(err);
    while (rest.len && str_take_field(&rest, ';', &one)) {
        struct str value = one, key;
        (void)str_take_field(&value, '=', &key);
        if (!value.at || str_trim(key).len == 0 || str_trim(value).len == 0)
            return err_usage(err,
                             "--set \"" STR_FMT "\" is no change; write threshold=120 mm, several "
                             "with \";\" between",
                             STR_ARG(one));
        if (apply(&text, path, str_trim(key), str_trim(value), err))
            return err_add(err, "changing it by --set");
    }
    if (policy_parse(buf_slice(&text), path, out, err))
        return sets ? err_add(err, "reading it with --set %s", sets) : err_of(err);
    return OK;
}
