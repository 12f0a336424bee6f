#include "ledger/row_check.h"

#include "core/mem.h"
#include "ledger/ledger.h"

// What was read from a file with the help of which others: amounts counted from the step before,
// the other half of a wind, the grid. When one of them is corrected it is read again, by a later
// entry.
#define BASES_OF(base, from, kinds)                                                                \
    "SELECT e.seq, e.text ->> 'source' AS source, e.text ->> 'raw' AS raw, " base " AS base "      \
    "FROM entry e" from " WHERE e.kind IN (" kinds ") AND " base " IS NOT NULL"
#define BASES_TOLD                                                                                 \
    BASES_OF("j.value", ", json_each(e.text, '$.counted_from') AS j", "'ingest', 'again'")         \
    " UNION ALL " BASES_OF(                                                                        \
        "e.text ->> 'raw_north'", "",                                                              \
        "'ingest', 'again'") " UNION ALL " BASES_OF("e.text ->> 'raw_cells'", "",                  \
                                                    "'ingest', 'again', 'refused'")

// Rows and entries of each base in one group: a row that is looked for among what entries tell is
// looked for in all of it each time where PostgreSQL expects more than its memory may take.
#define BASES_BY_FILE                                                                              \
    "WITH u AS (SELECT s.source, s.raw, s.base, min(s.seq) AS first, max(s.seq) AS last FROM "     \
    "(SELECT 0 AS seq, source, lower(hex(hash)) AS raw, lower(hex(base)) AS base FROM raw_base "   \
    "UNION ALL " BASES_TOLD ") AS s GROUP BY s.source, s.raw, s.base) "

