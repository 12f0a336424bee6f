// gong-release: lets go what is held.
#include "core/cli.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/hand.h"
#include "ledger/hold.h"

#include <inttypes.h>
#include <stdio.h>

static int run_release(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    const char *why;
    int64_t seq = 0;
    bool draft = false;
    if (hand_why(cli, "why", &why, &err) ||
        num_whole(str_of(cli_arg(cli, 0)), 1, INT64_MAX, &seq, &err)) {
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) || hand_begin(&hand, "release", &act, &err) ||
        hand_names_nobody(&hand, "why", &err))
        return cli_fail(cli, &err);
    hold_word_release(&act, seq, why);
    if (hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (hold_release(hand.ledger, &act, hand.now, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli) && !cli_json(cli))
        (void)printf("hold %" PRId64 " is released\n", seq);
    return EXIT_YES;
}

static const struct cli_option options[] = {
    {"why", "TEXT", "why; kept in the ledger"}, HAND_OPTIONS, {0}};

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "HOLD",
     .help = "end a hold (gong hold --list), by another person than who made it",
     .example = "gong release 812 --why \"the station was repaired\" --by approver-1 --key "
                "approver-1.key",
     .options = options,
     .args_min = 1,
     .args_max = 1,
     .run = run_release},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {
        .name = "gong-release", .help = "Ends a hold.", .verbs = verbs, .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
