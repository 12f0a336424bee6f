#ifndef GONG_CORE_YAML_H
#define GONG_CORE_YAML_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

// One node of a parsed file; owned by its file. Every scalar is text: what it means is decided by
// who reads it, strictly (num.h), so that "1,5", "010" and "nan" are never guessed.
struct yaml {
    enum yaml_kind kind;
    unsigned line, column; // 1-based, where it stands
    bool quoted;           // YAML_TEXT: written with quotes or as a block
    struct str text;       // YAML_TEXT: the scalar, NFC
    const char *file;      // as given to yaml_parse
    size_t count;          // items or members
    struct yaml **item;    // [count] items, or the members' values
    struct yaml **key;     // [count] the members' keys (YAML_TEXT), NULL for a list
    bool *used;            // [count] members that yaml_get found; see yaml_check_keys
};

struct yaml_file;

// Parses one document. Refused as ERR_INPUT with file:line:column: anchors, aliases, tags, merge
// keys, duplicate keys, a second document, more than 1 MiB, depth over 32, over 50,000 events, over
// 1,000 keys in one map, text that is not UTF-8. `name` is copied.
MUST_USE enum err_kind yaml_parse(struct str text, const char *name, struct yaml_file **out,
                                  struct err *err);
MUST_USE enum err_kind yaml_load(const char *path, struct yaml_file **out, struct err *err);
void yaml_file_free(struct yaml_file **file); // libyaml itself exports a yaml_free
const struct yaml *yaml_root(const struct yaml_file *file);

// Refuses at a node: "file:line:column: " and the text, which says what is wrong; what to write.
#define yaml_refuse(at, err, ...) (yaml_refuse_at((at), (err), __VA_ARGS__), ERR_INPUT)
void yaml_refuse_at(const struct yaml *at, struct err *err, const char *text, ...) PRINTF(3, 4);

// A member of a map, marked as used; NULL when there is none (or `map` is no map).
const struct yaml *yaml_get(const struct yaml *map, const char *key);

// Refuses a map with a member that is not one of `keys` (NULL-ended), naming the nearest.
MUST_USE enum err_kind yaml_check_keys(const struct yaml *map, const char *const *keys,
                                       struct err *err);

// Required members of a kind; the error says which key is missing and where.
MUST_USE enum err_kind yaml_need(const struct yaml *map, const char *key, enum yaml_kind kind,
                                 const struct yaml **out, struct err *err);
MUST_USE enum err_kind yaml_need_text(const struct yaml *map, const char *key, struct str *out,
                                      struct err *err);

// A scalar that must be one of `names` (NULL-ended); `*out` is its index.
MUST_USE enum err_kind yaml_choice(const struct yaml *node, const char *const *names, size_t *out,
                                   struct err *err);

#endif
