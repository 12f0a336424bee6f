#include "notify/reconcile.h"

#include "core/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[DIFFERENCE_KINDS] = {
    [DIFF_OURS_ONLY] = "ours-only", [DIFF_THEIRS_ONLY] = "theirs-only",
    [DIFF_AMOUNT] = "amount",       [DIFF_TWICE] = "twice",
    [DIFF_STATE] = "state",         [DIFF_OPEN] = "open",
    [DIFF_NAMELESS] = "nameless",
};

const char *difference_name(enum difference_kind kind)
{
    return names[kind];
}

bool difference_stops(enum difference_kind kind)
{
    return kind != DIFF_OURS_ONLY && kind != DIFF_OPEN;
}

void differences_free(struct differences *differences)
{
    mem_free(&differences->at);
    differences->count = 0;
}

static void add(struct differences *out, const struct difference *difference)
{
    // Room doubles: a count that is a power of two is a full one.
    if ((out->count & (out->count - 1)) == 0)
        out->at = mem_resize(out->at, out->count ? 2 * out->count : 1, sizeof(*out->at));
    out->at[out->count++] = *difference;
}

static int by_reference(const void *a, const void *b)
{
    const struct book_line *x = a, *y = b;
    int order = strcmp(x->reference, y->reference);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static void sort(struct book *book)
{
    if (book->count)
        qsort(book->at, book->count, sizeof(*book->at), by_reference);
}

// What one book says of one reference, all its lines together.
struct word {
    const struct book_line *first; // NULL: nothing
    size_t paid, returned;
    const struct book_line *telling; // the line that counts: paid, else the first
    enum book_state state;
};

static struct word take_word(const struct book *book, size_t *at, const char *reference)
{
    struct word word = {0};
    for (; *at < book->count && strcmp(book->at[*at].reference, reference) == 0; (*at)++) {
        const struct book_line *line = &book->at[*at];
        if (!word.first)
            word.first = line;
        word.paid += line->state == BOOK_PAID;
        word.returned += line->state == BOOK_RETURNED;
        if (!word.telling || (line->state == BOOK_PAID && word.telling->state != BOOK_PAID))
            word.telling = line;
    }
    if (word.first)
        word.state = word.returned ? BOOK_RETURNED : word.telling->state;
    return word;
}

static struct difference difference_of(enum difference_kind kind, const char *book,
                                       const char *reference, const struct word *ours,
                                       const struct word *theirs)
{
    struct difference difference = {.kind = kind, .book = book};
    memcpy(difference.reference, reference, strlen(reference) + 1);
    if (ours->first) {
        difference.ours_vnd = ours->telling->amount_vnd;
        difference.ours = ours->state;
    }
    if (theirs->first) {
        difference.theirs_vnd = theirs->telling->amount_vnd;
        difference.theirs = theirs->state;
        difference.line = theirs->telling->line;
    }
    return difference;
}

// Which difference there is between two words, if any.
static bool differ(const struct word *ours, const struct word *theirs, enum difference_kind *kind)
{
    bool money_moved = theirs->first && theirs->state != BOOK_FAILED && theirs->state != BOOK_OPEN;
    if (theirs->first && theirs->paid > theirs->returned + 1) {
        *kind = DIFF_TWICE;
    } else if (!ours->first) {
        *kind = DIFF_THEIRS_ONLY;
        return money_moved;
    } else if (!theirs->first) {
        *kind = DIFF_OURS_ONLY;
        return ours->state == BOOK_PAID || ours->state == BOOK_RETURNED;
    } else if (ours->telling->amount_vnd != theirs->telling->amount_vnd) {
        *kind = DIFF_AMOUNT;
    } else if (ours->state == theirs->state) {
        return false;
    } else if (ours->state == BOOK_OPEN) {
        *kind = DIFF_OPEN;
    } else if (theirs->state == BOOK_OPEN) {
        *kind = DIFF_OURS_ONLY;
        return ours->state == BOOK_PAID;
    } else {
        *kind = DIFF_STATE;
    }
    return true;
}

static bool compare(const struct book *other, const char *reference, const struct word *ours,
                    const struct word *theirs, struct differences *out)
{
    enum difference_kind kind;
    if (!other->is_there || !differ(ours, theirs, &kind))
        return false;
    struct difference difference = difference_of(kind, other->name, reference, ours, theirs);
    add(out, &difference);
    return true;
}

static void take_nameless(const struct book *book, size_t *at, struct differences *out)
{
    for (; *at < book->count && !*book->at[*at].reference; (*at)++) {
        const struct book_line *line = &book->at[*at];
        struct difference difference = {.kind = DIFF_NAMELESS,
                                        .book = book->name,
                                        .theirs_vnd = line->amount_vnd,
                                        .theirs = line->state,
                                        .line = line->line};
        add(out, &difference);
    }
}

static const char *least(const struct book *book, size_t at, const char *so_far)
{
    if (at >= book->count)
        return so_far;
    const char *reference = book->at[at].reference;
    return !so_far || strcmp(reference, so_far) < 0 ? reference : so_far;
}

void reconcile(struct book *ledger, struct book *provider, struct book *bank,
               struct differences *out)
{
    struct book *books[] = {ledger, provider, bank};
    size_t at[3] = {0};
    *out = (struct differences){0};
    for (size_t i = 0; i < COUNT_OF(books); i++) {
        sort(books[i]);
        take_nameless(books[i], &at[i], out);
    }
    for (;;) {
        const char *reference = NULL;
        for (size_t i = 0; i < COUNT_OF(books); i++)
            reference = least(books[i], at[i], reference);
        if (!reference)
            return;
        struct word word[3];
        for (size_t i = 0; i < COUNT_OF(books); i++)
            word[i] = take_word(books[i], &at[i], reference);
        bool apart = false;
        if (word[0].first && word[0].paid > 1) { // our own book never says so; look anyway
            struct difference difference =
                difference_of(DIFF_TWICE, ledger->name, reference, &word[0], &word[0]);
            add(out, &difference);
            apart = true;
        }
        apart |= compare(provider, reference, &word[0], &word[1], out);
        apart |= compare(bank, reference, &word[0], &word[2], out);
        out->matched += !apart && word[0].first;
    }
}
