#include "ledger/schema.h"

#include "ledger/ledger.h"
#include "ledger/migrate.h"

// Times are whole seconds since 1970 UTC, hashes 32 bytes, texts UTF-8. `seq` is always the number
// of the entry that says the same thing.
static const char ledger_tables[] = //
    "CREATE TABLE entry (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, hash BLOB NOT NULL,"
    " text TEXT NOT NULL) STRICT;"
    "CREATE TRIGGER entry_stays BEFORE UPDATE ON entry"
    " BEGIN SELECT raise(ABORT, 'an entry is never changed'); END;"
    "CREATE TRIGGER entry_kept BEFORE DELETE ON entry"
    " BEGIN SELECT raise(ABORT, 'an entry is never removed'); END;"
    // Those of kinds that are many are found in tables of their own.
    "CREATE INDEX entry_few ON entry (kind, seq) WHERE " ENTRY_FEW ";"

    "CREATE TABLE subtree (id INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;"

    "CREATE TABLE raw (position INTEGER PRIMARY KEY, hash BLOB NOT NULL, source TEXT NOT NULL,"
    " url TEXT NOT NULL, fetched_at INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " state INTEGER NOT NULL, why TEXT NOT NULL, entry INTEGER NOT NULL,"
    " UNIQUE (hash, source)) STRICT;"
    "CREATE INDEX raw_url ON raw (source, url);"
    "CREATE INDEX raw_state ON raw (state, position);"
    // What was read from a file with the help of another: its base.
    "CREATE TABLE raw_base (source TEXT NOT NULL, hash BLOB NOT NULL, base BLOB NOT NULL,"
    " PRIMARY KEY (source, hash, base)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX raw_base_of ON raw_base (source, base);"

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

    "CREATE TABLE source_state (source TEXT PRIMARY KEY, late_after_s INTEGER NOT NULL,"
    " tried_at INTEGER NOT NULL, complaint TEXT NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE bulletin (source TEXT NOT NULL, identifier TEXT NOT NULL, sent TEXT NOT NULL,"
    " seq INTEGER NOT NULL REFERENCES entry, PRIMARY KEY (source, identifier, sent)) STRICT,"
    " WITHOUT ROWID;"

    "CREATE TABLE silence (source TEXT PRIMARY KEY, state INTEGER NOT NULL, since INTEGER NOT NULL,"
    " missing_upto INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE alarm (seq INTEGER PRIMARY KEY REFERENCES entry, text TEXT NOT NULL,"
    " told INTEGER NOT NULL) STRICT;"
    // What the last pass of a program had to leave out (left_out.h); `gone`: it no longer is.
    "CREATE TABLE left_out (kind TEXT NOT NULL, why TEXT NOT NULL, since INTEGER NOT NULL,"
    " gone INTEGER NOT NULL, PRIMARY KEY (kind, why)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE reading (id INTEGER PRIMARY KEY, source TEXT NOT NULL, variable TEXT NOT NULL,"
    " boundary_set TEXT NOT NULL, issued_at INTEGER NOT NULL, valid_to INTEGER NOT NULL,"
    " valid_from INTEGER NOT NULL, member INTEGER NOT NULL, revision INTEGER NOT NULL,"
    " raw BLOB NOT NULL, weights BLOB NOT NULL, received_at INTEGER NOT NULL,"
    " hash BLOB NOT NULL UNIQUE, value BLOB NOT NULL, cover BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX reading_step ON reading (source, variable, boundary_set, issued_at,"
    " valid_to, valid_from, member, revision);"

    // The places of readings whose boundary_set is "@stations": `place` is the index into their
    // blobs. Places are only added.
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

    "CREATE TABLE policy_text (hash BLOB PRIMARY KEY, id TEXT NOT NULL, version INTEGER NOT NULL,"
    " yaml TEXT NOT NULL, seq INTEGER NOT NULL REFERENCES entry) STRICT;"
    "CREATE TABLE batch (seq INTEGER PRIMARY KEY REFERENCES entry, policy TEXT NOT NULL,"
    " version INTEGER NOT NULL, policy_hash BLOB NOT NULL, boundary_set TEXT NOT NULL,"
    " period TEXT NOT NULL, as_of INTEGER NOT NULL, basis BLOB NOT NULL,"
    " replaces INTEGER NOT NULL, UNIQUE (policy_hash, period, basis)) STRICT;"
    "CREATE INDEX batch_policy ON batch (policy, period, seq);"
    "CREATE TABLE decision (seq INTEGER PRIMARY KEY REFERENCES entry,"
    " batch INTEGER NOT NULL REFERENCES batch, commune TEXT NOT NULL, answer INTEGER NOT NULL,"
    " index_milli INTEGER) STRICT;"
    "CREATE UNIQUE INDEX decision_batch ON decision (batch, commune);"
    "CREATE INDEX decision_commune ON decision (commune, batch);"
    "CREATE TABLE payout (seq INTEGER PRIMARY KEY REFERENCES entry,"
    " decision INTEGER NOT NULL REFERENCES decision, contract TEXT NOT NULL,"
    " period TEXT NOT NULL, policy TEXT NOT NULL, amount INTEGER NOT NULL,"
    " currency TEXT NOT NULL, state TEXT NOT NULL, UNIQUE (contract, period, policy)) STRICT;"
    "CREATE INDEX payout_decision ON payout (decision);"
    // tries: failures that count; doubts: outcomes that nobody knows; evidence: what a carrier said
    // later (enum evidence_kind), over all parts.
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, key TEXT NOT NULL UNIQUE,"
    " person TEXT NOT NULL, contract TEXT NOT NULL, thread TEXT NOT NULL, lane INTEGER NOT NULL"
    " CHECK (lane BETWEEN 0 AND 3), expires INTEGER NOT NULL, cause INTEGER NOT NULL REFERENCES "
    "entry, body TEXT NOT NULL,"
    " state INTEGER NOT NULL, ask INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " tries INTEGER NOT NULL, doubts INTEGER NOT NULL, evidence INTEGER NOT NULL,"
    " due_ms INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL, worker TEXT NOT NULL,"
    " result TEXT NOT NULL) STRICT;"
    // What is due has due_ms 0; what waits for its time is found by that, and by when it is stale.
    "CREATE INDEX outbox_due ON outbox (channel, state, lane, expires, id) WHERE state IN (0, 2)"
    " AND due_ms = 0;"
    "CREATE INDEX outbox_later ON outbox (channel, due_ms) WHERE state IN (0, 2) AND due_ms <> 0;"
    "CREATE INDEX outbox_stale ON outbox (channel, expires) WHERE state = 0 AND due_ms <> 0;"
    "CREATE INDEX outbox_cause ON outbox (cause);"
    "CREATE INDEX outbox_leased ON outbox (channel, person) WHERE state = 1;"
    // What was tried and is to be tried again: few, and what later ones of a person wait for.
    "CREATE INDEX outbox_again ON outbox (channel, person, id) WHERE state = 0 AND attempt > 0;"
    "CREATE INDEX outbox_thread ON outbox (thread, id) WHERE thread <> '';"
    // How often the lease of a message ended without an answer.
    "CREATE TABLE lapse (message INTEGER PRIMARY KEY REFERENCES outbox, count INTEGER NOT NULL)"
    " STRICT;"

    // Who approved a payout; that it was to be sent, before it was; and what left: per day
    // ("day/19973", Vietnamese days since 1970) and event ("event/POLICY/PERIOD").
    "CREATE TABLE approval (payout INTEGER NOT NULL REFERENCES payout, by TEXT NOT NULL,"
    " seq INTEGER NOT NULL REFERENCES entry, PRIMARY KEY (payout, by)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE intent (payout INTEGER PRIMARY KEY REFERENCES payout,"
    " message INTEGER NOT NULL UNIQUE REFERENCES outbox, reference TEXT NOT NULL UNIQUE,"
    " at INTEGER NOT NULL, day INTEGER NOT NULL) STRICT;"
    "CREATE TABLE spent (what TEXT PRIMARY KEY, amount INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    // since_N: of level N or a higher one since then; NULL: below it.
    "CREATE TABLE alert_state (policy TEXT NOT NULL, commune TEXT NOT NULL,"
    " is_on INTEGER NOT NULL, runs INTEGER NOT NULL, since INTEGER NOT NULL,"
    " seen INTEGER NOT NULL, level INTEGER NOT NULL, told INTEGER NOT NULL,"
    " told_level INTEGER NOT NULL, since_1 INTEGER, since_2 INTEGER, since_3 INTEGER,"
    " since_4 INTEGER, since_5 INTEGER,"
    " PRIMARY KEY (policy, commune)) STRICT, WITHOUT ROWID;"

    // A queue of rows that change often, and a table that is known to be small (of one that nobody
    // has counted PostgreSQL expects a thousand rows); SQLite needs no such words.
    "/*pg ALTER TABLE outbox SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01)*/;"
    // Who is at a post (post.h): the fence counts its holders.
    "CREATE TABLE post (name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE reader (name TEXT PRIMARY KEY, place INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    // What a carrier calls a message, or a part of it, at one of its tries, and what it said of
    // that.
    "CREATE TABLE part (channel TEXT NOT NULL, ref TEXT NOT NULL,"
    " message INTEGER NOT NULL REFERENCES outbox, evidence INTEGER NOT NULL, at INTEGER NOT NULL,"
    " why TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (channel, ref)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE INDEX part_message ON part (message);"

    // Who may do what (role.h), and what they did (act.h), by what it was about.
    "CREATE TABLE role (person TEXT PRIMARY KEY, role TEXT NOT NULL, key BLOB NOT NULL UNIQUE,"
    " seq INTEGER NOT NULL REFERENCES entry, since INTEGER NOT NULL, retired INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    // What a role is for (scope.h): kind "province" or "policy"; and where policies apply.
    "CREATE TABLE role_scope (person TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " PRIMARY KEY (person, kind, name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE policy_place (policy TEXT NOT NULL, province TEXT NOT NULL,"
    " PRIMARY KEY (policy, province)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE act (seq INTEGER PRIMARY KEY REFERENCES entry, name TEXT NOT NULL,"
    " person TEXT NOT NULL, subject TEXT NOT NULL) STRICT;"
    "CREATE INDEX act_subject ON act (subject, seq);"
    "CREATE INDEX act_person ON act (person, seq);"
    // Policies that were proposed; `decided` is the entry that ended it, `starts` a day since 1970.
    "CREATE TABLE proposal (seq INTEGER PRIMARY KEY REFERENCES entry, policy TEXT NOT NULL,"
    " version INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE, insurance INTEGER NOT NULL,"
    " yaml TEXT NOT NULL, person TEXT NOT NULL, state TEXT NOT NULL, decided INTEGER NOT NULL,"
    " starts INTEGER NOT NULL) STRICT;"
    // What is stopped: of a channel, a policy, a period ("" for every one); `released`: the entry.
    "CREATE TABLE hold (seq INTEGER PRIMARY KEY REFERENCES entry, channel TEXT NOT NULL,"
    " policy TEXT NOT NULL, period TEXT NOT NULL, cause TEXT NOT NULL, why TEXT NOT NULL,"
    " released INTEGER NOT NULL) STRICT;"
    "/*pg ANALYZE hold*/;"
    // Rules of money that two people set, what was set aside for whom, and official confirmations.
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

static const char people_tables[] = //
    "CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT NOT NULL, phone TEXT NOT NULL,"
    " account TEXT NOT NULL, language TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE contract (id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person,"
    " policy TEXT NOT NULL, boundary_set TEXT NOT NULL, commune TEXT NOT NULL,"
    " sum_insured INTEGER NOT NULL, currency TEXT NOT NULL, starts INTEGER NOT NULL,"
    " ends INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX contract_policy ON contract (policy, boundary_set, commune, id);"
    "CREATE INDEX contract_commune ON contract (boundary_set, commune, person, id);"
    "CREATE INDEX contract_person ON contract (person, id);"
    "CREATE INDEX person_phone ON person (phone, id);"
    // When somebody consented, in days since 1970.
    "CREATE TABLE consent (contract TEXT PRIMARY KEY, day INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    // Who looked at whose data, each row hashed with the one before; who was forgotten.
    "CREATE TABLE access (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL,"
    " verb TEXT NOT NULL, person TEXT NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE INDEX access_person ON access (person, id);"
    "CREATE TABLE erased (person TEXT PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL,"
    " why TEXT NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE opt_out (person TEXT NOT NULL, class INTEGER NOT NULL, is_out INTEGER NOT NULL,"
    " at INTEGER NOT NULL, words TEXT NOT NULL, PRIMARY KEY (person, class)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE sent (person TEXT NOT NULL, at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX sent_person ON sent (person, at);"
    "CREATE TABLE inbound (carrier TEXT NOT NULL, id TEXT NOT NULL, phone TEXT NOT NULL,"
    " destination TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL,"
    " understood TEXT NOT NULL DEFAULT '', PRIMARY KEY (carrier, id)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX inbound_phone ON inbound (phone, at);";

static const char map_tables[] = //
    "CREATE TABLE boundary_set (name TEXT PRIMARY KEY, hash BLOB NOT NULL, count INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE commune (boundary_set TEXT NOT NULL REFERENCES boundary_set,"
    " code TEXT NOT NULL, name TEXT NOT NULL, zone TEXT NOT NULL, area_km2 REAL NOT NULL,"
    " shape BLOB NOT NULL, UNIQUE (boundary_set, code)) STRICT;"
    "CREATE TABLE weights (boundary_set BLOB NOT NULL, grid BLOB NOT NULL, hash BLOB NOT NULL,"
    " bytes BLOB NOT NULL, UNIQUE (boundary_set, grid)) STRICT;"
    "CREATE TABLE former (boundary_set TEXT NOT NULL REFERENCES boundary_set,"
    " code TEXT NOT NULL, old_code TEXT NOT NULL, old_district TEXT NOT NULL,"
    " old_name TEXT NOT NULL, old_province TEXT NOT NULL, split INTEGER NOT NULL,"
    " share INTEGER NOT NULL,"
    " PRIMARY KEY (boundary_set, code, old_code, old_district, old_name)) STRICT, WITHOUT ROWID;";

const struct db_kind ledger_kind = {"ledger", 16, ledger_tables, ledger_steps};
const struct db_kind people_kind = {"register of people", 3, people_tables, people_steps};
const struct db_kind map_kind = {"map", 2, map_tables, map_steps};
