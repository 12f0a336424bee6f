#!/usr/bin/env bash
# The second store: the unit tests of the ledger, and the whole demo, on a real PostgreSQL that is
# started for it; what comes out is what SQLite gives, byte for byte.
set -uo pipefail
if [ -z "${GONG_TEST_STORE:-}" ]; then exec "$(dirname "$0")/../ledger/on_pg.sh" -- bash "$0"; fi
source "$(dirname "$0")/lib.sh"
store=$GONG_TEST_STORE
psql_says() { [ "$(psql -qAtX "$store" -c "$1")" = "$2" ]; }
sql() { psql -qAtX "$store" -c "SET search_path TO ${schema:-gong}_ledger" -c "$1"; }

# One suite for both stores: here it runs on this one.
for test in tests/ledger/test_*.c tests/triggers/test_{settle,restate,gaps,histories}.c tests/notify/test_{dispatch,follower,testimony}.c; do
    name=${test%.c}
    case $name in */test_crash | */test_disk) continue ;; esac # of SQLite's files
    [ -x "$bin/$name" ] || continue
    check "$name on PostgreSQL" "$bin/$name"
done

# The demo, once on each.
run env -u GONG_TEST_STORE "$bin/gong" demo "$work/files"
check "the demo on SQLite" [ $code -eq 0 ]
run "$bin/gong" demo "$work/served" --store "$store"
check "the demo on PostgreSQL" [ $code -eq 0 ]
check "its ledger verifies" has "ledger verify: ok"
check "its receipt is checked" has "receipt: ok"
check "its replay is identical" has "replay: identical"
check "no database lies in its folder" [ -z "$(find "$work/served" -name '*.db*')" ]
head_of() { "$bin/gong" ledger head --json --site "$1"; }
check "the same number of entries, head and root" same "$(head_of "$work/served")" "$(head_of "$work/files")"
check "2,446 entries" same "$(head_of "$work/served" | jq .entries)" 2446
check "the same entries" same "$("$bin/gong" ledger export --site "$work/served" | sha256sum)" \
    "$("$bin/gong" ledger export --site "$work/files" | sha256sum)"
check "the same messages" same "$(jq -cS 'del(.at)' "$work/served/out/sms.jsonl" | sort | sha256sum)" \
    "$(jq -cS 'del(.at)' "$work/files/out/sms.jsonl" | sort | sha256sum)"
check "the same payments" same "$(jq -r '[.key, .amount_vnd] | @tsv' "$work/served/out/pay.jsonl" | sort | sha256sum)" \
    "$(jq -r '[.key, .amount_vnd] | @tsv' "$work/files/out/pay.jsonl" | sort | sha256sum)"
summary() { "$bin/gong" status --json --site "$1" | jq -S 'del(.site)'; }
check "the same state" same "$(summary "$work/served")" "$(summary "$work/files")"
site=$work/served
payout=$(gong ledger export --kind payout | jq -r .contract | head -1)
run gong bundle "$payout" --out "$work/evidence.tar"
check "the evidence of a payout in one file" [ $code -eq 0 ]

# Edits through SQL: refused by the database, found when somebody gets past that.
sql "UPDATE entry SET text = '' WHERE seq = 7" >"$out" 2>&1
check "the database itself refuses to change an entry" has "an entry is never changed"
sql "DELETE FROM entry WHERE seq = 7" >"$out" 2>&1
check "and to remove one" has "an entry is never removed"
for edit in "entry SET text = replace(text, '1', '2') WHERE seq = 7" "entry SET hash = (SELECT hash FROM entry WHERE seq = 8) WHERE seq = 7" \
    "payout SET amount = amount + 1 WHERE seq = (SELECT min(seq) FROM payout)" "decision SET answer = 1 - answer WHERE seq = (SELECT min(seq) FROM decision)" \
    "reading SET value = value || '\x00'::bytea WHERE id = 1" "subtree SET hash = (SELECT hash FROM subtree WHERE id = (SELECT max(id) FROM subtree)) WHERE id = (SELECT min(id) FROM subtree)"; do
    sql "SET session_replication_role = replica; CREATE TABLE kept AS SELECT * FROM ${edit%% *}; UPDATE $edit"
    run gong ledger verify
    check "found: ${edit:0:60}" [ $code -eq 5 ]
    sql "SET session_replication_role = replica; DELETE FROM ${edit%% *}; INSERT INTO ${edit%% *} SELECT * FROM kept; DROP TABLE kept"
