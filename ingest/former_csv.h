#ifndef GONG_INGEST_FORMER_CSV_H
#define GONG_INGEST_FORMER_CSV_H

#include "core/err.h"
#include "core/text.h"
#include "ledger/former.h"
#include "ledger/map.h"

// A code that a list has wrongly and how it should read: "06970=06978".
struct renaming {
    struct str from, to;
};

// Reads a list of old and new communes, one pair a row: columns new_commune_code, old_commune_code,
// old_commune, and where there are such: old_district, old_province, is_split (0 or 1; without the
// column an area_share under 0.99 says it), area_share (0..1, of the old commune), new_commune.
// Every row becomes one of `out` or the whole list is refused: ERR_INPUT names the lines whose new
// code is not in `set`, and what the code could be when the set has a commune of that name; or the
// old commune whose shares add up to more than the whole. Texts become NFC. A row that names a
// share and no new commune says what of the old one lies in none (gong boundary crosswalk writes
// one for each): it is not kept, and counted in `nowhere` when it is of some area.
MUST_USE enum err_kind former_csv_read(struct str text, const char *file,
                                       const struct boundary_set *set,
                                       const struct renaming *renaming, struct formers *out,
                                       size_t *nowhere, struct err *err);

#endif
