// gong-fund: what a basis-risk fund gives to each accepted claim of a season.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/num.h"
#include "triggers/fund.h"

#include <inttypes.h>
#include <stdio.h>

enum { TABLE_BYTES_MAX = 64 << 20, LOADING_MILLI_MAX = 50000 };

static enum err_kind read_vnd(const struct cli *cli, const char *option, int64_t *out,
                              struct err *err)
{
    const char *text = cli_value(cli, option);
    struct money money = VND(0);
    if (text && money_parse_vnd(str_of(text), &money, err))
        return err_add(err, "reading --%s", option);
    *out = money.minor;
    return OK;
}

static enum err_kind read_query(const struct cli *cli, struct fund_query *out, struct err *err)
{
    const char *loading = cli_value(cli, "loading");
    if (!loading || !cli_value(cli, "premium"))
        return err_usage(err, "say --premium VND and --loading PERCENT of it");
    if (read_vnd(cli, "premium", &out->premium_vnd, err) ||
        read_vnd(cli, "carried", &out->carried_vnd, err) ||
        read_vnd(cli, "cap", &out->cap_vnd, err))
        return err_of(err);
    if (num_milli(str_of(loading), &out->loading_milli, err))
        return err_add(err, "reading --loading");
    if (out->loading_milli <= 0 || out->loading_milli > LOADING_MILLI_MAX)
        return err_usage(err, "--loading is over 0 to %d, in per cent", LOADING_MILLI_MAX / 1000);
    return OK;
}

static void print_json(const struct fund *fund)
{
    AUTO(doc_free) struct doc *doc = doc_object();
    struct doc *list = doc_array();
    doc_put_int(doc, "fund_vnd", fund->fund_vnd);
    doc_put_int(doc, "counted_vnd", fund->counted_vnd);
    doc_put_int(doc, "paid_vnd", fund->paid_vnd);
    doc_put_int(doc, "left_vnd", fund->left_vnd);
    doc_put(doc, "claims", list);
    for (size_t i = 0; i < fund->count; i++) {
        const struct fund_claim *claim = &fund->at[i];
        struct doc *one = doc_object();
        doc_put_text(one, "contract", claim->contract);
        doc_put_int(one, "claim_vnd", claim->claim_vnd);
        doc_put_int(one, "counted_vnd", claim->counted_vnd);
        doc_put_int(one, "pays_vnd", claim->pays_vnd);
        doc_push(list, one);
    }
    cli_print(doc);
}

static void print_text(const struct fund *fund)
{
    (void)printf("contract,claim_vnd,counted_vnd,pays_vnd\n");
    for (size_t i = 0; i < fund->count; i++)
        (void)printf("%s,%" PRId64 ",%" PRId64 ",%" PRId64 "\n", fund->at[i].contract,
                     fund->at[i].claim_vnd, fund->at[i].counted_vnd, fund->at[i].pays_vnd);
    (void)fprintf(stderr,
                  "the fund has %" PRId64 " VND for %zu claims of %" PRId64 " VND: %" PRId64
                  " VND are paid ex gratia (no indemnity), %" PRId64 " VND carried over\n",
                  fund->fund_vnd, fund->count, fund->counted_vnd, fund->paid_vnd, fund->left_vnd);
}

static int run(const struct cli *cli)
{
    struct err err = {0};
    AUTO(buf_free) struct buf text = buf_new(TABLE_BYTES_MAX);
    AUTO(fund_free) struct fund fund = {0};
    struct fund_query query = {0};
    if (read_query(cli, &query, &err) || file_read(cli_arg(cli, 0), &text, &err) ||
        fund_share(buf_slice(&text), cli_arg(cli, 0), &query, &fund, &err))
        return cli_fail(cli, &err);
    if (cli_json(cli))
        print_json(&fund);
    else if (!cli_quiet(cli))
        print_text(&fund);
    return EXIT_YES;
}

int main(int argc, char **argv)
{
    static const struct cli_option options[] = {
        {"premium", "VND", "the season's premium income"},
        {"loading", "PERCENT", "of it for the fund"},
        {"carried", "VND", "left of the season before; 0 without it"},
        {"cap", "VND", "of one claim; none without it"},
        {0},
    };
    static const struct cli_verb verb = {
        .name = "",
        .args = "CLAIMS",
        .help = "share a basis-risk fund among accepted claims (CSV: contract,claim_vnd)",
        .example = "gong fund claims.csv --premium 100000000 --loading 3",
        .options = options,
        .args_min = 1,
        .args_max = 1,
        .run = run,
    };
    static const struct cli_program program = {
        "gong-fund", "what a basis-risk fund gives to each accepted claim of a season", &verb, 1};
    return cli_main(&program, argc, argv);
}
