#include "core/mem.h"
#include "core/text.h"
#include "ledger/act_check.h"
#include "ledger/alert_check.h"
#include "ledger/db.h"
#include "ledger/decision.h"
#include "ledger/doubted.h"
#include "ledger/kinds.h"
#include "ledger/ledger.h"
#include "ledger/payment_check.h"
#include "ledger/posted.h"
#include "ledger/proposal.h"
#include "ledger/quorum.h"
#include "ledger/reading.h"
#include "ledger/row_check.h"
#include "ledger/seal.h"
#include "ledger/silence.h"
#include "ledger/stored.h"
#include "ledger/stretch.h"
#include "ledger/track.h"
#include "ledger/tree.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

// ledger_verify: the chain first, then what the tables say beside it.

struct walk {
    struct ledger *ledger;
    struct ledger_report *report;
    struct tree_check *tree;
    struct act_check *acts;
    struct stmt *points;            // the checkpoints by size
    bool point_left;                // one is in hand that was not reached yet
    int64_t last;                   // number of the last entry
    int64_t counted[STRETCH_KINDS]; // "ingest": but for those of a file that was seen before
    struct stretch_file *seen;      // [SEEN] files of such entries, of each place the last
    bool tells_bases, tells_stored;
    struct buf noted; // "[12,345,": entries with notes of alerts
    struct kinds kinds;
    struct ledger *second; // a handle for the other processor; NULL: none is needed
    struct stretch *stretch[2];
};

enum { SEEN = 4096, NOTED_MAX = 1 << 30 };

static void walk_free(struct walk *walk)
{
    mem_free(&walk->seen);
    buf_free(&walk->noted);
    stretch_free(&walk->stretch[0]);
    stretch_free(&walk->stretch[1]);
    kinds_free(&walk->kinds);
    mem_free(&walk->tree);
    act_check_free(&walk->acts);
    stmt_done(&walk->points);
    if (walk->second)
        db_undo(ledger_db(walk->second));
    ledger_close(&walk->second);
}

static enum err_kind broken(struct walk *walk, int64_t seq, const char *why, struct err *err)
{
    walk->report->bad_seq = seq;
    return err_set(err, ERR_BROKEN, "ledger entry %" PRId64 " %s", seq, why);
}

// The checkpoint in hand says the root that its entries have, and the site's key signed it.
static enum err_kind check_point(struct walk *walk, uint64_t size, struct hash root,
                                 struct err *err)
{
    struct note_key key;
    struct checkpoint said;
    struct quorum named;
    struct str text;
    if (seal_key(ledger_folder(walk->ledger), &key, err) ||
        quorum_of_site(ledger_folder(walk->ledger), &named, err))
        return err_of(err);
    named.who = -1; // whoever cosigned: not with a false signature
    if (quorum_open(&named, &key, row_bytes(walk->points, 1), &text, NULL, err) ||
        checkpoint_parse(text, &said, err) || said.size != size || !hash_same(said.root, root))
        return err_set(
            err, ERR_BROKEN,
            "the checkpoint over %" PRIu64 " entries of the ledger does not fit them, "
            "or was not signed by the site or a witness as it says: entries or the checkpoint were "
            "changed",
            size);
    walk->report->checkpoints++;
    return stmt_next(walk->points, &walk->point_left, err);
}

