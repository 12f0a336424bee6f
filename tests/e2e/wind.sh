#!/usr/bin/env bash
# A wind whose components are files of their own, each of which is corrected: what is read in the end is the
# newest of both, whatever the order in which they came, and nothing of them waits for ever.
set -uo pipefail
source "$(dirname "$0")/lib.sh"

check "the square is imported" square_site
cat >"$site/sources.yaml" <<END
sources:
  model:
    title: T
    licence: L
    url: model/
    names: "x_{YYYY}{MM}{DD}{hh}_{lead3}_{PARAMETER}.grib2"
    parameters: [u_10m, v_10m]
    leads: {first: 3 h, last: 3 h, every: 3 h}
    boundary_set: square
    kind: forecast
    variables: [{reads: [10u, 10v], file: [u_10m, v_10m], means: wind, interval: instant}]
END
cp -r "$site" "$work/empty"
# put COMPONENT VALUE: its file comes, or is replaced; it is fetched and not read yet.
put() {
    "$bin/tests/tools/gribfile" "$work/one" "name=10$1,end=3,value=$2" &&
        mkdir -p "$site/model" && mv "$work/one" "$site/model/x_2024090600_003_${1^^}_10M.grib2" &&
        gong ingest fetch --now 2024-09-06T12:00:00Z --quiet
}
# speeds: of all revisions, in their order; and how many files wait.
speeds() {
    sqlite3 "$site/ledger.db" "SELECT hex(substr(value, 1, 4)) FROM reading ORDER BY revision" |
        sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/' | while read -r hex; do echo "$((16#$hex))"; done | paste -sd' '
}
waits() { sqlite3 "$site/ledger.db" "SELECT count(*) FROM raw WHERE state <> 1"; }
# of ORDER WORD SPEEDS: what comes in this order, then is read at once, and a second time.
of() {
    rm -rf "$site" && cp -r "$work/empty" "$site"
    local one
    for one in $1; do put "${one%%=*}" "${one#*=}"; done
    gong ingest decode --now 2024-09-06T12:00:00Z --quiet
    gong ingest decode --now 2024-09-06T13:00:00Z --quiet
    check "$2" same "$(speeds), $(waits) wait" "$3, 0 wait"
    gong ingest replay --into "$work/again" --now 2024-09-06T14:00:00Z --quiet
    check "and so it is when all is read again" same "$(sqlite3 "$work/again/ledger.db" 'SELECT lower(hex(hash)) FROM reading ORDER BY revision')" \
        "$(sqlite3 "$site/ledger.db" 'SELECT lower(hex(hash)) FROM reading ORDER BY revision')"
    rm -rf "$work/again"
}
of "u=3 v=4" "two components are one wind" 5000
of "v=4 u=3" "whichever comes first" 5000
of "u=3 v=4 u=6 v=8 u=15" "each correction is read with what there was of the other" "5000 7211 10000 17000"
of "u=3 u=6 v=8" "two versions that waited for the other are read in their order" "8544 10000"
of "v=8 v=20 u=15" "so are two of the other" "17000 25000"
of "u=3 v=4 v=8 u=6" "and corrections of both" "5000 8544 10000"
run gong ledger verify
check "the ledger of winds in two files verifies" same $code 0
cp "$site/ledger.db" "$work/whole.db"
missed=
for row in $(sqlite3 "$site/ledger.db" "SELECT position FROM raw"); do
    cp "$work/whole.db" "$site/ledger.db"
    sqlite3 "$site/ledger.db" "PRAGMA foreign_keys = OFF; DELETE FROM raw WHERE position = $row"
    run gong ledger verify
    [ "$code $(grep -c 'ledger entry [0-9]' "$out")" = "5 1" ] || missed+=" $row"
done
cp "$work/whole.db" "$site/ledger.db"
check "and none of their files can be taken out of the table of files" same "$missed" ""
finish
