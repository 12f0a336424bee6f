#include "ledger/migrate.h"

#include "core/file.h"
#include "core/mem.h"
#include "ledger/ledger.h"
#include "ledger/seal.h"
#include "ledger/tree.h"

#include <string.h>

// Schemas 2 to 4 of the ledger were never given to anybody.
static const char ledger_1_to_5[] = //
    "CREATE TABLE tile (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL) STRICT;"
    "CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;"
    "CREATE TABLE origin (id INTEGER PRIMARY KEY, hash BLOB NOT NULL, source TEXT NOT NULL,"
    " url TEXT NOT NULL, came_from TEXT NOT NULL, address TEXT NOT NULL, began_at INTEGER NOT NULL,"
    " ended_at INTEGER NOT NULL, status INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " resumed_from INTEGER NOT NULL, headers TEXT NOT NULL, checked TEXT NOT NULL) STRICT;"
    "CREATE INDEX origin_hash ON origin (hash);"
    "CREATE INDEX origin_url ON origin (source, url);"
    "CREATE TABLE address (source TEXT NOT NULL, url TEXT NOT NULL, etag TEXT NOT NULL,"
    " last_modified TEXT NOT NULL, checked_at INTEGER NOT NULL, next_at INTEGER NOT NULL,"
    " failures INTEGER NOT NULL, why TEXT NOT NULL, PRIMARY KEY (source, url)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE bulletin (source TEXT NOT NULL, identifier TEXT NOT NULL, sent TEXT NOT NULL,"
    " seq INTEGER NOT NULL REFERENCES entry, PRIMARY KEY (source, identifier, sent)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE silence (source TEXT PRIMARY KEY, state INTEGER NOT NULL, since INTEGER NOT NULL,"
    " missing_upto INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE alarm (seq INTEGER PRIMARY KEY REFERENCES entry, text TEXT NOT NULL,"
    " told INTEGER NOT NULL) STRICT;"
    "CREATE TABLE station (source TEXT NOT NULL, place INTEGER NOT NULL, code TEXT NOT NULL,"
    " name TEXT NOT NULL, latitude INTEGER NOT NULL, longitude INTEGER NOT NULL,"
    " flags INTEGER NOT NULL, PRIMARY KEY (source, place), UNIQUE (source, code)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE track (id INTEGER PRIMARY KEY, source TEXT NOT NULL, storm TEXT NOT NULL,"
    " issued_at INTEGER NOT NULL, member INTEGER NOT NULL, revision INTEGER NOT NULL,"
    " name TEXT NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, raw BLOB NOT NULL,"
    " received_at INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE, fixes BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX track_storm ON track (source, storm, issued_at, member, revision);"
    "CREATE INDEX track_time ON track (source, issued_at, last_at);"
    "CREATE TABLE quality (reading BLOB PRIMARY KEY, flag BLOB NOT NULL) STRICT, WITHOUT ROWID;"

    // An alert that was on was of the only level there was, and was told when it went on.
    "ALTER TABLE alert_state RENAME TO alert_state_1;"
    "CREATE TABLE alert_state (policy TEXT NOT NULL, commune TEXT NOT NULL,"
    " is_on INTEGER NOT NULL, runs INTEGER NOT NULL, since INTEGER NOT NULL,"
    " seen INTEGER NOT NULL, level INTEGER NOT NULL, told INTEGER NOT NULL,"
    " told_level INTEGER NOT NULL, PRIMARY KEY (policy, commune)) STRICT, WITHOUT ROWID;"
    "INSERT INTO alert_state SELECT policy, commune, is_on, runs, since, seen, is_on,"
    " CASE WHEN is_on THEN since ELSE (-9223372036854775807 - 1) END, is_on FROM alert_state_1;"
    "DROP TABLE alert_state_1;"

    // A message that nobody knew the end of (state 2) counts as one doubt.
    "DROP INDEX outbox_due; DROP INDEX outbox_leased; DROP INDEX outbox_expires;"
    "DROP INDEX outbox_state;"
    "ALTER TABLE outbox RENAME TO outbox_1;"
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, key TEXT NOT NULL UNIQUE,"
    " person TEXT NOT NULL, contract TEXT NOT NULL, thread TEXT NOT NULL, lane INTEGER NOT NULL"
    " CHECK (lane BETWEEN 0 AND 3), expires INTEGER NOT NULL, cause INTEGER NOT NULL REFERENCES "
    "entry, body TEXT NOT NULL,"
    " state INTEGER NOT NULL, ask INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " tries INTEGER NOT NULL, doubts INTEGER NOT NULL, evidence INTEGER NOT NULL,"
    " due_ms INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL, worker TEXT NOT NULL,"
    " result TEXT NOT NULL) STRICT;"
    "INSERT INTO outbox SELECT id, channel, key, person, contract, '', lane, expires, cause, body,"
    " state, ask, attempt, 0, state = 2, 0, due_ms, lease_until_ms, worker, result FROM outbox_1;"
    "DROP TABLE outbox_1;"
    "CREATE INDEX outbox_due ON outbox (channel, state, lane, expires, id) WHERE state IN (0, 2);"
    "CREATE INDEX outbox_cause ON outbox (cause);"
    "CREATE INDEX outbox_leased ON outbox (channel, person) WHERE state = 1;"
    "CREATE INDEX outbox_thread ON outbox (thread, id) WHERE thread <> '';"

    "CREATE TABLE approval (payout INTEGER NOT NULL REFERENCES payout, by TEXT NOT NULL,"
    " seq INTEGER NOT NULL REFERENCES entry, PRIMARY KEY (payout, by)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE intent (payout INTEGER PRIMARY KEY REFERENCES payout,"
    " message INTEGER NOT NULL UNIQUE REFERENCES outbox, reference TEXT NOT NULL UNIQUE,"
    " at INTEGER NOT NULL, day INTEGER NOT NULL) STRICT;"
    "CREATE TABLE spent (what TEXT PRIMARY KEY, amount INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE reader (name TEXT PRIMARY KEY, place INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE part (channel TEXT NOT NULL, ref TEXT NOT NULL,"
    " message INTEGER NOT NULL REFERENCES outbox, evidence INTEGER NOT NULL, at INTEGER NOT NULL,"
    " why TEXT NOT NULL, PRIMARY KEY (channel, ref)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX part_message ON part (message);";