const struct row_check row_checks[] = {
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
    {"SELECT p.seq FROM payout p WHERE p.state NOT IN ('planned', 'approved', 'sending', "
     "'accepted', 'unknown', 'paid', 'rejected', 'returned') LIMIT 1",
     "is a payout in a state that there is not"},
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
    {"SELECT a.seq FROM approval a LEFT JOIN payout p ON p.seq = a.payout LEFT JOIN entry e ON "
     "e.seq = "
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
     "coalesce(e.text ->> 'cause', 'person') IS DISTINCT FROM h.cause OR (e.text ->> 'why' IS "
     "DISTINCT FROM h.why AND"
     // An earlier program cut a reason after 419 bytes, within a letter too.
     " (length(h.why) BETWEEN 104 AND 421 AND substr(h.why, 1, length(h.why) - 3) = substr(e.text "
     "->> 'why', 1, length(h.why) - 3) AND length(e.text ->> 'why') >= length(h.why) - 3) IS NOT "
     "TRUE) OR h.released <> 0 AND NOT (r.kind = 'release' AND CAST(r.text ->> "
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
    {"SELECT r.entry FROM raw r WHERE r.state = 3 AND (r.source, lower(hex(r.hash))) NOT IN "
     "(SELECT e.text ->> 'source', j.value FROM entry e, json_each(e.text, '$.raw') AS j "
     "WHERE " ENTRY_FEW " AND e.kind = 'released') LIMIT 1",
     "is of a raw file that says released, and no entry does"},
    {"SELECT b.seq FROM bulletin b LEFT JOIN entry e ON e.seq = b.seq WHERE e.kind IS DISTINCT "
     "FROM 'bulletin' OR e.text ->> 'source' IS DISTINCT FROM b.source OR e.text ->> 'identifier' "
     "IS DISTINCT FROM b.identifier OR e.text ->> 'sent' IS DISTINCT FROM b.sent LIMIT 1",
     "is not what the table of bulletins says"},
    {"SELECT e.seq FROM entry e WHERE " ENTRY_FEW " AND e.kind = 'bulletin' AND NOT EXISTS (SELECT "
     "1 FROM bulletin b WHERE b.source = e.text ->> 'source' AND b.identifier = e.text ->> "
     "'identifier' AND b.sent = e.text ->> 'sent' AND b.seq >= e.seq) LIMIT 1",
     "is missing in the table of bulletins"},
    // Where the newest list of official bulletins of a source stands.
    {"SELECT e.seq FROM entry e WHERE " ENTRY_FEW " AND e.kind = 'standing' AND NOT EXISTS (SELECT "
     "1 FROM reader r WHERE r.name = 'standing/' || (e.text ->> 'source') AND r.place >= e.seq) "
     "LIMIT 1",
     "is newer than the list of official bulletins that stands"},
    {"SELECT r.place FROM reader r LEFT JOIN entry e ON e.seq = r.place WHERE r.name LIKE "
     "'standing/%' AND (e.kind IS DISTINCT FROM 'standing' OR r.name <> 'standing/' || (e.text "
     "->> 'source')) LIMIT 1",
     "is not the list of official bulletins that stands"},
    // A source is as silent as the newest entry says; before any, it is fresh or was not looked at.
    {"SELECT coalesce(e.seq, 1) FROM silence s LEFT JOIN (SELECT e.text ->> 'source' AS source, "
     "max(e.seq) AS seq FROM entry e WHERE " ENTRY_FEW " AND e.kind = 'silence' AND e.text ->> "
     "'state' <> 'missing' GROUP BY e.text ->> 'source') AS t ON t.source = s.source LEFT JOIN "
     "entry e ON e.seq = t.seq WHERE CASE e.text ->> 'state' WHEN 'late' THEN s.state <> 2 WHEN "
     "'stale' THEN s.state <> 3 WHEN 'back' THEN s.state <> 1 ELSE s.state NOT IN (0, 1) END OR "
     "e.text ->> 'state' IN ('late', 'stale') AND s.since <> unixepoch(e.text ->> 'at') LIMIT 1",
     "is not what the table of silent sources says"},
    {"SELECT e.seq FROM entry e LEFT JOIN silence s ON s.source = e.text ->> 'source' WHERE "
     "" ENTRY_FEW " AND e.kind = 'silence' AND (s.source IS NULL OR e.text ->> 'state' = 'missing' "
     "AND s.missing_upto < unixepoch(e.text ->> 'last')) LIMIT 1",
     "is not what the table of silent sources says"},
    {"SELECT a.seq FROM act a LEFT JOIN entry e ON e.seq = a.seq WHERE e.text ->> 'act' IS "
     "DISTINCT FROM a.name OR e.text ->> 'by' IS DISTINCT FROM a.person OR e.text ->> 'subject' IS "
     "DISTINCT FROM a.subject LIMIT 1",
     "is not what the table of acts says"},
};

const size_t row_check_count = COUNT_OF(row_checks);

const char row_bases_any[] = "SELECT 1 FROM raw_base LIMIT 1";

const struct row_check row_bases[ROW_BASES] = {
    {BASES_BY_FILE "SELECT coalesce((SELECT r.entry FROM raw r WHERE r.source = u.source AND "
                   "lower(hex(r.hash)) = u.raw), 1) FROM u WHERE u.last = 0 LIMIT 1",
     "was not read with what the table of bases says"},
    {BASES_BY_FILE "SELECT u.last FROM u WHERE u.first > 0 LIMIT 1",
     "was read with more than the table of bases says"},
    {"SELECT e.seq FROM entry e WHERE e.kind IN ('ingest', 'again') AND e.text ->> 'raw_north' IS "
     "NOT NULL AND ((e.text ->> 'raw_north', e.text ->> 'source') NOT IN (SELECT lower(hex(hash)), "
     "source FROM raw) OR (e.text ->> 'raw', e.text ->> 'source') NOT IN (SELECT lower(hex(hash)), "
     "source FROM raw)) LIMIT 1",
     "is of a wind in two files, one of which is missing in the table of raw files"},
};

const struct row_missing row_missing[STRETCH_KINDS] = {
    // Each entry had its row in the walk. A second one, and one without a number, are in a table
    // only that was made anew without its key.
    [STRETCH_DECISION] =
        {"SELECT count(*) FROM decision",
         {"SELECT coalesce(max(d.seq), 0) FROM decision d LEFT JOIN entry e ON e.seq = d.seq GROUP"
          " BY d.seq HAVING count(*) > 1 OR max(e.kind) IS DISTINCT FROM 'decision' LIMIT 1",
          "is not what the table of decisions says"}},
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
        // Of two rows of one file, in a table that was made anew without its key, one counts.
    {"SELECT count(DISTINCT f.entry) FROM (SELECT max(r.entry) AS entry FROM raw r JOIN entry e"
     " ON e.seq = r.entry WHERE e.kind = 'ingest' GROUP BY r.source, lower(hex(r.hash))) AS f",
     {"SELECT e.seq FROM entry e WHERE e.kind = 'ingest' AND (e.text ->> 'raw', e.text ->>"
      " 'source') NOT IN (SELECT lower(hex(hash)), source FROM raw) LIMIT 1",
      "is missing in the table of raw files"}},
    [STRETCH_POLICY] =
        {"SELECT count(*) FROM policy_text",
         {"SELECT e.seq FROM entry e LEFT JOIN policy_text p ON p.seq = e.seq WHERE e.kind ="
          " 'policy' AND e.text ->> 'policy_hash' IS DISTINCT FROM lower(hex(p.hash)) LIMIT 1",
          "is a policy whose text is not there"}},
};
