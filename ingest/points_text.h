#ifndef GONG_INGEST_POINTS_TEXT_H
#define GONG_INGEST_POINTS_TEXT_H

#include "core/date.h"
#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>

// Numbers and times as other people's tables write them. Pure; every byte is suspected.

// A decimal number: "12.5", "-3", ".5", "7.", "1.2e-3"; no blanks, at most 40 bytes. False for
// anything else, also for "nan", "1,5", "0x10".
bool text_real(struct str text, double *out);

// A time by its pattern: YYYY has four digits; YY two (19YY from 50 on, else 20YY); MM DD hh mm ss
// one or two; anything else stands for itself. What the pattern does not name is the first of
// January at 0:00:00. ERR_INPUT when the text does not fit or is no time.
MUST_USE enum err_kind text_time(struct str text, const char *pattern, struct utc *out,
                                 struct err *err);

// True for a pattern that text_time can read: at least a year, nothing twice.
bool text_is_pattern(const char *pattern);

#endif