static const char ledger_5_to_6[] =
    "CREATE TABLE lapse (message INTEGER PRIMARY KEY REFERENCES outbox, count INTEGER NOT NULL)"
    " STRICT;";

static const char ledger_6_to_7[] = //
    "CREATE TABLE role (person TEXT PRIMARY KEY, role TEXT NOT NULL, key BLOB NOT NULL UNIQUE,"
    " seq INTEGER NOT NULL REFERENCES entry, since INTEGER NOT NULL, retired INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE act (seq INTEGER PRIMARY KEY REFERENCES entry, name TEXT NOT NULL,"
    " person TEXT NOT NULL, subject TEXT NOT NULL) STRICT;"
    "CREATE INDEX act_subject ON act (subject, seq);"
    "CREATE INDEX act_person ON act (person, seq);"
    "CREATE TABLE proposal (seq INTEGER PRIMARY KEY REFERENCES entry, policy TEXT NOT NULL,"
    " version INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE, insurance INTEGER NOT NULL,"
    " yaml TEXT NOT NULL, person TEXT NOT NULL, state TEXT NOT NULL, decided INTEGER NOT NULL,"
    " starts INTEGER NOT NULL) STRICT;"
    "CREATE TABLE hold (seq INTEGER PRIMARY KEY REFERENCES entry, channel TEXT NOT NULL,"
    " policy TEXT NOT NULL, period TEXT NOT NULL, cause TEXT NOT NULL, why TEXT NOT NULL,"
    " released INTEGER NOT NULL) STRICT;"
    "CREATE TABLE pay_rule (what TEXT PRIMARY KEY, amount INTEGER NOT NULL,"
    " seq INTEGER NOT NULL REFERENCES entry) STRICT, WITHOUT ROWID;"
    "CREATE TABLE reserve (payout INTEGER PRIMARY KEY REFERENCES payout,"
    " seq INTEGER NOT NULL REFERENCES entry) STRICT;"
    "CREATE INDEX reserve_seq ON reserve (seq);"
    "CREATE TABLE confirmation (policy TEXT NOT NULL, period TEXT NOT NULL, hash BLOB NOT NULL,"
    " seq INTEGER NOT NULL REFERENCES entry, PRIMARY KEY (policy, period, hash)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE dispute (seq INTEGER PRIMARY KEY REFERENCES entry, contract TEXT NOT NULL,"
    " decision INTEGER NOT NULL REFERENCES decision, due INTEGER NOT NULL,"
    " answered INTEGER NOT NULL, closed INTEGER NOT NULL, outcome TEXT NOT NULL) STRICT;"
    "CREATE INDEX dispute_contract ON dispute (contract, seq);";

