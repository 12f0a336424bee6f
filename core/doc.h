#ifndef GONG_CORE_DOC_H
#define GONG_CORE_DOC_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

// A JSON document or a value in one; opaque. (jansson, behind our own name.) What is made
// (doc_object, doc_array, doc_parse) is owned until it is put into another (doc_put, doc_push take
// it) or freed. What is got (doc_get, doc_at) is borrowed from its parent. Numbers are whole: a
// fraction in a text that comes in is kept as a number that only doc_real reads (GeoJSON
// coordinates), and never written out again.
struct doc;

struct doc *doc_object(void);
struct doc *doc_array(void);
void doc_free(struct doc **doc);

void doc_put(struct doc *object, const char *key, struct doc *taken);
// The same document in two places: `shared` may not be changed afterwards.
void doc_put_same(struct doc *object, const char *key, const struct doc *shared);
// A new object with the same members; these are the same documents as in `object`.
struct doc *doc_copy(const struct doc *object);
void doc_put_text(struct doc *object, const char *key, const char *text); // UTF-8, or assert
void doc_put_str(struct doc *object, const char *key, struct str text);
void doc_put_int(struct doc *object, const char *key, int64_t number);
void doc_put_bool(struct doc *object, const char *key, bool value);
void doc_put_null(struct doc *object, const char *key);
void doc_push(struct doc *array, struct doc *taken);
void doc_push_text(struct doc *array, const char *text);
void doc_push_int(struct doc *array, int64_t number);

// Sorted keys, no blanks, UTF-8 as it is: the bytes of `jq -cS`.
void doc_canonical(const struct doc *doc, struct buf *out);

// The same of an object with members more, of other names than its own (assert). True when all in
// it is of every day: names and texts of ASCII without an escape or DEL, whole numbers up to 2^53,
// at most 32 deep; of such bytes canonical_private has nothing to say (canonical.h).
struct doc_member {
    const char *key, *text; // UTF-8; text NULL: the number
    int64_t number;
};
bool doc_canonical_with(const struct doc *object, const struct doc_member *more, size_t count,
                        struct buf *out);

// Indented for people.
void doc_pretty(const struct doc *doc, struct buf *out);

// Parses a whole text. Duplicate keys, trailing text, bad UTF-8, NaN and depth over 64 are
// ERR_INPUT with `name`, line and column.
MUST_USE enum err_kind doc_parse(struct str text, const char *name, struct doc **out,
                                 struct err *err);

bool doc_is_object(const struct doc *doc);
bool doc_is_array(const struct doc *doc);
bool doc_is_text(const struct doc *doc);
bool doc_is_null(const struct doc *doc);

// NULL when the object has no such key, or `doc` is NULL or no object.
const struct doc *doc_get(const struct doc *doc, const char *key);
size_t doc_count(const struct doc *doc); // members of an array or object, else 0
const struct doc *doc_at(const struct doc *array, size_t index);

// Walks an object's members in the order of the text: start with NULL, ends with NULL.
const char *doc_next_key(const struct doc *object, const char *key);

// The value as C data; the second form gives `otherwise` when it is not there or not of the kind.
const char *doc_text(const struct doc *doc, const char *otherwise);
int64_t doc_int(const struct doc *doc, int64_t otherwise);
bool doc_bool(const struct doc *doc, bool otherwise);
bool doc_real(const struct doc *doc, double *out); // any number; false when it is none

// Required members, with the key in the error.
MUST_USE enum err_kind doc_need_text(const struct doc *object, const char *key, const char **out,
                                     struct err *err);
MUST_USE enum err_kind doc_need_int(const struct doc *object, const char *key, int64_t *out,
                                    struct err *err);

#endif
