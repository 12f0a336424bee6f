#ifndef GONG_LEDGER_COLUMNS_H
#define GONG_LEDGER_COLUMNS_H

#include "core/csv.h"
#include "core/err.h"
#include "core/text.h"

#include <stddef.h>

// The columns of an enrolment table.
enum column {
    CONTRACT,
    PERSON,
    NAME,
    PHONE,
    ACCOUNT,
    LANGUAGE,
    COMMUNE,
    BOUNDARY_SET,
    POLICY,
    SUM,
    STARTS,
    ENDS,
    CONSENT, // may be missing
    COLUMNS,
};
extern const char *const column_names[COLUMNS + 1]; // NULL-ended

// ERR_INPUT for what is no CSV in UTF-8 but another thing that spreadsheets save: a workbook, a
// text in UTF-16.
MUST_USE enum err_kind columns_check_bytes(struct str text, struct err *err);

// Where each column stands in the first row (SIZE_MAX: nowhere), in any order, small or capital
// letters. ERR_INPUT, saying what to do, for an unknown column, one that is there twice or is
// missing, a first row that names none, fields between other marks than commas, and a column for
// ethnicity or religion.
MUST_USE enum err_kind columns_read(const struct csv *csv, size_t place[COLUMNS], struct err *err);

#endif
