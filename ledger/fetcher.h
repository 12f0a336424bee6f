#ifndef GONG_LEDGER_FETCHER_H
#define GONG_LEDGER_FETCHER_H

#include "core/err.h"

struct site;

// Asks gong-ingest whether it can read the site's sources.yaml: while it cannot, no source is asked
// for anything any more, and nothing but its own end says so. The error is the sentence of
// gong-ingest: ERR_INPUT with file, line and column, ERR_MISSING when there is no such file. OK too
// where gong-ingest does not stand beside this program, as at a machine that fetches nothing.
MUST_USE enum err_kind fetcher_ask(const struct site *site, struct err *err);

#endif
