#include "ledger/now.h"

#include "ledger/reading.h"

#include <string.h>

enum err_kind ledger_now(const struct cli *cli, const struct site *site, struct ledger *ledger,
                         struct utc *out, struct err *err)
{
    struct utc fixed;
    struct clock clock;
    if (cli_clock(cli, site, &fixed, &clock, err))
        return err->kind;
    bool by_data = strcmp(site_text(site, "clock"), "data") == 0;
    if (cli_value(cli, "now") || !by_data) {
        *out = clock.now(clock.self);
        return OK;
    }
    if (!site_is_drill(site))
        return err_set(err, ERR_REFUSED,
                       "clock: data is for drills, and this site's mode is live; write clock: "
                       "system in gong.yaml");
    enum err_kind kind = reading_newest(ledger, NULL, out, err);
    if (kind == ERR_MISSING) {
        *out = (struct utc){0};
        return OK;
    }
    return kind;
}
