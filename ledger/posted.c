#include "ledger/posted.h"

#include "core/mem.h"
#include "ledger/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void lines_start(struct posted_lines *lines)
{
    lines->hasher = hasher_new();
    lines->held = 0;
}

static void hand_over(struct posted_lines *lines)
{
    hasher_add(&lines->hasher, lines->text, lines->held);
    lines->held = 0;
}

static void add_text(struct posted_lines *lines, struct str text, char end)
{
    if (text.len >= sizeof(lines->text) - lines->held)
        hand_over(lines);
    if (text.len >= sizeof(lines->text)) {
        hasher_add(&lines->hasher, text.at, text.len);
    } else if (text.len) {
        memcpy(lines->text + lines->held, text.at, text.len);
        lines->held += text.len;
    }
    lines->text[lines->held++] = end;
}

static struct hash lines_sum(struct posted_lines *lines)
{
    hand_over(lines);
    return hasher_end(&lines->hasher);
}

static void add_int(struct posted_lines *lines, int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, number);
    add_text(lines, str_of(text), '\t');
}

static enum err_kind last_id(struct ledger *ledger, int64_t *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT id FROM outbox ORDER BY id DESC LIMIT 1");
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *out = row ? row_int(stmt, 0) : 0;
    return OK;
}

enum err_kind posted_add(struct txn *txn, const struct outbox_item *item, int64_t expires,
                         struct err *err)
{
    struct posted *posted = txn_posted(txn);
    if (posted->count == 0) {
        lines_start(&posted->lines);
        if (last_id(txn_ledger(txn), &posted->first, err))
            return err_of(err);
    }
    posted->count++;
    posted->cause = item->cause;
    add_text(&posted->lines, str_of(item->channel), '\t');
    add_text(&posted->lines, str_of(item->key), '\t');
    add_text(&posted->lines, str_of(item->person), '\t');
    add_text(&posted->lines, str_of(item->contract), '\t');
    add_text(&posted->lines, str_of(item->thread), '\t');
    add_int(&posted->lines, expires);
    add_int(&posted->lines, item->cause);
    add_text(&posted->lines, str_of(item->body), '\n');
    return OK;
}

enum err_kind posted_body(struct ledger *ledger, const struct posted *posted, struct doc **out,
                          struct err *err)
{
    int64_t last = 0;
    struct posted_lines lines = posted->lines;
    *out = NULL;
    if (posted->count == 0)
        return OK;
    if (last_id(ledger, &last, err))
        return err_of(err);
    *out = doc_object();
    doc_put_int(*out, "first", posted->first);
    doc_put_int(*out, "last", last);
    doc_put_int(*out, "count", posted->count);
    doc_put_text(*out, "messages", hash_hex(lines_sum(&lines)).at);
    return OK;
}

// --- verified

// The entries of the kind, as they come.
struct told_of {
    struct ledger *ledger;
    int64_t upto; // the last message that the entries so far tell of
    int64_t bad_seq;
};

static enum err_kind sum_up(struct ledger *ledger, int64_t first, int64_t last, int64_t *count,
                            struct hash *out, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT expires, cause, channel, key, person, contract, thread,"
                                   " body FROM outbox WHERE id BETWEEN ? AND ? ORDER BY id");
    struct posted_lines lines;
    enum err_kind failed = OK;
    *count = 0;
    lines_start(&lines);
    stmt_int(stmt, 1, first);
    stmt_int(stmt, 2, last);
    stmt_stream(stmt);
    for (; stmt_more(stmt, &failed, err); ++*count) {
        for (int i = 2; i < 7; i++)
            add_text(&lines, row_bytes(stmt, i), '\t');
        add_int(&lines, row_int(stmt, 0));
        add_int(&lines, row_int(stmt, 1));
        add_text(&lines, row_bytes(stmt, 7), '\n');
    }
    *out = lines_sum(&lines);
    return failed;
}

static enum err_kind check_entry(void *self, const struct entry *entry, struct err *err)
{
    struct told_of *told = self;
    AUTO(doc_free) struct doc *doc = NULL;
    const char *said = NULL;
    int64_t first, last, count, found, between = 0;
    struct hash sum, other;
    if (told->bad_seq)
        return OK;
    if (doc_parse(str_of(entry->text), "ledger entry", &doc, err) ||
        doc_need_int(doc, "first", &first, err) || doc_need_int(doc, "last", &last, err) ||
        doc_need_int(doc, "count", &count, err) || doc_need_text(doc, "messages", &said, err) ||
        sum_up(told->ledger, first, last, &found, &sum, err))
        return err_of(err);
    // An older program put those before the first entry of the kind.
    if (told->upto && sum_up(told->ledger, told->upto + 1, first - 1, &between, &other, err))
        return err_of(err);
    if (!told->upto && first == 1 && sum_up(told->ledger, INT64_MIN, 0, &between, &other, err))
        return err_of(err);
    if (found != count || between || str_of(said).len != HASH_HEX_SIZE - 1 ||
        !str_is(str_of(said), hash_hex(sum).at))
        told->bad_seq = entry->seq;
    told->upto = last;
    return OK;
}

enum err_kind posted_verify(struct ledger *ledger, int64_t *bad_seq, struct err *err)
{
    struct told_of told = {.ledger = ledger};
    int64_t after = 0;
    struct hash sum;
    *bad_seq = 0;
    if (ledger_walk(ledger, 1, "messages", check_entry, &told, err))
        return err_of(err);
    *bad_seq = told.bad_seq;
    if (*bad_seq || !told.upto)
        return OK;
    if (sum_up(ledger, told.upto + 1, INT64_MAX, &after, &sum, err))
        return err_of(err);
    return after ? err_set(err, ERR_BROKEN,
                           "the outbox holds messages after number %" PRId64
                           ", of which no entry tells: they were put in",
                           told.upto)
                 : OK;
}
