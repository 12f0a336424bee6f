#ifndef GONG_LEDGER_MODE_H
#define GONG_LEDGER_MODE_H

#include "core/err.h"

struct db;

// A ledger is of a drill or in earnest, for good: by its first messages, each of which says which
// ("drill" of its body). ERR_INPUT when gong.yaml of the folder says the other: a drill's invented
// payouts would leave as money, and what is owed would be written into a file and count as paid. A
// ledger without messages, and a folder without settings, may be either.
MUST_USE enum err_kind mode_check(struct db *db, const char *folder, struct err *err);

#endif
