#ifndef GONG_CORE_RESERVE_H
#define GONG_CORE_RESERVE_H

#include <stdbool.h>

// Space that a site keeps for warnings: the file `reserve` in its folder, full of nothing. When the
// disk is full, who has a warning to write gives it up and tries once more; all else stops with
// what it has said.

// Makes the file when it is not there and as much again stays free. Never fails: it is for later.
void reserve_keep(const char *folder);
// False when there is none.
bool reserve_give_up(const char *folder);

#endif
