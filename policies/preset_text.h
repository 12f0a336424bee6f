#ifndef GONG_POLICIES_PRESET_TEXT_H
#define GONG_POLICIES_PRESET_TEXT_H

#include "core/text.h"

#include <stddef.h>

// The files of policies/presets as they were when the program was built, in the order of
// preset_ids.
struct str preset_text(size_t i);

#endif
