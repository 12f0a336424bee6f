// gong-pay: looks at payouts, approves them, takes in what banks and communes say.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/sign.h"
#include "ledger/decision.h"
#include "ledger/ledger.h"
#include "ledger/act.h"
#include "ledger/hand.h"
#include "ledger/payment.h"
#include "ledger/scope.h"
#include "notify/bankfile.h"
#include "notify/cashlist.h"
#include "notify/gsma_line.h"
#include "notify/pay_verbs.h"
#include "notify/retry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 16 << 20, STATEMENT_BYTES_MAX = 256 << 20 };

static int usage(const struct cli *cli, const struct err *err)
{
    (void)cli_fail(cli, err);
    return EXIT_USAGE;
}

// --- status
// -------------------------------------------------------------------------------------------

static void print_row(const struct cli *cli, const struct payment_row *row, struct doc *list)
{
    struct doc *one = doc_object();
    doc_put_int(one, "amount_vnd", row->amount_vnd);
    doc_put_text(one, "at", utc_text(row->at).at);
    doc_put_text(one, "contract", row->contract);
    doc_put_text(one, "period", row->period);
    doc_put_text(one, "policy", row->policy);
    doc_put_text(one, "reference", row->reference);
    doc_put_text(one, "result", row->result);
    doc_put_text(one, "state", row->state);
    doc_push(list, one);
    if (!cli_json(cli))
        (void)printf("%s  %-9s %12" PRId64 " đồng  %s  %s\n", row->reference, row->state,
                     row->amount_vnd, row->contract, row->result);
}

static int run_status(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand desk = {0};
    AUTO(payment_rows_free) struct payment_rows rows = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    const char *state = cli_value(cli, "state");
    size_t open = 0;
    if (hand_open(cli, LEDGER_READ, &desk, &err) || payment_list(desk.ledger, state, &rows, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < rows.count; i++) {
        const char *now = rows.at[i].state;
        bool is_open = strcmp(now, "paid") != 0 && strcmp(now, "rejected") != 0;
        open += is_open;
        if (state || is_open)
            print_row(cli, &rows.at[i], list);
    }
    if (cli_json(cli))
        cli_print(list);
    else if (!cli_quiet(cli))
        (void)printf("%zu payouts were to be sent, %zu of them are open\n", rows.count, open);
    return EXIT_YES;
}

// --- evidence
// -----------------------------------------------------------------------------------------

struct intake {
    struct hand *desk;
    const char *file;
    const struct bank_summary *summary;
    char by[64];
    size_t taken, same, others, refused;
};

static enum err_kind count_refusal(struct intake *intake, enum err_kind kind, size_t line,
                                   const struct err *why)
{
    if (kind == ERR_MISSING) {
        intake->others++;
        return OK;
    }
    intake->refused++;
    (void)fprintf(stderr, "%s:%zu: %s\n", intake->file, line, why->text);
    return OK;
}

// Evidence of one line. What is refused is said and counted; the next line goes on.
static enum err_kind prove(struct intake *intake, struct payment_evidence *evidence, size_t line,
                           struct err *err)
{
    struct err why = {0};
    bool fresh = false;
    evidence->at = intake->desk->now;
    evidence->by = intake->by;
    enum err_kind kind = payment_prove(intake->desk->ledger, evidence, &fresh, &why);
    if (kind == ERR_BROKEN || kind == ERR_LATER) {
        *err = why;
        return kind;
    }
    if (kind)
        return count_refusal(intake, kind, line, &why);
    if (fresh)
        intake->taken++;
    else
        intake->same++;
    return OK;
}

static int end_intake(const struct intake *intake)
{
    const struct cli *cli = intake->desk->cli;
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "others", (int64_t)intake->others);
        doc_put_int(result, "refused", (int64_t)intake->refused);
        doc_put_int(result, "same", (int64_t)intake->same);
        doc_put_int(result, "taken", (int64_t)intake->taken);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("%zu new, %zu known, %zu not ours, %zu refused\n", intake->taken, intake->same,
                     intake->others, intake->refused);
    }
    return intake->refused ? EXIT_NO : EXIT_YES;
}

