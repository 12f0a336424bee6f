// gong-contract: contracts and people, apart from the ledger.
#include "core/cli.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/phrase.h"
#include "ledger/access.h"
#include "ledger/hand.h"
#include "ledger/people.h"
#include "policies/enrol.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CSV_BYTES_MAX = 256 << 20,
    ALIKE_SHOWN = 5, // rows of which the same is said, each on a line of its own
};

static struct doc *remarks_doc(const struct remark *remark, size_t count)
{
    struct doc *list = doc_array();
    for (size_t i = 0; i < count; i++) {
        struct doc *one = doc_object();
        doc_put_int(one, "line", (int64_t)remark[i].line);
        doc_put_text(one, "why", remark[i].why);
        doc_push(list, one);
    }
    return list;
}

static struct doc *report_doc(const struct import_report *report)
{
    struct doc *result = doc_object();
    doc_put_int(result, "rows", (int64_t)report->rows);
    doc_put_int(result, "taken", (int64_t)report->taken);
    doc_put_int(result, "same", (int64_t)report->same);
    doc_put_int(result, "least_vnd", report->least_vnd);
    doc_put_int(result, "most_vnd", report->most_vnd);
    doc_put_int(result, "shared_accounts", report->shared_accounts);
    doc_put_int(result, "shared_phones", report->shared_phones);
    doc_put(result, "refused", remarks_doc(report->refused, report->refused_count));
    doc_put(result, "mapped", remarks_doc(report->mapped, report->mapped_count));
    return result;
}

static int by_why(const void *a, const void *b)
{
    const struct remark *one = *(const struct remark *const *)a;
    const struct remark *other = *(const struct remark *const *)b;
    int order = strcmp(one->why, other->why);
    return order ? order : (one->line > other->line) - (one->line < other->line);
}

// `count` rows of which the same is said, by their lines: the first of them.
static void print_alike(const char *file, const struct remark *const *row, size_t count)
{
    (void)fprintf(stderr, "%s: %zu rows alike (lines", file, count);
    for (size_t i = 0; i < ALIKE_SHOWN; i++)
        (void)fprintf(stderr, "%s %zu", i ? "," : "", row[i]->line);
    (void)fprintf(stderr, " ...): %s\n", row[0]->why);
}

// By line; where many say the same, once, with how many they are: two thousand rows of a policy
// that nobody signed are one thing to mend, and hide any other.
static void print_remarks(const char *file, const struct remark *remark, size_t count)
{
    const struct remark **sorted = mem_new(count + 1, sizeof(const struct remark *));
    bool *said = mem_new(count + 1, sizeof(*said));
    for (size_t i = 0; i < count; i++)
        sorted[i] = &remark[i];
    qsort((void *)sorted, count, sizeof(const struct remark *), by_why);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first; end < count && strcmp(sorted[end]->why, sorted[first]->why) == 0;)
            end++;
        if (end - first <= ALIKE_SHOWN)
            continue;
        print_alike(file, sorted + first, end - first);
        for (size_t i = first; i < end; i++)
            said[sorted[i] - remark] = true;
    }
    for (size_t i = 0; i < count; i++) {
        if (!said[i])
            (void)fprintf(stderr, "%s:%zu: %s\n", file, remark[i].line, remark[i].why);
    }
    mem_free(&sorted);
    mem_free(&said);
}

static void print_report(const struct cli *cli, const char *file,
                         const struct import_report *report)
{
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = report_doc(report);
        cli_print(result);
        return;
    }
    print_remarks(file, report->refused, report->refused_count);
    if (!cli_quiet(cli))
        print_remarks(file, report->mapped, report->mapped_count);
    if (cli_quiet(cli))
        return;
    (void)printf("%zu contracts: %zu new, %zu there already, %zu refused\n", report->rows,
                 report->taken, report->same, report->refused_count);
    if (report->most_vnd)
        (void)printf("sums insured: %" PRId64 " to %" PRId64 " đồng\n", report->least_vnd,
                     report->most_vnd);
    if (report->shared_accounts || report->shared_phones)
        (void)printf("more than one person has the same account (%" PRId64 " accounts) or phone "
                     "(%" PRId64 ")\n",
                     report->shared_accounts, report->shared_phones);
}

// A live site takes contracts for what it decides by: what people signed.
static enum err_kind load_policies(const struct hand *hand, struct enrol **out, struct err *err)
{
    AUTO(mem_drop) char *folder = site_path(hand->site, "policies");
    return site_is_drill(hand->site) ? enrol_load(folder, out, err)
                                     : enrol_load_signed(hand->ledger, folder, out, err);
}

// What is signed names the file by its hash.
static enum err_kind sign_import(const struct hand *hand, struct str text, struct act *act,
                                 bool *draft, struct err *err)
{
    struct hash_hex file = hash_hex(hash_of(text));
    act_about(act, "contracts/%s", file.at);
    doc_put_text(act->text, "file", file.at);
    return hand_sign(hand, act, draft, err);
}

