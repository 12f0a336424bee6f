#ifndef GONG_DATA_SEASON_CONTRACTS_H
#define GONG_DATA_SEASON_CONTRACTS_H

#include "core/text.h"
#include "data/season/table.h"

#include <stddef.h>
#include <stdint.h>

// About 2,000 invented contracts as CSV, in the columns that gong contract import reads: some 30 a
// commune of former Bắc Kạn (bac-kan-excess-rain), 32 of former Đắk Nông (dak-nong-coffee-drought).
// Names are marked "(diễn tập)"; telephone numbers are those of the drill range, one a person;
// about one person in fifteen reads English; some hold two contracts. Returns how many there are.
size_t contracts_csv(const struct place *place, size_t count, uint64_t seed, struct buf *out);

#endif
