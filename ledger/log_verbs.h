#ifndef GONG_LEDGER_LOG_VERBS_H
#define GONG_LEDGER_LOG_VERBS_H

#include "core/cli.h"

// The verbs of gong-ledger that deal with outsiders: checkpoints, proofs, publishing, witnesses.
extern const struct cli_option seal_options[], prove_options[], key_options[], follow_options[],
    witness_options[], cosign_options[];
int verb_seal(const struct cli *cli);
int verb_prove(const struct cli *cli);
int verb_check(const struct cli *cli);
int verb_publish(const struct cli *cli);
int verb_follow(const struct cli *cli);
int verb_cosign(const struct cli *cli);
int verb_witness(const struct cli *cli);

#endif
