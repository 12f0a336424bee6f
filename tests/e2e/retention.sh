#!/usr/bin/env bash
# Raw files go when their retention is over, unless a decision refers to them; the ledger says so, and
# everything that was decided can still be derived again.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=
run gong init "$work/site" --quiet
site=$work/site
gauges_from YYYY-MM-DD day start
echo "    retention: 400 days" >>"$site/sources.yaml"
mkdir "$site/gauges"
for day in 1 2 3; do printf 'id,at,mm\nA,2024-09-0%d,%d.5\n' $day $day >"$site/gauges/$day.csv"; done
run gong ingest run --quiet --now 2024-09-05
check "three files are read" [ "$(find "$site/archive" -type f | wc -l)" = 3 ]
# A decision that stands on the second day.
name=$(sqlite3 "$site/ledger.db" "SELECT lower(hex(hash)) FROM reading ORDER BY valid_to LIMIT 1 OFFSET 1")
kept=$(sqlite3 "$site/ledger.db" "SELECT lower(hex(raw)) FROM reading ORDER BY valid_to LIMIT 1 OFFSET 1")
run gong ingest prune --now 2025-10-09
check "399 days later nothing goes" has 'let go of 0 files'
sqlite3 "$site/ledger.db" "INSERT INTO entry SELECT max(seq) + 1, 'basis', zeroblob(32),
    '{\"inputs\":{\"readings\":[\"$name\"]}}' FROM entry;
    INSERT INTO batch SELECT max(seq), 'p', 1, zeroblob(32), 's', 'season', 0, zeroblob(32), 0 FROM entry"
run gong ingest prune --dry-run --now 2025-12-01
check "a dry run names what would go" [ "$(grep -c 'gauges/' "$out")" = 2 ]
check "and counts what is needed" has 'would let go of 2 files, 52 bytes; 1 older ones are needed and stay'
check "and does nothing" [ "$(find "$site/archive" -type f | wc -l)" = 3 ]
run gong ingest prune --now 2025-12-01
check "two files go" has 'let go of 2 files'
check "the one that a decision refers to stays" [ -f "$site/archive/${kept:0:2}/$kept" ]
check "it alone" [ "$(find "$site/archive" -type f | wc -l)" = 1 ]
check "the ledger says which went" [ "$(sqlite3 "$site/ledger.db" \
    "SELECT json_array_length(text, '$.raw') FROM entry WHERE kind = 'released'")" = 2 ]
check "their readings stay" [ "$(sqlite3 "$site/ledger.db" 'SELECT count(*) FROM reading')" = 3 ]
run gong ingest prune --now 2025-12-02
check "once more: nothing to do" has 'let go of 0 files'
run gong ingest run --quiet --now 2025-12-02
check "what went is not fetched again" [ "$(find "$site/archive" -type f ! -path '*incoming*' | wc -l)" = 1 ]
run gong ingest replay --into "$work/again" --now 2025-12-02
check "what is left is read again" has 'read 1'
finish
