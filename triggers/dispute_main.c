// gong-dispute: a farmer's word against a decision, its deadline, its answer and its end.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "ledger/decision.h"
#include "ledger/dispute.h"
#include "ledger/hand.h"
#include "ledger/people.h"
#include "ledger/seal.h"
#include "policies/policy.h"
#include "triggers/contest.h"
#include "triggers/receipt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DAYS_MAX = 3650 };

static int usage(const struct cli *cli, const struct err *err)
{
    (void)cli_fail(cli, err);
    return EXIT_USAGE;
}

// The decision that is meant: one on this contract.
static enum err_kind find_decision(const struct hand *hand, int64_t *out, struct err *err)
{
    AUTO(people_close) struct people *people = NULL;
    struct contract contract;
    const char *at = cli_value(hand->cli, "decision"), *id = cli_arg(hand->cli, 0);
    if (people_open(site_folder(hand->site), LEDGER_READ, &people, err) ||
        contract_find(people, id, &contract, err))
        return err_of(err);
    if (at && num_whole(str_of(at), 1, INT64_MAX, out, err))
        return err_add(err, "reading --decision");
    if (!at && receipt_decision(hand->ledger, id, out, err))
        return err_add(err, "looking for --decision");
    return contest_fits(hand->ledger, &contract, *out, err);
}

// The deadline stands in the policy that decided; one that says nothing needs --days.
static enum err_kind deadline(const struct hand *hand, int64_t decision, struct utc *due,
                              struct err *err)
{
    AUTO(doc_free) struct doc *doc = NULL;
    AUTO(batch_rows_free) struct batch_rows rows = {0};
    AUTO(buf_free) struct buf yaml = buf_new(POLICY_BYTES_MAX);
    AUTO(policy_free) struct policy *policy = NULL;
    const char *days = cli_value(hand->cli, "days");
    int64_t count = 0;
    size_t i = 0;
    if (ledger_entry_doc(hand->ledger, decision, &doc, err) ||
        batch_list(hand->ledger, doc_text(doc_get(doc, "policy"), ""), NULL, &rows, err))
        return err_of(err);
    while (i < rows.count && rows.at[i].seq != doc_int(doc_get(doc, "batch"), 0))
        i++;
    if (i == rows.count)
        return err_set(err, ERR_INPUT, "entry %" PRId64 " is no decision", decision);
    if (policy_text_get(hand->ledger, rows.at[i].policy_hash, &yaml, err) ||
        policy_parse(buf_slice(&yaml), rows.at[i].policy, &policy, err))
        return err_of(err);
    if (policy->dispute_answer_s) {
        due->s = hand->now.s + policy->dispute_answer_s;
        return OK;
    }
    if (!days)
        return err_set(err, ERR_INPUT,
                       "policy %s does not say within how many days a dispute is answered; add "
                       "--days N",
                       policy->id);
    if (num_whole(str_of(days), 1, DAYS_MAX, &count, err))
        return err_add(err, "reading --days");
    due->s = hand->now.s + count * DAY_S;
    return OK;
}

static void say(const struct cli *cli, int64_t dispute, const char *state, const char *due)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "dispute", dispute);
        doc_put_text(result, "state", state);
        if (due)
            doc_put_text(result, "due", due);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("dispute %" PRId64 ": %s%s%s\n", dispute, state,
                     due ? ", to be answered by " : "", due ? due : "");
    }
}

