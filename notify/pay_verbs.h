#ifndef GONG_NOTIFY_PAY_VERBS_H
#define GONG_NOTIFY_PAY_VERBS_H

#include "core/cli.h"

// The verbs of gong-pay by which people let payouts go, and set the rules for it (ledger/allow.h).
extern const struct cli_option plan_options[], approve_options[], rule_options[], confirm_options[];
int verb_rule(const struct cli *cli);
int verb_rules(const struct cli *cli);
int verb_confirm(const struct cli *cli);
int verb_plan(const struct cli *cli);
int verb_approve(const struct cli *cli);

#endif
