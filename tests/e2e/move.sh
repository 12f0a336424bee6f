#!/usr/bin/env bash
# gong site move where something goes wrong: a password in the address, a program that reads on, a way back
# that was broken off. pg.sh has the way there.
set -uo pipefail
if [ -z "${GONG_TEST_STORE:-}" ]; then exec "$(dirname "$0")/../ledger/on_pg.sh" -- bash "$0"; fi
source "$(dirname "$0")/lib.sh"
store=$GONG_TEST_STORE site=$work/site
run "$bin/gong" init "$site"
check "a site in files" [ $code -eq 0 ]
mark() { gong hold --policy other --why "because of a rehearsal" --quiet; }
head_of() { gong ledger head --json; }
for i in 1 2 3; do mark; done
gong ledger seal --quiet

# What no program would open again is refused before anything is moved there, and is not printed.
before=$(cat "$site/gong.yaml")
refused() { # TEXT TO WORDS [MORE]: a move that is not begun
    local text=$1 to=$2 words=$3
    shift 3
    run gong site move --to "$to" "$@"
    check "$text is refused" same "$code" 3
    check "and it is said what to write" has "$words"
    check "and the site is as it was" same "$(cat "$site/gong.yaml") $(ls -A "$site" | grep -c mov)" "$before 0"
}
refused "a password in the address" "${store/gong@/gong:secret@}" "a password stands in it; take it out"
check "nor is it said aloud" [ "$(grep -c secret "$out")" -eq 0 ]
refused "one among its parameters" "$store&password=secret" "a password stands in it; take it out"
refused "a store that is none" "mysql://db/gong" "write sqlite or postgresql://USER@HOST/DATABASE"
refused "a schema that wants quotes" "$store" "is no name; write small letters" --store-schema 'Gông'
run "$bin/gong" init "$work/other" --store "${store/gong@/gong:secret@}"
check "a new site is refused in the same words" same "$code $(grep -c '^gong-init: store: a password stands in it' "$out") $(grep -c secret "$out")" "3 1 0"

# Somebody reads on while the site moves: what was written last is in SQLite's log alone.
mkfifo "$work/hold"
reads_on() { # holds the ledger's file open, in the midst of reading, until somebody writes to the pipe
    rm -f "$work/reading"
    python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("BEGIN")
db.execute("SELECT count(*) FROM entry").fetchone()
open(sys.argv[2], "w").close()
open(sys.argv[3]).read()' "$site/ledger.db" "$work/reading" "$work/hold" &
    reader=$!
    started+=($reader)
    soon test -e "$work/reading"
}
reads_on
mark
entries=$(head_of)
run gong site move --to "$store"
check "a site that somebody reads is moved" same "$code $(head_of)" "0 $entries"
check "nothing of the old store stays where the next would be" same "$(find "$site" -maxdepth 1 -name '*.db*')" ""
: >"$work/hold"
wait $reader
cp -r "$site/old-store" "$work/old"
check "what was written last went along" same "$(sqlite3 "$work/old/ledger.db" "SELECT max(seq) FROM entry")" "$(jq .entries <<<"$entries")"
sqlite3 "$work/old/ledger.db" "INSERT INTO entry VALUES (9999, 'x', x'00', '{}')" >"$out" 2>&1
check "and the old file takes nothing more" has "this store was moved to postgresql://"

# On the way back a file was begun when the move was killed, or was torn when the power went.
mark
entries=$(head_of)
echo "sqlite gong" >"$site/moving"
mkdir "$site/moving.d"
sqlite3 "$site/moving.d/ledger.db" "PRAGMA journal_mode = WAL" >/dev/null # a head, and no table yet
head -c 6000 "$work/old/people.db" >"$site/moving.d/people.db"
cp "$work/old/ledger.db" "$site/moving.d/ledger.db-wal" # no log of this file
printf 'left by an older program' >"$site/ledger.db-wal"
run gong site move --to sqlite
check "it goes on, and all is there" same "$code $(head_of)" "0 $entries"
check "nothing of it is left over" same "$(ls -A "$site" | grep -c mov)" 0
mark
run gong ledger verify
check "the site is written to again, and verifies" same "$code $(grep -c "ledger verify: ok ($(($(jq .entries <<<"$entries") + 1)) entries" "$out")" "0 1"
check "its file is sound" same "$(sqlite3 "$site/ledger.db" 'PRAGMA integrity_check')" ok

# A move to another database of the server, killed at any time, and each time the site is written to before the next.
# Between the seal of the old store and the word of the new one, who writes is refused until the move goes on.
rm -r "$site/old-store"
: >"$work/marks"
: >"$work/refusals"
before=$(jq .entries <<<"$(head_of)")
(
    for delay in 0.01 0.02 0.03 0.05 0.08 0.12 0.2 0.3; do
        "$bin/gong" site move --to "$store" --store-schema again --site "$site" >/dev/null 2>&1 &
        mover=$!
        sleep $delay
        kill -9 $mover
        wait $mover
        if mark 2>"$work/refusal"; then echo one >>"$work/marks"; else cat "$work/refusal" >>"$work/refusals"; fi
        # Where no move comes to the word of the new store in its time, the third of these is let go on to its end.
        [ "$(wc -l <"$work/refusals")" -ne 3 ] || "$bin/gong" site move --to "$store" --store-schema again --site "$site" >/dev/null 2>&1
    done
) 2>/dev/null
entries=$(head_of)
run gong site move --to "$store" --store-schema again
check "killed eight times, and written to between, it goes on, or was done" test $code -eq 0 -o $code -eq 3
check "all that was written is there" same "$(head_of)" "$entries"
check "each entry that was not refused is one of it" same "$(jq .entries <<<"$entries")" $((before + $(wc -l <"$work/marks")))
check "and most were not" test "$(wc -l <"$work/marks")" -ge 4
check "who was refused was told of the move" same "$(grep -vc "this store was moved to $store; nothing is written here any more" "$work/refusals")" 0
run gong ledger verify
check "and verifies" same "$code" 0
finish
