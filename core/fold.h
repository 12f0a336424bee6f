#ifndef GONG_CORE_FOLD_H
#define GONG_CORE_FOLD_H

#include "core/text.h"

// A text as one looks for words and numbers in it, however it was typed: accents, and marks that
// nobody sees (zero-width blanks, soft hyphens), are gone; wide and other shapes of a letter or
// digit are the plain one; letters are small; what is a blank, a dash or another mark outside of
// ASCII is ' ', '-' or ';'. Letters that have no plain one stay. Appended to `out`; what is no
// UTF-8 becomes ';'.
void fold_text(struct str text, struct buf *out);

#endif
