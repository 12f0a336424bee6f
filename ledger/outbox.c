#include "ledger/outbox.h"

#include "core/clock.h"
#include "core/mem.h"
#include "ledger/behind.h"
#include "ledger/db.h"
#include "ledger/group.h"
#include "ledger/hold.h"
#include "ledger/payment.h"
#include "ledger/posted.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// What is asked about so much later waits for others: a payment in a bank file, for the bank.
enum { FAR_MS = 1800000 };
// The pause of a message whose lease lapsed again: twice to four times this, then double.
enum { LAPSE_PAUSE_MS = 250 };

static const char *const state_names[OUTBOX_STATES] = {
    [OUTBOX_READY] = "ready",
    [OUTBOX_LEASED] = "leased",
    [OUTBOX_UNKNOWN] = "unknown",
    [OUTBOX_DONE] = "done",
    [OUTBOX_DEAD] = "dead",
    [OUTBOX_EXPIRED] = "expired",
    [OUTBOX_SUPERSEDED] = "superseded",
    [OUTBOX_HELD] = "held",
};

const char *outbox_state_name(enum outbox_state state)
{
    return state_names[state];
}

void outbox_item_free(struct outbox_item *item)
{
    mem_free(&item->body);
}

void outbox_items_free(struct outbox_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        outbox_item_free(&items->at[i]);
    mem_free(&items->at);
    items->count = 0;
}

// What never goes stale sorts after all that does.
static int64_t of_expires(struct utc expires)
{
    return expires.s == UTC_NEVER.s ? INT64_MAX : expires.s;
}

static struct utc expires_of(int64_t stored)
{
    return stored == INT64_MAX ? UTC_NEVER : (struct utc){stored};
}

static enum err_kind is_same_message(struct db *db, const struct outbox_item *item, struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, "SELECT body FROM outbox WHERE key = ?");
    bool row = false;
    stmt_text(stmt, 1, item->key);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    if (!row || strcmp(row_text(stmt, 0), item->body) != 0)
        return err_set(err, ERR_BROKEN, "another message has the key %s already", item->key);
    return OK;
}

// The message that was just added makes older ones of its thread needless while they wait.
static enum err_kind supersede(struct db *db, const struct outbox_item *item, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE outbox SET state = 6, result = 'a newer message took its place'"
                    " WHERE thread = ?1 AND thread <> '' AND channel = ?2 AND state = 0"
                    " AND key <> ?3");
    stmt_text(stmt, 1, item->thread);
    stmt_text(stmt, 2, item->channel);
    stmt_text(stmt, 3, item->key);
    if (stmt_run(stmt, err))
        return err_of(err);
    return stmt_changes(stmt) > 0 ? behind_wake_thread(db, item->channel, item->thread, err) : OK;
}

enum err_kind outbox_put(struct txn *txn, const struct outbox_item *item, bool *fresh,
                         struct err *err)
{
    struct db *db = ledger_db(txn_ledger(txn));
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "INSERT INTO outbox (channel, key, person, contract, thread, lane, expires,"
                    " cause, body, state, ask, attempt, tries, doubts, evidence, due_ms,"
                    " lease_until_ms, worker, result)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, ?, 0, '', '')"
                    " ON CONFLICT (key) DO NOTHING");
    stmt_text(stmt, 1, item->channel);
    stmt_text(stmt, 2, item->key);
    stmt_text(stmt, 3, item->person);
    stmt_text(stmt, 4, item->contract);
    stmt_text(stmt, 5, item->thread);
    stmt_int(stmt, 6, item->lane);
    stmt_int(stmt, 7, of_expires(item->expires));
    stmt_int(stmt, 8, item->cause);
    stmt_text(stmt, 9, item->body);
    stmt_int(stmt, 10, item->held ? OUTBOX_HELD : OUTBOX_READY);
    stmt_int(stmt, 11, item->due_ms);
    if (stmt_run(stmt, err))
        return err->kind;
    *fresh = stmt_changes(stmt) == 1;
    if (*fresh && posted_add(txn, item, of_expires(item->expires), err))
        return err_of(err);
    if (*fresh)
        return *item->thread ? supersede(db, item, err) : OK;
    return is_same_message(db, item, err);
}

// --- taking
// ---------------------------------------------------------------------------------------

