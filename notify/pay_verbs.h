#ifndef GONG_NOTIFY_PAY_VERBS_H
#define GONG_NOTIFY_PAY_VERBS_H

#include "core/cli.h"

// The verbs of gong-pay by which people let payouts go.
extern const struct cli_option plan_options[], approve_options[];
int verb_plan(const struct cli *cli);
int verb_approve(const struct cli *cli);

#endif
