#include "core/mem.h"
#include "core/text.h"
#include "ledger/act_check.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/proposal.h"
#include "ledger/reading.h"
#include "ledger/seal.h"
#include "ledger/track.h"
#include "ledger/tree.h"

#include <inttypes.h>
#include <string.h>

// ledger_verify: the chain first, then what the tables say beside it.

enum { ENTRY_BYTES_MAX = 64 << 20 };

struct walk {
    struct ledger_report *report;
    struct buf bytes;
    struct tree_check *tree;
    struct act_check *acts;
    struct stmt *points; // the checkpoints by size
    bool point_left;     // one is in hand that was not reached yet
};

static void walk_free(struct walk *walk)
{
    buf_free(&walk->bytes);
    mem_free(&walk->tree);
    act_check_free(&walk->acts);
    stmt_done(&walk->points);
}

static enum err_kind broken(struct walk *walk, int64_t seq, const char *why, struct err *err)
{
    walk->report->bad_seq = seq;
    return err_set(err, ERR_BROKEN, "ledger entry %" PRId64 " %s", seq, why);
}

// The checkpoint in hand says what the entries so far say, and the site's key signed it.
static enum err_kind check_point(struct walk *walk, const struct ledger *ledger, struct err *err)
{
    struct note_key key;
    struct checkpoint said;
    struct str text;
    bool held = false;
    uint64_t size = walk->tree->edge.size;
    struct hash root = merkle_root(&walk->tree->edge);
    if (seal_key(ledger_folder(ledger), &key, err))
        return err_of(err);
    if (note_open(row_bytes(walk->points, 1), &key, 1, &text, &held, err) ||
        checkpoint_parse(text, &said, err) || said.size != size || !hash_same(said.root, root))
        return err_set(err, ERR_BROKEN,
                       "the checkpoint over %" PRIu64 " entries of the ledger does not fit them, "
                       "or was not signed by the site: entries or the checkpoint were changed",
                       size);
    walk->report->checkpoints++;
    return stmt_next(walk->points, &walk->point_left, err);
}

static enum err_kind check_tree(struct walk *walk, struct str text, struct err *err)
{
    struct hash leaf = merkle_leaf(text);
    if (tree_check_leaf(walk->tree, &leaf, err))
        return err_of(err);
    if (walk->point_left && row_int(walk->points, 0) == (int64_t)walk->tree->edge.size)
        return check_point(walk, walk->tree->ledger, err);
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
    struct stmt *stmt = stmt_of(ledger_db(walk->tree->ledger), "SELECT count(*) FROM entry");
    bool row = false;
    if (stmt_next(stmt, &row, err))
        return err_of(err);
    if (row_int(stmt, 0) != walk->report->entries)
        return err_set(err, ERR_BROKEN, "the ledger holds entries with numbers below 1");
    if (tree_check_end(walk->tree, err))
        return err_of(err);
    return seal_check(walk->tree->ledger, err);
}

static enum err_kind check_entry(void *self, const struct entry *entry, struct err *err)
{
    struct walk *walk = self;
    struct str text = str_of(entry->text);
    AUTO(doc_free) struct doc *doc = NULL;
    int64_t seq = walk->report->entries + 1;
    if (entry->seq != seq)
        return broken(walk, seq, "is missing", err);
    if (!hash_same(hash_of_pair(walk->report->head, text), entry->hash))
        return broken(walk, seq, "or the one before it was changed: its hash does not fit", err);
    if (doc_parse(text, "entry", &doc, err))
        return broken(walk, seq, "is no JSON", err);
    buf_clear(&walk->bytes);
    doc_canonical(doc, &walk->bytes);
    if (!str_same(buf_slice(&walk->bytes), text))
        return broken(walk, seq, "is not in canonical form", err);
    if (doc_int(doc_get(doc, "seq"), -1) != seq ||
        strcmp(doc_text(doc_get(doc, "kind"), ""), entry->kind) != 0)
        return broken(walk, seq, "says another number or kind than its row", err);
    const char *bad = act_check_entry(walk->acts, doc, entry->kind, seq);
    if (bad)
        return broken(walk, seq, bad, err);
    if (check_tree(walk, text, err))
        return err_of(err);
    walk->report->entries = seq;
    walk->report->head = entry->hash;
    return OK;
}

