#!/usr/bin/env bash
# A forecast on the model's own grid of triangles, as ICON's is given: the files only name the grid, whose
# cells are in a file that sources.yaml names. Without it they wait; with it communes have what their
# triangles have; a file of another grid is refused. It is kept as what was fetched is: who has the
# archive, or a bundle, reads all again without the file.
set -uo pipefail
source "$(dirname "$0")/lib.sh"

site=
run gong init "$work/site" --quiet
site=$work/site
# Within the southern triangle of the first square; half and half on its diagonal; over the whole square.
square_set squares "$(square 00001 106.3 16.05 106.4 16.15)" "$(square 00002 106.2 16.2 106.3 16.3)" \
    "$(square 00003 106 16 106.5 16.5)"
cat >"$site/sources.yaml" <<END
sources:
  icon:
    title: T
    licence: L
    url: icon/
    names: "icon_{YYYY}{MM}{DD}{hh}_{lead3}.grib2"
    cells: grids/icon.nc
    leads: {first: 3 h, last: 6 h, every: 3 h}
    boundary_set: squares
    kind: forecast
    variables: [{reads: tp, means: rain, interval: since run}]
END
cat >"$site/policies/icon.yaml" <<END
gong: 1
id: icon
version: 1
kind: alert
title: {vi: Mưa (diễn tập), en: Rain (a drill)}
effective: {from: 2024-01-01, to: 2024-12-31}
boundary_set: squares
area: all
source: icon
watch: forecast
variable: rain
index: {take: total, within: 6 h}
rounding: 0.1 mm
minimum_coverage: any
trigger: {index: ">=", threshold: 5 mm}
clear: {index: "<", threshold: 5 mm}
persistence: 1
next_update: 12 h
message: {vi: "{commune} {index} {threshold} {issued} {next}", en: "{commune} {index} {threshold} {issued} {next}"}
cases:
  fire: [{name: wet, step: 6 h, values: [5]}]
  not_fire: [{name: dry, step: 6 h, says: "off", values: [0]}]
END
mkdir "$site/icon" "$site/grids"
cp -r "$site" "$work/empty"
# total LEAD MM: cell k has k tenths more.
total() {
    "$bin/tests/tools/gribfile" "$work/one" "name=tp,centre=78,start=0,end=$1,value=$2,cells=32" && mv "$work/one" "$site/icon/icon_2024090600_00$1.grib2"
}
# grid UUID: squares of half a degree, each of two triangles, the southern one first.
grid() {
    awk -v uuid="$1" 'function put(list, a, b, c) { return list (list == "" ? "" : ", ") a * 0.017453292519943295 ", " b * 0.017453292519943295 ", " c * 0.017453292519943295 }
        BEGIN { OFMT = CONVFMT = "%.17g"
            for (r = 0; r < 4; r++) for (c = 0; c < 4; c++) { w = 106 + c / 2; s = 16 + r / 2; e = w + 0.5; n = s + 0.5
                x = put(put(x, w, e, e), w, w, e); y = put(put(y, s, s, n), s, n, n) }
            print "netcdf g { dimensions: cell = 32; nv = 3; variables: double clon_vertices(cell, nv); clon_vertices:units = \"radian\";"
            print "double clat_vertices(cell, nv); clat_vertices:units = \"radian\"; :uuidOfHGrid = \"" uuid "\";"
            print "data: clon_vertices = " x "; clat_vertices = " y "; }" }' | ncgen -k nc4 -o "$site/grids/icon.nc" -
}
query() { sqlite3 "$site/ledger.db" "$1"; }
# states: of the files that came, in their order.
states() { query "SELECT group_concat(state) FROM (SELECT state FROM raw WHERE url NOT LIKE 'cells:%' ORDER BY position)"; }
# grids: the grid files that the ledger has, with their state.
grids() { query "SELECT group_concat(lower(hex(hash)) || ' ' || state) FROM (SELECT hash, state FROM raw WHERE url = 'cells:grids/icon.nc' ORDER BY position)"; }
# milli VALID_TO: what each commune has.
milli() {
    query "SELECT hex(value) FROM reading WHERE valid_to = $1" | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1\n/g' | while read -r hex; do [ -n "$hex" ] && echo "$((16#$hex))"; done | paste -sd,
}

