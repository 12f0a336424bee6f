#!/usr/bin/env bash
# Tables that say again what they said before: the figures went back, or a table that came too early is brought
# once more. What the source says now stands; each decision keeps its receipt; all is made again without a
# difference, from the archive, from a bundle, and after an end between fetching and reading.
set -uo pipefail
source "$(dirname "$0")/lib.sh"
square_site
gauges_from YYYY-MM-DD day start
cat >>"$site/sources.yaml" <<'END'
  yields:
    title: Yields (diễn tập)
    licence: L
    format: reports
    kind: observation
    boundary_set: square
    url: yields/
    reports: {code: commune, season: season, value: tons}
    figures: [{reads: rice, means: yield, from: 06-01, to: 10-31, day: local00, unit: t/ha}]
  paths:
    title: Storms (diễn tập)
    licence: L
    format: tracks
    kind: forecast
    url: paths/
    tracks: {format: atcf, agency: OFCL, wind_average: 10 min}
END
mkdir -p "$site"/{gauges,yields,paths}
day_policy day
query() { sqlite3 "$site/ledger.db" "$1"; }
gauge() { printf 'id,at,mm\nA,2024-09-02,%s\n' "$2" >"$site/gauges/$1.csv"; }
# turn DAY: what came is read and decided on
turn() { gong ingest run --json --now "$1T06:00:00Z" >"$out" 2>&1 && gong trigger run --quiet --now "$1T06:00:00Z"; }
# The newest value of the gauge, and of how many revisions; what was decided, in order.
rain() { query "SELECT quote(value), (SELECT count(*) FROM reading o WHERE o.source = 'gauges') FROM reading WHERE source = 'gauges' ORDER BY revision DESC LIMIT 1"; }
decided() { query "SELECT group_concat(index_milli, ' ') FROM (SELECT index_milli FROM decision ORDER BY seq)"; }

# --- gauges: 5 mm, no, 7 mm, no, 5 mm after all
gauge now 5
turn 2024-09-05
gauge now 7
turn 2024-09-06
gauge now 5
turn 2024-09-07
check "a table that says again what it said first is read again" has '"read":1'
check "and is the newest of three" same "$(rain)" "X'88130000'|3"
check "what was decided follows it" same "$(decided)" "5000 7000 5000"
turn 2024-09-08
check "once is enough" same "$(query "SELECT count(*) FROM entry WHERE kind IN ('ingest', 'again')")" 3
touch "$site/gauges/now.csv"
turn 2024-09-09
check "the same bytes brought once more say nothing new" same "$(rain) $(query "SELECT count(*) FROM entry WHERE kind IN ('ingest', 'again')")" "X'88130000'|3 3"
gauge now 7
turn 2024-09-10
check "and forth again" same "$(rain) $(decided)" "X'581B0000'|4 5000 7000 5000 7000"
gauge other 5
turn 2024-09-11
check "at another address too, for tables of a source lie over one another" same "$(rain)" "X'88130000'|5"
gong ledger seal --quiet
for seq in $(query "SELECT seq FROM decision ORDER BY seq"); do
    gong receipt show "$seq" --json >"$work/r.json" 2>"$out"
    run "$bin/gong" receipt verify "$work/r.json" --key "$site/keys/log.vkey" --raw "$site/archive"
    check "the receipt of $(query "SELECT index_milli FROM decision WHERE seq = $seq") holds by the order of reading" has "receipt: ok"
done

# --- tracks
path() { printf 'WP, 20, 2024090200, 03, OFCL, %s, 170N, %s0E, 60, 990, TS\n' 0 "$1" 6 "$1" >"$site/paths/way.dat"; }
for lon in 110 111 110; do path $lon && turn 2024-09-12; done
check "a storm's path goes back as well" same "$(query "SELECT count(*), sum(raw = (SELECT raw FROM track WHERE revision = 0)) FROM track")" "3|2"

# --- a table that came too early, and then in time
early() { printf 'commune,season,tons\n00001,2024,5\n' >"$site/yields/y.csv"; }
early
turn 2024-09-13
check "a season that is not over is refused" same "$(query "SELECT state FROM raw WHERE source = 'yields'")" 2
check "and its sentence says what to do" same "$(query "SELECT why LIKE '%bring it again then%' FROM raw WHERE source = 'yields'")" 1
touch "$site/yields/y.csv"
turn 2024-09-14
check "brought again too early it is refused in the same words, in one entry" same "$(query "SELECT count(*) FROM entry WHERE kind = 'refused'") $(query "SELECT state FROM raw WHERE source = 'yields'")" "1 2"
touch "$site/yields/y.csv"
turn 2024-11-05
check "when the season is over the very same table is read" same "$(query "SELECT state, why FROM raw WHERE source = 'yields'") $(query "SELECT count(*) FROM reading WHERE source = 'yields'")" "1| 1"
printf 'commune,season,tons\n00001,2024,6\n' >"$site/yields/y.csv"
turn 2024-11-06
early
turn 2024-11-07
check "a figure of a season goes back" same "$(query "SELECT quote(value) FROM reading WHERE source = 'yields' ORDER BY revision DESC LIMIT 1")" "X'88130000'"

# --- an end between bringing and reading
gauge now 9
turn 2024-11-08
gauge now 5
run gong ingest fetch --now 2024-11-09T06:00:00Z
check "what waits to be read once more is no gap: replay has it" eval 'run gong replay && has "replay: identical"'
run gong ledger verify
check "and the ledger holds" has "ledger verify: ok"
run gong bundle --all --out "$work/waits.tar"
run "$bin/gong" replay --bundle "$work/waits.tar" --key "$site/keys/log.vkey"
check "and a bundle of all" has "replay: identical"
gong ingest decode --quiet --now 2024-11-09T07:00:00Z
check "it is read by the next run" same "$(rain)" "X'88130000'|7"

run gong replay
check "every decision again: identical" has "replay: identical"
run gong ingest replay --into "$work/again" --now 2024-11-10
check "as often as it was read" has "read 13, refused 1"
gong ledger seal --quiet
run gong bundle --all --out "$work/all.tar"
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "and from one file at another place" has "replay: identical"
run gong ledger verify
check "the ledger is whole" has "ledger verify: ok"
finish