// The checkpoints over up to `count` leaves more than the tree has now.
static enum err_kind check_points(struct walk *walk, const struct hash *leaf, size_t count,
                                  struct err *err)
{
    struct merkle_edge edge = walk->tree->edge;
    for (size_t i = 0; walk->point_left; i++) {
        uint64_t size = (uint64_t)row_int(walk->points, 0);
        if (size > walk->tree->edge.size + count)
            return OK;
        while (edge.size < size)
            merkle_add(&edge, &leaf[edge.size - walk->tree->edge.size]);
        if (check_point(walk, size, merkle_root(&edge), err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind check_tree_end(struct walk *walk, struct err *err)
{
    walk->report->root = merkle_root(&walk->tree->edge);
    if (walk->point_left)
        return err_set(err, ERR_BROKEN,
                       "a checkpoint speaks of %" PRId64 " entries, the ledger holds %" PRId64
                       ": entries were cut off, or the checkpoint is not ours",
                       row_int(walk->points, 0), walk->report->entries);
    AUTO(stmt_done)
    struct stmt *stmt =
        stmt_of(ledger_db(walk->ledger), "SELECT seq FROM entry WHERE seq < 1 LIMIT 1");
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (row)
        return err_set(err, ERR_BROKEN, "the ledger holds entries with numbers below 1");
    return seal_check(walk->ledger, err);
}

// The acts of people among a stretch's entries, up to the first that is bad.
static enum err_kind take_acts(struct walk *walk, const struct stretch *stretch, struct err *err)
{
    for (size_t i = 0; i < stretch->acts; i++) {
        const struct stretch_act *act = &stretch->act[i];
        AUTO(doc_free) struct doc *doc = NULL;
        if (doc_parse(str_of(act->text), "entry", &doc, err))
            return err_of(err);
        const char *kind = doc_text(doc_get(doc, "kind"), "");
        const char *bad = act_check_entry(walk->acts, doc, kind, act->seq);
        if (bad)
            return broken(walk, act->seq, bad, err);
    }
    return OK;
}

// How many of a stretch's "ingest" entries are of a file of which one was seen. Of some that is not
// known any more; those are looked for in the tables one by one.
static int64_t seen_before(struct walk *walk, const struct stretch *stretch)
{
    int64_t count = stretch->repeats;
    if (stretch->files && !walk->seen)
        walk->seen = mem_new(SEEN, sizeof(*walk->seen));
    for (size_t i = 0; i < stretch->files; i++) {
        const struct stretch_file *file = &stretch->file[i];
        uint32_t place = 0;
        memcpy(&place, file->raw + 1, sizeof(place)); // behind the quote
        place = (place * 2654435769U) >> 20;
        const struct stretch_file *was = &walk->seen[place];
        if (memcmp(was->raw, file->raw, sizeof(file->raw)) == 0 &&
            str_same((struct str){was->source, was->source_len},
                     (struct str){file->source, file->source_len}))
            count++;
        walk->seen[place] = *file;
    }
    return count;
}

// What a stretch brought, in the order of the entries.
static enum err_kind take_stretch(struct walk *walk, const struct stretch *stretch, struct err *err)
{
    size_t whole = stretch->count / TILE_WIDTH, rest = stretch->count % TILE_WIDTH;
    bool is_last = stretch->first + (int64_t)stretch->count > walk->last;
    if (take_acts(walk, stretch, err))
        return err_of(err);
    for (size_t i = 0; i < whole; i++) {
        if (check_points(walk, stretch->leaf + i * TILE_WIDTH, TILE_WIDTH, err) ||
            tree_check_whole(walk->tree, &stretch->root[i], err))
            return err_of(err);
    }
    assert(rest == 0 || is_last);
    if (is_last && (check_points(walk, stretch->leaf + whole * TILE_WIDTH, rest, err) ||
                    tree_check_end(walk->tree, stretch->leaf + whole * TILE_WIDTH, rest, err)))
        return err_of(err);
    for (int i = 0; i < STRETCH_KINDS; i++)
        walk->counted[i] += stretch->counted[i];
    walk->counted[STRETCH_INGEST] -= seen_before(walk, stretch);
    walk->tells_bases |= stretch->tells_bases;
    walk->tells_stored |= stretch->tells_stored;
    kinds_add(&walk->kinds, &stretch->kinds);
    buf_str(&walk->noted, buf_slice(&stretch->noted));
    walk->report->entries += (int64_t)stretch->count;
    walk->report->head = stretch->head;
    return OK;
}

// With `kind` not OK, `err` says already what is wrong with an entry of the stretch; a bad act
// before that one comes first.
static enum err_kind take_checked(struct walk *walk, const struct stretch *stretch,
                                  enum err_kind kind, struct err *err)
{
    struct err earlier = {0};
    if (!kind)
        return take_stretch(walk, stretch, err);
    walk->report->bad_seq = stretch->bad_seq;
    if (take_acts(walk, stretch, &earlier))
        *err = earlier;
    return err_of(err);
}

// The stretch of the other processor.
struct helper {
    struct stretch *stretch;
    enum err_kind kind;
    struct err err;
};

static void *help(void *self)
{
    struct helper *helper = self;
    helper->kind = stretch_check(helper->stretch, &helper->err);
    return NULL;
}

static size_t stretch_at(struct stretch *stretch, struct ledger *ledger, int64_t first,
                         int64_t last)
{
    int64_t left = last - first + 1;
    stretch->ledger = ledger;
    stretch->first = first;
    stretch->count = left < STRETCH_MAX ? (size_t)left : STRETCH_MAX;
    return stretch->count;
}

// Two stretches at once, the second by a thread of its own; what they bring is taken in order, so
// the first bad entry is the one that is named. `*done` is how many entries they were.
static enum err_kind check_two(struct walk *walk, int64_t first, size_t *done, struct err *err)
{
    struct helper helper = {.stretch = walk->stretch[1]};
    size_t count = stretch_at(walk->stretch[0], walk->ledger, first, walk->last);
    int64_t next = first + (int64_t)count;
    bool two = next <= walk->last;
    pthread_t thread;
    if (two)
        count += stretch_at(walk->stretch[1], walk->second, next, walk->last);
    bool apart = two && pthread_create(&thread, NULL, help, &helper) == 0;
    enum err_kind kind = stretch_check(walk->stretch[0], err);
    if (apart)
        (void)pthread_join(thread, NULL);
    else if (two)
        (void)help(&helper);
    *done = count;
    if (take_checked(walk, walk->stretch[0], kind, err))
        return err_of(err);
    if (two && helper.kind)
        *err = helper.err;
    return two ? take_checked(walk, walk->stretch[1], helper.kind, err) : OK;
}

static enum err_kind begin_walk(struct walk *walk, struct err *err)
{
    struct db *db = ledger_db(walk->ledger);
    struct hash ignored;
    walk->tree = mem_new(1, sizeof(*walk->tree));
    walk->tree->ledger = walk->ledger;
    if (act_check_new(walk->ledger, &walk->acts, err))
        return err_of(err);
    walk->stretch[0] = stretch_new();
    walk->points = stmt_of(db, "SELECT size, note FROM checkpoint ORDER BY size");
    if (stmt_next(walk->points, &walk->point_left, err) ||
        ledger_head(walk->ledger, &walk->last, &ignored, err))
        return err_of(err);
    if (walk->last <= STRETCH_MAX)
        return OK;
    // The other handle sees at least what this one does: entries are never taken back.
    walk->stretch[1] = stretch_new();
    if (ledger_open(ledger_folder(walk->ledger), LEDGER_READ, &walk->second, err))
        return err_of(err);
    return db_begin(ledger_db(walk->second), DB_READ, err);
}

static enum err_kind check_entries(struct walk *walk, struct err *err)
{
    if (begin_walk(walk, err) || check_points(walk, NULL, 0, err))
        return err_of(err);
    size_t done = 0;
    for (int64_t first = 1; first <= walk->last; first += (int64_t)done) {
        if (check_two(walk, first, &done, err))
            return err_of(err);
    }
    int64_t bad = 0;
    if ((walk->last <= 0 && tree_check_end(walk->tree, NULL, 0, err)) ||
        act_check_end(walk->acts, walk->ledger, &bad, err))
        return err_of(err);
    if (bad)
        return broken(walk, bad, "is not what the tables of roles and acts say", err);
    return check_tree_end(walk, err);
}

static enum err_kind first_number(struct db *db, const char *sql, bool *row, int64_t *out,
                                  struct err *err)
{
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, sql);
    if (stmt_next(stmt, row, err))
        return err_of(err);
    *out = *row ? row_int(stmt, 0) : 0;
    return OK;
}

static enum err_kind check_row(struct walk *walk, const struct row_check *check, struct err *err)
{
    bool row = false;
    int64_t seq = 0;
    if (first_number(ledger_db(walk->ledger), check->sql, &row, &seq, err))
        return err_of(err);
    return row ? broken(walk, seq, check->why, err) : OK;
}

static enum err_kind check_bases(struct walk *walk, struct err *err)
{
    bool row = false;
    int64_t ignored = 0;
    if (first_number(ledger_db(walk->ledger), row_bases_any, &row, &ignored, err))
        return err_of(err);
    for (int i = 0; (row || walk->tells_bases) && i < ROW_BASES; i++) {
        if (check_row(walk, &row_bases[i], err))
            return err_of(err);
    }
    return OK;
}

static enum err_kind check_rows(struct walk *walk, struct err *err)
{
    // What follows goes by the index: it must give what the walk has seen.
    if (kinds_check_index(&walk->kinds, walk->ledger, err))
        return err_of(err);
    for (int i = 0; i < STRETCH_KINDS; i++) {
        bool row = false;
        int64_t rows = 0;
        if (first_number(ledger_db(walk->ledger), row_missing[i].count, &row, &rows, err))
            return err_of(err);
        if (rows != walk->counted[i] && check_row(walk, &row_missing[i].check, err))
            return err_of(err);
    }
    for (size_t i = 0; i < row_check_count; i++) {
        if (check_row(walk, &row_checks[i], err))
            return err_of(err);
    }
    return check_bases(walk, err);
}

static enum err_kind check_alerts(struct walk *walk, struct err *err)
{
    int64_t bad = 0;
    buf_text(&walk->noted, "0]"); // no entry has that number
    if (alerts_verify(walk->ledger, buf_slice(&walk->noted), &bad, err))
        return err_of(err);
    return bad ? broken(walk, bad, "is not what the table of alerts says", err) : OK;
}

// Each goes over its own table.
static enum err_kind check_tables(struct walk *walk, struct err *err)
{
    static const struct {
        enum err_kind (*verify)(struct ledger *ledger, int64_t *bad_seq, struct err *err);
        const char *why;
    } checks[] = {
        {policy_texts_verify, "is a policy whose text was changed"},
        {posted_verify, "is not what the outbox holds of its messages"},
        {doubts_verify, "is not what the table of doubts says"},
        {alarms_verify, "is not what the table of alarms says"},
        {approvals_verify, "is an approval of other payouts than the table of approvals has"},
        {stored_verify, "is not what the tables hold of what was read of its file"},
    };
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        // It goes through all entries that tell of a file: where none tells what was stored, all
        // rows are an older program's.
        if (checks[i].verify == stored_verify && !walk->tells_stored)
            continue;
        int64_t bad = 0;
        if (checks[i].verify(walk->ledger, &bad, err))
            return err_of(err);
        if (bad)
            return broken(walk, bad, checks[i].why, err);
    }
    return OK;
}

// Whether a row is in another table PostgreSQL looks up in a hash table as long as it expects that
// to fit its memory, else by going through all of it for each row. Those of a million rows fit
// here.
static enum err_kind take_room(struct db *db, struct err *err)
{
    AUTO(stmt_done)
    struct stmt *stmt = stmt_of(db, "SELECT 1 /*pg , set_config('work_mem', '256MB', true)*/");
    bool row = false;
    return stmt_next(stmt, &row, err);
}

enum err_kind ledger_verify(struct ledger *ledger, struct ledger_report *report, struct err *err)
{
    *report = (struct ledger_report){0};
    AUTO(walk_free)
    struct walk walk = {.ledger = ledger, .report = report, .noted = buf_new(NOTED_MAX)};
    buf_char(&walk.noted, '[');
    // One view of the database: what another program commits meanwhile is not seen half.
    if (db_begin(ledger_db(ledger), DB_READ, err))
        return err->kind;
    enum err_kind kind = take_room(ledger_db(ledger), err);
    if (!kind)
        kind = check_entries(&walk, err);
    if (!kind)
        kind = check_rows(&walk, err);
    if (!kind)
        kind = check_tables(&walk, err);
    if (!kind)
        kind = check_alerts(&walk, err);
    if (!kind)
        kind = readings_verify(ledger, err);
    if (!kind)
        kind = tracks_verify(ledger, err);
    if (!kind)
        kind = proposals_verify(ledger, err);
    if (!kind)
        kind = payments_verify(ledger, err);
    db_undo(ledger_db(ledger));
    return kind;
}