total 3 2 && total 6 5
run gong ingest run --now 2024-09-06T12:00:00Z
check "without the file of the grid both wait, and it is said for what" has 'grids/icon.nc, which is not there: put the file there that the weather service has of its grid'
check "which is data that is missing" [ $code -eq 4 ]
check "nothing is refused" same "$(states)" 0,0
grid a27b8de6-18c4-11e4-820a-b5b098c6a5c0
run gong ingest run --now 2024-09-06T12:00:00Z
check "with it they are read" same "$(states)" 1,1
check "a commune has its triangle's rain, the mean of two halves, the mean of the square" same "$(milli 1725591600)" 2000,2050,2050
check "and the amount of the lead behind it" same "$(milli 1725602400)" 3000,3000,3000
first=$(sha256sum "$site/grids/icon.nc" | cut -c1-64)
check "the file of the grid is kept under its hash" cmp "$site/grids/icon.nc" "$site/archive/${first:0:2}/$first"
check "and is named as a file of the source, once" same "$(grids)" "$first 1"
check "each entry names it" same "$(gong ledger export --kind ingest | jq -r 'select(.steps).raw_cells' | sort | uniq -c | xargs)" "2 $first"
run gong ingest origin "$first"
check "where it came from can be asked" has "from grids/icon.nc"
gong trigger run --now 2024-09-06T12:00:00Z --quiet
gong ledger seal --now 2024-09-06T12:00:00Z --quiet
check "its alert is decided on" same "$(gong ledger export --kind decision | jq -r 'select(.commune == "00003").answer')" yes

mv "$site/grids/icon.nc" "$work/icon.nc"
# again NAME: all read again from the archive.
again() {
    run gong ingest replay --into "$work/$1" --now 2024-09-06T12:00:00Z
    same "$(sqlite3 "$work/$1/ledger.db" "SELECT lower(hex(hash)) FROM reading ORDER BY 1")" "$(query "SELECT lower(hex(hash)) FROM reading ORDER BY 1")"
}
check "the raw files give the same readings again, the file of the grid being gone" again gone
far_receipts icon
check "a receipt names the file of the grid among its raw files" same "$(jq -r '[.raw[].url] | map(select(startswith("cells:"))) | length' "$work/far.json")" 1
run gong bundle --all --out "$work/all.tar" --quiet
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "all is decided again from nothing but a bundle" has "replay: identical"
total 3 4
run gong ingest run --now 2024-09-06T13:00:00Z
check "and what comes meanwhile is read with the one that is kept" same "$(states)" 1,1,1
check "to the triangle" same "$(milli 1725591600)" 2000,2050,2050,4000,4050,4050

mv "$work/icon.nc" "$site/grids/icon.nc"
grid 00000000-18c4-11e4-820a-b5b098c6a5c0
second=$(sha256sum "$site/grids/icon.nc" | cut -c1-64)
total 3 9
run gong ingest run --now 2024-09-06T18:00:00Z
check "a file of another grid is not taken for this one's" has 'is of the grid 00000000-18c4-11e4-820a-b5b098c6a5c0 with 32 cells'
check "both grids are kept" same "$(grids)" "$first 1,$second 1"
check "who reads all again has each file with its own" again twice
gong trigger run --now 2024-09-06T18:00:00Z --quiet
gong ledger seal --now 2024-09-06T18:00:00Z --quiet
rm "$site/grids/icon.nc"
far_receipts icon
run gong bundle --all --out "$work/all.tar" --quiet
run "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey"
check "and so a bundle with both" has "replay: identical"
run gong ledger verify
check "the ledger verifies" [ $code -eq 0 ]
echo 'no grid' >"$site/grids/icon.nc"
total 6 9
run gong ingest run --now 2024-09-06T18:00:00Z
check "a file that is no description of a grid is not the forecast's fault: it waits" same "$(states)" 1,1,1,2,0
check "and it is said whose it is" has 'reading the cells of source icon in'
check "it is not kept" same "$(find "$site/archive" -name "$(sha256sum "$site/grids/icon.nc" | cut -c1-64)" -o -name '.coming*')" ""