static const char ledger_8_to_9[] = //
    "CREATE TABLE raw_base (source TEXT NOT NULL, hash BLOB NOT NULL, base BLOB NOT NULL,"
    " PRIMARY KEY (source, hash, base)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX raw_base_of ON raw_base (source, base);";

static const char ledger_9_to_10[] = //
    "CREATE TABLE post (name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

static const char ledger_10_to_11[] = //
    "DROP INDEX entry_payment;"
    "DROP INDEX entry_access;"
    "DROP INDEX entry_erased;"
    "CREATE INDEX entry_few ON entry (kind, seq) WHERE kind <> 'decision' AND kind <> 'ingest'"
    " AND kind <> 'payout';";

static const char ledger_11_to_12[] = //
    "DROP INDEX outbox_due;"
    "CREATE INDEX outbox_due ON outbox (channel, state, lane, expires, id) WHERE state IN (0, 2)"
    " AND due_ms = 0;"
    "CREATE INDEX outbox_later ON outbox (channel, due_ms) WHERE state IN (0, 2) AND due_ms <> 0;"
    "CREATE INDEX outbox_stale ON outbox (channel, expires) WHERE state = 0 AND due_ms <> 0;"
    "CREATE TABLE left_out (kind TEXT NOT NULL, why TEXT NOT NULL, since INTEGER NOT NULL,"
    " gone INTEGER NOT NULL, PRIMARY KEY (kind, why)) STRICT, WITHOUT ROWID;";

