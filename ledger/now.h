#ifndef GONG_LEDGER_NOW_H
#define GONG_LEDGER_NOW_H

#include "core/cli.h"
#include "ledger/ledger.h"

// What time it is for a program of a site: --now when given, else what the setting `clock` says:
// the system's time, or (drills only) that of the newest reading. A drill with `clock: data` that
// has no reading yet stands at 1970.
MUST_USE enum err_kind ledger_now(const struct cli *cli, const struct site *site,
                                  struct ledger *ledger, struct utc *out, struct err *err);

#endif
