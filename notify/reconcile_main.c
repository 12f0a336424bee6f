// gong-reconcile: the ledger against the provider's and the bank's books.
#include "core/cli.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/money.h"
#include "ledger/hold.h"
#include "ledger/ledger.h"
#include "ledger/now.h"
#include "ledger/payment.h"
#include "notify/bankfile.h"
#include "notify/reconcile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 256 << 20 };

struct books {
    struct book ledger, provider, bank;
    size_t room[3];
    bool balanced;
    int64_t opening_vnd, movement_vnd, closing_vnd;
};

static void books_free(struct books *books)
{
    mem_free(&books->ledger.at);
    mem_free(&books->provider.at);
    mem_free(&books->bank.at);
}

static void add(struct book *book, size_t *room, const struct book_line *line)
{
    if (book->count == *room) {
        *room = *room ? 2 * *room : 64;
        book->at = mem_resize(book->at, *room, sizeof(*book->at));
    }
    book->at[book->count++] = *line;
}

// --- our ledger
// ---------------------------------------------------------------------------------------

static enum book_state state_of(const char *state)
{
    static const struct {
        const char *name;
        enum book_state state;
    } states[] = {{"paid", BOOK_PAID}, {"rejected", BOOK_FAILED}, {"returned", BOOK_RETURNED}};
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (strcmp(states[i].name, state) == 0)
            return states[i].state;
    }
    return BOOK_OPEN;
}

static enum err_kind read_ledger(const struct cli *cli, struct books *books, struct err *err)
{
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(payment_rows_free) struct payment_rows rows = {0};
    if (cli_site(cli, &site, err) || ledger_open(site_folder(site), LEDGER_READ, &ledger, err) ||
        payment_list(ledger, NULL, &rows, err))
        return err_of(err);
    for (size_t i = 0; i < rows.count; i++) {
        struct book_line line = {.amount_vnd = rows.at[i].amount_vnd,
                                 .state = state_of(rows.at[i].state)};
        memcpy(line.reference, rows.at[i].reference, sizeof(rows.at[i].reference));
        add(&books->ledger, &books->room[0], &line);
    }
    return OK;
}

// --- the provider's statement
// -------------------------------------------------------------------------

// A transaction of the statement. One that is none of ours, or in another currency, is a line all
// the same: money moved.
static struct book_line line_of(const struct doc *one, size_t number)
{
    struct err ignored = {0};
    struct money money;
    struct book_line line = {.line = number, .state = BOOK_OPEN};
    const char *status = doc_text(doc_get(one, "transactionStatus"), "");
    if (money_parse_vnd(str_of(doc_text(doc_get(one, "amount"), "")), &money, &ignored) == OK &&
        strcmp(doc_text(doc_get(one, "currency"), ""), "VND") == 0)
        line.amount_vnd = money.minor;
    if (strcmp(status, "completed") == 0)
        line.state = BOOK_PAID;
    else if (strcmp(status, "reversed") == 0)
        line.state = BOOK_RETURNED;
    else if (strcmp(status, "failed") == 0 || strcmp(status, "declined") == 0 ||
             strcmp(status, "rejected") == 0 || strcmp(status, "cancelled") == 0)
        line.state = BOOK_FAILED;
    (void)snprintf(line.reference, sizeof(line.reference), "%.39s",
                   doc_text(doc_get(one, "requestingOrganisationTransactionReference"), ""));
    text_clean(line.reference); // one that is not ours may be longer, and was cut
    return line;
}

static enum err_kind read_provider(const char *path, struct books *books, struct err *err)
{
    AUTO(buf_free) struct buf text = buf_new(FILE_BYTES_MAX);
    AUTO(doc_free) struct doc *list = NULL;
    if (file_read(path, &text, err) || doc_parse(buf_slice(&text), path, &list, err))
        return err_of(err);
    if (!doc_is_array(list))
        return err_set(err, ERR_INPUT, "%s is no statement; make one: gong pay statement", path);
    for (size_t i = 0; i < doc_count(list); i++) {
        struct book_line line = line_of(doc_at(list, i), i + 1);
        if (line.state == BOOK_PAID || line.state == BOOK_RETURNED || *line.reference)
            add(&books->provider, &books->room[1], &line);
    }
    books->provider.is_there = true;
    return OK;
}

// --- the bank's statement
// -----------------------------------------------------------------------------

static enum err_kind take_line(void *self, const struct bank_line *bank, struct err *err)
{
    struct books *books = self;
    (void)err;
    struct book_line line = {.amount_vnd = bank->amount_vnd,
                             .state = bank->outcome == PAYMENT_PAID ? BOOK_PAID : BOOK_RETURNED,
                             .line = bank->line};
    memcpy(line.reference, bank->reference, sizeof(bank->reference));
    add(&books->bank, &books->room[2], &line);
    return OK;
}

static enum err_kind read_bank(const char *path, struct books *books, struct err *err)
{
    struct bank_summary summary;
    AUTO(buf_free) struct buf text = buf_new(16 << 20);
    if (file_read(path, &text, err) ||
        bankfile_read(buf_slice(&text), path, take_line, books, &summary, err))
        return err_of(err);
    if (strcmp(summary.kind, "pain.002") == 0)
        return err_set(err, ERR_INPUT, "%s is a report, a statement (camt.053) is wanted", path);
    books->bank.is_there = true;
    if (summary.has_balance) {
        books->balanced = summary.opening_vnd + summary.movement_vnd == summary.closing_vnd;
        books->opening_vnd = summary.opening_vnd;
        books->movement_vnd = summary.movement_vnd;
        books->closing_vnd = summary.closing_vnd;
    }
    return OK;
}