// What is due, then what waits for its time: each has an index of its own.
static enum err_kind expire(struct db *db, const struct outbox_claim *claim, struct err *err)
{
    static const char *const sql[] = {
        "UPDATE outbox SET state = 5, result = 'not sent in time' WHERE id IN (SELECT id"
        " FROM outbox WHERE state = 0 AND state IN (0, 2) AND due_ms = 0 AND lane IN (0, 1, 2, 3)"
        " AND channel = ? AND expires <= ? /*pg FOR UPDATE SKIP LOCKED*/)",
        "UPDATE outbox SET state = 5, result = 'not sent in time' WHERE id IN (SELECT id"
        " FROM outbox WHERE state = 0 AND due_ms <> 0"
        " AND channel = ? AND expires <= ? /*pg FOR UPDATE SKIP LOCKED*/)"};
    if (behind_wake_stale(db, claim->channel, claim->now.s, err))
        return err_of(err);
    for (size_t i = 0; i < COUNT_OF(sql); i++) {
        AUTO(stmt_done) struct stmt *stmt = stmt_of(db, sql[i]);
        stmt_text(stmt, 1, claim->channel);
        stmt_int(stmt, 2, claim->now.s);
        if (stmt_run(stmt, err))
            return err_of(err);
    }
    return OK;
}

// What waited and is due now joins those that are.
static enum err_kind wake(struct db *db, const struct outbox_claim *claim, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        db, "UPDATE outbox SET due_ms = 0 WHERE id IN (SELECT id FROM outbox WHERE channel = ?1"
            " AND state IN (0, 2) AND due_ms <> 0 AND due_ms <= ?2"
            " /*pg FOR UPDATE SKIP LOCKED*/)");
    stmt_text(stmt, 1, claim->channel);
    stmt_int(stmt, 2, claim->now_ms);
    return stmt_run(stmt, err);
}

static bool has_person(const struct outbox_items *items, const char *person)
{
    for (size_t i = 0; *person && i < items->count; i++) {
        if (strcmp(items->at[i].person, person) == 0)
            return true;
    }
    return false;
}

static struct outbox_item item_of_row(struct stmt *stmt)
{
    struct outbox_item item = {
        .id = row_int(stmt, 0),
        .lane = (int32_t)row_int(stmt, 5),
        .expires = expires_of(row_int(stmt, 6)),
        .cause = row_int(stmt, 7),
        .body = mem_text(row_text(stmt, 8)),
        .attempt = row_int(stmt, 9) + 1,
        .ask = row_int(stmt, 10) == OUTBOX_UNKNOWN,
    };
    row_copy(stmt, 1, item.channel, sizeof(item.channel));
    row_copy(stmt, 2, item.key, sizeof(item.key));
    row_copy(stmt, 3, item.person, sizeof(item.person));
    row_copy(stmt, 4, item.contract, sizeof(item.contract));
    row_copy(stmt, 11, item.thread, sizeof(item.thread));
    return item;
}

// When the earlier message of the person of "o" that was tried is to be tried again: what comes
// later and is no more urgent waits for it, so that nobody reads the second before the first. (One
// that a newer one of its thread took the place of is no longer ready; for one that a hold stops
// nobody waits.) NULL: there is none; 0: it is due as well.
#define EARLIER_AGAIN                                                                              \
    "(SELECT max(r.due_ms) FROM outbox AS r WHERE r.state = 0 AND r.attempt > 0"                   \
    " AND r.channel = ?1 AND r.person = o.person AND r.person <> '' AND r.id < o.id"               \
    " AND r.lane <= o.lane AND" HOLD_NOT_STOPPED_IS("r") ")"

// A page of due items of one state: where it begins, how many rows it had, and those of them that
// wait for an earlier message. These are due again when that is, or ends (behind.h), and no look
// passes them until then.
struct page {
    enum outbox_state state;
    int64_t offset, rows;
    struct waiting {
        int64_t id, until_ms;
    } * waiting;
    size_t waiting_count;
};

static void page_free(struct page *page)
{
    mem_free(&page->waiting);
}

static enum err_kind put_off(struct db *db, const struct page *page, struct err *err)
{
    for (size_t i = 0; i < page->waiting_count; i++) {
        if (behind_wait(db, page->waiting[i].id, page->waiting[i].until_ms, err))
            return err_of(err);
    }
    return OK;
}

