// gong-pay: looks at payouts, approves them, takes in what banks and communes say.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/sign.h"
#include "ledger/decision.h"
#include "ledger/ledger.h"
#include "ledger/now.h"
#include "ledger/payment.h"
#include "notify/bankfile.h"
#include "notify/cashlist.h"
#include "notify/gsma_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 16 << 20, STATEMENT_BYTES_MAX = 256 << 20 };

struct desk {
    const struct cli *cli;
    struct site *site;
    struct ledger *ledger;
    struct utc now;
};

static void desk_close(struct desk *desk)
{
    ledger_close(&desk->ledger);
    site_free(&desk->site);
}

static enum err_kind desk_open(const struct cli *cli, enum ledger_mode mode, struct desk *desk,
                               struct err *err)
{
    desk->cli = cli;
    if (cli_site(cli, &desk->site, err) ||
        ledger_open(site_folder(desk->site), mode, &desk->ledger, err) ||
        ledger_now(cli, desk->site, desk->ledger, &desk->now, err))
        return err_of(err);
    return OK;
}

static enum err_kind need(const struct cli *cli, const char *option, const char **out,
                          struct err *err)
{
    *out = cli_value(cli, option);
    return *out ? OK : err_set(err, ERR_INPUT, "--%s is needed", option);
}

static int usage(const struct cli *cli, const struct err *err)
{
    (void)cli_fail(cli, err);
    return EXIT_USAGE;
}

// --- plan, approve
// ------------------------------------------------------------------------------------

static void print_plan(const struct cli *cli, const char *policy, const char *period,
                       const struct payment_plan *plan, int64_t missing)
{
    struct hash_hex hash = hash_hex(plan->hash);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_int(result, "count", (int64_t)plan->count);
        doc_put_text(result, "hash", hash.at);
        if (missing >= 0)
            doc_put_int(result, "missing", missing);
        doc_put_text(result, "period", period);
        doc_put_text(result, "policy", policy);
        doc_put_int(result, "total_vnd", plan->total_vnd);
        cli_print(result);
        return;
    }
    if (cli_quiet(cli))
        return;
    (void)printf("%s, %s: %zu payouts, %" PRId64 " đồng\n", policy, period, plan->count,
                 plan->total_vnd);
    if (missing < 0)
        (void)printf("to approve: gong pay approve --policy %s --period %s --by NAME --hash %s\n",
                     policy, period, hash.at);
    else if (missing > 0)
        (void)printf("approved; %" PRId64 " more must approve\n", missing);
    else
        (void)printf("approved by all who must; they go out now\n");
}

static int run_plan(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    const char *policy, *period;
    struct payment_plan plan;
    if (need(cli, "policy", &policy, &err) || need(cli, "period", &period, &err))
        return usage(cli, &err);
    if (desk_open(cli, LEDGER_READ, &desk, &err) ||
        payment_plan_of(desk.ledger, policy, period, &plan, &err))
        return cli_fail(cli, &err);
    print_plan(cli, policy, period, &plan, -1);
    return plan.count ? EXIT_YES : EXIT_NO;
}

static int run_approve(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    const char *policy, *period, *by, *hex;
    struct payment_approval approval = {0};
    struct payment_plan plan;
    int64_t missing = 0;
    if (need(cli, "policy", &policy, &err) || need(cli, "period", &period, &err) ||
        need(cli, "by", &by, &err) || need(cli, "hash", &hex, &err))
        return usage(cli, &err);
    if (hash_parse(str_of(hex), &approval.hash, &err) || desk_open(cli, LEDGER_WRITE, &desk, &err))
        return cli_fail(cli, &err);
    approval.policy = policy;
    approval.period = period;
    approval.by = by;
    approval.needed = site_whole(desk.site, "pay_approvals");
    approval.at = desk.now;
    if (payment_approve(desk.ledger, &approval, &plan, &missing, &err))
        return cli_fail(cli, &err);
    print_plan(cli, policy, period, &plan, missing);
    return EXIT_YES;
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
    AUTO(desk_close) struct desk desk = {0};
    AUTO(payment_rows_free) struct payment_rows rows = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    const char *state = cli_value(cli, "state");
    size_t open = 0;
    if (desk_open(cli, LEDGER_READ, &desk, &err) || payment_list(desk.ledger, state, &rows, &err))
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
    struct desk *desk;
    const char *file;
    const struct bank_summary *summary;
    char by[64];
    size_t taken, same, others, refused;
};

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
    if (kind == ERR_MISSING) {
        intake->others++;
    } else if (kind) {
        intake->refused++;
        (void)fprintf(stderr, "%s:%zu: %s\n", intake->file, line, why.text);
    } else if (fresh) {
        intake->taken++;
    } else {
        intake->same++;
    }
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
    AUTO(desk_close) struct desk desk = {0};
    struct bank_summary summary;
    struct intake intake = {.desk = &desk, .summary = &summary};
    if (desk_open(cli, LEDGER_WRITE, &desk, &err))
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
    (void)snprintf(result, sizeof(result), "signed cash list, %s",
                   row->is_paid ? row->paid_on : "not paid");
    struct payment_evidence evidence = {.reference = row->reference,
                                        .outcome = row->is_paid ? PAYMENT_PAID : PAYMENT_REJECTED,
                                        .has_amount = true,
                                        .amount_vnd = row->amount_vnd,
                                        .result = result};
    return prove(intake, &evidence, row->line, err);
}

