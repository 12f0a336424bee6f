#ifndef GONG_CORE_YAML_WHY_H
#define GONG_CORE_YAML_WHY_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>

// What is wrong with a file before its meaning is asked for: where, why, and what to write. The
// words of libyaml say what its scanner missed, which is seldom what its writer did.

// A place in a text, 1-based; columns are letters, as libyaml counts them.
struct yaml_place {
    size_t line, column;
};

// The letters themselves: UTF-8 without control characters. ERR_INPUT at the first that is not.
MUST_USE enum err_kind yaml_check_letters(struct str text, const char *name, struct err *err);

// The same, and composed (NFC), and none that nobody sees: what the ledger keeps whole.
MUST_USE enum err_kind yaml_check_composed(struct str text, const char *name, struct err *err);

// What libyaml found: `problem` at `at`, in something that began at `begun`. Writes ERR_INPUT.
struct yaml_problem {
    const char *problem; // NULL: it does not say
    struct yaml_place at, begun;
};
void yaml_say_problem(const struct yaml_problem *found, struct str text, const char *name,
                      struct err *err);

#endif
