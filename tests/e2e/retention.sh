#!/usr/bin/env bash
# Raw files go when their retention is over, unless a decision refers to them; the ledger says so, and
# everything that was decided can still be derived again.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
site=
run gong init "$work/site" --quiet
site=$work/site
square_set square "$(square 00001 106 18 106.1 18.1)"
gauges_from YYYY-MM-DD day start
echo "    retention: 400 days" >>"$site/sources.yaml"
mkdir "$site/gauges"
for day in 1 2 3; do printf 'id,at,mm\nA,2024-09-0%d,%d.5\n' $day $day >"$site/gauges/$day.csv"; done
printf 'id,at\nA,2024-09-04\n' >"$site/gauges/bad.csv"
run gong ingest run --quiet --now 2024-09-05
check "three files are read, one is refused; the map's own is there" [ "$(find "$site/archive" -type f | wc -l)" = 5 ]
# A policy that decides on the second day alone, and on what is refused.
day_policy second-day
kept=$(sqlite3 "$site/ledger.db" "SELECT lower(hex(raw)) FROM reading ORDER BY valid_to LIMIT 1 OFFSET 1")
run gong ingest prune --now 2025-10-09
check "399 days later nothing goes" has 'let go of 0 files'
refused=$(sqlite3 "$site/ledger.db" "SELECT lower(hex(hash)) FROM raw WHERE state = 2")
run gong trigger run --now 2024-09-05
check "the day and the refused file are decided" \
    same "$(sqlite3 "$site/ledger.db" "SELECT group_concat(substr(period, 1, 10), ' ') FROM (SELECT period FROM batch ORDER BY period)")" "2024-09-02 file-${refused:0:5}"
run gong ingest prune --dry-run --now 2025-12-01
check "a dry run names what would go" [ "$(grep -c 'gauges/' "$out")" = 2 ]
check "and counts what is needed" has 'would let go of 2 files, 52 bytes; 2 older ones are needed and stay'
check "and does nothing" [ "$(find "$site/archive" -type f | wc -l)" = 5 ]
run gong ingest prune --now 2025-12-01
check "two files go" has 'let go of 2 files'
check "the one that a decision refers to stays" [ -f "$site/archive/${kept:0:2}/$kept" ]
check "so does the one that could not be read" [ -f "$site/archive/${refused:0:2}/$refused" ]
check "they alone, and the map's" [ "$(find "$site/archive" -type f | wc -l)" = 3 ]
check "the ledger says which went" [ "$(sqlite3 "$site/ledger.db" \
    "SELECT json_array_length(text, '$.raw') FROM entry WHERE kind = 'released'")" = 2 ]
check "their readings stay" [ "$(sqlite3 "$site/ledger.db" 'SELECT count(*) FROM reading')" = 3 ]
run gong ingest prune --now 2025-12-02
check "once more: nothing to do" has 'let go of 0 files'
run gong ingest run --quiet --now 2025-12-02
check "what went is not fetched again" [ "$(find "$site/archive" -type f ! -path '*incoming*' | wc -l)" = 3 ]
run gong ingest replay --into "$work/again" --now 2025-12-02
check "what is left is read again" has 'read 1, refused 1'
run gong ledger seal
run gong receipt show "$(sqlite3 "$site/ledger.db" "SELECT min(seq) FROM entry WHERE kind = 'decision'")" --json
cp "$out" "$work/r.json"
run "$bin/gong" receipt verify "$work/r.json" --key "$site/keys/log.vkey" --raw "$site/archive"
check "and the decision's receipt holds by it" has 'receipt: ok'
finish
