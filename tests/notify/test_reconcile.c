#include "notify/reconcile.h"

#include "core/mem.h"
#include "tests/check.h"

enum { LINES = 3 };

struct row {
    const char *name;
    struct book_line ours[LINES], provider[LINES], bank[LINES];
    bool has_bank;
    size_t matched, count;
    struct {
        enum difference_kind kind;
        const char *book, *reference;
    } want[LINES];
};

static struct book book_of(const char *name, const struct book_line *line, bool is_there)
{
    struct book book = {.name = name, .is_there = is_there};
    book.at = mem_new(LINES, sizeof(*book.at));
    for (size_t i = 0; i < LINES; i++) {
        if (line[i].amount_vnd) {
            book.at[book.count] = line[i];
            book.at[book.count].line = i + 1;
            book.count++;
        }
    }
    return book;
}

static const struct row rows[] = {
    {.name = "all three say the same",
     .ours = {{"A", 100, BOOK_PAID, 0}},
     .provider = {{"A", 100, BOOK_PAID, 0}},
     .bank = {{"A", 100, BOOK_PAID, 0}},
     .has_bank = true,
     .matched = 1},
    {.name = "the bank was not asked",
     .ours = {{"A", 100, BOOK_PAID, 0}},
     .provider = {{"A", 100, BOOK_PAID, 0}},
     .matched = 1},
    {.name = "the provider does not know it",
     .ours = {{"A", 100, BOOK_PAID, 0}},
     .count = 1,
     .want = {{DIFF_OURS_ONLY, "provider", "A"}}},
    {.name = "the provider paid what we never ordered",
     .provider = {{"Z", 100, BOOK_PAID, 0}},
     .count = 1,
     .want = {{DIFF_THEIRS_ONLY, "provider", "Z"}}},
    {.name = "what failed there and is not ours is no difference",
     .provider = {{"Z", 100, BOOK_FAILED, 0}}},
    {.name = "another amount",
     .ours = {{"A", 100, BOOK_PAID, 0}},
     .provider = {{"A", 101, BOOK_PAID, 0}},
     .count = 1,
     .want = {{DIFF_AMOUNT, "provider", "A"}}},
    {.name = "paid twice there",
     .ours = {{"A", 100, BOOK_PAID, 0}},
     .provider = {{"A", 100, BOOK_PAID, 0}, {"A", 100, BOOK_PAID, 0}},
     .count = 1,
     .want = {{DIFF_TWICE, "provider", "A"}}},
    {.name = "a failed try beside the good one is well",
     .ours = {{"A", 100, BOOK_PAID, 0}},
     .provider = {{"A", 100, BOOK_FAILED, 0}, {"A", 100, BOOK_PAID, 0}},
     .matched = 1},
    {.name = "we think it was refused, they paid",
     .ours = {{"A", 100, BOOK_FAILED, 0}},
     .provider = {{"A", 100, BOOK_PAID, 0}},
     .count = 1,
     .want = {{DIFF_STATE, "provider", "A"}}},
    {.name = "ours is unknown, theirs is final",
     .ours = {{"A", 100, BOOK_OPEN, 0}},
     .provider = {{"A", 100, BOOK_PAID, 0}},
     .count = 1,
     .want = {{DIFF_OPEN, "provider", "A"}}},
    {.name = "open here and there",
     .ours = {{"A", 100, BOOK_OPEN, 0}},
     .provider = {{"A", 100, BOOK_OPEN, 0}},
     .matched = 1},
    {.name = "open here, unknown there", .ours = {{"A", 100, BOOK_OPEN, 0}}, .matched = 1},
    {.name = "the provider says paid, the bank shows no debit",
     .ours = {{"A", 100, BOOK_PAID, 0}},
     .provider = {{"A", 100, BOOK_PAID, 0}},
     .has_bank = true,
     .count = 1,
     .want = {{DIFF_OURS_ONLY, "bank", "A"}}},
    {.name = "the money came back",
     .ours = {{"A", 100, BOOK_PAID, 0}},
     .provider = {{"A", 100, BOOK_PAID, 0}},
     .bank = {{"A", 100, BOOK_PAID, 0}, {"A", 100, BOOK_RETURNED, 0}},
     .has_bank = true,
     .count = 1,
     .want = {{DIFF_STATE, "bank", "A"}}},
    {.name = "a fee, and one that differs in both books",
     .ours = {{"A", 100, BOOK_PAID, 0}},
     .provider = {{"A", 7, BOOK_PAID, 0}},
     .bank = {{"", 4400, BOOK_PAID, 0}, {"A", 8, BOOK_PAID, 0}},
     .has_bank = true,
     .count = 3,
     .want = {{DIFF_NAMELESS, "bank", ""},
              {DIFF_AMOUNT, "provider", "A"},
              {DIFF_AMOUNT, "bank", "A"}}},
    {.name = "sorted whatever the order of the files",
     .ours = {{"B", 2, BOOK_PAID, 0}, {"A", 1, BOOK_PAID, 0}},
     .provider = {{"A", 1, BOOK_PAID, 0}, {"C", 3, BOOK_PAID, 0}, {"B", 2, BOOK_PAID, 0}},
     .matched = 2,
     .count = 1,
     .want = {{DIFF_THEIRS_ONLY, "provider", "C"}}},
};

static void test_every_difference_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ROW(rows[i].name);
        struct book ours = book_of("ledger", rows[i].ours, true);
        struct book provider = book_of("provider", rows[i].provider, true);
        struct book bank = book_of("bank", rows[i].bank, rows[i].has_bank);
        AUTO(differences_free) struct differences got = {0};
        reconcile(&ours, &provider, &bank, &got);
        CHECK_INT(got.matched, rows[i].matched);
        CHECK_INT(got.count, rows[i].count);
        for (size_t d = 0; d < got.count; d++) {
            CHECK_TEXT(difference_name(got.at[d].kind), difference_name(rows[i].want[d].kind));
            CHECK_TEXT(got.at[d].book, rows[i].want[d].book);
            CHECK_TEXT(got.at[d].reference, rows[i].want[d].reference);
        }
        mem_free(&ours.at);
        mem_free(&provider.at);
        mem_free(&bank.at);
    }
}

TEST_MAIN(cmocka_unit_test(test_every_difference_is_found))
