#!/usr/bin/env bash
# A raw file of more values than are read at once (50 million) becomes readings all the same: a child reads
# some of its times, they are weighed and let go of, the next child goes on. NetCDF and GRIB, totals that run
# over the seams, doubts that need the step before; and memory stays what one part needs.
set -uo pipefail
source "$(dirname "$0")/lib.sh"

site=
run gong init "$work/site" --quiet
site=$work/site
# set_of NAME WEST SOUTH EAST NORTH: one where the numbers are; two that only make the box as wide as that.
set_of() {
    square_set "$1" "$(square 00001 105.95 17.95 106.05 18.05)" "$(square 00002 "$2" "$3" "$2.01" "$3.01")" \
        "$(square 00003 "$4.98" "$5.97" "$4.99" "$5.98")"
}
set_of wide 105 17 114 26
set_of whole 101 7 114 23
echo sources: >"$site/sources.yaml"
source_of() { # NAME SET KIND LINE...
    printf '  %s:\n    title: T\n    licence: L\n    url: %s/\n    boundary_set: %s\n    kind: %s\n' "$1" "$1" "$2" "$3" >>"$site/sources.yaml"
    printf '    %s\n' "${@:4}" >>"$site/sources.yaml"
    mkdir -p "$site/$1"
}
# readings SOURCE [AND...]: what the first commune has, in the order of the steps.
readings() { sqlite3 "$site/ledger.db" "SELECT hex(substr(value, 1, 4)) FROM reading WHERE source = '$1' ${2:-} ORDER BY valid_to, member" |
    sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/' | while read -r hex; do echo "$((16#$hex))"; done | uniq -c | awk '{print $1 "x" $2}' | paste -sd' '; }
query() { sqlite3 "$site/ledger.db" "$1"; }

source_of hourly wide observation 'variables: [{reads: rain, means: rain, interval: 1 h, stamp: end}]'
source_of totals wide observation 'variables: [{reads: rain, means: rain, interval: since day}]'
source_of wrong wide observation 'variables: [{reads: rain, means: rain, interval: 1 h, stamp: end}]'
"$bin/tests/tools/longgrid" "$site/hourly/all.nc" 60 1000
"$bin/tests/tools/longgrid" "$site/totals/all.nc" 60 1000 total
"$bin/tests/tools/longgrid" "$site/wrong/all.nc" 60 1000 other
run /usr/bin/time -f "most: %M" "$bin/gong-ingest" run --now 2024-02-01T00:00:00Z --site "$site"
check "sixty million values are read: each step is one reading" same "$(query "SELECT count(*) || ' ' || count(DISTINCT valid_to) FROM reading WHERE source = 'hourly'")" "60 60"
check "with its number" same "$(readings hourly)" "$(seq 0 59 | sed 's/$/000/; s/^0000$/0/; s/^/1x/' | paste -sd' ')"
check "and sums that run through the day, over the seams" same "$(readings totals)" "$(readings hourly)"
check "the file is one entry" same "$(gong ledger export --kind ingest | jq -c 'select(.source == "hourly") | [.steps, .first, .last]')" \
    '[60,"2024-01-01T01:00:00Z","2024-01-03T12:00:00Z"]'
check "what is wrong at its very end refuses all of it" same "$(query "SELECT count(*) FROM reading WHERE source = 'wrong'") $(query "SELECT state FROM raw WHERE source = 'wrong'")" "0 2"
check "and it is said where" has "reading the step to 2024-01-03T12:00:00Z"
most=$(sed -n 's/^most: //p' "$out")
check "less memory than the file has values ($((most / 1024)) MiB)" [ "$most" -lt 200000 ]
run gong ingest replay --into "$work/again" --now 2024-02-01T00:00:00Z
check "read again, all is the same" same "$(sqlite3 "$work/again/ledger.db" "SELECT lower(hex(hash)) FROM reading ORDER BY 1" | sha256sum)" \
    "$(query "SELECT lower(hex(hash)) FROM reading ORDER BY 1" | sha256sum)"

# A run of 20 members and 42 hours in one GRIB file: 840 messages of 61,425 cells. And a wind of 420 hours.
source_of ensemble whole forecast 'ensemble: 20' 'variables: [{reads: tp, means: rain, interval: since run}]'
source_of moments whole forecast 'variables: [{reads: [10u, 10v], means: wind, interval: instant}]'
for lead in $(seq 42); do
    for member in $(seq 20); do echo "name=tp,fine=4,centre=78,member=$member,start=0,end=$lead,value=$((lead / 2)).$((lead % 2 * 5))"; done
done | xargs -n 1000 "$bin/tests/tools/gribfile" "$work/ensemble"
mv "$work/ensemble" "$site/ensemble/run.grib2"
for lead in $(seq 0 419); do
    echo "name=10u,fine=4,end=$lead,value=3"
    echo "name=10v,fine=4,end=$lead,value=4"
done | xargs -n 1000 "$bin/tests/tools/gribfile" "$work/moments"
mv "$work/moments" "$site/moments/run.grib2"
run gong ingest run --now 2024-09-20T00:00:00Z
check "so is a GRIB file of 51 million values" same "$(query "SELECT count(*) || ' ' || count(DISTINCT valid_to) || ' ' || count(DISTINCT member) FROM reading WHERE source = 'ensemble'")" "840 42 20"
check "each hour has what fell in it, over the seams too" same "$(readings ensemble)" "840x500"
check "from the hour before" same "$(query "SELECT DISTINCT valid_to - valid_from FROM reading WHERE source = 'ensemble'")" 3600
check "members that are equal are doubted at each hour" same "$(gong ledger export --kind ingest | jq -c 'select(.source == "ensemble") | [.steps, .doubted]')" '[840,840]'
check "and two components of a wind" same "$(readings moments)" "420x5000"
check "which stands still" same "$(query "SELECT count(*) FROM reading WHERE source = 'moments' AND valid_from = valid_to")" 420
run gong ledger verify
check "the ledger verifies" [ $code -eq 0 ]
finish
