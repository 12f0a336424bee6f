#ifndef GONG_POLICIES_PRESET_VERB_H
#define GONG_POLICIES_PRESET_VERB_H

#include "core/cli.h"

// `gong policy presets`: lists the presets, shows one or one of its tables, or says what values
// give by a table.
int verb_presets(const struct cli *cli);

#endif