// The officer's public key stands in keys/cash-NAME.pub, base 64.
static enum err_kind check_signature(const struct desk *desk, const char *by, struct str text,
                                     const char *file, struct err *err)
{
    char name[80];
    struct sign_public key;
    struct signature signature;
    size_t len = 0;
    AUTO(buf_free) struct buf public_text = buf_new(1000);
    AUTO(buf_free) struct buf signed_text = buf_new(1000);
    AUTO(buf_free) struct buf path = buf_new(4096);
    buf_print(&path, "%s.sig", file);
    if (strspn(by, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(by) || strlen(by) > 40)
        return err_set(err, ERR_INPUT, "\"%.60s\": an officer is named by a-z, 0-9 and \"-\"", by);
    (void)snprintf(name, sizeof(name), "keys/cash-%s.pub", by);
    AUTO(mem_drop) char *key_path = site_path(desk->site, name);
    if (file_read(key_path, &public_text, err) || file_read(path.at, &signed_text, err) ||
        base64_parse(str_trim(buf_slice(&public_text)), key.at, sizeof(key.at), &len, err))
        return err_of(err);
    bool whole = len == sizeof(key.at);
    if (base64_parse(str_trim(buf_slice(&signed_text)), signature.at, sizeof(signature.at), &len,
                     err))
        return err_of(err);
    if (!whole || len != sizeof(signature.at) || !sign_holds(&key, text, &signature))
        return err_set(err, ERR_REFUSED, "%s.sig is not the signature of %s over %s", file, by,
                       file);
    return OK;
}

static int run_cash(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    struct intake intake = {.desk = &desk, .file = cli_arg(cli, 0)};
    const char *by = NULL;
    if (need(cli, "by", &by, &err))
        return usage(cli, &err);
    if (desk_open(cli, LEDGER_WRITE, &desk, &err) || file_read(intake.file, &text, &err) ||
        check_signature(&desk, by, buf_slice(&text), intake.file, &err))
        return cli_fail(cli, &err);
    (void)snprintf(intake.by, sizeof(intake.by), "%s", by);
    if (cashlist_read(buf_slice(&text), intake.file, take_cash_row, &intake, &err))
        return cli_fail(cli, &err);
    return end_intake(&intake);
}

static int run_officer(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(sign_forget) struct sign_secret secret;
    struct sign_public key;
    AUTO(buf_free) struct buf text = buf_new(200);
    const char *by = cli_arg(cli, 0);
    char name[80];
    if (strspn(by, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(by) || strlen(by) > 40)
        (void)err_set(&err, ERR_INPUT, "\"%.60s\": an officer is named by a-z, 0-9 and \"-\"", by);
    (void)snprintf(name, sizeof(name), "keys/cash-%.40s.pub", by);
    sign_new(&secret);
    sign_public_of(&secret, &key);
    base64_add(&text, key.at, sizeof(key.at));
    buf_char(&text, '\n');
    if (err.kind || cli_site(cli, &site, &err))
        return cli_fail(cli, &err);
    AUTO(mem_drop) char *path = site_path(site, name);
    if (file_exists(path))
        (void)err_set(&err, ERR_REFUSED, "%s is there; take it away first", path);
    if (err.kind || file_write(path, buf_slice(&text), 0644, &err))
        return cli_fail(cli, &err);
    buf_clear(&text);
    base64_add(&text, secret.at, sizeof(secret.at));
    buf_char(&text, '\n');
    (void)snprintf(name, sizeof(name), "cash-%.40s.key", by);
    if (file_write(name, buf_slice(&text), 0600, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli))
        (void)printf("%s: the officer's key, for nobody else; %s: what checks it here\n", name,
                     path);
    return EXIT_YES;
}

static int run_sign(const struct cli *cli)
{
    struct err err = {0};
    AUTO(sign_forget) struct sign_secret secret;
    struct signature signature;
    const char *key = NULL, *file = cli_arg(cli, 0);
    size_t len = 0;
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    AUTO(buf_free) struct buf key_text = buf_new(1000);
    AUTO(buf_free) struct buf path = buf_new(4096);
    AUTO(buf_free) struct buf out = buf_new(200);
    memset(&secret, 0, sizeof(secret));
    if (need(cli, "key", &key, &err))
        return usage(cli, &err);
    if (file_read(key, &key_text, &err) ||
        base64_parse(str_trim(buf_slice(&key_text)), secret.at, sizeof(secret.at), &len, &err) ||
        file_read(file, &text, &err))
        return cli_fail(cli, &err);
    if (len != sizeof(secret.at)) {
        (void)err_set(&err, ERR_INPUT, "%s is no officer's key", key);
        return cli_fail(cli, &err);
    }
    sign_bytes(&secret, buf_slice(&text), &signature);
    base64_add(&out, signature.at, sizeof(signature.at));
    buf_char(&out, '\n');
    buf_print(&path, "%s.sig", file);
    if (file_write(path.at, buf_slice(&out), 0644, &err))
        return cli_fail(cli, &err);
    return EXIT_YES;
}

// --- by hand
// ------------------------------------------------------------------------------------------

static int run_settle(const struct cli *cli)
{
    struct err err = {0};
    AUTO(desk_close) struct desk desk = {0};
    const char *reference, *as, *by, *proof;
    bool fresh = false;
    struct payment_evidence evidence = {.outcome = PAYMENT_ACCEPTED};
    if (need(cli, "reference", &reference, &err) || need(cli, "as", &as, &err) ||
        need(cli, "by", &by, &err) || need(cli, "evidence", &proof, &err))
        return usage(cli, &err);
    for (int i = PAYMENT_PAID; i <= PAYMENT_RETURNED; i++) {
        if (strcmp(as, payment_outcome_name((enum payment_outcome)i)) == 0)
            evidence.outcome = (enum payment_outcome)i;
    }
    if (evidence.outcome == PAYMENT_ACCEPTED)
        (void)err_set(&err, ERR_INPUT, "--as is \"%s\"; write paid, rejected or returned", as);
    else if (strlen(proof) < 10)
        (void)err_set(&err, ERR_INPUT, "--evidence must say what proves it, in 10 letters or more");
    if (err.kind || desk_open(cli, LEDGER_WRITE, &desk, &err))
        return cli_fail(cli, &err);
    evidence.reference = reference;
    evidence.result = proof;
    evidence.by = by;
    evidence.at = desk.now;
    if (payment_prove(desk.ledger, &evidence, &fresh, &err))
        return cli_fail(cli, &err);
    if (!cli_quiet(cli))
        (void)printf("%s is %s%s\n", reference, as, fresh ? "" : ", as before");
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
    if (need(cli, "out", &out, &err))
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

static const struct cli_option plan_options[] = {
    {"policy", "ID", "which policy"}, {"period", "PERIOD", "which period of it"}, {0}};
static const struct cli_option approve_options[] = {
    {"policy", "ID", "which policy"},
    {"period", "PERIOD", "which period of it"},
    {"by", "NAME", "who approves: letters, digits, \"-\""},
    {"hash", "HASH", "of the plan that was looked at, as gong pay plan gives it"},
    {0}};
static const struct cli_option status_options[] = {
    {"state", "STATE", "sending, accepted, unknown, paid, rejected or returned; else what is open"},
    {0}};
static const struct cli_option cash_options[] = {
    {"by", "NAME", "the officer whose signature stands in FILE.sig"}, {0}};
static const struct cli_option sign_options[] = {{"key", "FILE", "the officer's key"}, {0}};
static const struct cli_option settle_options[] = {
    {"reference", "REF", "of the payout, as gong pay status gives it"},
    {"as", "OUTCOME", "paid, rejected or returned"},
    {"by", "NAME", "whose word it is"},
    {"evidence", "TEXT", "what proves it; no name, phone or account"},
    {0}};
static const struct cli_option statement_options[] = {{"out", "FILE", "where the statement goes"},
                                                      {0}};

static const struct cli_verb verbs[] = {
    {.name = "plan",
     .args = "",
     .help = "payouts that wait for approval, and their hash",
     .example = "gong pay plan --policy rice --period 2026-09 --site mysite",
     .options = plan_options,
     .run = run_plan},
    {.name = "approve",
     .args = "",
     .help = "approve the payouts that were looked at",
     .example = "gong pay approve --policy rice --period 2026-09 --by officer-1 --hash HASH",
     .options = approve_options,
     .run = run_approve},
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
    {.name = "officer",
     .args = "NAME",
     .help = "make a key with which an officer signs cash lists",
     .example = "gong pay officer officer-1 --site mysite",
     .args_min = 1,
     .args_max = 1,
     .run = run_officer},
    {.name = "sign",
     .args = "FILE",
     .help = "sign a cash list: writes FILE.sig",
     .example = "gong pay sign list.csv --key cash-officer-1.key",
     .options = sign_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_sign},
    {.name = "settle",
     .args = "",
     .help = "say by hand what became of a payout, with what proves it",
     .example = "gong pay settle --reference REF --as paid --by officer-1 --evidence \"letter 17\"",
     .options = settle_options,
     .run = run_settle},
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