// A whole file of ours that the bank refused: every payment that is in it.
static enum err_kind prove_file(struct intake *intake, const struct bank_line *line,
                                const char *result, struct err *err)
{
    AUTO(mem_drop) char *path = site_path(intake->desk->site, "out/pay-iso20022-files.jsonl");
    AUTO(buf_free) struct buf text = buf_new(STATEMENT_BYTES_MAX);
    if (file_read(path, &text, err))
        return err_of(err);
    struct str rest = buf_slice(&text), one;
    while (str_take_line(&rest, &one)) {
        AUTO(doc_free) struct doc *doc = NULL;
        if (doc_parse(one, path, &doc, err))
            return err_of(err);
        const char *key = doc_text(doc_get(doc, "key"), "");
        if (strcmp(doc_text(doc_get(doc, "file"), ""), line->file) != 0 ||
            strcmp(key, line->file) == 0)
            continue;
        struct payment_evidence evidence = {
            .reference = key, .outcome = line->outcome, .result = result};
        if (prove(intake, &evidence, line->line, err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind take_bank_line(void *self, const struct bank_line *line, struct err *err)
{
    struct intake *intake = self;
    char result[120];
    (void)snprintf(result, sizeof(result), "%s %s: %s%s%s", intake->summary->kind,
                   intake->summary->message, line->code, *line->reason ? " " : "", line->reason);
    if (!*line->reference && *line->file)
        return prove_file(intake, line, result, err);
    if (!*line->reference) {
        intake->others++;
        return OK;
    }
    struct payment_evidence evidence = {.reference = line->reference,
                                        .outcome = line->outcome,
                                        .has_amount = line->has_amount,
                                        .amount_vnd = line->amount_vnd,
                                        .result = result};
    return prove(intake, &evidence, line->line, err);
}

static enum err_kind count_line(void *self, const struct bank_line *line, struct err *err)
{
    (void)self;
    (void)line;
    (void)err;
    return OK;
}

static int run_bank(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand desk = {0};
    struct bank_summary summary;
    struct intake intake = {.desk = &desk, .summary = &summary};
    if (hand_open(cli, LEDGER_WRITE, &desk, &err))
        return cli_fail(cli, &err);
    for (size_t i = 0; i < cli_count(cli); i++) {
        AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
        intake.file = cli_arg(cli, i);
        // Read whole once before a line of it counts.
        if (file_read(intake.file, &text, &err) ||
            bankfile_read(buf_slice(&text), intake.file, count_line, NULL, &summary, &err) ||
            bankfile_read(buf_slice(&text), intake.file, take_bank_line, &intake, &summary, &err))
            return cli_fail(cli, &err);
    }
    return end_intake(&intake);
}

// --- cash lists
// ---------------------------------------------------------------------------------------

static enum err_kind take_cash_row(void *self, const struct cash_return *row, struct err *err)
{
    struct intake *intake = self;
    char result[160];
    if (!row->is_decided)
        return OK;
    if (row->is_paid && !cashlist_same_name(row->name, row->received_by)) {
        intake->refused++;
        (void)fprintf(stderr,
                      "%s:%zu: %s: who received the money is not who is on the list; look into it "
                      "and settle it by hand (gong pay settle)\n",
                      intake->file, row->line, row->reference);
        return OK;
    }
    struct err why = {0};
    enum err_kind kind =
        scope_check_payment(intake->desk->ledger, intake->by, row->reference, &why);
    if (kind == ERR_REFUSED || kind == ERR_MISSING)
        return count_refusal(intake, kind, row->line, &why);
    if (kind) {
        *err = why;
        return err_add(err, "reading %s:%zu", intake->file, row->line);
    }
    (void)snprintf(result, sizeof(result), "signed cash list, %s",
                   row->is_paid ? row->paid_on : "not paid");
    struct payment_evidence evidence = {.reference = row->reference,
                                        .outcome = row->is_paid ? PAYMENT_PAID : PAYMENT_REJECTED,
                                        .has_amount = true,
                                        .amount_vnd = row->amount_vnd,
                                        .result = result};
    return prove(intake, &evidence, row->line, err);
}

// The list is signed itself, by an officer: FILE.sig.
static enum err_kind check_signature(const struct hand *desk, struct str text, const char *file,
                                     char by[ACT_PERSON_SIZE], struct err *err)
{
    AUTO(act_free) struct act act = {0};
    AUTO(buf_free) struct buf path = buf_new(4096);
    struct signature signature;
    buf_print(&path, "%s.sig", file);
    if (hand_begin(desk, "pay-cash", &act, err) || hand_read_signature(path.at, &signature, err))
        return err_of(err);
    if (act.drill || !sign_holds(&act.key, text, &signature))
        return err_set(err, ERR_REFUSED, "%s is not the signature of %s over %s", path.at, act.by,
                       file);
    memcpy(by, act.by, ACT_PERSON_SIZE);
    return OK;
}

static int run_cash(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand desk = {0};
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    struct intake intake = {.desk = &desk, .file = cli_arg(cli, 0)};
    const char *by = NULL;
    if (hand_need(cli, "by", &by, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_WRITE, &desk, &err) || file_read(intake.file, &text, &err) ||
        check_signature(&desk, buf_slice(&text), intake.file, intake.by, &err))
        return cli_fail(cli, &err);
    if (cashlist_read(buf_slice(&text), intake.file, take_cash_row, &intake, &err))
        return cli_fail(cli, &err);
    return end_intake(&intake);
}

// --- by hand
// ------------------------------------------------------------------------------------------

static enum err_kind read_word(const struct cli *cli, struct payment_evidence *out, struct err *err)
{
    const char *as;
    if (hand_need(cli, "reference", &out->reference, err) || hand_need(cli, "as", &as, err) ||
        hand_evidence(cli, &out->result, err))
        return err_of(err);
    for (int i = PAYMENT_PAID; i <= PAYMENT_RETURNED; i++) {
        if (strcmp(as, payment_outcome_name((enum payment_outcome)i)) == 0)
            out->outcome = (enum payment_outcome)i;
    }
    if (out->outcome == PAYMENT_ACCEPTED)
        return err_usage(err, "--as is \"%s\"; write paid, rejected or returned", as);
    return OK;
}

static int run_settle(const struct cli *cli)
{
    struct err err = {0};
    AUTO(hand_close) struct hand desk = {0};
    AUTO(act_free) struct act act = {0};
    bool fresh = false, draft = false;
    struct payment_evidence evidence = {.outcome = PAYMENT_ACCEPTED};
    if (read_word(cli, &evidence, &err))
        return usage(cli, &err);
    if (hand_open(cli, LEDGER_WRITE, &desk, &err) || hand_begin(&desk, "pay-settle", &act, &err) ||
        hand_names_nobody(&desk, "evidence", &err))
        return cli_fail(cli, &err);
    payment_word_settle(&act, evidence.reference, payment_outcome_name(evidence.outcome),
                        evidence.result);
    if (hand_sign(&desk, &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    evidence.by = act.by;
    evidence.at = desk.now;
    evidence.act = &act;
    if (payment_prove(desk.ledger, &evidence, &fresh, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli))
        (void)printf("%s is %s%s\n", evidence.reference, payment_outcome_name(evidence.outcome),
                     fresh ? "" : ", as before");
    return EXIT_YES;
}

static enum err_kind push_transaction(void *self, const struct doc *one, struct err *err)
{
    (void)err;
    doc_push(self, doc_copy(one));
    return OK;
}

static int run_statement(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(gsma_line_close) struct gsma_line *line = NULL;
    AUTO(doc_free) struct doc *list = doc_array();
    AUTO(buf_free) struct buf text = buf_new(STATEMENT_BYTES_MAX);
    const char *out = NULL;
    static const char *const writes[] = {"out", NULL}, *const reads[] = {NULL};
    if (hand_need(cli, "out", &out, &err) || cli_apart(cli, writes, reads, &err))
        return usage(cli, &err);
    if (cli_site(cli, &site, &err) || gsma_line_open(site, NULL, &line, &err) ||
        gsma_line_statement(line, push_transaction, list, &err))
        return cli_fail(cli, &err);
    doc_canonical(list, &text);
    if (file_write(out, buf_slice(&text), 0600, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli))
        (void)printf("%zu transactions in %s\n", doc_count(list), out);
    return EXIT_YES;
}

static const struct cli_option status_options[] = {
    {"state", "STATE", "sending, accepted, unknown, paid, rejected or returned; else what is open"},
    {0}};
static const struct cli_option cash_options[] = {
    {"by", "NAME", "the officer whose signature stands in FILE.sig"}, {0}};
static const struct cli_option settle_options[] = {
    {"reference", "REF", "of the payout, as gong pay status gives it"},
    {"as", "OUTCOME", "paid, rejected or returned"},
    {"evidence", "TEXT", "what proves it; no name, phone or account"},
    HAND_OPTIONS,
    {0}};
static const struct cli_option statement_options[] = {{"out", "FILE", "where the statement goes"},
                                                      {0}};

static const struct cli_verb verbs[] = {
    {.name = "plan",
     .args = "",
     .help = "payouts that wait for approval, and their hash",
     .example = "gong pay plan --policy rice --period 2026-09 --site mysite",
     .options = plan_options,
     .run = verb_plan},
    {.name = "approve",
     .args = "",
     .help = "approve the payouts that were looked at",
     .example = "gong pay approve --policy rice --period 2026-09 --hash HASH --by approver-1 --key "
                "approver-1.key",
     .options = approve_options,
     .run = verb_approve},
    {.name = "rule",
     .args = "budget|auto|two-people|three-people",
     .help = "set a rule of money; it counts when two people signed the same",
     .example =
         "gong pay rule budget --policy rice --vnd 500000000 --by insurer-1 --key insurer-1.key",
     .options = rule_options,
     .args_min = 1,
     .args_max = 1,
     .run = verb_rule},
    {.name = "rules",
     .args = "",
     .help = "the rules of money that are in force",
     .example = "gong pay rules --site mysite",
     .run = verb_rules},
    {.name = "confirm",
     .args = "",
     .help = "attach the official confirmation that a policy's payouts wait for",
     .example =
         "gong pay confirm --policy rice --period 2026-09 --file letter.pdf --by officer-1 --key "
         "officer-1.key",
     .options = confirm_options,
     .run = verb_confirm},
    {.name = "status",
     .args = "",
     .help = "payouts that are on their way, or of one state",
     .example = "gong pay status --state unknown --site mysite",
     .options = status_options,
     .run = run_status},
    {.name = "bank",
     .args = "FILE...",
     .help = "take in what the bank says: pain.002, camt.053, camt.054",
     .example = "gong pay bank statement.xml --site mysite",
     .args_min = 1,
     .args_max = 1000,
     .run = run_bank},
    {.name = "cash",
     .args = "FILE",
     .help = "take in a cash list that came back, with FILE.sig beside it",
     .example = "gong pay cash list.csv --by officer-1 --site mysite",
     .options = cash_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_cash},
    {.name = "settle",
     .args = "",
     .help = "say by hand what became of a payout, with what proves it",
     .example = "gong pay settle --reference REF --as paid --by approver-1 --key approver-1.key "
                "--evidence "
                "\"statement 7, line 12\"",
     .options = settle_options,
     .run = run_settle},
    {.name = "retry",
     .args = "ID...",
     .help = "send payments again that are dead letters; the provider is asked about each first",
     .example = "gong pay retry 17 --by approver-1 --key approver-1.key --site mysite",
     .options = retry_options,
     .args_min = 1,
     .args_max = 1000,
     .run = retry_payments},
    {.name = "statement",
     .args = "",
     .help = "fetch our account's statement from the mobile money provider",
     .example = "gong pay statement --out provider.json --site mysite",
     .options = statement_options,
     .run = run_statement},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-pay",
                                        .help =
                                            "Approves payouts and takes in what became of them.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