static int run_import(const struct cli *cli)
{
    struct err err = {0}, unsaid = {0};
    const char *file = cli_arg(cli, 0);
    AUTO(hand_close) struct hand hand = {0};
    AUTO(act_free) struct act act = {0};
    AUTO(people_close) struct people *people = NULL;
    AUTO(buf_free) struct buf text = buf_new(CSV_BYTES_MAX);
    AUTO(import_report_free) struct import_report report = {0};
    AUTO(enrol_free) struct enrol *enrol = NULL;
    AUTO(phrase_free) struct phrase_book *phrases = NULL;
    struct import_rules rules = {.covers = enrol_covers};
    struct utc fixed;
    struct clock clock;
    bool draft = false;
    if (hand_open(cli, LEDGER_WRITE, &hand, &err) ||
        hand_begin(&hand, "contract-import", &act, &err) || load_policies(&hand, &enrol, &err) ||
        cli_clock(cli, hand.site, &fixed, &clock, &err) || file_read(file, &text, &err) ||
        people_open(site_folder(hand.site), LEDGER_WRITE, &people, &err) ||
        sign_import(&hand, buf_slice(&text), &act, &draft, &err))
        return cli_fail(cli, &err);
    if (draft)
        return EXIT_YES;
    rules.now = clock.now(clock.self);
    if (hand_record(&hand, &act, &err) || access_record(people, rules.now, hand_who(&hand, &act),
                                                        "contract import", access_everybody, &err))
        return cli_fail(cli, &err);
    rules.drill = site_is_drill(hand.site);
    rules.needs_consent = strcmp(site_text(hand.site, "consent"), "required") == 0;
    rules.self = enrol;
    // Whose messages are faulty still enrols: only the remark about languages is left out.
    if (phrase_load_site(site_folder(hand.site), &phrases, &unsaid) == OK)
        rules.phrases = phrases;
    if (people_import(people, site_folder(hand.site), buf_slice(&text), file, &rules, &report,
                      &err))
        return cli_fail(cli, &err);
    print_report(cli, file, &report);
    return report.refused_count ? EXIT_INVALID : EXIT_YES;
}

// No name, phone or account: who needs these looks a person up (and that will be logged).
static int run_list(const struct cli *cli)
{
    struct err err = {0};
    AUTO(site_free) struct site *site = NULL;
    AUTO(people_close) struct people *people = NULL;
    AUTO(contracts_free) struct contracts contracts = {0};
    if (cli_site(cli, &site, &err) || people_open(site_folder(site), LEDGER_READ, &people, &err) ||
        contract_list_all(people, &contracts, &err))
        return cli_fail(cli, &err);
    AUTO(doc_free) struct doc *result = doc_object();
    struct doc *list = doc_array();
    doc_put(result, "contracts", list);
    for (size_t i = 0; i < contracts.count; i++) {
        const struct contract *contract = &contracts.at[i];
        if (!cli_json(cli)) {
            (void)printf("%-16s %-32s %s %-8s %12" PRId64 " VND %04d-%02d-%02d..%04d-%02d-%02d\n",
                         contract->id, contract->policy, contract->boundary_set, contract->commune,
                         contract->sum_insured.minor, contract->starts.year, contract->starts.month,
                         contract->starts.day, contract->ends.year, contract->ends.month,
                         contract->ends.day);
            continue;
        }
        struct doc *one = doc_object();
        doc_put_text(one, "contract", contract->id);
        doc_put_text(one, "person", contract->person);
        doc_put_text(one, "policy", contract->policy);
        doc_put_text(one, "boundary_set", contract->boundary_set);
        doc_put_text(one, "commune", contract->commune);
        doc_put_int(one, "sum_insured_vnd", contract->sum_insured.minor);
        doc_push(list, one);
    }
    if (cli_json(cli))
        cli_print(result);
    return EXIT_YES;
}

static const struct cli_option import_options[] = {HAND_OPTIONS, {0}};

static const struct cli_verb verbs[] = {
    {.name = "import",
     .args = "FILE.csv",
     .help = "import contracts and people from a table with the columns contract, person, name, "
             "phone, account, language, commune, boundary_set, policy, sum_insured_vnd, starts, "
             "ends and, where it is known, consent (days as 2024-09-07); every bad row is refused "
             "with its line and reason",
     .example =
         "gong contract import contracts.csv --by officer-1 --key officer-1.key --site mysite",
     .options = import_options,
     .args_min = 1,
     .args_max = 1,
     .run = run_import},
    {.name = "list",
     .args = "",
     .help = "list contracts (no name, phone or account)",
     .example = "gong contract list --site mysite",
     .run = run_list},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-contract",
                                        .help = "Contracts and people of a site.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
