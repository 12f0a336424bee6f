#ifndef GONG_NOTIFY_RECONCILE_H
#define GONG_NOTIFY_RECONCILE_H

#include "core/err.h"
#include "core/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Three books of the same money: our ledger, the provider's (or the cash lists), the bank's. Pure:
// every difference is found and given, nothing is repaired.

enum book_state { BOOK_OPEN, BOOK_PAID, BOOK_FAILED, BOOK_RETURNED };

struct book_line {
    char reference[40]; // ours; "" where the book gives none
    int64_t amount_vnd;
    enum book_state state; // OPEN: on its way, nothing final
    size_t line;           // in its file; 0 for the ledger
};
struct book {
    const char *name; // "ledger", "provider", "bank"
    struct book_line *at;
    size_t count;
    bool is_there; // false: this book was not given, and is compared with nothing
};

enum difference_kind {
    DIFF_OURS_ONLY,   // paid by our book; the other does not have it: late, or never happened
    DIFF_THEIRS_ONLY, // money moved that our book does not know, or thinks unsent: stop
    DIFF_AMOUNT,      // the amounts differ: stop
    DIFF_TWICE,       // paid twice in one book: stop
    DIFF_STATE,       // one says paid, the other failed or returned: stop
    DIFF_OPEN,        // the other book says it is final, ours is still open: take in the evidence
    DIFF_NAMELESS,    // a movement without any reference
};
enum { DIFFERENCE_KINDS = DIFF_NAMELESS + 1 };
const char *difference_name(enum difference_kind kind);
bool difference_stops(enum difference_kind kind); // money may be wrong: no more is sent before a
                                                  // person looked

struct difference {
    enum difference_kind kind;
    const char *book; // which of the other books, or whose own line
    char reference[40];
    int64_t ours_vnd, theirs_vnd; // 0 where there is none
    enum book_state ours, theirs;
    size_t line; // in the other book
};
struct differences {
    struct difference *at;
    size_t count;
    size_t matched; // payouts that all books given say alike
};
void differences_free(struct differences *differences);

// The books' lines are sorted by reference in place.
void reconcile(struct book *ledger, struct book *provider, struct book *bank,
               struct differences *out);

#endif