// --- what is found
// ------------------------------------------------------------------------------------

static const char *const state_names[] = {"open", "paid", "failed", "returned"};

static void print_one(const struct cli *cli, const struct difference *one, struct doc *list)
{
    struct doc *row = doc_object();
    doc_put_text(row, "book", one->book);
    doc_put_text(row, "kind", difference_name(one->kind));
    doc_put_int(row, "line", (int64_t)one->line);
    doc_put_text(row, "ours", state_names[one->ours]);
    doc_put_int(row, "ours_vnd", one->ours_vnd);
    doc_put_text(row, "reference", one->reference);
    doc_put_bool(row, "stop", difference_stops(one->kind));
    doc_put_text(row, "theirs", state_names[one->theirs]);
    doc_put_int(row, "theirs_vnd", one->theirs_vnd);
    doc_push(list, row);
    if (!cli_json(cli))
        (void)printf("%-4s %-11s %-8s %-26s ours %s %" PRId64 ", theirs %s %" PRId64 " (%zu)\n",
                     difference_stops(one->kind) ? "STOP" : "", difference_name(one->kind),
                     one->book, *one->reference ? one->reference : "(no reference)",
                     state_names[one->ours], one->ours_vnd, state_names[one->theirs],
                     one->theirs_vnd, one->line);
}

static void print_end(const struct cli *cli, const struct books *books,
                      const struct differences *found, struct doc *list)
{
    if (!books->balanced && !cli_json(cli))
        (void)printf("STOP balance     bank     opening %" PRId64 " and movements %" PRId64
                     " do not give closing %" PRId64 "\n",
                     books->opening_vnd, books->movement_vnd, books->closing_vnd);
    if (cli_json(cli)) {
        AUTO(doc_free) struct doc *result = doc_object();
        doc_put_bool(result, "balanced", books->balanced);
        doc_put_same(result, "differences", list);
        doc_put_int(result, "matched", (int64_t)found->matched);
        cli_print(result);
    } else if (!cli_quiet(cli)) {
        (void)printf("%zu payouts match, %zu differences\n", found->matched, found->count);
    }
}

static enum err_kind read_books(const struct cli *cli, struct books *books, struct err *err)
{
    const char *provider = cli_value(cli, "provider"), *bank = cli_value(cli, "bank");
    if (read_ledger(cli, books, err) || (provider && read_provider(provider, books, err)) ||
        (bank && read_bank(bank, books, err)))
        return err_of(err);
    return OK;
}

// What could mean that money left twice, or wrongly, stops further payments until a person has
// looked: gong release.
static enum err_kind stop_payments(const struct cli *cli, size_t stops, bool balanced,
                                   struct err *err)
{
    AUTO(site_free) struct site *site = NULL;
    AUTO(ledger_close) struct ledger *ledger = NULL;
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct utc now;
    char why[200];
    (void)snprintf(why, sizeof(why),
                   "gong reconcile found %zu differences that must be looked at%s", stops,
                   balanced ? "" : ", and a statement that does not add up");
    if (cli_site(cli, &site, err) || ledger_open(site_folder(site), LEDGER_WRITE, &ledger, err) ||
        ledger_now(cli, site, ledger, &now, err) || ledger_begin(ledger, &txn, err) ||
        hold_place(txn, now, "", "", "reconcile", why, err))
        return err_of(err);
    if (!cli_quiet(cli) && !cli_json(cli))
        (void)printf("all payments are held: gong hold --list shows it, gong release ends it\n");
    return ledger_commit(&txn, err);
}

static int run(const struct cli *cli)
{
    struct err err = {0};
    AUTO(books_free)
    struct books books = {.ledger = {.name = "ledger", .is_there = true},
                          .provider = {.name = "provider"},
                          .bank = {.name = "bank"},
                          .balanced = true};
    AUTO(differences_free) struct differences found = {0};
    AUTO(doc_free) struct doc *list = doc_array();
    size_t stops = 0;
    if (!cli_value(cli, "provider") && !cli_value(cli, "bank")) {
        (void)err_usage(&err, "--provider FILE or --bank FILE is needed, or both");
        (void)cli_fail(cli, &err);
        return EXIT_USAGE;
    }
    if (read_books(cli, &books, &err))
        return cli_fail(cli, &err);
    reconcile(&books.ledger, &books.provider, &books.bank, &found);
    for (size_t i = 0; i < found.count; i++) {
        print_one(cli, &found.at[i], list);
        stops += difference_stops(found.at[i].kind);
    }
    print_end(cli, &books, &found, list);
    if ((stops || !books.balanced) && stop_payments(cli, stops, books.balanced, &err))
        return cli_fail(cli, &err);
    return found.count || !books.balanced ? EXIT_NO : EXIT_YES;
}

static const struct cli_option options[] = {
    {"provider", "FILE", "the provider's statement (gong pay statement)"},
    {"bank", "FILE", "the bank's statement (camt.053)"},
    {0}};

static const struct cli_verb verbs[] = {
    {.name = "",
     .args = "",
     .help =
         "compare ledger, provider and bank; exit 1 when there is a difference; one that may mean "
         "money twice holds all payments",
     .example = "gong reconcile --provider provider.json --bank statement.xml --site mysite",
     .options = options,
     .run = run},
};

int main(int argc, char **argv)
{
    const struct cli_program program = {.name = "gong-reconcile",
                                        .help = "Finds every difference between three books.",
                                        .verbs = verbs,
                                        .count = COUNT_OF(verbs)};
    return cli_main(&program, argc, argv);
}