done
run gong ledger verify
check "put back, all is well" [ $code -eq 0 ]

# Who is forgotten: the tables are written anew, and every proof stays.
contract=$(gong ledger export --kind payout | jq -rs '.[0].contract')
read -r person phone account < <(psql -qAtX -F ' ' "$store" -c "SELECT p.id, p.phone, p.account
    FROM gong_people.person AS p JOIN gong_people.contract AS c ON c.person = p.id WHERE c.id = '$contract'")
traces() { # in the tables of the server, as they are on its disk
    psql -qAtX "$store" -c CHECKPOINT
    grep -raoF -e "$1" "$GONG_TEST_PG_DATA/base" "$work/served/out" | wc -l
}
run gong people export "$person" --json
check "an export from PostgreSQL shows phone and account" same "$(jq -r '.register | [.phone, .account] | join(" ")' "$out")" "$phone $account"
check "before, phone and account are on the disk" test "$(traces "$phone")" -gt 0 -a "$(traces "$account")" -gt 0
run gong people erase "$person" --why "asked for it in writing" --end-contracts
check "then the person is forgotten" [ $code -eq 0 ]
check "no byte of phone and account is left in the tables" same "$(traces "$phone") $(traces "$account")" "0 0"
run gong ledger verify
check "the ledger verifies" [ $code -eq 0 ]
run gong replay
check "every decision is derived again" has "replay: identical"
run "$bin/gong" replay --bundle "$work/evidence.tar" --key "$site/keys/log.vkey"
check "and from the evidence that was given out before" has "replay: identical"

# Backup and restore: a copy in files, compared row by row, taken while somebody writes.
site=$work/served
entries=$(head_of "$site" | jq .entries)
(for i in 1 2 3 4 5 6; do gong hold --policy other --why "the drill of a copy" --quiet; gong ledger seal --quiet; done) >/dev/null 2>&1 &
writer=$!
run gong backup "$work/kept"
check "a site on PostgreSQL is backed up while it works" [ $code -eq 0 ]
check "and the copy is verified" has "verified"
wait $writer
check "somebody did write: six entries more" same "$(head_of "$site" | jq .entries)" $((entries + 6))
run gong backup "$work/kept" --json
check "a second backup adds only what is new" [ "$(jq -r .new "$out")" -lt 12 ]
unset site
run "$bin/gong" restore "$work/kept" --site "$work/back"
check "it comes back" [ $code -eq 0 ]
check "in files, and says so" has "its store was $store; it is in files now, until gong site move --to $store"
run "$bin/gong" ledger verify --site "$work/back"
check "it verifies" has "ledger verify: ok"
run "$bin/gong" replay --site "$work/back"
check "its replay is identical" has "replay: identical"
count() { "$bin/gong" ledger export --site "$1" | head -n "$(head_of "$work/served" | jq .entries)" | sha256sum; }
check "every entry is the one it was" same "$(count "$work/back")" "$(count "$work/served")"
check "and one more says that it was restored" same "$(head_of "$work/back" | jq .entries)" "$(($(head_of "$work/served" | jq .entries) + 1))"
run "$bin/gong" site move --to "$store" --store-schema back --site "$work/back"
check "and moves to the server again" has "the same ledger"
run "$bin/gong" ledger verify --site "$work/back"
check "where it verifies" has "ledger verify: ok"

# An export asks for a page at a time: what it holds does not grow with what it writes.
"$bin/gong" init "$work/big" --store "$store" --store-schema big --mode drill --quiet
schema=big sql "INSERT INTO entry SELECT n, 'drill', '\x00', '{\"text\":\"' || repeat('x', 1000) || '\"}' FROM generate_series(1, 100000) AS n"
peak() { python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"; }
kib=$(peak "$bin/gong-ledger" export --site "$work/big")
check "an export of 100 MB takes under 60 MB of memory (it took $kib KiB)" test "${kib:-0}" -gt 0 -a "${kib:-0}" -lt 60000

# A store of before has no table of writers: of many who find so at once one makes it, and all write.
"$bin/gong" init "$work/marks" --store "$store" --store-schema marks --mode drill --quiet
wrote=0
for round in 1 2 3 4; do
    schema=marks sql "DROP TABLE gong_writer"
    writers=()
    for i in 1 2 3 4 5 6; do
        "$bin/gong" hold --policy "p$i" --why "the drill of writers" --site "$work/marks" --quiet >>"$work/marks.log" 2>&1 &
        writers+=($!)
    done
    for writer in "${writers[@]}"; do wait "$writer" && wrote=$((wrote + 1)); done
done
check "six at once make the table of writers, four times: all write" same "$wrote" 24 || cat "$work/marks.log"

# Two machines at one store: the second one stands by; when the first is frozen, it takes over, and the
# first writes nothing when it wakes.
unset site
schema=two
"$bin/gong" init "$work/a" --store "$store" --store-schema two --quiet
"$bin/gong" init "$work/b" --store "$store" --store-schema two --join --quiet
cp "$work/a/keys/log.vkey" "$work/b/keys/"
start() { # NAME PROGRAM ARGUMENT...: in the background, its log in $work/NAME.log, its pid in $pid
    local name=$1
    shift
    "$@" >"$work/$name.log" 2>&1 </dev/null &
    pid=$!
    started+=("$pid")
}
post() { sql "SELECT fence FROM post WHERE name = 'dispatcher'"; }
start a "$bin/gong-notify" dispatch --site "$work/a"
first=$pid
has_post() { [ "$(post)" = 1 ]; }
check "the first one has the post" soon has_post
start b "$bin/gong-notify" dispatch --site "$work/b"
second=$pid
start b-sms "$bin/gong-notify" work --channel sms --site "$work/b"
check "the second one stands by" soon grep -q "another dispatcher works at this store" "$work/b.log"
kill -STOP "$first"
fence() { [ "$(post)" -ge 2 ]; }
check "the first one is frozen, the second one takes over" soon fence
for i in 1 2 3; do
    sql "INSERT INTO two_people.person (id, name, phone, account, language)
        VALUES ('P-$i', 'An $i (diễn tập)', '8490000000$i', 'A', 'vi')"
    "$bin/gong" notify send-test --channel sms --person "P-$i" --site "$work/b" --quiet
done
sent() { [ "$(cat "$work"/[ab]/out/sms.jsonl 2>/dev/null | wc -l)" -ge 3 ]; }
check "it hands out" soon sent
kill -CONT "$first"
wait "$first"
check "the first one wakes and ends" [ $? -eq 6 ]
check "and says why" grep -q "another dispatcher took over" "$work/a.log"
check "each message once" same "$(cat "$work"/[ab]/out/sms.jsonl | jq -r .key | sort | uniq -d)" ""
kill -TERM "$second"
wait "$second"
run "$bin/gong" ledger verify --site "$work/b"
check "the ledger verifies" [ $code -eq 0 ]
unset schema

# Moved there and back: the same ledger, and the old store takes nothing more.
moving=$work/moving
cp -r "$work/files" "$moving"
before=$(head_of "$moving")
# Somebody makes a part of that store after it was found empty: theirs stays, and nothing of the move.
psql -qAtX "$store" >/dev/null <<'Q' &
BEGIN; CREATE SCHEMA race_people;
DO $$ BEGIN
    FOR i IN 1..6000 LOOP -- as long as soon() waits: a move may be slow to come here
        EXIT WHEN EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid());
        PERFORM pg_sleep(0.05);
    END LOOP;
END $$;
COMMIT;
Q
other=$!
check "somebody makes one of the three schemas" soon psql_says "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'" 1
run "$bin/gong" site move --to "$store" --store-schema race --site "$moving"
wait $other
check "and a first move there gives up" same "$code $([ -e "$moving/moving" ] || echo no note)" "5 no note"
check "theirs stays, and what the move made is gone" psql_says "SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname LIKE 'race%'" race_people
run "$bin/gong" site move --to "$store" --store-schema race --site "$moving"
check "it is not its own the next time" has "is not empty"
(for delay in 0.02 0.05 0.1 0.2; do # broken off, again and again
    "$bin/gong" site move --to "$store" --store-schema moved --site "$moving" >/dev/null 2>&1 &
    mover=$!
    sleep $delay
    kill -9 $mover
    wait $mover
done) 2>/dev/null
run "$bin/gong" site move --to "$store" --store-schema moved --site "$moving"
check "a move that was broken off goes on" [ $code -eq 0 ]
check "and says what it compared" has "the same ledger: $(jq .entries <<<"$before") entries"
check "the same number of entries, head and root after it" same "$(head_of "$moving")" "$before"
run "$bin/gong" ledger verify --site "$moving"
check "it verifies" [ $code -eq 0 ]
run "$bin/gong" replay --site "$moving"
check "its replay is identical" has "replay: identical"
check "the same state" same "$(summary "$moving")" "$(summary "$work/files")"
sqlite3 "$moving/old-store/ledger.db" "INSERT INTO entry VALUES (9999, 'x', x'00', '{}')" >"$out" 2>&1
check "the old file takes nothing more and says why" has "this store was moved to postgresql://"
run "$bin/gong" site move --to "$store" --store-schema two --site "$moving"
check "a store that is not empty is refused" has "is not empty"
run "$bin/gong" site move --to sqlite --site "$moving"
check "and back" [ $code -eq 0 ]
check "the same number of entries, head and root" same "$(head_of "$moving")" "$before"
moves() { "$bin/gong" people access --site "$moving" --json | jq -c '[.ok, ([.access[] | select(.verb == "site_move") | .person] | unique)]'; }
check "that the register was copied stands in its log, which came along" same "$(moves)" '[true,["*"]]'
check "the way back too" [ "$("$bin/gong" people access --site "$moving" --json | jq '[.access[] | select(.verb == "site_move")] | length')" -ge 2 ]
schema=moved sql "INSERT INTO entry VALUES (9999, 'x', '\x00', '{}')" >"$out" 2>&1
check "the old schema takes nothing more" has "this store was moved to sqlite"
run "$bin/gong" ledger verify --site "$moving"
check "it verifies" [ $code -eq 0 ]
check "no trace of a move is left" [ ! -e "$moving/moving" ] 

# Many at once make one store: one of them does.
makers=()
for i in 1 2 3 4 5 6; do
    "$bin/gong" init "$work/six$i" --store "$store" --store-schema six --quiet >"$work/six$i.said" 2>&1 &
    makers+=($!)
done
made=0
for maker in "${makers[@]}"; do wait "$maker" && made=$((made + 1)); done
check "of six gong init of one store one wins" same $made 1
check "and each other says in a sentence why not" same "$(grep -lE 'is there already|lock timeout' "$work"/six?.said | wc -l)" 5

# What is refused.
run "$bin/gong" init "$work/again" --store "$store"
check "a store that is there is not made again" has "is there already"
check "and no folder is left" [ ! -e "$work/again" ]
run "$bin/gong" init "$work/none" --store "postgresql://gong@/postgres?host=$work"
check "a store that cannot be reached" [ $code -eq 7 ]
check "is said" has "is PostgreSQL running?"
cp "$work/files/ledger.db" "$work/served/"
run "$bin/gong" status --site "$work/served"
check "a folder that has a ledger too is refused" [ $code -eq 6 ]
rm "$work/served/ledger.db"
run "$bin/gong" init "$work/second" --store "$store" --join --quiet
check "a second machine joins" [ $code -eq 0 ]
check "and sees the same" same "$(head_of "$work/second")" "$(head_of "$work/served")"
finish
