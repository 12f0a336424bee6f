#ifndef GONG_POLICIES_LETTERS_H
#define GONG_POLICIES_LETTERS_H

#include "core/err.h"

struct yaml;

// ERR_INPUT at a letter that an SMS without accents would lose: in any text of a policy that people
// are sent (its title is in the short one), wherever it stands.
MUST_USE enum err_kind letters_check(const struct yaml *root, struct err *err);

#endif