// What another claim has in hand is passed over: in SQLite there is none, its writers wait for one
// another.
static enum err_kind choose_page(struct db *db, const struct outbox_claim *claim, struct page *page,
                                 struct outbox_items *items, struct err *err)
{
    enum { AGAIN = 12 };
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "SELECT id, channel, key, person, contract, lane, expires, cause, body,"
                    " attempt, state, thread, CASE state WHEN 0 THEN " EARLIER_AGAIN " END"
                    " FROM outbox AS o WHERE channel = ?1 AND state = ?2"
                    " AND state IN (0, 2) AND due_ms = 0 AND lane <= ?3 AND (person = ''"
                    " OR NOT EXISTS (SELECT 1 FROM outbox AS f WHERE f.state = 1"
                    " AND f.channel = ?1 AND f.person = o.person)) AND (state = 2"
                    " OR" HOLD_NOT_STOPPED ") ORDER BY lane, expires, id"
                    " LIMIT ?4 OFFSET ?5 /*pg FOR UPDATE OF o SKIP LOCKED*/");
    stmt_text(stmt, 1, claim->channel);
    stmt_int(stmt, 2, page->state);
    stmt_int(stmt, 3, claim->lane_max);
    stmt_int(stmt, 4, (int64_t)(claim->max - items->count));
    stmt_int(stmt, 5, page->offset);
    page->waiting_count = 0;
    enum err_kind failed = OK;
    for (page->rows = 0; stmt_more(stmt, &failed, err); page->rows++) {
        int64_t again_ms = row_null(stmt, AGAIN) ? -1 : row_int(stmt, AGAIN);
        if (again_ms > 0)
            page->waiting[page->waiting_count++] = (struct waiting){row_int(stmt, 0), again_ms};
        else if (again_ms < 0 && !has_person(items, row_text(stmt, 3)))
            items->at[items->count++] = item_of_row(stmt);
    }
    return failed;
}

// Collects due items of one state. A page is full of one person's seldom, or of what must wait:
// then comes the next, which begins behind what is still due.
static enum err_kind choose(struct db *db, const struct outbox_claim *claim,
                            enum outbox_state state, struct outbox_items *items, struct err *err)
{
    AUTO(page_free) struct page page = {.state = state};
    int64_t wanted = 0;
    page.waiting = mem_new(claim->max, sizeof(*page.waiting));
    while (page.rows == wanted && items->count < claim->max) {
        wanted = (int64_t)(claim->max - items->count);
        if (choose_page(db, claim, &page, items, err) || put_off(db, &page, err))
            return err_of(err);
        page.offset += page.rows - (int64_t)page.waiting_count;
    }
    return OK;
}

static enum err_kind hold(struct db *db, int64_t id, const struct payment_stop *stop,
                          struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "UPDATE outbox SET state = ?, result = ? WHERE id = ?");
    stmt_int(stmt, 1, stop->is_over ? OUTBOX_DEAD : OUTBOX_HELD);
    stmt_text(stmt, 2, stop->why);
    stmt_int(stmt, 3, id);
    return stmt_run(stmt, err);
}

// A payment's intent; one that would pass a cap is held, one whose payout is paid is dead: both are
// taken out of the items, and the others go on.
static enum err_kind intend(struct db *db, const struct outbox_claim *claim,
                            struct outbox_items *items, struct err *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < items->count; i++) {
        struct outbox_item *item = &items->at[i];
        struct payment_stop stop = {0};
        if (!item->ask && payment_intend(db, item->id, claim->now, claim->caps, &stop, err))
            return err_of(err);
        if (stop.why && hold(db, item->id, &stop, err))
            return err_of(err);
        struct outbox_item one = MOVE(*item);
        if (!stop.why)
            items->at[kept++] = one;
        else
            outbox_item_free(&one);
    }
    items->count = kept;
    return OK;
}

static enum err_kind lease(struct db *db, const struct outbox_claim *claim,
                           struct outbox_items *items, struct err *err)
{
    if (strcmp(claim->channel, "pay") == 0 && intend(db, claim, items, err))
        return err_of(err);
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "UPDATE outbox SET ask = CASE state WHEN 2 THEN 1 ELSE 0 END, "
                                    "state = 1, attempt = attempt + 1,"
                                    " worker = ?25, lease_until_ms = ?26 WHERE id IN " GROUP_IDS);
    for (size_t i = 0, count; i < items->count; i += count) {
        int64_t id[GROUP_MAX];
        for (count = 0; count < GROUP_MAX && i + count < items->count; count++)
            id[count] = items->at[i + count].id;
        group_bind(stmt, id, count);
        stmt_text(stmt, GROUP_MAX + 1, claim->worker);
        stmt_int(stmt, GROUP_MAX + 2, claim->lease_until_ms);
        if (stmt_send(stmt, err))
            return err->kind;
    }
    return OK;
}

