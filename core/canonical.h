#ifndef GONG_CORE_CANONICAL_H
#define GONG_CORE_CANONICAL_H

#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// Looks whether a text is an object of canonical JSON (as doc_canonical writes it), in one pass and
// without heap: keys in ascending order of bytes, no blanks, whole numbers without needless digits,
// only the escapes that must be, UTF-8, nested at most 64 deep.
//
//   wanted  [count] members of the outermost object, keys in ascending order; `value` becomes the
//           bytes of each as they stand in the text (a string with its quotes), or {NULL, 0} when
//           it is not there
//
// False for what is not canonical; also for numbers with a fraction, and for names with an escape,
// which no text of gong has: ask doc_parse and doc_canonical then.
struct canonical_member {
    struct str key, value;
};
bool canonical_is(struct str text, struct canonical_member *wanted, size_t count);

// Whether such a value, as it stands in the text, is this string or whole number. False for
// {NULL, 0}.
bool canonical_says_text(struct str value, struct str text);
bool canonical_says_number(struct str value, int64_t number);

// Whether others come to the same bytes: a canonical text that `jq -cS` writes as it stands (no
// control character by number, no DEL, no number beyond 2^53), whose texts are composed (NFC). NULL
// when so, else what it holds, for a sentence.
const char *canonical_private(struct str text);

#endif