static enum err_kind check_entries(struct ledger *ledger, struct walk *walk, struct err *err)
{
    if (act_check_new(ledger, &walk->acts, err))
        return err_of(err);
    walk->tree = mem_new(1, sizeof(*walk->tree));
    walk->tree->ledger = ledger;
    walk->points = stmt_of(ledger_db(ledger), "SELECT size, note FROM checkpoint ORDER BY size");
    if (stmt_next(walk->points, &walk->point_left, err))
        return err_of(err);
    if (walk->point_left && row_int(walk->points, 0) == 0 && check_point(walk, ledger, err))
        return err_of(err);
    int64_t bad = 0;
    if (ledger_walk(ledger, 1, NULL, check_entry, walk, err) ||
        act_check_end(walk->acts, ledger, &bad, err))
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
    {"SELECT d.seq FROM decision d JOIN batch b ON b.seq = d.batch LEFT JOIN entry e ON"
     " e.seq = d.seq WHERE e.kind IS DISTINCT FROM 'decision' OR e.text ->> 'commune' IS DISTINCT "
     "FROM"
     " d.commune OR CAST(e.text ->> 'batch' AS INTEGER) IS DISTINCT FROM d.batch OR CAST(e.text "
     "->> 'index_milli' AS INTEGER) IS DISTINCT FROM"
     " d.index_milli OR e.text ->> 'answer' IS DISTINCT FROM CASE d.answer WHEN 0 THEN 'no' WHEN 1"
     " THEN 'yes' WHEN 2 THEN 'unknown' END OR e.text ->> 'policy' IS DISTINCT FROM b.policy OR"
     " e.text ->> 'period' IS DISTINCT FROM b.period LIMIT 1",
     "is not what the table of decisions says"},
    {"SELECT e.seq FROM entry e LEFT JOIN decision d ON d.seq = e.seq WHERE e.kind ="
     " 'decision' AND d.seq IS NULL LIMIT 1",
     "is missing in the table of decisions"},
    {"SELECT b.seq FROM batch b LEFT JOIN entry e ON e.seq = b.seq WHERE e.kind IS DISTINCT FROM"
     " 'basis' OR e.text ->> 'policy' IS DISTINCT FROM b.policy OR e.text ->> 'period' IS DISTINCT "
     "FROM"
     " b.period OR e.text ->> 'basis' IS DISTINCT FROM lower(hex(b.basis)) OR e.text ->>"
     " 'policy_hash' IS DISTINCT FROM lower(hex(b.policy_hash)) OR e.text ->> 'boundary_set' IS "
     "DISTINCT FROM"
     " b.boundary_set OR coalesce(CAST(e.text ->> 'replaces' AS INTEGER), 0) IS DISTINCT FROM "
     "b.replaces LIMIT 1",
     "is not what the table of batches says"},
    {"SELECT e.seq FROM entry e LEFT JOIN batch b ON b.seq = e.seq WHERE e.kind = 'basis'"
     " AND b.seq IS NULL LIMIT 1",
     "is missing in the table of batches"},
    {"SELECT p.seq FROM payout p LEFT JOIN entry e ON e.seq = p.seq WHERE e.kind IS DISTINCT FROM"
     " 'payout' OR e.text ->> 'contract' IS DISTINCT FROM p.contract OR e.text ->> 'period' IS "
     "DISTINCT FROM"
     " p.period OR e.text ->> 'policy' IS DISTINCT FROM p.policy OR CAST(e.text ->> 'amount' AS "
     "INTEGER) IS DISTINCT FROM"
     " p.amount OR e.text ->> 'currency' IS DISTINCT FROM p.currency OR CAST(e.text ->> 'decision' "
     "AS INTEGER) IS DISTINCT FROM"
     " p.decision LIMIT 1",
     "is not what the table of payouts says"},
    {"SELECT e.seq FROM entry e LEFT JOIN payout p ON p.seq = e.seq WHERE e.kind ="
     " 'payout' AND p.seq IS NULL LIMIT 1",
     "is missing in the table of payouts"},
    {"SELECT p.seq FROM payout p WHERE p.state IN ('paid', 'rejected', 'returned') AND (p.seq,"
     " p.state) NOT IN (SELECT CAST(e.text ->> 'payout' AS INTEGER), e.text ->> 'outcome' FROM "
     "entry e"
     " WHERE e.kind = 'payment') LIMIT 1",
     "is a payout whose state no payment entry bears out"},
    {"SELECT max(e.seq) FROM entry e WHERE e.kind = 'payment' AND e.text ->> 'outcome' ="
     " 'paid' GROUP BY CAST(e.text ->> 'payout' AS INTEGER) HAVING count(*) > 1 LIMIT 1",
     "pays a payout that was paid before"},
    {"SELECT e.seq FROM entry e LEFT JOIN payout p ON p.seq = CAST(e.text ->> 'payout' AS INTEGER) "
     "WHERE"
     " e.kind = 'payment' AND e.text ->> 'outcome' = 'paid' AND p.state NOT IN ('paid',"
     " 'returned') LIMIT 1",
     "says paid, the table of payouts does not"},
    {"SELECT a.seq FROM approval a JOIN payout p ON p.seq = a.payout LEFT JOIN entry e ON"
     " e.seq = a.seq WHERE e.kind IS DISTINCT FROM 'approval' OR e.text ->> 'by' IS DISTINCT FROM "
     "a.by OR"
     " e.text ->> 'policy' IS DISTINCT FROM p.policy OR e.text ->> 'period' IS DISTINCT FROM "
     "p.period LIMIT 1",
     "is no approval of a payout that bears it out"},
    {"SELECT p.seq FROM payout p WHERE p.state = 'approved' AND p.seq NOT IN"
     " (SELECT payout FROM approval) LIMIT 1",
     "is a payout that says approved, and nobody approved it"},
    {"SELECT p.seq FROM payout p WHERE p.state IN ('sending', 'accepted', 'unknown') AND p.seq"
     " NOT IN (SELECT payout FROM intent) LIMIT 1",
     "is a payout that was sent without an intent"},
    // A message to pay says what its payout says; a message has the entry that caused it.
    {"SELECT o.cause FROM outbox o LEFT JOIN payout p ON p.contract = o.body ->>"
     " 'contract' AND p.period = o.body ->> 'period' AND p.policy = o.body ->> 'policy'"
     " WHERE o.channel = 'pay' AND CAST(p.amount AS TEXT) IS DISTINCT FROM o.body ->> 'amount_vnd'"
     " LIMIT 1",
     "caused a message to pay that is not what its payout says"},
    {"SELECT o.cause FROM outbox o LEFT JOIN entry e ON e.seq = o.cause WHERE CASE"
     " o.body ->> 'kind' WHEN 'reply' THEN e.kind NOT IN ('inbound', 'answer') WHEN 'alarm'"
     " THEN e.kind NOT IN ('silence', 'telco') ELSE e.kind NOT IN"
     " ('decision', 'payout', 'test', 'basis') OR"
     " e.text ->> 'policy' IS DISTINCT FROM o.body ->> 'policy' OR"
     " e.text ->> 'period' IS DISTINCT FROM o.body ->> 'period' END LIMIT 1",
     "is not what a message in the outbox says of its cause"},
    // The readings that a decision stands on are there.
    {"SELECT e.seq FROM entry e, json_each(e.text, '$.inputs.readings') AS j WHERE e.kind"
     " = 'basis' AND j.value NOT IN (SELECT lower(hex(hash)) FROM reading) LIMIT 1",
     "stands on a reading that is not there"},
    {"SELECT e.seq FROM entry e, json_each(e.text, '$.inputs.tracks') AS j WHERE e.kind ="
     " 'basis' AND j.value NOT IN (SELECT lower(hex(hash)) FROM track) LIMIT 1",
     "stands on a track that is not there"},
    {"SELECT e.seq FROM entry e, json_tree(e.text, '$.inputs.stations') AS j WHERE e.kind ="
     " 'basis' AND j.type = 'text' AND j.value NOT IN (SELECT lower(hex(hash)) FROM reading)"
     " LIMIT 1",
     "stands on a reading of a gauge that is not there"},
    {"SELECT e.seq FROM entry e LEFT JOIN policy_text p ON p.seq = e.seq WHERE e.kind ="
     " 'policy' AND e.text ->> 'policy_hash' IS DISTINCT FROM lower(hex(p.hash)) LIMIT 1",
     "is a policy whose text is not there"},
    {"SELECT p.seq FROM proposal p LEFT JOIN entry e ON e.seq = p.seq LEFT JOIN entry d ON d.seq ="
     " p.decided WHERE e.kind IS DISTINCT FROM 'proposal' OR e.text ->> 'policy' IS DISTINCT FROM "
     "p.policy OR"
     " CAST(e.text ->> 'version' AS INTEGER) IS DISTINCT FROM p.version OR e.text ->> "
     "'policy_hash' IS DISTINCT FROM lower(hex(p.hash))"
     " OR CAST(e.text ->> 'insurance' AS INTEGER) IS DISTINCT FROM p.insurance OR e.text ->> 'by' "
     "IS DISTINCT FROM p.person OR CASE"
     " p.state WHEN 'open' THEN p.decided <> 0 OR p.starts <> 0 WHEN 'in force' THEN d.kind IS "
     "DISTINCT FROM"
     " 'policy_in_force' OR CAST(d.text ->> 'proposal' AS INTEGER) IS DISTINCT FROM p.seq OR "
     "d.text ->> 'policy_hash' IS DISTINCT FROM"
     " lower(hex(p.hash)) OR unixepoch(d.text ->> 'starts') IS DISTINCT FROM p.starts * 86400 WHEN "
     "'rejected'"
     " THEN d.kind IS DISTINCT FROM 'policy_reject' OR d.text ->> 'policy_hash' IS DISTINCT FROM "
     "lower(hex(p.hash)) OR"
     " p.starts <> 0 ELSE TRUE END LIMIT 1",
     "is not what the table of proposals says"},
    {"SELECT e.seq FROM entry e WHERE e.kind = 'proposal' AND e.seq NOT IN (SELECT seq FROM "
     "proposal)"
     " OR e.kind IN ('policy_in_force', 'policy_reject') AND e.seq NOT IN (SELECT decided FROM"
     " proposal) LIMIT 1",
     "is missing in the table of proposals"},
    {"SELECT a.seq FROM act a LEFT JOIN entry e ON e.seq = a.seq WHERE e.text ->> 'act' IS "
     "DISTINCT FROM"
     " a.name OR e.text ->> 'by' IS DISTINCT FROM a.person OR e.text ->> 'subject' IS DISTINCT "
     "FROM a.subject LIMIT 1",
     "is not what the table of acts says"},
};

static enum err_kind check_rows(struct ledger *ledger, struct walk *walk, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(row_checks); i++) {
        AUTO(stmt_done) struct stmt *stmt = stmt_of(ledger_db(ledger), row_checks[i].sql);
        bool row = false;
        if (stmt_next(stmt, &row, err))
            return err->kind;
        if (row)
            return broken(walk, row_int(stmt, 0), row_checks[i].why, err);
    }
    return OK;
}

enum err_kind ledger_verify(struct ledger *ledger, struct ledger_report *report, struct err *err)
{
    *report = (struct ledger_report){0};
    AUTO(walk_free) struct walk walk = {.report = report, .bytes = buf_new(ENTRY_BYTES_MAX)};
    // One view of the database: what another program commits meanwhile is not seen half.
    if (db_begin(ledger_db(ledger), DB_READ, err))
        return err->kind;
    enum err_kind kind = check_entries(ledger, &walk, err);
    if (!kind)
        kind = check_rows(ledger, &walk, err);
    if (!kind)
        kind = readings_verify(ledger, err);
    if (!kind)
        kind = tracks_verify(ledger, err);
    if (!kind)
        kind = proposals_verify(ledger, err);
    db_undo(ledger_db(ledger));
    return kind;
}