struct findings {
    bool late, wakes, due;
};

// Whether there is anything to expire, anything whose time came, and whether there may be anything
// to take: most looks find nothing, and nothing is locked for them. The orders are those of the
// indices: neither what is done already nor what waits for its time is passed on the way.
static enum err_kind look(struct db *db, const struct outbox_claim *claim, struct findings *out,
                          struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, OUTBOX_LOOK);
    bool row = false;
    stmt_text(stmt, 1, claim->channel);
    stmt_int(stmt, 2, claim->now_ms);
    stmt_int(stmt, 3, claim->now.s);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *out = (struct findings){.late = row && (!row_null(stmt, 0) || !row_null(stmt, 1)),
                             .wakes = row && !row_null(stmt, 2),
                             .due = row && !row_null(stmt, 3)};
    return OK;
}

// The lease of a payment is its intent, and on the disk before anything is sent. Any other lease
// may be lost in a power cut: the message is handed out again, with the same key.
static enum err_kind begin(struct ledger *ledger, const struct outbox_claim *claim,
                           struct txn **txn, struct err *err)
{
    return strcmp(claim->channel, "pay") == 0 ? ledger_begin(ledger, txn, err)
                                              : ledger_begin_lazy(ledger, txn, err);
}

enum err_kind outbox_take(struct ledger *ledger, const struct outbox_claim *claim,
                          struct outbox_items *out, struct err *err)
{
    struct db *db = ledger_db(ledger);
    AUTO(outbox_items_free) struct outbox_items items = {0};
    AUTO(ledger_undo) struct txn *txn = NULL;
    struct findings found;
    assert(claim->max > 0 && claim->lease_until_ms > claim->now_ms);
    if (look(db, claim, &found, err))
        return err_of(err);
    if (!found.late && !found.wakes && !found.due)
        return OK;
    items.at = mem_new(claim->max, sizeof(*items.at));
    if (begin(ledger, claim, &txn, err) || (found.wakes && wake(db, claim, err)) ||
        (found.late && expire(db, claim, err)) || choose(db, claim, OUTBOX_UNKNOWN, &items, err) ||
        choose(db, claim, OUTBOX_READY, &items, err) || lease(db, claim, &items, err) ||
        ledger_commit(&txn, err))
        return err->kind;
    *out = MOVE(items);
    return OK;
}

// --- leases that are over, and counts
// ---------------------------------------------------------------

static enum err_kind mark_unknown(struct db *db, int64_t now_ms, const char *worker,
                                  struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "UPDATE payout SET state = 'unknown' WHERE state NOT IN ('paid', 'returned')"
                    " AND (contract, period, policy) IN"
                    " (SELECT json_extract(body, '$.contract'), json_extract(body, '$.period'),"
                    " json_extract(body, '$.policy') FROM outbox WHERE state = 1"
                    " AND channel = 'pay' AND ask = 0 AND (worker = ?2 OR (?2 IS NULL"
                    " AND lease_until_ms <= ?1)))");
    stmt_int(stmt, 1, now_ms);
    stmt_text(stmt, 2, worker);
    return stmt_run(stmt, err);
}

// The leases that are over, counted: a message that ends each worker that takes it must not go
// round for ever.
static enum err_kind count_lapses(struct db *db, int64_t now_ms, const char *worker,
                                  struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(db, "INSERT INTO lapse (message, count) SELECT id, 1 FROM outbox WHERE state = 1"
                    " AND (worker = ?2 OR (?2 IS NULL AND lease_until_ms <= ?1))"
                    " ON CONFLICT (message) DO UPDATE SET count = lapse.count + 1");
    stmt_int(stmt, 1, now_ms);
    stmt_text(stmt, 2, worker);
    return stmt_run(stmt, err);
}