# The file of the grid also comes in other ways, and goes.
fresh() { # NAME: a site of its own, with nothing in it yet
    cp -r "$work/empty" "$work/$1"
    site=$work/$1
}
lead() { # NAME LEAD MM
    "$bin/tests/tools/gribfile" "$work/one" "name=tp,centre=78,start=0,end=$2,value=$3,cells=32" && mv "$work/one" "$site/icon/$1"
}
rows() { query "SELECT group_concat(url || ' ' || state) FROM (SELECT url, state FROM raw ORDER BY url, position)"; }
# sealed: the ledger verifies, and a bundle gives the same.
sealed() {
    gong ledger verify --quiet || return 1
    gong trigger run --now 2024-09-06T12:00:00Z --quiet && gong ledger seal --now 2024-09-06T12:00:00Z --quiet && gong bundle --all --out "$work/all.tar" --quiet || return 1
    "$bin/gong" replay --bundle "$work/all.tar" --key "$site/keys/log.vkey" | grep "replay: identical" >/dev/null # which reads to the end, so replay writes to the end
}
# holds: and so does a replay.
times=0
holds() {
    times=$((times + 1))
    sealed && again "again-$times"
}
icon=a27b8de6-18c4-11e4-820a-b5b098c6a5c0

fresh byhand
total 3 2 && grid $icon
gong ingest fetch "$site/grids/icon.nc" --source icon --now 2024-09-06T12:00:00Z --quiet
run gong ingest run --now 2024-09-06T12:00:00Z
check "one that was fetched by hand is not refused" same "$(rows)" "cells:grids/icon.nc 1,icon/icon_2024090600_003.grib2 1"
check "and all holds" holds

for name in aa zz; do
    fresh "folder-$name"
    sed -i '/names:/d; /leads:/d; s#grids/icon.nc#icon/icon_grid.nc#' "$site/sources.yaml"
    grid $icon && mv "$site/grids/icon.nc" "$site/icon/icon_grid.nc"
    lead "${name}_006.grib2" 6 9
    run gong ingest run --now 2024-09-06T12:00:00Z
    check "one that lies in the folder of the data is none of them ($name)" same "$code $(rows)" "0 cells:icon/icon_grid.nc 1,icon/${name}_006.grib2 1"
    check "and all holds ($name)" holds
    lead bb_003.grib2 3 7
    run gong ingest run --now 2024-09-06T13:00:00Z
    check "nor later ($name)" same "$(query "SELECT count(*) FROM raw WHERE state <> 1")" 0
    far_receipts icon
    check "and all holds still ($name)" holds
done

fresh before
sed -i '/    cells:/d; /names:/d; /leads:/d' "$site/sources.yaml"
grid $icon && cp "$site/grids/icon.nc" "$site/icon/icon_grid.nc"
run gong ingest run --now 2024-09-06T11:00:00Z
check "one that came before the source named it was refused" same "$(rows)" "icon/icon_grid.nc 2"
sed -i 's#^    boundary_set:#    cells: grids/icon.nc\n&#' "$site/sources.yaml"
lead aa_006.grib2 6 9
run gong ingest run --now 2024-09-06T12:00:00Z
check "and is taken when it does" same "$(rows)" "cells:grids/icon.nc 1,icon/aa_006.grib2 1"
check "and all holds after it was refused" holds

fresh moved
total 3 2 && grid $icon
sed -i 's/    leads:/    retention: 400 days\n    leads:/' "$site/sources.yaml"
gong ingest run --now 2024-09-06T12:00:00Z --quiet
for day in 6 7; do gong ingest prune --now "2026-11-0${day}T12:00:00Z" --quiet; done
check "retention lets go of it with what was read beside it" same "$(rows)" "cells:grids/icon.nc 3,icon/icon_2024090600_003.grib2 3"
mkdir "$site/maps" && mv "$site/grids/icon.nc" "$site/maps/icon.nc"
sed -i 's#grids/icon.nc#maps/icon.nc#' "$site/sources.yaml"
total 6 7
run gong ingest run --now 2026-11-07T12:00:00Z
check "it comes again, from where it is now" same "$(query "SELECT url, state, fetched_at FROM raw WHERE url LIKE 'cells:%'")" "cells:maps/icon.nc|1|1794052800"
rm "$site/policies/icon.yaml" # nothing is decided on what was let go of
check "and all holds after it was let go of" sealed
run gong ingest replay --into "$work/moved-again" --now 2026-11-07T12:00:00Z
check "what is there is read again" has "read 2, readings 1"

