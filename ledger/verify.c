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
#include "ledger/seal.h"
#include "ledger/stretch.h"
#include "ledger/track.h"
#include "ledger/tree.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>

// ledger_verify: the chain first, then what the tables say beside it.

struct walk {
    struct ledger *ledger;
    struct ledger_report *report;
    struct tree_check *tree;
    struct act_check *acts;
    struct stmt *points; // the checkpoints by size
    bool point_left;     // one is in hand that was not reached yet
    int64_t last;        // number of the last entry
    int64_t counted[STRETCH_KINDS];
    struct kinds kinds;
    struct ledger *second; // a handle for the other processor; NULL: none is needed
    struct stretch *stretch[2];
};

static void walk_free(struct walk *walk)
{
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
    kinds_add(&walk->kinds, &stretch->kinds);
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
    walk->stretch[0] = mem_new(1, sizeof(*walk->stretch[0]));
    walk->points = stmt_of(db, "SELECT size, note FROM checkpoint ORDER BY size");
    if (stmt_next(walk->points, &walk->point_left, err) ||
        ledger_head(walk->ledger, &walk->last, &ignored, err))
        return err_of(err);
    if (walk->last <= STRETCH_MAX)
        return OK;
    // The other handle sees at least what this one does: entries are never taken back.
    walk->stretch[1] = mem_new(1, sizeof(*walk->stretch[1]));
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

// Each query gives the number of an entry whose row says something else, or nothing.
struct row_check {
    const char *sql, *why;
};

static const struct row_check row_checks[] = {
    {"SELECT d.seq FROM decision d LEFT JOIN batch b ON b.seq = d.batch LEFT JOIN entry e ON e.seq "
     "= d.seq WHERE e.kind IS DISTINCT FROM 'decision' OR e.text ->> 'commune' IS DISTINCT FROM "
     "d.commune OR CAST(e.text ->> 'batch' AS INTEGER) IS DISTINCT FROM d.batch OR CAST(e.text ->> "
     "'index_milli' AS INTEGER) IS DISTINCT FROM d.index_milli OR e.text ->> 'answer' IS DISTINCT "
     "FROM CASE d.answer WHEN 0 THEN 'no' WHEN 1 THEN 'yes' WHEN 2 THEN 'unknown' END OR e.text "
     "->> 'policy' IS DISTINCT FROM b.policy OR e.text ->> 'period' IS DISTINCT FROM b.period "
     "LIMIT 1",
     "is not what the table of decisions says"},
    {"SELECT b.seq FROM batch b LEFT JOIN entry e ON e.seq = b.seq WHERE e.kind IS DISTINCT FROM "
     "'basis' OR e.text ->> 'policy' IS DISTINCT FROM b.policy OR e.text ->> 'period' IS DISTINCT "
     "FROM b.period OR CAST(e.text ->> 'version' AS INTEGER) IS DISTINCT FROM b.version OR "
     "unixepoch(e.text ->> 'as_of') IS DISTINCT FROM b.as_of OR "
     "e.text ->> 'basis' IS DISTINCT FROM lower(hex(b.basis)) OR e.text ->> "
     "'policy_hash' IS DISTINCT FROM lower(hex(b.policy_hash)) OR e.text ->> 'boundary_set' IS "
     "DISTINCT FROM b.boundary_set OR coalesce(CAST(e.text ->> 'replaces' AS INTEGER), 0) IS "
     "DISTINCT FROM b.replaces LIMIT 1",
     "is not what the table of batches says"},
    {"SELECT p.seq FROM payout p LEFT JOIN entry e ON e.seq = p.seq WHERE e.kind IS DISTINCT FROM "
     "'payout' OR e.text ->> 'contract' IS DISTINCT FROM p.contract OR e.text ->> 'period' IS "
     "DISTINCT FROM p.period OR e.text ->> 'policy' IS DISTINCT FROM p.policy OR CAST(e.text ->> "
     "'amount' AS INTEGER) IS DISTINCT FROM p.amount OR e.text ->> 'currency' IS DISTINCT FROM "
     "p.currency OR CAST(e.text ->> 'decision' AS INTEGER) IS DISTINCT FROM p.decision LIMIT 1",
     "is not what the table of payouts says"},
    {"SELECT p.seq FROM payout p WHERE p.state IN ('paid', 'rejected', 'returned') AND (p.seq, "
     "p.state) NOT IN (SELECT CAST(e.text ->> 'payout' AS INTEGER), e.text ->> 'outcome' FROM "
     "entry e WHERE " ENTRY_FEW " AND e.kind = 'payment') LIMIT 1",
     "is a payout whose state no payment entry bears out"},
    {"SELECT max(e.seq) FROM entry e WHERE " ENTRY_FEW
     " AND e.kind = 'payment' AND e.text ->> 'outcome' = 'paid' "
     "GROUP BY CAST(e.text ->> 'payout' AS INTEGER) HAVING count(*) > 1 LIMIT 1",
     "pays a payout that was paid before"},
    {"SELECT e.seq FROM entry e LEFT JOIN payout p ON p.seq = CAST(e.text ->> 'payout' AS INTEGER) "
     "WHERE " ENTRY_FEW
     " AND e.kind = 'payment' AND e.text ->> 'outcome' = 'paid' AND p.state NOT IN ('paid', "
     "'returned') LIMIT 1",
     "says paid, the table of payouts does not"},
    {"SELECT a.seq FROM approval a JOIN payout p ON p.seq = a.payout LEFT JOIN entry e ON e.seq = "
     "a.seq WHERE e.kind IS DISTINCT FROM 'approval' OR e.text ->> 'by' IS DISTINCT FROM a.by OR "
     "e.text ->> 'policy' IS DISTINCT FROM p.policy OR e.text ->> 'period' IS DISTINCT FROM "
     "p.period LIMIT 1",
     "is no approval of a payout that bears it out"},
    {"SELECT p.seq FROM payout p WHERE p.state = 'approved' AND p.seq NOT IN (SELECT payout FROM "
     "approval) AND p.seq NOT IN (SELECT r.payout FROM reserve r JOIN entry e ON e.seq = r.seq "
     "WHERE CAST(e.text ->> 'auto' AS INTEGER) = 1) LIMIT 1",
     "is a payout that says approved, and nobody approved it"},
    {"SELECT p.seq FROM payout p WHERE p.state IN ('sending', 'accepted', 'unknown') AND p.seq NOT "
     "IN (SELECT payout FROM intent) LIMIT 1",
     "is a payout that was sent without an intent"},
    // A message to pay says what its payout says; a message has the entry that caused it.
    {"SELECT o.cause FROM outbox o LEFT JOIN payout p ON p.contract = o.body ->> 'contract' AND "
     "p.period = o.body ->> 'period' AND p.policy = o.body ->> 'policy' WHERE o.channel = 'pay' "
     "AND CAST(p.amount AS TEXT) IS DISTINCT FROM o.body ->> 'amount_vnd' LIMIT 1",
     "caused a message to pay that is not what its payout says"},
    // What is paid is done, what waits was not sent: else it would be sent once more.
    {"SELECT p.seq FROM outbox o JOIN payout p ON p.contract = o.body ->> 'contract' AND "
     "p.period = o.body ->> 'period' AND p.policy = o.body ->> 'policy' WHERE o.channel = 'pay' "
     "AND CASE WHEN p.state IN ('paid', 'returned') THEN o.state <> 3 WHEN p.state = 'rejected' "
     "THEN o.state <> 4 WHEN p.state IN ('planned', 'approved') THEN o.state NOT IN (0, 7) "
     "ELSE o.state NOT IN (1, 2) END LIMIT 1",
     "is a payout whose message is in another state"},
    // By its key a repeat is known: another key would be another payment.
    {"SELECT o.cause FROM outbox o WHERE o.channel = 'pay' AND o.key IS DISTINCT FROM 'pay/' || "
     "(o.body ->> 'contract') || '/' || (o.body ->> 'period') || '/' || (o.body ->> 'policy') "
     "LIMIT 1",
     "caused a message to pay under another key than its payout's"},
    {"SELECT i.payout FROM intent i LEFT JOIN payout p ON p.seq = i.payout LEFT JOIN outbox o ON "
     "o.id = i.message WHERE o.key IS DISTINCT FROM 'pay/' || p.contract || '/' || p.period || '/' "
     "|| p.policy OR p.seq IS NULL LIMIT 1",
     "is a payout whose intent names the message of another"},
    {"SELECT o.cause FROM outbox o LEFT JOIN entry e ON e.seq = o.cause WHERE CASE o.body ->> "
     "'kind' WHEN 'reply' THEN e.kind NOT IN ('inbound', 'answer') WHEN 'alarm' THEN e.kind NOT IN "
     "('silence', 'telco') WHEN 'checkpoint' THEN e.kind <> 'daily' WHEN 'official' THEN e.kind "
     "NOT IN ('bulletin', 'standing') ELSE e.kind NOT IN "
     "('decision', 'payout', 'test', 'basis', 'alert_clear') OR e.text ->> 'policy' IS DISTINCT "
     "FROM o.body ->> 'policy' OR (e.kind <> 'alert_clear' AND e.text ->> 'period' IS DISTINCT "
     "FROM o.body ->> 'period' AND"
     // A top-up is told under a name of its own: "2024+1".
     " (o.body ->> 'period' LIKE (e.text ->> 'period') || '+%') IS NOT TRUE) END LIMIT 1",
     "is not what a message in the outbox says of its cause"},
    // The readings that a decision stands on are there.
    {"SELECT e.seq FROM batch b JOIN entry e ON e.seq = b.seq, json_each(e.text, "
     "'$.inputs.readings') AS j WHERE j.value NOT IN (SELECT lower(hex(hash)) FROM reading) LIMIT "
     "1",
     "stands on a reading that is not there"},
    {"SELECT e.seq FROM batch b JOIN entry e ON e.seq = b.seq, json_each(e.text, "
     "'$.inputs.tracks') AS j WHERE j.value NOT IN (SELECT lower(hex(hash)) FROM track) LIMIT 1",
     "stands on a track that is not there"},
    {"SELECT e.seq FROM batch b JOIN entry e ON e.seq = b.seq, json_tree(e.text, "
     "'$.inputs.stations') AS j WHERE j.type = 'text' AND j.value NOT IN (SELECT lower(hex(hash)) "
     "FROM reading) LIMIT 1",
     "stands on a reading of a gauge that is not there"},
    {"SELECT p.seq FROM policy_text p LEFT JOIN entry e ON e.seq = p.seq WHERE e.kind IS DISTINCT "
     "FROM 'policy' OR e.text ->> 'policy_hash' IS DISTINCT FROM lower(hex(p.hash)) LIMIT 1",
     "is a policy whose text is not there"},
    {"SELECT p.seq FROM policy_text p JOIN entry e ON e.seq = p.seq WHERE e.text ->> 'policy' IS "
     "DISTINCT FROM p.id OR CAST(e.text ->> 'version' AS INTEGER) IS DISTINCT FROM p.version LIMIT "
     "1",
     "is not what the table of policies says"},
    // What became of a raw file; of a wind the northern one is in a file of its own.
    {"SELECT r.entry FROM raw r LEFT JOIN entry e ON e.seq = r.entry WHERE CASE WHEN r.entry = 0 "
     "THEN r.state <> 0 ELSE e.text ->> 'source' IS DISTINCT FROM r.source OR (e.text ->> 'raw' IS "
     "DISTINCT FROM lower(hex(r.hash)) AND e.text ->> 'raw_north' IS DISTINCT FROM "
     "lower(hex(r.hash))) OR e.text ->> 'raw' = lower(hex(r.hash)) AND e.text ->> 'url' <> r.url "
     "OR r.why IS DISTINCT FROM coalesce(e.text ->> 'why', '') OR "
     "CASE r.state WHEN 1 THEN e.kind <> 'ingest' WHEN 2 THEN e.kind <> "
     "'refused' ELSE e.kind NOT IN ('ingest', 'refused') END END LIMIT 1",
     "is not what the table of raw files says"},
    {"SELECT e.seq FROM entry e WHERE " ENTRY_FEW " AND e.kind IN ('refused', 'again') AND "
     "(e.text ->> 'raw', e.text ->> 'source') NOT IN (SELECT lower(hex(hash)), source FROM raw) "
     "LIMIT 1",
     "is missing in the table of raw files"},
    // A reading came when one of its source's files was read.
    {"SELECT b.entry FROM raw b WHERE b.source IN (SELECT source FROM (SELECT source, "
     "received_at FROM reading EXCEPT SELECT r.source, unixepoch(e.text ->> 'at') FROM raw r JOIN "
     "entry e ON e.seq = r.entry EXCEPT SELECT e.text ->> 'source', unixepoch(e.text ->> 'at') "
     "FROM entry e WHERE " ENTRY_FEW " AND e.kind = 'again') AS late WHERE (source, received_at) "
     "NOT IN (SELECT e.text ->> 'source', "
     "unixepoch(e.text ->> 'at') FROM entry e WHERE e.kind = 'ingest')) ORDER BY b.entry DESC "
     "LIMIT 1",
     "or another of its source has readings that came at another time"},
    {"SELECT h.seq FROM hold h LEFT JOIN entry e ON e.seq = h.seq LEFT JOIN entry r ON r.seq = "
     "h.released WHERE e.kind IS DISTINCT FROM CASE h.cause WHEN 'person' THEN 'hold' ELSE 'held' "
     "END OR e.text ->> 'channel' IS DISTINCT FROM h.channel OR e.text ->> 'policy' IS DISTINCT "
     "FROM h.policy OR coalesce(e.text ->> 'period', '') IS DISTINCT FROM h.period OR "
     "coalesce(e.text ->> 'cause', 'person') IS DISTINCT FROM h.cause OR e.text ->> 'why' IS "
     "DISTINCT FROM h.why OR h.released <> 0 AND NOT (r.kind = 'release' AND CAST(r.text ->> "
     "'hold' AS INTEGER) IS NOT DISTINCT FROM h.seq OR h.cause = 'confirmation' AND r.kind = "
     "'confirmation' AND r.text ->> 'policy' IS NOT DISTINCT FROM h.policy AND r.text ->> 'period' "
     "IS NOT DISTINCT FROM h.period) LIMIT 1",
     "is not what the table of holds says"},
    {"SELECT e.seq FROM entry e WHERE " ENTRY_FEW
     " AND e.kind IN ('held', 'hold', 'release') AND CASE e.kind WHEN 'release' THEN e.seq NOT IN "
     "(SELECT released FROM hold) ELSE e.seq NOT IN (SELECT seq FROM hold) END LIMIT 1",
     "is missing in the table of holds"},
    {"SELECT r.seq FROM pay_rule r LEFT JOIN entry e ON e.seq = r.seq WHERE e.kind IS DISTINCT "
     "FROM 'pay_rule' OR e.text ->> 'what' IS DISTINCT FROM r.what OR CAST(e.text ->> 'amount_vnd' "
     "AS INTEGER) IS DISTINCT FROM r.amount OR e.text ->> 'by' <> 'drill' AND NOT EXISTS (SELECT 1 "
     "FROM act a WHERE a.name = 'pay-rule' AND a.subject = e.text ->> 'subject' AND a.person <> "
     "e.text ->> 'by' AND a.seq < e.seq) LIMIT 1",
     "is no rule of money that two people signed"},
    // An older pair of signatures is replaced by a newer one: the newest pair of a rule is the
    // rule.
    {"SELECT e.seq FROM entry e WHERE " ENTRY_FEW
     " AND e.kind = 'pay_rule' AND NOT EXISTS (SELECT 1 FROM pay_rule r "
     "WHERE r.what = e.text ->> 'what' AND r.seq >= e.seq) AND EXISTS (SELECT 1 FROM act a WHERE "
     "a.name = 'pay-rule' AND a.subject = e.text ->> 'subject' AND a.person <> e.text ->> 'by' AND "
     "a.seq < e.seq AND a.seq > coalesce((SELECT r.seq FROM pay_rule r WHERE r.what = e.text ->> "
     "'what'), 0)) LIMIT 1",
     "is missing in the table of rules of money"},
    {"SELECT r.seq FROM reserve r LEFT JOIN payout p ON p.seq = r.payout LEFT JOIN entry e ON "
     "e.seq = r.seq WHERE e.kind IS DISTINCT FROM 'reserve' OR e.text ->> 'policy' IS DISTINCT "
     "FROM p.policy OR e.text ->> 'period' IS DISTINCT FROM p.period LIMIT 1",
     "is not what the table of reserves says"},
    {"SELECT e.seq FROM entry e WHERE " ENTRY_FEW
     " AND e.kind = 'reserve' AND (CAST(e.text ->> 'count' AS INTEGER) "
     "IS DISTINCT FROM (SELECT count(*) FROM reserve r WHERE r.seq = e.seq) OR EXISTS (SELECT 1 "
     "FROM json_each(e.text, '$.payouts') AS j WHERE CAST(j.value AS INTEGER) NOT IN (SELECT "
     "payout FROM reserve r WHERE r.seq = e.seq))) LIMIT 1",
     "is not what the table of reserves says"},
    {"SELECT c.seq FROM confirmation c LEFT JOIN entry e ON e.seq = c.seq WHERE e.kind IS DISTINCT "
     "FROM 'confirmation' OR e.text ->> 'policy' IS DISTINCT FROM c.policy OR e.text ->> 'period' "
     "IS DISTINCT FROM c.period OR e.text ->> 'file' IS DISTINCT FROM lower(hex(c.hash)) LIMIT 1",
     "is not what the table of confirmations says"},
    {"SELECT e.seq FROM entry e WHERE " ENTRY_FEW
     " AND e.kind = 'confirmation' AND e.seq NOT IN (SELECT seq FROM "
     "confirmation) LIMIT 1",
     "is missing in the table of confirmations"},
    {"SELECT d.seq FROM dispute d LEFT JOIN entry e ON e.seq = d.seq LEFT JOIN entry a ON a.seq = "
     "d.answered LEFT JOIN entry c ON c.seq = d.closed WHERE e.kind IS DISTINCT FROM 'dispute' OR "
     "e.text ->> 'contract' IS DISTINCT FROM d.contract OR CAST(e.text ->> 'decision' AS INTEGER) "
     "IS DISTINCT FROM d.decision OR unixepoch(e.text ->> 'due') IS DISTINCT FROM d.due OR "
     "d.answered <> 0 AND (a.kind IS DISTINCT FROM 'dispute_answer' OR CAST(a.text ->> 'dispute' "
     "AS INTEGER) IS DISTINCT FROM d.seq) OR d.closed <> 0 AND (c.kind IS DISTINCT FROM "
     "'dispute_close' OR CAST(c.text ->> 'dispute' AS INTEGER) IS DISTINCT FROM d.seq) OR "
     "d.outcome IS DISTINCT FROM coalesce(c.text ->> 'outcome', '') LIMIT 1",
     "is not what the table of disputes says"},
    {"SELECT e.seq FROM entry e LEFT JOIN dispute d ON d.seq = coalesce(CAST(e.text ->> 'dispute' "
     "AS INTEGER), e.seq) WHERE " ENTRY_FEW
     " AND e.kind IN ('dispute', 'dispute_answer', 'dispute_close') AND "
     "(d.seq IS NULL OR e.kind = 'dispute_answer' AND d.answered < e.seq OR e.kind = "
     "'dispute_close' AND d.closed <> e.seq) LIMIT 1",
     "is missing in the table of disputes"},
    {"SELECT p.seq FROM proposal p LEFT JOIN entry e ON e.seq = p.seq LEFT JOIN entry d ON d.seq = "
     "p.decided WHERE e.kind IS DISTINCT FROM 'proposal' OR e.text ->> 'policy' IS DISTINCT FROM "
     "p.policy OR CAST(e.text ->> 'version' AS INTEGER) IS DISTINCT FROM p.version OR e.text ->> "
     "'policy_hash' IS DISTINCT FROM lower(hex(p.hash)) OR CAST(e.text ->> 'insurance' AS INTEGER) "
     "IS DISTINCT FROM p.insurance OR e.text ->> 'by' IS DISTINCT FROM p.person OR CASE p.state "
     "WHEN 'open' THEN p.decided <> 0 OR p.starts <> 0 WHEN 'in force' THEN d.kind IS DISTINCT "
     "FROM 'policy_in_force' OR CAST(d.text ->> 'proposal' AS INTEGER) IS DISTINCT FROM p.seq OR "
     "d.text ->> 'policy_hash' IS DISTINCT FROM lower(hex(p.hash)) OR unixepoch(d.text ->> "
     "'starts') IS DISTINCT FROM p.starts * 86400 WHEN 'rejected' THEN d.kind IS DISTINCT FROM "
     "'policy_reject' OR d.text ->> 'policy_hash' IS DISTINCT FROM lower(hex(p.hash)) OR p.starts "
     "<> 0 ELSE TRUE END LIMIT 1",
     "is not what the table of proposals says"},
    {"SELECT e.seq FROM entry e WHERE " ENTRY_FEW
     " AND e.kind IN ('proposal', 'policy_in_force', 'policy_reject') AND CASE e.kind WHEN "
     "'proposal' THEN e.seq NOT IN (SELECT seq FROM proposal) ELSE e.seq NOT IN (SELECT decided "
     "FROM proposal) END LIMIT 1",
     "is missing in the table of proposals"},
    {"SELECT a.seq FROM act a LEFT JOIN entry e ON e.seq = a.seq WHERE e.text ->> 'act' IS "
     "DISTINCT FROM a.name OR e.text ->> 'by' IS DISTINCT FROM a.person OR e.text ->> 'subject' IS "
     "DISTINCT FROM a.subject LIMIT 1",
     "is not what the table of acts says"},
};

// An entry without its row. Asked only when there are not as many rows as entries of the kind: when
// there are, the checks above find that each row is what an entry says, each of another.
static const struct {
    const char *count;
    struct row_check check;
} missing[STRETCH_KINDS] = {
    [STRETCH_DECISION] =
        {"SELECT count(*) FROM decision",
         {"SELECT e.seq FROM entry e LEFT JOIN decision d ON d.seq = e.seq WHERE e.kind ="
          " 'decision' AND d.seq IS NULL LIMIT 1",
          "is missing in the table of decisions"}},
    [STRETCH_BASIS] =
        {"SELECT count(*) FROM batch",
         {"SELECT e.seq FROM entry e LEFT JOIN batch b ON b.seq = e.seq WHERE e.kind = 'basis'"
          " AND b.seq IS NULL LIMIT 1",
          "is missing in the table of batches"}},
    [STRETCH_PAYOUT] =
        {"SELECT count(*) FROM payout",
         {"SELECT e.seq FROM entry e LEFT JOIN payout p ON p.seq = e.seq WHERE e.kind ="
          " 'payout' AND p.seq IS NULL LIMIT 1",
          "is missing in the table of payouts"}},
    [STRETCH_INGEST] =
        {"SELECT count(DISTINCT r.entry) FROM raw r JOIN entry e ON e.seq = r.entry WHERE e.kind ="
         " 'ingest'",
         {"SELECT e.seq FROM entry e WHERE e.kind = 'ingest' AND (e.text ->> 'raw', e.text ->>"
          " 'source') NOT IN (SELECT lower(hex(hash)), source FROM raw) LIMIT 1",
          "is missing in the table of raw files"}},
    [STRETCH_POLICY] =
        {"SELECT count(*) FROM policy_text",
         {"SELECT e.seq FROM entry e LEFT JOIN policy_text p ON p.seq = e.seq WHERE e.kind ="
          " 'policy' AND e.text ->> 'policy_hash' IS DISTINCT FROM lower(hex(p.hash)) LIMIT 1",
          "is a policy whose text is not there"}},
};

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

static enum err_kind check_rows(struct walk *walk, struct err *err)
{
    // What follows goes by the index: it must give what the walk has seen.
    if (kinds_check_index(&walk->kinds, walk->ledger, err))
        return err_of(err);
    for (int i = 0; i < STRETCH_KINDS; i++) {
        bool row = false;
        int64_t rows = 0;
        if (first_number(ledger_db(walk->ledger), missing[i].count, &row, &rows, err))
            return err_of(err);
        if (rows != walk->counted[i] && check_row(walk, &missing[i].check, err))
            return err_of(err);
    }
    for (size_t i = 0; i < COUNT_OF(row_checks); i++) {
        if (check_row(walk, &row_checks[i], err))
            return err_of(err);
    }
    return OK;
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
        {alerts_verify, "is not what the table of alerts says"},
        {doubts_verify, "is not what the table of doubts says"},
    };
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        int64_t bad = 0;
        if (checks[i].verify(walk->ledger, &bad, err))
            return err_of(err);
        if (bad)
            return broken(walk, bad, checks[i].why, err);
    }
    return OK;
}

enum err_kind ledger_verify(struct ledger *ledger, struct ledger_report *report, struct err *err)
{
    *report = (struct ledger_report){0};
    AUTO(walk_free) struct walk walk = {.ledger = ledger, .report = report};
    // One view of the database: what another program commits meanwhile is not seen half.
    if (db_begin(ledger_db(ledger), DB_READ, err))
        return err->kind;
    enum err_kind kind = check_entries(&walk, err);
    if (!kind)
        kind = check_rows(&walk, err);
    if (!kind)
        kind = check_tables(&walk, err);
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