static const char ledger_12_to_13[] = //
    "CREATE TABLE role_scope (person TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " PRIMARY KEY (person, kind, name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE policy_place (policy TEXT NOT NULL, province TEXT NOT NULL,"
    " PRIMARY KEY (policy, province)) STRICT, WITHOUT ROWID;"
    // No proposal before said where its policy applies.
    "INSERT INTO policy_place (policy, province) SELECT DISTINCT policy, '' FROM proposal;";

static const char ledger_13_to_14[] =
    "CREATE INDEX outbox_again ON outbox (channel, person, id) WHERE state = 0 AND attempt > 0;";

// Of which try a part was is not known of old ones: of none.
static const char ledger_14_to_15[] = "ALTER TABLE part ADD COLUMN attempt INTEGER NOT NULL"
                                      " DEFAULT 0;";

// An alert that is on has been of its level, and so of those below, since the last change at least.
static const char ledger_15_to_16[] = //
    "ALTER TABLE alert_state ADD COLUMN since_1 INTEGER;"
    "ALTER TABLE alert_state ADD COLUMN since_2 INTEGER;"
    "ALTER TABLE alert_state ADD COLUMN since_3 INTEGER;"
    "ALTER TABLE alert_state ADD COLUMN since_4 INTEGER;"
    "ALTER TABLE alert_state ADD COLUMN since_5 INTEGER;"
    "UPDATE alert_state SET since_1 = CASE WHEN level >= 1 THEN since END,"
    " since_2 = CASE WHEN level >= 2 THEN since END,"
    " since_3 = CASE WHEN level >= 3 THEN since END,"
    " since_4 = CASE WHEN level >= 4 THEN since END,"
    " since_5 = CASE WHEN level >= 5 THEN since END WHERE is_on <> 0;";

static const char people_1_to_2[] = //
    "CREATE INDEX contract_person ON contract (person, id);"
    "CREATE INDEX person_phone ON person (phone, id);"
    "CREATE TABLE opt_out (person TEXT NOT NULL, class INTEGER NOT NULL, is_out INTEGER NOT NULL,"
    " at INTEGER NOT NULL, words TEXT NOT NULL, PRIMARY KEY (person, class)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE sent (person TEXT NOT NULL, at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX sent_person ON sent (person, at);"
    "CREATE TABLE inbound (carrier TEXT NOT NULL, id TEXT NOT NULL, phone TEXT NOT NULL,"
    " destination TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL,"
    " understood TEXT NOT NULL DEFAULT '', PRIMARY KEY (carrier, id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX inbound_phone ON inbound (phone, at);";

static const char people_2_to_3[] = //
    "CREATE TABLE consent (contract TEXT PRIMARY KEY, day INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE access (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL,"
    " verb TEXT NOT NULL, person TEXT NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE INDEX access_person ON access (person, id);"
    "CREATE TABLE erased (person TEXT PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL,"
    " why TEXT NOT NULL) STRICT, WITHOUT ROWID;";

static const char map_1_to_2[] = //
    "CREATE TABLE former (boundary_set TEXT NOT NULL REFERENCES boundary_set,"
    " code TEXT NOT NULL, old_code TEXT NOT NULL, old_district TEXT NOT NULL,"
    " old_name TEXT NOT NULL, old_province TEXT NOT NULL, split INTEGER NOT NULL,"
    " share INTEGER NOT NULL,"
    " PRIMARY KEY (boundary_set, code, old_code, old_district, old_name)) STRICT, WITHOUT ROWID;";

static const char ledger_7_to_8[] = //
    "DROP INDEX entry_kind;"
    "CREATE INDEX entry_payment ON entry (seq) WHERE kind = 'payment';"
    "CREATE INDEX entry_access ON entry (seq) WHERE kind = 'access';"
    "CREATE INDEX entry_erased ON entry (seq) WHERE kind = 'erased';"
    "DROP TABLE tile;"
    "CREATE TABLE subtree (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;";

static char *folder_of(const char *path)
{
    char *folder = mem_text(path), *slash = strrchr(folder, '/');
    *(slash ? slash : folder) = '\0';
    return folder;
}

// A ledger of schema 1 had neither checkpoint nor key: they begin now. What is there already is
// left as it is, for a step that was broken off before. (Its tree is grown by a later step.)
static enum err_kind begin_checkpoint(struct db *db, const char *path, struct err *err)
{
    AUTO(mem_drop) char *folder = folder_of(path);
    AUTO(mem_drop) char *checkpoint = file_join(folder, "checkpoint");
    AUTO(mem_drop) char *key = file_join(folder, "keys/log.vkey");
    AUTO(mem_drop) char *keys = file_join(folder, "keys");
    (void)db;
    if (!file_exists(checkpoint) && seal_start(folder, err))
        return err_of(err);
    return file_exists(key) || !file_exists(keys) ? OK : seal_key_create(folder, err);
}

// The tree over the entries that are there.
static enum err_kind grow_tree(struct db *db, const char *path, struct err *err)
{
    AUTO(mem_drop) char *folder = folder_of(path);
    AUTO(ledger_forget) struct ledger *ledger = ledger_over(db, folder);
    AUTO(mem_drop) struct tree_tail *tail = mem_new(1, sizeof(*tail));
    AUTO(stmt_done) struct stmt *stmt = stmt_of(db, "SELECT seq, text FROM entry ORDER BY seq");
    enum err_kind failed = OK;
    while (stmt_more(stmt, &failed, err)) {
        struct hash leaf = merkle_leaf(row_bytes(stmt, 1));
        if (tree_grow(ledger, tail, row_int(stmt, 0), &leaf, err))
            return err_of(err);
    }
    return failed;
}

const struct db_step ledger_steps[] = {{1, 5, ledger_1_to_5, begin_checkpoint},
                                       {5, 6, ledger_5_to_6, NULL},
                                       {6, 7, ledger_6_to_7, NULL},
                                       {7, 8, ledger_7_to_8, grow_tree},
                                       {8, 9, ledger_8_to_9, NULL},
                                       {9, 10, ledger_9_to_10, NULL},
                                       {10, 11, ledger_10_to_11, NULL},
                                       {11, 12, ledger_11_to_12, NULL},
                                       {12, 13, ledger_12_to_13, NULL},
                                       {13, 14, ledger_13_to_14, NULL},
                                       {14, 15, ledger_14_to_15, NULL},
                                       {15, 16, ledger_15_to_16, NULL},
                                       {0}};
const struct db_step people_steps[] = {
    {1, 2, people_1_to_2, NULL}, {2, 3, people_2_to_3, NULL}, {0}};
const struct db_step map_steps[] = {{1, 2, map_1_to_2, NULL}, {0}};