static int run_open(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    const char *why, *contract = cli_arg(cli, 0);
    int64_t decision = 0, seq = 0;
    struct utc due;
    bool draft = false;
    if (hand_why(cli, "why", &why, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) ||
        hand_begin(&hand, "dispute-open", &act, &err) || hand_names_nobody(&hand, "why", &err) ||
        find_decision(&hand, &decision, &err) || deadline(&hand, decision, &due, &err))
        return cli_fail(cli, &err);
    dispute_word_open(&act, contract, decision, due, why);
    if (hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (dispute_open(hand.ledger, &act, hand.now, due, &seq, &err))
        return cli_fail(cli, &err);
    say(cli, seq, "open", utc_text(due).at);
    return EXIT_YES;
}

static enum err_kind number_of(const struct cli *cli, int64_t *out, struct err *err)
{
    return num_whole(str_of(cli_arg(cli, 0)), 1, INT64_MAX, out, err);
}

// The decision that is disputed, or one that took its place: of the same policy, commune and
// period.
static enum err_kind check_occasion(const struct hand *hand, int64_t dispute,
                                    const struct doc *receipt, struct err *err)
{
    static const char *const same[] = {"policy", "commune", "period"};
    AUTO(doc_free) struct doc *disputed = NULL;
    AUTO(doc_free) struct doc *decided = NULL;
    AUTO(doc_free) struct doc *shown = NULL;
    const struct doc *entry = doc_get(doc_get(receipt, "entries"), "decision");
    if (ledger_entry_doc(hand->ledger, dispute, &disputed, err) ||
        ledger_entry_doc(hand->ledger, doc_int(doc_get(disputed, "decision"), 0), &decided, err) ||
        doc_parse(str_of(doc_text(doc_get(entry, "text"), "")), "receipt", &shown, err))
        return err_of(err);
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        if (strcmp(doc_text(doc_get(decided, same[i]), ""),
                   doc_text(doc_get(shown, same[i]), "-")) != 0)
            return err_set(
                err, ERR_REFUSED,
                "the receipt is of %s, commune %s, %s, and the dispute of %s, commune "
                "%s, %s",
                doc_text(doc_get(shown, "policy"), ""), doc_text(doc_get(shown, "commune"), ""),
                doc_text(doc_get(shown, "period"), ""), doc_text(doc_get(decided, "policy"), ""),
                doc_text(doc_get(decided, "commune"), ""),
                doc_text(doc_get(decided, "period"), ""));
    }
    return OK;
}

// A dispute is answered with the decision computed again: here and now, from the raw files of the
// archive, which lets go of none that a decision stands on.
static enum err_kind compute_again(const struct hand *hand, int64_t dispute, struct str text,
                                   const char *file, struct err *err)
{
    AUTO(doc_free) struct doc *receipt = NULL;
    AUTO(mem_drop) char *archive = site_path(hand->site, "archive");
    struct receipt_report report;
    struct note_key key;
    if (doc_parse(text, file, &receipt, err) || seal_key(site_folder(hand->site), &key, err))
        return err_of(err);
    if (receipt_check(receipt, &key, NULL, archive, &report, err))
        return err_add(err, "computing the receipt %s again", file);
    return check_occasion(hand, dispute, receipt, err);
}