fresh lost
total 3 2 && grid $icon && cp "$site/grids/icon.nc" "$work/right.nc"
gong ingest run --now 2024-09-06T12:00:00Z --quiet
grid 00000000-18c4-11e4-820a-b5b098c6a5c0 && total 6 9
gong ingest run --now 2024-09-06T13:00:00Z --quiet 2>"$work/errors"
check "another grid's was at the path, by mistake" same "$(states)" 1,2
rm "$site/grids/icon.nc" && total 3 8
run gong ingest run --now 2024-09-06T15:00:00Z
check "when none is, the one is taken that was last read with, not one that led to refusals" same "$(states)" 1,2,1
check "the state of the source counts data alone" same "$(gong status --json | jq -c '.sources[] | [.read, .refused]')" "[2,1]"
check "and all holds beside both" holds
sed -i 's#grids/icon.nc#grids/new.nc#' "$site/sources.yaml" && total 6 11
run gong ingest run --now 2024-09-06T16:00:00Z
check "nor one of another path: what came waits" same "$(states)" 1,2,1,0
check "and it is said for what" has 'grids/new.nc, which is not there'
sed -i 's#grids/new.nc#grids/icon.nc#' "$site/sources.yaml"
"$bin/tests/tools/gribfile" "$work/one" "name=tp,centre=78,start=0,end=6,value=5,cells=30" && mv "$work/one" "$site/icon/icon_2024090600_006.grib2"
run gong ingest run --now 2024-09-06T17:00:00Z
check "a file of another grid than the kept one is not refused: the grid may have changed" same "$(states)" 1,2,1,1,0
check "it is said that it waits for the file" has 'names grids/icon.nc, which is not there; it waits for that'
cp "$work/right.nc" "$site/grids/icon.nc"
run gong ingest run --now 2024-09-06T18:00:00Z
check "and when that is there it is refused" same "$(states)" 1,2,1,1,2
check "and all holds at last" holds

fresh cut
total 3 2 && grid $icon
gong ingest run --now 2024-09-06T12:00:00Z --quiet
rm "$site/grids/icon.nc"
lead long 6 9 && head -c -20 "$site/icon/long" >"$site/icon/icon_2024090600_006.grib2" && rm "$site/icon/long"
run gong ingest run --now 2024-09-06T13:00:00Z
check "what is wrong by itself is refused beside a kept one, too: it waits for nothing" same "$(states)" 1,2
check "for what it is" has "cut off"

fresh renamed
total 3 2 && grid $icon
gong ingest run --now 2024-09-06T12:00:00Z --quiet
mkdir "$site/maps" && mv "$site/grids/icon.nc" "$site/maps/icon.nc"
sed -i 's#grids/icon.nc#maps/icon.nc#' "$site/sources.yaml"
total 6 7
run gong ingest run --now 2024-09-06T13:00:00Z
check "one that was moved is known by where it is now" same "$(rows)" \
    "cells:maps/icon.nc 1,icon/icon_2024090600_003.grib2 1,icon/icon_2024090600_006.grib2 1"
check "and all holds when it was moved" holds
rm "$site/maps/icon.nc" && total 3 4
run gong ingest run --now 2024-09-06T14:00:00Z
check "so that it is found there when it is gone" same "$(states)" 1,1,1
check "and all holds when it is gone" holds
site=$work/site

# A series of what a model analysed, on the same grid.
sed -e 's/kind: forecast/kind: observation/' -e '/leads:/d' -e 's/interval: since run/interval: 3 h, stamp: end/' -i "$site/sources.yaml"
grid a27b8de6-18c4-11e4-820a-b5b098c6a5c0
mkdir "$work/analyses" && cp "$site/icon/icon_2024090600_003.grib2" "$work/analyses/"
run gong series build --source icon --grids "$work/analyses" --out "$work/icon-series.nc"
check "a series is made of such files too" has "1 steps of 3 places"
finish