// `lapsed` is 1 the first time: ready at once; then a pause that doubles, of which up to a half is
// jitter.
static enum err_kind free_leases(struct db *db, int64_t now_ms, const char *worker, size_t *count,
                                 struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(
        db, "UPDATE outbox SET state = CASE WHEN channel = 'pay' THEN 2"
            " WHEN lapse.count >= ?3 THEN 4"
            " WHEN thread <> '' AND EXISTS (SELECT 1 FROM outbox AS n WHERE"
            " n.thread = outbox.thread AND n.thread <> '' AND n.channel = outbox.channel"
            " AND n.id > outbox.id) THEN 6 ELSE 0 END,"
            " result = CASE WHEN channel <> 'pay' AND lapse.count >= ?3 THEN 'each of the '"
            " || lapse.count || ' workers that took it ended, or said nothing' ELSE result END,"
            " due_ms = CASE WHEN lapse.count = 1 OR (channel = 'pay' AND lapse.count < ?3)"
            " THEN due_ms ELSE ?1 +"
            " (?4 << min(lapse.count, 8)) + abs(random() % (?4 << min(lapse.count, 8))) END,"
            " worker = '', ask = 0 FROM lapse WHERE lapse.message = outbox.id AND state = 1"
            " AND (worker = ?2 OR (?2 IS NULL AND lease_until_ms <= ?1))");
    stmt_int(stmt, 1, now_ms);
    stmt_text(stmt, 2, worker);
    stmt_int(stmt, 3, OUTBOX_LAPSES_MAX);
    stmt_int(stmt, 4, LAPSE_PAUSE_MS);
    if (stmt_run(stmt, err))
        return err->kind;
    *count = (size_t)stmt_changes(stmt);
    return OK;
}

enum err_kind outbox_reclaim(struct ledger *ledger, int64_t now_ms, const char *worker,
                             size_t *count, struct err *err)
{
    struct db *db = ledger_db(ledger);
    AUTO(ledger_undo) struct txn *txn = NULL;
    if (ledger_begin(ledger, &txn, err) || mark_unknown(db, now_ms, worker, err) ||
        count_lapses(db, now_ms, worker, err) || free_leases(db, now_ms, worker, count, err))
        return err->kind;
    return ledger_commit(&txn, err);
}

enum err_kind outbox_count(struct ledger *ledger, const char *channel, int64_t count[OUTBOX_STATES],
                           struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger), "SELECT state, count(*) FROM outbox WHERE ?1 IS NULL"
                                   " OR channel = ?1 GROUP BY state");
    memset(count, 0, OUTBOX_STATES * sizeof(*count));
    stmt_text(stmt, 1, channel);
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        int64_t state = row_int(stmt, 0);
        if (state < 0 || state >= OUTBOX_STATES)
            return err_set(err, ERR_BROKEN, "the outbox has a message in no known state");
        count[state] = row_int(stmt, 1);
    }
    return failed;
}

enum err_kind outbox_is_empty(struct ledger *ledger, const char *channel, int64_t lane_max,
                              bool *empty, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger),
                "SELECT coalesce((SELECT 1 FROM outbox AS o WHERE channel = ?2"
                " AND state IN (0, 2) AND lane <= ?3 AND due_ms = 0 AND (state = 2"
                " OR" HOLD_NOT_STOPPED ")"
                " ORDER BY channel, state, lane, expires, id LIMIT 1), (SELECT 1 FROM outbox AS o"
                " WHERE channel = ?2 AND state IN (0, 2) AND lane <= ?3 AND due_ms <> 0"
                " AND due_ms <= ?1 AND (state = 2 OR" HOLD_NOT_STOPPED
                ") ORDER BY channel, due_ms LIMIT 1),"
                " (SELECT 1 FROM outbox WHERE channel = ?2 AND state = 1 ORDER BY channel, person"
                " LIMIT 1), 0)");
    bool row = false;
    stmt_int(stmt, 1, clock_wall_ms() + FAR_MS);
    stmt_text(stmt, 2, channel);
    stmt_int(stmt, 3, lane_max);
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    *empty = row_int(stmt, 0) == 0;
    return OK;
}

enum err_kind outbox_next_due_ms(struct ledger *ledger, const char *channel, int64_t *due_ms,
                                 struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(ledger),
                "SELECT (SELECT 0 FROM outbox WHERE channel = ?1 AND state IN (0, 2) AND due_ms = 0"
                " ORDER BY channel, state, lane, expires, id LIMIT 1),"
                " (SELECT due_ms FROM outbox WHERE channel = ?1 AND state IN (0, 2) AND due_ms <> 0"
                " ORDER BY channel, due_ms LIMIT 1),"
                " (SELECT min(lease_until_ms) FROM outbox WHERE channel = ?1 AND state = 1)");
    bool row = false;
    *due_ms = INT64_MAX;
    stmt_text(stmt, 1, channel);
    if (stmt_next(stmt, &row, err))
        return err->kind;
    for (int c = 0; row && c < 3; c++) {
        if (!row_null(stmt, c) && row_int(stmt, c) < *due_ms)
            *due_ms = row_int(stmt, c);
    }
    return OK;
}