static int run_answer(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    AUTO(buf_free) struct buf receipt = buf_new(RECEIPT_BYTES_MAX);
    const char *why, *file;
    int64_t dispute = 0;
    bool draft = false;
    if (hand_why(cli, "why", &why, &err) || hand_need(cli, "receipt", &file, &err) ||
        number_of(cli, &dispute, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) ||
        hand_begin(&hand, "dispute-answer", &act, &err) || hand_names_nobody(&hand, "why", &err) ||
        file_read(file, &receipt, &err) ||
        compute_again(&hand, dispute, buf_slice(&receipt), file, &err))
        return cli_fail(cli, &err);
    struct hash hash = hash_of(buf_slice(&receipt));
    dispute_word_answer(&act, dispute, why, hash);
    if (hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (hand_keep(&hand, buf_slice(&receipt), hash, &err) ||
        dispute_answer(hand.ledger, &act, hand.now, &err))
        return cli_fail(cli, &err);
    say(cli, dispute, "answered", NULL);
    return EXIT_YES;
}

static int run_close(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    const char *why, *outcome;
    int64_t dispute = 0;
    bool draft = false;
    if (hand_why(cli, "why", &why, &err) || hand_need(cli, "outcome", &outcome, &err) ||
        number_of(cli, &dispute, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) ||
        hand_begin(&hand, "dispute-close", &act, &err) || hand_names_nobody(&hand, "why", &err) ||
        dispute_word_close(&act, dispute, outcome, why, &err) ||
        hand_sign(&hand, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    if (dispute_close(hand.ledger, &act, hand.now, &err))
        return cli_fail(cli, &err);
    say(cli, dispute, outcome, NULL);
    if (strcmp(outcome, "upheld") == 0 && !cli_json(cli) && !cli_quiet(cli))
        (void)printf("it pays nothing by itself: corrected data do, as a top-up (gong ingest, gong "
                     "trigger run)\n");
    return EXIT_YES;
}

static const char *state_of(const struct dispute_row *row, struct utc now)
{
    if (row->closed)
        return row->outcome;
    if (row->answered)
        return "answered";
    return dispute_is_overdue(row, now) ? "OVERDUE" : "open";
}

static int run_list(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand hand = {0};
    AUTO(dispute_rows_free) struct dispute_rows rows = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    if (hand_open(cli, LEDGER_READ, &hand, &err) || dispute_list(hand.ledger, NULL, &rows, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < rows.count; i++) {
        const struct dispute_row *row = &rows.at[i];
        struct doc *one = doc_object();
        doc_put_int(one, "answered", row->answered);
        doc_put_int(one, "closed", row->closed);
        doc_put_text(one, "contract", row->contract);
        doc_put_int(one, "decision", row->decision);
        doc_put_int(one, "dispute", row->seq);
        doc_put_text(one, "due", utc_text(row->due).at);
        doc_put_text(one, "state", state_of(row, hand.now));
        doc_push(list, one);
        if (!cli_json(cli))
            (void)printf("%-8" PRId64 " %-16s decision %-8" PRId64 " due %s  %s\n", row->seq,
                         row->contract, row->decision, utc_text(row->due).at,
                         state_of(row, hand.now));
    }
    if (cli_json(cli))
        cli_print(list);
    else if (rows.count == 0 && !cli_quiet(cli))
        (void)printf("no disputes\n");
    return EXIT_YES;
}

static const struct cli_option open_options[] = {
    {"why", "TEXT", "what is disputed; no name, phone or account"},
    {"decision", "SEQ", "which decision; else that of the contract's newest payout"},
    {"days", "N", "to be answered within; only where the policy does not say"},
    HAND_OPTIONS,
    {0}};
static const struct cli_option answer_options[] = {
    {"why", "TEXT", "the answer"},
    {"receipt", "FILE",
     "of the decision (gong receipt show SEQ --json); it is computed again, and kept"},
    HAND_OPTIONS,
    {0}};
static const struct cli_option close_options[] = {
    {"why", "TEXT", "why"},
    {"outcome", "WORD", "upheld, rejected or withdrawn"},
    HAND_OPTIONS,
    {0}};

static const struct cli_verb verbs[] = {
    {.name = "open",
     .args = "CONTRACT",
     .help = "open a dispute about a decision for a contract",
     .example =
         "gong dispute open C-1 --decision 812 --why \"it rained all night\" --by officer-1 --key "
         "officer-1.key",
     .options = open_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_open},
    {.name = "list",
     .args = "",
     .help = "all disputes, with what is overdue",
     .example = "gong dispute list --site mysite",
     .run = run_list},
    {.name = "answer",
     .args = "DISPUTE",
     .help = "answer a dispute, with the decision computed again",
     .example =
         "gong dispute answer 900 --receipt r.json --why \"the gauge agrees\" --by insurer-1 "
         "--key insurer-1.key",
     .options = answer_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_answer},
    {.name = "close",
     .args = "DISPUTE",
     .help = "end a dispute, by another person than who answered it",
     .example =
         "gong dispute close 900 --outcome rejected --why \"as computed again\" --by approver-1 "
         "--key approver-1.key",
     .options = close_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_close},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-dispute",
                                        .help = "Disputes of contracts.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
