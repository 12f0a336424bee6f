#ifndef GONG_POLICIES_PROPOSE_H
#define GONG_POLICIES_PROPOSE_H

#include "core/cli.h"

// The verbs of gong-policy by which a policy comes into force at a site (ledger/proposal.h).
extern const struct cli_option propose_options[], show_options[], sign_options[], reject_options[];
int verb_propose(const struct cli *cli);
int verb_proposals(const struct cli *cli);
int verb_show(const struct cli *cli);
int verb_sign(const struct cli *cli);
int verb_reject(const struct cli *cli);

#endif
